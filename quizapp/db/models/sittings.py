"""Sessions of questions and the log of answers: append-only."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from quizapp.db.models.base import Base, Json


class Sitting(Base):
    """One session of questions: its plan, its mode and, for exams, its deadline."""

    __tablename__ = "sitting"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    mode: Mapped[str] = mapped_column(sa.String(12))
    title: Mapped[str] = mapped_column(sa.String(200))
    plan: Mapped[Json]
    """What was asked for, and the content ids of the chosen items in order."""
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    key: Mapped[str] = mapped_column(sa.String(64))
    """Chosen by the form that started it, so that a double click starts one."""
    started_at: Mapped[dt.datetime]
    deadline: Mapped[dt.datetime | None]
    extra_seconds: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[dt.datetime | None]
    released_at: Mapped[dt.datetime | None]
    """When its feedback may be seen; None while it is held back."""
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"), index=True)
    """What it was begun for; None for what the learner does unasked."""
    participation_id: Mapped[int | None] = mapped_column(ForeignKey("participation.id"), index=True)
    """The taking part in an activity that it belongs to."""
    purpose: Mapped[str | None] = mapped_column(sa.String(8))
    """In an activity: "before" the lesson, the "test" for credit, or "after30", "after90", "after180" days."""

    __table_args__ = (
        UniqueConstraint("learner_id", "key"),
        Index("ix_sitting_learner_id_started_at", "learner_id", "started_at"),
        Index(
            "ix_sitting_open_deadline",
            "deadline",
            sqlite_where=sa.text("closed_at IS NULL AND deadline IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NULL AND deadline IS NOT NULL"),
        ),
    )


class Presentation(Base):
    """A question on a learner's screen. It keeps the version that was shown and is graded against it."""

    __tablename__ = "presentation"

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"))
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("content_version.id"))
    position: Mapped[int]
    layout: Mapped[Json]
    why: Mapped[Json]
    """Why this question was chosen, as data."""
    study_day: Mapped[dt.date]
    at: Mapped[dt.datetime]
    replaced: Mapped[bool] = mapped_column(default=False)
    """A question left on a screen until its key or the day had changed was replaced by a fresh one."""

    __table_args__ = (
        Index(
            "uq_presentation_sitting_id_position",
            "sitting_id",
            "position",
            unique=True,  # two tabs that ask for the next question at once get the same one
            sqlite_where=sa.text("replaced = 0"),  # as it stands in the statements, or SQLite does not use it
            postgresql_where=sa.text("NOT replaced"),
        ),
    )


class SavedAnswer(Base):
    """What stands in the form of an exam question; changes until the exam closes."""

    __tablename__ = "saved_answer"

    presentation_id: Mapped[int] = mapped_column(ForeignKey("presentation.id"), primary_key=True)
    part: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    answer: Mapped[Json | None]
    struck: Mapped[list[str]]
    elapsed_ms: Mapped[int | None]
    at: Mapped[dt.datetime]


class Response(Base):
    """The log: one row for every graded answer, never changed. Everything the fold needs stands in it."""

    __tablename__ = "response"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    presentation_id: Mapped[int] = mapped_column(ForeignKey("presentation.id"))
    part: Mapped[str] = mapped_column(sa.String(12))
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    line: Mapped[int]
    objective_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    mode: Mapped[str] = mapped_column(sa.String(12))
    answer: Mapped[Json | None]
    """None only in a closed exam: the question was left empty."""
    earned: Mapped[int]
    possible: Mapped[int]
    classes: Mapped[list[str]]
    rating: Mapped[str] = mapped_column(sa.String(5))
    confidence: Mapped[str | None] = mapped_column(sa.String(12))
    elapsed_ms: Mapped[int | None]
    first_exposure: Mapped[bool]
    """Whether the question was new to the learner; one with drawn values can be up to `memory.VARIANTS` times."""
    variant: Mapped[str | None] = mapped_column(sa.String(16))
    """What was drawn for the question (`itemtypes.variant`); None where nothing is."""
    schedules: Mapped[bool]
    """Whether it moves the memory of its objective (a check inside a lesson does not)."""
    study_day: Mapped[dt.date]
    topic_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    guess: Mapped[float] = mapped_column(sa.Double)
    """The chance of a blind guess on this part."""
    difficulty: Mapped[float] = mapped_column(sa.Double)
    """The mean difficulty of the objective's questions at the time, in logits."""
    calibration_epoch: Mapped[int]
    """The calibration that `difficulty` comes from; 0: the authors' estimates alone."""
    ability: Mapped[int | None]
    """Of the learner in the topic before this answer, in hundredths of a logit (`itemstats.tallies.ability_before`);
    None while too little was known."""
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohort.id"))
    """The cohort that gave the assignment, else the latest to which the learner then showed practice."""
    at: Mapped[dt.datetime]

    __table_args__ = (
        UniqueConstraint("presentation_id", "part"),  # a double click, a resent form, two tabs: one answer
        Index("ix_response_learner_id_id", "learner_id", "id"),
        Index("ix_response_content_id", "content_id"),
        CheckConstraint("earned BETWEEN 0 AND possible", name="mark"),
    )


class Regrade(Base):
    """A new mark for an old answer after a key has changed; the newest counts. Append-only.

    0 of 0 is no mark: the question does not count for this learner.
    """

    __tablename__ = "regrade"

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), index=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    earned: Mapped[int]
    possible: Mapped[int]
    evidence: Mapped[bool]
    """Whether the answer still tells what the learner knows; not where the mark was given for a faulty question."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("publication_id", "response_id"),)  # two workers at once give one mark


class MissCause(Base):
    """Why an answer went wrong, in the learner's own word."""

    __tablename__ = "miss_cause"

    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), primary_key=True)
    cause: Mapped[str] = mapped_column(sa.String(12))
    at: Mapped[dt.datetime]

    __table_args__ = (CheckConstraint("cause IN ('knowledge', 'misread', 'reasoning', 'timing')", name="known_cause"),)


class Mark(Base):
    """A question the learner wants to find again."""

    __tablename__ = "mark"

    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    at: Mapped[dt.datetime]


class Note(Base):
    """The learner's own note on a question."""

    __tablename__ = "note"

    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime]


class ProblemReport(Base):
    """A learner's report that something is wrong with a question."""

    __tablename__ = "problem_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    presentation_id: Mapped[int] = mapped_column(ForeignKey("presentation.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("content_version.id"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime]
    resolved_at: Mapped[dt.datetime | None]
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    reply: Mapped[str] = mapped_column(sa.Text, default="")
    """What the authors answered."""
    publication_id: Mapped[int | None] = mapped_column(ForeignKey("publication.id"))
    """The change that came of it."""

    __table_args__ = (UniqueConstraint("learner_id", "presentation_id"),)  # a resent form is one report
