"""Teaching through the pages: an exam from its draft to the doubt about its key, a roster, a message, the gradebook."""

from __future__ import annotations

import csv
import io
import re

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp import clock
from quizapp.core.preferences import Choices
from quizapp.core.windows import wall_time
from quizapp.db.extension import db
from quizapp.db.models import Assignment, AuditEvent, Invitation, Item, Outbox, User
from quizapp.db.session import writing
from quizapp.formats import spreadsheets
from quizapp.services import examining
from quizapp.services.accounts import Actor
from tests.integration.classes import answer_part
from tests.integration.conftest import Auth
from tests.integration.learners import Learner
from tests.integration.test_cohorts_walkthrough import join, open_cohort
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")
MIRA, BEN = "mira@example.org", "ben@example.org"
MOST_STATEMENTS = 8


@pytest.fixture
def only_options(app: Flask) -> None:
    with app.app_context(), writing(db.session()) as session:
        session.execute(sa.delete(Item).where(Item.type != "single_best_answer"))


def window(hours: float) -> str:
    """A moment so many hours from now, as the field takes it, in UTC."""
    import datetime as dt

    return f"{wall_time(clock.now() + dt.timedelta(hours=hours), 'UTC'):%Y-%m-%dT%H:%M}"


@pytest.mark.usefixtures("only_options")
def test_an_exam_through_the_pages(app: Flask, auth: Auth) -> None:
    teacher = auth.browser("instructor")
    cohort, code = open_cohort(teacher)
    base = f"/teach/cohorts/{cohort}"
    assert "Nothing assigned yet" in teacher.get(base).text

    # A form that cannot be kept comes back with everything that was typed.
    form = teacher.get(f"{base}/assign").follow("An exam").form("Save the draft")
    bad = form.send(
        title="Mid-term", opens="2027-03-28T02:30", closes="", zone="Europe/Vienna", limit_minutes="soon",
        **{"topic:nassa": "many"}, status=422,
    )  # fmt: skip
    assert "02:30 does not exist" in bad.text
    assert "Enter a date and a time" in bad.text
    assert "between 1 and 600 minutes" in bad.text
    back = bad.form("Save the draft").fields
    assert (back["title"], back["topic:nassa"], back["limit_minutes"]) == (["Mid-term"], ["many"], ["soon"])
    draft = bad.form("Save the draft").send(
        opens=window(-1), closes=window(2), zone="UTC", limit_minutes="30", cut_percent="60", standard="angoff",
        standard_note="Six judges, two rounds.", **{"topic:nassa": "3"},
    )  # fmt: skip
    assert "A draft" in draft.text
    refused = draft.form("Publish").send(status=422)
    assert "not signed" in refused.text
    published = refused.form("Publish it for practice, not graded").send()
    assert "Open until" in published.text
    exam = int(re.findall(r"/assignments/(\d+)", published.path)[0])

    mira, ben = auth.browser(email=MIRA), auth.browser(email=BEN)
    for learner in (mira, ben):
        join(learner, code)
    listed = mira.get("/assignments")
    assert "Open until" in listed.text
    task = listed.follow("Mid-term")
    assert "30 minutes" in task.text
    assert "decides nothing" in task.text
    question = task.form("Start the clock").send()
    sitting = int(re.findall(r"/session/(\d+)/0", question.path)[0])
    with app.app_context():
        person = db.session.scalars(sa.select(User).where(User.email == MIRA)).one()
        actor = Actor(person.id, MIRA, person.name, frozenset({"student"}), Choices(), "test")
        for position in range(3):
            learner = Learner(db.session(), actor)
            answer_part(db.session(), learner, sitting, position, clock.now(), right=position < 2)
        db.session.remove()
    assert "sitting it" in teacher.get(f"/teach/assignments/{exam}").text
    done = mira.get(f"/session/{sitting}/hand-in").form("Hand in").send()
    assert "follows when it is released" in done.text
    held = done.follow("To the assignment")
    assert "held until it is released" in held.text
    assert not held.select(".result")
    assert mira.raw.get(f"/session/{sitting}/2/feedback").status_code == 404
    assert mira.raw.get(f"/assignments/{exam}/questions/2/challenge").status_code == 404
    early = teacher.get(f"/teach/assignments/{exam}")
    token = early.form("Delete this assignment") if early.select("form[action$=discard]") else None
    assert token is None, "what somebody has begun cannot be deleted"

    ben.get(f"/assignments/{exam}").form("Start the clock").send()
    with app.app_context():
        second = db.session.scalar(sa.text("SELECT max(id) FROM sitting"))
        person = db.session.scalars(sa.select(User).where(User.email == BEN)).one()
        examining.hand_in(db.session(), Actor(person.id, BEN, "", frozenset(), Choices(), "test"), second, clock.now())
        db.session.remove()
    looked = teacher.get(f"/teach/assignments/{exam}").follow("Look the questions over")
    assert looked.heading == "Questions"
    wrong = next(form for form in looked.select("form") if "/questions/" in form.attrs["action"])
    fields = {"csrf_token": wrong.query_one("[name=csrf_token]").attrs["value"]}
    nothing = teacher.post(wrong.attrs["action"], {**fields, "choice": "drop", "reason": ""}, status=422)
    assert "Say why" in nothing.text
    ruled = teacher.post(wrong.attrs["action"], {**fields, "choice": "credit", "reason": "Two keys are right."})
    assert "Everybody has its marks" in ruled.text
    released = teacher.get(f"/teach/assignments/{exam}").form("Release the results").send()
    assert "Released" in released.text

    result = mira.get(f"/assignments/{exam}")
    assert "3 of 3 marks, 100 %" in result.text
    assert "Passed. The pass mark is 60 %: Six judges, two rounds." in result.text
    assert "everybody has its marks: Two keys are right." in result.text
    doubt = result.follow("Doubt the key: question 3")
    assert "why you think" in doubt.form("Send").send(reason=" ", status=422).text
    sent = doubt.form("Send").send(reason="Option b says the same.")
    assert "Not answered yet" in sent.text
    answering = teacher.get(f"/teach/assignments/{exam}/questions")
    assert "Option b says the same." in answering.text
    answering.form("Send the answer to Test student").send(answer="It does not: see the second fact.")
    assert "Answer," in mira.get(sent.path).text
    assert "Somebody’s doubt" in ben.get(sent.path).text

    book = teacher.get(f"{base}/gradebook")
    assert book.texts("tbody td") == ["100 % passed", "33 % not passed"]
    assert "Nothing to talk through yet" in teacher.get(f"/teach/assignments/{exam}/debrief").text
    changed = teacher.get(f"/teach/assignments/{exam}/edit").form("Save").send(title="Mid-term, first sitting")
    assert changed.heading == "Mid-term, first sitting"
    with app.app_context():
        deeds = db.session.scalars(sa.select(AuditEvent.deed).order_by(AuditEvent.number)).all()
        assert deeds[-4:] == ["publish assignment", "rule on question", "release results", "answer challenge"]
        engine = db.engine
    teacher.get(base)
    with counted(engine) as statements:
        shown = teacher.get(base)
    assert "By objective" in shown.text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)


def test_a_roster_is_invited_once_and_every_line_is_told(app: Flask, auth: Auth) -> None:
    teacher = auth.browser("instructor")
    cohort, code = open_cohort(teacher)
    known = auth.browser(email=BEN)
    join(known, code)
    path = f"/teach/cohorts/{cohort}/roster"
    roster = (
        "email;name;id\n"
        "mira@example.org;Mira Müller;s1\n"
        "MIRA@example.org;Mira again;s2\n"
        "ben@example.org;Ben;s3\n"
        "nobody;No One;s4\n"
        "eva@example.org;=cmd|calc!A0;s5\n"
        "zoë@example.org;Zoë;\n"
    )
    form = teacher.get(path).form("Invite them")
    assert "The file is empty" in form.send(status=422).text
    sent = form.send(list=roster)
    cells = sent.texts("tbody td")
    words = dict(zip(cells[::4], cells[3::4], strict=True))
    assert words["2"].endswith("Invited.")
    assert words["3"].endswith("Left out. Line 2 has the same address.")
    assert words["4"].endswith("Is in the cohort already.")
    assert words["5"].endswith("not an email address.")
    assert "would run as a formula" in words["6"]
    assert words["7"].endswith("Invited.")
    again = teacher.get(path).form("Invite them").send(list=roster)
    assert "2: Was invited before; there is no second mail." in again.text
    with app.app_context():
        mails = db.session.execute(sa.select(Outbox.recipient, Outbox.body)).all()
        assert sorted(mail.recipient for mail in mails) == ["mira@example.org", "zoë@example.org"]
        assert all(code in mail.body and "/join" in mail.body for mail in mails)
        assert db.session.query(Invitation).count() == 2
    mira = auth.browser(email=MIRA)
    assert "You are invited to “Psychiatry rotation, spring”" in mira.get("/assignments").text
    join(mira, code)
    assert "invited to" not in mira.get("/assignments").text
    assert "s1" in teacher.get(f"/teach/cohorts/{cohort}/learners").texts("tbody td")
    assert "1 person" in teacher.get(path).text
    teacher.get(path).form("Withdraw: zoë@example.org").send()
    assert "zoë" not in teacher.get(path).text
    teacher.get(f"/teach/cohorts/{cohort}/learners").form("Let nobody join").send()
    assert "Make a code first" in teacher.get(path).form("Invite them").send(list=roster, status=422).text

    message = teacher.get(f"/teach/cohorts/{cohort}/message").form("Send it")
    assert "Write a subject" in message.send(status=422).text
    assert "On its way to 2 learners" in message.send(subject="Thursday", text="We meet at nine.").text
    assert "Nothing new was sent" in message.send(subject="Thursday", text="We meet at nine.").text
    with app.app_context():
        assert db.session.query(Outbox).filter(Outbox.subject == "Thursday").count() == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_gradebook_as_a_file_runs_nowhere_and_comes_back_as_it_was(app: Flask, auth: Auth) -> None:
    teacher = auth.browser("instructor")
    cohort, code = open_cohort(teacher, "=SUM(A1)")
    join(auth.browser(email=MIRA), code)
    evil = '=HYPERLINK("http://example.org","x")'
    with app.app_context(), writing(db.session()) as session:
        session.execute(sa.update(User).where(User.email == MIRA).values(name=evil))
    page = teacher.get(f"/teach/cohorts/{cohort}/assign?kind=lesson")
    draft = page.form("Save the draft").send(title="+1 read this", lesson="trd", opens=window(-1), closes=window(2))
    draft.form("Publish").send()
    sent = teacher.raw.get(f"/teach/cohorts/{cohort}/gradebook.csv")
    assert sent.mimetype == "text/csv"
    assert 'filename="gradebook-sum-a1-' in sent.headers["Content-Disposition"]
    cells = [cell for row in csv.reader(io.StringIO(sent.get_data().decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if spreadsheets.runs(cell)]
    head, row = spreadsheets.read(sent.get_data())
    assert head[4:] == ["+1 read this: questions answered", "+1 read this: questions asked"]
    assert row[:2] == [evil, MIRA]
    assert row[4] == "0"
    with app.app_context():
        assert db.session.query(Assignment).one().title == "+1 read this"
