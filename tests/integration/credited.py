"""An activity with credit for tests, written straight into the tables: for tests of what comes after publishing."""

from __future__ import annotations

import datetime as dt
import itertools
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import Choices
from quizapp.db.models import (
    Activity,
    ActivityCoordinator,
    ActivityVersion,
    Claim,
    ClaimStep,
    CreditProfile,
    CreditSystem,
    Designation,
    Participation,
    Provider,
    table,
)
from quizapp.db.session import writing
from quizapp.services import accounts
from quizapp.services.accounts import Actor
from tests.integration.learners import MONDAY, Learner

_numbers = itertools.count(1)
PROVIDER = {
    "name": "Institute of Examples",
    "contact": "cme@example.org",
    "accreditation_statement": "The Institute of Examples is an invented provider.",
    "exclusion": "Owners and employees of ineligible companies have no part in this activity.",
    "privacy": "Completions are reported with consent only.",
    "longest_years": 3,
    "in_control_may_claim": False,
}
SYSTEM = {
    "unit": "sample credits",
    "step": 1,
    "professions": ["physician"],
    "designation_statement": "{provider} designates this {format} for a maximum of {maximum} {unit}.",
    "claim_statement": "I, {name}, claim {claimed} {unit}.",
    "report_format": "",
}

OPEN = {"released": dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "expires": dt.datetime(2099, 1, 1, tzinfo=dt.UTC)}
"""The dates of an activity that is open whatever the day is, for tests that do not stop the clock."""


def coordinator(session: Session) -> Actor:
    email = f"coordinator-{next(_numbers)}-{secrets.token_hex(4)}@example.org"
    user_id = accounts.create_user(
        session, email=email, name="Coordinator", roles=["coordinator"], password_hash="none", now=MONDAY
    )
    return Actor(user_id, email, "Coordinator", frozenset({"coordinator"}), Choices(zone="UTC"), "test")


@dataclass
class Designated:
    """A published activity of one provider with one system of credit, and its coordinator."""

    session: Session
    coordinator: Actor
    activity_id: int
    version_id: int
    system_id: int

    @classmethod
    def new(
        cls,
        session: Session,
        *,
        maximum: int = 4,
        report_format: str = "",
        step: int = 1,
        kind: str = "lesson",
        released: dt.datetime = MONDAY - dt.timedelta(days=30),
        expires: dt.datetime = MONDAY + dt.timedelta(days=300),
        claim_until: dt.datetime | None = None,
        **body: Any,
    ) -> Designated:
        run_by = coordinator(session)
        number, system = next(_numbers), SYSTEM | {"report_format": report_format, "step": step}
        with writing(session):
            provider_id = _insert(session, Provider, slug=f"provider-{number}", edition=1, body=PROVIDER, at=MONDAY)
            system_id = _insert(session, CreditSystem, slug=f"system-{number}", edition=1, body=system, at=MONDAY)
            activity_id = _insert(session, Activity, slug=f"activity-{number}", draft={}, revision=1, at=MONDAY)
            session.execute(sa.insert(table(ActivityCoordinator)), {"activity_id": activity_id, "user_id": run_by.id})
            version_id = _insert(
                session,
                ActivityVersion,
                activity_id=activity_id,
                edition=1,
                provider_id=provider_id,
                kind=kind,
                title="How NaSSAs act",
                body=body,
                released=released,
                expires=expires,
                claim_until=claim_until or expires + dt.timedelta(days=30),
                at=MONDAY,
            )
            session.execute(
                sa.insert(table(Designation)), {"version_id": version_id, "system_id": system_id, "maximum": maximum}
            )
        return cls(session, run_by, activity_id, version_id, system_id)

    def enrol(self, learner: Learner) -> int:
        """Returns the id of the participation."""
        with writing(self.session):
            profile = {
                "learner_id": learner.actor.id,
                "recipient": str(uuid.uuid4()),
                "name": "Dr Example",
                "profession": "physician",
                "goals": {},
                "at": MONDAY,
            }
            self.session.execute(sa.insert(table(CreditProfile)), profile)
            return _insert(
                self.session,
                Participation,
                learner_id=learner.actor.id,
                activity_id=self.activity_id,
                version_id=self.version_id,
                profession="physician",
                in_control=False,
                enrolled_at=MONDAY,
            )

    def grant(self, learner: Learner, participation_id: int, quarters: int = 2, now: dt.datetime = MONDAY) -> int:
        """Returns the id of the claim."""
        with writing(self.session):
            claim_id = _insert(
                self.session,
                Claim,
                participation_id=participation_id,
                learner_id=learner.actor.id,
                activity_id=self.activity_id,
                system_id=self.system_id,
                system=self.session.scalars(
                    sa.select(CreditSystem.slug).where(CreditSystem.id == self.system_id)
                ).one(),
                quarters=quarters,
                state="issued",
                at=now,
            )
            _insert(self.session, ClaimStep, claim_id=claim_id, state="issued", reason="", at=now)
        return claim_id


def _insert(session: Session, model: Any, **values: Any) -> int:
    return int(session.execute(sa.insert(table(model)).values(**values)).inserted_primary_key[0])
