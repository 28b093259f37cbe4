"""How sure a figure is. All intervals are for 95 % unless a level is given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

LEVEL = 0.95
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Figure:
    """An estimate between its bounds, and on how many answers it rests."""

    value: float
    low: float
    high: float
    n: int


def quantile(level: float = LEVEL) -> float:
    """The normal quantile that encloses `level` between its negative and itself."""
    return _NORMAL.inv_cdf(0.5 + level / 2)


def two_sided(z: float) -> float:
    """The probability of a standard normal value at least as far from nought as `z`."""
    return math.erfc(abs(z) / math.sqrt(2))


def share(part: float, whole: int, level: float = LEVEL) -> Figure:
    """A share with Wilson's score interval (Wilson 1927, JASA 22:209). Raises ZeroDivisionError of nothing.

    `part` may be a sum of shares of marks: the interval is then wider than it needs to be, never narrower, because
    marks in part vary less than right and wrong.
    """
    p, z = part / whole, quantile(level)
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    return Figure(p, max(0.0, middle - half), min(1.0, middle + half), whole)


def correlation(r: float, n: int, level: float = LEVEL) -> Figure | None:
    """A correlation with Fisher's interval: atanh r ± z/√(n − 3) (Fisher 1921). None below four pairs."""
    if n < 4:
        return None
    if abs(r) >= 1:
        return Figure(r, r, r, n)
    half = quantile(level) / math.sqrt(n - 3)
    return Figure(r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half), n)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for how many were looked at, in the same order (Holm 1979, Scand J Statist 6:65)."""
    adjusted = [0.0] * len(p_values)
    least = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = least
    return adjusted


def false_discoveries(p_values: Sequence[float]) -> list[float]:
    """For each p-value the least share of false ones among all that are at least as small, in the same order: naming
    those below 0.05 makes one in twenty of what is named wrong (Benjamini and Hochberg 1995, J R Stat Soc B 57:289)."""
    adjusted = [0.0] * len(p_values)
    most = 1.0
    for rank, place in sorted(
        enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place]), 1), reverse=True
    ):
        most = min(most, p_values[place] * len(p_values) / rank)
        adjusted[place] = most
    return adjusted
