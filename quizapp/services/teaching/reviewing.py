"""Looking an exam over before it is released: who has sat it, what is decided about its questions, letting it go."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import Unfit
from quizapp.core.windows import Allowance
from quizapp.db.models import (
    Accommodation,
    Assignment,
    CohortMember,
    Presentation,
    Ruling,
    Sitting,
    table,
)
from quizapp.db.session import retrying, writing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.teaching import assignments, marks, questions
from quizapp.services.teaching.assignments import EXAM, NEVER, RELEASED, Given
from quizapp.services.teaching.questions import Looked

CHOICES = ("keep", "drop", "bonus", "credit")
LONGEST_REASON = 500


class NotYet(Exception):
    """It cannot be released now; the sentence says why."""


@dataclass(frozen=True)
class Live:
    """Who has done what. `all_end`: when the last window closes, with more time and days late; `missing`: members who
    have not handed in."""

    members: int
    running: int
    handed_in: int
    missing: int
    all_end: dt.datetime


@dataclass(frozen=True)
class Review:
    given: Given
    live: Live
    questions: tuple[Looked, ...]
    percents: tuple[float, ...]


def get_review(session: Session, actor: Actor, assignment_id: int) -> Review:
    """An exam with its questions and the marks of all. Raises LookupError."""
    given = assignments.get_given(session, actor, assignment_id)
    sat = marks.firsts(marks.list_sat(session, Sitting.assignment_id == assignment_id))
    percents = [100 * one.earned / one.possible for one in sat.values() if one.handed_in and one.possible]
    return Review(
        given,
        get_live(session, given),
        questions.list_looked(session, assignment_id) if given.wanted.kind == EXAM else (),
        tuple(sorted(percents)),
    )


def get_live(session: Session, given: Given) -> Live:
    """Who has begun and handed in, and when the last window closes. The caller has made sure that one may know it."""
    members = set(
        session.scalars(
            sa.select(CohortMember.learner_id).where(
                CohortMember.cohort_id == given.cohort_id, CohortMember.left_at.is_(None)
            )
        )
    )
    rows = session.execute(
        sa.select(Sitting.learner_id, sa.func.count(Sitting.closed_at).label("closed"), sa.func.count().label("begun"))
        .where(Sitting.assignment_id == given.id)
        .group_by(Sitting.learner_id)
    ).all()
    handed_in = {row.learner_id for row in rows if row.closed}
    return Live(
        members=len(members),
        running=sum(row.begun > row.closed for row in rows),
        handed_in=len(handed_in),
        missing=len(members - handed_in),
        all_end=_all_end(session, given),
    )


def _all_end(session: Session, given: Given) -> dt.datetime:
    longest = session.execute(
        sa.select(Accommodation.time_percent, Accommodation.break_minutes)
        .join(CohortMember, CohortMember.learner_id == Accommodation.user_id)
        .where(CohortMember.cohort_id == given.cohort_id, CohortMember.left_at.is_(None))
        .distinct()
    )
    allowances = [Allowance(), *(Allowance(row.time_percent, row.break_minutes) for row in longest)]
    late = given.wanted.late_days
    return max(given.window.stretched(allowance).later(late).closes_at() for allowance in allowances)


def release(session: Session, actor: Actor, assignment_id: int, now: dt.datetime) -> None:
    """Let learners see what was to be shown after the window. Twice is harmless; it cannot be taken back.

    Raises NotYet while somebody may still sit it and where nobody has, LookupError for anything that is no exam of a
    cohort one teaches.
    """

    def deed() -> None:
        with writing(session):
            given = assignments.hold(session, actor, assignment_id)
            if given.wanted.kind != EXAM or given.state == assignments.DRAFT:
                raise LookupError(assignment_id)
            if given.state == RELEASED:
                return
            live = get_live(session, given)
            if not live.handed_in and not live.running and (now >= live.all_end or not live.members):
                nobody = "Nobody has sat it" if live.members else "Nobody is in the cohort"
                raise NotYet(f"{nobody}, so there is nothing to release.")
            if live.running:
                raise NotYet("Somebody is still sitting it. What has expired is closed within a minute.")
            if now < live.all_end and live.missing:
                raise NotYet(
                    "Somebody may still begin it: its window is open, for some perhaps longer than for others."
                )
            values = {"state": RELEASED, "released_at": now, "closed_at": given.closed_at or now}
            session.execute(sa.update(Assignment).where(Assignment.id == assignment_id).values(**values))
            if given.wanted.show_keys != NEVER:
                session.execute(
                    sa.update(table(Sitting))
                    .where(
                        Sitting.assignment_id == assignment_id,
                        Sitting.closed_at.is_not(None),
                        Sitting.released_at.is_(None),
                    )
                    .values(released_at=now)
                )
            auditing.record(
                session,
                actor_id=actor.id,
                deed="release results",
                subject=("assignment", assignment_id),
                details={"cut_percent": given.wanted.cut_percent, "standard": given.wanted.standard},
                now=now,
            )

    retrying(deed)


def rule(
    session: Session, actor: Actor, assignment_id: int, content_id: int, choice: str, reason: str, now: dt.datetime
) -> None:
    """Decide what a question counts for in this exam; the newest decision holds. Raises Unfit, LookupError."""
    reason = " ".join(reason.split())
    if choice not in CHOICES:
        raise Unfit({"choice": "Choose one of the four."})
    if choice != "keep" and not reason:
        raise Unfit({"reason": "Say why; learners read it beside the question."})
    if len(reason) > LONGEST_REASON:
        raise Unfit({"reason": f"Keep the reason within {LONGEST_REASON} characters."})

    def deed() -> None:
        with writing(session):
            given = assignments.hold(session, actor, assignment_id)
            asked = sa.select(Presentation.id).join(Sitting).where(
                Sitting.assignment_id == assignment_id, Presentation.content_id == content_id
            )  # fmt: skip
            if given.wanted.kind != EXAM or session.scalar(asked.limit(1)) is None:
                raise LookupError(content_id)
            row = {"assignment_id": assignment_id, "content_id": content_id, "choice": choice, "reason": reason}
            session.execute(sa.insert(table(Ruling)), row | {"by_id": actor.id, "at": now})
            auditing.record(
                session,
                actor_id=actor.id,
                deed="rule on question",
                subject=("assignment", assignment_id),
                details={"content": content_id, "choice": choice, "reason": reason},
                now=now,
            )

    retrying(deed)
