"""What is made of an entry once, when a version of it is: HTML, drawings in every form, what selection must know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, cast

from pydantic import ValidationError

from quizapp import itemtypes
from quizapp.formats import entries, figures, lessons, markdown, pictures, signing
from quizapp.formats.figures import Drawing
from quizapp.formats.native import ItemHead, Lesson, Named, model_for
from quizapp.formats.tree import DrawnFigure
from quizapp.itemtypes.fields import Fields

Json = dict[str, Any]

SVG, PNG, PDF = "image/svg+xml", "image/png", "application/pdf"
WORDS_A_SECOND = 3.0
"""Reading a vignette with care: 180 words a minute."""
SECONDS_A_STEP = 15
"""Deciding on one gradable step."""


@dataclass(frozen=True)
class Made:
    """Everything stored with a version beside its fields."""

    rendered: Json
    media: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    """Kind and bytes by SHA-256."""


def make(kind: str, fields: Named, drawings: Mapping[str, bytes]) -> Made:
    """Render an entry whose texts and drawings have been judged. Takes up to a second for a figure."""
    rendered = markdown.render_fields(fields)[0]
    if isinstance(fields, Lesson):
        del rendered["body"]
        rendered["sections"] = lessons.render_body(fields.body)[0]
    if isinstance(fields, ItemHead) and not signing.holds(fields):
        rendered["signoff"] = None  # signed for other words: learners read that nobody has reviewed these
    if kind != "figure":
        return Made(rendered)
    media = {digest: (pictures.MIME[pictures.form_of(data) or "svg"], data) for digest, data in drawings.items()}
    for name, place in (("wide", "svg"), ("narrow", "narrow_svg")):
        digest = getattr(fields, name)
        drawing = _drawing(fields, digest, drawings[digest]) if isinstance(fields, DrawnFigure) and digest else None
        rendered[place] = figures.inline(drawing, f"{fields.id}-{name}") if drawing else None
        if drawing is None or name != "wide":
            continue
        rendered["width"], rendered["height"] = drawing.width, drawing.height
        form = pictures.form_of(drawings[digest])
        if form != "svg":
            rendered["downloads"] = {form: digest}  # a picture is kept as it is
        else:
            forms = {"svg": (SVG, figures.standalone(drawing)), "png": (PNG, figures.png(drawing))}
            forms["pdf"] = (PDF, figures.pdf(drawing))
            rendered["downloads"] = {form: sha256(data).hexdigest() for form, (_, data) in forms.items()}
            media |= {rendered["downloads"][form]: made for form, made in forms.items()}
    return Made(rendered, media)


def _drawing(figure: DrawnFigure, digest: str, data: bytes) -> Drawing | None:
    """The drawing for a page; a picture is fetched from its own address, which changes with its bytes."""
    address = f"/figures/{figure.id}/{pictures.form_of(data)}?v={digest[:16]}"
    return pictures.draw(data, figure.id, figure.title, figure.alt, address)


def fields_of(kind: str, body: Mapping[str, Any]) -> Named | None:
    """The typed fields of a stored version; None where a later schema no longer takes it."""
    try:
        model = DrawnFigure if kind == "figure" else model_for(kind, dict(body))
        return model.model_validate(entries.filled(dict(body)))
    except (ValidationError, KeyError):
        return None


def marking(item: ItemHead) -> Json:
    """What decides over marks: the fields of the type without texts and traps.

    While this stays the same, a change is one of wording: statistics are pooled and old answers keep their meaning.
    """
    body = itemtypes.get(item.type).Body
    kept = {name: _unmarked(getattr(item, name)) for name in body.model_fields if name not in ("trap", "traps")}
    marked = {name for name, info in body.model_fields.items() if markdown.is_marked(info)}
    return {"type": item.type} | {name: value for name, value in kept.items() if name not in marked}


_SAYS_NOTHING_OF_MARKS = {"trap", "traps", "facts", "lesson", "objective"}


def _unmarked(value: Any) -> Any:
    if isinstance(value, Fields):
        return {
            name: _unmarked(getattr(value, name))
            for name, info in type(value).model_fields.items()
            if name not in _SAYS_NOTHING_OF_MARKS and not markdown.is_marked(info)
        }
    if isinstance(value, (list, tuple)):
        return [_unmarked(part) for part in value]
    if isinstance(value, dict):
        return {key: _unmarked(part) for key, part in value.items()}
    return value if isinstance(value, (bool, int)) or value is None else str(value)


def expected_seconds(item: ItemHead) -> int:
    """The time a question is expected to take, 20 to 600 s: its words read once, and a moment for every step."""
    content = entries.content_of(item)
    words = len(re.findall(r"\S+", " ".join(_shown(content))))
    steps = sum(_steps(part.content) for part in itemtypes.parts(item.type, content))
    return min(600, max(20, 5 * round((words / WORDS_A_SECOND + SECONDS_A_STEP * steps) / 5)))


def guess_of(item: ItemHead) -> float:
    """The chance that a blind guess is right; for an item of several parts their mean."""
    parts = itemtypes.parts(item.type, entries.content_of(item))
    return sum(itemtypes.get(part.type).chance(part.content) for part in parts) / len(parts)


_NOT_SHOWN = {"why", "why_true", "why_false", "take_home", "explanation", "refuse", "wrong", "accept", "note", "id"}
_BEFORE_THE_QUESTION = set(ItemHead.model_fields)


def _shown(content: Json) -> list[str]:
    texts: list[str] = []
    for name, value in content.items():
        if name not in _NOT_SHOWN and name not in _BEFORE_THE_QUESTION:
            texts += _texts(value)
    return texts


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for name, part in value.items() if name not in _NOT_SHOWN for text in _texts(part)]
    return [text for part in value for text in _texts(part)] if isinstance(value, list) else []


def _steps(content: Json) -> int:
    """Rows, pairs, blanks and vignettes are each a step; a list of options is one."""
    lists = (content.get(name) for name in ("rows", "premises", "blanks", "vignettes", "elements"))
    return max((len(cast(list[Any], found)) for found in lists if found), default=1)
