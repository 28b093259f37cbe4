"""Whatever participants, coordinators and the program do in whichever order, through the services and the tables: never
more than was designated, never twice, no claim lost, nothing deleted, and nothing undone that was revoked."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.credit.claims import AFTERWARDS, Award, State
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.db.models import (
    Attestation,
    AuditEvent,
    Certificate,
    Claim,
    ClaimStep,
    Consent,
    Engagement,
    Evaluation,
    Participation,
    Reopening,
    ReportBatch,
    ReportRow,
    Revocation,
    Sitting,
)
from quizapp.formats.certificate import sealing
from quizapp.formats.pars import Answer
from quizapp.services import auditing
from quizapp.services.crediting import (
    claiming,
    enrolling,
    evaluating,
    issuing,
    overseeing,
    profiles,
    reporting,
    testing,
    verifying,
)
from tests.integration.credited import Designated
from tests.integration.learners import MONDAY, Learner
from tests.integration.participants import Participant, body_of, slug_of
from tests.integration.test_overseeing import PRESS

STEPS = 320
MAXIMUM = 4
HISTORY = (
    Participation, Sitting, Engagement, Evaluation, Attestation, Claim, ClaimStep, Certificate, Revocation, Reopening,
    Consent, ReportBatch, ReportRow, AuditEvent,
)  # fmt: skip
ANSWERS = {"objectives": "all", "change": "Ask first.", "bias": "no"}
WANTED = profiles.Wanted(
    "Dr Ana Example",
    "physician",
    {"given_name": "Ana", "family_name": "Example", "npi": "1234567893", "birth_month": "2", "birth_day": "29"},
    consent=True,
)
NOTHING = "nothing"


@dataclass
class World:
    """One activity, those who take part in it, and what must be so by all that was told to have happened."""

    session: Session
    run: Designated
    rng: random.Random
    people: Sequence[Learner]
    now: dt.datetime = MONDAY
    granted: dict[int, int] = field(default_factory=dict)
    """Participation → quarters, as the last deed that changed them said."""
    revoked: set[int] = field(default_factory=set)
    """Claims."""
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.slug = slug_of(self.session, self.run)
        self.system = next(iter(claiming.terms_of(self.session, self.run.version_id)))
        self.who = self.people[0]

    @property
    def taken(self) -> int | None:
        return enrolling.find_participation(self.session, self.who.actor, self.slug)

    def some(self, column: Any, *where: sa.ColumnElement[bool]) -> Any:
        """One of the values that stand in the tables, or None."""
        found = list(self.session.scalars(sa.select(column).where(*where).order_by(column)))
        return self.rng.choice(found) if found else None

    def enrol(self) -> str:
        before = self.taken
        wanted = replace(WANTED, consent=self.rng.random() < 0.7)
        enrolling.enrol(self.session, PRESS.vault, self.who.actor, self.slug, wanted, self.now)
        return "enrol" if before is None else NOTHING

    def consent(self) -> str:
        wanted = replace(WANTED, consent=self.rng.random() < 0.7)
        profiles.change(self.session, PRESS.vault, self.who.actor, wanted, self.now)
        return "change credit profile"

    def withdraw(self) -> str:
        """The permission of somebody who stands in a file."""
        learner = self.some(Claim.learner_id, Claim.state == State.QUEUED.value)
        if learner is None:
            return NOTHING
        who = next(one for one in self.people if one.actor.id == learner)
        profiles.change(self.session, PRESS.vault, who.actor, replace(WANTED, consent=False), self.now)
        return "change credit profile"

    def sit(self, taken: int) -> str:
        person = Participant(self.session, self.who, self.run, taken)
        if isinstance(testing.start(self.session, self.who.actor, taken, "test", self.now), testing.Begun):
            person.sit(self.now, right=self.rng.random() < 0.6)
            self.done["sit"] += 1
        return NOTHING  # no answer is audited

    def evaluate(self, taken: int) -> str:
        before = self.session.get(Evaluation, taken) is not None
        evaluating.evaluate(self.session, self.who.actor, taken, ANSWERS, self.now)
        return NOTHING if before else "evaluate activity"

    def attest(self, taken: int) -> str:
        held = self.session.get(Attestation, taken)
        before, minutes = held and held.minutes, self.rng.choice((-5, 0, 20, 45, 60, 75, 200))
        evaluating.attest(self.session, self.who.actor, taken, minutes, self.now)
        return NOTHING if minutes == before else "attest time"

    def claim(self, taken: int) -> str:
        wanted = self.rng.randint(-1, MAXIMUM + 2)
        decided = claiming.claim(self.session, self.who.actor, taken, self.system, wanted, self.now)
        if not isinstance(decided, Award):
            return NOTHING
        assert taken not in self.granted, "credit was granted twice"
        self.granted[taken] = decided.quarters
        return "claim credit"

    def claim_of_another(self, taken: int) -> str:
        stranger = next(one for one in self.people if one is not self.who)
        with pytest.raises(LookupError):
            claiming.claim(self.session, stranger.actor, taken, self.system, 1, self.now)
        return NOTHING

    def issue(self) -> str:
        return "issue certificate" if issuing.issue_waiting(self.session, PRESS, self.now, limit=1) else NOTHING

    def reopen(self, taken: int) -> str:
        until = self.now + dt.timedelta(days=self.rng.choice((-1, 20, 40)))
        refused = overseeing.reopen(self.session, self.run.coordinator, taken, until, "Was ill.", self.now)
        return NOTHING if refused else "reopen claiming"

    def correct(self) -> str:
        claim = self.some(Claim.id)
        if claim is None:
            return NOTHING
        issuing.issue(self.session, PRESS, claim, self.now)
        before, wanted = issuing.find_code(self.session, claim), self.rng.randint(0, MAXIMUM + 1)
        name = self.rng.choice(("Dr Ana Example", "Dr A. Example"))
        code = overseeing.correct(
            self.session, self.run.coordinator, PRESS, claim, name=name, quarters=wanted, reason="Slip.", now=self.now
        )
        if not isinstance(code, str):
            return NOTHING
        assert claim not in self.revoked
        taken = self.session.scalars(sa.select(Claim.participation_id).where(Claim.id == claim)).one()
        self.granted[taken] = wanted
        return NOTHING if code == before else "correct certificate"

    def revoke(self) -> str:
        claim = self.some(Claim.id)
        own = (
            sa.select(Certificate.code).where(Certificate.claim_id == claim).order_by(Certificate.supersedes.is_(None))
        )
        codes = list(self.session.scalars(own))
        if not codes or self.rng.random() < 0.4:
            return NOTHING
        # Of codes, which are drawn by lot, the first that there was or one that was corrected.
        code = codes[-1] if self.rng.random() < 0.5 else issuing.find_code(self.session, claim) or codes[-1]
        refused = overseeing.revoke(self.session, self.run.coordinator, code, "Somebody else sat it.", self.now)
        if refused or claim in self.revoked:
            return NOTHING
        self.revoked.add(claim)
        return "revoke certificate"

    def report(self) -> str:
        before = self.session.scalar(sa.select(sa.func.max(ReportBatch.id))) or 0
        made = reporting.prepare(self.session, self.run.coordinator, self.run.activity_id, PRESS.vault, self.now)
        return "make a report" if made > before else NOTHING

    def send(self) -> str:
        batch = self.some(ReportBatch.id, ReportBatch.sent_at.is_(None))
        if batch is None:
            return NOTHING
        reporting.mark_sent(self.session, self.run.coordinator, batch, PRESS.vault, self.now)
        told = sa.select(ReportRow.claim_id).where(ReportRow.batch_id == batch, ReportRow.outcome == "waiting")
        learners = sa.select(Claim.learner_id).where(Claim.id.in_(told))
        for learner in self.session.scalars(learners):
            assert profiles.find_consent(self.session, learner) is not None, "told without permission"
        return "send a report"

    def answer(self) -> str:
        row = self.session.execute(
            sa.select(ReportRow.batch_id, ReportRow.claim_id)
            .where(ReportRow.outcome == "waiting")
            .order_by(ReportRow.claim_id, ReportRow.batch_id)
            .limit(1)
        ).one_or_none()
        if row is None:
            return NOTHING
        accepted = self.rng.random() < 0.5
        answer = Answer(row.claim_id, accepted=accepted, error="" if accepted else "No such NPI.")
        reporting.take_answers(self.session, self.run.coordinator, row.batch_id, [answer], self.now)
        return "take answers to a report"

    def report_again(self) -> str:
        claim = self.some(Claim.id, Claim.state == State.REJECTED.value)
        if claim is None:
            return NOTHING
        reporting.correct(self.session, self.run.coordinator, claim, "Mended.", PRESS.vault, self.now)
        return "correct a report"

    def comes_next(self, taken: int | None) -> Callable[..., str]:
        """What the page of the activity would offer; half of what happens, or few would ever get to a claim."""
        if taken is None:
            return self.enrol
        core = claiming.get_taken(self.session, taken).core
        if not any(one.earned for one in core.attempts):
            return self.sit
        if not core.evaluated:
            return self.evaluate
        return self.claim if (core.attested_minutes or 0) >= 45 else self.attest

    def step(self) -> str:
        """Somebody does something; gives the deed that the audit should hold, or NOTHING."""
        self.who = self.rng.choice(self.people)
        taken = self.taken
        own = (self.sit, self.evaluate, self.attest, self.claim, self.claim_of_another, self.reopen)
        others = (
            self.enrol, self.consent, self.withdraw, self.issue, self.correct, self.revoke, self.report, self.report,
            self.send, self.send, self.answer, self.answer, self.report_again,
        )  # fmt: skip
        deed = self.comes_next(taken) if self.rng.random() < 0.5 else self.rng.choice((*own, *others))
        try:
            if deed in others:
                return deed()
            return deed(taken) if taken is not None else NOTHING
        except (Unfit, evaluating.NotYet, enrolling.Closed, reporting.Refused):
            return NOTHING

    def look(self) -> None:
        """Whether all that must be so is so."""
        self.session.rollback()
        claims = self.session.execute(sa.select(Claim.id, Claim.participation_id, Claim.quarters, Claim.state)).all()
        assert {row.participation_id: row.quarters for row in claims} == self.granted, "a claim was lost or changed"
        assert len(claims) == len(self.granted), "two claims of one system"
        minutes = self.session.execute(sa.select(Attestation.participation_id, Attestation.minutes))
        attested = {row.participation_id: row.minutes for row in minutes}
        walked: dict[int, list[State]] = {}
        for step in self.session.execute(sa.select(ClaimStep.claim_id, ClaimStep.state).order_by(ClaimStep.id)):
            walked.setdefault(step.claim_id, []).append(State(step.state))
        certificates = self.session.execute(
            sa.select(Certificate.code, Certificate.claim_id, Certificate.supersedes, Certificate.facts)
        ).all()
        gone = set(self.session.scalars(sa.select(Revocation.code)))
        successors = Counter(row.supersedes for row in certificates if row.supersedes)
        for row in claims:
            assert 0 < row.quarters <= MAXIMUM
            assert row.quarters * 15 <= attested[row.participation_id], "more than the attested time"
            way = walked[row.id]
            assert way[0] is State.ISSUED
            assert all(to in AFTERWARDS[state] for state, to in itertools.pairwise(way)), way
            assert way[-1] is State(row.state), way
            own = [one for one in certificates if one.claim_id == row.id]
            force = [one for one in own if one.code not in gone and not successors[one.code]]
            superseded = [one.code for one in own if successors[one.code]]
            assert len(superseded) == way.count(State.SUPERSEDED)
            assert all(successors[code] == 1 for code in superseded), "a certificate has two successors"
            assert (row.id in self.revoked) is (row.state == State.REVOKED.value), "what was revoked stays so"
            assert len(force) == (1 if own and row.id not in self.revoked else 0), "one certificate is in force"
            assert all(one.facts["quarters"] == row.quarters for one in force)
            for code in superseded:
                shown = verifying.look_up(self.session, code)
                assert shown is not None
                assert shown.superseded_by in {one.code for one in own}
        self.session.rollback()


@pytest.fixture
def session(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    # The page and its seal are left out: they are most of the time, and say nothing about the order of deeds.
    monkeypatch.setattr(issuing.printing, "pdf", lambda facts, _token: facts.name.encode())
    monkeypatch.setattr(sealing, "seal", lambda pages, _key, _at: b"%PDF " + pages)
    monkeypatch.setattr(profiles.printing, "refuse_name", lambda _: None)
    with app.app_context():
        yield db.session()


def rows(session: Session) -> list[int]:
    counts = (sa.select(sa.func.count()).select_from(one).scalar_subquery() for one in HISTORY)
    return list(session.execute(sa.select(*counts)).one())


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize(("database_url", "seed"), [("sqlite", 6), ("postgresql", 10)], indirect=["database_url"])
def test_no_order_of_deeds_breaks_a_promise(session: Session, seed: int) -> None:
    body = body_of(session, objectives=1, each=4, a_test=1, attempts=3, cool_down_minutes=0)
    run = Designated.new(session, maximum=MAXIMUM, report_format="pars", **body)
    world = World(session, run, random.Random(seed), [Learner.new(session) for _ in range(12)])
    before, last = rows(session), 0
    for _ in range(STEPS):
        world.now += dt.timedelta(minutes=world.rng.choice((0, 1, 20, 60)) + (world.rng.random() < 0.01) * 1_440 * 80)
        told = world.step()
        world.look()
        after = rows(session)
        assert all(new >= old for new, old in zip(after, before, strict=True)), f"{told}: something was deleted"
        before = after
        query = sa.select(AuditEvent.number, AuditEvent.deed).where(AuditEvent.number > last)
        events = session.execute(query.order_by(AuditEvent.number)).all()
        last = events[-1].number if events else last
        kept = {event.deed for event in events} - {"issue certificate", "make signing key"}
        assert kept == ({told} - {NOTHING, "issue certificate"}), "a deed and its audit differ"
        world.done[told] += 1
    missing = {
        "enrol", "sit", "evaluate activity", "attest time", "claim credit", "issue certificate", "reopen claiming",
        "correct certificate", "revoke certificate", "make a report", "send a report", "take answers to a report",
        "correct a report", "change credit profile",
    } - set(world.done)  # fmt: skip
    assert not missing, "so nothing was tried"
    assert auditing.verify(session)[1] is None
