"""The audit: is the record of deeds what was written?"""

from __future__ import annotations

from pathlib import Path

import click

from quizapp.cli.application import database
from quizapp.services.crediting import heads as signed


@click.group()
def audit() -> None:
    """The record of who did what."""


@audit.command()
@click.option(
    "--heads",
    "kept",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Heads that were exported before and kept elsewhere; without it those of the database.",
)
def verify(*, kept: Path | None) -> None:
    """Compute the whole chain again and hold it against the signed heads; name the first fault, with status 1."""
    with database() as session:
        try:
            found = signed.verify(session, kept.read_text("utf-8") if kept else None)
        except (signed.Unusable, UnicodeDecodeError) as problem:
            raise click.UsageError(f"{kept}: {problem}") from problem
    if found.fault:
        raise click.ClickException(found.fault)
    click.echo(f"Events: {found.events}. Signed heads: {found.heads}. None was altered.")


@audit.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def heads(*, file: Path) -> None:
    """Write the signed heads and their public keys to FILE, to be kept on another machine."""
    with database() as session:
        text = signed.export(session)
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError as there:
        raise click.ClickException(
            f"{file} exists already. Choose another name; heads are never overwritten."
        ) from there
    except OSError as problem:
        raise click.ClickException(f"{file} could not be written: {problem.strerror}.") from problem
    click.echo(f"Written to {file}. Keep it where nobody of this machine can change it.")
