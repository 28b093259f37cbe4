"""FSRS-6 held against the reference package, and the promises of our own additions."""

import datetime as dt
import random

import fsrs
import pytest

from quizapp.core import memory
from quizapp.core.grading import Rating

REFERENCE = {Rating.AGAIN: fsrs.Rating.Again, Rating.GOOD: fsrs.Rating.Good}
START = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def test_a_thousand_random_histories_agree_with_the_reference_package() -> None:
    rng = random.Random(6)
    scheduler = fsrs.Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    for history in range(1_000):
        card, at, state = fsrs.Card(card_id=history + 1), START, None
        for _ in range(rng.randint(1, 12)):
            elapsed = rng.choice((0, 0, 1, 2, 5, 30, 200)) if state else 0
            at += dt.timedelta(days=elapsed)
            rating = rng.choice(list(Rating))
            card, _ = scheduler.review_card(card, REFERENCE[rating], at)
            state = memory.review(state, rating, elapsed) if state else memory.begin(rating)
            assert state.stability_days == pytest.approx(card.stability, rel=1e-9)
            assert state.difficulty == pytest.approx(card.difficulty, rel=1e-9)
            assert memory.interval_days(state) == min((card.due - at).days, memory.LONGEST_INTERVAL_DAYS)


def test_recall_is_nine_tenths_after_as_many_days_as_the_stability() -> None:
    for days in (0.5, 3.0, 80.0):
        assert memory.retrievability(memory.State(days, 5), days) == pytest.approx(0.9)


def test_a_clock_set_back_counts_as_the_same_day() -> None:
    state = memory.begin(Rating.GOOD)
    assert memory.review(state, Rating.GOOD, -3) == memory.review(state, Rating.GOOD, 0)
    assert memory.retrievability(state, -3) == 1


def test_the_due_day_is_drawn_from_the_log_alone_and_stays_near_the_interval() -> None:
    state, day = memory.State(60.0, 5.0), dt.date(2026, 11, 23)
    shifts = {(memory.due(state, day, learner, 7) - day).days - 60 for learner in range(200)}
    assert shifts == {-3, -2, -1, 0, 1, 2, 3}
    assert memory.due(state, day, 1, 7) == memory.due(state, day, 1, 7)


def test_short_intervals_are_not_moved() -> None:
    state, day = memory.begin(Rating.GOOD), dt.date(2026, 11, 23)
    assert {memory.due(state, day, learner, 7) for learner in range(50)} == {dt.date(2026, 11, 25)}


def answers(*given: tuple[int, Rating]) -> memory.Trace:
    trace = None
    for day, rating in given:
        on = dt.date(2026, 11, 23) + dt.timedelta(days=day)
        trace = memory.remember(trace, memory.Evidence(rating, on, memory.Freshness.REPEAT, 0.2), 1, 7)
    assert trace is not None
    return trace


def waits(trace: memory.Trace) -> int:
    return (trace.due - trace.last_day).days


def test_a_miss_comes_back_within_two_days_and_once_more_by_the_seventh() -> None:
    known = ((0, Rating.GOOD), (3, Rating.GOOD), (20, Rating.GOOD), (120, Rating.GOOD))
    assert waits(answers(*known)) > 60
    assert waits(answers(*known, (300, Rating.AGAIN))) == 2
    assert waits(answers(*known, (300, Rating.AGAIN), (302, Rating.GOOD))) == 5
    assert waits(answers(*known, (300, Rating.AGAIN), (302, Rating.GOOD), (307, Rating.GOOD))) > 5


def test_a_right_answer_on_the_day_of_the_miss_is_no_retest() -> None:
    missed = ((0, Rating.GOOD), (40, Rating.AGAIN), (40, Rating.GOOD))
    assert (answers(*missed).retests, waits(answers(*missed)) <= 2) == (0, True)


def test_lapses_are_counted_once_a_day_and_not_for_the_first_miss_of_all() -> None:
    assert answers((0, Rating.AGAIN)).lapses == 0
    assert answers((0, Rating.AGAIN), (0, Rating.AGAIN), (1, Rating.AGAIN), (1, Rating.AGAIN)).lapses == 1
    assert answers((0, Rating.GOOD), (5, Rating.AGAIN), (9, Rating.AGAIN)).lapses == 2
