"""The form of disclosure behind the link of a mail: whoever holds the link is the person, no account is needed."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.services.crediting import disclosing
from quizapp.services.crediting.disclosing import Asked, Disclosed
from quizapp.web import throttle
from quizapp.web.account import show_problems
from quizapp.web.allow import allow
from quizapp.web.coordinate.forms import DisclosureForm
from quizapp.web.coordinate.in_control import told_relationships

blueprint = Blueprint("disclosing", __name__, url_prefix="/disclose")


@blueprint.get("/<token>")
@allow("anyone")
def form(token: str) -> ResponseReturnValue:
    asked = disclosing.find_asked(db.session(), token)
    if asked is None:
        return throttle.count_try() or abort(404)  # links are not for guessing
    data = {"relationships": "\n".join(asked.person.relationships or ()), "employed": asked.person.employed}
    return render_template("coordinate/disclose.html", asked=asked, token=token, form=DisclosureForm(None, data=data))


@blueprint.post("/<token>")
@allow("anyone")
def disclose(token: str) -> ResponseReturnValue:
    if limited := throttle.count_try():
        return limited
    asked = _asked(token)
    filled = DisclosureForm()
    try:
        told = Disclosed(told_relationships(filled), bool(filled.employed.data))
        disclosing.disclose_oneself(db.session(), token, told, clock.now())
    except Unfit as unfit:
        show_problems(filled, unfit)
        return render_template("coordinate/disclose.html", asked=asked, token=token, form=filled), 422
    return render_template("coordinate/disclosed.html", asked=_asked(token), token=token)


def _asked(token: str) -> Asked:
    found = disclosing.find_asked(db.session(), token)
    if found is None:
        abort(404)
    return found
