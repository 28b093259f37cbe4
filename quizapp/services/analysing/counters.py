"""The counters of questions, read for a page: added up in the database, so that few rows come back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.itemstats import drift
from quizapp.core.itemstats.odds import Stratum
from quizapp.core.itemstats.tallies import ABILITY_BANDS, ALL, COLUMNS, EVER, LESSON, RIGHT, Tallied
from quizapp.db.models import ItemStat, table
from quizapp.db.session import run
from quizapp.services.versions import Row

Place = tuple[Any, ...]
"""Content, line, part."""
Items = Iterable[int] | sa.Select[int]
"""Ids of questions, or a query that gives them."""
Groups = dict[int, tuple[Stratum, ...]]
"""Strata of ability by month, or by cohort."""
OTHERS = 0
"""Among cohorts: everybody who is in none of those that were asked for."""

_stat = table(ItemStat).c


def by_class(
    session: Session,
    items: Items,
    *,
    setting: str = "",
    cohort: int | None = None,
    columns: Iterable[str] = COLUMNS,
    only: str | None = None,
) -> dict[Place, dict[str, Tallied]]:
    """Class → counters over all months, in practice and exams or in one setting, of one cohort or of everybody.

    Columns that are not asked for are nought. `only`: this class alone.
    """
    wanted = set(columns)
    sums = [sa.cast(sa.func.sum(_stat[name]), sa.BigInteger) if name in wanted else sa.literal(0) for name in COLUMNS]
    key = (_stat.content_id, _stat.line, _stat.part, _stat.answer_class)
    query = sa.select(*key, *sums).where(_stat.content_id.in_(items), _stat.month == EVER, _of(setting)).group_by(*key)
    if cohort is not None:
        query = query.where(_stat.cohort_id == cohort)
    if only is not None:
        query = query.where(_stat.answer_class == only)
    found: dict[Place, dict[str, Tallied]] = {}
    row: Row
    for row in run(session, query):
        found.setdefault(tuple(row[:3]), {})[row[3]] = Tallied.of(row[4:])
    return found


def by_month(session: Session, items: Items) -> dict[Place, Groups]:
    """Month → strata, in practice and exams."""
    return _strata(session, _stat.month, _stat.month != EVER, items)


def by_cohort(session: Session, items: Items, cohorts: Iterable[int]) -> dict[Place, Groups]:
    """Cohort → strata, in practice and exams; those outside these cohorts as OTHERS."""
    own = sorted(cohorts)
    if not own:
        return {}
    group = sa.case((_stat.cohort_id.in_(own), _stat.cohort_id), else_=OTHERS)
    return _strata(session, group, _stat.month == EVER, items)


def _strata(
    session: Session, group: sa.ColumnElement[Any], which: sa.ColumnElement[bool], items: Items
) -> dict[Place, Groups]:
    placed = [sum((_stat[name] for name in ABILITY_BANDS[first:last]), sa.literal(0)) for first, last in drift.STRATA]
    unplaced = _stat.answers - sum((_stat[name] for name in ABILITY_BANDS), sa.literal(0))
    key = (_stat.content_id, _stat.line, _stat.part, group.label("group_of"), _stat.answer_class)
    sums = (sa.cast(sa.func.sum(value), sa.BigInteger) for value in (*placed, unplaced))
    query = (
        sa.select(*key, *sums)
        .where(_stat.content_id.in_(items), which, _of(""), _stat.answer_class.in_((ALL, RIGHT)))
        .group_by(*key)
        .order_by(*key)
    )
    found: dict[Place, Groups] = {}
    row: Row
    for row in run(session, query):
        groups, counts = found.setdefault(tuple(row[:3]), {}), row[5:]
        if row[4] == ALL:
            groups[row[3]] = tuple((0, int(n)) for n in counts)
        else:
            groups[row[3]] = tuple((int(right), n) for right, (_, n) in zip(counts, groups[row[3]], strict=True))
    return found


def _of(setting: str) -> sa.ColumnElement[bool]:
    return _stat.setting == setting if setting else _stat.setting != LESSON
