"""What a changed key means for the answers given before: foretold before it is published, counted afterwards."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import modes
from quizapp.db.models import (
    Content,
    ContentVersion,
    KeyChange,
    Presentation,
    Regrade,
    Response,
    Sitting,
    User,
)
from quizapp.services.accounts import Actor
from quizapp.services.authoring.scope import get_entry

MOST_EXAMS = 20
"""Exams that are named; of more only the number is told."""


@dataclass(frozen=True)
class Exam:
    """Exams of one title that asked the question: by how many learners it was sat, and to how many its marks were
    shown already."""

    title: str
    learners: int
    released: int


@dataclass(frozen=True)
class Affected:
    """The answers to one statistics line. `open`: learners who are being examined with the question now."""

    responses: int = 0
    learners: int = 0
    open: int = 0
    exams: tuple[Exam, ...] = ()

    @property
    def anything(self) -> bool:
        return bool(self.responses or self.open)


@dataclass(frozen=True)
class Outcome:
    """What a change has done so far. Numbers of answers; `waiting` have no new mark yet. `settled_at` None: more may
    come. `left_out`: the question counts no more for these."""

    publication_id: int
    content_id: int
    kind: str
    slug: str
    remedy: str
    reason: str
    by: str
    at: dt.datetime
    settled_at: dt.datetime | None
    responses: int
    renewed: int
    raised: int
    lowered: int
    left_out: int
    learners: int

    @property
    def waiting(self) -> int:
        return self.responses - self.renewed if self.remedy != "leave" else 0


def foresee(session: Session, content_id: int, line: int) -> Affected:
    """Whom a change of the key of this statistics line would concern. Reads only."""
    counts = session.execute(
        sa.select(sa.func.count(), sa.func.count(sa.distinct(Response.learner_id))).where(
            Response.content_id == content_id, Response.line == line
        )
    ).one()
    sat_by = sa.func.count(sa.distinct(Sitting.learner_id))
    exams = (
        sa.select(
            Sitting.title,
            sat_by.label("learners"),
            sa.func.count(sa.distinct(Sitting.id)).filter(Sitting.released_at.is_not(None)).label("released"),
            sa.func.count(sa.distinct(Sitting.id)).filter(Sitting.closed_at.is_(None)).label("open"),
        )
        .join(Presentation, Presentation.sitting_id == Sitting.id)
        .join(ContentVersion, ContentVersion.id == Presentation.version_id)
        .where(
            Presentation.content_id == content_id,
            ContentVersion.line == line,
            ~Presentation.replaced,
            Sitting.mode.in_([mode.name for mode in modes.MODES.values() if not mode.feedback_at_once]),
        )
        .group_by(Sitting.title)
        .order_by(sat_by.desc(), Sitting.title)
    )
    rows = session.execute(exams).all()
    named = tuple(Exam(row.title, row.learners, row.released) for row in rows[:MOST_EXAMS])
    return Affected(counts[0], counts[1], sum(row.open for row in rows), named)


def get_outcome(session: Session, actor: Actor, publication_id: int) -> Outcome:
    """What came of a change. Raises LookupError for one that had no consequences to choose, or is not the actor's."""
    row = session.execute(
        sa.select(
            KeyChange,
            Content.kind,
            Content.slug,
            sa.func.coalesce(sa.func.nullif(User.name, ""), User.email).label("by"),
        )
        .join(Content, Content.id == KeyChange.content_id)
        .join(User, User.id == KeyChange.by_id)
        .where(KeyChange.publication_id == publication_id)
    ).one_or_none()
    if row is None:
        raise LookupError(publication_id)
    change = row.KeyChange
    get_entry(session, actor, change.content_id)
    responses = session.scalar(
        sa.select(sa.func.count()).where(Response.content_id == change.content_id, Response.line == change.line)
    )
    # Against the mark given at the time: an earlier change of the same line cannot be, each begins a new one.
    renewed = session.execute(
        sa.select(
            sa.func.count().label("renewed"),
            _count_if(Regrade.earned * Response.possible > Response.earned * Regrade.possible).label("raised"),
            _count_if(Regrade.earned * Response.possible < Response.earned * Regrade.possible).label("lowered"),
            _count_if(Regrade.possible == 0).label("left_out"),
            sa.func.count(sa.distinct(Response.learner_id)).label("learners"),
        )
        .join(Response, Response.id == Regrade.response_id)
        .where(Regrade.publication_id == publication_id)
    ).one()
    return Outcome(
        publication_id,
        change.content_id,
        row.kind,
        row.slug,
        change.remedy,
        change.reason,
        row.by,
        change.at,
        change.settled_at,
        responses or 0,
        renewed.renewed,
        renewed.raised,
        renewed.lowered,
        renewed.left_out,
        renewed.learners,
    )


def changes_of(session: Session, content_id: int) -> dict[int, str]:
    """The remedies that were chosen for an entry, by their publication."""
    rows = session.execute(
        sa.select(KeyChange.publication_id, KeyChange.remedy).where(KeyChange.content_id == content_id)
    )
    return {row.publication_id: row.remedy for row in rows}


def _count_if(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)
