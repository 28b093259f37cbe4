"""Where an objective is taught, how long that takes to read, and what it rests on. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from quizapp.services.content import reading
from quizapp.services.content.editions import at_edition
from quizapp.services.versions import published


@dataclass(frozen=True)
class Taught:
    """The first section that teaches an objective, lessons in teaching order. `minutes`: its share of the lesson’s."""

    lesson: str
    anchor: str
    title: str
    minutes: int


def where_taught(session: Session) -> Mapping[str, Taught]:
    """Objective → the section that teaches it; objectives without a section are left out."""
    return at_edition(session, "where taught", lambda: _where_taught(session))


def list_needed(session: Session, objectives: Collection[str]) -> tuple[Taught, ...]:
    """The sections that teach what these objectives need and do not teach themselves, in teaching order."""
    taught = where_taught(session)
    own = {taught[slug] for slug in objectives if slug in taught}
    versions = published(session, "objective", objectives)
    needed = {need for version in versions.values() for need in version.body.get("needs", ())}
    return tuple(dict.fromkeys(place for slug, place in taught.items() if slug in needed and place not in own))


def _where_taught(session: Session) -> dict[str, Taught]:
    found: dict[str, Taught] = {}
    for row in reading.list_lessons(session):
        lesson = reading.get_lesson(session, row.slug)
        lengths = [sum(len(part.html) for part in section.parts) for section in lesson.sections]
        for section, length in zip(lesson.sections, lengths, strict=True):
            minutes = max(1, round(lesson.minutes * length / sum(lengths))) if length else 1
            for objective in section.objectives:
                found.setdefault(objective, Taught(lesson.slug, section.anchor, section.title, minutes))
    return found
