"""Matrix: several statements judged by the same columns; with the default columns, multiple true or false."""

from __future__ import annotations

import random
from typing import Literal

from pydantic import Field

from quizapp.core.grading import Grade, NotGradable, Scoring, luck
from quizapp.itemtypes import Example, Json, Problem, Submitted, assignment, token
from quizapp.itemtypes.fields import EntryId, Fields, Inline, InnerId, Label, Markdown


class Row(Fields):
    id: InnerId
    text: Inline
    key: InnerId
    why: Markdown
    trap: EntryId | None = None


class Body(Fields):
    columns: list[Label] = Field(
        default=[Label(id="true", text="True"), Label(id="false", text="False")], min_length=2, max_length=6
    )
    rows: list[Row] = Field(min_length=2, max_length=12)
    scoring: Literal["per_row", "all_or_nothing"] = "per_row"


def check(content: Json) -> list[Problem]:
    return assignment.check(content, "columns", "rows")


def lay_out(content: Json, rng: random.Random) -> Json:
    rows = [row["id"] for row in content["rows"]]
    rng.shuffle(rows)
    # Columns are often a scale (falls, stays, rises), so they keep their order; it says nothing about the key.
    return {"rows": rows, "columns": [column["id"] for column in content["columns"]]}


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    columns = {column["id"]: column["text"] for column in content["columns"]}
    texts = {row["id"]: row["text"] for row in content["rows"]}
    given = answer["rows"] if answer else {}
    return {
        "columns": [{"token": token(layout["columns"], name), "text": columns[name]} for name in layout["columns"]],
        "rows": [
            {
                "token": token(layout["rows"], name),
                "text": texts[name],
                "chosen": token(layout["columns"], given[name]) if name in given else None,
            }
            for name in layout["rows"]
        ],
        "scoring": content["scoring"],
    }


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    return assignment.parse(layout["rows"], layout["columns"], submitted, "statements")


def grade(content: Json, answer: Json | None) -> Grade:
    return assignment.grade(content["rows"], answer, content["scoring"])


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    texts = {column["id"]: column["text"] for column in content["columns"]}
    return {"rows": assignment.explain(content["rows"], texts, layout["rows"], answer["rows"] if answer else {})}


def chance(content: Json) -> float:
    steps = [1 / len(content["columns"])] * len(content["rows"])
    return luck(steps, all_needed=content["scoring"] == Scoring.ALL_OR_NOTHING)


def examples() -> list[Example]:
    content = {
        "columns": [{"id": "true", "text": "True"}, {"id": "false", "text": "False"}],
        "rows": [
            {"id": "a", "text": "It blocks α2-autoreceptors.", "key": "true", "why": "That is its main action."},
            {"id": "b", "text": "It blocks H1-receptors.", "key": "true", "why": "Hence the sleep."},
            {"id": "c", "text": "It blocks the dopamine transporter.", "key": "false", "why": "It does not."},
        ],
        "scoring": Scoring.PER_ROW.value,
    }
    strict = content | {"scoring": Scoring.ALL_OR_NOTHING.value}
    right = {"row-a": ["true"], "row-b": ["true"], "row-c": ["false"]}
    classes = ("a=true", "b=true", "c=false")
    partly = right | {"row-b": ["false"]}
    return [
        Example(content, right, Grade(3, 3, classes)),
        Example(content, partly, Grade(2, 3, ("a=true", "b=false", "c=false"))),
        Example(strict, right, Grade(1, 1, classes)),
        Example(strict, partly, Grade(0, 1, ("a=true", "b=false", "c=false"))),
        Example(
            content,
            {"row-a": ["false"], "row-b": ["false"], "row-c": ["true"]},
            Grade(0, 3, ("a=false", "b=false", "c=true")),
        ),
        Example(content, {}, NotGradable),
        Example(content, {"row-a": ["true"]}, NotGradable),
        Example(content, right | {"row-a": ["9"]}, NotGradable),
        Example(content, right | {"row-a": ["true", "false"]}, NotGradable),
    ]
