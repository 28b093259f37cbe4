"""What may be said of a learner and an objective: one word, and what it rests on.

A question that was met before is answered from memory of the question. The claim “Secure” therefore rests on questions
that were new to the learner, or were last met so long ago that they count again (a delayed repeat, named as such).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from quizapp.core import memory
from quizapp.core.ability import chance_of_right
from quizapp.core.correction import NONE, Correction
from quizapp.core.grading import Rating
from quizapp.core.memory import DEFAULT_PARAMETERS, Evidence, Parameters, Trace

SECURE_CHANCE = 0.8
LUCK_ALLOWED = 0.07
"""The two questions of a claim may both be guessed right with this chance at most: true or false never suffices."""
HORIZON = dt.timedelta(days=30)
"""How far ahead a claim must hold for a learner without an examination."""


class Standing(StrEnum):
    """Where a learner stands with an objective."""

    NOT_STARTED = "not_started"
    LEARNING = "learning"
    SECURE = "secure"
    SLIPPING = "slipping"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class Mastery:
    """`now` and `then`: the chance of answering a new question right today and on the day the claim is for; None where
    nothing was answered yet. `evidence`: the answers on new questions it rests on, latest last."""

    standing: Standing
    now: float | None
    then: float | None
    on: dt.date
    evidence: tuple[Evidence, ...] = ()

    @property
    def right(self) -> int:
        """How many of the questions of the evidence were answered right without guessing."""
        return sum(one.rating is Rating.GOOD for one in self.evidence)

    @property
    def days(self) -> int:
        """On how many study days the evidence was gathered."""
        return len({one.day for one in self.evidence})


def judge(
    trace: Trace | None,
    *,
    today: dt.date,
    on: dt.date,
    guess: float,
    fresh_left: bool,
    asked: int = 0,
    w: Parameters = DEFAULT_PARAMETERS,
    correction: Correction = NONE,
) -> Mastery:
    """The standing of one objective.

    `on`: the day of the examination, or today + HORIZON. `guess`: the chance of a blind guess on a question of this
    objective. `fresh_left`: whether a question is left that would be evidence. `asked`: how many questions on it were
    met, which only the `correction` of recall looks at.
    """
    if trace is None:
        return Mastery(Standing.NOT_STARTED, None, None, on)
    now, then = (chance_on(trace, day, guess, w, asked, correction) for day in (today, max(on, today)))
    shown = is_shown(trace.evidence)
    if shown and then >= SECURE_CHANCE:
        standing = Standing.SECURE
    elif _was_shown(trace.evidence) or (
        shown and now < SECURE_CHANCE <= chance_on(trace, trace.last_day, guess, w, asked, correction)
    ):
        standing = Standing.SLIPPING
    elif not shown and not fresh_left and then >= SECURE_CHANCE:
        standing = Standing.CANNOT_TELL
    else:
        standing = Standing.LEARNING
    return Mastery(standing, now, then, on, trace.evidence)


def chance_on(
    trace: Trace,
    day: dt.date,
    guess: float,
    w: Parameters = DEFAULT_PARAMETERS,
    asked: int = 0,
    correction: Correction = NONE,
) -> float:
    """The chance of answering a new question right on `day` if nothing is answered until then."""
    days = (day - trace.last_day).days
    return chance_of_right(correction.known(memory.retrievability(trace.state, days, w), days, asked), guess)


def is_shown(evidence: Sequence[Evidence]) -> bool:
    """Whether the latest two fresh questions were both right and not guessed, on different study days, and could
    hardly have been guessed both."""
    if len(evidence) < 2:
        return False
    before, latest = evidence[-2:]
    return (
        before.rating is Rating.GOOD
        and latest.rating is Rating.GOOD
        and before.day != latest.day
        and before.guess * latest.guess <= LUCK_ALLOWED
    )


def _was_shown(evidence: Sequence[Evidence]) -> bool:
    """Whether a claim once stood and a later miss on a fresh question withdrew it."""
    return (
        bool(evidence)
        and evidence[-1].rating is Rating.AGAIN
        and any(is_shown(evidence[:end]) for end in range(2, len(evidence)))
    )
