"""Filling a database with invented learners, so that its pages can be seen with data."""

from __future__ import annotations

import datetime as dt
import secrets

import click
from flask_security import hash_password

from quizapp import clock
from quizapp.cli.application import application
from quizapp.cli.working import press
from quizapp.db.extension import db
from quizapp.services import accounts, demonstrating
from quizapp.services.authoring import scope
from quizapp.services.crediting import rehearsing as crediting
from quizapp.services.teaching import rehearsing

MOST_LEARNERS = 9999


@click.command()
@click.option("--learners", type=click.IntRange(1, MOST_LEARNERS), default=200, show_default=True, help="In the end.")
@click.option("--days", type=click.IntRange(1, 1000), default=60, show_default=True, help="Of study, until yesterday.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed and date give the same log.")
@click.option("--yes", is_flag=True, help="Do not ask before a PostgreSQL database is filled.")
def demo(*, learners: int, days: int, seed: int, yes: bool) -> None:
    """Let invented learners study in a database that holds content and no real people."""
    with application() as app:
        session = db.session()
        try:
            demonstrating.check(session)
        except demonstrating.Unsuitable as reason:
            raise click.ClickException(str(reason)) from reason
        if db.engine.dialect.name != "sqlite" and not yes:
            click.confirm(f"Invented learners cannot be taken out again. Fill {db.engine.url!r}?", abort=True)
        password = accounts.DEMO_PASSWORD if app.config["LOCAL"] else secrets.token_urlsafe(12)
        hashed = hash_password(password)
        now = clock.now()
        roles = accounts.demo_accounts(session, hashed, now)
        scope.adopt(session, "instructor@example.org", now)
        # One hour before midnight: the log depends on the date only and holds nothing of the future.
        ends = now.replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(hours=1)
        rotation = rehearsing.open_rotation(session, now)
        begins = ends - dt.timedelta(days=days + 1)
        offered = crediting.offer(session, app.extensions["vault"], press(app), begins=begins, ends=ends)
        world = demonstrating.get_world(session, seed=seed, days=days, ends=ends, rotation=rotation, offered=offered)
        demonstrating.hurry(session)
        first = demonstrating.count_learners(session) + 1
        new = range(first, learners + 1)
        answers = 0
        with click.progressbar(length=len(new) * days, label="Studying") as bar:
            for number in new:
                for given in demonstrating.study(session, world, number, hashed):
                    answers += given
                    bar.update(1)
        demonstrating.finish(session, world, clock.now())
        seconds = max((clock.now() - now).total_seconds(), 1e-3)
    people = f"{len(new)} learner{'s' * (len(new) != 1)}"
    click.echo(f"{people} gave {answers} answers in {seconds:.0f} s: {answers / seconds:.0f} a second.")
    if first > 1:
        click.echo(f"{first - 1} were there already.")
    if new:
        click.echo(f"Sign in with the password {password}, for example as:")
        for email in (*roles, demonstrating.address(new[0]), demonstrating.address(new[-1])):
            click.echo(f"  {email}")
