"""What is done in the background. All work is found in tables and each piece is a transaction of its own, so that a
process that is killed loses nothing and several may work at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from quizapp.services import examining, outbox


@dataclass(frozen=True)
class Done:
    """What one round did."""

    closed_exams: int
    sent_messages: int

    @property
    def anything(self) -> bool:
        return bool(self.closed_exams or self.sent_messages)


def work(session: Session, transport: outbox.Transport, now: dt.datetime, *, sender: str) -> Done:
    """One round: close what has expired, send what waits. `sender` is the address that mail comes from."""
    closed = examining.close_expired(session, now)
    return Done(closed, outbox.send_waiting(session, transport, now, sender=sender))
