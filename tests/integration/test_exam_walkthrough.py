"""A learner sits an exam: saves, changes, comes back on another device, hands in, or runs out of time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.db.extension import db
from quizapp.db.models import Response, SavedAnswer
from quizapp.services import examining, explaining, replaying, showing, sittings
from quizapp.services.answering import HandedBack, Submission, TimeIsUp
from tests.integration.learners import MONDAY, Learner, only_single_best_answers

pytestmark = pytest.mark.usefixtures("content")
MINUTES = 10
DEADLINE = MONDAY + dt.timedelta(minutes=MINUTES)
ONE_SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        only_single_best_answers(db.session())
        yield db.session()


@pytest.fixture
def learner(session: Session) -> Learner:
    return Learner.new(session)


@pytest.fixture
def exam(learner: Learner) -> int:
    return learner.start(size=3, exam=True, minutes=MINUTES)


def save(learner: Learner, exam: int, position: int, now: dt.datetime = MONDAY, *, right: bool = True) -> object:
    shown = learner.question(exam, position, now).presentation_id
    submission = learner.submission(shown, right=right)
    return examining.save(learner.session, learner.actor, shown, submission, fix=False, now=now)


def verdicts(learner: Learner, exam: int) -> list[str]:
    return [row.verdict for row in sittings.get_results(learner.session, learner.actor, exam).rows]


def test_all_questions_are_open_at_once_and_each_choice_is_saved(learner: Learner, exam: int) -> None:
    assert [entry.saved for entry in showing.get_navigator(learner.session, learner.actor, exam)] == [False] * 3
    save(learner, exam, 2)
    asked = learner.question(exam, 2)
    assert asked.saved_at == MONDAY
    assert sum(option["chosen"] for option in asked.face["options"]) == 1
    assert [entry.saved for entry in showing.get_navigator(learner.session, learner.actor, exam)] == [
        False,
        False,
        True,
    ]


def test_answers_may_change_until_the_exam_is_handed_in_and_not_after(learner: Learner, exam: int) -> None:
    save(learner, exam, 0, right=False)
    save(learner, exam, 0, right=True)
    save(learner, exam, 1, right=False)
    with pytest.raises(LookupError):
        explaining.get_feedback(learner.session, learner.actor, exam, 0, None)
    for _ in range(2):  # handing in twice is harmless
        examining.hand_in(learner.session, learner.actor, exam, MONDAY)
    assert verdicts(learner, exam) == ["right", "not_right", "empty"]
    assert explaining.get_feedback(learner.session, learner.actor, exam, 0, None).verdict == "right"
    with pytest.raises(TimeIsUp):
        save(learner, exam, 0)
    assert replaying.replay(learner.session) == []


def test_the_deadline_is_the_servers(learner: Learner, exam: int) -> None:
    save(learner, exam, 0, DEADLINE - ONE_SECOND)
    with pytest.raises(TimeIsUp) as late:
        save(learner, exam, 1, DEADLINE)
    assert learner.question(exam, 0, DEADLINE).state == "closed"
    examining.settle(learner.session, learner.actor, late.value.place.sitting_id, DEADLINE + 5 * ONE_SECOND)
    assert verdicts(learner, exam) == ["right", "empty", "empty"]
    assert set(learner.session.scalars(sa.select(Response.at))) == {DEADLINE}


def test_settling_before_the_deadline_changes_nothing(learner: Learner, exam: int) -> None:
    examining.settle(learner.session, learner.actor, exam, DEADLINE - ONE_SECOND)
    assert sittings.get_sat(learner.session, learner.actor, exam).closed_at is None


def test_the_background_work_closes_what_has_expired_and_nothing_else(learner: Learner, exam: int) -> None:
    save(learner, exam, 1)
    longer = learner.start(size=1, exam=True, minutes=MINUTES + 1)
    assert examining.close_expired(learner.session, DEADLINE - ONE_SECOND) == 0
    assert examining.close_expired(learner.session, DEADLINE) == 1
    assert examining.close_expired(learner.session, DEADLINE) == 0
    assert verdicts(learner, exam) == ["empty", "right", "empty"]
    assert sittings.get_sat(learner.session, learner.actor, longer).closed_at is None


def test_an_empty_answer_earns_nothing_and_says_nothing_about_memory(learner: Learner, exam: int) -> None:
    examining.hand_in(learner.session, learner.actor, exam, MONDAY)
    rows = learner.session.scalars(sa.select(Response)).all()
    assert [(row.answer, row.earned, row.schedules) for row in rows] == [(None, 0, False)] * 3


def test_a_malformed_save_is_handed_back_and_the_one_before_stays(learner: Learner, exam: int) -> None:
    save(learner, exam, 0)
    before = learner.session.execute(sa.select(SavedAnswer.answer)).scalar_one()
    shown = learner.question(exam, 0).presentation_id
    malformed = Submission("1", {"choice": ["77"]})
    outcome = examining.save(learner.session, learner.actor, shown, malformed, fix=False, now=MONDAY)
    assert isinstance(outcome, HandedBack)
    assert learner.session.execute(sa.select(SavedAnswer.answer)).scalar_one() == before


def test_an_exam_is_not_answered_like_practice_nor_practice_saved_like_an_exam(learner: Learner, exam: int) -> None:
    with pytest.raises(TimeIsUp):
        learner.answer(learner.question(exam).presentation_id)
    practice = learner.start(size=1)
    with pytest.raises(TimeIsUp):
        save(learner, practice, 0)
    with pytest.raises(LookupError):
        examining.hand_in(learner.session, learner.actor, practice, MONDAY)


def test_somebody_else_can_neither_save_nor_strike_nor_hand_in(learner: Learner, exam: int, session: Session) -> None:
    stranger = Learner.new(session)
    shown = learner.question(exam).presentation_id
    with pytest.raises(LookupError):
        examining.save(session, stranger.actor, shown, Submission("1", {}), fix=False, now=MONDAY)
    with pytest.raises(LookupError):
        examining.strike(session, stranger.actor, shown, "1", "1", MONDAY)
    with pytest.raises(LookupError):
        examining.hand_in(session, stranger.actor, exam, MONDAY)
    examining.settle(session, stranger.actor, exam, DEADLINE)
    assert sittings.get_sat(session, learner.actor, exam).closed_at is None


def test_an_option_struck_out_stays_struck_until_it_is_restored(learner: Learner, exam: int) -> None:
    shown = learner.question(exam).presentation_id
    save(learner, exam, 0)
    for expected in ({"2"}, set()):
        examining.strike(learner.session, learner.actor, shown, "1", "2", MONDAY)
        asked = learner.question(exam)
        assert asked.struck == expected
        assert asked.saved_at is not None
