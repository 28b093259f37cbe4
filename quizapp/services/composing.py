"""Composing a block: what a learner may ask for, what it would hold, and which questions it takes. Reads only."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.core import composing, memory, modes
from quizapp.core.ability import ESTIMATES
from quizapp.core.composing import Block, Only
from quizapp.core.selection import Candidate
from quizapp.core.study_day import study_day
from quizapp.db.models import Exposure, Item, ItemParameter, Link, Mark, Published, Response
from quizapp.services.accounts import Actor
from quizapp.services.folding import newest_epoch
from quizapp.services.sittings import Chosen
from quizapp.services.versions import get_content_ids, natural, published_by_id

LARGEST_BLOCK = 60
SECONDS_A_QUESTION_IN_AN_EXAM = 90


class NothingToAsk(Exception):
    """No question fits what was asked for; the sentence says which wish to loosen."""


@dataclass(frozen=True)
class BlockPlan:
    """What a learner asks of a block. Empty topics and objectives mean all of them; slugs, not ids."""

    topics: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    only: Only = Only.ANYTHING
    size: int = 10
    exam: bool = False
    minutes: int | None = None
    """Time allowed, for an exam; None means SECONDS_A_QUESTION_IN_AN_EXAM for each question."""
    spend_freely: bool = False
    """Whether new questions may be spent beyond one an objective and day."""
    lesson: str = ""
    """The lesson whose objectives these are, if they are asked about after reading."""


@dataclass(frozen=True)
class BlockOffer:
    """What a plan would give if it were started now."""

    size: int
    new: int
    kept: int
    minutes: int


@dataclass(frozen=True)
class Budget:
    """Questions in the practice pool for one objective: all, and those still new to the learner."""

    topic: str
    topic_title: str
    objective: str
    statement: str
    questions: int
    new: int


def offer(session: Session, actor: Actor, plan: BlockPlan, now: dt.datetime, seed: int) -> BlockOffer:
    """Say what the plan would give, without starting anything. Raises NothingToAsk."""
    block = compose(session, actor, plan, now, seed)
    return BlockOffer(len(block.choices), block.new, block.kept, -(-block.seconds // 60))


def list_budgets(session: Session, actor: Actor) -> tuple[Budget, ...]:
    """The practice pool by objective, topics in teaching order and objectives in the order of their ids."""
    pool = candidates(session, actor.id)
    all_of = Counter((c.topic, c.objective) for c in pool)
    new_of = Counter((c.topic, c.objective) for c in pool if c.new)
    versions = published_by_id(session, {content_id for pair in all_of for content_id in pair})
    pairs = [(topic, objective) for topic, objective in all_of if topic in versions and objective in versions]
    pairs.sort(key=lambda pair: (versions[pair[0]].body["order"], natural(versions[pair[1]].slug)))
    return tuple(
        Budget(
            topic=versions[topic].slug,
            topic_title=versions[topic].body["title"],
            objective=versions[objective].slug,
            statement=versions[objective].body["statement"],
            questions=all_of[topic, objective],
            new=new_of[topic, objective],
        )
        for topic, objective in pairs
    )


def minutes_allowed(plan: BlockPlan, size: int) -> int:
    """The time of an exam of `size` questions: what was asked for, else a minute and a half for each."""
    return plan.minutes or -(-size * SECONDS_A_QUESTION_IN_AN_EXAM // 60)


def compose(session: Session, actor: Actor, plan: BlockPlan, now: dt.datetime, seed: int) -> Block:
    """The questions the plan takes now; the same seed takes the same. Raises NothingToAsk."""
    wanted = _narrowed(session, candidates(session, actor.id), plan)
    block = composing.compose(
        wanted,
        only=plan.only,
        size=min(max(plan.size, 1), LARGEST_BLOCK),
        spend_freely=plan.spend_freely or plan.exam,
        spent_today=spent_today(session, actor, now),
        rng=random.Random(seed),
    )
    if not block.choices:
        raise NothingToAsk(_why_nothing(wanted, plan, block))
    return block


def choose_block(session: Session, actor: Actor, plan: BlockPlan, now: dt.datetime, seed: int) -> Chosen:
    """What a session of this plan is to ask. Raises NothingToAsk."""
    block = compose(session, actor, plan, now, seed)
    mode = modes.EXAM if plan.exam else modes.LEARN if plan.lesson else modes.PRACTICE
    return Chosen(
        mode,
        tuple(choice.item for choice in block.choices),
        tuple(
            {"reason": choice.reason, "last_seen": choice.last_seen.isoformat() if choice.last_seen else None}
            for choice in block.choices
        ),
        asked={
            "topics": list(plan.topics),
            "objectives": list(plan.objectives),
            "only": plan.only.value,
            "size": plan.size,
            "lesson": plan.lesson,
            "kept": block.kept,
        },
        time_allowed=dt.timedelta(minutes=minutes_allowed(plan, len(block.choices))) if plan.exam else None,
    )


def _why_nothing(pool: Sequence[Candidate], plan: BlockPlan, block: Block) -> str:
    if not pool:
        return "There is no question on these topics and objectives yet. Choose more of them."
    if block.kept:
        return (
            f"Today’s new questions on this are done, and {block.kept} are kept for later days. "
            "Ask for new questions to use them now."
        )
    return {
        Only.NEW: "You have met every question on this. Choose “any question” to see them again.",
        Only.WRONG: "There is no question here that you last answered wrong.",
        Only.MARKED: "You have not marked a question here yet.",
        Only.ANYTHING: "There is no question on these topics and objectives yet. Choose more of them.",
    }[plan.only]


def candidates(session: Session, learner_id: int) -> list[Candidate]:
    """The published practice pool as this learner stands to it."""
    enemies: dict[int, set[int]] = {}
    for source, target in session.execute(sa.select(Link.source_id, Link.target_id).where(Link.role == "enemy")):
        enemies.setdefault(source, set()).add(target)
        enemies.setdefault(target, set()).add(source)
    rows = session.execute(
        sa.select(
            Item.content_id,
            Item.type,
            Item.objective_id,
            Item.topic_id,
            Item.seconds,
            Item.guess,
            sa.func.coalesce(ItemParameter.difficulty, sa.case(ESTIMATES, value=Item.difficulty, else_=0.0)).label("b"),
            sa.func.coalesce(ItemParameter.discrimination, 1.0).label("a"),
            Exposure.times,
            Exposure.last_at,
            Exposure.last_right,
            Exposure.variants,
            Mark.at.label("marked_at"),
        )
        .join(Published, Published.content_id == Item.content_id)
        .outerjoin(Exposure, sa.and_(Exposure.content_id == Item.content_id, Exposure.learner_id == learner_id))
        .outerjoin(Mark, sa.and_(Mark.content_id == Item.content_id, Mark.learner_id == learner_id))
        .outerjoin(
            ItemParameter,
            sa.and_(ItemParameter.content_id == Item.content_id, ItemParameter.epoch == newest_epoch),
        )
        .where(Item.pool == modes.PRACTICE.pool)
        .order_by(Item.content_id)
    )
    drawing = itemtypes.drawing()
    return [
        Candidate(
            item=row.content_id,
            objective=row.objective_id,
            topic=row.topic_id,
            seconds=row.seconds,
            times_seen=row.times or 0,
            last_seen=row.last_at,
            last_right=row.last_right,
            marked=row.marked_at is not None,
            enemies=frozenset(enemies.get(row.content_id, ())),
            difficulty=row.b,
            discrimination=row.a,
            guess=row.guess,
            draws_new=bool(row.times) and row.type in drawing and len(row.variants or ()) < memory.VARIANTS,
        )
        for row in rows
    ]


def _narrowed(session: Session, pool: list[Candidate], plan: BlockPlan) -> list[Candidate]:
    """Only the topics and objectives asked for; both together mean their union."""
    if not plan.topics and not plan.objectives:
        return pool
    topics = set(get_content_ids(session, "topic", plan.topics).values())
    objectives = set(get_content_ids(session, "objective", plan.objectives).values())
    return [c for c in pool if c.topic in topics or c.objective in objectives]


def spent_today(session: Session, actor: Actor, now: dt.datetime) -> dict[int, int]:
    """New questions already met today, by objective."""
    rows = session.execute(
        sa.select(Response.objective_id, sa.func.count())
        .where(
            Response.learner_id == actor.id,
            Response.study_day == study_day(now, actor.zone),
            Response.first_exposure,
            Response.at > now - dt.timedelta(days=2),
        )
        .group_by(Response.objective_id)
    )
    return dict(iter(rows))
