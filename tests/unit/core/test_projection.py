"""The arithmetic over many objectives held against the arithmetic of one."""

import random

import numpy as np
import pytest

from quizapp.core import memory, projection
from quizapp.core.grading import Rating
from quizapp.core.memory import State


def test_the_arrays_give_what_the_scalars_give() -> None:
    rng = random.Random(3)
    states = [(rng.uniform(0.3, 90), rng.uniform(1, 10), rng.randint(1, 60)) for _ in range(200)]
    columns = [np.array(column, dtype=np.float64) for column in zip(*states, strict=True)]
    for days_left in (0, 12, 300):
        gains = projection.gain_of_asking(*columns, days_left).tolist()
        for (stability, difficulty, elapsed), gain in zip(states, gains, strict=True):
            state = State(stability, difficulty)
            known = memory.retrievability(state, elapsed)
            good, again = (
                memory.retrievability(memory.review(state, rating, elapsed), days_left)
                for rating in (Rating.GOOD, Rating.AGAIN)
            )
            expected = known * good + (1 - known) * again - memory.retrievability(state, elapsed + days_left)
            assert gain == pytest.approx(expected, abs=1e-12)


def test_of_those_of_one_day_the_earlier_waited_longer_but_never_by_a_day() -> None:
    waited = projection.waited(np.array([2.0, 1, 2, 1, 1]), np.array([50.0, 80, 40, 90, 70])).tolist()
    assert sorted(range(5), key=lambda place: -waited[place]) == [2, 0, 4, 1, 3]
    assert all(abs(found - days) < 0.5 for found, days in zip(waited, [2, 1, 2, 1, 1], strict=True))


def test_recall_falls_with_the_days() -> None:
    days = np.arange(0.0, 50.0)
    assert (np.diff(projection.recall(np.full(50, 5.0), days)) < 0).all()
