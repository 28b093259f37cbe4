"""Published activities: what an edition holds, and which a learner is offered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.db.extension import db
from quizapp.db.models import Activity, table
from quizapp.db.session import writing
from quizapp.services.crediting import activities
from tests.integration.credited import Designated
from tests.integration.learners import MONDAY, Learner
from tests.statements import counted

BODY = {
    "front": {"title": "How NaSSAs act", "provider": "Institute of Examples", "minutes": 60, "expires": "2027-09-19"},
    "lesson": {"slug": "nassa-mechanism", "content_id": 1, "version_id": 2},
    "objectives": [{"slug": "LN1", "content_id": 3, "statement": "define a NaSSA"}],
    "questions": [{"slug": "n1", "content_id": 4, "version_id": 5, "objective": "LN1", "signed_by": "Dr. C"}],
    "people": [{"name": "Dr. A", "role": "author", "began": "2026-01-02", "relationships": []}],
    "a_test": 1,
    "minimum_percent": 70,
    "attempts": 2,
    "cool_down_minutes": 90,
    "quarter": None,
    "credit_designated": False,
}


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


def test_an_edition_comes_back_as_it_was_designated(session: Session) -> None:
    given = Designated.new(session, maximum=4, **BODY)
    found = activities.get_edition(session, given.version_id)
    assert found.front.minutes == 60
    assert found.front.expires == dt.date(2027, 9, 19)
    assert found.front.in_control[0].began == dt.date(2026, 1, 2)
    assert found.front.in_control[0].relationships == ()
    assert [one.objective for one in found.front.questions] == ["define a NaSSA"]
    assert found.questions[0].version_id == 5
    assert found.cool_down == dt.timedelta(minutes=90)
    assert [(one.id, one.maximum, one.unit) for one in found.systems] == [(given.system_id, 4, "sample credits")]
    assert not found.credit_designated
    assert not found.systems[0].designated
    assert found.is_open(MONDAY)
    assert not found.is_open(MONDAY + dt.timedelta(days=301))
    with pytest.raises(LookupError):
        activities.get_edition(session, 0)


def test_a_learner_is_offered_what_is_open_and_keeps_what_was_begun(session: Session) -> None:
    given, other = Designated.new(session, maximum=4, **BODY), Designated.new(session)
    learner = Learner.new(session)
    offered = activities.list_offered(session, learner.actor.id, MONDAY)
    assert [(one.version_id, one.standing, one.is_open) for one in offered] == [
        (given.version_id, "", True),
        (other.version_id, "", True),
    ]
    assert (offered[0].minutes, offered[0].provider) == (60, "Institute of Examples")
    assert offered[0].systems == (("sample credits", 4),)
    assert (offered[0].credit_designated, offered[1].credit_designated) == (False, True)
    taking_part = given.enrol(learner)
    with writing(session):
        session.execute(sa.update(table(Activity)).values(withdrawn_at=MONDAY))
    offered = activities.list_offered(session, learner.actor.id, MONDAY)
    assert [(one.version_id, one.standing, one.is_open) for one in offered] == [(given.version_id, "enrolled", False)]
    given.grant(learner, taking_part)
    late = activities.list_offered(session, learner.actor.id, MONDAY + dt.timedelta(days=3000))
    assert [one.standing for one in late] == ["issued"]
    slug = late[0].slug
    assert activities.find_own(session, slug, learner.actor.id) == given.version_id
    assert activities.find_newest(session, slug) == given.version_id
    assert activities.find_newest(session, "no-such") is None
    assert activities.find_own(session, slug, 0) is None


def test_the_list_costs_the_same_however_many_activities_there_are(session: Session) -> None:
    learner = Learner.new(session)

    def cost() -> int:
        with counted(session.get_bind().engine) as statements:
            activities.list_offered(session, learner.actor.id, MONDAY)
        return len(statements)

    Designated.new(session).enrol(learner)
    few = cost()
    for _ in range(3):
        Designated.new(session)
    assert cost() == few <= 4
