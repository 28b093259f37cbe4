"""What stands in the record of a learner, written straight into the tables: certificates without their making."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import Choices
from quizapp.db.models import Certificate, Revocation, SigningKey, table
from quizapp.db.session import writing
from quizapp.formats.certificate.facts import new_code
from quizapp.services.accounts import Actor
from tests.integration.learners import MONDAY, Learner

KID = "a key"
TODAY = MONDAY.date()
STUDENT = "student@example.org"


def learner_of(
    session: Session, user_id: int, name: str = "Test student", email: str = "student@example.org"
) -> Learner:
    """The person who is signed in, for the helpers of credit."""
    return Learner(session, Actor(user_id, email, name, frozenset({"student"}), Choices(), "read"))


def certify(
    session: Session,
    participation_id: int,
    claim_id: int | None,
    *,
    quarters: int = 2,
    supersedes: str | None = None,
    on: dt.date = TODAY,
    **facts: Any,
) -> str:
    """Returns the code of a certificate that was issued on MONDAY."""
    code = new_code()
    told = {
        "code": code,
        "recipient": "11111111-1111-4111-8111-111111111111",
        "name": "Dr Example",
        "profession": "physician",
        "activity": "How NaSSAs act",
        "edition": 1,
        "format": "enduring material",
        "provider": "Institute of Examples",
        "joint_provider": "none",
        "quarters": quarters,
        "unit": "sample credits",
        "accreditation_statement": "",
        "designation_statement": "",
        "claim_statement": "",
        "completed_on": on.isoformat(),
        "issued_at": MONDAY.isoformat(),
        "verify_url": f"https://example.org/verify/{code}",
        "supersedes": supersedes or "",
    }
    with writing(session):
        if session.get(SigningKey, KID) is None:
            key = {"kid": KID, "provider": "provider-0", "public": {}, "secret": "sealed"}
            moments = {"begins": MONDAY, "ends": MONDAY + dt.timedelta(days=365), "made_at": MONDAY}
            session.execute(sa.insert(table(SigningKey)), key | moments)
        row = {
            "code": code,
            "participation_id": participation_id,
            "claim_id": claim_id,
            "facts": told | facts,
            "credential": "a.b.c",
            "document": b"%PDF-1.7 a certificate %%EOF",
            "digest": "0" * 64,
            "kid": KID,
            "issued_at": MONDAY + dt.timedelta(minutes=1 if supersedes else 0),
            "supersedes": supersedes,
        }
        session.execute(sa.insert(table(Certificate)), row)
    return code


def revoke(session: Session, code: str, by_id: int, reason: str) -> None:
    with writing(session):
        session.execute(sa.insert(table(Revocation)), {"code": code, "reason": reason, "by_id": by_id, "at": MONDAY})
