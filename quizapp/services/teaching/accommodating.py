"""More time for a person: granted by those who teach the person or by an administrator, and counted everywhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import Unfit
from quizapp.core.windows import USUAL, Allowance
from quizapp.db.models import Accommodation, CohortMember, CohortStaff, User, table
from quizapp.db.session import Lock, retrying, run, writing
from quizapp.db.upserts import upserts
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.versions import Row

MOST_PERCENT = 300
MOST_BREAKS = 240
LONGEST_NOTE = 500


@dataclass(frozen=True)
class Granted:
    """What a person was granted, by whom and when; `note` is for those who grant it."""

    allowance: Allowance
    note: str
    by: str
    at: dt.datetime


def find_allowance(session: Session, learner_id: int) -> Allowance:
    """The time this person has; the usual one without an accommodation."""
    row = run(session, _ALLOWANCE, {"learner": learner_id}).one_or_none()
    return Allowance(row.time_percent, row.break_minutes) if row is not None else USUAL


def find_granted(session: Session, actor: Actor, learner_id: int) -> Granted | None:
    """What this person was granted, for those who may grant it. Raises LookupError for anybody else."""
    _check_scope(session, actor, learner_id)
    row = run(session, _GRANTED, {"learner": learner_id}).one_or_none()
    if row is None:
        return None
    return Granted(Allowance(row.time_percent, row.break_minutes), row.note, row.name or row.email, row.at)


@dataclass(frozen=True)
class Person:
    """Somebody to whom more time may be granted. `name` falls back to the address."""

    id: int
    name: str
    email: str
    allowance: Allowance


def list_granted(session: Session, actor: Actor) -> tuple[Person, ...]:
    """Everybody who has more time, by name. Raises LookupError for anybody but an administrator."""
    if "administrator" not in actor.roles:
        raise LookupError("granted")
    return tuple(_person(row) for row in run(session, _PEOPLE.where(Accommodation.user_id.is_not(None))))


def get_person(session: Session, actor: Actor, learner_id: int) -> Person:
    """Somebody to whom this actor may grant more time. Raises LookupError for anybody else."""
    _check_scope(session, actor, learner_id)
    return _person(run(session, _PEOPLE.where(User.id == learner_id)).one())


def find_person(session: Session, actor: Actor, email: str) -> int | None:
    """The id of the account with this address, for an administrator. Raises LookupError for anybody else."""
    if "administrator" not in actor.roles:
        raise LookupError(email)
    found = session.scalar(sa.select(User.id).where(User.email == email.strip().lower()))
    return int(found) if found is not None else None


def _person(row: Row) -> Person:
    allowance = Allowance(row.time_percent or 100, row.break_minutes or 0)
    return Person(row.id, row.name or row.email, row.email, allowance)


def grant(
    session: Session,
    actor: Actor,
    learner_id: int,
    *,
    time_percent: int,
    break_minutes: int,
    note: str,
    now: dt.datetime,
) -> None:
    """Give a person more time; 100 per cent without breaks takes it back.

    What runs already keeps the deadline it began with. Raises Unfit, and LookupError for those who may not grant it.
    """
    problems = {}
    if not 100 <= time_percent <= MOST_PERCENT:
        problems["time_percent"] = f"Choose between 100 and {MOST_PERCENT} per cent of the usual time."
    if not 0 <= break_minutes <= MOST_BREAKS:
        problems["break_minutes"] = f"Choose between 0 and {MOST_BREAKS} minutes."
    if len(note) > LONGEST_NOTE:
        problems["note"] = f"Keep the note within {LONGEST_NOTE} characters."
    if problems:
        raise Unfit(problems)

    def deed() -> None:
        with writing(session, Lock(learner=learner_id)):
            _check_scope(session, actor, learner_id)
            if not Allowance(time_percent, break_minutes).more:
                session.execute(sa.delete(Accommodation).where(Accommodation.user_id == learner_id))
                _audit(session, actor, learner_id, time_percent, break_minutes, now)
                return
            row = {
                "user_id": learner_id,
                "time_percent": time_percent,
                "break_minutes": break_minutes,
                "note": note.strip(),
                "by_id": actor.id,
                "at": now,
            }
            session.execute(_GRANT[session.get_bind().dialect.name], row)
            _audit(session, actor, learner_id, time_percent, break_minutes, now)

    retrying(deed)


def _audit(
    session: Session, actor: Actor, learner_id: int, time_percent: int, break_minutes: int, now: dt.datetime
) -> None:
    """What was granted; the note stays out of the chain, from which nothing can be taken."""
    auditing.record(
        session,
        actor_id=actor.id,
        deed="grant time",
        subject=("user", learner_id),
        details={"time_percent": time_percent, "break_minutes": break_minutes},
        now=now,
    )


def _check_scope(session: Session, actor: Actor, learner_id: int) -> None:
    """Raises LookupError unless the actor teaches the person now, or is an administrator."""
    if "administrator" in actor.roles:
        found = session.scalar(sa.select(User.id).where(User.id == learner_id))
    else:
        found = session.scalar(_TEACHES, {"actor": actor.id, "learner": learner_id})
    if found is None:
        raise LookupError(learner_id)


_ALLOWANCE = sa.select(Accommodation.time_percent, Accommodation.break_minutes).where(
    Accommodation.user_id == sa.bindparam("learner")
)
_GRANTED = (
    sa.select(
        Accommodation.time_percent,
        Accommodation.break_minutes,
        Accommodation.note,
        Accommodation.at,
        User.name,
        User.email,
    )
    .join(User, User.id == Accommodation.by_id)
    .where(Accommodation.user_id == sa.bindparam("learner"))
)
_PEOPLE = (
    sa.select(User.id, User.name, User.email, Accommodation.time_percent, Accommodation.break_minutes)
    .outerjoin(Accommodation, Accommodation.user_id == User.id)
    .order_by(sa.func.lower(sa.func.coalesce(sa.func.nullif(User.name, ""), User.email)), User.id)
)
_TEACHES = (
    sa.select(CohortMember.learner_id)
    .join(CohortStaff, CohortStaff.cohort_id == CohortMember.cohort_id)
    .where(
        CohortStaff.user_id == sa.bindparam("actor"),
        CohortMember.learner_id == sa.bindparam("learner"),
        CohortMember.left_at.is_(None),
    )
    .limit(1)
)
_GRANT = upserts(table(Accommodation), ("user_id",))
