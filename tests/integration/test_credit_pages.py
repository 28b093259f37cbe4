"""Credit as a learner first meets it: the list, and all that an activity states before anybody takes part."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp import clock
from quizapp.db.extension import db
from quizapp.db.models import Activity, table
from quizapp.db.session import writing
from quizapp.services.accounts import Actor
from quizapp.services.crediting import activities, samples
from tests.integration.conftest import Auth
from tests.integration.credited import Designated, coordinator
from tests.integration.learners import Learner
from tests.pages import Client

BLOCK = "depression-that-does-not-yield"


@pytest.fixture
def published(app: Flask) -> None:
    with app.app_context():
        samples.load(db.session(), coordinator(db.session()), clock.now())


@pytest.mark.usefixtures("content", "published")
def test_a_learner_reads_everything_an_activity_states_before_the_way_to_enrol(client: Client, auth: Auth) -> None:
    auth.sign_in("student")
    page = client.get("/credit/")
    assert "How NaSSAs act: from the receptor to the patient" in page.text
    assert "No credit is designated." in page.text
    page = page.follow("Depression that does not yield: thirty questions for a quarter")
    for told in (
        "Sample provider (not accredited)",
        "No credit is designated, and nobody recognises what this activity counts.",
        "No clinician has signed its questions.",
        "The editors of this program",
        "Nothing to disclose.",
        "Gap in practice",
        "apply pharmacokinetics and dose rules",
        "60 % of the marks, with each objective sampled",
        "At most 1 sample credit (no credit designated)",
        "Commercial support",
        "Contact and privacy",
        "references",
    ):
        assert told in page.text, told
    assert "{" not in page.text


@pytest.mark.usefixtures("content", "published")
def test_what_was_withdrawn_says_so_and_what_does_not_exist_does_not(client: Client, auth: Auth, app: Flask) -> None:
    auth.sign_in("student")
    client.get("/credit/activities/no-such", status=404)
    with app.app_context(), writing(db.session()) as session:
        session.execute(sa.update(table(Activity)).values(withdrawn_at=clock.now()))
    assert "Nothing is open now" in client.get("/credit/").text
    assert "This activity was withdrawn" in client.get(f"/credit/activities/{BLOCK}").text
    auth.sign_out()
    assert client.get("/credit/").heading == "Sign in"


def test_who_is_enrolled_finds_the_activity_among_ones_own(client: Client, auth: Auth, app: Flask) -> None:
    person = auth.sign_in("student")
    with app.app_context():
        session = db.session()
        given = Designated.new(session)
        given.enrol(Learner(session, Actor(person, "", "Student", frozenset({"student"}), None, None)))  # type: ignore[arg-type]
        slug = activities.list_offered(session, person, clock.now())[0].slug
    page = client.get("/credit/")
    assert "You are enrolled." in page.text
    assert "Go on" in page.text
    assert "What this activity states" in client.get(f"/credit/activities/{slug}").text


def test_an_activity_that_is_only_announced_is_not_shown(client: Client, auth: Auth, app: Flask) -> None:
    auth.sign_in("student")
    with app.app_context():
        session = db.session()
        later = clock.now() + dt.timedelta(days=1)
        given = Designated.new(session, released=later, expires=later + dt.timedelta(days=300))
        slug = session.scalars(sa.select(Activity.slug).where(Activity.id == given.activity_id)).one()
    assert "Nothing is open now" in client.get("/credit/").text
    client.get(f"/credit/activities/{slug}", status=404)
