"""New marks for old answers, after a key was changed or a faulty question withdrawn.

The author chose the remedy when the change was published; here it is carried out, one learner a transaction. All work
is found in the tables: an answer is waiting while it has no mark of this change. A kill loses nothing, a second worker
finds what is left. The log is never changed: marks are added beside it (`regrade`), and what is derived of the learner
is folded again with them, so that a replay arrives at the same rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.db.models import ContentVersion, KeyChange, Presentation, Publication, Regrade, Response, Sitting, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import replaying
from quizapp.services.folding import parameters_of
from quizapp.services.sittings import effective
from quizapp.services.versions import Version, get_version

LEAVE, ACCEPT, CREDIT, DROP, BONUS = "leave", "accept", "credit", "drop", "bonus"
REMEDIES = (LEAVE, ACCEPT, CREDIT, DROP, BONUS)
A_ROUND = 100
"""Learners whose marks are renewed between two looks at expired exams."""
ON_THE_WAY = dt.timedelta(minutes=1)
"""An answer that had begun to be stored when the change was published is in the log by then."""


@dataclass(frozen=True)
class Mark:
    """`evidence`: whether the answer still tells what the learner knows."""

    earned: int
    possible: int
    evidence: bool


def remedied(remedy: str, before: Mark, again: Mark | None) -> Mark:
    """The mark of an answer under a remedy. `again`: what it would earn under the new key, None if it cannot be marked
    by it.

    accept: what is right by the old or the new key is right. credit: full marks for all. drop: the question counts for
    nobody. bonus: it counts for those who have full marks, and for nobody else. None but drop can lower anybody.
    """
    if remedy == ACCEPT:
        better = again is not None and again.earned * before.possible > before.earned * again.possible
        return again if again is not None and better else before
    if remedy == CREDIT:
        return Mark(max(before.possible, 1), max(before.possible, 1), evidence=False)
    if remedy == BONUS and before.earned == before.possible:
        return Mark(before.earned, before.possible, evidence=False)
    if remedy in (DROP, BONUS):
        return Mark(0, 0, evidence=False)
    return before


def regrade_due(session: Session, now: dt.datetime, *, limit: int = A_ROUND) -> int:
    """Renew the marks of up to so many learners whose answers wait for it; gives how many they were."""
    done = 0
    changes = session.execute(_UNSETTLED).all()
    session.rollback()
    for change in changes:
        learners = session.scalars(_WAITING.limit(limit - done), _of(change)).all()
        session.rollback()
        for learner_id in learners:
            retrying(partial(_regrade, session, change, learner_id, now))
            done += 1
        if not learners and now - change.at >= ON_THE_WAY:
            retrying(partial(_settle, session, change, now))
        if done >= limit:
            break
    return done


def _regrade(session: Session, change: Any, learner_id: int, now: dt.datetime) -> None:
    with writing(session, Lock(learner=learner_id)):
        waiting = session.execute(_ANSWERS, {**_of(change), "learner": learner_id}).all()
        if not waiting:
            return  # another worker was here
        version = get_version(session, change.new_version_id) if change.remedy == ACCEPT else None
        rows = [
            {
                "response_id": row.id,
                "publication_id": change.publication_id,
                "earned": mark.earned,
                "possible": mark.possible,
                "evidence": mark.evidence,
                "by_id": change.by_id,
                "at": now,
            }
            for row, mark in _marked(change.remedy, waiting, version)
        ]
        session.execute(sa.insert(table(Regrade)), rows)
        replaying.refold(session, learner_id, parameters_of(session, learner_id))


def _marked(remedy: str, rows: Iterable[Any], version: Version | None) -> Iterable[tuple[Any, Mark]]:
    for row in rows:
        before = Mark(row.earned, row.possible, row.evidence)
        yield row, remedied(remedy, before, _mark_again(version, row.part, row.answer))


def _mark_again(version: Version | None, part_id: str, answer: Mapping[str, Any] | None) -> Mark | None:
    """What a stored answer earns by another version; None where that has no such part or option any more."""
    part = next((part for part in version.parts if part.id == part_id), None) if version else None
    if part is None or answer is None:
        return None
    try:
        grade = itemtypes.get(part.type).grade(part.content, dict(answer))
    except (KeyError, ValueError, TypeError, StopIteration):
        return None  # the answer names an option that is gone
    return Mark(grade.earned, grade.possible, evidence=True)


def _settle(session: Session, change: Any, now: dt.datetime) -> None:
    with writing(session):
        of = _of(change)
        open_exam = {"content": of["content"], "line": of["line"]}
        if session.scalar(_WAITING.limit(1), of) is None and session.scalar(_OPEN, open_exam) is None:
            settled = sa.update(table(KeyChange)).where(KeyChange.publication_id == change.publication_id)
            session.execute(settled.values(settled_at=now))


def _of(change: Any) -> dict[str, int]:
    return {"content": change.content_id, "line": change.line, "publication": change.publication_id}


_UNSETTLED = (
    sa.select(
        KeyChange.publication_id,
        KeyChange.content_id,
        KeyChange.line,
        KeyChange.remedy,
        KeyChange.by_id,
        KeyChange.at,
        Publication.new_version_id,
    )
    .join(Publication, Publication.id == KeyChange.publication_id)
    .where(KeyChange.settled_at.is_(None), KeyChange.remedy != LEAVE)
    .order_by(KeyChange.publication_id)
)
_waits = sa.and_(
    Response.content_id == sa.bindparam("content"),
    Response.line == sa.bindparam("line"),
    ~sa.exists().where(Regrade.response_id == Response.id, Regrade.publication_id == sa.bindparam("publication")),
)
_WAITING = sa.select(Response.learner_id).where(_waits).distinct().order_by(Response.learner_id)
_ANSWERS = (
    sa.select(
        Response.id,
        Response.part,
        Response.answer,
        effective.c.earned,
        effective.c.possible,
        effective.c.evidence,
    )
    .join(effective, effective.c.id == Response.id)
    .where(_waits, Response.learner_id == sa.bindparam("learner"))
    .order_by(Response.id)
)
_OPEN = (
    sa.select(Presentation.id)
    .join(Sitting, Sitting.id == Presentation.sitting_id)
    .join(ContentVersion, ContentVersion.id == Presentation.version_id)
    .where(
        Presentation.content_id == sa.bindparam("content"),
        ContentVersion.line == sa.bindparam("line"),
        Sitting.closed_at.is_(None),
        Sitting.deadline.is_not(None),
    )
    .limit(1)
)
"""A question that somebody is being examined with: its answer is still to come."""
