"""Serving, the background work beside it, and the check before it is done for real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import click
from flask import Flask
from flask_security import hash_password

from quizapp import clock, paths
from quizapp.app import create_app, local_secret
from quizapp.cli.application import application
from quizapp.db import migrating
from quizapp.db.extension import db
from quizapp.formats import tree
from quizapp.services import accounts, outbox
from quizapp.services import work as background
from quizapp.services.content import loading

WORKERS = 2
THREADS = 4
SECONDS_BETWEEN_ROUNDS = 5.0
SECONDS_TO_STOP = 10
SWITCH_SECONDS = 0.0005


@click.command()
@click.option("--local", is_flag=True, help="Set everything up on this machine first, with demo accounts.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=WORKERS, show_default=True, help="Processes that answer requests.")
@click.option("--work/--no-work", "with_work", default=True, help="Run the background work beside the server.")
def serve(*, local: bool, host: str, port: int, workers: int, with_work: bool) -> None:
    """Serve the application."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    if local:
        set_up_locally(port)
    beside = subprocess.Popen([sys.executable, "-m", "quizapp.cli", "work"]) if with_work else None
    server = Granian(
        "quizapp.cli.serving:served",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=256,
        respawn_failed_workers=True,
        workers_kill_timeout=SECONDS_TO_STOP,
        log_level=LogLevels.warning,
        websockets=False,
    )
    try:
        server.serve()
    finally:
        if beside:
            beside.terminate()
            beside.wait(SECONDS_TO_STOP)


def served() -> Flask:
    """The application in a process of the server."""
    # Who stores an answer gives the interpreter away with each statement. With Python’s 5 ms it gets it back that late
    # while other threads draw pages, and the whole line of writers waits: half as many answers, twice the waiting.
    sys.setswitchinterval(SWITCH_SECONDS)
    return create_app()


def set_up_locally(port: int) -> None:
    """Make the database, load the content, open demo accounts if nobody is there, and say how to sign in."""
    os.environ["QUIZAPP_LOCAL"] = "1"
    os.environ.setdefault("QUIZAPP_PUBLIC_URL", f"http://localhost:{port}")
    local_secret(paths.data())
    with application() as app:
        migrating.upgrade(db.engine, clock.now())
        report = loading.load(db.session(), tree.read(paths.lessons(), paths.question_banks()), clock.now())
        for line in report.lines():
            click.echo(line)
        opened = accounts.demo_accounts(db.session(), hash_password(accounts.DEMO_PASSWORD), clock.now())
        click.echo(f"\nOpen {app.config['PUBLIC_URL']} in a browser.")
        if opened:
            click.echo(f"Sign in as one of these, with the password {accounts.DEMO_PASSWORD}:")
            for email in opened:
                click.echo(f"  {email}")
        click.echo("Stop with Ctrl+C.\n")
        sys.stdout.flush()


@click.command()
@click.option("--once", is_flag=True, help="One round, then stop.")
def work(*, once: bool) -> None:
    """Do the background work: close expired exams, send mail. Several may run at once."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with application() as app:
        transport = mail_transport(app)
        while True:
            try:
                background.work(db.session(), transport, clock.now(), sender=app.config["MAIL_FROM"])
            except Exception:
                # One bad round must not end the work: exams would stay open. It is told, and tried again.
                app.logger.exception("a round of background work failed")
            db.session.remove()
            if once or stop.wait(SECONDS_BETWEEN_ROUNDS):
                return


def mail_transport(app: Flask) -> outbox.Transport:
    url = app.config["SMTP_URL"]
    return outbox.smtp(url) if url else outbox.console(click.echo)


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
