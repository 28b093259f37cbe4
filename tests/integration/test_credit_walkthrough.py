"""Taking part through the pages, without scripts: the same click twice, the stale tab, the stranger."""

from __future__ import annotations

import datetime as dt
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp import clock
from quizapp.core.preferences import Choices
from quizapp.db.extension import db
from quizapp.db.models import (
    ActivityCoordinator,
    Certificate,
    Claim,
    CreditSystem,
    Designation,
    Participation,
    Presentation,
    Revocation,
    table,
)
from quizapp.db.session import writing
from quizapp.formats.certificate import keys
from quizapp.formats.certificate.credential import read_status_list
from quizapp.formats.certificate.verifying import Outcome, verify
from quizapp.services import examining
from quizapp.services.accounts import Actor
from quizapp.services.crediting import issuing
from quizapp.web import throttle
from tests.integration.conftest import ONCE, Auth
from tests.integration.credited import OPEN, SYSTEM, Designated
from tests.integration.learners import Learner
from tests.integration.participants import body_of, slug_of
from tests.integration.records import certify
from tests.pages import Client
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")
ANA, BEN = "ana@example.org", "ben@example.org"
EVALUATION = {"objectives": "all", "change": "Ask about sedation.", "bias": "no"}


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session of our own: that of the application belongs to the requests."""
    with app.app_context():
        engine = db.engine
    with Session(engine, autoflush=False) as own:
        yield own


@pytest.fixture
def slug(session: Session) -> str:
    return slug_of(session, offer(session))


def offer(session: Session, **changes: Any) -> Designated:
    """An activity that is open whatever the day is."""
    return Designated.new(session, maximum=4, **OPEN, **body_of(session, cool_down_minutes=0, **changes))


def enrol(browser: Client, slug: str, profession: str = "physician", **more: str) -> None:
    page = browser.get(f"/credit/activities/{slug}").follow("Enrol")
    page.form("Enrol").send(name="Dr Ana Example", profession=profession, **more)


def earlier(session: Session, minutes: int = 90) -> None:
    """Let everybody have enrolled so many minutes ago."""
    with writing(session):
        at = clock.now() - dt.timedelta(minutes=minutes)
        session.execute(sa.update(table(Participation)).values(enrolled_at=at))


def pass_test(session: Session, auth: Auth, browser: Client, slug: str, email: str, *, right: bool = True) -> str:
    """Read the lesson, begin the test through its button, answer it and hand it in; returns the text of the result."""
    page = browser.get(f"/credit/activities/{slug}")
    if page.select('form[action$="/lesson"] button.primary'):
        lesson = page.form("Read the lesson").send()
        page = lesson.form("I have read it: back to the activity").send()
    session.rollback()
    button = "Try again" if "Not passed yet" in page.text else "Begin the test"
    page.form(button).send()
    person = auth.sign_in("student", email=email, client=browser)
    session.rollback()
    learner = Learner(session, Actor(person, email, "", frozenset({"student"}), Choices(zone="UTC"), "read"))
    sitting_id = session.scalars(
        sa.select(sa.func.max(Presentation.sitting_id)).where(Presentation.learner_id == person)
    ).one()
    for shown in session.scalars(sa.select(Presentation.id).where(Presentation.sitting_id == sitting_id)).all():
        sent = learner.submission(shown, right=right)
        examining.save(session, learner.actor, shown, sent, fix=False, now=clock.now())
    looked = browser.get(f"/session/{sitting_id}/hand-in")
    return looked.form("Hand in").send().text


def to_the_claim(session: Session, auth: Auth, browser: Client, slug: str, email: str = ANA) -> Any:
    """Everything up to the choice of the amount; returns that page."""
    enrol(browser, slug)
    earlier(session)
    pass_test(session, auth, browser, slug, email)
    page = browser.get(f"/credit/activities/{slug}").follow("Evaluate the activity")
    page = page.form("Send the evaluation").send(**EVALUATION)
    return page.form("Go on").send(minutes="60", true=["1"])


def test_from_the_list_to_a_certificate_that_anybody_verifies(
    app: Flask, auth: Auth, client: Client, session: Session, slug: str
) -> None:
    ana = auth.browser("student", email=ANA)
    assert "How NaSSAs act" in ana.get("/credit/").text
    page = to_the_claim(session, auth, ana, slug)
    assert "At most 1: what was designated" in page.text
    form = page.form("Claim and make the certificate")
    done = form.send(amount="1")
    assert "your certificate is made" in done.text
    assert done.texts(".standing .rows .what")[0].endswith(": 1 sample credits")
    assert done.follow("See the result of the test").heading == "Passed"
    reread = done.form("Read the lesson again").send()
    assert "Time on it is no longer counted." in reread.text
    assert not reread.select("[data-beat]")
    again = form.send(amount="0.5")
    assert "One claim is all it gives" in again.text, "the stale tab is told, and nothing was claimed again"
    session.rollback()
    assert session.execute(sa.select(Claim.quarters)).all() == [(4,)]
    code = session.scalars(sa.select(Certificate.code)).one()

    document = ana.raw.get(f"/credit/certificates/{code}.pdf")
    assert document.mimetype == "application/pdf"
    for role, email, status in (("student", BEN, 404), ("coordinator", "other@example.org", 404)):
        stranger = auth.browser(role, email=email)
        assert stranger.raw.get(f"/credit/certificates/{code}.pdf").status_code == status
        stranger.get(f"/credit/activities/{slug}/claim", status=404)
        stranger.get(f"/credit/activities/{slug}/evaluation", status=404)
    runner = auth.browser("coordinator", email="runner@example.org")
    who = auth.sign_in("coordinator", email="runner@example.org", client=runner)
    with writing(session):
        activity = session.scalars(sa.select(Participation.activity_id)).one()
        session.execute(sa.insert(table(ActivityCoordinator)), {"activity_id": activity, "user_id": who})
    assert runner.raw.get(f"/credit/certificates/{code}.pdf").data == document.data

    found = client.get("/verify").form("See what it must show").send(code=f" {code.lower().replace('-', '')} ")
    assert found.heading == f"Certificate {code}"
    assert "is good" in found.text
    assert "Dr Ana Example" in found.text
    assert "1 sample credits" in found.text
    public = keys.read_public(client.raw.get("/verify/keys.json").get_data(as_text=True))
    told = client.raw.get("/verify/status").get_data(as_text=True)
    assert verify(document.data, public, read_status_list(told, public)).outcome is Outcome.VALID
    with writing(session):
        session.execute(
            sa.insert(table(Revocation)), {"code": code, "reason": "A slip.", "by_id": who, "at": clock.now()}
        )
    assert "was revoked on" in client.get(f"/verify/{code}").text
    assert "A slip." not in client.get(f"/verify/{code}").text, "why is between those whom it concerns"
    told = client.raw.get("/verify/status").get_data(as_text=True)
    assert verify(document.data, public, read_status_list(told, public)).outcome is Outcome.REVOKED
    page = ana.get(f"/credit/activities/{slug}")
    assert "no longer good" in page.text
    assert "You have your certificate." not in page.text
    others = client.raw.get("/verify/revocations").get_json()
    (entry,) = others["revokedCredential"]
    assert (entry["id"].rpartition("/")[2], entry["revoked"], entry["revocationReason"]) == (code, True, "Revoked.")
    token = session.scalars(sa.select(Certificate.credential)).one()
    header = json.loads(urlsafe_b64decode(token.split(".")[0] + "=="))
    where = header["kid"].removeprefix("http://localhost")
    assert client.raw.get(where).get_json()["kid"] == header["kid"].rpartition("/")[2]
    assert client.raw.get("/verify/keys/none").status_code == 404


@ONCE
def test_credit_of_two_kinds_is_claimed_one_after_the_other(
    auth: Auth, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity = offer(session)
    with writing(session):
        hours = {"slug": "hours", "edition": 1, "body": SYSTEM | {"unit": "hour(s)"}, "at": clock.now()}
        system = session.execute(sa.insert(table(CreditSystem)).returning(CreditSystem.id), hours).scalar_one()
        designated = {"version_id": activity.version_id, "system_id": system, "maximum": 4}
        session.execute(sa.insert(table(Designation)), designated)
    slug, ana = slug_of(session, activity), auth.browser("student", email=ANA)
    page = to_the_claim(session, auth, ana, slug)
    page = page.form("Claim and make the certificate: sample credits").send(amount="0.5")
    page = page.follow("Claim your other credit")
    assert "Say it anew" not in page.text, "the time was attested for good"
    monkeypatch.setattr(issuing, "issue", lambda *_: (_ for _ in ()).throw(RuntimeError("the printer is out")))
    page = page.form("Claim and make the certificate").send(amount="0.75")
    assert "it will be made soon" in page.text
    assert "Claim your other credit" not in page.text, "none is left"
    session.rollback()
    assert session.scalars(sa.select(Claim.quarters).order_by(Claim.id)).all() == [2, 3]
    first, claim_id, taken = session.execute(
        sa.select(Certificate.code, Certificate.claim_id, Certificate.participation_id)
    ).one()
    certify(session, taken, claim_id, supersedes=first)
    monkeypatch.undo()
    page = ana.get(f"/credit/activities/{slug}")
    assert "Its certificate is still to be made." in page.text, (
        "two certificates of the one claim are none of the other"
    )
    page.form("Make the certificate").send()
    session.rollback()
    assert session.scalar(sa.select(sa.func.count(sa.distinct(Certificate.claim_id)))) == 2


def test_a_corrected_certificate_names_the_one_in_its_place(
    app: Flask, auth: Auth, client: Client, session: Session, slug: str
) -> None:
    ana = auth.browser("student", email=ANA)
    to_the_claim(session, auth, ana, slug).form("Claim and make the certificate").send(amount="0.5")
    session.rollback()
    old = session.scalars(sa.select(Certificate.code)).one()
    claim_id, taken = session.execute(sa.select(Claim.id, Claim.participation_id)).one()
    press = issuing.Press(app.extensions["vault"], "https://quiz.example.org")
    now = clock.now() + dt.timedelta(minutes=1)
    facts, provider = issuing.claim_facts(session, press, claim_id, now, name="Dr Ana Exämple", supersedes=old)
    made = issuing.make(session, press, facts, provider, now)
    with writing(session):
        issuing.store(session, made, participation_id=taken, claim_id=claim_id, by_id=None)
    assert facts.code in client.get(f"/verify/{old}").text
    assert "was corrected" in client.get(f"/verify/{old}").text
    newer = client.get(f"/verify/{facts.code}")
    assert "is good" in newer.text
    assert old in newer.text
    public = keys.read_public(client.raw.get("/verify/keys.json").get_data(as_text=True))
    status = read_status_list(client.raw.get("/verify/status").get_data(as_text=True), public)
    assert status.superseded == {old: facts.code}
    (entry,) = client.raw.get("/verify/revocations").get_json()["revokedCredential"]
    assert entry["revocationReason"] == f"Superseded by {facts.code}."


def test_what_cannot_be_taken_comes_back_with_everything_typed(auth: Auth, session: Session, slug: str) -> None:
    ana = auth.browser("student", email=ANA)
    form = ana.get(f"/credit/activities/{slug}/enrol").form("Enrol")
    typed = {"name": "", "profession": "physician", "npi": "12345 678-90", "licence": "A<b>1", "birth_month": "2"}
    bad = form.send(**typed, birth_day="30", status=422)
    for sentence in ("Write the name", "slip in it", "letters, digits, points", "February has no day 30."):
        assert sentence in bad.text
    assert bad.one("#npi").attrs.get("value") == "1234567890"
    assert bad.one("#birth_day").attrs.get("value") == "30"
    enrol(ana, slug)
    page = ana.get(f"/credit/activities/{slug}/evaluation")
    early = page.form("Send the evaluation").send(**EVALUATION, status=409)
    assert "The test comes first." in early.text
    assert "Ask about sedation." in early.text
    assert "Before you can claim" in ana.get(f"/credit/activities/{slug}/claim").text
    earlier(session)
    pass_test(session, auth, ana, slug, ANA)
    assert page.one("#comment").attrs.get("maxlength") is None, "a browser cuts in silence"
    bad = ana.get(f"/credit/activities/{slug}/evaluation").form("Send the evaluation").send(
        objectives="all", bias="yes", change="x" * 2_001, status=422
    )  # fmt: skip
    assert "Keep it within 2,000 characters" in bad.text
    assert "Write a sentence" in bad.text
    page = ana.get(f"/credit/activities/{slug}/evaluation").form("Send the evaluation").send(**EVALUATION)
    for minutes, ticked, sentence in (
        ("an hour", True, "Write the minutes as a whole number."),
        ("60", False, "Tick that this is true"),
        ("600", True, "it cannot have taken longer than that"),
        ("0", True, "at least one"),
    ):
        bad = page.form("Go on").send(minutes=minutes, **({"true": ["1"]} if ticked else {}), status=422)
        assert sentence in bad.text
        assert bad.one("#minutes").attrs.get("value") == minutes
        assert (bad.one("[aria-invalid]").attrs.get("name") == "true") is (not ticked), "the fault stands at its field"
    short = page.form("Go on").send(minutes="14", true=["1"])
    assert "So short a time stands for no sample credits" in short.text
    offered = short.follow("Say it anew").form("Go on").send(minutes="45", true=["1"])
    assert "claim … sample credits." in offered.text, "the statement is read before the amount is chosen"
    token = ana.get("/settings").select('input[name="csrf_token"]')[0].attrs.get("value")
    system = session.scalars(sa.text("SELECT slug FROM credit_system")).one()
    for amount, status, sentence in (
        ("1", 409, "1 credit stands for 60 minutes; you said it took 45."),
        ("0.6", 422, "Credit comes in steps of 0.25; 0.6 is not one of them."),
        ("-0.25", 422, "Write an amount that is more than no credit."),
        ("a lot", 422, "Write the credits as a number"),
    ):
        sent = {"csrf_token": token, "system": system, "amount": amount}
        assert sentence in ana.post(f"/credit/activities/{slug}/claim", sent, status=status).text
    sent = {"csrf_token": token, "system": "none", "amount": "1"}
    assert "Choose which credit" in ana.post(f"/credit/activities/{slug}/claim", sent, status=422).text
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Claim)) == 0


def test_who_cannot_have_credit_is_offered_a_certificate_of_participation(
    auth: Auth, client: Client, session: Session, slug: str
) -> None:
    ana = auth.browser("student", email=ANA)
    enrol(ana, slug, "nurse")
    earlier(session)
    pass_test(session, auth, ana, slug, ANA)
    ana.get(f"/credit/activities/{slug}").follow("Evaluate the activity").form("Send the evaluation").send(**EVALUATION)
    assert "No credit of this activity is for your profession" in to_time(ana, slug)
    page = ana.get(f"/credit/activities/{slug}")
    form = page.form("Get the certificate")
    assert "certificate of participation is made" in form.send().text
    form.send()
    session.rollback()
    code = session.scalars(sa.select(Certificate.code)).one()
    assert "None: a certificate of participation" in client.get(f"/verify/{code}").text


def to_time(browser: Client, slug: str) -> str:
    """The page of the claim after the time was said."""
    page = browser.get(f"/credit/activities/{slug}/claim")
    return str(page.form("Go on").send(minutes="30", true=["1"]).text)


def test_all_attempts_used_leaves_the_certificate_of_participation(auth: Auth, session: Session, slug: str) -> None:
    ana = auth.browser("student", email=ANA)
    enrol(ana, slug)
    assert "Not passed yet" in pass_test(session, auth, ana, slug, ANA, right=False)
    pass_test(session, auth, ana, slug, ANA, right=False)
    page = ana.get(f"/credit/activities/{slug}")
    assert "All 2 attempts are used." in page.text
    page = page.follow("Evaluate the activity").form("Send the evaluation").send(**EVALUATION)
    assert "certificate of participation is made" in page.form("Get the certificate").send().text


def test_codes_cannot_be_tried_one_after_the_other(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "LOOK_UPS_PER_ADDRESS", throttle.parse("3 per minute"))
    for _ in range(3):
        client.get("/verify/7K3M-Q9TX-42PD", status=404)
    assert "Please wait" in client.get("/verify/7K3M-Q9TX-42PD", status=429).text
    assert "twelve letters" in client.get("/verify", query={"code": "no code"}, status=422).text
    for path in ("/verify/status", "/verify/revocations"):
        assert client.raw.get(path).status_code == 429


def test_nothing_was_issued_yet(client: Client) -> None:
    assert client.raw.get("/verify/status").status_code == 404
    assert keys.read_public(client.raw.get("/verify/keys.json").get_data(as_text=True)) == {}


def test_the_page_of_an_activity_asks_the_database_as_often_for_everybody(
    app: Flask, auth: Auth, session: Session
) -> None:
    """More attempts, more certificates, more questions: the same number of statements."""
    counts = []
    for number, (each, tries) in enumerate(((3, 1), (4, 2))):
        slug = slug_of(session, offer(session, each=each))
        email = f"learner-{number}@example.org"
        browser = auth.browser("student", email=email)
        enrol(browser, slug)
        for _ in range(tries):
            pass_test(session, auth, browser, slug, email, right=False)
        browser.get(f"/credit/activities/{slug}")
        session.rollback()
        with counted(session.get_bind()) as statements:
            browser.get(f"/credit/activities/{slug}")
        counts.append(len(statements))
    assert counts[0] == counts[1], counts


def test_the_time_of_a_page_is_told_by_its_owner_alone(auth: Auth, session: Session, slug: str) -> None:
    ana = auth.browser("student", email=ANA)
    enrol(ana, slug)
    session.rollback()
    participation = session.scalars(sa.select(Participation.id)).one()
    for browser, status in ((ana, 200), (auth.browser("student", email=BEN), 404)):
        token = browser.get("/settings").select('input[name="csrf_token"]')[0].attrs.get("value")
        sent = {"csrf_token": token, "place": "lesson"}
        told = browser.raw.post(f"/credit/participations/{participation}/time", data=sent)
        assert told.status_code == status
    assert ana.raw.post(f"/credit/participations/{participation}/time", data={"place": "lesson"}).status_code == 400
    lesson = ana.get(f"/credit/activities/{slug}/lesson")
    assert re.search(r"participations/\d+/time", str(lesson.one("[data-beat]").attrs.get("data-beat")))
    assert not ana.get("/lessons/nassa-mechanism").select("[data-beat]")
