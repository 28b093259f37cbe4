"""What a code shows, and what has become of certificates since. Reads only; anybody may ask."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp.core.credit.claims import State
from quizapp.db.models import (
    ActivityCoordinator,
    Certificate,
    Claim,
    Participation,
    Revocation,
)
from quizapp.formats.certificate import credential
from quizapp.formats.certificate.credential import Snapshot
from quizapp.formats.certificate.facts import Facts, read_code
from quizapp.services.accounts import Actor
from quizapp.services.crediting import keys
from quizapp.services.crediting.vault import Vault


@dataclass(frozen=True)
class Shown:
    """A certificate as its code shows it. `revoked_at`: None while it is good; `superseded_by`: the code of the one
    that corrects it, or None. `digest`: SHA-256 of the file that was issued."""

    facts: Facts
    digest: str
    revoked_at: dt.datetime | None
    superseded_by: str | None

    @property
    def good(self) -> bool:
        return self.revoked_at is None and self.superseded_by is None


def look_up(session: Session, typed: str) -> Shown | None:
    """The certificate with this code, however it was typed; None for a code that was never given out."""
    code = read_code(typed)
    if code is None:
        return None
    row = session.execute(_SHOWN.where(Certificate.code == code)).one_or_none()
    if row is None:
        return None
    return Shown(Facts.from_json(row.facts), row.digest, row.revoked_at, row.newer)


def snapshot(session: Session, now: dt.datetime) -> Snapshot:
    """What has become of all certificates by now."""
    rows = session.execute(_GONE).all()
    revoked = frozenset(row.code for row in rows if row.newer is None)
    return Snapshot(now, revoked, {row.code: row.newer for row in rows if row.newer is not None})


def status_list(session: Session, vault: Vault, now: dt.datetime) -> str:
    """The snapshot of this moment, signed, to be taken along to where there is no network. Raises `keys.NoKey`."""
    key = keys.get_status_key(session, vault, now)
    return credential.status_list(snapshot(session, now), key)


def revocation_list(session: Session, site: str) -> str:
    """The credentials that are no longer good, for verifiers of others. Why one was revoked is its owner’s affair."""
    rows = session.execute(
        sa.select(Certificate.facts["verify_url"].as_string().label("id"), _newer.code.label("newer"))
        .outerjoin(Revocation, Revocation.code == Certificate.code)
        .outerjoin(_newer, _newer.supersedes == Certificate.code)
        .where(Certificate.code.in_(sa.select(_GONE.subquery().c.code)))
        .order_by(Certificate.code)
    )
    listed = ((row.id, f"Superseded by {row.newer}." if row.newer else "Revoked.") for row in rows)
    return credential.revocation_list(site, listed)


def get_document(session: Session, actor: Actor, code: str) -> bytes:
    """The file as it was issued: one’s own, or of an activity that one coordinates. Raises LookupError."""
    runs = sa.exists().where(
        ActivityCoordinator.activity_id == Participation.activity_id, ActivityCoordinator.user_id == actor.id
    )
    may = sa.or_(Participation.learner_id == actor.id, runs)
    if "administrator" in actor.roles:
        may = sa.true()
    document = session.scalar(
        sa.select(Certificate.document)
        .join(Participation, Participation.id == Certificate.participation_id)
        .where(Certificate.code == code, may)
    )
    if not document:  # there is none, or it was erased when its time was over
        raise LookupError(code)
    return document


@dataclass(frozen=True)
class Held:
    """A certificate of a participation, for its owner. `system`: "" for one without credit."""

    code: str
    system: str
    quarters: int
    unit: str
    state: State | None
    issued_at: dt.datetime
    good: bool


def list_held(session: Session, participation_id: int) -> tuple[Held, ...]:
    """The certificates of a participation, newest first."""
    rows = session.execute(_HELD.where(Certificate.participation_id == participation_id))
    return tuple(
        Held(
            row.code,
            row.system or "",
            int(row.facts["quarters"]),
            str(row.facts["unit"]),
            State(row.state) if row.state else None,
            row.issued_at,
            row.revoked_at is None and row.newer is None,
        )
        for row in rows
    )


_newer = aliased(Certificate)
_GONE: sa.CompoundSelect[*tuple[Any, ...]] = sa.union_all(
    sa.select(Revocation.code, sa.null().cast(sa.String).label("newer")),
    sa.select(Certificate.supersedes, Certificate.code).where(Certificate.supersedes.is_not(None)),
)
"""Codes that are no longer good: revoked, or superseded by `newer`. Read from two indexes alone."""
_SHOWN = (
    sa.select(Certificate.facts, Certificate.digest, Revocation.at.label("revoked_at"), _newer.code.label("newer"))
    .outerjoin(Revocation, Revocation.code == Certificate.code)
    .outerjoin(_newer, _newer.supersedes == Certificate.code)
)
_HELD = (
    sa.select(
        Certificate.code,
        Certificate.facts,
        Certificate.issued_at,
        Claim.system,
        Claim.state,
        Revocation.at.label("revoked_at"),
        _newer.code.label("newer"),
    )
    .outerjoin(Claim, Claim.id == Certificate.claim_id)
    .outerjoin(Revocation, Revocation.code == Certificate.code)
    .outerjoin(_newer, _newer.supersedes == Certificate.code)
    .order_by(Certificate.issued_at.desc(), Certificate.code)
)
