"""The check before the program is served to the public."""

from __future__ import annotations

import os
from pathlib import Path

import click
from flask import Flask

from quizapp.cli.application import application
from quizapp.db.extension import db


@click.command()
@click.option("--deploy", is_flag=True, required=True, help="Judge the settings as those of a public server.")
def check(*, deploy: bool) -> None:
    """Say what must change before the settings are fit for the public."""
    with application() as app:
        problems = deployment_problems(app)
        advice = deployment_advice(app)
    for sentence in problems + advice:
        click.echo(f"- {sentence}")
    if problems:
        raise click.ClickException(f"{len(problems)} settings are not fit for the public yet.")
    click.echo("Nothing stands in the way of serving this to the public.")


def deployment_problems(app: Flask) -> list[str]:
    """Sentences about settings that are fit for one’s own machine only."""
    settings = app.config
    problems = []
    if settings["LOCAL"]:
        problems.append("QUIZAPP_LOCAL is set: the secret lies beside the database and cookies travel without TLS.")
    if not settings["PUBLIC_URL"].startswith("https://"):
        problems.append("QUIZAPP_PUBLIC_URL must be the https address that people type; mails and passkeys use it.")
    if not settings["SMTP_URL"]:
        problems.append("QUIZAPP_SMTP_URL is not set: mails, also those for a new password, are printed, not sent.")
    url = db.engine.url
    if db.engine.dialect.name == "sqlite" and url.database and not os.access(Path(url.database).parent, os.W_OK):
        problems.append(f"{Path(url.database).parent} cannot be written to.")
    return problems


def deployment_advice(app: Flask) -> list[str]:
    """Sentences about what is fit for one machine and should change with the second."""
    if app.config["RATELIMIT_STORAGE_URI"].startswith("memory://"):
        return [
            "Advice: tries at passwords are counted in each process. With several machines, name a store they share in "
            "QUIZAPP_RATE_LIMIT_STORE."
        ]
    return []
