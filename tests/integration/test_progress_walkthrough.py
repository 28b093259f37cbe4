"""A learner looks at progress, at one objective and at the error log, before the first answer and with weeks behind."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp import clock
from quizapp.core.composing import Only
from quizapp.core.grading import Confidence
from quizapp.core.mastery import Standing
from quizapp.core.preferences import DEFAULT
from quizapp.core.study_day import study_day
from quizapp.db.extension import db
from quizapp.db.models import Content, Item, Response, Sitting
from quizapp.db.session import writing
from quizapp.services import accounts, error_log, examining, explaining, progressing
from quizapp.services.accounts import Actor
from quizapp.services.progressing import Held
from quizapp.services.versions import published
from tests.integration.conftest import ONCE, Auth
from tests.integration.learners import Learner, only_single_best_answers
from tests.pages import Client, Page
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")
DAY = dt.timedelta(days=1)
SURE, GUESS = Confidence.SURE, Confidence.GUESS
COUNTED = ("/progress", "/progress/objectives/{known}", "/progress/objectives/{missed}", "/errors", "/errors/anki")
MOST_STATEMENTS = 16


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        engine = db.engine
    # Not the session of a request: while its context were open, every page would be for the visitor of the first.
    with Session(engine, autoflush=False) as session:
        only_single_best_answers(session)
        yield session


@pytest.fixture
def now() -> dt.datetime:
    """The pages read the clock, so weeks behind end today."""
    return clock.now()


@pytest.fixture
def learner(session: Session, auth: Auth, now: dt.datetime) -> Learner:
    """Somebody who is signed in, past the first run, and has answered nothing."""
    person = auth.sign_in("student")
    actor = Actor(person, "student@example.org", "Student", frozenset({"student"}), replace(DEFAULT, zone="UTC"), None)
    accounts.choose_first_step(session, actor, "read", zone="UTC", now=now)
    return Learner(session, replace(actor, first_step="read"))


class Weeks:
    """Three weeks of study: `known` was right on three days, `missed` wrong on four, sure at last, and then `lone`."""

    def __init__(self, learner: Learner, now: dt.datetime) -> None:
        self.learner, self.now = learner, now
        rows = progressing.get_progress(learner.session, learner.actor, now).held
        able = [one for one in rows if one.questions >= 3 and not one.needs]
        self.missed = next(one for one in rows if one.questions >= 2 and one.needs).slug
        self.known = next(one for one in able if one.slug != self.missed).slug
        self.lone = next(one for one in rows if one.questions and one.slug not in (self.known, self.missed)).slug
        for back in (20, 17, 8):
            self.ask(self.known, back, right=True)
        for back, confidence in ((12, None), (10, GUESS), (6, None), (3, SURE)):
            self.ask(self.missed, back, right=False, confidence=confidence)
        self.ask(self.lone, 1, right=False)

    def ask(self, slug: str, back: int, *, right: bool, confidence: Confidence | None = None) -> None:
        at = self.now - back * DAY
        sitting_id = self.learner.start(at, size=1, seed=back, objectives=(slug,))
        self.learner.answer(
            self.learner.question(sitting_id, 0, at).presentation_id, at, right=right, confidence=confidence
        )

    def log(self) -> error_log.ErrorLog:
        self.learner.session.rollback()
        return error_log.get_error_log(self.learner.session, self.learner.actor)

    def held(self) -> dict[str, Held]:
        self.learner.session.rollback()
        found = progressing.get_progress(self.learner.session, self.learner.actor, self.now)
        return {one.slug: one for one in found.held}


@pytest.fixture
def weeks(learner: Learner, now: dt.datetime) -> Weeks:
    return Weeks(learner, now)


def row(page: Page, slug: str) -> str:
    """The words of an objective’s row."""
    (found,) = [one for one in page.select(".objective-row") if one.query(f'.what a[href$="/{slug}"]')]
    return " ".join(found.to_text(separator=" ").split())


def test_a_beginner_finds_what_there_is_to_learn_and_nothing_claimed(learner: Learner, client: Client) -> None:
    page = client.get("/progress")
    assert "Nothing answered yet" in page.text
    assert [place.attrs.get("aria-current") for place in page.select(".places a")] == [
        None,
        None,
        None,
        "page",
        None,
        None,
    ]
    assert {*page.texts(".objective-row .standing")} == {"Not started"}
    assert not page.select(".interval, .tally, #slips")
    assert "Who sees this?" in page.texts("summary")
    first = client.get(page.select(".objective-row .what a")[0].attrs["href"])
    assert first.heading.startswith("You can ")
    assert "None yet. The first one begins the curve and the schedule." in first.text
    assert not first.select("svg.curve")
    assert "No miss yet" in client.get("/errors").text
    assert not cards(client)


def test_weeks_of_answers_give_each_objective_its_word_and_a_page_with_its_curve_and_history(
    weeks: Weeks, client: Client
) -> None:
    held = weeks.held()
    assert held[weeks.known].mastery.standing is Standing.SECURE
    assert held[weeks.missed].keeps_slipping
    page = client.get("/progress")
    known, missed = row(page, weeks.known), row(page, weeks.missed)
    assert "Secure 3 of 3 new questions right, on three days. It rests on those of " in known
    assert re.search(r"A new question right, today \d\d %", known)
    assert "See" in known
    assert "Missed on " in missed
    assert "keeps slipping" in missed
    assert "%" not in missed
    assert "Read, " in missed
    assert "Missed again on 3 days. Rests on:" in page.text
    assert page.texts(".tally li")[0].endswith("not started")
    assert "too few to say" in page.text
    page = client.get(f"/progress/objectives/{weeks.known}")
    assert len(page.select(".stage svg[role=img] > title")) == 2
    assert len(page.select(".wide .answer.right")) == 3
    assert page.texts("tbody th")[-2].startswith("today")
    held = weeks.held()
    fresh, questions = held[weeks.known].fresh, held[weeks.known].questions
    assert (fresh, questions) == (questions - 3, questions)
    budget = f"{fresh} of {questions} question{'s' if questions > 1 else ''}" if fresh else "You have met all"
    assert budget in page.text
    feedback = client.get(page.select(".answers a")[0].attrs["href"])
    assert feedback.heading == "Right"
    page = client.get(f"/progress/objectives/{weeks.missed}")
    assert "After a miss the next date says more" in page.text
    assert page.select(".after-miss svg.curve")
    needs = [one.attrs["href"].rpartition("/")[2] for one in page.select(".linked li > a")]
    assert set(held[weeks.missed].needs) <= set(needs)
    client.get("/progress/objectives/NOTHING", status=404)


def test_practise_begins_one_session_for_each_objective_however_often_it_is_pressed(
    weeks: Weeks, client: Client, auth: Auth
) -> None:
    form = client.get(f"/progress/objectives/{weeks.lone}").form("Practise")
    question = form.send()
    assert question.heading.startswith("Question 1")
    assert form.send().path == question.path
    other = client.post(f"/progress/objectives/{weeks.known}/practise", form.fields)
    assert other.path != question.path
    client.post("/progress/objectives/NOTHING/practise", form.fields, status=404)
    answered = set(weeks.learner.session.scalars(sa.select(Response.learner_id)))
    assert answered == {weeks.learner.actor.id}
    stranger = auth.browser("student", email="somebody@example.org")
    assert "Nothing answered yet" in stranger.get("/progress").text
    assert "None yet." in stranger.get(f"/progress/objectives/{weeks.known}").text


def test_the_error_log_begins_with_what_was_sure_and_names_answer_key_cause_and_date(
    weeks: Weeks, client: Client
) -> None:
    page = client.get("/errors")
    first = page.select(".misses > li")[0].to_text(separator=" ")
    assert "Sure, but wrong" in first
    assert len(page.select(".misses > li")) == len({*page.texts(".misses .ask")}) > 1
    assert "A different question on this comes " in first
    assert re.search(r"You\s+\S.*Answer\s+\S", first, re.DOTALL)
    assert page.select('.misses a[href^="/lessons/"]')
    assert "none has been given a cause yet" in page.text
    pressed = page.select(".misses .cause")[0].attrs["action"]
    token = page.select("input[name=csrf_token]")[0].attrs["value"]
    named = client.post(pressed, {"csrf_token": token, "cause": "misread"})
    assert "1 with a cause: misread 1." in named.text
    assert named.texts('.cause [aria-pressed="true"]') == ["Misread"]
    assert len(named.select("[data-focus]")) == 1
    assert len(client.get("/errors?cause=misread").select(".misses > li")) == 1
    assert "Choose one of the four" in client.post(pressed, {"csrf_token": token, "cause": "luck"}).text
    client.post("/errors/999999/cause", {"csrf_token": token, "cause": "misread"}, status=404)
    topics = [one.attrs["href"] for one in page.select('.filters a[href*="topic="]')]
    shown = [len(client.get(topic).select(".misses > li")) for topic in topics]
    assert sum(shown) == len(page.select(".misses > li"))
    assert "No miss fits both filters" in client.get(f"{topics[0]}&cause=timing").text


@ONCE
def test_the_same_question_is_listed_once_and_says_that_it_was_right_since(weeks: Weeks) -> None:
    log = weeks.log()
    assert [one.sure for one in log.missed] == [True] + [False] * (len(log.missed) - 1)
    assert sum(one.times for one in log.missed) == 5
    assert not any(one.right_since for one in log.missed)
    weeks.learner.work_through(
        weeks.learner.start(weeks.now, size=20, objectives=(weeks.missed,)), weeks.now, right=True
    )
    since = weeks.log()
    assert since.total == log.total
    corrected = [one for one in since.missed if one.right_since == study_day(weeks.now, "UTC")]
    assert corrected
    assert since.missed[0].on == max(one.on for one in since.missed), "nothing is both sure and still wrong"


@ONCE
def test_after_a_miss_on_what_keeps_slipping_the_paragraph_and_the_prerequisites_are_offered(weeks: Weeks) -> None:
    learner = weeks.learner
    weeks.ask(weeks.missed, 0, right=False)
    sitting_id = learner.session.scalars(sa.select(Sitting.id).order_by(Sitting.id.desc())).first()
    told = explaining.get_feedback(learner.session, learner.actor, int(sitting_id or 0), 0, None)
    assert told.slipping is not None
    assert (told.slipping.slug, told.slipping.lapses) == (weeks.missed, 4)
    assert told.slipping.taught is not None
    assert {need.slug for need in told.slipping.needs} == {*weeks.held()[weeks.missed].needs}
    weeks.ask(weeks.missed, 0, right=True)
    sitting_id = learner.session.scalars(sa.select(Sitting.id).order_by(Sitting.id.desc())).first()
    assert explaining.get_feedback(learner.session, learner.actor, int(sitting_id or 0), 0, None).slipping is None


@ONCE
def test_misses_of_an_exam_whose_feedback_is_held_back_stay_hidden(weeks: Weeks) -> None:
    learner, session = weeks.learner, weeks.learner.session
    before, deck = weeks.log().total, error_log.get_deck(session, learner.actor).cards
    exam = learner.start(weeks.now, size=4, exam=True, minutes=20, only=Only.NEW)
    for position in range(4):
        shown = learner.question(exam, position, weeks.now).presentation_id
        examining.save(session, learner.actor, shown, learner.submission(shown, right=False), fix=False, now=weeks.now)
    examining.hand_in(session, learner.actor, exam, weeks.now)
    assert weeks.log().total == before + 4
    with writing(session):
        session.execute(sa.update(Sitting).where(Sitting.id == exam).values(released_at=None))
    assert weeks.log().total == before
    assert error_log.get_deck(session, learner.actor).cards == deck
    asked = session.scalars(sa.select(Response.objective_id).order_by(Response.id.desc())).first()
    slug = session.scalar(sa.select(Content.slug).where(Content.id == asked))
    told = progressing.get_objective(session, learner.actor, str(slug), weeks.now)
    assert exam not in {one.place.sitting_id for one in told.answers}


@ONCE
def test_a_question_of_the_secure_pool_is_never_counted(weeks: Weeks) -> None:
    assert weeks.held()[weeks.missed].questions > 0
    with writing(weeks.learner.session) as session:
        objective = sa.select(Content.id).where(Content.slug == weeks.missed, Content.kind == "objective")
        session.execute(sa.update(Item).where(Item.objective_id == objective.scalar_subquery()).values(pool="secure"))
    assert weeks.held()[weeks.missed].questions == weeks.held()[weeks.missed].fresh == 0


@ONCE
def test_the_cards_for_anki_hold_the_answered_misses_and_no_question_kept_for_examinations(
    weeks: Weeks, client: Client
) -> None:
    session, learner = weeks.learner.session, weeks.learner
    kept = [
        version
        for version in published(session, "item").values()
        if version.body["type"] == "single_best_answer" and version.body.get("pool") == "secure"
    ]
    learner.work_through(
        learner.start(weeks.now, size=60, objectives=(kept[0].body["objective"],)), weeks.now, right=False
    )
    rows = cards(client)
    log = weeks.log()
    secret = {f"quizapp-{version.slug}-1" for version in kept}
    assert rows
    assert not {name for name, *_ in rows} & secret
    wrong = set(session.scalars(sa.select(Response.content_id).where(Response.earned < Response.possible)))
    missed = wrong & {version.content_id for version in kept}
    assert missed, "one of them was answered, as in an examination"
    assert len(rows) == log.total - len(missed)
    by_front = {re.sub(r"<[^>]+>", " ", front): back for _, front, back, _ in rows}
    for one in log.missed:
        front = next((front for front in by_front if re.sub(r"<[^>]+>", " ", one.lead_in) in front), None)
        if front is not None:
            assert f"<b>{one.told[0].key}</b>" in by_front[front]
    assert all("Sources: " in back for *_, back, _ in rows)
    assert all(tags.startswith("quizapp::") for *_, tags in rows)


@ONCE
def test_no_page_costs_more_statements_the_more_was_answered(app: Flask, weeks: Weeks, client: Client) -> None:
    paths = [path.format(known=weeks.known, missed=weeks.missed) for path in COUNTED]

    with app.app_context():
        engine = db.engine

    def cost() -> dict[str, int]:
        found = {}
        for path in paths:
            client.raw.get(path)
            with counted(engine) as statements:
                assert client.raw.get(path).status_code == 200
            found[path] = len(statements)
        return found

    few = cost()
    learner = weeks.learner
    learner.work_through(learner.start(weeks.now, size=60), weeks.now, right=False)
    assert cost() == few
    assert max(few.values()) <= MOST_STATEMENTS, few


def cards(client: Client) -> list[list[str]]:
    """The cards of the download, read as Anki reads them."""
    answer = client.raw.get("/errors/anki")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="quizapp-misses.txt"'
    assert answer.mimetype == "text/plain"
    return list(csv.reader((line for line in answer.text.splitlines() if not line.startswith("#")), delimiter="\t"))
