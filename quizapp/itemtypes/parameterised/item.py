"""Parameterised: a question with values drawn anew for each presentation, and an answer computed from them.

In three forms: a `formula` asks for a number; `options` with a formula each ask for a choice; a `history` of treatment
is drawn and its stage or score is asked for (`histories`).
"""

from __future__ import annotations

import hashlib
import json
import random
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from quizapp.core import formula
from quizapp.core.drawn_history import STAGES
from quizapp.core.grading import Grade, NotGradable, all_or_nothing
from quizapp.itemtypes import Example, Json, Problem, Submitted, measured, permanent_id, token
from quizapp.itemtypes.fields import EntryId, Fields, Flag, InnerId, Markdown, repeated
from quizapp.itemtypes.measured import OTHER, RIGHT, OtherUnit, Unit
from quizapp.itemtypes.parameterised import checking, histories, values
from quizapp.itemtypes.parameterised.histories import DrawnHistory
from quizapp.itemtypes.parameterised.values import Stuck

FormulaText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=formula.LONGEST)]
Bound = Annotated[Decimal, Field(max_digits=18, decimal_places=formula.PLACES)]
Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^{}<>&*_`\[\]$|\\~^\n]+$")
]
"""A choice in words; no mark of Markdown or HTML may hide in it, because it is put into texts as it is."""
MISSING = "…"
"""Stands for a number that cannot be computed while the question is half written."""
Places = Annotated[int, Field(ge=0, le=formula.PLACES)]


class Parameter(Fields):
    """A value that is drawn: from a range, or from a list. With `follows` it takes the place in its list that the other
    parameter has in its own, so that a drug and its half-life stay together."""

    name: InnerId
    low: Bound | None = None
    high: Bound | None = None
    step: Bound = Field(default=Decimal(1), gt=0)
    choices: list[Word] = Field(default=[], max_length=60)
    follows: InnerId | None = None


class WorkedValue(Fields):
    """A number that is worked out from those above it, to be told or used further."""

    name: InnerId
    formula: FormulaText
    decimals: Places | None = None


class WrongFormula(Fields):
    id: InnerId
    formula: FormulaText
    why: Markdown
    trap: EntryId | None = None


class FormulaOption(Fields):
    id: InnerId
    formula: FormulaText
    key: Flag = Field(default=False)
    why: Markdown
    trap: EntryId | None = None


class Body(Fields):
    history: DrawnHistory | None = None
    parameters: list[Parameter] = Field(default=[], max_length=12)
    constraints: list[FormulaText] = Field(default=[], max_length=12)
    worked: list[WorkedValue] = Field(default=[], max_length=12)
    decimals: Places | None = None
    unit: Unit | None = None
    formula: FormulaText | None = None
    tolerance: Bound = Field(default=Decimal(0), ge=0)
    units: list[OtherUnit] = Field(default=[], max_length=8)
    why: Markdown | None = None
    wrong: list[WrongFormula] = Field(default=[], max_length=12)
    options: list[FormulaOption] = Field(default=[], max_length=8)


def check(content: Json) -> list[Problem]:
    if content["history"]:
        return _nothing_else(content) or histories.check(content)
    return _form(content) or [*measured.check_units(content), *checking.check(content)]


def _nothing_else(content: Json) -> list[Problem]:
    names = ("parameters", "constraints", "worked", "unit", "formula", "units", "wrong", "options")
    return [
        Problem((name,), "no-form", f"Where a history is drawn, there is no “{name}”: the model computes the answer.")
        for name in names
        if content[name]
    ]


def _form(content: Json) -> list[Problem]:
    """Problems of the form itself: what is asked, and what that leaves no room for."""
    problems = [
        Problem((name,), "repeated-id", f"Two entries of “{name}” have the id “{twice}”.")
        for name in ("options", "wrong")
        for twice in repeated(one["id"] for one in content[name])
    ]
    if (content["formula"] is None) == (not content["options"]):
        message = "The answer is a “formula”, one of the “options”, or that of a “history”."
        problems.append(Problem((), "no-form", message))
    elif content["options"]:
        problems += [
            Problem((name,), "no-form", f"Where there are options, there is no “{name}”.")
            for name in ("wrong", "units", "why")
            if content[name]
        ]
        keys = sum(one["key"] for one in content["options"])
        if keys != 1:
            rule = "several-keys" if keys else "no-key"
            problems.append(Problem(("options",), rule, f"{keys or 'No'} options are marked as the key; it is one."))
        if len(content["options"]) < 2:
            problems.append(Problem(("options",), "too-short", "One option leaves nothing to choose."))
    elif content["why"] is None:
        problems.append(Problem((), "missing", "“why” is missing."))
    return problems


def lay_out(content: Json, rng: random.Random) -> Json:
    if content["history"]:
        return histories.lay_out(content, rng)
    drawn = checking.drawable(content, rng)
    order = sorted(option["id"] for option in content["options"])
    rng.shuffle(order)
    return {"values": drawn} | ({"options": order} if order else {})


def variant(layout: Json) -> str:
    """The drawn values in one short text: equal texts are the same question."""
    drawn = layout["history"] if "history" in layout else layout["values"]
    return hashlib.sha256(json.dumps(drawn, sort_keys=True).encode()).hexdigest()[:16]


def fill(content: Json, layout: Json) -> Json:
    """The content as it stands in this presentation: numbers in its texts, a `value` or options with a `text`; as it is
    where nothing can be computed, which happens to a question that is half written."""
    if content["history"]:
        return histories.fill(content, layout)
    drawn = layout["values"]
    try:
        made, texts = values.asked(content, drawn), values.sentences(content, drawn)
    except Stuck:
        return content
    return made | {
        name: values.replaced(made[name], texts)
        for name in (*checking.BEFORE, *checking.AFTER, "options", "wrong")
        if made.get(name)
    }


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    if content["history"]:
        return histories.show(content, layout, answer)
    if not content["options"]:
        return measured.show(content, answer)
    try:
        texts = values.option_texts(content, layout["values"])
    except Stuck:
        texts = dict.fromkeys(layout["options"], MISSING)
    chosen = answer["choice"] if answer else None
    return {
        "options": [
            {"token": token(layout["options"], name), "text": texts[name], "chosen": name == chosen}
            for name in layout["options"]
        ]
    }


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    name = "history" if content["history"] else "values"
    drawn = {name: layout[name]}
    if "options" not in layout:
        read = measured.parse(content, submitted.get("number", ()))
        if isinstance(read, NotGradable):
            return NotGradable(read.message, read.fields, read.kept | drawn if read.kept else None)
        return read | drawn
    sent = submitted.get("choice", ())
    if not sent:
        return NotGradable("Choose one option first.", ("choice",))
    choice = permanent_id(layout["options"], sent[0]) if len(sent) == 1 else None
    if choice is None:
        return NotGradable("That choice is not one of the options shown. Choose again.", ("choice",))
    return {"choice": choice} | drawn


def grade(content: Json, answer: Json | None) -> Grade:
    judged = _judge(content, answer) if answer else None
    if content["options"] and not content["history"]:
        key = next(option["id"] for option in content["options"] if option["key"])
        return all_or_nothing([judged == key], (judged,) if judged else ())
    return all_or_nothing([judged == RIGHT], (judged,) if judged else ())


def _judge(content: Json, answer: Json) -> str:
    """The class of an answer. One that was given to other parameters, before a new version, falls into “other”."""
    if content["options"] and not content["history"]:
        return str(answer.get("choice", OTHER))
    try:
        if content["history"]:
            return histories.judge(content, answer) or OTHER
        return measured.judge(values.asked(content, answer["values"]), answer)
    except (KeyError, ValueError):
        return OTHER


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    if content["history"]:
        return histories.explain(content, layout, answer)
    made = fill(content, layout)
    if not content["options"]:
        if "value" not in made:
            return measured.explain(made | {"value": 0, "tolerance": 0}, None) | {"value": MISSING}
        return measured.explain(made, answer)
    by_id = {option["id"]: option for option in made["options"]}
    chosen = answer["choice"] if answer else None
    return {
        "options": [
            {
                "token": token(layout["options"], name),
                "text": by_id[name].get("text", MISSING),
                "why": by_id[name]["why"],
                "key": by_id[name]["key"],
                "chosen": name == chosen,
                "class": name,
            }
            for name in layout["options"]
        ]
    }


def chance(content: Json) -> float:
    if content["history"]:
        return 1 / len(STAGES) if histories.asks_stage(content) else 0.0
    return 1 / len(content["options"]) if content["options"] else 0.0


def examples() -> list[Example]:
    # The constraint fixes the answer, so that one submission is right whatever was drawn.
    drawn: Json = {
        "parameters": [
            {"name": "tablets", "low": "2", "high": "6", "step": "1"},
            {"name": "strength", "choices": ["5", "7.5", "10", "15"]},
        ],
        "constraints": ["tablets * strength = 30"],
    }
    typed = drawn | {
        "formula": "tablets * strength / 2",
        "tolerance": "0.5",
        "unit": "mg",
        "units": [{"unit": "µg", "factor": "0.001"}],
        "why": "Half of what was taken is absorbed.",
        "wrong": [{"id": "whole", "formula": "tablets * strength", "why": "That is what was taken."}],
    }
    chosen = drawn | {
        "worked": [{"name": "taken", "formula": "tablets * strength"}],
        "decimals": 1,
        "unit": "mg",
        "options": [
            {"id": "a", "formula": "taken / 2", "key": True, "why": "Half is absorbed."},
            {"id": "b", "formula": "taken", "why": "That is what was taken."},
            {"id": "c", "formula": "tablets", "why": "That is the number of tablets."},
            {"id": "d", "formula": "taken / 4", "why": "Half was taken away twice."},
        ],
    }
    # A single result is allowed, for the same reason.
    staged: Json = {"history": {"model": "thase_rush", "results": ["III"]}}
    scored: Json = {"history": {"model": "mgh_s", "results": ["4.5"]}, "why": "Half a point is easily lost."}
    return [
        Example(typed, {"number": ["15"]}, Grade(1, 1, (RIGHT,))),
        Example(typed, {"number": ["15,5 mg"]}, Grade(1, 1, (RIGHT,))),
        Example(typed, {"number": ["15000 µg"]}, Grade(1, 1, (RIGHT,))),
        Example(typed, {"number": ["30"]}, Grade(0, 1, ("wrong:whole",))),
        Example(typed, {"number": ["16"]}, Grade(0, 1, (OTHER,))),
        Example(typed, {}, NotGradable),
        Example(typed, {"number": ["half"]}, NotGradable),
        Example(typed, {"number": ["15 ml"]}, NotGradable),
        Example(chosen, {"choice": ["a"]}, Grade(1, 1, ("a",))),
        Example(chosen, {"choice": ["d"]}, Grade(0, 1, ("d",))),
        Example(chosen, {}, NotGradable),
        Example(chosen, {"choice": ["a", "b"]}, NotGradable),
        Example(chosen, {"choice": ["z"]}, NotGradable),
        Example(staged, {"choice": ["s3"]}, Grade(1, 1, (RIGHT,))),
        Example(staged, {"choice": ["s4"]}, Grade(0, 1, (histories.OVER,))),
        Example(staged, {}, NotGradable),
        Example(scored, {"number": ["4,5"]}, Grade(1, 1, (RIGHT,))),
        Example(scored, {"number": ["4"]}, Grade(0, 1, (histories.UNDER,))),
        Example(scored, {"number": ["four"]}, NotGradable),
    ]
