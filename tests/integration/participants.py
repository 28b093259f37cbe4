"""Somebody who takes part in an activity on the content of the repository, through the services the pages use."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Content, Item, Link, Presentation, Published
from quizapp.services import examining
from quizapp.services.crediting import enrolling, profiles, testing
from quizapp.services.crediting.testing import Begun
from quizapp.services.crediting.vault import Vault
from tests.integration.credited import Designated
from tests.integration.learners import MONDAY, Learner

VAULT = Vault(["A" * 43 + "="])
PHYSICIAN = profiles.Wanted("Dr Ana Example", "physician")
NURSE = profiles.Wanted("Ben Example", "nurse")
LESSON = "nassa-mechanism"


def body_of(session: Session, *, objectives: int = 2, each: int = 3, **changes: Any) -> dict[str, Any]:
    """The body of an edition that asks single best answers on so many objectives, `each` on every one of them, none an
    enemy of another."""
    enemies = set(session.scalars(sa.select(Link.source_id).where(Link.role == "enemy")))
    enemies |= set(session.scalars(sa.select(Link.target_id).where(Link.role == "enemy")))
    objective = sa.orm.aliased(Content)
    rows = session.execute(
        sa.select(Content.slug, Item.content_id, Published.version_id, objective.slug, objective.id)
        .join(Content, Content.id == Item.content_id)
        .join(Published, Published.content_id == Item.content_id)
        .join(objective, objective.id == Item.objective_id)
        .where(Item.type == "single_best_answer", Item.content_id.not_in(enemies))
        .order_by(Item.content_id)
    ).all()
    by_objective: dict[tuple[str, int], list[Any]] = {}
    for slug, content_id, version_id, aim, aim_id in rows:
        by_objective.setdefault((aim, aim_id), []).append((slug, content_id, version_id))
    chosen = [(key, held[:each]) for key, held in by_objective.items() if len(held) >= each][:objectives]
    assert len(chosen) == objectives, "the content has too few questions for this test"
    lesson = session.execute(
        sa.select(Content.id, Published.version_id)
        .join(Published, Published.content_id == Content.id)
        .where(Content.kind == "lesson", Content.slug == LESSON)
    ).one()
    return {
        "front": {"title": "How NaSSAs act", "provider": "Institute of Examples", "minutes": 60},
        "lesson": {"slug": LESSON, "content_id": lesson.id, "version_id": lesson.version_id},
        "objectives": [{"slug": aim, "content_id": aim_id, "statement": f"meet {aim}"} for (aim, aim_id), _ in chosen],
        "questions": [
            {"slug": slug, "content_id": content_id, "version_id": version_id, "objective": aim, "signed_by": ""}
            for (aim, _), held in chosen
            for slug, content_id, version_id in held
        ],
        "a_test": objectives,
        "minimum_percent": 70,
        "attempts": 2,
        "cool_down_minutes": 30,
        "pretest": False,
        **changes,
    }


def slug_of(session: Session, activity: Designated) -> str:
    return str(
        session.execute(sa.text("SELECT slug FROM activity WHERE id = :id"), {"id": activity.activity_id}).scalar_one()
    )


@dataclass
class Participant:
    """A learner who is enrolled."""

    session: Session
    learner: Learner
    activity: Designated
    id: int

    @classmethod
    def new(
        cls,
        session: Session,
        activity: Designated,
        wanted: profiles.Wanted = PHYSICIAN,
        now: dt.datetime = MONDAY,
        learner: Learner | None = None,
    ) -> Participant:
        who = learner or Learner.new(session)
        taken = enrolling.enrol(session, VAULT, who.actor, slug_of(session, activity), wanted, now)
        return cls(session, who, activity, taken)

    def begin(self, now: dt.datetime = MONDAY, purpose: str = "test") -> int:
        begun = testing.start(self.session, self.learner.actor, self.id, purpose, now)
        assert isinstance(begun, Begun), begun
        return begun.sitting_id

    def items(self, sitting_id: int) -> list[int]:
        return list(
            self.session.scalars(
                sa.select(Presentation.content_id)
                .where(Presentation.sitting_id == sitting_id)
                .order_by(Presentation.position)
            )
        )

    def sit(self, now: dt.datetime = MONDAY, *, right: bool = True, purpose: str = "test") -> int:
        """Begin a test, answer all of it and hand it in."""
        sitting_id = self.begin(now, purpose)
        shown = self.session.scalars(
            sa.select(Presentation.id).where(Presentation.sitting_id == sitting_id).order_by(Presentation.position)
        ).all()
        for number, presentation_id in enumerate(shown, start=1):
            at = now + dt.timedelta(minutes=number)
            submission = self.learner.submission(presentation_id, right=right)
            examining.save(self.session, self.learner.actor, presentation_id, submission, fix=False, now=at)
        examining.hand_in(self.session, self.learner.actor, sitting_id, now + dt.timedelta(minutes=len(shown) + 1))
        return sitting_id
