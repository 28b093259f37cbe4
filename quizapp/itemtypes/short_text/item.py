"""Short text: a word or two, typed; spelling, synonyms and Greek letters are forgiven, meaning is not."""

from __future__ import annotations

import random

from pydantic import Field

from quizapp.core.grading import Grade, NotGradable, all_or_nothing
from quizapp.itemtypes import Example, Json, Problem, Submitted, typed
from quizapp.itemtypes.fields import Fields, Markdown, Refusal, Text


class Body(Fields):
    accept: list[Text] = Field(min_length=1, max_length=30)
    refuse: list[Refusal] = Field(default=[], max_length=12)
    why: Markdown


def check(content: Json) -> list[Problem]:
    return typed.check((), content["accept"], content["refuse"])


def lay_out(content: Json, rng: random.Random) -> Json:
    return {}


def show(content: Json, layout: Json, answer: Json | None) -> Json:
    return {"typed": answer["text"] if answer else ""}


def parse(content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
    text = typed.read(submitted.get("text", ()), "text")
    return text if isinstance(text, NotGradable) else {"text": text}


def grade(content: Json, answer: Json | None) -> Grade:
    judged = typed.judge(answer["text"], content["accept"], content["refuse"]) if answer else None
    return all_or_nothing([judged == typed.RIGHT], (judged,) if judged else ())


def explain(content: Json, layout: Json, answer: Json | None) -> Json:
    judged = typed.judge(answer["text"], content["accept"], content["refuse"]) if answer else None
    return {
        "answer": content["accept"][0],
        "also": typed.others(content["accept"]),
        "given": answer["text"] if answer else None,
        "right": judged == typed.RIGHT,
        "why": content["why"],
        "given_why": typed.reason(judged, content["refuse"]),
        "class": typed.RIGHT,
        "given_class": judged,
    }


def chance(content: Json) -> float:
    return 0.0


def examples() -> list[Example]:
    content = {
        "accept": ["α2-autoreceptor", "presynaptic α2-receptor"],
        "refuse": [{"id": "hetero", "texts": ["α2-heteroreceptor"], "why": "That one sits on serotonergic terminals."}],
        "why": "Noradrenaline in the cleft tells its own terminal to stop.",
    }
    right = Grade(1, 1, (typed.RIGHT,))
    return [
        *(
            Example(content, {"text": [text]}, right)
            for text in (
                "α2-autoreceptor",
                " Alpha2  auto-receptors ",
                "the a2 autoreceptor",
                "pre-synaptic alpha-2 receptor",
            )
        ),
        Example(content, {"text": ["alpha 2 heteroreceptor"]}, Grade(0, 1, ("wrong:hetero",))),
        Example(content, {"text": ["α1-autoreceptor"]}, Grade(0, 1, (typed.OTHER,))),
        Example(content, {}, NotGradable),
        Example(content, {"text": [" \n "]}, NotGradable),
        Example(content, {"text": ["… – !"]}, NotGradable),
        Example(content, {"text": ["autoreceptor " * 20]}, NotGradable),
        Example(content, {"text": ["α2-autoreceptor", "α2-heteroreceptor"]}, NotGradable),
    ]
