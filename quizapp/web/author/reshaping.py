"""What the buttons of an editor do to what is written: rows added, moved and taken away, flaws mended, entries picked.

A button says its wish in one word and a place: “add:options”, “up:options-2”, “pick:facts:N12”. Everything else in the
form stays as it was typed. Pure: from what the form says to what it should say, and where reading goes on.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quizapp import itemtypes
from quizapp.formats import pasting
from quizapp.formats.linting import mending
from quizapp.formats.linting.mending import Unmendable
from quizapp.formats.native import ItemHead
from quizapp.formats.pasting import Unreadable
from quizapp.itemtypes.editing import Group, Json, Kept, Pairs, Path, Rows, blank
from quizapp.itemtypes.fields import next_letter, next_part
from quizapp.web.author.form_places import find, path_of

MOST_ROWS = 400
"""Of one list in a form: far more than any type takes, so that what was pasted is shown and can be cut down."""


@dataclass(frozen=True)
class Reshaped:
    """`focus` is the id of the element at which reading goes on; `sentence` says what happened, or why nothing did."""

    content: Json
    focus: str = ""
    sentence: str = ""


def reshape(form: Group, content: Json, wish: str, chosen: Mapping[str, str]) -> Reshaped | None:
    """What a button wishes; None for a wish that is none of these. `chosen` holds the lists beside buttons."""
    word, _, rest = wish.partition(":")
    if word in ("add", "remove", "up", "down"):
        path = path_of(form, rest)
        if path is None or not isinstance(path[0], str):
            return Reshaped(content, sentence="That row is not there any more.")
        changed = copy.deepcopy(content)
        if word == "add":
            return _add(form, changed, path, rest, chosen)
        return _move(form, changed, path, rest, word)
    if word in ("pick", "unpick"):
        name, _, picked = rest.partition(":")
        return _pick(form, copy.deepcopy(content), name, picked, add=word == "pick")
    if word == "key":
        return _move_key(form, content, rest)
    if word == "mend":
        rule, _, place = rest.partition(":")
        return _mend(content, rule, place)
    if word == "excuse":
        return _excuse(content, rest)
    return None


def take_in(content: Json, text: str) -> Reshaped:
    """Put a question that was pasted from a document into an open form of its type, where nothing is written yet.

    Else nothing is taken over, and the sentence says what to do: no word is overwritten.
    """
    try:
        pasted = pasting.read(text)
    except Unreadable as unreadable:
        return Reshaped(content, "paste", str(unreadable))
    if pasted.type != content["type"]:
        sentence = f"The paste reads as {pasted.type.replace('_', ' ')}, and this question is of another type."
        return Reshaped(content, "paste", f"{sentence} Write a new question and paste there.")
    if any(_has_words(content.get(name)) for name in _FILLED_BY_PASTE):
        return Reshaped(
            content,
            "paste",
            "There are words in the question already, and a paste overwrites none. Empty them first, or write a new "
            "question and paste there.",
        )
    head = {name: value for name, value in content.items() if name in ItemHead.model_fields}
    notes = [str(content.get("note") or ""), *(["Pasted, and not understood:", *pasted.left] if pasted.left else [])]
    taken = head | pasted.content | {"note": "\n".join(note for note in notes if note)}
    told = [*pasted.notes]
    if pasted.left:
        told.append("What was not understood stands in the note to authors, line by line; nothing was dropped.")
    return Reshaped(taken, "lead_in", " ".join(["The paste is in the form.", *told]))


_FILLED_BY_PASTE = ("stem", "lead_in", "options", "rows", "answer", "accept", "premises", "parts", "blanks", "elements")


def _has_words(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_words(part) for name, part in value.items() if name != "id")
    if isinstance(value, list):
        return any(_has_words(part) for part in value)
    return isinstance(value, str) and bool(value.strip())


def place_of(path: Path) -> str:
    """A path as a button carries it."""
    return json.dumps(list(path), separators=(",", ":"))


def _mend(content: Json, rule: str, place: str) -> Reshaped:
    try:
        path = tuple(step for step in json.loads(place) if isinstance(step, (str, int)))
        mended = mending.mend(content, rule, path)
    except (ValueError, TypeError, Unmendable):
        return Reshaped(content, sentence="That flaw is not there any more.")
    return Reshaped(mended, focus="findings", sentence="Mended. Look at it once more before you save.")


def _move_key(form: Group, content: Json, name: str) -> Reshaped:
    """The key of a list one place further, from the last to the first: keys must not crowd in one place of a bank."""
    path = path_of(form, name)
    rows = _holder(content, path) if path else None
    if path is None or not isinstance(rows, list) or not rows:
        return Reshaped(content, sentence="That list is not there any more.")
    place = next((at for at, row in enumerate(rows) if row.get("key")), 0)
    try:
        return Reshaped(mending.move_key(content, path, (place + 1) % len(rows)), focus=name)
    except Unmendable:
        return Reshaped(content, focus=name, sentence="Tick one key first.")


def _excuse(content: Json, rule: str) -> Reshaped:
    reasons = dict(content.get("lint") or {})
    reasons.setdefault(rule[:40], "")
    return Reshaped({**content, "lint": reasons}, focus=f"lint-{list(reasons).index(rule[:40])}-reason")


def _holder(content: Json, path: Path) -> Any:
    value: Any = content
    for step in path:
        value = value[step]
    return value


def _add(form: Group, content: Json, path: Path, name: str, chosen: Mapping[str, str]) -> Reshaped:
    field = find(form, path)
    if not isinstance(field, Rows):
        return Reshaped(content, sentence="No row can be added there.")
    if isinstance(field, Pairs):
        holder = _holder(content, path)
        holder.setdefault("", "")
        return Reshaped(content, focus=f"{name}-{len(holder) - 1}")
    rows = _holder(content, path)
    if len(rows) >= min(field.most, MOST_ROWS):
        return Reshaped(content, focus=name, sentence=f"{field.most} are as many as fit.")
    rows.append(_new_row(field, rows, name, chosen))
    return Reshaped(content, focus=f"{name}-{len(rows) - 1}")


def _new_row(field: Rows, rows: list[Json], name: str, chosen: Mapping[str, str]) -> Json:
    ids = [str(row.get("id", "")) for row in rows]
    if name == "parts":
        named = chosen.get("new-part", "")
        type_name = named if named in itemtypes.gradable() else itemtypes.gradable()[0]
        return {"id": next_part(ids), "type": type_name} | copy.deepcopy(blank(type_name))
    is_numbered = any(isinstance(one, Kept) for one in field.group() if one.short_name == "id")
    return {"id": next_letter(ids)} if is_numbered else {}


def _move(form: Group, content: Json, path: Path, name: str, word: str) -> Reshaped:
    place = path[-1]
    if not isinstance(place, int):
        return Reshaped(content, sentence="No row is meant by that.")
    list_name = name.rpartition("-")[0]
    rows = _holder(content, path[:-1])
    if isinstance(rows, dict):
        pairs = list(rows.items())
        if word == "remove":
            del pairs[place]
        rows.clear()
        rows.update(pairs)
        return Reshaped(content, focus=list_name)
    if word == "remove":
        del rows[place]
        return Reshaped(content, focus=f"{list_name}-{min(place, len(rows) - 1)}" if rows else list_name)
    there = place + (-1 if word == "up" else 1)
    if 0 <= there < len(rows):
        rows[place], rows[there] = rows[there], rows[place]
        return Reshaped(content, focus=f"{list_name}-{there}")
    return Reshaped(content, focus=name)


def _pick(form: Group, content: Json, name: str, picked: str, *, add: bool) -> Reshaped:
    path = path_of(form, name)
    if path is None:
        return Reshaped(content, sentence="There is no such list.")
    holder = _holder(content, path[:-1])
    picks = [one for one in holder[path[-1]] if one != picked]
    holder[path[-1]] = [*picks, picked] if add and picked else picks
    return Reshaped(content, focus=f"find-{name}")
