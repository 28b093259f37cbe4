"""How long people were busy, beside the minutes that were designated: evidence that the credit fits the activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from quizapp.core.credit.amounts import QUARTER_MINUTES

MOST_BINS = 12
FEWEST = 10
"""With fewer people a distribution could point at one of them."""


@dataclass(frozen=True)
class Bin:
    """So many people were busy from `low` minutes up to below `high`; None: or longer."""

    low: int
    high: int | None
    n: int


@dataclass(frozen=True)
class Spread:
    """Minutes of `n` people. `below`: how many needed less than designated; `bins` is empty below FEWEST people."""

    n: int
    designated: int
    below: int
    middle: float
    bins: tuple[Bin, ...]

    @property
    def enough(self) -> bool:
        return bool(self.bins)


def spread(minutes: Sequence[float], designated: int) -> Spread:
    """How the minutes of all who completed an activity are distributed, in quarters of an hour."""
    n = len(minutes)
    below = sum(one < designated for one in minutes)
    if n < FEWEST:
        return Spread(n, designated, below, median(minutes) if minutes else 0.0, ())
    last = min(int(max(*minutes, designated) // QUARTER_MINUTES), MOST_BINS - 1)
    counts = [0] * (last + 1)
    for one in minutes:
        counts[min(int(one // QUARTER_MINUTES), last)] += 1
    bins = tuple(
        Bin(QUARTER_MINUTES * place, None if place == MOST_BINS - 1 else QUARTER_MINUTES * (place + 1), count)
        for place, count in enumerate(counts)
    )
    return Spread(n, designated, below, median(minutes), bins)
