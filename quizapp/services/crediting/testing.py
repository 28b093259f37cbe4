"""The tests of an activity: what is asked before the lesson, the test for credit, the questions of a quarter."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import modes
from quizapp.core.credit import claims, drawing
from quizapp.core.credit.claims import Refusal
from quizapp.core.credit.drawing import Askable
from quizapp.db.models import Exposure, Link, Published, Sitting
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import asking
from quizapp.services.accounts import Actor
from quizapp.services.crediting import activities, attempts, claiming
from quizapp.services.crediting.activities import BLOCK, Edition
from quizapp.services.crediting.attempts import BEFORE, TEST
from quizapp.services.sittings import Chosen

REASON = {"reason": "credit"}
EMPTY_POOL = Refusal(
    ("An objective of this activity has no question left that may be asked. Please tell its contact; nothing is lost.",)
)


@dataclass(frozen=True)
class Begun:
    """A test to go on with."""

    sitting_id: int


def start(session: Session, actor: Actor, participation_id: int, purpose: str, now: dt.datetime) -> Begun | Refusal:
    """Begin what is asked before the lesson or the test for credit, or go on with what runs. Two clicks are one
    attempt. Raises LookupError for somebody else’s participation or a purpose there is not."""
    if purpose not in (BEFORE, TEST):
        raise LookupError(purpose)

    def deed() -> Begun | Refusal:
        with writing(session, Lock(learner=actor.id)):
            taken = claiming.get_taken(session, participation_id)
            if taken.learner_id != actor.id:
                raise LookupError(participation_id)
            edition = activities.get_edition(session, taken.version_id)
            sat = attempts.list_sat(session, [participation_id], purpose)
            running = next((one for one in sat if one.attempt.closed is None), None)
            if running is not None and now < edition.expires:
                return Begun(running.sitting_id)
            terms = claiming.untested_terms(session, edition.id)
            refused = claims.refuse_attempt(terms, taken.core, now)
            if purpose == BEFORE:
                refused = _refuse_before(edition, taken, sat, now)
            if refused is not None:
                return refused
            chosen = _choose(session, actor, edition, participation_id, purpose, len(sat) + 1)
            if isinstance(chosen, Refusal):
                return chosen
            sitting_id = asking.open_chosen(
                session,
                actor,
                chosen,
                key=f"credit:{participation_id}:{purpose}:{len(sat) + 1}",
                title=edition.title,
                now=now,
                seed=_seed(actor, participation_id, purpose, len(sat) + 1),
            )
            return Begun(sitting_id)

    return retrying(deed)


def _refuse_before(
    edition: Edition, taken: claiming.Taken, sat: tuple[attempts.SatTest, ...], now: dt.datetime
) -> Refusal | None:
    if not edition.pretest:
        return Refusal(("This activity asks nothing before its lesson.",))
    if sat:
        return Refusal(
            ("You have answered what is asked before the lesson. Its result follows with that of the test.",)
        )
    if taken.sat:
        return Refusal(("You have begun the test already.",))
    if not edition.released <= now <= edition.expires:
        return Refusal(("This activity is not open.",))
    return None


def may_begin_before(session: Session, actor: Actor, edition: Edition) -> bool:
    """Whether anything can be asked before the lesson and still leave the test what it needs."""
    if not edition.pretest:
        return False
    pool = _pool(session, actor, edition)
    objectives = frozenset(one.slug for one in edition.objectives)
    return bool(drawing.draw_before(pool, objectives, edition.a_test, random.Random(0)).items)


def _choose(
    session: Session, actor: Actor, edition: Edition, participation_id: int, purpose: str, number: int
) -> Chosen | Refusal:
    pool = _pool(session, actor, edition)
    objectives = frozenset(one.slug for one in edition.objectives)
    rng = random.Random(_seed(actor, participation_id, purpose, number))
    size = len(edition.questions) if edition.kind == BLOCK and not edition.a_test else edition.a_test
    if purpose == BEFORE:
        drawn = drawing.draw_before(pool, objectives, size, rng)
        if not drawn.items:
            return Refusal(("No question can be spared before the lesson; begin with the lesson.",))
    else:
        drawn = drawing.draw(pool, objectives, size, rng)
        if drawn.missing or not drawn.items:
            return EMPTY_POOL
    pinned = {one.content_id: one.version_id for one in edition.questions}
    return Chosen(
        _mode(edition, purpose),
        drawn.items,
        tuple(REASON for _ in drawn.items),
        ends=edition.expires,
        participation_id=participation_id,
        purpose=purpose,
        fixed={"versions": [pinned[item] for item in drawn.items], "exhausted": drawn.exhausted},
    )


def _mode(edition: Edition, purpose: str) -> modes.Mode:
    if purpose == BEFORE:
        return modes.BEFORE
    return modes.QUARTER if edition.kind == BLOCK else modes.CREDIT


def _pool(session: Session, actor: Actor, edition: Edition) -> list[Askable]:
    """The questions of an edition as this learner stands to them; those withdrawn since are left out."""
    ids = [one.content_id for one in edition.questions]
    met = {
        row.content_id: row.times
        for row in session.execute(
            sa.select(Published.content_id, sa.func.coalesce(Exposure.times, 0).label("times"))
            .outerjoin(Exposure, sa.and_(Exposure.content_id == Published.content_id, Exposure.learner_id == actor.id))
            .where(Published.content_id.in_(ids))
        )
    }
    enemies: defaultdict[int, set[int]] = defaultdict(set)
    pairs = sa.select(Link.source_id, Link.target_id).where(
        Link.role == "enemy", sa.or_(Link.source_id.in_(ids), Link.target_id.in_(ids))
    )
    for source, target in session.execute(pairs):
        enemies[source].add(target)
        enemies[target].add(source)
    return [
        Askable(one.content_id, one.objective, met[one.content_id], frozenset(enemies[one.content_id]))
        for one in edition.questions
        if one.content_id in met
    ]


def _seed(actor: Actor, participation_id: int, purpose: str, number: int) -> int:
    """Another for each attempt; nothing that a learner sees tells it."""
    return random.Random(f"{actor.id}/{participation_id}/{purpose}/{number}").getrandbits(52)


def participation_of_sitting(session: Session, actor: Actor, sitting_id: int) -> int | None:
    """The participation that a sitting of the learner belongs to, None for any other sitting. Raises LookupError."""
    own = sa.select(Sitting.participation_id).where(Sitting.id == sitting_id, Sitting.learner_id == actor.id)
    row = session.execute(own).one_or_none()
    if row is None:
        raise LookupError(sitting_id)
    participation_id: int | None = row.participation_id
    return participation_id
