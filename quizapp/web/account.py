"""A person’s own pages: the first choice, the settings, the ways of signing in."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, abort, flash, redirect, render_template, request, session
from flask import url_for as url
from flask.typing import ResponseReturnValue
from flask_security import current_user
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from quizapp import clock
from quizapp.core import preferences
from quizapp.core.preferences import Choices, Preferences, Unfit
from quizapp.db.extension import db
from quizapp.services import accounts, calendar
from quizapp.services.accounts import Actor
from quizapp.web.allow import allow, get_actor
from quizapp.web.learn.day import AFTERWARDS
from quizapp.web.pages import whole_address

blueprint = Blueprint("account", __name__)

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
GOALS = ("No goal", "1 day", *(f"{days} days" for days in range(2, 8)))
THEMES = (("auto", "As the device"), ("light", "Light"), ("dark", "Dark"))
BEGINNINGS = {"read": "lessons.index", "test": "learn.placement", "exam": "learn.today"}


def zones_by_area() -> list[SelectChoice]:
    """The time zones for a list with a heading for each area: “Zurich” under “Europe”."""
    choices = [SelectChoice(value="UTC", label="UTC", optgroup="World")]
    for name in preferences.zones()[1:]:
        area, _, place = name.partition("/")
        choices.append(SelectChoice(value=name, label=place.replace("_", " ").replace("/", ", "), optgroup=area))
    return choices


def days_field(label: str) -> SelectMultipleField:
    """Days of the week to tick."""
    return SelectMultipleField(
        label,
        coerce=int,
        choices=[SelectChoice(value=str(day), label=name) for day, name in enumerate(DAYS, start=1)],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        validate_choice=False,
    )


class SettingsForm(FlaskForm):
    """All choices at once, under one button."""

    name = StringField("Your name", validators=[Length(max=120, message="Keep the name within 120 characters.")])
    zone = SelectField("Time zone", choices=zones_by_area(), validate_choice=False)
    minutes_a_day = IntegerField("Minutes of study a day", validators=[InputRequired()])
    rest_days = days_field("Rest days")
    light_days = days_field("Light days")
    week_goal = SelectField(
        "Week goal",
        coerce=int,
        choices=[SelectChoice(value=str(days), label=label) for days, label in enumerate(GOALS)],
        validate_choice=False,
    )
    text_size = RadioField(
        "Size of text",
        choices=[SelectChoice(value=size, label=size.capitalize()) for size in preferences.TEXT_SIZES],
        validate_choice=False,
    )
    theme = RadioField(
        "Colours",
        choices=[SelectChoice(value=theme, label=label) for theme, label in THEMES],
        validate_choice=False,
    )
    hide_timer = BooleanField("Hide the clock during a session")
    single_keys = BooleanField("Answer with single keys")
    credit_reminders = BooleanField("Remind me of credit by mail")

    def choices(self) -> Choices:
        """What was chosen. Raises Unfit where a field holds nothing that could be a choice."""
        if not self.validate():
            sentences = {
                "minutes_a_day": "Enter a whole number of minutes.",
                "rest_days": "Choose days of the week.",
                "light_days": "Choose days of the week.",
                "week_goal": "Choose a goal from the list.",
            }
            raise Unfit({str(name): sentences.get(str(name), errors[0]) for name, errors in self.errors.items()})
        return Choices(
            zone=self.zone.data or "",
            minutes_a_day=self.minutes_a_day.data,
            rest_days=tuple(self.rest_days.data or ()),
            light_days=tuple(self.light_days.data or ()),
            week_goal=self.week_goal.data or 0,
            preferences=Preferences(
                text_size=self.text_size.data or "",
                theme=self.theme.data or "",
                hide_timer=self.hide_timer.data,
                single_keys=self.single_keys.data,
                credit_reminders=self.credit_reminders.data,
            ),
        )


class ExamForm(FlaskForm):
    """A date to prepare for."""

    exam_title = StringField("Name of the examination", validators=[InputRequired("Give the examination a name.")])
    exam_on = DateField("Date", validators=[InputRequired("Choose the date.")])


class FirstStepForm(ExamForm):
    """The choice of the first run; the examination counts only with the third way. Names as in its template."""

    first_step = HiddenField()
    zone = HiddenField()

    def exam(self) -> tuple[str, dt.date] | None:
        """The examination, if that is the way chosen. Raises Unfit without a date."""
        if self.first_step.data != "exam":
            return None
        if self.exam_on.data is None:
            raise Unfit({"exam_on": "Choose the date of the examination."})
        return self.exam_title.data or "My examination", self.exam_on.data


def show_problems(form: FlaskForm, unfit: Unfit) -> None:
    """Put each sentence beside its field."""
    for name, sentence in unfit.problems.items():
        form[name].errors = [sentence]


@blueprint.get("/settings")
@allow("signed_in")
def settings() -> ResponseReturnValue:
    return settings_page(get_actor(), SettingsForm(formdata=None, data=chosen(get_actor())), ExamForm(formdata=None))


@blueprint.post("/settings")
@allow("signed_in")
def save_settings() -> ResponseReturnValue:
    actor, form = get_actor(), SettingsForm()
    try:
        accounts.save_settings(db.session(), actor.id, form.choices(), form.name.data or "", clock.now())
    except Unfit as unfit:
        show_problems(form, unfit)
        return settings_page(actor, form, ExamForm(formdata=None)), 422
    flash("Your settings are saved.", "success")
    return redirect(url("account.settings"))


def chosen(actor: Actor) -> dict[str, object]:
    """The form’s values for what is in force."""
    return {
        "name": actor.name,
        "zone": actor.zone,
        "minutes_a_day": actor.choices.minutes_a_day,
        "rest_days": list(actor.choices.rest_days),
        "light_days": list(actor.choices.light_days),
        "week_goal": actor.choices.week_goal,
        **actor.preferences.to_json(),
    }


def settings_page(actor: Actor, form: SettingsForm, exam_form: ExamForm) -> str:
    """The page, with what was typed if a form came back."""
    return render_template(
        "account/settings.html",
        form=form,
        exam_form=exam_form,
        exams=accounts.exams_of(db.session(), actor.id),
        afterwards=AFTERWARDS,
        calendar_url=calendar_url(actor),
        today=preferences.local_date(clock.now(), actor.zone),
        zone_open=actor.zone == preferences.DEFAULT.zone,
    )


@blueprint.post("/settings/exams")
@allow("signed_in")
def add_exam_date() -> ResponseReturnValue:
    actor, form = get_actor(), ExamForm()
    if form.validate():
        try:
            accounts.add_exam_date(db.session(), actor, form.exam_title.data, form.exam_on.data, clock.now())
            flash("The examination is added.", "success")
            return redirect(url("account.settings", _anchor="exams"))
        except Unfit as unfit:
            show_problems(form, unfit)
    settings_form = SettingsForm(formdata=None, data=chosen(actor))
    return settings_page(actor, settings_form, form), 422


@blueprint.post("/settings/exams/<int:exam_id>/remove")
@allow("signed_in")
def remove_exam_date(exam_id: int) -> ResponseReturnValue:
    accounts.remove_exam_date(db.session(), get_actor(), exam_id)
    flash("The examination is removed.", "success")
    return redirect(url("account.settings", _anchor="exams"))


@blueprint.post("/settings/exams/<int:exam_id>/afterwards")
@allow("signed_in")
def choose_afterwards(exam_id: int) -> ResponseReturnValue:
    """How to go on after an examination; asked on Today, and changed in the settings."""
    try:
        accounts.choose_afterwards(db.session(), get_actor(), exam_id, request.form.get("afterwards", ""), clock.now())
    except Unfit as unfit:
        flash(str(unfit), "error")
    if request.form.get("back") == "settings":
        return redirect(url("account.settings", _anchor="exams"))
    return redirect(url("learn.today"))


@blueprint.post("/settings/calendar")
@allow("signed_in")
def make_calendar() -> ResponseReturnValue:
    """Make the address of the calendar, or a new one in the place of the old."""
    calendar.make_token(db.session(), get_actor())
    flash("The address is ready. One that was given out before no longer works.", "success")
    return redirect(url("account.settings", _anchor="calendar"))


@blueprint.post("/settings/calendar/remove")
@allow("signed_in")
def remove_calendar() -> ResponseReturnValue:
    calendar.remove_token(db.session(), get_actor())
    flash("The address is gone. Programs that had subscribed get nothing more.", "success")
    return redirect(url("account.settings", _anchor="calendar"))


def calendar_url(actor: Actor) -> str | None:
    """The whole address, because it is copied into another program; None without one."""
    token = calendar.get_token(db.session(), actor)
    return whole_address("learn.calendar_file", token=token) if token is not None else None


@blueprint.get("/settings/sign-in")
@allow("signed_in")
def signing_in() -> ResponseReturnValue:
    return render_template(
        "account/signing_in.html",
        email=current_user.email,
        has_app=current_user.tf_primary_method is not None,
        codes_left=len(current_user.mf_recovery_codes or []),
        passkeys=current_user.webauthn,
    )


@blueprint.post("/settings/sign-out-elsewhere")
@allow("signed_in")
def sign_out_elsewhere() -> ResponseReturnValue:
    accounts.sign_out_elsewhere(db.session(), get_actor().id, session["sid"], clock.now())
    flash("Every other device is signed out.", "success")
    return redirect(url("account.signing_in"))


@blueprint.post("/first-run")
@allow("signed_in")
def first_run() -> ResponseReturnValue:
    """Keep how the learner wants to begin, and go there. Only the exam can be unfit; then its own small page asks."""
    form = FirstStepForm()
    step = form.first_step.data or ""
    if step not in BEGINNINGS:
        abort(400)
    try:
        accounts.choose_first_step(
            db.session(), get_actor(), step, zone=form.zone.data, exam=form.exam(), now=clock.now()
        )
    except Unfit as unfit:
        show_problems(form, unfit)
        return render_template("account/first_exam.html", form=form), 422
    return redirect(url(BEGINNINGS[step]))
