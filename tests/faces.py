"""Questions as their types draw them, without an application: for tests of the types and of their pages."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from quizapp import itemtypes, paths
from quizapp.core.grading import NotGradable
from quizapp.itemtypes import Example, Json, Part

templates = Environment(
    loader=ChoiceLoader(
        [FileSystemLoader(paths.templates()), PrefixLoader({"itemtypes": FileSystemLoader(itemtypes.type_folder)})]
    ),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

templates.globals["url_for"] = lambda endpoint, **values: f"/{endpoint}/{values['filename']}"


def typed(name: str, content: Json) -> Json:
    """The content of an example as the database holds it: every field, defaults included."""
    return itemtypes.get(name).Body.model_validate(content).model_dump(mode="json")


def presented(name: str, example: Example, seed: int = 1) -> tuple[Part, Json]:
    """The part that an example answers, and the layout of it that a learner would see."""
    content = typed(name, example.content)
    layout = itemtypes.lay_out(name, content, random.Random(seed))
    part = next(part for part in itemtypes.parts(name, content) if part.id == example.part)
    return part, itemtypes.part_layout(name, layout, part)


def orders(layout: Any) -> Iterator[list[str]]:
    """All lists of permanent ids in a layout."""
    if isinstance(layout, list):
        yield layout
    elif isinstance(layout, dict):
        for inner in layout.values():
            yield from orders(inner)


def in_tokens(layout: Json, submitted: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The form that a browser would send: permanent ids in values and behind the hyphen of a name become tokens."""
    tokens = {name: itemtypes.token(order, name) for order in orders(layout) for name in order}

    def field(name: str) -> str:
        prefix, hyphen, last = name.rpartition("-")
        return prefix + hyphen + tokens.get(last, last) if hyphen else name

    return {field(name): [tokens.get(value, value) for value in values] for name, values in submitted.items()}


def answer_of(name: str, example: Example, seed: int = 1) -> Json | NotGradable:
    part, layout = presented(name, example, seed)
    return itemtypes.get(part.type).parse(part.content, layout, in_tokens(layout, example.submitted))


def rendered(part: Part, layout: Json, answer: Json | None, *, reviewed: bool = False, uid: str = "q1") -> str:
    """The face of a part, or what is read after it, as it stands in a page."""
    verbs = itemtypes.get(part.type)
    if reviewed:
        review = verbs.explain(part.content, layout, answer)
        return templates.get_template(f"itemtypes/{part.type}/review.html").render(review=review, uid=uid, peers={})
    face = verbs.show(part.content, layout, answer)
    return templates.get_template(f"itemtypes/{part.type}/answer.html").render(
        face=face, uid=uid, struck=set(), locked=False
    )
