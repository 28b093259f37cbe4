"""The database as Flask knows it: one engine per application, one session per request, no autoflush."""

from __future__ import annotations

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from quizapp.db.models import Base
from quizapp.db.session import prepare_engine

db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True, session_options={"autoflush": False})


def init_app(app: Flask) -> None:
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        # A connection that PostgreSQL has ended is found out before a request is given it.
        app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {"pool_pre_ping": True})
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
