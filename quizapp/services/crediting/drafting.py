"""Activities as they are being set up: drafts, who may change them, and two who do so at once."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from quizapp.core.credit.amounts import MOST_QUARTERS
from quizapp.core.preferences import Unfit
from quizapp.db.models import Activity, ActivityCoordinator, User, UserRole, table
from quizapp.db.session import retrying, writing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.authoring.drafting import UNSTORABLE
from quizapp.services.crediting.activities import BLOCK, LESSON
from quizapp.services.crediting.providers import ship
from quizapp.services.versions import Row

LONGEST_TITLE = 200
LONGEST_TEXT = 4_000
LONGEST_SLUG = 64
MOST = {"minutes": 6_000, "minimum_percent": 100, "attempts": 20, "a_test": 200, "cool_down_minutes": 43_200}
"""What a number can be at most; thirty days between two attempts."""
MOST_ENTRIES = 300
YEARS = range(2000, 2101)
"""In which the days of an activity lie; any other is a slip of the keyboard, and some have no day after them."""
OUT_OF_YEARS = f"Choose a day between {YEARS[0]} and {YEARS[-1]}."
UNKEPT = "This holds a sign that cannot be kept. Please type it anew."


@dataclass(frozen=True)
class Draft:
    """What the next edition would state. Texts are empty and numbers 0 where nothing was written; days are those of
    the provider’s calendar. `provider`, `lesson`, `objectives`, `questions`, `systems`: slugs; `systems` with the
    quarters at most. `quarter`: “2026-Q4”, of a block."""

    kind: str = LESSON
    title: str = ""
    provider: str = ""
    joint_provider: str = ""
    audience: str = ""
    practice_gap: str = ""
    need: str = ""
    intended_change: str = ""
    why_this_format: str = ""
    competencies: str = ""
    lesson: str = ""
    objectives: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    a_test: int = 0
    minutes: int = 0
    method: str = ""
    minimum_percent: int = 0
    attempts: int = 0
    cool_down_minutes: int = 0
    pretest: bool = False
    systems: Mapping[str, int] = field(default_factory=dict)
    released: dt.date | None = None
    expires: dt.date | None = None
    claim_until: dt.date | None = None
    quarter: str = ""
    validity_reviewer: str = ""
    validity_reviewed_on: dt.date | None = None
    commercial_support: str = ""
    bibliography: tuple[str, ...] = ()
    board_label: str = ""
    board_reference: str = ""
    board_from: dt.date | None = None
    board_until: dt.date | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Draft:
        """What `to_json` wrote; what is not there is empty."""
        held = {one.name: stored[one.name] for one in fields(cls) if one.name in stored}
        held |= {name: dt.date.fromisoformat(held[name]) for name in DAYS if held.get(name)}
        held |= {name: tuple(held[name]) for name in LISTS if name in held}
        return cls(**held)

    def changed_from(self, other: Draft) -> tuple[str, ...]:
        """The fields in which it differs."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name) != getattr(other, one.name))


DAYS = ("released", "expires", "claim_until", "validity_reviewed_on", "board_from", "board_until")
LISTS = ("objectives", "questions", "bibliography")


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True)
class Drafted:
    """An activity with its draft. `by`: who changed it last, None for the program."""

    id: int
    slug: str
    draft: Draft
    revision: int
    by: str | None
    at: dt.datetime
    withdrawn_at: dt.datetime | None


class StaleDraft(Exception):
    """Somebody saved meanwhile. `theirs` is what they saved."""

    def __init__(self, theirs: Drafted) -> None:
        super().__init__(theirs.slug)
        self.theirs = theirs


@dataclass(frozen=True)
class Coordinator:
    id: int
    name: str
    email: str


def get_drafted(session: Session, actor: Actor, activity_id: int) -> Drafted:
    """An activity this person runs; administrators run all. Raises LookupError for any other."""
    row = session.execute(_own(actor).where(Activity.id == activity_id)).one_or_none()
    if row is None:
        raise LookupError(activity_id)
    return drafted(row)


def list_drafted(session: Session, actor: Actor) -> tuple[Drafted, ...]:
    """The activities this person runs, the newest first."""
    return tuple(drafted(row) for row in session.execute(_own(actor).order_by(Activity.id.desc())))


def drafted(row: Row) -> Drafted:
    by = None if row.by_id is None else row.name or row.email
    return Drafted(row.id, row.slug, Draft.from_json(row.draft), row.revision, by, row.at, row.withdrawn_at)


def hold(session: Session, actor: Actor, activity_id: int) -> Drafted:
    """The same inside a deed, locked on PostgreSQL so that the deeds of an activity come one after the other.

    Raises LookupError.
    """
    row = session.execute(
        _own(actor).where(Activity.id == activity_id).with_for_update(of=table(Activity))
    ).one_or_none()
    if row is None:
        raise LookupError(activity_id)
    return drafted(row)


def begin(session: Session, actor: Actor, kind: str, title: str, now: dt.datetime, slug: str = "") -> int:
    """Begin an activity, run by this person; returns its id. The first one of a database brings the providers and
    systems that ship. Raises Unfit."""
    title = " ".join(title.split())
    if kind not in (LESSON, BLOCK):
        raise Unfit({"kind": "Choose what the activity is."})
    if not title or len(title) > LONGEST_TITLE:
        raise Unfit({"title": f"Give the activity a title, within {LONGEST_TITLE} characters."})
    if unstorable(title):
        raise Unfit({"title": UNKEPT})
    wanted = slug or slug_of(title)

    def deed() -> int:
        with writing(session):
            ship(session, now)
            taken = set(session.scalars(sa.select(Activity.slug).where(Activity.slug.startswith(wanted))))
            values = {
                "slug": _free(wanted, taken),
                "draft": Draft(kind=kind, title=title).to_json(),
                "revision": 1,
                "by_id": actor.id,
                "at": now,
            }
            made = session.execute(sa.insert(table(Activity)).values(**values).returning(table(Activity).c.id))
            activity_id: int = made.scalar_one()
            session.execute(sa.insert(table(ActivityCoordinator)), {"activity_id": activity_id, "user_id": actor.id})
            _audit(session, actor, "begin activity", activity_id, {"kind": kind, "title": title}, now)
            return activity_id

    try:
        return retrying(deed)
    except IntegrityError:  # two of one title at once: the second finds the first and takes the next name
        return retrying(deed)


def save(session: Session, actor: Actor, activity_id: int, draft: Draft, *, based_on: int, now: dt.datetime) -> int:
    """Keep what was typed, whole or not, and give the new revision; saving the same again changes nothing.

    Raises Unfit for what cannot be kept, StaleDraft, LookupError.
    """
    check(draft)

    def deed() -> int:
        with writing(session):
            held = hold(session, actor, activity_id)
            if held.draft == draft:
                return held.revision
            if held.revision != based_on:
                raise StaleDraft(held)
            if held.draft.kind != draft.kind:
                raise Unfit({"kind": "What an activity is stays; begin another one."})
            session.execute(
                sa.update(table(Activity))
                .where(table(Activity).c.id == activity_id)
                .values(draft=draft.to_json(), revision=held.revision + 1, by_id=actor.id, at=now)
            )
            changed = {"changed": ", ".join(draft.changed_from(held.draft))}
            _audit(session, actor, "change activity", activity_id, changed, now)
            return held.revision + 1

    return retrying(deed)


def unstorable(value: object) -> bool:
    """Whether a text, or one of several, holds a sign that a database cannot keep."""
    texts = value if isinstance(value, (tuple, list, dict)) else (value,)
    return any(isinstance(text, str) and UNSTORABLE.search(text) for text in texts)


def check(draft: Draft) -> None:
    """Raises Unfit with a sentence for each field that cannot be kept. What is missing is no fault of a draft."""
    problems = {}
    for name, value in asdict(draft).items():
        if unstorable(value):
            problems[name] = UNKEPT
        elif isinstance(value, str) and len(value) > (longest := LONGEST_TITLE if name == "title" else LONGEST_TEXT):
            problems[name] = f"Keep it within {longest:,} characters; this has {len(value):,}."
        elif name in MOST and not 0 <= value <= MOST[name]:
            problems[name] = f"Enter a whole number from 0 to {MOST[name]}."
        elif isinstance(value, dt.date) and value.year not in YEARS:
            problems[name] = OUT_OF_YEARS
        elif name in LISTS and (len(value) > MOST_ENTRIES or any(len(one) > LONGEST_TEXT for one in value)):
            problems[name] = f"At most {MOST_ENTRIES} entries, each within {LONGEST_TEXT} characters."
    if any(not 0 < quarters <= MOST_QUARTERS for quarters in draft.systems.values()):
        problems["systems"] = "Write credits as a number, for example 1.25, or leave the field empty."
    if draft.kind not in (LESSON, BLOCK):
        problems["kind"] = "Choose what the activity is."
    if problems:
        raise Unfit(problems)


def list_coordinators(session: Session, activity_id: int) -> tuple[Coordinator, ...]:
    """Who runs an activity. The caller has made sure that the reader may know."""
    rows = session.execute(
        sa.select(User.id, User.name, User.email)
        .join(ActivityCoordinator, ActivityCoordinator.user_id == User.id)
        .where(ActivityCoordinator.activity_id == activity_id)
        .order_by(User.name, User.id)
    )
    return tuple(Coordinator(row.id, row.name or row.email, row.email) for row in rows)


def add_coordinator(session: Session, actor: Actor, activity_id: int, email: str, now: dt.datetime) -> str:
    """Let another coordinator run the activity too; returns the name. Twice is harmless. Raises Unfit, LookupError."""
    if unstorable(email):
        raise Unfit({"email": UNKEPT})

    def deed() -> str:
        with writing(session):
            hold(session, actor, activity_id)
            found = session.execute(
                sa.select(User.id, User.name, User.email)
                .join(UserRole, sa.and_(UserRole.user_id == User.id, UserRole.name == "coordinator"))
                .where(User.email == email.strip().lower(), User.active)
            ).one_or_none()
            if found is None:
                raise Unfit({"email": "No coordinator has this address. Ask the administrator to give them the role."})
            if session.get(ActivityCoordinator, (activity_id, found.id)) is None:
                values = {"activity_id": activity_id, "user_id": found.id}
                session.execute(sa.insert(table(ActivityCoordinator)), values)
                _audit(session, actor, "add coordinator", activity_id, {"user": found.id}, now)
            return str(found.name or found.email)

    return retrying(deed)


def remove_coordinator(session: Session, actor: Actor, activity_id: int, user_id: int, now: dt.datetime) -> None:
    """End a coordinator’s part; the last one stays. Twice is harmless. Raises Unfit, LookupError."""

    def deed() -> None:
        with writing(session):
            hold(session, actor, activity_id)
            running = set(
                session.scalars(
                    sa.select(ActivityCoordinator.user_id).where(ActivityCoordinator.activity_id == activity_id)
                )
            )
            if user_id not in running:
                return
            if len(running) == 1:
                raise Unfit({"email": "Somebody must run the activity. Add another coordinator first."})
            rows = table(ActivityCoordinator)
            session.execute(sa.delete(rows).where(rows.c.activity_id == activity_id, rows.c.user_id == user_id))
            _audit(session, actor, "remove coordinator", activity_id, {"user": user_id}, now)

    retrying(deed)


def slug_of(title: str) -> str:
    """A title as a part of an address: “how-nassas-act”."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: LONGEST_SLUG - 8].strip("-") or "activity"


def _free(wanted: str, taken: set[str]) -> str:
    number = 1
    while (slug := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    return slug


def _audit(
    session: Session, actor: Actor, deed: str, activity_id: int, details: Mapping[str, Any], now: dt.datetime
) -> None:
    subject = ("activity", activity_id)
    auditing.record(session, actor_id=actor.id, deed=deed, subject=subject, details=details, now=now)


def _own(actor: Actor) -> sa.Select[*tuple[Any, ...]]:
    found: sa.Select[*tuple[Any, ...]] = sa.select(
        Activity.id,
        Activity.slug,
        Activity.draft,
        Activity.revision,
        Activity.by_id,
        Activity.at,
        Activity.withdrawn_at,
        User.name,
        User.email,
    ).outerjoin(User, User.id == Activity.by_id)
    if "administrator" in actor.roles:
        return found
    runs = sa.exists().where(ActivityCoordinator.activity_id == Activity.id, ActivityCoordinator.user_id == actor.id)
    return found.where(runs)
