"""What an author may choose from: objectives, sections, figures, facts, references, traps, questions. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import wording
from quizapp.core.wording import plain_day
from quizapp.db.models import Content
from quizapp.services.accounts import Actor
from quizapp.services.authoring.scope import banks_of
from quizapp.services.content.editions import at_edition
from quizapp.services.versions import Version, natural, published

MOST_FOUND = 12
LONGEST_QUERY = 200


@dataclass(frozen=True)
class Offered:
    """One of the things to choose from; `group` is what it stands under."""

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True)
class Found:
    """An entry that may be picked. `text` is plain; `about` says what else is to be known before picking it.

    `strength` is that of a fact (High, Moderate, Low, Disputed), "" for others. `refusal` says why no key that counts
    may rest on it, `overdue` that its review date has passed; both are "" where nothing stands against it.
    """

    id: str
    text: str
    about: str = ""
    strength: str = ""
    refusal: str = ""
    overdue: str = ""


def objectives(session: Session) -> tuple[Offered, ...]:
    """All objectives by topic, in teaching order."""

    def build() -> tuple[Offered, ...]:
        topics = _topics(session)
        rows = [
            (topics.get(one.body["topic"], (99, one.body["topic"])), one)
            for one in published(session, "objective").values()
        ]
        rows.sort(key=lambda row: (row[0], natural(row[1].slug)))
        return tuple(Offered(one.slug, f"{one.slug}  {one.body['statement']}", title) for (_, title), one in rows)

    return at_edition(session, "offered objectives", build)


def sections(session: Session) -> tuple[Offered, ...]:
    """All sections of lessons, by lesson, in their order."""

    def build() -> tuple[Offered, ...]:
        lessons = sorted(published(session, "lesson").values(), key=lambda one: (one.body["order"], one.slug))
        return tuple(
            Offered(f"{lesson.slug}#{section['anchor']}", section["title"], lesson.body["title"])
            for lesson in lessons
            for section in lesson.rendered["sections"]
        )

    return at_edition(session, "offered sections", build)


def figures(session: Session) -> tuple[Offered, ...]:
    """All published figures."""

    def build() -> tuple[Offered, ...]:
        return tuple(Offered(slug, one.body["title"]) for slug, one in published(session, "figure").items())

    return at_edition(session, "offered figures", build)


def traps(session: Session) -> tuple[Offered, ...]:
    """All common wrong beliefs."""

    def build() -> tuple[Offered, ...]:
        return tuple(Offered(slug, _plain(one.body["belief"])) for slug, one in published(session, "trap").items())

    return at_edition(session, "offered traps", build)


def find(session: Session, actor: Actor, kind: str, query: str, today: dt.date) -> tuple[Found, ...]:
    """Entries of a kind (fact, reference, objective, item) by id or words, best first; at most MOST_FOUND.

    Questions are found in the actor’s own banks only. Raises KeyError for another kind.
    """
    query = wording.tidy(query)[:LONGEST_QUERY]
    wanted = wording.terms(query)
    if not wanted:
        return ()
    scored = []
    for one, terms in _entries(session, actor, kind):
        named = one.slug.casefold() == query.casefold()
        begun = one.slug.casefold().startswith(query.casefold())
        hits = sum(any(term == word or (len(term) > 2 and word.startswith(term)) for word in terms) for term in wanted)
        if named or begun or hits == len(wanted):
            scored.append(((not named, not begun, -hits), one))
    scored.sort(key=lambda row: (row[0], row[1].slug))
    return tuple(_DESCRIBED[kind](one, today) for _, one in scored[:MOST_FOUND])


def look_up(session: Session, actor: Actor, kind: str, ids: Iterable[str], today: dt.date) -> dict[str, Found]:
    """Entries of a kind by id; what is unknown, or not for the actor to see, is missing. Raises KeyError."""
    wanted = set(ids)
    if not wanted:
        return {}
    described = _DESCRIBED[kind]
    allowed = _own_items(session, actor) if kind == "item" else None
    return {
        slug: described(one, today)
        for slug, one in published(session, kind, wanted).items()
        if allowed is None or slug in allowed
    }


def _entries(session: Session, actor: Actor, kind: str) -> list[tuple[Version, frozenset[str]]]:
    def build() -> list[tuple[Version, frozenset[str]]]:
        return [(one, frozenset(wording.terms(_text_of(one)))) for one in published(session, kind).values()]

    if kind not in _DESCRIBED:
        raise KeyError(kind)
    entries = at_edition(session, f"offered {kind}", build)
    if kind != "item":
        return entries
    allowed = _own_items(session, actor)
    return [row for row in entries if row[0].slug in allowed]


def _own_items(session: Session, actor: Actor) -> frozenset[str]:
    banks = [bank.id for bank in banks_of(session, actor)]
    slugs = sa.select(Content.slug).where(Content.kind == "item", Content.home_id.in_(banks))
    return frozenset(session.scalars(slugs)) if banks else frozenset()


def _topics(session: Session) -> dict[str, tuple[int, str]]:
    return {slug: (one.body["order"], one.body["title"]) for slug, one in published(session, "topic").items()}


def _text_of(one: Version) -> str:
    texts = [str(one.body.get(name) or "") for name in ("statement", "citation", "short", "lead_in", "stem", "region")]
    return " ".join([one.slug, *texts])


def _plain(text: str) -> str:
    return " ".join(text.replace("**", "").replace("*", "").split())


def _fact(one: Version, today: dt.date) -> Found:
    body = one.body
    verified = {"read": "source read", "textbook": "textbook", "no": "source not read"}[body["verified"]]
    due = dt.date.fromisoformat(body["review_by"])
    about = [body["certainty"].lower(), verified, f"review by {plain_day(due)}"]
    return Found(
        id=one.slug,
        text=_plain(body["statement"]),
        about=" · ".join(about + ([body["region"]] if body["region"] else [])),
        strength=body["certainty"],
        refusal=_refusal(body["certainty"], body["verified"]),
        overdue="Its review date has passed; check it against a current source." if due < today else "",
    )


def _refusal(certainty: str, verified: str) -> str:
    """As the gate of `crosscheck.why_not_for_credit` judges, in words for whoever picks."""
    if certainty == "Disputed":
        return "Good sources disagree about it: no key that counts may rest on it."
    if certainty == "Low":
        return "It rests on small studies or inference: no key that counts may rest on it."
    return "Its source was not read: no key that counts may rest on it." if verified == "no" else ""


def _reference(one: Version, today: dt.date) -> Found:
    return Found(one.slug, one.body["citation"])


def _objective(one: Version, today: dt.date) -> Found:
    return Found(one.slug, f"You can {_plain(one.body['statement'])}", one.body["bloom"])


def _item(one: Version, today: dt.date) -> Found:
    return Found(one.slug, _plain(one.body.get("lead_in") or one.body.get("stem") or ""), one.body["objective"])


_DESCRIBED: dict[str, Callable[[Version, dt.date], Found]] = {
    "fact": _fact,
    "reference": _reference,
    "objective": _objective,
    "item": _item,
}
