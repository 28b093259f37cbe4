"""The log and what is folded from it: memory, ability and exposure; and what an answer adds to the counters.

`record` appends one answer and moves the derived rows by it. `replaying` folds the whole log again and must arrive at
the same rows, bit for bit: both go through `step`, so that they cannot drift apart.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.core import ability, memory
from quizapp.core.ability import ESTIMATES
from quizapp.core.grading import Confidence, Grade, Rating, rate
from quizapp.core.itemstats import tallies
from quizapp.core.modes import MODES, Mode
from quizapp.db.models import (
    Ability,
    Assignment,
    Calibration,
    Cohort,
    CohortMember,
    Exposure,
    Item,
    ItemParameter,
    Link,
    Memory,
    MemoryFit,
    Presentation,
    Response,
    Sitting,
    table,
)
from quizapp.db.session import run
from quizapp.db.upserts import upserts
from quizapp.services.counting import StatRow, rows_of
from quizapp.services.versions import Version


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
    variant: str | None
    """What was drawn for the question, None where nothing is (`itemtypes.variant`)."""
    answer: itemtypes.Json | None
    grade: Grade
    confidence: Confidence | None
    elapsed_ms: int | None
    study_day: dt.date
    at: dt.datetime


@dataclass(frozen=True)
class Seen:
    """How often an item was met; `last_right` holds for the whole of its last presentation. `variants`: what was drawn
    each time that it counted as new."""

    times: int
    last_at: dt.datetime
    last_right: bool
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Logged:
    """What the fold reads of an answer in the log; the names are those of the columns."""

    learner_id: int
    objective_id: int
    earned: int
    possible: int
    rating: str
    first_exposure: bool
    variant: str | None
    schedules: bool
    study_day: dt.date
    guess: float
    difficulty: float
    mode: str
    at: dt.datetime
    answered: bool
    """False for a question left empty in a closed exam, which says nothing of the learner."""


@dataclass(frozen=True)
class State:
    """What the log so far says of one learner and one item, its objective and its topic."""

    seen: Seen | None
    trace: memory.Trace | None
    ability: ability.Ability | None


def step(before: State, answer: Logged, continues: bool, w: memory.Parameters) -> State:
    """Fold one more answer. `continues`: a further part of a presentation that was counted already."""
    right = Grade(answer.earned, answer.possible).right
    seen, trace, theta = before.seen, before.trace, before.ability
    if answer.first_exposure and answer.answered and not MODES[answer.mode].held:
        theta = ability.learn(
            theta or ability.Ability(),
            right,
            difficulty=answer.difficulty,
            guess=answer.guess,
            studied=trace is not None,
        )
    if answer.schedules:
        if answer.first_exposure:
            fresh = memory.Freshness.NEW
        elif continues or seen is None:
            fresh = memory.Freshness.REPEAT
        else:
            fresh = memory.freshness(seen.last_at, answer.at)
        evidence = memory.Evidence(Rating(answer.rating), answer.study_day, fresh, answer.guess)
        trace = memory.remember(trace, evidence, answer.learner_id, answer.objective_id, w)
    return State(_see(seen, answer, right=right, continues=continues), trace, theta)


def _see(seen: Seen | None, answer: Logged, *, right: bool, continues: bool) -> Seen:
    if seen is not None and continues:
        return replace(seen, last_at=answer.at, last_right=seen.last_right and right)
    counted = seen.variants if seen else ()
    if answer.first_exposure and answer.variant is not None:
        counted = (*counted, answer.variant)
    return Seen((seen.times if seen else 0) + 1, answer.at, right, counted)


def record(session: Session, entry: Record) -> list[StatRow]:
    """Append an answer to the log and move the learner’s own rows. Inside a deed that holds the learner’s lock.

    Returns what is still to be counted for the item: the deed passes all of it to `counting.count` as its last act,
    because counters are shared between learners and must be touched in one order by everybody.
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
    first_exposure = (
        bool(held.first_exposure) if continues else memory.is_new(held.times or 0, held.variants or (), entry.variant)
    )
    schedules = entry.mode.schedules and entry.answer is not None
    before = State(
        seen=Seen(held.times, held.last_at, held.last_right, tuple(held.variants or ()))
        if held.times is not None
        else None,
        trace=trace_of(held) if held.stability_days is not None else None,
        ability=ability_of(held) if held.theta is not None else None,
    )
    logged: dict[str, Any] = {
        "learner_id": entry.learner_id,
        "presentation_id": entry.presentation_id,
        "part": entry.part.id,
        "content_id": entry.version.content_id,
        "line": entry.version.line,
        "objective_id": entry.objective_id,
        "topic_id": held.topic_id,
        "mode": entry.mode.name,
        "answer": entry.answer,
        "earned": entry.grade.earned,
        "possible": entry.grade.possible,
        "classes": list(entry.grade.classes),
        "rating": rate(entry.grade, entry.confidence).value,
        "confidence": entry.confidence.value if entry.confidence else None,
        "elapsed_ms": entry.elapsed_ms,
        "first_exposure": first_exposure,
        "variant": entry.variant,
        "schedules": schedules,
        "study_day": entry.study_day,
        "guess": itemtypes.get(entry.part.type).chance(entry.part.content),
        "difficulty": held.level,
        "calibration_epoch": held.epoch,
        "ability": tallies.ability_before(before.ability),
        "cohort_id": held.cohort_id,
        "at": entry.at,
    }
    run(session, _INSERT_RESPONSE, logged)
    answered = entry.answer is not None
    read = logged | {"answered": answered}
    after = step(before, Logged(**{name: read[name] for name in LOGGED}), continues, parameters_in(held.parameters))
    dialect = session.get_bind().dialect.name
    if after.seen is not None:
        row = exposure_row(entry.learner_id, entry.version.content_id, after.seen)
        run(session, _UPSERT_EXPOSURE[dialect], row)
    if after.trace is not None and schedules:
        run(session, _UPSERT_MEMORY[dialect], memory_row(entry.learner_id, entry.objective_id, after.trace))
    if after.ability is not None and first_exposure and answered:
        run(session, _UPSERT_ABILITY[dialect], ability_row(entry.learner_id, held.topic_id, after.ability))
    if not first_exposure:
        return []
    return rows_of(
        entry.version.content_id,
        entry.version.line,
        entry.part.id,
        tallies.Answer(
            classes=entry.grade.classes,
            earned=entry.grade.earned,
            possible=entry.grade.possible,
            ability=logged["ability"],
            elapsed_ms=entry.elapsed_ms,
            setting=tallies.SETTINGS[entry.mode.name],
            cohort=logged["cohort_id"] or tallies.NO_COHORT,
            month=100 * entry.study_day.year + entry.study_day.month,
        ),
    )


LOGGED: dict[str, sa.ColumnElement[Any]] = {
    **{field.name: getattr(Response, field.name) for field in fields(Logged) if field.name != "answered"},
    "answered": Response.answer.is_not(None).label("answered"),
}
"""The columns of the log, by the fields of `Logged`."""


def memory_row(learner_id: int, objective_id: int, trace: memory.Trace) -> dict[str, Any]:
    return {
        "learner_id": learner_id,
        "objective_id": objective_id,
        "stability_days": trace.state.stability_days,
        "difficulty": trace.state.difficulty,
        "last_day": trace.last_day,
        "due": trace.due,
        "evidence": [[one.day.isoformat(), one.rating.value, one.freshness.value, one.guess] for one in trace.evidence],
        "lapses": trace.lapses,
        "retests": trace.retests,
        "algorithm": memory.ALGORITHM,
    }


def exposure_row(learner_id: int, content_id: int, seen: Seen) -> dict[str, Any]:
    return {
        "learner_id": learner_id,
        "content_id": content_id,
        "times": seen.times,
        "last_at": seen.last_at,
        "last_right": seen.last_right,
        "variants": list(seen.variants) or None,
    }


def ability_row(learner_id: int, topic_id: int, held: ability.Ability) -> dict[str, Any]:
    return {
        "learner_id": learner_id,
        "topic_id": topic_id,
        "theta": held.theta,
        "moves": held.moves,
        "answers": held.answers,
        "right": held.right,
    }


def ability_of(row: Any) -> ability.Ability:
    """The ability that a row with the columns of `ability` holds."""
    return ability.Ability(row.theta, row.moves, row.answers, row.right)


def parameters_of(session: Session, learner_id: int) -> memory.Parameters:
    """The parameters of memory in force for a learner: the newest fit, else the published defaults."""
    newest = sa.select(MemoryFit.parameters).where(MemoryFit.learner_id == learner_id).order_by(MemoryFit.id.desc())
    return parameters_in(session.scalar(newest.limit(1)))


def parameters_in(stored: list[float] | None) -> memory.Parameters:
    return tuple(stored) if stored else memory.DEFAULT_PARAMETERS


def trace_of(row: Any) -> memory.Trace:
    """The trace that a row with the columns of `memory` holds."""
    return memory.Trace(
        memory.State(row.stability_days, row.difficulty),
        row.last_day,
        row.due,
        tuple(
            memory.Evidence(Rating(rating), dt.date.fromisoformat(day), memory.Freshness(freshness), guess)
            for day, rating, freshness, guess in row.evidence
        ),
        row.lapses,
        row.retests,
    )


_one = sa.select(sa.literal(1).label("one")).subquery("one")
newest_epoch = sa.select(sa.func.coalesce(sa.func.max(Calibration.epoch), 0)).scalar_subquery()
"""The calibration in force; 0 before the first."""
_estimate = sa.case(ESTIMATES, value=Item.difficulty, else_=0.0)
_level = (
    sa.select(sa.func.coalesce(sa.func.avg(sa.func.coalesce(ItemParameter.difficulty, _estimate)), 0.0))
    .select_from(Item)
    .outerjoin(ItemParameter, sa.and_(ItemParameter.epoch == newest_epoch, ItemParameter.content_id == Item.content_id))
    .where(Item.objective_id == sa.bindparam("objective"))
    .scalar_subquery()
)
newest_fit = (
    sa.select(MemoryFit.parameters)
    .where(MemoryFit.learner_id == sa.bindparam("learner"))
    .order_by(MemoryFit.id.desc())
    .limit(1)
    .scalar_subquery()
)
"""The parameters fitted to a learner (`:learner`) that are in force."""
_assigned = (
    sa.select(Assignment.cohort_id)
    .join(Sitting, Sitting.assignment_id == Assignment.id)
    .join(Presentation, Presentation.sitting_id == Sitting.id)
    .where(Presentation.id == sa.bindparam("presentation"))
    .scalar_subquery()
)
_shown_to = (
    sa.select(CohortMember.cohort_id)
    .join(Cohort, Cohort.id == CohortMember.cohort_id)
    .where(
        CohortMember.learner_id == sa.bindparam("learner"),
        CohortMember.practice_visible,
        CohortMember.left_at.is_(None),
        Cohort.archived_at.is_(None),
    )
    .order_by(CohortMember.joined_at.desc(), CohortMember.cohort_id.desc())
    .limit(1)
    .scalar_subquery()
)
_cohort = sa.func.coalesce(_assigned, _shown_to)
"""The cohort that an answer is counted for: the one that gave the assignment, else the latest of those to which the
learner shows practice. What is kept to oneself is counted for none, not even without a name."""
_HELD = (
    sa.select(
        Exposure.times,
        Exposure.last_at,
        Exposure.last_right,
        Exposure.variants,
        Response.first_exposure,
        Memory.stability_days,
        Memory.difficulty,
        Memory.last_day,
        Memory.due,
        Memory.evidence,
        Memory.lapses,
        Memory.retests,
        Ability.theta,
        Ability.moves,
        Ability.answers,
        Ability.right,
        Link.target_id.label("topic_id"),
        _level.label("level"),
        newest_epoch.label("epoch"),
        newest_fit.label("parameters"),
        _cohort.label("cohort_id"),
    )
    .select_from(_one)
    .outerjoin(Link, sa.and_(Link.source_id == sa.bindparam("objective"), Link.role == "topic"))
    .outerjoin(Ability, sa.and_(Ability.learner_id == sa.bindparam("learner"), Ability.topic_id == Link.target_id))
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
_UPSERT_ABILITY = upserts(table(Ability), ("learner_id", "topic_id"))
