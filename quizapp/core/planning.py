"""What to study today.

A learner has a limit of minutes a day, not a pile of overdue cards. What does not fit today waits its turn by what it
would gain, so that a missed week spreads over the days that follow; a crowded day to come is thinned beforehand.

    horizon(today, exams)                                      → the day that counts
    build(objectives, load, today=…, exams=…, spent_seconds=…) → Today: what to ask, in order, and why

`objectives` are `selection.Objective` in teaching order. Everything is in terms of ids; nothing reads a clock. What
comes of it on the days after is `core.forecasting`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from quizapp.core import memory, selection
from quizapp.core.memory import DEFAULT_PARAMETERS, Parameters
from quizapp.core.selection import Asked, Objective

WITHOUT_AN_EXAM = dt.timedelta(days=30)
"""How far ahead a plan looks for a learner without an examination."""
LONGEST_HORIZON_DAYS = 400
"""A plan reckons with no more days of study than these, however far away the examination is."""
SMOOTHED_DAYS = 5
"""A crowded day is thinned on the days before it, from so many days ahead."""
RETEST_SHARE = 0.25
"""The part of a day that goes to retests before anything else; more would cost more than it gives (docs/engine.md)."""
RETEST_WAITS = dt.timedelta(days=7)
"""A retest that did not fit waits its turn by what it would gain, but no longer than this beyond its latest day: then
it comes before what is not due, and has its part of the day however short the time is."""
INTAKE_SHARE = 1.0
INTAKE_SHARE_WITHOUT_AN_EXAM = 0.5
"""The part of a day that may go to objectives never asked about, while others are due."""
ROUNDS = 3
"""How often an objective is asked about, at least, before it can be relied on: what starting one will cost."""


class Outcome(StrEnum):
    """What kind of a day it is."""

    STUDY = "study"
    DONE = "done"
    """The minutes of the day are used up."""
    COVERED = "covered"
    """Nothing is due and nothing is left to start: come back on `Today.next_day`."""
    SHORT = "short"
    """Something waits, but the next question takes longer than what is left of the day: `Today.too_long`."""
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
    holds. `due`: how many objectives are due; `waiting`: those of them that do not fit; `started`: how many of `asked`
    are begun today; `too_long`: the question that would come next and takes longer than what is left, where nothing
    else is asked; `next_day`: the next day on which something is due or may begin, None if there is none."""

    outcome: Outcome
    on: dt.date
    asked: tuple[Asked, ...] = ()
    seconds: float = 0.0
    limit: float = 0.0
    due: int = 0
    started: int = 0
    waiting: tuple[int, ...] = ()
    too_long: Asked | None = None
    next_day: dt.date | None = None


def horizon(today: dt.date, exams: Sequence[dt.date] = ()) -> dt.date:
    """The day that counts: the next examination (today’s included), else thirty days from today."""
    return min((exam for exam in exams if exam >= today), default=today + WITHOUT_AN_EXAM)


def build(
    objectives: Sequence[Objective],
    load: Load,
    *,
    today: dt.date,
    exams: Sequence[dt.date] = (),
    spent_seconds: float = 0.0,
    w: Parameters = DEFAULT_PARAMETERS,
) -> Today:
    """What to ask about today, in order.

    A part of the day goes to retests that have reached their latest day, and to nothing that they rest on; then to what
    was never asked about (`entering`), and the rest to what is due, the most pressing first (`selection.priorities`).
    With an examination ahead what is not due yet follows; without one new objectives get half of the day while others
    are due, and the day ends when nothing is (“all covered”), save that a crowded day of the next few is thinned.

    `spent_seconds`: what was studied today already. One question is asked on every day that holds any time, however
    long it takes; after that what is longer than the rest of the day is offered, not asked. `w`: the learner’s
    parameters of memory.
    """
    on = horizon(today, exams)
    able = [one for one in objectives if one.questions]
    limit = load.seconds_on(today) - spent_seconds
    next_day = _next_day(able, load, today)
    due = _due(able, today)
    if not able:
        return Today(Outcome.NOTHING, on)
    if load.seconds_on(today) <= 0:
        return Today(Outcome.REST, on, due=len(due), waiting=due, next_day=next_day)
    if limit <= 0:
        return Today(Outcome.DONE, on, due=len(due), waiting=due, next_day=next_day)
    chosen, first = _fill(able, load, today=today, on=on, limit=limit, ahead=on in exams, w=w)
    if first is not None and not chosen and spent_seconds <= 0:
        chosen = [first]
    topics = {one.id: one.topic for one in able}
    needs = {one.id: one.needs for one in able}
    asked = selection.interleave([(choice, topics[choice.objective]) for choice in chosen], needs)
    taken = {choice.objective for choice in asked}
    return Today(
        outcome=Outcome.STUDY if asked else Outcome.SHORT if first else Outcome.COVERED,
        on=on,
        asked=asked,
        seconds=sum(choice.seconds for choice in asked),
        limit=limit,
        due=len(due),
        started=sum(choice.why.days is None for choice in asked),
        waiting=tuple(one for one in due if one not in taken),
        too_long=None if asked else first,
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
    days = min(max((on - today).days, 1), LONGEST_HORIZON_DAYS)
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
) -> tuple[list[Asked], Asked | None]:
    """Choices that fit the limit, and the first one if there were no limit."""
    open_today = {one.id: one for one in able if not selection.asked_on(one, today)}
    pressing = selection.priorities(list(open_today.values()), today=today, on=on, w=w)
    filling = _Filling(open_today, dict(zip(open_today, pressing, strict=True)), today, w)
    thinned = _thinned(list(open_today.values()), load, today)
    new = {one.id: one for one in entering(able, load, today=today, on=on)}
    known = [
        one
        for one in open_today.values()
        if one.trace is not None and (ahead or one.trace.due <= today or one.id in thinned)
    ]
    known.sort(key=lambda one: (not _is_first(one, today), -filling.priority[one.id].rate))
    enough = _to_spare(able, load, today, on) >= 0
    promised = [one for one in known if is_promised(one, today) and (enough or _is_first(one, today))]
    if promised:
        filling.take(promised, min(max(RETEST_SHARE * limit, promised[0].seconds), limit))
    filling.take(new.values(), limit * (INTAKE_SHARE if ahead else INTAKE_SHARE_WITHOUT_AN_EXAM))
    beyond = [one for one in open_today.values() if one.trace is None and one.id not in new]
    wanted = [*known, *new.values(), *beyond]
    filling.take(wanted, limit)
    return list(filling.chosen.values()), filling.step(wanted[0]) if wanted else None


def is_promised(objective: Objective, day: dt.date) -> bool:
    """Whether it was missed, and its latest day for coming back is reached."""
    trace = objective.trace
    return trace is not None and trace.due <= day and trace.retests < memory.RETESTS


def _is_first(objective: Objective, day: dt.date) -> bool:
    """Whether it comes before what is asked ahead of its day: it is due, and a retest has waited long enough."""
    trace = objective.trace
    if trace is None or trace.due > day:
        return False
    return trace.retests >= memory.RETESTS or day - trace.due >= RETEST_WAITS


@dataclass
class _Filling:
    """A day being filled. `open_today`: what may be asked, `priority` how pressing each is."""

    open_today: Mapping[int, Objective]
    priority: Mapping[int, selection.Priority]
    today: dt.date
    w: Parameters
    chosen: dict[int, Asked] = field(default_factory=dict)
    seconds: float = 0.0

    def take(self, wanted: Iterable[Objective], limit: float) -> None:
        """Add what fits until `limit` seconds are full, each after the prerequisites that are not fresh."""
        for one in wanted:
            while one.id not in self.chosen:
                step = self.step(one)
                if self.seconds + step.seconds > limit:
                    return
                self.chosen[step.objective] = step
                self.seconds += step.seconds

    def step(self, objective: Objective) -> Asked:
        """The objective, or what must be asked before it. A promised retest waits for no prerequisite."""
        first, leads_to = objective, None
        if not is_promised(objective, self.today):
            first, leads_to = selection.first_step(objective, self.open_today, self.today, at_hand=self.chosen)
        reason = selection.why(first, self.today, leads_to, w=self.w)
        return Asked(first.id, reason, self.priority[first.id].gain, first.seconds)


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
