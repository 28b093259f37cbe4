"""The questions a learner missed: what was answered, what is right, and when the objective comes again. Reads only."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.core.grading import Confidence
from quizapp.db.models import Memory, MissCause, Presentation, Response, Sitting
from quizapp.db.session import run
from quizapp.formats import anki
from quizapp.itemtypes import Part, told
from quizapp.itemtypes.told import Told
from quizapp.services.accounts import Actor
from quizapp.services.annotating import CAUSES
from quizapp.services.content.teaching import Taught, where_taught
from quizapp.services.sittings import Place, effective, released
from quizapp.services.versions import Row, Version, get_content_ids, get_versions, published, published_by_id

A_PAGE = 20
"""Misses on a page."""
NO_CAUSE = "none"
"""The filter for misses that were given no cause."""


@dataclass(frozen=True)
class Missed:
    """A question that was missed, by its latest miss.

    `lead_in` and `told` are HTML. `times`: how often it was missed; `right_since`: the day on which this very question
    was last answered right after that. `next_day`: when its objective is asked about again, None if that is not
    scheduled. `lesson`: “slug#anchor” of the paragraph that explains it, "" if none does.
    """

    presentation_id: int
    part: str
    place: Place
    on: dt.date
    topic: str
    lead_in: str
    told: tuple[Told, ...]
    sure: bool
    cause: str | None
    times: int
    right_since: dt.date | None
    next_day: dt.date | None
    lesson: str
    lesson_title: str


@dataclass(frozen=True)
class TopicMissed:
    slug: str
    title: str
    missed: int


@dataclass(frozen=True)
class ErrorLog:
    """A page of the error log: those answered “sure” that were not answered right since, then the rest by date.

    `topics` and `causes` (NO_CAUSE among them) count all misses, `total` those that fit the filters.
    """

    missed: tuple[Missed, ...]
    total: int
    page: int
    pages: int
    topics: tuple[TopicMissed, ...]
    causes: Mapping[str, int]

    @property
    def all_missed(self) -> int:
        return sum(self.causes.values())


@dataclass(frozen=True)
class Deck:
    """The misses as cards for Anki; `left_out` of them cannot be asked without their drawing."""

    text: str
    cards: int
    left_out: int


def get_error_log(session: Session, actor: Actor, *, topic: str = "", cause: str = "", page: int = 1) -> ErrorLog:
    """One page, narrowed to a topic (slug) and a cause; a page that is not there gives the nearest."""
    counts = run(session, _COUNTS, {"learner": actor.id}).all()
    topics = published_by_id(session, {row.topic_id for row in counts})
    wanted = get_content_ids(session, "topic", [topic]).get(topic) if topic else None
    fit = [row for row in counts if topic in ("", _slug(topics, row.topic_id)) and cause in ("", row.cause or NO_CAUSE)]
    total = sum(row.missed for row in fit)
    pages = max(-(-total // A_PAGE), 1)
    page = min(max(page, 1), pages)
    query = _MISSED
    if wanted is not None:
        query = query.where(Response.topic_id == wanted)
    if cause:
        query = query.where(MissCause.cause.is_(None) if cause == NO_CAUSE else MissCause.cause == cause)
    query = query.limit(A_PAGE).offset((page - 1) * A_PAGE)
    rows = run(session, query, {"learner": actor.id}).all() if total else []
    by_topic = Counter[int]()
    by_cause = Counter[str]()
    for row in counts:
        by_topic[row.topic_id] += row.missed
        by_cause[row.cause or NO_CAUSE] += row.missed
    return ErrorLog(
        missed=_missed(session, rows, topics),
        total=total,
        page=page,
        pages=pages,
        topics=tuple(
            TopicMissed(version.slug, version.body["title"], by_topic[topic_id])
            for topic_id, version in sorted(topics.items(), key=lambda pair: pair[1].body["order"])
        ),
        causes={name: by_cause[name] for name in (*CAUSES, NO_CAUSE)},
    )


def get_deck(session: Session, actor: Actor) -> Deck:
    """All misses as cards. Questions kept for examinations that count stay here."""
    rows = run(session, _MISSED, {"learner": actor.id}).all()
    versions = get_versions(session, {row.version_id for row in rows})
    topics = published_by_id(session, {row.topic_id for row in rows})
    pairs = [(row, versions[row.version_id]) for row in rows]
    asked = [(row, version) for row, version in pairs if version.body.get("pool") != "secure"]
    able = [(row, version) for row, version in asked if "figure" not in _part(version, row.part).content]
    sources = _sources(session, [(version, _part(version, row.part)) for row, version in able])
    cards = [_card(row, version, _slug(topics, row.topic_id), sources) for row, version in able]
    return Deck(anki.write(cards), len(cards), len(asked) - len(cards))


def _missed(session: Session, rows: Sequence[Row], topics: Mapping[int, Version]) -> tuple[Missed, ...]:
    versions = get_versions(session, {row.version_id for row in rows})
    objectives = published_by_id(session, {row.objective_id for row in rows})
    taught = where_taught(session)
    titles = {slug: version.body["title"] for slug, version in published(session, "lesson").items()}
    found = []
    for row in rows:
        version = versions[row.version_id]
        part = _part(version, row.part)
        place = taught.get(objectives[row.objective_id].slug) if row.objective_id in objectives else None
        lesson = _lesson(version, part, place)
        found.append(
            Missed(
                presentation_id=row.presentation_id,
                part=row.part,
                place=Place(row.sitting_id, row.position),
                on=row.study_day,
                topic=topics[row.topic_id].body["title"] if row.topic_id in topics else "",
                lead_in=part.content["lead_in"],
                told=_told(version, part, row),
                sure=row.confidence == Confidence.SURE.value,
                cause=row.cause,
                times=row.times,
                right_since=row.right_on if row.right_id is not None and row.right_id > row.response_id else None,
                next_day=row.due,
                lesson=lesson if lesson.partition("#")[0] in titles else "",
                lesson_title=titles.get(lesson.partition("#")[0], ""),
            )
        )
    return tuple(found)


def _lesson(version: Version, part: Part, taught: Taught | None) -> str:
    own = part.content.get("lesson") or version.body.get("lesson") or ""
    return str(own) if own or taught is None else f"{taught.lesson}#{taught.anchor}"


def _told(version: Version, part: Part, row: Row) -> tuple[Told, ...]:
    layout = itemtypes.part_layout(version.body["type"], row.layout, part)
    return told.tell(itemtypes.get(part.type).explain(part.content, layout, row.answer))


def _part(version: Version, part_id: str) -> Part:
    return next(part for part in version.rendered_parts if part.id == part_id)


def _slug(topics: Mapping[int, Version], topic_id: int) -> str:
    return topics[topic_id].slug if topic_id in topics else ""


def _facts(version: Version, part: Part) -> list[str]:
    return list(part.content.get("facts") or version.body.get("facts") or ())


def _sources(session: Session, asked: Iterable[tuple[Version, Part]]) -> dict[str, tuple[str, ...]]:
    """Fact → its sources in a few words, all read at once."""
    facts = published(session, "fact", {slug for version, part in asked for slug in _facts(version, part)})
    read = {slug: [source["reference"] for source in fact.body.get("sources", ())] for slug, fact in facts.items()}
    references = published(session, "reference", {name for names in read.values() for name in names})
    return {
        slug: tuple(references[name].body["short"] for name in names if name in references)
        for slug, names in read.items()
    }


def _card(row: Row, version: Version, topic: str, sources: Mapping[str, tuple[str, ...]]) -> anki.Card:
    part = _part(version, row.part)
    layout = itemtypes.part_layout(version.body["type"], row.layout, part)
    content = itemtypes.filled(part, layout)
    face = itemtypes.get(part.type).show(content, layout, None)
    vignette = version.rendered.get("stem", "") if len(version.parts) > 1 else ""
    texts = (vignette, content.get("reveal"), content.get("stem"), f"<p><b>{content['lead_in']}</b></p>")
    front = "".join(text for text in texts if text) + _offered(face)
    named = dict.fromkeys(name for fact in _facts(version, part) for name in sources.get(fact, ()))
    back = "".join(_answer(one) for one in _told(version, part, row))
    back += f"<p>{content['take_home']}</p>" if content.get("take_home") else ""
    back += content.get("explanation") or ""
    if named:
        back += f"<p><small>Sources: {escape('; '.join(named))}</small></p>"
    return anki.Card(
        f"quizapp-{version.slug}-{part.id}", front, back, (f"quizapp::{topic}",) if topic else ("quizapp",)
    )


def _offered(face: Mapping[str, Any]) -> str:
    """What a question offers besides its words: options, rows and choices, a text with gaps."""
    lists = [value for name, value in face.items() if name != "pieces" and isinstance(value, list) and value]
    named = [value for value in lists if all(isinstance(entry, dict) and "text" in entry for entry in value)]
    html = "".join("<ul>" + "".join(f"<li>{entry['text']}</li>" for entry in value) + "</ul>" for value in named)
    gaps = (piece["html"] if piece["blank"] is None else _gap(piece["blank"]) for piece in face.get("pieces", ()))
    return "".join(gaps) + html


def _gap(blank: Mapping[str, Any]) -> str:
    options = " / ".join(option["text"] for option in blank["options"] or ())
    return f"<b>[{blank['token']}{': ' + options if options else ''}]</b>"


def _answer(one: Told) -> str:
    about = f"<div>{one.about}</div>" if one.about else ""
    yours = f"<p><i>You answered: {one.given}</i></p>{one.given_why}" if one.given and not one.right else ""
    return f"{about}<p><b>{one.key}</b></p>{one.why}{yours}"


_missed_mark = effective.c.earned < effective.c.possible
_met = (
    sa.select(
        sa.func.sum(sa.case((_missed_mark, 1), else_=0)).label("times"),
        sa.func.max(sa.case((_missed_mark, Response.id))).label("missed_id"),
        sa.func.max(sa.case((~_missed_mark, Response.id))).label("right_id"),
        sa.func.max(sa.case((~_missed_mark, Response.study_day))).label("right_on"),
    )
    .join(effective, effective.c.id == Response.id)
    .join(Presentation, Presentation.id == Response.presentation_id)
    .join(Sitting, Sitting.id == Presentation.sitting_id)
    .where(Response.learner_id == sa.bindparam("learner"), Response.answer.is_not(None), released)
    .group_by(Response.content_id, Response.part)
    .having(sa.func.sum(sa.case((_missed_mark, 1), else_=0)) > 0)
    .subquery("met")
)
"""The questions that were missed: how often, the latest miss, and the latest right answer."""

_COUNTS = (
    sa.select(Response.topic_id, MissCause.cause, sa.func.count().label("missed"))
    .select_from(_met)
    .join(Response, Response.id == _met.c.missed_id)
    .outerjoin(MissCause, MissCause.response_id == Response.id)
    .group_by(Response.topic_id, MissCause.cause)
)
_still_sure = sa.and_(
    Response.confidence == Confidence.SURE.value, sa.func.coalesce(_met.c.right_id, 0) < _met.c.missed_id
)
_MISSED = (
    sa.select(
        Response.id.label("response_id"),
        Response.presentation_id,
        Response.part,
        Response.objective_id,
        Response.topic_id,
        Response.answer,
        Response.confidence,
        Response.study_day,
        Presentation.version_id,
        Presentation.layout,
        Presentation.sitting_id,
        Presentation.position,
        _met.c.times,
        _met.c.right_id,
        _met.c.right_on,
        MissCause.cause,
        Memory.due,
    )
    .select_from(_met)
    .join(Response, Response.id == _met.c.missed_id)
    .join(Presentation, Presentation.id == Response.presentation_id)
    .outerjoin(MissCause, MissCause.response_id == Response.id)
    .outerjoin(Memory, sa.and_(Memory.learner_id == Response.learner_id, Memory.objective_id == Response.objective_id))
    .order_by(sa.case((_still_sure, 0), else_=1), Response.study_day.desc(), _met.c.missed_id.desc())
)
