"""The questions that a lesson asks, and those that point into it: what this learner made of them. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import modes
from quizapp.db.models import Content, Presentation, Response, Sitting
from quizapp.db.session import run
from quizapp.services.accounts import Actor
from quizapp.services.sittings import Place, effective, released
from quizapp.services.versions import get_versions


@dataclass(frozen=True)
class Check:
    """An answered question of a lesson."""

    place: Place
    right: bool


@dataclass(frozen=True)
class Miss:
    """A question answered wrong, at the paragraph of a lesson that explains it. `lead_in` is plain text."""

    anchor: str
    lead_in: str
    on: dt.date
    place: Place


def list_checks(session: Session, actor: Actor, lesson: str, day: dt.date) -> dict[str, Check]:
    """The questions of a lesson that the learner answered on this study day, by item."""
    rows = run(session, _CHECKS, {"learner": actor.id, "lesson": lesson, "mode": modes.LESSON.name, "day": day})
    checks: dict[str, Check] = {}
    for row in rows:
        before = checks.get(row.slug)
        right = row.earned == row.possible and (before is None or before.right)
        checks[row.slug] = Check(Place(row.sitting_id, row.position), right)
    return checks


def list_misses(session: Session, actor: Actor, lesson: str) -> tuple[Miss, ...]:
    """Questions that point into this lesson and whose latest answer was wrong, latest first."""
    rows = run(session, _LATEST, {"learner": actor.id}).all()
    versions = get_versions(session, {row.version_id for row in rows})
    misses = []
    for row in rows:
        version = versions[row.version_id]
        part = next((part for part in version.parts if part.id == row.part), None)
        slug, _, anchor = ((part and part.content.get("lesson")) or version.body.get("lesson") or "").partition("#")
        if part is not None and slug == lesson and row.earned < row.possible:
            misses.append(Miss(anchor, part.content["lead_in"], row.study_day, Place(row.sitting_id, row.position)))
    return tuple(misses)


def list_checks_answered(session: Session, actor: Actor, items: Iterable[str]) -> frozenset[str]:
    """Which of these items the learner has answered as a question of a lesson, on any day."""
    answered = (
        sa.select(Content.slug)
        .join(Response, Response.content_id == Content.id)
        .where(
            Content.kind == "item",
            Content.slug.in_(set(items)),
            Response.learner_id == actor.id,
            Response.mode == modes.LESSON.name,
        )
    )
    return frozenset(session.scalars(answered.distinct()))


_CHECKS = (
    sa.select(Content.slug, Presentation.sitting_id, Presentation.position, effective.c.earned, effective.c.possible)
    .join(Response, Response.presentation_id == Presentation.id)
    .join(effective, effective.c.id == Response.id)
    .join(Content, Content.id == Presentation.content_id)
    .join(Sitting, Sitting.id == Presentation.sitting_id)
    .where(
        Sitting.learner_id == sa.bindparam("learner"),
        Response.learner_id == sa.bindparam("learner"),  # else SQLite goes through everybody's answers
        Sitting.mode == sa.bindparam("mode"),
        Sitting.plan["lesson"].as_string() == sa.bindparam("lesson"),
        Presentation.study_day == sa.bindparam("day"),
    )
)
_newest = (
    sa.select(sa.func.max(Response.id).label("id"))
    .where(Response.learner_id == sa.bindparam("learner"))
    .group_by(Response.content_id, Response.part)
    .subquery("newest")
)
_LATEST = (
    sa.select(
        Presentation.version_id,
        Presentation.sitting_id,
        Presentation.position,
        Response.part,
        Response.study_day,
        effective.c.earned,
        effective.c.possible,
    )
    .join(_newest, _newest.c.id == Response.id)
    .join(effective, effective.c.id == Response.id)
    .join(Presentation, Presentation.id == Response.presentation_id)
    .join(Sitting, Sitting.id == Presentation.sitting_id)
    .where(released)
    .order_by(Response.id.desc())
)
