"""Content: identities that never die, versions written once, and what is derived at publishing."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from quizapp.db.models.base import Base, Json


class Content(Base):
    """An identity that never dies: an item, a lesson, a bank, a figure, or an entry of the evidence base."""

    __tablename__ = "content"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    """item, lesson, bank, figure, topic, objective, fact, reference or trap."""
    slug: Mapped[str] = mapped_column(sa.String(64))
    home_id: Mapped[int | None] = mapped_column(ForeignKey("content.id"), index=True)
    """The bank of an item, the topic of a lesson or bank: where it belongs, and so who may work on it, published or
    not."""
    revision: Mapped[int] = mapped_column(default=0)
    """Counts every change of its draft and every new version: an editor that holds an older number is stale."""

    __table_args__ = (UniqueConstraint("kind", "slug"),)  # two loaders at once must not create one entry twice


class ContentVersion(Base):
    """A version, written once and never updated."""

    __tablename__ = "content_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    number: Mapped[int]
    body: Mapped[Json]
    """The entry as in its file, every field in canonical order."""
    rendered: Mapped[Json]
    """The same structure with sanitised HTML in the place of every Markdown text."""
    sha256: Mapped[str] = mapped_column(sa.String(64))
    """Of the canonical text."""
    line: Mapped[int] = mapped_column(default=1)
    """The statistics line: a major change (key, options, scoring) starts a new one."""
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("content_id", "number"),)  # two editors in two browsers would both win


class Published(Base):
    """Which version readers and learners get. Unpublishing deletes the row; the log keeps what happened."""

    __tablename__ = "published"

    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("content_version.id"))


class Publication(Base):
    """The log of publishing: append-only."""

    __tablename__ = "publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), index=True)
    old_version_id: Mapped[int | None] = mapped_column(ForeignKey("content_version.id"))
    new_version_id: Mapped[int | None] = mapped_column(ForeignKey("content_version.id"))
    key_changed: Mapped[bool] = mapped_column(default=False)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]
    note: Mapped[str] = mapped_column(sa.Text, default="")


class KeyChange(Base):
    """What becomes of the answers that were given before a key changed, or before a faulty question was withdrawn."""

    __tablename__ = "key_change"

    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), index=True)
    line: Mapped[int]
    """The statistics line whose answers are meant."""
    remedy: Mapped[str] = mapped_column(sa.String(8))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]
    settled_at: Mapped[dt.datetime | None]
    """When the last answer had its new mark; until then the background work looks for more."""

    __table_args__ = (
        CheckConstraint("remedy IN ('leave', 'accept', 'credit', 'drop', 'bonus')", name="known_remedy"),
        Index(
            "ix_key_change_unsettled",
            "publication_id",
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        ),
    )


class LoadedFrom(Base):
    """The base of the three-way comparison between a file, the database and an edit in the browser."""

    __tablename__ = "loaded_from"

    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    path: Mapped[str] = mapped_column(sa.String(500))
    file_sha256: Mapped[str] = mapped_column(sa.String(64))
    """Of this entry's canonical text in the file, not of the whole file."""
    version_id: Mapped[int] = mapped_column(ForeignKey("content_version.id"))


class Item(Base):
    """What selection must know of a published item; derived from its version at publishing."""

    __tablename__ = "item"

    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    bank: Mapped[str] = mapped_column(sa.String(64))
    type: Mapped[str] = mapped_column(sa.String(32))
    pool: Mapped[str] = mapped_column(sa.String(8))
    """practice, or secure: graded exams, credit and delayed follow-up only."""
    topic_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    objective_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    bloom: Mapped[str] = mapped_column(sa.String(12))
    difficulty: Mapped[str] = mapped_column(sa.String(8))
    guess: Mapped[float] = mapped_column(sa.Double)
    """The chance that a blind guess is right; for a case the mean over its parts."""
    seconds: Mapped[int]
    """The time a question of this type and length is expected to take."""

    __table_args__ = (Index("ix_item_objective_id_pool", "objective_id", "pool"),)


class Link(Base):
    """Which published entry rests on which: `source` cites, tests, needs or excludes `target`. Derived."""

    __tablename__ = "link"

    source_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    """fact, reference, trap, objective, topic, lesson, need, enemy, check, figure or bank."""
    target_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True, index=True)


class Media(Base):
    """Bytes by their hash: figures in all their forms, uploads."""

    __tablename__ = "media"

    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    mime: Mapped[str] = mapped_column(sa.String(64))
    bytes: Mapped[bytes] = mapped_column(sa.LargeBinary)
