"""The numbers of a bank: how many questions of which kind there are, where the keys stand and how long they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from quizapp.formats import signing
from quizapp.formats.anatomy import take_apart
from quizapp.formats.entries import content_of
from quizapp.formats.linting.banks import chance_of, key_lengths, key_places
from quizapp.formats.linting.found import Question
from quizapp.formats.native import ItemHead, Objective
from quizapp.formats.tree import Tree

BLOOM = ("remember", "understand", "apply", "analyse", "evaluate")
POOLS = ("practice", "secure")
LETTERS = "ABCDEFGHIJKL"


@dataclass(frozen=True)
class Aim:
    """An objective with its published questions; `wanted` is the weight of the blueprint."""

    id: str
    wanted: int
    practice: int
    secure: int


@dataclass(frozen=True)
class Numbers:
    """The published questions of one bank, or of all. `keys` counts places of the key as written, from A.

    `key_chance` is the probability of places as uneven as these by chance alone. `key_length` is the median length of
    the key over that of its longest distractor. Both are about single best answers and None without any.
    """

    bank: str
    items: int
    drafts: int
    signed: int
    types: Mapping[str, int]
    pools: Mapping[str, int]
    bloom: Mapping[str, int]
    applied: float
    """Share of questions at apply or above."""
    aims: tuple[Aim, ...]
    keys: Mapping[str, int]
    key_chance: float | None
    key_length: float | None


def count(tree: Tree) -> list[Numbers]:
    """Each bank by itself, then all together as “all”, where there is more than one."""
    banks: dict[str, list[ItemHead]] = {}
    for entry in tree.of("item"):
        if isinstance(entry.fields, ItemHead):
            banks.setdefault(entry.group, []).append(entry.fields)
    aims = [entry.fields for entry in tree.of("objective") if isinstance(entry.fields, Objective)]
    found = [_count(name, items, aims) for name, items in sorted(banks.items())]
    every = [item for items in banks.values() for item in items]
    return [*found, _count("all", every, aims)] if len(banks) > 1 else found


def _count(bank: str, all_items: Sequence[ItemHead], objectives: Sequence[Objective]) -> Numbers:
    items = [item for item in all_items if item.state == "published"]
    contents = [content_of(item) for item in items]
    questions = [Question(content, take_apart(content)) for content in contents]
    places, lengths = key_places(questions), key_lengths(questions)
    keys = Counter(LETTERS[place] for place, _ in places)
    bloom = Counter[str](item.bloom for item in items)
    pooled = Counter((item.objective, item.pool) for item in items)
    topics = {aim.topic for aim in objectives if any(item.objective == aim.id for item in items)}
    return Numbers(
        bank=bank,
        items=len(items),
        drafts=len(all_items) - len(items),
        signed=len([item for item in items if signing.holds(item)]),
        types=dict(Counter(item.type for item in items).most_common()),
        pools={pool: sum(item.pool == pool for item in items) for pool in POOLS},
        bloom={level: bloom[level] for level in BLOOM},
        applied=sum(bloom[level] for level in BLOOM[2:]) / max(1, len(items)),
        aims=tuple(
            Aim(aim.id, aim.weight, pooled[aim.id, "practice"], pooled[aim.id, "secure"])
            for aim in objectives
            if aim.topic in topics
        ),
        keys={letter: keys[letter] for letter in LETTERS[: max((number for _, number in places), default=0)]},
        key_chance=chance_of(places) if places else None,
        key_length=median(lengths) if lengths else None,
    )
