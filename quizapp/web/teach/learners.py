"""Who is in a cohort: the list, the code, one learner with what was granted."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired

from quizapp import clock
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.services.teaching import accommodating, cohorts, membership
from quizapp.web.account import show_problems
from quizapp.web.allow import allow, get_actor
from quizapp.web.fields import WholeNumber
from quizapp.web.pages import whole_address
from quizapp.web.teach.blueprint import blueprint


class LearnerForm(FlaskForm):
    lms_id = StringField("Name in your learning management system")


class AccommodationForm(FlaskForm):
    """More time, in the terms in which it is granted."""

    time_percent = WholeNumber("Time, in per cent of the usual", validators=[InputRequired("Enter a whole number.")])
    break_minutes = WholeNumber("Minutes of breaks", validators=[InputRequired("Enter a whole number, or 0.")])
    note = TextAreaField("Note", description="optional")


@blueprint.get("/cohorts/<int:cohort_id>/learners")
@allow("instructor")
def learners(cohort_id: int) -> ResponseReturnValue:
    after = request.args.get("after", type=int)
    cohort = cohorts.get_taught(db.session(), get_actor(), cohort_id)
    return render_template(
        "teach/learners.html",
        cohort=cohort,
        members=membership.list_members(db.session(), get_actor(), cohort_id, after=after),
        later=after is not None,
        join_url=whole_address("learn.join"),
    )


@blueprint.get("/cohorts/<int:cohort_id>/learners/<int:learner_id>")
@allow("instructor")
def learner(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    return learner_page(cohort_id, learner_id)


def learner_page(
    cohort_id: int, learner_id: int, form: LearnerForm | None = None, time_form: AccommodationForm | None = None
) -> str:
    actor = get_actor()
    member = membership.get_member(db.session(), actor, cohort_id, learner_id)
    granted = accommodating.find_granted(db.session(), actor, learner_id)
    held = {
        "time_percent": member.allowance.time_percent,
        "break_minutes": member.allowance.break_minutes,
        "note": granted.note if granted else "",
    }
    return render_template(
        "teach/learner.html",
        cohort=cohorts.get_taught(db.session(), actor, cohort_id),
        member=member,
        granted=granted,
        form=form or LearnerForm(formdata=None, data={"lms_id": member.lms_id}),
        time_form=time_form or AccommodationForm(formdata=None, data=held),
    )


@blueprint.post("/cohorts/<int:cohort_id>/learners/<int:learner_id>")
@allow("instructor")
def save_learner(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    form = LearnerForm()
    try:
        membership.set_lms_id(db.session(), get_actor(), cohort_id, learner_id, form.lms_id.data or "")
    except Unfit as unfit:
        show_problems(form, unfit)
        return learner_page(cohort_id, learner_id, form=form), 422
    flash("Saved.", "success")
    return redirect(url_for("teach.learner", cohort_id=cohort_id, learner_id=learner_id), 303)


@blueprint.post("/cohorts/<int:cohort_id>/learners/<int:learner_id>/time")
@allow("instructor")
def grant(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    """More time for this person, in every cohort and in the person’s own exams."""
    form = AccommodationForm()
    actor = get_actor()
    membership.get_member(db.session(), actor, cohort_id, learner_id)
    if not form.validate():
        return learner_page(cohort_id, learner_id, time_form=form), 422
    try:
        accommodating.grant(
            db.session(),
            actor,
            learner_id,
            time_percent=form.time_percent.data or 0,
            break_minutes=form.break_minutes.data or 0,
            note=form.note.data or "",
            now=clock.now(),
        )
    except Unfit as unfit:
        show_problems(form, unfit)
        return learner_page(cohort_id, learner_id, time_form=form), 422
    flash("Saved. It counts from the next start on; what runs already keeps its deadline.", "success")
    return redirect(url_for("teach.learner", cohort_id=cohort_id, learner_id=learner_id), 303)


@blueprint.post("/cohorts/<int:cohort_id>/learners/<int:learner_id>/remove")
@allow("instructor")
def remove_learner(cohort_id: int, learner_id: int) -> ResponseReturnValue:
    name = membership.remove_member(db.session(), get_actor(), cohort_id, learner_id, clock.now())
    flash(f"{name} is no longer in this cohort. What was handed in stays in the gradebook.", "success")
    return redirect(url_for("teach.learners", cohort_id=cohort_id), 303)
