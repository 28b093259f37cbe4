"""The tests that were sat in an activity, as the rules of credit see them. Reads only."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.claims import Attempt
from quizapp.db.models import Content, Presentation, Response, Sitting
from quizapp.services.sittings import effective

BEFORE = "before"
TEST = "test"
"""Values of `sitting.purpose`: what was asked before the lesson, and the test for credit."""


@dataclass(frozen=True)
class SatTest:
    """A sitting of an activity and what it counts for."""

    sitting_id: int
    participation_id: int
    purpose: str
    started_at: dt.datetime
    attempt: Attempt


@dataclass
class _Sum:
    given: list[int] = field(default_factory=lambda: [0, 0])
    now: list[int] = field(default_factory=lambda: [0, 0])
    objectives: set[str] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)


def list_sat(session: Session, participations: Iterable[int], purpose: str = TEST) -> tuple[SatTest, ...]:
    """The sittings with this purpose in these participations, in the order in which they were begun."""
    wanted = set(participations)
    sittings = session.execute(
        sa.select(
            Sitting.id, Sitting.participation_id, Sitting.purpose, Sitting.started_at, Sitting.closed_at, Sitting.plan
        )
        .where(Sitting.participation_id.in_(wanted), Sitting.purpose == purpose)
        .order_by(Sitting.id)
    ).all()
    sums = _sums(session, [row.id for row in sittings])
    return tuple(
        SatTest(
            row.id,
            row.participation_id,
            row.purpose,
            row.started_at,
            _attempt(row.closed_at, sums[row.id], row.plan),
        )
        for row in sittings
    )


def _sums(session: Session, sittings: list[int]) -> Mapping[int, _Sum]:
    sums: defaultdict[int, _Sum] = defaultdict(_Sum)
    if not sittings:
        return sums
    for row in session.execute(_ANSWERS.where(Presentation.sitting_id.in_(sittings))):
        held = sums[row.sitting_id]
        held.given[0] += row.earned
        held.given[1] += row.possible
        held.now[0] += row.earned_now
        held.now[1] += row.possible_now
        held.objectives.add(row.objective)
        if not row.first_exposure:
            held.seen.add(row.presentation_id)
    return sums


def _attempt(closed: dt.datetime | None, held: _Sum, plan: Mapping[str, object]) -> Attempt:
    """Marks as they stand after later corrections of the key, or as they were given, whichever is better for the
    learner: a pass is not taken back by a correction that nobody could know of."""
    (given, of), (earned, possible) = held.given, held.now
    if given * possible > earned * of or not possible:
        earned, possible = given, of
    return Attempt(
        closed=closed,
        earned=earned,
        possible=possible,
        objectives=frozenset(held.objectives),
        seen=len(held.seen),
        exhausted=bool(plan.get("exhausted")),
    )


_ANSWERS = (
    sa.select(
        Presentation.sitting_id,
        Response.presentation_id,
        Response.earned,
        Response.possible,
        effective.c.earned.label("earned_now"),
        effective.c.possible.label("possible_now"),
        Response.first_exposure,
        Content.slug.label("objective"),
    )
    .join(Response, Response.presentation_id == Presentation.id)
    .join(effective, effective.c.id == Response.id)
    .join(Content, Content.id == Response.objective_id)
    .where(Response.learner_id == Presentation.learner_id, ~Presentation.replaced)  # or SQLite reads every question
)
