"""The whole log folded again: the derived rows must be what it gives, and can be put right from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import ability, memory
from quizapp.db.models import Ability, Exposure, ItemStat, Memory, Response, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.services.folding import (
    LOGGED,
    STAT_COLUMNS,
    Logged,
    Seen,
    State,
    ability_row,
    counted,
    exposure_row,
    memory_row,
    parameters_of,
    step,
)

Derived = type[Memory | Exposure | Ability]
DERIVED: tuple[Derived, ...] = (Memory, Exposure, Ability)
"""What is derived for each learner: the key of a row is its first two columns."""
Rows = dict[tuple[Any, ...], tuple[Any, ...]]


@dataclass(frozen=True)
class Difference:
    """A derived row that is not what the log gives; None where one of the two has no such row."""

    table: str
    key: tuple[Any, ...]
    stored: tuple[Any, ...] | None
    folded: tuple[Any, ...] | None


def replay(session: Session) -> list[Difference]:
    """Fold the whole log again, one learner after the other, and compare. Reads only."""
    counts: Counter[tuple[int, int, str, str, str]] = Counter()
    differences: list[Difference] = []
    for learner_id in session.scalars(sa.select(Response.learner_id).distinct().order_by(Response.learner_id)).all():
        folded = _fold(learner_id, _log(session, learner_id), parameters_of(session, learner_id), counts)
        for derived in DERIVED:
            differences += _compare(derived.__tablename__, _stored(session, derived, learner_id), folded[derived])
    for derived in DERIVED:
        learner = derived.learner_id
        orphans = sa.select(learner).where(learner.not_in(sa.select(Response.learner_id))).distinct()
        differences += [
            Difference(derived.__tablename__, (learner_id,), ("rows without a log",), None)
            for learner_id in session.scalars(orphans)
        ]
    return differences + _compare("item_stat", _stored_stats(session), _stat_rows(counts))


def rebuild(session: Session) -> None:
    """Replace what is derived by what the log gives: one transaction a learner, then one for the counters."""
    learners = session.scalars(sa.select(Response.learner_id).distinct().order_by(Response.learner_id)).all()
    counts: Counter[tuple[int, int, str, str, str]] = Counter()
    for learner_id in learners:
        retrying(partial(_rebuild_learner, session, learner_id))

    def count_again() -> None:
        with writing(session):
            counts.clear()
            for learner_id in learners:
                _fold(learner_id, _log(session, learner_id), memory.DEFAULT_PARAMETERS, counts)
            session.execute(sa.delete(ItemStat))
            if rows := _stat_rows(counts):
                session.execute(
                    sa.insert(table(ItemStat)),
                    _named(STAT_COLUMNS, rows),
                )

    retrying(count_again)


def _rebuild_learner(session: Session, learner_id: int) -> None:
    with writing(session, Lock(learner=learner_id)):
        refold(session, learner_id, parameters_of(session, learner_id))


def refold(session: Session, learner_id: int, w: memory.Parameters) -> None:
    """Replace a learner’s derived rows by what the log gives with these parameters. Inside a deed that holds the
    learner’s lock."""
    folded = _fold(learner_id, _log(session, learner_id), w, Counter())
    for derived in DERIVED:
        session.execute(sa.delete(derived).where(derived.learner_id == learner_id))
        if folded[derived]:
            session.execute(sa.insert(table(derived)), _named(table(derived).c.keys(), folded[derived]))


def _fold(
    learner_id: int,
    log: Iterable[Any],
    w: memory.Parameters,
    counts: Counter[tuple[int, int, str, str, str]],
) -> dict[Derived, Rows]:
    """The derived rows of one learner; adds first answers to `counts`."""
    seen: dict[int, Seen | None] = {}
    traces: dict[int, memory.Trace | None] = {}
    abilities: dict[int, ability.Ability | None] = {}
    shown: set[int] = set()
    for row in log:
        continues = row.presentation_id in shown
        shown.add(row.presentation_id)
        before = State(seen.get(row.content_id), traces.get(row.objective_id), abilities.get(row.topic_id))
        after = step(before, Logged(*row[-len(LOGGED) :]), continues, w)
        seen[row.content_id], traces[row.objective_id] = after.seen, after.trace
        abilities[row.topic_id] = after.ability
        if row.first_exposure:
            for name in counted(row.classes):
                place = (row.content_id, row.line, row.part, name)
                counts[(*place, "answers")] += 1
                counts[(*place, "earned")] += row.earned
                counts[(*place, "possible")] += row.possible
    return {
        Memory: _keyed(memory_row(learner_id, key, trace) for key, trace in traces.items() if trace),
        Exposure: _keyed(exposure_row(learner_id, key, met) for key, met in seen.items() if met),
        Ability: _keyed(ability_row(learner_id, key, theta) for key, theta in abilities.items() if theta),
    }


def _keyed(rows: Iterable[dict[str, Any]]) -> Rows:
    return {tuple(row.values())[:2]: tuple(row.values())[2:] for row in rows}


def _log(session: Session, learner_id: int) -> Iterator[Any]:
    columns = (
        Response.presentation_id,
        Response.part,
        Response.content_id,
        Response.line,
        Response.topic_id,
        Response.classes,
        *LOGGED.values(),
    )
    query = sa.select(*columns).where(Response.learner_id == learner_id).order_by(Response.id)
    yield from session.execute(query.execution_options(yield_per=1_000))


def _compare(table: str, stored: Rows, folded: Rows) -> list[Difference]:
    return [
        Difference(table, key, stored.get(key), folded.get(key))
        for key in sorted(stored.keys() | folded.keys())
        if stored.get(key) != folded.get(key)
    ]


def _named(columns: Iterable[str], rows: Rows) -> list[dict[str, Any]]:
    return [dict(zip(columns, key + rest, strict=True)) for key, rest in rows.items()]


def _stat_rows(counts: Counter[tuple[int, int, str, str, str]]) -> Rows:
    return {
        key[:4]: tuple(counts[(*key[:4], column)] for column in STAT_COLUMNS[4:])
        for key in counts
        if key[4] == "answers"
    }


def _stored(session: Session, derived: Derived, learner_id: int) -> Rows:
    query = sa.select(table(derived)).where(derived.learner_id == learner_id)
    return {tuple(row[:2]): tuple(row[2:]) for row in session.execute(query)}


def _stored_stats(session: Session) -> Rows:
    rows = session.execute(sa.select(*(getattr(ItemStat, name) for name in STAT_COLUMNS)))
    return {tuple(row[:4]): tuple(row[4:]) for row in rows}
