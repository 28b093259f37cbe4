"""The `quizapp` command: each subcommand turns arguments into one deed and its outcome into sentences.

No rule of the subject and no SQL: a command is a few lines that call services.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

import click

COMMANDS = {
    "serve": "serving",
    "work": "working",
    "db": "keeping",
    "content": "content",
    "user": "users",
    "engine": "engine",
    "statistics": "statistics",
    "demo": "demo",
    "cme": "running",
    "audit": "auditing",
    "check": "deploying",
    "doctor": "keeping",
    "replay": "keeping",
    "backup": "keeping",
    "restore": "keeping",
}
"""Command → the module that holds it, imported when it is asked for: a server’s start must not wait for the others."""


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(import_module(f"quizapp.cli.{module}"), cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def quizapp() -> None:
    """An adaptive quiz application for medical education."""


def main() -> None:
    """Run the command."""
    tell(lambda: quizapp(prog_name="quizapp"))


def tell(deed: Callable[[], object]) -> None:
    """Do it. For what a person can mend there is a sentence and the status 2."""
    try:
        deed()
    except Exception as problem:
        from quizapp.cli.telling import find_sentence  # imports what it names, which a command that works may not need

        sentence = find_sentence(problem)
        if sentence is None:
            raise
        click.echo(f"quizapp: {sentence}", err=True)
        sys.exit(2)
