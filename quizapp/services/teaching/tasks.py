"""What a learner was given to do: the list, one task, beginning it, and what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.marking import days_late
from quizapp.core.windows import Allowance, Window
from quizapp.db.models import Assignment, Cohort, CohortMember, Sitting, table
from quizapp.db.session import Lock, retrying, run, writing
from quizapp.services import asking, lesson_questions
from quizapp.services.accounts import Actor
from quizapp.services.composing import NothingToAsk
from quizapp.services.sittings import Chosen
from quizapp.services.teaching import assembling, marks
from quizapp.services.teaching.accommodating import find_allowance
from quizapp.services.teaching.assignments import (
    AT_ONCE,
    DRAFT,
    LESSON,
    NEVER,
    RELEASED,
    Wanted,
    wanted_of,
    window_of,
)
from quizapp.services.teaching.marks import Sat
from quizapp.services.versions import Row


class Stage(StrEnum):
    """Where a task stands for this learner."""

    AHEAD = "ahead"
    OPEN = "open"
    RUNNING = "running"
    LATE = "late"
    """The window is over, and it may still be handed in, marked as late."""
    DONE = "done"
    OVER = "over"
    """Nothing was handed in, and nothing can be any more."""


class Refused(Exception):
    """It cannot be begun; the sentence says why."""


@dataclass(frozen=True)
class Task:
    """An assignment as this learner has it: the window and limit are the learner’s own.

    `checks`: of a lesson the questions it asks, and `answered` those that were answered. `sat`: attempts in order.
    `refusal`: why no attempt can be begun now, "" if one can.
    """

    id: int
    wanted: Wanted
    cohort: str
    archived: bool
    state: str
    allowance: Allowance
    questions: int
    checks: tuple[str, ...]
    answered: int
    sat: tuple[Sat, ...]
    stage: Stage = Stage.AHEAD
    refusal: str = ""

    @property
    def usual(self) -> Window:
        return window_of(self.wanted.opens, self.wanted.closes, self.wanted.zone)

    @property
    def window(self) -> Window:
        return self.usual.stretched(self.allowance)

    @property
    def last(self) -> Window:
        """The window with the days in which it may be late."""
        return self.window.later(self.wanted.late_days)

    @property
    def limit(self) -> dt.timedelta | None:
        minutes = self.wanted.limit_minutes
        return self.allowance.of(dt.timedelta(minutes=minutes)) if minutes is not None else None

    @property
    def running(self) -> Sat | None:
        return next((one for one in self.sat if one.closed_at is None), None)

    @property
    def first(self) -> Sat | None:
        """The attempt that counts."""
        return self.sat[0] if self.sat else None

    @property
    def attempts_left(self) -> int:
        return max(self.wanted.attempts - len(self.sat), 0)

    @property
    def days_late(self) -> int:
        handed_in = self.first.handed_in if self.first else None
        return days_late(handed_in, self.window.closes_at()) if handed_in is not None else 0

    def shows(self, what: str) -> bool:
        """Whether this learner may see it now: "score", "objectives" or "keys"."""
        when = {
            "score": self.wanted.show_score,
            "objectives": self.wanted.show_objectives,
            "keys": self.wanted.show_keys,
        }[what]
        if self.first is None or self.first.closed_at is None or when == NEVER:
            return False
        return when == AT_ONCE or self.state == RELEASED


def list_tasks(session: Session, actor: Actor, now: dt.datetime) -> tuple[Task, ...]:
    """What the cohorts of this learner were given, in the order in which it closes."""
    return _tasks(session, actor, now, sa.true())


def get_task(session: Session, actor: Actor, assignment_id: int, now: dt.datetime) -> Task:
    """One task. Raises LookupError for one that is not this learner’s."""
    found = _tasks(session, actor, now, Assignment.id == assignment_id)
    if not found:
        raise LookupError(assignment_id)
    return found[0]


def start(session: Session, actor: Actor, assignment_id: int, now: dt.datetime) -> int:
    """Begin a task, or go on with the attempt that runs; returns its sitting.

    What decides is looked up and counted while the learner is locked, so that two clicks are one attempt. Raises
    Refused; LookupError for a task that is not this learner’s, or a lesson, which is read and not begun.
    """

    def deed() -> int:
        with writing(session, Lock(learner=actor.id)):
            task = get_task(session, actor, assignment_id, now)
            if task.wanted.kind == LESSON:
                raise LookupError(assignment_id)
            if task.running is not None and not _is_over(task.running, now):
                return task.running.sitting_id
            if task.refusal:
                raise Refused(task.refusal)
            plan = session.execute(sa.select(Assignment.plan).where(Assignment.id == assignment_id)).scalar_one()
            attempt = len(task.sat) + 1
            try:
                return asking.open_chosen(
                    session,
                    actor,
                    _chosen(session, actor, task, plan, attempt),
                    key=f"assignment:{assignment_id}:{attempt}",
                    title=task.wanted.title,
                    now=now,
                    seed=(int(plan["seed"]) + 1_000_003 * actor.id + attempt) % 2**53,
                )
            except NothingToAsk as reason:
                raise Refused(str(reason)) from reason

    return retrying(deed)


def _chosen(session: Session, actor: Actor, task: Task, plan: Mapping[str, object], attempt: int) -> Chosen:
    wanted = task.wanted
    items = assembling.draw(session, wanted.kind, plan, graded=wanted.graded, learner_id=actor.id, attempt=attempt)
    versions = assembling.pinned(session, plan, items)
    fixed: dict[str, object] = {"possible": assembling.possible_marks(versions)}
    if "versions" in plan:
        fixed["versions"] = [versions[item].id for item in items]
    if wanted.show_keys == AT_ONCE:
        fixed["shown_at_once"] = True
    return Chosen(
        assembling.mode_of(wanted.kind, graded=wanted.graded),
        tuple(items),
        tuple({"reason": "assigned"} for _ in items),
        time_allowed=dt.timedelta(minutes=wanted.limit_minutes) if wanted.limit_minutes is not None else None,
        window=task.usual.later(wanted.late_days),
        assignment_id=task.id,
        fixed=fixed,
    )


def _is_over(sat: Sat, now: dt.datetime) -> bool:
    return sat.deadline is not None and now >= sat.deadline


def _tasks(session: Session, actor: Actor, now: dt.datetime, where: sa.ColumnElement[bool]) -> tuple[Task, ...]:
    rows = run(session, _GIVEN.where(where), {"learner": actor.id}).all()
    if not rows:
        return ()
    allowance = find_allowance(session, actor.id)
    sat = marks.list_sat(session, Sitting.learner_id == actor.id, Sitting.assignment_id.in_([row.id for row in rows]))
    lessons = {row.plan["lesson"] for row in rows if row.kind == LESSON}
    checks = {lesson: assembling.checks_of(session, lesson) for lesson in sorted(lessons)}
    answered = lesson_questions.list_checks_answered(
        session, actor, [one for found in checks.values() for one in found]
    )
    tasks = [
        _task(
            row,
            allowance,
            tuple(one for one in sat if one.assignment_id == row.id),
            checks.get(row.plan.get("lesson", ""), ()),
            answered,
            now,
        )
        for row in rows
    ]
    return tuple(sorted(tasks, key=lambda task: (task.window.closes_at(), task.id)))


def _task(
    row: Row,
    allowance: Allowance,
    sat: tuple[Sat, ...],
    checks: tuple[str, ...],
    answered: frozenset[str],
    now: dt.datetime,
) -> Task:
    wanted = wanted_of(row)
    task = Task(
        id=row.id,
        wanted=wanted,
        cohort=row.cohort,
        archived=row.archived_at is not None,
        state=row.state,
        allowance=allowance,
        questions=len(checks) or wanted.size,
        checks=checks,
        answered=len(answered & set(checks)),
        sat=sat,
    )
    return replace(task, stage=_stage(task, now), refusal=_refusal(task, now))


def _stage(task: Task, now: dt.datetime) -> Stage:
    if task.running is not None and not _is_over(task.running, now):
        return Stage.RUNNING
    if task.sat or (task.checks and task.answered == len(task.checks)):
        return Stage.DONE
    if now < task.window.opens_at():
        return Stage.AHEAD
    if now < task.window.closes_at():
        return Stage.OPEN
    return Stage.LATE if now < task.last.closes_at() else Stage.OVER


def _refusal(task: Task, now: dt.datetime) -> str:
    if task.state == RELEASED:
        return "Its results are released, so nobody begins it any more."
    if task.archived:
        return "This cohort is over; nothing new is begun in it."
    if task.attempts_left == 0:
        return "You have used your attempt." if task.wanted.attempts == 1 else "You have used all attempts."
    if now < task.window.opens_at():
        return "It is not open yet."
    return "" if now < task.last.closes_at() else "It is closed."


_GIVEN = (
    sa.select(*table(Assignment).c, Cohort.title.label("cohort"), Cohort.archived_at)
    .join(Cohort, Cohort.id == Assignment.cohort_id)
    .join(CohortMember, CohortMember.cohort_id == Cohort.id)
    .where(
        CohortMember.learner_id == sa.bindparam("learner"), CohortMember.left_at.is_(None), Assignment.state != DRAFT
    )
)
