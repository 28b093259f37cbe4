"""The schedule as a learner meets it: today’s plan, a month of days, an examination, and what cannot be planned."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core import modes
from quizapp.core.mastery import Standing
from quizapp.core.planning import Outcome
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.db.models import Ability, Content, Exposure, Item, Memory, Presentation, Response, Sitting
from quizapp.services import accounts, asking, composing, placing, replaying, showing, studying
from tests.integration.learners import MONDAY, Learner, only_single_best_answers

pytestmark = pytest.mark.usefixtures("content")
DAY = dt.timedelta(days=1)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        only_single_best_answers(db.session())
        yield db.session()


@pytest.fixture
def learner(session: Session) -> Learner:
    return Learner.new(session)


def desk(learner: Learner, now: dt.datetime) -> studying.Desk:
    learner.session.rollback()
    return studying.get_desk(learner.session, learner.actor, now)


def review(learner: Learner, now: dt.datetime, key: str) -> int:
    return asking.begin(
        learner.session,
        learner.actor,
        lambda: studying.choose_review(learner.session, learner.actor, now, seed=1),
        key,
        "Today",
        now,
        seed=1,
    )


def test_on_the_first_day_the_plan_begins_with_what_is_taught_first_within_the_minutes(learner: Learner) -> None:
    found = desk(learner, MONDAY)
    assert found.plan.outcome is Outcome.STUDY
    assert 0 < found.plan.seconds <= 20 * 60
    order = [asked.objective for asked in found.plan.asked]
    by_id = {one.id: one for one in found.objectives}
    able = [one.id for one in found.objectives if one.questions]
    assert set(order) == set(able[: len(order)]), "new objectives enter in teaching order"
    needed = [(need, one) for one in order for need in by_id[one].needs if by_id[need].questions]
    assert all(order.index(need) < order.index(one) for need, one in needed)
    assert {found.mastery_of(one).standing for one in found.objectives} == {Standing.NOT_STARTED}


def test_a_review_asks_each_objective_once_and_says_why_and_the_next_day_brings_others(learner: Learner) -> None:
    sitting_id = review(learner, MONDAY, "first")
    assert review(learner, MONDAY, "first") == sitting_id
    why = learner.session.scalars(sa.select(Presentation.why)).one()
    assert why["reason"] in ("start", "prerequisite")
    assert why["freshness"] == "new"
    asked = learner.work_through(sitting_id, MONDAY, right=True)
    objectives = learner.session.scalars(sa.select(Response.objective_id)).all()
    assert len(set(objectives)) == len(objectives) == asked
    assert desk(learner, MONDAY).plan.outcome in (Outcome.COVERED, Outcome.SHORT, Outcome.DONE, Outcome.STUDY)
    assert not set(objectives) & {one.objective for one in desk(learner, MONDAY).plan.asked}
    later = MONDAY + 4 * DAY
    assert set(objectives) & {one.objective for one in desk(learner, later).plan.asked}
    assert replaying.replay(learner.session) == []


def test_a_missed_objective_comes_back_by_the_second_day_with_another_question(learner: Learner) -> None:
    learner.work_through(review(learner, MONDAY, "first"), MONDAY, right=False)
    missed = set(learner.session.scalars(sa.select(Response.objective_id)))
    items = set(learner.session.scalars(sa.select(Response.content_id)))
    later = MONDAY + 2 * DAY
    plan = desk(learner, later).plan
    assert {asked.why.cause.value for asked in plan.asked if asked.objective in missed} == {"retest"}
    chosen = studying.choose_review(learner.session, learner.actor, later, seed=2)
    unseen_left = {
        one.objective for one in composing.candidates(learner.session, learner.actor.id) if not one.times_seen
    }
    objective_of = dict(iter(learner.session.execute(sa.select(Item.content_id, Item.objective_id))))
    repeated = {objective_of[item] for item in chosen.items if item in items}
    assert not repeated & unseen_left


def test_a_rest_day_asks_nothing_and_a_light_day_half(learner: Learner) -> None:
    resting = replace(learner.actor, choices=replace(learner.actor.choices, rest_days=(1,)))
    light = replace(learner.actor, choices=replace(learner.actor.choices, light_days=(1,)))
    assert studying.get_desk(learner.session, resting, MONDAY).plan.outcome is Outcome.REST
    assert studying.get_desk(learner.session, light, MONDAY).plan.limit == 10 * 60


def test_what_was_studied_already_counts_towards_the_minutes(learner: Learner) -> None:
    learner.work_through(learner.start(size=10), MONDAY)
    spent = desk(learner, MONDAY)
    assert spent.spent_seconds > 0
    assert spent.plan.limit == pytest.approx(20 * 60 - spent.spent_seconds)


def test_an_examination_is_the_day_that_counts_and_after_it_the_learner_decides(learner: Learner) -> None:
    exam = MONDAY.date() + 10 * DAY
    accounts.add_exam_date(learner.session, learner.actor, "Final", exam, MONDAY)
    assert desk(learner, MONDAY).on == exam
    over = MONDAY + 12 * DAY
    [ahead] = desk(learner, over).exams
    with pytest.raises(Unfit, match="still ahead"):
        accounts.choose_afterwards(learner.session, learner.actor, ahead.id, "pause", MONDAY)
    with pytest.raises(LookupError):
        accounts.choose_afterwards(learner.session, Learner.new(learner.session).actor, ahead.id, "pause", over)
    assert desk(learner, over).at_rest is None
    accounts.choose_afterwards(learner.session, learner.actor, ahead.id, "pause", over)
    assert desk(learner, over).at_rest == replace(ahead, afterwards="pause")
    accounts.add_exam_date(learner.session, learner.actor, "Resit", over.date() + 30 * DAY, over)
    assert desk(learner, over).at_rest is None


def test_two_fresh_questions_on_two_days_make_an_objective_secure_and_a_miss_takes_it_back(learner: Learner) -> None:
    target = max(desk(learner, MONDAY).objectives, key=lambda one: one.questions)
    assert target.questions >= 3, "each answer below must meet a question that is new"
    slug = desk(learner, MONDAY).named[target.id].slug

    def ask(day: int, *, right: bool) -> Standing:
        now = MONDAY + day * DAY
        learner.work_through(learner.start(now, size=1, seed=day, objectives=(slug,)), now, right=right)
        seen = desk(learner, now)
        return seen.mastery_of(next(one for one in seen.objectives if one.id == target.id)).standing

    assert [ask(day, right=True) for day in (0, 3)] == [Standing.LEARNING, Standing.SECURE]
    assert ask(14, right=False) is Standing.SLIPPING


def test_ability_rests_on_what_was_known_before_study_and_not_on_how_well_memory_was_forecast(learner: Learner) -> None:
    """Who answers new questions right half of the time, for weeks, is no worse than at the beginning."""
    for day in range(12):
        at = MONDAY + dt.timedelta(days=2 * day)
        sitting_id = learner.start(at, size=10, seed=day)
        for position in range(10):
            shown = learner.question(sitting_id, position, at).presentation_id
            learner.answer(shown, at, right=(day + position) % 2 == 0)
    thetas: dict[int, float] = defaultdict(float)
    moves: Counter[int] = Counter()
    answers: Counter[int] = Counter()
    studied = set()
    for row in learner.session.execute(sa.select(Response).order_by(Response.id)).scalars():
        if row.first_exposure:
            answers[row.topic_id] += 1
        if row.first_exposure and row.objective_id not in studied:
            known = 1 / (1 + math.exp(row.difficulty - thetas[row.topic_id]))
            expected = 0.93 * known + row.guess * (1 - known)
            thetas[row.topic_id] += (row.earned - expected) / (1 + 0.05 * moves[row.topic_id])
            moves[row.topic_id] += 1
        studied.add(row.objective_id)
    held = {row.topic_id: row for row in learner.session.scalars(sa.select(Ability))}
    assert sum(answers.values()) > 1.5 * sum(moves.values()), "most of what was new was about what was studied"
    assert {key: (row.moves, row.answers) for key, row in held.items()} == {
        key: (moves[key], answers[key]) for key in answers
    }
    assert {key: row.theta for key, row in held.items()} == pytest.approx(thetas)
    assert replaying.replay(learner.session) == []


def test_a_placement_asks_about_nothing_that_was_studied(learner: Learner) -> None:
    learner.work_through(learner.start(size=40, spend_freely=False))
    studied = set(learner.session.scalars(sa.select(Memory.objective_id)))
    prospect = placing.get_prospect(learner.session, learner.actor)
    sitting_id = asking.begin(
        learner.session,
        learner.actor,
        lambda: placing.choose_first(learner.session, learner.actor, MONDAY, 3),
        "once",
        "What do I know already?",
        MONDAY,
        seed=3,
    )
    asked = learner.work_through(sitting_id)
    about = learner.session.scalars(sa.select(Response.objective_id).where(Response.mode == modes.PLACEMENT.name)).all()
    assert len(set(about)) == asked <= prospect.questions
    assert not studied & set(about)
    placed = placing.get_placed(learner.session, learner.actor, sitting_id)
    named = {one.slug for topic in placed for one in (*topic.known, *([topic.begin] if topic.begin else []))}
    before = set(learner.session.scalars(sa.select(Content.slug).where(Content.id.in_(studied))))
    assert named
    assert not named & before, "where to begin is not what was begun"


def test_placement_follows_the_answers_and_ends(learner: Learner) -> None:
    def begin(key: str) -> int:
        return asking.begin(
            learner.session,
            learner.actor,
            lambda: placing.choose_first(learner.session, learner.actor, MONDAY, 3),
            key,
            "What do I know already?",
            MONDAY,
            seed=3,
        )

    sitting_id = begin("once")
    assert (learner.question(sitting_id).total, learner.question(sitting_id).mode) == (20, modes.PLACEMENT)
    asked = learner.work_through(sitting_id)
    items = learner.session.scalars(sa.select(Response.content_id)).all()
    assert len(items) == len(set(items)) == asked <= 20
    assert learner.session.execute(sa.select(Sitting)).scalar_one().closed_at is not None
    assert replaying.replay(learner.session) == []


def test_without_a_question_or_with_all_withdrawn_the_plan_says_so(learner: Learner) -> None:
    learner.session.execute(sa.text("UPDATE item SET pool = 'secure'"))
    learner.session.commit()
    assert desk(learner, MONDAY).plan.outcome is Outcome.NOTHING
    with pytest.raises(composing.NothingToAsk, match="due"):
        review(learner, MONDAY, "none")
    with pytest.raises(composing.NothingToAsk, match="not studied"):
        placing.choose_first(learner.session, learner.actor, MONDAY, 1)
    assert learner.session.scalar(sa.select(sa.func.count()).select_from(Sitting)) == 0


def test_a_question_withdrawn_after_the_plan_was_made_is_passed_over(learner: Learner) -> None:
    sitting_id = review(learner, MONDAY, "first")
    plan = learner.session.scalars(sa.select(Sitting.plan)).one()
    learner.session.execute(sa.text("DELETE FROM published WHERE content_id = :gone"), {"gone": plan["items"][1]})
    learner.session.commit()
    answered = 0
    while (position := showing.next_position(learner.session, learner.actor, sitting_id)) is not None:
        learner.answer(learner.question(sitting_id, position).presentation_id)
        answered += 1
    assert answered == len(plan["items"]) - 1


def test_a_clock_set_back_leaves_the_plan_whole(learner: Learner) -> None:
    learner.work_through(review(learner, MONDAY, "first"), MONDAY)
    before = MONDAY - 3 * DAY
    plan = desk(learner, before).plan
    asked = set(learner.session.scalars(sa.select(Exposure.content_id)))
    assert asked
    assert plan.outcome in (Outcome.STUDY, Outcome.COVERED)
    assert showing.next_position(learner.session, learner.actor, 1) is None
