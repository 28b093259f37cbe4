"""How pages find their way in a form: from a path of the content to its field, from a field’s name to its path, and
from a path to words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import Field, FieldList, Form, FormField

from quizapp.itemtypes.editing import Group, Path, Rows


def find(group: Group, path: Iterable[str | int]) -> Field | None:
    """The field at a path of the content, or the nearest above it; None where there is none at all."""
    place: Any = group
    found: Field | None = None
    for step in path:
        if isinstance(place, FormField):
            place = place.form
        if isinstance(place, Form) and isinstance(step, str) and step in place:
            place = found = place[step]
        elif isinstance(place, FieldList) and isinstance(step, int) and step < len(place.entries):
            place = found = place.entries[step]
        else:
            break
    return found


def path_of(group: Group, name: str) -> Path | None:
    """The path in the content of a field by its name in the form (“parts-1-options-7”); None if there is none."""
    place: Any = group
    path: list[str | int] = []
    for step in name.split("-"):
        if isinstance(place, FormField):
            place = place.form
        if isinstance(place, FieldList):
            at = next((n for n, entry in enumerate(place.entries) if str(entry.index) == step), None)
            if at is None:
                return None
            place = place.entries[at]
            path.append(at)
        elif isinstance(place, Form) and step in place:
            place = place[step]
            path.append(step)
        else:
            return None
    return tuple(path)


def title_of(group: Group, path: Path) -> str:
    """A place in words: “Option B, Reason”."""
    words: list[str] = []
    place: Any = group
    for step in path:
        if isinstance(place, FormField):
            place = place.form
        if isinstance(place, Form) and isinstance(step, str) and step in place:
            place = place[step]
            words.append(str(place.label.text))
        elif isinstance(place, Rows) and isinstance(step, int) and step < len(place.entries):
            words[-1:] = [place.title(step)]
            place = place.entries[step]
        else:
            break
    return ", ".join(words)
