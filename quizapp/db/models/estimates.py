"""What is estimated from many answers: written once, never changed. The newest counts."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from quizapp.db.models.base import Base, Json


class Calibration(Base):
    """One run that estimated the difficulty of questions from the log."""

    __tablename__ = "calibration"

    epoch: Mapped[int] = mapped_column(primary_key=True)
    """1, 2, 3, …; an answer given before the first run carries 0."""
    at: Mapped[dt.datetime]
    up_to: Mapped[int] = mapped_column(sa.BigInteger, unique=True)  # two workers must not count the same log twice
    """The id of the last answer it read."""
    answers: Mapped[int]
    summary: Mapped[Json]
    """How many questions were estimated in which way, and how well the estimates foretell."""
    teach: Mapped[float | None] = mapped_column(sa.Double)
    """What a remembered repeat teaches, in right answers to new questions; None before there are answers enough."""
    teach_error: Mapped[float | None] = mapped_column(sa.Double)
    """Standard error of it."""
    correction: Mapped[list[float] | None] = mapped_column(sa.JSON(none_as_null=True))
    """The weights of `core.correction`, by which recall is corrected; None where it is not."""


class ItemParameter(Base):
    """Difficulty and discrimination of a question, as one calibration found them."""

    __tablename__ = "item_parameter"

    epoch: Mapped[int] = mapped_column(ForeignKey("calibration.epoch"), primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    line: Mapped[int]
    """The statistics line that was published at the time; only its answers were read."""
    difficulty: Mapped[float] = mapped_column(sa.Double)
    """b, in logits."""
    discrimination: Mapped[float] = mapped_column(sa.Double)
    """a; 1 until there are answers enough."""
    error: Mapped[float] = mapped_column(sa.Double)
    """Standard error of b."""
    answers: Mapped[int]
    method: Mapped[str] = mapped_column(sa.String(8))
    """rating: moved from the author's estimate answer by answer; 2pl: fitted."""

    __table_args__ = ({"sqlite_with_rowid": False},)


class MemoryFit(Base):
    """A try to fit the parameters of memory to one learner's own answers."""

    __tablename__ = "memory_fit"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    parameters: Mapped[list[float]]
    """In force from this try on; empty for the published ones."""
    taken: Mapped[bool]
    """Whether the fitted ones were better on the held-out answers; else those of before stay in force."""
    at: Mapped[dt.datetime]
    answers: Mapped[int]
    """How many answers that moved memory the learner had then."""
    loss_before: Mapped[float] = mapped_column(sa.Double)
    """Log loss of the parameters in force before, on the held-out last answers."""
    loss_after: Mapped[float] = mapped_column(sa.Double)
    """That of the fitted ones, taken or not."""


class PairLook(Base):
    """One look at all pairs of questions for those that give each other away. The newest counts."""

    __tablename__ = "pair_look"

    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    up_to: Mapped[int] = mapped_column(sa.BigInteger, unique=True)  # two workers must not look at the same log twice
    """The id of the last answer there was."""
    learners: Mapped[int]
    """Whose first answers were read."""
    pairs: Mapped[int]
    """How many pairs had answers enough in both orders."""


class LeakingPair(Base):
    """Two questions of which the later is right more often if the earlier was met before (`core.itemstats.pairs`)."""

    __tablename__ = "leaking_pair"

    look: Mapped[int] = mapped_column(ForeignKey("pair_look.number"), primary_key=True)
    earlier_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    later_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    after_right: Mapped[int]
    after_n: Mapped[int]
    """Of those who had met the earlier one."""
    before_right: Mapped[int]
    before_n: Mapped[int]
    odds: Mapped[float] = mapped_column(sa.Double)
    low: Mapped[float] = mapped_column(sa.Double)
    high: Mapped[float] = mapped_column(sa.Double)
    q: Mapped[float] = mapped_column(sa.Double)
