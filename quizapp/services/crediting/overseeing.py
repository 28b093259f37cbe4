"""What a coordinator does about one participant: reopen claiming, correct a certificate, revoke one.

Each is one deed with a reason that the record keeps, harmless when done twice. Taking part is never reopened.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import claims
from quizapp.core.credit.claims import Refusal, State
from quizapp.db.models import Certificate, Claim, Participation, Reopening, Revocation, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.crediting import claiming, issuing, retention, scope
from quizapp.services.crediting.issuing import Press

LONGEST_REASON = 1_000


def reopen(
    session: Session, actor: Actor, participation_id: int, until: dt.datetime, reason: str, now: dt.datetime
) -> Refusal | None:
    """Give a participant a new deadline for claiming, or say why not. Raises LookupError."""

    def deed() -> Refusal | None:
        learner_id = _learner_of(session, actor, participation_id)
        with writing(session, Lock(learner=learner_id)):
            _learner_of(session, actor, participation_id)
            taken = claiming.get_taken(session, participation_id)
            if _reopened_already(session, participation_id, until):
                return None
            terms = claiming.terms_of(session, taken.version_id)
            open_slug = next((slug for slug in terms if slug not in taken.claims), next(iter(terms), ""))
            one = terms.get(open_slug) or claiming.untested_terms(session, taken.version_id)
            refused = claims.refuse_reopening(one, taken.of(open_slug), may=True, reason=reason, until=until, now=now)
            if refused is not None:
                return refused
            row = {
                "participation_id": participation_id, "until": until, "reason": reason.strip()[:LONGEST_REASON],
                "by_id": actor.id, "at": now,
            }  # fmt: skip
            session.execute(sa.insert(table(Reopening)), row)
            auditing.record(
                session,
                actor_id=actor.id,
                deed="reopen claiming",
                subject=("participation", participation_id),
                details={"until": until.astimezone(dt.UTC).isoformat(timespec="seconds"), "reason": row["reason"]},
                now=now,
            )
            return None

    return retrying(deed)


def _reopened_already(session: Session, participation_id: int, until: dt.datetime) -> bool:
    """Whether the newest deadline is this one: the second of two clicks."""
    held = session.scalar(
        sa.select(Reopening.until)
        .where(Reopening.participation_id == participation_id)
        .order_by(Reopening.id.desc())
        .limit(1)
    )
    return held == until


def correct(
    session: Session,
    actor: Actor,
    press: Press,
    claim_id: int,
    *,
    name: str,
    quarters: int,
    reason: str,
    now: dt.datetime,
) -> str | Refusal:
    """Supersede the certificate of a claim by one with this name and amount; gives its code, or why not.

    Done again, it gives the certificate that is there. Raises LookupError, and `printing.Unprintable` for a name that
    no font of ours has; nothing was changed then.
    """
    name = " ".join(name.split())
    row = _claim_of(session, actor, claim_id)
    if refused := _against_correction(session, row, quarters, name, reason):
        return refused
    held = issuing.issue(session, press, claim_id, now)
    if _says(session, held, name, quarters):
        return held
    facts, provider = issuing.claim_facts(session, press, claim_id, now, name=name, quarters=quarters, supersedes=held)
    made = issuing.make(session, press, facts, provider, now)

    def deed() -> str | Refusal:
        with writing(session, Lock(learner=row.learner_id)):
            fresh = _claim_of(session, actor, claim_id)
            if refused := _against_correction(session, fresh, quarters, name, reason):
                return refused
            newest = issuing.find_code(session, claim_id)
            if newest != held:
                return _meanwhile(session, newest, name, quarters)
            kept = reason.strip()[:LONGEST_REASON]
            session.execute(sa.update(table(Claim)).where(Claim.id == claim_id).values(quarters=quarters))
            claiming.step(session, claim_id, State.SUPERSEDED, by_id=actor.id, reason=kept, now=now)
            claiming.step(session, claim_id, State.ISSUED, by_id=actor.id, reason=kept, now=now)
            auditing.record(
                session,
                actor_id=actor.id,
                deed="correct certificate",
                subject=("claim", claim_id),
                details={"supersedes": held, "quarters": quarters, "before": fresh.quarters, "reason": kept},
                now=now,
            )
            issuing.store(session, made, participation_id=fresh.participation_id, claim_id=claim_id, by_id=actor.id)
            return made.facts.code

    return retrying(deed)


def _meanwhile(session: Session, code: str | None, name: str, quarters: int) -> str | Refusal:
    if code is not None and _says(session, code, name, quarters):
        return code
    return Refusal(("Somebody has corrected this certificate meanwhile. Look at the new one first.",))


def _says(session: Session, code: str, name: str, quarters: int) -> bool:
    facts = session.scalars(sa.select(Certificate.facts).where(Certificate.code == code)).one()
    return bool(facts["name"] == name and facts["quarters"] == quarters)


def _against_correction(session: Session, row: Any, quarters: int, name: str, reason: str) -> Refusal | None:
    if retention.is_over(session, row.learner_id):
        return Refusal(("The six years of this record are over and its name was erased, so nothing is corrected.",))
    taken = claiming.get_taken(session, row.participation_id)
    terms = claiming.terms_of(session, taken.version_id)[row.system]
    return claims.refuse_correction(terms, taken.of(row.system), quarters, name, may=True, reason=reason)


def revoke(session: Session, actor: Actor, code: str, reason: str, now: dt.datetime) -> Refusal | None:
    """Revoke a certificate, and the claim that it proves, or say why not. What was superseded is no longer good anyway:
    the newest certificate is what is revoked. Raises LookupError."""

    def deed() -> Refusal | None:
        learner_id = _learner_of(session, actor, _participation_of(session, code))
        with writing(session, Lock(learner=learner_id)):
            held = session.execute(_CERTIFICATE.where(Certificate.code == code)).one()
            _learner_of(session, actor, held.participation_id)
            if held.revoked is not None:
                return None
            if refused := claims.refuse_revocation(may=True, reason=reason):
                return refused
            if held.followed_by is not None:
                return Refusal((f"This certificate was superseded by {held.followed_by}; revoke that one.",))
            kept = reason.strip()[:LONGEST_REASON]
            session.execute(sa.insert(table(Revocation)), {"code": code, "reason": kept, "by_id": actor.id, "at": now})
            if held.claim_id is not None:
                claiming.step(session, held.claim_id, State.REVOKED, by_id=actor.id, reason=kept, now=now)
            auditing.record(
                session,
                actor_id=actor.id,
                deed="revoke certificate",
                subject=("certificate", code),
                details={"claim": held.claim_id or 0, "reason": kept},
                now=now,
            )
            return None

    return retrying(deed)


def _participation_of(session: Session, code: str) -> int:
    found = session.scalar(sa.select(Certificate.participation_id).where(Certificate.code == code))
    if found is None:
        raise LookupError(code)
    return int(found)


def _learner_of(session: Session, actor: Actor, participation_id: int) -> int:
    """The learner of a participation in an activity that the actor runs. Raises LookupError."""
    row = session.execute(
        sa.select(Participation.learner_id, Participation.activity_id).where(Participation.id == participation_id)
    ).one_or_none()
    if row is None:
        raise LookupError(participation_id)
    scope.get_run(session, actor, row.activity_id)
    return int(row.learner_id)


def _claim_of(session: Session, actor: Actor, claim_id: int) -> Any:
    row = session.execute(
        sa.select(Claim.participation_id, Claim.learner_id, Claim.system, Claim.quarters).where(Claim.id == claim_id)
    ).one_or_none()
    if row is None:
        raise LookupError(claim_id)
    _learner_of(session, actor, row.participation_id)
    return row


_follower = sa.orm.aliased(Certificate)
_CERTIFICATE = (
    sa.select(
        Certificate.participation_id,
        Certificate.claim_id,
        Revocation.code.label("revoked"),
        _follower.code.label("followed_by"),
    )
    .outerjoin(Revocation, Revocation.code == Certificate.code)
    .outerjoin(_follower, _follower.supersedes == Certificate.code)
)
