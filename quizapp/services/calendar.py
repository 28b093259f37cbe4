"""The calendar that a learner’s other programs subscribe to: examinations, the minutes of the next days, and the last
days of activities with credit that the learner takes part in.

Whoever has the address may read it, so it holds nothing else, and it ends when the learner takes it back.
"""

from __future__ import annotations

import datetime as dt
import secrets
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import local_date
from quizapp.db.models import LearnerSettings
from quizapp.db.session import Lock, retrying, writing
from quizapp.formats import icalendar
from quizapp.formats.icalendar import Event
from quizapp.services.accounts import Actor, find_calendar_owner, write_settings
from quizapp.services.crediting import ending
from quizapp.services.studying import Desk, get_desk

RENEW_HOURS = 12
LONGEST_TOKEN = 43


def get_token(session: Session, actor: Actor) -> str | None:
    """The secret part of the address, None if there is none."""
    return session.scalar(sa.select(LearnerSettings.calendar_token).where(LearnerSettings.user_id == actor.id))


def make_token(session: Session, actor: Actor) -> None:
    """Make a new address; the old one is dead. After a double click the second stands, which is the one shown."""
    _write(session, actor, secrets.token_urlsafe(32))


def remove_token(session: Session, actor: Actor) -> None:
    """Take the address back; twice is harmless."""
    _write(session, actor, None)


def _write(session: Session, actor: Actor, token: str | None) -> None:
    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            write_settings(session, actor.id, calendar_token=token)

    retrying(deed)


def get_calendar(session: Session, token: str, now: dt.datetime) -> bytes:
    """The calendar under this address. Raises LookupError for one that never was or is dead."""
    actor = find_calendar_owner(session, token) if 0 < len(token) <= LONGEST_TOKEN else None
    if actor is None:
        raise LookupError("calendar")
    desk = get_desk(session, actor, now)
    # Programs tell events apart by their UID across all calendars, and an id of ours would tell more than it need.
    owner = sha256(f"calendar/{token}".encode()).hexdigest()[:20]
    events = [*_exams(desk, owner), *_days(desk, owner), *_credit(session, desk, owner)]
    return icalendar.write("Quizapp", events, at=now, renew_hours=RENEW_HOURS)


def _exams(desk: Desk, owner: str) -> list[Event]:
    today = local_date(desk.now, desk.actor.zone)
    return [Event(f"exam-{exam.id}-{owner}@quizapp", exam.on, exam.title) for exam in desk.exams if exam.on >= today]


def _credit(session: Session, desk: Desk, owner: str) -> list[Event]:
    return [
        Event(f"{end.about.replace(':', '-')}-{owner}@quizapp", local_date(end.at, desk.actor.zone), end.title)
        for end in ending.list_ends(session, desk.actor.id, desk.now)
    ]


def _days(desk: Desk, owner: str) -> list[Event]:
    if desk.at_rest is not None:
        return []
    return [
        Event(f"study-{day.day}-{owner}@quizapp", day.day, f"Study, about {max(round(day.minutes), 1)} min")
        for day in desk.forecast.days
        if day.questions
    ]
