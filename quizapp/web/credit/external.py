"""Credit earned elsewhere: entering it with a file, looking at it, withdrawing it."""

from __future__ import annotations

import io
import secrets

from flask import Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from quizapp import clock
from quizapp.core.credit.amounts import named
from quizapp.core.preferences import Unfit, local_date
from quizapp.db.extension import db
from quizapp.services.crediting import external, transcripts
from quizapp.services.crediting.external import LARGEST_FILE, Typed, Upload
from quizapp.web.account import show_problems
from quizapp.web.allow import allow, get_actor
from quizapp.web.credit.blueprint import blueprint
from quizapp.web.fields import Day

LARGEST_REQUEST = 3 * LARGEST_FILE
"""A file that is somewhat too large is still read, so that what was typed beside it comes back."""


class ExternalForm(FlaskForm):
    title = StringField("What it was")
    provider = StringField("Who gave the credit")
    system = SelectField("Credit", validate_choice=False)
    other = StringField("Name of the other credit")
    amount = StringField("Credits")
    on = Day("Completed on", unread="Choose the day on which you completed it.")
    evidence = FileField("Proof")
    key = HiddenField()


@blueprint.url_value_preprocessor
def take_files(endpoint: str | None, _values: object) -> None:
    """Let this one form be larger. It must be said before anything, the check of its token too, reads the request."""
    if endpoint == "credit.enter_external":
        request.max_content_length = LARGEST_REQUEST


@blueprint.get("/external")
@allow("signed_in")
def new_external() -> ResponseReturnValue:
    return external_page(ExternalForm(formdata=None, data={"key": secrets.token_urlsafe(12)}))


def external_page(form: ExternalForm) -> str:
    units = transcripts.units_of(db.session())
    form.system.choices = [
        *(SelectChoice(value=slug, label=named(unit)) for slug, unit in units.items()),
        SelectChoice(value="", label="Another credit"),
    ]
    today = local_date(clock.now(), get_actor().zone)
    return render_template("credit/external.html", form=form, today=today, most_bytes=LARGEST_FILE, known=bool(units))


@blueprint.post("/external")
@allow("signed_in")
def enter_external() -> ResponseReturnValue:
    form = ExternalForm()
    form.validate()  # a date that cannot be read leaves None behind, which the service names
    upload = form.evidence.data
    typed = Typed(
        key=form.key.data or "",
        title=form.title.data or "",
        provider=form.provider.data or "",
        system=form.system.data or "",
        other=form.other.data or "",
        amount=form.amount.data or "",
        on=form.on.data,
        evidence=Upload(upload.filename or "", upload.read(LARGEST_REQUEST)) if upload else None,
    )
    try:
        external.enter(db.session(), get_actor(), typed, clock.now())
    except Unfit as unfit:
        show_problems(form, unfit)
        return external_page(form), 422
    flash("Entered. It stands in your transcript.", "success")
    return redirect(url_for("credit.record"), 303)


@blueprint.get("/external/<int:external_id>")
@allow("signed_in")
def external_credit(external_id: int) -> ResponseReturnValue:
    return render_template(
        "credit/external_entry.html", entry=external.get_entry(db.session(), get_actor(), external_id)
    )


@blueprint.get("/external/<int:external_id>/evidence")
@allow("signed_in")
def external_evidence(external_id: int) -> Response:
    """The file, to be kept and not shown: what a stranger made is never a page of this site."""
    held = external.get_evidence(db.session(), get_actor(), external_id)
    response = send_file(
        io.BytesIO(held.data), mimetype=held.kind, as_attachment=True, download_name=held.name, etag=False
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@blueprint.post("/external/<int:external_id>/withdraw")
@allow("signed_in")
def withdraw_external(external_id: int) -> ResponseReturnValue:
    title = external.withdraw(db.session(), get_actor(), external_id, clock.now())
    flash(f"“{title}” is withdrawn and no longer counts.", "success")
    return redirect(url_for("credit.record"), 303)
