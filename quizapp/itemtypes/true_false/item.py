"""True or false: the lead-in is a statement, and both verdicts have their reason."""

from __future__ import annotations

import random

from quizapp.core.grading import Grade, NotGradable, all_or_nothing
from quizapp.itemtypes import Example, Json, Problem, Submitted, permanent_id, token
from quizapp.itemtypes.fields import EntryId, Fields, Flag, Markdown

TRUE, FALSE = "true", "false"
WORDS = {TRUE: "True", FALSE: "False"}


class Body(Fields):
    answer: Flag
    why_true: Markdown
    why_false: Markdown
    trap: EntryId | None = None


def check(content: Json) -> list[Problem]:
    return []


def lay_out(content: Json, rng: random.Random) -> Json:
    return {"options": [TRUE, FALSE]}  # always in this order: hands learn it


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    chosen = answer["choice"] if answer else None
    return {
        "options": [
            {"token": token(layout["options"], name), "text": WORDS[name], "chosen": name == chosen}
            for name in layout["options"]
        ]
    }


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    sent = submitted.get("choice", ())
    if not sent:
        return NotGradable("Choose True or False first.", ("choice",))
    choice = permanent_id(layout["options"], sent[0]) if len(sent) == 1 else None
    if choice is None:
        return NotGradable("That is neither True nor False. Choose again.", ("choice",))
    return {"choice": choice}


def grade(content: Json, answer: Json | None) -> Grade:
    chosen = answer["choice"] if answer else None
    return all_or_nothing([chosen == _key(content)], (chosen,) if chosen else ())


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    chosen = answer["choice"] if answer else None
    return {
        "options": [
            {
                "token": token(layout["options"], name),
                "text": WORDS[name],
                "why": content[f"why_{name}"],
                "key": name == _key(content),
                "chosen": name == chosen,
                "class": name,
            }
            for name in layout["options"]
        ]
    }


def chance(content: Json) -> float:
    return 1 / 2


def examples() -> list[Example]:
    content = {
        "answer": False,
        "why_true": "Its affinity for the transporters is far too low for that.",
        "why_false": "It raises release by blocking α2-receptors.",
    }
    return [
        Example(content, {"choice": ["false"]}, Grade(1, 1, ("false",))),
        Example(content, {"choice": ["true"]}, Grade(0, 1, ("true",))),
        Example(content | {"answer": True}, {"choice": ["true"]}, Grade(1, 1, ("true",))),
        Example(content, {}, NotGradable),
        Example(content, {"choice": ["true", "false"]}, NotGradable),
        Example(content, {"choice": ["3"]}, NotGradable),
    ]


def _key(content: Json) -> str:
    return TRUE if content["answer"] else FALSE
