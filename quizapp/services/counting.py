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
    SUMS,
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
    """The counters as the log gives them. It is read twice: by cohort and class, and by month."""
    dialect = session.get_bind().dialect
    found: dict[Key, tuple[int, ...]] = {}
    for query in (_by_class(dialect.name, content_id), _by_month(content_id)):
        # With its constants written out SQLite sees that what is selected is what is grouped by, and sorts it once.
        found |= _keyed(session, sa.text(str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))))
    return found


def _keyed(session: Session, query: sa.Executable) -> dict[Key, tuple[int, ...]]:
    width = len(KEYS)
    return {tuple(row[:width]): tuple(row[width:]) for row in run(session, query)}


def _by_class(dialect: str, content_id: int | None) -> sa.Select[Any]:
    alike = _alike((_cohort, _classes), (*_SUMS, *_BANDS, *_TIMES), content_id)
    if dialect == "sqlite":
        classes = sa.func.json_each(alike.c.classes).table_valued("value")
    else:
        classes = sa.func.json_array_elements_text(sa.cast(alike.c.classes, sa.JSON)).table_valued("value")
    name = sa.func.substr(classes.c.value, 1, LONGEST_CLASS)
    names = sa.union_all(
        sa.select(alike.c.number, sa.literal(ALL).label("name")),
        sa.select(alike.c.number, sa.literal(RIGHT)).where(alike.c.is_right == 1),
        sa.select(alike.c.number, name).select_from(alike).join(classes, sa.true()).distinct(),
    ).subquery("names")
    return _summed(alike, names, {"month": EVER})


def _by_month(content_id: int | None) -> sa.Select[Any]:
    alike = _alike((_month,), (_SUMS[0], _SUMS[1], *_BANDS), content_id)
    names = sa.union_all(
        sa.select(alike.c.number, sa.literal(ALL).label("name")),
        sa.select(alike.c.number, sa.literal(RIGHT)).where(alike.c.is_right == 1),
    ).subquery("names")
    return _summed(alike, names, {"cohort_id": NO_COHORT})


def _summed(alike: sa.CTE, names: sa.Subquery, fixed: Mapping[str, int]) -> sa.Select[Any]:
    """The columns of `item_stat`: each row of `alike` is added to the counters that `names` gives for it. `fixed`: the
    columns of the key that are the same in all of them."""
    own = {name: alike.c[name] for name in KEYS if name in alike.c} | {"answer_class": names.c.name}
    sums = (
        sa.cast(sa.func.sum(alike.c[name]), sa.BigInteger) if name in alike.c else sa.literal(0) for name in COLUMNS
    )
    return (
        sa.select(*(own[name] if name in own else sa.literal(fixed[name]) for name in KEYS), *sums)
        .join_from(names, alike, alike.c.number == names.c.number)
        .group_by(*own.values())
    )


def _alike(kinds: tuple[sa.Label[Any], ...], sums: tuple[sa.Label[int], ...], content_id: int | None) -> sa.CTE:
    """The first answers of the log, those that are alike in `kinds` in one row; everything else is made of these rows.

    What tells most apart comes first in the key, because sorting millions of rows is nearly all of the work.
    """
    item = _unsorted if content_id is None else _log.content_id
    key = (item, *kinds, _is_right, _setting, _log.part, _log.line)
    query = (
        sa.select(sa.func.row_number().over().label("number"), *key, *sums).where(_log.first_exposure).group_by(*key)
    )
    return (query if content_id is None else query.where(_log.content_id == content_id)).cte("alike")


def _histogram(
    value: sa.ColumnElement[Any], cuts: tuple[int, ...], names: tuple[str, ...]
) -> tuple[sa.Label[int], ...]:
    """How many values lie in each place between the cuts; a missing value lies in none."""
    ranges = [
        value < cuts[0],
        *(sa.and_(value >= low, value < high) for low, high in itertools.pairwise(cuts)),
        value >= cuts[-1],
    ]
    return tuple(
        sa.func.sum(sa.case((inside, 1), else_=0)).label(name) for inside, name in zip(ranges, names, strict=True)
    )


_log = table(Response).c
_unsorted = sa.literal_column("+response.content_id", sa.Integer).label("content_id")
"""The plus keeps SQLite from going through the index, which it would sort again all the same."""
_setting = sa.case(SETTINGS, value=_log.mode).label("setting")
_cohort = sa.func.coalesce(_log.cohort_id, NO_COHORT).label("cohort_id")
_classes = sa.cast(_log.classes, sa.Text).label("classes")
_month = (sa.extract("year", _log.study_day) * 100 + sa.extract("month", _log.study_day)).label("month")
_is_right = sa.case((5 * _log.earned >= 4 * _log.possible, 1), else_=0).label("is_right")
_placed = _log.ability.is_not(None)
_SUMS = tuple(
    value.label(name)
    for name, value in zip(
        SUMS,
        (
            sa.func.count(),
            sa.func.sum(_is_right),
            sa.func.sum(_log.earned),
            sa.func.sum(_log.possible),
            sa.func.count(_log.ability),
            sa.func.sum(sa.case((_placed, _log.earned), else_=0)),
            sa.func.sum(sa.case((_placed, _log.earned * _log.earned), else_=0)),
            sa.func.coalesce(sa.func.sum(_log.ability), 0),
            sa.func.coalesce(sa.func.sum(_log.ability * _log.ability), 0),
            sa.func.coalesce(sa.func.sum(_log.ability * _log.earned), 0),
        ),
        strict=True,
    )
)
_BANDS = _histogram(_log.ability, ABILITY_CUTS, ABILITY_BANDS)
_TIMES = _histogram(_log.elapsed_ms, TIME_CUTS, TIME_BUCKETS)
_COUNT = upserts(table(ItemStat), KEYS, adding=True)
