"""Opening accounts from the command line."""

from __future__ import annotations

import click
from flask_security import hash_password
from sqlalchemy.orm import Session

from quizapp import clock
from quizapp.cli.application import database
from quizapp.services import accounts, erasing
from quizapp.web.security import SHORTEST_PASSWORD


@click.group()
def user() -> None:
    """The people who may sign in."""


@user.command()
@click.argument("email")
@click.option("--name", default="", help="As it is shown and printed.")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(accounts.ROLES), default=["student"], show_default=True
)
@click.password_option(help="Asked for if it is not given.")
def create(email: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Open an account for EMAIL."""
    if len(password) < SHORTEST_PASSWORD:
        raise click.ClickException(f"A password has {SHORTEST_PASSWORD} characters at least. No account was opened.")
    with database() as session:
        try:
            hashed = hash_password(password)
            accounts.create_user(session, email=email, name=name, roles=roles, password_hash=hashed, now=clock.now())
        except accounts.EmailTaken as taken:
            raise click.ClickException(f"There is an account for {email} already.") from taken
        click.echo(f"{email} may sign in as {', '.join(roles)}.")


@user.command()
@click.argument("email")
def suspend(email: str) -> None:
    """Shut the account for EMAIL at once: every sign-in ends and none can begin."""
    with database() as session:
        accounts.suspend(session, _known(session, email), clock.now())
        click.echo(f"{email} is signed out everywhere and may not sign in.")


@user.command()
@click.argument("email")
def restore(email: str) -> None:
    """Open the suspended account for EMAIL again."""
    with database() as session:
        accounts.restore(session, _known(session, email), clock.now())
        click.echo(f"{email} may sign in again.")


@user.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(email: str, *, yes: bool) -> None:
    """Erase the person with the address EMAIL at their request; it cannot be undone."""
    with database() as session:
        user_id = _known(session, email)
        held = erasing.get_outlook(session, user_id)
        kept = "No record of credit is kept."
        if held.kept_until is not None:
            kept = f"The record of claimed credit is kept until {held.kept_until:%Y-%m-%d}, then erased at night."
        click.echo(
            f"{held.answers} answers stay as numbers without a name; {held.notes} notes and {held.external} credits "
            f"from elsewhere go. {kept}"
        )
        if not yes:
            click.confirm("Erase this person for good?", abort=True)
        try:
            erasing.erase(session, user_id, by_id=None, now=clock.now())
        except erasing.LastAdministrator as only:
            raise click.ClickException("This is the only administrator. Open another account first.") from only
        click.echo(f"{email} is erased.")


def _known(session: Session, email: str) -> int:
    try:
        return accounts.get_user_id(session, email)
    except accounts.UnknownPerson as unknown:
        raise click.ClickException(f"There is no account for {email}.") from unknown
