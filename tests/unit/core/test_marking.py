"""Marks, late days, the pass mark, and how others did."""

from __future__ import annotations

import datetime as dt

import pytest

from quizapp.core.marking import Score, among_peers, cohen, days_late

END = dt.datetime(2026, 11, 27, 17, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("after", "days"),
    [
        (dt.timedelta(days=-1), 0),
        (dt.timedelta(0), 0),
        (dt.timedelta(seconds=1), 1),
        (dt.timedelta(days=1), 1),
        (dt.timedelta(days=1, microseconds=1), 2),
    ],
)
def test_a_day_late_counts_once_it_has_begun(after: dt.timedelta, days: int) -> None:
    assert days_late(END + after, END) == days


def test_the_pass_mark_is_reached_exactly_and_not_by_rounding() -> None:
    assert Score(3, 5).passes(60)
    assert not Score(599, 1000).passes(60)
    assert round(Score(599, 1000).percent) == 60
    assert not Score(0, 0).passes(0), "nothing is passed where nothing could be earned"


def test_what_comes_late_loses_its_share_and_never_more_than_all() -> None:
    assert Score(4, 5, 10).percent == 72
    assert Score(4, 5, 10).passes(72)
    assert not Score(4, 5, 10).passes(73)
    assert Score(4, 5, 130).percent == 0


def test_cohen_measures_by_the_best() -> None:
    assert cohen([50.0] * 9) is None
    assert cohen([float(p) for p in range(1, 101)]) == 57
    assert cohen([80.0] * 20) == 48
    assert cohen([10.0] * 19 + [100.0]) == 6, "one who stands out alone is not the measure"


def test_nothing_is_said_of_few() -> None:
    assert among_peers([50.0] * 9) is None
    found = among_peers([float(n) for n in range(10, 110, 10)])
    assert found is not None
    assert (found.n, found.low, found.middle, found.high) == (10, 30, 50, 80)
