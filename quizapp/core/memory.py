"""The memory of a learner for an objective: FSRS-6.

Equations and default parameters: open-spaced-repetition, "The Algorithm", FSRS-6. Retrievability is
R(t) = (1 + F·t/S)^(-w20) with F = 0.9^(-1/w20) - 1, so that R(S) = 0.9. An answer is either Again or Good here, which
leaves out the reference's Hard and Easy. The reference counts periods of 24 hours, we count study days.

Everything is scalar arithmetic in one order, so that a replay of the log gives the same bits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from quizapp.core.grading import Rating

ALGORITHM = 1
"""Stored with each state; a change of the equations gets a new number and a refold of the log."""

Parameters = tuple[float, ...]
DEFAULT_PARAMETERS: Parameters = (
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
    1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
)  # fmt: skip

TARGET_RECALL = 0.9
SHORTEST_STABILITY_DAYS = 0.001
LONGEST_INTERVAL_DAYS = 365
EVIDENCE_KEPT = 8
RETEST_WITHIN_DAYS = (2, 5)
"""After a miss the objective comes back within two days, and once it was right then within five more: by day seven."""
RETESTS = len(RETEST_WITHIN_DAYS)
DELAY = dt.timedelta(days=60)
"""A question that was not met for so long is evidence again: a delayed repeat."""
VARIANTS = 3
"""How often a question with drawn values can be new to a learner: each time with others, and then no more, because by
then it is the question that is known."""
_GRADE = {Rating.AGAIN: 1, Rating.GOOD: 3}
_GOOD, _EASY = 3, 4


@dataclass(frozen=True)
class State:
    """Stability: days until the chance of recall has fallen to 0.9. Difficulty: 1 (easy) to 10 (hard)."""

    stability_days: float
    difficulty: float


class Freshness(StrEnum):
    """What a question was to the learner who answered it."""

    NEW = "new"
    DELAYED = "delayed"
    REPEAT = "repeat"


@dataclass(frozen=True)
class Evidence:
    """One answer as the fold sees it."""

    rating: Rating
    day: dt.date
    freshness: Freshness
    guess: float
    """The chance that a blind guess on this question is right."""


@dataclass(frozen=True)
class Trace:
    """What is kept of a learner's answers on one objective: the fold of the log so far.

    `evidence`: the answers on fresh questions, latest last, at most EVIDENCE_KEPT. `lapses`: on how many later days the
    objective was missed again. `retests`: on how many days it was answered right since the latest miss, at most
    RETESTS, which also stands for one that was never missed.
    """

    state: State
    last_day: dt.date
    due: dt.date
    evidence: tuple[Evidence, ...] = ()
    lapses: int = 0
    retests: int = RETESTS


def is_new(times: int, counted: Collection[str], variant: str | None) -> bool:
    """Whether a question counts as new to a learner who met it `times` times.

    `variant`: what was drawn for it now, None where nothing is drawn; `counted`: what was drawn when it counted as new.
    """
    return times == 0 or (variant is not None and variant not in counted and len(counted) < VARIANTS)


def freshness(last_met: dt.datetime | None, at: dt.datetime) -> Freshness:
    """What a question is to a learner who met it last at `last_met`, None for never."""
    if last_met is None:
        return Freshness.NEW
    return Freshness.DELAYED if at - last_met >= DELAY else Freshness.REPEAT


def remember(
    trace: Trace | None, answer: Evidence, learner_id: int, objective_id: int, w: Parameters = DEFAULT_PARAMETERS
) -> Trace:
    """Fold one more answer into the trace. The last day never moves backwards, whatever the clock did."""
    evidence = trace.evidence if trace else ()
    lapses, retests = (trace.lapses, trace.retests) if trace else (0, RETESTS)
    later = trace is None or answer.day > trace.last_day
    if trace is None:
        state, last_day = begin(answer.rating, w), answer.day
    else:
        state = review(trace.state, answer.rating, (answer.day - trace.last_day).days, w)
        last_day = max(answer.day, trace.last_day)
    if answer.rating is Rating.AGAIN:
        lapses, retests = lapses + (trace is not None and later), 0
    elif later:
        retests = min(retests + 1, RETESTS)
    if answer.freshness is not Freshness.REPEAT:
        evidence = (*evidence, answer)[-EVIDENCE_KEPT:]
    limit = RETEST_WITHIN_DAYS[retests] if retests < RETESTS else LONGEST_INTERVAL_DAYS
    next_day = min(due(state, last_day, learner_id, objective_id, w), last_day + dt.timedelta(days=limit))
    return Trace(state, last_day, next_day, evidence, lapses, retests)


def begin(rating: Rating, w: Parameters = DEFAULT_PARAMETERS) -> State:
    """The state after the first answer ever on an objective."""
    grade = _GRADE[rating]
    return State(max(w[grade - 1], SHORTEST_STABILITY_DAYS), _bounded(_initial_difficulty(grade, w)))


def review(state: State, rating: Rating, elapsed_days: int, w: Parameters = DEFAULT_PARAMETERS) -> State:
    """The state after an answer `elapsed_days` study days after the one before; 0 means the same day.

    A clock that was set back counts as the same day.
    """
    grade = _GRADE[rating]
    if elapsed_days < 1:
        stability = _within_a_day(state, grade, w)
    elif rating is Rating.AGAIN:
        stability = _after_a_lapse(state, retrievability(state, elapsed_days, w), w)
    else:
        stability = _after_recall(state, retrievability(state, elapsed_days, w), w)
    return State(max(stability, SHORTEST_STABILITY_DAYS), _next_difficulty(state.difficulty, grade, w))


def retrievability(state: State, elapsed_days: float, w: Parameters = DEFAULT_PARAMETERS) -> float:
    """The chance of recall, 0 to 1, `elapsed_days` after the last answer."""
    factor = _factor(w)
    return float((1 + factor * max(elapsed_days, 0) / state.stability_days) ** -w[20])


def interval_days(state: State, w: Parameters = DEFAULT_PARAMETERS, target: float = TARGET_RECALL) -> int:
    """Whole days until recall has fallen to `target`, from 1 to LONGEST_INTERVAL_DAYS."""
    factor = _factor(w)
    days = round(state.stability_days / factor * (math.pow(target, -1 / w[20]) - 1))
    return min(max(days, 1), LONGEST_INTERVAL_DAYS)


def due(
    state: State, last_day: dt.date, learner_id: int, objective_id: int, w: Parameters = DEFAULT_PARAMETERS
) -> dt.date:
    """The day on which the objective should be asked again.

    Intervals of three days and more are moved by up to a twentieth (at least a day), so that what was learnt together
    does not come back together for ever. The shift is drawn from a hash: a replay draws the same.
    """
    days = interval_days(state, w)
    if days >= 3:
        reach = max(1, days // 20)
        seed = hashlib.blake2b(f"{learner_id}/{objective_id}/{last_day}".encode(), digest_size=8).digest()
        days += int.from_bytes(seed) % (2 * reach + 1) - reach
    return last_day + dt.timedelta(days=days)


def _factor(w: Parameters) -> float:
    return math.pow(0.9, -1 / w[20]) - 1


def _initial_difficulty(grade: int, w: Parameters) -> float:
    return float(w[4] - math.e ** (w[5] * (grade - 1)) + 1)


def _bounded(difficulty: float) -> float:
    return min(max(difficulty, 1.0), 10.0)


def _next_difficulty(difficulty: float, grade: int, w: Parameters) -> float:
    damped = difficulty + (10.0 - difficulty) * -(w[6] * (grade - _GOOD)) / 9.0
    return _bounded(w[7] * _initial_difficulty(_EASY, w) + (1 - w[7]) * damped)


def _within_a_day(state: State, grade: int, w: Parameters) -> float:
    growth = math.e ** (w[17] * (grade - _GOOD + w[18])) * state.stability_days ** -w[19]
    return float(state.stability_days * (max(growth, 1.0) if grade >= _GOOD else growth))


def _after_a_lapse(state: State, recall: float, w: Parameters) -> float:
    long_term = (
        w[11]
        * state.difficulty ** -w[12]
        * ((state.stability_days + 1) ** w[13] - 1)
        * math.e ** ((1 - recall) * w[14])
    )
    return float(min(long_term, state.stability_days / math.e ** (w[17] * w[18])))


def _after_recall(state: State, recall: float, w: Parameters) -> float:
    growth = (
        math.e ** w[8]
        * (11 - state.difficulty)
        * state.stability_days ** -w[9]
        * (math.e ** ((1 - recall) * w[10]) - 1)
    )
    return float(state.stability_days * (1 + growth))
