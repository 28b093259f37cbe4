"""Pages for administrators."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from quizapp.web.allow import allow

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.get("/style")
@allow("administrator")
def style() -> ResponseReturnValue:
    """Every component in each of its states: where one looks before drawing a page."""
    return render_template("admin/style.html")
