"""What is folded from the log and can be rebuilt from it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from quizapp.core.itemstats.tallies import ABILITY_BANDS, TIME_BUCKETS
from quizapp.db.models.base import Base


class Memory(Base):
    """The memory of a learner for an objective, folded from the log."""

    __tablename__ = "memory"

    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    objective_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    stability_days: Mapped[float] = mapped_column(sa.Double)
    difficulty: Mapped[float] = mapped_column(sa.Double)
    last_day: Mapped[dt.date]
    due: Mapped[dt.date]
    evidence: Mapped[list[list[Any]]]
    """The latest answers on fresh questions, each [ISO day, rating, freshness, chance of a blind guess]."""
    lapses: Mapped[int]
    retests: Mapped[int]
    algorithm: Mapped[int]

    __table_args__ = ({"sqlite_with_rowid": False},)


class Ability(Base):
    """The ability of a learner in a topic, folded from first answers."""

    __tablename__ = "ability"

    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    theta: Mapped[float] = mapped_column(sa.Double)
    moves: Mapped[int]
    """How many of the answers θ rests on: those on objectives that were not studied."""
    answers: Mapped[int]
    right: Mapped[int]

    __table_args__ = ({"sqlite_with_rowid": False},)


class Exposure(Base):
    """How often a learner has seen an item, folded from the log."""

    __tablename__ = "exposure"

    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    times: Mapped[int]
    last_at: Mapped[dt.datetime]
    last_right: Mapped[bool]
    variants: Mapped[list[str] | None] = mapped_column(sa.JSON(none_as_null=True))
    """What was drawn each time that it counted as new, at most `memory.VARIANTS`; None where nothing is drawn."""

    __table_args__ = ({"sqlite_with_rowid": False},)


class ItemStat(Base):
    """Integer counters of first answers for one statistics line of an item; order-free, so they never drift.

    The rows of a question that are read together stand together: the cohort, over which is summed most, comes last.
    """

    __tablename__ = "item_stat"

    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    answer_class: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """A class of answers, "" for the row that counts all of them, "*" for the one that counts the right ones."""
    month: Mapped[int] = mapped_column(primary_key=True)
    """Year × 100 + month, all cohorts together; 0 for all months of one cohort."""
    setting: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    """practice, exam or lesson."""
    cohort_id: Mapped[int] = mapped_column(primary_key=True)
    """0 for learners without a cohort."""
    answers: Mapped[int]
    right: Mapped[int]
    earned: Mapped[int]
    possible: Mapped[int]
    placed: Mapped[int]
    """Answers of learners whose ability was known; the sums below are about these. Ability as in the log."""
    placed_earned: Mapped[int]
    placed_earned_squared: Mapped[int]
    ability: Mapped[int] = mapped_column(sa.BigInteger)
    ability_squared: Mapped[int] = mapped_column(sa.BigInteger)
    ability_earned: Mapped[int] = mapped_column(sa.BigInteger)

    __table_args__ = (Index("ix_item_stat_cohort_id_month", "cohort_id", "month"), {"sqlite_with_rowid": False})


for _name in (*ABILITY_BANDS, *TIME_BUCKETS):
    setattr(ItemStat, _name, mapped_column(sa.Integer, nullable=False))


class Recount(Base):
    """A comparison of the counters with the log that found a difference and put it right. Append-only."""

    __tablename__ = "recount"

    number: Mapped[int] = mapped_column(primary_key=True)  # two recounts at once would correct the same twice
    at: Mapped[dt.datetime]
    rows: Mapped[int]
