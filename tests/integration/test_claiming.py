"""Claiming credit: granted once, whoever clicks how often, and followed by a certificate that verifies."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from quizapp.core.credit.claims import SECOND, Award, Refusal, State
from quizapp.db.extension import db
from quizapp.db.models import (
    Attestation,
    AuditEvent,
    Certificate,
    Claim,
    ClaimStep,
    CreditProfile,
    Engagement,
    Evaluation,
    Participation,
    SigningKey,
    table,
)
from quizapp.db.session import prepare_engine, writing
from quizapp.formats.certificate import keys as public_keys
from quizapp.formats.certificate.verifying import Outcome, verify
from quizapp.services import auditing, outbox, work
from quizapp.services.crediting import claiming, issuing, keys
from quizapp.services.crediting.issuing import Press
from quizapp.services.crediting.vault import Locked, Vault
from tests.integration.conftest import Run
from tests.integration.credited import Designated
from tests.integration.learners import MONDAY, Learner

AT_ONCE = 50
LATER = MONDAY + dt.timedelta(hours=2)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


@pytest.fixture
def press(app: Flask) -> Press:
    return Press(app.extensions["vault"], "https://quiz.example.org")


def ready(session: Session, activity: Designated, learner: Learner, minutes: int = 60) -> int:
    """A participation in which all is done but the claim."""
    participation_id = activity.enrol(learner)
    with writing(session):
        rows = [
            (Engagement, {"place": "lesson", "seconds": minutes * 60, "last_at": MONDAY}),
            (Evaluation, {"answers": {}, "at": MONDAY}),
            (Attestation, {"minutes": minutes, "wording": "It took me so long.", "at": MONDAY}),
        ]
        for model, row in rows:
            session.execute(sa.insert(table(model)), row | {"participation_id": participation_id})
    return participation_id


def slug_of(session: Session, activity: Designated) -> str:
    return next(iter(claiming.terms_of(session, activity.version_id)))


def test_fifty_claims_at_once_grant_one(app: Flask, session: Session) -> None:
    """Each with a connection of its own, begun before the others commit."""
    activity, learner = Designated.new(session), Learner.new(session)
    participation_id, system = ready(session, activity, learner), slug_of(session, activity)
    engine = sa.create_engine(app.config["SQLALCHEMY_DATABASE_URI"], poolclass=NullPool)
    prepare_engine(engine)
    barrier = threading.Barrier(AT_ONCE)
    outcomes: list[object] = [None] * AT_ONCE

    def run(number: int) -> None:
        with Session(engine, autoflush=False) as own:
            try:
                own.execute(sa.select(1))  # the page was read before the click
                barrier.wait(60)
                outcomes[number] = claiming.claim(own, learner.actor, participation_id, system, 1 + number % 4, LATER)
            except Exception as error:
                outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "two claims wait for each other"
    engine.dispose()
    granted = [one for one in outcomes if isinstance(one, Award)]
    assert len(granted) == 1, outcomes
    assert [one for one in outcomes if one not in granted] == [SECOND] * (AT_ONCE - 1)
    session.rollback()
    assert session.execute(sa.select(Claim.quarters, Claim.state)).all() == [(granted[0].quarters, "issued")]
    assert session.scalars(sa.select(ClaimStep.state)).all() == ["issued"]
    assert session.scalars(sa.select(AuditEvent.deed)).all() == ["claim credit"]
    assert auditing.verify(session) == (1, None)


def test_the_key_of_the_table_holds_where_no_lock_is_taken(session: Session) -> None:
    """What stands in the table would be refused a second time even if two deeds got so far."""
    activity, learner = Designated.new(session), Learner.new(session)
    participation_id = ready(session, activity, learner)
    activity.grant(learner, participation_id)
    with pytest.raises(sa.exc.IntegrityError):
        activity.grant(learner, participation_id)


def test_each_refusal_is_told_and_nothing_is_stored(session: Session) -> None:
    activity, learner = Designated.new(session), Learner.new(session)
    participation_id, system = activity.enrol(learner), slug_of(session, activity)
    refused = claiming.claim(session, learner.actor, participation_id, system, 2, LATER)
    assert isinstance(refused, Refusal)
    assert refused.reasons == (
        "You have not taken part yet.",
        "The evaluation has not been filled in yet.",
        "You have not said yet how much time it took.",
    )
    assert session.scalar(sa.select(sa.func.count()).select_from(Claim)) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == 0


def test_a_claim_is_the_learners_own_and_of_a_system_that_was_designated(session: Session) -> None:
    activity, learner, stranger = Designated.new(session), Learner.new(session), Learner.new(session)
    participation_id, system = ready(session, activity, learner), slug_of(session, activity)
    with pytest.raises(LookupError):
        claiming.claim(session, stranger.actor, participation_id, system, 2, LATER)
    with pytest.raises(LookupError):
        claiming.claim(session, learner.actor, participation_id, "another-system", 2, LATER)
    with pytest.raises(LookupError):
        claiming.terms_of(session, 0)


def test_a_claim_becomes_a_certificate_that_verifies(session: Session, press: Press) -> None:
    activity, learner = Designated.new(session), Learner.new(session)
    participation_id, system = ready(session, activity, learner), slug_of(session, activity)
    assert claiming.claim(session, learner.actor, participation_id, system, 3, LATER) == Award(3)
    claim_id = claiming.find_claim(session, participation_id, system)
    assert claim_id is not None
    code = issuing.issue(session, press, claim_id, LATER)
    assert issuing.issue(session, press, claim_id, LATER + dt.timedelta(days=1)) == code, (
        "a second click makes no other"
    )
    held = session.execute(sa.select(Certificate.document, Certificate.facts, Certificate.kid)).one()
    told = public_keys.read_public(keys.public(session))
    verdict = verify(held.document, told, None)
    assert verdict.outcome is Outcome.VALID
    assert verdict.facts is not None
    assert verdict.facts.to_json() == held.facts
    assert (verdict.facts.name, verdict.facts.quarters, verdict.facts.unit) == ("Dr Example", 3, "sample credits")
    assert verdict.facts.designation_statement == (
        "Institute of Examples designates this enduring material for a maximum of 1 sample credits."
    )
    assert verdict.facts.claim_statement == "I, Dr Example, claim 0.75 sample credits."
    assert verdict.facts.verify_url == f"https://quiz.example.org/verify/{code}"
    deeds = session.scalars(sa.select(AuditEvent.deed).order_by(AuditEvent.number)).all()
    assert deeds == ["claim credit", "make signing key", "issue certificate"]


def test_a_crash_between_claim_and_certificate_is_mended_by_the_background_work(session: Session, press: Press) -> None:
    activity, learner, unprintable = Designated.new(session), Learner.new(session), Learner.new(session)
    stuck = ready(session, activity, unprintable)
    with writing(session):  # entered before the fonts were asked
        session.execute(
            sa.update(table(CreditProfile))
            .where(CreditProfile.learner_id == unprintable.actor.id)
            .values(name="Dr 😀 Example")
        )
    participation_id, system = ready(session, activity, learner), slug_of(session, activity)
    for who, where in ((unprintable, stuck), (learner, participation_id)):
        assert claiming.claim(session, who.actor, where, system, 2, LATER) == Award(2)
    transport = outbox.console(lambda line: None)
    with pytest.raises(ExceptionGroup, match="could not be made"):
        issuing.issue_waiting(session, press, LATER, limit=1)
    assert session.scalars(sa.select(Certificate.participation_id)).all() == [participation_id], "it takes no turn"
    with pytest.raises(ExceptionGroup, match="could not be made"):
        work.work(session, transport, LATER, sender="quiz@example.org", press=press)
    assert session.scalars(sa.select(Certificate.participation_id)).all() == [participation_id]
    with writing(session):
        session.execute(sa.update(table(CreditProfile)).values(name="Dr Example"))
    done = work.work(session, transport, LATER, sender="quiz@example.org", press=press)
    assert (done.issued_certificates, done.anything) == (1, True)
    assert work.work(session, transport, LATER, sender="quiz@example.org", press=press).issued_certificates == 0


def test_who_cannot_have_credit_gets_a_certificate_of_participation(session: Session, press: Press) -> None:
    activity, nurse, physician = Designated.new(session), Learner.new(session), Learner.new(session)
    participation_id, other = ready(session, activity, nurse), ready(session, activity, physician)
    with writing(session):
        session.execute(
            sa.update(table(Participation)).where(Participation.id == participation_id).values(profession="nurse")
        )
    refused = claiming.claim(session, nurse.actor, participation_id, slug_of(session, activity), 2, LATER)
    assert isinstance(refused, Refusal)
    assert refused.participation_only
    assert refused.reasons == (
        "Your profession cannot claim sample credits. It can have a certificate of participation.",
    )
    code = issuing.issue_participation(session, press, nurse.actor, participation_id, LATER)
    assert isinstance(code, str)
    assert issuing.issue_participation(session, press, nurse.actor, participation_id, LATER) == code
    held = session.execute(sa.select(Certificate.document, Certificate.claim_id)).one()
    verdict = verify(held.document, public_keys.read_public(keys.public(session)), None)
    assert held.claim_id is None
    assert verdict.outcome is Outcome.VALID
    assert verdict.facts is not None
    assert (verdict.facts.quarters, verdict.facts.unit, verdict.facts.claim_statement) == (
        0,
        "",
        issuing.WITHOUT_CREDIT,
    )
    assert issuing.issue_participation(session, press, physician.actor, other, LATER) == Refusal(
        ("You can claim credit for this activity, which proves more.",)
    )
    with pytest.raises(LookupError):
        issuing.issue_participation(session, press, physician.actor, participation_id, LATER)


def test_a_granted_claim_goes_its_way_step_by_step(session: Session) -> None:
    activity, learner = Designated.new(session), Learner.new(session)
    claim_id = activity.grant(learner, ready(session, activity, learner))
    for state in (State.QUEUED, State.REPORTED, State.REJECTED):
        with writing(session):
            claiming.step(session, claim_id, state, by_id=None, reason="told", now=LATER)
    assert session.scalars(sa.select(ClaimStep.state).order_by(ClaimStep.id)).all() == [
        "issued",
        "queued",
        "reported",
        "rejected",
    ]
    assert session.scalars(sa.select(Claim.state)).one() == "rejected"


def test_keys_follow_each_other_and_the_newest_signs(session: Session, press: Press) -> None:
    Designated.new(session)
    provider = session.scalars(sa.text("SELECT slug FROM provider")).one()
    first = keys.get_or_make_key(session, press.vault, provider, MONDAY)
    assert keys.get_or_make_key(session, press.vault, provider, LATER) == first
    begins = first.ends - dt.timedelta(days=30)
    kid = keys.make_key(
        session, press.vault, provider, begins=begins, ends=begins + dt.timedelta(days=900), by_id=None, now=LATER
    )
    before = begins - dt.timedelta(seconds=1)
    assert keys.get_or_make_key(session, press.vault, provider, before).kid == first.kid
    assert keys.get_or_make_key(session, press.vault, provider, begins).kid == kid
    assert list(public_keys.read_public(keys.public(session))) == [first.kid, kid]
    assert "PRIVATE" not in keys.public(session) + "".join(session.scalars(sa.select(SigningKey.secret)))
    with pytest.raises(keys.NoProvider, match="nobody"):
        keys.get_or_make_key(session, press.vault, "nobody", MONDAY)
    with pytest.raises(ValueError, match="ends after"):
        keys.make_key(session, press.vault, provider, begins=MONDAY, ends=MONDAY, by_id=None, now=MONDAY)


def test_secrets_are_sealed_anew_when_the_secret_key_of_the_site_changes(session: Session) -> None:
    old, new = "A" * 43 + "=", "B" * 43 + "="
    activity, learner = Designated.new(session), Learner.new(session)
    activity.enrol(learner)
    provider = session.scalars(sa.text("SELECT slug FROM provider")).one()
    key = keys.get_or_make_key(session, Vault([old]), provider, MONDAY)
    with writing(session):
        session.execute(sa.update(table(CreditProfile)).values(identifiers=Vault([old]).seal("{}")))
    with pytest.raises(Locked):
        keys.get_or_make_key(session, Vault([new]), provider, MONDAY)
    assert keys.reseal(session, Vault([new, old]), LATER) == 2
    assert keys.get_or_make_key(session, Vault([new]), provider, MONDAY) == key
    assert Vault([new]).open(session.scalars(sa.select(CreditProfile.identifiers)).one() or "") == "{}"
    with pytest.raises(Locked):
        keys.reseal(session, Vault([old]), LATER)


def test_keys_are_made_listed_and_made_public_from_the_shell(session: Session, run: Run) -> None:
    Designated.new(session)
    provider = session.scalars(sa.text("SELECT slug FROM provider")).one()
    session.rollback()

    def keys_command(*words: str) -> Result:
        return run("cme", "keys", *words)

    assert "no signing key" in keys_command("list").output
    made = keys_command("new", provider, "--from", "2026-11-23", "--years", "2")
    assert made.exit_code == 0, made.output
    assert f"{provider}-20261123-" in made.output
    assert "2028-11-23" in keys_command("list").output
    assert list(public_keys.read_public(keys_command("public").output)) == [made.output.split()[0]]
    assert keys_command("new", "nobody").exit_code == 1
    assert "There is no provider “nobody”." in keys_command("new", "nobody").output
    assert "1 secret is sealed" in keys_command("reseal").output


def test_a_foreign_change_of_the_terms_cannot_reach_a_participation(session: Session) -> None:
    """The edition of the enrolment holds, whatever follows."""
    activity = Designated.new(session, maximum=4, minimum_percent=70, attempts=2, cool_down_minutes=30)
    terms = claiming.terms_of(session, activity.version_id)[slug_of(session, activity)]
    assert (terms.maximum, terms.minimum_percent, terms.attempts) == (4, 70, 2)
    assert terms.cool_down == dt.timedelta(minutes=30)
    assert terms.professions == frozenset({"physician"})
    assert replace(terms, objectives=frozenset()) == terms, "without a test no objective is asked for"
