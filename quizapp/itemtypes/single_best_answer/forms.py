"""How a single-best-answer question is edited."""

from __future__ import annotations

from quizapp.itemtypes.editing import Group, Option, Rows

BLANK = {"options": [{"id": name, "key": name == "a"} for name in "abcde"]}


class Body(Group):
    options = Rows(Option, "Options", one="Option", most=12, lettered=True)
