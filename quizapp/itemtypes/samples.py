"""Questions made from a type’s own examples: for the style page, and for tests of types and pages."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from quizapp import itemtypes
from quizapp.core.grading import NotGradable
from quizapp.itemtypes import Example, Json, Part


def typed(name: str, content: Json) -> Json:
    """The content of an example as the database holds it: every field, defaults included."""
    return itemtypes.get(name).Body.model_validate(content).model_dump(mode="json")


def presented(name: str, example: Example, seed: int = 1) -> tuple[Part, Json]:
    """The part that an example answers, and the layout of it that a learner would see."""
    content = typed(name, example.content)
    layout = itemtypes.lay_out(name, content, random.Random(seed))
    part = next(part for part in itemtypes.parts(name, content) if part.id == example.part)
    return part, itemtypes.part_layout(name, layout, part)


def in_tokens(layout: Json, submitted: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The form that a browser would send: permanent ids in values and behind the hyphen of a name become tokens."""
    tokens = {name: itemtypes.token(order, name) for order in _orders(layout) for name in order}

    def field(name: str) -> str:
        prefix, hyphen, last = name.rpartition("-")
        return prefix + hyphen + tokens.get(last, last) if hyphen else name

    return {field(name): [tokens.get(value, value) for value in values] for name, values in submitted.items()}


def answer_of(name: str, example: Example, seed: int = 1) -> Json | NotGradable:
    """What the type reads of the example’s form."""
    part, layout = presented(name, example, seed)
    return itemtypes.get(part.type).parse(part.content, layout, in_tokens(layout, example.submitted))


def _orders(layout: Any) -> Iterator[list[str]]:
    """All lists of permanent ids in a layout."""
    if isinstance(layout, list) and all(isinstance(one, str) for one in layout):
        yield layout
    elif isinstance(layout, dict):
        for inner in layout.values():
            yield from _orders(inner)
