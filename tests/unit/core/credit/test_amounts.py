"""Amounts of credit are whole quarters, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp.core.credit.amounts import MOST_QUARTERS, NoAmount, counted, named, quarters_of, read_quarters, shown


@pytest.mark.parametrize(("text", "quarters"), [("1", 4), ("0.25", 1), ("1,25", 5), (" 2.50 ", 10), ("0.750000", 3)])
def test_what_is_written_is_read(text: str, quarters: int) -> None:
    assert read_quarters(text) == quarters


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0.6", "steps of 0.25"),
        ("0", "more than no credit"),
        ("0.00", "more than no credit"),
        ("-0.25", "more than no credit"),
        ("0.250001", "steps of 0.25"),
        ("", "as a number"),
        ("one", "as a number"),
        ("1e3", "as a number"),
        ("١", "as a number"),
        ("NaN", "as a number"),
        ("999999", "more than any activity"),
        ("9" * 4_000, "as a number"),
    ],
)
def test_what_is_no_amount_is_refused_in_words(text: str, sentence: str) -> None:
    with pytest.raises(NoAmount, match=sentence):
        read_quarters(text)


@pytest.mark.parametrize(
    ("quarters", "said"),
    [(1, "0.25 sample credits"), (4, "1 sample credit"), (5, "1.25 sample credits"), (8, "2 sample credits")],
)
def test_one_credit_is_singular_and_every_other_amount_plural(quarters: int, said: str) -> None:
    assert counted(quarters, "sample credit(s)") == said
    assert counted(4, "hours") == "1 hours", "a unit that says nothing of its plural stays as it is"
    assert named("*AMA PRA Category 1 Credit(s)*™") == "AMA PRA Category 1 Credits™"


def test_a_system_may_count_in_larger_steps() -> None:
    assert read_quarters("1.5", step=2) == 6
    with pytest.raises(NoAmount, match=r"steps of 0\.5; 0\.75"):
        read_quarters("0.75", step=2)


@given(st.integers(1, MOST_QUARTERS))
def test_what_is_shown_is_read_back(quarters: int) -> None:
    assert read_quarters(shown(quarters)) == quarters


@pytest.mark.parametrize(("minutes", "quarters"), [(-5, 0), (0, 0), (14, 0), (15, 1), (59, 3), (60, 4), (74, 4)])
def test_a_quarter_that_was_begun_does_not_count(minutes: int, quarters: int) -> None:
    assert quarters_of(minutes) == quarters
