"""The cohorts one teaches: the list, opening one, its settings."""

from __future__ import annotations

import re

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import EmailField, SelectField, StringField
from wtforms.validators import InputRequired

from quizapp import clock
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.services.teaching import cohorts, overviews
from quizapp.services.teaching.cohorts import Taught
from quizapp.web.account import show_problems, zones_by_area
from quizapp.web.allow import allow, get_actor
from quizapp.web.teach.blueprint import blueprint

SHOWN = 8
"""Objectives that are shown at once; the others stand folded below."""


class CohortForm(FlaskForm):
    """What a cohort is called, and by whose clock its windows open and close."""

    title = StringField("Name", validators=[InputRequired("Give the cohort a name.")])
    zone = SelectField("Time zone", choices=zones_by_area(), validate_choice=False)


class TeacherForm(FlaskForm):
    email = EmailField("Email address", validators=[InputRequired("Enter the address of an instructor.")])


@blueprint.get("/")
@allow("instructor")
def index() -> ResponseReturnValue:
    return render_template("teach/index.html", taught=cohorts.list_taught(db.session(), get_actor()))


@blueprint.get("/cohorts/new")
@allow("instructor")
def new_cohort() -> ResponseReturnValue:
    return render_template("teach/new.html", form=CohortForm(formdata=None, data={"zone": get_actor().zone}))


@blueprint.post("/cohorts/new")
@allow("instructor")
def open_cohort() -> ResponseReturnValue:
    form = CohortForm()
    try:
        cohort_id = cohorts.open_cohort(
            db.session(), get_actor(), form.title.data or "", form.zone.data or "", clock.now()
        )
    except Unfit as unfit:
        show_problems(form, unfit)
        return render_template("teach/new.html", form=form), 422
    flash("The cohort is open. Give its code to your learners, or upload a list of them.", "success")
    return redirect(url_for("teach.learners", cohort_id=cohort_id), 303)


@blueprint.get("/cohorts/<int:cohort_id>")
@allow("instructor")
def cohort(cohort_id: int) -> ResponseReturnValue:
    """What the cohort was given, and how it answers."""
    found = overviews.get_overview(db.session(), get_actor(), cohort_id)
    return render_template("teach/cohort.html", overview=found, cohort=found.cohort, shown=SHOWN)


@blueprint.get("/cohorts/<int:cohort_id>/questions")
@allow("instructor")
def cohort_questions(cohort_id: int) -> ResponseReturnValue:
    """How the cohort answers each question, a page at a time."""
    typed = request.args.get("before", "")
    before = int(typed) if re.fullmatch(r"[0-9]{1,6}", typed) else 0
    page = overviews.get_page(db.session(), get_actor(), cohort_id, before=before)
    return render_template(
        "teach/cohort_questions.html",
        page=page,
        cohort=page.cohort,
        few=overviews.FEW,
        newer=max(0, before - overviews.A_PAGE) if before else None,
        older=before + overviews.A_PAGE if before + overviews.A_PAGE < page.answered else None,
    )


@blueprint.get("/cohorts/<int:cohort_id>/settings")
@allow("instructor")
def settings(cohort_id: int) -> ResponseReturnValue:
    cohort = cohorts.get_taught(db.session(), get_actor(), cohort_id)
    form = CohortForm(formdata=None, data={"title": cohort.title, "zone": cohort.zone})
    return settings_page(cohort, form, TeacherForm(formdata=None))


def settings_page(cohort: Taught, form: CohortForm, teacher_form: TeacherForm) -> str:
    return render_template(
        "teach/settings.html",
        cohort=cohort,
        form=form,
        teacher_form=teacher_form,
        teachers=cohorts.list_teachers(db.session(), cohort.id),
        own_id=get_actor().id,
    )


@blueprint.post("/cohorts/<int:cohort_id>/settings")
@allow("instructor")
def change(cohort_id: int) -> ResponseReturnValue:
    form = CohortForm()
    try:
        cohorts.change(db.session(), get_actor(), cohort_id, form.title.data or "", form.zone.data or "", clock.now())
    except Unfit as unfit:
        show_problems(form, unfit)
        cohort = cohorts.get_taught(db.session(), get_actor(), cohort_id)
        return settings_page(cohort, form, TeacherForm(formdata=None)), 422
    flash("The cohort is saved.", "success")
    return redirect(url_for("teach.settings", cohort_id=cohort_id), 303)


@blueprint.post("/cohorts/<int:cohort_id>/code")
@allow("instructor")
def renew_code(cohort_id: int) -> ResponseReturnValue:
    """A new code to join by, or none: the one before opens nothing any more."""
    if request.form.get("do") == "close":
        cohorts.close_joining(db.session(), get_actor(), cohort_id, clock.now())
        flash("Nobody can join now. The code that was given out opens nothing any more.", "success")
    else:
        cohorts.renew_code(db.session(), get_actor(), cohort_id, clock.now())
        flash("There is a new code. One that was given out before opens nothing any more.", "success")
    return redirect(url_for("teach.learners", cohort_id=cohort_id), 303)


@blueprint.post("/cohorts/<int:cohort_id>/archive")
@allow("instructor")
def archive(cohort_id: int) -> ResponseReturnValue:
    """Put the cohort away, or take it out again."""
    if request.form.get("do") == "reopen":
        cohorts.reopen(db.session(), get_actor(), cohort_id, clock.now())
        flash("The cohort is in use again. Make a code if learners are to join.", "success")
    else:
        cohorts.archive(db.session(), get_actor(), cohort_id, clock.now())
        flash("The cohort is put away. Everything in it can still be read.", "success")
    return redirect(url_for("teach.settings", cohort_id=cohort_id), 303)


@blueprint.post("/cohorts/<int:cohort_id>/teachers")
@allow("instructor")
def add_teacher(cohort_id: int) -> ResponseReturnValue:
    form = TeacherForm()
    try:
        name = cohorts.add_teacher(db.session(), get_actor(), cohort_id, form.email.data or "", clock.now())
    except Unfit as unfit:
        show_problems(form, unfit)
        cohort = cohorts.get_taught(db.session(), get_actor(), cohort_id)
        own = CohortForm(formdata=None, data={"title": cohort.title, "zone": cohort.zone})
        return settings_page(cohort, own, form), 422
    flash(f"{name} teaches this cohort too.", "success")
    return redirect(url_for("teach.settings", cohort_id=cohort_id, _anchor="teachers"), 303)


@blueprint.post("/cohorts/<int:cohort_id>/teachers/<int:user_id>/remove")
@allow("instructor")
def remove_teacher(cohort_id: int, user_id: int) -> ResponseReturnValue:
    cohorts.remove_teacher(db.session(), get_actor(), cohort_id, user_id, clock.now())
    if user_id == get_actor().id:
        flash("You no longer teach this cohort.", "success")
        return redirect(url_for("teach.index"), 303)
    flash("The co-teacher is removed.", "success")
    return redirect(url_for("teach.settings", cohort_id=cohort_id, _anchor="teachers"), 303)
