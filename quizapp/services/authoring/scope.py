"""Who may work on what: the members of a bank, and through the bank its questions and its topic’s lessons.

An owner writes, publishes, reviews what others wrote and appoints the members. An author writes and publishes what was
approved. A reviewer reads drafts, comments and approves. An administrator may do in every bank what its owner may. A
lesson belongs to its topic: whoever may write in a bank of that topic may write its lessons. Facts, references, traps,
objectives and topics are changed in their files only. For everybody else a draft does not exist (LookupError, 404).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp.db.models import BankMember, Content, ContentVersion, Published, User
from quizapp.db.session import retrying, writing
from quizapp.services.accounts import Actor

Right = Literal["read", "write", "review", "own"]
Role = Literal["owner", "author", "reviewer"]

RIGHTS: dict[str, frozenset[Right]] = {
    "owner": frozenset({"read", "write", "review", "own"}),
    "author": frozenset({"read", "write"}),
    "reviewer": frozenset({"read", "review"}),
}
ROLES: tuple[Role, ...] = ("owner", "author", "reviewer")
KINDS = ("item", "lesson")
"""What can be written in the browser."""


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank as one of its members sees it. `role` is the member’s; administrators are owners everywhere."""

    id: int
    slug: str
    title: str
    topic: str
    role: Role

    def lets(self, right: Right) -> bool:
        return right in RIGHTS[self.role]


@dataclass(frozen=True, slots=True)
class Entry:
    """An item or a lesson that somebody may work on. `banks` are those through which they may."""

    content_id: int
    kind: str
    slug: str
    revision: int
    home_id: int
    banks: tuple[Bank, ...]

    @property
    def bank(self) -> Bank:
        """The item’s bank; for a lesson the bank of its topic in which the actor has most to say."""
        return self.banks[0]

    def lets(self, right: Right) -> bool:
        return any(bank.lets(right) for bank in self.banks)


_TOPIC = aliased(Content)


def banks_of(session: Session, actor: Actor, *, right: Right = "read") -> tuple[Bank, ...]:
    """The banks in which the actor has this right, by title; all of them for an administrator."""
    query = (
        sa.select(
            Content.id,
            Content.slug,
            ContentVersion.body["title"].as_string().label("title"),
            _TOPIC.slug.label("topic"),
            BankMember.role,
        )
        .select_from(Content)
        .join(Published, Published.content_id == Content.id)
        .join(ContentVersion, ContentVersion.id == Published.version_id)
        .join(_TOPIC, _TOPIC.id == Content.home_id)
        .outerjoin(BankMember, sa.and_(BankMember.bank_id == Content.id, BankMember.user_id == actor.id))
        .where(Content.kind == "bank")
    )
    everywhere = "administrator" in actor.roles
    if not everywhere:
        query = query.where(BankMember.role.is_not(None))
    found = (
        Bank(row.id, row.slug, row.title, row.topic, "owner" if everywhere else row.role)
        for row in session.execute(query)
    )
    return tuple(sorted((bank for bank in found if bank.lets(right)), key=lambda bank: (bank.title, bank.slug)))


def get_bank(session: Session, actor: Actor, slug: str, *, right: Right = "read") -> Bank:
    """A bank in which the actor has this right. Raises LookupError for any other, whether it exists or not."""
    found = next((bank for bank in banks_of(session, actor, right=right) if bank.slug == slug), None)
    if found is None:
        raise LookupError(slug)
    return found


def get_entry(session: Session, actor: Actor, content_id: int, *, right: Right = "read") -> Entry:
    """An item or lesson to which the actor has this right. Raises LookupError for any other."""
    row = session.execute(
        sa.select(Content.id, Content.kind, Content.slug, Content.revision, Content.home_id, _TOPIC.slug.label("home"))
        .outerjoin(_TOPIC, _TOPIC.id == Content.home_id)
        .where(Content.id == content_id, Content.kind.in_(KINDS))
    ).one_or_none()
    if row is None:
        raise LookupError(content_id)
    own = [bank for bank in banks_of(session, actor) if row.home == (bank.slug if row.kind == "item" else bank.topic)]
    banks = tuple(sorted(own, key=lambda bank: ROLES.index(bank.role)))
    entry = Entry(row.id, row.kind, row.slug, row.revision, row.home_id, banks)
    if not entry.lets(right):
        raise LookupError(content_id)
    return entry


def adopt(session: Session, email: str, now: dt.datetime) -> int:
    """Make this person the owner of every bank that has no member yet; returns how many. For a local run, where the
    demo instructor would otherwise have nothing to open; nothing happens if there is no such person."""

    def deed() -> int:
        with writing(session):
            user_id = session.scalar(sa.select(User.id).where(User.email == email))
            taken = sa.select(BankMember.bank_id)
            banks = session.scalars(sa.select(Content.id).where(Content.kind == "bank", Content.id.not_in(taken))).all()
            if user_id is None or not banks:
                return 0
            rows = [{"bank_id": bank, "user_id": user_id, "role": "owner", "at": now} for bank in banks]
            session.execute(sa.insert(BankMember), rows)
            return len(rows)

    return retrying(deed)
