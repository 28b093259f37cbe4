"""The only reader of the wall clock. Everybody else is given `now`."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

DAY_STARTS = dt.time(4)
"""A learner's study day runs from four in the morning, so that a late evening belongs to the day before."""


def now() -> dt.datetime:
    """The present moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def study_day(at: dt.datetime, zone: str) -> dt.date:
    """The learner's day that the moment `at` belongs to in the zone in force: days end at 04:00 local time."""
    local = at.astimezone(ZoneInfo(zone))
    return local.date() if local.time() >= DAY_STARTS else local.date() - dt.timedelta(days=1)
