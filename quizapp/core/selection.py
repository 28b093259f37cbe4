"""What to ask next, and why: an objective first, then a question on it.

Choosing an objective. Asking about it today adds, on average,

    gain = K·R_T(S after Good) + (1 − K)·R_T(S after Again) − R_T(now)

to its recall on the day T that counts: K is the chance that it is known today, R_T the chance of recall on T with the
stability S (`core.projection`; gain a second of practice: Pavlik and Anderson 2008, Using a model to compute the
optimal schedule of practice; here over objectives, with FSRS-6 as the model of memory). The gain alone looks one step
ahead and asks again too soon, so it is multiplied by the days that the objective has waited; where only repeats are
left the middle gain of all objectives takes its place, because asking oftener then only teaches the questions. What is
largest, times the weight, divided by the seconds of a question, comes first. An objective is asked once a day while
others remain, a prerequisite that is not fresh comes before what rests on it, and a topic follows itself only where
there is no choice. What else was tried: docs/engine.md.

Choosing a question. One that is new to the learner (but see `core.repeats`), else the one not seen for longest, else
the one that tells most about ability (a²·P·(1 − P)). Questions that give each other away never meet in one sitting.

Every choice carries its reason as data (`Why`, `Pick`), from which a page makes a sentence. `rng` breaks ties only: the
same seed makes the same choices.

    next_objective(objectives, today=…, on=…, rng=…)      → Asked: the objective and why it
    choose_item(candidates, barred=…, theta=…, now=…, rng=…) → Pick: the question, and what it is to the learner
    priorities(objectives, today=…, on=…)                 → how pressing each is
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from quizapp.core import ability, memory
from quizapp.core.memory import DEFAULT_PARAMETERS, Freshness, Parameters, Trace
from quizapp.core.repeats import Again, Repeats


@dataclass(frozen=True)
class Candidate:
    """An item as selection sees it, for one learner."""

    item: int
    objective: int
    topic: int
    seconds: int
    times_seen: int = 0
    last_seen: dt.datetime | None = None
    last_right: bool | None = None
    marked: bool = False
    enemies: frozenset[int] = frozenset()
    difficulty: float = 0.0
    discrimination: float = 1.0
    guess: float = 0.0
    """b and a of the question (logits), and the chance that a blind guess is right."""
    draws_new: bool = False
    """It was met, but will be drawn with other values and counts as new once more."""

    @property
    def new(self) -> bool:
        """Whether it would be new to the learner."""
        return self.times_seen == 0 or self.draws_new

    def freshness(self, now: dt.datetime) -> Freshness:
        """What it would be to the learner."""
        return Freshness.NEW if self.new else memory.freshness(self.last_seen, now)


@dataclass(frozen=True, slots=True)
class Objective:
    """An objective as selection sees it, for one learner. A sequence of them is in teaching order.

    `trace`: the learner's memory of it, None if it was never asked about. `knows`: the chance, 0 to 1, that it is known
    without having been asked about (`ability.knows`). `seconds`: what a question on it takes this learner. `questions`:
    how many there are in the pool; with none it can neither be asked nor hold anything up; `unseen`: how many of them
    are new to the learner; `asked`: how often one was asked. `last_at`: when one was answered last. `needs`: its
    prerequisites.
    """

    id: int
    topic: int
    trace: Trace | None = None
    knows: float = 0.5
    seconds: float = 60.0
    weight: float = 1.0
    questions: int = 1
    unseen: int = 1
    asked: int = 0
    last_at: dt.datetime | None = None
    needs: frozenset[int] = frozenset()


UNKNOWN = Repeats()
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
"""Before any moment a question was seen."""
LEAST_GAIN = 0.001
FRESH_FOR = dt.timedelta(days=1)
"""A prerequisite that was asked about so recently is at hand when what rests on it is asked."""


@dataclass(frozen=True, slots=True)
class Priority:
    """`rate`: days waited × gain × weight, a second. `gain`: what asking adds to the chance of recall on the day that
    counts."""

    rate: float
    gain: float


_NOT_STARTED = Priority(0.0, 0.0)


class Cause(StrEnum):
    """Why an objective is asked about now."""

    START = "start"
    """It was never asked about, and its turn in the teaching order has come."""
    PREREQUISITE = "prerequisite"
    """Another objective rests on it, and it was never asked about or not lately."""
    RETEST = "retest"
    """It was missed; it comes back within two days, and once more by the seventh."""
    DUE = "due"
    """Its day has come."""
    AHEAD = "ahead"
    """Nothing better is left: it gains most although its day has not come."""
    AGAIN = "again"
    """It was asked about today already, and nothing else is left."""


@dataclass(frozen=True, slots=True)
class Why:
    """The reason of a choice as data. `recall`: the chance of recall today, 0 to 1, and `days`: study days since the
    last answer; None for what was never asked about. `due`: its day, which for a retest is the latest one allowed.
    `leads_to`: the objective that rests on this one."""

    cause: Cause
    recall: float | None = None
    days: int | None = None
    due: dt.date | None = None
    leads_to: int | None = None

    def data(self) -> dict[str, Any]:
        """As plain JSON, for the record of a presentation."""
        stored: dict[str, Any] = {"cause": self.cause.value}
        if self.recall is not None:
            stored["recall"] = round(self.recall, 3)
        if self.days is not None:
            stored["days"] = self.days
        if self.due is not None:
            stored["due"] = self.due.isoformat()
        if self.leads_to is not None:
            stored["leads_to"] = self.leads_to
        return stored


@dataclass(frozen=True, slots=True)
class Asked:
    """An objective that was chosen, the reason, and the expected gain in recall on the day that counts, 0 to 1."""

    objective: int
    why: Why
    gain: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Pick:
    """A question that was chosen, and what it is to the learner. `again`: why it comes although a new one is left."""

    item: int
    freshness: Freshness
    last_seen: dt.datetime | None
    again: Again | None = None


def priorities(
    objectives: Sequence[Objective], *, today: dt.date, on: dt.date, w: Parameters = DEFAULT_PARAMETERS
) -> tuple[Priority, ...]:
    """How pressing each studied objective is, a second of practice; what was never asked about has none (0).

    An objective that was asked about today counts as of tomorrow. `w`: the learner’s parameters of memory.
    """
    studied = [(one, one.trace) for one in objectives if one.trace is not None]
    found = map(Priority, *_weigh(studied, today, on, w)) if studied else iter(())
    return tuple(_NOT_STARTED if one.trace is None else next(found) for one in objectives)


def _weigh(
    studied: Sequence[tuple[Objective, Trace]], today: dt.date, on: dt.date, w: Parameters
) -> tuple[list[float], list[float]]:
    """Rate and gain of each studied objective."""
    from quizapp.core import projection  # loads numpy, which a process that never plans does not need

    day = today.toordinal()
    table = [
        (
            trace.state.stability_days,
            trace.state.difficulty,
            day - trace.last_day.toordinal(),
            one.last_at.timestamp() if one.last_at else 0.0,
            one.weight / one.seconds,
            one.unseen,
        )
        for one, trace in studied
    ]
    return projection.weigh(table, max((on - today).days, 0), LEAST_GAIN, w)


def next_objective(
    objectives: Sequence[Objective],
    *,
    today: dt.date,
    on: dt.date,
    rng: random.Random,
    asked: Collection[int] = (),
    last_topic: int | None = None,
    w: Parameters = DEFAULT_PARAMETERS,
) -> Asked | None:
    """The objective to ask about now; None if no question is left on any.

    What was never asked about comes first, in teaching order; then the most pressing. `asked`: objectives that this
    sitting has asked about or will (they count as asked today). `last_topic`: the topic of the question before. The
    plan of a day chooses many at once: `planning.build`.
    """
    able = [one for one in objectives if one.questions]
    waiting = [one for one in able if (one.trace is None or one.trace.last_day < today) and one.id not in asked] or able
    if not waiting:
        return None
    elsewhere = [one for one in waiting if one.topic != last_topic] or waiting
    best = next((one for one in elsewhere if one.trace is None), None)
    if best is None:
        rates, _ = _weigh([(one, one.trace) for one in elsewhere if one.trace is not None], today, on, w)
        largest = max(rates)
        best = elsewhere[rng.choice([place for place, rate in enumerate(rates) if rate == largest])]
    chosen, leads_to = first_step(best, {one.id: one for one in waiting}, today)
    gain = priorities([chosen], today=today, on=on, w=w)[0].gain
    return Asked(chosen.id, why(chosen, today, leads_to, again=chosen.id in asked, w=w), gain, chosen.seconds)


def asked_on(objective: Objective, day: dt.date) -> bool:
    """Whether it was asked about on that study day (or later, before a clock was set back)."""
    return objective.trace is not None and objective.trace.last_day >= day


def first_step(
    objective: Objective, by_id: Mapping[int, Objective], today: dt.date, at_hand: Container[int] = ()
) -> tuple[Objective, int | None]:
    """The objective itself, or the deepest prerequisite to refresh before it, with the objective that rests on it.

    A prerequisite is fresh if it was asked about today or on the day before, or is `at_hand`: asked about before this
    one. One that is missing from `by_id` holds nothing up; a circle is cut open.
    """
    step, leads_to, passed = objective, None, {objective.id}
    while stale := [
        by_id[need]
        for need in sorted(step.needs - passed)
        if need in by_id and need not in at_hand and not asked_on(by_id[need], today - FRESH_FOR)
    ]:
        leads_to, step = step.id, stale[0]
        passed.add(step.id)
    return step, leads_to


def why(
    objective: Objective,
    today: dt.date,
    leads_to: int | None = None,
    *,
    again: bool = False,
    w: Parameters = DEFAULT_PARAMETERS,
) -> Why:
    """The reason to ask about this objective today, as data."""
    trace = objective.trace
    if trace is None:
        return Why(Cause.START if leads_to is None else Cause.PREREQUISITE, leads_to=leads_to)
    days = max((today - trace.last_day).days, 0)
    if again or days == 0:
        cause = Cause.AGAIN
    elif leads_to is not None and trace.due > today:
        cause = Cause.PREREQUISITE
    elif trace.retests < memory.RETESTS:
        cause = Cause.RETEST
    else:
        cause = Cause.DUE if trace.due <= today else Cause.AHEAD
    return Why(cause, memory.retrievability(trace.state, days, w), days, trace.due)


def interleave(asked: Sequence[tuple[Asked, int]], needs: Mapping[int, Collection[int]]) -> tuple[Asked, ...]:
    """Put (choice, topic) pairs, best first, in an order in which a topic follows itself only where there is no
    choice, and prerequisites come before what rests on them (`needs`: objective → prerequisites)."""
    left = list(asked)
    topics = Counter(topic for _, topic in left)
    ordered: list[Asked] = []
    last: int | None = None
    while left:
        names = {choice.objective for choice, _ in left}
        crowded = next((topic for topic, count in topics.items() if 2 * count > len(left) and topic != last), None)
        free = [place for place, (choice, _) in enumerate(left) if not names & set(needs.get(choice.objective, ()))]
        free = free or list(range(len(left)))
        fit = [place for place in free if left[place][1] == crowded] if crowded is not None else []
        fit = fit or [place for place in free if left[place][1] != last] or free
        choice, last = left.pop(fit[0])
        topics[last] -= 1
        ordered.append(choice)
    return tuple(ordered)


def choose_item(
    candidates: Iterable[Candidate],
    *,
    now: dt.datetime,
    rng: random.Random,
    theta: float = 0.0,
    barred: Collection[int] = (),
    repeats: Repeats = UNKNOWN,
    shown: bool = False,
) -> Pick | None:
    """A question on one objective: unseen first, then the least recently seen, then the most informative.

    `barred`: questions of this sitting with their enemies; None is returned if nothing else is left. `theta`: the
    learner's ability in the topic. `repeats`: what repeats were found to teach; where that is much, the question whose
    answer is best remembered may come before a new one (`Repeats.preferred`; `shown`: `mastery.is_shown`).
    """
    able = [one for one in candidates if one.item not in barred]
    if not able:
        return None
    met = [one for one in able if not one.new]
    if met:
        again = repeats.preferred(rng, shown=shown, met=sum(one.times_seen for one in met), new_met=len(met))
        new_left = len(met) < len(able)
        if again is Again.TEACHES or (again is Again.TRIAL and new_left):
            latest = max(met, key=lambda one: (one.last_seen or NEVER, one.times_seen))
            return Pick(latest.item, latest.freshness(now), latest.last_seen, again if new_left else None)

    def rank(one: Candidate) -> tuple[bool, dt.datetime, float, float]:
        right = ability.chance_of_right(ability.knows(theta, one.difficulty), one.guess)
        return (
            not one.new,
            one.last_seen or NEVER,
            -(one.discrimination**2) * right * (1 - right),
            rng.random(),
        )

    best = min(able, key=rank)
    return Pick(best.item, best.freshness(now), best.last_seen)
