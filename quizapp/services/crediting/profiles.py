"""Who a learner is on a certificate and in a report, and whether completions may be reported.

Identifiers lie under the vault and come out for their owner and for a report alone.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import identifiers
from quizapp.core.credit.professions import PROFESSIONS
from quizapp.core.preferences import Unfit
from quizapp.db.models import Certificate, Claim, Consent, CreditProfile, Participation, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.formats.certificate import printing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.crediting.vault import Locked, Vault

PHYSICIAN = "physician"
REPORT = "report"
CONSENT = (
    "Report my completed activities, with my name, the identifiers above and my month and day of birth, to the system "
    "through which boards and licensing bodies learn of credit. I can take this back at any time; what was reported "
    "before stays there."
)
"""What is agreed to; stored with each consent as it read then."""
FIELDS = ("given_name", "family_name", "npi", "licence", "licence_state", "board_id", "birth_month", "birth_day")


@dataclass(frozen=True)
class Wanted:
    """A profile as its form sends it. `identifiers`: of FIELDS; empty texts where nothing was said."""

    name: str
    profession: str
    identifiers: Mapping[str, str] = field(default_factory=dict)
    consent: bool = False


@dataclass(frozen=True)
class Profile:
    """A profile as its owner sees it. `consented_at`: when the consent that stands was given, None without one."""

    name: str
    profession: str
    identifiers: Mapping[str, str]
    consented_at: dt.datetime | None
    at: dt.datetime


def find_profile(session: Session, vault: Vault, learner_id: int) -> Profile | None:
    """The learner’s profile, None before the first enrolment (there may be goals already). Identifiers that
    cannot be read here are left out of it."""
    held = session.execute(
        sa.select(CreditProfile.name, CreditProfile.profession, CreditProfile.identifiers, CreditProfile.at).where(
            CreditProfile.learner_id == learner_id, CreditProfile.name != ""
        )
    ).one_or_none()
    if held is None:
        return None
    told = open_identifiers(vault, held.identifiers) or {}
    return Profile(held.name, held.profession, told, find_consent(session, learner_id), held.at)


def open_identifiers(vault: Vault, sealed: str | None) -> Mapping[str, str] | None:
    """What a profile holds sealed; None where it was sealed under a key that this site no longer has."""
    try:
        held: Mapping[str, object] = json.loads(vault.open(sealed)) if sealed else {}
    except Locked:
        return None
    return {name: str(value) for name, value in held.items() if value not in (None, "")}


def are_unreadable(session: Session, vault: Vault, learner_id: int) -> bool:
    """Whether this learner gave identifiers that cannot be read here."""
    sealed = session.scalar(sa.select(CreditProfile.identifiers).where(CreditProfile.learner_id == learner_id))
    return open_identifiers(vault, sealed) is None


def find_consent(session: Session, learner_id: int) -> dt.datetime | None:
    """When the learner agreed to reporting, None where nobody did or it was taken back."""
    last = session.execute(
        sa.select(Consent.given, Consent.at)
        .where(Consent.learner_id == learner_id, Consent.purpose == REPORT)
        .order_by(Consent.id.desc())
        .limit(1)
    ).one_or_none()
    return last.at if last is not None and last.given else None


def check(wanted: Wanted) -> Wanted:
    """The profile as it would be stored. Raises Unfit with a sentence for each field. Takes some milliseconds, because
    a trial page is set with the name."""
    # Blanks alone: what else stands between words controls the line, and is refused by name.
    name = " ".join(filter(None, wanted.name.split(" "))).strip()
    problems = {}
    if found := identifiers.problem_of_name(name) or printing.refuse_name(name):
        problems["name"] = found
    if wanted.profession not in PROFESSIONS:
        problems["profession"] = "Choose your profession; it decides which credit you can claim."
    told = {key: text for key in FIELDS if (text := wanted.identifiers.get(key, "").strip())}
    if wanted.profession != PHYSICIAN:
        # Asked of physicians only; what a form sends for others is not kept.
        told, consent = {}, False
    else:
        problems |= _of_identifiers(told)
        consent = wanted.consent
        if consent and not problems:
            problems |= identifiers.problems_of(told, name)
    if problems:
        raise Unfit(problems)
    return Wanted(name, wanted.profession, told, consent)


def _of_identifiers(told: Mapping[str, str]) -> dict[str, str]:
    problems = {
        name: found
        for name in ("given_name", "family_name")
        if (found := identifiers.problem_of_text(told.get(name, ""), identifiers.LONGEST_NAME))
    }
    if "npi" in told and (found := identifiers.problem_of_npi(told["npi"])):
        problems["npi"] = found
    licence, state = told.get("licence", ""), told.get("licence_state", "")
    if (licence or state) and (found := identifiers.problem_of_licence(licence, state)):
        problems["licence_state" if licence and "state" in found else "licence"] = found
    if len(told.get("board_id", "")) > 30:
        problems["board_id"] = "The id of a board has at most 30 characters."
    month, day = told.get("birth_month", ""), told.get("birth_day", "")
    if month or day:
        numbers = [text.isascii() and text.isdigit() and len(text) <= 2 for text in (month, day)]
        if not all(numbers):
            problems["birth_month"] = "Give month and day of birth, or neither; the year is not asked for."
        elif found := identifiers.problem_of_birthday(int(month), int(day)):
            problems["birth_day"] = found
    return problems


def change(session: Session, vault: Vault, actor: Actor, wanted: Wanted, now: dt.datetime) -> None:
    """Change one’s own profile; certificates that were issued stay as they are. Raises Unfit."""
    fit = check(wanted)

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            told = store(session, vault, actor.id, fit, now)
            auditing.record(
                session,
                actor_id=actor.id,
                deed="change credit profile",
                subject=("credit profile", actor.id),
                details=told,
                now=now,
            )

    retrying(deed)


def store(session: Session, vault: Vault, learner_id: int, fit: Wanted, now: dt.datetime) -> dict[str, str | bool]:
    """Store a profile that `check` has passed, and the consent if it changes; returns what the audit is told. Inside a
    deed that holds the learner’s lock.

    A physician who writes no identifiers takes back those that were shown; those that could not be are kept.
    """
    sealed = vault.seal(json.dumps(dict(fit.identifiers), sort_keys=True)) if fit.identifiers else None
    values = {"name": fit.name, "profession": fit.profession, "identifiers": sealed, "at": now}
    if sealed is None and fit.profession == PHYSICIAN and are_unreadable(session, vault, learner_id):
        del values["identifiers"]
    held = session.scalar(sa.select(CreditProfile.recipient).where(CreditProfile.learner_id == learner_id))
    if held is None:
        first = values | {"learner_id": learner_id, "recipient": str(uuid.uuid4()), "goals": {}}
        session.execute(sa.insert(table(CreditProfile)), first)
    else:
        session.execute(sa.update(table(CreditProfile)).where(CreditProfile.learner_id == learner_id).values(**values))
    # A slip in the profession is mended where nothing was granted on it yet.
    session.execute(
        sa.update(table(Participation))
        .where(
            Participation.learner_id == learner_id,
            ~sa.exists().where(Claim.participation_id == Participation.id),
            ~sa.exists().where(Certificate.participation_id == Participation.id),
        )
        .values(profession=fit.profession)
    )
    if fit.consent != (find_consent(session, learner_id) is not None):
        row = {"learner_id": learner_id, "purpose": REPORT, "given": fit.consent, "wording": CONSENT, "at": now}
        session.execute(sa.insert(table(Consent)), row)
    return {
        "profession": fit.profession,
        "identifiers": ", ".join(sorted(fit.identifiers)),
        "may be reported": fit.consent,
    }
