"""When something opens and closes by the clock on the wall, and how far that moves for a person who is given more time.

A window is kept as wall time and zone, because “Friday at six” stays Friday at six when the clocks are changed between
now and then. Where the clock is put back, an hour comes twice: a window opens at the first and closes at the second. A
time that is skipped counts as if the clock had not yet been put forward. Both favour the learner or cost nobody more
than the change itself.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """The time of one person: `time_percent` of the usual time (100 or more), and `break_minutes` on top of it."""

    time_percent: int = 100
    break_minutes: int = 0

    @property
    def more(self) -> bool:
        """Whether it is more than everybody has."""
        return self.time_percent > 100 or self.break_minutes > 0

    def of(self, usual: dt.timedelta) -> dt.timedelta:
        """The time this person has where others have `usual`, in whole minutes, rounded up."""
        longer = usual * self.time_percent / 100 + dt.timedelta(minutes=self.break_minutes)
        return -(-longer // MINUTE) * MINUTE


USUAL = Allowance()


@dataclass(frozen=True, slots=True)
class Window:
    """`opens` and `closes`: wall times without a zone, of which `zone` (IANA name) is the wall."""

    opens: dt.datetime
    closes: dt.datetime
    zone: str

    def opens_at(self) -> dt.datetime:
        """The moment from which it is open, in UTC."""
        return moment(self.opens, self.zone)

    def closes_at(self) -> dt.datetime:
        """The moment from which it is closed, in UTC."""
        return moment(self.closes, self.zone, second=True)

    def stretched(self, allowance: Allowance) -> Window:
        """The window of a person with more time. It opens when it opens for all; the rest is arithmetic on the wall
        clock, so that a change of the clocks inside it takes nothing away."""
        if not allowance.more:
            return self
        return Window(self.opens, self.opens + allowance.of(self.closes - self.opens), self.zone)

    def later(self, days: int) -> Window:
        """Closing so many days later by the calendar."""
        return Window(self.opens, self.closes + dt.timedelta(days=days), self.zone)


def moment(wall: dt.datetime, zone: str, *, second: bool = False) -> dt.datetime:
    """The moment, in UTC, at which the wall of `zone` shows this; of an hour that comes twice the first or `second`."""
    place = ZoneInfo(zone)
    earlier, later = (wall.replace(tzinfo=place, fold=fold) for fold in (0, 1))
    repeated = (earlier.utcoffset() or dt.timedelta()) > (later.utcoffset() or dt.timedelta())
    return (later if second and repeated else earlier).astimezone(dt.UTC)


def wall_time(at: dt.datetime, zone: str) -> dt.datetime:
    """What the wall of `zone` shows at a moment."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def is_skipped(wall: dt.datetime, zone: str) -> bool:
    """Whether the wall of `zone` never shows this, because the clock is put forward over it."""
    return wall_time(moment(wall, zone), zone) != wall


def comes_twice(wall: dt.datetime, zone: str) -> bool:
    """Whether the wall of `zone` shows this twice, because the clock is put back over it."""
    return moment(wall, zone) != moment(wall, zone, second=True)


def deadline(
    window: Window, allowance: Allowance, now: dt.datetime, *, limit: dt.timedelta | None = None
) -> dt.datetime:
    """When what is begun now ends for this person: with the time allowed, or with the window if that is sooner.

    `limit`: what everybody has from the start, in elapsed time; None for as long as the window is open.
    """
    closes = window.stretched(allowance).closes_at()
    return closes if limit is None else min(closes, now + allowance.of(limit))
