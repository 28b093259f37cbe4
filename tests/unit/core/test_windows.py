"""Windows by the wall clock, at both changes of the clocks, and how far they move for a person with more time."""

from __future__ import annotations

import datetime as dt

import pytest

from quizapp.core.windows import (
    USUAL,
    Allowance,
    Window,
    comes_twice,
    deadline,
    is_skipped,
    moment,
    wall_time,
)

VIENNA = "Europe/Vienna"
SYDNEY = "Australia/Sydney"


def wall(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("at", "zone", "first", "second"),
    [
        ("2026-03-27 18:00", VIENNA, "2026-03-27 17:00", "2026-03-27 17:00"),
        ("2026-03-30 18:00", VIENNA, "2026-03-30 16:00", "2026-03-30 16:00"),
        ("2026-03-29 02:30", VIENNA, "2026-03-29 01:30", "2026-03-29 01:30"),  # skipped
        ("2026-10-25 02:30", VIENNA, "2026-10-25 00:30", "2026-10-25 01:30"),  # comes twice
        ("2026-04-05 02:30", SYDNEY, "2026-04-04 15:30", "2026-04-04 16:30"),  # comes twice, southern autumn
        ("2026-03-29 02:30", "UTC", "2026-03-29 02:30", "2026-03-29 02:30"),
    ],
)
def test_a_wall_time_is_a_moment_also_where_the_clock_is_changed(at: str, zone: str, first: str, second: str) -> None:
    assert moment(wall(at), zone) == utc(first)
    assert moment(wall(at), zone, second=True) == utc(second)


def test_times_that_do_not_exist_or_exist_twice_are_known() -> None:
    assert is_skipped(wall("2026-03-29 02:30"), VIENNA)
    assert not is_skipped(wall("2026-03-29 03:00"), VIENNA)
    assert not is_skipped(wall("2026-10-25 02:30"), VIENNA)
    assert comes_twice(wall("2026-10-25 02:30"), VIENNA)
    assert not comes_twice(wall("2026-10-25 03:00"), VIENNA)
    assert not comes_twice(wall("2026-03-29 02:30"), VIENNA)


def test_a_window_over_the_change_keeps_its_hours_on_the_wall() -> None:
    """Friday noon to Monday noon is an hour shorter in spring and an hour longer in autumn; the wall says the same."""
    spring = Window(wall("2026-03-27 12:00"), wall("2026-03-30 12:00"), VIENNA)
    autumn = Window(wall("2026-10-23 12:00"), wall("2026-10-26 12:00"), VIENNA)
    assert spring.closes_at() - spring.opens_at() == dt.timedelta(hours=71)
    assert autumn.closes_at() - autumn.opens_at() == dt.timedelta(hours=73)
    for window in (spring, autumn):
        assert wall_time(window.closes_at(), VIENNA) == window.closes


def test_of_an_hour_that_comes_twice_a_window_takes_both() -> None:
    window = Window(wall("2026-10-25 02:15"), wall("2026-10-25 02:45"), VIENNA)
    assert window.closes_at() - window.opens_at() == dt.timedelta(minutes=90)


def test_more_time_stretches_a_window_on_the_wall() -> None:
    """Nobody with more time loses an hour because the clocks go forward in it."""
    night = Window(wall("2026-03-28 23:00"), wall("2026-03-29 03:00"), VIENNA)
    stretched = night.stretched(Allowance(150, 20))
    assert stretched.opens == night.opens
    assert stretched.closes == wall("2026-03-29 05:20")
    assert stretched.closes_at() == utc("2026-03-29 03:20")
    assert night.stretched(USUAL) is night


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_more_time_is_never_less_than_the_usual(day: str) -> None:
    for hour in range(5):
        window = Window(wall(f"{day} 0{hour}:30"), wall(f"{day} 05:30"), VIENNA)
        for percent in (100, 110, 125, 150, 200, 300):
            assert window.stretched(Allowance(percent)).closes_at() >= window.closes_at()


def test_time_is_rounded_up_to_a_minute() -> None:
    assert Allowance(133).of(dt.timedelta(minutes=10)) == dt.timedelta(minutes=14)
    assert Allowance(150, 5).of(dt.timedelta(minutes=60)) == dt.timedelta(minutes=95)
    assert USUAL.of(dt.timedelta(minutes=60)) == dt.timedelta(minutes=60)
    assert not USUAL.more
    assert Allowance(100, 5).more


def test_a_deadline_is_the_time_allowed_or_the_end_of_the_window() -> None:
    window = Window(wall("2026-11-23 09:00"), wall("2026-11-23 12:00"), VIENNA)
    hour = dt.timedelta(hours=1)
    longer = Allowance(150, 10)
    assert deadline(window, USUAL, utc("2026-11-23 08:30"), limit=hour) == utc("2026-11-23 09:30")
    assert deadline(window, USUAL, utc("2026-11-23 10:30"), limit=hour) == utc("2026-11-23 11:00")
    assert deadline(window, longer, utc("2026-11-23 10:30"), limit=hour) == utc("2026-11-23 12:10")
    assert deadline(window, longer, utc("2026-11-23 12:00"), limit=hour) == utc("2026-11-23 12:40")
    assert deadline(window, USUAL, utc("2026-11-23 10:30")) == utc("2026-11-23 11:00")


def test_a_limit_is_elapsed_time_over_a_change_of_the_clocks() -> None:
    """Two hours are two hours also in the night in which the wall says three."""
    window = Window(wall("2026-03-28 20:00"), wall("2026-03-29 08:00"), VIENNA)
    begun = utc("2026-03-29 00:30")
    assert deadline(window, USUAL, begun, limit=dt.timedelta(hours=2)) - begun == dt.timedelta(hours=2)


def test_later_by_days_of_the_calendar() -> None:
    window = Window(wall("2026-03-20 18:00"), wall("2026-03-27 18:00"), VIENNA).later(3)
    assert wall_time(window.closes_at(), VIENNA) == wall("2026-03-30 18:00")
