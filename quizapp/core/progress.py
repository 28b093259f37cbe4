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
from quizapp.core.correction import NONE, Correction
from quizapp.core.grading import Confidence
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


@dataclass(frozen=True)
class Sureness:
    """What came of new questions answered with one degree of confidence. `lucky`: the share that blind guesses would
    have got right."""

    confidence: Confidence
    share: Share
    lucky: float


def curve(
    answers: Sequence[Evidence],
    *,
    today: dt.date,
    until: dt.date,
    guess: float,
    asked: int = 0,
    w: Parameters = DEFAULT_PARAMETERS,
    correction: Correction = NONE,
) -> Curve | None:
    """Fold the answers on one objective, in the order of the log, and follow the chance to `until`; None without any.

    `guess`: the chance of a blind guess on a question of this objective. `asked`: how many questions on it were met in
    all, with those that are not among the answers.
    """
    held: dict[dt.date, tuple[Trace, int]] = {}
    trace: Trace | None = None
    more = asked - len(answers)
    for number, answer in enumerate(answers, 1):
        trace = memory.remember(trace, answer, 0, 0, w)
        held[trace.last_day] = trace, max(number + more, 0)
    if not held:
        return None
    days = sorted(held)
    today = max(today, days[-1])
    start = days[0]

    def stretch(day: dt.date, begin: dt.date, end: dt.date) -> tuple[Point, ...]:
        """The chance from `begin` to `end` as `day` left it; the pieces are short at first, where it falls fastest."""
        trace, met = held[day]
        length = (end - begin).days
        offset, since = (begin - start).days, (begin - day).days
        shares = [(step / STEPS) ** 2 for step in range(STEPS + 1)] if length else [0.0]
        points = []
        for share in shares:
            elapsed = since + length * share
            known = correction.known(memory.retrievability(trace.state, elapsed, w), elapsed, met)
            points.append(Point(offset + length * share, chance_of_right(known, guess)))
        return tuple(points)

    past = tuple(stretch(day, day, end) for day, end in zip(days, [*days[1:], today], strict=True))
    return Curve(start, past, stretch(days[-1], today, max(until, today)))


def holds_until(
    trace: Trace,
    *,
    today: dt.date,
    guess: float,
    asked: int = 0,
    w: Parameters = DEFAULT_PARAMETERS,
    correction: Correction = NONE,
) -> dt.date | None:
    """The last day on which the chance is still that of “secure” if nothing is answered until then; None if it is not
    today, and LONGEST_LOOK from today at most."""
    low = bisect(
        range(LONGEST_LOOK + 1),
        -SECURE_CHANCE,
        key=lambda ahead: -chance_on(trace, today + dt.timedelta(days=ahead), guess, w, asked, correction),
    )
    return today + dt.timedelta(days=low - 1) if low else None
