"""The record of who did what: a chain that cannot be altered unseen, and personal details that can be erased."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from quizapp.db.models.base import Base, Json


class AuditEvent(Base):
    """One deed of authoring, teaching, credit or administration. Append-only; each row seals the one before it."""

    __tablename__ = "audit_event"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # two deeds at once cannot both be next
    """1, 2, 3, … without a gap."""
    at: Mapped[dt.datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    """None for what the program did by itself."""
    deed: Mapped[str] = mapped_column(sa.String(40))
    subject_kind: Mapped[str] = mapped_column(sa.String(24))
    subject_id: Mapped[str] = mapped_column(sa.String(64))
    details: Mapped[str] = mapped_column(sa.String(64))
    """The salted digest of the details."""
    before: Mapped[str] = mapped_column(sa.String(64))
    digest: Mapped[str] = mapped_column(sa.String(64))

    __table_args__ = (Index("ix_audit_event_subject", "subject_kind", "subject_id"),)


class AuditDetail(Base):
    """What an event was about, with names and texts; erased when a person is, and the chain still holds."""

    __tablename__ = "audit_detail"

    number: Mapped[int] = mapped_column(ForeignKey("audit_event.number"), primary_key=True, autoincrement=False)
    details: Mapped[Json]
    salt: Mapped[str] = mapped_column(sa.String(32))


class AuditHead(Base):
    """The last event of the audit at the end of a day, signed: what was cut off at the end later can be seen."""

    __tablename__ = "audit_head"

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(sa.String(64))
    signed: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime]
