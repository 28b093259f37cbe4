"""What choosing and planning cost, beside the reference package of the memory model, in one process and one run.

In processor time: on a busy machine what takes longer than a turn of the scheduler is interrupted, so that by the clock
of the wall 2,000 objectives seemed to cost twenty times as much as 500.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
from collections.abc import Callable

import fsrs

from quizapp.core import forecasting, memory, planning, selection
from quizapp.core.grading import Rating
from quizapp.core.memory import State, Trace
from quizapp.core.planning import Load
from quizapp.core.selection import Objective

TODAY = dt.date(2026, 11, 23)
EXAM = TODAY + dt.timedelta(days=60)
SIZES = (50, 500, 2_000)
TURNS = 31


def costs() -> dict[str, str]:
    """Medians of processor time, in words."""
    told: dict[str, str] = {}
    for size in SIZES:
        known, rng = _objectives(size, 0.7), random.Random(1)
        begun = _objectives(size, 1.0)  # where something is left to start the choice is quick
        choosing = _median(lambda begun=begun, rng=rng: selection.next_objective(begun, today=TODAY, on=EXAM, rng=rng))
        planned = _median(lambda known=known, rng=rng: planning.build(known, Load(20), today=TODAY, exams=(EXAM,)))
        ahead = _median(lambda known=known: forecasting.forecast(known, Load(20), today=TODAY, exams=(EXAM,)), 5)
        told[f"of {size:,} objectives (CPU): the next, a day’s plan, the forecast to an examination in 60 days"] = (
            f"{1e3 * choosing:.2f} ms, {1e3 * planned:.1f} ms, {1e3 * ahead:.0f} ms"
        )
    state, at = State(12.0, 5.0), dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    scheduler = fsrs.Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card, _ = scheduler.review_card(fsrs.Card(card_id=1), fsrs.Rating.Good, at)
    after = at + dt.timedelta(days=5)
    ours = _median(lambda: [memory.review(state, Rating.GOOD, 5) for _ in range(1_000)])
    theirs = _median(lambda: [scheduler.review_card(card, fsrs.Rating.Good, after) for _ in range(1_000)], 5)
    told["core.memory.review, and the reference package (CPU)"] = f"{1e3 * ours:.1f} µs, {1e3 * theirs:.1f} µs"
    return told


def _objectives(size: int, begun: float) -> list[Objective]:
    rng = random.Random(size)
    known = []
    for number in range(size):
        last = TODAY - dt.timedelta(days=rng.randint(1, 40))
        trace = Trace(State(rng.uniform(0.5, 60), rng.uniform(2, 9)), last, TODAY + dt.timedelta(rng.randint(-10, 20)))
        needs = frozenset({number - 1}) if number % 10 else frozenset()
        started = rng.random() < begun
        known.append(
            Objective(number, number // 10, trace if started else None, 0.3, 60.0, 1.0, 6, 3, 2 * started, needs=needs)
        )
    return known


def _median(deed: Callable[[], object], turns: int = TURNS) -> float:
    taken = []
    for _ in range(turns):
        began = time.process_time()
        deed()
        taken.append(time.process_time() - began)
    return statistics.median(taken)
