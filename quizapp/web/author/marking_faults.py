"""Faults and findings beside the fields they are about: from paths of the content to ids of the form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from quizapp.itemtypes.editing import Group, Json, Line, Path
from quizapp.services.authoring.judging import Advice, Fault
from quizapp.web.author.form_places import find, title_of
from quizapp.web.author.item_forms import is_blank
from quizapp.web.author.reshaping import place_of


@dataclass(frozen=True)
class Placed:
    """A fault with the id of its field and the words for the place."""

    id: str
    place: str
    sentence: str
    is_open: bool
    line: int = 0


@dataclass(frozen=True)
class PlacedAdvice:
    """A finding with the id of its field, the words for the place, and what its buttons carry."""

    id: str
    place: str
    advice: Advice
    mend: str


def place(form: Group, content: Json, worded: Json, faults: Iterable[Fault], *, check: bool = False) -> list[Placed]:
    """Every fault at its field; what is wrong is also said there, and with `check` what is still open."""
    placed = []
    for fault in faults:
        if fault.about:
            elsewhere = f"{fault.about[0].capitalize()} {fault.about[1]}: {fault.message}"
            placed.append(Placed("", "", elsewhere, is_open=False))
            continue
        path = in_form(content, worded, fault.path)
        field = find(form, path)
        sentence = sentence_of(fault, field)
        one = Placed(field.id if field is not None else "", title_of(form, path), sentence, fault.is_open, fault.line)
        placed.append(one)
        if field is not None and (check or not fault.is_open):
            field.faults = [*getattr(field, "faults", ()), sentence]
    return list(dict.fromkeys(placed))


def place_advice(form: Group, content: Json, worded: Json, advised: Iterable[Advice]) -> list[PlacedAdvice]:
    found = []
    for advice in advised:
        path = in_form(content, worded, advice.path)
        field = find(form, path)
        mend = f"mend:{advice.rule}:{place_of(path)}" if advice.mend else ""
        found.append(PlacedAdvice(field.id if field is not None else "", title_of(form, path), advice, mend))
    return found


def in_form(content: Any, worded: Any, path: Path) -> Path:
    """A path of what was worded as one of the form, in which rows without a word are still counted."""
    changed: list[str | int] = []
    for step in path:
        if isinstance(step, int) and isinstance(content, list):
            filled = [at for at, row in enumerate(content) if not (isinstance(row, dict) and is_blank(row))]
            step = filled[step] if step < len(filled) else step
        changed.append(step)
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            content = None
    return tuple(changed)


def sentence_of(fault: Fault, field: Any) -> str:
    """The sentence in the words of the form, where the file’s would speak of keys."""
    if fault.rule == "missing":
        return "Fill this in."
    if fault.rule == "too-short":
        return "Add at least as many as the type needs." if not isinstance(field, Line) else "Write a little more."
    if fault.rule == "malformed" and isinstance(field, Line) and field.kind in ("decimal", "numeric"):
        return "Write a number, such as 7.5." if field.kind == "decimal" else "Write a whole number."
    if fault.rule == "unknown-value":
        return "Choose one from the list."
    return fault.message
