"""Migrating, backing up, restoring, and looking whether all is well."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from quizapp import clock
from quizapp.cli.application import database
from quizapp.db import migrating
from quizapp.db.extension import db as extension
from quizapp.services import keeping, replaying

DIFFERENCES_SHOWN = 20


@click.group()
def db() -> None:
    """The tables of the database."""


@db.command()
def upgrade() -> None:
    """Bring the tables to this version, after a backup; does nothing where they are there already."""
    with database():
        copy = migrating.upgrade(extension.engine, clock.now())
        click.echo(f"The database is at revision {migrating.newest()}.")
        if copy:
            click.echo(f"As it was before, it is kept in {copy}.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write a copy of the database to FILE while the program runs."""
    with database():
        try:
            keeping.backup(extension.engine, file)
        except keeping.CannotKeep as reason:
            raise click.ClickException(str(reason)) from reason
        click.echo(f"Written to {file}. Try it: quizapp restore {file} on another machine, then quizapp doctor.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask whether the program is stopped.")
def restore(file: Path, *, yes: bool) -> None:
    """Put the backup FILE in the place of the database; stop the program first."""
    if not yes:
        click.confirm("Is the program stopped on every machine?", abort=True)
    with database():
        try:
            aside = keeping.restore(extension.engine, file)
        except keeping.CannotKeep as reason:
            raise click.ClickException(str(reason)) from reason
        if aside:
            click.echo(f"The database that stood here is kept in {aside}.")
        report(keeping.examine(extension.session()))


@click.command()
@click.option("--rebuild", is_flag=True, help="Replace what is derived by what the log gives.")
def doctor(*, rebuild: bool) -> None:
    """Look whether the database is whole and whether what is derived is what the log gives."""
    with database() as session:
        if rebuild:
            replaying.rebuild(session, clock.now())
            click.echo("Memory, exposure and counters were rebuilt from the log.")
        report(keeping.examine(session))


def report(findings: list[keeping.Finding]) -> None:
    """Print what was looked at; status 1 if anything is not well."""
    for finding in findings:
        click.echo(f"{'well ' if not finding.faults else 'FAULT'}  {finding.name}")
        for fault in finding.faults:
            click.echo(f"       {fault}")
    if any(finding.faults for finding in findings):
        sys.exit(1)


@click.command()
def replay() -> None:
    """Fold the whole log again and compare with what is stored; changes nothing."""
    with database() as session:
        differences = replaying.replay(session)
    for found in differences[:DIFFERENCES_SHOWN]:
        click.echo(f"{found.table} {found.key}: stored {found.stored}, the log gives {found.folded}")
    if differences:
        raise click.ClickException(f"{len(differences)} rows differ. quizapp doctor --rebuild makes them anew.")
    click.echo("Every derived row is exactly what the log gives.")
