"""Memory fitted to a learner: tried when there are answers enough, kept only if better, and then the log folded anew.

Each try is a row, the refused ones too, so that nobody is tried again before there is more to go by. One learner is one
transaction: a worker that is killed loses one learner’s arithmetic and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import repeats
from quizapp.core.grading import Rating
from quizapp.db.models import MemoryFit, Response, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import folding, replaying
from quizapp.services.sittings import effective

if TYPE_CHECKING:
    from quizapp.core.fitting import Reviewed


@dataclass(frozen=True)
class Tried:
    """A try that stands in the tables. `new`: this very call has made it. Losses: of the held-out last answers, with
    the parameters in force before and with the fitted ones."""

    learner_id: int
    answers: int
    taken: bool
    loss_before: float
    loss_after: float
    new: bool = False


@dataclass(frozen=True)
class _Newest:
    id: int
    tried: Tried


def fit_memory(session: Session, learner_id: int, now: dt.datetime) -> Tried | None:
    """Fit the parameters of memory to this learner’s answers; if they foretell better, put them in force and fold the
    learner’s log again, all in one transaction.

    Without AGAIN_AFTER answers since the last try nothing is done, and that try is given back; None if there was none
    and there are fewer than FIRST_TRY answers.
    """
    from quizapp.core import fitting  # brings numpy, which no page needs

    before = _find_newest(session, learner_id)
    log = _read(session, learner_id)
    in_force = folding.parameters_of(session, learner_id)
    session.rollback()  # fitting takes seconds; no snapshot is kept open for it
    if len(log) < (before.tried.answers + fitting.AGAIN_AFTER if before else fitting.FIRST_TRY):
        return before.tried if before else None
    found = fitting.fit(log, in_force)
    held = () if in_force == folding.parameters_in(None) else in_force

    def deed() -> Tried:
        with writing(session, Lock(learner=learner_id)):
            since = _find_newest(session, learner_id)
            if since is not None and (before is None or since.id != before.id):
                return since.tried  # another worker was quicker
            session.execute(
                sa.insert(table(MemoryFit)).values(
                    learner_id=learner_id,
                    parameters=list(found.parameters if found.better else held),
                    taken=found.better,
                    at=now,
                    answers=len(log),
                    loss_before=found.loss_before,
                    loss_after=found.loss_after,
                )
            )
            if found.better:
                replaying.refold(session, learner_id, found.parameters)
        return Tried(learner_id, len(log), found.better, found.loss_before, found.loss_after, new=True)

    return retrying(deed)


def fit_due_learners(session: Session, now: dt.datetime, limit: int) -> list[Tried]:
    """Try the next learners whose turn it is, `limit` at most; an empty list says that nobody is left."""
    tried = [fit_memory(session, learner_id, now) for learner_id in list_due(session)[:limit]]
    return [one for one in tried if one is not None]


def list_due(session: Session) -> Sequence[int]:
    """The learners with FIRST_TRY answers, and AGAIN_AFTER more than at the last try."""
    from quizapp.core import fitting

    answers = sa.func.count()
    counted = (
        sa.select(Response.learner_id, answers.label("answers"))
        .where(_counts)
        .group_by(Response.learner_id)
        .having(answers >= fitting.FIRST_TRY)
        .subquery()
    )
    last = (
        sa.select(MemoryFit.learner_id, sa.func.max(MemoryFit.answers).label("answers"))
        .group_by(MemoryFit.learner_id)
        .subquery()
    )
    due = (
        sa.select(counted.c.learner_id)
        .outerjoin(last, last.c.learner_id == counted.c.learner_id)
        .where(counted.c.answers >= sa.func.coalesce(last.c.answers, -fitting.AGAIN_AFTER) + fitting.AGAIN_AFTER)
        .order_by(counted.c.learner_id)
    )
    found = session.scalars(due).all()
    session.rollback()
    return found


_counts = Response.schedules
"""Answers that moved memory; one that was left empty never did."""


def _find_newest(session: Session, learner_id: int) -> _Newest | None:
    columns = (MemoryFit.answers, MemoryFit.taken, MemoryFit.loss_before, MemoryFit.loss_after)
    newest = sa.select(MemoryFit.id, *columns).where(MemoryFit.learner_id == learner_id).order_by(MemoryFit.id.desc())
    row = session.execute(newest.limit(1)).one_or_none()
    return _Newest(row[0], Tried(learner_id, *row[1:])) if row else None


def _read(session: Session, learner_id: int) -> list[Reviewed]:
    """The answers that moved memory, in the order of the log. A question met before may be answered because its answer
    is remembered: that is part of the luck."""
    from quizapp.core.fitting import Reviewed

    columns = (
        Response.presentation_id,
        Response.content_id,
        Response.objective_id,
        Response.study_day,
        effective.c.rating,
        Response.guess,
        sa.and_(Response.schedules, effective.c.evidence),
    )
    log: list[Reviewed] = []
    met: dict[int, tuple[int, dt.date, int]] = {}
    query = sa.select(*columns).join(effective, effective.c.id == Response.id)
    query = query.where(Response.learner_id == learner_id).order_by(Response.id)
    for presentation, content, objective, day, rating, guess, schedules in session.execute(query):
        times, last, shown = met.get(content, (0, day, None))
        if schedules:
            remembered = repeats.remembered(times, (day - last).days) if shown != presentation else 0.0
            luck = guess + (1 - guess) * remembered
            log.append(Reviewed(objective, day.toordinal(), rating == Rating.GOOD, luck))
        if shown != presentation:
            times += 1
        met[content] = (times, day, presentation)
    return log
