"""What scheduling adds to an answer: the same deed with and without it, by turns, both on the same machine."""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
from dataclasses import replace
from unittest import mock

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import modes
from quizapp.core.grading import Confidence
from quizapp.db.models import Presentation, Response
from quizapp.services import answering, showing
from quizapp.services.accounts import Actor
from quizapp.services.answering import Answered, Submission

TURNS = 4
"""Passed over at first, while statements are prepared and pages cached."""


def ratio(session: Session, learners: list[tuple[Actor, tuple[int, ...]]], now: dt.datetime) -> dict[str, str]:
    """Answer every question of these blocks, in random order with scheduling or in a mode that does not schedule, and
    tell medians and 95th percentiles in words."""
    rng = random.Random(1)
    unscheduled = {**modes.MODES, "practice": replace(modes.PRACTICE, schedules=False)}
    taken: dict[bool, list[float]] = {True: [], False: []}
    turn = 0
    for actor, blocks in learners:
        for block in blocks:
            while showing.next_position(session, actor, block) is not None:
                shown = session.scalar(
                    sa.select(Presentation.id)
                    .outerjoin(Response, Response.presentation_id == Presentation.id)
                    .where(Presentation.sitting_id == block, Response.id.is_(None), ~Presentation.replaced)
                )
                session.rollback()
                assert shown is not None
                sent = Submission("1", {"choice": ["1"]}, Confidence.SURE, 1_000)
                schedules = rng.random() < 0.5
                with mock.patch.object(modes, "MODES", modes.MODES if schedules else unscheduled):
                    began = time.perf_counter()
                    answered = answering.answer(session, actor, shown, sent, now)
                    seconds = time.perf_counter() - began
                assert isinstance(answered, Answered)
                turn += 1
                if turn > TURNS:
                    taken[schedules].append(seconds)
    told = {}
    for name, place in (("median", 50), ("p95", 95)):
        scheduled, plain = (1e3 * statistics.quantiles(taken[which], n=100)[place - 1] for which in (True, False))
        told[f"an answer that schedules, one that does not, ratio ({name}, {turn} answers)"] = (
            f"{scheduled:.2f} ms, {plain:.2f} ms, {scheduled / plain:.2f}"
        )
    return told
