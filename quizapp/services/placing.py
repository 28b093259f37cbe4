"""“What do I know already?”: a session whose next question follows from the answers so far. Reads only."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import modes, placement
from quizapp.core.ability import Ability
from quizapp.core.selection import Candidate
from quizapp.db import models
from quizapp.db.models import Item
from quizapp.services.accounts import Actor
from quizapp.services.composing import NothingToAsk, candidates
from quizapp.services.sittings import Chosen

REASON = {"reason": "placement"}


def choose_first(session: Session, actor: Actor, now: dt.datetime, seed: int) -> Chosen:
    """A session that begins with the question that tells most. Raises NothingToAsk."""
    first = choose_next(session, actor, (), seed)
    if first is None:
        raise NothingToAsk("No question is left that is new to you, so nothing could be told from your answers.")
    return Chosen(modes.PLACEMENT, (first,), (REASON,), at_most=placement.AT_MOST)


def choose_next(session: Session, actor: Actor, items: Sequence[int], seed: int) -> int | None:
    """The item to ask after these, or None once enough is known. The same answers lead to the same question."""
    pool = {one.item: one for one in candidates(session, actor.id)}
    cases = set(session.scalars(sa.select(Item.content_id).where(Item.type == "case")))
    asked = [pool[item] for item in items if item in pool]
    thetas = {
        row.topic_id: Ability(row.theta, row.answers)
        for row in session.execute(
            sa.select(models.Ability.topic_id, models.Ability.theta, models.Ability.answers).where(
                models.Ability.learner_id == actor.id
            )
        )
    }
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
    found = placement.next_question(fit, gauges, asked=asked, rng=rng)
    return found.item if found else None
