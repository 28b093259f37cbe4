"""Claims as they would be reported, and the counts of learners that stand before them. Reads only."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.amounts import named, shown
from quizapp.core.credit.claims import State
from quizapp.core.credit.reporting import Completion
from quizapp.db.models import (
    Activity,
    ActivityVersion,
    Claim,
    Consent,
    CreditProfile,
    CreditSystem,
    Designation,
    Participation,
    Provider,
    ReportBatch,
    ReportRow,
)
from quizapp.formats import pars
from quizapp.formats.pars import ActivityRecord, Designated
from quizapp.services.crediting import profiles
from quizapp.services.crediting.vault import Vault

PHYSICIAN = "physician"


@dataclass(frozen=True)
class Told:
    """A claim as it would be told. `in_a_file`: it stands in one that was made and not sent yet."""

    row: Completion
    participation_id: int
    in_a_file: bool


def list_completions(session: Session, activity_id: int, vault: Vault) -> tuple[Told, ...]:
    """The claims of an activity whose system is reported in our format, oldest first, in two statements."""
    waiting = frozenset(
        session.scalars(
            sa.select(ReportRow.claim_id)
            .join(ReportBatch, ReportBatch.id == ReportRow.batch_id)
            .join(Claim, Claim.id == ReportRow.claim_id)
            .where(ReportBatch.sent_at.is_(None), Claim.activity_id == activity_id)
        )
    )
    rows = session.execute(_CLAIMS.where(Claim.activity_id == activity_id))
    return tuple(
        Told(_completion(row, vault), row.participation_id, row.id in waiting and row.state == State.QUEUED)
        for row in rows
        if _format(row.body, row.system, row.system_body) == pars.NAME
    )


def _completion(row: Any, vault: Vault) -> Completion:
    zone = _zone(row.provider_body)
    identifiers = profiles.open_identifiers(vault, row.identifiers)
    return Completion(
        claim_id=row.id,
        activity=_record_id(row.slug, row.edition),
        system=row.system,
        credits=shown(row.quarters),
        step=_stated(row.body, row.system, row.system_body)["step"],
        maximum=row.maximum or 0,
        completed_on=row.passed_at.astimezone(zone).date().isoformat() if row.passed_at else "",
        opens=row.released.astimezone(zone).date(),
        closes=row.expires.astimezone(zone).date(),
        name=row.name or "",
        identifiers=identifiers or {},
        unreadable=identifiers is None,
        permitted_on=row.consented_at.astimezone(zone).date().isoformat() if row.given else "",
        withdrawn=row.given is False,
        state=State(row.state),
    )


def _stated(body: Mapping[str, Any], slug: str, system: Mapping[str, Any]) -> Mapping[str, Any]:
    """A system as the edition froze it; what was not frozen as its own edition has it."""
    return {**system, **(body.get("systems", {}).get(slug) or {})}


def _format(body: Mapping[str, Any], slug: str, system: Mapping[str, Any]) -> str:
    return str(_stated(body, slug, system).get("report_format", ""))


def _record_id(slug: str, edition: int) -> str:
    """How an edition is called in a report: what was designated and when differs from edition to edition."""
    return f"{slug}/{edition}"


def are_reported(session: Session, activity_id: int) -> bool:
    """Whether any credit of this activity is reported at all."""
    rows = session.execute(_DESIGNATED.where(ActivityVersion.activity_id == activity_id))
    return any(_format(row.body, row.slug, row.system_body) == pars.NAME for row in rows)


@dataclass(frozen=True)
class Teller:
    """The provider that reports; days are counted in its `zone`."""

    name: str
    zone: ZoneInfo

    def today(self, now: dt.datetime) -> dt.date:
        return now.astimezone(self.zone).date()


def teller_of(session: Session, activity_id: int) -> Teller:
    """The provider of the newest edition."""
    body = session.scalars(
        sa.select(Provider.body)
        .join(ActivityVersion, ActivityVersion.provider_id == Provider.id)
        .where(ActivityVersion.activity_id == activity_id)
        .order_by(ActivityVersion.edition.desc())
        .limit(1)
    ).one()
    return Teller(str(body.get("name", "")), _zone(body))


def _zone(provider: Mapping[str, Any]) -> ZoneInfo:
    return ZoneInfo(provider.get("zone", "UTC"))


def list_records(session: Session, activity_id: int) -> tuple[ActivityRecord, ...]:
    """What is told of each edition before those who took part: what it is, and how many began and completed it."""
    begun: Counter[int] = Counter()
    completed: Counter[tuple[int, bool]] = Counter()
    for row in session.execute(_COUNTS.where(Participation.activity_id == activity_id)):
        begun[row.version_id] += row.n
        completed[row.version_id, row.profession == PHYSICIAN] += row.passed
    editions: dict[int, Any] = {}
    designated: dict[int, list[Designated]] = {}
    for one in session.execute(_DESIGNATED.where(ActivityVersion.activity_id == activity_id)):
        editions[one.id] = one
        stated = _stated(one.body, one.slug, one.system_body)
        if stated.get("report_format", "") == pars.NAME:
            designated.setdefault(one.id, []).append(
                Designated(one.slug, named(str(stated["unit"])), stated["step"], one.maximum)
            )
    return tuple(
        _record(row, tuple(designated[row.id]), begun[row.id], completed[row.id, True], completed[row.id, False])
        for row in editions.values()
        if row.id in designated
    )


def _record(row: Any, designated: tuple[Designated, ...], begun: int, physicians: int, others: int) -> ActivityRecord:
    front, zone = row.body.get("front", {}), _zone(row.provider_body)
    return ActivityRecord(
        id=_record_id(row.activity, row.edition),
        title=row.title,
        kind=row.kind,
        joint_provider=str(front.get("joint_provider", "")),
        commercial_support=str(front.get("commercial_support", "")),
        minutes=int(front.get("minutes", 0)),
        opens=row.released.astimezone(zone).date(),
        closes=row.expires.astimezone(zone).date(),
        designated=designated,
        enrolled=begun,
        physicians=physicians,
        others=others,
    )


_newest_consent = (
    sa.select(sa.func.max(Consent.id))
    .where(Consent.learner_id == Claim.learner_id, Consent.purpose == "report")
    .correlate(Claim)
    .scalar_subquery()
)
NAMED = sa.select(Claim.id, Claim.participation_id, CreditProfile.name).outerjoin(
    CreditProfile, CreditProfile.learner_id == Claim.learner_id
)
"""Claims with the name of their learner; None where it was erased."""
_CLAIMS = (
    NAMED.add_columns(
        Claim.system,
        Claim.quarters,
        Claim.state,
        Participation.passed_at,
        Activity.slug,
        ActivityVersion.edition,
        ActivityVersion.body,
        ActivityVersion.released,
        ActivityVersion.expires,
        Provider.body.label("provider_body"),
        CreditSystem.body.label("system_body"),
        Designation.maximum,
        CreditProfile.identifiers,
        Consent.given,
        Consent.at.label("consented_at"),
    )
    .join(Participation, Participation.id == Claim.participation_id)
    .join(ActivityVersion, ActivityVersion.id == Participation.version_id)
    .join(Activity, Activity.id == Claim.activity_id)
    .join(Provider, Provider.id == ActivityVersion.provider_id)
    .join(CreditSystem, CreditSystem.id == Claim.system_id)
    .outerjoin(
        Designation,
        sa.and_(Designation.version_id == Participation.version_id, Designation.system_id == Claim.system_id),
    )
    .outerjoin(Consent, Consent.id == _newest_consent)
    .order_by(Claim.id)
)
_DESIGNATED = (
    sa.select(
        ActivityVersion.id,
        ActivityVersion.edition,
        ActivityVersion.kind,
        ActivityVersion.title,
        ActivityVersion.body,
        ActivityVersion.released,
        ActivityVersion.expires,
        Activity.slug.label("activity"),
        Provider.body.label("provider_body"),
        CreditSystem.slug,
        CreditSystem.body.label("system_body"),
        Designation.maximum,
    )
    .join(Activity, Activity.id == ActivityVersion.activity_id)
    .join(Provider, Provider.id == ActivityVersion.provider_id)
    .join(Designation, Designation.version_id == ActivityVersion.id)
    .join(CreditSystem, CreditSystem.id == Designation.system_id)
    .order_by(ActivityVersion.edition, CreditSystem.id)
)
_COUNTS = sa.select(
    Participation.version_id,
    Participation.profession,
    sa.func.count().label("n"),
    sa.func.count(Participation.passed_at).label("passed"),
).group_by(Participation.version_id, Participation.profession)
