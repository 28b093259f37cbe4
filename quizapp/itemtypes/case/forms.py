"""How a case is edited: its parts, each with the fields of its own type, an objective and a place in the lesson."""

from __future__ import annotations

from functools import cache
from typing import cast

from quizapp.itemtypes.editing import Asked, Choice, Group, Json, Kept, Picks, Told, TypedRows, Words, body

BLANK: Json = {"parts": []}


class PartHead(Group):
    id = Kept()
    type = Kept()
    objective = Choice("Objective", offer="objectives")
    reveal = Words("What is known now", description="Told with this part, once the one before it is answered.")
    lesson = Choice("Paragraph of a lesson", offer="sections", first="None")
    facts = Picks("Facts of this part", kind="fact")


@cache
def part(name: str) -> type[Group]:
    """The form of a part of one type."""
    return cast(type[Group], type(f"Part_{name}", (Told, body(name), Asked, PartHead), {}))


class Body(Group):
    parts = TypedRows(part, "Parts", one="Part", most=8)
