"""Ordering: steps to be put into their right order."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

from pydantic import Field

from quizapp.core.grading import Grade, NotGradable, Scoring, all_or_nothing, per_step
from quizapp.itemtypes import Example, Json, Problem, Submitted, token
from quizapp.itemtypes.fields import Fields, Inline, InnerId, Markdown, repeated


class Element(Fields):
    id: InnerId
    text: Inline
    why: Markdown


class Body(Fields):
    elements: list[Element] = Field(min_length=3, max_length=9)
    scoring: Literal["adjacent_pairs", "all_or_nothing"] = "adjacent_pairs"


def check(content: Json) -> list[Problem]:
    elements = content["elements"]
    return [
        Problem(("elements",), "repeated-id", f"Two steps have the id “{name}”.")
        for name in repeated(element["id"] for element in elements)
    ] + [
        Problem(("elements",), "repeated-text", f"The step “{text}” stands twice, so no order of the two is right.")
        for text in repeated(element["text"].casefold() for element in elements)
    ]


def lay_out(content: Json, rng: random.Random) -> Json:
    right = [element["id"] for element in content["elements"]]
    order = rng.sample(right, len(right))
    if order == right:  # a question that is laid out solved can be sent off unread
        order.append(order.pop(0))
    return {"elements": order}


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    texts = {element["id"]: element["text"] for element in content["elements"]}
    places = answer["places"] if answer else {}
    order = layout["elements"]
    if sorted(places.values()) == list(range(1, len(order) + 1)):
        order = sorted(order, key=lambda name: int(places[name]))
    return {
        "elements": [
            {"token": token(layout["elements"], name), "text": texts[name], "place": places.get(name)} for name in order
        ],
        "scoring": content["scoring"],
    }


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    order = layout["elements"]
    places: dict[str, int] = {}
    malformed: list[str] = []
    for name in order:
        field = f"place-{token(order, name)}"
        sent = submitted.get(field, ())
        if len(sent) == 1 and sent[0] in {str(place + 1) for place in range(len(order))}:
            places[name] = int(sent[0])
        elif any(sent):
            malformed.append(field)
    kept = {"places": places} if places else None
    if malformed:
        return NotGradable("A place was not one of those offered. Choose it again.", tuple(malformed), kept)
    if not places:
        return NotGradable(
            "Put the steps into order first.", tuple(f"place-{place + 1}" for place in range(len(order)))
        )
    twice = repeated(str(place) for place in places.values())
    if twice:
        fields = tuple(f"place-{token(order, name)}" for name, place in places.items() if str(place) in twice)
        return NotGradable(f"Two steps have place {twice[0]}. Give each its own.", fields, kept)
    if len(places) < len(order):
        fields = tuple(f"place-{token(order, name)}" for name in order if name not in places)
        return NotGradable(f"{len(fields)} of the {len(order)} steps have no place yet.", fields, kept)
    return {"places": places}


def grade(content: Json, answer: Json | None) -> Grade:
    places = answer["places"] if answer else {}
    classes = tuple(f"{name}={places[name]}" for name in sorted(places))
    right = [element["id"] for element in content["elements"]]
    if content["scoring"] == Scoring.ALL_OR_NOTHING:
        return all_or_nothing([places.get(name) == place for place, name in enumerate(right, 1)], classes)
    return per_step(_neighbours(right, places), classes)


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    places = answer["places"] if answer else {}
    right = [element["id"] for element in content["elements"]]
    neighbours = _neighbours(right, places)
    return {
        "elements": [
            {
                "place": place,
                "text": element["text"],
                "why": element["why"],
                "given": places.get(element["id"]),
                "right": places.get(element["id"]) == place,
                "class": f"{element['id']}={place}",
            }
            for place, element in enumerate(content["elements"], 1)
        ],
        "pairs_right": sum(neighbours) if content["scoring"] == Scoring.ADJACENT_PAIRS else None,
        "pairs": len(neighbours),
    }


def chance(content: Json) -> float:
    size = len(content["elements"])
    right = 1
    if content["scoring"] == Scoring.ADJACENT_PAIRS and size > 5:
        right += size - 1  # one neighbour out of five or more may be wrong: the right order cut once and swapped
    return right / (math.factorial(size) - 1)  # the order shown is never the right one


def examples() -> list[Example]:
    content = {
        "elements": [
            {"id": "a", "text": "The α2-autoreceptor is blocked", "why": "It begins at the receptor."},
            {"id": "b", "text": "The terminal no longer senses its transmitter", "why": "That was its brake."},
            {"id": "c", "text": "Release goes on", "why": "Nothing stops it."},
            {"id": "d", "text": "The level in the cleft rises", "why": "More is released than removed."},
        ],
        "scoring": Scoring.ADJACENT_PAIRS.value,
    }
    strict = content | {"scoring": Scoring.ALL_OR_NOTHING.value}
    right = {"place-a": ["1"], "place-b": ["2"], "place-c": ["3"], "place-d": ["4"]}
    last_first = {"place-a": ["2"], "place-b": ["3"], "place-c": ["4"], "place-d": ["1"]}
    backwards = {"place-a": ["4"], "place-b": ["3"], "place-c": ["2"], "place-d": ["1"]}
    return [
        Example(content, right, Grade(3, 3, ("a=1", "b=2", "c=3", "d=4"))),
        Example(content, last_first, Grade(2, 3, ("a=2", "b=3", "c=4", "d=1"))),
        Example(content, backwards, Grade(0, 3, ("a=4", "b=3", "c=2", "d=1"))),
        Example(strict, right, Grade(1, 1, ("a=1", "b=2", "c=3", "d=4"))),
        Example(strict, last_first, Grade(0, 1, ("a=2", "b=3", "c=4", "d=1"))),
        Example(content, {}, NotGradable),
        Example(content, {"place-a": ["1"]}, NotGradable),
        Example(content, right | {"place-d": ["1"]}, NotGradable),
        Example(content, right | {"place-d": ["5"]}, NotGradable),
    ]


def _neighbours(right: Sequence[str], places: Mapping[str, int]) -> list[bool]:
    """For every two neighbours of the right order, whether the second was put straight after the first."""
    return [first in places and places.get(second) == places[first] + 1 for first, second in pairwise(right)]
