"""Setting everything up on one’s own machine; a process of its own, started by `serve --local`."""

from __future__ import annotations

import sys

import click
from flask_security import hash_password

from quizapp import clock, paths
from quizapp.app import local_secret
from quizapp.cli import tell
from quizapp.cli.application import application
from quizapp.db import migrating
from quizapp.db.extension import db
from quizapp.formats import tree
from quizapp.services import accounts
from quizapp.services.authoring import scope
from quizapp.services.content import loading
from quizapp.services.crediting import samples
from quizapp.services.crediting import scope as running
from quizapp.services.teaching import rehearsing


def set_up() -> None:
    """Make the database, load the content, open demo accounts if nobody is there, and say how to sign in."""
    local_secret(paths.data())
    with application() as app:
        migrating.upgrade(db.engine, clock.now())
        report = loading.load(db.session(), tree.read(paths.lessons(), paths.question_banks()), clock.now())
        for line in report.lines():
            click.echo(line)
        opened = accounts.demo_accounts(db.session(), hash_password(accounts.DEMO_PASSWORD), clock.now())
        scope.adopt(db.session(), "instructor@example.org", clock.now())
        if opened:
            rehearsing.open_rotation(db.session(), clock.now())
        coordinator = running.find_coordinator(db.session(), samples.COORDINATOR)
        if coordinator is not None:
            samples.load(db.session(), coordinator, clock.now())
        click.echo(f"\nOpen {app.config['PUBLIC_URL']} in a browser.")
        if opened:
            click.echo(f"Sign in as one of these, with the password {accounts.DEMO_PASSWORD}:")
            for email in opened:
                click.echo(f"  {email}")
        click.echo("Stop with Ctrl+C.\n")
        sys.stdout.flush()


if __name__ == "__main__":
    tell(set_up)
