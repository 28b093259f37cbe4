"""Difficulty from answers: what went in comes out, the order does not matter, and a strange question does no harm."""

from __future__ import annotations

import numpy as np
import pytest

from quizapp.core import calibration
from quizapp.core.ability import FURTHEST, SLIP
from quizapp.core.calibration import Answers, Floats

ITEMS = 30
DELTA = 0.8
SHARE = 0.6


def simulated(
    units: int, seed: int = 1, each: int = 15, share: float = SHARE
) -> tuple[Answers, Floats, Floats, Floats]:
    """Answers with true b and a, and what authors thought. The second half of a learner’s answers was studied for."""
    rng = np.random.default_rng(seed)
    b, a = rng.normal(0, 1, ITEMS), np.exp(rng.normal(0, 0.3, ITEMS))
    guess = rng.choice([0.2, 0.25, 0.5], ITEMS)
    item = np.concatenate([rng.permutation(ITEMS)[:each] for _ in range(units)])
    unit = np.repeat(np.arange(units), each)
    studied = np.tile(np.arange(each) >= each // 2, units)
    apart = a[item] * (rng.normal(0, 1, units)[unit] - b[item])
    known = 1 / (1 + np.exp(-np.where(studied, share * apart + DELTA, apart)))
    right = rng.random(len(item)) < guess[item] + (1 - SLIP - guess[item]) * known
    estimates = np.clip(np.round(b + rng.normal(0, 1, ITEMS)), -1, 1)
    return Answers(unit, item, right, guess[item], studied), estimates, b, a


def rmse(found: Floats, true: Floats) -> float:
    return float(np.sqrt(((found - true) ** 2).mean()))


@pytest.fixture(scope="module")
def many() -> tuple[Answers, Floats, Floats, Floats]:
    return simulated(2_000)


def test_fitted_parameters_come_back_with_errors_that_say_how_near_they_are(
    many: tuple[Answers, Floats, Floats, Floats],
) -> None:
    answers, estimates, b, a = many
    found = calibration.fit(answers, estimates)
    missed = found.parameters.b - b
    print(f"b: bias {missed.mean():+.3f}, RMSE {rmse(found.parameters.b, b):.3f}, authors {rmse(estimates, b):.3f}")
    print(f"ln a: RMSE {rmse(np.log(found.parameters.a), np.log(a)):.3f}; {found.rounds} rounds, δ {found.studied:.2f}")
    assert found.settled
    assert len(found.items) == ITEMS
    assert abs(missed.mean()) < 0.08
    assert rmse(found.parameters.b, b) < 0.25 < rmse(estimates, b) / 2
    assert rmse(np.log(found.parameters.a), np.log(a)) < 0.3
    assert found.studied == pytest.approx(DELTA, abs=0.15)
    assert found.counts == pytest.approx(SHARE, abs=0.15)
    assert 0.7 < (missed / found.parameters.error).std() < 1.4


def test_few_answers_move_the_estimate_of_the_author_a_little_and_many_bring_the_truth() -> None:
    errors, told = [], []
    for units in (10, 100, 1_000):
        answers, estimates, b, _ = simulated(units, seed=3)
        found = calibration.rate(answers, estimates)
        errors.append(rmse(found.b, b) / rmse(estimates, b))
        told.append(float(found.error.mean()))
        print(f"{len(answers) // ITEMS} answers: bias {(found.b - b).mean():+.3f}, RMSE {rmse(found.b, b):.3f}")
    assert 1.02 > errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.5
    assert 0.7 < told[0] < 1
    assert told[0] > told[1] > told[2]


def test_answers_after_study_that_do_not_depend_on_difficulty_do_not_flatten_it() -> None:
    answers, estimates, b, _ = simulated(800, share=0.0)
    found = calibration.fit(answers, estimates)
    assert found.counts < 0.15
    for estimated in (found.parameters.b, calibration.rate(answers, estimates).b):
        assert np.polyfit(b, estimated, 1)[0] > 0.8


def test_a_fit_is_the_same_bit_for_bit_in_whatever_order_the_answers_come() -> None:
    answers, estimates, _, _ = simulated(150)
    shuffled = answers.of(np.random.default_rng(2).permutation(len(answers)))  # type: ignore[arg-type]
    one, other = (calibration.fit(log, estimates, enough=50) for log in (answers, shuffled))
    assert len(one.items)
    assert (one.parameters.b == other.parameters.b).all()
    assert (one.parameters.a == other.parameters.a).all()
    assert (one.parameters.error == other.parameters.error).all()


def test_only_questions_with_answers_enough_are_fitted() -> None:
    answers, estimates, _, _ = simulated(150)
    few = answers.of((answers.item != 4) | (np.arange(len(answers)) < 300))
    assert 4 not in calibration.fit(few, estimates, enough=50).items
    nothing = calibration.fit(few, estimates, enough=5_000)
    assert not len(nothing.items)
    assert nothing.settled


@pytest.mark.parametrize("always", [True, False])
def test_a_question_that_all_answer_alike_stays_within_bounds_and_leaves_the_others_alone(always: bool) -> None:
    answers, estimates, _, _ = simulated(150)
    strange = Answers(
        answers.unit, answers.item, np.where(answers.item == 7, always, answers.right), answers.guess, answers.studied
    )
    rated, fitted = calibration.rate(strange, estimates), calibration.fit(strange, estimates, enough=50)
    others = np.flatnonzero(fitted.items != 7)
    plain = calibration.fit(answers, estimates, enough=50)
    for b in (rated.b[7], fitted.parameters.b[np.flatnonzero(fitted.items == 7)][0]):
        assert np.isfinite(b)
        assert (-FURTHEST <= b < -1) if always else (1 < b <= FURTHEST)
    assert np.isfinite(fitted.parameters.error).all()
    assert np.abs(fitted.parameters.b - plain.parameters.b)[others].max() < 0.3


def test_true_parameters_foretell_better_than_the_authors_and_better_than_a_coin(
    many: tuple[Answers, Floats, Floats, Floats],
) -> None:
    answers, estimates, b, a = many
    true = calibration.Parameters(b, a, np.zeros_like(b))
    tail = slice(len(answers) * 9 // 10, None)
    losses = [
        calibration.log_loss(calibration.foretell(answers, held)[tail], answers.right[tail])
        for held in (true, calibration.given(estimates))
    ]
    assert losses[0] < losses[1] < 0.693


def test_questions_without_any_answer_keep_what_the_author_thought() -> None:
    answers, estimates, _, _ = simulated(20)
    without = answers.of(answers.item != 3)
    found = calibration.rate(without, estimates)
    assert (found.b[3], found.error[3]) == (estimates[3], calibration.PRIOR_OF_B)
