"""How long a participant is busy: heartbeats of the page, and what can be told without a script.

The time is evidence beside what the participant attests, never the basis of credit by itself.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import engagement
from quizapp.db.models import (
    ActivityVersion,
    Claim,
    Engagement,
    Participation,
    Presentation,
    Response,
    SavedAnswer,
    Sitting,
    table,
)
from quizapp.db.session import Lock, retrying, writing
from quizapp.db.upserts import upserts
from quizapp.services.accounts import Actor

LESSON, TEST, FEEDBACK = "lesson", "test", "feedback"
PLACES = (LESSON, TEST, FEEDBACK)


def beat(
    session: Session, actor: Actor, participation_id: int, place: str, now: dt.datetime, *, measured: bool = True
) -> int:
    """A sign of life from a page; returns the seconds counted for this place so far.

    Each adds at most the time since the last one, of whichever tab and place, so that neither two tabs nor repetitions
    count twice. Nothing is added before the release, after the expiry or once credit was claimed. `measured`: sent by
    the script of a page; False where all that is known is that another page was asked for. Raises LookupError.
    """
    if place not in PLACES:
        raise LookupError(place)

    def deed() -> int:
        with writing(session, Lock(learner=actor.id)):
            row = session.execute(
                _OWN.where(Participation.id == participation_id, Participation.learner_id == actor.id)
            ).one_or_none()
            if row is None:
                raise LookupError(participation_id)
            held = _held(session, participation_id)
            before = held.get(place, (0, None))[0]
            if not row.released <= now <= row.expires or row.claimed:
                return before
            last = max((at for _, at in held.values() if at is not None), default=None)
            seconds = before + engagement.gained(last, now, measured=measured)
            _store(session, participation_id, place, seconds, max(now, last or now))
            return seconds

    return retrying(deed)


def counts(session: Session, participation_id: int, now: dt.datetime) -> bool:
    """Whether time is still counted in a participation; see `beat`."""
    row = session.execute(_OWN.where(Participation.id == participation_id)).one()
    return bool(row.released <= now <= row.expires) and not row.claimed


def count_sitting(session: Session, participation_id: int, sitting_id: int) -> None:
    """Count the time of a test that is closed from its answers, where no heartbeat told it. Inside the deed that closes
    it."""
    began = session.scalars(sa.select(Sitting.started_at).where(Sitting.id == sitting_id)).one()
    held = _held(session, participation_id)
    seconds, last = held.get(TEST, (0, None))
    if last is not None and last >= began:
        return
    of_sitting = Presentation.sitting_id == sitting_id
    saved = sa.select(SavedAnswer.at).join(Presentation, Presentation.id == SavedAnswer.presentation_id)
    stored = sa.select(Response.at).join(Presentation, Presentation.id == Response.presentation_id)
    moments = [*session.scalars(saved.where(of_sitting)), *session.scalars(stored.where(of_sitting))]
    if moments:
        _store(session, participation_id, TEST, seconds + engagement.spent(began, moments), max(moments))


def _held(session: Session, participation_id: int) -> dict[str, tuple[int, dt.datetime | None]]:
    rows = session.execute(
        sa.select(Engagement.place, Engagement.seconds, Engagement.last_at).where(
            Engagement.participation_id == participation_id
        )
    )
    return {row.place: (row.seconds, row.last_at) for row in rows}


def _store(session: Session, participation_id: int, place: str, seconds: int, at: dt.datetime) -> None:
    row = {"participation_id": participation_id, "place": place, "seconds": seconds, "last_at": at}
    session.execute(_UPSERT[session.get_bind().dialect.name], row)


_UPSERT = upserts(table(Engagement), ("participation_id", "place"), ("seconds", "last_at"))
_OWN = (
    sa.select(
        ActivityVersion.released,
        ActivityVersion.expires,
        sa.exists().where(Claim.participation_id == Participation.id).label("claimed"),
    )
    .select_from(Participation)
    .join(ActivityVersion, ActivityVersion.id == Participation.version_id)
)
