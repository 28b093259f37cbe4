"""“What do I know already?”: a session whose next question follows from the answers so far. Reads only."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import ability, modes, placement
from quizapp.core.ability import Ability
from quizapp.core.grading import Rating
from quizapp.core.selection import Candidate
from quizapp.db import models
from quizapp.db.models import Item, Presentation, Response
from quizapp.services import folding
from quizapp.services.accounts import Actor
from quizapp.services.composing import NothingToAsk, candidates
from quizapp.services.sittings import Chosen
from quizapp.services.versions import Version, natural, published_by_id

REASON = {"reason": "placement"}
LOOKS_KNOWN = 0.8
"""The chance that an objective is known from which on a placement says so of what it did not ask about."""


@dataclass(frozen=True)
class Prospect:
    """What a placement would take at most: questions, each of them new to the learner, and minutes."""

    questions: int
    minutes: int


@dataclass(frozen=True)
class Known:
    """An objective by its id and statement."""

    slug: str
    statement: str


@dataclass(frozen=True)
class Placed:
    """What a placement told about a topic.

    `right` of `asked` questions; `low` and `high`: between them lies the share of new questions on the topic that would
    be answered right, nineteen times out of twenty. `known`: objectives that look known; `begin`: the first in teaching
    order that does not, None if all do.
    """

    topic: str
    title: str
    asked: int
    right: int
    low: float
    high: float
    known: tuple[Known, ...]
    begin: Known | None


def get_prospect(session: Session, actor: Actor) -> Prospect:
    """What could be asked now."""
    cases, studied = set(session.scalars(_CASES)), _studied(session, actor)
    new = [
        one
        for one in candidates(session, actor.id)
        if one.new and one.item not in cases and one.objective not in studied
    ]
    questions = min(len({one.objective for one in new}), placement.AT_MOST)
    seconds = questions * sum(one.seconds for one in new) / len(new) if new else 0
    return Prospect(questions, max(1, round(seconds / 60)) if new else 0)


def get_placed(session: Session, actor: Actor, sitting_id: int) -> tuple[Placed, ...]:
    """What came of a placement, by topic in teaching order.

    An answer counts for its objective; one that was not asked about looks known where ability alone makes it so. What
    was studied otherwise is left out: of that memory tells more.
    """
    answers = session.execute(_ANSWERS, {"sitting": sitting_id, "learner": actor.id}).all()
    elsewhere = _studied(session, actor) - {row.objective_id for row in answers}
    pool = [one for one in candidates(session, actor.id) if one.objective not in elsewhere]
    by_item = {one.item: one for one in pool}
    abilities = _abilities(session, actor)
    topics = published_by_id(session, {row.topic_id for row in answers})
    objectives = published_by_id(session, {one.objective for one in pool})
    found = []
    for topic_id, topic in sorted(topics.items(), key=lambda pair: pair[1].body["order"]):
        told = [row for row in answers if row.topic_id == topic_id]
        theta = abilities.get(topic_id, Ability()).theta
        error = placement.gauge(theta, [by_item[row.content_id] for row in told if row.content_id in by_item])
        reach = 1.96 * error.standard_error
        own = [one for one in pool if one.topic == topic_id]
        right = {row.objective_id: row.rating == Rating.GOOD for row in told}
        known: list[Known] = []
        rest: list[Known] = []
        for objective in sorted({one.objective for one in own} & objectives.keys(), key=_order(objectives)):
            levels = [one.difficulty for one in own if one.objective == objective]
            likely = ability.knows(theta, sum(levels) / len(levels)) >= LOOKS_KNOWN
            named = Known(objectives[objective].slug, objectives[objective].body["statement"])
            (known if right.get(objective, likely) else rest).append(named)
        found.append(
            Placed(
                topic=topic.slug,
                title=topic.body["title"],
                asked=len(told),
                right=sum(row.rating == Rating.GOOD for row in told),
                low=_share(own, theta - reach),
                high=_share(own, theta + reach),
                known=tuple(known),
                begin=rest[0] if rest else None,
            )
        )
    return tuple(found)


def _share(pool: Sequence[Candidate], theta: float) -> float:
    """The mean chance of a right answer on these questions, were they new."""
    chances = [ability.chance_of_right(ability.knows(theta, one.difficulty), one.guess) for one in pool]
    return sum(chances) / len(chances) if chances else 0.0


def _order(objectives: Mapping[int, Version]) -> Callable[[int], tuple[str, int]]:
    return lambda content_id: natural(objectives[content_id].slug)


def choose_first(session: Session, actor: Actor, now: dt.datetime, seed: int) -> Chosen:
    """A session that begins with the question that tells most. Raises NothingToAsk."""
    first = choose_next(session, actor, (), seed)
    if first is None:
        raise NothingToAsk(
            "No objective is left that you have not studied and that has a question new to you. "
            "Progress shows how well you know the others."
        )
    return Chosen(modes.PLACEMENT, (first,), (REASON,), at_most=placement.AT_MOST)


def choose_next(session: Session, actor: Actor, items: Sequence[int], seed: int) -> int | None:
    """The item to ask after these, or None once enough is known. The same answers lead to the same question."""
    pool = {one.item: one for one in candidates(session, actor.id)}
    cases = set(session.scalars(_CASES))
    asked = [pool[item] for item in items if item in pool]
    thetas = _abilities(session, actor)
    by_topic: dict[int, list[Candidate]] = defaultdict(list)
    for one in asked:
        by_topic[one.topic].append(one)
    gauges = {
        topic: placement.gauge(thetas.get(topic, Ability()).theta, by_topic[topic])
        for topic in {one.topic for one in pool.values()}
    }
    rng = random.Random(f"{seed}/{len(items)}")
    # A case takes as long as five questions and says no more about ability than one.
    fit = [one for one in pool.values() if one.item not in cases]
    found = placement.next_question(fit, gauges, asked=asked, rng=rng, studied=_studied(session, actor))
    return found.item if found else None


def _abilities(session: Session, actor: Actor) -> dict[int, Ability]:
    rows = session.execute(sa.select(models.table(models.Ability)).where(models.Ability.learner_id == actor.id))
    return {row.topic_id: folding.ability_of(row) for row in rows}


def _studied(session: Session, actor: Actor) -> set[int]:
    return set(session.scalars(sa.select(models.Memory.objective_id).where(models.Memory.learner_id == actor.id)))


_CASES = sa.select(Item.content_id).where(Item.type == "case")
_ANSWERS = (
    sa.select(Response.content_id, Response.objective_id, Response.topic_id, Response.rating)
    .join(Presentation, Presentation.id == Response.presentation_id)
    .where(Presentation.sitting_id == sa.bindparam("sitting"), Response.learner_id == sa.bindparam("learner"))
    .order_by(Response.id)
)
