"""Documents to typed entries, with a sentence for everything that does not fit, and entries to canonical text."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, cast

from pydantic import ValidationError

from quizapp import itemtypes
from quizapp.formats import Problem, documents
from quizapp.formats.documents import Document, Path, shorten
from quizapp.formats.native import ItemHead, Json, Named, model_for
from quizapp.itemtypes.fields import Fields, next_letter, next_part


def read_entry(kind: str, document: Document, *, judged: bool = True) -> tuple[Named | None, list[Problem]]:
    """Type a document. On any problem there is no entry. Unless `judged`, a question type does not look at its own."""
    fields, found = judge(kind, document.value, judged=judged)
    return fields, [Problem(document.file, document.line_of(one.path), one.rule, one.message) for one in found]


def judge(kind: str, value: Any, *, judged: bool = True) -> tuple[Named | None, list[itemtypes.Problem]]:
    """Type the fields of an entry, with the path of everything that does not fit; as `read_entry`."""
    if not isinstance(value, dict):
        message = "Here stands no entry: an entry is a mapping of keys and values."
        return None, [itemtypes.Problem((), "not-an-entry", message)]
    if kind == "item":
        if "type" not in value:
            return None, [itemtypes.Problem((), "missing", "“type” is missing.")]
        if value["type"] not in itemtypes.names():
            name = shorten(str(value["type"]))
            message = f"There is no question type “{name}”{_nearest(name, itemtypes.names())}."
            return None, [itemtypes.Problem(("type",), "unknown-type", message)]
    try:
        fields = model_for(kind, value).model_validate(filled(value))
    except ValidationError as error:
        found = [_sentence(kind, value, detail) for detail in error.errors(include_url=False)]
        return None, [itemtypes.Problem(*one) for one in found]
    if kind == "item" and judged:
        problems = itemtypes.check(cast(ItemHead, fields).type, fields.model_dump(mode="json"))
        if problems:
            return None, problems
    return fields, []


def filled(value: Any) -> Any:
    """`value` without the keys that say nothing."""
    if isinstance(value, dict):
        kept = {key: filled(part) for key, part in value.items()}
        return {key: part for key, part in kept.items() if part not in ("", [], {}, None)}
    return [filled(part) for part in value] if isinstance(value, list) else value


# --- sentences --------------------------------------------------------------------------------------------------------


def _sentence(kind: str, value: Json, detail: Any) -> tuple[Path, str, str]:
    """Pydantic's finding as path, rule and sentence."""
    path: Path = tuple(step for step in detail["loc"] if step not in itemtypes.names())
    rule: str = detail["type"]
    name = next((step for step in reversed(path) if isinstance(step, str)), kind)
    given = shorten(str(detail.get("input", "")))
    context = detail.get("ctx", {})
    if rule == "missing":
        if name == "id" and len(path) > 1:
            return path, "missing", "“id” is missing; “quizapp content format” assigns one."
        return path, "missing", f"“{name}” is missing."
    if rule == "union_tag_not_found":
        return path, "missing", "“type” is missing."
    if rule == "union_tag_invalid":
        name = shorten(str(context.get("tag")))
        return path, "unknown-type", f"There is no question type “{name}” here{_nearest(name, itemtypes.names())}."
    if rule == "extra_forbidden":
        near = _nearest(name, _keys_at(kind, value, path[:-1]))
        return path, "unknown-key", f"There is no key “{shorten(name)}” here{near}."
    if rule == "literal_error":
        return path, "unknown-value", f"“{name}” is “{given}”; it may be {_either(context['expected'])}."
    if rule == "string_pattern_mismatch":
        return path, "malformed", f"“{given}” is not written as “{name}” must be."
    if rule in ("string_too_long", "too_long"):
        unit = "characters" if rule == "string_too_long" else "entries"
        return path, "too-long", f"“{name}” is longer than {context.get('max_length'):,} {unit}."
    if rule in ("string_too_short", "too_short"):
        return path, "too-short", f"“{name}” holds too little: at least {context.get('min_length')} is wanted."
    if rule in ("list_type", "dict_type", "model_type", "model_attributes_type", "string_type"):
        wanted = {"list_type": "a list", "string_type": "a text"}.get(rule, "a group of keys")
        return path, "wrong-shape", f"“{name}” must be {wanted}."
    if rule in ("bool_type", "bool_parsing"):
        return path, "unknown-value", f"“{name}” is “{given}”; it may be true or false."
    if rule.startswith("date"):
        return path, "bad-date", f"“{given}” is not a day of the calendar."
    if rule in ("value_error", "assertion_error"):
        reason = str(context.get("error", detail["msg"]))
        return path, "bad-date" if "date" in reason else "malformed", reason
    return path, "malformed", f"“{name}” cannot be “{given}”: {detail['msg']}."


def _either(expected: str) -> str:
    """'a', 'b' or 'c' of pydantic in our quotation marks."""
    return re.sub(r"'([^']*)'", r"“\1”", expected)


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (nearest: {near[0]})" if near else ""


def _keys_at(kind: str, value: Json, path: Path) -> list[str]:
    """The keys that are known at a place, read from the schema, so that a slip can be named."""
    schema = model_for(kind, value).model_json_schema()
    place, held = schema, cast(Any, value)
    for step in path:
        wanted = "items" if isinstance(step, int) else "properties"
        inside = next((option[wanted] for option in _options(place, held, schema) if wanted in option), None)
        if inside is None:
            return []
        place = inside if isinstance(step, int) else inside.get(step, {})
        held = _at(held, step)
    return [key for option in _options(place, held, schema) for key in option.get("properties", {})]


def _options(place: Json, held: Any, schema: Json) -> list[Json]:
    """What may stand at a place. Where a key such as `type` decides, only what it chooses: keys of other types are none
    here."""
    place = _resolve(place, schema)
    decides = place.get("discriminator")
    if decides is not None and isinstance(held, dict):
        chosen = decides["mapping"].get(held.get(decides["propertyName"]))
        return [] if chosen is None else [_resolve({"$ref": chosen}, schema)]
    return [_resolve(option, schema) for option in (place, *place.get("anyOf", []), *place.get("oneOf", []))]


def _at(held: Any, step: str | int) -> Any:
    if isinstance(held, dict):
        return held.get(step)
    return held[step] if isinstance(held, list) and isinstance(step, int) else None


def _resolve(place: Json, schema: Json) -> Json:
    reference = place.get("$ref")
    return schema["$defs"][reference.rpartition("/")[2]] if reference else place


# --- the canonical form -----------------------------------------------------------------------------------------------


def content_of(fields: Fields) -> Json:
    """Every field, defaults included, as plain JSON: what the database holds and the question types work on."""
    return fields.model_dump(mode="json")


def written(fields: Fields) -> Json:
    """The fields that a file states: defaults and empty ones are left out."""
    return cast(Json, filled(fields.model_dump(mode="json", exclude_defaults=True)))


def digest(fields: Fields) -> str:
    """SHA-256 of what the file states, so that a new optional field changes no version."""
    text = json.dumps(written(fields), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def text_of(entries: Sequence[Fields]) -> str:
    """The canonical text of a file that holds these entries."""
    return documents.write([written(entry) for entry in entries])


def with_ids(kind: str, value: Json) -> Json:
    """The same entry with an id for every option, pair, blank and part that lacks one.

    A new id follows the highest that stands beside it, so that the id of an entry deleted in between is not used again.
    """
    value = cast(Json, filled(value))
    for _ in range(documents.MAX_DEPTH):
        try:
            model_for(kind, value).model_validate(value)
        except (ValidationError, KeyError) as error:
            found = error.errors(include_url=False) if isinstance(error, ValidationError) else []
            lacking = [detail["loc"] for detail in found if detail["type"] == "missing" and detail["loc"][-1] == "id"]
            if any([_assign(value, loc) for loc in lacking]):  # noqa: C419 - all of them, not only the first
                continue
        break
    return value


def _assign(value: Json, loc: tuple[str | int, ...]) -> bool:
    path = [step for step in loc[:-1] if step not in itemtypes.names()]
    if len(path) < 2 or not isinstance(path[-1], int):
        return False
    siblings: Any = value
    for step in path[:-1]:
        siblings = siblings[step]
    entry = siblings[path[-1]]
    taken = [other["id"] for other in siblings if isinstance(other, dict) and isinstance(other.get("id"), str)]
    entry["id"] = next_part(taken) if path[-2] == "parts" else next_letter(taken)
    return True
