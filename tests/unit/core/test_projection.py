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
    for days_left in (0, 12, 300):
        for (stability, difficulty, elapsed), gain in zip(states, projection.gains(states, days_left), strict=True):
            state = State(stability, difficulty)
            known = memory.retrievability(state, elapsed)
            good, again = (
                memory.retrievability(memory.review(state, rating, elapsed), days_left)
                for rating in (Rating.GOOD, Rating.AGAIN)
            )
            expected = known * good + (1 - known) * again - memory.retrievability(state, elapsed + days_left)
            assert gain == pytest.approx(expected, abs=1e-12)


def test_no_objective_has_no_gain() -> None:
    assert projection.gains([], 30) == []


def test_recall_falls_with_the_days() -> None:
    days = np.arange(0.0, 50.0)
    assert (np.diff(projection.recall(np.full(50, 5.0), days)) < 0).all()
