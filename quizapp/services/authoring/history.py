"""The versions of an entry: who made which, when, why, and what differs between two of them. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import ContentVersion, Publication, User
from quizapp.formats.comparing import Difference, compare
from quizapp.services.accounts import Actor
from quizapp.services.authoring.drafting import Opened, open_draft
from quizapp.services.authoring.scope import get_entry

Json = dict[str, Any]

DRAFT = 0
"""Stands for the draft where a version is named by its number."""
_NOT_COMPARED = ("id", "state")


@dataclass(frozen=True)
class Version:
    """A version. `by` is "" where it came from a file. `is_major`: it began a new statistics line. `published_at`: when
    readers got it first, None if they never did."""

    number: int
    at: dt.datetime
    by: str
    note: str
    is_major: bool
    is_published: bool
    published_at: dt.datetime | None
    publication_id: int | None


@dataclass(frozen=True)
class History:
    """The versions of an entry, newest first, and two of them compared. `older` and `newer` are numbers, DRAFT for the
    draft; None where there is nothing to compare."""

    opened: Opened
    versions: tuple[Version, ...]
    older: int | None
    newer: int | None
    differences: tuple[Difference, ...]
    bodies: tuple[Json, ...] = ()
    """The two that were compared, the newer one first."""


def get_history(
    session: Session, actor: Actor, content_id: int, *, older: int | None = None, newer: int | None = None
) -> History:
    """The versions, and the two named, by default the newest two (the draft counts). Raises LookupError for an entry or
    a number that is not there."""
    opened = open_draft(session, actor, content_id)
    versions = _versions(session, content_id)
    numbers = [*([DRAFT] if opened.is_draft else []), *(version.number for version in versions)]
    if newer is None:
        newer = numbers[0]
    if newer not in numbers:
        raise LookupError(newer)
    if older is None:
        place = numbers.index(newer)
        older = numbers[place + 1] if place + 1 < len(numbers) else None
    if older is None:
        return History(opened, versions, None, newer, ())
    if older not in numbers:
        raise LookupError(older)
    bodies = _bodies(session, content_id, {older, newer}) | {DRAFT: opened.body}
    found = differences(bodies[older], bodies[newer])
    return History(opened, versions, older, newer, found, (bodies[newer], bodies[older]))


def changes_of(session: Session, opened: Opened) -> tuple[Difference, ...]:
    """What a draft changes of the version it began with; of a new entry everything."""
    base: Mapping[str, Any] = {}
    if opened.based_on_id is not None:
        base = session.execute(
            sa.select(ContentVersion.body).where(ContentVersion.id == opened.based_on_id)
        ).scalar_one()
    return differences(dict(base), opened.body)


def differences(older: Json, newer: Json) -> tuple[Difference, ...]:
    """What differs between two texts of an entry, as its history tells it."""
    return compare(older, newer, ignored=_NOT_COMPARED)


def get_body(session: Session, actor: Actor, content_id: int, number: int) -> Json:
    """One version of an entry as it was written. Raises LookupError."""
    get_entry(session, actor, content_id)
    found = _bodies(session, content_id, {number})
    if number not in found:
        raise LookupError(number)
    return found[number]


def _versions(session: Session, content_id: int) -> tuple[Version, ...]:
    logged: dict[int, tuple[int, dt.datetime | None, str]] = {}
    withdrawn: dict[dt.datetime, tuple[int, dt.datetime | None, str]] = {}
    now_published = None
    for row in session.execute(
        sa.select(Publication.id, Publication.new_version_id, Publication.at, Publication.note)
        .where(Publication.content_id == content_id)
        .order_by(Publication.id)
    ):
        if row.new_version_id is None:  # the version that says so was written in the same moment
            withdrawn[row.at] = (row.id, None, row.note)
        else:
            logged.setdefault(row.new_version_id, (row.id, row.at, row.note))
        now_published = row.new_version_id
    rows = session.execute(
        sa.select(
            ContentVersion.id,
            ContentVersion.number,
            ContentVersion.line,
            ContentVersion.created_at,
            sa.func.coalesce(sa.func.nullif(User.name, ""), User.email, "").label("by"),
        )
        .outerjoin(User, User.id == ContentVersion.author_id)
        .where(ContentVersion.content_id == content_id)
        .order_by(ContentVersion.number)
    )
    found: list[Version] = []
    line = 1
    for row in rows:
        publication_id, at, note = logged.get(row.id) or withdrawn.get(row.created_at) or (None, None, "")
        is_major, is_published = row.line > line, row.id == now_published
        found.append(Version(row.number, row.created_at, row.by, note, is_major, is_published, at, publication_id))
        line = row.line
    return tuple(reversed(found))


def _bodies(session: Session, content_id: int, numbers: set[int]) -> dict[int, Json]:
    rows = session.execute(
        sa.select(ContentVersion.number, ContentVersion.body).where(
            ContentVersion.content_id == content_id, ContentVersion.number.in_(numbers)
        )
    )
    return dict(iter(rows))
