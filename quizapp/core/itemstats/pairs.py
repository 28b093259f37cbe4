"""Does one question give the answer of another away? Learners are compared who have met both, in one order and in the
other, and who are alike in ability and in how much they had met of the objective.

Whoever has met more questions on an objective has learnt more of it, and shall: that is no leak. A question gives
another away if those who met *it* before are right more often than those who had met as many *other* questions on the
objective. Strata are bands of ability before the answer times the number of questions on the objective met before; over
them stands the common odds ratio (`odds`). Pairs are named where the one-sided p-value passes the false discovery rate
of all pairs looked at, and the odds are large: beyond e^(1.5/2.35), where Educational Testing Service begins to call a
difference large (Zwick 2012, ETS RR-12-08).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from quizapp.core.itemstats.drift import STRATA
from quizapp.core.itemstats.intervals import Figure, false_discoveries, quantile
from quizapp.core.itemstats.odds import Stratum, common_odds
from quizapp.core.itemstats.practice import LEAST
from quizapp.core.itemstats.tallies import band

LARGE = 1.5 / 2.35
"""The least log odds ratio."""
SURE = 0.05
MET = 4
"""How many questions on the objective were met before: none, one, two, more."""
_BANDS = len(STRATA) + 1
_CELLS = _BANDS * MET
_OF_BAND = tuple(place for place, (first, last) in enumerate(STRATA) for _ in range(first, last))


@dataclass(frozen=True, slots=True)
class Met:
    """A question a learner met for the first time. `right` is None where its answer tells nothing, because it was given
    beside its explanation; `ability`: before the answer, in hundredths of a logit, None while too little was known."""

    question: int
    objective: int
    right: bool | None
    ability: int | None


@dataclass(frozen=True)
class Leak:
    """The question `later` is right more often if `earlier` was met before. `after`: right answers and all of those who
    had met it; `before`: of those who met it only later. `odds`: how much greater the odds are among learners who are
    alike. `q`: the share of wrong ones among all pairs named that are at least as sure."""

    earlier: int
    later: int
    after: Stratum
    before: Stratum
    odds: Figure
    q: float


class Tally:
    """Counts of right answers in each order, for every pair of questions that somebody has met both of. Order of
    learners does not matter."""

    def __init__(self) -> None:
        # For each ordered pair and each cell: missed and right before, missed and right after.
        self._pairs: dict[tuple[int, int], array[int]] = {}

    def add(self, met: Sequence[Met]) -> None:
        """One learner’s first meetings, in order."""
        seen: dict[int, int] = {}
        cells = []
        for one in met:
            known = seen.get(one.objective, 0)
            seen[one.objective] = known + 1
            cells.append(None if one.right is None else 4 * _cell(one.ability, known) + one.right)
        pairs = self._pairs
        for place, (later, cell) in enumerate(zip(met, cells, strict=True)):
            if cell is None:
                continue
            for other, earlier in enumerate(met):
                if other == place:
                    continue
                key = (earlier.question, later.question)
                held = pairs.get(key)
                if held is None:
                    held = pairs[key] = array("i", bytes(4 * 4 * _CELLS))
                held[cell + 2 if other < place else cell] += 1

    def __len__(self) -> int:
        return len(self._pairs)

    def tried(self) -> Iterator[tuple[tuple[int, int], Stratum, Stratum, float, float]]:
        """Pairs with LEAST answers in both orders among learners who can be compared, with log odds and their error."""
        for key, held in self._pairs.items():
            before = [(held[at + 1], held[at] + held[at + 1]) for at in range(0, 4 * _CELLS, 4)]
            after = [(held[at + 3], held[at + 2] + held[at + 3]) for at in range(0, 4 * _CELLS, 4)]
            both = [place for place in range(_CELLS) if before[place][1] and after[place][1]]
            sums = [_sum([group[place] for place in both]) for group in (after, before)]
            if min(n for _, n in sums) < LEAST:
                continue
            found = common_odds([after[place] for place in both], [before[place] for place in both])
            if found is not None and found[1]:
                yield key, sums[0], sums[1], found[0], found[1]


def leaks(tallies: Iterable[Tally]) -> tuple[int, tuple[Leak, ...]]:
    """How many pairs of all these could be looked at, and those that leak, the surest first."""
    tried = [one for tally in tallies for one in tally.tried()]
    q_values = false_discoveries([math.erfc(log / error / math.sqrt(2)) / 2 for _, _, _, log, error in tried])
    found = []
    for ((earlier, later), after, before, log, error), q in zip(tried, q_values, strict=True):
        if q < SURE and log >= LARGE:
            half, n = quantile() * error, after[1] + before[1]
            odds = Figure(math.exp(log), math.exp(log - half), math.exp(log + half), n)
            found.append(Leak(earlier, later, after, before, odds, q))
    return len(tried), tuple(sorted(found, key=lambda one: (one.q, -one.odds.value, one.earlier, one.later)))


def _cell(ability: int | None, known: int) -> int:
    of = len(STRATA) if ability is None else _OF_BAND[band(ability)]
    return of * MET + min(known, MET - 1)


def _sum(strata: Sequence[Stratum]) -> Stratum:
    return sum(right for right, _ in strata), sum(n for _, n in strata)
