"""A learner who uses the services as the pages do, and knows the key when a test wants a right or a wrong answer."""

from __future__ import annotations

import datetime as dt
import itertools
import secrets
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.grading import Confidence
from quizapp.core.preferences import Choices
from quizapp.db.models import ContentVersion, Item, Presentation
from quizapp.db.session import writing
from quizapp.services import accounts, answering, asking, showing
from quizapp.services.accounts import Actor
from quizapp.services.answering import Answered, HandedBack, Submission
from quizapp.services.composing import BlockPlan

_numbers = itertools.count(1)
MONDAY = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)


def only_single_best_answers(session: Session) -> None:
    """Leave one type of question, all of it for practice, so that a test can answer right or wrong at will."""
    with writing(session):
        session.execute(sa.delete(Item).where(Item.type != "single_best_answer"))
        session.execute(sa.update(Item).values(pool="practice"))


@dataclass
class Learner:
    """One person in one browser; `on(session)` gives the same person in another."""

    session: Session
    actor: Actor

    @classmethod
    def new(cls, session: Session, zone: str = "UTC") -> Learner:
        email = f"learner-{next(_numbers)}-{secrets.token_hex(4)}@example.org"
        user_id = accounts.create_user(
            session, email=email, name="Learner", roles=["student"], password_hash="none", now=MONDAY
        )
        return cls(session, Actor(user_id, email, "Learner", frozenset({"student"}), Choices(zone=zone), "test"))

    def on(self, session: Session) -> Learner:
        return replace(self, session=session)

    def start(self, now: dt.datetime = MONDAY, key: str | None = None, seed: int = 7, **plan: object) -> int:
        """Start a block; new questions are spent freely unless the plan says otherwise."""
        wanted = BlockPlan(**{"spend_freely": True, **plan})  # type: ignore[arg-type]
        key = key or secrets.token_hex(8)
        return asking.start(self.session, self.actor, wanted, key=key, title="A block", now=now, seed=seed)

    def question(self, sitting_id: int, position: int = 0, now: dt.datetime = MONDAY) -> showing.Question:
        self.session.rollback()  # see what others have committed
        return showing.get_question(self.session, self.actor, sitting_id, position, now)

    def submission(self, presentation_id: int, *, right: bool, confidence: Confidence | None = None) -> Submission:
        """What the form of a single best answer sends."""
        body, layout = self.session.execute(
            sa.select(ContentVersion.body, Presentation.layout)
            .join(ContentVersion, ContentVersion.id == Presentation.version_id)
            .where(Presentation.id == presentation_id)
        ).one()
        keys = {option["id"] for option in body["options"] if option.get("key")}
        token = next(str(i + 1) for i, name in enumerate(layout["options"]) if (name in keys) is right)
        return Submission(part="1", fields={"choice": [token]}, confidence=confidence)

    def answer(
        self,
        presentation_id: int,
        now: dt.datetime = MONDAY,
        *,
        right: bool = True,
        confidence: Confidence | None = None,
    ) -> Answered | HandedBack:
        submission = self.submission(presentation_id, right=right, confidence=confidence)
        return answering.answer(self.session, self.actor, presentation_id, submission, now)

    def work_through(self, sitting_id: int, now: dt.datetime = MONDAY, *, right: bool = True) -> int:
        """Answer a practice block to its end; returns how many questions it had."""
        for position in itertools.count():
            answered = self.answer(self.question(sitting_id, position, now).presentation_id, now, right=right)
            assert isinstance(answered, Answered)
            if showing.next_position(self.session, self.actor, sitting_id) is None:
                return position + 1
        raise AssertionError("unreachable")
