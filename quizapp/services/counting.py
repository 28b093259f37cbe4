"""The counters behind item analysis: added to with every first answer, and counted anew from the log.

A recount reads the log and the counters in one snapshot and then adds the difference to whatever the counters hold by
then. Sums can be corrected so at any moment: nobody who answers meanwhile has to wait, and nothing of theirs is lost.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import add, itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.itemstats.tallies import (
    ABILITY_BANDS,
    ABILITY_CUTS,
    ALL,
    COLUMNS,
    EVER,
    NO_COHORT,
    RIGHT,
    SETTINGS,
    SUMS,
    TIME_CUTS,
    Answer,
    distinct,
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
    """The counters as the log gives them.

    Written for millions of answers: the database sorts them by question, and here they are added up one question after
    the other, whose few counters stay near the processor. Grouping them in the database took twice as long.
    """
    query = _LOG.order_by(_unindexed) if content_id is None else _LOG.where(_log.content_id == content_id)
    rows: Iterable[Any] = run(session, query.execution_options(yield_per=5_000))
    found: dict[Key, tuple[int, ...]] = {}
    for content, answers in itertools.groupby(rows, key=itemgetter(0)):
        found.update({(content, *key): tuple(sums) for key, sums in _of_question(answers).items()})
    return found


def _of_question(answers: Iterable[Any]) -> dict[Key, list[int]]:
    """The counters of one question, by the rest of their keys."""
    by_class: dict[Key, list[int]] = {}
    by_month: dict[Key, list[int]] = {}
    for _, line, part, mode, cohort, classes, month, earned, possible, ability, elapsed_ms in answers:
        right = 5 * earned >= 4 * possible
        key: Key = (cohort, classes, right, mode, part, line)
        of_class = by_class.get(key) or by_class.setdefault(key, _NOTHING.copy())
        key = (month, right, mode, part, line)
        of_month = by_month.get(key) or by_month.setdefault(key, _NOTHING.copy())
        of_class[_ANSWERS] += 1
        of_month[_ANSWERS] += 1
        of_class[_EARNED] += earned
        of_class[_POSSIBLE] += possible
        if ability is not None:
            of_class[_PLACED] += 1
            of_class[_PLACED_EARNED] += earned
            of_class[_PLACED_EARNED_SQUARED] += earned * earned
            of_class[_ABILITY] += ability
            of_class[_ABILITY_SQUARED] += ability * ability
            of_class[_ABILITY_EARNED] += ability * earned
            band = _BANDS + bisect_right(ABILITY_CUTS, ability)
            of_class[band] += 1
            of_month[band] += 1
        if elapsed_ms is not None:
            of_class[_TIMES + bisect_right(TIME_CUTS, elapsed_ms)] += 1
    found: dict[Key, list[int]] = {}
    for (cohort, classes, right, mode, part, line), sums in by_class.items():
        for name in (*_whole(sums, right=right), *distinct(json.loads(classes))):
            _add(found, (line, part, name, EVER, SETTINGS[mode], cohort or NO_COHORT), sums)
    for (month, right, mode, part, line), sums in by_month.items():
        for name in _whole(sums, right=right):
            _add(found, (line, part, name, int(month.replace("-", "")), SETTINGS[mode], NO_COHORT), sums)
    return found


def _whole(sums: list[int], *, right: bool) -> tuple[str, ...]:
    """The counters of all answers that these answers are in; they are right, all of them or none."""
    sums[_RIGHT] = sums[_ANSWERS] if right else 0
    return (ALL, RIGHT) if right else (ALL,)


def _add(found: dict[Key, list[int]], key: Key, sums: list[int]) -> None:
    held = found.get(key)
    found[key] = sums if held is None else list(map(add, held, sums))


def _keyed(session: Session, query: sa.Executable) -> dict[Key, tuple[int, ...]]:
    width = len(KEYS)
    return {tuple(row[:width]): tuple(row[width:]) for row in run(session, query)}


_log = table(Response).c
_LOG = sa.select(
    _log.content_id,
    _log.line,
    _log.part,
    _log.mode,
    _log.cohort_id,
    sa.cast(_log.classes, sa.Text),
    sa.func.substr(sa.cast(_log.study_day, sa.Text), 1, 7),
    _log.earned,
    _log.possible,
    _log.ability,
    _log.elapsed_ms,
).where(_log.first_exposure)
_unindexed = sa.literal_column("+response.content_id", sa.Integer)
"""The plus keeps SQLite from going through the index, and to a row elsewhere in the table for each of its entries."""
_NOTHING = [0] * len(COLUMNS)
(
    _ANSWERS, _RIGHT, _EARNED, _POSSIBLE, _PLACED, _PLACED_EARNED, _PLACED_EARNED_SQUARED, _ABILITY, _ABILITY_SQUARED,
    _ABILITY_EARNED,
) = range(len(SUMS))  # fmt: skip
_BANDS, _TIMES = len(SUMS), len(SUMS) + len(ABILITY_BANDS)
_COUNT = upserts(table(ItemStat), KEYS, adding=True)
