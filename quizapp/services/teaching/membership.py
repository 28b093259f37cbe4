"""Who is in a cohort, for those who teach it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import Unfit
from quizapp.core.windows import Allowance
from quizapp.db.models import Accommodation, CohortMember, Memory, User
from quizapp.db.session import retrying, run, writing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.teaching import cohorts
from quizapp.services.versions import Row

A_PAGE = 100
"""Learners on a page."""
LONGEST_LMS_ID = 64


@dataclass(frozen=True)
class Member:
    """A learner in a cohort. `practice_visible`: whether the learner lets those who teach see practice; only then
    `objectives` says on how many of them the learner has begun, and `last_day` when one was asked about last."""

    id: int
    name: str
    email: str
    joined_at: dt.datetime
    practice_visible: bool
    lms_id: str
    allowance: Allowance
    objectives: int
    last_day: dt.date | None

    @property
    def shown_name(self) -> str:
        return self.name or self.email


@dataclass(frozen=True)
class Members:
    """A page of learners, by name; `after` leads to the next page, None on the last."""

    rows: tuple[Member, ...]
    after: int | None


def list_members(session: Session, actor: Actor, cohort_id: int, *, after: int | None = None) -> Members:
    """The learners of a cohort by name, from behind the one with the id `after`. Raises LookupError."""
    cohorts.get_taught(session, actor, cohort_id)
    query = _MEMBERS.limit(A_PAGE + 1)
    if after is not None:
        behind = sa.select(_name, User.id).where(User.id == after).subquery()
        query = query.where(sa.tuple_(_name, User.id) > sa.select(behind).scalar_subquery())
    rows = run(session, query, {"cohort": cohort_id}).all()
    members = tuple(_member(row) for row in rows[:A_PAGE])
    return Members(members, members[-1].id if len(rows) > A_PAGE else None)


def get_member(session: Session, actor: Actor, cohort_id: int, learner_id: int) -> Member:
    """One learner of a cohort this person teaches. Raises LookupError."""
    cohorts.get_taught(session, actor, cohort_id)
    row = run(session, _MEMBERS.where(CohortMember.learner_id == learner_id), {"cohort": cohort_id}).one_or_none()
    if row is None:
        raise LookupError(learner_id)
    return _member(row)


def remove_member(session: Session, actor: Actor, cohort_id: int, learner_id: int, now: dt.datetime) -> str:
    """Take a learner out of a cohort; returns the name. What was handed in stays. Twice is harmless.

    Raises LookupError.
    """

    def deed() -> str:
        with writing(session):
            cohorts.hold(session, actor, cohort_id)
            held = session.execute(
                sa.select(User.name, User.email, CohortMember.left_at)
                .join(CohortMember, CohortMember.learner_id == User.id)
                .where(CohortMember.cohort_id == cohort_id, CohortMember.learner_id == learner_id)
            ).one_or_none()
            if held is None:
                raise LookupError(learner_id)
            name = str(held.name or held.email)
            if held.left_at is not None:
                return name
            _update(session, cohort_id, learner_id, left_at=now, practice_visible=False)
            auditing.record(
                session,
                actor_id=actor.id,
                deed="remove learner",
                subject=("cohort", cohort_id),
                details={"learner": learner_id},
                now=now,
            )
            return name

    return retrying(deed)


def set_lms_id(session: Session, actor: Actor, cohort_id: int, learner_id: int, lms_id: str) -> None:
    """Keep how the school's learning management system names a learner; "" forgets it. Raises Unfit, LookupError."""
    lms_id = lms_id.strip()
    if len(lms_id) > LONGEST_LMS_ID:
        raise Unfit({"lms_id": f"Keep it within {LONGEST_LMS_ID} characters."})

    def deed() -> None:
        with writing(session):
            cohorts.hold(session, actor, cohort_id)
            own = (CohortMember.cohort_id == cohort_id, CohortMember.learner_id == learner_id)
            if session.scalar(sa.select(CohortMember.learner_id).where(*own)) is None:
                raise LookupError(learner_id)
            _update(session, cohort_id, learner_id, lms_id=lms_id or None)

    retrying(deed)


def _update(session: Session, cohort_id: int, learner_id: int, **values: object) -> None:
    own = (CohortMember.cohort_id == cohort_id, CohortMember.learner_id == learner_id)
    session.execute(sa.update(CohortMember).where(*own).values(**values))


def _member(row: Row) -> Member:
    return Member(
        row.id,
        row.name,
        row.email,
        row.joined_at,
        row.practice_visible,
        row.lms_id or "",
        Allowance(row.time_percent or 100, row.break_minutes or 0),
        row.objectives or 0,
        row.last_day,
    )


_name = sa.func.lower(sa.func.coalesce(sa.func.nullif(User.name, ""), User.email))


def _practised(figure: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    """A figure of the memory of a learner who shows practice."""
    shows = (Memory.learner_id == CohortMember.learner_id, CohortMember.practice_visible)
    return sa.select(figure).where(*shows).correlate(CohortMember).scalar_subquery()


_MEMBERS = (
    sa.select(
        User.id,
        User.name,
        User.email,
        CohortMember.joined_at,
        CohortMember.practice_visible,
        CohortMember.lms_id,
        Accommodation.time_percent,
        Accommodation.break_minutes,
        _practised(sa.func.count()).label("objectives"),
        _practised(sa.func.max(Memory.last_day)).label("last_day"),
    )
    .join(CohortMember, CohortMember.learner_id == User.id)
    .outerjoin(Accommodation, Accommodation.user_id == User.id)
    .where(CohortMember.cohort_id == sa.bindparam("cohort"), CohortMember.left_at.is_(None))
    .order_by(_name, User.id)
)
