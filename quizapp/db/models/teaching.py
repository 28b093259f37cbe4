"""Cohorts: who teaches whom, and what they are given to do."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from quizapp.db.models.base import Base, Json


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


class Assignment(Base):
    """What a cohort is given to do: to read a lesson and answer its questions, a block of practice, or an exam."""

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(8))
    title: Mapped[str] = mapped_column(sa.String(120))
    plan: Mapped[Json]
    """A lesson by its slug; else how many questions of what, how they are drawn and, of a form that is the same for
    all, which: content ids and the versions that are pinned."""
    opens: Mapped[str] = mapped_column(sa.String(16))
    closes: Mapped[str] = mapped_column(sa.String(16))
    """Wall times, ISO to the minute; `zone` is their wall."""
    zone: Mapped[str] = mapped_column(sa.String(64))
    attempts: Mapped[int]
    late_days: Mapped[int]
    """So many days longer it may be handed in, marked as late; 0: not at all."""
    late_percent: Mapped[int]
    """Taken off the mark for each day late that has begun."""
    limit_minutes: Mapped[int | None]
    graded: Mapped[bool]
    """Whether it decides over somebody: then every question is signed, and one attempt counts."""
    cut_percent: Mapped[int | None]
    """The pass mark."""
    standard: Mapped[str] = mapped_column(sa.String(12))
    """The method by which it was set; "" without one."""
    standard_note: Mapped[str] = mapped_column(sa.Text)
    show_score: Mapped[str] = mapped_column(sa.String(8))
    show_objectives: Mapped[str] = mapped_column(sa.String(8))
    show_keys: Mapped[str] = mapped_column(sa.String(8))
    state: Mapped[str] = mapped_column(sa.String(8))
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]
    published_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    """When nobody could hand in any more."""
    released_at: Mapped[dt.datetime | None]
    analysed_at: Mapped[dt.datetime | None]
    """When its marks were last looked at for the figures of the form."""

    __table_args__ = (
        CheckConstraint("kind IN ('lesson', 'block', 'exam')", name="known_kind"),
        CheckConstraint("state IN ('draft', 'open', 'released')", name="known_state"),
        CheckConstraint("show_score IN ('never', 'after', 'at_once')", name="show_score"),
        CheckConstraint("show_objectives IN ('never', 'after', 'at_once')", name="show_objectives"),
        CheckConstraint("show_keys IN ('never', 'after', 'at_once')", name="show_keys"),
    )


class FormSnapshot(Base):
    """The figures of a form that everybody answered, as its marks gave them at one moment. Append-only: when marks have
    changed there is a further one."""

    __tablename__ = "form_snapshot"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    taken_at: Mapped[dt.datetime]
    people: Mapped[int]
    marks_sha256: Mapped[str] = mapped_column(sa.String(64))
    """Of the marks behind it: as long as they are the same there is nothing new to say."""
    figures: Mapped[Json]
    """What `core.itemstats.forms.analyse` gave, with the questions its columns are."""


class Ruling(Base):
    """What was decided about one question of an exam when it was looked over; the newest counts. Append-only.

    It holds for this exam alone. What is wrong with the question itself is mended by its authors, as a regrade.
    """

    __tablename__ = "ruling"

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    choice: Mapped[str] = mapped_column(sa.String(8))
    reason: Mapped[str] = mapped_column(sa.Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]

    __table_args__ = (
        CheckConstraint("choice IN ('keep', 'drop', 'bonus', 'credit')", name="known_choice"),
        Index("ix_ruling_assignment_id_content_id", "assignment_id", "content_id"),
    )


class Challenge(Base):
    """A learner's doubt about the key of a question that was released, and what became of it."""

    __tablename__ = "challenge"

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    reason: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime]
    answer: Mapped[str] = mapped_column(sa.Text)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    answered_at: Mapped[dt.datetime | None]

    __table_args__ = (
        sa.UniqueConstraint("assignment_id", "content_id", "learner_id"),  # a resent form is one challenge
    )


class Invitation(Base):
    """Somebody on a roster, who is told of the cohort by mail; who joins with this address gets the LMS id."""

    __tablename__ = "invitation"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    lms_id: Mapped[str | None] = mapped_column(sa.String(64))
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]
