"""Writing content in the browser: who may, drafts, and what is said about them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from quizapp.db.models.base import Base, Json


class BankMember(Base):
    """Who works on a bank. Whoever is no member does not learn that its drafts exist."""

    __tablename__ = "bank_member"

    bank_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(sa.String(10))
    at: Mapped[dt.datetime]

    __table_args__ = (CheckConstraint("role IN ('owner', 'author', 'reviewer')", name="known_role"),)


class Draft(Base):
    """The one draft of an entry that is being worked on; gone once it is published or discarded.

    How often an entry was changed is counted in `content.revision`, which outlives the draft, so that a tab that was
    left open since an earlier draft never fits by chance.
    """

    __tablename__ = "draft"

    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    body: Mapped[Json]
    """The entry as it was typed; it may be incomplete or wrong."""
    based_on_id: Mapped[int | None] = mapped_column(ForeignKey("content_version.id"))
    """The version it began with; None for an entry that was never published."""
    state: Mapped[str] = mapped_column(sa.String(10), default="draft")
    writers: Mapped[list[int]]
    """Everybody who has changed this draft: none of them may approve it."""
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]

    __table_args__ = (CheckConstraint("state IN ('draft', 'in_review', 'approved')", name="known_state"),)


class Upload(Base):
    """A drawing or picture for a figure of a lesson that is being written; it becomes the figure's when that is
    published. `src` is its place in the folder of the lesson."""

    __tablename__ = "upload"

    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    src: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("media.sha256"))
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]


class Panel(Base):
    """Experts who are asked to vote on a question that is marked by their votes. At most one of a question is open."""

    __tablename__ = "panel"

    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    scenarios: Mapped[list[Any]] = mapped_column(sa.JSON(none_as_null=True))
    """What they vote on, as it stood when the panel was opened: votes on other words would count for nothing."""
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    deadline: Mapped[dt.datetime | None]
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    opened_at: Mapped[dt.datetime]
    closed_at: Mapped[dt.datetime | None]

    __table_args__ = (
        CheckConstraint("state IN ('open', 'counted', 'dropped')", name="known_state"),
        # Two authors who open one at once must not split the votes.
        Index(
            "ix_panel_open",
            "content_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )


class PanelSeat(Base):
    """Somebody who was asked to vote."""

    __tablename__ = "panel_seat"

    panel_id: Mapped[int] = mapped_column(ForeignKey("panel.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]


class PanelVote(Base):
    """One vote on one scenario, which may be changed until the votes are counted. `part` is that of the question."""

    __tablename__ = "panel_vote"

    panel_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    step: Mapped[int]
    at: Mapped[dt.datetime]

    __table_args__ = (
        CheckConstraint("step BETWEEN -2 AND 2", name="known_step"),
        ForeignKeyConstraint(["panel_id", "user_id"], ["panel_seat.panel_id", "panel_seat.user_id"]),
    )


class Comment(Base):
    """A remark on an entry, or on one place in it. It stays when the draft is published."""

    __tablename__ = "comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    path: Mapped[str] = mapped_column(sa.String(200), default="")
    """The place it is about (`options/b/why`, with ids instead of numbers), or "" for the whole."""
    text: Mapped[str] = mapped_column(sa.Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    resolved_at: Mapped[dt.datetime | None]

    __table_args__ = (Index("ix_comment_content_id_resolved_at", "content_id", "resolved_at"),)


class Decision(Base):
    """A step of a review: asked for, withdrawn, sent back, approved. Append-only."""

    __tablename__ = "review_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), index=True)
    revision: Mapped[int]
    """`content.revision` of what was judged."""
    decision: Mapped[str] = mapped_column(sa.String(10))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    """Why an owner who works alone approved, or what a reviewer wants changed."""
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]

    __table_args__ = (
        CheckConstraint("decision IN ('asked', 'withdrawn', 'sent_back', 'approved')", name="known_decision"),
    )
