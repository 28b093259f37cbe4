"""What the engine has estimated, as an administrator may look at it: questions by name, learners as counts only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.ability import ESTIMATES
from quizapp.db.models import Calibration, Content, Item, ItemParameter, MemoryFit
from quizapp.services import calibrating, practised
from quizapp.services.calibrating import Run
from quizapp.services.folding import newest_epoch
from quizapp.services.practised import InForce

RUNS_SHOWN = 10
QUESTIONS_SHOWN = 500
WITHIN = 1.96
"""Standard errors on either side of the interval that holds b nineteen times out of twenty."""


@dataclass(frozen=True)
class Question:
    """A question as the newest run estimated it. `b` and `a` in logits, `low` to `high` the interval of b; `author`:
    the estimate of the author as a word, `author_b` in logits."""

    slug: str
    answers: int
    method: str
    b: float
    a: float
    low: float
    high: float
    author: str
    author_b: float


@dataclass(frozen=True)
class Estimates:
    """`runs`: the newest first. `questions`: those furthest from their author’s estimate first, QUESTIONS_SHOWN at most
    of `estimated`. `tried` learners had answers enough for a fit of memory, `fitted` of them have parameters of their
    own in force. `next_run`: when the next run is due if there are new answers; `waiting`: it is due now.
    `in_force`: what is held of repeats and of recall; `practice`: how the newest run came to it (`Found.summary`)."""

    runs: tuple[Run, ...]
    questions: tuple[Question, ...]
    estimated: int
    tried: int
    fitted: int
    next_run: dt.datetime
    waiting: bool
    in_force: InForce
    practice: Mapping[str, Any] | None


def get_estimates(session: Session, now: dt.datetime) -> Estimates:
    """Read it all; the work grows with the questions of one run, not with the log."""
    columns = (Calibration.epoch, Calibration.at, Calibration.answers, Calibration.summary)
    rows = session.execute(sa.select(*columns).order_by(Calibration.epoch.desc()).limit(RUNS_SHOWN))
    runs = tuple(Run(*row) for row in rows)
    questions = _questions(session)
    # Whoever was fitted once keeps parameters of their own: a refused try leaves those of before in force.
    own = sa.case((MemoryFit.taken, MemoryFit.learner_id))
    tried, fitted = session.execute(
        sa.select(sa.func.count(MemoryFit.learner_id.distinct()), sa.func.count(own.distinct()))
    ).one()
    return Estimates(
        runs=runs,
        questions=questions[:QUESTIONS_SHOWN],
        estimated=len(questions),
        tried=tried,
        fitted=fitted,
        next_run=calibrating.night(now) + dt.timedelta(days=1),
        waiting=calibrating.is_due(session, now),
        in_force=practised.in_force(session),
        practice=runs[0].summary.get("practice") if runs else None,
    )


def _questions(session: Session) -> tuple[Question, ...]:
    rows = session.execute(
        sa.select(
            Content.slug,
            ItemParameter.answers,
            ItemParameter.method,
            ItemParameter.difficulty.label("b"),
            ItemParameter.discrimination.label("a"),
            ItemParameter.error,
            Item.difficulty.label("author"),
        )
        .join(Content, Content.id == ItemParameter.content_id)
        .join(Item, Item.content_id == ItemParameter.content_id)
        .where(ItemParameter.epoch == newest_epoch)
    )
    found = [
        Question(
            slug=row.slug,
            answers=row.answers,
            method=row.method,
            b=row.b,
            a=row.a,
            low=row.b - WITHIN * row.error,
            high=row.b + WITHIN * row.error,
            author=row.author,
            author_b=ESTIMATES.get(row.author, 0.0),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: (-abs(one.b - one.author_b), one.slug)))
