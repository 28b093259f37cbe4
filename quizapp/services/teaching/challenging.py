"""Doubts about a key: “I think this key is wrong because …”, and what is answered.

A doubt is raised once the keys of an exam are released. It is read by those who teach the cohort, with its name; other
learners who sat the exam read it without one, once it is answered.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import Unfit
from quizapp.db.models import Challenge, Presentation, User, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.teaching import assignments
from quizapp.services.teaching.tasks import get_task

LONGEST = 2_000


@dataclass(frozen=True)
class Thread:
    """One doubt and what was answered, "" while nothing was. `own`: the reader’s. `name`: for those who teach."""

    id: int
    content_id: int
    reason: str
    at: dt.datetime
    answer: str
    answered_at: dt.datetime | None
    own: bool
    name: str


def list_threads(session: Session, assignment_id: int, *, reader_id: int) -> dict[int, tuple[Thread, ...]]:
    """Doubts by question as a learner reads them: the own ones, and those of others that were answered, nameless."""
    found = defaultdict(list)
    for row in session.execute(_THREADS, {"assignment": assignment_id}):
        own = row.learner_id == reader_id
        if own or row.answered_at is not None:
            found[row.content_id].append(
                Thread(row.id, row.content_id, row.reason, row.at, row.answer, row.answered_at, own, "")
            )
    return {content_id: tuple(threads) for content_id, threads in found.items()}


def list_all(session: Session, actor: Actor, assignment_id: int) -> tuple[Thread, ...]:
    """All doubts of an exam for those who teach it, the unanswered ones first. Raises LookupError."""
    assignments.get_given(session, actor, assignment_id)
    rows = session.execute(_THREADS, {"assignment": assignment_id})
    threads = [
        Thread(
            row.id,
            row.content_id,
            row.reason,
            row.at,
            row.answer,
            row.answered_at,
            own=False,
            name=row.name or row.email,
        )
        for row in rows
    ]
    return tuple(sorted(threads, key=lambda one: (one.answered_at is not None, one.content_id, one.id)))


def challenge(session: Session, actor: Actor, assignment_id: int, position: int, reason: str, now: dt.datetime) -> None:
    """Say why a key is thought wrong; once for each question, sending it again changes nothing.

    Raises Unfit for an empty or endless reason, LookupError while the keys are held back and for anybody else’s.
    """
    reason = reason.strip()
    if not reason:
        raise Unfit({"reason": "Say why you think that the key is wrong."})
    if len(reason) > LONGEST:
        raise Unfit({"reason": f"This has {len(reason):,} characters; {LONGEST:,} are read. Please shorten it."})

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            task = get_task(session, actor, assignment_id, now)
            content_id = asked_at(session, task.first.sitting_id, position) if task.first else None
            if content_id is None or not task.shows("keys"):
                raise LookupError(assignment_id)
            held = sa.select(Challenge.id).where(
                Challenge.assignment_id == assignment_id,
                Challenge.content_id == content_id,
                Challenge.learner_id == actor.id,
            )
            if session.scalar(held) is None:
                row = {
                    "assignment_id": assignment_id,
                    "content_id": content_id,
                    "learner_id": actor.id,
                    "reason": reason,
                    "at": now,
                    "answer": "",
                }
                session.execute(sa.insert(table(Challenge)), row)

    retrying(deed)


def asked_at(session: Session, sitting_id: int, position: int) -> int | None:
    """The question at this place of a sitting."""
    return session.scalar(
        sa.select(Presentation.content_id).where(
            Presentation.sitting_id == sitting_id, Presentation.position == position, ~Presentation.replaced
        )
    )


def answer(session: Session, actor: Actor, challenge_id: int, text: str, now: dt.datetime) -> int:
    """Answer a doubt, or change the answer; returns its assignment. Raises Unfit, LookupError."""
    text = text.strip()
    if not text:
        raise Unfit({"answer": "Write what the learner should know."})
    if len(text) > LONGEST:
        raise Unfit({"answer": f"This has {len(text):,} characters; keep it within {LONGEST:,}."})

    def deed() -> int:
        with writing(session):
            found = session.execute(
                sa.select(Challenge.assignment_id, Challenge.content_id).where(Challenge.id == challenge_id)
            ).one_or_none()
            if found is None:
                raise LookupError(challenge_id)
            assignments.hold(session, actor, found.assignment_id)
            values = {"answer": text, "answered_by_id": actor.id, "answered_at": now}
            session.execute(sa.update(Challenge).where(Challenge.id == challenge_id).values(**values))
            auditing.record(
                session,
                actor_id=actor.id,
                deed="answer challenge",
                subject=("assignment", found.assignment_id),
                details={"challenge": challenge_id, "content": found.content_id},
                now=now,
            )
            return int(found.assignment_id)

    return retrying(deed)


def assignment_of(session: Session, actor: Actor, challenge_id: int) -> int:
    """The exam a doubt belongs to. Raises LookupError for one of a cohort this person does not teach."""
    assignment_id = session.scalar(sa.select(Challenge.assignment_id).where(Challenge.id == challenge_id))
    if assignment_id is None:
        raise LookupError(challenge_id)
    return assignments.get_given(session, actor, assignment_id).id


_THREADS = (
    sa.select(*table(Challenge).c, User.name, User.email)
    .join(User, User.id == Challenge.learner_id)
    .where(Challenge.assignment_id == sa.bindparam("assignment"))
    .order_by(Challenge.id)
)
