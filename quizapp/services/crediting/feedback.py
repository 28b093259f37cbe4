"""What came of a test of an activity: passed or not and why, and for each question its reason, its references, and how
others answered. Reads only; the number of statements does not grow with the questions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import modes
from quizapp.core.credit import claims
from quizapp.db.models import Participation, Presentation, Response, Sitting
from quizapp.services.accounts import Actor
from quizapp.services.crediting import activities, attempts, claiming, comparing
from quizapp.services.crediting.activities import Edition
from quizapp.services.sittings import effective, verdict
from quizapp.services.versions import Row, Version, get_versions, published


@dataclass(frozen=True)
class Told:
    """One part of a question of a test. Texts are sanitised HTML. `sources`: short names of references; `peers`: how
    many others answered it first and per cent of them right, None where they are too few to say."""

    position: int
    number: int
    part: str
    lead_in: str
    verdict: str
    earned: int
    possible: int
    take_home: str
    explanation: str
    sources: tuple[str, ...]
    peers: tuple[int, int] | None


@dataclass(frozen=True)
class TestResult:
    """`shortfalls`: why it is no pass, empty for a pass; `released`: False while its result waits for the test, then
    `rows` is empty. `exhausted`: questions met before were asked, because no others were left."""

    edition: Edition
    participation_id: int
    purpose: str
    closed: bool
    released: bool
    earned: int
    possible: int
    minimum_percent: int
    shortfalls: tuple[str, ...]
    attempts_left: int
    next_refusal: str
    exhausted: bool
    rows: tuple[Told, ...]
    awaits_peers: bool
    """Whether it was passed before enough others had answered, and one of its questions still has too few."""

    @property
    def passed(self) -> bool:
        return self.closed and not self.shortfalls


def get_result(session: Session, actor: Actor, sitting_id: int, now: dt.datetime) -> TestResult:
    """What came of a sitting of the learner. Raises LookupError for another’s and for one of no activity."""
    sat = session.execute(
        sa.select(
            Sitting.participation_id,
            Sitting.purpose,
            Sitting.mode,
            Sitting.closed_at,
            Sitting.released_at,
            Participation.peers_awaited,
        )
        .join(Participation, Participation.id == Sitting.participation_id)
        .where(Sitting.id == sitting_id, Sitting.learner_id == actor.id)
    ).one_or_none()
    if sat is None:
        raise LookupError(sitting_id)
    taken = claiming.get_taken(session, sat.participation_id)
    edition = activities.get_edition(session, taken.version_id)
    terms = claiming.untested_terms(session, taken.version_id)
    one = next(s for s in attempts.list_sat(session, [taken.id], sat.purpose) if s.sitting_id == sitting_id)
    closed_tests = sum(s.attempt.closed is not None for s in taken.sat)
    refused = claims.refuse_attempt(terms, taken.core, now)
    released = sat.released_at is not None or modes.MODES[sat.mode].feedback_at_once
    shortfalls = claims.shortfalls(terms, one.attempt)
    rows = _rows(session, actor, sitting_id, edition.fewest_peers) if released and sat.closed_at else ()
    too_few = any(row.peers is None for row in rows)
    return TestResult(
        edition=edition,
        participation_id=taken.id,
        purpose=sat.purpose,
        closed=sat.closed_at is not None,
        released=released,
        earned=one.attempt.earned,
        possible=one.attempt.possible,
        minimum_percent=terms.minimum_percent,
        shortfalls=shortfalls,
        attempts_left=max(terms.attempts - closed_tests, 0),
        next_refusal=" ".join(refused.reasons) if refused else "",
        exhausted=one.attempt.exhausted,
        rows=rows,
        awaits_peers=sat.peers_awaited and sat.purpose == attempts.TEST and not shortfalls and too_few,
    )


def _rows(session: Session, actor: Actor, sitting_id: int, fewest_peers: int) -> tuple[Told, ...]:
    answered = session.execute(_ANSWERED, {"sitting": sitting_id, "learner": actor.id}).all()
    versions = get_versions(session, {row.version_id for row in answered})
    sources = _sources(session, versions.values())
    peers = comparing.get_peers(session, versions.values(), fewest_peers)
    return tuple(_told(row, versions[row.version_id], sources, peers) for row in answered)


def _told(
    row: Row,
    version: Version,
    sources: Mapping[tuple[int, str], tuple[str, ...]],
    peers: Mapping[tuple[int, int, str], tuple[int, int]],
) -> Told:
    rendered = next(part.content for part in version.rendered_parts if part.id == row.part)
    return Told(
        position=row.position,
        number=row.position + 1,
        part=row.part,
        lead_in=rendered["lead_in"],
        verdict=verdict(row),
        earned=row.earned,
        possible=row.possible,
        take_home=rendered.get("take_home") or version.rendered.get("take_home") or "",
        explanation=rendered.get("explanation") or "",
        sources=sources.get((version.id, row.part), ()),
        peers=peers.get((version.content_id, version.line, row.part)),
    )


def _sources(session: Session, versions: Iterable[Version]) -> dict[tuple[int, str], tuple[str, ...]]:
    """Version and part → what its key rests on."""
    held = {
        (version.id, part.id): (
            list(part.content.get("facts") or version.body.get("facts", ())),
            list(version.body.get("references", ())),
        )
        for version in versions
        for part in version.parts
    }
    facts = published(session, "fact", {fact for named, _ in held.values() for fact in named})
    read = {
        key: [one["reference"] for fact in named if fact in facts for one in facts[fact].body.get("sources", ())] or own
        for key, (named, own) in held.items()
    }
    references = published(session, "reference", {slug for slugs in read.values() for slug in slugs})
    return {
        key: tuple(references[slug].body["short"] for slug in dict.fromkeys(slugs) if slug in references)
        for key, slugs in read.items()
    }


_ANSWERED = (
    sa.select(
        Presentation.position,
        Presentation.version_id,
        Response.part,
        Response.answer,
        effective.c.earned,
        effective.c.possible,
    )
    .join(Response, Response.presentation_id == Presentation.id)
    .join(effective, effective.c.id == Response.id)
    .where(
        Presentation.sitting_id == sa.bindparam("sitting"),
        Presentation.learner_id == sa.bindparam("learner"),
        Response.learner_id == sa.bindparam("learner"),
    )
    .order_by(Presentation.position, Response.id)
)
