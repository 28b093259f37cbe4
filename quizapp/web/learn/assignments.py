"""What a learner was given to do, and the cohorts it comes from."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from quizapp.db.extension import db
from quizapp.services.teaching import joining
from quizapp.web.allow import allow, get_actor
from quizapp.web.learn.blueprint import blueprint


@blueprint.get("/assignments")
@allow("signed_in")
def assignments() -> ResponseReturnValue:
    return render_template("learn/assignments.html", joined=joining.list_joined(db.session(), get_actor()))
