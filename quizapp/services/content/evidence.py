"""The evidence behind every sentence: what a statement rests on, and what rests on it. Reads only, never a key."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Content, Item, Link
from quizapp.services.content.editions import at_edition
from quizapp.services.content.reading import STRENGTH, Aim, Source, sources
from quizapp.services.versions import published

_LABELS = {
    "High": "Strong evidence",
    "Moderate": "Moderate evidence",
    "Low": "Contested: small studies or inference",
    "Disputed": "Contested: good sources disagree",
}
_VERIFIED = {
    "read": "The sources were read for this statement.",
    "textbook": "Undisputed textbook knowledge.",
    "no": "Not yet checked against its source; no question is keyed on it.",
}


@dataclass(frozen=True)
class Mention:
    """A section of a lesson that rests on a statement."""

    slug: str
    title: str
    anchor: str
    section: str


@dataclass(frozen=True)
class Belief:
    belief_html: str
    why_html: str


@dataclass(frozen=True)
class Evidence:
    """A statement of the evidence base, what it rests on, and what rests on it. Questions are counted, never named,
    and those of the secure pool are not even counted."""

    id: str
    statement_html: str
    certainty: str
    strength: str
    strength_label: str
    verified_sentence: str
    sources: tuple[Source, ...]
    last_checked: dt.date
    review_by: dt.date
    region: str
    traps: tuple[Belief, ...]
    lessons: tuple[Mention, ...]
    objectives: tuple[Aim, ...]
    questions: int

    def overdue_sentence(self, today: dt.date) -> str:
        """What a reader should know when the statement should have been looked at again."""
        if self.review_by >= today:
            return ""
        return "This statement was due for a new look and has not had it yet. Check it against a current source."


@dataclass(frozen=True)
class Due:
    """A statement that authors should look at again, with how much rests on it, secure questions included."""

    id: str
    statement_html: str
    review_by: dt.date
    lessons: int
    questions: int


def get_evidence(session: Session, fact_id: str) -> Evidence:
    """A statement of the evidence base. Raises LookupError."""
    return at_edition(session, f"evidence {fact_id}", lambda: _get_evidence(session, fact_id))


def list_known(session: Session) -> frozenset[str]:
    """The ids of all statements that have a page."""
    return at_edition(session, "known evidence", lambda: frozenset(published(session, "fact")))


def list_due(session: Session, by: dt.date) -> tuple[Due, ...]:
    """For authors: the statements whose new look is due before `by`, the longest waiting first."""
    every = at_edition(session, "evidence by review", lambda: _list_by_review(session))
    return tuple(due for due in every if due.review_by < by)


def _list_by_review(session: Session) -> tuple[Due, ...]:
    """Every statement by the day of its review."""
    query = (
        sa.select(Link.target_id, Content.kind, sa.func.count())
        .join(Content, Content.id == Link.source_id)
        .where(Link.role == "fact", Content.kind.in_(("item", "lesson")))
        .group_by(Link.target_id, Content.kind)
    )
    resting = {(target, kind): number for target, kind, number in session.execute(query)}
    every = [
        Due(
            id=fact.slug,
            statement_html=fact.rendered["statement"],
            review_by=dt.date.fromisoformat(fact.body["review_by"]),
            lessons=resting.get((fact.content_id, "lesson"), 0),
            questions=resting.get((fact.content_id, "item"), 0),
        )
        for fact in published(session, "fact").values()
    ]
    return tuple(sorted(every, key=lambda due: (due.review_by, due.id)))


def _get_evidence(session: Session, fact_id: str) -> Evidence:
    version = published(session, "fact", [fact_id]).get(fact_id)
    if version is None:
        raise LookupError(f"fact {fact_id}")
    body = version.body
    resting = _resting_on(session, version.content_id)
    traps = published(session, "trap", resting["trap"])
    objectives = published(session, "objective", resting["objective"])
    return Evidence(
        id=fact_id,
        statement_html=version.rendered["statement"],
        certainty=body["certainty"],
        strength=STRENGTH[body["certainty"]],
        strength_label=_LABELS[body["certainty"]],
        verified_sentence=_VERIFIED[body["verified"]],
        sources=sources(session, [(source["reference"], source["place"] or "") for source in body["sources"]]),
        last_checked=dt.date.fromisoformat(body["last_checked"]),
        review_by=dt.date.fromisoformat(body["review_by"]),
        region=body["region"] or "",
        traps=tuple(Belief(trap.rendered["belief"], trap.rendered["why"]) for trap in traps.values()),
        lessons=_mentions(session, fact_id, resting["lesson"]),
        objectives=tuple(Aim(name, aim.rendered["statement"]) for name, aim in objectives.items()),
        questions=_count_questions(session, version.content_id),
    )


def _resting_on(session: Session, content_id: int) -> dict[str, list[str]]:
    """Slugs by kind."""
    found: dict[str, list[str]] = {"lesson": [], "objective": [], "trap": []}
    query = (
        sa.select(Content.kind, Content.slug)
        .join(Link, Link.source_id == Content.id)
        .where(Link.target_id == content_id, Link.role == "fact", Content.kind.in_(found))
        .order_by(Content.slug)
    )
    for kind, slug in session.execute(query):
        found[kind].append(slug)
    return found


def _count_questions(session: Session, content_id: int) -> int:
    query = (
        sa.select(sa.func.count(sa.distinct(Link.source_id)))
        .join(Item, Item.content_id == Link.source_id)
        .where(Link.target_id == content_id, Link.role == "fact", Item.pool == "practice")
    )
    return session.scalar(query) or 0


def _mentions(session: Session, fact_id: str, slugs: list[str]) -> tuple[Mention, ...]:
    cited = f'href="/evidence/{fact_id}"'
    return tuple(
        Mention(slug, version.body["title"], section["anchor"], section["title"])
        for slug, version in published(session, "lesson", slugs).items()
        for section in version.rendered["sections"]
        if any(cited in part.get("html", "") for part in section["parts"])
    )
