"""A log as years of study would leave it, written straight into the tables: for what needs thousands of answers.

Nothing here goes through the services, so the derived tables are empty until `replaying.rebuild`.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import ability, memory
from quizapp.core.grading import Rating
from quizapp.core.memory import DEFAULT_PARAMETERS, Parameters
from quizapp.db.models import ContentVersion, Item, Presentation, Published, Response, Sitting, table
from quizapp.db.session import writing

BEGUN = dt.datetime(2025, 1, 6, 9, tzinfo=dt.UTC)
QUESTIONS_A_DAY = 30


@dataclass(frozen=True)
class Question:
    """A published question, and how difficult it truly is, which nobody knows."""

    content_id: int
    version_id: int
    line: int
    objective_id: int
    topic_id: int
    difficulty: float


def questions(session: Session, seed: int = 1) -> tuple[Question, ...]:
    """Every published question of practice, with a difficulty drawn for it."""
    rng = random.Random(seed)
    rows = session.execute(
        sa.select(Item.content_id, Published.version_id, ContentVersion.line, Item.objective_id, Item.topic_id)
        .join(Published, Published.content_id == Item.content_id)
        .join(ContentVersion, ContentVersion.id == Published.version_id)
        .where(Item.pool == "practice")
        .order_by(Item.content_id)
    )
    return tuple(Question(*row, difficulty=rng.gauss(0, 1)) for row in rows)


def study(
    asked: Sequence[Question], learner_id: int, answers: int, *, seed: int, w: Parameters = DEFAULT_PARAMETERS
) -> Iterator[dict[str, Any]]:
    """The answers of one learner, whose memory follows `w`, as rows of the log without their presentations."""
    rng = random.Random(seed)
    theta = rng.gauss(0, 1)
    states: dict[int, tuple[memory.State, int]] = {}
    met: set[int] = set()
    for number in range(answers):
        day = number // QUESTIONS_A_DAY
        question = rng.choice(asked)
        held = states.get(question.objective_id)
        if held is None:
            known = ability.knows(theta, question.difficulty)
        else:
            known = memory.retrievability(held[0], day - held[1], w)
        right = rng.random() < ability.chance_of_right(known, 0.2)
        rating = Rating.GOOD if right else Rating.AGAIN
        state = memory.review(held[0], rating, day - held[1], w) if held else memory.begin(rating, w)
        states[question.objective_id] = state, day
        at = BEGUN + dt.timedelta(days=day, seconds=60 * (number % QUESTIONS_A_DAY))
        yield {
            "learner_id": learner_id,
            "part": "1",
            "content_id": question.content_id,
            "line": question.line,
            "objective_id": question.objective_id,
            "topic_id": question.topic_id,
            "mode": "practice",
            "answer": {"choice": "a"},
            "earned": int(right),
            "possible": 1,
            "classes": ["a"],
            "rating": rating.value,
            "confidence": None,
            "elapsed_ms": 20_000,
            "first_exposure": question.content_id not in met,
            "variant": None,
            "schedules": True,
            "study_day": at.date(),
            "guess": 0.2,
            "difficulty": 0.0,
            "calibration_epoch": 0,
            "at": at,
            "version_id": question.version_id,
        }
        met.add(question.content_id)


def write(session: Session, learner_id: int, rows: Iterator[dict[str, Any]]) -> None:
    """Append one learner’s answers to the log, each with a presentation of its own, in one closed session."""
    log = list(rows)
    with writing(session):
        sitting_id = session.execute(
            sa.insert(table(Sitting))
            .values(
                learner_id=learner_id,
                mode="practice",
                title="Years",
                plan={},
                seed=1,
                key=f"years-{learner_id}",
                started_at=BEGUN,
                extra_seconds=0,
                closed_at=log[-1]["at"],
                released_at=log[-1]["at"],
            )
            .returning(table(Sitting).c.id)
        ).scalar_one()
        first = session.scalar(sa.select(sa.func.coalesce(sa.func.max(Presentation.id), 0) + 1))
        assert first is not None
        session.execute(
            sa.insert(table(Presentation)),
            [
                {
                    "id": first + place,
                    "sitting_id": sitting_id,
                    "learner_id": learner_id,
                    "content_id": row["content_id"],
                    "version_id": row["version_id"],
                    "position": place,
                    "layout": {},
                    "why": {},
                    "study_day": row["study_day"],
                    "at": row["at"],
                    "replaced": False,
                }
                for place, row in enumerate(log)
            ],
        )
        session.execute(
            sa.insert(table(Response)),
            [
                {name: value for name, value in row.items() if name != "version_id"}
                | {"presentation_id": first + place}
                for place, row in enumerate(log)
            ],
        )
        if session.get_bind().dialect.name == "postgresql":
            session.execute(
                sa.text(
                    "SELECT setval(pg_get_serial_sequence('presentation', 'id'), (SELECT max(id) FROM presentation))"
                )
            )
