"""`content export`: what is published, back into canonical files; byte for byte where nothing has changed."""

from __future__ import annotations

import posixpath

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp.db.models import Content, ContentVersion, Draft, LoadedFrom, Media, Published
from quizapp.formats import tree
from quizapp.formats.native import Lesson, Named
from quizapp.services.content.making import fields_of


class Unexportable(Exception):
    """A stored version no longer fits the schema of its kind; nothing was exported. The sentence names it."""


def export(session: Session) -> dict[str, bytes]:
    """All content files by path: the published version of every entry, or the newest of one that is a draft.

    Entries keep the file and the order from which they were loaded; those written here follow at the end of the file
    of their kind. Drafts of the browser are in no file. Raises Unexportable.
    """
    newest, home = aliased(ContentVersion), aliased(Content)
    last = sa.select(sa.func.max(newest.number)).where(newest.content_id == Content.id).scalar_subquery()
    query = (
        sa.select(Content.id, Content.kind, Content.slug, ContentVersion.body, LoadedFrom.path, home.slug.label("home"))
        .outerjoin(Published, Published.content_id == Content.id)
        .join(
            ContentVersion,
            sa.or_(
                ContentVersion.id == Published.version_id,
                sa.and_(
                    Published.version_id.is_(None),
                    ContentVersion.content_id == Content.id,
                    ContentVersion.number == last,
                ),
            ),
        )
        .outerjoin(LoadedFrom, LoadedFrom.content_id == Content.id)
        .outerjoin(home, home.id == Content.home_id)
    )
    placed: list[tuple[str, int, int, Named]] = []
    drawn: list[tuple[str, tree.DrawnFigure]] = []
    for row in session.execute(query):
        fields = fields_of(row.kind, row.body)
        if fields is None:
            raise Unexportable(f"The {row.kind} “{row.slug}” no longer fits the schema of its kind.")
        file, line = _place(row.path, row.kind, row.slug, row.home)
        if isinstance(fields, tree.DrawnFigure):
            drawn.append((f"lessons/{fields.lesson}/lesson.md", fields))
        else:
            placed.append((file, line, row.id, fields))
    placed.sort(key=lambda entry: entry[:3])
    lessons = [fields for *_, fields in placed if isinstance(fields, Lesson)]
    named = {(lesson.id, figure.id) for lesson in lessons for figure in lesson.figures}
    drawn = [(file, figure) for file, figure in drawn if (figure.lesson, figure.id) in named]
    texts = tree.write((file, fields) for file, _, _, fields in placed)
    return {file: text.encode() for file, text in texts.items()} | _drawings(session, drawn)


def count_drafts(session: Session) -> int:
    """How many entries hold changes that are in no file, because they are not published."""
    return session.scalar(sa.select(sa.func.count()).select_from(Draft)) or 0


def _place(loaded_from: str | None, kind: str, slug: str, home: str | None) -> tuple[str, int]:
    """File and line of an entry; one that never stood in a file goes to the end of the file of its kind."""
    if loaded_from:
        file, _, line = loaded_from.rpartition(":")
        return file, int(line)
    homes = {kind: f"lessons/evidence/{name}.yaml" for name, kind in tree.EVIDENCE.items()}
    homes |= {"lesson": f"lessons/{slug}/lesson.md", "bank": f"question_banks/{slug}/bank.yaml"}
    return homes.get(kind, f"question_banks/{home}/items.yaml"), 1_000_000_000


def _drawings(session: Session, drawn: list[tuple[str, tree.DrawnFigure]]) -> dict[str, bytes]:
    wanted: dict[str, str] = {}
    for file, figure in drawn:
        wide = posixpath.join(posixpath.dirname(file), figure.src)
        wanted[wide] = figure.wide
        if figure.narrow:
            wanted[tree.narrow_of(wide)] = figure.narrow
    rows = session.execute(sa.select(Media.sha256, Media.bytes).where(Media.sha256.in_(set(wanted.values()))))
    media = {row.sha256: row.bytes for row in rows}
    return {path: media[digest] for path, digest in wanted.items()}
