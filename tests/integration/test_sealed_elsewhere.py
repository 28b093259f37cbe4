"""What was sealed under a secret key that the site no longer has: it is said in words, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.db.extension import db
from quizapp.db.models import Claim, CreditProfile, Evaluation, Provider, table
from quizapp.db.session import writing
from quizapp.services import exporting
from quizapp.services.crediting import keys, profiles, reporting
from quizapp.services.crediting.vault import Vault
from tests.integration.conftest import ONCE, Auth
from tests.integration.credited import Designated
from tests.integration.learners import MONDAY
from tests.integration.participants import NURSE, Participant, body_of, slug_of
from tests.integration.records import learner_of
from tests.integration.test_reporting import Desk
from tests.pages import Client

OLD = Vault([Fernet.generate_key().decode()])
NEW = Vault([Fernet.generate_key().decode()])


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


@ONCE
def test_a_profile_opens_says_so_and_takes_new_identifiers(
    app: Flask, session: Session, client: Client, auth: Auth
) -> None:
    person = auth.sign_in("student")
    Designated.new(session).enrol(learner_of(session, person))
    with writing(session):
        sealed = OLD.seal(json.dumps({"npi": "1234567893"}))
        session.execute(sa.update(CreditProfile).values(identifiers=sealed))
    page = client.get("/credit/profile")
    assert "encrypted under a key that this site no longer has" in page.text
    assert "1234567893" not in page.text
    named = page.form("Save").send(name="Dr Renamed").text
    assert "Saved." in named
    session.rollback()
    assert session.execute(sa.select(CreditProfile.name, CreditProfile.identifiers)).one() == ("Dr Renamed", sealed), (
        "what cannot be shown is not taken for deleted"
    )
    told = exporting._credit(session, app.extensions["vault"], person)["profile"]
    assert "sealed under another secret key" in str(told)
    saved = client.get("/credit/profile").form("Save").send(npi="1999999976")
    assert "no longer has" not in saved.text
    session.rollback()
    held = profiles.find_profile(session, app.extensions["vault"], person)
    assert held is not None
    assert held.identifiers == {"npi": "1999999976"}
    client.get("/credit/profile").form("Save").send(npi="")
    session.rollback()
    assert session.scalars(sa.select(CreditProfile.identifiers)).one() is None, "what was shown can be taken back"


def test_a_row_is_kept_back_with_a_sentence_and_the_others_are_reported(session: Session) -> None:
    desk = Desk(session, Designated.new(session, report_format="pars"), NEW)
    lost, good = desk.physician("Lost Key"), desk.physician("Good Key")
    with writing(session):
        learner = session.scalars(sa.select(Claim.learner_id).where(Claim.id == lost)).one()
        own = sa.update(CreditProfile).where(CreditProfile.learner_id == learner)
        session.execute(own.values(identifiers=OLD.seal('{"npi": "1234567893"}')))
    (kept,) = desk.overview().kept
    assert kept.claim_id == lost
    assert kept.reasons == (
        "The identifiers were sealed under another secret key and cannot be read here. Whoever runs the site can add "
        "that key again, or the learner can write them anew.",
    )
    batch = desk.prepare()
    assert [row["row"] for row in desk.document(batch)["completions"]] == [good]
    desk.vault = OLD
    for deed in (desk.document, desk.send):
        with pytest.raises(reporting.Refused, match=r"cannot be opened\. This was sealed under another secret key"):
            deed(batch)
    assert desk.states(good) == ["issued", "queued"]


@ONCE
@pytest.mark.usefixtures("content")
def test_a_key_that_cannot_be_opened_keeps_back_a_certificate_and_the_list_in_words(
    session: Session, client: Client, auth: Auth, clock: Any
) -> None:
    """What it signs waits; nobody meets a page that is broken."""
    clock.move_to(MONDAY)
    person = auth.sign_in("student")
    activity = Designated.new(session, **body_of(session, objectives=1, each=1))
    taken = Participant.new(session, activity, NURSE, learner=learner_of(session, person))
    taken.sit()
    with writing(session):
        session.execute(sa.insert(table(Evaluation)), {"participation_id": taken.id, "answers": {}, "at": MONDAY})
    (provider,) = session.scalars(sa.select(Provider.slug)).all()
    keys.get_or_make_key(session, OLD, provider, MONDAY)
    page = client.get(f"/credit/activities/{slug_of(session, activity)}").form("Get the certificate").send()
    assert "could not be made now" in page.text
    status = client.raw.get("/verify/status")
    assert (status.status_code, status.mimetype) == (503, "text/plain")
