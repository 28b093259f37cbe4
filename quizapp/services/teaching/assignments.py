"""Assignments as they are written and stored: lessons, blocks and exams with their windows and rules."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.windows import Window
from quizapp.db.models import Assignment, Sitting, table
from quizapp.db.session import run
from quizapp.services.accounts import Actor
from quizapp.services.teaching import cohorts
from quizapp.services.versions import Row

LESSON, BLOCK, EXAM = "lesson", "block", "exam"
FIXED, RANDOM = "fixed", "random"
NEVER, AFTER, AT_ONCE = "never", "after", "at_once"
DRAFT, OPEN, RELEASED = "draft", "open", "released"


@dataclass(frozen=True)
class Wanted:
    """An assignment as it is written. `topics` and `objectives`: slug → how many questions. `opens` and `closes`: wall
    times, None where nothing that could be one was typed."""

    kind: str
    title: str
    opens: dt.datetime | None
    closes: dt.datetime | None
    zone: str
    lesson: str = ""
    topics: Mapping[str, int] = field(default_factory=dict)
    objectives: Mapping[str, int] = field(default_factory=dict)
    draw: str = FIXED
    attempts: int = 1
    late_days: int = 0
    late_percent: int = 0
    limit_minutes: int | None = None
    graded: bool = False
    cut_percent: int | None = None
    standard: str = ""
    standard_note: str = ""
    show_score: str = AFTER
    show_objectives: str = AFTER
    show_keys: str = AFTER

    @property
    def size(self) -> int:
        return sum(self.topics.values()) + sum(self.objectives.values())


@dataclass(frozen=True)
class Given:
    """An assignment as it is stored. `begun`: how many sittings were begun for it."""

    id: int
    cohort_id: int
    wanted: Wanted
    state: str
    plan: Mapping[str, Any]
    published_at: dt.datetime | None
    closed_at: dt.datetime | None
    released_at: dt.datetime | None
    begun: int

    @property
    def window(self) -> Window:
        return window_of(self.wanted.opens, self.wanted.closes, self.wanted.zone)

    @property
    def items(self) -> tuple[int, ...]:
        """The form that is the same for all; empty where each learner is drawn one, and before it is published."""
        return tuple(self.plan.get("items", ()))


def window_of(opens: dt.datetime | None, closes: dt.datetime | None, zone: str) -> Window:
    if opens is None or closes is None:
        raise ValueError("an assignment without a window")
    return Window(opens, closes, zone)


def list_given(session: Session, actor: Actor, cohort_id: int) -> tuple[Given, ...]:
    """The assignments of a cohort, those that close last first. Raises LookupError."""
    cohorts.get_taught(session, actor, cohort_id)
    return list_of(session, cohort_id)


def list_of(session: Session, cohort_id: int) -> tuple[Given, ...]:
    """The same where the caller has made sure that the reader may know."""
    rows = run(session, _GIVEN.order_by(Assignment.closes.desc(), Assignment.id.desc()), {"cohort": cohort_id})
    return tuple(given_of(row) for row in rows)


def get_given(session: Session, actor: Actor, assignment_id: int) -> Given:
    """An assignment of a cohort this person teaches. Raises LookupError for any other."""
    row = run(session, _ONE, {"assignment": assignment_id}).one_or_none()
    if row is None:
        raise LookupError(assignment_id)
    cohorts.get_taught(session, actor, row.cohort_id)
    return given_of(row)


def hold(session: Session, actor: Actor, assignment_id: int) -> Given:
    """The same inside a deed, with its cohort locked on PostgreSQL."""
    cohort_id = session.scalar(sa.select(Assignment.cohort_id).where(Assignment.id == assignment_id))
    if cohort_id is None:
        raise LookupError(assignment_id)
    cohorts.hold(session, actor, cohort_id)
    return given_of(run(session, _ONE, {"assignment": assignment_id}).one())


def columns(wanted: Wanted) -> dict[str, Any]:
    plan: dict[str, Any] = {"lesson": wanted.lesson}
    if wanted.kind != LESSON:
        plan = {
            "topics": {slug: count for slug, count in wanted.topics.items() if count},
            "objectives": {slug: count for slug, count in wanted.objectives.items() if count},
            "draw": wanted.draw,
            "seed": secrets.randbelow(2**48),
        }
    return {
        "kind": wanted.kind,
        "title": wanted.title,
        "plan": plan,
        "opens": _stored(wanted.opens),
        "closes": _stored(wanted.closes),
        "zone": wanted.zone,
        "attempts": wanted.attempts,
        "late_days": wanted.late_days,
        "late_percent": wanted.late_percent,
        "limit_minutes": wanted.limit_minutes,
        "graded": wanted.graded,
        "cut_percent": wanted.cut_percent,
        "standard": wanted.standard,
        "standard_note": wanted.standard_note.strip(),
        "show_score": wanted.show_score,
        "show_objectives": wanted.show_objectives,
        "show_keys": wanted.show_keys,
    }


def _stored(wall: dt.datetime | None) -> str:
    return wall.isoformat(timespec="minutes") if wall is not None else ""


def given_of(row: Row) -> Given:
    return Given(
        row.id,
        row.cohort_id,
        wanted_of(row),
        row.state,
        row.plan,
        row.published_at,
        row.closed_at,
        row.released_at,
        row.begun,
    )


def wanted_of(row: Row) -> Wanted:
    """The assignment that a row with the columns of the table holds."""
    return Wanted(
        kind=row.kind,
        title=row.title,
        opens=dt.datetime.fromisoformat(row.opens),
        closes=dt.datetime.fromisoformat(row.closes),
        zone=row.zone,
        lesson=row.plan.get("lesson", ""),
        topics=row.plan.get("topics", {}),
        objectives=row.plan.get("objectives", {}),
        draw=row.plan.get("draw", FIXED),
        attempts=row.attempts,
        late_days=row.late_days,
        late_percent=row.late_percent,
        limit_minutes=row.limit_minutes,
        graded=row.graded,
        cut_percent=row.cut_percent,
        standard=row.standard,
        standard_note=row.standard_note,
        show_score=row.show_score,
        show_objectives=row.show_objectives,
        show_keys=row.show_keys,
    )


_begun = (
    sa.select(sa.func.count())
    .where(Sitting.assignment_id == Assignment.id)
    .correlate(Assignment)
    .scalar_subquery()
    .label("begun")
)


def with_begun(where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The rows that `given_of` reads."""
    return sa.select(*table(Assignment).c, _begun).where(where)


_GIVEN = with_begun(Assignment.cohort_id == sa.bindparam("cohort"))
_ONE = with_begun(Assignment.id == sa.bindparam("assignment"))
