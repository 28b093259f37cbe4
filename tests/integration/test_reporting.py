"""Claims are told to those whom credit is reported to: queued, sent, answered, corrected, and told again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.credit.claims import State
from quizapp.core.preferences import Choices
from quizapp.db.extension import db
from quizapp.db.models import (
    AuditEvent,
    Claim,
    ClaimStep,
    Consent,
    CreditProfile,
    Participation,
    ReportBatch,
    ReportRow,
)
from quizapp.db.session import writing
from quizapp.formats import pars
from quizapp.formats.pars import Answer
from quizapp.services import accounts, auditing
from quizapp.services.accounts import Actor
from quizapp.services.crediting import issuing, providers, reporting, reports, transcripts
from quizapp.services.crediting.reporting import Refused
from quizapp.services.crediting.vault import Locked, Vault
from tests.integration.credited import SYSTEM, Designated, coordinator
from tests.integration.learners import MONDAY, Learner
from tests.statements import counted

NAMES = {"given_name": "Mira", "family_name": "Müller"}
IDENTIFIERS = {"npi": "1234567893", "birth_month": 2, "birth_day": 29}
LATER = MONDAY + dt.timedelta(days=2)


@dataclass
class Desk:
    """A coordinator at work on one activity whose credit is reported."""

    session: Session
    run: Designated
    vault: Vault

    def physician(self, name: str = "Mira Müller", *, consents: bool | None = True, **identifiers: Any) -> int:
        """Somebody who claimed half a credit; returns the id of the claim."""
        learner = Learner.new(self.session)
        participation = self.run.enrol(learner)
        claim = self.run.grant(learner, participation)
        with writing(self.session):
            sealed = self.vault.seal(json.dumps(NAMES | (identifiers or IDENTIFIERS)))
            self.session.execute(
                sa.update(CreditProfile)
                .where(CreditProfile.learner_id == learner.actor.id)
                .values(name=name, identifiers=sealed)
            )
            self.session.execute(
                sa.update(Participation).where(Participation.id == participation).values(passed_at=MONDAY)
            )
        if consents is not None:
            self.consent(claim, given=consents)
        return claim

    def consent(self, claim: int, *, given: bool) -> None:
        with writing(self.session):
            learner = self.session.scalar(sa.select(Claim.learner_id).where(Claim.id == claim))
            self.session.add(
                Consent(learner_id=learner, purpose="report", given=given, wording="You may report it.", at=MONDAY)
            )

    def prepare(self) -> int:
        return reporting.prepare(self.session, self.run.coordinator, self.run.activity_id, self.vault, LATER)

    def send(self, batch: int) -> tuple[int, int]:
        return reporting.mark_sent(self.session, self.run.coordinator, batch, self.vault, LATER)

    def document(self, batch: int) -> Any:
        return json.loads(self.hand_out(batch).data)

    def hand_out(self, batch: int, system: str = "") -> reporting.Handed:
        return reporting.hand_out(self.session, self.run.coordinator, batch, self.vault, LATER, system=system)

    def answer(self, batch: int, *answers: Answer) -> reporting.Imported:
        return reporting.take_answers(self.session, self.run.coordinator, batch, answers, LATER)

    def correct(self, claim: int, reason: str = "The NPI was mistyped.") -> None:
        reporting.correct(self.session, self.run.coordinator, claim, reason, self.vault, LATER)

    def overview(self) -> reports.Overview:
        return reports.get_overview(self.session, self.run.coordinator, self.run.activity_id, self.vault, LATER)

    def states(self, claim: int) -> list[str]:
        self.session.rollback()
        steps = self.session.scalars(
            sa.select(ClaimStep.state).where(ClaimStep.claim_id == claim).order_by(ClaimStep.id)
        ).all()
        assert self.session.scalar(sa.select(Claim.state).where(Claim.id == claim)) == steps[-1]
        return list(steps)

    def audited(self) -> list[str]:
        return list(self.session.scalars(sa.select(AuditEvent.deed).order_by(AuditEvent.number)))


@pytest.fixture
def desk(app: Flask) -> Iterator[Desk]:
    with app.app_context():
        session = db.session()
        yield Desk(session, Designated.new(session, report_format="pars"), Vault([Fernet.generate_key().decode()]))


def test_claims_go_into_a_sealed_file_that_passes_its_own_checks_and_once_only(desk: Desk) -> None:
    first, second = desk.physician(), desk.physician("Ωμέγα Παπαδοπούλου")
    batch = desk.prepare()
    assert desk.prepare() == batch, "the second click finds the same file"
    held = desk.document(batch)
    assert [row["row"] for row in held["completions"]] == [first, second]
    assert held["completions"][0] | {"activity": "", "system": ""} == {
        "row": first, "activity": "", "system": "", "credits": "0.5", "completed_on": "2026-11-23",
        "name": "Mira Müller", "given_name": "Mira", "family_name": "Müller",
        "npi": "1234567893", "birth_month": "2", "birth_day": "29",
        "permitted_on": "2026-11-23",
    }  # fmt: skip
    (activity,) = held["activities"]
    assert activity["id"] == held["completions"][0]["activity"]
    assert activity["learners"] == {"enrolled": 2, "physicians": 2, "others": 0}
    assert pars.problems(json.dumps(held), LATER.date()) == ()
    stored = desk.session.scalars(sa.select(ReportBatch.document)).one()
    assert "Mira" not in stored
    with pytest.raises(Locked):
        Vault([Fernet.generate_key().decode()]).open(stored)
    assert desk.states(first) == ["issued", "queued"]
    third = desk.physician("A Third")
    assert desk.prepare() != batch, "a new claim goes into a new file"
    assert desk.states(first) == ["issued", "queued"]
    assert desk.states(third) == ["issued", "queued"]
    assert desk.audited().count("make a report") == 2


def test_a_file_leaves_in_the_shape_that_its_system_of_credit_says(desk: Desk) -> None:
    claim = desk.physician()
    batch = desk.prepare()
    slug = desk.session.scalars(sa.select(Claim.system).where(Claim.id == claim)).one()
    with pytest.raises(Refused, match="says no shape"):
        desk.hand_out(batch, slug)
    (held,) = [one for one in providers.list_systems(desk.session) if one.slug == slug]

    def say(edition: int, **shape: Any) -> None:
        text = replace(held.text, designated=True, report_shape=json.dumps(shape))
        providers.save_system(desk.session, desk.run.coordinator, slug, text, based_on=edition, now=LATER)

    document = [{"each": "completion", "Last": "{family_name}", "Credits": "{credits:number}"}]
    say(1, document=document)
    handed = desk.hand_out(batch, slug)
    assert (handed.suffix, json.loads(handed.data)) == ("json", [{"Last": "Müller", "Credits": 0.5}])
    say(2, columns={"Last": "{family_name}", "Claim": "{row}"})
    handed = desk.hand_out(batch, slug)
    assert (handed.suffix, handed.data.decode("utf-8-sig").split()) == ("csv", ["Last,Claim", f"Müller,{claim}"])
    say(3, document=document, schema={"items": {"required": ["First"]}})
    taken_out = desk.audited().count("take out a report")
    with pytest.raises(Refused, match=r"does not fit the shape that is asked for\. 0: “First” is a required property"):
        desk.hand_out(batch, slug)
    assert desk.audited().count("take out a report") == taken_out == 2, "what did not leave is not told as taken out"
    assert desk.document(batch)["completions"][0]["row"] == claim, "our own file is there all the same"


def test_the_report_and_the_certificate_name_the_same_day_the_one_of_the_provider(desk: Desk) -> None:
    claim = desk.physician()
    late = dt.datetime(2026, 11, 23, 23, 30, tzinfo=dt.UTC)
    with writing(desk.session):
        learner = desk.session.scalar(sa.select(Claim.learner_id).where(Claim.id == claim))
        desk.session.execute(sa.update(Participation).where(Participation.learner_id == learner).values(passed_at=late))
        accounts.write_settings(desk.session, learner, zone="Pacific/Kiritimati")
    press = issuing.Press(desk.vault, "https://quiz.example.org")
    facts, _ = issuing.claim_facts(desk.session, press, claim, LATER)
    (row,) = desk.document(desk.prepare())["completions"]
    assert facts.completed_on.isoformat() == row["completed_on"] == "2026-11-23"


@pytest.mark.parametrize(
    ("until", "designated", "is_told"),
    [("2026-11-23", True, True), ("2026-11-22", True, False), ("2026-11-23", False, False)],
)
def test_a_boards_label_is_certified_if_its_approval_held_on_the_day_and_only_beside_designated_credit(
    app: Flask, monkeypatch: pytest.MonkeyPatch, until: str, designated: bool, is_told: bool
) -> None:
    """An activity may give credit to some and hours that are none to others."""
    monkeypatch.setitem(SYSTEM, "designated", designated)
    label = {"board_label": "Self-assessment", "board_reference": "SA-26-1", "board_from": "2026-11-01"}
    with app.app_context():
        run = Designated.new(db.session(), front=label | {"board_until": until})
        desk = Desk(db.session(), run, Vault([Fernet.generate_key().decode()]))
        press = issuing.Press(desk.vault, "https://quiz.example.org")
        facts, _ = issuing.claim_facts(desk.session, press, desk.physician(), LATER)
        learner = Actor(desk.session.scalars(sa.select(Claim.learner_id)).one(), "", "", frozenset(), Choices(), None)
        (year,) = transcripts.get_transcript(desk.session, learner, transcripts.Wanted(), LATER).years
    said = f"Self-assessment (approval SA-26-1, 2026-11-01 to {until})."
    assert (said in facts.designation_statement) is is_told
    assert ("This is no designated credit." in facts.designation_statement) is not designated
    assert year.lines[0].designated is designated


def test_what_is_kept_back_is_said_with_every_reason(desk: Desk) -> None:
    silent = desk.physician(consents=None)
    refused = desk.physician(consents=False)
    slipped = desk.physician(npi="1234567890", birth_month="2", birth_day="30")
    overview = desk.overview()
    assert (overview.ready, overview.reports) == (0, True)
    reasons = {one.claim_id: one.reasons for one in overview.kept}
    assert reasons[silent] == ("The learner has not permitted reporting.",)
    assert reasons[refused] == ("The learner has withdrawn the permission to report.",)
    assert reasons[slipped] == (
        "This NPI has a slip in it: its last digit does not fit the others.",
        "February has no day 30.",
    )
    with pytest.raises(Refused, match=r"nothing to report now\. The page “Reporting” of the activity says"):
        desk.prepare()
    desk.consent(silent, given=True)
    assert desk.overview().ready == 1
    assert [row["row"] for row in desk.document(desk.prepare())["completions"]] == [silent]


def test_a_permission_that_is_withdrawn_takes_its_row_out_of_a_file_that_was_not_sent(desk: Desk) -> None:
    stays, goes = desk.physician(), desk.physician("Withdrawn Person")
    batch = desk.prepare()
    desk.consent(goes, given=False)
    assert [row["row"] for row in desk.document(batch)["completions"]] == [stays]
    assert desk.send(batch) == (1, 1)
    assert desk.send(batch) == (1, 0), "sent is sent"
    assert [row["row"] for row in desk.document(batch)["completions"]] == [stays]
    assert "Withdrawn" not in desk.vault.open(desk.session.scalars(sa.select(ReportBatch.document)).one())
    assert desk.states(stays) == ["issued", "queued", "reported"]
    assert desk.states(goes) == ["issued", "queued"]
    assert desk.overview().kept[0].reasons == ("The learner has withdrawn the permission to report.",)
    desk.consent(goes, given=True)
    again = desk.prepare()
    assert [row["row"] for row in desk.document(again)["completions"]] == [goes]
    assert desk.audited().count("send a report") == 1
    desk.consent(goes, given=False)
    with pytest.raises(Refused, match="Nobody in this file"):
        desk.document(again)
    with pytest.raises(Refused, match="Nobody in this file"):
        desk.send(again)


def test_errors_come_back_to_their_rows_are_corrected_and_told_again(desk: Desk) -> None:
    good, bad = desk.physician(), desk.physician("Jos Smit")
    batch = desk.prepare()
    answers = (Answer(good, True), Answer(bad, False, "Learner not found"))
    with pytest.raises(Refused, match="not marked as sent"):
        desk.answer(batch, *answers)
    desk.send(batch)
    assert desk.answer(batch, *answers) == reporting.Imported(1, 1, 0)
    assert desk.answer(batch, *answers) == reporting.Imported(0, 0, 2), "the same file again changes nothing"
    assert desk.states(good)[-1] == "accepted"
    assert desk.states(bad)[-1] == "rejected"
    (rejected,) = desk.overview().rejected
    assert (rejected.claim_id, rejected.error, rejected.reasons) == (bad, "Learner not found", ())
    with pytest.raises(Refused, match="Say what was mended"):
        desk.correct(bad, "  ")
    with pytest.raises(Refused, match="only one that was rejected"):
        desk.correct(good)
    desk.correct(bad)
    desk.correct(bad)
    assert desk.states(bad) == ["issued", "queued", "reported", "rejected", "corrected"]
    again = desk.prepare()
    assert [row["row"] for row in desk.document(again)["completions"]] == [bad]
    desk.send(again)
    desk.answer(again, Answer(bad, True))
    assert desk.states(bad) == [
        "issued", "queued", "reported", "rejected", "corrected", "queued", "reported", "accepted",
    ]  # fmt: skip
    page = reports.get_report(desk.session, desk.run.coordinator, batch)
    assert (page.batch.accepted, page.batch.rejected, page.batch.waiting) == (1, 1, 0)
    assert page.errors[0].error == "Learner not found", "what came back about the first file stays"
    assert desk.audited()[-1] == "take answers to a report"
    assert auditing.verify(desk.session)[1] is None


def test_a_row_that_is_rejected_is_not_told_again_while_something_is_missing(desk: Desk) -> None:
    claim = desk.physician()
    batch = desk.prepare()
    desk.send(batch)
    desk.answer(batch, Answer(claim, False, "No permission on file"))
    desk.consent(claim, given=False)
    with pytest.raises(Refused, match=r"cannot be told again yet. The learner has withdrawn"):
        desk.correct(claim)
    assert desk.states(claim)[-1] == "rejected"


def test_answers_that_fit_no_row_or_contradict_change_nothing(desk: Desk) -> None:
    claim, other = desk.physician(), desk.physician()
    batch = desk.prepare()
    desk.send(batch)
    with pytest.raises(Refused, match="Row 987 is not in this file"):
        desk.answer(batch, Answer(claim, True), Answer(987, True))
    assert desk.states(claim)[-1] == "reported"
    desk.answer(batch, Answer(claim, True))
    with pytest.raises(Refused, match=f"Row {claim} was accepted before"):
        desk.answer(batch, Answer(other, True), Answer(claim, False, "late"))
    assert desk.states(other)[-1] == "reported"
    assert desk.session.scalars(sa.select(ReportRow.outcome).where(ReportRow.claim_id == other)).one() == "waiting"


def test_a_claim_that_was_revoked_before_sending_stays_revoked(desk: Desk) -> None:
    claim, other = desk.physician(), desk.physician()
    batch = desk.prepare()
    with writing(desk.session):
        desk.session.execute(sa.update(Claim).where(Claim.id == claim).values(state=State.REVOKED.value))
        desk.session.add(ClaimStep(claim_id=claim, state=State.REVOKED.value, reason="", at=LATER))
    assert [row["row"] for row in desk.document(batch)["completions"]] == [other]
    assert desk.send(batch) == (1, 1)
    assert desk.states(claim)[-1] == "revoked"


def test_credit_that_nobody_asks_to_be_told_of_is_never_told(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        desk = Desk(session, Designated.new(session), Vault([Fernet.generate_key().decode()]))
        desk.physician()
        overview = desk.overview()
        assert (overview.reports, overview.ready, overview.kept) == (False, 0, ())
        with pytest.raises(Refused):
            desk.prepare()


def test_who_does_not_run_the_activity_sees_nothing_of_it_and_an_administrator_all(desk: Desk) -> None:
    claim = desk.physician()
    batch = desk.prepare()
    stranger = coordinator(desk.session)
    for deed in (
        lambda: reports.get_overview(desk.session, stranger, desk.run.activity_id, desk.vault, LATER),
        lambda: reporting.prepare(desk.session, stranger, desk.run.activity_id, desk.vault, LATER),
        lambda: reporting.hand_out(desk.session, stranger, batch, desk.vault, LATER),
        lambda: reporting.mark_sent(desk.session, stranger, batch, desk.vault, LATER),
        lambda: reporting.take_answers(desk.session, stranger, batch, [Answer(claim, True)], LATER),
        lambda: reporting.correct(desk.session, stranger, claim, "x", desk.vault, LATER),
        lambda: reports.get_report(desk.session, stranger, batch),
        lambda: reporting.prepare(desk.session, desk.run.coordinator, 987, desk.vault, LATER),
        lambda: reporting.mark_sent(desk.session, desk.run.coordinator, 987, desk.vault, LATER),
    ):
        with pytest.raises(LookupError):
            deed()


def test_what_the_overview_costs_does_not_grow_with_claims(desk: Desk) -> None:
    desk.physician()
    with counted(desk.session.get_bind().engine) as few:
        desk.overview()
    for _ in range(5):
        desk.physician()
    with counted(desk.session.get_bind().engine) as many:
        assert desk.overview().ready == 6
    assert len(many) == len(few)
