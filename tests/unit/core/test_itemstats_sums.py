"""Figures from integer sums are those of the values themselves."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp.core.itemstats.sums import Sums, gap

VALUES = st.lists(st.integers(-600, 600), min_size=2, max_size=60)


def welch(one: list[int], other: list[int]) -> tuple[float, float]:
    """t and its degrees of freedom, as the textbook has them."""
    a, b = (statistics.variance(values) / len(values) for values in (one, other))
    t = (statistics.mean(one) - statistics.mean(other)) / math.sqrt(a + b)
    return t, (a + b) ** 2 / (a**2 / (len(one) - 1) + b**2 / (len(other) - 1))


@given(VALUES, VALUES)
def test_the_gap_is_welchs_t_made_normal(one: list[int], other: list[int]) -> None:
    found = gap(Sums.of(one), Sums.of(other))
    if len({*one}) == len({*other}) == 1:
        assert found is None
        return
    t, df = welch(one, other)
    z = math.copysign((8 * df + 1) / (8 * df + 3) * math.sqrt(df * math.log1p(t * t / df)), t)
    assert found == pytest.approx(z, rel=1e-9, abs=1e-12)


def test_there_is_no_gap_between_too_few() -> None:
    assert gap(Sums.of([1]), Sums.of([1, 2])) is None
    assert gap(Sums.of([1, 2]), Sums.of([])) is None
