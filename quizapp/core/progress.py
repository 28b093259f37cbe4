"""What is shown of a learner's progress beyond one word: the curve of forgetting, how long a claim holds, and how well
the learner knows what they know."""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from quizapp.core import memory
from quizapp.core.ability import chance_of_right
from quizapp.core.mastery import SECURE_CHANCE, chance_on
from quizapp.core.memory import DEFAULT_PARAMETERS, Evidence, Parameters, Trace

LONGEST_LOOK = 3650
"""Days ahead beyond which nothing is said."""
STEPS = 24
"""Pieces into which a stretch of the curve is cut; it is drawn as lines between them."""


@dataclass(frozen=True)
class Point:
    """`day`: days since the curve began, with fractions. `chance`: of answering a new question right then, 0 to 1."""

    day: float
    chance: float


@dataclass(frozen=True)
class Curve:
    """The chance from the first answer on. `past`: a stretch for each study day with answers, up to the next or to
    today; between two of them the chance jumps. `ahead`: from today on, if nothing more is answered."""

    start: dt.date
    past: tuple[tuple[Point, ...], ...]
    ahead: tuple[Point, ...]


@dataclass(frozen=True)
class Share:
    """How many of `answers` were right, and the interval (0 to 1) in which the share lies nineteen times out of twenty
    (Wilson 1927, J Am Stat Assoc 22:209)."""

    right: int
    answers: int

    @property
    def interval(self) -> tuple[float, float]:
        if not self.answers:
            return 0.0, 1.0
        z, n, share = 1.96, self.answers, self.right / self.answers
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        return max(middle - reach, 0.0), min(middle + reach, 1.0)


def curve(
    answers: Sequence[Evidence], *, today: dt.date, until: dt.date, guess: float, w: Parameters = DEFAULT_PARAMETERS
) -> Curve | None:
    """Fold the answers on one objective, in the order of the log, and follow the chance to `until`; None without any.

    `guess`: the chance of a blind guess on a question of this objective.
    """
    traces: dict[dt.date, Trace] = {}
    trace: Trace | None = None
    for answer in answers:
        trace = memory.remember(trace, answer, 0, 0, w)
        traces[trace.last_day] = trace
    if not traces:
        return None
    days = sorted(traces)
    today = max(today, days[-1])
    start = days[0]
    ends = [*days[1:], today]
    return Curve(
        start,
        tuple(_stretch(traces[day], day, end, start, guess, w) for day, end in zip(days, ends, strict=True)),
        _stretch(traces[days[-1]], today, max(until, today), start, guess, w),
    )


def _stretch(
    trace: Trace, begin: dt.date, end: dt.date, start: dt.date, guess: float, w: Parameters
) -> tuple[Point, ...]:
    """The chance from `begin` to `end`; the pieces are short at first, where it falls fastest."""
    length = (end - begin).days
    offset, since = (begin - start).days, (begin - trace.last_day).days
    shares = [(step / STEPS) ** 2 for step in range(STEPS + 1)] if length else [0.0]
    known = [memory.retrievability(trace.state, since + length * share, w) for share in shares]
    return tuple(
        Point(offset + length * share, chance_of_right(recall, guess))
        for share, recall in zip(shares, known, strict=True)
    )


def holds_until(trace: Trace, *, today: dt.date, guess: float, w: Parameters = DEFAULT_PARAMETERS) -> dt.date | None:
    """The last day on which the chance is still that of “secure” if nothing is answered until then; None if it is not
    today, and LONGEST_LOOK from today at most."""
    low = bisect(
        range(LONGEST_LOOK + 1),
        -SECURE_CHANCE,
        key=lambda ahead: -chance_on(trace, today + dt.timedelta(days=ahead), guess, w),
    )
    return today + dt.timedelta(days=low - 1) if low else None
