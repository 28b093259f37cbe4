"""When what a learner takes part in ends: the last day to take part, and the last to claim. Reads only."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import ActivityVersion, Claim, Participation, Reopening
from quizapp.services.versions import Row


@dataclass(frozen=True)
class End:
    """An end that lies ahead. `about`: its name for good; `title`: in words."""

    about: str
    at: dt.datetime
    title: str


def list_ends(session: Session, learner_id: int, now: dt.datetime) -> tuple[End, ...]:
    """What ends next for a learner in each activity that is not finished, the nearest first."""
    ends = [_end(row) for row in session.execute(_OPEN, {"learner": learner_id})]
    return tuple(sorted((end for end in ends if end.at > now), key=lambda end: (end.at, end.about)))


def _end(row: Row) -> End:
    if row.passed_at is None:
        return End(f"end:{row.id}", row.expires, f"Last day to take part: {row.title}")
    until = max(row.claim_until, row.reopened or row.claim_until)
    return End(f"claim:{row.id}", until, f"Last day to claim: {row.title}")


_OPEN = (
    sa.select(
        Participation.id,
        Participation.passed_at,
        ActivityVersion.title,
        ActivityVersion.expires,
        ActivityVersion.claim_until,
        sa.select(sa.func.max(Reopening.until))
        .where(Reopening.participation_id == Participation.id)
        .scalar_subquery()
        .label("reopened"),
    )
    .join(ActivityVersion, ActivityVersion.id == Participation.version_id)
    .where(
        Participation.learner_id == sa.bindparam("learner"),
        ~sa.exists().where(Claim.participation_id == Participation.id),
    )
)
