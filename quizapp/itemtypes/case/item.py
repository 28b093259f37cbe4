"""Case: one patient, several questions in sequence, each of its own type, with its own objective and memory.

The vignette is the stem of the item. What happens next is the `reveal` of a part; it is seen only once the part before
it has been answered, so a later part may tell what an earlier one asked for.
"""

from __future__ import annotations

import random
from typing import Annotated, Any, Literal, Union, cast

from pydantic import BaseModel, Field, create_model

from quizapp.core.grading import Grade, NotGradable
from quizapp.itemtypes import Example, Json, Part, Problem, get, gradable
from quizapp.itemtypes.fields import EntryId, Fields, Inline, InnerId, LessonPlace, Markdown, repeated


class PartHead(Fields):
    """What every part has before the fields of its type."""

    id: InnerId
    objective: EntryId
    facts: list[EntryId] = Field(default=[])
    lesson: LessonPlace | None = None
    reveal: Markdown | None = None
    type: str
    stem: Markdown | None = None
    lead_in: Inline


class PartTold(Fields):
    """What a part says after its answer."""

    take_home: Inline | None = None
    explanation: Markdown | None = None


def _part_model(name: str) -> type[BaseModel]:
    own_type = cast(Any, Literal)[name]
    # Fields of later bases come first; `type` keeps its place.
    return create_model(f"Part_{name}", __base__=(PartTold, get(name).Body, PartHead), type=(own_type, ...))


_part = cast(Any, Union)[tuple(_part_model(name) for name in gradable())]
_parts = cast(Any, list)[cast(Any, Annotated)[_part, Field(discriminator="type")]]
Body: type[BaseModel] = create_model(
    "Body",
    __base__=Fields,
    parts=(_parts, Field(min_length=2, max_length=8)),
)


def check(content: Json) -> list[Problem]:
    problems = [
        Problem(("parts",), "repeated-id", f"Two parts have the id “{name}”.")
        for name in repeated(part["id"] for part in content["parts"])
    ]
    if content["parts"][0].get("reveal"):
        message = "The first part reveals nothing: what is known from the start belongs into the stem."
        problems.append(Problem(("parts", 0, "reveal"), "early-reveal", message))
    return problems + [
        Problem(("parts", place, *problem.path), problem.rule, problem.message)
        for place, part in enumerate(content["parts"])
        for problem in get(part["type"]).check(part)
    ]


def parts(content: Json) -> tuple[Part, ...]:
    return tuple(Part(part["id"], part["type"], part["objective"], part) for part in content["parts"])


def lay_out(content: Json, rng: random.Random) -> Json:
    return {part.id: get(part.type).lay_out(part.content, rng) for part in parts(content)}


def examples() -> list[Example]:
    content = {
        "parts": [
            {
                "id": "p1",
                "objective": "LN3",
                "type": "single_best_answer",
                "lead_in": "Which receptor of the drug makes her sleep?",
                "options": [
                    {"id": "a", "text": "H1", "key": True, "why": "Histamine keeps us awake."},
                    {"id": "b", "text": "5-HT3", "key": False, "why": "That spares her the nausea."},
                ],
                "take_home": "H1-blockade brings sleep.",
            },
            {
                "id": "p2",
                "objective": "LN4",
                "reveal": "It was mirtazapine. Two weeks later she is hungry all day.",
                "type": "true_false",
                "lead_in": "The drug works by blocking the serotonin transporter.",
                "answer": False,
                "why_true": "Its affinity for the transporters is far too low for that.",
                "why_false": "It leaves the transporters alone and blocks α2-receptors.",
            },
        ]
    }
    return [
        Example(content, {"choice": ["a"]}, Grade(1, 1, ("a",)), part="p1"),
        Example(content, {"choice": ["b"]}, Grade(0, 1, ("b",)), part="p1"),
        Example(content, {"choice": ["false"]}, Grade(1, 1, ("false",)), part="p2"),
        Example(content, {}, NotGradable, part="p2"),
        Example(content, {"choice": ["z"]}, NotGradable, part="p1"),
    ]
