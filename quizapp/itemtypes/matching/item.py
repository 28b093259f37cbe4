"""Matching: every premise gets one response; a response may serve several premises or none."""

from __future__ import annotations

import random
from typing import Literal

from pydantic import Field

from quizapp.core.grading import Grade, NotGradable, Scoring, luck
from quizapp.itemtypes import Example, Json, Problem, Submitted, assignment, token
from quizapp.itemtypes.fields import EntryId, Fields, Inline, InnerId, Label, Markdown


class Premise(Fields):
    id: InnerId
    text: Inline
    key: InnerId
    why: Markdown
    trap: EntryId | None = None


class Body(Fields):
    responses: list[Label] = Field(min_length=2, max_length=12)
    premises: list[Premise] = Field(min_length=2, max_length=12)
    scoring: Literal["per_pair", "all_or_nothing"] = "per_pair"


def check(content: Json) -> list[Problem]:
    return assignment.check(content, "responses", "premises")


def lay_out(content: Json, rng: random.Random) -> Json:
    responses = [response["id"] for response in content["responses"]]
    premises = [premise["id"] for premise in content["premises"]]
    rng.shuffle(responses)
    rng.shuffle(premises)
    return {"responses": responses, "premises": premises}


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    responses = {response["id"]: response["text"] for response in content["responses"]}
    premises = {premise["id"]: premise["text"] for premise in content["premises"]}
    given = answer["rows"] if answer else {}
    return {
        "choices": [
            {"token": token(layout["responses"], name), "text": responses[name]} for name in layout["responses"]
        ],
        "rows": [
            {
                "token": token(layout["premises"], name),
                "text": premises[name],
                "chosen": token(layout["responses"], given[name]) if name in given else None,
            }
            for name in layout["premises"]
        ],
        "scoring": content["scoring"],
    }


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    return assignment.parse(layout["premises"], layout["responses"], submitted, "pairs")


def grade(content: Json, answer: Json | None) -> Grade:
    return assignment.grade(content["premises"], answer, content["scoring"])


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    texts = {response["id"]: response["text"] for response in content["responses"]}
    given = answer["rows"] if answer else {}
    return {"rows": assignment.explain(content["premises"], texts, layout["premises"], given)}


def chance(content: Json) -> float:
    steps = [1 / len(content["responses"])] * len(content["premises"])
    return luck(steps, all_needed=content["scoring"] == Scoring.ALL_OR_NOTHING)


def examples() -> list[Example]:
    content = {
        "responses": [
            {"id": "sleep", "text": "Sleepiness"},
            {"id": "nausea", "text": "Less nausea"},
            {"id": "release", "text": "More release of noradrenaline"},
        ],
        "premises": [
            {"id": "a", "text": "Blockade of H1-receptors", "key": "sleep", "why": "Histamine keeps us awake."},
            {"id": "b", "text": "Blockade of 5-HT3-receptors", "key": "nausea", "why": "As ondansetron does."},
            {"id": "c", "text": "Blockade of α2-receptors", "key": "release", "why": "The brake is gone."},
        ],
        "scoring": Scoring.PER_PAIR.value,
    }
    strict = content | {"scoring": Scoring.ALL_OR_NOTHING.value}
    right = {"row-a": ["sleep"], "row-b": ["nausea"], "row-c": ["release"]}
    swapped = right | {"row-a": ["nausea"], "row-b": ["sleep"]}
    return [
        Example(content, right, Grade(3, 3, ("a=sleep", "b=nausea", "c=release"))),
        Example(content, swapped, Grade(1, 3, ("a=nausea", "b=sleep", "c=release"))),
        Example(strict, right, Grade(1, 1, ("a=sleep", "b=nausea", "c=release"))),
        Example(strict, swapped, Grade(0, 1, ("a=nausea", "b=sleep", "c=release"))),
        Example(
            content,
            {"row-a": ["nausea"], "row-b": ["release"], "row-c": ["sleep"]},
            Grade(0, 3, ("a=nausea", "b=release", "c=sleep")),
        ),
        Example(content, {}, NotGradable),
        Example(content, {"row-a": ["sleep"], "row-b": [""]}, NotGradable),
        Example(content, right | {"row-c": ["z"]}, NotGradable),
    ]
