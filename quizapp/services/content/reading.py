"""What readers see: topics, lessons and figures. Reads only, never a key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.wording import plain_day
from quizapp.db.models import Media
from quizapp.services.content.editions import at_edition
from quizapp.services.versions import Version, published

Json = dict[str, Any]

STRENGTH = {"High": "strong", "Moderate": "moderate", "Low": "contested", "Disputed": "contested"}
_FORMS = {
    "svg": ("SVG", "Scales to any size; colours of the light page."),
    "png": ("PNG", "170 mm wide at 300 dpi, for slides and print."),
    "pdf": ("PDF", "One page, vectors and selectable text."),
    "jpg": ("JPEG", "The picture as it stands here."),
}


@dataclass(frozen=True)
class LessonRow:
    """A line in the list of lessons."""

    slug: str
    title: str
    topic: str
    number: int
    summary: str
    minutes: int
    objectives: tuple[str, ...]
    banks: tuple[str, ...]
    reviewed_sentence: str


@dataclass(frozen=True)
class Aim:
    """An objective; the statement continues “You can …”."""

    id: str
    statement_html: str


@dataclass(frozen=True)
class Download:
    form: str
    label: str
    sentence: str
    sha256: str


@dataclass(frozen=True)
class Figure:
    """A figure with its drawings for wide and narrow screens; both are safe to put into a page."""

    id: str
    title: str
    alt: str
    svg: str
    narrow_svg: str | None
    description_html: str
    caption_html: str
    credit: str
    licence: str
    downloads: tuple[Download, ...]
    lesson: str
    lesson_title: str


@dataclass(frozen=True)
class Part:
    """A piece of a section. `kind`: html, key, disputed (with `html`), figure (with `figure`), or check: a question,
    with its `item` and what it asks as `html`."""

    kind: str
    html: str = ""
    figure: Figure | None = None
    item: str = ""


@dataclass(frozen=True)
class Section:
    anchor: str
    title: str
    objectives: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Source:
    """A reference; `place` says what was read there, `url` and `label` lead to it where it is online."""

    id: str
    citation: str
    url: str
    label: str
    place: str = ""


@dataclass(frozen=True)
class Related:
    kind: str
    title: str
    summary: str
    dated: dt.date
    topic: str
    href: str
    owner: str


@dataclass(frozen=True)
class Lesson:
    """A lesson as a page shows it. `number` of `total`, `previous` and `next`: its place among those that are
    published; a version that readers no longer get has none."""

    slug: str
    title: str
    topic: str
    minutes: int
    reviewed_sentence: str
    authors: tuple[str, ...]
    dated: dt.date
    objectives: tuple[Aim, ...]
    banks: tuple[str, ...]
    sections: tuple[Section, ...]
    references: tuple[Source, ...]
    related: tuple[Related, ...]
    number: int = 0
    total: int = 0
    previous: LessonRow | None = None
    next: LessonRow | None = None


@dataclass(frozen=True)
class TopicRow:
    """A topic with its lessons in teaching order, and their related content: each card once."""

    slug: str
    title: str
    summary_html: str
    lessons: tuple[LessonRow, ...]
    related: tuple[Related, ...]


def list_topics(session: Session) -> tuple[TopicRow, ...]:
    """The topics that have a published lesson, in teaching order."""
    return at_edition(session, "topics", lambda: _list_topics(session))


def list_lessons(session: Session) -> tuple[LessonRow, ...]:
    """The published lessons in teaching order."""
    return at_edition(session, "lessons", lambda: _list_lessons(session))


def get_lesson(session: Session, slug: str) -> Lesson:
    """A published lesson. Raises LookupError."""
    return at_edition(session, f"lesson {slug}", lambda: _get_lesson(session, slug))


def get_figure(session: Session, figure_id: str) -> Figure:
    """A figure of a published lesson. Raises LookupError."""
    return at_edition(session, f"figure {figure_id}", lambda: _get_figure(session, figure_id))


def get_figure_file(session: Session, figure_id: str, form: str) -> tuple[str, bytes, str]:
    """Media type, bytes and SHA-256 of a figure as svg, png, pdf or jpg. Raises LookupError."""
    return file_of(session, get_figure(session, figure_id), form)


def file_of(session: Session, figure: Figure, form: str) -> tuple[str, bytes, str]:
    """The same of a figure at hand. Raises LookupError."""
    wanted = next((file for file in figure.downloads if file.form == form), None)
    if wanted is None:
        raise LookupError(form)
    row = session.execute(sa.select(Media.mime, Media.bytes).where(Media.sha256 == wanted.sha256)).one()
    return row.mime, row.bytes, wanted.sha256


# --- putting pages together -------------------------------------------------------------------------------------------


def _list_topics(session: Session) -> tuple[TopicRow, ...]:
    lessons = _list_lessons(session)
    by_slug = published(session, "lesson")
    topics = sorted(published(session, "topic").values(), key=lambda topic: (topic.body["order"], topic.slug))
    rows = []
    for topic in topics:
        own = tuple(lesson for lesson in lessons if lesson.topic == topic.slug)
        cards = (card for lesson in own for card in _all_related(by_slug[lesson.slug]))
        related = tuple({(card.title, card.href): card for card in cards}.values())
        if own:
            rows.append(TopicRow(topic.slug, topic.body["title"], topic.rendered["summary"], own, related))
    return tuple(rows)


def _list_lessons(session: Session) -> tuple[LessonRow, ...]:
    versions = sorted(published(session, "lesson").values(), key=lambda version: (version.body["order"], version.slug))
    return tuple(
        LessonRow(
            slug=version.slug,
            title=version.body["title"],
            topic=version.body["topic"],
            number=number,
            summary=version.body["summary"],
            minutes=version.body["minutes"],
            objectives=tuple(version.body["objectives"]),
            banks=tuple(version.body["banks"]),
            reviewed_sentence=_reviewed(version.body),
        )
        for number, version in enumerate(versions, 1)
    )


def _reviewed(body: Json) -> str:
    review = body.get("reviewed")
    if not review:
        return "not yet reviewed by a clinician"
    day = dt.date.fromisoformat(review["on"])
    return f"reviewed by {review['by']}, {review['credentials']}, on {plain_day(day)}"


def _get_lesson(session: Session, slug: str) -> Lesson:
    version = _get(session, "lesson", slug)
    beside = [one for kind, slugs in shown_beside(version) for one in published(session, kind, slugs).values()]
    return placed(session, put_together(version, beside, questions_of(session, version.rendered["sections"])))


def placed(session: Session, lesson: Lesson) -> Lesson:
    """The lesson with its place among those that are published, if it has one."""
    rows = _list_lessons(session)
    place = next((place for place, row in enumerate(rows) if row.slug == lesson.slug), None)
    if place is None:
        return lesson
    return replace(
        lesson,
        number=place + 1,
        total=len(rows),
        previous=rows[place - 1] if place else None,
        next=rows[place + 1] if place + 1 < len(rows) else None,
    )


def shown_beside(lesson: Version) -> tuple[tuple[str, list[str]], ...]:
    """What the page of a lesson shows from elsewhere, by kind, beside its questions."""
    body = lesson.body
    figures = [figure["id"] for figure in body["figures"]]
    return ("figure", figures), ("objective", body["objectives"]), ("reference", body["references"])


def put_together(lesson: Version, beside: Iterable[Version], questions: Mapping[str, str]) -> Lesson:
    """A version of a lesson with what its page shows from elsewhere, in whatever versions; what is not there is left
    out. `questions`: what each of them asks."""
    body, rendered = lesson.body, lesson.rendered
    shown = {(one.kind, one.slug): one for one in beside}
    figures = {slug: figure_of(one, body["title"]) for (kind, slug), one in shown.items() if kind == "figure"}
    aims = (shown.get(("objective", name)) for name in body["objectives"])
    references = (shown.get(("reference", name)) for name in body["references"])
    return Lesson(
        slug=lesson.slug,
        title=body["title"],
        topic=body["topic"],
        minutes=body["minutes"],
        reviewed_sentence=_reviewed(body),
        authors=tuple(body["authors"]),
        dated=dt.date.fromisoformat(body["dated"]),
        objectives=tuple(Aim(one.slug, one.rendered["statement"]) for one in aims if one),
        banks=tuple(body["banks"]),
        sections=tuple(_section(section, figures, questions) for section in rendered["sections"]),
        references=tuple(_source(one, "") for one in references if one),
        related=_all_related(lesson),
    )


def sections_of(session: Session, rendered: Sequence[Json], figure_ids: Iterable[str]) -> tuple[Section, ...]:
    """Rendered sections with the published figures and questions that they show."""
    found = published(session, "figure", figure_ids)
    figures = {name: figure_of(drawn, "") for name, drawn in found.items()}
    questions = questions_of(session, rendered)
    return tuple(_section(section, figures, questions) for section in rendered)


def questions_of(session: Session, rendered: Sequence[Json]) -> dict[str, str]:
    """What the published questions of these sections ask. A case has no question of its own; its first part has."""
    asked = [part["item"] for section in rendered for part in section["parts"] if part["kind"] == "check"]
    items = published(session, "item", asked)
    return {name: version.rendered_parts[0].content["lead_in"] for name, version in items.items()}


def _section(section: Json, figures: Mapping[str, Figure], questions: Mapping[str, str]) -> Section:
    parts = tuple(
        Part("check", questions[part["item"]], item=part["item"])
        if part["kind"] == "check"
        else Part(part["kind"], part.get("html", ""), figures.get(part.get("figure", "")))
        for part in section["parts"]
        if part["kind"] != "check" or part["item"] in questions  # one that was withdrawn is left out
    )
    return Section(section["anchor"], section["title"], tuple(section["objectives"]), parts)


def _all_related(lesson: Version) -> tuple[Related, ...]:
    cards = zip(lesson.rendered["related"], lesson.body["related"], strict=True)
    return tuple(_related(card, plain) for card, plain in cards)


def _related(card: Json, plain: Json) -> Related:
    return Related(
        kind=card["kind"],
        title=card["title"],
        summary=plain["summary"],
        dated=dt.date.fromisoformat(card["dated"]),
        topic=card["topic"],
        href=card["href"],
        owner=card["owner"] or "",
    )


def _get_figure(session: Session, figure_id: str) -> Figure:
    version = _get(session, "figure", figure_id)
    lesson = _get(session, "lesson", version.body["lesson"])
    return figure_of(version, lesson.body["title"])


def figure_of(version: Version, lesson_title: str) -> Figure:
    """A version of a figure, ready for a page."""
    body, rendered = version.body, version.rendered
    return Figure(
        id=version.slug,
        title=body["title"],
        alt=body["alt"],
        svg=rendered["svg"],
        narrow_svg=rendered["narrow_svg"],
        description_html=rendered["description"],
        caption_html=rendered["caption"],
        credit=body["credit"],
        licence=body["licence"],
        downloads=tuple(
            Download(form, *_told(form, rendered["downloads"]), rendered["downloads"][form])
            for form in _FORMS
            if form in rendered["downloads"]
        ),
        lesson=body["lesson"],
        lesson_title=lesson_title,
    )


def _told(form: str, downloads: Json) -> tuple[str, str]:
    """Name and sentence of a file. A picture is handed out as it is, a drawing is made into each form."""
    return _FORMS[form] if "svg" in downloads else (_FORMS[form][0], _FORMS["jpg"][1])


def sources(session: Session, named: list[tuple[str, str]]) -> tuple[Source, ...]:
    """References by id, each with the place that was read there; those that are not published are left out."""
    found = published(session, "reference", [name for name, _ in named])
    return tuple(_source(found[name], place) for name, place in named if name in found)


def _source(version: Version, place: str) -> Source:
    body = version.body
    url, label = body["url"] or "", "Open" if body["url"] else ""
    if body["pmid"]:
        url, label = f"https://pubmed.ncbi.nlm.nih.gov/{body['pmid']}/", f"PMID {body['pmid']}"
    if body["doi"]:
        url, label = f"https://doi.org/{body['doi']}", f"doi {body['doi']}"
    return Source(version.slug, body["citation"], url, label, place)


def _get(session: Session, kind: str, slug: str) -> Version:
    found = published(session, kind, [slug]).get(slug)
    if found is None:
        raise LookupError(f"{kind} {slug}")
    return found
