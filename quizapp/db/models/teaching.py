"""Cohorts: who teaches whom."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from quizapp.db.models.base import Base


class Cohort(Base):
    """A group of learners who are taught together: a rotation, a course, a year."""

    __tablename__ = "cohort"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    join_code: Mapped[str | None] = mapped_column(sa.String(12), unique=True)
    """In capital letters and without the hyphen it is shown with; None while nobody may join."""
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    opened_at: Mapped[dt.datetime]
    archived_at: Mapped[dt.datetime | None]
    zone: Mapped[str] = mapped_column(sa.String(64))
    """IANA name; the wall clock by which the windows of its assignments open and close."""


class CohortStaff(Base):
    """Who teaches a cohort. The owner has a row too, so that one look-up decides."""

    __tablename__ = "cohort_staff"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(sa.String(12))

    __table_args__ = (CheckConstraint("role IN ('lead', 'co-teacher')", name="known_role"),)


class CohortMember(Base):
    """A learner in a cohort. Who leaves keeps the row, because the marks of the past stay in the gradebook."""

    __tablename__ = "cohort_member"

    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), primary_key=True)
    joined_at: Mapped[dt.datetime]
    left_at: Mapped[dt.datetime | None]
    practice_visible: Mapped[bool] = mapped_column(default=False)
    """Whether those who teach may see this learner's own practice; asked at joining, changed at any time."""
    lms_id: Mapped[str | None] = mapped_column(sa.String(64))
    """How the school's learning management system names the learner."""

    __table_args__ = (Index("ix_cohort_member_cohort_id_learner_id", "cohort_id", "learner_id"),)


class Accommodation(Base):
    """More time for one person, wherever a clock runs or a window closes."""

    __tablename__ = "accommodation"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    time_percent: Mapped[int]
    """Of the usual time; 150 is half as much again."""
    break_minutes: Mapped[int]
    note: Mapped[str] = mapped_column(sa.Text)
    """For those who grant it; the reason is nobody else's business."""
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]

    __table_args__ = (
        CheckConstraint("time_percent BETWEEN 100 AND 300", name="time"),
        CheckConstraint("break_minutes BETWEEN 0 AND 240", name="breaks"),
    )
