"""Correcting recall from the log."""

import math
import random

import pytest

from quizapp.core import correction
from quizapp.core.ability import SLIP
from quizapp.core.correction import NONE, Correction, Foretold, estimate


def log(truth: Correction, answers: int = 6_000, seed: int = 3) -> list[Foretold]:
    """Answers of people who know what `truth` says."""
    rng = random.Random(seed)
    told = []
    for _ in range(answers):
        recall, days, asked, guess = rng.uniform(0.3, 0.98), rng.randint(1, 30), rng.randint(1, 12), 0.2
        known = truth.known(recall, days, asked)
        told.append(Foretold(rng.random() < (1 - SLIP) * known + guess * (1 - known), recall, days, asked, guess))
    return told


def test_what_the_model_promises_too_much_is_found_in_the_log() -> None:
    truth = Correction(-1.0, 0.7, -0.4, 0.6)
    found = estimate(log(truth))
    assert found.taken
    assert found.loss_before is not None
    assert found.loss_after is not None
    assert found.loss_after < found.loss_before - correction.LEAST_BETTER
    for recall, days, asked in ((0.9, 3, 2), (0.7, 20, 8), (0.5, 10, 1)):
        expected = truth.known(recall, days, asked)
        assert found.correction.known(recall, days, asked) == pytest.approx(expected, abs=0.05)


def test_where_the_model_is_right_or_answers_are_few_nothing_is_corrected() -> None:
    assert estimate(log(NONE)).correction == NONE
    few = estimate(log(Correction(-2.0), correction.FEWEST - 1))
    assert (few.correction, few.taken, few.loss_before) == (NONE, False, None)
    assert all(NONE.known(recall, 5, 3) == recall for recall in (0.001, 0.5, 0.9999))


def test_the_corrected_chance_never_rises_with_the_days_nor_falls_with_recall() -> None:
    backwards = [
        Foretold(rng_right, recall, days, 3, 0.2)
        for recall in (0.4, 0.6, 0.9)
        for days in (1, 5, 25)
        for rng_right in [days > 4 or recall < 0.5] * 200
    ]
    random.Random(1).shuffle(backwards)
    found = estimate(backwards).correction
    assert found != NONE
    assert found.recall >= 0
    assert found.days <= 0
    chances = [found.known(0.9 / (1 + day / 20), day, 3) for day in range(60)]
    assert chances == sorted(chances, reverse=True)


def test_certainty_stays_a_number() -> None:
    assert all(math.isfinite(Correction(recall=2.0).known(recall, 400, 0)) for recall in (0.0, 1.0))
