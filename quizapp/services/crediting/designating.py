"""Designating credit: what a draft lacks, publishing an edition that is written once, withdrawing an activity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.front_matter import Problem
from quizapp.core.preferences import Unfit
from quizapp.db.models import Activity, ActivityVersion, Designation, Participation, table
from quizapp.db.session import retrying, writing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.crediting import drafting, in_control, providers
from quizapp.services.crediting.activities import PinnedLesson, as_lesson
from quizapp.services.crediting.checking import Assembled, Desk, put_together
from quizapp.services.crediting.drafting import Drafted, StaleDraft
from quizapp.services.crediting.in_control import Person
from quizapp.services.crediting.stock import get_stock

LONGEST_REASON = 1_000


class Unpublishable(Exception):
    """What keeps an activity from being published."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(" ".join(one.sentence for one in problems))
        self.problems = problems


@dataclass(frozen=True)
class Published:
    """An edition in the list of its activity. Moments."""

    id: int
    activity_id: int
    edition: int
    title: str
    released: dt.datetime
    expires: dt.datetime
    claim_until: dt.datetime
    at: dt.datetime
    lesson: PinnedLesson | None


@dataclass(frozen=True)
class Own:
    """An activity of a coordinator: its draft, what the draft lacks, and the newest edition, if any."""

    drafted: Drafted
    problems: tuple[Problem, ...]
    newest: Published | None
    differs: bool
    """Whether the draft says something else than the newest edition."""
    enrolled: int = 0

    def state(self, now: dt.datetime) -> str:
        """draft, announced, open, expired or withdrawn."""
        if self.drafted.withdrawn_at is not None:
            return "withdrawn"
        if self.newest is None:
            return "draft"
        if now < self.newest.released:
            return "announced"
        return "open" if now <= self.newest.expires else "expired"


def list_own(session: Session, actor: Actor, now: dt.datetime) -> tuple[Own, ...]:
    """The activities this person runs, in a number of statements that does not grow with them."""
    drafted = drafting.list_drafted(session, actor)
    if not drafted:
        return ()
    desk = get_desk(session, drafted)
    newest: dict[int, tuple[Published, Any]] = {}
    for row in session.execute(_EDITIONS.where(ActivityVersion.activity_id.in_([one.id for one in drafted]))):
        newest.setdefault(row.activity_id, (_published(row), row.body))
    counts = sa.select(Participation.activity_id, sa.func.count()).group_by(Participation.activity_id)
    enrolled = dict(iter(session.execute(counts.where(Participation.activity_id.in_(newest)))))
    own = []
    for one in drafted:
        made = put_together(one, desk, now)
        edition, body = newest.get(one.id, (None, None))
        differs = edition is not None and not _is_the_same(made, edition, body)
        problems = made.problems if edition is None or differs else ()
        own.append(Own(one, problems, edition, differs, enrolled.get(one.id, 0)))
    return tuple(own)


def get_assembled(session: Session, actor: Actor, activity_id: int, now: dt.datetime) -> tuple[Drafted, Assembled]:
    """A draft with what it would become and what it lacks. Raises LookupError."""
    drafted = drafting.get_drafted(session, actor, activity_id)
    return drafted, put_together(drafted, get_desk(session, [drafted]), now)


def get_desk(session: Session, drafted: Sequence[Drafted]) -> Desk:
    """All that these drafts are put together from."""
    systems = {held.slug: held for held in providers.list_systems(session)}
    judged = {
        question
        for one in drafted
        if any(slug in systems and systems[slug].text.designated for slug in one.draft.systems)
        for question in one.draft.questions
    }
    people: dict[int, list[Person]] = {}
    for person in in_control.list_people(session, [one.id for one in drafted]):
        people.setdefault(person.activity_id, []).append(person)
    return Desk(
        {held.slug: held for held in providers.list_providers(session)},
        systems,
        get_stock(session, judged=judged),
        {activity_id: tuple(found) for activity_id, found in people.items()},
    )


def list_editions(session: Session, activity_id: int) -> tuple[Published, ...]:
    """The editions of an activity, the newest first. The caller has made sure that the reader may know."""
    rows = session.execute(_EDITIONS.where(ActivityVersion.activity_id == activity_id))
    return tuple(_published(row) for row in rows)


def publish(session: Session, actor: Actor, activity_id: int, *, based_on: int, now: dt.datetime) -> int:
    """Publish the draft as the next edition, which is written once, and give its id; a repeated click finds the same.

    Whoever is enrolled keeps the edition of that day. An activity that was withdrawn is offered again. Raises
    Unpublishable with everything that is missing, StaleDraft, LookupError.
    """

    def deed() -> int:
        with writing(session):
            held = drafting.hold(session, actor, activity_id)
            if held.revision != based_on:
                raise StaleDraft(held)
            made = put_together(held, get_desk(session, [held]), now)
            last = session.execute(_EDITIONS.where(ActivityVersion.activity_id == activity_id).limit(1)).one_or_none()
            if last is not None and held.withdrawn_at is None and _is_the_same(made, _published(last), last.body):
                return int(last.id)
            if made.problems:
                raise Unpublishable(made.problems)
            return _write(session, actor, made, edition=last.edition + 1 if last else 1, now=now)

    return retrying(deed)


def _write(session: Session, actor: Actor, made: Assembled, *, edition: int, now: dt.datetime) -> int:
    activity_id = made.edition.activity_id
    values = {
        "activity_id": activity_id,
        "edition": edition,
        "provider_id": made.provider_id,
        "kind": made.edition.kind,
        "title": made.edition.title,
        "body": made.body,
        "released": made.edition.released,
        "expires": made.edition.expires,
        "claim_until": made.edition.claim_until,
        "by_id": actor.id,
        "at": now,
    }
    rows = table(ActivityVersion)
    version_id: int = session.execute(sa.insert(rows).values(**values).returning(rows.c.id)).scalar_one()
    session.execute(
        sa.insert(table(Designation)),
        [
            {"version_id": version_id, "system_id": system_id, "maximum": quarters}
            for system_id, quarters in made.designations.items()
        ],
    )
    activities = table(Activity)
    session.execute(sa.update(activities).where(activities.c.id == activity_id).values(withdrawn_at=None))
    details = {"version": version_id, "edition": edition, "questions": len(made.body["questions"])}
    subject = ("activity", activity_id)
    auditing.record(session, actor_id=actor.id, deed="publish activity", subject=subject, details=details, now=now)
    return version_id


def withdraw(session: Session, actor: Actor, activity_id: int, reason: str, now: dt.datetime) -> None:
    """Let nobody enrol any more; who is enrolled goes on. Twice is harmless. Raises Unfit, LookupError."""
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON or drafting.unstorable(reason):
        raise Unfit({"reason": f"Say why, within {LONGEST_REASON} characters; the record keeps it."})

    def deed() -> None:
        with writing(session):
            held = drafting.hold(session, actor, activity_id)
            if held.withdrawn_at is not None:
                return
            if not list_editions(session, activity_id):
                raise Unfit({"reason": "Nothing was published yet, so there is nothing to withdraw."})
            rows = table(Activity)
            session.execute(sa.update(rows).where(rows.c.id == activity_id).values(withdrawn_at=now))
            subject = ("activity", activity_id)
            auditing.record(
                session,
                actor_id=actor.id,
                deed="withdraw activity",
                subject=subject,
                details={"reason": reason},
                now=now,
            )

    retrying(deed)


def says_the_same(session: Session, made: Assembled) -> bool:
    """Whether the newest edition of its activity says what the draft would, so that there is nothing to publish."""
    activity_id = made.edition.activity_id
    last = session.execute(_EDITIONS.where(ActivityVersion.activity_id == activity_id).limit(1)).one_or_none()
    if last is None or made.edition.withdrawn_at is not None:
        return False
    return _is_the_same(made, _published(last), last.body)


def _is_the_same(made: Assembled, edition: Published, body: Any) -> bool:
    dates = (made.edition.released, made.edition.expires, made.edition.claim_until)
    return bool(made.body == body and dates == (edition.released, edition.expires, edition.claim_until))


def _published(row: Any) -> Published:
    return Published(
        id=row.id,
        activity_id=row.activity_id,
        edition=row.edition,
        title=row.title,
        released=row.released,
        expires=row.expires,
        claim_until=row.claim_until,
        at=row.at,
        lesson=as_lesson(row.body),
    )


_EDITIONS = sa.select(
    ActivityVersion.id,
    ActivityVersion.activity_id,
    ActivityVersion.edition,
    ActivityVersion.title,
    ActivityVersion.body,
    ActivityVersion.released,
    ActivityVersion.expires,
    ActivityVersion.claim_until,
    ActivityVersion.at,
).order_by(ActivityVersion.edition.desc())
