"""Where the lines of a drawing of options by ability go: plain numbers, which the template turns into SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quizapp.core.itemstats.practice import Band

WIDTH, LEFT, RIGHT, TOP, PLOT, BELOW = 640, 48, 36, 12, 220, 40
LABEL_ROOM = 16
"""Between the names of two lines at their right ends."""
SHAPES = ("solid", "long", "short", "dots", "mixed")
"""Kinds of line, so that no line is told by its colour."""


@dataclass(frozen=True)
class Curve:
    """One option: its letter, whether it is the key, its line and dots, where its name stands."""

    letter: str
    key: bool
    shape: str
    path: str
    dots: tuple[tuple[float, float], ...]
    label_y: float


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    left: int
    right: float
    bottom: float
    rows: tuple[tuple[float, str], ...]
    columns: tuple[tuple[float, str], ...]
    curves: tuple[Curve, ...]


def draw(bands: Sequence[Band], options: Sequence[tuple[str, str, bool]]) -> Drawing | None:
    """The shares of options over the bands. `options`: class, letter, whether it is the key. None for fewer than two
    bands: there is nothing to see in a dot."""
    if len(bands) < 2:
        return None
    bottom = TOP + PLOT
    across = [LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / len(bands) for place in range(len(bands))]

    def y(share: float) -> float:
        return round(bottom - PLOT * share, 1)

    ends = _spread([y(bands[-1].chose.get(name, 0.0)) for name, _, _ in options])
    wrong = 0
    curves = []
    for (name, letter, key), label_y in zip(options, ends, strict=True):
        dots = tuple((round(x, 1), y(band.chose.get(name, 0.0))) for x, band in zip(across, bands, strict=True))
        path = "M" + "L".join(f"{x:g} {at:g}" for x, at in dots)
        curves.append(Curve(letter, key, "key" if key else SHAPES[wrong % len(SHAPES)], path, dots, label_y))
        wrong += not key
    return Drawing(
        WIDTH,
        bottom + BELOW,
        LEFT,
        WIDTH - RIGHT,
        bottom,
        tuple((y(share), f"{round(100 * share)} %") for share in (0, 0.25, 0.5, 0.75, 1)),
        tuple((round(x, 1), f"n {band.n}") for x, band in zip(across, bands, strict=True)),
        tuple(curves),
    )


def _spread(wanted: Sequence[float]) -> list[float]:
    """Heights as near to those wanted as room for each name allows."""
    places = sorted(range(len(wanted)), key=lambda place: wanted[place])
    found = [0.0] * len(wanted)
    last = TOP - LABEL_ROOM / 2
    for rank, place in enumerate(places):
        after = (len(places) - 1 - rank) * LABEL_ROOM
        last = max(last + LABEL_ROOM, min(wanted[place], TOP + PLOT + LABEL_ROOM / 2 - after))
        found[place] = round(last, 1)
    return found
