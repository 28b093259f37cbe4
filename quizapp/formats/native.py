"""What may stand in a content file: the fields of every kind of entry, typed, in canonical order.

The order of the fields below is the order in a canonical file. Beside the id no kind knows another: whether a link
leads somewhere is decided in `tree`, where all entries are together.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, TypeAdapter

from quizapp import itemtypes
from quizapp.formats.documents import shorten
from quizapp.itemtypes.fields import EntryId, Fields, Inline, LessonPlace, Markdown, Text

Json = dict[str, Any]


def _day(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(f"“{shorten(value)}” is not a date; write it as 2026-11-01.")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"\d{1,6}", value):
        raise ValueError(f"“{shorten(value)}” is not a whole number.")
    return value


def _media_path(value: str) -> str:
    if not re.fullmatch(r"media/[A-Za-z0-9][A-Za-z0-9._-]*\.(?:svg|png|jpg)", value):
        raise ValueError(f"“{shorten(value)}” is no file in “media/” beside the lesson (media/….svg, .png or .jpg).")
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s\"'<>]+|/[^\s\"'<>/\\][^\s\"'<>\\]*|/", value):
        raise ValueError(f"“{shorten(value)}” is neither a web address (https://…) nor a path of this site (/…).")
    return value


Day = Annotated[dt.date, BeforeValidator(_day)]
Count = Annotated[int, BeforeValidator(_whole)]
Address = Annotated[Text, AfterValidator(_address)]
Anchor = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]
Bloom = Literal["remember", "understand", "apply", "analyse", "evaluate"]
State = Literal["draft", "published"]
Ids = list[EntryId]


class Named(Fields):
    """Every entry has a permanent id, unique among its kind."""

    id: EntryId


class Topic(Named):
    title: Text
    summary: Inline
    order: Count


class Objective(Named):
    topic: EntryId
    statement: Inline
    bloom: Bloom
    needs: Ids = Field(default=[])
    weight: Count
    facts: Ids = Field(default=[])


class Source(Fields):
    reference: EntryId
    place: Text | None = None


class Fact(Named):
    statement: Inline
    certainty: Literal["High", "Moderate", "Low", "Disputed"]
    verified: Literal["read", "textbook", "no"]
    sources: list[Source] = Field(default=[])
    last_checked: Day
    review_by: Day
    region: Text | None = None
    note: Text | None = None


class Reference(Named):
    short: Annotated[Text, StringConstraints(max_length=40)]
    """What stands in a line of sources: “de Boer 1996”."""
    citation: Text
    doi: Annotated[str, StringConstraints(pattern=r"^10\.\d{4,9}/\S+$", max_length=200)] | None = None
    pmid: Annotated[str, StringConstraints(pattern=r"^\d{1,9}$")] | None = None
    url: Address | None = None
    checked_on: Day
    note: Text | None = None


class Trap(Named):
    belief: Inline
    why: Inline
    facts: Ids = Field(default=[])


class Bank(Named):
    title: Text
    topic: EntryId
    owners: list[Text] = Field(min_length=1)
    licence: Text


class Review(Fields):
    by: Text
    credentials: Text
    on: Day
    next: Day


class Figure(Named):
    src: Annotated[Text, AfterValidator(_media_path)]
    title: Text
    alt: Text
    description: Markdown
    caption: Inline
    credit: Text
    licence: Text


class Related(Fields):
    kind: Literal["article", "image", "lesson"]
    title: Text
    summary: Inline
    dated: Day
    topic: Text
    href: Address
    owner: Text | None = None


class LessonHead(Named):
    title: Text
    topic: EntryId
    state: State = "draft"
    order: Count
    summary: Inline
    objectives: Ids = Field(min_length=1)
    prerequisites: Ids = Field(default=[])
    minutes: Count
    authors: list[Text] = Field(min_length=1)
    dated: Day
    reviewed: Review | None = None
    references: Ids = Field(default=[])
    banks: Ids = Field(default=[])
    figures: list[Figure] = Field(default=[])
    related: list[Related] = Field(default=[])


class Lesson(LessonHead):
    """A lesson with its text. `body` has a place of its own in the file and its own reader (`lessons`)."""

    body: Annotated[str, StringConstraints(max_length=500_000)]


class SignOff(Fields):
    by: Text
    credentials: Text
    on: Day
    version: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    """What was read (`signing.version_of`): a sign-off does not hold for words that came later."""


RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=40)]


class ItemHead(Named):
    """What every question has before its own fields."""

    type: str
    state: State = "draft"
    objective: EntryId
    also: Ids = Field(default=[])
    lesson: LessonPlace | None = None
    pool: Literal["practice", "secure"] = "practice"
    bloom: Bloom
    difficulty: Literal["easy", "medium", "hard"]
    facts: Ids = Field(default=[])
    references: Ids = Field(default=[])
    authors: list[Text] = Field(default=[])
    enemies: Ids = Field(default=[])
    region: Text | None = None
    review_by: Day | None = None
    signoff: SignOff | None = None
    lint: dict[RuleName, Text] = Field(default={})
    """Why a rule of the linter does not hold here, by its name."""
    note: Text | None = None


class Asked(Fields):
    """What a question says before its own fields."""

    stem: Markdown | None = None
    lead_in: Inline


class Told(Fields):
    """What a question says after its answer."""

    take_home: Inline
    explanation: Markdown | None = None


class Vignette(Fields):
    """What a container says before its parts, each of which asks for itself."""

    stem: Markdown


class Summed(Fields):
    """What a container may say after its last part."""

    take_home: Inline | None = None
    explanation: Markdown | None = None


FLAT: dict[str, type[Named]] = {
    "topic": Topic,
    "objective": Objective,
    "fact": Fact,
    "reference": Reference,
    "trap": Trap,
    "bank": Bank,
    "lesson": Lesson,
}
"""Every kind of entry whose fields do not depend on a type."""


@cache
def item_model(type_name: str) -> type[ItemHead]:
    """The fields of a question of one type, in canonical order. Raises KeyError for a name that is no type."""
    body = cast(type[Fields], itemtypes.get(type_name).Body)
    before, after = (Vignette, Summed) if itemtypes.is_container(type_name) else (Asked, Told)
    # Fields of later bases come first.
    return cast(type[ItemHead], type(f"Item_{type_name}", (after, body, before, ItemHead), {"__module__": __name__}))


def model_for(kind: str, value: Json) -> type[Named]:
    """The model of an entry as it stands in the database or in a file. Raises KeyError for an unknown type."""
    return FLAT[kind] if kind in FLAT else item_model(str(value.get("type")))


def schema(kind: str) -> Json:
    """The JSON Schema of one kind of entry, for editors; of an item it is the choice between the types."""
    if kind != "item":
        return FLAT[kind].model_json_schema()
    models = tuple(item_model(name) for name in itemtypes.names())
    union: Any = models[0]
    for model in models[1:]:
        union |= model
    return TypeAdapter(union).json_schema()
