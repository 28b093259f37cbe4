"""Numeric: a number within a tolerance, in one of several units, typed the way people type numbers."""

from __future__ import annotations

import random
from decimal import Decimal

from pydantic import Field

from quizapp.core.grading import Grade, NotGradable, all_or_nothing
from quizapp.itemtypes import Example, Json, Problem, Submitted, measured
from quizapp.itemtypes.fields import EntryId, Fields, InnerId, Markdown, repeated
from quizapp.itemtypes.measured import OTHER, RIGHT, Amount, OtherUnit, Unit


class WrongValue(Fields):
    id: InnerId
    value: Amount
    why: Markdown
    trap: EntryId | None = None


class Body(Fields):
    value: Amount
    tolerance: Amount = Field(default=Decimal(0), ge=0)
    unit: Unit | None = None
    units: list[OtherUnit] = Field(default=[], max_length=8)
    why: Markdown
    wrong: list[WrongValue] = Field(default=[], max_length=12)


def check(content: Json) -> list[Problem]:
    problems = [
        Problem(("wrong",), "repeated-id", f"Two wrong values have the id “{name}”.")
        for name in repeated(wrong["id"] for wrong in content["wrong"])
    ]
    value, tolerance = Decimal(content["value"]), Decimal(content["tolerance"])
    problems += [
        Problem(("wrong", place, "value"), "contradiction", f"{wrong['value']} is within the tolerance of the answer.")
        for place, wrong in enumerate(content["wrong"])
        if abs(Decimal(wrong["value"]) - value) <= tolerance
    ]
    problems += [
        Problem(("wrong",), "repeated-value", f"The wrong value {number} stands twice.")
        for number in repeated(str(Decimal(wrong["value"]).normalize()) for wrong in content["wrong"])
    ]
    return problems + measured.check_units(content)


def lay_out(content: Json, rng: random.Random) -> Json:
    return {}


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    return measured.show(content, answer)


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    return measured.parse(content, submitted.get("number", ()))


def grade(content: Json, answer: Json | None) -> Grade:
    judged = measured.judge(content, answer) if answer else None
    return all_or_nothing([judged == RIGHT], (judged,) if judged else ())


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    return measured.explain(content, answer)


def chance(content: Json) -> float:
    return 0.0


def examples() -> list[Example]:
    content = {
        "value": "7.5",
        "tolerance": "0.5",
        "unit": "mg",
        "units": [{"unit": "µg", "factor": "0.001"}],
        "why": "Half of a tablet of 15 mg.",
        "wrong": [{"id": "whole", "value": "15", "why": "That is the whole tablet."}],
    }
    plain: Json = {
        "value": "-3",
        "tolerance": "0",
        "unit": None,
        "units": [],
        "why": "Three below nought.",
        "wrong": [],
    }
    large = plain | {"value": "1200"}
    right, wrong = Grade(1, 1, (RIGHT,)), Grade(0, 1, (OTHER,))
    return [
        *(
            Example(content, {"number": [text]}, right)
            for text in ("7.5", " 7,5 ", "7.5 mg", "8", "7", "7500 µg", "75e-1")
        ),
        *(
            Example(large, {"number": [text]}, right)
            for text in ("1200", "1 200", "1 200,0", "1,200.0", "1'200", "1.2e3")
        ),
        *(Example(plain, {"number": [text]}, right) for text in ("−3", "-3", "– 3", "-3.0")),
        Example(content, {"number": ["8.01"]}, wrong),
        Example(content, {"number": ["7.5 µg"]}, wrong),
        Example(content, {"number": ["15 MG"]}, Grade(0, 1, ("wrong:whole",))),
        *(
            Example(content, {"number": [text]}, NotGradable)
            for text in ("", "  ", "abc", "nan", "inf", "1e999", "1,200", "7 5", "1/2", "7.5 kg", "٧", "10²", "9" * 50)
        ),
        Example(plain, {"number": ["-3 mg"]}, NotGradable),
        Example(content, {}, NotGradable),
        Example(content, {"number": ["7", "8"]}, NotGradable),
    ]
