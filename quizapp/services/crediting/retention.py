"""How long the record of credit is kept, and its end.

Participation must be verifiable for six years. So of a person who is erased the record of what was claimed, certified
or passed stays that long (name, activity, amount, date, certificate), and is erased by the night’s work afterwards.
Nothing of participation, claim or certificate can be deleted before.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import evaluation
from quizapp.db.models import (
    ActivityVersion,
    Certificate,
    Claim,
    ClaimStep,
    Consent,
    CreditProfile,
    Erasure,
    Evaluation,
    ExternalCredit,
    InControl,
    Participation,
    Reminder,
    Reopening,
    ReportBatch,
    ReportRow,
    Revocation,
    table,
)
from quizapp.formats import pars
from quizapp.services.crediting.keys import years_after
from quizapp.services.crediting.vault import Vault

YEARS_KEPT = 6
"""ACCME: participation of each learner must be verifiable for six years from the date of the activity."""
ERASED = "[erased]"
WITHDRAWN = "Withdrawn with the erasure of the account."


def kept_until(session: Session, user_id: int) -> dt.datetime | None:
    """Until when the record of this person’s credit must be kept; None where there is none."""
    moments = session.execute(
        sa.select(sa.func.max(Participation.passed_at), sa.func.max(Claim.at), sa.func.max(Certificate.issued_at))
        .select_from(Participation)
        .outerjoin(Claim, Claim.participation_id == Participation.id)
        .outerjoin(Certificate, Certificate.participation_id == Participation.id)
        .where(Participation.learner_id == user_id)
    ).one()
    latest = max((moment for moment in moments if moment is not None), default=None)
    return years_after(latest, YEARS_KEPT) if latest else None


def is_erased(session: Session, user_id: int) -> bool:
    """Whether this person was erased, and nothing may be issued to them any more that needs their name."""
    return session.get(Erasure, user_id) is not None


def is_over(session: Session, user_id: int) -> bool:
    """Whether the time of this person’s record has ended, so that nothing may be added to it."""
    return bool(session.scalar(sa.select(Erasure.ended_at.is_not(None)).where(Erasure.user_id == user_id)))


def erase_around(session: Session, user_id: int, now: dt.datetime, *, recorded: bool) -> None:
    """Erase what credit holds of a person beyond its record, inside the caller’s `writing()`: identifiers, goals, what
    was written and entered; no report may follow. `recorded`: whether the record stays for now. Twice is harmless."""
    mine = CreditProfile.learner_id == user_id
    session.execute(sa.update(CreditProfile).where(mine).values(identifiers=None, goals={}))
    if not recorded:
        _erase_profile(session, user_id)
    newest = session.scalar(
        sa.select(Consent.given).where(Consent.learner_id == user_id).order_by(Consent.id.desc()).limit(1)
    )
    if newest:
        row = {"learner_id": user_id, "purpose": "report", "given": False, "wording": WITHDRAWN, "at": now}
        session.execute(sa.insert(table(Consent)), row)
    session.execute(
        sa.update(ExternalCredit)
        .where(ExternalCredit.learner_id == user_id)
        .values(
            title=ERASED,
            provider=ERASED,
            system=ERASED,
            evidence=None,
            evidence_name="",
            evidence_type="",
            withdrawn_at=sa.func.coalesce(ExternalCredit.withdrawn_at, sa.literal(now, type_=ExternalCredit.at.type)),
        )
    )
    session.execute(sa.update(InControl).where(InControl.user_id == user_id).values(email="", token=None))
    session.execute(sa.delete(Reminder).where(Reminder.learner_id == user_id))
    _erase_evaluations(session, user_id)


def _erase_profile(session: Session, user_id: int) -> None:
    session.execute(
        sa.update(CreditProfile)
        .where(CreditProfile.learner_id == user_id)
        .values(name="", profession="", recipient=str(uuid.uuid4()))
    )


def _erase_evaluations(session: Session, user_id: int) -> None:
    rows = session.execute(
        sa.select(Evaluation.participation_id, Evaluation.answers, ActivityVersion.body)
        .join(Participation, Participation.id == Evaluation.participation_id)
        .join(ActivityVersion, ActivityVersion.id == Participation.version_id)
        .where(Participation.learner_id == user_id)
    ).all()
    for row in rows:
        chosen = {asked.id: dict(asked.options) for asked in evaluation.read_form(row.body) if asked.kind == "choice"}
        # What was chosen from a list goes on counting; whatever else stands there was written.
        answers = {name: text if text in chosen.get(name, ()) else ERASED for name, text in row.answers.items()}
        where = Evaluation.participation_id == row.participation_id
        session.execute(sa.update(Evaluation).where(where).values(answers=answers))


def end_record(session: Session, vault: Vault, user_id: int) -> None:
    """Erase the record of a person’s credit once its time is over, inside the caller’s `writing()`; codes, amounts and
    days stay. Twice is harmless. Raises `vault.Locked`."""
    _erase_profile(session, user_id)
    own = sa.select(Participation.id).where(Participation.learner_id == user_id)
    claims = list(session.scalars(sa.select(Claim.id).where(Claim.learner_id == user_id)))
    certificates = session.execute(
        sa.select(Certificate.code, Certificate.facts).where(Certificate.participation_id.in_(own))
    ).all()
    for code, facts in certificates:
        nobody = facts | {"name": ERASED, "recipient": "", "profession": ""}
        # What was attested can name whoever attested it.
        nobody["claim_statement"] = facts["claim_statement"].replace(facts["name"], ERASED)
        where = Certificate.code == code
        session.execute(sa.update(Certificate).where(where).values(facts=nobody, credential="", document=b""))
        session.execute(sa.update(Revocation).where(Revocation.code == code).values(reason=ERASED))
    session.execute(sa.update(Reopening).where(Reopening.participation_id.in_(own)).values(reason=ERASED))
    session.execute(
        sa.update(ClaimStep).where(ClaimStep.claim_id.in_(claims), ClaimStep.reason != "").values(reason=ERASED)
    )
    session.execute(sa.update(ReportRow).where(ReportRow.claim_id.in_(claims), ReportRow.error != "").values(error=""))
    batches = sa.select(ReportRow.batch_id).where(ReportRow.claim_id.in_(claims))
    for number, document in session.execute(
        sa.select(ReportBatch.id, ReportBatch.document).where(ReportBatch.id.in_(batches)).with_for_update()
    ).all():
        report = pars.read(vault.open(document))
        left = replace(report, rows=tuple(row for row in report.rows if row.claim_id not in claims))
        sealed = vault.seal(pars.write(left))
        session.execute(sa.update(ReportBatch).where(ReportBatch.id == number).values(document=sealed))
