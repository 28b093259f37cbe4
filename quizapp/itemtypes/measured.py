"""Numbers with a unit, typed the way people type them: what numeric and parameterised questions share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from quizapp.core.grading import NotGradable
from quizapp.core.wording import tidy
from quizapp.itemtypes import Json, Problem
from quizapp.itemtypes.fields import Fields, repeated

LONGEST = 40
"""Characters of a typed number with its unit."""
MAGNITUDE = 15
"""Powers of ten either way within which an answer can be meant."""
RIGHT, OTHER = "right", "other"

Amount = Annotated[Decimal, Field(max_digits=24, decimal_places=MAGNITUDE)]
"""A number of an author: bounded, so that arithmetic with it can neither overflow nor round."""
Unit = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20, pattern=r"^[^0-9+\-.,]")]


class OtherUnit(Fields):
    """A unit that is understood too: number × factor = number in the unit of the answer."""

    unit: Unit
    factor: Amount = Field(gt=0)


def check_units(content: Json) -> list[Problem]:
    """Problems of “unit” and “units”."""
    problems = []
    if content["units"] and content["unit"] is None:
        problems.append(Problem(("units",), "no-unit", "Other units need the unit of the answer: fill in “unit”."))
    units = [_unit_name(unit) for unit in [content["unit"] or "", *(other["unit"] for other in content["units"])]]
    return problems + [
        Problem(("units",), "repeated-unit", f"The unit “{unit}” stands twice.") for unit in repeated(units)
    ]


def parse(content: Json, sent: Sequence[str]) -> Json | NotGradable:
    """One typed number: `text` as typed, `number` as read, and the declared `unit` that was meant."""
    text = tidy(sent[0][: 2 * LONGEST]) if len(sent) == 1 else ""
    if not text:
        return NotGradable("Type a number first." if len(sent) < 2 else "The number arrived twice.", ("number",))
    if len(text) > LONGEST:
        return NotGradable(f"A number with its unit has at most {LONGEST} characters.", ("number",))
    found = _SHAPE.fullmatch(text.translate(_MINUS))
    number = (
        _number(found["sign"], found["digits"].strip(), found["power"]) if found else "Type a number, such as 12.5."
    )
    if isinstance(number, str):
        return NotGradable(f"“{text}” cannot be read as a number. {number}", ("number",), {"text": text})
    unit = _known_unit(content, found["unit"]) if found else None
    if unit is None:
        units = " or ".join(unit for unit in _factors(content) if unit)
        hint = f"Use {units}." if units else "Type the number alone."
        return NotGradable(f"The unit of “{text}” is not known to this question. {hint}", ("number",), {"text": text})
    return {"text": text, "number": format(number, "f"), "unit": unit}


def show(content: Json, answer: Json | None) -> Json:
    """What a face needs: the unit, other units, and what was typed."""
    return {
        "unit": content["unit"],
        "units": sorted(other["unit"] for other in content["units"]),
        "typed": answer["text"] if answer else "",
    }


def judge(content: Json, answer: Json) -> str:
    """The class of an answer: "right", "wrong:<id>" for a recognised wrong value (the nearest), or "other".

    Reads `value`, `tolerance` and `wrong` of the content, and its units.
    """
    factor = _factors(content).get(answer.get("unit", ""))
    if "number" not in answer or factor is None:
        return OTHER
    number, tolerance = Decimal(answer["number"]) * factor, Decimal(content["tolerance"])
    if abs(number - Decimal(content["value"])) <= tolerance:
        return RIGHT
    off, name = min(
        ((abs(number - Decimal(wrong["value"])), wrong["id"]) for wrong in content["wrong"]), default=(None, "")
    )
    return f"wrong:{name}" if off is not None and off <= tolerance else OTHER


def explain(content: Json, answer: Json | None) -> Json:
    """The value with its limits, what was understood of the answer, and the reasons."""
    judged = judge(content, answer) if answer else None
    value, tolerance = Decimal(content["value"]), Decimal(content["tolerance"])
    return {
        "value": printed(value),
        "low": printed(value - tolerance) if tolerance else None,
        "high": printed(value + tolerance) if tolerance else None,
        "unit": content["unit"],
        "given": restated(answer) if answer else None,
        "right": judged == RIGHT,
        "why": content["why"],
        "given_why": next((one["why"] for one in content["wrong"] if judged == f"wrong:{one['id']}"), None),
        "class": RIGHT,
        "given_class": judged,
    }


def printed(number: Decimal) -> str:
    """A number as it stands in a text, with a true minus sign."""
    return format(number, "f").replace("-", "−")


_MINUS = str.maketrans(dict.fromkeys("−–‒﹣－", "-"))
_SHAPE = re.compile(
    r"(?P<sign>[+-]?) ?(?P<digits>[0-9.,][0-9., '’]*)(?:[eE](?P<power>[+-]?[0-9]{1,4}))? ?"
    r"(?P<unit>[^0-9+\-., '’].{0,24})?"
)
_GROUPED = re.compile(
    r"[0-9]{1,3}(?:[ '’][0-9]{3})+(?:[.,][0-9]+)?"
    r"|[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[0-9]{1,3}(?:,[0-9]{3}){2,}"
    r"|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3}){2,}"
)
_PLAIN = re.compile(r"[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+")
_EITHER_WAY = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")


def _number(sign: str, digits: str, power: str | None) -> Decimal | str:
    """The number, or a sentence on why there is none."""
    if _EITHER_WAY.fullmatch(digits):
        return f"It has two readings: type {digits.replace(',', '')} or {digits.replace(',', '.')}."
    if _GROUPED.fullmatch(digits):
        mark = max(digits.rfind("."), digits.rfind(","))
        alone = mark >= 0 and digits.count(digits[mark]) == 1
        whole, part = (digits[:mark], digits[mark + 1 :]) if alone else (digits, "")
        plain = re.sub(r"[^0-9]", "", whole) + "." + (part or "0")
    elif _PLAIN.fullmatch(digits):
        plain = digits.replace(",", ".")
    else:
        return "Type a number, such as 12.5."
    number = Decimal(f"{sign}{plain}e{power or 0}")
    if number and abs(number.adjusted()) > MAGNITUDE:
        return "It is too large or too small to be meant."
    return number


def _factors(content: Json) -> dict[str, Decimal]:
    """Every unit that is understood with its factor; the unit of the answer first."""
    units = {other["unit"]: Decimal(other["factor"]) for other in content["units"]}
    return {content["unit"] or "": Decimal(1)} | units


def _unit_name(unit: str) -> str:
    return unit.replace("μ", "µ").replace("mcg", "µg").replace(" ", "").rstrip(".")


def _known_unit(content: Json, typed: str | None) -> str | None:
    """The declared unit that was typed; the unit of the answer if none was; None if it is unknown or two are meant."""
    if typed is None:
        return content["unit"] or ""
    name = _unit_name(typed)
    units = {_unit_name(unit): unit for unit in _factors(content) if unit}
    if name in units:
        return units[name]
    alike = [unit for known, unit in units.items() if known.casefold().rstrip("s") == name.casefold().rstrip("s")]
    return alike[0] if len(alike) == 1 else None


def restated(answer: Json) -> str:
    """What was understood, so that a misread number shows."""
    if "number" not in answer:
        return str(answer["text"])
    return f"{printed(Decimal(answer['number']))} {answer['unit']}".strip()
