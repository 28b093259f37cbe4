"""The days ahead, and how ready somebody will be."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from quizapp.core import forecasting, memory, planning
from quizapp.core.grading import Rating
from quizapp.core.memory import Evidence, Freshness, State, Trace
from quizapp.core.planning import Load
from quizapp.core.selection import Objective

MONDAY = dt.date(2026, 11, 23)
EXAM = MONDAY + dt.timedelta(days=30)
DAY = dt.timedelta(days=1)


def studied(number: int, *, days_ago: int = 5, due_in: int = 0, **changes: Any) -> Objective:
    trace = Trace(State(5.0, 5.0), MONDAY - days_ago * DAY, MONDAY + due_in * DAY)
    return Objective(number, topic=number, trace=trace, asked=1, questions=4, unseen=3, **changes)


def fresh(number: int, **changes: Any) -> Objective:
    return Objective(**{"id": number, "topic": number, "questions": 4, "unseen": 4, **changes})


def mixed(size: int, seed: int = 1) -> list[Objective]:
    """Some of a course is begun, in teaching order; some of that was missed; one in two rests on the one before."""
    rng = random.Random(seed)
    objectives = []
    for number in range(size):
        needs = frozenset({number - 1}) if number and rng.random() < 0.5 else frozenset()
        trace = None
        if number < size // 3:
            last = MONDAY - rng.randint(1, 20) * DAY
            state, retests = State(rng.uniform(0.5, 30), rng.uniform(2, 9)), rng.choice((0, 1, 2, 2, 2))
            trace = Trace(state, last, last + rng.randint(1, 20) * DAY, retests=retests)
        objectives.append(
            Objective(
                number, number // 8, trace, rng.random(), rng.uniform(40, 120), 1.0, 4, 3, bool(trace), needs=needs
            )
        )
    return objectives


def live(objectives: Sequence[Objective], load: Load, days: int, **changes: Any) -> list[tuple[int, int, float, int]]:
    """Due, asked, minutes and started on each day, by planning each morning and answering all of it right."""
    held = {one.id: one for one in objectives}
    told = []
    for ahead in range(days):
        day = MONDAY + ahead * DAY
        today = planning.build(list(held.values()), load, today=day, **changes)
        told.append((today.due, len(today.asked), today.seconds / 60, today.started))
        for turn, choice in enumerate(today.asked):
            one = held[choice.objective]
            answer = Evidence(Rating.GOOD, day, Freshness.NEW, 0.2)
            held[one.id] = replace(
                one,
                trace=memory.remember(one.trace, answer, 7, one.id),
                asked=one.asked + 1,
                unseen=max(one.unseen - 1, 0),
                last_at=dt.datetime.combine(day, dt.time(9), dt.UTC) + turn * dt.timedelta(minutes=2),
            )
    return told


@pytest.mark.parametrize("exams", [(), (EXAM,), (MONDAY + 6 * DAY, EXAM)])
@pytest.mark.parametrize("minutes", [5, 10, 30])
def test_the_days_shown_are_those_that_the_plan_will_bring(minutes: int, exams: tuple[dt.date, ...]) -> None:
    objectives, load = mixed(60), Load(minutes, rest_days=(7,), shares={3: 0.5})
    told = forecasting.forecast(objectives, load, today=MONDAY, exams=exams, learner_id=7).days
    lived = live(objectives, load, forecasting.DAYS_SHOWN, exams=exams)
    assert [(day.due, day.questions, day.minutes, day.started) for day in told] == lived
    assert sum(questions for _, questions, *_ in lived) > 20


def test_what_lies_beyond_the_days_shown_is_followed_closely_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for size, minutes, days in ((40, 5, 60), (120, 5, 60), (120, 10, 90), (120, 20, 30)):
        objectives, exams = mixed(size), (MONDAY + days * DAY,)
        quick = forecasting.forecast(objectives, Load(minutes), today=MONDAY, exams=exams)
        with monkeypatch.context() as patched:
            patched.setattr(forecasting, "DAYS_SHOWN", days)
            planned = forecasting.forecast(objectives, Load(minutes), today=MONDAY, exams=exams)
        assert quick.ready is not None
        assert planned.ready is not None
        assert quick.ready.chance == pytest.approx(planned.ready.chance, abs=0.02)
        assert len(set(quick.unreached) ^ set(planned.unreached)) <= size / 20


def test_what_is_studied_after_the_examination_does_not_make_readier_for_it() -> None:
    objectives = [fresh(number) for number in range(40)]
    ahead = forecasting.forecast(objectives, Load(5), today=MONDAY, exams=[MONDAY + 2 * DAY])
    assert len(ahead.days) == forecasting.DAYS_SHOWN
    started = [day.started for day in ahead.days]
    assert len(ahead.unreached) == 40 - sum(started[:2])
    assert sum(started[2:]) > 20
    today = forecasting.forecast(objectives, Load(5), today=MONDAY, exams=[MONDAY])
    assert today.ready == today.ready_now


def test_a_forecast_spreads_the_backlog_of_a_missed_week_and_keeps_the_days_of_rest() -> None:
    ahead = forecasting.forecast([studied(number) for number in range(60)], Load(10, rest_days=(7,)), today=MONDAY)
    assert len(ahead.days) == forecasting.DAYS_SHOWN
    assert all(day.minutes <= 10 for day in ahead.days)
    assert [day.questions for day in ahead.days if day.day.isoweekday() == 7] == [0, 0]
    assert [day.questions for day in ahead.days[:6]] == [10] * 6
    assert ahead.days[-1].due < ahead.days[0].due == 60


def test_a_forecast_names_what_will_not_be_reached_and_what_nobody_can_ask_about() -> None:
    objectives = [*(fresh(number) for number in range(40)), fresh(99, questions=0)]
    ahead = forecasting.forecast(objectives, Load(2), today=MONDAY, exams=[MONDAY + 6 * DAY])
    assert ahead.on == MONDAY + 6 * DAY
    assert len(ahead.unreached) > 30
    assert 99 not in ahead.unreached
    assert ahead.without_questions == (99,)


def test_readiness_grows_with_the_plan_and_lies_in_its_interval() -> None:
    ahead = forecasting.forecast([studied(number) for number in range(20)], Load(20), today=MONDAY, exams=[EXAM])
    assert ahead.ready is not None
    assert ahead.ready_now is not None
    assert ahead.ready.chance > ahead.ready_now.chance
    for ready in (ahead.ready, ahead.ready_now):
        assert 0 <= ready.low < ready.chance < ready.high <= 1
    assert forecasting.forecast([], Load(20), today=MONDAY).ready is None


def test_a_clock_set_back_and_an_examination_in_ten_years_break_nothing() -> None:
    assert forecasting.forecast([studied(1, days_ago=-1, due_in=4)], Load(20), today=MONDAY).days
    for days in (0, 1, 4_000):
        exams = [MONDAY + days * DAY]
        assert forecasting.forecast([studied(1), fresh(2)], Load(5), today=MONDAY, exams=exams).days
