"""The counters behind item analysis: added to with every first answer, and counted anew from the log.

A recount reads the log and the counters in one snapshot and then adds the difference to whatever the counters hold by
then. Sums can be corrected so at any moment: nobody who answers meanwhile has to wait, and nothing of theirs is lost.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.itemstats.tallies import (
    ABILITY_BANDS,
    ABILITY_CUTS,
    ALL,
    COLUMNS,
    EVER,
    LONGEST_CLASS,
    NO_COHORT,
    RIGHT,
    SETTINGS,
    TIME_BUCKETS,
    TIME_CUTS,
    Answer,
    tally,
)
from quizapp.db.models import ItemStat, Recount, Response, table
from quizapp.db.session import retrying, run, writing
from quizapp.db.upserts import upserts

KEYS = ("content_id", "line", "part", "answer_class", "month", "setting", "cohort_id")
Key = tuple[Any, ...]
StatRow = tuple[Key, dict[str, int]]
"""The key of a counter, and what to add to its columns."""


@dataclass(frozen=True)
class Difference:
    """A counter that is not what the log gives: the columns that differ, as (stored, counted)."""

    key: Key
    columns: Mapping[str, tuple[int, int]]


def rows_of(content_id: int, line: int, part: str, answer: Answer) -> list[StatRow]:
    """What a first answer on a part of a question adds to which counters."""
    return [((content_id, line, part, *place), added) for place, added in tally(answer)]


def count(session: Session, rows: Iterable[StatRow]) -> None:
    """Add to the counters, in the order of their keys, so that two deeds never wait for each other."""
    if ordered := [dict(zip(KEYS, key, strict=True)) | added for key, added in sorted(rows, key=lambda row: row[0])]:
        run(session, _COUNT[session.get_bind().dialect.name], ordered)


def compare(session: Session, content_id: int | None = None) -> list[Difference]:
    """The counters that are not what the log gives, of one question or of all. Reads only, in one snapshot."""
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    stored, counted = _stored(session, content_id), _counted(session, content_id)
    nothing = (0,) * len(COLUMNS)
    return [
        Difference(
            key,
            {
                name: (held, true)
                for name, held, true in zip(COLUMNS, stored.get(key, nothing), counted.get(key, nothing), strict=True)
                if held != true
            },
        )
        for key in sorted(stored.keys() | counted.keys())
        if stored.get(key) != counted.get(key)
    ]


def recount(session: Session, now: dt.datetime, content_id: int | None = None) -> int:
    """Put the counters right, of one question or of all; returns how many rows were wrong. Nobody has to stop."""

    def deed() -> int | None:
        number = (session.scalar(sa.select(sa.func.max(Recount.number))) or 0) + 1
        wrong = compare(session, content_id)
        if not wrong:
            session.rollback()
            return 0
        with writing(session):
            taken = sa.select(sa.func.max(Recount.number))
            if (session.scalar(taken) or 0) >= number:
                return None
            session.execute(sa.insert(table(Recount)).values(number=number, at=now, rows=len(wrong)))
            count(session, [(found.key, _correction(found)) for found in wrong])
            session.execute(sa.delete(ItemStat).where(ItemStat.answers == 0))
        return len(wrong)

    while (done := retrying(deed)) is None:
        pass  # another recount was quicker, and what this one found is put right already or no longer true
    return done


def _correction(found: Difference) -> dict[str, int]:
    return dict.fromkeys(COLUMNS, 0) | {name: true - held for name, (held, true) in found.columns.items()}


def _stored(session: Session, content_id: int | None) -> dict[Key, tuple[int, ...]]:
    stat = table(ItemStat)
    query = sa.select(*(stat.c[name] for name in (*KEYS, *COLUMNS)))
    if content_id is not None:
        query = query.where(stat.c.content_id == content_id)
    return _keyed(session, query)


def _counted(session: Session, content_id: int | None) -> dict[Key, tuple[int, ...]]:
    return _keyed(session, _from_the_log(session.get_bind().dialect.name, content_id))


def _keyed(session: Session, query: sa.Select[Any]) -> dict[Key, tuple[int, ...]]:
    width = len(KEYS)
    return {tuple(row[:width]): tuple(row[width:]) for row in run(session, query)}


def _from_the_log(dialect: str, content_id: int | None) -> sa.Select[Any]:
    """The counters as the log gives them. It is read once, into one row for all answers that were alike in what tells
    counters apart; everything else is made of these rows."""
    alike = _alike(content_id).cte("alike")
    if dialect == "sqlite":
        classes = sa.func.json_each(alike.c.classes).table_valued("value")
    else:
        classes = sa.func.json_array_elements_text(sa.cast(alike.c.classes, sa.JSON)).table_valued("value")
    ever, nowhere = _constant(EVER), _constant(NO_COHORT)
    whole, right = _constant(ALL), _constant(RIGHT)
    name = sa.func.substr(classes.c.value, 1, LONGEST_CLASS)
    was_right = alike.c.right > 0
    names = sa.union_all(
        sa.select(alike.c.number, whole.label("name"), ever.label("month"), alike.c.cohort_id.label("cohort_id")),
        sa.select(alike.c.number, right, ever, alike.c.cohort_id).where(was_right),
        sa.select(alike.c.number, name, ever, alike.c.cohort_id).select_from(alike).join(classes, sa.true()).distinct(),
        sa.select(alike.c.number, whole, alike.c.month, nowhere),
        sa.select(alike.c.number, right, alike.c.month, nowhere).where(was_right),
    ).subquery("names")
    key = (
        alike.c.content_id, alike.c.line, alike.c.part, names.c.name, names.c.month, alike.c.setting, names.c.cohort_id,
    )  # fmt: skip
    sums = (sa.cast(sa.func.sum(alike.c[column]), sa.BigInteger).label(column) for column in COLUMNS)
    return sa.select(*key, *sums).join_from(names, alike, alike.c.number == names.c.number).group_by(*key)


def _constant(value: int | str) -> sa.ColumnElement[Any]:
    return sa.literal(value, literal_execute=True)


def _alike(content_id: int | None) -> sa.Select[Any]:
    log = table(Response).c
    right = sa.case((5 * log.earned >= 4 * log.possible, 1), else_=0)
    placed = log.ability.is_not(None)
    kinds = (
        log.content_id,
        log.line,
        log.part,
        sa.case(SETTINGS, value=log.mode).label("setting"),
        sa.func.coalesce(log.cohort_id, NO_COHORT).label("cohort_id"),
        (sa.extract("year", log.study_day) * 100 + sa.extract("month", log.study_day)).label("month"),
        sa.cast(log.classes, sa.Text).label("classes"),
        right.label("is_right"),
    )
    total = sa.func.sum
    query = (
        sa.select(
            sa.func.row_number().over().label("number"),
            *kinds,
            sa.func.count().label("answers"),
            total(right).label("right"),
            total(log.earned).label("earned"),
            total(log.possible).label("possible"),
            sa.func.count(log.ability).label("placed"),
            total(sa.case((placed, log.earned), else_=0)).label("placed_earned"),
            total(sa.case((placed, log.earned * log.earned), else_=0)).label("placed_earned_squared"),
            sa.func.coalesce(total(log.ability), 0).label("ability"),
            sa.func.coalesce(total(log.ability * log.ability), 0).label("ability_squared"),
            sa.func.coalesce(total(log.ability * log.earned), 0).label("ability_earned"),
            *_histogram(log.ability, ABILITY_CUTS, ABILITY_BANDS),
            *_histogram(log.elapsed_ms, TIME_CUTS, TIME_BUCKETS),
        )
        .where(log.first_exposure)
        .group_by(*kinds)
    )
    return query if content_id is None else query.where(log.content_id == content_id)


def _histogram(
    value: sa.ColumnElement[Any], cuts: tuple[int, ...], names: tuple[str, ...]
) -> list[sa.ColumnElement[Any]]:
    """How many values lie in each place between the cuts; a missing value lies in none."""
    ranges = [
        value < cuts[0],
        *(sa.and_(value >= low, value < high) for low, high in itertools.pairwise(cuts)),
        value >= cuts[-1],
    ]
    return [sa.func.sum(sa.case((inside, 1), else_=0)).label(name) for inside, name in zip(ranges, names, strict=True)]


_COUNT = upserts(table(ItemStat), KEYS, adding=True)
