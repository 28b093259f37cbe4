"""Reminders of credit by mail: each thing once, and at most one mail a week to a learner.

What becomes due before the next mail may go out is told in this one, so that nothing is told too late.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.amounts import CREDITS, counted, shown
from quizapp.core.preferences import DEFAULT, Choices, local_date
from quizapp.core.wording import plain_day
from quizapp.db.models import (
    ActivityVersion,
    Claim,
    CreditProfile,
    CreditSystem,
    Designation,
    LearnerSettings,
    Participation,
    Reminder,
    Reopening,
    Sitting,
    User,
    table,
)
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import outbox
from quizapp.services.accounts import Actor
from quizapp.services.crediting.comparing import COMPARABLE
from quizapp.services.crediting.transcripts import list_lines, progress_of, units_of
from quizapp.services.outbox import Mail
from quizapp.services.versions import Row

STAGES = (7, 30)
"""So many days before an end one is reminded."""
BETWEEN = dt.timedelta(days=7)
"""At least so long lies between two mails to one learner."""
GOAL_MONTHS = (12, 10)
"""From these months on a goal that is behind is told, once from each."""
A_ROUND = 100
SUBJECTS = {
    "claim": "Credit: something ends soon",
    "end": "Credit: something ends soon",
    "goal": "Credit: your goal",
    "peers": "Credit: how others answered",
}
"""The first word of a reason’s name → the subject of its mail. Of several reasons the first here gives it."""


@dataclass(frozen=True)
class Person:
    """Who is reminded."""

    id: int
    email: str
    name: str
    zone: str


@dataclass(frozen=True)
class Reason:
    """Something to be reminded of. `due`: its name if it is time now, None if only soon; `soon`: its name before the
    next mail may go out."""

    due: str | None
    soon: str
    sentence: str


def remind(session: Session, now: dt.datetime, site: str, *, limit: int = A_ROUND) -> int:
    """Write the mails that are due, to at most so many learners, and say how many. `site`: its address, or ""."""
    people, reasons = _reasons(session, now)
    told, last = _told(session, list(reasons))
    session.rollback()
    sent = 0
    for learner_id, found in reasons.items():
        if sent == limit:
            break
        held = told[learner_id]
        if (learner_id not in last or now - last[learner_id] >= BETWEEN) and _new(found, held):
            sent += retrying(partial(_write, session, people[learner_id], tuple(found), now, site))
    return sent


def _new(reasons: list[Reason] | tuple[Reason, ...], told: set[str]) -> bool:
    return any(reason.due is not None and reason.due not in told for reason in reasons)


def _write(session: Session, person: Person, reasons: tuple[Reason, ...], now: dt.datetime, site: str) -> bool:
    with writing(session, Lock(learner=person.id)):
        told, last = _told(session, [person.id])
        held = told[person.id]
        # Another worker may have been here since.
        if (person.id in last and now - last[person.id] < BETWEEN) or not _new(reasons, held):
            return False
        tell = [reason for reason in reasons if not {reason.due or reason.soon, reason.soon} <= held]
        names = {name for reason in tell for name in (reason.due, reason.soon) if name and name not in held}
        rows = [{"learner_id": person.id, "about": name, "at": now} for name in sorted(names)]
        session.execute(sa.insert(table(Reminder)), rows)
        return outbox.queue(session, _mail(person, tell, now, site), now)


def _mail(person: Person, reasons: list[Reason], now: dt.datetime, site: str) -> Mail:
    lines = [f"Hello {person.name}," if person.name else "Hello,", ""]
    lines += [f"- {reason.sentence}" for reason in reasons]
    lines += ["", f"Your activities: {site}/credit" if site else "You find your activities under “Credit”."]
    lines += ["", "You can switch these reminders off" + (f": {site}/settings" if site else " in your settings.")]
    kinds = {reason.soon.split(":")[0] for reason in reasons}
    subject = next(said for kind, said in SUBJECTS.items() if kind in kinds)
    return Mail(f"credit reminder {person.id} {now:%Y-%m-%d}", person.email, subject, "\n".join(lines) + "\n")


def _told(session: Session, learners: list[int]) -> tuple[dict[int, set[str]], dict[int, dt.datetime]]:
    """What these learners were told, and when last."""
    told: dict[int, set[str]] = defaultdict(set)
    last: dict[int, dt.datetime] = {}
    rows = session.execute(
        sa.select(Reminder.learner_id, Reminder.about, Reminder.at).where(Reminder.learner_id.in_(learners))
    )
    for row in rows:
        told[row.learner_id].add(row.about)
        last[row.learner_id] = max(row.at, last.get(row.learner_id, row.at))
    return told, last


def _reasons(session: Session, now: dt.datetime) -> tuple[dict[int, Person], dict[int, list[Reason]]]:
    people: dict[int, Person] = {}
    found: dict[int, list[Reason]] = defaultdict(list)
    rows = session.execute(_TAKING_PART, {"now": now, "horizon": now + dt.timedelta(days=max(STAGES) + BETWEEN.days)})
    for row in rows.all():
        person = people.setdefault(row.learner_id, _person(row))
        found[person.id] += _of_activity(session, row, person, now)
    if any((now + dt.timedelta(days=away)).month >= min(GOAL_MONTHS) for away in (-1, 1)):  # it is, in some zone
        for aiming in session.execute(_WITH_GOALS).all():
            person = people.setdefault(aiming.learner_id, _person(aiming))
            found[person.id] += _of_goals(session, aiming, person, now)
    for compared in session.execute(_COMPARED).all():
        person = people.setdefault(compared.learner_id, _person(compared))
        found[person.id].append(_of_peers(compared))
    return people, {learner_id: reasons for learner_id, reasons in found.items() if reasons}


def _person(row: Row) -> Person:
    return Person(row.learner_id, row.email, row.name, row.zone or DEFAULT.zone)


def _of_activity(session: Session, row: Row, person: Person, now: dt.datetime) -> Iterator[Reason]:
    if row.passed_at is not None:
        until = max(row.claim_until, row.reopened or row.claim_until)
        if until > now and not row.in_control and _may_claim(session, row):
            said = f"“{row.title}”: you have passed. Claim your credit by {_day(until, person)}."
            yield from _staged(f"claim:{row.id}", until, now, said)
    elif now < row.expires and (row.attempts is None or row.used < row.attempts):
        last = _day(row.expires, person)
        if row.kind == "block":
            said = f"“{row.title}”: its quarter ends on {last}. What is not answered by then earns nothing."
        else:
            said = f"“{row.title}”: you have begun it, and it ends on {last}. After that nobody can take part."
        yield from _staged(f"end:{row.id}", row.expires, now, said)


def _staged(about: str, end: dt.datetime, now: dt.datetime, sentence: str) -> Iterator[Reason]:
    left = (end - now).days
    due, soon = _stage(left), _stage(left - BETWEEN.days + 1)
    if soon is not None:
        yield Reason(f"{about}:{due}" if due else None, f"{about}:{soon}", sentence)


def _stage(days: int) -> int | None:
    return next((stage for stage in STAGES if days <= stage), None)


def _may_claim(session: Session, row: Row) -> bool:
    bodies = session.scalars(
        sa.select(CreditSystem.body)
        .join(Designation, Designation.system_id == CreditSystem.id)
        .where(Designation.version_id == row.version_id)
    )
    return any(row.profession in body.get("professions", ()) for body in bodies)


def _of_goals(session: Session, row: Row, person: Person, now: dt.datetime) -> Iterator[Reason]:
    today = local_date(now, person.zone)
    month = next((month for month in GOAL_MONTHS if today.month >= month), None)
    if month is None or not row.goals:
        return
    units = units_of(session)
    actor = Actor(person.id, person.email, person.name, frozenset(), Choices(zone=person.zone), None)
    for one in progress_of(row.goals, list_lines(session, actor, units), today.year, units):
        if one.missing:
            about = f"goal:{today.year}:{month}:{one.system}"
            what = counted(one.goal, one.unit if one.system else CREDITS).replace("*", "")
            said = (
                f"Your goal for {today.year} is {what}; {shown(one.reached)} stand in your "
                f"transcript, {shown(one.missing)} to go."
            )
            yield Reason(about, about, said)


def _of_peers(row: Row) -> Reason:
    about = f"peers:{row.id}"
    said = f"“{row.title}”: enough others have answered by now. The result of your test shows how they did."
    return Reason(about, about, said)


def _day(moment: dt.datetime, person: Person) -> str:
    return plain_day(local_date(moment, person.zone))


_wanted = sa.func.coalesce(LearnerSettings.preferences["credit_reminders"].as_boolean(), sa.true())
_reopened = (
    sa.select(sa.func.max(Reopening.until)).where(Reopening.participation_id == Participation.id).scalar_subquery()
)
_used = (
    sa.select(sa.func.count())
    .where(Sitting.participation_id == Participation.id, Sitting.purpose == "test", Sitting.closed_at.is_not(None))
    .scalar_subquery()
)
_soon = sa.bindparam("horizon", type_=ActivityVersion.expires.type)
_now = sa.bindparam("now", type_=ActivityVersion.expires.type)
_TAKING_PART = (
    sa.select(
        Participation.id,
        Participation.learner_id,
        Participation.version_id,
        Participation.profession,
        Participation.in_control,
        Participation.passed_at,
        ActivityVersion.title,
        ActivityVersion.kind,
        ActivityVersion.expires,
        ActivityVersion.claim_until,
        ActivityVersion.body["attempts"].as_integer().label("attempts"),
        _reopened.label("reopened"),
        _used.label("used"),
        User.email,
        User.name,
        LearnerSettings.zone,
    )
    .join(ActivityVersion, ActivityVersion.id == Participation.version_id)
    .join(User, User.id == Participation.learner_id)
    .outerjoin(LearnerSettings, LearnerSettings.user_id == User.id)
    .where(
        User.active,
        _wanted,
        ~sa.exists().where(Claim.participation_id == Participation.id),
        sa.or_(
            sa.and_(Participation.passed_at.is_(None), ActivityVersion.expires.between(_now, _soon)),
            sa.and_(
                Participation.passed_at.is_not(None),
                sa.or_(ActivityVersion.claim_until.between(_now, _soon), _reopened.between(_now, _soon)),
            ),
        ),
    )
    .order_by(Participation.id)
)
_COMPARED = (
    sa.select(
        Participation.id, Participation.learner_id, ActivityVersion.title, User.email, User.name, LearnerSettings.zone
    )
    .join(ActivityVersion, ActivityVersion.id == Participation.version_id)
    .join(User, User.id == Participation.learner_id)
    .outerjoin(LearnerSettings, LearnerSettings.user_id == User.id)
    .where(
        Participation.peers_awaited,
        User.active,
        _wanted,
        # Who was told is not looked at every night for ever.
        ~sa.exists().where(
            Reminder.learner_id == Participation.learner_id,
            Reminder.about == "peers:" + sa.cast(Participation.id, sa.String),
        ),
        COMPARABLE,
    )
    .order_by(Participation.id)
)
_WITH_GOALS = (
    sa.select(CreditProfile.learner_id, CreditProfile.goals, User.email, User.name, LearnerSettings.zone)
    .join(User, User.id == CreditProfile.learner_id)
    .outerjoin(LearnerSettings, LearnerSettings.user_id == User.id)
    .where(User.active, _wanted)
    .order_by(CreditProfile.learner_id)
)
