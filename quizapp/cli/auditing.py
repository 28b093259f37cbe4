"""The audit: is the record of deeds what was written?"""

from __future__ import annotations

import click

from quizapp.cli.application import database
from quizapp.services import auditing


@click.group()
def audit() -> None:
    """The record of who did what."""


@audit.command()
def verify() -> None:
    """Compute the whole chain again; name the first event that was altered, with status 1."""
    with database() as session:
        events, fault = auditing.verify(session)
    if fault:
        raise click.ClickException(fault)
    click.echo(f"Events: {events}. None was altered.")
