"""What the whole log says of each question: a calibration run, written once under an epoch of its own.

A run reads the first answers, estimates, and writes in one short transaction at its end. Answers that are given
meanwhile keep the epoch under which they were given, so a replay of the log is not moved by a run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from quizapp.core import modes
from quizapp.core.ability import ESTIMATES
from quizapp.core.grading import Grade
from quizapp.db.models import Calibration, Content, ContentVersion, Item, ItemParameter, Published, Response, table
from quizapp.db.session import writing
from quizapp.services import practised

if TYPE_CHECKING:
    from quizapp.core.calibration import Answers, Parameters

NIGHT = dt.time(3, tzinfo=dt.UTC)
"""When the runs of a day become due; three in the morning in Greenwich is night in Europe and Africa."""
TAIL = 0.1
"""The newest part of the answers, foretold by a run that has not seen it: is the calibration worth anything?"""
LEAST_JUDGED = 50
MOVERS_TOLD = 5

Tell = Callable[[str], object]


@dataclass(frozen=True)
class Run:
    """A calibration that stands in the tables. `new`: this very call has made it."""

    epoch: int
    at: dt.datetime
    answers: int
    summary: Mapping[str, Any]
    new: bool = False


@dataclass(frozen=True)
class _Question:
    """A published question: its statistics line, and the author’s estimate in logits."""

    content_id: int
    slug: str
    line: int
    estimate: float


@dataclass(frozen=True)
class _Log:
    """First answers as the run reads them."""

    up_to: int
    answers: Answers
    questions: tuple[_Question, ...]


def night(now: dt.datetime) -> dt.datetime:
    """The beginning of the last night: what was answered before it is due to be calibrated."""
    today = dt.datetime.combine(now.astimezone(dt.UTC).date(), NIGHT)
    return today if today <= now else today - dt.timedelta(days=1)


def find_newest(session: Session) -> Run | None:
    """The calibration in force."""
    columns = (Calibration.epoch, Calibration.at, Calibration.answers, Calibration.summary)
    row = session.execute(sa.select(*columns).order_by(Calibration.epoch.desc()).limit(1)).one_or_none()
    return Run(*row) if row else None


def is_due(session: Session, now: dt.datetime) -> bool:
    """Whether there has been no run since the night began, and first answers from before it wait for one."""
    newest = find_newest(session)
    begun = night(now)
    return (newest is None or newest.at < begun) and _has_new_answers(session, before=begun)


def calibrate(session: Session, now: dt.datetime, tell: Tell = lambda _: None) -> Run | None:
    """Estimate every question from the log and write what came of it under a new epoch.

    Nothing is written if there is no new first answer since the last run, or if another run was quicker: then that run
    is given back, with `new` unset; None if there is none. `tell` hears what is being done.
    """
    before = find_newest(session)
    if not _has_new_answers(session):
        session.rollback()
        return before
    tell("Reading the log …")
    log = _read(session)
    held = _in_force(session, log) if log else None
    practice = practised.read(session)
    session.rollback()  # estimating may take minutes; no snapshot is kept open for it
    if log is None or held is None:
        return before
    epoch = (before.epoch if before else 0) + 1
    found, counts, methods, summary = _estimate(log, held, tell)
    tell(f"Asking {len(practice.practised)} answers after practice what repeats teach and how likely recall is …")
    learnt = practised.estimate(practice)
    summary["practice"] = learnt.summary()
    answers = len(log.answers)
    rows = [
        {
            "epoch": epoch,
            "content_id": question.content_id,
            "line": question.line,
            "difficulty": float(found.b[place]),
            "discrimination": float(found.a[place]),
            "error": float(found.error[place]),
            "answers": counts[place],
            "method": methods[place],
        }
        for place, question in enumerate(log.questions)
        if counts[place]
    ]
    try:
        with writing(session):
            run = {"epoch": epoch, "at": now, "up_to": log.up_to, "answers": answers, "summary": summary}
            run |= learnt.columns()
            session.execute(sa.insert(table(Calibration)), run)
            session.execute(sa.insert(table(ItemParameter)), rows)
    except IntegrityError:
        # The epoch, or the last answer, is taken: another run has read the same log and was quicker.
        return find_newest(session)
    return Run(epoch, now, answers, summary, new=True)


def _has_new_answers(session: Session, before: dt.datetime | None = None) -> bool:
    last = sa.select(sa.func.coalesce(sa.func.max(Calibration.up_to), 0)).scalar_subquery()
    new = sa.select(Response.id).where(
        Response.id > last, Response.first_exposure, Response.answer.is_not(None), Response.mode.in_(practised.COUNTED)
    )
    if before is not None:
        new = new.where(Response.at < before)
    return session.scalar(new.limit(1)) is not None


def _read(session: Session) -> _Log | None:
    """The first answers that count, in the order of the log: on the line that is published, given, in a mode that is
    counted. None without any."""
    import numpy as np  # no page needs it

    from quizapp.core.calibration import Answers

    estimate = sa.case(ESTIMATES, value=Item.difficulty, else_=0.0)
    questions = tuple(
        _Question(*row)
        for row in session.execute(
            sa.select(Item.content_id, Content.slug, ContentVersion.line, estimate)
            .join(Content, Content.id == Item.content_id)
            .join(Published, Published.content_id == Item.content_id)
            .join(ContentVersion, ContentVersion.id == Published.version_id)
            .order_by(Item.content_id)
        )
    )
    places = {(question.content_id, question.line): place for place, question in enumerate(questions)}
    columns = (
        Response.id,
        Response.learner_id,
        Response.topic_id,
        Response.objective_id,
        Response.content_id,
        Response.line,
        Response.mode,
        Response.earned,
        Response.possible,
        Response.guess,
        Response.at,
    )
    query = (
        sa.select(*columns).where(Response.first_exposure, Response.answer.is_not(None)).order_by(Response.id)
    ).execution_options(yield_per=5_000)
    units: dict[tuple[int, int], int] = {}
    met: dict[tuple[int, int], dt.datetime] = {}
    unit, item, right, guess, studied = [], [], [], [], []
    up_to = 0
    for row_id, learner, topic, objective, content_id, line, mode, earned, possible, chance, at in session.execute(
        query
    ):
        up_to = row_id
        # Answers of one exam carry one moment, and none of them was studied through the others.
        first_met = met.setdefault((learner, objective), at)
        place = places.get((content_id, line))
        if place is None or mode not in practised.COUNTED:
            continue
        unit.append(units.setdefault((learner, topic), len(units)))
        item.append(place)
        right.append(Grade(earned, possible).right)
        guess.append(chance)
        studied.append(mode == modes.LEARN.name or first_met < at)
    if not item:
        return None
    answers = Answers(
        np.array(unit, dtype=np.int64), np.array(item, dtype=np.int64), np.array(right), np.array(guess),
        np.array(studied),
    )  # fmt: skip
    return _Log(up_to, answers, questions)


def _in_force(session: Session, log: _Log) -> Parameters:
    """What the questions counted for until now: the newest run, else the authors’ estimates."""
    from quizapp.core import calibration

    held = _given(log)
    newest = sa.select(sa.func.max(Calibration.epoch)).scalar_subquery()
    rows = session.execute(
        sa.select(ItemParameter.content_id, ItemParameter.difficulty, ItemParameter.discrimination).where(
            ItemParameter.epoch == newest
        )
    )
    by_id = {content_id: (b, a) for content_id, b, a in rows}
    b, a = held.b.copy(), held.a.copy()
    for place, question in enumerate(log.questions):
        if question.content_id in by_id:
            b[place], a[place] = by_id[question.content_id]
    return calibration.Parameters(b, a, held.error)


def _given(log: _Log) -> Parameters:
    import numpy as np

    from quizapp.core import calibration

    return calibration.given(np.array([question.estimate for question in log.questions]))


def _estimate(log: _Log, held: Parameters, tell: Tell) -> tuple[Parameters, list[int], list[str], dict[str, Any]]:
    """Parameters, answers and method of every question, and the summary of the run."""
    import numpy as np

    from quizapp.core import calibration

    answers, estimates = log.answers, _given(log).b
    loss = None
    cut = len(answers) - int(TAIL * len(answers))
    if len(answers) - cut >= LEAST_JUDGED:
        tell("Foretelling the newest answers from the others …")
        earlier = _both(answers.of(slice(cut)), estimates)[0]
        tail = answers.right[cut:]
        loss = {
            "answers": len(tail),
            "before": round(calibration.log_loss(calibration.foretell(answers, held)[cut:], tail), 4),
            "after": round(calibration.log_loss(calibration.foretell(answers, earlier)[cut:], tail), 4),
        }
    tell(f"Estimating {len(estimates)} questions from {len(answers)} first answers …")
    found, fitted = _both(answers, estimates)
    counts = np.bincount(answers.item, minlength=len(estimates))
    is_fitted = np.zeros(len(estimates), dtype=bool)
    is_fitted[fitted.items] = True
    methods = np.where(is_fitted, "2pl", "rating").tolist()
    moved = np.where(counts > 0, np.abs(found.b - held.b), 0.0)
    movers = [place for place in np.argsort(-moved, kind="stable")[:MOVERS_TOLD].tolist() if moved[place] > 0]
    study = {"helps": round(fitted.studied, 3), "counts": round(fitted.counts, 3)}
    summary = {
        "questions": {
            "2pl": int(is_fitted.sum()),
            "rating": int(((counts > 0) & ~is_fitted).sum()),
            "unanswered": int((counts == 0).sum()),
        },
        "log_loss": loss,
        "studied": study if len(fitted.items) else None,
        "settled": fitted.settled,
        "movers": [
            {
                "item": log.questions[place].slug,
                "before": round(float(held.b[place]), 3),
                "after": round(float(found.b[place]), 3),
            }
            for place in movers
        ],
    }
    return found, counts.tolist(), methods, summary


def _both(answers: Answers, estimates: Any) -> tuple[Parameters, Any]:
    """Every question rated, those with answers enough fitted instead."""
    from quizapp.core import calibration

    rated = calibration.rate(answers, estimates)
    fitted = calibration.fit(answers, estimates)
    b, a, error = rated.b.copy(), rated.a.copy(), rated.error.copy()
    b[fitted.items], a[fitted.items] = fitted.parameters.b, fitted.parameters.a
    error[fitted.items] = fitted.parameters.error
    return calibration.Parameters(b, a, error), fitted
