"""Who controls the content of an activity: named with a role and the day it began, changed, taken off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.front_matter import InControl as Stated
from quizapp.core.credit.identifiers import problem_of_name
from quizapp.core.preferences import Unfit
from quizapp.db.models import Disclosure, InControl, User, table
from quizapp.db.session import retrying, writing
from quizapp.services import auditing, outbox
from quizapp.services.accounts import Actor
from quizapp.services.crediting.drafting import OUT_OF_YEARS, YEARS, get_drafted, hold, unstorable
from quizapp.services.versions import Row

ROLES = ("planner", "author", "faculty", "editor", "reviewer", "other")


@dataclass(frozen=True)
class Person:
    """Somebody in control of content, with the newest disclosure: `relationships` None while nothing was disclosed,
    empty where there are none. `disclosure_id`: 0 while nothing was; `disclosed_by`: who entered it, None for the
    person alone."""

    id: int
    activity_id: int
    name: str
    email: str
    role: str
    began: dt.date | None
    asked_at: dt.datetime | None
    relationships: tuple[str, ...] | None
    employed: bool
    mitigation: str
    mitigated_on: dt.date | None
    disclosure_id: int
    disclosed_at: dt.datetime | None
    disclosed_by: str | None

    def stated(self) -> Stated:
        """As the front matter says it."""
        return Stated(
            self.name,
            self.role,
            self.began,
            self.relationships,
            self.mitigation,
            self.mitigated_on,
            self.employed,
        )


def list_people(session: Session, activity_ids: Collection[int]) -> tuple[Person, ...]:
    """Who controls the content of these activities now, in the order of being named; one statement."""
    wanted = PEOPLE.where(InControl.activity_id.in_(activity_ids), InControl.ended_at.is_(None))
    return tuple(person_of(row) for row in session.execute(wanted.order_by(InControl.id)))


def get_person(session: Session, actor: Actor, person_id: int) -> Person:
    """Somebody in control of an activity that this person runs. Raises LookupError."""
    row = session.execute(PEOPLE.where(InControl.id == person_id, InControl.ended_at.is_(None))).one_or_none()
    if row is None:
        raise LookupError(person_id)
    get_drafted(session, actor, row.activity_id)
    return person_of(row)


def name_person(
    session: Session,
    actor: Actor,
    activity_id: int,
    *,
    name: str,
    email: str,
    role: str,
    began: dt.date | None,
    now: dt.datetime,
) -> int:
    """Name somebody who controls content; the same person in the same role twice is named once. Returns the id.

    An account with this address is taken to be theirs, so that it is known who claims credit for own work. Raises
    Unfit, LookupError.
    """
    name, email, role = " ".join(name.split()), email.strip().lower(), " ".join(role.split())
    _check_person(name, email, role, began)

    def deed() -> int:
        with writing(session):
            hold(session, actor, activity_id)
            same = session.scalar(
                sa.select(InControl.id).where(
                    InControl.activity_id == activity_id,
                    InControl.name == name,
                    InControl.email == email,
                    InControl.role == role,
                    InControl.ended_at.is_(None),
                )
            )
            if same is not None:
                return int(same)
            values = {
                "activity_id": activity_id,
                "user_id": session.scalar(sa.select(User.id).where(User.email == email)) if email else None,
                "name": name,
                "email": email,
                "role": role,
                "began": began,
            }
            made = session.execute(sa.insert(table(InControl)).values(**values).returning(table(InControl).c.id))
            person_id: int = made.scalar_one()
            record(session, actor.id, "name in control", activity_id, {"person": person_id, "name": name}, now)
            return person_id

    return retrying(deed)


def change_person(
    session: Session, actor: Actor, person_id: int, *, role: str, began: dt.date | None, now: dt.datetime
) -> None:
    """Say anew in which role, and since when. Raises Unfit, LookupError."""
    role = " ".join(role.split())

    def deed() -> None:
        with writing(session):
            person = hold_person(session, actor, person_id)
            _check_person(person.name, person.email, role, began)
            if (person.role, person.began) == (role, began):
                return
            people = table(InControl)
            session.execute(sa.update(people).where(people.c.id == person_id).values(role=role, began=began))
            details = {"person": person_id, "role": role, "began": began.isoformat() if began else ""}
            record(session, actor.id, "change in control", person.activity_id, details, now)

    retrying(deed)


def end_person(session: Session, actor: Actor, person_id: int, now: dt.datetime) -> int:
    """From now on this person controls nothing; what was published still names them. Twice is harmless.

    Returns the id of the activity. Raises LookupError.
    """

    def deed() -> int:
        with writing(session):
            person = hold_person(session, actor, person_id, ended=True)
            people = table(InControl)
            ended = sa.update(people).where(people.c.id == person_id, people.c.ended_at.is_(None))
            ended_now: sa.CursorResult[Any] = session.connection().execute(ended.values(ended_at=now, token=None))
            if ended_now.rowcount:
                record(session, actor.id, "end in control", person.activity_id, {"person": person_id}, now)
            return person.activity_id

    return retrying(deed)


def hold_person(session: Session, actor: Actor, person_id: int, *, ended: bool = False) -> Person:
    """Somebody in control, while all deeds of the activity wait. `ended`: also who is in control no longer. Raises
    LookupError."""
    activity_id = session.scalar(sa.select(InControl.activity_id).where(InControl.id == person_id))
    if activity_id is None:
        raise LookupError(person_id)
    hold(session, actor, activity_id)
    row = session.execute(PEOPLE.where(InControl.id == person_id)).one()
    if row.ended_at is not None and not ended:
        raise LookupError(person_id)
    return person_of(row)


def _check_person(name: str, email: str, role: str, began: dt.date | None) -> None:
    problems = {}
    if began is not None and began.year not in YEARS:
        problems["began"] = OUT_OF_YEARS
    if problem := problem_of_name(name):
        problems["name"] = problem if name else "Write the name."
    if email and not outbox.is_address(email):
        problems["email"] = "This is not a plain address of mail."
    if not role or len(role) > 40 or unstorable(role):
        problems["role"] = "Say in which role, within 40 characters."
    if problems:
        raise Unfit(problems)


def record(
    session: Session, by_id: int | None, deed: str, activity_id: int, details: dict[str, Any], now: dt.datetime
) -> None:
    """Keep a deed about somebody in control in the audit, inside that deed; `by_id` None for the person alone."""
    subject = ("activity", activity_id)
    auditing.record(session, actor_id=by_id, deed=deed, subject=subject, details=details, now=now)


def person_of(row: Row) -> Person:
    """A row of PEOPLE."""
    return Person(
        id=row.id,
        activity_id=row.activity_id,
        name=row.name,
        email=row.email,
        role=row.role,
        began=row.began,
        asked_at=row.asked_at,
        relationships=None if row.disclosed_at is None else tuple(row.relationships),
        employed=bool(row.employed),
        mitigation=row.mitigation or "",
        mitigated_on=row.mitigated_on,
        disclosure_id=row.disclosure_id or 0,
        disclosed_at=row.disclosed_at,
        disclosed_by=None if row.by_id is None else row.by_name or row.by_email,
    )


_by = sa.orm.aliased(User)
_newest = sa.select(sa.func.max(Disclosure.id)).where(Disclosure.in_control_id == InControl.id).correlate(InControl)
PEOPLE = (
    sa.select(
        InControl.id,
        InControl.activity_id,
        InControl.name,
        InControl.email,
        InControl.role,
        InControl.began,
        InControl.asked_at,
        InControl.ended_at,
        Disclosure.id.label("disclosure_id"),
        Disclosure.relationships,
        Disclosure.employed,
        Disclosure.mitigation,
        Disclosure.mitigated_on,
        Disclosure.by_id,
        Disclosure.at.label("disclosed_at"),
        _by.name.label("by_name"),
        _by.email.label("by_email"),
    )
    .select_from(InControl)
    .outerjoin(Disclosure, Disclosure.id == _newest.scalar_subquery())
    .outerjoin(_by, _by.id == Disclosure.by_id)
)
"""Everybody who was ever in control, each with the newest disclosure."""
