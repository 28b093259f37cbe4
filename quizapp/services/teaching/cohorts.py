"""Cohorts, for those who teach them: opening, naming, the code to join by, co-teachers, putting away."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from quizapp.core.preferences import Unfit, zones
from quizapp.db.models import Cohort, CohortMember, CohortStaff, User, UserRole
from quizapp.db.session import retrying, run, writing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.versions import Row

T = TypeVar("T")

LONGEST_TITLE = 120
CODE_LETTERS = "BCDFGHJKMNPQRTVWXY346789"
"""Without vowels, which make words, and without what is mistaken for something else when it is read out."""
CODE_LENGTH = 8
LEAD, CO_TEACHER = "lead", "co-teacher"


@dataclass(frozen=True)
class Teacher:
    """Somebody who teaches a cohort. `name` falls back to the address."""

    id: int
    name: str
    role: str

    @property
    def lead(self) -> bool:
        return self.role == LEAD


@dataclass(frozen=True)
class Taught:
    """A cohort as those who teach it see it. `leads`: whether the one who looks is its lead."""

    id: int
    title: str
    zone: str
    code: str | None
    opened_at: dt.datetime
    archived_at: dt.datetime | None
    learners: int
    leads: bool


def list_taught(session: Session, actor: Actor) -> tuple[Taught, ...]:
    """The cohorts this person teaches, those in use first, newest first."""
    rows = run(session, _TAUGHT.order_by(Cohort.archived_at.is_not(None), Cohort.id.desc()), {"actor": actor.id})
    return tuple(_taught(row) for row in rows)


def get_taught(session: Session, actor: Actor, cohort_id: int) -> Taught:
    """A cohort this person teaches. Raises LookupError for any other."""
    row = run(session, _TAUGHT.where(Cohort.id == cohort_id), {"actor": actor.id}).one_or_none()
    if row is None:
        raise LookupError(cohort_id)
    return _taught(row)


def _taught(row: Row) -> Taught:
    return Taught(
        row.id,
        row.title,
        row.zone,
        spell(row.join_code) if row.join_code else None,
        row.opened_at,
        row.archived_at,
        row.learners,
        row.role == LEAD,
    )


def list_teachers(session: Session, cohort_id: int) -> tuple[Teacher, ...]:
    """Who teaches a cohort, the lead first. The caller has made sure that the reader may know."""
    rows = run(session, _TEACHERS, {"cohort": cohort_id})
    return tuple(Teacher(row.id, row.name or row.email, row.role) for row in rows)


def spell(code: str) -> str:
    """A code as it is shown and read out: “BCDF-3467”."""
    return f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"


def read_code(typed: str) -> str:
    """A code as it is stored, from whatever was typed around its letters."""
    return "".join(letter for letter in typed.upper() if letter.isascii() and letter.isalnum())[:12]


def open_cohort(session: Session, actor: Actor, title: str, zone: str, now: dt.datetime) -> int:
    """Open a cohort with this person as its lead, and a code to join by; returns its id. Raises Unfit."""
    title = _fit(title, zone)

    def deed() -> int:
        with writing(session):
            cohort_id: int = session.execute(
                sa.insert(Cohort)
                .values(title=title, zone=zone, owner_id=actor.id, join_code=_new_code(), opened_at=now)
                .returning(Cohort.id)
            ).scalar_one()
            session.execute(sa.insert(CohortStaff).values(cohort_id=cohort_id, user_id=actor.id, role=LEAD))
            _audit(session, actor, "open cohort", cohort_id, now, title=title, zone=zone)
            return cohort_id

    return _with_new_code(deed)


def change(session: Session, actor: Actor, cohort_id: int, title: str, zone: str, now: dt.datetime) -> None:
    """Name a cohort anew and choose its zone. Windows that were set keep theirs. Raises Unfit, LookupError."""
    title = _fit(title, zone)

    def deed() -> None:
        with writing(session):
            held = hold(session, actor, cohort_id)
            if (held.title, held.zone) != (title, zone):
                session.execute(sa.update(Cohort).where(Cohort.id == cohort_id).values(title=title, zone=zone))
                _audit(session, actor, "change cohort", cohort_id, now, title=title, zone=zone)

    retrying(deed)


def renew_code(session: Session, actor: Actor, cohort_id: int, now: dt.datetime) -> None:
    """Give the cohort another code; the old one opens nothing any more. Raises LookupError."""

    def deed() -> None:
        with writing(session):
            hold(session, actor, cohort_id)
            session.execute(sa.update(Cohort).where(Cohort.id == cohort_id).values(join_code=_new_code()))
            _audit(session, actor, "renew code", cohort_id, now)

    _with_new_code(deed)


def close_joining(session: Session, actor: Actor, cohort_id: int, now: dt.datetime) -> None:
    """Take the code back: nobody can join until there is a new one. Raises LookupError."""

    def deed() -> None:
        with writing(session):
            hold(session, actor, cohort_id)
            gone = sa.update(Cohort).where(Cohort.id == cohort_id, Cohort.join_code.is_not(None))
            if session.scalar(gone.values(join_code=None).returning(Cohort.id)) is not None:
                _audit(session, actor, "close joining", cohort_id, now)

    retrying(deed)


def archive(session: Session, actor: Actor, cohort_id: int, now: dt.datetime) -> None:
    """Put a cohort away: nobody joins and nothing new is begun, everything stays readable. Twice is harmless.

    Raises LookupError.
    """

    def deed() -> None:
        with writing(session):
            held = hold(session, actor, cohort_id, lead=True)
            if held.archived_at is None:
                session.execute(sa.update(Cohort).where(Cohort.id == cohort_id).values(archived_at=now, join_code=None))
                _audit(session, actor, "put cohort away", cohort_id, now)

    retrying(deed)


def reopen(session: Session, actor: Actor, cohort_id: int, now: dt.datetime) -> None:
    """Take a cohort out again; it has no code until one is made. Raises LookupError."""

    def deed() -> None:
        with writing(session):
            held = hold(session, actor, cohort_id, lead=True)
            if held.archived_at is not None:
                session.execute(sa.update(Cohort).where(Cohort.id == cohort_id).values(archived_at=None))
                _audit(session, actor, "take cohort out", cohort_id, now)

    retrying(deed)


def add_teacher(session: Session, actor: Actor, cohort_id: int, email: str, now: dt.datetime) -> str:
    """Let another instructor teach the cohort too; returns the name. Only the lead may. Raises Unfit, LookupError."""

    def deed() -> str:
        with writing(session):
            hold(session, actor, cohort_id, lead=True)
            found = session.execute(
                sa.select(User.id, User.name, User.email)
                .join(UserRole, sa.and_(UserRole.user_id == User.id, UserRole.name == "instructor"))
                .where(User.email == email.strip().lower(), User.active)
            ).one_or_none()
            if found is None:
                raise Unfit({"email": "No instructor has this address. Ask the administrator to give them the role."})
            if session.get(CohortStaff, (cohort_id, found.id)) is None:
                session.execute(sa.insert(CohortStaff).values(cohort_id=cohort_id, user_id=found.id, role=CO_TEACHER))
                _audit(session, actor, "add teacher", cohort_id, now, user=found.id)
            return str(found.name or found.email)

    return retrying(deed)


def remove_teacher(session: Session, actor: Actor, cohort_id: int, user_id: int, now: dt.datetime) -> None:
    """End a co-teacher's part: the lead removes anybody but itself, a co-teacher only itself. Twice is harmless.

    Raises LookupError.
    """

    def deed() -> None:
        with writing(session):
            hold(session, actor, cohort_id, lead=user_id != actor.id)
            gone = sa.delete(CohortStaff).where(
                CohortStaff.cohort_id == cohort_id, CohortStaff.user_id == user_id, CohortStaff.role != LEAD
            )
            if session.scalar(gone.returning(CohortStaff.user_id)) is not None:
                _audit(session, actor, "remove teacher", cohort_id, now, user=user_id)

    retrying(deed)


def _audit(session: Session, actor: Actor, deed: str, cohort_id: int, now: dt.datetime, **details: object) -> None:
    """A code stays out of it: whoever may read the record may not therefore join."""
    auditing.record(session, actor_id=actor.id, deed=deed, subject=("cohort", cohort_id), details=details, now=now)


def hold(session: Session, actor: Actor, cohort_id: int, *, lead: bool = False) -> Row:
    """The row of a cohort that this person teaches, inside a deed, locked on PostgreSQL so that its deeds come one
    after the other. Raises LookupError for anybody else, and with `lead` for co-teachers too."""
    row = session.execute(
        sa.select(Cohort.id, Cohort.title, Cohort.zone, Cohort.archived_at, CohortStaff.role)
        .join(CohortStaff, sa.and_(CohortStaff.cohort_id == Cohort.id, CohortStaff.user_id == actor.id))
        .where(Cohort.id == cohort_id)
        .with_for_update(of=Cohort)
    ).one_or_none()
    if row is None or (lead and row.role != LEAD):
        raise LookupError(cohort_id)
    return row


def _fit(title: str, zone: str) -> str:
    problems = {}
    title = " ".join(title.split())
    if not title:
        problems["title"] = "Give the cohort a name, for example “Psychiatry rotation, spring”."
    elif len(title) > LONGEST_TITLE:
        problems["title"] = f"Keep the name within {LONGEST_TITLE} characters."
    if zone not in zones():
        problems["zone"] = "We do not know this time zone. Choose one from the list."
    if problems:
        raise Unfit(problems)
    return title


def _new_code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def _with_new_code(deed: Callable[[], T]) -> T:
    """Run a deed that draws a code; in the one case in a hundred thousand million that it is taken, once more."""
    try:
        return retrying(deed)
    except IntegrityError:
        return retrying(deed)


_members = (
    sa.select(sa.func.count())
    .where(CohortMember.cohort_id == Cohort.id, CohortMember.left_at.is_(None))
    .correlate(Cohort)
    .scalar_subquery()
)
_TAUGHT = sa.select(
    Cohort.id,
    Cohort.title,
    Cohort.zone,
    Cohort.join_code,
    Cohort.opened_at,
    Cohort.archived_at,
    CohortStaff.role,
    _members.label("learners"),
).join(CohortStaff, sa.and_(CohortStaff.cohort_id == Cohort.id, CohortStaff.user_id == sa.bindparam("actor")))
_TEACHERS = (
    sa.select(User.id, User.name, User.email, CohortStaff.role)
    .join(CohortStaff, CohortStaff.user_id == User.id)
    .where(CohortStaff.cohort_id == sa.bindparam("cohort"))
    .order_by(CohortStaff.role.desc(), User.name, User.id)
)
