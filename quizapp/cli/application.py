"""The application behind a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy.orm import Session

from quizapp.app import create_app
from quizapp.db.extension import db


@contextmanager
def application() -> Iterator[Flask]:
    """The application with its settings from the environment, as the current one; its connections are closed after."""
    app = create_app()
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


@contextmanager
def database() -> Iterator[Session]:
    """A session on the database of the settings."""
    with application():
        yield db.session()
