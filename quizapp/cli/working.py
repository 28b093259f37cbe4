"""The background work."""

from __future__ import annotations

import signal
import threading

import click
from flask import Flask

from quizapp import clock
from quizapp.cli.application import application
from quizapp.db.extension import db
from quizapp.services import outbox
from quizapp.services import work as background

SECONDS_BETWEEN_ROUNDS = 5.0


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
