"""A cohort at a glance: what it was given, how it answers by objective and by question. Reads only.

The figures are those of the counters: first answers to what was assigned, and of the practice of those who show it. No
learner stands behind them by name, and how many learners or answers there are changes neither statements nor rows. What
was chosen is read only for the questions that are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

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
HARDEST = 5
"""Questions that the overview shows; the others have a page of their own."""
A_PAGE = 50
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
    """Objectives and the hardest questions, the hardest first of those with FEW answers behind them. `answered`: how
    many questions somebody has answered. `banks`: slugs of those whose questions the reader may open."""

    cohort: Taught
    given: tuple[Given, ...]
    objectives: tuple[AimRow, ...]
    hardest: tuple[ItemRow, ...]
    answered: int
    banks: frozenset[str]


@dataclass(frozen=True)
class Page:
    """Some of the questions a cohort has answered, hardest first: those from behind the first `before`. `answered`: how
    many there are in all; `banks` as above."""

    cohort: Taught
    rows: tuple[ItemRow, ...]
    before: int
    answered: int
    banks: frozenset[str]


class _Sums(NamedTuple):
    """First answers on a question: of a case, `n` is of the part that most have answered, marks are of all parts."""

    content_id: int
    version_id: int
    objective_id: int
    bank: str
    n: int
    earned: int
    possible: int

    @property
    def facility(self) -> float:
        return self.earned / self.possible if self.possible else 0.0


def get_overview(session: Session, actor: Actor, cohort_id: int) -> Overview:
    """A cohort this person teaches. Raises LookupError for any other."""
    taught = cohorts.get_taught(session, actor, cohort_id)
    sums = _list_sums(session, cohort_id)
    objectives = published_by_id(session, {one.objective_id for one in sums})
    return Overview(
        taught,
        assignments.list_of(session, cohort_id),
        _objectives(sums, objectives),
        _rows(session, cohort_id, sums[:HARDEST], objectives),
        len(sums),
        _banks(session, actor),
    )


def get_page(session: Session, actor: Actor, cohort_id: int, *, before: int = 0) -> Page:
    """A page of the questions of a cohort this person teaches. Raises LookupError for any other."""
    taught = cohorts.get_taught(session, actor, cohort_id)
    sums = _list_sums(session, cohort_id)
    shown = sums[before : before + A_PAGE]
    objectives = published_by_id(session, {one.objective_id for one in shown})
    return Page(taught, _rows(session, cohort_id, shown, objectives), before, len(sums), _banks(session, actor))


def _banks(session: Session, actor: Actor) -> frozenset[str]:
    return frozenset(bank.slug for bank in banks_of(session, actor))


def _list_sums(session: Session, cohort_id: int) -> list[_Sums]:
    """Every question the cohort has answered, hardest first."""
    found: dict[int, _Sums] = {}
    row: Row
    for row in run(session, _SUMS, {"cohort": cohort_id}):
        content_id, version_id, objective_id, bank, _, n, earned, possible = tuple(row)
        held = found.get(content_id)
        if held is not None:
            n, earned, possible = max(n, held.n), earned + held.earned, possible + held.possible
        found[content_id] = _Sums(content_id, version_id, objective_id, bank, n, earned, possible)
    return sorted(found.values(), key=lambda one: (one.n < FEW, one.facility, one.content_id))


def _rows(
    session: Session, cohort_id: int, sums: Sequence[_Sums], objectives: Mapping[int, Version]
) -> tuple[ItemRow, ...]:
    versions = get_versions(session, {one.version_id for one in sums})
    classes: dict[int, list[Row]] = {one.content_id: [] for one in sums}
    for row in run(session, _CLASSES, {"cohort": cohort_id, "items": list(classes)}) if sums else ():
        classes[row.content_id].append(row)
    return tuple(_row(one, classes[one.content_id], versions[one.version_id], objectives) for one in sums)


def _row(sums: _Sums, rows: Sequence[Row], version: Version, objectives: Mapping[int, Version]) -> ItemRow:
    first = max((row for row in rows if row.answer_class == ALL), key=lambda row: row.answers)
    tallied = Tallied.of((*(int(getattr(first, name)) for name in SUMS), *NO_HISTOGRAM))
    figure = practice.discrimination(tallied) if tallied.placed >= practice.LEAST else None
    wrong, wrong_n = _most_chosen(rows, version)
    return ItemRow(
        sums.content_id,
        sums.bank,
        str(version.rendered_parts[0].content["lead_in"]),
        sums.objective_id,
        objectives[sums.objective_id].slug if sums.objective_id in objectives else "",
        sums.n,
        sums.facility,
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


def _objectives(sums: Sequence[_Sums], objectives: Mapping[int, Version]) -> tuple[AimRow, ...]:
    by_objective: dict[int, list[_Sums]] = {}
    for one in sums:
        by_objective.setdefault(one.objective_id, []).append(one)
    found = []
    for objective_id, version in objectives.items():
        own = by_objective[objective_id]
        possible = sum(one.possible for one in own)
        facility = sum(one.earned for one in own) / possible if possible else 0.0
        found.append(AimRow(version.slug, version.body["statement"], sum(one.n for one in own), len(own), facility))
    return tuple(sorted(found, key=lambda one: (one.n < FEW, one.facility, one.slug)))


_stat = table(ItemStat).c
_of_cohort = (_stat.cohort_id == sa.bindparam("cohort"), _stat.month == EVER, _stat.setting != LESSON)


def _sums(*names: str) -> tuple[sa.Label[Any], ...]:
    return tuple(sa.cast(sa.func.sum(_stat[name]), sa.BigInteger).label(name) for name in names)


_part = (_stat.content_id, Published.version_id, Item.objective_id, Item.bank, _stat.part)
_SUMS = (
    sa.select(*_part, *_sums("answers", "earned", "possible"))
    .join(Item, Item.content_id == _stat.content_id)
    .join(Published, Published.content_id == _stat.content_id)
    .where(*_of_cohort, _stat.answer_class == ALL)
    .group_by(*_part)
)
_class = (_stat.content_id, _stat.part, _stat.answer_class)
_CLASSES = (
    sa.select(*_class, *_sums(*SUMS))
    .where(*_of_cohort, _stat.content_id.in_(sa.bindparam("items", expanding=True)))
    .group_by(*_class)
    .order_by(*_class)
)
