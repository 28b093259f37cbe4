"""How long somebody was busy: what one sign of life adds to the time, so that no clock, tab or repetition adds more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

BEAT_SECONDS = 30
"""A page that is looked at tells so this often, and stops a minute after the last key, touch or scroll."""
LONGEST_GAP = dt.timedelta(seconds=65)
"""Between two signs of life: one beat may get lost on its way. After a longer silence a new stretch begins."""
UNMEASURED = dt.timedelta(minutes=10)
"""Without a script the time between two pages is all that is known; a longer one counts as this much."""


def gained(last: dt.datetime | None, now: dt.datetime, *, measured: bool) -> int:
    """Seconds that a sign of life adds. `last`: the one before it, of whichever tab; None for the first. `measured`:
    whether a script tells how long the page is looked at, else pages alone do.

    A clock that was set back adds nothing.
    """
    if last is None or now <= last:
        return 0
    gap = now - last
    if measured:
        return int(gap.total_seconds()) if gap <= LONGEST_GAP else 0
    return int(min(gap, UNMEASURED).total_seconds())


def spent(began: dt.datetime, moments: Iterable[dt.datetime]) -> int:
    """Seconds between the beginning of a test and its answers, each pause counted up to UNMEASURED."""
    total, last = 0, began
    for moment in sorted(moments):
        total += gained(last, moment, measured=False)
        last = max(last, moment)
    return total
