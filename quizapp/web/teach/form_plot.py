"""Where the marks of a drawing of a form go: for each question how many were right and how well it tells people apart,
each with its interval. Plain numbers, which the template turns into SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quizapp.core.itemstats.intervals import Figure

WIDTH, LEFT, RIGHT, GAP, TOP, ROW, BELOW = 640, 32, 14, 56, 28, 20, 26
PANEL = (WIDTH - LEFT - RIGHT - GAP) / 2


@dataclass(frozen=True)
class Dot:
    """A figure with its interval, from `low` to `high`."""

    x: float
    low: float
    high: float


@dataclass(frozen=True)
class Line:
    """A question: its number and its two figures, None where there is none."""

    number: int
    y: float
    facility: Dot | None
    discrimination: Dot | None


@dataclass(frozen=True)
class Panel:
    """One scale: where its name and its ticks stand. `nought`: a tick to tell from the others, None without one."""

    name: str
    left: float
    right: float
    ticks: tuple[tuple[float, str], ...]
    nought: float | None


@dataclass(frozen=True)
class Plot:
    width: int
    height: int
    top: float
    bottom: float
    panels: tuple[Panel, ...]
    lines: tuple[Line, ...]


def draw(questions: Sequence[tuple[int, Figure, Figure | None]]) -> Plot:
    """`questions`: number, facility, discrimination."""
    bottom = TOP + ROW * len(questions)
    second = LEFT + PANEL + GAP

    def share(value: float) -> float:
        return round(LEFT + PANEL * value, 1)

    def r(value: float) -> float:
        return round(second + PANEL * (value + 1) / 2, 1)

    return Plot(
        WIDTH,
        bottom + BELOW,
        TOP,
        bottom,
        (
            Panel("Facility", LEFT, share(1), tuple((share(at / 4), f"{25 * at} %") for at in range(5)), None),
            Panel(
                "Discrimination",
                second,
                r(1),
                tuple((r(at), f"{at:g}".replace("-", "−")) for at in (-1, -0.5, 0, 0.5, 1)),
                r(0),
            ),
        ),
        tuple(
            Line(
                number,
                TOP + ROW * (place + 0.5),
                Dot(share(facility.value), share(facility.low), share(facility.high)),
                Dot(r(held.value), r(held.low), r(held.high)) if held is not None else None,
            )
            for place, (number, facility, held) in enumerate(questions)
        ),
    )
