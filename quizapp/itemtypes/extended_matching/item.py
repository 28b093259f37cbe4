"""Extended matching: a theme, one long list of options, and several vignettes that each ask for the best of them."""

from __future__ import annotations

import random
import re

from pydantic import Field

from quizapp.core.grading import Grade, NotGradable, Scoring, luck
from quizapp.itemtypes import Example, Json, Problem, Submitted, assignment, token
from quizapp.itemtypes.fields import EntryId, Fields, Inline, InnerId, Label, Markdown


class Vignette(Fields):
    id: InnerId
    text: Markdown
    key: InnerId
    why: Markdown
    traps: dict[InnerId, EntryId] = Field(default={})


class Body(Fields):
    theme: Inline
    options: list[Label] = Field(min_length=3, max_length=26)
    vignettes: list[Vignette] = Field(min_length=2, max_length=8)


def check(content: Json) -> list[Problem]:
    known = {option["id"] for option in content["options"]}
    return assignment.check(content, "options", "vignettes") + [
        Problem(("vignettes", place, "traps"), "unknown-option", f"The trap names “{name}”, which is not an option.")
        for place, vignette in enumerate(content["vignettes"])
        for name in vignette.get("traps", {})
        if name not in known
    ]


def lay_out(content: Json, rng: random.Random) -> Json:
    vignettes = [vignette["id"] for vignette in content["vignettes"]]
    rng.shuffle(vignettes)
    # A long list is searched by eye: alphabetical, numbers by size, as examination boards print it.
    listed = sorted(content["options"], key=lambda option: (_alphabetical(option["text"]), option["id"]))
    return {"options": [option["id"] for option in listed], "vignettes": vignettes}


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    options = {option["id"]: option["text"] for option in content["options"]}
    vignettes = {vignette["id"]: vignette["text"] for vignette in content["vignettes"]}
    given = answer["rows"] if answer else {}
    return {
        "theme": content["theme"],
        "choices": [{"token": token(layout["options"], name), "text": options[name]} for name in layout["options"]],
        "rows": [
            {
                "token": token(layout["vignettes"], name),
                "text": vignettes[name],
                "chosen": token(layout["options"], given[name]) if name in given else None,
            }
            for name in layout["vignettes"]
        ],
    }


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    return assignment.parse(layout["vignettes"], layout["options"], submitted, "vignettes")


def grade(content: Json, answer: Json | None) -> Grade:
    return assignment.grade(content["vignettes"], answer, Scoring.PER_ROW)


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    texts = {option["id"]: option["text"] for option in content["options"]}
    given = answer["rows"] if answer else {}
    return {"rows": assignment.explain(content["vignettes"], texts, layout["vignettes"], given)}


def chance(content: Json) -> float:
    return luck([1 / len(content["options"])] * len(content["vignettes"]))


def examples() -> list[Example]:
    content = {
        "theme": "Antidepressants and their effects",
        "options": [
            {"id": "mir", "text": "Mirtazapine"},
            {"id": "reb", "text": "Reboxetine"},
            {"id": "ser", "text": "Sertraline"},
            {"id": "tra", "text": "Tranylcypromine"},
        ],
        "vignettes": [
            {"id": "a", "text": "She sleeps well and is hungry all day.", "key": "mir", "why": "H1-blockade."},
            {"id": "b", "text": "He must avoid matured cheese.", "key": "tra", "why": "Tyramine is not broken down."},
        ],
    }
    return [
        Example(content, {"row-a": ["mir"], "row-b": ["tra"]}, Grade(2, 2, ("a=mir", "b=tra"))),
        Example(content, {"row-a": ["mir"], "row-b": ["ser"]}, Grade(1, 2, ("a=mir", "b=ser"))),
        Example(content, {"row-a": ["ser"], "row-b": ["ser"]}, Grade(0, 2, ("a=ser", "b=ser"))),
        Example(content, {}, NotGradable),
        Example(content, {"row-a": ["mir"]}, NotGradable),
        Example(content, {"row-a": ["mir"], "row-b": ["z"]}, NotGradable),
    ]


def _alphabetical(text: str) -> list[tuple[int, int, str]]:
    pieces = re.findall(r"([0-9]+)|([^0-9]+)", text.casefold())
    return [(0, int(number[:9]), "") if number else (1, 0, words) for number, words in pieces]
