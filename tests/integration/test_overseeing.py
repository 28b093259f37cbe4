"""A coordinator sees who takes part and how far each has come; reopens, corrects and revokes with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.credit.claims import Award, Refusal, State
from quizapp.db.extension import db
from quizapp.db.models import (
    ActivityVersion,
    Attestation,
    AuditEvent,
    Certificate,
    Claim,
    ClaimStep,
    CreditProfile,
    Engagement,
    Evaluation,
    Participation,
    Reopening,
    Revocation,
)
from quizapp.db.session import writing
from quizapp.formats.certificate.facts import Facts
from quizapp.services import auditing
from quizapp.services.crediting import claiming, issuing, overseeing, participants, records
from quizapp.services.crediting.issuing import Press
from quizapp.services.crediting.vault import Vault
from tests.integration.credited import Designated, coordinator
from tests.integration.learners import MONDAY, Learner
from tests.statements import counted

LATER = MONDAY + dt.timedelta(days=2)
OVER = MONDAY + dt.timedelta(days=331)
"""The day after the time for claiming."""
PRESS = Press(Vault([Fernet.generate_key().decode()]), "https://quiz.example.org")


@dataclass
class Room:
    """A coordinator, an activity in which nothing is tested, and those who take part."""

    session: Session
    run: Designated
    press: Press = PRESS

    def took_part(self, name: str = "Dr Example", minutes: int = 60) -> tuple[Learner, int]:
        """Somebody who has done everything but claim."""
        learner = Learner.new(self.session)
        taken = self.run.enrol(learner)
        with writing(self.session):
            self.session.add_all(
                [
                    Engagement(participation_id=taken, place="lesson", seconds=60 * minutes, last_at=MONDAY),
                    Evaluation(participation_id=taken, answers={"change": "The dose.", "bias": "no"}, at=MONDAY),
                    Attestation(participation_id=taken, minutes=minutes, wording="I took part.", at=MONDAY),
                ]
            )
            self.session.execute(sa.update(Participation).where(Participation.id == taken).values(passed_at=MONDAY))
            self.session.execute(
                sa.update(CreditProfile).where(CreditProfile.learner_id == learner.actor.id).values(name=name)
            )
        return learner, taken

    def claimed(self, quarters: int = 2, minutes: int = 60) -> tuple[int, int, str]:
        """Participation, claim and the code of the certificate of somebody who claimed."""
        learner, taken = self.took_part(minutes=minutes)
        assert isinstance(self.claim(learner, taken, quarters, MONDAY), Award)
        claim = claiming.find_claim(self.session, taken, self.system)
        assert claim is not None
        return taken, claim, issuing.issue(self.session, self.press, claim, MONDAY)

    @property
    def system(self) -> str:
        return next(iter(claiming.terms_of(self.session, self.run.version_id)))

    def claim(self, learner: Learner, taken: int, quarters: int, now: dt.datetime) -> Award | Refusal:
        return claiming.claim(self.session, learner.actor, taken, self.system, quarters, now)

    def correct(
        self, claim: int, *, name: str = "Dr Example", quarters: int = 2, reason: str = "A slip."
    ) -> str | Refusal:
        return overseeing.correct(
            self.session,
            self.run.coordinator,
            self.press,
            claim,
            name=name,
            quarters=quarters,
            reason=reason,
            now=LATER,
        )

    def facts(self, code: str) -> Facts:
        return Facts.from_json(self.session.scalars(sa.select(Certificate.facts).where(Certificate.code == code)).one())

    def steps(self, claim: int) -> list[str]:
        self.session.rollback()
        return list(
            self.session.scalars(sa.select(ClaimStep.state).where(ClaimStep.claim_id == claim).order_by(ClaimStep.id))
        )

    def deeds(self, deed: str) -> int:
        return self.session.scalar(sa.select(sa.func.count()).where(AuditEvent.deed == deed)) or 0


@pytest.fixture
def room(app: Flask) -> Iterator[Room]:
    with app.app_context():
        session = db.session()
        yield Room(session, Designated.new(session, front={"provider": "Institute of Examples"}))


def sentence(refused: object) -> str:
    assert isinstance(refused, Refusal), refused
    return " ".join(refused.reasons)


def test_a_lapsed_claim_is_reopened_in_one_deed_and_granted(room: Room) -> None:
    learner, taken = room.took_part()
    assert "time for claiming is over" in sentence(room.claim(learner, taken, 2, OVER))
    record = records.get_record(room.session, room.run.coordinator, taken, OVER)
    assert record.line.state is State.LAPSED
    until = OVER + dt.timedelta(days=14)
    for _ in range(2):
        assert overseeing.reopen(room.session, room.run.coordinator, taken, until, "Was ill.", OVER) is None
    assert room.session.scalar(sa.select(sa.func.count()).select_from(Reopening)) == 1, "two clicks are one"
    assert room.deeds("reopen claiming") == 1
    reopened = records.get_record(room.session, room.run.coordinator, taken, OVER)
    assert reopened.line.state is State.ATTESTED
    assert (reopened.claimable_until, reopened.reopened[0].reason) == (until, "Was ill.")
    assert isinstance(room.claim(learner, taken, 2, OVER), Award)
    assert auditing.verify(room.session)[1] is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": "  "}, "Say why"),
        ({"until": OVER - dt.timedelta(days=2)}, "must lie ahead"),
        ({"until": OVER + dt.timedelta(days=800)}, "more than a year ahead"),
    ],
)
def test_a_reopening_that_cannot_be_is_refused_in_words(room: Room, change: dict[str, object], words: str) -> None:
    _, taken = room.took_part()
    wanted = {"until": OVER + dt.timedelta(days=14), "reason": "Was ill."} | change
    assert words in sentence(overseeing.reopen(room.session, room.run.coordinator, taken, now=OVER, **wanted))  # type: ignore[arg-type]
    assert room.deeds("reopen claiming") == 0


def test_taking_part_is_never_reopened_and_a_granted_claim_has_nothing_to_reopen(room: Room) -> None:
    unfinished = room.run.enrol(Learner.new(room.session))
    until = OVER + dt.timedelta(days=14)
    refused = overseeing.reopen(room.session, room.run.coordinator, unfinished, until, "Was ill.", OVER)
    assert "taking part cannot be reopened" in sentence(refused)
    taken, _, _ = room.claimed()
    refused = overseeing.reopen(room.session, room.run.coordinator, taken, until, "Was ill.", OVER)
    assert "nothing to reopen" in sentence(refused)


def test_a_correction_supersedes_the_certificate_and_its_claim_is_told_again(room: Room) -> None:
    _, claim, first = room.claimed()
    code = room.correct(claim, name="Dr Ána  Exámple", quarters=3)
    assert isinstance(code, str)
    assert code != first
    facts = room.facts(code)
    assert (facts.name, facts.quarters, facts.supersedes) == ("Dr Ána Exámple", 3, first)
    assert room.correct(claim, name="Dr Ána Exámple", quarters=3) == code, "done again it is the same"
    assert room.steps(claim) == ["issued", "superseded", "issued"]
    assert room.session.scalars(sa.select(Claim.quarters).where(Claim.id == claim)).one() == 3
    assert room.deeds("correct certificate") == 1
    again = room.correct(claim, name="Dr Ána Exámple", quarters=1)
    assert isinstance(again, str)
    assert room.facts(again).supersedes == code
    assert issuing.find_code(room.session, claim) == again
    assert auditing.verify(room.session)[1] is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"quarters": 5}, "at most 1 credit"),
        ({"quarters": 0}, "more than no credit"),
        ({"quarters": -1}, "more than no credit"),
        ({"name": "  "}, "Write the name"),
        ({"name": "Ann\u202enhoJ"}, "invisible sign"),
        ({"reason": ""}, "Say why"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_in_words(room: Room, change: dict[str, object], words: str) -> None:
    _, claim, first = room.claimed()
    assert words in sentence(room.correct(claim, **change))  # type: ignore[arg-type]
    assert issuing.find_code(room.session, claim) == first
    assert room.steps(claim) == ["issued"]


def test_no_correction_gives_more_than_the_time_that_was_attested(room: Room) -> None:
    _, claim, _ = room.claimed(minutes=30)
    assert "45 minutes; you said it took 30" in sentence(room.correct(claim, quarters=3))


def test_what_is_revoked_stays_revoked_and_is_neither_corrected_nor_reopened(room: Room) -> None:
    taken, claim, code = room.claimed()
    assert "Say why" in sentence(overseeing.revoke(room.session, room.run.coordinator, code, " ", LATER))
    for _ in range(2):
        assert overseeing.revoke(room.session, room.run.coordinator, code, "Somebody else sat it.", LATER) is None
    assert room.session.scalar(sa.select(sa.func.count()).select_from(Revocation)) == 1
    assert room.steps(claim) == ["issued", "revoked"]
    assert room.deeds("revoke certificate") == 1
    assert "what was revoked stays so" in sentence(room.correct(claim, quarters=1))
    until = LATER + dt.timedelta(days=9)
    assert "nothing to reopen" in sentence(
        overseeing.reopen(room.session, room.run.coordinator, taken, until, "x", LATER)
    )
    (certified,) = records.get_record(room.session, room.run.coordinator, taken, LATER).claims[0].certificates
    assert (certified.status, certified.reason) == ("revoked", "Somebody else sat it.")


def test_what_was_superseded_is_not_revoked_but_what_followed_it(room: Room) -> None:
    taken, claim, first = room.claimed()
    code = room.correct(claim, quarters=1)
    assert f"superseded by {code}" in sentence(overseeing.revoke(room.session, room.run.coordinator, first, "x", LATER))
    certified = records.get_record(room.session, room.run.coordinator, taken, LATER).claims[0].certificates
    assert [(one.code, one.status) for one in certified] == [(code, "good"), (first, "superseded")]


def test_counts_say_how_many_have_come_how_far_and_the_list_finds_them(room: Room) -> None:
    room.run.enrol(Learner.new(room.session))
    room.took_part("Éva Nagy")
    room.claimed()
    _, counts = participants.get_counts(room.session, room.run.coordinator, room.run.activity_id)
    assert counts == participants.Counts(
        enrolled=3, reading=2, tested=0, passed=2, evaluated=2, claimed=1, certificates=1
    )

    def found(stage: str = "", search: str = "") -> list[str]:
        listed = participants.list_participants(
            room.session, room.run.coordinator, room.run.activity_id, LATER, stage=stage, search=search
        )
        assert listed.found == len(listed.rows)
        return [one.state.value for one in listed.rows]

    assert found() == ["enrolled", "attested", "issued"]
    assert found("begun") == ["enrolled"]
    assert found("passed") == ["attested"]
    assert found("claimed") == ["issued"]
    assert found("revoked") == []
    assert found(search="NAGY") == ["attested"]
    assert found(search="%") == [], "a sign of the search language is looked for as it stands"
    assert found("passed", "Dr Example") == []


def test_pages_of_participants_follow_each_other_and_cost_no_more_statements(room: Room) -> None:
    def page(after: int = 0) -> participants.List:
        return participants.list_participants(
            room.session, room.run.coordinator, room.run.activity_id, LATER, after=after
        )

    room.took_part()
    with counted(room.session.get_bind().engine) as few:
        page()
    for _ in range(participants.A_PAGE):
        room.run.enrol(Learner.new(room.session))
    with counted(room.session.get_bind().engine) as many:
        first = page()
    assert len(many) == len(few)
    assert (len(first.rows), first.found) == (participants.A_PAGE, participants.A_PAGE + 1)
    assert first.after is not None
    last = page(first.after)
    assert (len(last.rows), last.after) == (1, None)


def test_who_does_not_run_the_activity_finds_nobody_and_changes_nothing(room: Room) -> None:
    taken, claim, code = room.claimed()
    stranger = coordinator(room.session)
    until = LATER + dt.timedelta(days=9)
    deeds: list[Callable[[], object]] = [
        lambda: participants.get_counts(room.session, stranger, room.run.activity_id),
        lambda: participants.list_participants(room.session, stranger, room.run.activity_id, LATER),
        lambda: records.get_record(room.session, stranger, taken, LATER),
        lambda: overseeing.reopen(room.session, stranger, taken, until, "x", LATER),
        lambda: overseeing.revoke(room.session, stranger, code, "x", LATER),
        lambda: overseeing.correct(room.session, stranger, PRESS, claim, name="X", quarters=1, reason="x", now=LATER),
        lambda: overseeing.revoke(room.session, room.run.coordinator, "NONE", "x", LATER),
        lambda: records.get_record(room.session, room.run.coordinator, 987, LATER),
    ]
    for deed in deeds:
        with pytest.raises(LookupError):
            deed()
    assert room.steps(claim) == ["issued"]
    assert room.session.scalar(sa.select(sa.func.count()).select_from(ActivityVersion)) == 1
