"""The whole log folded again: the derived rows must be what it gives, and can be put right from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import ability, memory
from quizapp.db.models import Ability, Exposure, Memory, Response, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import counting
from quizapp.services.folding import (
    LOGGED,
    Logged,
    Seen,
    State,
    ability_row,
    exposure_row,
    memory_row,
    parameters_of,
    step,
)
from quizapp.services.sittings import effective

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
    differences: list[Difference] = []
    for learner_id in session.scalars(sa.select(Response.learner_id).distinct().order_by(Response.learner_id)).all():
        folded = _fold(learner_id, _log(session, learner_id), parameters_of(session, learner_id))
        for derived in DERIVED:
            differences += _compare(derived.__tablename__, _stored(session, derived, learner_id), folded[derived])
    for derived in DERIVED:
        learner = derived.learner_id
        orphans = sa.select(learner).where(learner.not_in(sa.select(Response.learner_id))).distinct()
        differences += [
            Difference(derived.__tablename__, (learner_id,), ("rows without a log",), None)
            for learner_id in session.scalars(orphans)
        ]
    return differences + [
        Difference("item_stat", found.key, _values(found, 0), _values(found, 1)) for found in counting.compare(session)
    ]


def _values(found: counting.Difference, place: int) -> tuple[str, ...]:
    return tuple(f"{name} {values[place]}" for name, values in found.columns.items())


def rebuild(session: Session, now: dt.datetime) -> None:
    """Replace what is derived by what the log gives: one transaction a learner, then one for the counters."""
    learners = session.scalars(sa.select(Response.learner_id).distinct().order_by(Response.learner_id)).all()
    for learner_id in learners:
        retrying(partial(_rebuild_learner, session, learner_id))
    counting.recount(session, now)


def _rebuild_learner(session: Session, learner_id: int) -> None:
    with writing(session, Lock(learner=learner_id)):
        refold(session, learner_id, parameters_of(session, learner_id))


def refold(session: Session, learner_id: int, w: memory.Parameters) -> None:
    """Replace a learner’s derived rows by what the log gives with these parameters. Inside a deed that holds the
    learner’s lock."""
    folded = _fold(learner_id, _log(session, learner_id), w)
    for derived in DERIVED:
        session.execute(sa.delete(derived).where(derived.learner_id == learner_id))
        if folded[derived]:
            session.execute(sa.insert(table(derived)), _named(table(derived).c.keys(), folded[derived]))


def _fold(learner_id: int, log: Iterable[Any], w: memory.Parameters) -> dict[Derived, Rows]:
    """The derived rows of one learner."""
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
    return {
        Memory: _keyed(memory_row(learner_id, key, trace) for key, trace in traces.items() if trace),
        Exposure: _keyed(exposure_row(learner_id, key, met) for key, met in seen.items() if met),
        Ability: _keyed(ability_row(learner_id, key, theta) for key, theta in abilities.items() if theta),
    }


def _keyed(rows: Iterable[dict[str, Any]]) -> Rows:
    return {tuple(row.values())[:2]: tuple(row.values())[2:] for row in rows}


def _log(session: Session, learner_id: int) -> Iterator[Any]:
    columns = (Response.presentation_id, Response.content_id, Response.topic_id, *_AS_IT_COUNTS.values())
    query = sa.select(*columns).join(effective, effective.c.id == Response.id)
    query = query.where(Response.learner_id == learner_id).order_by(Response.id)
    yield from session.execute(query.execution_options(yield_per=1_000))


_AS_IT_COUNTS: dict[str, sa.ColumnElement[Any]] = {
    **LOGGED,
    "earned": sa.case((effective.c.evidence, effective.c.earned), else_=Response.earned),
    "possible": sa.case((effective.c.evidence, effective.c.possible), else_=Response.possible),
    "rating": effective.c.rating,
    "schedules": sa.and_(Response.schedules, effective.c.evidence),
    "answered": sa.and_(Response.answer.is_not(None), effective.c.evidence),
}
"""The log with new marks in the place of old ones.

An answer that was given a mark for a faulty question says nothing of the learner, as one that was left empty; that the
question was seen remains.
"""


def _compare(table: str, stored: Rows, folded: Rows) -> list[Difference]:
    return [
        Difference(table, key, stored.get(key), folded.get(key))
        for key in sorted(stored.keys() | folded.keys())
        if stored.get(key) != folded.get(key)
    ]


def _named(columns: Iterable[str], rows: Rows) -> list[dict[str, Any]]:
    return [dict(zip(columns, key + rest, strict=True)) for key, rest in rows.items()]


def _stored(session: Session, derived: Derived, learner_id: int) -> Rows:
    query = sa.select(table(derived)).where(derived.learner_id == learner_id)
    return {tuple(row[:2]): tuple(row[2:]) for row in session.execute(query)}
