"""New versions, whatever they come from: written once, published, logged, and what is derived of them.

A file that was loaded and a draft that was approved both end in `publish`, inside their own transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import (
    Content,
    ContentVersion,
    Draft,
    Item,
    Link,
    LoadedFrom,
    Media,
    Publication,
    Published,
    table,
)
from quizapp.formats import entries
from quizapp.formats.links import links
from quizapp.formats.native import ItemHead, Named
from quizapp.services.content.making import Made, expected_seconds, fields_of, guess_of, marking

Key = tuple[str, str]
"""Kind and id of an entry."""

HOUSED = ("item", "lesson", "bank")
"""Kinds that belong somewhere, see `content.home_id`."""
_ONE_PUBLISHER = 0x71756970
"""Key of the advisory lock that lets publishers on PostgreSQL take turns; SQLite's writers queue anyway."""


@dataclass(frozen=True)
class Held:
    """What the database holds of an entry. `current` is the published version, or the newest of one that is not."""

    content_id: int
    current_id: int
    current_digest: str
    is_published: bool
    last_number: int
    last_line: int
    home_id: int | None
    loaded_digest: str | None
    loaded_place: str | None


@dataclass(frozen=True)
class New:
    """A version to be written. `is_published`: whether readers are to get it; otherwise they lose what they had.

    `home` is the bank or topic it belongs to. `is_major` None: whether a question gets a new statistics line is decided
    by its marking.
    """

    kind: str
    id: str
    fields: Named
    digest: str
    made: Made
    is_published: bool
    home: Key | None
    note: str
    is_major: bool | None = None

    @property
    def key(self) -> Key:
        return self.kind, self.id


@dataclass(frozen=True)
class Written:
    """A version that was written. `publication_id` is None where nothing readers get has changed."""

    content_id: int
    version_id: int
    number: int
    is_major: bool
    publication_id: int | None = None


def take_turn(session: Session) -> None:
    """Wait until no other deed is publishing. Inside `writing()`, before anything is decided."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_PUBLISHER)))


def hold(session: Session, content_ids: Collection[int] | None = None) -> dict[Key, Held]:
    """What the database holds of these entries, or of all; what has no version yet is left out."""
    columns = (ContentVersion.content_id, ContentVersion.id, ContentVersion.number, ContentVersion.sha256)
    of_versions = sa.select(*columns, ContentVersion.line).order_by(ContentVersion.number)
    query = (
        sa.select(
            Content.id,
            Content.kind,
            Content.slug,
            Content.home_id,
            Published.version_id,
            LoadedFrom.file_sha256,
            LoadedFrom.path,
        )
        .outerjoin(Published, Published.content_id == Content.id)
        .outerjoin(LoadedFrom, LoadedFrom.content_id == Content.id)
    )
    if content_ids is not None:
        of_versions = of_versions.where(ContentVersion.content_id.in_(content_ids))
        query = query.where(Content.id.in_(content_ids))
    versions: dict[int, list[sa.Row[int, int, int, str, int]]] = {}
    for found in session.execute(of_versions):
        versions.setdefault(found.content_id, []).append(found)
    held = {}
    for row in session.execute(query):
        if row.id not in versions:
            continue
        of_entry = versions[row.id]
        last = of_entry[-1]
        current = next((version for version in of_entry if version.id == row.version_id), last)
        held[row.kind, row.slug] = Held(
            row.id,
            current.id,
            current.sha256,
            row.version_id is not None,
            last.number,
            max(version.line for version in of_entry),
            row.home_id,
            row.file_sha256,
            row.path,
        )
    return held


def get_ids(session: Session) -> dict[Key, int]:
    """The content id of everything that has an identity, drafts among it."""
    return {(row.kind, row.slug): row.id for row in session.execute(sa.select(Content.kind, Content.slug, Content.id))}


def publish(
    session: Session,
    news: Sequence[New],
    held: Mapping[Key, Held],
    ids: Mapping[Key, int],
    *,
    by_id: int | None,
    now: dt.datetime,
) -> dict[Key, Written]:
    """Write these versions and everything that follows from them. Inside a deed that has taken its turn.

    `ids` names every entry that they link to, and themselves. What an item takes from its objective is derived by
    `index`, once all are written.
    """
    written = {new.key: _version(session, new, held.get(new.key), ids, by_id, now) for new in news}
    session.add_all(version for version, _ in written.values())
    session.flush()
    logged = {new.key: _publish(session, new, *written[new.key], held.get(new.key), by_id, now) for new in news}
    _house(session, news, held, ids)
    session.flush()
    return {
        key: Written(version.content_id, version.id, version.number, is_major, publication.id if publication else None)
        for key, publication in logged.items()
        for version, is_major in [written[key]]
    }


def _version(
    session: Session,
    new: New,
    held: Held | None,
    ids: Mapping[Key, int],
    by_id: int | None,
    now: dt.datetime,
) -> tuple[ContentVersion, bool]:
    for digest, (mime, data) in new.made.media.items():
        if session.get(Media, digest) is None:
            session.add(Media(sha256=digest, mime=mime, bytes=data))
    line = held.last_line if held else 1
    is_major = False
    if held and isinstance(new.fields, ItemHead):
        is_major = _marking_changed(session, new.fields, held) if new.is_major is None else new.is_major
        line += is_major
    version = ContentVersion(
        content_id=ids[new.key],
        number=held.last_number + 1 if held else 1,
        body=entries.content_of(new.fields),
        rendered=new.made.rendered,
        sha256=new.digest,
        line=line,
        author_id=by_id,
        created_at=now,
    )
    return version, is_major


def _marking_changed(session: Session, item: ItemHead, held: Held) -> bool:
    body = session.scalar(sa.select(ContentVersion.body).where(ContentVersion.id == held.current_id)) or {}
    old = fields_of("item", body)
    return not isinstance(old, ItemHead) or marking(old) != marking(item)


def _publish(
    session: Session,
    new: New,
    version: ContentVersion,
    is_major: bool,
    held: Held | None,
    by_id: int | None,
    now: dt.datetime,
) -> Publication | None:
    old = held.current_id if held and held.is_published else None
    if new.is_published:
        keep(session, Published(content_id=version.content_id, version_id=version.id), is_new=held is None)
    elif old is not None:
        session.execute(sa.delete(Published).where(Published.content_id == version.content_id))
    else:
        return None
    publication = Publication(
        content_id=version.content_id,
        old_version_id=old,
        new_version_id=version.id if new.is_published else None,
        key_changed=is_major and old is not None,
        by_id=by_id,
        at=now,
        note=new.note,
    )
    session.add(publication)
    return publication


def _house(session: Session, news: Sequence[New], held: Mapping[Key, Held], ids: Mapping[Key, int]) -> None:
    """Say where each entry belongs, and that editors open on what was replaced hold an old text.

    An editor on a draft is not stale: its draft is compared with the new version when it is published.
    """
    if stale := [ids[new.key] for new in news if new.key in held]:
        undrafted = Content.id.in_(stale) & Content.id.not_in(sa.select(Draft.content_id))
        session.execute(sa.update(table(Content)).where(undrafted).values(revision=Content.revision + 1))
    house(session, ((new.key, new.home) for new in news), held, ids)


def house(
    session: Session, homes: Iterable[tuple[Key, Key | None]], held: Mapping[Key, Held], ids: Mapping[Key, int]
) -> None:
    """Keep the bank or topic of each entry that has come to a new one."""
    moved = [
        {"entry": ids[key], "home": ids[home]}
        for key, home in homes
        if home is not None and (key not in held or held[key].home_id != ids[home])
    ]
    if moved:
        session.connection().execute(_HOUSE, moved)


_HOUSE = sa.update(table(Content)).where(Content.id == sa.bindparam("entry")).values(home_id=sa.bindparam("home"))


def index(
    session: Session, entry: New, topics: Mapping[str, str], ids: Mapping[Key, int], *, is_new: bool = False
) -> None:
    """Rebuild what is derived of a published entry; of one that is not published nothing is derived.

    `topics` names the topic of each objective. `is_new` promises that nothing was derived before.
    """
    content_id = ids[entry.key]
    if not is_new:
        session.execute(sa.delete(Link).where(Link.source_id == content_id))
    if not entry.is_published:
        session.execute(sa.delete(Item).where(Item.content_id == content_id))
        return
    targets = {(link.role, (link.kind, link.target)) for link in links(entry.fields) if link.role != "shown"}
    if entry.kind == "item" and entry.home is not None:
        targets.add(("bank", entry.home))
    session.add_all(Link(source_id=content_id, role=role, target_id=ids[target]) for role, target in sorted(targets))
    if isinstance(entry.fields, ItemHead) and entry.home is not None:
        keep(session, _facets(entry.fields, entry.home[1], topics, ids), is_new=is_new)


def _facets(item: ItemHead, bank: str, topics: Mapping[str, str], ids: Mapping[Key, int]) -> Item:
    return Item(
        content_id=ids["item", item.id],
        bank=bank,
        type=item.type,
        pool=item.pool,
        topic_id=ids["topic", topics[item.objective]],
        objective_id=ids["objective", item.objective],
        bloom=item.bloom,
        difficulty=item.difficulty,
        guess=guess_of(item),
        seconds=expected_seconds(item),
    )


def keep(session: Session, row: Published | LoadedFrom | Item, *, is_new: bool) -> None:
    """Store a row that there is one of for each entry."""
    if is_new:
        session.add(row)
    else:
        session.merge(row)
