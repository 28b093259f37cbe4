"""Where the lines and marks of a drawing go: plain numbers, which the templates turn into SVG."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from quizapp.core.credit.timing import Spread
from quizapp.core.grading import Rating
from quizapp.core.memory import Evidence, Freshness
from quizapp.core.progress import Curve, Point

WIDE, NARROW = 672, 358
_LEFT, _RIGHT, _ROW, _PLOT, _BELOW = 44, 20, 16, 180, 30
_MARK = 14
"""What a mark takes up; where answers stand closer they go into further rows."""
_MOST_ROWS = 4
_LABEL_ROOM = 58
"""Room for a date below the axis."""
_STEPS = (1, 2, 7, 14, 30, 61, 91, 182, 365, 730)
_HALF_IS_ENOUGH = 0.55
_LONGEST_PAST = 120
"""Days of the past that are drawn; what lies before stands in the table."""


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Mark:
    """An answer above the curve; `fresh` if the question was new or counted again."""

    x: float
    y: float
    right: bool
    fresh: bool


@dataclass(frozen=True)
class End:
    """A day to look at: a line from top to bottom with its name below, and the chance there in per cent, "" where
    there is no room for it."""

    x: float
    y: float
    label: str
    label_y: float
    chance: str


@dataclass(frozen=True)
class Forgetting:
    """The curve of forgetting; lengths in the units of a drawing `width` by `height`."""

    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float
    secure_y: float
    past: tuple[str, ...]
    ahead: str
    rows: tuple[Tick, ...]
    days: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    today: End
    then: End


@dataclass(frozen=True)
class Span:
    """An interval on a scale from 0 to 1, in the units of a drawing `width` wide."""

    width: float
    low: float
    high: float
    middle: float


def span(low: float, middle: float, high: float, width: float = 120) -> Span:
    """Where an interval lies; it is never thinner than can be seen."""
    return Span(width, _even(low * width), _even(max(high * width, low * width + 2)), _even(middle * width))


@dataclass(frozen=True)
class Shift:
    """A difference with its interval on a scale from −1 to 1; `none`: where there is no difference."""

    width: float
    none: float
    low: float
    high: float
    middle: float


def shift(low: float, middle: float, high: float, width: float = 120) -> Shift:
    """Where a difference lies. What reaches beyond the scale ends with it."""

    def at(value: float) -> float:
        return _even(width * (min(max(value, -1.0), 1.0) + 1) / 2)

    return Shift(width, at(0), at(low), max(at(high), at(low) + 2), at(middle))


def forgetting(
    curve: Curve, answers: Sequence[Evidence], *, today: dt.date, on: dt.date, named: str, secure: float, width: int
) -> Forgetting:
    """Lay the curve out over `width`. `named`: what the day `on` is called; `secure`: the chance of that claim."""
    first = max(curve.start, today - dt.timedelta(days=_LONGEST_PAST))
    shown = [one for one in answers if one.day >= first]
    left, right = float(_LEFT), float(width - _RIGHT)
    skipped = (first - curve.start).days
    length = max((max(on, today) - first).days, 1)
    # Below one half there is often nothing to see; the labels say where the scale begins.
    floor = 0.5 if min(point.chance for part in (*curve.past, curve.ahead) for point in part) >= _HALF_IS_ENOUGH else 0

    def x(day: float) -> float:
        return _even(left + (right - left) * (day - skipped) / length)

    rows = _rows([x((one.day - curve.start).days) for one in shown])
    top = _ROW * (max(rows, default=0) + 1) + 10.0
    bottom = top + _PLOT

    def y(chance: float) -> float:
        return _even(bottom - _PLOT * (chance - floor) / (1 - floor))

    def path(points: Sequence[Point]) -> str:
        drawn = [point for point in points if point.day >= skipped]
        return "M" + "L".join(f"{x(point.day):g} {y(point.chance):g}" for point in drawn) if len(drawn) > 1 else ""

    now, then = curve.ahead[0], curve.ahead[-1]
    close = x(then.day) - x(now.day) < 2 * _LABEL_ROOM
    below = bottom + 18
    return Forgetting(
        width=width,
        height=int(bottom + _BELOW + (16 if close else 0)),
        left=left,
        right=right,
        top=top,
        bottom=bottom,
        secure_y=y(secure),
        past=tuple(filter(None, map(path, curve.past))),
        ahead=path(curve.ahead),
        rows=tuple(Tick(y(share), f"{round(100 * share)} %") for share in ((0.5, 1) if floor else (0, 0.5, 1))),
        days=_ticks(first, length, (x(now.day), x(then.day)), left, right),
        marks=tuple(
            Mark(
                x((one.day - curve.start).days),
                _even(top - _ROW * (row + 0.75)),
                one.rating is Rating.GOOD,
                one.freshness is not Freshness.REPEAT,
            )
            for one, row in zip(shown, rows, strict=True)
        ),
        today=End(x(now.day), y(now.chance), "today", below, "" if close else _percent(now.chance)),
        then=End(x(then.day), y(then.chance), named, below + (16 if close else 0), _percent(then.chance)),
    )


def _ticks(first: dt.date, length: int, taken: Sequence[float], left: float, right: float) -> tuple[Tick, ...]:
    """Dates below the axis, as many as there is room for beside the named days."""
    most = max(int((right - left) / (1.4 * _LABEL_ROOM)), 1)
    step = next((step for step in _STEPS if length / step <= most), _STEPS[-1])
    ticks = []
    for day in range(0, length + 1, step):
        at = _even(left + (right - left) * day / length)
        if all(abs(at - other) >= _LABEL_ROOM for other in taken):
            ticks.append(Tick(at, short_day(first + dt.timedelta(days=day))))
    return tuple(ticks)


def _rows(places: Sequence[float]) -> list[int]:
    """The row of each mark, from 0 upwards: the lowest in which it touches no other, else the one with most room."""
    taken: list[float] = []
    rows = []
    for at in places:
        free = [row for row, last in enumerate(taken) if at - last >= _MARK]
        if free:
            row = free[0]
        elif len(taken) < _MOST_ROWS:
            row = len(taken)
            taken.append(at)
        else:
            row = taken.index(min(taken))
        taken[row] = at
        rows.append(row)
    return rows


def short_day(day: dt.date) -> str:
    """“14 Mar”."""
    return f"{day.day} {day:%b}"


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"


def _even(length: float) -> float:
    return round(length, 1)


@dataclass(frozen=True)
class Bar:
    """A column with its number above and its label below."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    n: int
    label: str


@dataclass(frozen=True)
class Busy:
    """How long people were busy; `designated_x`: where the designated minutes stand."""

    width: int
    height: int
    bottom: float
    bars: tuple[Bar, ...]
    designated_x: float
    designated_label: str


def busy(times: Spread, width: int = WIDE) -> Busy:
    """Lay the distribution of busy minutes out over `width`, a column for each quarter of an hour."""
    left, top, bottom = 4.0, 40.0, 40.0 + _PLOT * 0.7
    each = (width - 2 * left) / len(times.bins)
    most = max(one.n for one in times.bins) or 1
    bars = tuple(
        Bar(
            x=_even(left + each * place + 2),
            y=_even(bottom - (bottom - top) * one.n / most),
            width=_even(each - 4),
            height=_even((bottom - top) * one.n / most),
            middle=_even(left + each * (place + 0.5)),
            n=one.n,
            label=f"{one.low}–{one.high}" if one.high is not None else f"{one.low} +",
        )
        for place, one in enumerate(times.bins)
    )
    quarter = times.bins[0].high or 1
    at = min(left + each * times.designated / quarter, width - left)
    return Busy(width, int(bottom + _BELOW), bottom, bars, _even(at), f"{times.designated} min designated")
