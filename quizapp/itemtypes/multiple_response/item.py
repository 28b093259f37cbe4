"""Multiple response: several options may be right, and the learner is not told how many."""

from __future__ import annotations

import random
from math import comb
from typing import Literal

from pydantic import Field

from quizapp.core.grading import Grade, NotGradable, Scoring, all_or_nothing, per_option
from quizapp.itemtypes import Example, Json, Problem, Submitted, permanent_id, token
from quizapp.itemtypes.fields import Choice, Fields, repeated


class Body(Fields):
    options: list[Choice] = Field(min_length=3, max_length=12)
    scoring: Literal["all_or_nothing", "per_option"] = "all_or_nothing"


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
    keys = sum(option["key"] for option in options)
    if not keys:
        problems.append(Problem(("options",), "no-key", "No option is marked as a key."))
    if keys == len(options):
        problems.append(Problem(("options",), "no-distractor", "Every option is a key; at least one must be wrong."))
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
        "scoring": content["scoring"],
    }


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    sent = submitted.get("choice", ())
    if not sent:
        return NotGradable("Choose at least one option first.", ("choice",))
    choices = [permanent_id(layout["options"], one) for one in sent[: len(layout["options"]) + 1]]
    known = sorted({choice for choice in choices if choice is not None})
    if len(known) != len(choices):
        kept = {"choices": known} if known else None
        return NotGradable("A choice was not one of the options shown. Choose again.", ("choice",), kept)
    return {"choices": known}


def grade(content: Json, answer: Json | None) -> Grade:
    keys = {option["id"] for option in content["options"] if option["key"]}
    chosen = set(answer["choices"]) if answer else set()
    classes = tuple(sorted(chosen))
    if content["scoring"] == Scoring.ALL_OR_NOTHING:
        return all_or_nothing([chosen == keys], classes)
    return per_option(len(chosen & keys), len(chosen - keys), len(keys), classes)


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
                "chosen": name in chosen,
                "class": name,
            }
            for name in layout["options"]
        ]
    }


def chance(content: Json) -> float:
    keys = sum(option["key"] for option in content["options"])
    others = len(content["options"]) - keys
    short = 0 if content["scoring"] == Scoring.ALL_OR_NOTHING else keys // 5  # marks that may be missing
    right = sum(
        comb(keys, chosen) * comb(others, wrong)
        for chosen in range(keys - short, keys + 1)
        for wrong in range(chosen - keys + short + 1)
    )
    return float(right / (2 ** len(content["options"]) - 1))


def examples() -> list[Example]:
    options = [
        {"id": "a", "text": "α2-autoreceptors", "key": True, "why": "Blocking them removes the brake."},
        {"id": "b", "text": "5-HT2 receptors", "key": True, "why": "They are blocked."},
        {"id": "c", "text": "The serotonin transporter", "key": False, "why": "It is left alone."},
        {"id": "d", "text": "Monoamine oxidase", "key": False, "why": "It is left alone."},
    ]
    strict = {"options": options, "scoring": "all_or_nothing"}
    lenient = {"options": options, "scoring": "per_option"}
    return [
        Example(strict, {"choice": ["b", "a"]}, Grade(1, 1, ("a", "b"))),
        Example(strict, {"choice": ["a"]}, Grade(0, 1, ("a",))),
        Example(lenient, {"choice": ["a", "b"]}, Grade(2, 2, ("a", "b"))),
        Example(lenient, {"choice": ["a"]}, Grade(1, 2, ("a",))),
        Example(lenient, {"choice": ["a", "b", "c"]}, Grade(1, 2, ("a", "b", "c"))),
        Example(lenient, {"choice": ["a", "b", "c", "d"]}, Grade(0, 2, ("a", "b", "c", "d"))),
        Example(lenient, {"choice": ["c"]}, Grade(0, 2, ("c",))),
        Example(strict, {}, NotGradable),
        Example(strict, {"choice": ["a", "z"]}, NotGradable),
        Example(strict, {"choice": ["a", "a"]}, NotGradable),
    ]
