"""Values of a parameterised question: what may be drawn, what is worked out from it, and how it stands in a text.

A drawn set of values is a dict of texts, name → "12.5" or a word; it is stored with the presentation and with the
answer. Everything else follows from it and the content, so that marking needs no more than the two.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from quizapp.core import formula
from quizapp.core.formula import Fault
from quizapp.itemtypes import Json
from quizapp.itemtypes.measured import printed

ANSWER = "answer"
"""The name under which reasons and constraints speak of the right number."""
TRIES = 400
"""Draws before a question gives up. With one set in twenty that fits, the least a check allows, one presentation in 800
million would come to that."""
PLACE = re.compile(r"\{([^{}\n]*)\}")
IN_FORMULA = re.compile(r"\$[^$\n]*\$")
Path = tuple[str | int, ...]


class Stuck(ValueError):
    """A formula of the question cannot be computed with these values, or not at all while it is being written; `path`
    leads to it inside the item."""

    def __init__(self, path: Path, fault: Fault) -> None:
        super().__init__(str(fault))
        self.path = path


class Worked(Mapping[str, Fraction]):
    """The numbers of one set of values: drawn ones, and those worked out, each only once it is asked for.

    Asked lazily, so that a constraint can rule out a divisor of zero before anything is divided by it. Raises Stuck.
    """

    def __init__(self, content: Json, drawn: Mapping[str, str]) -> None:
        self._content = content
        self._formulas = {each["name"]: (("worked", at), each) for at, each in enumerate(content["worked"])}
        self._known = {name: Fraction(text) for name, text in drawn.items() if is_number(text)}
        self._begun: set[str] = set()

    def __getitem__(self, name: str) -> Fraction:
        if name not in self._known:
            path, each = self._key() if name == ANSWER else self._formulas.get(name, ((), None))
            if each is None or name in self._begun:
                raise Stuck(path, Fault(1, f"“{name}” cannot be worked out."))
            self._begun.add(name)
            self._known[name] = self.of((*path, "formula"), each["formula"], each["decimals"])
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._formulas, ANSWER: None})

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _key(self) -> tuple[Path, Json | None]:
        """Where the formula of the answer stands, and the formula. Looked for late: what is shown before the answer
        must not touch it."""
        decimals = self._content["decimals"]
        if self._content["formula"] is not None:
            return (), {"formula": self._content["formula"], "decimals": decimals}
        keys = [(place, option) for place, option in enumerate(self._content["options"]) if option["key"]]
        for place, option in keys[:1]:
            return ("options", place), {"formula": option["formula"], "decimals": decimals}
        return (), None

    def of(self, path: Path, text: str, decimals: int | None) -> Fraction:
        """What a formula comes to, rounded to decimal places if these are given."""
        try:
            number = formula.read(text).number(self)
        except Fault as fault:
            raise Stuck(path, fault) from fault
        return number if decimals is None else formula.rounded(number, decimals)

    def fits(self, content: Json) -> bool:
        """Whether every constraint is met, asked in their order."""
        for place, text in enumerate(content["constraints"]):
            try:
                if not formula.read(text).holds(self):
                    return False
            except Fault as fault:
                raise Stuck(("constraints", place), fault) from fault
        return True


def is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d{1,13}(?:\.\d{1,6})?", text) is not None


# --- drawing ----------------------------------------------------------------------------------------------------------


def count_of(parameter: Json) -> int:
    """How many values a parameter may have; none while it is half written."""
    if parameter["choices"]:
        return len(parameter["choices"])
    if parameter["low"] is None or parameter["high"] is None:
        return 0
    return int((Decimal(parameter["high"]) - Decimal(parameter["low"])) // Decimal(parameter["step"])) + 1


def value_at(parameter: Json, place: int) -> str:
    """The value at a place of the list or range, counted from 0."""
    if parameter["choices"]:
        return str(parameter["choices"][place])
    number = Decimal(parameter["low"]) + place * Decimal(parameter["step"])
    return format(number.normalize(), "f")


def space(content: Json) -> int:
    """How many sets of values there are before any constraint."""
    return prod(count_of(one) for one in _leading(content))


def every(content: Json) -> Iterator[dict[str, str]]:
    """All sets of values, constraints aside."""
    leading = _leading(content)
    for places in product(*(range(count_of(one)) for one in leading)):
        yield _chosen(content, {one["name"]: place for one, place in zip(leading, places, strict=True)})


def draw(content: Json, rng: random.Random) -> dict[str, str]:
    """One set of values, constraints aside: the same for any order in which the parameters are written."""
    return _chosen(content, {one["name"]: rng.randrange(count_of(one)) for one in _leading(content)})


def _leading(content: Json) -> list[Json]:
    leading = (one for one in content["parameters"] if one["follows"] is None and count_of(one) > 0)
    return sorted(leading, key=lambda one: str(one["name"]))


def _chosen(content: Json, places: Mapping[str, int]) -> dict[str, str]:
    found = ((one, places.get(one["follows"] or one["name"])) for one in content["parameters"])
    return {one["name"]: value_at(one, place) for one, place in found if place is not None and place < count_of(one)}


# --- the question that comes of it ------------------------------------------------------------------------------------


def told(number: Fraction, path: Path) -> str:
    """The number in decimals. Raises Stuck where they have no end."""
    text = formula.written(number)
    if text is None:
        raise Stuck(path, Fault(1, f"the result has more than {formula.PLACES} decimal places; fill in “decimals”."))
    return text


def asked(content: Json, drawn: Mapping[str, str]) -> Json:
    """The content with its numbers, in the words of types that draw nothing: `value` and the `value` of each wrong
    number, or the `text` of each option. Texts keep their placeholders. Raises Stuck."""
    worked, decimals = Worked(content, drawn), content["decimals"]
    if not content["options"]:
        wrong = [
            {**one, "value": told(worked.of(path, one["formula"], decimals), path)}
            for path, one in _each(content, "wrong")
        ]
        return {**content, "value": told(worked[ANSWER], ("formula",)), "wrong": wrong}
    texts = option_texts(content, drawn)
    return {**content, "options": [{**one, "text": texts[one["id"]]} for one in content["options"]]}


def option_texts(content: Json, drawn: Mapping[str, str]) -> dict[str, str]:
    """What each option says, by id. Raises Stuck."""
    worked = Worked(content, drawn)
    unit = f" {content['unit']}" if content["unit"] else ""
    return {
        one["id"]: shown(told(worked.of(path, one["formula"], content["decimals"]), path)) + unit
        for path, one in _each(content, "options")
    }


def _each(content: Json, name: str) -> Iterator[tuple[Path, Json]]:
    for place, one in enumerate(content[name]):
        yield (name, place, "formula"), one


def shown(text: str) -> str:
    """A drawn value as it stands in a sentence."""
    return printed(Decimal(text)) if is_number(text) else text


def sentences(content: Json, drawn: Mapping[str, str]) -> dict[str, str]:
    """Every placeholder that may stand in a reason, and the text that takes its place. Raises Stuck."""
    worked = Worked(content, drawn)
    computed = {one["name"]: told(worked[one["name"]], path) for path, one in _each(content, "worked")}
    computed[ANSWER] = told(worked[ANSWER], ("formula",))
    return {name: shown(text) for name, text in {**drawn, **computed}.items()}


def replaced(value: Any, texts: Mapping[str, str]) -> Any:
    """A text, or all texts in a list or group, with the known placeholders replaced."""
    if isinstance(value, str):
        return PLACE.sub(lambda found: texts.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {name: replaced(inner, texts) for name, inner in value.items()}
    return [replaced(inner, texts) for inner in value] if isinstance(value, list) else value
