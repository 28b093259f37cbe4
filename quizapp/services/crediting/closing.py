"""What follows when a test of an activity is closed: its time is counted, a pass is noted, and whether
its learner waits to hear how others answered.

Called by whatever closes a sitting, inside that deed and under the learner’s lock.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from quizapp.core.credit.outcomes import DAYS
from quizapp.services.crediting import claiming, comparing, engaging
from quizapp.services.crediting.attempts import TEST


def note_closed(
    session: Session, sitting_id: int, participation_id: int | None, purpose: str | None, at: dt.datetime
) -> None:
    """Nothing for a sitting of no activity, or one that asks later what is still known. `at`: when it was closed."""
    if participation_id is None or purpose in DAYS:
        return
    engaging.count_sitting(session, participation_id, sitting_id)
    if purpose == TEST and claiming.note_pass(session, participation_id, at):
        comparing.await_peers(session, participation_id)
