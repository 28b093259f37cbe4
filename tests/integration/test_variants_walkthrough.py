"""A question that draws its values is new three times, each time with others; then it is a repeat like any other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.core.composing import Only
from quizapp.core.memory import Freshness
from quizapp.db.extension import db
from quizapp.db.models import ContentVersion, Exposure, Item, ItemStat, Memory, Presentation, Published, Response, table
from quizapp.db.session import writing
from quizapp.itemtypes.samples import typed
from quizapp.services import (
    answering,
    asking,
    composing,
    error_log,
    examining,
    explaining,
    placing,
    replaying,
    showing,
    studying,
)
from quizapp.services.answering import Answered, HandedBack, Submission
from tests.integration.learners import MONDAY, Learner, only_single_best_answers

pytestmark = pytest.mark.usefixtures("content")
DRAWN = {
    "stem": "{tablets} tablets of {strength} mg were taken.",
    "explanation": "{tablets} × {strength} = {answer}.",
    "parameters": [
        {"name": "tablets", "low": "2", "high": "4"},
        {"name": "strength", "choices": ["5", "7.5"]},
    ],
    "formula": "tablets * strength",
    "unit": "mg",
    "why": "Each of the {tablets} holds {strength} mg.",
}


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """One objective has a single question, and it draws its values; everything else is single best answers."""
    with app.app_context():
        session = db.session()
        only_single_best_answers(session)
        with writing(session):
            item = session.execute(sa.select(Item.content_id, Item.objective_id).limit(1)).one()
            session.execute(
                sa.delete(Item).where(Item.objective_id == item.objective_id, Item.content_id != item.content_id)
            )
            session.execute(sa.update(Item).where(Item.content_id == item.content_id).values(type="parameterised"))
            version_id = session.scalar(sa.select(Published.version_id).where(Published.content_id == item.content_id))
            stored = sa.select(ContentVersion.body, ContentVersion.rendered).where(ContentVersion.id == version_id)
            for body, rendered in session.execute(stored).all():
                own = {"stem": DRAWN["stem"], "explanation": DRAWN["explanation"], "type": "parameterised"}
                own |= typed("parameterised", {k: v for k, v in DRAWN.items() if k not in ("stem", "explanation")})
                session.execute(
                    sa.update(table(ContentVersion))
                    .where(ContentVersion.id == version_id)
                    .values(body=body | own, rendered=rendered | own)
                )
        yield session


@pytest.fixture
def item(session: Session) -> int:
    return session.scalars(sa.select(Item.content_id).where(Item.type == "parameterised")).one()


@pytest.fixture
def learner(session: Session) -> Learner:
    return Learner.new(session)


def candidate(learner: Learner, item: int) -> composing.selection.Candidate:
    learner.session.rollback()
    return next(one for one in composing.candidates(learner.session, learner.actor.id) if one.item == item)


def objective_slug(learner: Learner, item: int) -> str:
    objective = candidate(learner, item).objective
    return next(iter(composing.published_by_id(learner.session, [objective]).values())).slug


def number(learner: Learner, presentation_id: int, *, right: bool = True) -> Submission:
    layout, body = learner.session.execute(
        sa.select(Presentation.layout, ContentVersion.body)
        .join(ContentVersion, ContentVersion.id == Presentation.version_id)
        .where(Presentation.id == presentation_id)
    ).one()
    value = itemtypes.get("parameterised").explain(body, layout, None)["value"]
    return Submission(part="1", fields={"number": [value if right else "1"]})


def meet(learner: Learner, item: int, now: dt.datetime, *, right: bool = True) -> Response:
    """Be asked the question in a block of its own, and answer it."""
    sitting_id = learner.start(now, objectives=(objective_slug(learner, item),), size=1)
    shown = learner.question(sitting_id, 0, now)
    assert shown.type == "parameterised"
    submission = number(learner, shown.presentation_id, right=right)
    answered = answering.answer(learner.session, learner.actor, shown.presentation_id, submission, now)
    assert isinstance(answered, Answered)
    again = answering.answer(learner.session, learner.actor, shown.presentation_id, submission, now)
    assert isinstance(again, Answered)
    assert again.repeated
    return learner.session.scalars(sa.select(Response).where(Response.presentation_id == shown.presentation_id)).one()


def test_three_sets_of_values_are_new_and_all_later_ones_repeats(learner: Learner, item: int) -> None:
    days = [MONDAY + dt.timedelta(days=day) for day in range(5)]
    reasons, rows = [], []
    for now in days:
        here = candidate(learner, item)
        rows.append((here.new, here.freshness(now), meet(learner, item, now)))
        reasons.append(
            learner.session.scalar(sa.select(Presentation.why).where(Presentation.id == rows[-1][2].presentation_id))[
                "reason"
            ]  # type: ignore[index]
        )
    assert [new for new, *_ in rows] == [True, True, True, False, False]
    assert [fresh for _, fresh, _ in rows] == [Freshness.NEW] * 3 + [Freshness.REPEAT] * 2
    assert reasons == ["new", "redrawn", "redrawn", "seen", "seen"]
    log = [row for *_, row in rows]
    assert [row.first_exposure for row in log] == [True, True, True, False, False]
    assert len({row.variant for row in log[:3]}) == 3, "each time with other values"
    exposure = learner.session.get_one(Exposure, (learner.actor.id, item))
    assert exposure.variants == [row.variant for row in log[:3]]
    assert exposure.times == 5
    memory = learner.session.get_one(Memory, (learner.actor.id, log[0].objective_id))
    assert [entry[2] for entry in memory.evidence] == ["new"] * 3, "repeats are no evidence"
    counted = learner.session.scalar(
        sa.select(sa.func.sum(ItemStat.answers)).where(
            ItemStat.content_id == item, ItemStat.answer_class == "", ItemStat.month == 0
        )
    )
    assert counted == 3
    assert replaying.replay(learner.session) == []
    late = days[-1] + dt.timedelta(days=61)
    replaying.rebuild(learner.session, late)
    learner.session.rollback()
    assert replaying.replay(learner.session) == []
    assert learner.session.get_one(Exposure, (learner.actor.id, item)).variants == exposure.variants
    learner.session.rollback()
    assert candidate(learner, item).freshness(late) is Freshness.DELAYED


def test_what_is_new_to_you_is_so_everywhere(learner: Learner, item: int) -> None:
    slug = objective_slug(learner, item)

    def told(now: dt.datetime) -> tuple[int, int, bool]:
        learner.session.rollback()
        budget = next(one for one in composing.list_budgets(learner.session, learner.actor) if one.objective == slug)
        desk = studying.get_desk(learner.session, learner.actor, now)
        unseen = next(one.unseen for one in desk.objectives if one.id == candidate(learner, item).objective)
        try:
            plan = composing.BlockPlan(objectives=(slug,), only=Only.NEW, size=1)
            found = composing.offer(learner.session, learner.actor, plan, now, 1).new == 1
        except composing.NothingToAsk:
            found = False
        return budget.new, unseen, found

    before = placing.get_prospect(learner.session, learner.actor).questions
    assert before > 0
    for day in range(3):
        assert told(MONDAY + dt.timedelta(days=day)) == (1, 1, True)
        meet(learner, item, MONDAY + dt.timedelta(days=day))
    assert told(MONDAY + dt.timedelta(days=3)) == (0, 0, False)


def test_the_same_values_again_are_no_new_question(learner: Learner, item: int, session: Session) -> None:
    first = meet(learner, item, MONDAY)
    later = MONDAY + dt.timedelta(days=1)
    sitting_id = learner.start(later, objectives=(objective_slug(learner, item),), size=1)
    shown = learner.question(sitting_id, 0, later).presentation_id
    layout = session.scalar(sa.select(Presentation.layout).where(Presentation.id == first.presentation_id))
    with writing(session):
        session.execute(sa.update(table(Presentation)).where(Presentation.id == shown).values(layout=layout))
    answering.answer(session, learner.actor, shown, number(learner, shown), later)
    row = session.scalars(sa.select(Response).where(Response.presentation_id == shown)).one()
    assert (row.variant, row.first_exposure) == (first.variant, False)
    session.rollback()
    assert candidate(learner, item).new, "one of three is spent, not two"
    assert replaying.replay(session) == []


def test_a_learner_reads_the_drawn_values_before_and_after_and_on_a_card(learner: Learner, item: int) -> None:
    sitting_id = learner.start(objectives=(objective_slug(learner, item),), size=1)
    shown = learner.question(sitting_id)
    drawn = learner.session.scalar(sa.select(Presentation.layout).where(Presentation.id == shown.presentation_id))[
        "values"
    ]  # type: ignore[index]
    assert shown.stem == f"{drawn['tablets']} tablets of {drawn['strength']} mg were taken."
    refused = answering.answer(
        learner.session, learner.actor, shown.presentation_id, Submission("1", {"number": ["much"]}), MONDAY
    )
    assert isinstance(refused, HandedBack)
    kept = showing.get_question(learner.session, learner.actor, sitting_id, 0, MONDAY, refused.problem.kept)
    assert kept.face["typed"] == "much"
    learner.session.rollback()
    submission = number(learner, shown.presentation_id, right=False)
    answering.answer(learner.session, learner.actor, shown.presentation_id, submission, MONDAY)
    told = explaining.get_feedback(learner.session, learner.actor, sitting_id, 0, None)
    assert told.stem == shown.stem
    value = told.review["value"]
    assert told.explanation == f"{drawn['tablets']} × {drawn['strength']} = {value}."
    assert told.review["why"] == f"Each of the {drawn['tablets']} holds {drawn['strength']} mg."
    learner.session.rollback()
    card = error_log.get_deck(learner.session, learner.actor).text
    assert shown.stem in card
    assert "{" not in card


def test_a_question_shown_afresh_and_one_in_an_exam_draw_values_that_were_not_met(learner: Learner, item: int) -> None:
    first = meet(learner, item, MONDAY)
    slug = objective_slug(learner, item)
    later = MONDAY + dt.timedelta(days=1)
    waiting = learner.start(later, objectives=(slug,), size=1)
    asking.renew(
        learner.session,
        learner.actor,
        learner.question(waiting, 0, later).presentation_id,
        later + dt.timedelta(days=1),
    )
    exam = learner.start(later, objectives=(slug,), size=1, exam=True, minutes=5)
    shown = learner.question(exam, 0, later).presentation_id
    layouts = learner.session.scalars(
        sa.select(Presentation.layout).where(Presentation.content_id == item, Presentation.id != first.presentation_id)
    ).all()
    assert len(layouts) == 3
    assert first.variant not in {itemtypes.variant("parameterised", layout) for layout in layouts}
    examining.save(learner.session, learner.actor, shown, number(learner, shown), fix=False, now=later)
    examining.hand_in(learner.session, learner.actor, exam, later)
    row = learner.session.scalars(sa.select(Response).where(Response.presentation_id == shown)).one()
    assert (row.earned, row.first_exposure) == (1, True)
    learner.session.rollback()
    assert replaying.replay(learner.session) == []
