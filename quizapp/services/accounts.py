"""People: who is signed in, who may come, what they chose."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from quizapp.core.preferences import (
    AFTERWARDS,
    DEFAULT,
    FIRST_STEPS,
    MOST_EXAMS,
    Choices,
    Preferences,
    Unfit,
    check,
    check_exam,
    local_date,
)
from quizapp.db.models import ExamDate, LearnerSettings, LoginSession, User, UserRole
from quizapp.db.session import Lock, retrying, run, writing
from quizapp.services import auditing

ROLES = ("student", "instructor", "coordinator", "administrator")
DEMO_PASSWORD = "learn-by-heart"  # noqa: S105 - printed on purpose; only for an empty database of a local run


class EmailTaken(Exception):
    """There is an account with this address already."""


class UnknownPerson(Exception):
    """No account with this id or address."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The person behind a request: signed in, not suspended, the sign-in neither ended nor expired."""

    id: int
    email: str
    name: str
    roles: frozenset[str]
    choices: Choices
    first_step: str | None

    @property
    def zone(self) -> str:
        return self.choices.zone

    @property
    def preferences(self) -> Preferences:
        return self.choices.preferences

    @property
    def shown_name(self) -> str:
        return self.name or self.email


@dataclass(frozen=True, slots=True)
class Exam:
    """An examination; `on` is a date in the learner's zone. `afterwards`: what was chosen once it was over."""

    id: int
    title: str
    on: dt.date
    afterwards: str | None = None


_ROLES = (
    sa.select(sa.func.aggregate_strings(UserRole.name, ","))
    .where(UserRole.user_id == User.id)
    .correlate(User)
    .scalar_subquery()
)
_PERSON = (
    sa.select(
        User.id,
        User.email,
        User.name,
        _ROLES.label("roles"),
        LearnerSettings.zone,
        LearnerSettings.minutes_a_day,
        LearnerSettings.rest_days,
        LearnerSettings.light_days,
        LearnerSettings.week_goal,
        LearnerSettings.first_step,
        LearnerSettings.preferences,
    )
    .select_from(User)
    .outerjoin(LearnerSettings, LearnerSettings.user_id == User.id)
    .where(User.active)
)
_ACTOR = _PERSON.join(LoginSession, LoginSession.user_id == User.id).where(
    LoginSession.sid == sa.bindparam("sid"),
    LoginSession.ended_at.is_(None),
    LoginSession.expires_at > sa.bindparam("now", type_=LoginSession.expires_at.type),
)
_CALENDAR_OWNER = _PERSON.where(LearnerSettings.calendar_token == sa.bindparam("token"))


def find_actor(session: Session, sid: str, now: dt.datetime) -> Actor | None:
    """The person signed in under `sid`, in one statement; None if that sign-in is over or the account suspended."""
    row = run(session, _ACTOR, {"sid": sid, "now": now}).one_or_none()
    return _actor(row) if row is not None else None


def find_calendar_owner(session: Session, token: str) -> Actor | None:
    """The person whose calendar has this secret address; None for an address that is dead or an account suspended."""
    row = run(session, _CALENDAR_OWNER, {"token": token}).one_or_none()
    return _actor(row) if row is not None else None


def _actor(row: sa.Row[Any]) -> Actor:
    choices = DEFAULT
    if row.zone is not None:
        choices = Choices(
            row.zone,
            row.minutes_a_day,
            tuple(row.rest_days),
            tuple(row.light_days),
            row.week_goal,
            Preferences.from_json(row.preferences),
        )
    roles = frozenset((row.roles or "").split(",")) - {""}
    return Actor(row.id, row.email, row.name, roles, choices, row.first_step)


def create_user(
    session: Session, *, email: str, name: str, roles: Iterable[str], password_hash: str, now: dt.datetime
) -> int:
    """Open an account whose address counts as confirmed, and give its id. Raises EmailTaken; ValueError for a role."""
    wanted = sorted(set(roles))
    if unknown := set(wanted) - set(ROLES):
        raise ValueError(f"There is no role {', '.join(sorted(unknown))}; roles are {', '.join(ROLES)}.")
    try:
        with writing(session):
            user_id = insert_user(
                session, {"email": email, "name": name, "password": password_hash, "confirmed_at": now}, wanted, now
            )
    except IntegrityError as error:
        raise EmailTaken(email) from error
    return user_id


def insert_user(session: Session, values: dict[str, object], roles: Iterable[str], now: dt.datetime) -> int:
    """Insert a person with roles, inside the caller's `writing()`. The address is stored in small letters."""
    defaults = {
        "active": True,
        "fs_uniquifier": secrets.token_hex(16),
        "fs_webauthn_user_handle": secrets.token_hex(16),
        "create_datetime": now,
        "update_datetime": now,
    }
    email = str(values["email"]).strip().lower()
    insert = sa.insert(User).values(**defaults | values | {"email": email}).returning(User.id)
    user_id: int = session.execute(insert).scalar_one()
    if rows := [{"user_id": user_id, "name": role} for role in roles]:
        session.execute(sa.insert(UserRole), rows)
    return user_id


def get_user_id(session: Session, email: str) -> int:
    """The person with this address. Raises UnknownPerson."""
    user_id = session.scalar(sa.select(User.id).where(User.email == email.strip().lower()))
    if user_id is None:
        raise UnknownPerson(email)
    return user_id


def suspend(session: Session, user_id: int, now: dt.datetime) -> None:
    """Close an account: every sign-in ends now and none can begin. Twice is harmless. Raises UnknownPerson."""

    def deed() -> None:
        with writing(session, Lock(learner=user_id)):
            _set_active(session, user_id, now, active=False)
            end_sessions(session, user_id, now)
            auditing.record(session, actor_id=None, deed="suspend", subject=("person", user_id), details={}, now=now)

    retrying(deed)


def restore(session: Session, user_id: int, now: dt.datetime) -> None:
    """Open a suspended account again; its old sign-ins stay ended. Raises UnknownPerson."""

    def deed() -> None:
        with writing(session, Lock(learner=user_id)):
            _set_active(session, user_id, now, active=True)
            auditing.record(session, actor_id=None, deed="restore", subject=("person", user_id), details={}, now=now)

    retrying(deed)


def _set_active(session: Session, user_id: int, now: dt.datetime, *, active: bool) -> None:
    changed = sa.update(User).where(User.id == user_id).values(active=active, update_datetime=now).returning(User.id)
    if session.scalar(changed) is None:
        raise UnknownPerson(user_id)


def end_sessions(session: Session, user_id: int, now: dt.datetime, *, except_sid: str = "") -> None:
    """End the sign-ins of a person, all but one if asked, inside the caller's `writing()`."""
    session.execute(
        sa.update(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.ended_at.is_(None), LoginSession.sid != except_sid)
        .values(ended_at=now)
    )


def sign_out_elsewhere(session: Session, user_id: int, sid: str, now: dt.datetime) -> None:
    """End every sign-in of this person but the one at hand."""

    def deed() -> None:
        with writing(session, Lock(learner=user_id)):
            end_sessions(session, user_id, now, except_sid=sid)

    retrying(deed)


def save_settings(session: Session, user_id: int, choices: Choices, name: str, now: dt.datetime) -> None:
    """Keep a learner's name and choices. Saving the same twice changes nothing. Raises Unfit."""
    problems: dict[str, str] = {}
    name = " ".join(name.split())
    if len(name) > 120:
        problems["name"] = "Keep the name within 120 characters."
    try:
        choices = check(choices)
    except Unfit as unfit:
        problems |= unfit.problems
    if problems:
        raise Unfit(problems)

    def deed() -> None:
        with writing(session, Lock(learner=user_id)):
            session.execute(sa.update(User).where(User.id == user_id).values(name=name, update_datetime=now))
            write_settings(
                session,
                user_id,
                zone=choices.zone,
                minutes_a_day=choices.minutes_a_day,
                rest_days=list(choices.rest_days),
                light_days=list(choices.light_days),
                week_goal=choices.week_goal,
                preferences=choices.preferences.to_json(),
            )

    retrying(deed)


def choose_first_step(
    session: Session,
    actor: Actor,
    step: str,
    *,
    zone: str | None = None,
    exam: tuple[str, dt.date] | None = None,
    now: dt.datetime,
) -> None:
    """Keep what a learner wants to begin with: read, test, or exam (then with its name and date).

    `zone`, the browser's time zone, is taken over on this first occasion if it is a known one. Raises Unfit.
    """
    if step not in FIRST_STEPS:
        raise Unfit({"first_step": "Choose one of the three ways to begin."})
    if (step == "exam") != (exam is not None):
        raise Unfit({"exam_on": "Give the date of the examination."})
    known_zone = zone if zone is not None and _known(zone) else actor.zone
    title = check_exam(exam[0], exam[1], local_date(now, known_zone)) if exam else ""

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            if actor.first_step is None:
                write_settings(session, actor.id, first_step=step, zone=known_zone)
            else:
                write_settings(session, actor.id, first_step=step)
            if exam:
                _add_exam(session, actor.id, title, exam[1])

    retrying(deed)


def _known(zone: str) -> bool:
    try:
        check(Choices(zone=zone))
    except Unfit:
        return False
    return True


def write_settings(session: Session, user_id: int, **values: object) -> None:
    """Insert or update the row of a learner, who is locked by the caller."""
    changed = sa.update(LearnerSettings).where(LearnerSettings.user_id == user_id).values(**values)
    if session.scalar(changed.returning(LearnerSettings.user_id)) is None:
        defaults = {
            "zone": DEFAULT.zone,
            "minutes_a_day": DEFAULT.minutes_a_day,
            "rest_days": list(DEFAULT.rest_days),
            "light_days": list(DEFAULT.light_days),
            "week_goal": DEFAULT.week_goal,
            "preferences": DEFAULT.preferences.to_json(),
        }
        session.execute(sa.insert(LearnerSettings).values(**{"user_id": user_id} | defaults | values))


def exams_of(session: Session, user_id: int) -> tuple[Exam, ...]:
    """The examinations of a learner, the nearest first; those that have passed stay until they are removed."""
    rows = session.execute(
        sa.select(ExamDate.id, ExamDate.title, ExamDate.on, ExamDate.afterwards)
        .where(ExamDate.user_id == user_id)
        .order_by(ExamDate.on, ExamDate.id)
    )
    return tuple(Exam(*row) for row in rows)


def add_exam_date(session: Session, actor: Actor, title: str, on: dt.date, now: dt.datetime) -> None:
    """Add an examination; the same name and date twice are one. Raises Unfit."""
    title = check_exam(title, on, local_date(now, actor.zone))

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            _add_exam(session, actor.id, title, on)

    retrying(deed)


def _add_exam(session: Session, user_id: int, title: str, on: dt.date) -> None:
    kept = exams_of(session, user_id)
    if any((exam.title, exam.on) == (title, on) for exam in kept):
        return
    if len(kept) >= MOST_EXAMS:
        raise Unfit({"exam_title": f"There are {MOST_EXAMS} dates already. Remove one that has passed first."})
    session.execute(sa.insert(ExamDate).values(user_id=user_id, title=title, on=on))


def choose_afterwards(session: Session, actor: Actor, exam_id: int, choice: str, now: dt.datetime) -> None:
    """Keep on studying, pause, or archive after an examination that is over; the choice may change.

    Raises Unfit for a choice that is none or an examination still ahead, LookupError for somebody else's.
    """
    if choice not in AFTERWARDS:
        raise Unfit({"afterwards": "Choose whether to keep going, to pause or to archive."})

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            on = session.scalar(sa.select(ExamDate.on).where(ExamDate.id == exam_id, ExamDate.user_id == actor.id))
            if on is None:
                raise LookupError(exam_id)
            if on >= local_date(now, actor.zone):
                raise Unfit({"afterwards": "This examination is still ahead."})
            session.execute(sa.update(ExamDate).where(ExamDate.id == exam_id).values(afterwards=choice))

    retrying(deed)


def remove_exam_date(session: Session, actor: Actor, exam_id: int) -> None:
    """Remove an examination of this learner; one that is gone already, or somebody else's, changes nothing."""

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            session.execute(sa.delete(ExamDate).where(ExamDate.id == exam_id, ExamDate.user_id == actor.id))

    retrying(deed)


def demo_accounts(session: Session, password_hash: str, now: dt.datetime) -> tuple[str, ...]:
    """On a database without people, open one account a role and give their addresses; otherwise do nothing."""
    with writing(session):
        if session.scalar(sa.select(User.id).limit(1)) is not None:
            return ()
        for role in ROLES:
            insert_user(
                session,
                {
                    "email": f"{role}@example.org",
                    "name": f"Demo {role}",
                    "password": password_hash,
                    "confirmed_at": now,
                },
                [role],
                now,
            )
    return tuple(f"{role}@example.org" for role in ROLES)
