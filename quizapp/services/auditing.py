"""The audit: one event for each deed of authoring, teaching, credit and administration, in the deed's own transaction.

Never written where a learner answers: every event waits for the one before it, and answers must not.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.audit import BEGINNING, Event, Head, Link, digest, find_altered, sealed
from quizapp.db.models import AuditDetail, AuditEvent, User, table
from quizapp.db.session import run

A_PAGE = 50
_AT_A_TIME = 1_000
_ONE_CHAIN = 0x61756469
"""Key of the advisory lock that lets events on PostgreSQL take turns; SQLite's writers queue anyway."""


def record(
    session: Session,
    *,
    actor_id: int | None,
    deed: str,
    subject: tuple[str, int | str],
    details: Mapping[str, Any],
    now: dt.datetime,
) -> int:
    """Append an event to the chain and give its number. Call it last inside `writing()`: until that deed commits, no
    other can append.

    `deed`: the verb, at most 40 letters; `subject`: kind and id; `details`: JSON of texts, whole numbers and truth
    values, which may name people (they can be erased). Raises ValueError for a fraction.
    """
    if session.get_bind().dialect.name == "postgresql":
        run(session, sa.select(sa.func.pg_advisory_xact_lock(_ONE_CHAIN)))
    last = run(session, _LAST).first()
    salt = secrets.token_hex(16)
    event = Event(
        number=last.number + 1 if last else 1,
        at=now,
        actor_id=actor_id,
        deed=deed,
        subject=(subject[0], str(subject[1])),
        details=sealed(details, salt),
    )
    before = last.digest if last else BEGINNING
    run(
        session,
        sa.insert(table(AuditEvent)),
        {
            "number": event.number,
            "at": event.at,
            "actor_id": event.actor_id,
            "deed": event.deed,
            "subject_kind": event.subject[0],
            "subject_id": event.subject[1],
            "details": event.details,
            "before": before,
            "digest": digest(event, before),
        },
    )
    run(session, sa.insert(table(AuditDetail)), {"number": event.number, "details": dict(details), "salt": salt})
    return event.number


_LAST = sa.select(AuditEvent.number, AuditEvent.digest).order_by(AuditEvent.number.desc()).limit(1)


@dataclass(frozen=True)
class Deed:
    """An event as a person reads it. `details` is None where they were erased; `who` None for the program itself."""

    number: int
    at: dt.datetime
    who: str | None
    deed: str
    subject: tuple[str, str]
    details: Mapping[str, Any] | None


def list_deeds(
    session: Session, *, subject: tuple[str, int | str] | None = None, before: int | None = None
) -> tuple[Deed, ...]:
    """The newest deeds first, a page of them, of everything or of one subject; `before` is the last number seen."""
    query = _READ.order_by(AuditEvent.number.desc()).limit(A_PAGE)
    if subject is not None:
        query = query.where(AuditEvent.subject_kind == subject[0], AuditEvent.subject_id == str(subject[1]))
    if before is not None:
        query = query.where(AuditEvent.number < before)
    return tuple(
        Deed(
            row.number,
            row.at,
            None if row.actor_id is None else row.name or row.email,
            row.deed,
            (row.subject_kind, row.subject_id),
            row.held,
        )
        for row in session.execute(query)
    )


_READ = (
    sa.select(
        AuditEvent.number,
        AuditEvent.at,
        AuditEvent.actor_id,
        AuditEvent.deed,
        AuditEvent.subject_kind,
        AuditEvent.subject_id,
        User.name,
        User.email,
        AuditDetail.details.label("held"),
    )
    .outerjoin(User, User.id == AuditEvent.actor_id)
    .outerjoin(AuditDetail, AuditDetail.number == AuditEvent.number)
)


def verify(session: Session, heads: Iterable[Head] = ()) -> tuple[int, str | None]:
    """How many events there are, and a sentence about the first that is not what was written (None: all are).

    `heads`: what was signed on earlier days; the chain must still hold all of it.
    """
    events = session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) or 0
    try:
        return events, find_altered(_chain(session), heads)
    except _Unreadable as row:
        return events, f"Event {row} or its details cannot be read any more: they were altered."


class _Unreadable(Exception):
    """A row holds what was never written by this program; the argument is its number."""


def _chain(session: Session) -> Iterator[Link]:
    last = 0
    query = _LINKS.execution_options(yield_per=_AT_A_TIME)
    try:
        # Closed even when the reader stops early: PostgreSQL keeps a cursor open for it.
        with session.connection().execute(query) as rows:
            for row in rows:
                yield _link(row)
                last = row.number
    except ValueError:
        raise _Unreadable(_find_unreadable(session, last)) from None


def _find_unreadable(session: Session, after: int) -> int:
    """The first row behind this one that cannot be read: rows are fetched many at a time."""
    numbers = session.scalars(sa.select(AuditEvent.number).where(AuditEvent.number > after).order_by(AuditEvent.number))
    number = after + 1
    for number in numbers.all():
        try:
            _link(session.execute(_LINKS.where(table(AuditEvent).c.number == number)).one())
        except ValueError:
            break
    return number


def _link(row: Any) -> Link:
    event = Event(row.number, row.at, row.actor_id, row.deed, (row.subject_kind, row.subject_id), row.details)
    return Link(event, row.before, row.digest, None if row.salt is None else (row.held, row.salt))


_LINKS = (
    sa.select(
        *table(AuditEvent).c,
        table(AuditDetail).c.details.label("held"),
        table(AuditDetail).c.salt,
    )
    .outerjoin(table(AuditDetail), table(AuditDetail).c.number == table(AuditEvent).c.number)
    .order_by(table(AuditEvent).c.number)
)
