"""Amounts of credit, in whole quarters: a fraction of a quarter cannot be written, added up or stored by mistake."""

from __future__ import annotations

import re
from decimal import Decimal

QUARTER_MINUTES = 15
"""An hour of taking part is one credit, counted in quarters: the rule of the AMA PRA system."""
MOST_QUARTERS = 4_000
"""A thousand credits: more than any activity designates, so a larger number is a slip of the keyboard."""

CREDITS = "credit(s)"
"""A unit where none is named."""

_AMOUNT = re.compile(r"(-?)([0-9]{1,6})(?:[.,]([0-9]{1,6}))?")


class NoAmount(Exception):
    """What was written is not an amount of credit; the sentence says why."""


def read_quarters(text: str, step: int = 1) -> int:
    """The quarters that “1.25” (or “1,25”) means: more than none, a multiple of `step` quarters. Raises NoAmount."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise NoAmount("Write the credits as a number, for example 1.25.")
    quarters = Decimal(f"{found[1]}{found[2]}.{found[3] or 0}") * 4
    if quarters <= 0:
        raise NoAmount("Write an amount that is more than no credit.")
    if quarters % step:
        raise NoAmount(f"Credit comes in steps of {shown(step)}; {text.strip()} is not one of them.")
    if quarters > MOST_QUARTERS:
        raise NoAmount(f"{text.strip()} credits are more than any activity can give.")
    return int(quarters)


def shown(quarters: int) -> str:
    """An amount as it is printed: “1.25”, “1.5”, “2”."""
    whole, rest = divmod(quarters, 4)
    return f"{whole}{('', '.25', '.5', '.75')[rest]}"


def unit_of(quarters: int, unit: str) -> str:
    """The unit of so many quarters. The “(s)” of “sample credit(s)” stands for any amount but one credit."""
    return unit.replace("(s)", "" if quarters == 4 else "s")


def counted(quarters: int, unit: str) -> str:
    """“1 sample credit”, “1.5 sample credits”."""
    return f"{shown(quarters)} {unit_of(quarters, unit)}"


def named(unit: str) -> str:
    """A unit where no amount stands before it, without the stars of italics: “sample credits”."""
    return unit.replace("(s)", "s").replace("*", "")


def forms_of(unit: str) -> tuple[str, ...]:
    """How a unit may be written: as it is, for one, for more."""
    return unit, unit.replace("(s)", ""), unit.replace("(s)", "s")


def quarters_of(minutes: int) -> int:
    """The most quarters that so many minutes of taking part can carry; a quarter that was begun does not count."""
    return max(0, minutes) // QUARTER_MINUTES
