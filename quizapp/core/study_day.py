"""The learner's day."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

DAY_STARTS = dt.time(4)
"""A study day runs from four in the morning, so that a late evening belongs to the day before."""


def study_day(at: dt.datetime, zone: str) -> dt.date:
    """The learner's day to which the moment `at` belongs, in the IANA zone in force: days end at 04:00 local time."""
    local = at.astimezone(ZoneInfo(zone))
    return local.date() if local.time() >= DAY_STARTS else local.date() - dt.timedelta(days=1)
