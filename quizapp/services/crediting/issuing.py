"""Certificates: made from frozen facts once a claim was granted, and stored with their bytes.

Setting and signing a page takes longer than a transaction should. So the claim is one deed and the certificate another
that may be done again by anybody: a claim without a certificate, because the program was killed between the two, is
found by the background work.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import claims
from quizapp.core.credit.amounts import shown, unit_of
from quizapp.core.credit.claims import Refusal
from quizapp.core.credit.front_matter import FrontMatter
from quizapp.core.credit.statements import fill
from quizapp.core.preferences import local_date
from quizapp.db.models import (
    Activity,
    ActivityVersion,
    Certificate,
    Claim,
    CreditProfile,
    CreditSystem,
    Designation,
    Erasure,
    Participation,
    Provider,
    table,
)
from quizapp.db.session import Lock, retrying, writing
from quizapp.formats.certificate import credential, printing
from quizapp.formats.certificate.facts import Facts, new_code
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.crediting import claiming, keys, retention
from quizapp.services.crediting.activities import FORMATS
from quizapp.services.crediting.vault import Vault

WITHOUT_CREDIT = "This certificate of participation carries no credit."
NOT_DESIGNATED = "No credit is designated for this activity, and no clinician has signed its questions."
NOT_IN_THIS = "This is no designated credit."
"""Of an activity that gives designated credit in another system."""


@dataclass(frozen=True)
class Press:
    """What certificates are made with. `vault` opens the signing keys; `site`: the public address, without a slash."""

    vault: Vault
    site: str


@dataclass(frozen=True)
class Made:
    """A certificate that is not stored yet."""

    facts: Facts
    credential: str
    document: bytes
    kid: str


def issue(session: Session, press: Press, claim_id: int, now: dt.datetime) -> str:
    """The code of the certificate for a claim that was granted, which is made if there is none. Doing it twice gives
    the first. Raises LookupError for no claim; `printing.Unprintable` for a name that no font of ours has."""
    if (held := find_code(session, claim_id)) is not None:
        return held
    row = session.execute(_CLAIMED.where(Claim.id == claim_id)).one_or_none()
    if row is None:
        raise LookupError(claim_id)
    made = make(session, press, facts_of(session, press, row, now), row.provider_slug, now)

    def deed() -> str:
        with writing(session, Lock(learner=row.learner_id)):
            if (held := find_code(session, claim_id)) is not None:
                return held
            store(session, made, participation_id=row.participation_id, claim_id=claim_id, by_id=None)
            return made.facts.code

    return retrying(deed)


def issue_participation(
    session: Session, press: Press, actor: Actor, participation_id: int, now: dt.datetime
) -> str | Refusal:
    """The code of a certificate that the learner took part, without credit; a second click gives the first.

    For those whose profession no system of the activity is for, who wrote it themselves, or who have used all attempts.
    Raises LookupError for somebody else’s participation.
    """
    if refused := _against_participation(session, actor, participation_id, now):
        return refused
    if (held := find_participation_code(session, participation_id)) is not None:
        return held
    row = session.execute(_TOOK_PART.where(Participation.id == participation_id)).one()
    made = make(session, press, facts_of(session, press, row, now), row.provider_slug, now)

    def deed() -> str | Refusal:
        with writing(session, Lock(learner=actor.id)):
            if refused := _against_participation(session, actor, participation_id, now):
                return refused
            if (held := find_participation_code(session, participation_id)) is not None:
                return held
            store(session, made, participation_id=participation_id, claim_id=None, by_id=actor.id)
            return made.facts.code

    return retrying(deed)


def _against_participation(session: Session, actor: Actor, participation_id: int, now: dt.datetime) -> Refusal | None:
    taken = claiming.get_taken(session, participation_id)
    if taken.learner_id != actor.id:
        raise LookupError(participation_id)
    if retention.is_erased(session, actor.id):
        return Refusal(("This account was erased meanwhile, so no certificate is made any more.",))
    general = claiming.untested_terms(session, taken.version_id)
    if refused := claims.refuse_without_credit(general, taken.core, now):
        return refused
    if may_claim_credit(claiming.terms_of(session, taken.version_id), taken):
        return Refusal(("You can claim credit for this activity, which proves more.",))
    return None


def may_claim_credit(terms: Mapping[str, claims.Terms], taken: claiming.Taken) -> bool:
    """Whether credit of some system is open to this learner, now or after what is still to be done."""
    for one in terms.values():
        own = taken.core.in_control and not one.in_control_may_claim
        used = bool(claims.refuse_attempt(one, taken.core, one.expires)) and not claims.passed(one, taken.core)
        if taken.core.profession in one.professions and not own and not used:
            return True
    return False


def issue_waiting(session: Session, press: Press, now: dt.datetime, limit: int = 20) -> int:
    """Make certificates of claims that have none, each in its own deed, at most `limit`; returns how many were made.

    Those that cannot be made do not keep the others waiting, however many they are: they are raised after them.
    """
    without = sa.select(Claim.id).where(
        ~sa.exists().where(Certificate.claim_id == Claim.id),
        ~sa.exists().where(Erasure.user_id == Claim.learner_id, Erasure.ended_at.is_not(None)),
    )
    made, failures = 0, []
    for claim_id in session.scalars(without.order_by(Claim.id)).all():
        if made == limit:
            break
        try:
            issue(session, press, claim_id, now)
            made += 1
        except Exception as failure:
            session.rollback()
            failures.append(failure)
    if failures:
        raise ExceptionGroup("Certificates that could not be made", failures)
    return made


def find_code(session: Session, claim_id: int) -> str | None:
    """The code of the certificate of a claim that no other supersedes, None while there is none."""
    newest = sa.select(Certificate.code).where(Certificate.claim_id == claim_id, ~_is_superseded)
    return session.scalar(newest.order_by(Certificate.issued_at.desc(), Certificate.code).limit(1))


def find_participation_code(session: Session, participation_id: int) -> str | None:
    """The code of the newest certificate without credit of a participation, None while there is none."""
    newest = sa.select(Certificate.code).where(
        Certificate.participation_id == participation_id, Certificate.claim_id.is_(None)
    )
    return session.scalar(newest.order_by(Certificate.issued_at.desc(), Certificate.code).limit(1))


def claim_facts(
    session: Session,
    press: Press,
    claim_id: int,
    now: dt.datetime,
    *,
    supersedes: str = "",
    name: str | None = None,
    quarters: int | None = None,
) -> tuple[Facts, str]:
    """The facts of a claim as they stand now, under a new code, and the slug of its provider; for a certificate that
    supersedes another, with another name or amount. Raises LookupError."""
    row = session.execute(_CLAIMED.where(Claim.id == claim_id)).one_or_none()
    if row is None:
        raise LookupError(claim_id)
    facts = facts_of(session, press, row, now, name=name, quarters=quarters)
    return replace(facts, supersedes=supersedes), row.provider_slug


def facts_of(
    session: Session, press: Press, row: Any, now: dt.datetime, *, name: str | None = None, quarters: int | None = None
) -> Facts:
    """What is certified. `row`: of one of the statements below; `name`, `quarters`: in place of those of the row."""
    name, quarters = name or row.name, quarters or row.quarters
    body, front = row.body, row.body.get("front", {})
    system = body.get("systems", {}).get(row.system, {}) if row.quarters else {}
    code = new_code()
    format_ = FORMATS[row.kind].capitalize()
    provider = front.get("provider") or row.provider.get("name", "")
    unit = str((system or row.system_body or {}).get("unit", ""))
    maximum = row.maximum or 0
    words = {"provider": provider, "format": format_.lower(), "maximum": shown(maximum)}
    claimed = words | {"claimed": shown(quarters), "name": name, "unit": unit_of(quarters, unit)}
    statements = dict(row.system_body or {}) | {name: text for name, text in system.items() if name in _STATEMENTS}
    designated = fill(str(statements.get("designation_statement", "")), words | {"unit": unit_of(maximum, unit)})
    recognised = statements.get("designated", True)
    if body.get("credit_designated") is False and NOT_DESIGNATED not in designated:
        designated = f"{designated} {NOT_DESIGNATED}".strip()
    elif not recognised:
        designated = f"{designated} {NOT_IN_THIS}".strip()
    completed_on = local_date(row.passed_at or now, row.provider.get("zone", "UTC"))
    board = FrontMatter.from_json(front).recognition
    if row.quarters and recognised and board.holds_on(completed_on):
        designated = f"{designated} {board.sentence}"
    return Facts(
        code=code,
        recipient=row.recipient,
        name=name,
        profession=row.profession,
        activity=row.title,
        edition=row.edition,
        format=format_,
        provider=str(provider),
        joint_provider=str(front.get("joint_provider", "none")),
        quarters=quarters,
        unit=unit_of(quarters, unit) if quarters else "",
        accreditation_statement=str(
            front.get("accreditation_statement") or row.provider.get("accreditation_statement", "")
        ),
        designation_statement=designated,
        claim_statement=fill(str(statements.get("claim_statement", "")), claimed) if quarters else WITHOUT_CREDIT,
        completed_on=completed_on,
        issued_at=now.replace(microsecond=0),
        verify_url=f"{press.site}/verify/{code}",
    )


_follower = sa.orm.aliased(Certificate)
_is_superseded = sa.exists().where(_follower.supersedes == Certificate.code)
_STATEMENTS = ("designation_statement", "claim_statement")


def make(session: Session, press: Press, facts: Facts, provider: str, now: dt.datetime) -> Made:
    """Set and sign a certificate with the key that the provider signs with now. Stores nothing but, at need, that key.
    Raises `printing.Unprintable`."""
    from quizapp.formats.certificate import sealing  # a fifth of every start would go into what signs

    key = keys.get_or_make_key(session, press.vault, provider, now)
    session.rollback()  # what takes a second keeps no transaction open
    token = credential.credential(facts, key, press.site)
    document = sealing.seal(printing.pdf(facts, token), key, facts.issued_at)
    return Made(facts, token, document, key.kid)


def store(session: Session, made: Made, *, participation_id: int, claim_id: int | None, by_id: int | None) -> None:
    """Store a certificate. Inside a deed that holds the learner’s lock and has seen that it is wanted; the last act of
    that deed, because it is recorded in the audit."""
    facts = made.facts
    digest = sha256(made.document).hexdigest()
    row = {
        "code": facts.code,
        "participation_id": participation_id,
        "claim_id": claim_id,
        "facts": facts.to_json(),
        "credential": made.credential,
        "document": made.document,
        "digest": digest,
        "kid": made.kid,
        "issued_at": facts.issued_at,
        "supersedes": facts.supersedes or None,
    }
    session.execute(sa.insert(table(Certificate)), row)
    auditing.record(
        session,
        actor_id=by_id,
        deed="issue certificate",
        subject=("certificate", facts.code),
        details={"participation": participation_id, "claim": claim_id or 0, "quarters": facts.quarters, "file": digest},
        now=facts.issued_at,
    )


_FROM_PARTICIPATION = (
    Participation.id.label("participation_id"),
    Participation.learner_id,
    Participation.passed_at,
    Participation.profession,
    CreditProfile.recipient,
    CreditProfile.name,
    ActivityVersion.edition,
    ActivityVersion.kind,
    ActivityVersion.title,
    ActivityVersion.body,
    Provider.slug.label("provider_slug"),
    Provider.body.label("provider"),
)


def _with_edition(statement: Any) -> Any:
    return (
        statement.join(CreditProfile, CreditProfile.learner_id == Participation.learner_id)
        .join(Activity, Activity.id == Participation.activity_id)
        .join(ActivityVersion, ActivityVersion.id == Participation.version_id)
        .join(Provider, Provider.id == ActivityVersion.provider_id)
    )


_TOOK_PART = _with_edition(
    sa.select(
        *_FROM_PARTICIPATION,
        sa.literal(0).label("quarters"),
        sa.literal("").label("system"),
        sa.null().label("system_body"),
        sa.literal(0).label("maximum"),
    ).select_from(Participation)
)
_CLAIMED = (
    _with_edition(
        sa.select(
            *_FROM_PARTICIPATION,
            Claim.quarters,
            Claim.system,
            CreditSystem.body.label("system_body"),
            Designation.maximum,
        )
        .select_from(Claim)
        .join(Participation, Participation.id == Claim.participation_id)
    )
    .join(CreditSystem, CreditSystem.id == Claim.system_id)
    .outerjoin(
        Designation,
        sa.and_(Designation.version_id == Participation.version_id, Designation.system_id == Claim.system_id),
    )
)
