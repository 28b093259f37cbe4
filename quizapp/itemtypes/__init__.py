"""Question types, one folder each, and the contract they keep.

A type is a folder with `item.py` (pure: its fields and eight verbs, ten where values are drawn), `answer.html` (the
question as a form) and `review.html` (the same question with its reasons). Nothing here knows a database, a request, a
template engine or a mode: when to grade and what to reveal is decided in `core.modes` and `services`. No type imports
another type.

Vocabulary
----------
content   the fields of the item as plain JSON, with permanent ids inside
layout    plain JSON made once per presentation: the order in which a learner sees the parts of the question
token     what a form field carries instead of a permanent id: the place in the layout, "1", "2", …; it tells nothing
answer    plain JSON in permanent ids, so that reordering or rewording a question breaks no stored answer
rendered  content in which every Markdown text has been replaced by its sanitised HTML (same structure)
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, cast

from pydantic import BaseModel

from quizapp.core.grading import Grade, NotGradable

type_folder = Path(__file__).parent

Json = dict[str, Any]
Submitted = Mapping[str, Sequence[str]]
"""Form fields as sent: each name with all its values, in the order sent."""

WHOLE = "1"
"""The part id of an item that has a single part."""


@dataclass(frozen=True)
class Problem:
    """What an author must mend: the place inside the item (keys and indices), a rule's name, and a sentence."""

    path: tuple[str | int, ...]
    rule: str
    message: str


@dataclass(frozen=True)
class Example:
    """A question with one submission and what must come of it; the contract test runs every type over its examples.

    `submitted` holds permanent ids where a form would hold tokens, in values and at the end of field names ("row-a");
    the test translates them through a layout. `expected` is the grade, or NotGradable for a submission that must be
    handed back. `part` names the part that is answered where the content is a container.
    """

    content: Json
    submitted: Mapping[str, Sequence[str]]
    expected: Grade | type[NotGradable]
    part: str = WHOLE


class QuestionType(Protocol):
    """The eight verbs of a question type, and its examples. All are pure; `content` has passed `Body` and `check`."""

    Body: type[BaseModel]
    """Fields of the type beside the common ones, in canonical order; texts marked `Markdown` are rendered."""

    def check(self, content: Json) -> list[Problem]:
        """Sentences for the author about what `Body` cannot express: no key, two keys, an unknown id."""

    def lay_out(self, content: Json, rng: random.Random) -> Json:
        """Decide the order of everything that may be shuffled."""

    def show(self, content: Json, layout: Json, answer: Json | None) -> Json:
        """What a learner may see before the answer is stored, in tokens only, with `answer` already filled in.

        A whitelist: no key, reason, permanent id or order of the file may be in it. Called with rendered content.
        """

    def parse(self, content: Json, layout: Json, submitted: Submitted) -> Json | NotGradable:
        """Read form fields. An empty or malformed submission is NotGradable with a sentence, never wrong; what could
        be read of it is in `kept`. Never raises."""

    def grade(self, content: Json, answer: Json | None) -> Grade:
        """Mark a parsed answer. None, and what is missing from a kept answer, earns nothing out of the same marks and
        falls into no class; classes feed distractor analysis."""

    def explain(self, content: Json, layout: Json, answer: Json | None) -> Json:
        """Everything the review page shows, in the order the learner saw it. Called with rendered content."""

    def chance(self, content: Json) -> float:
        """Probability that blind guessing counts as right (four fifths of the marks), 0 to 1."""

    def examples(self) -> list[Example]:
        """At least a right, a wrong and a not-gradable submission."""


class DrawingType(QuestionType, Protocol):
    """A type that draws values for each presentation has two verbs more. Its layout holds what was drawn, and so does
    each answer, because `grade` sees no layout."""

    def fill(self, content: Json, layout: Json) -> Json:
        """The content as it reads in one presentation, in the words of types that draw nothing: values in its texts,
        and a `value` or options with a `text`. Content may be rendered; what was filled before stays as it is."""

    def variant(self, layout: Json) -> str:
        """What was drawn, as a text of at most 16 characters; equal texts are the same question."""


class Container(Protocol):
    """A type that only holds parts of other types: it is never marked as a whole and has no faces of its own."""

    Body: type[BaseModel]

    def check(self, content: Json) -> list[Problem]:
        """Its own problems and those of every part, with the path from the item down."""

    def parts(self, content: Json) -> tuple[Part, ...]:
        """The parts in the order in which they are asked, `content` holding all fields of the part."""

    def lay_out(self, content: Json, rng: random.Random) -> Json:
        """The layout of every part under its id."""

    def examples(self) -> list[Example]:
        """At least a right, a wrong and a not-gradable submission to one of its parts."""


@dataclass(frozen=True)
class Part:
    """One gradable step of an item: most items have one, a case has several, each with an objective of its own."""

    id: str
    type: str
    objective: str
    content: Json


@cache
def names() -> tuple[str, ...]:
    """All types found, in alphabetical order; a folder with an `item.py` is a type."""
    return tuple(sorted(entry.parent.name for entry in type_folder.glob("*/item.py")))


@cache
def get(name: str) -> QuestionType:
    """The verbs of a type. Raises KeyError for a name that is no type."""
    return cast(QuestionType, _module(name))


def container(name: str) -> Container:
    """The verbs of a container. Raises KeyError for a name that is none."""
    if not is_container(name):
        raise KeyError(name)
    return cast(Container, _module(name))


def is_container(name: str) -> bool:
    """Whether a type only holds parts of other types (a case)."""
    return hasattr(_module(name), "parts")


def gradable() -> tuple[str, ...]:
    """The types that are marked themselves, and so can be parts of a container."""
    return tuple(name for name in names() if hasattr(_module(name), "grade"))


@cache
def drawing() -> frozenset[str]:
    """The types that draw values for each presentation."""
    return frozenset(name for name in names() if hasattr(_module(name), "variant"))


def _module(name: str) -> object:
    if name not in names():
        raise KeyError(name)
    return import_module(f"quizapp.itemtypes.{name}.item")


def check(name: str, content: Json) -> list[Problem]:
    """The problems of an item of any type; `content` has passed its `Body`."""
    return container(name).check(content) if is_container(name) else get(name).check(content)


def unready(name: str, content: Json) -> list[Problem]:
    """Why a sound question cannot be asked yet, such as a panel that has not voted; it may be kept as a draft."""
    found = []
    for place, part in enumerate(parts(name, content)):
        inside = ("parts", place) if is_container(name) else ()
        verb = getattr(_module(part.type), "unready", None)
        found += [Problem((*inside, *one.path), one.rule, one.message) for one in (verb(part.content) if verb else ())]
    return found


def parts(name: str, content: Json) -> tuple[Part, ...]:
    """The gradable steps of an item, in the order in which they are asked."""
    if is_container(name):
        return container(name).parts(content)
    return (Part(WHOLE, name, content.get("objective", ""), content),)


def lay_out(name: str, content: Json, rng: random.Random) -> Json:
    """The layout of an item of any type, as it is stored with a presentation."""
    return container(name).lay_out(content, rng) if is_container(name) else get(name).lay_out(content, rng)


def part_layout(name: str, layout: Json, part: Part) -> Json:
    """The layout of one part within the stored layout of its item."""
    return cast(Json, layout[part.id]) if is_container(name) else layout


def filled(part: Part, layout: Json) -> Json:
    """The fields of a part as they read in one presentation: where its type draws values, they stand in the texts.

    `layout`: that of the part; its content may be as in the file or rendered.
    """
    fill = getattr(_module(part.type), "fill", None)
    return cast(Json, fill(part.content, layout)) if fill else part.content


def sampled(name: str, content: Json) -> Json:
    """The fields of a question as they might read: where its type draws values, with one set of them, always the same.

    `content` may lack defaults. What cannot be drawn stays as it is.
    """
    fill = getattr(_module(name), "fill", None)
    if fill is None:
        return content
    body = get(name).Body
    try:
        read = body.model_validate({field: content[field] for field in body.model_fields if field in content})
    except ValueError:
        return content
    whole = content | read.model_dump(mode="json")
    return cast(Json, fill(whole, get(name).lay_out(whole, random.Random(1))))


def variant(name: str, layout: Json) -> str | None:
    """What was drawn for a presentation, as one short text; equal texts are the same question. None where a type draws
    nothing, and for a container: its parts are about one patient, who is met again."""
    drawn = getattr(_module(name), "variant", None)
    return str(drawn(layout)) if drawn else None


def token(layout: Sequence[str], permanent_id: str) -> str:
    """The form value that stands for a permanent id in this presentation."""
    return str(layout.index(permanent_id) + 1)


def permanent_id(layout: Sequence[str], sent: str) -> str | None:
    """The permanent id behind a form value, or None for a value this presentation never offered."""
    if len(sent) > 3 or not sent.isascii() or not sent.isdigit() or not 1 <= int(sent) <= len(layout):
        return None
    return layout[int(sent) - 1]


NOTHING: Submitted = MappingProxyType({})
"""A form that was sent empty."""
