"""The chance of a right answer, and what each first answer says of the learner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp.core import ability
from quizapp.core.ability import Ability

chances = st.floats(0, 1)
logits = st.floats(-6, 6)


def test_what_is_known_is_right_but_for_slips_and_what_is_not_is_guessed() -> None:
    assert ability.chance_of_right(1, guess=0.25) == pytest.approx(0.93)
    assert ability.chance_of_right(0, guess=0.25) == 0.25
    assert ability.chance_of_right(0, guess=0.25, remembered=1) == 1


@given(known=chances, more=chances, guess=st.floats(0, 0.5), remembered=chances)
def test_knowing_more_never_makes_a_right_answer_less_likely_and_it_stays_a_chance(
    known: float, more: float, guess: float, remembered: float
) -> None:
    low, high = sorted((known, more))
    assert 0 <= ability.chance_of_right(low, guess) <= ability.chance_of_right(high, guess) + 1e-12 <= 1
    assert ability.chance_of_right(known, guess, remembered) >= ability.chance_of_right(known, guess) - 1e-12


@given(theta=logits, moves=st.integers(0, 10_000), difficulty=logits, guess=st.floats(0, 0.5), right=st.booleans())
def test_an_answer_moves_ability_towards_it_and_ever_less(
    theta: float, moves: int, difficulty: float, guess: float, right: bool
) -> None:
    held = Ability(theta, moves, answers=moves + 3, right=2)
    moved = ability.learn(held, right, difficulty=difficulty, guess=guess, studied=False)
    assert (moved.moves, moved.answers, moved.right) == (moves + 1, moves + 4, 2 + right)
    assert (moved.theta - theta) * (1 if right else -1) >= 0
    assert abs(moved.theta) <= ability.FURTHEST
    assert abs(moved.theta - theta) <= 1 / (1 + 0.05 * moves)


@given(theta=logits, moves=st.integers(0, 100), difficulty=logits, right=st.booleans())
def test_an_answer_about_what_was_studied_is_counted_and_says_nothing_of_ability(
    theta: float, moves: int, difficulty: float, right: bool
) -> None:
    held = Ability(theta, moves, answers=moves, right=moves)
    counted = ability.learn(held, right, difficulty=difficulty, guess=0.25, studied=True)
    assert counted == Ability(theta, moves, answers=moves + 1, right=moves + right)


def test_ability_finds_the_truth_of_a_learner_who_does_not_change() -> None:
    """Of questions at difficulty 0, somebody with θ = 1 knows 73 %; without guesses and slips that is what is seen."""
    theta = Ability()
    for n in range(2_000):
        right = (n * 0.618034) % 1 < ability.chance_of_right(ability.knows(1.0, 0.0), 0.2)
        theta = ability.learn(theta, right, difficulty=0.0, guess=0.2, studied=False)
    assert theta.theta == pytest.approx(1.0, abs=0.1)


@given(theta=st.floats(-4, 4), difficulty=st.floats(-4, 4), guess=st.floats(0, 0.5))
def test_information_is_the_squared_slope_over_the_variance(theta: float, difficulty: float, guess: float) -> None:
    def right(at: float) -> float:
        return ability.chance_of_right(ability.knows(at, difficulty), guess)

    slope = (right(theta + 1e-5) - right(theta - 1e-5)) / 2e-5
    assert ability.information(theta, difficulty, guess) == pytest.approx(
        slope**2 / (right(theta) * (1 - right(theta))), rel=1e-3, abs=1e-9
    )


def test_information_makes_the_standard_error_smaller() -> None:
    assert ability.standard_error(0) == 1
    assert ability.standard_error(8) == pytest.approx(1 / 3)
