"""A class for tests: an instructor, a cohort, learners in it, and assignments made through the services."""

from __future__ import annotations

import datetime as dt
import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import Choices
from quizapp.db.models import Cohort, ContentVersion, Presentation
from quizapp.services import accounts, answering, examining, showing
from quizapp.services.accounts import Actor
from quizapp.services.answering import Submission
from quizapp.services.teaching import assigning, cohorts, joining, tasks
from quizapp.services.teaching.assignments import Wanted
from tests.integration.learners import MONDAY, Learner

_numbers = itertools.count(1)
ZONE = "Europe/Vienna"
OPENS = dt.datetime(2026, 11, 23, 9)
CLOSES = dt.datetime(2026, 11, 23, 12)
"""By the wall of ZONE: from eight to eleven in UTC."""
NINE_THIRTY = dt.datetime(2026, 11, 23, 8, 30, tzinfo=dt.UTC)
AFTERWARDS = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)


def instructor(session: Session, name: str = "Teacher") -> Actor:
    email = f"teacher-{next(_numbers)}-{secrets.token_hex(4)}@example.org"
    user_id = accounts.create_user(
        session, email=email, name=name, roles=["instructor"], password_hash="none", now=MONDAY
    )
    return Actor(user_id, email, name, frozenset({"instructor"}), Choices(zone=ZONE), "test")


@dataclass
class Class:
    """A cohort with its instructor."""

    session: Session
    teacher: Actor
    cohort: int
    learners: list[Learner] = field(default_factory=list)

    @classmethod
    def new(cls, session: Session, learners: int = 0) -> Class:
        teacher = instructor(session)
        made = cls(session, teacher, cohorts.open_cohort(session, teacher, "Psychiatry rotation", ZONE, MONDAY))
        for _ in range(learners):
            made.join(Learner.new(session))
        return made

    def join(self, learner: Learner, *, visible: bool = False) -> Learner:
        code = self.session.scalars(sa.select(Cohort.join_code).where(Cohort.id == self.cohort)).one()
        joining.join(self.session, learner.actor, code or "", practice_visible=visible, now=MONDAY)
        self.learners.append(learner)
        return learner

    def wanted(self, kind: str = "exam", **values: Any) -> Wanted:
        usual: dict[str, Any] = {"title": "An assignment", "opens": OPENS, "closes": CLOSES, "zone": ZONE}
        if kind != "lesson":
            usual["topics"] = {"nassa": 3}
        return Wanted(**{"kind": kind} | usual | values)

    def give(self, kind: str = "exam", now: dt.datetime = MONDAY - dt.timedelta(days=1), **values: Any) -> int:
        """Write and publish an assignment; returns its id."""
        assignment = assigning.save_draft(self.session, self.teacher, self.cohort, self.wanted(kind, **values), now)
        assigning.publish(self.session, self.teacher, assignment, now)
        return assignment

    def sit(
        self, learner: Learner, assignment: int, *, right: int = 0, now: dt.datetime = NINE_THIRTY, hand_in: bool = True
    ) -> int:
        """Begin an exam, answer the first `right` questions right and the others wrong, hand in; the sitting’s id."""
        sitting = tasks.start(self.session, learner.actor, assignment, now)
        for entry in showing.get_navigator(self.session, learner.actor, sitting):
            answer_part(self.session, learner, sitting, entry.position, now, right=entry.position < right)
        if hand_in:
            examining.hand_in(self.session, learner.actor, sitting, now)
        return sitting


def answer_part(
    session: Session, learner: Learner, sitting: int, position: int, now: dt.datetime, *, right: bool
) -> Any:
    """Answer a single best answer at this place, in an exam or a block."""
    question = showing.get_question(session, learner.actor, sitting, position, now)
    sent = submission(session, question.presentation_id, right=right)
    if question.mode.free_order:
        return examining.save(session, learner.actor, question.presentation_id, sent, fix=False, now=now)
    return answering.answer(session, learner.actor, question.presentation_id, sent, now)


def submission(session: Session, presentation_id: int, *, right: bool) -> Submission:
    body, layout = session.execute(
        sa.select(ContentVersion.body, Presentation.layout)
        .join(ContentVersion, ContentVersion.id == Presentation.version_id)
        .where(Presentation.id == presentation_id)
    ).one()
    keys = {option["id"] for option in body["options"] if option.get("key")}
    token = next(str(i + 1) for i, name in enumerate(layout["options"]) if (name in keys) is right)
    return Submission(part="1", fields={"choice": [token]})
