"""A month in the life of one learner, day by day: Berlin, Tokyo, Los Angeles, a missed week, a moved examination, two
devices. Days count from 1."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from quizapp.core.grading import Confidence
from quizapp.core.mastery import Standing
from quizapp.core.study_day import study_day
from quizapp.services import accounts, asking, showing, studying
from quizapp.services.answering import Answered
from tests.integration.learners import Learner

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
MINUTES = 10
BEGINS = dt.date(2026, 10, 12)
"""A Monday. Clocks are set back in Berlin on day 14 (25 October) and in Los Angeles on day 21 (1 November)."""
MISSED_WEEK = range(7, 14)
TOKYO, LOS_ANGELES = 17, 24
MOVED = 19
"""The day on which the examination is moved from day 45 to day 36."""
TWO_DEVICES = (4, 20)
CLOCK_SET_BACK = 6
FORGETS = 15
"""From this day on the first objective that is secure and has a new question left is missed."""


@dataclass
class Month:
    """The learner, the days so far, and what is to be known about them. Days count from 1."""

    learner: Learner
    laptop: Session
    begins: dt.date
    rng: random.Random = field(default_factory=lambda: random.Random(20261012))

    def zone(self, day: int) -> str:
        return "Europe/Berlin" if day < TOKYO else "Asia/Tokyo" if day < LOS_ANGELES else "America/Los_Angeles"

    def moment(self, day: int) -> dt.datetime:
        """Seven in the evening where the learner is."""
        local = dt.datetime.combine(self.begins + (day - 1) * DAY, dt.time(19), ZoneInfo(self.zone(day)))
        return local.astimezone(dt.UTC)

    def desk(self, now: dt.datetime) -> studying.Desk:
        self.learner.session.rollback()
        return studying.get_desk(self.learner.session, self.learner.actor, now)

    def move(self, day: int, now: dt.datetime) -> None:
        """Take the zone of the place, and the examination as it is known on this day."""
        learner, actor = self.learner, self.learner.actor
        if day == 1 or self.zone(day) != actor.zone:
            choices = replace(actor.choices, zone=self.zone(day), minutes_a_day=MINUTES)
            accounts.save_settings(learner.session, actor.id, choices, actor.name, now)
            learner.actor = actor = replace(actor, choices=choices)
        if day in (1, MOVED):
            for exam in accounts.exams_of(learner.session, actor.id):
                accounts.remove_exam_date(learner.session, actor, exam.id)
            on = self.begins + (44 if day == 1 else 35) * DAY
            accounts.add_exam_date(learner.session, actor, "Final", on, now)

    def begin(self, now: dt.datetime) -> int:
        """Do what Today says."""
        learner, seed = self.learner, self.rng.randrange(1000)
        return asking.begin(
            learner.session,
            learner.actor,
            lambda: studying.choose_review(learner.session, learner.actor, now, seed),
            f"today {now}",
            "Today",
            now,
            seed,
        )

    def answer(
        self, sitting_id: int, now: dt.datetime, *, on: Session | None = None, right: bool | None = None
    ) -> bool:
        """Answer the next question, right six times out of seven; whether there was one."""
        learner = self.learner.on(on) if on else self.learner
        learner.session.rollback()
        position = showing.next_position(learner.session, learner.actor, sitting_id)
        if position is None:
            return False
        luck = self.rng.random()
        confidence = (
            Confidence.GUESS if 0.77 < luck < 0.9 else self.rng.choice((Confidence.FAIRLY_SURE, Confidence.SURE))
        )
        shown = learner.question(sitting_id, position, now)
        right = luck < 0.85 if right is None else right
        assert isinstance(learner.answer(shown.presentation_id, now, right=right, confidence=confidence), Answered)
        return True

    def block(self, now: dt.datetime, session: Session, **plan: Any) -> int:
        return self.learner.on(session).start(now, key=f"block {now}", **plan)

    def study(self, day: int) -> dt.datetime:
        """A day of study; returns when it was over."""
        now = self.moment(day)
        today = self.begin(now)
        other = self.block(now, self.laptop, size=3) if day in TWO_DEVICES else None
        turn = 0
        while self.answer(today, now):
            turn += 1
            now += dt.timedelta(minutes=1)
            if other is not None:
                self.answer(other, now, on=self.laptop)
            if day == CLOCK_SET_BACK and turn == 3:
                now -= HOUR
        return now

    def forget(self, now: dt.datetime) -> int | None:
        """Miss a new question on an objective that is secure; returns the objective, None if there is no such."""
        desk = self.desk(now)
        able = (one for one in desk.objectives if one.unseen and standing(desk, one.id) is Standing.SECURE)
        if (one := next(able, None)) is None:
            return None
        sitting_id = self.block(now, self.learner.session, size=1, objectives=(desk.named[one.id].slug,))
        self.answer(sitting_id, now, right=False)
        return one.id

    def wake_twice(self, yesterday: dt.date) -> None:
        """Answer one question before the clocks are set back and look again an hour later: it is one study day."""
        night = dt.datetime.combine(yesterday + DAY, dt.time(2, 30), ZoneInfo(self.learner.actor.zone))
        first, second = (night.replace(fold=fold).astimezone(dt.UTC) for fold in (0, 1))
        assert second - first == HOUR
        self.answer(self.block(first, self.learner.session, size=1), first)
        again = self.desk(second)
        assert again.today == yesterday
        assert again.spent_seconds > 0

    def land_on_the_same_date(self, over: dt.datetime) -> None:
        """Fly east over the date line: the study day that was lived already asks nothing again."""
        actor = self.learner.actor
        there = replace(actor, choices=replace(actor.choices, zone=self.zone(LOS_ANGELES)))
        landed = studying.get_desk(self.learner.session, there, over + 10 * HOUR)
        assert landed.today == study_day(over, actor.zone)
        done = {one.id for one in landed.objectives if one.trace and one.trace.last_day == landed.today}
        assert done
        assert not done & {one.objective for one in landed.plan.asked}
        assert landed.spent_seconds > 0

    def live(self, day: int) -> None:
        """Study on the days before this one, and be where the learner is on it, with nothing answered yet."""
        forgotten = None
        for before in range(1, day):
            self.move(before, self.moment(before))
            if before not in MISSED_WEEK:
                over = self.study(before)
                if before >= FORGETS and forgotten is None:
                    forgotten = self.forget(over)
        self.move(day, self.moment(day))


def standing(desk: studying.Desk, objective: int) -> Standing:
    return desk.mastery_of(next(one for one in desk.objectives if one.id == objective)).standing
