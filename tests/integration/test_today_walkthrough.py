"""Today, page by page: every kind of day a learner meets, how sessions begin from it, and the calendar beside it."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.preferences import DEFAULT
from quizapp.db.extension import db
from quizapp.db.models import Content, Item, Presentation, Response, Sitting, User
from quizapp.db.session import writing
from quizapp.services import accounts, asking, examining, showing, studying
from quizapp.services.accounts import Actor
from tests.integration.conftest import Auth
from tests.integration.learners import Learner, only_single_best_answers
from tests.pages import Client, Page
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")
DAY = dt.timedelta(days=1)
MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
STUDY = re.compile(r"\d+ questions?, about \d+ minutes?")


@pytest.fixture
def learner(app: Flask, auth: Auth, clock: time_machine.Traveller) -> Iterator[Learner]:
    """Somebody past the first run, signed in, for whom there are questions on six objectives of one lesson."""
    person = auth.sign_in()
    with app.app_context():
        engine = db.engine
    # A session of its own: an open context of the application would be shared by every request of the test.
    with Session(engine) as session:
        only_single_best_answers(session)
        asked = sa.select(Item.objective_id).join(Content, Content.id == Item.objective_id)
        asked = asked.where(Content.slug.startswith("LN")).group_by(Item.objective_id).having(sa.func.count() >= 2)
        kept = session.scalars(asked.order_by(Item.objective_id).limit(6)).all()
        with writing(session):
            session.execute(sa.delete(Item).where(Item.objective_id.not_in(kept)))
        actor = Actor(person, "student@example.org", "Test student", frozenset({"student"}), DEFAULT, None)
        accounts.choose_first_step(session, actor, "read", now=MONDAY)
        yield Learner(session, actor)


def study(learner: Learner, now: dt.datetime, *, right: bool = True) -> None:
    """Answer all that the day asks."""
    session, actor = learner.session, learner.actor
    key = f"day {now}"
    sitting = asking.begin(session, actor, lambda: studying.choose_review(session, actor, now, 1), key, "Today", now, 1)
    learner.work_through(sitting, now, right=right)
    session.rollback()


def settings(client: Client, **values: str | list[str]) -> None:
    client.get("/settings").form("Save the settings").send(**values)


def answer_all(learner: Learner, page: Page, now: dt.datetime = MONDAY) -> Page:
    """Answer the questions of the session on this page, all of them right; gives its results."""
    sitting = int(page.path.split("/")[2])
    learner.session.rollback()
    for position in itertools.count(int(page.path.split("/")[3])):
        learner.answer(learner.question(sitting, position, now).presentation_id, now)
        if showing.next_position(learner.session, learner.actor, sitting) is None:
            learner.session.rollback()
            return page.client.get(f"/session/{sitting}")
    raise AssertionError("unreachable")


def test_a_day_begins_from_one_button_goes_on_where_it_stopped_and_ends_covered(
    client: Client, learner: Learner
) -> None:
    first = client.get("/")
    assert STUDY.fullmatch(first.heading)
    assert "All of them new to you, from “How NaSSAs act”." in first.text
    assert "0 of 4 days. Rest days are free." in first.text
    assert "How ready you will be stands here after your first answers." in first.text
    assert "Read first" in first.text
    assert len(first.select("main .primary")) == 1
    with writing(learner.session):
        learner.session.execute(sa.update(Item).values(seconds=120))
        taught_first = sa.select(sa.func.min(Item.objective_id)).scalar_subquery()
        learner.session.execute(sa.update(Item).where(Item.objective_id == taught_first).values(seconds=60))
    start = first.form("Start")
    question = start.send()
    assert "A new objective, next in teaching order: this question is new to you." in question.text
    assert start.send().path == client.get("/").follow("Continue").path == question.path
    other_tab = client.post("/review", {"csrf_token": start.fields["csrf_token"], "key": "another"})
    assert other_tab.path == question.path, "what was begun today is gone on with"
    assert "about 11 min left" in question.text, "one of a minute, and five of two"
    stopped = client.get("/")
    assert stopped.heading == "Go on where you stopped"
    assert "“Questions of the day”: 0 of 6 answered, 6 to go." in stopped.text
    results = answer_all(learner, question)
    assert results.heading == "Questions of the day"
    covered = results.follow("Back to today")
    assert covered.heading.startswith("All covered. Next: ")
    assert "1 day so far. The goal pauses while all is covered." in covered.text
    assert not covered.select("main .primary")
    assert covered.texts("main .figures table tbody th")[0] == "Mon 2 Mar"
    assert len(covered.select("main .days rect")) == len([c for c in minutes_shown(covered) if c])
    assert re.search(r"\d+ to \d+ % of new questions right on 1 April 2026, if you follow the plan", covered.text)
    mix = covered.form("A mix of ten").send()
    assert "Asked about today already, and nothing else is left" in mix.text
    learner.session.rollback()
    assert learner.session.scalar(sa.select(sa.func.count()).select_from(Sitting)) == 2


def minutes_shown(page: Page) -> list[int]:
    """The minutes of each day, from the table."""
    return [int(minutes) for minutes in page.texts("main .figures table tbody td")[3::4]]


def test_rest_light_days_the_goal_and_an_exam_shape_the_day_and_after_it_the_learner_decides(
    auth: Auth, client: Client, learner: Learner, clock: time_machine.Traveller
) -> None:
    settings(client, rest_days=["1", "3"], light_days=["2"], week_goal="0", minutes_a_day="5")
    resting = client.get("/")
    assert (resting.heading, "This week" in resting.text) == ("A rest day", False)
    assert "Next: tomorrow." in resting.text
    assert resting.form("Ten questions anyway").send().heading.startswith("Question 1")
    learner.session.execute(sa.delete(Presentation))
    learner.session.execute(sa.delete(Sitting))
    learner.session.commit()

    clock.move_to(MONDAY + DAY)
    auth.sign_in()
    client.get("/settings").form("Add the examination").send(exam_title="Finals", exam_on="2026-03-05")
    client.get("/settings").form("Add the examination").send(exam_title="Resit", exam_on="2026-03-06")
    light = client.get("/")
    assert "A light day: half of your usual minutes." in light.text
    assert "“Finals” is in 2 days." in light.text
    assert "Then Resit: 6 March 2026." in light.text
    assert "What you will not reach" in light.text
    answer_all(learner, light.form("Start").send(), MONDAY + DAY)
    done = client.get("/")
    assert done.heading == "Done for today"
    assert re.search(r"You have studied for \d+ minutes?; you wanted 2 today\. Next: Thursday 5th\.", done.text)
    assert done.form("Ten more").send().heading.startswith("Question 1")
    learner.session.execute(sa.update(Item).values(seconds=400))  # 20 of 25 minutes are spent now
    learner.session.execute(sa.delete(Presentation).where(~Presentation.id.in_(sa.select(Response.presentation_id))))
    learner.session.execute(sa.delete(Sitting).where(~Sitting.id.in_(sa.select(Presentation.sitting_id))))
    learner.session.commit()
    settings(client, rest_days=["1", "3"], light_days=["2"], minutes_a_day="50")
    nearly = client.get("/")
    assert nearly.heading == "Nearly done for today"
    assert "5 minutes of today are left, and the next question takes about 7. It asks whether you can" in nearly.text
    only = nearly.form("Answer it all the same").send()
    assert only.heading.startswith("Question 1")
    assert "1 of 1" in only.text

    clock.move_to(MONDAY + 3 * DAY)
    auth.sign_in()
    assert client.get("/").heading == "Today: Finals"
    assert "Where you stopped" in client.get("/").text
    assert not client.get("/").select("main .now .primary")

    clock.move_to(MONDAY + 5 * DAY)
    auth.sign_in()
    over = client.get("/")
    assert over.heading == "Resit is over"
    paused = over.form("Pause").send()
    assert paused.heading == "Paused"
    assert not paused.select("main .days")
    assert STUDY.fullmatch(paused.form("Take it up again").send().heading)
    row = client.get("/settings").select("main .rows li")[1]
    assert "Resit" in row.to_text()
    token = over.form("Pause").fields["csrf_token"]
    exam = re.search(r"/settings/exams/(\d+)/afterwards", row.to_html()).group(1)  # type: ignore[union-attr]
    wish = {"csrf_token": token, "back": "settings"}
    assert "Choose whether to keep going" in client.post(f"/settings/exams/{exam}/afterwards", wish).text
    client.post(f"/settings/exams/{exam}/afterwards", {**wish, "afterwards": "archive"})
    assert client.get("/").heading == "Archived"
    client.post("/settings/exams/999/afterwards", {**wish, "afterwards": "pause"}, status=404)


def test_misses_of_an_exam_stay_on_today_until_their_reasons_are_opened(client: Client, learner: Learner) -> None:
    sitting = learner.start(MONDAY, size=3, exam=True)
    presented = learner.question(sitting, 1, MONDAY).presentation_id
    wrong = learner.submission(presented, right=False)
    examining.save(learner.session, learner.actor, presented, wrong, fix=False, now=MONDAY)
    assert "Missed in an exam" not in client.get("/").text, "it is not handed in"
    examining.hand_in(learner.session, learner.actor, sitting, MONDAY)
    waiting = client.get("/")
    assert "3 questions missed on 2 March 2026; the reasons were not opened yet." in waiting.text
    reasons = waiting.form("Read why: A block").send()
    assert reasons.path == f"/session/{sitting}/0/feedback"
    assert "Missed in an exam" not in client.get("/").text
    assert client.get(f"/session/{sitting}/results").form("Read why, one by one").send().path == reasons.path
    token = waiting.form("Read why: A block").fields["csrf_token"]
    client.post("/session/999/misses", {"csrf_token": token}, status=404)


def test_what_was_missed_in_an_exam_and_asked_again_since_no_longer_waits(client: Client, learner: Learner) -> None:
    sitting = learner.start(MONDAY - 3 * DAY, size=6, exam=True)
    examining.hand_in(learner.session, learner.actor, sitting, MONDAY - 3 * DAY)
    assert "6 questions missed" in client.get("/").text
    study(learner, MONDAY)
    assert "Missed in an exam" not in client.get("/").text


def test_a_placement_says_what_it_costs_and_what_came_of_it(client: Client, learner: Learner) -> None:
    offered = client.get("/").follow("Find out: What do I know already?")
    assert re.search(r"At most \d+ questions, about \d+ minutes\.", offered.text)
    begin = offered.form("Begin")
    question = begin.send()
    assert "Chosen for what your answer tells about what you know." in question.text
    assert begin.send().path == client.get("/placement").form("Begin").send().path == question.path
    assert "at most" in client.get("/").text
    results = answer_all(learner, question)
    assert "so the mark itself says little" in results.text
    assert re.search(r"Of new questions on this you would answer about \d+ to \d+ % right", results.text)
    assert "Begin with: You can" in results.text or "look known" in results.text
    learner.session.rollback()
    learner.session.execute(sa.update(Item).values(pool="secure"))
    learner.session.commit()
    assert "No objective is left that you have not studied" in client.get("/placement").text
    late = client.post("/placement", begin.fields | {"key": "late"}, status=422)
    assert "No objective is left that you have not studied" in late.text


def test_a_lesson_is_practised_by_the_sections_that_were_read_and_no_others(client: Client, learner: Learner) -> None:
    lesson = client.get("/lessons/nassa-mechanism")
    form = lesson.follow("Practise this lesson").form("Start")
    everything = form.fields["section"]
    assert everything == form.choices["section"]
    asked = [form.attrs["action"] for form in lesson.select("main form") if "/questions/" in form.attrs["action"]]
    token = form.fields["csrf_token"][0]
    question = client.post(asked[-1], {"csrf_token": token})
    learner.answer(int(re.search(r"/question/(\d+)/", question.form("Submit").action).group(1)), MONDAY)  # type: ignore[union-attr]
    learner.session.rollback()
    empty = form.send(section=[], status=422)
    assert "Tick at least one section to be asked about." in empty.text
    kept = client.post(form.action, {**form.fields, "section": ["none"]}, status=422)
    assert kept.form("Start").fields["section"] == []
    begun = form.send(section=everything[:1])
    assert begun.heading.startswith("Question 1")
    learner.session.rollback()
    plan = learner.session.scalars(sa.select(Sitting.plan).where(Sitting.mode == "learn")).one()
    objectives = learner.session.scalars(sa.select(Item.objective_id).where(Item.content_id.in_(plan["items"]))).all()
    assert len(set(objectives)) <= len(plan["asked"]["objectives"]) < 6
    assert plan["asked"]["lesson"] == "nassa-mechanism"
    client.get("/practice/lessons/none", status=404)


def test_without_a_question_each_page_says_so_and_a_clock_set_back_breaks_none(
    auth: Auth, client: Client, learner: Learner, clock: time_machine.Traveller
) -> None:
    study(learner, MONDAY)
    clock.move_to(MONDAY - 3 * DAY)
    auth.sign_in()
    assert client.get("/").heading.startswith("All covered")
    clock.move_to(MONDAY)
    auth.sign_in()
    learner.session.execute(sa.update(Item).values(pool="secure"))
    learner.session.commit()
    nothing = client.get("/")
    assert nothing.heading == "Nothing to ask yet"
    assert not nothing.select("main .days")
    token = nothing.form("Sign out").fields["csrf_token"]
    for wish in ({}, {"more": "1"}):
        assert "Nothing is due now." in client.post("/review", {"csrf_token": token, **wish}).text
    assert "No questions yet" in client.get("/practice/lessons/staging").text
    assert learner.session.scalar(sa.select(sa.func.count()).select_from(Response)) == 6


def test_a_calendar_is_fetched_by_its_secret_address_alone_until_it_is_taken_back(
    app: Flask, client: Client, learner: Learner
) -> None:
    client.get("/settings").form("Add the examination").send(exam_title="Finals, part 1", exam_on="2026-03-20")
    made = client.get("/settings").form("Make an address").send()
    address = made.one("#calendar-url").attrs["value"]
    path = re.sub(r"^https?://[^/]+", "", address)
    visitor = app.test_client()
    with counted(learner.session.get_bind().engine) as statements:
        sent = visitor.get(path)
    assert sent.status_code == 200
    assert sent.content_type == "text/calendar; charset=utf-8"
    assert "Set-Cookie" not in sent.headers
    assert all(text.lstrip().startswith("SELECT") for text in statements), statements
    assert "SUMMARY:Finals\\, part 1\r\n" in sent.text
    days = re.findall(r"DTSTART;VALUE=DATE:(\d+)\r\nDTEND;VALUE=DATE:\d+\r\nSUMMARY:Study\\, about \d+ min", sent.text)
    assert days[0] == "20260302"
    assert len(days) <= 14
    assert not re.search(r"example\.org|Test student", sent.text)
    uids = re.findall(r"UID:(\S+)", sent.text)
    assert len(set(uids)) == len(uids)
    assert re.findall(r"UID:(\S+)", visitor.get(path).text) == uids
    renewed = made.form("Make a new address").send().one("#calendar-url").attrs["value"]
    assert renewed != address
    assert visitor.get(path).status_code == 404
    second = re.sub(r"^https?://[^/]+", "", renewed)
    assert visitor.get(second).status_code == 200
    learner.session.execute(sa.update(User).values(active=False))
    learner.session.commit()
    assert visitor.get(second).status_code == 404
    learner.session.execute(sa.update(User).values(active=True))
    learner.session.commit()
    client.get("/settings").form("Remove the address").send()
    for gone in (second, "/calendar/none.ics", f"/calendar/{'x' * 200}.ics"):
        assert visitor.get(gone).status_code == 404, gone
