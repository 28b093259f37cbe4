"""The background work."""

from __future__ import annotations

import datetime as dt
import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import click
from flask import Flask

from quizapp import clock
from quizapp.cli.application import application
from quizapp.db.extension import db
from quizapp.services import calibrating, outbox
from quizapp.services import work as background
from quizapp.services.crediting.issuing import Press

SECONDS_BETWEEN_ROUNDS = 5.0

T = TypeVar("T")


@click.command()
@click.option("--once", is_flag=True, help="One round, then stop.")
def work(*, once: bool) -> None:
    """Do the background work: close expired exams, renew marks, send mail, make certificates that are owed; at night
    sign the audit, remind learners of credit, calibrate questions and fit memory. Several may run at once."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with application() as app:
        transport = mail_transport(app)
        rested: dt.datetime | None = None  # the night whose work is done, as far as this process knows
        while True:
            now, night = clock.now(), calibrating.night(clock.now())
            told = {"sender": app.config["MAIL_FROM"], "press": press(app)}
            _try(app, partial(background.work, db.session(), transport, now, **told))
            held = {"vault": app.extensions["vault"], "site": app.config["PUBLIC_URL"].rstrip("/")}
            if rested != night and not _try(app, partial(background.work_at_night, db.session(), now, **held)):
                rested = night
            db.session.remove()
            if once or stop.wait(SECONDS_BETWEEN_ROUNDS):
                return


def _try(app: Flask, deed: Callable[[], T]) -> T | None:
    try:
        return deed()
    except Exception:
        # One bad round must not end the work: exams would stay open. It is told, and tried again.
        app.logger.exception("a round of background work failed")
        db.session.rollback()
        return None


def mail_transport(app: Flask) -> outbox.Transport:
    url = app.config["SMTP_URL"]
    return outbox.smtp(url) if url else outbox.console(click.echo)


def press(app: Flask) -> Press | None:
    """What certificates are made with, None where nobody has said under which address the site is known."""
    site = app.config["PUBLIC_URL"].rstrip("/")
    return Press(app.extensions["vault"], site) if site else None
