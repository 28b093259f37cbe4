"""The record of one participant: what was done, said, claimed and issued, and by whom it was changed. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import claims
from quizapp.core.credit.claims import State, Terms
from quizapp.db.models import (
    Attestation,
    Certificate,
    Claim,
    ClaimStep,
    Engagement,
    Evaluation,
    Participation,
    Reopening,
    Revocation,
    User,
)
from quizapp.services.accounts import Actor
from quizapp.services.crediting import claiming, scope
from quizapp.services.crediting.claiming import Taken
from quizapp.services.crediting.participants import PEOPLE, Line, line_of
from quizapp.services.crediting.scope import Run


@dataclass(frozen=True)
class Attempt:
    """A sitting of a participant. `purpose`: before, test, after30 …"""

    purpose: str
    started_at: dt.datetime
    closed_at: dt.datetime | None
    earned: int
    possible: int
    passed: bool


@dataclass(frozen=True)
class Step:
    """A state a claim came to; `by` is "" for the learner or the program."""

    state: State
    at: dt.datetime
    by: str
    reason: str


@dataclass(frozen=True)
class Certified:
    """A certificate. `status`: good, superseded or revoked; `reason`: of the revocation."""

    code: str
    issued_at: dt.datetime
    name: str
    quarters: int
    status: str
    reason: str = ""


@dataclass(frozen=True)
class Claimed:
    """A claim with its way and its certificates, newest first. `maximum`: the most that it could be corrected to."""

    id: int
    system: str
    unit: str
    quarters: int
    step: int
    maximum: int
    state: State
    steps: tuple[Step, ...]
    certificates: tuple[Certified, ...]


@dataclass(frozen=True)
class Reopened:
    until: dt.datetime
    reason: str
    by: str
    at: dt.datetime


@dataclass(frozen=True)
class Record:
    """All that is kept of one participant. `seconds`: place → seconds busy there. `claimable_until`: with what was
    reopened; `without_credit`: certificates of participation."""

    run: Run
    line: Line
    passed_at: dt.datetime | None
    seconds: Mapping[str, int]
    attempts: tuple[Attempt, ...]
    evaluated_at: dt.datetime | None
    attested_minutes: int | None
    reopened: tuple[Reopened, ...]
    claimable_until: dt.datetime
    claims: tuple[Claimed, ...]
    without_credit: tuple[Certified, ...]


def get_record(session: Session, actor: Actor, participation_id: int, now: dt.datetime) -> Record:
    """The record of a participant in an activity that the actor runs. Raises LookupError."""
    row = session.execute(PEOPLE.where(Participation.id == participation_id)).one_or_none()
    if row is None:
        raise LookupError(participation_id)
    found = scope.get_run(session, actor, row.activity_id)
    taken = claiming.get_taken(session, participation_id)
    terms = claiming.terms_of(session, taken.version_id) or {"": claiming.untested_terms(session, taken.version_id)}
    first = next(iter(terms.values()))
    line = line_of(row, terms, taken, now)
    certificates = _certificates(session, participation_id)
    return Record(
        run=found,
        line=line,
        passed_at=taken.passed_at,
        seconds={
            one.place: one.seconds
            for one in session.execute(
                sa.select(Engagement.place, Engagement.seconds).where(Engagement.participation_id == participation_id)
            )
        },
        attempts=tuple(
            Attempt(
                one.purpose,
                one.started_at,
                one.attempt.closed,
                one.attempt.earned,
                one.attempt.possible,
                one.attempt.closed is not None and not claims.shortfalls(first, one.attempt),
            )
            for one in taken.sat
        ),
        evaluated_at=session.scalar(sa.select(Evaluation.at).where(Evaluation.participation_id == participation_id)),
        attested_minutes=session.scalar(
            sa.select(Attestation.minutes).where(Attestation.participation_id == participation_id)
        ),
        reopened=_reopened(session, participation_id),
        claimable_until=claims.claimable_until(first, taken.core),
        claims=_claims(session, taken, terms, certificates),
        without_credit=certificates.get(None, ()),
    )


def find_claim(session: Session, actor: Actor, claim_id: int) -> tuple[int, int]:
    """The participation of a claim, and the step of its system in quarters. Raises LookupError."""
    row = session.execute(
        sa.select(Claim.participation_id, Claim.activity_id, Claim.system, Participation.version_id)
        .join(Participation, Participation.id == Claim.participation_id)
        .where(Claim.id == claim_id)
    ).one_or_none()
    if row is None:
        raise LookupError(claim_id)
    scope.get_run(session, actor, row.activity_id)
    return row.participation_id, claiming.terms_of(session, row.version_id)[row.system].step


def find_certificate(session: Session, actor: Actor, code: str) -> int:
    """The participation of a certificate. Raises LookupError."""
    row = session.execute(
        sa.select(Certificate.participation_id, Participation.activity_id)
        .join(Participation, Participation.id == Certificate.participation_id)
        .where(Certificate.code == code)
    ).one_or_none()
    if row is None:
        raise LookupError(code)
    scope.get_run(session, actor, row.activity_id)
    return int(row.participation_id)


def _claims(
    session: Session, taken: Taken, terms: Mapping[str, Terms], certificates: Mapping[int | None, tuple[Certified, ...]]
) -> tuple[Claimed, ...]:
    rows = session.execute(
        sa.select(Claim.id, Claim.system, Claim.quarters, Claim.state)
        .where(Claim.participation_id == taken.id)
        .order_by(Claim.id)
    ).all()
    steps: dict[int, list[Step]] = {}
    for one in session.execute(_STEPS.where(ClaimStep.claim_id.in_([row.id for row in rows]))):
        by = "" if one.by_id in (None, taken.learner_id) else one.name or one.email
        steps.setdefault(one.claim_id, []).append(Step(State(one.state), one.at, by, one.reason))
    return tuple(
        Claimed(
            row.id,
            row.system,
            terms[row.system].unit,
            row.quarters,
            terms[row.system].step,
            claims.most(terms[row.system], taken.core),
            State(row.state),
            tuple(steps.get(row.id, ())),
            certificates.get(row.id, ()),
        )
        for row in rows
    )


def _certificates(session: Session, participation_id: int) -> Mapping[int | None, tuple[Certified, ...]]:
    held: dict[int | None, tuple[Certified, ...]] = {}
    rows = session.execute(_CERTIFICATES.where(Certificate.participation_id == participation_id)).all()
    superseded = {row.supersedes for row in rows}
    for row in rows:
        status = "revoked" if row.revoked_at else "superseded" if row.code in superseded else "good"
        one = Certified(row.code, row.issued_at, row.facts["name"], row.facts["quarters"], status, row.why or "")
        held[row.claim_id] = (one, *held.get(row.claim_id, ()))
    return held


def _reopened(session: Session, participation_id: int) -> tuple[Reopened, ...]:
    rows: Any = session.execute(
        sa.select(Reopening.until, Reopening.reason, Reopening.at, User.name, User.email)
        .join(User, User.id == Reopening.by_id)
        .where(Reopening.participation_id == participation_id)
        .order_by(Reopening.id.desc())
    )
    return tuple(Reopened(row.until, row.reason, row.name or row.email, row.at) for row in rows)


_STEPS = (
    sa.select(
        ClaimStep.claim_id,
        ClaimStep.state,
        ClaimStep.at,
        ClaimStep.by_id,
        ClaimStep.reason,
        User.name,
        User.email,
    )
    .outerjoin(User, User.id == ClaimStep.by_id)
    .order_by(ClaimStep.id)
)
_CERTIFICATES = (
    sa.select(
        Certificate.code,
        Certificate.claim_id,
        Certificate.issued_at,
        Certificate.facts,
        Certificate.supersedes,
        Revocation.at.label("revoked_at"),
        Revocation.reason.label("why"),
    )
    .outerjoin(Revocation, Revocation.code == Certificate.code)
    .order_by(Certificate.issued_at, Certificate.supersedes.is_not(None))
)
