"""Key feature: the few decisions on which a case turns, and the choices that would harm the patient."""

from __future__ import annotations

import random
from math import comb
from typing import Literal

from pydantic import Field

from quizapp.core.grading import Grade, NotGradable, key_features
from quizapp.itemtypes import Example, Json, Problem, Submitted, permanent_id, token
from quizapp.itemtypes.fields import EntryId, Fields, Flag, Inline, InnerId, Markdown, repeated


class Feature(Fields):
    """An option that may be a key feature, a choice that would do harm, or neither."""

    id: InnerId
    text: Inline
    key: Flag = Field(default=False)
    harmful: Flag = Field(default=False)
    why: Markdown
    trap: EntryId | None = None


class Body(Fields):
    options: list[Feature] = Field(min_length=4, max_length=20)
    most: int = Field(ge=1, le=8)
    scoring: Literal["key_features"] = "key_features"


def check(content: Json) -> list[Problem]:
    options = content["options"]
    problems = [
        Problem(("options",), "repeated-id", f"Two options have the id “{name}”.")
        for name in repeated(option["id"] for option in options)
    ]
    problems += [
        Problem(("options",), "duplicate-option", f"The option “{text}” stands twice.")
        for text in repeated(option["text"].casefold() for option in options)
    ]
    problems += [
        Problem(("options", place), "harmful-key", f"The option “{option['id']}” is a key and harmful; it can be one.")
        for place, option in enumerate(options)
        if option["key"] and option["harmful"]
    ]
    keys = sum(option["key"] for option in options)
    if not keys:
        problems.append(Problem(("options",), "no-key", "No option is marked as a key feature."))
    if keys > content["most"]:
        message = f"There are {keys} key features, but at most {content['most']} may be chosen."
        problems.append(Problem(("most",), "too-few-choices", message))
    if content["most"] >= len(options):
        message = f"With {content['most']} choices among {len(options)} options nothing has to be decided."
        problems.append(Problem(("most",), "too-many-choices", message))
    return problems


def lay_out(content: Json, rng: random.Random) -> Json:
    order = [option["id"] for option in content["options"]]
    rng.shuffle(order)
    return {"options": order}


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    texts = {option["id"]: option["text"] for option in content["options"]}
    chosen = answer["choices"] if answer else []
    return {
        "options": [
            {"token": token(layout["options"], name), "text": texts[name], "chosen": name in chosen}
            for name in layout["options"]
        ],
        "most": content["most"],
    }


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    sent = submitted.get("choice", ())
    if not sent:
        return NotGradable("Choose at least one option first.", ("choice",))
    choices = [permanent_id(layout["options"], one) for one in sent[: len(layout["options"]) + 1]]
    known = sorted({choice for choice in choices if choice is not None})
    kept = {"choices": known} if known else None
    if len(known) != len(choices):
        return NotGradable("A choice was not one of the options shown. Choose again.", ("choice",), kept)
    excess = len(known) - content["most"]
    if excess > 0:
        told = f"You chose {len(known)} options; at most {content['most']} can be sent. Take {excess} back"
        return NotGradable(f"{told}: all your choices are still marked.", ("choice",), kept)
    return {"choices": known}


def grade(content: Json, answer: Json | None) -> Grade:
    keys = {option["id"] for option in content["options"] if option["key"]}
    harmful = {option["id"] for option in content["options"] if option["harmful"]}
    chosen = set(answer["choices"]) if answer else set()
    return key_features(
        len(chosen & keys), len(keys), tuple(sorted(chosen)), harm=bool(chosen & harmful),
        excess=max(0, len(chosen) - content["most"]),
    )  # fmt: skip


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    by_id = {option["id"]: option for option in content["options"]}
    chosen = answer["choices"] if answer else []
    return {
        "options": [
            {
                "token": token(layout["options"], name),
                "text": by_id[name]["text"],
                "why": by_id[name]["why"],
                "key": by_id[name]["key"],
                "harmful": by_id[name]["harmful"],
                "chosen": name in chosen,
                "class": name,
            }
            for name in layout["options"]
        ],
    }


def chance(content: Json) -> float:
    """That of the number of choices with which guessing succeeds most often."""
    options = content["options"]
    keys = sum(option["key"] for option in options)
    others = len(options) - keys - sum(option["harmful"] for option in options)
    return max(comb(others, size - keys) / comb(len(options), size) for size in range(keys, content["most"] + 1))


def examples() -> list[Example]:
    options = [
        {"id": "count", "text": "Full blood count today", "key": True, "why": "Only a count can tell."},
        {"id": "stop", "text": "Stop the drug", "key": True, "why": "It is the likely cause."},
        {"id": "wait", "text": "Wait a week", "harmful": True, "why": "Sepsis may come first."},
        {"id": "ecg", "text": "An ECG", "why": "It does not help here."},
        {"id": "level", "text": "A serum level", "why": "The reaction does not depend on it."},
    ]
    content = {"options": options, "most": 3}
    return [
        Example(content, {"choice": ["count", "stop"]}, Grade(2, 2, ("count", "stop"))),
        Example(content, {"choice": ["count", "stop", "ecg"]}, Grade(2, 2, ("count", "ecg", "stop"))),
        Example(content, {"choice": ["count", "level"]}, Grade(1, 2, ("count", "level"))),
        Example(content, {"choice": ["ecg"]}, Grade(0, 2, ("ecg",))),
        Example(content, {"choice": ["count", "stop", "wait"]}, Grade(0, 2, ("count", "stop", "wait"))),
        Example(content, {}, NotGradable),
        Example(content, {"choice": ["count", "z"]}, NotGradable),
        Example(content, {"choice": ["count", "stop", "ecg", "level"]}, NotGradable),
    ]
