"""Figures of a question from its counters. In practice everybody meets other questions, so there is no rest of a form
to hold an answer against; the learner's ability in the topic before the answer takes its place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quizapp.core.itemstats.intervals import Figure, correlation, quantile, share
from quizapp.core.itemstats.sums import Pairs, Sums, gap
from quizapp.core.itemstats.tallies import ABILITY_CUTS, NOTHING, TIME_CUTS, Tallied

LEAST = 30
"""Below so many first answers nothing is judged."""
FUNCTIONS = 0.05
"""The least share of answers that a distractor must draw to be worth reading."""
LEAST_CHOOSERS = 5
STRONG_LEVEL = 0.99
"""How sure it must be that those who chose a distractor are abler, all distractors of a question taken together."""
FIFTHS = 5
_SHORTEST_S, _LONGEST_S = 2, 724
"""Where the first and the last bucket of time are taken to begin and to end, √2 beyond their neighbours."""


@dataclass(frozen=True)
class Option:
    """One class of answers. `ability`: mean ability of those who fell into it, in logits, None of nobody. `unused`: a
    distractor that hardly anybody chose. `strong`: a distractor whose choosers are abler than everybody else, and than
    those who chose the key; the key may be wrong, or there are two."""

    name: str
    key: bool
    chosen: Figure
    ability: float | None
    unused: bool
    strong: bool


@dataclass(frozen=True)
class Band:
    """About a fifth of the learners by ability: from `low` to `high` logits (None: no bound), how many, and which share
    of them fell into each class."""

    low: float | None
    high: float | None
    n: int
    chose: Mapping[str, float]


def facility(whole: Tallied) -> Figure | None:
    """The share of the marks that was earned."""
    return share(whole.answers * whole.earned / whole.possible, whole.answers) if whole.possible else None


def discrimination(whole: Tallied) -> Figure | None:
    """The correlation of the mark with the ability before the answer; None where nobody differs."""
    pairs = Pairs(
        Sums(whole.placed, whole.placed_earned, whole.placed_earned_squared), _ability(whole), whole.ability_earned
    )
    r = pairs.correlation
    return correlation(r, whole.placed) if r is not None else None


def median_ms(whole: Tallied) -> int | None:
    """About half of the answers took longer. Within a bucket times are taken to be spread evenly in their logarithm."""
    n = sum(whole.times)
    if not n:
        return None
    edges = (1000 * _SHORTEST_S, *TIME_CUTS, 1000 * _LONGEST_S)
    below = 0
    for place, here in enumerate(whole.times):
        if 2 * (below + here) >= n:
            low, high = edges[place], edges[place + 1]
            return round(low * math.pow(high / low, (n / 2 - below) / here))
        below += here
    raise AssertionError("half of all is reached before the end")


def options(
    whole: Tallied,
    by_class: Mapping[str, Tallied],
    keys: Mapping[str, bool],
    *,
    looked_at: int | None = None,
    competing: bool = True,
) -> tuple[Option, ...]:
    """Each class that may be chosen (`keys`: whether it is right), in that order, also where nobody did. Empty without
    an answer.

    `looked_at`: how many wrong ones are looked at in the whole question, if more than these. `competing`: the wrong
    ones are distractors, each of which should draw somebody.
    """
    if not whole.answers:
        return ()
    distractors = looked_at or sum(not key for key in keys.values())
    right = [name for name, key in keys.items() if key]
    of_key = _ability(by_class.get(right[0], NOTHING)) if len(right) == 1 else None
    found = []
    for name, key in keys.items():
        held = by_class.get(name, NOTHING)
        chosen = share(held.answers, whole.answers)
        who = _ability(held)
        found.append(
            Option(
                name,
                key,
                chosen,
                float(who.mean) / 100 if who.n else None,
                unused=competing and not key and whole.answers >= LEAST and chosen.value < FUNCTIONS,
                strong=not key and whole.answers >= LEAST and _is_strong(who, _ability(whole), of_key, distractors),
            )
        )
    return tuple(found)


def _is_strong(who: Sums, everybody: Sums, of_key: Sums | None, distractors: int) -> bool:
    others = Sums(everybody.n - who.n, everybody.total - who.total, everybody.squares - who.squares)
    if min(who.n, others.n) < LEAST_CHOOSERS:
        return False
    if who.total * others.n <= others.total * who.n:
        return False  # not even above the others
    above = gap(who, others)
    if above is None or above < quantile(1 - 2 * (1 - STRONG_LEVEL) / distractors):
        return False
    return of_key is None or not of_key.n or who.mean >= of_key.mean


def _ability(held: Tallied) -> Sums:
    return Sums(held.placed, held.ability, held.ability_squared)


def bands(whole: Tallied, by_class: Mapping[str, Tallied]) -> tuple[Band, ...]:
    """Learners in about equal groups by ability, weakest first, fewer than five where they are too much alike."""
    edges = _edges(whole.bands)
    groups = []
    for first, last in edges:
        n = sum(whole.bands[first:last])
        groups.append(
            Band(
                ABILITY_CUTS[first - 1] / 100 if first else None,
                ABILITY_CUTS[last - 1] / 100 if last <= len(ABILITY_CUTS) else None,
                n,
                {name: sum(held.bands[first:last]) / n for name, held in by_class.items()},
            )
        )
    return tuple(groups)


def _edges(counts: Sequence[int]) -> list[tuple[int, int]]:
    """Where to cut neighbouring bands into FIFTHS groups that hold about the same; no group is empty."""
    n = sum(counts)
    edges: list[tuple[int, int]] = []
    first = held = 0
    for place, here in enumerate(counts):
        held += here
        reached = sum(counts[: place + 1])
        # The next cut lies where the running total comes closest to a multiple of a fifth.
        goal = n * (len(edges) + 1) / FIFTHS
        following = counts[place + 1] if place + 1 < len(counts) else math.inf
        if held and len(edges) < FIFTHS - 1 and abs(reached - goal) <= abs(reached + following - goal):
            edges.append((first, place + 1))
            first, held = place + 1, 0
    if held:
        edges.append((first, len(counts)))
    elif edges:
        edges[-1] = (edges[-1][0], len(counts))
    return edges
