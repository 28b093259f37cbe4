"""When nobody can hand in any more: the end of an assignment, found by the background work."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Assignment, table
from quizapp.db.session import retrying, run, writing
from quizapp.services.teaching import reviewing
from quizapp.services.teaching.assignments import DRAFT, given_of, with_begun


def close_over(session: Session, now: dt.datetime) -> int:
    """Close the assignments whose last window is over and which nobody is sitting; says how many were closed.

    Each in its own transaction, and several workers may run this at once.
    """
    waiting = [row.id for row in run(session, _WAITING)]
    return sum(_close(session, assignment_id, now) for assignment_id in waiting)


def _close(session: Session, assignment_id: int, now: dt.datetime) -> bool:
    given = given_of(run(session, with_begun(Assignment.id == assignment_id)).one())
    live = reviewing.get_live(session, given)
    if now < live.all_end or live.running:
        return False

    def deed() -> bool:
        with writing(session):
            closed = (
                sa.update(table(Assignment))
                .where(Assignment.id == assignment_id, Assignment.closed_at.is_(None))
                .values(closed_at=now)
                .returning(Assignment.id)
            )
            return session.scalar(closed) is not None

    return retrying(deed)


_WAITING = sa.select(Assignment.id).where(Assignment.closed_at.is_(None), Assignment.state != DRAFT)
