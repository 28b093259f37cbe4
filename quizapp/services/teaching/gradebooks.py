"""The gradebook of a cohort: who handed in what, and what it came to. Reads only.

The sums are made by the database; what is put together here is one cell for each learner and assignment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import modes
from quizapp.core.marking import Score, days_late
from quizapp.core.windows import Allowance
from quizapp.db.models import (
    Accommodation,
    Assignment,
    CohortMember,
    Content,
    Response,
    Sitting,
    User,
)
from quizapp.db.session import run
from quizapp.services.accounts import Actor
from quizapp.services.teaching import assembling, assignments, cohorts, marks
from quizapp.services.teaching.assignments import DRAFT, LESSON, Given
from quizapp.services.teaching.marks import Sat
from quizapp.services.versions import Row


@dataclass(frozen=True)
class Cell:
    """What one learner has of one assignment. `done` of `asked` questions hold an answer; `score` is None until it is
    handed in, and for a lesson; `passed` is None without a pass mark."""

    done: int = 0
    asked: int = 0
    begun: bool = False
    score: Score | None = None
    passed: bool | None = None
    days_late: int = 0


@dataclass(frozen=True)
class GradeRow:
    """A learner; `left`: no longer in the cohort, but something was handed in."""

    learner_id: int
    name: str
    email: str
    lms_id: str
    left: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Gradebook:
    """Columns are published assignments, in the order in which they close; learners by name."""

    columns: tuple[Given, ...]
    rows: tuple[GradeRow, ...]


def get_gradebook(session: Session, actor: Actor, cohort_id: int) -> Gradebook:
    """The gradebook of a cohort this person teaches. Raises LookupError."""
    cohorts.get_taught(session, actor, cohort_id)
    given = [one for one in assignments.list_given(session, actor, cohort_id) if one.state != DRAFT]
    columns = tuple(sorted(given, key=lambda one: (one.window.closes_at(), one.id)))
    of_cohort = sa.select(Assignment.id).where(Assignment.cohort_id == cohort_id)
    sat = marks.firsts(marks.list_sat(session, Sitting.assignment_id.in_(of_cohort)))
    people = run(session, _PEOPLE, {"cohort": cohort_id}).all()
    lessons = {one.wanted.lesson for one in columns if one.wanted.kind == LESSON}
    checks = {lesson: assembling.checks_of(session, lesson) for lesson in sorted(lessons)}
    read = _read(session, cohort_id, [name for found in checks.values() for name in found])
    handed_in = {learner for _, learner in sat}
    return Gradebook(
        columns,
        tuple(
            GradeRow(
                row.id,
                row.name or row.email,
                row.email,
                row.lms_id or "",
                row.left_at is not None,
                tuple(
                    _cell(one, row, sat.get((one.id, row.id)), checks, read.get(row.id, frozenset())) for one in columns
                ),
            )
            for row in people
            if row.left_at is None or row.id in handed_in
        ),
    )


def _cell(given: Given, row: Row, sat: Sat | None, checks: Mapping[str, Sequence[str]], read: frozenset[str]) -> Cell:
    wanted = given.wanted
    if wanted.kind == LESSON:
        asked = checks[wanted.lesson]
        return Cell(len(read & set(asked)), len(asked), begun=bool(read & set(asked)))
    if sat is None:
        return Cell(asked=wanted.size)
    allowance = Allowance(row.time_percent or 100, row.break_minutes or 0)
    score = marks.score_of(sat, wanted, allowance)
    cut = wanted.cut_percent
    return Cell(
        done=sat.answered,
        asked=sat.questions,
        begun=True,
        score=score,
        passed=score.passes(cut) if score is not None and cut is not None else None,
        days_late=days_late(sat.handed_in or sat.started_at, given.window.stretched(allowance).closes_at()),
    )


def _read(session: Session, cohort_id: int, checks: Sequence[str]) -> dict[int, frozenset[str]]:
    """Learner → the questions of lessons that were answered, of these."""
    if not checks:
        return {}
    members = sa.select(CohortMember.learner_id).where(CohortMember.cohort_id == cohort_id)
    answered = (
        sa.select(Response.learner_id, Content.slug)
        .join(Content, Content.id == Response.content_id)
        .where(
            Content.kind == "item",
            Content.slug.in_(set(checks)),
            Response.mode == modes.LESSON.name,
            Response.learner_id.in_(members),
        )
        .distinct()
        .subquery("answered")
    )
    rows = session.execute(
        sa.select(answered.c.learner_id, sa.func.aggregate_strings(answered.c.slug, " ").label("slugs")).group_by(
            answered.c.learner_id
        )
    )
    return {row.learner_id: frozenset(row.slugs.split(" ")) for row in rows}


def export_rows(book: Gradebook) -> list[list[str]]:
    """The gradebook as a table of texts: of each assignment the mark in per cent, whether it is passed, days late."""
    head = ["Name", "Email", "LMS id", "In the cohort"]
    for one in book.columns:
        title = one.wanted.title
        if one.wanted.kind == LESSON:
            head += [f"{title}: questions answered", f"{title}: questions asked"]
        else:
            head += [f"{title}: marks", f"{title}: of", f"{title}: per cent", f"{title}: passed", f"{title}: days late"]
    rows = [head]
    for row in book.rows:
        cells = [row.name, row.email, row.lms_id, "no" if row.left else "yes"]
        for one, cell in zip(book.columns, row.cells, strict=True):
            cells += _exported(one, cell)
        rows.append(cells)
    return rows


def _exported(given: Given, cell: Cell) -> list[str]:
    if given.wanted.kind == LESSON:
        return [str(cell.done), str(cell.asked)]
    if cell.score is None:
        return ["", "", "", "", ""]
    passed = {None: "", True: "yes", False: "no"}[cell.passed]
    score = cell.score
    return [str(score.earned), str(score.possible), f"{score.percent:.1f}", passed, str(cell.days_late)]


_name = sa.func.lower(sa.func.coalesce(sa.func.nullif(User.name, ""), User.email))
_PEOPLE = (
    sa.select(
        User.id,
        User.name,
        User.email,
        CohortMember.lms_id,
        CohortMember.left_at,
        Accommodation.time_percent,
        Accommodation.break_minutes,
    )
    .join(CohortMember, CohortMember.learner_id == User.id)
    .outerjoin(Accommodation, Accommodation.user_id == User.id)
    .where(CohortMember.cohort_id == sa.bindparam("cohort"))
    .order_by(_name, User.id)
)
