"""A month in the life of one learner keeps every promise of the plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.mastery import Standing
from quizapp.core.planning import RETEST_SHARE, Outcome
from quizapp.core.selection import Cause
from quizapp.core.study_day import study_day
from quizapp.db.extension import db
from quizapp.db.models import Memory, Response
from quizapp.services import replaying
from tests.integration.learners import Learner, only_single_best_answers
from tests.integration.months import (
    BEGINS,
    DAY,
    FORGETS,
    LOS_ANGELES,
    MINUTES,
    MISSED_WEEK,
    MOVED,
    Month,
    standing,
)

pytestmark = pytest.mark.usefixtures("content")


@pytest.fixture
def month(app: Flask) -> Iterator[Month]:
    with app.app_context(), Session(db.engine) as laptop:
        only_single_best_answers(db.session())
        yield Month(Learner.new(db.session(), "Europe/Berlin"), laptop, BEGINS)


def test_a_month_of_travel_absence_and_change_keeps_every_promise_of_the_plan(month: Month) -> None:
    session = month.learner.session
    asked_on: dict[dt.date, list[int]] = {}
    promised: dict[int, dt.date] = {}
    waiting: dict[int, int] = {}
    secure: set[int] = set()
    forgotten: int | None = None
    for day in range(1, 31):
        now = month.moment(day)
        month.move(day, now)
        if day in MISSED_WEEK:
            continue
        today = study_day(now, month.zone(day))
        if day == MISSED_WEEK.stop:
            month.wake_twice(today - DAY)  # before the plan is looked at: the question asked then may be one of it
        desk = month.desk(now)
        plan = desk.plan
        assert desk.today == today == month.begins + (day - 1) * DAY
        assert desk.on == month.begins + (44 if day < MOVED else 35) * DAY
        assert plan.outcome is Outcome.STUDY
        assert plan.seconds <= plan.limit == 60 * MINUTES, "the plan fits the minutes"
        objectives = [one.objective for one in plan.asked]
        assert len(set(objectives)) == len(objectives), "nothing is asked twice on one day"
        assert month.desk(now).plan == plan, "the plan is the same on every look"
        late = {one for one, by in promised.items() if by <= today} - set(objectives)
        retests = [one.seconds for one in plan.asked if one.why.cause is Cause.RETEST]
        crowded = sum(retests) + max(one.seconds for one in plan.asked) > RETEST_SHARE * plan.limit
        assert crowded or not late, "a retest waits only where others fill the part for them"
        ahead = any(one.why.cause is Cause.AHEAD for one in plan.asked)
        assert not ahead or not set(plan.waiting) - set(promised), "nothing is asked ahead of its day while others wait"
        waiting[day] = len(plan.waiting)

        over = month.study(day)

        rows = session.execute(
            sa.select(Response.objective_id, Response.rating, Response.mode).where(Response.study_day == today)
        ).all()
        reviewed = [row.objective_id for row in rows if row.mode == "review"]
        assert sorted(reviewed) == sorted(objectives)
        asked_on[today] = [row.objective_id for row in rows]
        after = month.desk(over)
        assert not {one.objective for one in after.plan.asked} & set(asked_on[today]), "not again while others remain"
        for one in session.execute(sa.select(Memory.objective_id, Memory.due, Memory.retests, Memory.last_day)):
            promised.pop(one.objective_id, None)
            if one.retests < 2:
                promised[one.objective_id] = one.last_day + (2, 5)[one.retests] * DAY
                assert one.due <= promised[one.objective_id]
        secure |= {one.id for one in after.objectives if standing(after, one.id) is Standing.SECURE}
        if day == LOS_ANGELES - 1:
            month.land_on_the_same_date(over)
        if day >= FORGETS and forgotten is None and (forgotten := month.forget(over)) is not None:
            assert standing(month.desk(over), forgotten) is Standing.SLIPPING, "Secure is withdrawn"
    back = [waiting[day] for day in range(MISSED_WEEK.stop, MISSED_WEEK.stop + 6)]
    assert max(back) == back[0], "what was missed does not pile up"
    assert back[-1] <= back[0] / 2, "it spreads over the days that follow"
    assert forgotten in secure
    assert replaying.replay(session) == []
