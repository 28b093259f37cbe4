"""What to study today, what the next days hold, and how ready a learner will be.

A learner has a limit of minutes a day, not a pile of overdue cards. What does not fit today waits its turn by what it
would gain, so that a missed week spreads over the days that follow; a crowded day to come is thinned beforehand.

    horizon(today, exams)                                       → the day that counts
    build(objectives, load, today=…, exams=…, spent_seconds=…, rng=…) → Today: what to ask, in order, and why
    forecast(objectives, load, today=…, exams=…)                → Forecast: 14 days, readiness, what is not reached

`objectives` are `selection.Objective` in teaching order. Everything is in terms of ids; nothing reads a clock.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from quizapp.core import ability, memory, selection
from quizapp.core.grading import Rating
from quizapp.core.memory import DEFAULT_PARAMETERS, Parameters
from quizapp.core.selection import Asked, Cause, Objective

WITHOUT_AN_EXAM = dt.timedelta(days=30)
"""How far ahead a plan looks for a learner without an examination."""
DAYS_SHOWN = 14
FURTHEST_DAYS = 400
"""A forecast goes no further, however far away the examination is."""
SMOOTHED_DAYS = 5
"""A crowded day is thinned on the days before it, from so many days ahead."""
RETEST_SHARE = 0.25
"""The part of a day that goes to retests before anything else; more would cost more than it gives (the report).
Where the time is short they wait their turn."""
INTAKE_SHARE = 1.0
INTAKE_SHARE_WITHOUT_AN_EXAM = 0.5
"""The part of a day that may go to objectives never asked about, while others are due."""
ROUNDS = 3
"""How often an objective is asked about, at least, before it can be relied on: what starting one will cost."""
MODEL_ERROR = 0.1
"""Standard error of a projected share beyond chance, because the model of memory is not the learner’s memory. On
simulated learners whose memory is not FSRS’s the projection was 3 to 27 points too high (docs/engine.md)."""


class Outcome(StrEnum):
    """What kind of a day it is."""

    STUDY = "study"
    DONE = "done"
    """The minutes of the day are used up."""
    COVERED = "covered"
    """Nothing is due and nothing is left to start: come back on `Today.next_day`."""
    REST = "rest"
    """A rest day, or no minutes are set aside for it."""
    NOTHING = "nothing"
    """There is no question to ask."""


@dataclass(frozen=True)
class Load:
    """How much a learner means to study. `shares`: ISO weekday (1 = Monday) → part of the daily minutes, 1 where it is
    not named; `rest_days`: ISO weekdays without study."""

    minutes_a_day: int
    rest_days: tuple[int, ...] = ()
    shares: Mapping[int, float] = field(default_factory=dict)

    def seconds_on(self, day: dt.date) -> float:
        """What the day holds, 0 on a rest day."""
        weekday = day.isoweekday()
        if weekday in self.rest_days:
            return 0.0
        return max(60.0 * self.minutes_a_day * self.shares.get(weekday, 1.0), 0.0)


@dataclass(frozen=True)
class Today:
    """The plan of a day. `asked` is in the order of asking; `seconds` is what it takes, `limit` what the day still
    holds. `waiting`: objectives that are due and do not fit; `started`: how many of `asked` are begun today;
    `next_day`: the next day on which something is due or may begin, None if there is none."""

    outcome: Outcome
    on: dt.date
    asked: tuple[Asked, ...] = ()
    seconds: float = 0.0
    limit: float = 0.0
    started: int = 0
    waiting: tuple[int, ...] = ()
    next_day: dt.date | None = None


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


def horizon(today: dt.date, exams: Sequence[dt.date] = ()) -> dt.date:
    """The day that counts: the next examination (today’s included), else thirty days from today."""
    return min((exam for exam in exams if exam >= today), default=today + WITHOUT_AN_EXAM)


def build(
    objectives: Sequence[Objective],
    load: Load,
    *,
    today: dt.date,
    rng: random.Random,
    exams: Sequence[dt.date] = (),
    spent_seconds: float = 0.0,
    w: Parameters = DEFAULT_PARAMETERS,
) -> Today:
    """What to ask about today, in order.

    A part of the day goes to retests that have reached their latest day, then to what was never asked about
    (`entering`), and the rest to what is most pressing (`selection.priorities`). With an examination ahead that
    includes what is not due yet; without one new objectives get half of the day while others are due, and the day ends
    when nothing is (“all covered”), save that a crowded day of the next few is thinned. `spent_seconds`: what was
    studied today already. One question is asked if there is any time at all. `w`: the learner’s parameters of memory.
    """
    on = horizon(today, exams)
    able = [one for one in objectives if one.questions]
    limit = load.seconds_on(today) - spent_seconds
    next_day = _next_day(able, load, today)
    if not able:
        return Today(Outcome.NOTHING, on)
    if load.seconds_on(today) <= 0:
        return Today(Outcome.REST, on, waiting=_due(able, today), next_day=next_day)
    if limit <= 0:
        return Today(Outcome.DONE, on, waiting=_due(able, today), next_day=next_day)
    chosen = _fill(able, load, today=today, on=on, limit=limit, ahead=on in exams, w=w)
    topics = {one.id: one.topic for one in able}
    needs = {one.id: one.needs for one in able}
    asked = selection.interleave([(choice, topics[choice.objective]) for choice in chosen], needs)
    taken = {choice.objective for choice in asked}
    return Today(
        outcome=Outcome.STUDY if asked else Outcome.COVERED,
        on=on,
        asked=asked,
        seconds=sum(choice.seconds for choice in asked),
        limit=limit,
        started=sum(choice.why.cause in (Cause.START, Cause.PREREQUISITE) for choice in asked),
        waiting=tuple(one for one in _due(able, today) if one not in taken),
        next_day=next_day,
    )


def entering(objectives: Sequence[Objective], load: Load, *, today: dt.date, on: dt.date) -> tuple[Objective, ...]:
    """The objectives that are still to be started before `on`, in teaching order.

    All of them where the time suffices for `ROUNDS` of questions on each. Where it does not, those that are most likely
    to be learnt in it: by weight and by the chance that they are known already, prerequisites with what rests on them.
    """
    fresh = {one.id: one for one in objectives if one.trace is None and one.questions}
    left = _to_spare(objectives, load, today, on)
    if left >= 0:
        return tuple(fresh.values())
    left += sum(one.seconds * ROUNDS for one in fresh.values())
    chosen: dict[int, Objective] = {}
    begun = any(one.trace is not None for one in objectives)
    for one in sorted(fresh.values(), key=lambda one: -one.weight * one.knows / one.seconds):
        group = [step for step in _with_what_it_needs(one, fresh) if step.id not in chosen]
        left -= sum(step.seconds * ROUNDS for step in group)
        if left < 0 and (begun or chosen):
            break
        chosen |= {step.id: step for step in group}
    return tuple(one for one in fresh.values() if one.id in chosen)


def _to_spare(objectives: Sequence[Objective], load: Load, today: dt.date, on: dt.date) -> float:
    """Seconds left before `on` when every objective has got its `ROUNDS` of questions; below 0 if they will not."""
    days = min(max((on - today).days, 1), FURTHEST_DAYS)
    week = [load.seconds_on(today + dt.timedelta(days=ahead)) for ahead in range(7)]
    left = days // 7 * sum(week) + sum(week[: days % 7])
    for one in objectives:
        if one.questions:
            left -= one.seconds * max(ROUNDS - one.asked, 0)
    return left


def _with_what_it_needs(objective: Objective, by_id: Mapping[int, Objective]) -> list[Objective]:
    """The objective after its prerequisites, the deepest first."""
    found: dict[int, Objective] = {}
    line = [objective]
    while line:
        one = line.pop()
        if one.id not in found:
            found[one.id] = one
            line += [by_id[need] for need in sorted(one.needs) if need in by_id]
    return list(found.values())[::-1]


def _fill(
    able: Sequence[Objective], load: Load, *, today: dt.date, on: dt.date, limit: float, ahead: bool, w: Parameters
) -> list[Asked]:
    """Choices that fit the limit."""
    open_today = {one.id: one for one in able if not selection.asked_on(one, today)}
    pressing = selection.priorities(list(open_today.values()), today=today, on=on, w=w)
    priority = dict(zip(open_today, pressing, strict=True))
    thinned = _thinned(list(open_today.values()), load, today)
    new = [one for one in entering(able, load, today=today, on=on) if one.id in open_today]
    known = [
        one
        for one in open_today.values()
        if one.trace is not None and (ahead or one.trace.due <= today or one.id in thinned)
    ]
    known.sort(key=lambda one: -priority[one.id].rate)
    retests = [one for one in known if one.trace and one.trace.due <= today and one.trace.retests < memory.RETESTS]
    chosen: dict[int, Asked] = {}
    reserved = RETEST_SHARE * limit if _to_spare(able, load, today, on) >= 0 else 0.0
    seconds = _take(chosen, retests, open_today, priority, today, reserved, 0.0, w)
    intake = INTAKE_SHARE if ahead else INTAKE_SHARE_WITHOUT_AN_EXAM
    seconds = _take(chosen, new, open_today, priority, today, intake * limit, seconds, w)
    room = max(limit, min((one.seconds for one in [*known, *new]), default=0.0))  # a short day still holds one question
    _take(chosen, [*known, *new], open_today, priority, today, room, seconds, w)
    return list(chosen.values())


def _take(
    chosen: dict[int, Asked],
    wanted: Sequence[Objective],
    open_today: Mapping[int, Objective],
    priority: Mapping[int, selection.Priority],
    today: dt.date,
    limit: float,
    seconds: float,
    w: Parameters,
) -> float:
    """Add what fits, each after the prerequisites that are not fresh. Returns the seconds of all that is chosen."""
    for one in wanted:
        while one.id not in chosen:
            left = {key: other for key, other in open_today.items() if key not in chosen}
            step, leads_to = selection.first_step(one, left, today)
            if seconds + step.seconds > limit:
                return seconds
            reason = selection.why(step, today, leads_to, w=w)
            chosen[step.id] = Asked(step.id, reason, priority[step.id].gain, step.seconds)
            seconds += step.seconds
    return seconds


def _thinned(objectives: Sequence[Objective], load: Load, today: dt.date) -> set[int]:
    """Objectives of the next days to be asked about today already, because the days until then cannot hold them."""
    due_on: dict[int, list[Objective]] = {ahead: [] for ahead in range(SMOOTHED_DAYS + 1)}
    for one in objectives:
        if one.trace is not None and (ahead := max((one.trace.due - today).days, 0)) <= SMOOTHED_DAYS:
            due_on[ahead].append(one)
    taken: set[int] = set()
    over = 0.0
    for ahead in range(1, SMOOTHED_DAYS + 1):
        over -= load.seconds_on(today + dt.timedelta(days=ahead))
        over += sum(one.seconds for one in due_on[ahead])
        for one in sorted(due_on[ahead], key=lambda one: one.trace.last_day if one.trace else today):
            if over <= 0:
                break
            taken.add(one.id)
            over -= one.seconds
    return taken


def _due(objectives: Sequence[Objective], today: dt.date) -> tuple[int, ...]:
    return tuple(
        one.id
        for one in objectives
        if one.trace is not None and one.trace.due <= today and not selection.asked_on(one, today)
    )


def _next_day(objectives: Sequence[Objective], load: Load, today: dt.date) -> dt.date | None:
    """The study day after today on which something is due or may begin; the one before it if that is a day of rest."""
    if not objectives or not any(load.seconds_on(today + dt.timedelta(days=ahead)) > 0 for ahead in range(1, 8)):
        return None
    tomorrow = today + dt.timedelta(days=1)
    wanted = min(tomorrow if one.trace is None else max(one.trace.due, tomorrow) for one in objectives)
    before = (wanted - dt.timedelta(days=back) for back in range((wanted - today).days))
    after = (wanted + dt.timedelta(days=ahead) for ahead in range(7))
    return next(day for day in (*before, *after) if load.seconds_on(day) > 0)


def forecast(
    objectives: Sequence[Objective],
    load: Load,
    *,
    today: dt.date,
    exams: Sequence[dt.date] = (),
    spent_seconds: float = 0.0,
    w: Parameters = DEFAULT_PARAMETERS,
) -> Forecast:
    """Follow the plan in thought, each answer taken to be right, and say what comes of it.

    The readiness takes the chances of the answers into account: an objective is weighed by how likely its answers were
    to be right on the way.
    """
    on = horizon(today, exams)
    able = [one for one in objectives if one.questions]
    days_ahead = min(max((on - today).days, DAYS_SHOWN), FURTHEST_DAYS)
    states = {one.id: one for one in able}
    days: list[Day] = []
    ready_now = readiness(able, on, today, w=w)
    for ahead in range(days_ahead):
        day = today + dt.timedelta(days=ahead)
        if day >= on and ahead >= DAYS_SHOWN:
            break
        current = list(states.values())
        due = len(_due(current, day))
        limit = load.seconds_on(day) - (spent_seconds if ahead == 0 else 0.0)
        taken, started = _follow(current, load, day, on, limit) if limit > 0 else ([], 0)
        for one in taken:
            states[one.id] = replace(one, trace=_answered_right(one, day, w), asked=one.asked + 1)
        if ahead < DAYS_SHOWN:
            days.append(Day(day, due, len(taken), sum(one.seconds for one in taken) / 60, started))
    return Forecast(
        days=tuple(days),
        on=on,
        ready=readiness(list(states.values()), on, today, w=w),
        ready_now=ready_now,
        unreached=tuple(one.id for one in states.values() if one.trace is None),
        without_questions=tuple(one.id for one in objectives if not one.questions),
    )


def readiness(
    objectives: Sequence[Objective],
    on: dt.date,
    today: dt.date,
    guess: float = 0.2,
    w: Parameters = DEFAULT_PARAMETERS,
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
            known = memory.retrievability(one.trace.state, (max(on, today) - one.trace.last_day).days, w)
        share = one.weight / total
        mean += share * ability.chance_of_right(known, guess)
        variance += share**2 * known * (1 - known)
    reach = 1.96 * math.sqrt(variance + MODEL_ERROR**2)
    return Readiness(mean, max(mean - reach, 0.0), min(mean + reach, 1.0))


def _follow(
    current: Sequence[Objective], load: Load, day: dt.date, on: dt.date, limit: float
) -> tuple[list[Objective], int]:
    """What a plan takes on a day to come, without weighing: what is due, longest waiting first, then what is new."""
    due = [one for one in current if one.trace is not None and one.trace.due <= day and one.trace.last_day < day]
    due.sort(key=lambda one: one.trace.due if one.trace else day)
    new = entering(current, load, today=day, on=on)
    taken: list[Objective] = []
    seconds = 0.0
    for one in [*due, *new]:
        if taken and seconds + one.seconds > limit:
            break
        taken.append(one)
        seconds += one.seconds
    return taken, sum(one.trace is None for one in taken)


def _answered_right(objective: Objective, day: dt.date, w: Parameters) -> memory.Trace:
    trace = objective.trace
    if trace is None:
        state = memory.begin(Rating.GOOD, w)
        return memory.Trace(state, day, day + dt.timedelta(days=memory.interval_days(state, w)))
    state = memory.review(trace.state, Rating.GOOD, (day - trace.last_day).days, w)
    retests = min(trace.retests + 1, memory.RETESTS)
    limit = memory.RETEST_WITHIN_DAYS[retests] if retests < memory.RETESTS else memory.LONGEST_INTERVAL_DAYS
    due = day + dt.timedelta(days=min(memory.interval_days(state, w), limit))
    return replace(trace, state=state, last_day=day, due=due, retests=retests)
