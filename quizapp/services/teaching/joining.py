"""Joining a cohort by its code, saying who may see one's own practice, and leaving; for learners."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Cohort, CohortMember, CohortStaff, Invitation, User, table
from quizapp.db.session import Lock, retrying, run, writing
from quizapp.db.upserts import upserts
from quizapp.services.accounts import Actor
from quizapp.services.teaching import cohorts
from quizapp.services.teaching.cohorts import Teacher


class WrongCode(Exception):
    """No cohort can be joined by this code: it was mistyped, taken back, or the cohort was put away."""


@dataclass(frozen=True)
class Offer:
    """What a code opens. `joined`: whether the reader is in it already; `teaches`: or teaches it."""

    cohort_id: int
    title: str
    teachers: tuple[Teacher, ...]
    joined: bool
    teaches: bool


@dataclass(frozen=True)
class Joined:
    """A cohort the reader is in. `practice_visible`: whether its teachers may see the reader's own practice."""

    cohort_id: int
    title: str
    teachers: str
    joined_at: dt.datetime
    practice_visible: bool
    archived: bool


def look_up(session: Session, actor: Actor, typed: str) -> Offer:
    """What the code that was typed opens. Raises WrongCode. Whoever calls this limits how often it may be tried."""
    cohort = run(session, _BY_CODE, {"code": cohorts.read_code(typed)}).one_or_none()
    if cohort is None:
        raise WrongCode(typed)
    teachers = cohorts.list_teachers(session, cohort.id)
    held = run(session, _MEMBER, {"cohort": cohort.id, "learner": actor.id}).one_or_none()
    return Offer(
        cohort.id,
        cohort.title,
        teachers,
        joined=held is not None and held.left_at is None,
        teaches=any(teacher.id == actor.id for teacher in teachers),
    )


def join(session: Session, actor: Actor, typed: str, *, practice_visible: bool, now: dt.datetime) -> str:
    """Join the cohort of this code, and say whether its teachers may see one's own practice; returns its name.

    Whoever is in it already stays and keeps what was said before; who had left is back. Raises WrongCode, also for
    those who teach it.
    """

    def deed() -> str:
        with writing(session, Lock(learner=actor.id)):
            offer = look_up(session, actor, typed)
            if offer.teaches:
                raise WrongCode(typed)
            if not offer.joined:
                row = {
                    "learner_id": actor.id,
                    "cohort_id": offer.cohort_id,
                    "joined_at": now,
                    "left_at": None,
                    "practice_visible": practice_visible,
                }
                session.execute(_JOIN[session.get_bind().dialect.name], row)
                _take_lms_id(session, actor, offer.cohort_id)
            return offer.title

    return retrying(deed)


def _take_lms_id(session: Session, actor: Actor, cohort_id: int) -> None:
    """What the roster said of this address, unless something else was written since."""
    listed = sa.select(Invitation.lms_id).where(Invitation.cohort_id == cohort_id, Invitation.email == actor.email)
    if lms_id := session.scalar(listed):
        own = (CohortMember.learner_id == actor.id, CohortMember.cohort_id == cohort_id, CohortMember.lms_id.is_(None))
        session.execute(sa.update(CohortMember).where(*own).values(lms_id=lms_id))


def list_invited(session: Session, actor: Actor) -> tuple[str, ...]:
    """The cohorts to which the reader’s address was invited and which the reader is not in, by name."""
    return tuple(session.scalars(_INVITED, {"learner": actor.id, "email": actor.email}))


def show_practice(session: Session, actor: Actor, cohort_id: int, *, visible: bool) -> None:
    """Say anew whether those who teach may see one's own practice. Raises LookupError for a cohort one is not in."""
    _change(session, actor, cohort_id, practice_visible=visible)


def leave(session: Session, actor: Actor, cohort_id: int, now: dt.datetime) -> None:
    """Leave a cohort; what was handed in stays in its gradebook, practice is no longer seen.

    Raises LookupError for a cohort one is not in.
    """
    _change(session, actor, cohort_id, left_at=now, practice_visible=False)


def _change(session: Session, actor: Actor, cohort_id: int, **values: object) -> None:
    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            changed = (
                sa.update(CohortMember)
                .where(
                    CohortMember.learner_id == actor.id,
                    CohortMember.cohort_id == cohort_id,
                    CohortMember.left_at.is_(None),
                )
                .values(**values)
                .returning(CohortMember.cohort_id)
            )
            if session.scalar(changed) is None:
                raise LookupError(cohort_id)

    retrying(deed)


def list_joined(session: Session, actor: Actor) -> tuple[Joined, ...]:
    """The cohorts the reader is in, latest first."""
    rows = run(session, _JOINED, {"learner": actor.id})
    return tuple(
        Joined(row.id, row.title, row.teachers, row.joined_at, row.practice_visible, row.archived_at is not None)
        for row in rows
    )


_BY_CODE = sa.select(Cohort.id, Cohort.title).where(
    Cohort.join_code == sa.bindparam("code"), Cohort.archived_at.is_(None)
)
_MEMBER = sa.select(CohortMember.left_at).where(
    CohortMember.cohort_id == sa.bindparam("cohort"), CohortMember.learner_id == sa.bindparam("learner")
)
_JOIN = upserts(table(CohortMember), ("learner_id", "cohort_id"), ("joined_at", "left_at", "practice_visible"))
_teachers = (
    sa.select(sa.func.aggregate_strings(sa.func.coalesce(sa.func.nullif(User.name, ""), User.email), ", "))
    .join(CohortStaff, CohortStaff.user_id == User.id)
    .where(CohortStaff.cohort_id == Cohort.id)
    .correlate(Cohort)
    .scalar_subquery()
)
_JOINED = (
    sa.select(
        Cohort.id,
        Cohort.title,
        Cohort.archived_at,
        CohortMember.joined_at,
        CohortMember.practice_visible,
        _teachers.label("teachers"),
    )
    .join(CohortMember, CohortMember.cohort_id == Cohort.id)
    .where(CohortMember.learner_id == sa.bindparam("learner"), CohortMember.left_at.is_(None))
    .order_by(Cohort.archived_at.is_not(None), CohortMember.joined_at.desc())
)
_INVITED = (
    sa.select(Cohort.title)
    .join(Invitation, Invitation.cohort_id == Cohort.id)
    .where(
        Invitation.email == sa.bindparam("email"),
        Cohort.archived_at.is_(None),
        Cohort.join_code.is_not(None),
        ~sa.exists().where(CohortMember.cohort_id == Cohort.id, CohortMember.learner_id == sa.bindparam("learner")),
    )
    .order_by(Cohort.title)
)
