"""What a learner was given to do: the list, one task with its beginning and its result, doubts about a key."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.services.teaching import challenging, joining, results, tasks
from quizapp.services.teaching.assignments import BLOCK, EXAM, LESSON
from quizapp.services.teaching.tasks import Stage, Task
from quizapp.web.allow import allow, get_actor
from quizapp.web.learn.blueprint import blueprint
from quizapp.web.pages import moment, moment_and_zone

KINDS = {LESSON: "Lesson", BLOCK: "Block of questions", EXAM: "Exam"}


@dataclass(frozen=True)
class Row:
    """A task in the list: what it is, where it stands, and the one thing to do."""

    title: str
    about: str
    state: str
    url: str
    label: str


@blueprint.get("/assignments")
@allow("signed_in")
def assignments() -> ResponseReturnValue:
    found = tasks.list_tasks(db.session(), get_actor(), clock.now())
    waiting = (Stage.RUNNING, Stage.OPEN, Stage.LATE, Stage.AHEAD)
    return render_template(
        "learn/assignments.html",
        waiting=[row(task) for task in found if task.stage in waiting],
        past=[row(task) for task in reversed(found) if task.stage not in waiting],
        joined=joining.list_joined(db.session(), get_actor()),
        invited=joining.list_invited(db.session(), get_actor()),
    )


def row(task: Task) -> Row:
    label = {Stage.RUNNING: "Continue", Stage.OPEN: "Open", Stage.LATE: "Open"}.get(task.stage, "See")
    about = f"{kind_of(task)} · {task.cohort}"
    return Row(
        task.wanted.title, about, where_it_stands(task), url_for("learn.assignment", assignment_id=task.id), label
    )


def kind_of(task: Task) -> str:
    kind = KINDS[task.wanted.kind]
    return f"{kind}, graded" if task.wanted.graded else kind


def where_it_stands(task: Task) -> str:
    """One sentence; every end names the zone in which it is told."""
    closes = moment_and_zone(task.window.closes_at())
    done = f"{task.answered} of {len(task.checks)} questions answered. " if task.checks else ""
    match task.stage:
        case Stage.AHEAD:
            return f"Opens {moment_and_zone(task.window.opens_at())}."
        case Stage.OPEN:
            return f"{done}Open until {closes}."
        case Stage.RUNNING:
            ends = task.running.deadline if task.running else None
            return f"Begun. It ends {moment_and_zone(ends)}." if ends else "Begun."
        case Stage.LATE:
            return f"{done}It was to be handed in by {closes}. Late until {moment_and_zone(task.last.closes_at())}."
        case Stage.OVER:
            return f"{done}Closed {closes}; nothing was handed in." if not done else f"{done}Closed {closes}."
        case Stage.DONE:
            return _done(task)


def _done(task: Task) -> str:
    if task.checks:
        return f"All {len(task.checks)} questions answered."
    handed_in = task.first.handed_in if task.first else None
    when = f"Handed in {moment(handed_in)}" if handed_in else "Handed in"
    late = f", {task.days_late} {'day' if task.days_late == 1 else 'days'} late" if task.days_late else ""
    held = "" if task.shows("score") or task.shows("keys") else " The result is held until it is released."
    return f"{when}{late}.{held}"


@blueprint.get("/assignments/<int:assignment_id>")
@allow("signed_in")
def assignment(assignment_id: int) -> ResponseReturnValue:
    return task_page(assignment_id)


def task_page(assignment_id: int, problem: str = "") -> str:
    actor = get_actor()
    task = tasks.get_task(db.session(), actor, assignment_id, clock.now())
    return render_template(
        "learn/assignment.html",
        task=task,
        kind=kind_of(task),
        stands=where_it_stands(task),
        result=results.get_result(db.session(), actor, task),
        problem=problem,
        minutes=_minutes(task.limit) if task.limit is not None else None,
    )


def _minutes(time: dt.timedelta) -> int:
    return int(time / dt.timedelta(minutes=1))


@blueprint.post("/assignments/<int:assignment_id>/start")
@allow("signed_in")
def start_assignment(assignment_id: int) -> ResponseReturnValue:
    """Begin it, or go on with what was begun; a second click finds the first one’s attempt."""
    try:
        sitting_id = tasks.start(db.session(), get_actor(), assignment_id, clock.now())
    except tasks.Refused as refused:
        return task_page(assignment_id, str(refused)), 409
    return redirect(url_for("learn.session", sitting_id=sitting_id), 303)


@blueprint.get("/assignments/<int:assignment_id>/questions/<int:position>/challenge")
@allow("signed_in")
def challenge(assignment_id: int, position: int) -> ResponseReturnValue:
    return challenge_page(assignment_id, position)


def challenge_page(assignment_id: int, position: int, reason: str = "", problem: str = "") -> str:
    """Raises LookupError while the keys are held back."""
    actor = get_actor()
    task = tasks.get_task(db.session(), actor, assignment_id, clock.now())
    asked = {one.position: one for one in results.get_result(db.session(), actor, task).questions}
    if position not in asked or task.first is None:
        raise LookupError(position)
    return render_template(
        "learn/challenge.html",
        task=task,
        asked=asked[position],
        sitting_id=task.first.sitting_id,
        reason=reason,
        problem=problem,
    )


@blueprint.post("/assignments/<int:assignment_id>/questions/<int:position>/challenge")
@allow("signed_in")
def send_challenge(assignment_id: int, position: int) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    try:
        challenging.challenge(db.session(), get_actor(), assignment_id, position, reason, clock.now())
    except Unfit as unfit:
        return challenge_page(assignment_id, position, reason, unfit.problems["reason"]), 422
    flash("Your doubt is with those who teach the cohort. Their answer will stand here.", "success")
    return redirect(url_for("learn.challenge", assignment_id=assignment_id, position=position), 303)
