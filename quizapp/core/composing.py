"""Composing a block: the questions that a learner asked for, in an order worth answering them in.

    compose(candidates, only=…, size=…, …) → Block

What the engine itself would ask is `core.selection`; both see an item as a `Candidate`.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from quizapp.core.selection import NEVER, Candidate


class Only(StrEnum):
    """What a learner may narrow a block to."""

    ANYTHING = "anything"
    NEW = "new"
    WRONG = "wrong"
    MARKED = "marked"


@dataclass(frozen=True)
class Choice:
    """An item and the reason for it, as data: `new`, `redrawn` (new once more, with other values), `wrong`, `marked` or
    `seen`, and when it was seen last."""

    item: int
    reason: str
    last_seen: dt.datetime | None


@dataclass(frozen=True)
class Block:
    """`kept` counts new questions that were held back for later days: fresh questions are what evidence is made of."""

    choices: tuple[Choice, ...]
    new: int
    kept: int
    seconds: int


def compose(
    candidates: Iterable[Candidate],
    *,
    only: Only,
    size: int,
    spend_freely: bool,
    spent_today: Mapping[int, int],
    rng: random.Random,
) -> Block:
    """Choose up to `size` items.

    Unseen items come before seen ones and the least recently seen before the rest; objectives take turns; no two
    enemies meet; two of one topic follow each other only where there is no choice. At most one new question of an
    objective is spent a day (`spent_today`: objective → new questions already met), unless `spend_freely` or the block
    asks for new questions only.
    """
    wanted = [candidate for candidate in candidates if _wanted(candidate, only)]
    rng.shuffle(wanted)
    wanted.sort(key=lambda candidate: (not candidate.new, candidate.last_seen or NEVER))
    budget = None if spend_freely or only is Only.NEW else spent_today
    chosen, kept = _in_turns(wanted, size, budget)
    ordered = _interleaved(chosen)
    return Block(
        choices=tuple(Choice(c.item, _reason(c, only), c.last_seen) for c in ordered),
        new=sum(c.new for c in chosen),
        kept=kept,
        seconds=sum(c.seconds for c in chosen),
    )


def _wanted(candidate: Candidate, only: Only) -> bool:
    match only:
        case Only.NEW:
            return candidate.new
        case Only.WRONG:
            return candidate.last_right is False
        case Only.MARKED:
            return candidate.marked
        case Only.ANYTHING:
            return True


def _in_turns(
    wanted: Sequence[Candidate], size: int, spent_today: Mapping[int, int] | None
) -> tuple[list[Candidate], int]:
    """Let objectives take turns, best candidate first. Returns the chosen and how many new ones were held back."""
    queues: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in wanted:
        queues[candidate.objective].append(candidate)
    spent = dict(spent_today or {})
    chosen: list[Candidate] = []
    barred: set[int] = set()
    kept = 0
    while len(chosen) < size and any(queues.values()):
        for objective, queue in queues.items():
            while queue and len(chosen) < size:
                candidate = queue.pop(0)
                if candidate.item in barred:
                    continue
                if spent_today is not None and candidate.new and spent.get(objective, 0) >= 1:
                    kept += 1
                    continue
                spent[objective] = spent.get(objective, 0) + candidate.new
                chosen.append(candidate)
                barred |= candidate.enemies | {candidate.item}
                break
    return chosen, kept


def _interleaved(chosen: Sequence[Candidate]) -> list[Candidate]:
    """Order so that a topic follows itself only where nothing else is left; the largest topic is spread first."""
    left: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in chosen:
        left[candidate.topic].append(candidate)
    ordered: list[Candidate] = []
    while any(left.values()):
        topics = sorted((topic for topic, queue in left.items() if queue), key=lambda topic: -len(left[topic]))
        last = ordered[-1].topic if ordered else None
        topic = next((topic for topic in topics if topic != last), topics[0])
        ordered.append(left[topic].pop(0))
    return ordered


def _reason(candidate: Candidate, only: Only) -> str:
    if only is Only.MARKED:
        return "marked"
    if candidate.new:
        return "redrawn" if candidate.draws_new else "new"
    return "wrong" if candidate.last_right is False else "seen"
