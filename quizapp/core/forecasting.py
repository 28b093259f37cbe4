"""What the days ahead hold if the plan is followed, and how ready a learner will be.

    forecast(objectives, load, today=…, exams=…) → Forecast: 14 days, readiness, what is not reached
    readiness(objectives, on, today)             → Readiness: the mean chance of a new question right

Every answer is taken to be right. The days that are shown are planned by the very function that plans today
(`planning.build`). What lies beyond them only tells how ready somebody will be: it is followed without weighing what
presses most, twenty times as fast; a test bounds the difference.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quizapp.core import ability, memory, planning, selection
from quizapp.core.correction import NONE, Correction
from quizapp.core.grading import Rating
from quizapp.core.memory import DEFAULT_PARAMETERS, Evidence, Freshness, Parameters
from quizapp.core.planning import Load
from quizapp.core.selection import Objective

DAYS_SHOWN = 14
FURTHEST_DAYS = 400
"""A forecast goes no further, however far away the examination is."""
MODEL_ERROR = 0.1
"""Standard error of a projected share beyond chance, because the model of memory is not the learner’s memory. On
simulated learners whose memory is not FSRS’s the projection was 3 to 27 points too high (docs/engine.md)."""


@dataclass(frozen=True)
class Day:
    """A day of the forecast: `due` objectives stand on it, `questions` of them and of new ones fit, in `minutes`."""

    day: dt.date
    due: int
    questions: int
    minutes: float
    started: int


@dataclass(frozen=True)
class Readiness:
    """The mean chance of answering a new question right on a day, 0 to 1, with an interval of two standard errors as
    far as they are known (`readiness`)."""

    chance: float
    low: float
    high: float


@dataclass(frozen=True)
class Forecast:
    """What happens if the plan is followed. `days`: the next 14. `on`: the day that counts. `ready`: then, if the plan
    is followed; `ready_now`: then, if nothing more is studied. `unreached`: objectives that will not have been started
    by then, in teaching order; `without_questions`: those that nobody can ask about."""

    days: tuple[Day, ...]
    on: dt.date
    ready: Readiness | None
    ready_now: Readiness | None
    unreached: tuple[int, ...]
    without_questions: tuple[int, ...]


def forecast(
    objectives: Sequence[Objective],
    load: Load,
    *,
    today: dt.date,
    exams: Sequence[dt.date] = (),
    spent_seconds: float = 0.0,
    learner_id: int = 0,
    w: Parameters = DEFAULT_PARAMETERS,
    correction: Correction = NONE,
) -> Forecast:
    """Follow the plan in thought, each answer taken to be right, and say what comes of it.

    `learner_id`: whose due days are drawn. The readiness is that of the day that counts: what is planned for it and
    after it does not help any more.
    """
    on = planning.horizon(today, exams)
    states = {one.id: one for one in objectives if one.questions}
    begun = then = tuple(states.values())
    days: list[Day] = []
    for ahead in range(min(max((on - today).days, DAYS_SHOWN), FURTHEST_DAYS)):
        day = today + dt.timedelta(days=ahead)
        current = tuple(states.values())
        if ahead < DAYS_SHOWN:
            spent = 0.0 if ahead else spent_seconds
            plan = planning.build(current, load, today=day, exams=exams, spent_seconds=spent, w=w)
            asked = [choice.objective for choice in plan.asked]
            days.append(Day(day, plan.due, len(asked), plan.seconds / 60, plan.started))
        else:
            asked = _follow(current, load, day, on)
        for turn, one in enumerate(asked):
            states[one] = _answered_right(states[one], day, turn, learner_id, w)
        if day < on:
            then = tuple(states.values())
    return Forecast(
        days=tuple(days),
        on=on,
        ready=readiness(then, on, today, w=w, correction=correction),
        ready_now=readiness(begun, on, today, w=w, correction=correction),
        unreached=tuple(one.id for one in then if one.trace is None),
        without_questions=tuple(one.id for one in objectives if not one.questions),
    )


def readiness(
    objectives: Sequence[Objective],
    on: dt.date,
    today: dt.date,
    guess: float = 0.2,
    w: Parameters = DEFAULT_PARAMETERS,
    correction: Correction = NONE,
) -> Readiness | None:
    """The mean chance of answering a new question right on the day `on`, weighted; None without objectives.

    The interval holds the chance in each objective and, beside it, the error of the model (`MODEL_ERROR`).
    """
    total = sum(one.weight for one in objectives)
    if not total:
        return None
    mean = variance = 0.0
    for one in objectives:
        known = one.knows
        if one.trace is not None:
            days = (max(on, today) - one.trace.last_day).days
            known = correction.known(memory.retrievability(one.trace.state, days, w), days, one.asked)
        share = one.weight / total
        mean += share * ability.chance_of_right(known, guess)
        variance += share**2 * known * (1 - known)
    reach = 1.96 * math.sqrt(variance + MODEL_ERROR**2)
    return Readiness(mean, max(mean - reach, 0.0), min(mean + reach, 1.0))


def _follow(objectives: Sequence[Objective], load: Load, day: dt.date, on: dt.date) -> list[int]:
    """About what a plan takes on a distant day: a part for what was missed, then what is new, then what waited longest,
    each after its prerequisites."""
    limit = load.seconds_on(day)
    open_then = {one.id: one for one in objectives if not selection.asked_on(one, day)}
    studied = [one for one in open_then.values() if one.trace is not None]
    studied.sort(key=lambda one: one.trace.last_day if one.trace else day)
    promised = [one for one in studied if planning.is_promised(one, day)]
    new = planning.entering(objectives, load, today=day, on=on)
    taken: dict[int, float] = {}

    def take(wanted: Iterable[Objective], limit: float) -> None:
        left = limit - sum(taken.values())
        for one in wanted:
            while one.id not in taken:
                step = one
                if not planning.is_promised(one, day):
                    step, _ = selection.first_step(one, open_then, day, at_hand=taken)
                left -= step.seconds
                if left < 0:
                    return
                taken[step.id] = step.seconds

    take(promised, planning.RETEST_SHARE * limit)
    take([*new, *studied], limit)
    return list(taken)


def _answered_right(objective: Objective, day: dt.date, turn: int, learner_id: int, w: Parameters) -> Objective:
    """The objective after a right answer, to a new question where one is left, as the `turn`-th of the day."""
    fresh = Freshness.NEW if objective.unseen else Freshness.REPEAT
    trace = memory.remember(objective.trace, Evidence(Rating.GOOD, day, fresh, 0.0), learner_id, objective.id, w)
    return Objective(  # `dataclasses.replace` takes five times as long, and this is done a thousand times
        id=objective.id,
        topic=objective.topic,
        trace=trace,
        knows=objective.knows,
        seconds=objective.seconds,
        weight=objective.weight,
        questions=objective.questions,
        unseen=max(objective.unseen - 1, 0),
        asked=objective.asked + 1,
        last_at=dt.datetime.combine(day, dt.time(12), dt.UTC) + dt.timedelta(minutes=turn),
        needs=objective.needs,
    )
