"""The `quizapp` command: each subcommand turns arguments into one deed and its outcome into sentences.

No rule of the subject and no SQL: a command is a few lines that call services.
"""

from __future__ import annotations

import sys

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from quizapp.app import Misconfigured
from quizapp.cli.content import content
from quizapp.cli.keeping import backup, db, doctor, replay, restore
from quizapp.cli.serving import check, serve, work
from quizapp.cli.users import user
from quizapp.db.migrating import BrokenKeys
from quizapp.db.session import Unwritable
from quizapp.services.content.loading import Unloadable


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def quizapp() -> None:
    """An adaptive quiz application for medical education."""


for command in (serve, work, db, content, user, check, doctor, replay, backup, restore):
    quizapp.add_command(command)


def main() -> None:
    """Run the command. What a person can mend is said in a sentence, without a traceback; the status is then 2."""
    try:
        quizapp(prog_name="quizapp")
    except (Misconfigured, Unwritable, Unloadable, BrokenKeys) as problem:
        click.echo(f"quizapp: {problem}", err=True)
        sys.exit(2)
    except (OperationalError, ProgrammingError) as problem:
        reason = " ".join(str(problem.orig).split()).rstrip(".")
        click.echo(
            f"quizapp: The database cannot be used ({reason}). Look whether QUIZAPP_DATABASE_URL names it, whether it "
            "runs, and whether “quizapp db upgrade” has made its tables.",
            err=True,
        )
        sys.exit(2)
