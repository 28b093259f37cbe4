"""A cohort from its opening to its end, as its instructor, a co-teacher, a learner and a stranger meet it."""

from __future__ import annotations

import re

import sqlalchemy as sa
from flask import Flask

from quizapp.db.extension import db
from quizapp.db.models import Accommodation, AuditEvent, CohortMember
from tests.integration.conftest import Auth
from tests.pages import Client, Page

STUDENT = "mira@example.org"


def open_cohort(client: Client, title: str = "Psychiatry rotation, spring") -> tuple[int, str]:
    """Open a cohort in a browser in which an instructor is signed in; its id and its code."""
    page = client.get("/teach/cohorts/new").form("Open the cohort").send(title=title, zone="Europe/Vienna")
    return int(re.findall(r"/cohorts/(\d+)/", page.path)[0]), page.one(".code").to_text().strip()


def join(client: Client, code: str, *, visible: bool = False) -> Page:
    offer = client.get("/join").form("See what it opens").send(code=code)
    choice = {"practice_visible": ["1"]} if visible else {}
    return offer.form("Join the cohort").send(**choice)


def test_a_cohort_from_its_opening_to_its_end(app: Flask, auth: Auth) -> None:
    teacher = auth.browser("instructor")
    assert "No cohort yet" in teacher.get("/teach").text
    empty = teacher.get("/teach/cohorts/new").form("Open the cohort").send(title="   ", status=422)
    assert "Give the cohort a name" in empty.text
    cohort, code = open_cohort(teacher)
    assert re.fullmatch(r"[A-Z0-9]{4}-[A-Z0-9]{4}", code)
    assert "Nobody has joined yet" in teacher.get(f"/teach/cohorts/{cohort}/learners").text

    learner = auth.browser(email=STUDENT)
    assert "You are in no cohort" in learner.get("/assignments").text
    wrong = learner.get("/join").form("See what it opens").send(code="BBBB-BBBB", status=422)
    assert "letter by letter" in wrong.text
    offer = learner.get(f"/join?code={code.lower().replace('-', ' ')}").form("See what it opens").send()
    assert offer.heading == "Join “Psychiatry rotation, spring”"
    assert "Taught by Test instructor" in offer.text
    assert "How sure you were" in offer.text
    form = offer.form("Join the cohort")
    assert "You are in “Psychiatry rotation, spring”" in form.send().text
    form.send()  # the same click twice
    listed = learner.get("/assignments")
    assert "Your practice is your own" in listed.text
    shown = listed.form("Show my practice: Psychiatry rotation, spring").send()
    assert "They see your practice" in shown.text
    assert "You are in this cohort already" in learner.get("/join").form("See what it opens").send(code=code).text

    members = teacher.get(f"/teach/cohorts/{cohort}/learners")
    assert members.texts("tbody td")[0] == "none yet"
    one = members.follow("Test student")
    refused = one.form("Save the time").send(time_percent="90", status=422)
    assert "between 100 and 300" in refused.text
    assert "Enter a whole number" in one.form("Save the time").send(time_percent="much", status=422).text
    granted = one.form("Save the time").send(time_percent="150", break_minutes="10", note="Until the end of June")
    assert "Granted by Test instructor" in granted.text
    granted.form("Save the name").send(lms_id="s1234567")
    row = teacher.get(f"/teach/cohorts/{cohort}/learners").texts("tbody td")
    assert row[1:] == ["s1234567", "150 % + 10 min"]
    with app.app_context():
        assert db.session.query(CohortMember).one().practice_visible is True
        assert db.session.query(Accommodation).one().time_percent == 150
    teacher.get(one.path).form("Save the time").send(time_percent="100", break_minutes="0")
    with app.app_context():
        assert db.session.query(Accommodation).all() == []

    left = learner.get("/assignments").form("Leave “Psychiatry rotation, spring”").send()
    assert "You are in no cohort" in left.text
    assert "Nobody has joined yet" in teacher.get(f"/teach/cohorts/{cohort}/learners").text
    with app.app_context():
        member = db.session.query(CohortMember).one()
        assert (member.practice_visible, member.lms_id) == (False, "s1234567")
    assert "Your practice is your own" in join(learner, code).text

    settings = teacher.get(f"/teach/cohorts/{cohort}/settings")
    settings.form("Put the cohort away").send()
    late = auth.browser(email="late@example.org")
    assert "letter by letter" in late.get("/join").form("See what it opens").send(code=code, status=422).text
    assert "· over" in learner.get("/assignments").text
    again = teacher.get(f"/teach/cohorts/{cohort}/settings").form("Take it out again").send()
    assert "Make a code" in again.text
    renamed = again.form("Save the cohort").send(title="Psychiatry rotation, summer")
    renamed.form("Save the cohort").send()  # nothing is another, so nothing is recorded
    teacher.get(f"/teach/cohorts/{cohort}/learners").form("Make a new code").send()
    teacher.get(f"/teach/cohorts/{cohort}/learners").form("Let nobody join").send()
    with app.app_context():
        deeds = db.session.scalars(
            sa.select(AuditEvent.deed).where(AuditEvent.subject_kind == "cohort").order_by(AuditEvent.number)
        ).all()
    assert deeds == [
        "open cohort", "put cohort away", "take cohort out", "change cohort", "renew code", "close joining"
    ]  # fmt: skip


def test_an_administrator_grants_time_to_anybody(app: Flask, auth: Auth) -> None:
    administrator = auth.browser("administrator")
    person = auth.sign_in(email=STUDENT)
    page = administrator.get("/admin/time")
    assert "Nobody yet" in page.text
    unknown = page.form("Look up").send(email="nobody@example.org", status=422)
    assert "No account has this address" in unknown.text
    assert unknown.form("Look up").fields["email"] == ["nobody@example.org"]
    one = page.form("Look up").send(email=" Mira@Example.org ")
    assert one.path == f"/admin/time/{person}"
    refused = one.form("Save the time").send(time_percent="301", break_minutes="5", status=422)
    assert "between 100 and 300" in refused.text
    assert refused.form("Save the time").fields["break_minutes"] == ["5"]
    for _ in range(2):
        saved = one.form("Save the time").send(time_percent="125", break_minutes="15", note="Until June")
    assert "granted by" in saved.text
    assert "125 % and 15 min" in administrator.get("/admin/time").text
    administrator.get("/admin/time/999999", status=404)
    with app.app_context():
        held = db.session.query(Accommodation).one()
        assert (held.user_id, held.time_percent, held.break_minutes) == (person, 125, 15)
        deeds = db.session.scalars(sa.select(AuditEvent.deed)).all()
        assert deeds.count("grant time") == 2
    assert auth.client.raw.get("/admin/time").status_code == 403
    saved.form("Save the time").send(time_percent="100", break_minutes="0")
    assert "Nobody yet" in administrator.get("/admin/time").text


def test_co_teachers_see_the_cohort_and_only_the_lead_decides_over_it(auth: Auth) -> None:
    lead = auth.browser("instructor")
    cohort, _ = open_cohort(lead)
    settings = lead.get(f"/teach/cohorts/{cohort}/settings")
    nobody = settings.form("Add a co-teacher").send(email="nobody@example.org", status=422)
    assert "No instructor has this address" in nobody.text
    assert nobody.form("Save the cohort").fields["title"] == ["Psychiatry rotation, spring"]
    auth.browser(email=STUDENT)
    assert "No instructor" in settings.form("Add a co-teacher").send(email=STUDENT, status=422).text

    other = auth.browser("instructor", email="other@example.org")
    base = f"/teach/cohorts/{cohort}"
    assert "Psychiatry" not in other.get("/teach").text
    for path in (f"{base}/learners", f"{base}/settings"):
        assert other.raw.get(path).status_code == 404
    settings.form("Add a co-teacher").send(email="Other@example.org ")
    settings.form("Add a co-teacher").send(email="other@example.org")
    assert "co-teacher" in other.get("/teach").text
    own = other.get(f"{base}/settings")
    assert not own.select("form[action$=archive]")
    token = own.form("Save the cohort").fields["csrf_token"]
    assert other.raw.post(f"{base}/archive", data={"csrf_token": token, "do": "archive"}).status_code == 404
    teachers = {"csrf_token": token, "email": "third@example.org"}
    assert other.raw.post(f"{base}/teachers", data=teachers).status_code == 404
    assert own.form("Leave: Test instructor").send().path == "/teach/"
    assert other.raw.get(f"{base}/learners").status_code == 404


def test_guessing_codes_is_slowed_down(auth: Auth) -> None:
    learner = auth.browser(email=STUDENT)
    form = learner.get("/join").form("See what it opens")
    for number in range(10):
        form.send(code=f"BBBB-BBB{number}", status=422)
    waiting = form.send(code="BBBB-CCCC", status=429)
    assert "Please wait a little" in waiting.text
    assert "Back to today" in waiting.text
