"""Marks, and what they mean for memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp.core.grading import (
    Confidence,
    Grade,
    NotGradable,
    Rating,
    Scoring,
    all_or_nothing,
    key_features,
    luck,
    per_option,
    per_step,
    rate,
)


@pytest.mark.parametrize(("earned", "possible"), [(-1, 1), (2, 1), (0, 0), (1, 0)])
def test_a_mark_outside_its_bounds_is_refused(earned: int, possible: int) -> None:
    with pytest.raises(ValueError, match="not a mark"):
        Grade(earned, possible)


@pytest.mark.parametrize(
    ("earned", "possible", "right"),
    [(1, 1, True), (0, 1, False), (4, 5, True), (3, 4, False), (8, 10, True), (7, 9, False)],
)
def test_four_fifths_of_the_marks_count_as_right_for_memory(earned: int, possible: int, right: bool) -> None:
    assert Grade(earned, possible).right is right


def test_only_all_marks_are_full() -> None:
    assert Grade(5, 5).full
    assert not Grade(4, 5).full


@pytest.mark.parametrize(
    ("earned", "confidence", "rating"),
    [
        (1, None, Rating.GOOD),
        (1, Confidence.SURE, Rating.GOOD),
        (1, Confidence.FAIRLY_SURE, Rating.GOOD),
        (1, Confidence.GUESS, Rating.AGAIN),
        (0, Confidence.SURE, Rating.AGAIN),
        (0, None, Rating.AGAIN),
    ],
)
def test_a_right_guess_comes_again_as_a_miss_does(earned: int, confidence: Confidence | None, rating: Rating) -> None:
    assert rate(Grade(earned, 1), confidence) is rating


def test_all_or_nothing_earns_one_mark_for_every_step_right() -> None:
    assert all_or_nothing([True, True], ("a",)) == Grade(1, 1, ("a",))
    assert all_or_nothing([True, False], ()) == Grade(0, 1)


def test_steps_earn_a_mark_each() -> None:
    assert per_step([True, False, True], ()) == Grade(2, 3)


@given(keys=st.integers(1, 12), others=st.integers(0, 12), data=st.data())
def test_a_wrong_choice_cancels_a_right_one_and_never_costs_more_than_all(
    keys: int, others: int, data: st.DataObject
) -> None:
    chosen = data.draw(st.integers(0, keys))
    wrong = data.draw(st.integers(0, others))
    grade = per_option(chosen, wrong, keys, ())
    assert grade == Grade(max(0, chosen - wrong), keys)
    if others >= keys:
        assert per_option(keys, others, keys, ()).earned == 0, "choosing everything earns nothing"


def test_a_submission_that_is_handed_back_carries_what_could_be_read() -> None:
    refused = NotGradable("One row is still open.", ("row-2",), {"rows": {"a": "true"}})
    assert refused.kept == {"rows": {"a": "true"}}
    assert {refused, refused} == {refused}, "it can be kept in a set although what it kept is a dict"


@pytest.mark.parametrize(
    ("found", "harm", "excess", "earned"),
    [(3, False, 0, 3), (2, False, 0, 2), (0, False, 0, 0), (3, True, 0, 0), (3, False, 1, 2), (1, False, 4, 0)],
)
def test_key_features_are_counted_unless_a_choice_would_do_harm(
    found: int, harm: bool, excess: int, earned: int
) -> None:
    assert key_features(found, 3, (), harm=harm, excess=excess) == Grade(earned, 3)


def test_the_names_of_the_policies_are_those_of_the_content_files() -> None:
    assert set(Scoring) == {"all_or_nothing", "per_option", "per_row", "per_pair", "adjacent_pairs", "key_features"}


@pytest.mark.parametrize(
    ("chances", "all_needed", "expected"),
    [
        ([0.25], False, 0.25),
        ([0.5] * 4, False, 1 / 16),
        ([0.5] * 5, False, 6 / 32),
        ([0.5] * 5, True, 1 / 32),
        ([0.2] * 5, False, 5 * 0.2**4 * 0.8 + 0.2**5),
        ([0.5, 0.0, 0.25], False, 0.0),
    ],
)
def test_luck_is_the_chance_that_a_blind_guess_counts_as_right(
    chances: list[float], all_needed: bool, expected: float
) -> None:
    assert luck(chances, all_needed=all_needed) == pytest.approx(expected)
