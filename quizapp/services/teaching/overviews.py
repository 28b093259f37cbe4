"""A cohort at a glance: what it was given, how it answers by objective and by question. Reads only.

The figures are those of the counters: first answers to what was assigned, and of the practice of those who show it. No
learner stands behind them by name, and how many learners or answers there are changes neither statements nor rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.itemstats import practice
from quizapp.core.itemstats.tallies import ABILITY_BANDS, ALL, EVER, LESSON, RIGHT, SUMS, TIME_BUCKETS, Tallied
from quizapp.db.models import Item, ItemStat, Published, table
from quizapp.db.session import run
from quizapp.services.accounts import Actor
from quizapp.services.authoring.scope import banks_of
from quizapp.services.teaching import assignments, cohorts
from quizapp.services.teaching.assignments import Given
from quizapp.services.teaching.cohorts import Taught
from quizapp.services.teaching.questions import words_of
from quizapp.services.versions import Row, Version, get_versions, published_by_id

FEW = 5
"""First answers below which a question comes after the others: one miss would make it the hardest."""
NO_HISTOGRAM = (0,) * (len(ABILITY_BANDS) + len(TIME_BUCKETS))


@dataclass(frozen=True)
class ItemRow:
    """A question as a cohort answers it. `n`: first answers; `facility`: the share of the marks earned, 0 to 1;
    `discrimination`: correlation with ability before the answer, None below `practice.LEAST` answers; `wrong`: the
    wrong choice made most often, `wrong_n` by how many. Texts are HTML."""

    content_id: int
    bank: str
    lead_in: str
    objective_id: int
    objective: str
    n: int
    facility: float
    discrimination: float | None
    wrong: str
    wrong_n: int


@dataclass(frozen=True)
class AimRow:
    """An objective: first answers on all its questions, how many questions they are, the share of marks earned."""

    slug: str
    statement: str
    n: int
    questions: int
    facility: float


@dataclass(frozen=True)
class Overview:
    """Objectives and questions with the hardest first, of those with FEW answers behind them. `banks`: slugs of those
    whose questions the reader may open."""

    cohort: Taught
    given: tuple[Given, ...]
    objectives: tuple[AimRow, ...]
    items: tuple[ItemRow, ...]
    banks: frozenset[str]


def get_overview(session: Session, actor: Actor, cohort_id: int) -> Overview:
    """A cohort this person teaches. Raises LookupError for any other."""
    taught = cohorts.get_taught(session, actor, cohort_id)
    rows = run(session, _COUNTERS, {"cohort": cohort_id}).all()
    versions = get_versions(session, {row.version_id for row in rows})
    objectives = published_by_id(session, {row.objective_id for row in rows})
    items = tuple(
        _item(tuple(found), versions[version_id], objectives)
        for (_, version_id), found in groupby(rows, key=lambda row: (row.content_id, row.version_id))
    )
    return Overview(
        taught,
        assignments.list_of(session, cohort_id),
        _objectives(items, rows, objectives),
        tuple(sorted(items, key=lambda one: (one.n < FEW, one.facility, one.content_id))),
        frozenset(bank.slug for bank in banks_of(session, actor)),
    )


def _item(rows: Sequence[Row], version: Version, objectives: Mapping[int, Version]) -> ItemRow:
    whole = [row for row in rows if row.answer_class == ALL]
    earned, possible = sum(row.earned for row in whole), sum(row.possible for row in whole)
    first = max(whole, key=lambda row: row.answers)
    tallied = Tallied.of((*(int(getattr(first, name)) for name in SUMS), *NO_HISTOGRAM))
    figure = practice.discrimination(tallied) if tallied.placed >= practice.LEAST else None
    wrong, wrong_n = _most_chosen(rows, version)
    return ItemRow(
        first.content_id,
        first.bank,
        str(version.rendered_parts[0].content["lead_in"]),
        first.objective_id,
        objectives[first.objective_id].slug if first.objective_id in objectives else "",
        first.answers,
        float(earned) / float(possible) if possible else 0.0,
        figure.value if figure is not None else None,
        wrong,
        wrong_n,
    )


def _most_chosen(rows: Iterable[Row], version: Version) -> tuple[str, int]:
    """Of the classes in which no answer was right the one that most fell into."""
    wrong = [row for row in rows if row.answer_class not in (ALL, RIGHT) and not row.right]
    if not wrong:
        return "", 0
    found = max(wrong, key=lambda row: (row.answers, row.answer_class))
    content = next((part.content for part in version.rendered_parts if part.id == found.part), {})
    return words_of(content, found.answer_class), found.answers


def _objectives(items: Sequence[ItemRow], rows: Iterable[Row], objectives: Mapping[int, Version]) -> tuple[AimRow, ...]:
    marks: dict[int, list[int]] = {}
    for row in rows:
        if row.answer_class == ALL:
            sums = marks.setdefault(row.objective_id, [0, 0])
            sums[0] += int(row.earned)
            sums[1] += int(row.possible)
    found = [
        AimRow(
            version.slug,
            version.body["statement"],
            sum(one.n for one in items if one.objective_id == objective_id),
            sum(one.objective_id == objective_id for one in items),
            marks[objective_id][0] / marks[objective_id][1] if marks[objective_id][1] else 0.0,
        )
        for objective_id, version in objectives.items()
        if objective_id in marks
    ]
    return tuple(sorted(found, key=lambda one: (one.n < FEW, one.facility, one.slug)))


_stat = table(ItemStat).c
_key = (_stat.content_id, Published.version_id, Item.objective_id, Item.bank, _stat.part, _stat.answer_class)
_COUNTERS = (
    sa.select(*_key, *(sa.cast(sa.func.sum(_stat[name]), sa.BigInteger).label(name) for name in SUMS))
    .join(Item, Item.content_id == _stat.content_id)
    .join(Published, Published.content_id == _stat.content_id)
    .where(_stat.cohort_id == sa.bindparam("cohort"), _stat.month == EVER, _stat.setting != LESSON)
    .group_by(*_key)
    .order_by(*_key)
)
