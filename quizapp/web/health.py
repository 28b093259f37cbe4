"""Is the process alive, and is it ready to serve?"""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from quizapp.db.extension import db
from quizapp.services import keeping
from quizapp.web.allow import allow

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@allow("anyone")
def alive() -> ResponseReturnValue:
    """The process answers; says nothing about the database."""
    return {"status": "alive"}


@blueprint.get("/readyz")
@allow("anyone")
def ready() -> ResponseReturnValue:
    """The database answers and has the tables this version expects; 503 otherwise."""
    problem = keeping.find_reason_not_ready(db.session())
    return ({"status": "ready"}, 200) if problem is None else ({"status": "not ready", "reason": problem}, 503)
