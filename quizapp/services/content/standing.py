"""The content of the database as a tree of files would hold it, so that a draft is judged as a file would be.

Every entry is a file of its own here, named by kind and id. Put together once per edition and kept in the process.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp.db.models import Content, ContentVersion, Media, Published
from quizapp.formats.documents import Document
from quizapp.formats.native import Named
from quizapp.formats.tree import DrawnFigure, Entry, Tree
from quizapp.services.content.editions import at_edition
from quizapp.services.content.making import fields_of
from quizapp.services.content.publishing import Key


def get_tree(session: Session) -> Tree:
    """The published version of every entry, or the newest of one that is not published. Not to be changed: `with_new`
    gives a tree in which something else stands. Drawings are left out; `drawn` puts them in where they are needed."""
    return at_edition(session, "tree", lambda: _tree(session))


def with_new(tree: Tree, new: Iterable[Entry]) -> Tree:
    """A tree in which these entries stand in the place of those that stood there."""
    return Tree(
        entries=tree.entries | {(entry.kind, entry.id): entry for entry in new},
        unread=tree.unread - {(entry.kind, entry.id) for entry in new},
    )


def drawn(session: Session, figure: Entry) -> Entry:
    """A figure with the bytes of its drawings."""
    if not isinstance(figure.fields, DrawnFigure):
        return figure
    wanted = [digest for digest in (figure.fields.wide, figure.fields.narrow) if digest]
    rows = session.execute(sa.select(Media.sha256, Media.bytes).where(Media.sha256.in_(wanted)))
    return replace(figure, drawings={row.sha256: row.bytes for row in rows})


def name_of(kind: str, slug: str) -> str:
    """The file in which an entry stands in this tree."""
    return f"{kind} {slug}"


def key_of(file: str) -> Key:
    kind, _, slug = file.partition(" ")
    return kind, slug


def entry_of(fields: Named, kind: str, *, home: str = "", document: Document | None = None) -> Entry:
    """An entry of this tree. `home`: the bank of an item."""
    group = fields.lesson if isinstance(fields, DrawnFigure) else home if kind == "item" else ""
    file = name_of(kind, fields.id)
    return Entry(kind, fields.id, file, 1, fields, document or Document(file, 1, {}, {}, {}), group)


def _tree(session: Session) -> Tree:
    newest, home = aliased(ContentVersion), aliased(Content)
    last = sa.select(sa.func.max(newest.number)).where(newest.content_id == Content.id).scalar_subquery()
    stands = sa.or_(
        ContentVersion.id == Published.version_id,
        sa.and_(Published.version_id.is_(None), ContentVersion.number == last),
    )
    query = (
        sa.select(Content.kind, Content.slug, home.slug.label("home"), ContentVersion.body)
        .join(ContentVersion, ContentVersion.content_id == Content.id)
        .outerjoin(Published, Published.content_id == Content.id)
        .outerjoin(home, home.id == Content.home_id)
        .where(stands)
        .order_by(Content.id)
    )
    tree = Tree()
    for row in session.execute(query):
        fields = fields_of(row.kind, row.body)
        if fields is None:
            tree.unread.add((row.kind, row.slug))
            continue
        tree.entries[row.kind, row.slug] = entry_of(fields, row.kind, home=row.home or "")
    return tree
