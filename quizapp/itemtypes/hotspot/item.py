"""Hotspot: a place in a figure whose labels are hidden. Letters on the places and rows below it stand for one another.

The drawing itself is not known here: the figure is named, and who shows the question brings it.
"""

from __future__ import annotations

import random
import string
from itertools import combinations
from typing import Annotated

from pydantic import Field

from quizapp.core.grading import Grade, NotGradable, all_or_nothing
from quizapp.itemtypes import Example, Json, Problem, Submitted, permanent_id, token
from quizapp.itemtypes.fields import EntryId, Fields, Flag, Inline, InnerId, Markdown, repeated

Box = Annotated[list[Annotated[int, Field(ge=0, le=9999)]], Field(min_length=4, max_length=4)]
"""Left, top, width and height of a place, in the units of the drawing’s viewBox."""


class Region(Fields):
    """A place in the figure. Its text names the place without naming what is drawn there."""

    id: InnerId
    text: Inline
    box: Box
    narrow: Box | None = None
    """The place in the drawing for narrow screens, where there is one."""
    key: Flag = Field(default=False)
    why: Markdown
    trap: EntryId | None = None


class Body(Fields):
    figure: EntryId
    regions: list[Region] = Field(min_length=2, max_length=9)


def check(content: Json) -> list[Problem]:
    regions = content["regions"]
    problems = [
        Problem(("regions",), "repeated-id", f"Two regions have the id “{name}”.")
        for name in repeated(region["id"] for region in regions)
    ]
    problems += [
        Problem(("regions",), "repeated-text", f"The region “{text}” stands twice.")
        for text in repeated(region["text"].casefold() for region in regions)
    ]
    keys = sum(region["key"] for region in regions)
    if not keys:
        problems.append(Problem(("regions",), "no-key", "No region is marked as the key."))
    if keys > 1:
        problems.append(Problem(("regions",), "several-keys", f"{keys} regions are marked as the key; one place is."))
    for drawing in ("box", "narrow"):
        boxes = [(place, region["id"], region[drawing]) for place, region in enumerate(regions) if region[drawing]]
        problems += [
            Problem(("regions", place, drawing), "empty-box", f"The “{drawing}” of “{name}” has no width or no height.")
            for place, name, (_, _, width, height) in boxes
            if not width or not height
        ]
        problems += [
            Problem(("regions", there, drawing), "overlap", f"The “{drawing}” of “{second}” overlaps “{first}”.")
            for (_, first, one), (there, second, other) in combinations(boxes, 2)
            if one[0] < other[0] + other[2] and other[0] < one[0] + one[2]
            if one[1] < other[1] + other[3] and other[1] < one[1] + one[3]
        ]
    return problems


def lay_out(content: Json, rng: random.Random) -> Json:
    order = [region["id"] for region in content["regions"]]
    rng.shuffle(order)
    return {"regions": order}


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    by_id = {region["id"]: region for region in content["regions"]}
    chosen = answer["choice"] if answer else None
    return {
        "figure": content["figure"],
        "options": [
            {
                "token": token(layout["regions"], name),
                "letter": string.ascii_uppercase[place],
                "text": by_id[name]["text"],
                "box": by_id[name]["box"],
                "narrow": by_id[name]["narrow"],
                "chosen": name == chosen,
            }
            for place, name in enumerate(layout["regions"])
        ],
    }


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    sent = submitted.get("choice", ())
    if not sent:
        return NotGradable("Choose one place first.", ("choice",))
    choice = permanent_id(layout["regions"], sent[0]) if len(sent) == 1 else None
    if choice is None:
        return NotGradable("That choice is not one of the places shown. Choose again.", ("choice",))
    return {"choice": choice}


def grade(content: Json, answer: Json | None) -> Grade:
    key = next(region["id"] for region in content["regions"] if region["key"])
    chosen = answer["choice"] if answer else None
    return all_or_nothing([chosen == key], (chosen,) if chosen else ())


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    by_id = {region["id"]: region for region in content["regions"]}
    chosen = answer["choice"] if answer else None
    return {
        "figure": content["figure"],
        "options": [
            {
                "token": token(layout["regions"], name),
                "letter": string.ascii_uppercase[place],
                "text": by_id[name]["text"],
                "box": by_id[name]["box"],
                "narrow": by_id[name]["narrow"],
                "why": by_id[name]["why"],
                "key": by_id[name]["key"],
                "chosen": name == chosen,
                "class": name,
            }
            for place, name in enumerate(layout["regions"])
        ],
    }


def chance(content: Json) -> float:
    return 1 / len(content["regions"])


def examples() -> list[Example]:
    places = {"auto": [166, 160, 46, 58], "hetero": [258, 160, 46, 58], "below": [46, 354, 56, 48]}
    texts = {
        "auto": ("On the terminal at the left", "This is the autoreceptor."),
        "hetero": ("On the terminal at the right", "The neighbour brakes here."),
        "below": ("On the neuron below", "This receptor passes the signal on."),
    }
    regions = [
        {"id": name, "text": texts[name][0], "box": box, "narrow": box, "key": name == "hetero", "why": texts[name][1]}
        for name, box in places.items()
    ]
    content = {"figure": "nassa-synapse", "regions": regions}
    return [
        Example(content, {"choice": ["hetero"]}, Grade(1, 1, ("hetero",))),
        Example(content, {"choice": ["below"]}, Grade(0, 1, ("below",))),
        Example(content, {}, NotGradable),
        Example(content, {"choice": ["hetero", "below"]}, NotGradable),
        Example(content, {"choice": ["z"]}, NotGradable),
    ]
