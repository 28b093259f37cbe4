"""Claiming: what was designated, what a learner has done, and the credit that is granted for it.

The rules stand in `core.credit.claims`; here their arguments are read from the tables, and what they grant is stored.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from quizapp.core.credit import claims
from quizapp.core.credit.claims import Award, Participation, Refusal, State, Terms
from quizapp.db import models
from quizapp.db.models import (
    ActivityVersion,
    Attestation,
    Claim,
    ClaimStep,
    CreditSystem,
    Designation,
    Engagement,
    Evaluation,
    Provider,
    Reopening,
    table,
)
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.crediting import attempts


def terms_of(session: Session, version_id: int) -> Mapping[str, Terms]:
    """What an edition was designated for: slug of the credit system → terms. Raises LookupError for no edition."""
    rows = session.execute(_TERMS.where(ActivityVersion.id == version_id)).all()
    if not rows and session.get(ActivityVersion, version_id) is None:
        raise LookupError(version_id)
    return {row.slug: _terms(row.body, row.provider, row.system, row) for row in rows}


def untested_terms(session: Session, version_id: int) -> Terms:
    """The terms of an edition apart from any credit: dates and the rules of its test."""
    row = session.execute(_EDITION.where(ActivityVersion.id == version_id)).one_or_none()
    if row is None:
        raise LookupError(version_id)
    return _terms(row.body, row.provider, {}, row)


def _terms(body: Mapping[str, Any], provider: Mapping[str, Any], system: Mapping[str, Any], row: Any) -> Terms:
    in_control = body.get("in_control_may_claim", provider.get("in_control_may_claim", False))
    return Terms(
        unit=str(system.get("unit", "credit")).replace("*", ""),
        step=int(system.get("step", 1)),
        maximum=int(getattr(row, "maximum", 0)),
        professions=frozenset(system.get("professions", ())),
        released=row.released,
        expires=row.expires,
        claim_until=row.claim_until,
        minimum_percent=int(body.get("minimum_percent", 0)),
        attempts=int(body.get("attempts", 1)),
        cool_down=dt.timedelta(minutes=int(body.get("cool_down_minutes", 0))),
        objectives=frozenset(one["slug"] for one in body.get("objectives", ())) if body.get("a_test") else frozenset(),
        in_control_may_claim=bool(in_control),
    )


@dataclass(frozen=True)
class Taken:
    """A participation with all that was done in it. `claims`: slug of a system → the state of its claim, in
    the order in which they were granted. `core`: the same without a claim, as the rules see it."""

    id: int
    learner_id: int
    activity_id: int
    version_id: int
    enrolled_at: dt.datetime
    passed_at: dt.datetime | None
    sat: tuple[attempts.SatTest, ...]
    claims: Mapping[str, State]
    core: Participation

    def of(self, system: str) -> Participation:
        """The participation with regard to one system of credit."""
        return replace(self.core, claim=self.claims.get(system))


def participation_of(session: Session, participation_id: int, system: str | None = None) -> Participation:
    """What the learner of this participation has done, with the claim in this system, if there is one.

    Raises LookupError.
    """
    taken = get_taken(session, participation_id)
    return taken.of(system) if system is not None else taken.core


def get_taken(session: Session, participation_id: int) -> Taken:
    """One participation. Raises LookupError."""
    found = list_taken(session, models.Participation.id == participation_id)
    if not found:
        raise LookupError(participation_id)
    return found[0]


def list_taken(session: Session, *where: sa.ColumnElement[bool]) -> tuple[Taken, ...]:
    """The participations that these conditions on `models.Participation` choose, oldest first. The number of
    statements does not grow with their number."""
    rows = session.execute(_TAKEN.where(*where).order_by(models.Participation.id)).all()
    ids = [row.id for row in rows]
    if not ids:
        return ()
    sat: defaultdict[int, list[attempts.SatTest]] = defaultdict(list)
    for one in attempts.list_sat(session, ids):
        sat[one.participation_id].append(one)
    granted: defaultdict[int, dict[str, State]] = defaultdict(dict)
    for held in session.execute(
        sa.select(Claim.participation_id, Claim.system, Claim.state)
        .where(Claim.participation_id.in_(ids))
        .order_by(Claim.id)
    ):
        granted[held.participation_id][held.system] = State(held.state)
    return tuple(
        Taken(
            id=row.id,
            learner_id=row.learner_id,
            activity_id=row.activity_id,
            version_id=row.version_id,
            enrolled_at=row.enrolled_at,
            passed_at=row.passed_at,
            sat=tuple(sat[row.id]),
            claims=granted[row.id],
            core=Participation(
                profession=row.profession,
                engaged_seconds=row.seconds or 0,
                attempts=tuple(one.attempt for one in sat[row.id]),
                evaluated=row.evaluated_at is not None,
                attested_minutes=row.minutes,
                in_control=row.in_control,
                reopened_until=row.reopened_until,
            ),
        )
        for row in rows
    )


def claim(
    session: Session, actor: Actor, participation_id: int, system: str, quarters: int, now: dt.datetime
) -> Award | Refusal:
    """Grant the learner so many quarters of credit, or say all that stands against it.

    One claim a learner, activity and system: of fifty clicks at once one is granted, the others are refused as a second
    claim. The certificate is made afterwards (`issuing.issue`). Raises LookupError for a participation of somebody else
    and for a system in which nothing was designated.
    """

    def deed() -> Award | Refusal:
        with writing(session, Lock(learner=actor.id)):
            taken = get_taken(session, participation_id)
            designated = {
                row.slug: row for row in session.execute(_TERMS.where(ActivityVersion.id == taken.version_id))
            }
            if taken.learner_id != actor.id or system not in designated:
                raise LookupError(participation_id)
            row = designated[system]
            terms = _terms(row.body, row.provider, row.system, row)
            decided = claims.decide(terms, taken.of(system), quarters, now)
            if isinstance(decided, Award):
                _grant(session, actor, taken, row, decided.quarters, now)
            return decided

    try:
        return retrying(deed)
    except IntegrityError:
        # The learner's lock lets no two come here; the key of the table holds all the same.
        return claims.SECOND


def _grant(session: Session, actor: Actor, taken: Taken, row: Any, quarters: int, now: dt.datetime) -> None:
    granted = {
        "participation_id": taken.id,
        "learner_id": actor.id,
        "activity_id": taken.activity_id,
        "system_id": row.system_id,
        "system": row.slug,
        "quarters": quarters,
        "state": State.ISSUED.value,
        "at": now,
    }
    claim_id = session.execute(sa.insert(table(Claim)).returning(Claim.id), granted).scalar_one()
    if taken.passed_at is None:
        closed = [one.attempt.closed for one in taken.sat if one.attempt.closed is not None]
        session.execute(
            sa.update(table(models.Participation))
            .where(models.Participation.id == taken.id)
            .values(passed_at=max(closed, default=now))
        )
    step = {"claim_id": claim_id, "state": State.ISSUED.value, "reason": "", "by_id": actor.id, "at": now}
    session.execute(sa.insert(table(ClaimStep)), step)
    auditing.record(
        session,
        actor_id=actor.id,
        deed="claim credit",
        subject=("claim", claim_id),
        details={"participation": taken.id, "system": row.slug, "quarters": quarters},
        now=now,
    )


def find_claim(session: Session, participation_id: int, system: str) -> int | None:
    """The id of the claim that was granted, None while none was."""
    return session.scalar(sa.select(Claim.id).where(Claim.participation_id == participation_id, Claim.system == system))


def step(session: Session, claim_id: int, to: State, *, by_id: int | None, reason: str, now: dt.datetime) -> None:
    """Bring a granted claim to another state and keep the step. Inside a deed, which also records it in the audit.

    Raises `core.credit.claims.Impossible`; LookupError for no claim.
    """
    held = session.scalar(sa.select(Claim.state).where(Claim.id == claim_id).with_for_update())
    if held is None:
        raise LookupError(claim_id)
    state = claims.advance(State(held), to)
    session.execute(sa.update(table(Claim)).where(Claim.id == claim_id).values(state=state.value))
    row = {"claim_id": claim_id, "state": state.value, "reason": reason, "by_id": by_id, "at": now}
    session.execute(sa.insert(table(ClaimStep)), row)


def note_pass(session: Session, participation_id: int, at: dt.datetime) -> bool:
    """Keep the moment at which what must be assessed had been, once. Inside the deed that closes a test, which holds
    the learner’s lock. Says whether the test is passed."""
    taken = get_taken(session, participation_id)
    if taken.passed_at is not None:
        return True
    if not claims.passed(untested_terms(session, taken.version_id), taken.core):
        return False
    where = models.Participation.id == participation_id
    session.execute(sa.update(table(models.Participation)).where(where).values(passed_at=at))
    # What was asked before the lesson told nothing until now, so that it could not teach the test.
    session.execute(
        sa.update(table(models.Sitting))
        .where(
            models.Sitting.participation_id == participation_id,
            models.Sitting.purpose == attempts.BEFORE,
            models.Sitting.closed_at.is_not(None),
            models.Sitting.released_at.is_(None),
        )
        .values(released_at=at)
    )
    return True


_EDITION_COLUMNS = (
    ActivityVersion.body,
    ActivityVersion.released,
    ActivityVersion.expires,
    ActivityVersion.claim_until,
    Provider.body.label("provider"),
)
_EDITION = sa.select(*_EDITION_COLUMNS).join(Provider, Provider.id == ActivityVersion.provider_id)
_TERMS = (
    sa.select(
        *_EDITION_COLUMNS,
        CreditSystem.slug,
        CreditSystem.id.label("system_id"),
        CreditSystem.body.label("system"),
        Designation.maximum,
    )
    .join(Provider, Provider.id == ActivityVersion.provider_id)
    .join(Designation, Designation.version_id == ActivityVersion.id)
    .join(CreditSystem, CreditSystem.id == Designation.system_id)
    .order_by(CreditSystem.slug)
)
_seconds = (
    sa.select(sa.func.sum(Engagement.seconds))
    .where(Engagement.participation_id == models.Participation.id)
    .correlate(models.Participation)
    .scalar_subquery()
)
_last_reopening = (
    sa.select(sa.func.max(Reopening.id))
    .where(Reopening.participation_id == models.Participation.id)
    .correlate(models.Participation)
    .scalar_subquery()
)
_TAKEN = (
    sa.select(
        *table(models.Participation).c,
        _seconds.label("seconds"),
        Evaluation.at.label("evaluated_at"),
        Attestation.minutes,
        Reopening.until.label("reopened_until"),
    )
    .outerjoin(Evaluation, Evaluation.participation_id == models.Participation.id)
    .outerjoin(Attestation, Attestation.participation_id == models.Participation.id)
    .outerjoin(Reopening, Reopening.id == _last_reopening)
)
