"""Learners are reminded of credit in time, of each thing once, at most once a week, and not against their will."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp.core.preferences import Choices, Preferences
from quizapp.db import write_once
from quizapp.db.extension import db
from quizapp.db.models import ActivityVersion, Outbox, Participation, Reopening, table
from quizapp.db.session import writing
from quizapp.services import accounts, calendar
from quizapp.services.crediting import goals, reminding
from tests.integration.conftest import Auth
from tests.integration.credited import Designated
from tests.integration.learners import MONDAY, Learner

DAY = dt.timedelta(days=1)
SITE = "https://quiz.example.org"


def mails(session: Any) -> list[str]:
    found = list(session.scalars(sa.select(Outbox.body).order_by(Outbox.id)))
    session.rollback()
    return found


def let_end(activity: Designated, expires: dt.datetime, claim_until: dt.datetime | None = None, **more: Any) -> None:
    with writing(activity.session) as session:
        write_once.lift(session.connection())
        session.execute(
            sa.update(ActivityVersion)
            .where(ActivityVersion.id == activity.version_id)
            .values(expires=expires, claim_until=claim_until or expires, **more)
        )


def pass_it(session: Any, participation_id: int) -> None:
    with writing(session):
        session.execute(sa.update(Participation).where(Participation.id == participation_id).values(passed_at=MONDAY))


def test_of_an_end_one_is_told_a_month_and_a_week_before_and_only_once(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        learner, activity = Learner.new(session), Designated.new(session)
        activity.enrol(learner)
        end = MONDAY + 40 * DAY
        let_end(activity, end)
        sent = [day for day in range(41) if reminding.remind(session, MONDAY + day * DAY, SITE)]
        assert sent == [10, 33]
        first, second = mails(session)
        assert "“How NaSSAs act”: you have begun it, and it ends on 2 January 2027." in first
        assert f"{SITE}/credit\n" in first
        assert f"{SITE}/settings" in first
        assert first == second
        assert reminding.remind(session, end + DAY, SITE) == 0
        db.session.remove()


def test_at_most_one_mail_a_week_and_what_comes_before_the_next_is_told_in_it(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        learner, early, late = Learner.new(session), Designated.new(session), Designated.new(session)
        early.enrol(learner)
        with writing(session):
            row = {"learner_id": learner.actor.id, "activity_id": late.activity_id, "version_id": late.version_id}
            held = {"profession": "physician", "in_control": False, "enrolled_at": MONDAY}
            session.execute(sa.insert(table(Participation)), row | held)
        let_end(early, MONDAY + 7 * DAY, title="Early")
        let_end(late, MONDAY + 10 * DAY, title="Late", kind="block")
        sent = [day for day in range(11) if reminding.remind(session, MONDAY + day * DAY, "")]
        assert sent == [0], "the second is due on the third day, which is too soon for a second mail"
        (mail,) = mails(session)
        assert "“Early”: you have begun it" in mail
        assert "“Late”: its quarter ends on 3 December 2026" in mail
        assert "http" not in mail
        db.session.remove()


def test_what_is_begun_after_a_mail_waits_until_the_week_is_over(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        learner, first, second = Learner.new(session), Designated.new(session), Designated.new(session)
        first.enrol(learner)
        let_end(first, MONDAY + 5 * DAY, title="First")
        let_end(second, MONDAY + 20 * DAY, title="Second")
        assert reminding.remind(session, MONDAY, SITE) == 1
        with writing(session):
            row = {"learner_id": learner.actor.id, "activity_id": second.activity_id, "version_id": second.version_id}
            held = {"profession": "physician", "in_control": False, "enrolled_at": MONDAY + DAY}
            session.execute(sa.insert(table(Participation)), row | held)
        sent = [day for day in range(1, 9) if reminding.remind(session, MONDAY + day * DAY, SITE)]
        assert sent == [7]
        assert "Second" in mails(session)[1]
        db.session.remove()


def test_a_claim_that_is_still_possible_is_told_to_those_who_may(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        passed, claimed, author, other, reopened = (Learner.new(session) for _ in range(5))
        activity = Designated.new(session)
        let_end(activity, MONDAY - DAY, MONDAY + 5 * DAY)
        for learner in (passed, claimed, author, other):
            pass_it(session, activity.enrol(learner))
        mine = sa.select(Participation.id).where(Participation.learner_id == claimed.actor.id)
        activity.grant(claimed, session.scalar(mine))
        closed = Designated.new(session)
        let_end(closed, MONDAY - 9 * DAY, MONDAY - 8 * DAY)
        again = closed.enrol(reopened)
        pass_it(session, again)
        with writing(session):
            for learner, change in ((author, {"in_control": True}), (other, {"profession": "nurse"})):
                where = Participation.learner_id == learner.actor.id
                session.execute(sa.update(Participation).where(where).values(**change))
            row = {"participation_id": again, "until": MONDAY + 3 * DAY, "reason": "Ill", "by_id": passed.actor.id}
            session.execute(sa.insert(table(Reopening)), row | {"at": MONDAY})
        assert reminding.remind(session, MONDAY, SITE) == 2
        assert set(session.scalars(sa.select(Outbox.recipient))) == {passed.actor.email, reopened.actor.email}
        assert "you have passed. Claim your credit by 28 November 2026." in mails(session)[0]
        db.session.remove()


def test_who_does_not_want_them_or_is_gone_gets_none(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        unwilling, gone, willing = (Learner.new(session) for _ in range(3))
        activity = Designated.new(session)
        let_end(activity, MONDAY + 5 * DAY)
        for learner in (unwilling, gone, willing):
            activity.enrol(learner)
        off = Choices(preferences=Preferences(credit_reminders=False))
        accounts.save_settings(session, unwilling.actor.id, off, "", MONDAY)
        accounts.save_settings(session, willing.actor.id, Choices(), "", MONDAY)
        accounts.suspend(session, gone.actor.id, MONDAY)
        assert reminding.remind(session, MONDAY, SITE) == 1
        assert session.scalars(sa.select(Outbox.recipient)).one() == willing.actor.email
        db.session.remove()


def test_a_goal_that_is_behind_is_told_in_autumn_and_in_december(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        learner, reached = Learner.new(session), Learner.new(session)
        activity = Designated.new(session)
        for one in (learner, reached):
            activity.grant(one, activity.enrol(one), 2)
        goals.set_goals(session, learner.actor, {"": "2"}, MONDAY)
        goals.set_goals(session, reached.actor, {"": "0.5"}, MONDAY)
        start = dt.datetime(2026, 9, 25, 9, tzinfo=dt.UTC)
        sent = [day for day in range(98) if reminding.remind(session, start + day * DAY, SITE)]
        assert [(start + day * DAY).date() for day in sent] == [dt.date(2026, 10, 1), dt.date(2026, 12, 1)]
        assert "Your goal for 2026 is 2 credits; 0.5 stand in your transcript, 1.5 to go." in mails(session)[0]
        db.session.remove()


def test_two_workers_at_once_send_one(app: Flask) -> None:
    with app.app_context():
        activity = Designated.new(db.session())
        activity.enrol(Learner.new(db.session()))
        let_end(activity, MONDAY + 5 * DAY)
        db.session.remove()
    sent: list[object] = []
    barrier = threading.Barrier(2)

    def work() -> None:
        with app.app_context():
            try:
                barrier.wait(10)
                sent.append(reminding.remind(db.session(), MONDAY, SITE))
            except BaseException as problem:
                sent.append(problem)
            finally:
                db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(30)
    assert sorted(map(str, sent)) == ["0", "1"], sent


@pytest.mark.usefixtures("content")
def test_the_calendar_holds_the_last_days_of_what_one_takes_part_in(app: Flask, auth: Auth) -> None:
    with app.app_context():
        session = db.session()
        learner, stranger = Learner.new(session), Learner.new(session)
        begun, passed, over = (Designated.new(session) for _ in range(3))
        let_end(begun, MONDAY + 5 * DAY, title="Begun, not passed")
        let_end(passed, MONDAY + 5 * DAY, MONDAY + 9 * DAY, title="Passed")
        let_end(over, MONDAY - 5 * DAY, title="Over")
        begun.enrol(learner)
        with writing(session):
            for activity, at in ((passed, MONDAY), (over, None)):
                row = {"learner_id": learner.actor.id, "activity_id": activity.activity_id, "passed_at": at}
                held = {"profession": "physician", "in_control": False, "enrolled_at": MONDAY}
                session.execute(sa.insert(table(Participation)), row | held | {"version_id": activity.version_id})
        texts = []
        for one in (learner, stranger):
            calendar.make_token(session, one.actor)
            token = calendar.get_token(session, one.actor)
            texts.append(calendar.get_calendar(session, token or "", MONDAY).decode())
        mine, other = texts
        assert "SUMMARY:Last day to take part: Begun\\, not passed" in mine
        assert "DTSTART;VALUE=DATE:20261128" in mine
        assert "SUMMARY:Last day to claim: Passed" in mine
        assert "DTSTART;VALUE=DATE:20261202" in mine
        assert "Over" not in mine
        assert "Last day" not in other
        db.session.remove()
