"""Busy minutes beside the designated ones: counted in quarters of an hour, and told of nobody alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp.core.credit.timing import FEWEST, MOST_BINS, spread


def test_minutes_fall_into_quarters_of_an_hour() -> None:
    found = spread([0, 14.9, 15, 29, 30, 44, 45, 59, 60, 61], 60)
    assert [(one.low, one.high, one.n) for one in found.bins] == [
        (0, 15, 2), (15, 30, 2), (30, 45, 2), (45, 60, 2), (60, 75, 2),
    ]  # fmt: skip
    assert (found.n, found.below, found.middle) == (10, 8, 37.0)


def test_fewer_people_than_ten_are_not_distributed() -> None:
    assert not spread([30.0] * (FEWEST - 1), 60).enough
    assert spread([], 60).middle == 0


def test_what_is_longer_than_the_last_column_stands_in_it() -> None:
    found = spread([10_000.0] * 10, 60)
    assert (len(found.bins), found.bins[-1].high, found.bins[-1].n) == (MOST_BINS, None, 10)


@pytest.mark.parametrize("designated", [0, 60])
@given(minutes=st.lists(st.floats(0, 2_000), min_size=10, max_size=60))
def test_nobody_is_lost(designated: int, minutes: list[float]) -> None:
    found = spread(minutes, designated)
    assert sum(one.n for one in found.bins) == len(minutes)
    assert 0 <= found.below <= found.n
