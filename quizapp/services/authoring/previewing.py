"""A question as a learner would meet it, drawn from a draft that may be half written. Reads only, stores nothing."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.formats import entries, lessons, markdown
from quizapp.formats.sketching import sketch
from quizapp.services.content.drawing import with_drawings
from quizapp.services.content.reading import Section, sections_of

Json = dict[str, Any]


@dataclass(frozen=True)
class Face:
    """One step of the question. Texts are sanitised HTML. `review` is None where there is no key to explain yet."""

    part: str
    type: str
    number: int
    reveal: str
    stem: str
    lead_in: str
    face: Mapping[str, Any]
    review: Mapping[str, Any] | None
    take_home: str
    explanation: str

    @property
    def uid(self) -> str:
        return f"preview-{self.part}"

    @property
    def face_template(self) -> str:
        return f"itemtypes/{self.type}/answer.html"

    @property
    def review_template(self) -> str:
        return f"itemtypes/{self.type}/review.html"


@dataclass(frozen=True)
class Preview:
    """`vignette` and what is told after the last part belong to a case."""

    vignette: str
    parts: tuple[Face, ...]
    take_home: str
    explanation: str


def preview(session: Session, content: Json, rng: random.Random) -> Preview | None:
    """The question drawn, with the orders that `rng` gives; None where nothing can be drawn of it."""
    fields = sketch(content)
    if fields is None:
        return None
    typed = entries.content_of(fields)
    rendered = markdown.render_fields(fields)[0]
    layout = itemtypes.lay_out(fields.type, typed, rng)
    is_case = itemtypes.is_container(fields.type)
    parts = itemtypes.parts(fields.type, rendered)
    return Preview(
        vignette=str(rendered.get("stem") or "") if is_case else "",
        parts=tuple(
            _face(session, number, part, itemtypes.part_layout(fields.type, layout, part))
            for number, part in enumerate(parts, 1)
        ),
        take_home=str(rendered.get("take_home") or "") if is_case else "",
        explanation=str(rendered.get("explanation") or "") if is_case else "",
    )


def _face(session: Session, number: int, part: itemtypes.Part, layout: Json) -> Face:
    verbs, told = itemtypes.get(part.type), itemtypes.filled(part, layout)
    uid = f"preview-{part.id}"
    review = None
    if not verbs.check(part.content):
        review = with_drawings(session, verbs.explain(told, layout, None), f"{uid}-after", labelled=True)
    return Face(
        part=part.id,
        type=part.type,
        number=number,
        reveal=str(told.get("reveal") or ""),
        stem=str(told.get("stem") or ""),
        lead_in=str(told.get("lead_in") or ""),
        face=with_drawings(session, verbs.show(told, layout, None), uid, labelled=False),
        review=review,
        take_home=str(told.get("take_home") or ""),
        explanation=str(told.get("explanation") or ""),
    )


@dataclass(frozen=True)
class DrawnSection:
    """A section of a lesson as its readers would see it. `line` is that of its heading, counted from 1."""

    line: int
    section: Section


def preview_lesson(session: Session, content: Json) -> tuple[DrawnSection, ...]:
    """The sections of a lesson as far as they can be drawn; figures and questions that are published are shown."""
    body = str(content.get("body") or "")
    figures = [str(figure.get("id") or "") for figure in content.get("figures") or ()]
    drawn = sections_of(session, lessons.sketch_body(body), figures)
    lines = [section.line + 1 for section in lessons.parse(body)[0]]
    return tuple(DrawnSection(line, section) for line, section in zip(lines, drawn, strict=False))
