"""An unfinished question made whole enough to be drawn: what is missing is stood in for, what is wrong is left out.

For the preview of an editor, never for a learner: nothing that comes from here is stored.
"""

from __future__ import annotations

from typing import Any, cast

from pydantic import ValidationError

from quizapp import itemtypes
from quizapp.formats.entries import filled, with_ids
from quizapp.formats.native import ItemHead, item_model

Json = dict[str, Any]

MISSING = "…"
"""Stands where an author has written nothing yet."""
_PASSES = 60
"""Each takes one fault away at least, and lets those behind it be seen."""


def sketch(content: Json) -> ItemHead | None:
    """A question like this one that its model takes; None where no likeness can be made. Needs a known `type`.

    Whether it has a key, or two, is left as it is: only what cannot be drawn is changed.
    """
    value = with_ids("item", cast(Json, filled(content)))
    model = item_model(str(content["type"]))
    for _ in range(_PASSES):
        try:
            return model.model_validate(value)
        except ValidationError as error:
            changed = [_stand_in(value, detail) for detail in error.errors(include_url=False)]
            if not any(changed):
                return None
    return None


def _stand_in(value: Json, detail: Any) -> bool:
    """Take one fault away. False where nothing could be done about it."""
    path = [step for step in detail["loc"] if step not in itemtypes.names()]
    rule, context = str(detail["type"]), detail.get("ctx", {})
    if rule in ("union_tag_not_found", "union_tag_invalid"):
        return _put(value, [*path, "type"], itemtypes.gradable()[0])
    if rule == "missing":
        return _put(value, path, _new_id(value, path) if path[-1:] == ["id"] else MISSING)
    if rule == "too_short":
        return _append(value, path)
    if rule in ("too_long", "string_too_long"):
        return _put(value, path, detail["input"][: context["max_length"]])
    if rule in ("bool_type", "bool_parsing"):
        return _put(value, path, False)
    if rule == "literal_error":
        return _put(value, path, str(context["expected"]).split("'")[1])
    if rule in ("list_type", "dict_type", "model_type", "model_attributes_type"):
        return _put(value, path, [] if rule == "list_type" else {})
    if rule.startswith(("decimal", "int", "greater", "less")) and detail.get("input") != "1":
        return _put(value, path, "1")
    if rule.startswith("date") and detail.get("input") == MISSING:
        return _put(value, path, "2000-01-01")
    if rule == "string_pattern_mismatch" and detail.get("input") == MISSING:
        return _put(value, path, "x")
    return _drop(value, path)


def _new_id(value: Json, path: list[str | int]) -> str:
    return f"x{path[-2]}" if len(path) > 1 else "x"


def _holder(value: Any, path: list[str | int]) -> Any:
    for step in path[:-1]:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _put(value: Json, path: list[str | int], new: Any) -> bool:
    holder = _holder(value, path)
    inside = isinstance(holder, list) and isinstance(path[-1], int) and path[-1] < len(holder)
    if isinstance(holder, dict) or inside:
        holder[path[-1]] = new
        return True
    return False


def _append(value: Json, path: list[str | int]) -> bool:
    """Another row, in the shape of those that stand there; its fields are stood in for by the next pass."""
    holder = _holder(value, path)
    rows = holder.get(path[-1]) if isinstance(holder, dict) else None
    if not isinstance(rows, list):
        return False
    plain = path[-1] in ("accept", "texts", "box", "narrow")
    rows.append(("1" if path[-1] in ("box", "narrow") else MISSING) if plain else {"id": f"x{len(rows)}"})
    return True


def _drop(value: Json, path: list[str | int]) -> bool:
    holder = _holder(value, path)
    if isinstance(holder, dict) and path[-1] in holder:
        del holder[path[-1]]
        return True
    if isinstance(holder, list) and isinstance(path[-1], int) and path[-1] < len(holder):
        del holder[path[-1]]
        return True
    return False
