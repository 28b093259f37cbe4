"""The marks of an assignment: what was graded, with regrades of its questions and what was ruled for this exam.

The first attempt counts. Further ones are practice: once a key was shown it never scores again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.marking import Score, days_late
from quizapp.core.modes import MODES
from quizapp.core.windows import Allowance
from quizapp.db.models import Presentation, Response, Ruling, Sitting
from quizapp.services.sittings import effective
from quizapp.services.teaching.assignments import Wanted, window_of
from quizapp.services.versions import Row


@dataclass(frozen=True)
class Sat:
    """One sitting of an assignment with its marks. `answered` of `questions` hold an answer; `extra_seconds`: how much
    later it ended for this person than for others."""

    sitting_id: int
    assignment_id: int
    learner_id: int
    started_at: dt.datetime
    deadline: dt.datetime | None
    closed_at: dt.datetime | None
    released_at: dt.datetime | None
    extra_seconds: int
    questions: int
    answered: int
    earned: int
    possible: int

    @property
    def handed_in(self) -> dt.datetime | None:
        """When it was handed in; an expired one at its deadline."""
        if self.closed_at is None or self.deadline is None:
            return self.closed_at
        return min(self.closed_at, self.deadline)


def list_sat(session: Session, *where: sa.ColumnElement[bool]) -> tuple[Sat, ...]:
    """The sittings of assignments, in the order in which they were begun, narrowed by columns of `Sitting`."""
    return tuple(_sat(row) for row in session.execute(_SAT.where(*where)))


def _sat(row: Row) -> Sat:
    # A block is graded answer by answer, so what was not reached has no mark that could be summed.
    possible = int(row.plan["possible"] if MODES[row.mode].feedback_at_once else row.possible)
    return Sat(
        row.id,
        row.assignment_id,
        row.learner_id,
        row.started_at,
        row.deadline,
        row.closed_at,
        row.released_at,
        row.extra_seconds,
        len(row.plan["items"]),
        row.answered,
        min(int(row.earned), possible),
        possible,
    )


def firsts(sat: Iterable[Sat]) -> dict[tuple[int, int], Sat]:
    """The attempt that counts, by assignment and learner."""
    found: dict[tuple[int, int], Sat] = {}
    for one in sat:
        found.setdefault((one.assignment_id, one.learner_id), one)
    return found


def score_of(sat: Sat, wanted: Wanted, allowance: Allowance) -> Score | None:
    """What an attempt comes to for this person; None until it is handed in."""
    if sat.handed_in is None:
        return None
    closes_at = window_of(wanted.opens, wanted.closes, wanted.zone).stretched(allowance).closes_at()
    return Score(sat.earned, sat.possible, wanted.late_percent * days_late(sat.handed_in, closes_at))


def by_objective(session: Session, sitting_id: int) -> Mapping[int, tuple[int, int]]:
    """Objective → earned and possible marks of a sitting."""
    rows = session.execute(
        sa.select(
            counted.c.objective_id,
            sa.func.sum(counted.c.earned).label("earned"),
            sa.func.sum(counted.c.possible).label("possible"),
        )
        .where(counted.c.sitting_id == sitting_id)
        .group_by(counted.c.objective_id)
    )
    return {row.objective_id: (int(row.earned), int(row.possible)) for row in rows}


_newest = sa.select(sa.func.max(Ruling.id)).group_by(Ruling.assignment_id, Ruling.content_id)
ruled = (
    sa.select(Ruling.assignment_id, Ruling.content_id, Ruling.choice, Ruling.reason)
    .where(Ruling.id.in_(_newest))
    .subquery("ruled")
)
"""What was decided last about each question of each exam."""

_left_out = sa.or_(
    ruled.c.choice == "drop",
    sa.and_(ruled.c.choice == "bonus", effective.c.earned < effective.c.possible),
)
counted = (
    sa.select(
        Presentation.id.label("presentation_id"),
        Presentation.sitting_id,
        Response.content_id,
        Response.part,
        Response.objective_id,
        Response.classes,
        sa.case((Response.answer.is_not(None), Presentation.id)).label("answered"),
        sa.case(
            (_left_out, 0), (ruled.c.choice == "credit", effective.c.possible), else_=effective.c.earned
        ).label("earned"),
        sa.case((_left_out, 0), else_=effective.c.possible).label("possible"),
    )
    .join(Response, Response.presentation_id == Presentation.id)
    .join(effective, effective.c.id == Response.id)
    .join(Sitting, Sitting.id == Presentation.sitting_id)
    .outerjoin(
        ruled, sa.and_(ruled.c.assignment_id == Sitting.assignment_id, ruled.c.content_id == Response.content_id)
    )
    .where(Sitting.assignment_id.is_not(None))
    .subquery("counted")
)  # fmt: skip
"""Each graded part of an assignment with the mark that counts there, in the words of `services.regrading`: dropped, it
counts for nobody; as a bonus for those who have full marks and nobody else; credited, everybody has full marks."""

_SAT = (
    sa.select(
        Sitting.id,
        Sitting.assignment_id,
        Sitting.learner_id,
        Sitting.started_at,
        Sitting.deadline,
        Sitting.closed_at,
        Sitting.released_at,
        Sitting.extra_seconds,
        Sitting.plan,
        Sitting.mode,
        sa.func.count(sa.distinct(counted.c.answered)).label("answered"),
        sa.func.coalesce(sa.func.sum(counted.c.earned), 0).label("earned"),
        sa.func.coalesce(sa.func.sum(counted.c.possible), 0).label("possible"),
    )
    .select_from(Sitting)
    .outerjoin(counted, counted.c.sitting_id == Sitting.id)
    .where(Sitting.assignment_id.is_not(None))
    .group_by(Sitting.id)
    .order_by(Sitting.id)
)
