"""The evaluation of an activity by who took part, and the time that they say it took."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import claims, evaluation
from quizapp.core.credit.evaluation import Asked
from quizapp.core.preferences import Unfit
from quizapp.core.wording import count
from quizapp.db.models import ActivityVersion, Attestation, Evaluation, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.crediting import claiming

STATEMENT = "I took part in this activity myself, and it took me {minutes}."
"""What is attested; stored with the minutes as it read then."""


class NotYet(Exception):
    """Something has to be done before; the sentence says what."""


def get_form(session: Session, version_id: int) -> tuple[Asked, ...]:
    """What an edition asks of those who took part."""
    body: Mapping[str, Any] = session.scalars(
        sa.select(ActivityVersion.body).where(ActivityVersion.id == version_id)
    ).one()
    return evaluation.read_form(body)


def find_answers(session: Session, participation_id: int) -> Mapping[str, str] | None:
    """What was answered, None while nothing was."""
    return session.scalar(sa.select(Evaluation.answers).where(Evaluation.participation_id == participation_id))


def evaluate(
    session: Session, actor: Actor, participation_id: int, answers: Mapping[str, str], now: dt.datetime
) -> None:
    """Store the evaluation; the first that was sent stands. Raises Unfit, NotYet, and LookupError for somebody else’s
    participation."""

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            taken = _own(session, actor, participation_id)
            form = get_form(session, taken.version_id)
            if taken.core.evaluated:
                return
            if wrong := evaluation.problems(form, answers):
                raise Unfit(wrong)
            kept = evaluation.kept(form, answers)
            row = {"participation_id": participation_id, "answers": kept, "at": now}
            session.execute(sa.insert(table(Evaluation)), row)
            auditing.record(
                session,
                actor_id=actor.id,
                deed="evaluate activity",
                subject=("participation", participation_id),
                details={"answered": len(kept)},
                now=now,
            )

    retrying(deed)


def attest(session: Session, actor: Actor, participation_id: int, minutes: int, now: dt.datetime) -> None:
    """Store the minutes that it took; they can be said anew until credit is claimed, and the same again changes
    nothing. Raises Unfit for what cannot be, NotYet, LookupError."""

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            taken = _own(session, actor, participation_id)
            if not taken.core.evaluated:
                raise NotYet("Fill in the evaluation first.")
            if taken.claims:
                raise NotYet("You have claimed credit already, so the time stands as you said it.")
            if minutes < 1:
                raise Unfit({"minutes": "Say how many minutes it took, at least one."})
            most = plausible_minutes(taken, now)
            if minutes > most:
                ago = count(most, "minute")
                raise Unfit({"minutes": f"You enrolled {ago} ago; it cannot have taken longer than that."})
            if minutes == taken.core.attested_minutes:
                return
            wording = STATEMENT.format(minutes=count(minutes, "minute"))
            said = {"minutes": minutes, "wording": wording, "at": now}
            if taken.core.attested_minutes is None:
                session.execute(sa.insert(table(Attestation)), {"participation_id": participation_id, **said})
            else:
                where = Attestation.participation_id == participation_id
                session.execute(sa.update(table(Attestation)).where(where).values(**said))
            auditing.record(
                session,
                actor_id=actor.id,
                deed="attest time",
                subject=("participation", participation_id),
                details={"minutes": minutes},
                now=now,
            )

    retrying(deed)


def plausible_minutes(taken: claiming.Taken, now: dt.datetime) -> int:
    """The most minutes that taking part can have lasted: those since the enrolment, the last one whole."""
    return max(1, -int((taken.enrolled_at - now).total_seconds() // 60))


def _own(session: Session, actor: Actor, participation_id: int) -> claiming.Taken:
    taken = claiming.get_taken(session, participation_id)
    if taken.learner_id != actor.id:
        raise LookupError(participation_id)
    terms = claiming.untested_terms(session, taken.version_id)
    used = sum(one.attempt.closed is not None for one in taken.sat) >= terms.attempts
    if not claims.passed(terms, taken.core) and not used:
        raise NotYet("The test comes first.")
    return taken
