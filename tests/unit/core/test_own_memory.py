"""A learner whose memory was fitted is planned for with it: a faster forgetter is asked sooner and told so."""

from __future__ import annotations

import datetime as dt
import random

from quizapp.core import forecasting, memory, planning, selection
from quizapp.core.memory import DEFAULT_PARAMETERS, State, Trace
from quizapp.core.planning import Load
from quizapp.core.selection import Objective

TODAY = dt.date(2026, 11, 23)
EXAM = TODAY + dt.timedelta(days=40)
FORGETFUL = tuple({8: 0.2, 20: 0.5}.get(n, value) for n, value in enumerate(DEFAULT_PARAMETERS))
"""Recall falls faster beyond the stability, and an answer strengthens less."""


def studied(number: int) -> Objective:
    day = TODAY - dt.timedelta(days=12)
    return Objective(number, 1, Trace(State(4.0 + number, 5.0), day, TODAY))


OBJECTIVES = [studied(number) for number in range(1, 6)]


def test_the_plan_weighs_and_explains_with_the_learners_own_memory() -> None:
    plans = [
        planning.build(OBJECTIVES, Load(30), today=TODAY, exams=[EXAM], w=w) for w in (DEFAULT_PARAMETERS, FORGETFUL)
    ]
    usual, own = ({choice.objective: choice for choice in plan.asked} for plan in plans)
    for one in OBJECTIVES:
        assert one.trace is not None
        assert own[one.id].why.recall == memory.retrievability(one.trace.state, 12, FORGETFUL)
        assert usual[one.id].why.recall == memory.retrievability(one.trace.state, 12)
        assert own[one.id].gain != usual[one.id].gain


def test_the_next_objective_is_weighed_and_explained_with_it_too() -> None:
    usual, own = (
        selection.next_objective(OBJECTIVES, today=TODAY, on=EXAM, rng=random.Random(1), w=w)
        for w in (DEFAULT_PARAMETERS, FORGETFUL)
    )
    assert usual is not None
    assert own is not None
    chosen = OBJECTIVES[own.objective - 1].trace
    assert chosen is not None
    assert own.why.recall == memory.retrievability(chosen.state, 12, FORGETFUL)
    assert own.gain != usual.gain


def test_the_forecast_and_the_readiness_are_those_of_the_learners_own_memory() -> None:
    usual, own = (
        forecasting.forecast(OBJECTIVES, Load(30), today=TODAY, exams=[EXAM], w=w)
        for w in (DEFAULT_PARAMETERS, FORGETFUL)
    )
    assert own.ready_now is not None
    assert usual.ready_now is not None
    assert own.ready is not None
    assert usual.ready is not None
    assert own.ready_now == forecasting.readiness(OBJECTIVES, EXAM, TODAY, w=FORGETFUL)
    assert own.ready_now.chance < usual.ready_now.chance - 0.05
    assert own.ready.chance < usual.ready.chance
    idle = forecasting.forecast(OBJECTIVES, Load(0), today=TODAY, exams=[EXAM], w=FORGETFUL)
    assert idle.ready == idle.ready_now == own.ready_now
    # Strengthened less by each answer, the objectives come round more often where nothing is asked ahead of its day.
    usual, own = (forecasting.forecast(OBJECTIVES, Load(30), today=TODAY, w=w) for w in (DEFAULT_PARAMETERS, FORGETFUL))
    assert sum(day.questions for day in own.days) > sum(day.questions for day in usual.days)
