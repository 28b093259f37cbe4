"""Remarks on an entry, or on one line of it: said, answered, settled. Nobody can change another's words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp.db.models import Comment, User, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.formats import lessons
from quizapp.services.accounts import Actor
from quizapp.services.authoring.drafting import UNSTORABLE, open_draft
from quizapp.services.authoring.scope import get_entry

Json = dict[str, Any]

LONGEST = 2_000


class Unfit(Exception):
    """What was sent is no remark; the sentence says why."""


@dataclass(frozen=True)
class Remark:
    """A remark. `place` is its path in the entry, "" for the whole, and `quoted` what stands there now; None where
    nothing does any more."""

    id: int
    place: str
    quoted: str | None
    text: str
    by: str
    at: dt.datetime
    resolved_by: str
    resolved_at: dt.datetime | None
    is_own: bool


def remarks_on(session: Session, actor: Actor, content_id: int, body: Json) -> tuple[Remark, ...]:
    """All remarks on an entry whose text is `body`, the open ones first, each by its date."""
    said, settled = aliased(User), aliased(User)
    rows = session.execute(
        sa.select(
            Comment,
            sa.func.coalesce(sa.func.nullif(said.name, ""), said.email),
            sa.func.coalesce(sa.func.nullif(settled.name, ""), settled.email, ""),
        )
        .join(said, said.id == Comment.by_id)
        .outerjoin(settled, settled.id == Comment.resolved_by_id)
        .where(Comment.content_id == content_id)
        .order_by(Comment.resolved_at.is_not(None), Comment.id)
    )
    return tuple(
        Remark(
            id=one.id,
            place=one.path,
            quoted=text_at(body, one.path),
            text=one.text,
            by=by,
            at=one.at,
            resolved_by=settled_by,
            resolved_at=one.resolved_at,
            is_own=one.by_id == actor.id,
        )
        for one, by, settled_by in rows
    )


def comment(session: Session, actor: Actor, content_id: int, place: str, text: str, now: dt.datetime) -> int:
    """Say something about an entry or a line of it; the same words by the same person twice are one remark.

    Raises LookupError, Unfit.
    """
    text, place = text.strip(), place.strip()
    if not text:
        raise Unfit("Say something; nothing was added.")
    if len(text) > LONGEST:
        raise Unfit(f"A comment can hold {LONGEST:,} characters; this one has {len(text):,}. Nothing was added.")
    if UNSTORABLE.search(text):
        raise Unfit("There is a character in the text that cannot be kept. Delete it.")
    if len(place) > 200:
        raise Unfit("This line is not there any more. Nothing was added.")

    def deed() -> int:
        with writing(session, Lock(content=content_id)):
            if text_at(open_draft(session, actor, content_id).body, place) is None:
                raise Unfit("This line is not there any more. Nothing was added.")
            same = sa.select(Comment.id).where(
                Comment.content_id == content_id,
                Comment.path == place,
                Comment.text == text,
                Comment.by_id == actor.id,
                Comment.resolved_at.is_(None),
            )
            if (known := session.scalar(same)) is not None:
                return known
            made = Comment(content_id=content_id, path=place, text=text, by_id=actor.id, at=now)
            session.add(made)
            session.flush()
            return made.id

    return retrying(deed)


def settle(session: Session, actor: Actor, comment_id: int, *, settled: bool, now: dt.datetime) -> int:
    """Mark a remark as settled, or open it again; gives the entry. Twice is harmless. Raises LookupError."""

    def deed() -> int:
        with writing(session):
            row = session.execute(
                sa.select(Comment.content_id, Comment.resolved_at).where(Comment.id == comment_id)
            ).one_or_none()
            if row is None:
                raise LookupError(comment_id)
            get_entry(session, actor, row.content_id, right="read")
            if (row.resolved_at is not None) != settled:
                values = (
                    {"resolved_at": now, "resolved_by_id": actor.id}
                    if settled
                    else {
                        "resolved_at": None,
                        "resolved_by_id": None,
                    }
                )
                session.execute(sa.update(table(Comment)).where(Comment.id == comment_id).values(values))
            content_id: int = row.content_id
            return content_id

    return retrying(deed)


def places_in(body: Json) -> list[tuple[str, str]]:
    """Every line of an entry that can be remarked on, as its path and what stands there, in the order of the text."""
    return list(_places(body, ()))


def text_at(body: Json, place: str) -> str | None:
    """What stands at a place; None where nothing does."""
    if not place:
        return ""
    return next((text for path, text in _places(body, ()) if path == place), None)


_UNREMARKED = {"id", "type", "state", "key"}


def _places(value: Any, path: tuple[str, ...]) -> list[tuple[str, str]]:
    if path == ("body",):
        return [(f"body/{section.anchor}", section.title) for section in lessons.parse(str(value))[0] if section.anchor]
    if isinstance(value, dict):
        found = []
        for key, part in value.items():
            if key not in _UNREMARKED and part not in (None, "", [], {}):
                found += _places(part, (*path, str(key)))
        return found
    if isinstance(value, list):
        if not any(isinstance(part, dict) for part in value):
            return [("/".join(path), ", ".join(str(part) for part in value))]
        named = ((str(part.get("id") or n) if isinstance(part, dict) else str(n), part) for n, part in enumerate(value))
        return [place for name, part in named for place in _places(part, (*path, name))]
    return [("/".join(path), str(value))]
