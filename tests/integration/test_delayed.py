"""Months after a test its participants are asked siblings they never met, once; nothing hangs on it."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp import clock
from quizapp.core.credit.claims import Refusal
from quizapp.core.credit.outcomes import DAYS
from quizapp.core.preferences import Choices
from quizapp.db.extension import db
from quizapp.db.models import Engagement, Exposure, Item, Outbox, Participation, Presentation, Sitting
from quizapp.db.session import writing
from quizapp.services import examining
from quizapp.services.accounts import Actor
from quizapp.services.crediting import claiming, delayed, outcomes
from quizapp.services.crediting.testing import Begun
from tests.integration.conftest import Auth
from tests.integration.credited import OPEN, Designated
from tests.integration.learners import MONDAY, Learner
from tests.integration.participants import Participant, body_of, slug_of
from tests.pages import Client

pytestmark = pytest.mark.usefixtures("content")


def passed(app: Flask) -> tuple[Participant, dt.datetime]:
    session = db.session()
    one = Participant.new(session, Designated.new(session, **body_of(session, objectives=2, each=3)))
    one.sit()
    with writing(session):
        aims = sa.select(Item.objective_id).where(Item.content_id.in_(one.items(1)))
        session.execute(
            sa.update(Item).where(Item.objective_id.in_(aims), Item.type == "single_best_answer").values(pool="secure")
        )
    at = session.scalars(sa.select(Participation.passed_at).where(Participation.id == one.id)).one()
    assert at is not None
    return one, at


def start(one: Participant, purpose: str, now: dt.datetime) -> Begun | Refusal:
    return delayed.start(one.session, one.learner.actor, one.id, purpose, now)


def test_siblings_that_were_never_met_are_asked_once_and_count_nowhere_else(app: Flask) -> None:
    with app.app_context():
        one, at = passed(app)
        session = one.session
        met = set(session.scalars(sa.select(Exposure.content_id).where(Exposure.learner_id == one.learner.actor.id)))
        busy = session.scalars(sa.select(sa.func.sum(Engagement.seconds))).one()
        assert isinstance(start(one, "after30", at + dt.timedelta(days=29)), Refusal), "not before its day"
        now = at + dt.timedelta(days=31)
        begun = start(one, "after30", now)
        assert isinstance(begun, Begun)
        assert start(one, "after30", now) == begun, "two clicks are one sitting"
        asked = set(one.items(begun.sitting_id))
        assert asked
        assert not asked & met
        shown = session.scalars(sa.select(Presentation.id).where(Presentation.sitting_id == begun.sitting_id)).all()
        for presentation in shown:
            examining.save(
                session, one.learner.actor, presentation, one.learner.submission(presentation, right=True),
                fix=False, now=now + dt.timedelta(minutes=3),
            )  # fmt: skip
        examining.hand_in(session, one.learner.actor, begun.sitting_id, now + dt.timedelta(minutes=5))
        again = start(one, "after30", now + dt.timedelta(days=1))
        assert isinstance(again, Refusal)
        assert "Thank you" in again.reasons[0]
        assert session.scalars(sa.select(sa.func.sum(Engagement.seconds))).one() == busy, "no time is counted"
        assert len(claiming.get_taken(session, one.id).sat) == 1, "it is no attempt"
        found = outcomes.get_outcomes(session, one.activity.coordinator, one.activity.activity_id)
        (cell,) = (cell for cell in found.lines[0].cells if cell.measure == "after30")
        assert (cell.people, cell.questions) == (1, len(asked))


def test_it_can_be_answered_for_some_weeks_by_its_learner_only(app: Flask) -> None:
    with app.app_context():
        one, at = passed(app)
        assert isinstance(start(one, "after30", at + dt.timedelta(days=61)), Refusal)
        assert isinstance(start(one, "after90", at + dt.timedelta(days=91)), Begun)
        stranger = Learner.new(one.session)
        for learner, purpose in ((stranger, "after90"), (one.learner, "after7"), (one.learner, "test")):
            with pytest.raises(LookupError):
                delayed.start(one.session, learner.actor, one.id, purpose, at + dt.timedelta(days=91))


def test_where_no_unseen_question_is_left_nothing_is_asked_and_nothing_offered(app: Flask) -> None:
    with app.app_context():
        one, at = passed(app)
        with writing(one.session):
            one.session.execute(sa.update(Item).values(pool="practice"))
        refused = start(one, "after30", at + dt.timedelta(days=31))
        assert isinstance(refused, Refusal)
        assert "No question that you never met is left" in refused.reasons[0]


def test_an_invitation_goes_out_once_within_its_week(app: Flask) -> None:
    with app.app_context():
        one, at = passed(app)
        session = one.session

        def invited(days: float) -> int:
            return delayed.invite(session, at + dt.timedelta(days=days), "https://quiz.example.org")

        assert invited(29.9) == 0
        assert invited(30.5) == 1
        assert invited(31) == 0, "told once"
        assert invited(99) == 0, "a week late is too late"
        assert invited(181) == 1
        mails = session.scalars(sa.select(Outbox.body).where(Outbox.event.startswith("credit outcome"))).all()
        assert len(mails) == 2
        assert all("https://quiz.example.org/credit/activities/" in mail for mail in mails)


@pytest.mark.parametrize(
    ("days", "purpose"),
    [(29.9, None), (30, "after30"), (60, None), (90, "after90"), (149, "after90"), (180, "after180"), (271, None)],
)
def test_which_is_due_follows_from_the_days_since_the_test(days: float, purpose: str | None) -> None:
    assert delayed.due(MONDAY, MONDAY + dt.timedelta(days=days)) == purpose
    assert delayed.due(None, MONDAY) is None
    assert set(delayed.CLOSES) == set(DAYS)


def test_the_page_of_the_activity_offers_it_and_its_result_judges_nobody(
    app: Flask, auth: Auth, client: Client
) -> None:
    person = auth.sign_in("student", email="student@example.org")
    with app.app_context():
        session = db.session()
        actor = Actor(person, "student@example.org", "Student", frozenset({"student"}), Choices(), "read")
        activity = Designated.new(session, **OPEN, **body_of(session, objectives=2, each=3))
        one = Participant.new(session, activity, learner=Learner(session, actor))
        one.sit()
        with writing(session):
            session.execute(sa.update(Participation).values(passed_at=clock.now()))
        path = f"/credit/activities/{slug_of(session, activity)}"
        assert "what stays" not in client.get(path).text
        with writing(session):
            session.execute(
                sa.update(Participation).values(passed_at=sa.bindparam("then")),
                {"then": clock.now() - dt.timedelta(days=31)},
            )
            session.execute(sa.update(Item).where(Item.type == "single_best_answer").values(pool="secure"))
        begun = client.get(path).form("Answer questions on what stays").send()
        assert "/session/" in begun.path
        (sitting,) = session.scalars(sa.select(Sitting.id).where(Sitting.purpose == "after30")).all()
        session.rollback()
        examining.hand_in(session, actor, sitting, clock.now())
        result = client.get(f"/credit/tests/{sitting}")
        assert result.heading == "What you still know"
        assert "are needed" not in result.text
        assert "what stays" not in client.get(path).text
