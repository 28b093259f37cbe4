"""What is done in the background. All work is found in tables and each piece is a transaction of its own, so that a
process that is killed loses nothing and several may work at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from quizapp.services import calibrating, examining, fitting, outbox, regrading
from quizapp.services.teaching import closing


@dataclass(frozen=True)
class Done:
    """What one round did."""

    closed_exams: int
    sent_messages: int
    regraded_learners: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.closed_exams or self.sent_messages or self.regraded_learners)


def work(session: Session, transport: outbox.Transport, now: dt.datetime, *, sender: str) -> Done:
    """One round: close what has expired or is over, renew marks, send what waits. `sender`: where mail comes from."""
    closed = examining.close_expired(session, now)
    closing.close_over(session, now)
    regraded = regrading.regrade_due(session, now)
    return Done(closed, outbox.send_waiting(session, transport, now, sender=sender), regraded)


def work_at_night(session: Session, now: dt.datetime) -> bool:
    """One piece of what is due once a day: the calibration, else the memory of one learner. False: nothing is left.

    One piece a round, because exams are closed between the rounds.
    """
    if calibrating.is_due(session, now):
        run = calibrating.calibrate(session, now)
        if run is not None and run.new:
            return True
    return any(tried.new for tried in fitting.fit_due_learners(session, now, limit=1))
