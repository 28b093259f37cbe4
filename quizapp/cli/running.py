"""Running activities with credit, from the shell: what is reported, and what an accreditor is shown."""

from __future__ import annotations

import os
from pathlib import Path

import click
from flask import current_app

from quizapp import clock
from quizapp.cli.application import database
from quizapp.cli.cme import cme
from quizapp.services.crediting import folder as folders
from quizapp.services.crediting import reporting, scope


@cme.command("export-pars")
@click.argument("activity")
@click.option("--by", required=True, help="Address of the coordinator in whose name it is done.")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it; else it is printed.")
@click.option("--system", default="", help="Only credit of this system, in the shape in which it is to be reported.")
def export_pars(*, activity: str, by: str, to: Path | None, system: str) -> None:
    """Make the file of all claims of ACTIVITY that can be reported, and put them into the queue.

    The file names people: it is written for its owner alone. Run again before it is marked as sent, it is the same one.
    """
    with database() as session:
        vault, now = current_app.extensions["vault"], clock.now()
        actor = scope.find_coordinator(session, by)
        if actor is None:
            raise click.ClickException(f"{by} is no coordinator who may sign in.")
        activity_id = scope.find_activity(session, activity)
        try:
            if activity_id is None:
                raise LookupError(activity)
            batch = reporting.prepare(session, actor, activity_id, vault, now)
            handed = reporting.hand_out(session, actor, batch, vault, now, system=system)
        except LookupError as unknown:
            raise click.ClickException(f"{by} runs no published activity “{activity}”.") from unknown
        except reporting.Refused as refused:
            raise click.ClickException(str(refused)) from refused
    if to is None:
        click.echo(handed.data, nl=False)
        return
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(handed.data)
    click.echo(f"File {batch} is written to {to}. Mark it as sent on its page once it was.")


@cme.command("folder")
@click.argument("activity")
@click.option("--by", required=True, help="Address of the coordinator in whose name it is done.")
@click.option("--to", type=click.Path(path_type=Path), required=True, help="A new folder, or a file that ends in .zip.")
def folder(*, activity: str, by: str, to: Path) -> None:
    """Make the accreditor's folder of ACTIVITY: an abstract with numbered attachments, and what is missing.

    It holds the keys of the test. What is missing is named; the folder is made all the same.
    """
    if to.exists():
        raise click.ClickException(f"{to} is there already. Name another place; nothing is overwritten.")
    with database() as session:
        actor = scope.find_coordinator(session, by)
        if actor is None:
            raise click.ClickException(f"{by} is no coordinator who may sign in.")
        activity_id = scope.find_activity(session, activity)
        try:
            if activity_id is None:
                raise LookupError(activity)
            made = folders.make(session, actor, activity_id, current_app.config["PUBLIC_URL"].rstrip("/"), clock.now())
        except LookupError as unknown:
            raise click.ClickException(f"{by} runs no published activity “{activity}”.") from unknown
    if to.suffix == ".zip":
        to.write_bytes(folders.zipped(made))
    else:
        to.mkdir(mode=0o700, parents=True)
        for name, data in made.files.items():
            (to / name).write_bytes(data)
    for sentence in made.missing:
        click.echo(f"Missing: {sentence}")
    click.echo(f"{len(made.files)} files are in {to}.")
