"""The lesson of an activity: what an edition pins of it, and what its participants read. Stores nothing.

A participant reads what was designated, whatever is published later. The questions in its text, notes in its margin and
practice belong to the lesson that is published, so they are there as long as the two are the same.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Activity, Participation
from quizapp.services.accounts import Actor
from quizapp.services.content import reading
from quizapp.services.content.editions import at_edition
from quizapp.services.content.reading import Figure, Lesson
from quizapp.services.crediting import activities
from quizapp.services.crediting.activities import Edition, PinnedLesson
from quizapp.services.crediting.stock import Stock
from quizapp.services.versions import Version, get_versions, published, published_by_id

Json = dict[str, Any]

_CITED = re.compile(r'<a href="/evidence/([^"]+)">')
_PICTURE = '"/figures/'
"""How the address of a picture in a figure begins; it gives the picture that is published."""


@dataclass(frozen=True)
class Reading:
    """A participation for which a lesson is read."""

    participation_id: int
    edition: Edition
    lesson: PinnedLesson


@dataclass(frozen=True)
class Designated:
    """The lesson as it was designated. `revised`: what is published now differs from it; `is_published`: whether there
    is a lesson of this name now. `changed`: facts that it cites and that say something else since."""

    lesson: Lesson
    revised: bool
    is_published: bool
    changed: tuple[str, ...]


def pin(stock: Stock, slug: str) -> Json | None:
    """What an edition keeps of a lesson that is published now."""
    lesson = stock.lessons.get(slug)
    if lesson is None:
        return None
    kinds = {"figure": stock.figures, "objective": stock.objectives, "reference": stock.references}
    beside = [kinds[kind][one] for kind, slugs in reading.shown_beside(lesson) for one in slugs if one in kinds[kind]]
    texts = [part.get("html", "") for section in lesson.rendered["sections"] for part in section["parts"]]
    texts += [one.rendered[name] for one in beside if one.kind == "figure" for name in ("caption", "description")]
    cited = sorted({name for text in texts for name in _CITED.findall(text)})
    return {
        "slug": lesson.slug,
        "content_id": lesson.content_id,
        "version_id": lesson.id,
        "title": lesson.body["title"],
        "number": lesson.number,
        "beside": sorted({one.id for one in beside}),
        "facts": {one: says(stock.facts[one]) for one in cited if one in stock.facts},
    }


def says(fact: Version) -> str:
    """The same as long as a fact says the same with the same certainty; that it was looked at again changes nothing."""
    said = json.dumps([fact.body["statement"], fact.body["certainty"]])
    return sha256(said.encode()).hexdigest()[:16]


def get_reading(session: Session, actor: Actor, slug: str) -> Reading:
    """The learner’s participation in this activity. Raises LookupError for who is not enrolled, or if it has no
    lesson."""
    own = session.execute(
        sa.select(Participation.id, Participation.version_id)
        .join(Activity, Activity.id == Participation.activity_id)
        .where(Activity.slug == slug, Participation.learner_id == actor.id)
    ).one_or_none()
    if own is None:
        raise LookupError(slug)
    edition = activities.get_edition(session, own.version_id)
    if edition.lesson is None:
        raise LookupError(slug)
    return Reading(own.id, edition, edition.lesson)


def get_designated(session: Session, read: Reading, pictures: str) -> Designated:
    """What the participant reads. `pictures`: where the pictures of this activity’s figures are fetched, with “/” at
    its end; the same whoever asks."""
    name = f"designated {read.edition.id}"
    return at_edition(session, name, lambda: _get_designated(session, read.lesson, pictures))


def get_figure(session: Session, read: Reading, figure_id: str, pictures: str) -> Figure:
    """A figure of the lesson as it was designated. Raises LookupError."""
    found = next((one for one in _beside(session, read.lesson) if (one.kind, one.slug) == ("figure", figure_id)), None)
    if found is None:
        raise LookupError(figure_id)
    title = get_versions(session, [read.lesson.version_id])[read.lesson.version_id].body["title"]
    return reading.figure_of(_with_pictures(found, pictures), title)


def _get_designated(session: Session, pinned: PinnedLesson, pictures: str) -> Designated:
    version = get_versions(session, [pinned.version_id])[pinned.version_id]
    beside = _beside(session, pinned)
    now = published_by_id(session, [one.content_id for one in (version, *beside)])
    revised = any(one.content_id not in now or now[one.content_id].id != one.id for one in (version, *beside))
    facts = published(session, "fact", pinned.facts)
    questions = {} if revised else reading.questions_of(session, version.rendered["sections"])
    shown = reading.put_together(version, [_with_pictures(one, pictures) for one in beside], questions)
    return Designated(
        lesson=reading.placed(session, shown),
        revised=revised,
        is_published=version.content_id in now,
        changed=tuple(sorted(one for one, fact in facts.items() if says(fact) != pinned.facts[one])),
    )


def _beside(session: Session, pinned: PinnedLesson) -> list[Version]:
    """What the page shows from elsewhere. An edition from before these were pinned shows them as they are now."""
    if pinned.beside:
        return list(get_versions(session, pinned.beside).values())
    lesson = get_versions(session, [pinned.version_id])[pinned.version_id]
    return [one for kind, slugs in reading.shown_beside(lesson) for one in published(session, kind, slugs).values()]


def _with_pictures(figure: Version, pictures: str) -> Version:
    """The figure with its picture, if it is one, fetched from where this version of it is handed out."""
    if figure.kind != "figure":
        return figure
    drawn = {name: figure.rendered[name] for name in ("svg", "narrow_svg")}
    fetched = {name: svg and svg.replace(_PICTURE, f'"{pictures}') for name, svg in drawn.items()}
    return replace(figure, rendered=figure.rendered | fetched)
