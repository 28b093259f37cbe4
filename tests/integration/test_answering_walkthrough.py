"""A learner practises: look, answer, look, the same click again, another tab, the next day, somebody else."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.grading import Confidence
from quizapp.core.memory import DEFAULT_PARAMETERS
from quizapp.db.extension import db
from quizapp.db.models import (
    Ability,
    Calibration,
    Content,
    Exposure,
    Item,
    ItemParameter,
    ItemStat,
    Memory,
    MemoryFit,
    Response,
    Sitting,
)
from quizapp.services import annotating, answering, asking, explaining, replaying, showing, sittings
from quizapp.services.answering import Answered, HandedBack, NotCurrent, Submission, TimeIsUp
from tests.integration.learners import MONDAY, Learner, only_single_best_answers

pytestmark = pytest.mark.usefixtures("content")
NEXT_DAY = MONDAY + dt.timedelta(days=1)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        only_single_best_answers(db.session())
        yield db.session()


@pytest.fixture
def learner(session: Session) -> Learner:
    return Learner.new(session)


def test_a_block_is_asked_one_question_after_the_other_until_it_closes(learner: Learner) -> None:
    sitting_id = learner.start(size=3)
    first = learner.question(sitting_id)
    assert (first.number, first.total, first.state, first.mode.name) == (1, 3, "open", "practice")
    with pytest.raises(LookupError):
        learner.question(sitting_id, 1)
    assert isinstance(learner.answer(first.presentation_id), Answered)
    assert learner.question(sitting_id).state == "answered"
    assert learner.question(sitting_id, 1).state == "open"
    assert learner.work_through(sitting_id) == 3
    results = sittings.get_results(learner.session, learner.actor, sitting_id)
    assert [row.verdict for row in results.rows] == ["right"] * 3
    assert results.sat.closed_at == MONDAY


def test_the_same_click_again_finds_the_first_answer_and_changes_nothing(learner: Learner) -> None:
    sitting_id = learner.start(size=2)
    shown = learner.question(sitting_id).presentation_id
    learner.answer(shown, right=False)
    before = state_of(learner.session)
    again = learner.answer(shown, right=True)
    assert isinstance(again, Answered)
    assert again.repeated
    assert state_of(learner.session) == before
    assert explaining.get_feedback(learner.session, learner.actor, sitting_id, 0, None).verdict == "not_right"


def test_the_same_start_again_finds_the_first_session(learner: Learner) -> None:
    assert learner.start(key="one form", size=2) == learner.start(key="one form", size=2)
    assert learner.session.scalar(sa.select(sa.func.count()).select_from(Sitting)) == 1


def test_what_cannot_be_graded_is_handed_back_and_costs_nothing(learner: Learner) -> None:
    shown = learner.question(learner.start(size=1)).presentation_id
    for fields in ({}, {"choice": ["9"]}, {"choice": ["1", "2"]}, {"choice": ["a"]}, {"choice": ["1" * 5000]}):
        outcome = answering.answer(learner.session, learner.actor, shown, Submission("1", fields), MONDAY)
        assert isinstance(outcome, HandedBack)
        assert outcome.problem.message.endswith(".")
    assert learner.session.scalar(sa.select(sa.func.count()).select_from(Response)) == 0


def test_somebody_else_finds_nothing(learner: Learner, session: Session) -> None:
    sitting_id = learner.start(size=1)
    shown = learner.question(sitting_id).presentation_id
    stranger = Learner.new(session)
    for deed in (
        lambda: stranger.question(sitting_id),
        lambda: stranger.answer(shown),
        lambda: asking.renew(session, stranger.actor, shown, MONDAY),
        lambda: annotating.set_mark(session, stranger.actor, shown, marked=True, now=MONDAY),
        lambda: annotating.keep_note(session, stranger.actor, shown, "mine", MONDAY),
        lambda: annotating.report_problem(session, stranger.actor, shown, "wrong", MONDAY),
        lambda: annotating.name_cause(session, stranger.actor, shown, "1", "misread", MONDAY),
        lambda: explaining.get_feedback(session, stranger.actor, sitting_id, 0, None),
        lambda: sittings.get_results(session, stranger.actor, sitting_id),
        lambda: showing.next_position(session, stranger.actor, sitting_id),
    ):
        with pytest.raises(LookupError):
            deed()


def test_feedback_exists_only_once_the_answer_is_stored(learner: Learner) -> None:
    sitting_id = learner.start(size=1)
    with pytest.raises(LookupError):
        explaining.get_feedback(learner.session, learner.actor, sitting_id, 0, None)
    learner.answer(learner.question(sitting_id).presentation_id, right=False)
    told = explaining.get_feedback(learner.session, learner.actor, sitting_id, 0, None)
    assert told.take_home
    assert told.grounds.facts
    assert told.grounds.strength in {"strong", "moderate"}
    assert sum(option["key"] for option in told.review["options"]) == 1
    assert all(option["why"] for option in told.review["options"])


def test_a_question_left_on_the_screen_overnight_is_shown_afresh_before_it_can_be_answered(learner: Learner) -> None:
    sitting_id = learner.start(size=1)
    shown = learner.question(sitting_id).presentation_id
    assert learner.question(sitting_id, now=NEXT_DAY).state == "stale"
    with pytest.raises(NotCurrent):
        learner.answer(shown, NEXT_DAY)
    for _ in range(2):  # the second click finds nothing to do
        asking.renew(learner.session, learner.actor, shown, NEXT_DAY)
    fresh = learner.question(sitting_id, now=NEXT_DAY)
    assert fresh.state == "open"
    assert fresh.presentation_id != shown
    assert isinstance(learner.answer(fresh.presentation_id, NEXT_DAY), Answered)


def test_a_finished_session_takes_no_further_answer(learner: Learner) -> None:
    sitting_id = learner.start(size=1)
    learner.work_through(sitting_id)
    exam = learner.start(size=1, exam=True)
    with pytest.raises(TimeIsUp):
        learner.answer(learner.question(exam).presentation_id)


@pytest.mark.parametrize(
    ("right", "confidence", "rating"),
    [
        (True, Confidence.SURE, "good"),
        (True, None, "good"),
        (True, Confidence.GUESS, "again"),
        (False, Confidence.SURE, "again"),
    ],
)
def test_the_log_holds_what_the_schedule_needs(
    learner: Learner, right: bool, confidence: Confidence | None, rating: str
) -> None:
    learner.answer(learner.question(learner.start(size=1)).presentation_id, right=right, confidence=confidence)
    row = learner.session.execute(sa.select(Response)).scalar_one()
    assert (row.rating, row.confidence, row.earned, row.possible) == (rating, confidence, int(right), 1)
    assert (row.first_exposure, row.schedules, row.study_day) == (True, True, MONDAY.date())
    memory = learner.session.execute(sa.select(Memory)).scalar_one()
    assert memory.evidence == [["2026-11-23", rating, "new", row.guess]]
    assert memory.due > MONDAY.date()
    ability = learner.session.execute(sa.select(Ability)).scalar_one()
    assert (ability.topic_id, ability.answers) == (row.topic_id, 1)
    # Nothing was studied before, so a right answer is expected as often as σ(0 − b), a slip and a guess allow.
    known = 1 / (1 + math.exp(row.difficulty))
    expected = 0.93 * known + row.guess * (1 - known)
    assert ability.theta == pytest.approx(float(right) - expected)


def test_a_question_seen_before_is_no_first_exposure_and_is_not_counted_again(learner: Learner) -> None:
    learner.work_through(learner.start(size=1, seed=1))
    item = learner.session.execute(sa.select(Exposure)).scalar_one().content_id
    learner.session.execute(sa.text("UPDATE item SET pool = 'secure' WHERE content_id != :kept"), {"kept": item})
    learner.session.commit()
    later = learner.start(NEXT_DAY, size=1)
    learner.work_through(later, NEXT_DAY)
    first, second = learner.session.scalars(sa.select(Response).order_by(Response.id)).all()
    assert (first.first_exposure, second.first_exposure) == (True, False)
    assert learner.session.execute(sa.select(Exposure)).scalar_one().times == 2
    counters = learner.session.scalars(
        sa.select(ItemStat.answers).where(ItemStat.answer_class == "", ItemStat.month == 0)
    ).all()
    assert counters == [1]


def test_a_question_met_again_after_two_months_is_evidence_again(learner: Learner) -> None:
    learner.work_through(learner.start(size=1, seed=1))
    item = learner.session.execute(sa.select(Exposure)).scalar_one().content_id
    learner.session.execute(sa.text("UPDATE item SET pool = 'secure' WHERE content_id != :kept"), {"kept": item})
    learner.session.commit()
    for days in (10, 10 + 59, 10 + 59 + 60):
        later = MONDAY + dt.timedelta(days=days)
        learner.work_through(learner.start(later, size=1), later)
    memory = learner.session.execute(sa.select(Memory)).scalar_one()
    assert [(day, freshness) for day, _, freshness, _ in memory.evidence] == [
        ("2026-11-23", "new"),
        (str((MONDAY + dt.timedelta(days=129)).date()), "delayed"),
    ]
    assert replaying.replay(learner.session) == []


def test_the_difficulty_of_a_calibration_counts_from_then_on_and_old_answers_keep_theirs(learner: Learner) -> None:
    learner.work_through(learner.start(size=1, seed=1))
    first = learner.session.execute(sa.select(Response)).scalar_one()
    items = learner.session.scalars(sa.select(Item.content_id).where(Item.objective_id == first.objective_id)).all()
    run = Calibration(epoch=1, at=MONDAY, up_to=first.id, answers=1, summary={})
    learner.session.add(run)
    learner.session.flush()
    learner.session.add_all(
        ItemParameter(
            epoch=1,
            content_id=item,
            line=1,
            difficulty=2.5,
            discrimination=1.0,
            error=0.8,
            answers=9,
            method="rating",
        )
        for item in items
    )
    learner.session.commit()
    slug = learner.session.scalars(sa.select(Content.slug).where(Content.id == first.objective_id)).one()
    learner.work_through(learner.start(NEXT_DAY, size=20, objectives=(slug,)), NEXT_DAY)
    rows = learner.session.scalars(sa.select(Response).where(Response.objective_id == first.objective_id)).all()
    assert len(rows) > 1
    assert [(row.calibration_epoch, row.difficulty) for row in rows[1:]] == [(1, 2.5)] * (len(rows) - 1)
    assert (rows[0].calibration_epoch, abs(rows[0].difficulty) <= 1) == (0, True)
    assert replaying.replay(learner.session) == []


def test_parameters_of_memory_fitted_to_a_learner_are_used_from_then_on(learner: Learner) -> None:
    learner.work_through(learner.start(size=2, seed=1))
    slower = (0.5, 3.0, 9.0, *DEFAULT_PARAMETERS[3:])
    learner.session.add(
        MemoryFit(
            learner_id=learner.actor.id,
            parameters=list(slower),
            taken=True,
            at=MONDAY,
            answers=2,
            loss_before=0.6,
            loss_after=0.5,
        )
    )
    learner.session.commit()
    assert {found.table for found in replaying.replay(learner.session)} == {"memory"}
    replaying.rebuild(learner.session, MONDAY)
    learner.work_through(learner.start(NEXT_DAY, size=3, seed=2), NEXT_DAY)
    assert 9.0 in learner.session.scalars(sa.select(Memory.stability_days)).all()
    assert replaying.replay(learner.session) == []


def test_the_clock_of_the_server_set_back_does_no_harm(learner: Learner) -> None:
    sitting_id = learner.start(size=2)
    learner.answer(learner.question(sitting_id).presentation_id)
    earlier = MONDAY - dt.timedelta(hours=2)
    learner.answer(learner.question(sitting_id, 1, earlier).presentation_id, earlier)
    assert replaying.replay(learner.session) == []


def test_what_is_derived_is_what_the_log_gives_and_can_be_rebuilt(learner: Learner, session: Session) -> None:
    other = Learner.new(session, "Pacific/Auckland")
    for day in range(4):
        now = MONDAY + dt.timedelta(days=day)
        for number, person in enumerate((learner, other)):
            person.work_through(person.start(now, size=3, seed=day), now, right=(day + number) % 2 == 0)
    assert replaying.replay(session) == []
    before = state_of(session)
    session.execute(sa.update(Memory).values(stability_days=Memory.stability_days + 1e-9))
    session.execute(sa.update(ItemStat).values(answers=ItemStat.answers + 1))
    session.execute(sa.delete(Exposure).where(Exposure.learner_id == other.actor.id))
    session.commit()
    session.execute(sa.update(Ability).values(answers=Ability.answers - 1))
    session.commit()
    assert {found.table for found in replaying.replay(session)} == {"ability", "memory", "exposure", "item_stat"}
    replaying.rebuild(session, MONDAY)
    assert replaying.replay(session) == []
    assert state_of(session) == before


def state_of(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Everything the log and its fold hold, in a comparable form."""
    session.rollback()
    state = {}
    for model in (Response, Memory, Exposure, ItemStat):
        table = model.__table__
        rows = session.execute(sa.select(table)).all()
        state[table.name] = sorted(tuple(map(repr, row)) for row in rows)
    return state


def test_a_question_withdrawn_overnight_can_still_be_answered_and_the_session_goes_on(learner: Learner) -> None:
    sitting_id = learner.start(size=1)
    shown = learner.question(sitting_id).presentation_id
    learner.session.execute(sa.text("DELETE FROM published WHERE content_id IN (SELECT content_id FROM presentation)"))
    learner.session.commit()
    assert learner.question(sitting_id, now=NEXT_DAY).state == "stale"
    asking.renew(learner.session, learner.actor, shown, NEXT_DAY)
    fresh = learner.question(sitting_id, now=NEXT_DAY)
    assert fresh.state == "open"
    assert isinstance(learner.answer(fresh.presentation_id, NEXT_DAY), Answered)
    assert showing.next_position(learner.session, learner.actor, sitting_id) is None


def test_a_case_begun_on_one_day_is_finished_on_the_next(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        kept = "SELECT id FROM content WHERE kind = 'item' AND slug = 'nassa-016'"  # three parts of one choice each
        session.execute(sa.text(f"DELETE FROM item WHERE content_id != ({kept})"))
        session.commit()
        learner = Learner.new(session)
        sitting_id = learner.start(size=1)
        asked = learner.question(sitting_id)
        for part, now in enumerate((MONDAY, NEXT_DAY, NEXT_DAY), start=1):
            asked = learner.question(sitting_id, now=now)
            assert (asked.state, asked.part_number, asked.part_total) == ("open", part, 3)
            sent = Submission(asked.part, {"choice": ["1"]})
            assert isinstance(answering.answer(session, learner.actor, asked.presentation_id, sent, now), Answered)
        assert learner.question(sitting_id, now=NEXT_DAY).state == "answered"
        assert replaying.replay(session) == []
