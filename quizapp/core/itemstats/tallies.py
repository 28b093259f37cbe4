"""What one first answer adds to the counters of its question: integers, whose sums do not depend on the order."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quizapp.core.ability import Ability
from quizapp.core.grading import Grade
from quizapp.core.modes import MODES

ALL, RIGHT = "", "*"
"""Beside the classes of answers: the row that counts every answer, and the one that counts those that were right."""
LONGEST_CLASS = 64
EVER = 0
"""The month of the rows that count all months together."""
NO_COHORT = 0

PRACTICE, EXAM, LESSON = "practice", "exam", "lesson"
SETTINGS = {name: EXAM if mode.free_order else LESSON if name == LESSON else PRACTICE for name, mode in MODES.items()}
"""Mode → where its answers are counted. What is asked inside a lesson is asked of somebody who has just read the
answer, and would make every question look easier than it is."""

PLACED_AFTER = 5
"""First answers in the topic after which they say something of a learner’s ability."""
ABILITY_CUTS = (-200, -150, -115, -85, -60, -40, -20, 0, 20, 40, 60, 85, 115, 150, 200)
"""Between the bands of ability, in hundredths of a logit; closer where most learners are."""
TIME_CUTS = tuple(1000 * seconds for seconds in (4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256, 362, 512))
"""Between the buckets of time, in milliseconds: each about √2 times the one before."""
ABILITY_BANDS = tuple(f"ability_{place:02}" for place in range(len(ABILITY_CUTS) + 1))
TIME_BUCKETS = tuple(f"time_{place:02}" for place in range(len(TIME_CUTS) + 1))
SUMS = (
    "answers", "right", "earned", "possible", "placed", "placed_earned", "placed_earned_squared",
    "ability", "ability_squared", "ability_earned",
)  # fmt: skip
COLUMNS = (*SUMS, *ABILITY_BANDS, *TIME_BUCKETS)

_NOTHING = dict.fromkeys(COLUMNS, 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the counters take of an answer. `ability`: that of the learner in the topic before it, in hundredths of a
    logit; None where too little was known. `month`: year × 100 + month of the study day."""

    classes: tuple[str, ...]
    earned: int
    possible: int
    ability: int | None
    elapsed_ms: int | None
    setting: str
    cohort: int
    month: int


@dataclass(frozen=True, slots=True)
class Tallied:
    """The columns of a counter, or of several together."""

    answers: int
    right: int
    earned: int
    possible: int
    placed: int
    placed_earned: int
    placed_earned_squared: int
    ability: int
    ability_squared: int
    ability_earned: int
    bands: tuple[int, ...]
    times: tuple[int, ...]

    @classmethod
    def of(cls, columns: Sequence[int]) -> Tallied:
        """From numbers in the order of COLUMNS."""
        sums, bands = len(SUMS), len(SUMS) + len(ABILITY_BANDS)
        return cls(
            **dict(zip(SUMS, columns[:sums], strict=True)),
            bands=tuple(columns[sums:bands]),
            times=tuple(columns[bands:]),
        )


NOTHING = Tallied.of((0,) * len(COLUMNS))

Place = tuple[str, int, str, int]
"""Class of answers, month, setting, cohort: the end of the key of a counter."""


def ability_before(held: Ability | None) -> int | None:
    """The ability a learner is counted under, in hundredths of a logit; None while it rests on too few answers.

    It is the empirical logit ln((r + ½)/(n − r + ½)) of the r right ones among the n first answers in the topic so far
    (Haldane 1956, Ann Hum Genet 20:309; Anscombe 1956, Biometrika 43:461), as the marks on the rest are in a form. θ
    will not do: it is what was known before study (`core.ability`), while most first answers come after some.
    """
    if held is None or held.answers < PLACED_AFTER:
        return None
    return round(100 * math.log((held.right + 0.5) / (held.answers - held.right + 0.5)))


def band(ability: int) -> int:
    """The place of an ability among ABILITY_BANDS."""
    return bisect_right(ABILITY_CUTS, ability)


def bucket(elapsed_ms: int) -> int:
    """The place of a time among TIME_BUCKETS."""
    return bisect_right(TIME_CUTS, elapsed_ms)


def distinct(classes: Iterable[str]) -> tuple[str, ...]:
    """The classes an answer is counted in: each once, as long as the key allows."""
    return tuple(dict.fromkeys(name[:LONGEST_CLASS] for name in classes))


def tally(answer: Answer) -> list[tuple[Place, dict[str, int]]]:
    """The counters an answer is counted in, each with what it adds.

    Every class counts for its cohort over all months; all answers, and the right ones, also for their month over all
    cohorts, with no more than drift is looked for in: how many there are in each band of ability.
    """
    right = Grade(answer.earned, answer.possible).right
    of_month = _NOTHING | {"answers": 1, "right": int(right)}
    if answer.ability is not None:
        of_month[ABILITY_BANDS[band(answer.ability)]] = 1
    added = of_month | {"earned": answer.earned, "possible": answer.possible}
    if answer.ability is not None:
        added |= {
            "placed": 1,
            "placed_earned": answer.earned,
            "placed_earned_squared": answer.earned**2,
            "ability": answer.ability,
            "ability_squared": answer.ability**2,
            "ability_earned": answer.ability * answer.earned,
        }
    if answer.elapsed_ms is not None:
        added[TIME_BUCKETS[bucket(answer.elapsed_ms)]] = 1
    whole = (ALL, RIGHT) if right else (ALL,)
    return [
        *(((name, EVER, answer.setting, answer.cohort), added) for name in (*whole, *distinct(answer.classes))),
        *(((name, answer.month, answer.setting, NO_COHORT), of_month) for name in whole),
    ]
