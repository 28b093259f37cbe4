"""Has a question changed between months or cohorts? Learners of like ability are compared, so that a cohort that is
abler does not make a question look easier.

Each group is held against all others together: the common odds ratio of a right answer over strata of ability
(`odds`), p-values adjusted for the number of groups (Holm). A difference counts if it is sure and large enough to
matter: a common odds ratio beyond e^(1/2.35) on either side, the border between the classes A and B of Educational
Testing Service (Zwick 2012, ETS RR-12-08).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from quizapp.core.itemstats.intervals import Figure, holm, quantile, two_sided
from quizapp.core.itemstats.odds import Stratum, common_odds
from quizapp.core.itemstats.practice import LEAST
from quizapp.core.itemstats.tallies import ABILITY_BANDS, Tallied

STRATA = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, len(ABILITY_BANDS)))
"""Bands of ability taken together. Learners of unknown ability are a stratum of their own."""
MATTERS = 1 / 2.35
"""The least log odds ratio."""
SURE = 0.05

Group = TypeVar("Group", bound=Hashable)


@dataclass(frozen=True)
class Shift(Generic[Group]):
    """One group against all others. `odds`: how much greater the odds of a right answer are at like ability; None where
    nobody of like ability can be compared. `p`: adjusted for the number of groups."""

    group: Group
    right: int
    n: int
    odds: Figure | None
    p: float | None
    drifted: bool


def strata(whole: Tallied, right: Tallied) -> tuple[Stratum, ...]:
    """Right answers and all of them in each stratum, from the counters of all answers and of the right ones."""
    placed = [(sum(right.bands[first:last]), sum(whole.bands[first:last])) for first, last in STRATA]
    return *placed, (right.answers - sum(right.bands), whole.answers - sum(whole.bands))


def shifts(groups: Mapping[Group, Sequence[Stratum]]) -> tuple[Shift[Group], ...]:
    """Every group of LEAST answers or more against all others together, in the order given; none if only one is."""
    large = {name: held for name, held in groups.items() if sum(n for _, n in held) >= LEAST}
    if len(large) < 2:
        return ()
    whole = [
        (sum(right for right, _ in stratum), sum(n for _, n in stratum))
        for stratum in zip(*large.values(), strict=True)
    ]
    found = {}
    for name, held in large.items():
        others = [(right - a, n - m) for (right, n), (a, m) in zip(whole, held, strict=True)]
        found[name] = common_odds(held, others)
    z = {name: odds[0] / odds[1] for name, odds in found.items() if odds is not None}
    p_values = dict(zip(z, holm([two_sided(value) for value in z.values()]), strict=True))
    return tuple(_shift(name, held, found[name], p_values.get(name)) for name, held in large.items())


def _both(counts: Iterable[Stratum]) -> Stratum:
    held = list(counts)
    return sum(right for right, _ in held), sum(n for _, n in held)


def _shift(name: Group, held: Sequence[Stratum], odds: tuple[float, float] | None, p: float | None) -> Shift[Group]:
    right, n = _both(held)
    if odds is None or p is None:
        return Shift(name, right, n, None, None, drifted=False)
    log, error = odds
    half = quantile() * error
    return Shift(
        name, right, n, Figure(math.exp(log), math.exp(log - half), math.exp(log + half), n), p,
        drifted=p < SURE and abs(log) >= MATTERS,
    )  # fmt: skip
