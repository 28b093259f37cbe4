"""What the marks of an assignment come to: late days, the pass mark, standing among peers. Integers decide, never
rounded figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

DAY = dt.timedelta(days=1)
PEERS_NEEDED = 10
"""Below this many others nothing is said of how they did."""
COHEN_SHARE = 60
COHEN_PERCENTILE = 95


@dataclass(frozen=True, slots=True)
class Score:
    """`earned` of `possible` marks, and how many per cent are taken off because it came late."""

    earned: int
    possible: int
    off_percent: int = 0

    @property
    def hundredths(self) -> int:
        """What counts, in hundredths of a mark."""
        return self.earned * max(0, 100 - self.off_percent)

    @property
    def percent(self) -> float:
        """Of the possible marks, 0 to 100; 0 where nothing could be earned."""
        return self.hundredths / self.possible if self.possible else 0.0

    def passes(self, pass_percent: int) -> bool:
        """Whether it reaches the pass mark. Nothing is passed where nothing could be earned."""
        return self.possible > 0 and self.hundredths >= pass_percent * self.possible


def days_late(handed_in: dt.datetime, closes_at: dt.datetime) -> int:
    """Days late that have begun; 0 for what came in time."""
    return max(0, -((closes_at - handed_in) // DAY))


def cohen(percents: Sequence[float]) -> int | None:
    """The pass mark, in whole per cent, that takes the best as its measure: 60 % of what the learner at the 95th
    percentile reached (Cohen-Schotanus and van der Vleuten 2010, Med Teach 32:154, who also correct for guessing;
    without that correction, as Taylor 2011, Med Teach 33:e678, proposes). None below PEERS_NEEDED learners."""
    if len(percents) < PEERS_NEEDED:
        return None
    place = -(-len(percents) * COHEN_PERCENTILE // 100) - 1
    return round(sorted(percents)[place] * COHEN_SHARE / 100)


@dataclass(frozen=True, slots=True)
class Peers:
    """How the others did, in per cent: the middle half lies between `low` and `high`. `n` counts them."""

    n: int
    low: int
    middle: int
    high: int


def among_peers(others: Sequence[float]) -> Peers | None:
    """Quartiles by nearest rank of everybody else; None while they are so few that one of them could be made out."""
    if len(others) < PEERS_NEEDED:
        return None
    ordered = sorted(others)

    def at(percent: int) -> int:
        return round(ordered[-(-len(ordered) * percent // 100) - 1])

    return Peers(len(ordered), at(25), at(50), at(75))
