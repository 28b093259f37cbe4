"""Which questions a test for credit asks: each objective, nothing the learner has met while anything else is left, no
two that give each other away."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

TRIES = 40
"""Orders that are tried: which of two enemies is taken first may decide whether the objective of a third is reached."""


@dataclass(frozen=True)
class Askable:
    """A question of the pool. `met`: how often the learner has met it, in practice or in an earlier attempt."""

    item: int
    objective: str
    met: int = 0
    enemies: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Drawn:
    """Items in the order in which they are asked. `exhausted`: some were met before, because nothing else was left.
    `missing`: objectives that no question of the pool samples."""

    items: tuple[int, ...]
    exhausted: bool
    missing: frozenset[str]


def draw(pool: Sequence[Askable], objectives: frozenset[str], size: int, rng: random.Random) -> Drawn:
    """A test of `size` questions, fewer if the pool has no more. The same seed gives the same."""
    orders = [_one(pool, objectives, size, rng) for _ in range(TRIES)]
    met = {one.item: one.met for one in pool}

    def worth(order: tuple[Askable, ...]) -> tuple[int, int, int]:
        sampled = {one.objective for one in order} & objectives
        return len(sampled), -sum(bool(met[one.item]) for one in order), len(order)

    best = max(orders, key=worth)
    return Drawn(
        items=tuple(one.item for one in best),
        exhausted=any(one.met for one in best),
        missing=objectives - {one.objective for one in best},
    )


def _one(pool: Sequence[Askable], objectives: frozenset[str], size: int, rng: random.Random) -> tuple[Askable, ...]:
    left = [one for one in pool if one.objective in objectives]
    rng.shuffle(left)
    taken: list[Askable] = []
    asked: Counter[str] = Counter()
    barred: set[int] = set()
    while len(taken) < size:
        fit = [one for one in left if one.item not in barred]
        if not fit:
            break
        # An objective that has no question yet comes before everything, then what is new, then what was asked least.
        best = min(fit, key=lambda one: (asked[one.objective] > 0, one.met, asked[one.objective]))
        taken.append(best)
        asked[best.objective] += 1
        barred |= {best.item, *best.enemies, *(one.item for one in pool if best.item in one.enemies)}
    rng.shuffle(taken)
    return tuple(taken)


def draw_before(pool: Sequence[Askable], objectives: frozenset[str], size: int, rng: random.Random) -> Drawn:
    """What is asked before the lesson: at most one question an objective, new to the learner, and so few that the test
    afterwards still finds `size` new ones and every objective among them."""
    new = [one for one in pool if not one.met and one.objective in objectives]
    to_spare = len(new) - size
    by_objective = Counter(one.objective for one in new)
    spare = [one for one in new if by_objective[one.objective] > 1]
    drawn = draw(
        spare, frozenset(one.objective for one in spare), min(len({o.objective for o in spare}), to_spare), rng
    )
    return Drawn(drawn.items, exhausted=False, missing=objectives - frozenset(by_objective))
