"""The transcript of a learner: what was claimed here, what was earned elsewhere, and what it comes to. Reads only."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.amounts import named, shown
from quizapp.core.credit.claims import State
from quizapp.core.preferences import local_date
from quizapp.db.models import (
    ActivityVersion,
    Certificate,
    Claim,
    CreditProfile,
    CreditSystem,
    ExternalCredit,
    Participation,
    Provider,
    Revocation,
)
from quizapp.services.accounts import Actor
from quizapp.services.versions import Row

OWN, EXTERNAL, ATTENDED = "own", "external", "participation"
SOURCES = (OWN, EXTERNAL, ATTENDED)


@dataclass(frozen=True)
class Paper:
    """A certificate. `superseded_by`: the code of the one that corrects it; `revoked`: why it is no longer good."""

    code: str
    issued_at: dt.datetime
    superseded_by: str | None = None
    revoked: str | None = None


@dataclass(frozen=True)
class Line:
    """One thing that somebody took part in. `on`: the day of completion; `unit`: the name of the credit, in which
    *stars* set italics; `counts`: whether it goes into sums; `said`: what became of it, "" for nothing; `group`: what
    must be counted once however many systems gave credit for it; `papers`: certificates, the one in force first."""

    source: str
    on: dt.date
    title: str
    provider: str
    system: str
    unit: str
    quarters: int
    counts: bool = True
    said: str = ""
    designated: bool = True
    group: str = ""
    papers: tuple[Paper, ...] = ()
    external_id: int | None = None
    evidence: str = ""


@dataclass(frozen=True)
class Wanted:
    """Which lines are looked at; None: all."""

    year: int | None = None
    system: str | None = None
    source: str | None = None

    def fits(self, line: Line) -> bool:
        return (
            self.year in (None, line.on.year)
            and self.system in (None, line.system)
            and self.source in (None, line.source)
        )


@dataclass(frozen=True)
class Sum:
    """What one system gave in a year, in quarters."""

    system: str
    unit: str
    own: int
    external: int

    @property
    def quarters(self) -> int:
        return self.own + self.external


@dataclass(frozen=True)
class Progress:
    """A goal of a year, and how far it is. `system`: "" for all credit together."""

    system: str
    unit: str
    goal: int
    reached: int

    @property
    def missing(self) -> int:
        return max(0, self.goal - self.reached)


@dataclass(frozen=True)
class Year:
    """A year with its lines, the newest first, and the sums of those that count."""

    year: int
    lines: tuple[Line, ...]
    sums: tuple[Sum, ...]


@dataclass(frozen=True)
class Transcript:
    """`years`: what was asked for; `all_years`, `systems` (slug → unit): what can be asked for; `attended`:
    certificates of participation, which carry no credit; `progress`: the goals of `goal_year`, whatever was asked."""

    name: str
    years: tuple[Year, ...]
    attended: tuple[Line, ...]
    all_years: tuple[int, ...]
    systems: Mapping[str, str]
    goals: Mapping[str, int]
    goal_year: int
    progress: tuple[Progress, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return (*(line for year in self.years for line in year.lines), *self.attended)


def get_transcript(session: Session, actor: Actor, wanted: Wanted, now: dt.datetime) -> Transcript:
    """The transcript of this person, as far as it was asked for."""
    units = units_of(session)
    profile = session.execute(
        sa.select(CreditProfile.name, CreditProfile.goals).where(CreditProfile.learner_id == actor.id)
    ).one_or_none()
    lines = list_lines(session, actor, units)
    goals: dict[str, int] = dict(profile.goals) if profile else {}
    year = wanted.year or local_date(now, actor.zone).year
    found = [line for line in lines if wanted.fits(line)]
    held = {line.system: line.unit for line in lines if line.source != ATTENDED}
    return Transcript(
        name=(profile.name if profile else "") or actor.shown_name,
        years=_by_year(line for line in found if line.source != ATTENDED),
        attended=tuple(line for line in found if line.source == ATTENDED),
        all_years=tuple(sorted({line.on.year for line in lines}, reverse=True)),
        systems=dict(sorted((units | held).items(), key=lambda one: one[1].casefold())),
        goals=goals,
        goal_year=year,
        progress=progress_of(goals, lines, year, units | held),
    )


def units_of(session: Session) -> dict[str, str]:
    """The systems of credit that this installation knows: slug → name of the credit, by their newest editions."""
    editions = session.execute(
        sa.select(CreditSystem.slug, CreditSystem.body).order_by(CreditSystem.slug, CreditSystem.edition)
    )
    return {row.slug: row.body["unit"] for row in editions}


def progress_of(
    goals: Mapping[str, int], lines: Iterable[Line], year: int, units: Mapping[str, str]
) -> tuple[Progress, ...]:
    """How far each goal is in a year; all credit together first, where what gave credit twice is counted once."""
    counted = [line for line in lines if line.counts and line.source != ATTENDED and line.on.year == year]
    whole: dict[str, int] = defaultdict(int)
    for line in counted:
        whole[line.group] = max(whole[line.group], line.quarters)
    found = []
    for system, goal in sorted(goals.items(), key=lambda one: units.get(one[0], one[0]).casefold() if one[0] else ""):
        reached = sum(line.quarters for line in counted if line.system == system) if system else sum(whole.values())
        found.append(Progress(system, units.get(system, system), goal, reached))
    return tuple(found)


def list_lines(session: Session, actor: Actor, units: Mapping[str, str]) -> tuple[Line, ...]:
    """All lines of a person, the newest first."""
    papers: dict[int | None, list[Any]] = defaultdict(list)
    for row in session.execute(_PAPERS, {"learner": actor.id}):
        papers[row.claim_id].append(row)
    lines = [_claimed(row, papers[row.id]) for row in session.execute(_CLAIMS, {"learner": actor.id})]
    lines += _attended(papers[None])
    lines += [_external(row, units) for row in session.execute(_EXTERNAL, {"learner": actor.id})]
    return tuple(sorted(lines, key=lambda line: (line.on, line.source, line.title), reverse=True))


def _claimed(row: Row, rows: list[Any]) -> Line:
    papers = _in_order(rows)
    newest = next((one for one in rows if papers and one.code == papers[0].code), None)
    withdrawn = row.state == State.REVOKED or (bool(papers) and papers[0].revoked is not None)
    # A claim that was superseded counts by the certificate that took its place; without one it does not count.
    replaced = row.state == State.SUPERSEDED and (newest is None or newest.supersedes is None)
    passed = local_date(row.passed_at or row.at, row.provider.get("zone", "UTC"))
    on = dt.date.fromisoformat(newest.facts["completed_on"]) if newest else passed
    return Line(
        source=OWN,
        on=on,
        title=row.title,
        provider=row.provider["name"],
        system=row.system,
        unit=row.system_body["unit"],
        quarters=newest.facts["quarters"] if newest else row.quarters,
        counts=not withdrawn and not replaced,
        said=_said(row.state, papers, withdrawn=withdrawn, replaced=replaced),
        designated=row.designated is not False and row.system_body.get("designated", True),
        group=f"activity {row.activity_id}",
        papers=papers,
    )


def _said(state: str, papers: tuple[Paper, ...], *, withdrawn: bool, replaced: bool) -> str:
    if withdrawn:
        reason = papers[0].revoked if papers else None
        return f"Revoked: {reason}" if reason else "Revoked."
    if replaced:
        return "Superseded."
    if len(papers) > 1:
        return f"Corrected; {', '.join(paper.code for paper in papers[1:])} no longer counts."
    told = {
        State.REPORTED: "Reported.",
        State.ACCEPTED: "Reported and accepted.",
        State.REJECTED: "Reported and sent back; the coordinator corrects it.",
    }
    return told.get(State(state), "")


def _in_order(rows: list[Any]) -> tuple[Paper, ...]:
    """The certificates of one claim, the one that no other supersedes first."""
    by = {row.supersedes: row.code for row in rows if row.supersedes}
    papers = [Paper(row.code, row.issued_at, by.get(row.code), row.reason) for row in rows]
    return tuple(sorted(papers, key=lambda one: (one.superseded_by is None, one.issued_at), reverse=True))


def _attended(rows: list[Any]) -> list[Line]:
    replaced = {row.supersedes for row in rows}
    return [
        Line(
            source=ATTENDED,
            on=dt.date.fromisoformat(row.facts["completed_on"]),
            title=row.facts["activity"],
            provider=row.facts["provider"],
            system="",
            unit="",
            quarters=0,
            counts=False,
            said=f"Revoked: {row.reason}" if row.reason is not None else "",
            papers=(Paper(row.code, row.issued_at, None, row.reason),),
        )
        for row in rows
        if row.code not in replaced
    ]


def _external(row: Row, units: Mapping[str, str]) -> Line:
    return Line(
        source=EXTERNAL,
        on=row.on,
        title=row.title,
        provider=row.provider,
        system=row.system,
        unit=units.get(row.system, row.system),
        quarters=row.quarters,
        group=f"external {row.id}",
        external_id=row.id,
        evidence=row.evidence_name,
    )


def _by_year(lines: Iterable[Line]) -> tuple[Year, ...]:
    years: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        years[line.on.year].append(line)
    return tuple(Year(year, tuple(held), _sums(held)) for year, held in sorted(years.items(), reverse=True))


def _sums(lines: list[Line]) -> tuple[Sum, ...]:
    units = {line.system: line.unit for line in lines}
    amounts: dict[str, dict[str, int]] = {system: {OWN: 0, EXTERNAL: 0} for system in units}
    for line in lines:
        amounts[line.system][line.source] += line.quarters if line.counts else 0
    sums = [Sum(system, units[system], held[OWN], held[EXTERNAL]) for system, held in amounts.items()]
    return tuple(sorted(sums, key=lambda one: one.unit.casefold()))


HEAD = ("Completed", "Activity", "Provider", "Source", "System", "Credits", "Counts", "State", "Certificate")
SOURCE_WORDS = {OWN: "claimed here", EXTERNAL: "entered by the learner", ATTENDED: "participation without credit"}


def export_rows(transcript: Transcript) -> list[list[str]]:
    """The transcript as a table of texts."""
    return [
        list(HEAD),
        *(
            [
                line.on.isoformat(),
                line.title,
                line.provider,
                SOURCE_WORDS[line.source],
                named(line.unit),
                shown(line.quarters),
                "yes" if line.counts else "no",
                line.said if line.designated else f"No credit is designated. {line.said}".strip(),
                line.papers[0].code if line.papers else "",
            ]
            for line in transcript.lines
        ),
    ]


_CLAIMS = (
    sa.select(
        Claim.id,
        Claim.activity_id,
        Claim.system,
        Claim.quarters,
        Claim.state,
        Claim.at,
        Participation.passed_at,
        ActivityVersion.title,
        ActivityVersion.body["credit_designated"].as_boolean().label("designated"),
        Provider.body.label("provider"),
        CreditSystem.body.label("system_body"),
    )
    .join(Participation, Participation.id == Claim.participation_id)
    .join(ActivityVersion, ActivityVersion.id == Participation.version_id)
    .join(Provider, Provider.id == ActivityVersion.provider_id)
    .join(CreditSystem, CreditSystem.id == Claim.system_id)
    .where(Claim.learner_id == sa.bindparam("learner"))
)
_PAPERS = (
    sa.select(
        Certificate.code,
        Certificate.claim_id,
        Certificate.facts,
        Certificate.issued_at,
        Certificate.supersedes,
        Revocation.reason,
    )
    .join(Participation, Participation.id == Certificate.participation_id)
    .outerjoin(Revocation, Revocation.code == Certificate.code)
    .where(Participation.learner_id == sa.bindparam("learner"))
    .order_by(Certificate.issued_at, Certificate.code)
)
_EXTERNAL = sa.select(
    ExternalCredit.id,
    ExternalCredit.on,
    ExternalCredit.title,
    ExternalCredit.provider,
    ExternalCredit.system,
    ExternalCredit.quarters,
    ExternalCredit.evidence_name,
).where(ExternalCredit.learner_id == sa.bindparam("learner"), ExternalCredit.withdrawn_at.is_(None))
