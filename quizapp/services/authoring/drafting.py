"""Drafts: an entry as it stands in an editor. Nothing that was typed is lost, right or wrong.

A draft is plain JSON within limits of size; whether it makes a question is judged elsewhere. Each change carries the
revision it was made on. Whoever comes second is told (`StaleDraft`) and given both texts; neither is overwritten.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp import itemtypes
from quizapp.db.models import Content, ContentVersion, Draft, Publication, Published, Upload, User, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.services.accounts import Actor
from quizapp.services.authoring.scope import Bank, Right, get_bank, get_entry

Json = dict[str, Any]

MOST_BYTES = 450_000
"""Of a draft as JSON: the longest lesson that a form can send."""
MOST_NODES = 5_000
MOST_DEPTH = 12
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL takes in no text. Other invisible characters are kept as typed and judged with the rest."""
STATES = {
    "draft": "Draft",
    "in_review": "In review",
    "approved": "Approved",
    "published": "Published",
    "retired": "Retired",
}


class Unfit(Exception):
    """What was sent cannot be kept as a draft. The sentence says why; the form comes back as it was typed."""


class StaleDraft(Exception):
    """Somebody changed the entry since it was opened. Nothing was stored: `theirs` is what stands there now.

    `by` is "" where the change came from a file. `revision` is that of `theirs`; to overwrite it, save on that.
    """

    def __init__(self, theirs: Json, by: str, at: dt.datetime, revision: int) -> None:
        super().__init__(f"changed by {by or 'a file'} at {at.isoformat()}")
        self.theirs = theirs
        self.by = by
        self.at = at
        self.revision = revision


@dataclass(frozen=True)
class Opened:
    """An entry as its editor shows it: the draft, or the version that a draft would begin with.

    `state` is a key of STATES: that of the draft, else published, retired, or draft for what was never published.
    `based_on_id` is the version the draft began with or would begin with, None for a new entry. `by` is who changed it
    last, "" where it came from a file.
    """

    content_id: int
    kind: str
    slug: str
    bank: Bank
    body: Json
    revision: int
    state: str
    is_draft: bool
    """Whether there are changes that are not published."""
    is_published: bool
    based_on_id: int | None
    by: str
    at: dt.datetime
    rights: frozenset[Right]
    writers: frozenset[int] = frozenset()
    """Who has changed this draft."""

    def lets(self, right: Right) -> bool:
        return right in self.rights

    @property
    def needs_panel(self) -> bool:
        """Whether it holds script concordance, which is marked by the votes of experts."""
        steps = (self.body, *(self.body.get("parts") or ()))
        return any(isinstance(one, dict) and one.get("type") == "script_concordance" for one in steps)


@dataclass(frozen=True)
class Saved:
    """`changed` is False where the same was saved before."""

    revision: int
    at: dt.datetime
    changed: bool = True


def create(
    session: Session,
    actor: Actor,
    *,
    kind: str = "item",
    bank: str,
    type: str = "",
    objective: str | None = None,
    slug: str | None = None,
    body: Json,
    now: dt.datetime,
) -> int:
    """Begin a new item of a bank, or a lesson of its topic, and give its content id.

    `type` and `objective` go into the body where they are given. Without a `slug` an item gets the next free number of
    its bank. Raises LookupError for a bank in which the actor may not write, Unfit.
    """
    if kind not in ("item", "lesson"):
        raise Unfit("Only questions and lessons can be written here.")
    if kind == "item" and type and type not in itemtypes.names():
        raise Unfit("Choose one of the types of question.")
    if kind == "lesson" and not slug:
        raise Unfit("A lesson needs a name for its address.")
    if slug is not None and not _SLUG.fullmatch(slug):
        raise Unfit("The name may hold letters, digits, “-” and “.”, at most 64.")

    def deed() -> int:
        with writing(session):
            home = get_bank(session, actor, bank, right="write")
            if session.get_bind().dialect.name == "postgresql":
                # Two who begin at once must not be given the same number.
                session.execute(sa.select(Content.id).where(Content.id == home.id).with_for_update(key_share=True))
            name = slug or _next_slug(session, home.slug)
            if session.scalar(sa.select(Content.id).where(Content.kind == kind, Content.slug == name)) is not None:
                raise Unfit(f"There is a {kind} “{name}” already.")
            begun = {"id": name, "type": type, "objective": objective or ""} if kind == "item" else {"id": name}
            typed = {key: value for key, value in begun.items() if value} | body | {"id": name}
            if kind == "lesson":
                typed["topic"] = home.topic
            _check(typed)
            home_id = home.id if kind == "item" else _topic_id(session, home.topic)
            content = Content(kind=kind, slug=name, home_id=home_id, revision=1)
            session.add(content)
            session.flush()
            session.add(_draft(content.id, typed, None, actor, now))
            session.flush()
            return content.id

    return retrying(deed)


def open_draft(session: Session, actor: Actor, content_id: int, *, right: Right = "read") -> Opened:
    """An entry as its editor shows it. Reads only. Raises LookupError."""
    entry = get_entry(session, actor, content_id, right=right)
    held = _hold(session, content_id)
    rights = frozenset(right for bank in entry.banks for right in _RIGHTS if bank.lets(right))
    return Opened(
        content_id=content_id,
        kind=entry.kind,
        slug=entry.slug,
        bank=entry.bank,
        body=held.body,
        revision=entry.revision,
        state=held.state,
        is_draft=held.is_draft,
        is_published=held.is_published,
        based_on_id=held.based_on_id,
        by=held.by,
        at=held.at,
        rights=rights,
        writers=held.writers,
    )


def save_draft(
    session: Session, actor: Actor, content_id: int, body: Json, *, based_on_revision: int, now: dt.datetime
) -> Saved:
    """Keep what was typed. `id`, and the topic of a lesson, stay what they are. A change takes an approval away.

    The same body again changes nothing, whatever revision it comes with. Raises LookupError, Unfit, StaleDraft.
    """
    _check(body)

    def deed() -> Saved:
        with writing(session, Lock(content=content_id)):
            return store(session, actor, content_id, body, based_on_revision=based_on_revision, now=now)

    return retrying(deed)


def store(
    session: Session,
    actor: Actor,
    content_id: int,
    body: Json,
    *,
    based_on_revision: int,
    now: dt.datetime,
    changes_more: bool = False,
) -> Saved:
    """`save_draft` inside a deed that has locked the entry. `changes_more`: something beside the text is another, such
    as a drawing, so that the same text is a change, too. Raises LookupError, Unfit, StaleDraft."""
    _check(body)
    entry = get_entry(session, actor, content_id, right="write")
    held = _hold(session, content_id)
    typed = body | {"id": entry.slug}
    if entry.kind == "lesson":
        typed["topic"] = session.scalar(sa.select(Content.slug).where(Content.id == entry.home_id))
    if typed == held.body and not changes_more:
        return Saved(entry.revision, held.at, changed=False)
    if based_on_revision != entry.revision:
        raise StaleDraft(held.body, held.by, held.at, entry.revision)
    if held.is_draft:
        state = "in_review" if held.state == "in_review" else "draft"
        writers = sorted(held.writers | {actor.id})
        values = {"body": typed, "state": state, "writers": writers, "by_id": actor.id, "at": now}
        session.execute(sa.update(table(Draft)).where(Draft.content_id == content_id).values(values))
    else:
        session.add(_draft(content_id, typed, held.based_on_id, actor, now))
        session.flush()
    return Saved(bump(session, content_id), now)


def discard(session: Session, actor: Actor, content_id: int, *, based_on_revision: int) -> bool:
    """Throw the unpublished changes away; the last version stands again. Returns whether there was a draft.

    A new item that has no version yet keeps its name, but no draft: it is no longer listed and its number is not given
    again. Raises LookupError, StaleDraft.
    """

    def deed() -> bool:
        with writing(session, Lock(content=content_id)):
            entry = get_entry(session, actor, content_id, right="write")
            held = _hold(session, content_id)
            if not held.is_draft:
                return False
            if based_on_revision != entry.revision:
                raise StaleDraft(held.body, held.by, held.at, entry.revision)
            session.execute(sa.delete(Draft).where(Draft.content_id == content_id))
            session.execute(sa.delete(Upload).where(Upload.content_id == content_id))
            bump(session, content_id)
            return True

    return retrying(deed)


def bump(session: Session, content_id: int) -> int:
    """Count one more change of an entry, so that every editor that is open on it is stale. Inside a deed."""
    changed = sa.update(table(Content)).where(Content.id == content_id).values(revision=Content.revision + 1)
    revision: int = session.execute(changed.returning(Content.revision)).scalar_one()
    return revision


# --- what stands there ------------------------------------------------------------------------------------------------

_WRITER = aliased(User)
_RIGHTS: tuple[Right, ...] = ("read", "write", "review", "own")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")


@dataclass(frozen=True)
class _Held:
    body: Json
    state: str
    is_draft: bool
    is_published: bool
    based_on_id: int | None
    by: str
    at: dt.datetime
    writers: frozenset[int]


def _hold(session: Session, content_id: int) -> _Held:
    """The draft of an entry, else its published or newest version. Raises LookupError for one that has neither."""
    newest = (
        sa.select(ContentVersion.id)
        .where(ContentVersion.content_id == content_id)
        .order_by(ContentVersion.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    version_id = sa.func.coalesce(Published.version_id, newest)
    was_published = sa.select(Publication.id).where(Publication.content_id == content_id).limit(1).scalar_subquery()
    row = session.execute(
        sa.select(
            Draft.content_id.label("draft"),
            Draft.body.label("typed"),
            Draft.based_on_id,
            Draft.state,
            Draft.writers,
            Draft.at,
            ContentVersion.id.label("version_id"),
            ContentVersion.body,
            ContentVersion.created_at,
            Published.version_id.label("published_id"),
            was_published.label("was_published"),
            sa.func.coalesce(_WRITER.name, "").label("by"),
            sa.func.coalesce(_WRITER.email, "").label("email"),
        )
        .select_from(Content)
        .outerjoin(Draft, Draft.content_id == Content.id)
        .outerjoin(Published, Published.content_id == Content.id)
        .outerjoin(ContentVersion, ContentVersion.id == version_id)
        .outerjoin(_WRITER, _WRITER.id == sa.func.coalesce(Draft.by_id, ContentVersion.author_id))
        .where(Content.id == content_id)
    ).one()
    by, is_published = row.by or row.email, row.published_id is not None
    if row.draft is not None:
        return _Held(row.typed, row.state, True, is_published, row.based_on_id, by, row.at, frozenset(row.writers))
    if row.version_id is None:
        raise LookupError(content_id)
    state = "published" if is_published else "retired" if row.was_published is not None else "draft"
    return _Held(row.body, state, False, is_published, row.version_id, by, row.created_at, frozenset())


def _draft(content_id: int, body: Json, based_on_id: int | None, actor: Actor, now: dt.datetime) -> Draft:
    return Draft(
        content_id=content_id,
        body=body,
        based_on_id=based_on_id,
        state="draft",
        writers=[actor.id],
        by_id=actor.id,
        at=now,
    )


def _topic_id(session: Session, slug: str) -> int:
    return session.execute(sa.select(Content.id).where(Content.kind == "topic", Content.slug == slug)).scalar_one()


def _next_slug(session: Session, bank: str) -> str:
    """The number after the highest of the bank, `trd-080`; numbers of questions that are gone are not used again."""
    slugs = session.scalars(sa.select(Content.slug).where(Content.kind == "item", Content.slug.startswith(f"{bank}-")))
    numbers = [int(found[1]) for slug in slugs if (found := re.fullmatch(r".*-(\d{1,6})", slug))]
    return f"{bank[:57]}-{max(numbers, default=0) + 1:03d}"


def _check(body: Json) -> None:
    """Raises Unfit for what no form of ours sends."""
    for number, (value, depth) in enumerate(_walk(body, 1), start=1):
        if number > MOST_NODES or depth > MOST_DEPTH:
            raise Unfit("This draft has more parts than can be kept. Take some away; nothing was saved.")
        if isinstance(value, str) and UNSTORABLE.search(value):
            raise Unfit("There is a character in the text that cannot be kept (U+0000 or half of one). Delete it.")
        if not isinstance(value, (str, int, float, list, dict, NoneType)) or _is_no_number(value):
            raise Unfit("This draft holds something that is no text.")
    size = len(json.dumps(body, ensure_ascii=False).encode())
    if size > MOST_BYTES:
        raise Unfit(f"A draft can hold {MOST_BYTES // 1000:,} kB; this one has {size // 1000:,}. Nothing was saved.")


def _is_no_number(value: Any) -> bool:
    """Infinity and its like, which JSON does not know."""
    return isinstance(value, float) and not math.isfinite(value)


def _walk(value: Any, depth: int) -> Iterator[tuple[Any, int]]:
    yield value, depth
    if depth > MOST_DEPTH:
        return
    if isinstance(value, dict):
        for key, part in value.items():
            yield key, depth
            yield from _walk(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _walk(part, depth + 1)
