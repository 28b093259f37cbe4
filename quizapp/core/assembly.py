"""Putting an exam together from its blueprint: so many questions on each objective and topic, no two that give each
other away, and first those that were shown least."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

TRIES = 40
"""Orders that are tried before it is said that the blueprint cannot be filled: which of two enemies is taken first may
decide whether there is room for both of their neighbours."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that may be taken. `shown`: how often it was put before anybody. `met`: whether the learner, or one of
    the cohort, has seen it before. `enemies`: questions that must not stand in the same form."""

    item: int
    objective: int
    topic: int
    shown: int = 0
    met: bool = False
    enemies: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Blueprint:
    """Questions wanted: objective → how many, and topic → how many more, on whichever of its objectives."""

    objectives: Mapping[int, int] = field(default_factory=dict)
    topics: Mapping[int, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(self.objectives.values()) + sum(self.topics.values())


@dataclass(frozen=True)
class Form:
    """What was found: items in the order in which they are asked, and what is missing by objective and by topic."""

    items: tuple[int, ...]
    missing_objectives: Mapping[int, int]
    missing_topics: Mapping[int, int]

    @property
    def missing(self) -> int:
        return sum(self.missing_objectives.values()) + sum(self.missing_topics.values())


def assemble(candidates: Sequence[Candidate], blueprint: Blueprint, rng: random.Random) -> Form:
    """A form for the blueprint; with the same seed the same. What is missing is said, never filled with anything else.

    Questions nobody has met come first, then those shown least; of what is alike, chance decides. Objectives of a topic
    take turns.
    """
    best: Form | None = None
    for number in range(TRIES):
        form = _try(candidates, blueprint, rng, sparing=number < TRIES // 2)
        if best is None or form.missing < best.missing:
            best = form
        if best.missing == 0:
            break
    if best is None:
        raise AssertionError("unreachable")
    return best


def _try(candidates: Sequence[Candidate], blueprint: Blueprint, rng: random.Random, *, sparing: bool) -> Form:
    """One order. Where sparing what was shown most leaves a gap, filling the blueprint counts more than sparing."""
    drawn = list(candidates)
    rng.shuffle(drawn)
    drawn.sort(key=lambda one: (one.met, one.shown if sparing else 0))
    taken: list[Candidate] = []
    barred: set[int] = set()
    # Who has least to choose from chooses first.
    scarce = Counter(one.objective for one in candidates)
    missing_objectives = {}
    for objective in sorted(blueprint.objectives, key=lambda name: scarce[name] - blueprint.objectives[name]):
        wanted = blueprint.objectives[objective]
        found = _take((one for one in drawn if one.objective == objective), wanted, barred)
        taken += found
        if len(found) < wanted:
            missing_objectives[objective] = wanted - len(found)
    missing_topics = {}
    for topic, wanted in blueprint.topics.items():
        found = _take(_in_turns([one for one in drawn if one.topic == topic], taken), wanted, barred)
        taken += found
        if len(found) < wanted:
            missing_topics[topic] = wanted - len(found)
    items = [one.item for one in taken]
    rng.shuffle(items)
    return Form(tuple(items), missing_objectives, missing_topics)


def _take(drawn: Iterable[Candidate], wanted: int, barred: set[int]) -> list[Candidate]:
    """The first `wanted` that nothing bars; what they bar is added to `barred`."""
    found: list[Candidate] = []
    for one in drawn:
        if len(found) == wanted:
            break
        if one.item not in barred:
            found.append(one)
            barred |= one.enemies | {one.item}
    return found


def _in_turns(drawn: Sequence[Candidate], taken: Sequence[Candidate]) -> Iterable[Candidate]:
    """Those drawn, so that objectives take turns; who has a question already comes later."""
    turns = Counter(one.objective for one in taken)
    placed = []
    for place, one in enumerate(drawn):
        placed.append((turns[one.objective], place, one))
        turns[one.objective] += 1
    return (one for _, _, one in sorted(placed, key=lambda found: found[:2]))
