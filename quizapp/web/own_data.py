"""A person’s own data: what is on record, a file of it all, and erasing oneself."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, session, stream_with_context
from flask.typing import ResponseReturnValue
from flask_security import current_user, verify_password
from flask_wtf import FlaskForm
from wtforms import PasswordField

from quizapp import clock
from quizapp.core.preferences import local_date
from quizapp.db.extension import db
from quizapp.services import erasing, exporting
from quizapp.web import throttle
from quizapp.web.allow import allow, get_actor
from quizapp.web.press import vault

blueprint = Blueprint("own_data", __name__, url_prefix="/settings/data")


class EraseForm(FlaskForm):
    password = PasswordField("Your password")


@blueprint.get("")
@allow("signed_in")
def overview() -> ResponseReturnValue:
    return overview_page(EraseForm(formdata=None))


def overview_page(form: EraseForm) -> str:
    actor = get_actor()
    held = erasing.get_outlook(db.session(), actor.id)
    until = local_date(held.kept_until, actor.zone) if held.kept_until else None
    return render_template("account/data.html", held=held, until=until, form=form)


@blueprint.get("/export.zip")
@allow("signed_in")
def export_file() -> Response:
    """Everything as one file, made while it is sent."""
    now = clock.now()
    pieces = exporting.export(db.session(), vault(), get_actor().id, now)
    response = Response(stream_with_context(pieces), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="quizapp-data-{now:%Y-%m-%d}.zip"'
    return response


@blueprint.post("/erase")
@allow("signed_in")
def erase() -> ResponseReturnValue:
    """Erase the person who asks, once the password was given."""
    form, actor = EraseForm(), get_actor()
    if (too_often := throttle.count_try()) is not None:
        return too_often
    typed, hashed = form.password.data or "", current_user.password
    if not typed or hashed is None or not verify_password(typed, hashed):
        form.validate()
        form.password.errors = [
            "This is not your password. Nothing was erased." if typed else "Enter your password; nothing was erased."
        ]
        return overview_page(form), 422
    try:
        until = erasing.erase(db.session(), actor.id, by_id=actor.id, now=clock.now())
    except erasing.LastAdministrator:
        form.password.errors = ["You are the only administrator. Name another one first; nothing was erased."]
        return overview_page(form), 422
    session.clear()
    on = local_date(until, actor.zone) if until else None
    return make_response(render_template("account/erased.html", until=on))
