"""Script concordance: new information meets a hypothesis, and the answer is held against the votes of a panel.

Aggregate scoring: the marks are the votes for the answer, out of those for the answer most of the panel gave (Fournier,
Demeester and Charlin 2008, BMC Med Inform Decis Mak 8:18). The votes are part of the question, so that marking is pure.
"""

from __future__ import annotations

import random
from typing import Annotated, Literal

from pydantic import Field

from quizapp.core.grading import Grade, NotGradable
from quizapp.itemtypes import Example, Json, Problem, Submitted, permanent_id, token
from quizapp.itemtypes.fields import Fields, Inline, Markdown

PANEL = 10
"""Votes from which on a panel is large enough to be held against somebody."""
STEPS = {"m2": "-2", "m1": "-1", "zero": "0", "p1": "1", "p2": "2"}
"""The permanent id of each answer and its step on the scale."""
_WORDS = {
    effect: (f"much less {word}", f"less {word}", f"neither less nor more {word}", f"more {word}", f"much more {word}")
    for effect, word in (("hypothesis", "likely"), ("investigation", "useful"), ("treatment", "appropriate"))
}

Votes = Annotated[int, Field(ge=0, le=1_000)]


class Body(Fields):
    hypothesis: Inline
    information: Inline
    effect: Literal["hypothesis", "investigation", "treatment"] = "hypothesis"
    why: Markdown
    votes: dict[str, Votes] = Field(default={}, max_length=5)


def check(content: Json) -> list[Problem]:
    return [
        Problem(("votes", step), "unknown-step", f"The scale has no step “{step[:12]}”; it runs from -2 to 2.")
        for step in content["votes"]
        if step not in STEPS.values()
    ]


def unready(content: Json) -> list[Problem]:
    missing = PANEL - sum(content["votes"].values())
    if missing <= 0:
        return []
    lack = f"{missing} vote is missing" if missing == 1 else f"{missing} votes are missing"
    message = f"{lack}: learners are held against a panel of {PANEL} at least."
    return [Problem(("votes",), "panel-too-small", message[:1].upper() + message[1:])]


def lay_out(content: Json, rng: random.Random) -> Json:
    return {"options": list(STEPS)}  # a scale keeps its order


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    chosen = answer["choice"] if answer else None
    return {
        "hypothesis": content["hypothesis"],
        "information": content["information"],
        "options": [
            {"token": token(layout["options"], name), "text": text, "chosen": name == chosen}
            for name, text in _texts(content).items()
        ],
    }


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    sent = submitted.get("choice", ())
    if not sent:
        return NotGradable("Choose one step of the scale first.", ("choice",))
    choice = permanent_id(layout["options"], sent[0]) if len(sent) == 1 else None
    if choice is None:
        return NotGradable("That choice is not a step of the scale shown. Choose again.", ("choice",))
    return {"choice": choice}


def grade(content: Json, answer: Json | None) -> Grade:
    most = max(1, *_votes(content).values())
    if not answer:
        return Grade(0, most)
    return Grade(_votes(content)[answer["choice"]], most, (answer["choice"],))


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    votes, chosen = _votes(content), answer["choice"] if answer else None
    most = max(votes.values())
    return {
        "hypothesis": content["hypothesis"],
        "information": content["information"],
        "why": content["why"],
        "panel": sum(votes.values()),
        "options": [
            {
                "token": token(layout["options"], name),
                "text": text,
                "key": bool(most) and votes[name] == most,
                "chosen": name == chosen,
                "votes": votes[name],
                "class": name,
            }
            for name, text in _texts(content).items()
        ],
    }


def chance(content: Json) -> float:
    votes = _votes(content)
    most = max(1, *votes.values())
    return min(sum(Grade(number, most).right for number in votes.values()), len(STEPS) - 1) / len(STEPS)


def examples() -> list[Example]:
    content = {
        "hypothesis": "a mixed state",
        "information": "that he has slept three hours a night for a week and feels rested",
        "why": "Little sleep without tiredness is a sign of mania; in agitated depression sleep is missed.",
        "votes": {"0": 1, "1": 5, "2": 8},
    }
    return [
        Example(content, {"choice": ["p2"]}, Grade(8, 8, ("p2",))),
        Example(content, {"choice": ["p1"]}, Grade(5, 8, ("p1",))),
        Example(content, {"choice": ["m2"]}, Grade(0, 8, ("m2",))),
        Example(content, {}, NotGradable),
        Example(content, {"choice": ["p1", "p2"]}, NotGradable),
        Example(content, {"choice": ["p3"]}, NotGradable),
    ]


def _texts(content: Json) -> dict[str, str]:
    """The answers by id: the step and what it says."""
    signed = {"-2": "−2", "-1": "−1", "1": "+1", "2": "+2"}
    words = _WORDS[content["effect"]]
    return {name: f"{signed.get(step, step)}: {word}" for (name, step), word in zip(STEPS.items(), words, strict=True)}


def _votes(content: Json) -> dict[str, int]:
    return {name: int(content["votes"].get(step, 0)) for name, step in STEPS.items()}
