"""The curve of forgetting goes through the states of memory; a claim holds as long as its chance does."""

from __future__ import annotations

import datetime as dt

import pytest

from quizapp.core import memory, progress
from quizapp.core.ability import SLIP
from quizapp.core.grading import Rating
from quizapp.core.mastery import SECURE_CHANCE, chance_on
from quizapp.core.memory import Evidence, Freshness, State, Trace
from quizapp.core.progress import Share

DAY = dt.date(2026, 3, 2)
GUESS = 0.2


def after(days: int) -> dt.date:
    return DAY + dt.timedelta(days=days)


def answer(day: int, rating: Rating = Rating.GOOD) -> Evidence:
    return Evidence(rating, after(day), Freshness.NEW, GUESS)


ANSWERS = [answer(0), answer(3, Rating.AGAIN), answer(5), answer(5), answer(20)]


def test_the_curve_falls_between_answers_and_starts_again_with_each_day_of_answers() -> None:
    curve = progress.curve(ANSWERS, today=after(30), until=after(60), guess=GUESS)
    assert curve is not None
    assert [stretch[0].day for stretch in curve.past] == [0, 3, 5, 20]
    assert [stretch[-1].day for stretch in curve.past] == [3, 5, 20, 30]
    for stretch in (*curve.past, curve.ahead):
        chances = [point.chance for point in stretch]
        assert chances == sorted(chances, reverse=True)
        assert all(GUESS < chance <= 1 - SLIP + 1e-12 for chance in chances)
    assert all(stretch[0].chance == pytest.approx(1 - SLIP) for stretch in curve.past)


def test_the_curve_ends_with_the_chances_that_a_standing_is_judged_by() -> None:
    trace = None
    for one in ANSWERS:
        trace = memory.remember(trace, one, 1, 2)
    assert trace is not None
    curve = progress.curve(ANSWERS, today=after(30), until=after(60), guess=GUESS)
    assert curve is not None
    assert curve.past[-1][-1] == curve.ahead[0]
    assert curve.ahead[0].chance == pytest.approx(chance_on(trace, after(30), GUESS))
    assert curve.ahead[-1].day == 60
    assert curve.ahead[-1].chance == pytest.approx(chance_on(trace, after(60), GUESS))


def test_without_an_answer_there_is_no_curve_and_on_the_day_of_the_first_it_is_a_point() -> None:
    assert progress.curve([], today=DAY, until=after(30), guess=GUESS) is None
    curve = progress.curve([answer(0)], today=DAY, until=DAY, guess=GUESS)
    assert curve is not None
    assert [len(stretch) for stretch in (*curve.past, curve.ahead)] == [1, 1]


def test_a_clock_set_back_leaves_the_curve_whole() -> None:
    curve = progress.curve([answer(5), answer(3)], today=DAY, until=after(30), guess=GUESS)
    assert curve is not None
    assert curve.start == after(5)
    assert curve.ahead[0].day == 0


def test_a_claim_holds_to_the_last_day_on_which_its_chance_does() -> None:
    trace = Trace(State(20, 5), DAY, DAY)
    last = progress.holds_until(trace, today=after(2), guess=GUESS)
    assert last is not None
    assert chance_on(trace, last, GUESS) >= SECURE_CHANCE > chance_on(trace, last + dt.timedelta(days=1), GUESS)
    assert progress.holds_until(trace, today=last, guess=GUESS) == last
    assert progress.holds_until(trace, today=last + dt.timedelta(days=1), guess=GUESS) is None
    for_years = progress.holds_until(Trace(State(1e6, 5), DAY, DAY), today=DAY, guess=GUESS)
    assert for_years == after(progress.LONGEST_LOOK)


@pytest.mark.parametrize(
    ("right", "answers", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (5, 10, 0.237, 0.763), (45, 50, 0.786, 0.957)],
)
def test_the_interval_of_a_share_is_that_of_wilson(right: int, answers: int, low: float, high: float) -> None:
    assert list(Share(right, answers).interval) == pytest.approx([low, high], abs=0.001)
