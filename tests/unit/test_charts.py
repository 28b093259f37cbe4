"""Lines and marks of a drawing lie inside it, in the order of their days, and do not lie on each other."""

from __future__ import annotations

import datetime as dt
import itertools
import re

import pytest

from quizapp.core import progress
from quizapp.core.grading import Rating
from quizapp.core.memory import Evidence, Freshness
from quizapp.web import charts
from quizapp.web.charts import NARROW, WIDE, Forgetting

DAY = dt.date(2026, 3, 2)


def after(days: int) -> dt.date:
    return DAY + dt.timedelta(days=days)


def draw(days: list[int], *, today: int, on: int, width: int = WIDE, missed: tuple[int, ...] = ()) -> Forgetting:
    answers = [Evidence(Rating.AGAIN if day in missed else Rating.GOOD, after(day), Freshness.NEW, 0.2) for day in days]
    curve = progress.curve(answers, today=after(today), until=after(on), guess=0.2)
    assert curve is not None
    return charts.forgetting(curve, answers, today=after(today), on=after(on), named="exam", secure=0.8, width=width)


CASES = {
    "a first answer today": ([0], 0, 30, ()),
    "today is the day of the examination": ([0, 3], 9, 9, ()),
    "all on one day": ([0], 0, 0, ()),
    "several a day": ([0, 0, 0, 0, 0, 0, 4], 10, 40, (4,)),
    "every day for a month": (list(range(31)), 31, 54, (3, 9)),
    "a year": (list(range(0, 365, 9)), 365, 395, (18,)),
    "an examination far away": ([0, 2], 5, 400, ()),
}


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize(("days", "today", "on", "missed"), CASES.values(), ids=CASES)
def test_everything_lies_inside_the_drawing(
    days: list[int], today: int, on: int, missed: tuple[int, ...], width: int
) -> None:
    drawn = draw(days, today=today, on=on, width=width, missed=missed)
    for path in (*drawn.past, drawn.ahead):
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]
        assert all(drawn.left <= x <= drawn.right for x in numbers[::2])
        assert all(drawn.top <= y <= drawn.bottom for y in numbers[1::2])
        assert numbers[::2] == sorted(numbers[::2])
    for mark in drawn.marks:
        assert drawn.left <= mark.x <= drawn.right
        assert 6 < mark.y < drawn.top - 6
    assert all(drawn.top <= row.at <= drawn.bottom for row in drawn.rows)
    assert drawn.left <= drawn.today.x <= drawn.then.x <= drawn.right
    assert max(drawn.today.label_y, drawn.then.label_y) < drawn.height


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_names_below_the_axis_leave_each_other_room(width: int) -> None:
    for days, today, on, missed in CASES.values():
        drawn = draw(days, today=today, on=on, width=width, missed=missed)
        below = [tick.at for tick in drawn.days] + [drawn.today.x]
        below += [drawn.then.x] if drawn.then.label_y == drawn.today.label_y else []
        below.sort()
        assert all(right - left >= 40 for left, right in itertools.pairwise(below)), (days, below)


def test_marks_that_stand_close_go_into_further_rows() -> None:
    drawn = draw(list(range(31)), today=31, on=54, width=NARROW)
    assert len({mark.y for mark in drawn.marks}) > 1
    together = [
        (one, other)
        for place, one in enumerate(drawn.marks)
        for other in drawn.marks[place + 1 :]
        if abs(one.x - other.x) < 13 and one.y == other.y
    ]
    assert not together


def test_shapes_tell_right_from_missed_and_new_from_seen() -> None:
    answers = [
        Evidence(rating, after(day), freshness, 0.2)
        for day, (rating, freshness) in enumerate(
            [(Rating.GOOD, Freshness.NEW), (Rating.AGAIN, Freshness.REPEAT), (Rating.GOOD, Freshness.DELAYED)]
        )
    ]
    curve = progress.curve(answers, today=after(3), until=after(9), guess=0.2)
    assert curve is not None
    drawn = charts.forgetting(curve, answers, today=after(3), on=after(9), named="exam", secure=0.8, width=WIDE)
    assert [(mark.right, mark.fresh) for mark in drawn.marks] == [(True, True), (False, False), (True, True)]


def test_what_is_too_long_ago_is_not_drawn() -> None:
    drawn = draw([0, 200, 300], today=300, on=330)
    assert len(drawn.marks) == 2
    assert drawn.days[0].label == f"{after(180).day} {after(180):%b}"


def test_an_interval_keeps_its_order_and_can_be_seen() -> None:
    span = charts.span(0.5, 0.75, 0.9)
    assert (span.low, span.middle, span.high) == (60, 90, 108)
    narrow = charts.span(0.5, 0.5, 0.5)
    assert narrow.high - narrow.low >= 2


@pytest.mark.parametrize(
    ("low", "mean", "high", "drawn"),
    [(-0.5, 0.0, 0.5, (30, 60, 90)), (0.1, 0.25, 0.5, (66, 75, 90)), (-1.4, -1.0, -0.6, (0, 0, 24))],
)
def test_a_difference_lies_on_its_side_of_none(
    low: float, mean: float, high: float, drawn: tuple[float, float, float]
) -> None:
    found = charts.shift(low, mean, high)
    assert (found.low, found.middle, found.high) == drawn
    assert (found.none, found.width) == (60, 120)
