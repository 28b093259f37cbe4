"""A learner's day ends at four in the morning, where the learner is."""

import datetime as dt

import pytest

from quizapp.core.study_day import study_day


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-11-23T03:59+00:00", "UTC", "2026-11-22"),
        ("2026-11-23T04:00+00:00", "UTC", "2026-11-23"),
        ("2026-11-23T03:59+00:00", "Europe/Vienna", "2026-11-23"),
        ("2026-11-23T06:30+00:00", "America/New_York", "2026-11-22"),
        # The night on which the clocks go forward has no 02:30; the day still turns at four.
        ("2026-03-29T01:59+00:00", "Europe/Vienna", "2026-03-28"),
        ("2026-03-29T02:00+00:00", "Europe/Vienna", "2026-03-29"),
    ],
)
def test_the_day_turns_at_four_local_time(moment: str, zone: str, day: str) -> None:
    assert study_day(dt.datetime.fromisoformat(moment), zone) == dt.date.fromisoformat(day)
