"""Writing to a cohort."""

from __future__ import annotations

import secrets

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField

from quizapp import clock
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.services.teaching import cohorts, messaging
from quizapp.web.account import show_problems
from quizapp.web.allow import allow, get_actor
from quizapp.web.teach.blueprint import blueprint


class MessageForm(FlaskForm):
    subject = StringField("Subject")
    text = TextAreaField("Message")
    key = HiddenField()


@blueprint.get("/cohorts/<int:cohort_id>/message")
@allow("instructor")
def message(cohort_id: int) -> ResponseReturnValue:
    return message_page(cohort_id, MessageForm(formdata=None, data={"key": secrets.token_urlsafe(12)}))


def message_page(cohort_id: int, form: MessageForm) -> str:
    cohort = cohorts.get_taught(db.session(), get_actor(), cohort_id)
    return render_template("teach/message.html", cohort=cohort, form=form)


@blueprint.post("/cohorts/<int:cohort_id>/message")
@allow("instructor")
def send_message(cohort_id: int) -> ResponseReturnValue:
    form = MessageForm()
    try:
        sent = messaging.send(
            db.session(),
            get_actor(),
            cohort_id,
            subject=form.subject.data or "",
            text=form.text.data or "",
            key=form.key.data or secrets.token_urlsafe(12),
            now=clock.now(),
        )
    except Unfit as unfit:
        show_problems(form, unfit)
        return message_page(cohort_id, form), 422
    flash(
        f"On its way to {sent} {'learner' if sent == 1 else 'learners'}." if sent else "Nothing new was sent.",
        "success",
    )
    return redirect(url_for("teach.cohort", cohort_id=cohort_id), 303)
