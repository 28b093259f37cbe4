"""Outcomes are means of pairs on unseen questions, with intervals; a thin cell says that it is not available."""

from __future__ import annotations

import random

import pytest

from quizapp.core.credit.outcomes import LEVELS, Change, Mark, level_of, lines, student


def mark(person: int, measure: str, question: int, earned: int, level: str = "3A", objective: str = "o1") -> Mark:
    return Mark(person, measure, question, objective, level, earned, 1)


def change(made: list[Mark], after: str = "test", line: int = 0) -> Change:
    return next(one for one in lines(made, ["o1"])[line].changes if one.after == after)


def test_a_difference_is_that_of_the_same_people_with_its_interval() -> None:
    made = []
    for person in range(10):
        made += [mark(person, "before", 1, 0), mark(person, "before", 2, 1)]
        made += [mark(person, "test", 3, 1), mark(person, "test", 4, 1 if person < 5 else 0)]
    made += [mark(99, "test", 3, 0), mark(99, "test", 4, 0)]  # has no partner
    found = change(made)
    assert (found.people, found.mean) == (10, pytest.approx(0.25))
    # Five differences of 0.5 and five of 0: sd 0.2635, t(9) 2.262, half width 2.262 * 0.2635 / sqrt(10).
    assert found.low == pytest.approx(0.25 - 0.1885, abs=2e-4)
    assert found.high == pytest.approx(0.25 + 0.1885, abs=2e-4)
    (cell,) = (one for one in lines(made, [])[0].cells if one.measure == "test")
    assert (cell.people, cell.questions, cell.share) == (11, 4 - 2, pytest.approx(0.75 * 10 / 11))


@pytest.mark.parametrize(("freedom", "table"), [(9, 2.262), (14, 2.145), (29, 2.045), (99, 1.984), (10_000, 1.960)])
def test_the_quantile_is_that_of_the_tables(freedom: int, table: float) -> None:
    assert student(freedom) == pytest.approx(table, abs=1e-3)


def test_thin_cells_are_not_available_and_say_why() -> None:
    nine = [mark(person, when, question, 1) for person in range(9) for when, question in (("before", 1), ("test", 2))]
    assert change(nine).why == "n = 9, fewer than 10"
    ten = [mark(person, when, question, 1) for person in range(10) for when, question in (("before", 1), ("test", 2))]
    assert change(ten).why == "1 question, fewer than 2"
    assert change(ten).mean is None
    assert change([], "after180").why == "n = 0, fewer than 10"


def test_levels_and_objectives_have_rows_of_their_own_and_none_is_five() -> None:
    made = [
        mark(person, when, question, 1, "4")
        for person in range(10)
        for when, questions in (("test", (1, 2)), ("after30", (3, 4)))
        for question in questions
    ]
    found = lines(made, ["o1", "o2"])
    assert [(one.kind, one.name) for one in found] == [
        ("all", ""), ("level", "3A"), ("level", "3B"), ("level", "4"), ("objective", "o1"), ("objective", "o2"),
    ]  # fmt: skip
    assert change(made, "after30", 3).mean == 0
    assert change(made, "after30", 1).why.startswith("n = 0")
    assert "5" not in LEVELS
    reached = {level_of(bloom, "single_best_answer") for bloom in ("remember", "understand", "apply", "analyse")}
    assert reached == {"3A", "3B", "4"}
    assert level_of("remember", "key_feature") == "4"
    assert level_of("invented", "numeric") is None


def test_the_interval_holds_the_truth_nineteen_times_of_twenty() -> None:
    rng = random.Random(20261130)
    held = 0
    for _ in range(400):
        made = []
        for person in range(12):
            for question in range(8):
                made.append(mark(person, "before", question, int(rng.random() < 0.4)))
                made.append(mark(person, "test", 100 + question, int(rng.random() < 0.7)))
        found = change(made)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.3 <= found.high
    assert 0.92 <= held / 400 <= 0.98
