"""Whoever claims, corrects, revokes, reports and erases at once, on both databases: one deed is done, and the other is
told so in words or changes nothing.

What takes long about a certificate, its setting and its seal, is left out here: the races are closer without it. With
QUIZAPP_TEST_PLAIN_TRANSACTIONS=1 `writing()` is replaced by an ordinary transaction, and these tests must fail.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.credit.claims import Award, Refusal
from quizapp.db.extension import db
from quizapp.db.models import (
    ActivityCoordinator,
    Attestation,
    AuditEvent,
    Certificate,
    Claim,
    CreditProfile,
    Engagement,
    Erasure,
    Evaluation,
    Participation,
    Provider,
    Reopening,
    ReportBatch,
    Revocation,
    SigningKey,
    Sitting,
    table,
)
from quizapp.db.session import writing
from quizapp.formats.certificate import sealing
from quizapp.formats.pars import Answer
from quizapp.services import auditing, erasing
from quizapp.services.accounts import Actor
from quizapp.services.crediting import (
    claiming,
    completions,
    enrolling,
    evaluating,
    issuing,
    keys,
    overseeing,
    reporting,
    testing,
)
from tests.integration.credited import Designated, coordinator
from tests.integration.learners import MONDAY, Learner
from tests.integration.participants import PHYSICIAN, VAULT, Participant, body_of, slug_of
from tests.integration.test_overseeing import LATER, OVER, PRESS, Room
from tests.integration.test_races import at_once, plain
from tests.integration.test_reporting import Desk

ROUNDS = 3
DAY = dt.timedelta(days=1)
ANSWERS = {"objectives": "all", "change": "Ask first.", "bias": "no"}


@pytest.fixture(autouse=True)
def as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing.printing, "pdf", lambda facts, _token: facts.name.encode())
    monkeypatch.setattr(sealing, "seal", lambda pages, _key, _at: b"%PDF " + pages)
    if os.environ.get("QUIZAPP_TEST_PLAIN_TRANSACTIONS") == "1":
        for module in (claiming, enrolling, evaluating, issuing, overseeing, reporting, testing):
            monkeypatch.setattr(module, "writing", plain)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()
        db.session.remove()


@pytest.fixture
def room(session: Session) -> Room:
    return Room(session, Designated.new(session, front={"provider": "Institute of Examples"}))


@pytest.fixture
def desk(session: Session) -> Desk:
    return Desk(session, Designated.new(session, report_format="pars"), PRESS.vault)


def another(session: Session, run: Designated) -> Actor:
    """A second coordinator of the same activity."""
    second = coordinator(session)
    with writing(session):
        session.execute(sa.insert(table(ActivityCoordinator)), {"activity_id": run.activity_id, "user_id": second.id})
    return second


def count(session: Session, *where: sa.ColumnElement[bool]) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).where(*where)) or 0


def in_the_middle(
    app: Flask, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, deed: Callable[[Session], Any], look: int = 1
) -> Callable[[], Any]:
    """Let somebody else click as soon as a deed has read what it decides on (`module.name` has returned `look`
    times); they get as far as the locks let them. What is given waits until they are done and tells their outcome."""
    real, outcome, looks = getattr(module, name), list[Any](), itertools.count(1)
    other = threading.Thread(target=lambda: outcome.extend(at_once(app, deed)))

    def reading(*args: Any, **named: Any) -> Any:
        found = real(*args, **named)
        if next(looks) == look:
            other.start()
            other.join(0.3)  # whoever is kept waiting stays so; whoever is not is done by then
        return found

    def finish() -> Any:
        other.join(30)
        assert not other.is_alive(), "two deeds wait for each other"
        return outcome[0]

    monkeypatch.setattr(module, name, reading)
    return finish


def test_two_who_reopen_for_the_same_day_reopen_once_and_for_two_days_both_are_kept(app: Flask, room: Room) -> None:
    second = another(room.session, room.run)
    _, taken = room.took_part()
    room.session.rollback()
    same = [
        lambda tab, who=who: overseeing.reopen(tab, who, taken, OVER + DAY, "Was ill.", OVER)
        for who in (room.run.coordinator, second)
    ]
    assert at_once(app, *same) == [None, None]
    assert count(room.session, Reopening.participation_id == taken) == 1
    assert room.deeds("reopen claiming") == 1
    other = [
        lambda tab, who=who, days=days: overseeing.reopen(tab, who, taken, OVER + days * DAY, "Was ill.", OVER)
        for who, days in ((room.run.coordinator, 7), (second, 9))
    ]
    assert at_once(app, *other) == [None, None]
    assert count(room.session, Reopening.participation_id == taken) == 3
    newest = room.session.scalars(sa.select(Reopening.until).order_by(Reopening.id.desc())).first()
    assert claiming.get_taken(room.session, taken).core.reopened_until == newest


def test_of_two_who_correct_differently_one_is_told_and_the_same_correction_is_one(app: Flask, room: Room) -> None:
    second = another(room.session, room.run)
    for _ in range(ROUNDS):
        _, claim, first = room.claimed()
        room.session.rollback()

        def correct(who: Actor, name: str, claim: int = claim) -> Callable[[Session], Any]:
            return lambda tab: overseeing.correct(
                tab, who, PRESS, claim, name=name, quarters=2, reason="A slip.", now=LATER
            )

        outcomes = at_once(app, correct(room.run.coordinator, "Dr Ann"), correct(second, "Dr Bea"))
        codes = [code for code in outcomes if isinstance(code, str)]
        (refused,) = [one for one in outcomes if isinstance(one, Refusal)]
        assert "Somebody has corrected this certificate meanwhile" in refused.reasons[0]
        assert [issuing.find_code(room.session, claim)] == codes
        assert count(room.session, Certificate.claim_id == claim) == 2
        assert count(room.session, Certificate.supersedes == first) == 1
        room.session.rollback()
        again = at_once(app, correct(room.run.coordinator, "Dr Cleo"), correct(second, "Dr Cleo"))
        assert again[0] == again[1], again
        assert count(room.session, Certificate.claim_id == claim) == 3
        assert room.steps(claim) == ["issued", "superseded", "issued", "superseded", "issued"]
    assert auditing.verify(room.session)[1] is None


def test_who_corrects_while_another_revokes_leaves_one_or_no_certificate_in_force(app: Flask, room: Room) -> None:
    second = another(room.session, room.run)
    for _ in range(ROUNDS):
        _, claim, code = room.claimed()
        room.session.rollback()
        corrected, revoked = at_once(
            app,
            lambda tab, claim=claim: overseeing.correct(
                tab, second, PRESS, claim, name="Dr Ann", quarters=1, reason="A slip.", now=LATER
            ),
            lambda tab, code=code: overseeing.revoke(tab, room.run.coordinator, code, "Somebody else sat it.", LATER),
        )
        newest = issuing.find_code(room.session, claim)
        if revoked is None:
            assert isinstance(corrected, Refusal), corrected
            assert "what was revoked stays so" in corrected.reasons[0]
            assert newest == code
            assert room.steps(claim) == ["issued", "revoked"]
        else:
            assert revoked == Refusal((f"This certificate was superseded by {corrected}; revoke that one.",))
            assert newest == corrected
            assert room.steps(claim) == ["issued", "superseded", "issued"]


def test_two_who_revoke_at_once_revoke_once(app: Flask, room: Room) -> None:
    second = another(room.session, room.run)
    _, claim, code = room.claimed()
    room.session.rollback()
    both = [
        lambda tab, who=who: overseeing.revoke(tab, who, code, "Somebody else sat it.", LATER)
        for who in (room.run.coordinator, second)
    ]
    assert at_once(app, *both) == [None, None]
    assert count(room.session, Revocation.code == code) == 1
    assert room.steps(claim) == ["issued", "revoked"]
    assert room.deeds("revoke certificate") == 1


def test_a_claim_while_claiming_is_reopened_is_granted_or_refused_in_words_and_never_lost(
    app: Flask, room: Room
) -> None:
    for now, granted_at_least in ((LATER, True), (OVER, False)):
        for _ in range(ROUNDS):
            learner, taken = room.took_part()
            system = room.system
            room.session.rollback()
            claimed, reopened = at_once(
                app,
                lambda tab, who=learner.actor, taken=taken, now=now, system=system: claiming.claim(
                    tab, who, taken, system, 2, now
                ),
                lambda tab, taken=taken, now=now: overseeing.reopen(
                    tab, room.run.coordinator, taken, now + DAY, "Was ill.", now
                ),
            )
            assert isinstance(claimed, Award) or not granted_at_least, claimed
            assert count(room.session, Claim.participation_id == taken) == isinstance(claimed, Award)
            if isinstance(claimed, Refusal):
                assert "time for claiming is over" in claimed.reasons[0]
                assert reopened is None
            elif reopened is not None:
                assert "nothing to reopen" in reopened.reasons[0]


def test_two_who_make_send_and_answer_a_report_at_once_do_each_once(app: Flask, desk: Desk) -> None:
    second = another(desk.session, desk.run)
    claims = [desk.physician(), desk.physician()]
    desk.session.rollback()
    both = (desk.run.coordinator, second)
    made = at_once(
        app,
        *(lambda tab, who=who: reporting.prepare(tab, who, desk.run.activity_id, desk.vault, LATER) for who in both),
    )
    assert made[0] == made[1], made
    assert count(desk.session, ReportBatch.id > 0) == 1
    sent = at_once(
        app, *(lambda tab, who=who: reporting.mark_sent(tab, who, made[0], desk.vault, LATER) for who in both)
    )
    assert sent == [(2, 0), (2, 0)]
    first = [Answer(claims[0], accepted=True, error="")]
    told = at_once(app, *(lambda tab, who=who: reporting.take_answers(tab, who, made[0], first, LATER) for who in both))
    assert sorted((one.accepted, one.known) for one in told) == [(0, 1), (1, 0)]
    differing = [
        Answer(claims[1], accepted=accepted, error="" if accepted else "No such NPI.") for accepted in (True, False)
    ]
    outcomes = at_once(
        app,
        *(
            lambda tab, who=who, one=one: reporting.take_answers(tab, who, made[0], [one], LATER)
            for who, one in zip(both, differing, strict=True)
        ),
    )
    (refused,) = [one for one in outcomes if isinstance(one, reporting.Refused)]
    assert "this file says otherwise" in str(refused)
    assert desk.states(claims[0]) == ["issued", "queued", "reported", "accepted"]
    assert desk.states(claims[1])[:3] == ["issued", "queued", "reported"]
    assert len(desk.states(claims[1])) == 4
    assert auditing.verify(desk.session)[1] is None


def test_an_amount_that_is_corrected_while_a_file_is_made_is_not_told_wrong(
    app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = another(desk.session, desk.run)
    claim = attested(desk)
    issuing.issue(desk.session, PRESS, claim, MONDAY)
    other = in_the_middle(
        app,
        monkeypatch,
        completions,
        "list_completions",
        lambda tab: overseeing.correct(
            tab, second, PRESS, claim, name="Mira Müller", quarters=1, reason="A slip.", now=LATER
        ),
    )
    batch = desk.prepare()
    assert isinstance(corrected := other(), str), corrected
    desk.session.rollback()
    (row,) = desk.document(desk.prepare())["completions"]
    assert row["credits"] == "0.25"
    assert desk.states(claim) == ["issued", "queued", "superseded", "issued", "queued"]
    with pytest.raises(reporting.Refused, match="Nobody in this file"):
        desk.send(batch)


@pytest.mark.parametrize("deed", ["make", "send", "answer", "tell again"])
def test_a_certificate_that_is_revoked_during_a_deed_of_reporting_harms_neither(
    app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    claim = attested(desk)
    code = issuing.issue(desk.session, PRESS, claim, MONDAY)
    before = ["issued"]
    batch = 0
    if deed != "make":
        batch = desk.prepare()
        before.append("queued")
    if deed in ("answer", "tell again"):
        desk.send(batch)
        before.append("reported")
    if deed == "tell again":
        desk.answer(batch, Answer(claim, accepted=False, error="No such NPI."))
        before.append("rejected")
    second = another(desk.session, desk.run)
    read = (reporting, "_newest") if deed == "answer" else (completions, "list_completions")
    other = in_the_middle(
        app, monkeypatch, *read, lambda tab: overseeing.revoke(tab, second, code, "Somebody else sat it.", LATER)
    )
    after = {"make": "queued", "send": "reported", "answer": "accepted", "tell again": "corrected"}
    {
        "make": desk.prepare,
        "send": lambda: desk.send(batch),
        "answer": lambda: desk.answer(batch, Answer(claim, accepted=True, error="")),
        "tell again": lambda: desk.correct(claim),
    }[deed]()
    assert other() is None
    assert desk.states(claim) == [*before, after[deed], "revoked"]
    assert auditing.verify(desk.session)[1] is None


def attested(desk: Desk) -> int:
    """A claim that can be reported and corrected; returns its id."""
    claim = desk.physician()
    with writing(desk.session):
        taken = desk.session.scalars(sa.select(Claim.participation_id).where(Claim.id == claim)).one()
        said = {"participation_id": taken, "minutes": 60, "wording": "I took part.", "at": MONDAY}
        desk.session.execute(sa.insert(table(Attestation)), said)
    return claim


def test_two_first_certificates_of_a_provider_make_one_key(
    app: Flask, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = room.session.scalars(sa.select(Provider.slug)).one()
    made = keys._made(room.session, provider, MONDAY, OVER)
    names = itertools.count(1)
    monkeypatch.setattr(keys, "_made", lambda *_: replace(made, kid=f"key-{next(names)}"))

    def sign(tab: Session) -> str:
        return keys.get_or_make_key(tab, PRESS.vault, provider, MONDAY).kid

    other = in_the_middle(app, monkeypatch, keys, "find_key", sign, look=2)
    assert (sign(room.session), other()) == ("key-1", "key-1")
    assert count(room.session, SigningKey.provider == provider) == 1


def test_what_is_saved_while_everything_is_sealed_anew_is_not_overwritten(
    app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = desk.physician()
    learner = desk.session.scalars(sa.select(Claim.learner_id).where(Claim.id == claim)).one()

    def save(tab: Session) -> None:
        with writing(tab):
            own = sa.update(table(CreditProfile)).where(CreditProfile.learner_id == learner)
            tab.execute(own.values(identifiers=desk.vault.seal('{"npi": "the new one"}')))

    other = in_the_middle(app, monkeypatch, desk.vault, "renew", save)
    keys.reseal(desk.session, desk.vault, LATER)
    assert other() is None
    desk.session.rollback()
    (sealed,) = desk.session.scalars(sa.select(CreditProfile.identifiers)).all()
    assert "the new one" in desk.vault.open(sealed or "")


def test_an_erasure_while_a_certificate_is_made_leaves_no_name_beyond_the_record(app: Flask, room: Room) -> None:
    for credit in (True, False):
        for number in range(ROUNDS):
            learner, taken = room.took_part(f"Dr Vanishing {number}")
            room.session.rollback()
            if credit:
                assert isinstance(room.claim(learner, taken, 2, MONDAY), Award)
                claim = claiming.find_claim(room.session, taken, room.system) or 0
            else:
                with writing(room.session):
                    change = {"profession": "nurse", "passed_at": None}
                    room.session.execute(sa.update(Participation).where(Participation.id == taken).values(**change))
            room.session.rollback()
            until, issued = at_once(
                app,
                lambda tab, who=learner: erasing.erase(tab, who.actor.id, by_id=None, now=LATER),
                (lambda tab, claim=claim: issuing.issue(tab, PRESS, claim, LATER))
                if credit
                else (
                    lambda tab, who=learner, taken=taken: issuing.issue_participation(
                        tab, PRESS, who.actor, taken, LATER
                    )
                ),
            )
            assert not isinstance(until, Exception), until
            held = count(room.session, Certificate.participation_id == taken)
            erased = room.session.get(Erasure, learner.actor.id)
            assert erased is not None
            if credit:
                assert isinstance(issued, str), issued
                assert (held, erased.kept_until is not None) == (1, True)
            elif isinstance(issued, Refusal):
                assert "erased meanwhile" in issued.reasons[0] or "not taken part" in issued.reasons[0]
                assert (held, erased.kept_until) == (0, None)
            else:
                assert isinstance(issued, str), issued
                assert (held, erased.kept_until is not None) == (1, True)
    assert auditing.verify(room.session)[1] is None


def test_a_record_whose_years_are_over_gets_no_name_and_no_certificate_any_more(room: Room) -> None:
    learner, taken = room.took_part("Dr Long Gone")
    assert isinstance(room.claim(learner, taken, 2, MONDAY), Award)
    claim = claiming.find_claim(room.session, taken, room.system) or 0
    until = erasing.erase(room.session, learner.actor.id, by_id=None, now=LATER)
    assert until is not None
    assert erasing.work_due(room.session, PRESS.vault, until + DAY) == 1
    assert issuing.issue_waiting(room.session, PRESS, until + DAY) == 0
    refused = room.correct(claim, name="Dr Long Gone")
    assert isinstance(refused, Refusal)
    assert "six years of this record are over" in refused.reasons[0]
    assert count(room.session, Certificate.claim_id == claim) == 0


def test_two_who_enrol_evaluate_and_attest_at_once_are_kept_once(app: Flask, session: Session) -> None:
    activity = Designated.new(session, front={"provider": "Institute of Examples"})
    slug = slug_of(session, activity)
    for _ in range(ROUNDS):
        learner = Learner.new(session)
        session.rollback()
        who = learner.actor
        enrolled = at_once(
            app, *[lambda tab, who=who: enrolling.enrol(tab, VAULT, who, slug, PHYSICIAN, MONDAY) for _ in range(2)]
        )
        assert enrolled[0] == enrolled[1], enrolled
        (taken,) = set(enrolled)
        with writing(session):
            busy = {"participation_id": taken, "place": "lesson", "seconds": 3_600, "last_at": MONDAY}
            session.execute(sa.insert(table(Engagement)), busy)
        session.rollback()
        evaluated = at_once(
            app,
            *(
                lambda tab, who=who, taken=taken, said=said: evaluating.evaluate(
                    tab, who, taken, ANSWERS | {"change": said}, LATER
                )
                for said in ("Ask first.", "Ask later.")
            ),
        )
        assert evaluated == [None, None]
        assert count(session, Evaluation.participation_id == taken) == 1
        attested_ = at_once(
            app,
            *(
                lambda tab, who=who, taken=taken, minutes=minutes: evaluating.attest(tab, who, taken, minutes, LATER)
                for minutes in (45, 60)
            ),
        )
        assert attested_ == [None, None]
        assert count(session, Attestation.participation_id == taken) == 1
        for deed, times in (("enrol", 1), ("evaluate activity", 1), ("attest time", 2)):
            about = (AuditEvent.subject_kind == "participation", AuditEvent.subject_id == str(taken))
            assert count(session, AuditEvent.deed == deed, *about) == times, deed


@pytest.mark.usefixtures("content")
def test_two_clicks_begin_one_test(app: Flask, session: Session) -> None:
    activity = Designated.new(session, **body_of(session))
    for _ in range(ROUNDS):
        taken = Participant.new(session, activity)
        session.rollback()
        begun = at_once(
            app,
            *[
                lambda tab, taken=taken: testing.start(tab, taken.learner.actor, taken.id, "test", MONDAY)
                for _ in range(2)
            ],
        )
        assert begun[0] == begun[1], begun
        assert isinstance(begun[0], testing.Begun)
        assert count(session, Sitting.participation_id == taken.id) == 1
