"""What the log says of practice: whether remembered repeats teach, and whether recall is as likely as promised.

Both rest on answers to questions that were new, on objectives asked about before. The log of each learner is folded
anew by the very steps that folded it first, so that each answer is seen with what was known before it. Reads only; the
calibration writes what was found.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import correction, memory, modes, repeats
from quizapp.core.ability import Ability
from quizapp.core.correction import Correction, Foretold
from quizapp.core.grading import Grade, Rating
from quizapp.core.repeats import Practised, Repeats
from quizapp.db.models import Calibration, Item, Response
from quizapp.services.folding import LOGGED, Logged, State, newest_epoch, newest_fit, parameters_in, parameters_of, step

LATEST = 20_000
"""So many answers are looked at, those of the learners who answered last: the night has an end."""
COUNTED = tuple(mode.name for mode in (modes.PRACTICE, modes.REVIEW, modes.LEARN, modes.PLACEMENT, modes.EXAM))
"""The modes whose answers tell something; inside a lesson the answer was read a moment ago."""


@dataclass(frozen=True)
class Log:
    """Answers to new questions after practice, oldest first: what each says of repeats, and of recall."""

    practised: tuple[Practised, ...]
    foretold: tuple[Foretold, ...]


@dataclass(frozen=True)
class Found:
    """What stands with a run. `repeats` is None before there are answers enough; `correction` may be none."""

    repeats: Repeats | None
    correction: correction.Estimate

    def columns(self) -> dict[str, Any]:
        """As columns of the run."""
        told = self.correction.correction
        return {
            "teach": self.repeats.teach if self.repeats else None,
            "teach_error": self.repeats.doubt if self.repeats else None,
            "correction": [told.shift, told.recall, told.days, told.asked] if self.correction.taken else None,
        }

    def summary(self) -> dict[str, Any]:
        """For whoever looks at the run."""
        tried = self.correction
        loss = None
        if tried.loss_before is not None and tried.loss_after is not None:
            loss = {"before": round(tried.loss_before, 4), "after": round(tried.loss_after, 4)}
        return {"answers": tried.answers, "fewest": repeats.FEWEST, "corrected": tried.taken, "log_loss": loss}


@dataclass(frozen=True)
class InForce:
    """What plans and claims go by: the newest run, and the newest fit of a learner’s own memory."""

    repeats: Repeats = Repeats()  # noqa: RUF009 - frozen
    correction: Correction = correction.NONE
    parameters: memory.Parameters = memory.DEFAULT_PARAMETERS


def in_force(session: Session, learner_id: int = 0) -> InForce:
    """What repeats were found to teach, how recall is corrected, and the learner’s parameters of memory, in one
    statement; without a learner the published ones."""
    row = session.execute(_IN_FORCE, {"learner": learner_id}).one()
    found = Repeats(row.teach, row.teach_error, trial=True) if row.teach is not None else Repeats()
    corrected = Correction(*row.correction) if row.correction else correction.NONE
    return InForce(found, corrected, parameters_in(row.parameters))


def estimate(log: Log) -> Found:
    """What the log says of both."""
    enough = len(log.practised) >= repeats.FEWEST
    return Found(repeats.estimate(log.practised) if enough else None, correction.estimate(log.foretold))


def read(session: Session) -> Log:
    """The answers of the learners who answered last, LATEST of them at least if there are so many."""
    last = sa.func.max(Response.id)
    learners = session.scalars(sa.select(Response.learner_id).group_by(Response.learner_id).order_by(last.desc())).all()
    home = dict(iter(session.execute(sa.select(Item.content_id, Item.objective_id))))
    found: list[tuple[int, Practised, Foretold]] = []
    for learner_id in learners:
        if len(found) >= LATEST:
            break
        found += _walk(session, learner_id, home)
    found.sort(key=itemgetter(0))
    return Log(tuple(practised for _, practised, _ in found), tuple(foretold for *_, foretold in found))


def _walk(session: Session, learner_id: int, home: dict[int, int]) -> Iterator[tuple[int, Practised, Foretold]]:
    """Fold one learner’s log and give each answer that tells something, with its place in the log. `home`: item → the
    objective in whose pool it is."""
    w = parameters_of(session, learner_id)
    states: dict[str, dict[int, Any]] = {"seen": {}, "trace": {}, "ability": {}}
    practice: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    asked: dict[int, int] = defaultdict(int)
    last_day: dict[int, dt.date] = {}
    shown: int | None = None
    columns = (Response.id, Response.presentation_id, Response.content_id, Response.topic_id, Response.mode)
    query = sa.select(*columns, *LOGGED.values()).where(Response.learner_id == learner_id).order_by(Response.id)
    for row in session.execute(query.execution_options(yield_per=1_000)):
        answer = Logged(*row[-len(LOGGED) :])
        continues = row.presentation_id == shown
        before = State(
            states["seen"].get(row.content_id),
            states["trace"].get(answer.objective_id),
            states["ability"].get(row.topic_id),
        )
        counts = answer.first_exposure and answer.answered and row.mode in COUNTED
        if counts and before.trace is not None:
            yield row.id, *_told(answer, before, practice[answer.objective_id], asked[answer.objective_id], w)
        after = step(before, answer, continues, w)
        states["seen"][row.content_id] = after.seen
        states["trace"][answer.objective_id] = after.trace
        states["ability"][row.topic_id] = after.ability
        if not continues:
            met = before.seen.times if before.seen else 0
            since = (answer.study_day - last_day.get(row.content_id, answer.study_day)).days
            merely = 0.0 if answer.first_exposure else repeats.remembered(met, since)
            practice[answer.objective_id][0] += 1 - merely
            practice[answer.objective_id][1] += merely
            asked[home.get(row.content_id, answer.objective_id)] += 1
        shown, last_day[row.content_id] = row.presentation_id, answer.study_day


def _told(
    answer: Logged, before: State, practice: list[float], asked: int, w: memory.Parameters
) -> tuple[Practised, Foretold]:
    trace = before.trace
    if trace is None:
        raise ValueError("the objective was not practised")
    days = max((answer.study_day - trace.last_day).days, 0)
    able = before.ability or Ability()
    right = Grade(answer.earned, answer.possible).right
    return (
        Practised(
            right=answer.rating == Rating.GOOD,
            fresh=practice[0],
            remembered=practice[1],
            days=days,
            expected=able.theta - answer.difficulty,
        ),
        Foretold(right, memory.retrievability(trace.state, days, w), days, asked, answer.guess),
    )


def _of_the_newest(column: Any) -> Any:
    return sa.select(column).where(Calibration.epoch == newest_epoch).scalar_subquery()


_IN_FORCE = sa.select(
    *(_of_the_newest(getattr(Calibration, name)).label(name) for name in ("teach", "teach_error", "correction")),
    newest_fit.label("parameters"),
)
