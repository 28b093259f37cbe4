"""The content of the database as a tree of files would hold it, so that a draft is judged as a file would be.

Every entry is a file of its own here, named by kind and id. Put together once per edition and kept in the process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp.db.models import Content, ContentVersion, Media, Published
from quizapp.formats.documents import Document
from quizapp.formats.native import Named
from quizapp.formats.tree import DrawnFigure, Entry, Tree
from quizapp.services.content.editions import at_edition
from quizapp.services.content.making import fields_of
from quizapp.services.content.publishing import Key
from quizapp.services.versions import Version, get_version, get_versions


def get_tree(session: Session) -> Tree:
    """The published version of every entry, or the newest of one that is not published. Not to be changed: `with_new`
    gives a tree in which something else stands. Drawings are left out; `with_drawn` puts them in where needed."""
    return at_edition(session, "tree", lambda: _tree(session))


def with_new(tree: Tree, new: Iterable[Entry]) -> Tree:
    """A tree in which these entries stand in the place of those that stood there."""
    return Tree(
        entries=tree.entries | {(entry.kind, entry.id): entry for entry in new},
        unread=tree.unread - {(entry.kind, entry.id) for entry in new},
    )


def with_drawn(session: Session, trees: Sequence[Tree], keys: Collection[Key]) -> list[Tree]:
    """The trees with the bytes of the drawings in which these entries ask for places; one statement, or none."""
    asked = [_asked(tree, keys) for tree in trees]
    drawings = get_drawings(session, chain(*asked))
    return [
        with_new(tree, (drawn(figure, drawings) for figure in figures))
        for tree, figures in zip(trees, asked, strict=True)
    ]


def _asked(tree: Tree, keys: Collection[Key]) -> list[Entry]:
    entries = (tree.entries[key] for key in keys if key in tree.entries)
    links = (link for entry in entries for link in entry.links if link.role == "asked")
    names = dict.fromkeys((link.kind, link.target) for link in links)
    return [tree.entries[name] for name in names if name in tree.entries]


def get_drawings(session: Session, figures: Iterable[Entry]) -> Mapping[str, bytes]:
    """The bytes of the drawings of figures by SHA-256."""
    fields = (figure.fields for figure in figures)
    wanted = {name for one in fields if isinstance(one, DrawnFigure) for name in (one.wide, one.narrow) if name}
    if not wanted:
        return {}
    rows = session.execute(sa.select(Media.sha256, Media.bytes).where(Media.sha256.in_(wanted)))
    return {row.sha256: row.bytes for row in rows}


def drawn(figure: Entry, drawings: Mapping[str, bytes]) -> Entry:
    """A figure with the bytes of its drawings, as far as they are there."""
    if not isinstance(figure.fields, DrawnFigure):
        return figure
    own = (figure.fields.wide, figure.fields.narrow)
    return replace(figure, drawings={name: drawings[name] for name in own if name and name in drawings})


def name_of(kind: str, slug: str) -> str:
    """The file in which an entry stands in this tree."""
    return f"{kind} {slug}"


def entry_of(fields: Named, kind: str, *, home: str = "") -> Entry:
    """An entry of this tree. `home`: the bank of an item."""
    group = fields.lesson if isinstance(fields, DrawnFigure) else home if kind == "item" else ""
    file = name_of(kind, fields.id)
    return Entry(kind, fields.id, file, 1, fields, Document(file, 1, {}, {}, {}), group)


_entries: dict[tuple[str, int, str], Entry | None] = {}
"""By database, version and home: a version never changes, and to type a thousand takes a second."""
_guard = Lock()
_ENTRIES_KEPT = 8_000


def _tree(session: Session) -> Tree:
    newest, home = aliased(ContentVersion), aliased(Content)
    last = sa.select(sa.func.max(newest.number)).where(newest.content_id == Content.id).scalar_subquery()
    stands = sa.or_(
        ContentVersion.id == Published.version_id,
        sa.and_(Published.version_id.is_(None), ContentVersion.number == last),
    )
    query = (
        sa.select(ContentVersion.id, sa.func.coalesce(home.slug, "").label("home"))
        .select_from(Content)
        .join(ContentVersion, ContentVersion.content_id == Content.id)
        .outerjoin(Published, Published.content_id == Content.id)
        .outerjoin(home, home.id == Content.home_id)
        .where(stands)
        .order_by(Content.id)
    )
    homes = {row.id: row.home for row in session.execute(query)}
    database = str(session.get_bind().engine.url)
    kept = {key: _entries[database, *key] for key in homes.items() if (database, *key) in _entries}
    versions = get_versions(session, homes.keys() - {version for version, _ in kept})
    new = {(version, homes[version]): _entry(found, homes[version]) for version, found in versions.items()}
    with _guard:
        if len(_entries) + len(new) > _ENTRIES_KEPT:
            _entries.clear()
        _entries.update({(database, *key): entry for key, entry in new.items()})
    tree = Tree()
    for key in homes.items():
        entry = kept[key] if key in kept else new[key]
        if entry is not None:
            tree.entries[entry.kind, entry.id] = entry
        else:
            version = get_version(session, key[0])
            tree.unread.add((version.kind, version.slug))
    return tree


def _entry(version: Version, home: str) -> Entry | None:
    """A stored version as an entry; None where a later schema no longer takes it."""
    fields = fields_of(version.kind, version.body)
    return entry_of(fields, version.kind, home=home) if fields is not None else None
