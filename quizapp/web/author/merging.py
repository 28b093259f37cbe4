"""Two who changed one question at once: what differs, and the question that comes of choosing field by field.

Pure. Rows are told apart by their permanent ids, so that a row that was moved is compared with itself.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quizapp.itemtypes.editing import Json

Key = tuple[str, ...]
"""The way to a field: names of fields, and ids of rows."""


@dataclass(frozen=True)
class Difference:
    """A field that differs. None: one side does not have it. `name` is what a form carries."""

    key: Key
    mine: Any
    theirs: Any

    @property
    def name(self) -> str:
        return json.dumps(self.key, ensure_ascii=False, separators=(",", ":"))

    @property
    def is_text(self) -> bool:
        """Whether a third text may be written in its place."""
        return all(side is None or isinstance(side, str) for side in (self.mine, self.theirs))


def compare(mine: Json, theirs: Json) -> list[Difference]:
    """Every field that differs, in the order of the first text."""
    return list(_compare((), mine, theirs))


def merge(mine: Json, theirs: Json, chosen: Mapping[str, str], written: Mapping[str, str]) -> Json:
    """Their text with mine where `chosen` says “mine”, and with what was `written` where it says “written”."""
    merged = copy.deepcopy(theirs)
    for difference in compare(mine, theirs):
        choice = chosen.get(difference.name, "theirs")
        if choice == "mine":
            _put(merged, difference.key, copy.deepcopy(difference.mine), mine)
        elif choice == "written" and difference.is_text:
            _put(merged, difference.key, written.get(difference.name, ""), mine)
    return merged


def _compare(key: Key, mine: Any, theirs: Any) -> list[Difference]:
    if (_empty(mine) and _empty(theirs)) or mine == theirs:
        return []
    if isinstance(mine, dict) and isinstance(theirs, dict):
        names = dict.fromkeys([*mine, *theirs])
        return [one for name in names for one in _compare((*key, name), mine.get(name), theirs.get(name))]
    if _rows(mine) and _rows(theirs) and (mine or theirs):
        by_id = {row["id"]: row for row in theirs}
        own = {row["id"]: row for row in mine}
        found = [
            one
            for name in dict.fromkeys([*own, *by_id])
            for one in _compare((*key, name), own.get(name), by_id.get(name))
        ]
        if [name for name in own if name in by_id] != [name for name in by_id if name in own]:
            found.append(Difference((*key, ""), list(own), list(by_id)))
        return found
    return [Difference(key, mine, theirs)]


def _rows(value: Any) -> bool:
    """A list in which every row has an id of its own."""
    if not isinstance(value, list) or not all(isinstance(row, dict) and row.get("id") for row in value):
        return False
    return len({row["id"] for row in value}) == len(value)


def _empty(value: Any) -> bool:
    return value in (None, "", [], {}, False)


def _put(content: Any, key: Key, value: Any, order: Json) -> None:
    """Set, add or take away one field; the key ends with "" for the order of a list."""
    *way, last = key
    for step in way:
        content = _step(content, step)
    if isinstance(content, list):
        if last == "":
            _sort(content, value)
            return
        place = next((n for n, row in enumerate(content) if row.get("id") == last), None)
        if place is not None:
            content.pop(place)
        if value is not None:
            content.insert(len(content) if place is None else place, value)
            _sort(content, _ids_at(order, way))
    elif value is None:
        content.pop(last, None)
    else:
        content[last] = value


def _step(content: Any, step: str) -> Any:
    if isinstance(content, list):
        return next(row for row in content if row.get("id") == step)
    return content.setdefault(step, {})


def _ids_at(content: Any, way: Sequence[str]) -> list[str]:
    for step in way:
        content = _step(content, step)
    return [row["id"] for row in content]


def _sort(rows: list[Json], order: Sequence[str]) -> None:
    """In the order named; rows that it does not name stay behind those they stood behind."""
    places = {name: place for place, name in enumerate(order)}
    last = -1.0
    ranked = []
    for row in rows:
        last = places.get(row["id"], last + 0.001)
        ranked.append((last, row))
    ranked.sort(key=lambda pair: pair[0])
    rows[:] = [row for _, row in ranked]
