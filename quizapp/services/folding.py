"""The log and what is folded from it: memory, exposure and counters.

`record` appends one answer and moves the derived rows by it; `replay` folds the whole log again and must arrive at the
same rows, bit for bit. Both go through the same pure steps, so that they cannot drift apart.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.core import memory
from quizapp.core.grading import Confidence, Grade, Rating, rate
from quizapp.core.modes import Mode
from quizapp.db.models import Exposure, ItemStat, Memory, Response, table
from quizapp.db.session import Lock, retrying, run, writing
from quizapp.db.upserts import upserts
from quizapp.services.versions import Version

StatRow = tuple[int, int, str, str, int, int, int]
"""Content, line, part, class, and what to add to answers, earned and possible."""

UNCALIBRATED = 0
"""The calibration epoch of answers given before the first calibration run."""


@dataclass(frozen=True)
class Record:
    """One graded answer. `answer` is None for a question left empty in a closed exam; it earns nothing and says
    nothing about memory."""

    learner_id: int
    presentation_id: int
    version: Version
    part: itemtypes.Part
    objective_id: int
    mode: Mode
    answer: itemtypes.Json | None
    grade: Grade
    confidence: Confidence | None
    elapsed_ms: int | None
    study_day: dt.date
    at: dt.datetime


@dataclass(frozen=True)
class Seen:
    """How often an item was met; `last_right` holds for the whole of its last presentation."""

    times: int
    last_at: dt.datetime
    last_right: bool


def see(seen: Seen | None, *, right: bool, at: dt.datetime, continues: bool) -> Seen:
    """One more answer on an item. `continues`: a further part of the presentation that was counted already."""
    if seen is None or not continues:
        return Seen((seen.times if seen else 0) + 1, at, right)
    return replace(seen, last_at=at, last_right=seen.last_right and right)


def record(session: Session, entry: Record) -> list[StatRow]:
    """Append an answer to the log and move the learner’s own rows. Inside a deed that holds the learner’s lock.

    Returns what is still to be counted for the item: the deed passes all of it to `count` as its last act, because
    counters are shared between learners and must be touched in one order by everybody.
    """
    held = run(
        session,
        _HELD,
        {
            "learner": entry.learner_id,
            "content": entry.version.content_id,
            "objective": entry.objective_id,
            "presentation": entry.presentation_id,
        },
    ).one()
    continues = held.first_exposure is not None
    first_exposure = bool(held.first_exposure) if continues else held.times is None
    rating = rate(entry.grade, entry.confidence)
    schedules = entry.mode.schedules and entry.answer is not None
    run(
        session,
        _INSERT_RESPONSE,
        {
            "learner_id": entry.learner_id,
            "presentation_id": entry.presentation_id,
            "part": entry.part.id,
            "content_id": entry.version.content_id,
            "line": entry.version.line,
            "objective_id": entry.objective_id,
            "mode": entry.mode.name,
            "answer": entry.answer,
            "earned": entry.grade.earned,
            "possible": entry.grade.possible,
            "classes": list(entry.grade.classes),
            "rating": rating.value,
            "confidence": entry.confidence.value if entry.confidence else None,
            "elapsed_ms": entry.elapsed_ms,
            "first_exposure": first_exposure,
            "schedules": schedules,
            "study_day": entry.study_day,
            "calibration_epoch": UNCALIBRATED,
            "at": entry.at,
        },
    )
    seen = Seen(held.times, held.last_at, held.last_right) if held.times is not None else None
    dialect = session.get_bind().dialect.name
    run(
        session,
        _UPSERT_EXPOSURE[dialect],
        _exposure_row(
            entry.learner_id,
            entry.version.content_id,
            see(seen, right=entry.grade.right, at=entry.at, continues=continues),
        ),
    )
    if schedules:
        trace = memory.remember(
            _trace(held) if held.stability_days is not None else None,
            memory.Evidence(rating, entry.study_day, first_exposure),
            entry.learner_id,
            entry.objective_id,
        )
        run(session, _UPSERT_MEMORY[dialect], _memory_row(entry.learner_id, entry.objective_id, trace))
    if not first_exposure:
        return []
    return [
        (entry.version.content_id, entry.version.line, entry.part.id, name, 1, entry.grade.earned, entry.grade.possible)
        for name in _counted(entry.grade.classes)
    ]


def count(session: Session, rows: Iterable[StatRow]) -> None:
    """Add to the integer counters, in the order of their keys, so that two deeds never wait for each other."""
    if ordered := [dict(zip(_STAT_COLUMNS, row, strict=True)) for row in sorted(rows)]:
        run(session, _COUNT[session.get_bind().dialect.name], ordered)


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
        memories, exposures = _fold(learner_id, _log(session, learner_id), counts)
        differences += _compare("memory", _stored_memory(session, learner_id), memories)
        differences += _compare("exposure", _stored_exposure(session, learner_id), exposures)
    for derived in (Memory, Exposure):
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
                _fold(learner_id, _log(session, learner_id), counts)
            session.execute(sa.delete(ItemStat))
            if rows := _stat_rows(counts):
                session.execute(
                    sa.insert(table(ItemStat)),
                    _named(_STAT_COLUMNS, rows),
                )

    retrying(count_again)


def _rebuild_learner(session: Session, learner_id: int) -> None:
    with writing(session, Lock(learner=learner_id)):
        memories, exposures = _fold(learner_id, _log(session, learner_id), Counter())
        session.execute(sa.delete(Memory).where(Memory.learner_id == learner_id))
        session.execute(sa.delete(Exposure).where(Exposure.learner_id == learner_id))
        if memories:
            session.execute(
                sa.insert(table(Memory)),
                _named(_MEMORY_COLUMNS, memories),
            )
        if exposures:
            session.execute(
                sa.insert(table(Exposure)),
                _named(_EXPOSURE_COLUMNS, exposures),
            )


Rows = dict[tuple[Any, ...], tuple[Any, ...]]


def _fold(
    learner_id: int, log: Iterable[Response], counts: Counter[tuple[int, int, str, str, str]]
) -> tuple[Rows, Rows]:
    """Memory and exposure rows of one learner; adds first answers to `counts`."""
    traces: dict[int, memory.Trace] = {}
    seen: dict[int, Seen] = {}
    shown: set[int] = set()
    for row in log:
        grade = Grade(row.earned, row.possible, tuple(row.classes))
        continues = row.presentation_id in shown
        shown.add(row.presentation_id)
        seen[row.content_id] = see(seen.get(row.content_id), right=grade.right, at=row.at, continues=continues)
        if row.schedules:
            traces[row.objective_id] = memory.remember(
                traces.get(row.objective_id),
                memory.Evidence(Rating(row.rating), row.study_day, row.first_exposure),
                learner_id,
                row.objective_id,
            )
        if row.first_exposure:
            for name in _counted(grade.classes):
                place = (row.content_id, row.line, row.part, name)
                counts[(*place, "answers")] += 1
                counts[(*place, "earned")] += grade.earned
                counts[(*place, "possible")] += grade.possible
    memories = {
        (learner_id, objective_id): tuple(_memory_row(learner_id, objective_id, trace).values())[2:]
        for objective_id, trace in traces.items()
    }
    exposures = {
        (learner_id, content_id): (state.times, state.last_at, state.last_right) for content_id, state in seen.items()
    }
    return memories, exposures


def _log(session: Session, learner_id: int) -> Iterator[Any]:
    columns = (
        Response.presentation_id,
        Response.part,
        Response.content_id,
        Response.line,
        Response.objective_id,
        Response.earned,
        Response.possible,
        Response.classes,
        Response.rating,
        Response.first_exposure,
        Response.schedules,
        Response.study_day,
        Response.at,
    )
    query = sa.select(*columns).where(Response.learner_id == learner_id).order_by(Response.id)
    yield from session.execute(query.execution_options(yield_per=1_000))


def _compare(table: str, stored: Rows, folded: Rows) -> list[Difference]:
    return [
        Difference(table, key, stored.get(key), folded.get(key))
        for key in sorted(stored.keys() | folded.keys())
        if stored.get(key) != folded.get(key)
    ]


_MEMORY_COLUMNS = (
    "learner_id",
    "objective_id",
    "stability_days",
    "difficulty",
    "last_day",
    "due",
    "new_days",
    "algorithm",
)
_EXPOSURE_COLUMNS = ("learner_id", "content_id", "times", "last_at", "last_right")
_STAT_COLUMNS = ("content_id", "line", "part", "answer_class", "answers", "earned", "possible")


def _memory_row(learner_id: int, objective_id: int, trace: memory.Trace) -> dict[str, Any]:
    return {
        "learner_id": learner_id,
        "objective_id": objective_id,
        "stability_days": trace.state.stability_days,
        "difficulty": trace.state.difficulty,
        "last_day": trace.last_day,
        "due": trace.due,
        "new_days": [day.isoformat() for day in trace.new_days],
        "algorithm": memory.ALGORITHM,
    }


def _exposure_row(learner_id: int, content_id: int, seen: Seen) -> dict[str, Any]:
    return {
        "learner_id": learner_id,
        "content_id": content_id,
        "times": seen.times,
        "last_at": seen.last_at,
        "last_right": seen.last_right,
    }


def _named(columns: tuple[str, ...], rows: Rows) -> list[dict[str, Any]]:
    return [dict(zip(columns, key + rest, strict=True)) for key, rest in rows.items()]


def _counted(classes: Iterable[str]) -> list[str]:
    """The rows an answer is counted in: all answers, and each class once."""
    return ["", *dict.fromkeys(name[:64] for name in classes)]


def _stat_rows(counts: Counter[tuple[int, int, str, str, str]]) -> Rows:
    return {
        key[:4]: tuple(counts[(*key[:4], column)] for column in _STAT_COLUMNS[4:])
        for key in counts
        if key[4] == "answers"
    }


def _trace(row: Any) -> memory.Trace:
    return memory.Trace(
        memory.State(row.stability_days, row.difficulty),
        row.last_day,
        row.due,
        tuple(dt.date.fromisoformat(day) for day in row.new_days),
    )


def _stored_memory(session: Session, learner_id: int) -> Rows:
    columns = [getattr(Memory, name) for name in _MEMORY_COLUMNS]
    rows = session.execute(sa.select(*columns).where(Memory.learner_id == learner_id))
    return {tuple(row[:2]): tuple(row[2:]) for row in rows}


def _stored_exposure(session: Session, learner_id: int) -> Rows:
    columns = [getattr(Exposure, name) for name in _EXPOSURE_COLUMNS]
    rows = session.execute(sa.select(*columns).where(Exposure.learner_id == learner_id))
    return {tuple(row[:2]): tuple(row[2:]) for row in rows}


def _stored_stats(session: Session) -> Rows:
    rows = session.execute(sa.select(*(getattr(ItemStat, name) for name in _STAT_COLUMNS)))
    return {tuple(row[:4]): tuple(row[4:]) for row in rows}


_one = sa.select(sa.literal(1).label("one")).subquery("one")
_HELD = (
    sa.select(
        Exposure.times,
        Exposure.last_at,
        Exposure.last_right,
        Response.first_exposure,
        Memory.stability_days,
        Memory.difficulty,
        Memory.last_day,
        Memory.due,
        Memory.new_days,
    )
    .select_from(_one)
    .outerjoin(
        Exposure,
        sa.and_(Exposure.learner_id == sa.bindparam("learner"), Exposure.content_id == sa.bindparam("content")),
    )
    .outerjoin(
        Memory,
        sa.and_(Memory.learner_id == sa.bindparam("learner"), Memory.objective_id == sa.bindparam("objective")),
    )
    .outerjoin(Response, Response.presentation_id == sa.bindparam("presentation"))
    .order_by(Response.id)
    .limit(1)
)

_INSERT_RESPONSE = sa.insert(table(Response))


_UPSERT_MEMORY = upserts(table(Memory), ("learner_id", "objective_id"))
_UPSERT_EXPOSURE = upserts(table(Exposure), ("learner_id", "content_id"))
_COUNT = upserts(table(ItemStat), ("content_id", "line", "part", "answer_class"), adding=True)
