"""Outcomes rest on what was never met before: in the first test, before it, and later on sibling questions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp.core.credit.outcomes import FEWEST_PEOPLE
from quizapp.db.extension import db
from quizapp.db.models import ActivityCoordinator
from quizapp.db.session import writing
from quizapp.services.crediting import outcomes
from tests.integration.conftest import Auth
from tests.integration.credited import Designated, coordinator
from tests.integration.learners import MONDAY
from tests.integration.participants import Participant, body_of
from tests.pages import Client
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")


@pytest.fixture
def activity(app: Flask, auth: Auth) -> Iterator[Designated]:
    """The coordinator is signed in."""
    person = auth.sign_in("coordinator", email="coordinator@example.org")
    with app.app_context():
        session = db.session()
        made = Designated.new(session, **body_of(session, objectives=2, each=3, attempts=3, cool_down_minutes=0))
        with writing(session):
            session.add(ActivityCoordinator(activity_id=made.activity_id, user_id=person))
        yield made


def test_the_first_test_counts_and_thin_cells_say_so(activity: Designated, client: Client) -> None:
    session = activity.session
    path = f"/coordinate/activities/{activity.activity_id}/outcomes"
    assert "Nothing to compare yet" in client.get(path).text
    missed = Participant.new(session, activity)
    missed.sit(right=False)
    missed.sit(MONDAY + dt.timedelta(hours=3), right=True)
    found = outcomes.get_outcomes(session, activity.coordinator, activity.activity_id)
    cell = found.lines[0].cells[1]
    assert (cell.measure, cell.people, cell.share, cell.why) == ("test", 1, None, "n = 1, fewer than 10")
    for _ in range(FEWEST_PEOPLE - 1):
        Participant.new(session, activity).sit(right=True)
    with counted(session.get_bind().engine) as statements:
        found = outcomes.get_outcomes(session, activity.coordinator, activity.activity_id)
    assert len(statements) <= 5
    cell = found.lines[0].cells[1]
    assert (cell.people, cell.share) == (10, pytest.approx(0.9)), "the second attempt of one is no measure"
    page = client.get(path)
    assert page.heading == "Outcomes"
    assert page.texts(".outcomes thead")[0] == "Questionstest", "what nobody has answered is a sentence, no column"
    assert page.texts(".outcomes td")[0] == "90 %n = 10"
    assert "Nobody has answered yet: before, after 30 days, after 90 days, after 180 days." in page.text
    assert "level 5" not in page.text.lower()
    table = client.raw.get(f"{path}.csv").get_data(as_text=True)
    assert "All questions,share,test,10," in table
    assert client.raw.get(f"{path}.pdf").data.startswith(b"%PDF-")


def test_an_answer_to_a_question_met_before_tells_nothing(activity: Designated) -> None:
    session = activity.session
    one = Participant.new(session, activity)
    sitting = one.sit()
    with writing(session):
        session.execute(
            sa.text(
                "UPDATE response SET first_exposure = :no WHERE presentation_id = "
                "(SELECT min(id) FROM presentation WHERE sitting_id = :sitting)"
            ).bindparams(sa.bindparam("no", False, sa.Boolean)),
            {"sitting": sitting},
        )
    found = outcomes.get_outcomes(session, activity.coordinator, activity.activity_id)
    assert (found.answers, found.left_out) == (1, 1)
    with pytest.raises(LookupError):
        outcomes.get_outcomes(session, coordinator(session), activity.activity_id)
