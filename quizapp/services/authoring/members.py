"""Banks and who works on them: opening a bank, appointing members, letting them go. Each change stands in the audit."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.orm import Session

from quizapp.db.models import BankMember, Content, ContentVersion, Published, User, UserRole, table
from quizapp.db.session import Lock, lock, retrying, writing
from quizapp.formats import entries
from quizapp.formats.native import Bank as BankFields
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.authoring.scope import ROLES, Bank, get_bank
from quizapp.services.content import publishing
from quizapp.services.content.making import make
from quizapp.services.content.publishing import New

MOST_BANKS = 50
"""That one person owns: a slip of a script must not fill the database."""
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Unfit(Exception):
    """Nothing was changed. `problems` holds a sentence for each field."""

    def __init__(self, **problems: str) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Member:
    user_id: int
    name: str
    email: str
    role: str


@dataclass(frozen=True)
class Topic:
    slug: str
    title: str


def list_topics(session: Session) -> tuple[Topic, ...]:
    """The topics a bank may belong to, by title."""
    rows = session.execute(
        sa.select(Content.slug, ContentVersion.body["title"].as_string().label("title"))
        .join(Published, Published.content_id == Content.id)
        .join(ContentVersion, ContentVersion.id == Published.version_id)
        .where(Content.kind == "topic")
    )
    return tuple(sorted((Topic(row.slug, row.title) for row in rows), key=lambda topic: topic.title))


def list_members(session: Session, bank: Bank) -> tuple[Member, ...]:
    """Owners first, then by name."""
    rows = session.execute(
        sa.select(User.id, User.name, User.email, BankMember.role)
        .join(BankMember, BankMember.user_id == User.id)
        .where(BankMember.bank_id == bank.id)
    )
    found = (Member(row.id, row.name or row.email, row.email, row.role) for row in rows)
    return tuple(sorted(found, key=lambda one: ([*ROLES].index(one.role), one.name.lower(), one.user_id)))  # type: ignore[arg-type]


def open_bank(
    session: Session, actor: Actor, *, slug: str, title: str, topic: str, licence: str, now: dt.datetime
) -> str:
    """Open a bank whose owner is the actor, and give its slug. Opening it twice is opening it once. Raises Unfit."""
    problems = {}
    if not _SLUG.fullmatch(slug):
        problems["slug"] = "Small letters, digits and “-”, at most 40; it begins every question’s number."
    if topic not in {one.slug for one in list_topics(session)}:
        problems["topic"] = "Choose one of the topics."
    title, licence = " ".join(title.split()), " ".join(licence.split())
    for name, value in (("title", title), ("licence", licence)):
        if not 0 < len(value) <= 120:
            problems[name] = "Fill this in, with at most 120 characters."
    if problems:
        raise Unfit(**problems)
    try:
        fields = BankFields(id=slug, title=title, topic=topic, owners=[actor.email], licence=licence)
    except ValidationError as error:
        raise Unfit(title="This cannot be kept in a file; use plain words.") from error
    new = New("bank", slug, fields, entries.digest(fields), make("bank", fields, {}), True, ("topic", topic), "Opened")

    def deed() -> str:
        with writing(session):
            publishing.take_turn(session)
            ids = publishing.get_ids(session)
            if (known := ids.get(new.key)) is not None:
                if _role(session, known, actor.id) == "owner":
                    return slug
                raise Unfit(slug="There is a bank of this name already.")
            owned = sa.select(sa.func.count()).where(BankMember.user_id == actor.id, BankMember.role == "owner")
            if (session.scalar(owned) or 0) >= MOST_BANKS:
                raise Unfit(slug=f"You own {MOST_BANKS} banks already.")
            content = Content(kind="bank", slug=slug, revision=0)
            session.add(content)
            session.flush()
            ids = ids | {new.key: content.id}
            publishing.publish(session, [new], {}, ids, by_id=actor.id, now=now)
            publishing.index(session, new, {}, ids, is_new=True)
            session.add(BankMember(bank_id=content.id, user_id=actor.id, role="owner", at=now))
            session.flush()
            _record(session, actor, "open bank", slug, {"title": title}, now)
            return slug

    return retrying(deed)


def appoint(session: Session, actor: Actor, slug: str, email: str, role: str, now: dt.datetime) -> None:
    """Let somebody who is an instructor work on a bank, or give a member another role. Raises LookupError, Unfit.

    Whether an address has an account at all is not told: only those who may write at all can be appointed.
    """
    if role not in ROLES:
        raise Unfit(role="Choose a role.")

    def deed() -> None:
        with writing(session):
            bank = get_bank(session, actor, slug, right="own")
            lock(session, Lock(content=bank.id))
            user_id = session.scalar(
                sa.select(User.id)
                .join(UserRole, UserRole.user_id == User.id)
                .where(
                    User.email == email.strip().lower(),
                    User.active,
                    UserRole.name.in_(("instructor", "administrator")),
                )
                .limit(1)
            )
            if user_id is None:
                raise Unfit(email="There is no instructor with this address.")
            before = _role(session, bank.id, user_id)
            if before == role:
                return
            if before == "owner":
                _keep_an_owner(session, bank, user_id)
            if before is None:
                session.add(BankMember(bank_id=bank.id, user_id=user_id, role=role, at=now))
            else:
                changed = sa.update(table(BankMember)).where(
                    BankMember.bank_id == bank.id, BankMember.user_id == user_id
                )
                session.execute(changed.values(role=role, at=now))
            session.flush()
            _record(session, actor, "appoint", slug, {"member": user_id, "role": role, "before": before or ""}, now)

    retrying(deed)


def dismiss(session: Session, actor: Actor, slug: str, user_id: int, now: dt.datetime) -> None:
    """End a membership; what the person wrote stays. Somebody who is no member changes nothing.

    Raises LookupError, Unfit.
    """

    def deed() -> None:
        with writing(session):
            bank = get_bank(session, actor, slug, right="own")
            lock(session, Lock(content=bank.id))
            before = _role(session, bank.id, user_id)
            if before is None:
                return
            if before == "owner":
                _keep_an_owner(session, bank, user_id)
            session.execute(sa.delete(BankMember).where(BankMember.bank_id == bank.id, BankMember.user_id == user_id))
            _record(session, actor, "dismiss", slug, {"member": user_id, "before": before}, now)

    retrying(deed)


def _role(session: Session, bank_id: int, user_id: int) -> str | None:
    return session.scalar(
        sa.select(BankMember.role).where(BankMember.bank_id == bank_id, BankMember.user_id == user_id)
    )


def _keep_an_owner(session: Session, bank: Bank, leaving: int) -> None:
    others = sa.select(BankMember.user_id).where(
        BankMember.bank_id == bank.id, BankMember.role == "owner", BankMember.user_id != leaving
    )
    if session.scalar(others.limit(1)) is None:
        raise Unfit(role="A bank needs an owner. Appoint another one first.")


def _record(session: Session, actor: Actor, deed: str, slug: str, details: dict[str, object], now: dt.datetime) -> None:
    auditing.record(session, actor_id=actor.id, deed=deed, subject=("bank", slug), details=details, now=now)
