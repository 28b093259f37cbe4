"""A person chooses: settings, examinations, how to begin."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from quizapp import clock as quizapp_clock
from quizapp.core.preferences import DEFAULT, Choices, Preferences
from quizapp.db.extension import db
from quizapp.db.models import ExamDate, LearnerSettings, LoginSession
from quizapp.services import accounts
from quizapp.services.accounts import Actor
from tests.integration.conftest import ONCE
from tests.pages import Client, Page
from tests.people import PASSWORD, address, get_or_make

STUDENT = address("student")


@pytest.fixture
def student(app: Flask, client: Client) -> int:
    person = get_or_make(app, "student", STUDENT)
    client.get("/login").form("Sign in").send(email=STUDENT, password=PASSWORD)
    return person


def actor_of(app: Flask, user_id: int) -> Actor:
    with app.app_context():
        open_sids = db.select(LoginSession.sid).where(LoginSession.user_id == user_id, LoginSession.ended_at.is_(None))
        sid = db.session.scalars(open_sids).first()
        actor = accounts.find_actor(db.session(), str(sid), quizapp_clock.now())
        assert actor is not None
        return actor


def settings(client: Client) -> Page:
    return client.get("/settings")


def test_somebody_who_chose_nothing_has_the_defaults(app: Flask, student: int) -> None:
    actor = actor_of(app, student)
    assert (actor.choices, actor.first_step) == (DEFAULT, None)


def test_choices_are_kept_and_saving_them_twice_is_harmless(app: Flask, client: Client, student: int) -> None:
    form = settings(client).form("Save the settings")
    for _ in range(2):
        page = form.send(
            name="  Ann   Example ",
            zone="America/Argentina/Buenos_Aires",
            minutes_a_day="45",
            rest_days=["7", "6"],
            light_days=["1", "6"],
            week_goal="0",
            text_size="large",
            theme="dark",
            hide_timer="y",
            single_keys=[],
        )
        assert "Your settings are saved." in page.text
    actor = actor_of(app, student)
    assert actor.name == "Ann Example"
    assert actor.choices == Choices(
        "America/Argentina/Buenos_Aires",
        45,
        rest_days=(6, 7),
        light_days=(1,),
        week_goal=0,
        preferences=Preferences("large", "dark", hide_timer=True, single_keys=False),
    )
    form = settings(client).form("Save the settings")
    assert form.fields["zone"] == ["America/Argentina/Buenos_Aires"]
    assert form.fields["rest_days"] == ["6", "7"]
    assert form.fields["light_days"] == ["1"]
    assert form.fields["week_goal"] == ["0"]
    assert form.fields["single_keys"] == []


@ONCE
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"zone": "Mars/Olympus"}, "We do not know this time zone."),
        ({"zone": "../../etc/passwd"}, "We do not know this time zone."),
        ({"minutes_a_day": "0"}, "Choose between 5 and 240 minutes a day."),
        ({"minutes_a_day": "-5"}, "Choose between 5 and 240 minutes a day."),
        ({"minutes_a_day": "4"}, "Choose between 5 and 240 minutes a day."),
        ({"minutes_a_day": "241"}, "Choose between 5 and 240 minutes a day."),
        ({"minutes_a_day": "many"}, "Enter a whole number of minutes."),
        ({"minutes_a_day": ""}, "Enter a whole number of minutes."),
        ({"rest_days": [str(day) for day in range(1, 8)]}, "Leave at least one day"),
        ({"rest_days": ["8"]}, "Choose rest days from Monday to Sunday."),
        ({"rest_days": ["Sunday"]}, "Choose days of the week."),
        ({"light_days": ["8"]}, "Choose light days from Monday to Sunday."),
        ({"light_days": ["Sunday"], "week_goal": "all"}, "Choose a goal from the list."),
        ({"week_goal": "8"}, "Choose a goal of one to seven days, or none."),
        ({"text_size": "huge"}, "Choose one of the three sizes."),
        ({"theme": "pink"}, "Choose the colours of the device, light or dark."),
        ({"name": "x" * 121}, "Keep the name within 120 characters."),
    ],
)
def test_an_unfit_choice_is_explained_and_what_was_typed_stays(
    app: Flask, client: Client, student: int, values: dict[str, str], sentence: str
) -> None:
    form = settings(client).form("Save the settings")
    typed = {**form.fields, "name": "Ann", "minutes_a_day": "30", **values}
    page = client.post("/settings", typed, status=422)
    assert sentence in page.text
    if "name" not in values:
        assert page.one("input[name=name]").attrs["value"] == "Ann"
    if isinstance(values.get("minutes_a_day"), str):
        assert page.one("input[name=minutes_a_day]").attrs["value"] == values["minutes_a_day"]
    assert actor_of(app, student).choices == DEFAULT


def test_settings_of_a_later_version_do_not_lock_anybody_out(app: Flask, client: Client, student: int) -> None:
    settings(client).form("Save the settings").send()
    with app.app_context():
        row = db.session.get_one(LearnerSettings, student)
        row.preferences = {"text_size": "large", "colour_of_the_sky": "blue"}
        db.session.commit()
    assert actor_of(app, student).preferences == Preferences(text_size="large")
    assert settings(client).status == 200


def test_several_examinations_stand_in_order_and_twice_the_same_is_one(
    app: Flask, client: Client, student: int
) -> None:
    form = settings(client).form("Add the examination")
    for title, on in (("Finals", "2030-06-01"), ("Midterm", "2029-11-01"), ("Finals", "2030-06-01")):
        page = form.send(exam_title=title, exam_on=on)
    assert page.texts("main .rows .what") == ["Midterm", "Finals"]
    page = page.form("Remove Midterm").send()
    assert page.texts("main .rows .what") == ["Finals"]


@ONCE
@pytest.mark.parametrize(
    ("title", "on", "sentence"),
    [
        ("Finals", "2026-03-01", "This date has passed."),
        ("Finals", "2036-12-31", "Choose a date within the next ten years."),
        ("Finals", "", "Choose the date."),
        ("", "2030-06-01", "Give the examination a name."),
        ("x" * 121, "2030-06-01", "Keep the name within 120 characters."),
    ],
)
def test_an_unfit_examination_is_explained_and_what_was_typed_stays(
    app: Flask, clock: object, client: Client, student: int, title: str, on: str, sentence: str
) -> None:
    page = settings(client).form("Add the examination").send(exam_title=title, exam_on=on, status=422)
    assert sentence in page.text
    assert page.one("input[name=exam_title]").attrs["value"] == title
    assert page.one("input[name=exam_on]").attrs["value"] == on
    with app.app_context():
        assert db.session.scalars(db.select(ExamDate)).all() == []


@ONCE
def test_an_examination_today_is_counted_in_the_learners_own_zone(
    app: Flask, clock: object, client: Client, student: int
) -> None:
    """At nine in the morning in London it is still the day before in Honolulu."""
    settings(client).form("Save the settings").send(zone="Pacific/Honolulu")
    page = settings(client).form("Add the examination").send(exam_title="Finals", exam_on="2026-03-01")
    assert "(today)" in page.text


def test_nobody_removes_the_examination_of_somebody_else(app: Flask, client: Client, student: int) -> None:
    settings(client).form("Add the examination").send(exam_title="Finals", exam_on="2030-06-01")
    with app.app_context():
        exam = db.session.scalars(db.select(ExamDate.id)).one()
    get_or_make(app, "student", "mallory@example.org")
    mallory = Client(app.test_client())
    mallory.get("/login").form("Sign in").send(email="mallory@example.org", password=PASSWORD)
    token = settings(mallory).form("Add the examination").fields["csrf_token"]
    mallory.post(f"/settings/exams/{exam}/remove", {"csrf_token": token})
    assert settings(client).texts("main .rows .what") == ["Finals"]


def first_run(client: Client, status: int = 200, **values: str) -> Page:
    token = client.get("/settings/sign-in").form("Sign out").fields["csrf_token"]
    return client.post("/first-run", {"csrf_token": token, **values}, status=status)


@pytest.mark.parametrize(("step", "path"), [("read", "lessons"), ("test", "placement")])
def test_the_first_choice_is_kept_and_leads_on(app: Flask, client: Client, student: int, step: str, path: str) -> None:
    for _ in range(2):
        assert path in first_run(client, first_step=step, zone="Europe/Zurich").path
    actor = actor_of(app, student)
    assert (actor.first_step, actor.zone) == (step, "Europe/Zurich")


def test_a_zone_that_was_chosen_is_not_replaced_by_the_browsers(app: Flask, client: Client, student: int) -> None:
    first_run(client, first_step="read", zone="Europe/Zurich")
    first_run(client, first_step="test", zone="Asia/Tokyo")
    assert actor_of(app, student).zone == "Europe/Zurich"


@ONCE
def test_a_zone_nobody_knows_leaves_the_default(app: Flask, client: Client, student: int) -> None:
    first_run(client, first_step="read", zone="Mars/Olympus")
    assert actor_of(app, student).zone == "UTC"


def test_an_examination_of_the_first_run_is_added(app: Flask, client: Client, student: int) -> None:
    assert first_run(client, first_step="exam", exam_title="Finals", exam_on="2030-06-01").path == "/"
    first_run(client, first_step="exam", exam_title="Finals", exam_on="2030-06-01")
    with app.app_context():
        exams = accounts.exams_of(db.session(), student)
    assert [(exam.title, exam.on) for exam in exams] == [("Finals", dt.date(2030, 6, 1))]


@ONCE
@pytest.mark.parametrize("on", ["", "2020-01-01", "tomorrow"])
def test_an_unfit_date_in_the_first_run_is_asked_for_again(app: Flask, client: Client, student: int, on: str) -> None:
    page = first_run(client, 422, first_step="exam", exam_title="Finals", exam_on=on, zone="Europe/Zurich")
    assert page.heading == "When is your examination?"
    assert page.one("input[name=exam_title]").attrs["value"] == "Finals"
    assert actor_of(app, student).first_step is None
    assert page.form("Keep the date").send(exam_on="2030-06-01").path == "/"
    assert (actor_of(app, student).first_step, actor_of(app, student).zone) == ("exam", "Europe/Zurich")


@ONCE
def test_an_unknown_first_step_is_refused(app: Flask, client: Client, student: int) -> None:
    first_run(client, 400, first_step="sleep")
    assert actor_of(app, student).first_step is None


def test_demo_accounts_come_into_an_empty_database_only(app: Flask) -> None:
    with app.app_context():
        made = accounts.demo_accounts(db.session(), "hash", quizapp_clock.now())
        assert made == tuple(f"{role}@example.org" for role in accounts.ROLES)
        assert accounts.demo_accounts(db.session(), "hash", quizapp_clock.now()) == ()


def test_an_address_that_is_taken_is_told_to_whoever_opens_accounts(app: Flask) -> None:
    get_or_make(app, "student", STUDENT)
    with app.app_context(), pytest.raises(accounts.EmailTaken):
        accounts.create_user(
            db.session(), email=STUDENT.upper(), name="", roles=["student"], password_hash="x", now=quizapp_clock.now()
        )
    with app.app_context(), pytest.raises(ValueError, match="There is no role king"):
        accounts.create_user(
            db.session(), email="a@b.example", name="", roles=["king"], password_hash="x", now=quizapp_clock.now()
        )


def test_suspending_nobody_is_told(app: Flask) -> None:
    with app.app_context(), pytest.raises(accounts.UnknownPerson):
        accounts.suspend(db.session(), 4711, quizapp_clock.now())
