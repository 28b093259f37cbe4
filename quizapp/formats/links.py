"""Which entry names which: every link of an entry, with the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from quizapp.formats import lessons, markdown
from quizapp.formats.documents import Path
from quizapp.itemtypes.fields import Fields


@dataclass(frozen=True)
class Link:
    """`role` says what the target is to the source; `kind` and `target` name it; `path` is the place in the source."""

    role: str
    kind: str
    target: str
    path: Path
    anchor: str | None = None
    """The section, where a lesson is pointed at."""
    line: int = 0
    """Lines below the beginning of the text at `path`."""


# Field name: (role, kind of the target). Only at the top of an entry: `topic` of a related card is a word for readers.
_TOP = {"topic": ("topic", "topic"), "prerequisites": ("need", "lesson"), "banks": ("bank", "bank")}
# At any depth: a part of a case names its own objective, an option its own trap.
_ANYWHERE = {
    "facts": ("fact", "fact"),
    "references": ("reference", "reference"),
    "reference": ("reference", "reference"),
    "objective": ("objective", "objective"),
    "also": ("objective", "objective"),
    "objectives": ("objective", "objective"),
    "needs": ("need", "objective"),
    "enemies": ("enemy", "item"),
    "figure": ("asked", "figure"),
    "trap": ("trap", "trap"),
    "traps": ("trap", "trap"),
}


def links(fields: Fields) -> list[Link]:
    """Every link of an entry in the order of its text; the same target may be named more than once."""
    return list(_walk(fields.model_dump(mode="json"), ()))


def _walk(value: Any, path: Path) -> Iterator[Link]:
    if isinstance(value, dict):
        for key, part in value.items():
            here = (*path, key)
            role = _ANYWHERE.get(key) or (_TOP.get(key) if not path else None)
            if role:
                yield from _named(role, part, here)
            elif key == "lesson" and isinstance(part, str):
                slug, _, anchor = part.partition("#")
                yield Link("lesson", "lesson", slug, here, anchor or None)
            elif key == "figures":
                yield from (Link("figure", "figure", figure["id"], (*here, n)) for n, figure in enumerate(part))
                yield from _walk(part, here)
            elif key == "body" and not path:
                yield from _body(part)
            else:
                yield from _walk(part, here)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _walk(part, (*path, place))
    elif isinstance(value, str) and "[@" in value:
        yield from (Link("fact", "fact", name, path, line=line) for line, name in markdown.citations(value))


def _named(role: tuple[str, str], value: Any, path: Path) -> Iterator[Link]:
    if isinstance(value, str):
        yield Link(*role, value, path)
    elif isinstance(value, list):
        yield from (Link(*role, name, (*path, place)) for place, name in enumerate(value))
    elif isinstance(value, dict):
        yield from (Link(*role, name, (*path, key)) for key, name in value.items())


def _body(body: str) -> Iterator[Link]:
    path: Path = ("body",)
    yield from (Link("fact", "fact", name, path, line=line) for line, name in markdown.citations(body))
    for section in lessons.parse(body)[0]:
        yield from (Link("objective", "objective", name, path, line=section.line) for name in section.objectives)
        for block in section.blocks:
            if block.kind == "check":
                yield Link("check", "item", block.names, path, line=block.line)
            elif block.kind == "figure":
                yield Link("shown", "figure", block.names, path, line=block.line)
