"""Single best answer: a stem, a question, four or five options of which one is best."""

from __future__ import annotations

import random

from pydantic import Field

from quizapp.core.grading import Grade, NotGradable, all_or_nothing
from quizapp.itemtypes import Example, Json, Problem, Submitted, permanent_id, token
from quizapp.itemtypes.fields import Choice, Fields, repeated


class Body(Fields):
    options: list[Choice] = Field(min_length=2, max_length=12)


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
    keys = [option["id"] for option in options if option["key"]]
    if not keys:
        problems.append(Problem(("options",), "no-key", "No option is marked as the key."))
    if len(keys) > 1:
        problems.append(
            Problem(("options",), "several-keys", f"{len(keys)} options are marked as the key; one is the best answer.")
        )
    return problems


def lay_out(content: Json, rng: random.Random) -> Json:
    order = [option["id"] for option in content["options"]]
    rng.shuffle(order)
    return {"options": order}


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    texts = {option["id"]: option["text"] for option in content["options"]}
    chosen = answer["choice"] if answer else None
    return {
        "options": [
            {"token": token(layout["options"], name), "text": texts[name], "chosen": name == chosen}
            for name in layout["options"]
        ]
    }


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    sent = submitted.get("choice", ())
    if not sent:
        return NotGradable("Choose one option first.", ("choice",))
    choice = permanent_id(layout["options"], sent[0]) if len(sent) == 1 else None
    if choice is None:
        return NotGradable("That choice is not one of the options shown. Choose again.", ("choice",))
    return {"choice": choice}


def grade(content: Json, answer: Json | None) -> Grade:
    key = next(option["id"] for option in content["options"] if option["key"])
    chosen = answer["choice"] if answer else None
    return all_or_nothing([chosen == key], (chosen,) if chosen else ())


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    by_id = {option["id"]: option for option in content["options"]}
    chosen = answer["choice"] if answer else None
    return {
        "options": [
            {
                "token": token(layout["options"], name),
                "text": by_id[name]["text"],
                "why": by_id[name]["why"],
                "key": by_id[name]["key"],
                "chosen": name == chosen,
                "class": name,
            }
            for name in layout["options"]
        ]
    }


def chance(content: Json) -> float:
    return 1 / len(content["options"])


def examples() -> list[Example]:
    content = {
        "options": [
            {"id": "a", "text": "Blockade of α2-autoreceptors", "key": True, "why": "It removes the brake."},
            {"id": "b", "text": "Blockade of the transporter", "key": False, "why": "It is left alone."},
            {"id": "c", "text": "Inhibition of monoamine oxidase", "key": False, "why": "That slows breakdown."},
        ]
    }
    return [
        Example(content, {"choice": ["a"]}, Grade(1, 1, ("a",))),
        Example(content, {"choice": ["c"]}, Grade(0, 1, ("c",))),
        Example(content, {}, NotGradable),
        Example(content, {"choice": ["a", "b"]}, NotGradable),
        Example(content, {"choice": ["z"]}, NotGradable),
    ]
