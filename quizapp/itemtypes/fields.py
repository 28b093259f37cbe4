"""The vocabulary in which types and formats declare their fields.

Every scalar of a content file arrives as text; pydantic types it here. `Markdown` marks a text that is rendered when a
version is made: `formats` walks a model by these marks, so that a type never touches HTML.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


class MarkdownMark:
    """Found in the metadata of a field whose text is Markdown; `inline` texts become no paragraphs."""

    def __init__(self, *, inline: bool) -> None:
        self.inline = inline


def _flag(value: Any) -> Any:
    """Only `true` and `false` are flags: `yes`, `no` and `on` are words of the subject here."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]
"""Plain text, at most 8 kB, never empty."""
Markdown = Annotated[Text, MarkdownMark(inline=False)]
Inline = Annotated[Text, MarkdownMark(inline=True)]
EntryId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$", max_length=64)]
InnerId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*$", max_length=12)]
"""The permanent id of an option, statement, pair, blank or part inside its item."""
LessonPlace = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*#[a-z0-9][a-z0-9-]*$", max_length=129)
]
"""A section of a lesson: `slug#anchor`."""
Flag = Annotated[bool, BeforeValidator(_flag)]


class Fields(BaseModel):
    """A group of fields in canonical order. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(Fields):
    """An option of a question that knows whether it is right and why."""

    id: InnerId
    text: Inline
    key: Flag = Field(default=False)
    why: Markdown
    trap: EntryId | None = None


class Label(Fields):
    """One of the things that rows are given: a column, a response, an option of an extended-matching list."""

    id: InnerId
    text: Inline


class Refusal(Fields):
    """Typed answers that are wrong in a way worth a reason of their own."""

    id: InnerId
    texts: list[Text] = Field(min_length=1, max_length=20)
    why: Markdown
    trap: EntryId | None = None


def repeated(ids: Iterable[str]) -> list[str]:
    """The ids that stand more than once, each named once."""
    return [name for name, times in Counter(ids).items() if times > 1]


def next_part(taken: Iterable[str]) -> str:
    """The permanent id of a new part: p1, p2, … after the highest of those beside it."""
    return f"p{max((int(name[1:]) for name in taken if re.fullmatch(r'p[0-9]{1,6}', name)), default=0) + 1}"


def next_letter(taken: Iterable[str]) -> str:
    """The permanent id of a new row: a, b, … z, aa, … after the highest of those beside it, so that the id of one that
    was deleted in between is not used again."""
    number = max((_place(name) for name in taken if re.fullmatch(r"[a-z]{1,2}", name)), default=0) + 1
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = string.ascii_lowercase[rest] + letters
    return letters


def _place(letters: str) -> int:
    total = 0
    for letter in letters:
        total = total * 26 + string.ascii_lowercase.index(letter) + 1
    return total
