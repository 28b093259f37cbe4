"""Versions of content, read once a process: a version never changes, so it is never stale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.db.models import Content, ContentVersion, Published

Json = dict[str, Any]
Row = sa.Row[*tuple[Any, ...]]
"""A row of columns named by its statement."""

VERSIONS_KEPT = 4_000
"""Versions in memory at most, but for what a single call asks for."""


@dataclass(frozen=True)
class Version:
    """One version of an entry; `rendered` is `body` with sanitised HTML in the place of Markdown."""

    id: int
    content_id: int
    kind: str
    slug: str
    number: int
    line: int
    body: Json
    rendered: Json

    @cached_property
    def parts(self) -> tuple[itemtypes.Part, ...]:
        """The gradable steps of an item."""
        return itemtypes.parts(self.body["type"], self.body)

    @cached_property
    def rendered_parts(self) -> tuple[itemtypes.Part, ...]:
        return itemtypes.parts(self.body["type"], self.rendered)


# The recent half and the one before it. What is asked for moves to the recent half; when that is full, the other one is
# let go. To let all go at once would lose what the same request had found a moment before.
_halves: list[dict[tuple[str, int], Version]] = [{}, {}]
_ids: dict[tuple[str, str, str], int] = {}
_guard = Lock()

_SELECT = sa.select(
    ContentVersion.id,
    ContentVersion.content_id,
    Content.kind,
    Content.slug,
    ContentVersion.number,
    ContentVersion.line,
    ContentVersion.body,
    ContentVersion.rendered,
).join(Content, Content.id == ContentVersion.content_id)


def get_versions(session: Session, ids: Iterable[int]) -> dict[int, Version]:
    """The versions with these ids. Raises KeyError for an id that does not exist."""
    database = _database(session)
    wanted = set(ids)
    recent, earlier = _halves
    found = {i: kept for i in wanted if (kept := recent.get((database, i)))}
    if others := wanted - found.keys():
        moved = {i: kept for i in others if (kept := earlier.get((database, i)))}
        if missing := others - moved.keys():
            for row in session.execute(_SELECT.where(ContentVersion.id.in_(missing))):
                moved[row.id] = Version(*row)
        found |= moved
        with _guard:
            if len(_halves[0]) + len(moved) > VERSIONS_KEPT // 2:
                _halves[:] = [{}, _halves[0]]
            _halves[0].update({(database, i): version for i, version in moved.items()})
    return found


def get_version(session: Session, version_id: int) -> Version:
    return get_versions(session, [version_id])[version_id]


def get_content_ids(session: Session, kind: str, slugs: Iterable[str]) -> dict[str, int]:
    """Ids by slug; slugs that name nothing are left out. Identities never die, so they are kept for good."""
    database = _database(session)
    wanted = set(slugs)
    found = {slug: kept for slug in wanted if (kept := _ids.get((database, kind, slug)))}
    if missing := wanted - found.keys():
        rows = session.execute(
            sa.select(Content.slug, Content.id).where(Content.kind == kind, Content.slug.in_(missing))
        )
        new = dict(iter(rows))
        with _guard:
            _ids.update({(database, kind, slug): content_id for slug, content_id in new.items()})
        found |= new
    return found


def published(session: Session, kind: str, slugs: Iterable[str] | None = None) -> dict[str, Version]:
    """The published versions of a kind by slug, all of them or those named that are published."""
    query = (
        sa.select(Published.version_id).join(Content, Content.id == Published.content_id).where(Content.kind == kind)
    )
    if slugs is not None:
        query = query.where(Content.slug.in_(set(slugs)))
    versions = get_versions(session, session.scalars(query))
    return {version.slug: version for version in sorted(versions.values(), key=lambda version: version.slug)}


def published_kinds(session: Session, *kinds: str) -> tuple[dict[str, Version], ...]:
    """All published versions of several kinds, each by slug, in one statement."""
    query = sa.select(Published.version_id).join(Content, Content.id == Published.content_id)
    versions = get_versions(session, session.scalars(query.where(Content.kind.in_(kinds)))).values()
    ordered = sorted(versions, key=lambda version: version.slug)
    return tuple({one.slug: one for one in ordered if one.kind == kind} for kind in kinds)


def natural(slug: str) -> tuple[str, int]:
    """The order in which objectives are taught: LN2 before LN10."""
    letters = slug.rstrip("0123456789")
    return letters, int(slug[len(letters) :] or 0)


def published_by_id(session: Session, content_ids: Iterable[int]) -> Mapping[int, Version]:
    """The published versions of these entries; entries that are not published are left out."""
    ids = session.scalars(sa.select(Published.version_id).where(Published.content_id.in_(set(content_ids))))
    return {version.content_id: version for version in get_versions(session, ids).values()}


def _database(session: Session) -> str:
    """Tests run several databases in one process; each has versions of its own."""
    return str(session.get_bind().engine.url)
