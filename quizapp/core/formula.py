"""Formulas of authors: a small language that can compute and nothing else.

    2 × dose + 5        sums, differences, products, quotients, parentheses
    dose >= 30          a condition: <, <=, =, !=, >=, > (also ≤, ≥, ≠); it stands alone or first in `if`
    if(dose > 30, 1, 2) min, max, round(x) and round(x, places), abs, if; no other call

There are no powers, texts, attributes, assignments or loops, so that a formula takes at most as many steps as it has
parts. Arithmetic is exact (fractions): 0.1 + 0.2 is 0.3. Length, depth and the size of every intermediate number are
bounded. Every fault is a sentence with the place in the formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

LONGEST = 400
"""Characters of a formula."""
DEEPEST = 20
"""Parentheses, calls and signs within each other."""
LARGEST = 10**12
"""The magnitude of a number, also in between."""
FINEST = 10**18
"""The largest denominator of a number in between: 1/3 × 1/3 × … ends somewhere."""
PLACES = 6
"""Decimal places of a number that is shown or asked for."""
FUNCTIONS = ("min", "max", "round", "abs", "if")


class Fault(ValueError):
    """What is wrong with a formula; `place` is the character it begins at, counted from 1."""

    def __init__(self, place: int, sentence: str) -> None:
        super().__init__(f"At character {place}: {sentence}")
        self.place = place
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of a formula. `kind`: "number", "name", a sign ("+", "<", …), "minus" or the name of a function."""

    place: int
    kind: str
    inside: tuple[_Node, ...] = ()
    number: Fraction = Fraction(0)
    name: str = ""

    @property
    def decides(self) -> bool:
        """Whether it is a condition and not a number."""
        return self.kind in _CONDITIONS


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was read. `names`: the values it uses; `size`: how many steps it takes at most."""

    root: _Node
    names: frozenset[str]
    size: int

    @property
    def decides(self) -> bool:
        """Whether it is a condition and not a number."""
        return self.root.decides

    def number(self, values: Mapping[str, Fraction]) -> Fraction:
        """What it comes to with these values, which hold all its names. Raises Fault."""
        _must_be_number(self.root)
        return _number(self.root, values)

    def holds(self, values: Mapping[str, Fraction]) -> bool:
        """Whether a condition is met. Raises Fault."""
        if not self.decides:
            raise Fault(self.root.place, "this is no condition, such as dose > 30.")
        return _holds(self.root, values)


@lru_cache(maxsize=4_000)  # learners ask for the same formulas again and again
def read(text: str) -> Formula:
    """Read a formula. Raises Fault."""
    if len(text) > LONGEST:
        raise Fault(LONGEST + 1, f"a formula has at most {LONGEST} characters.")
    reader = _Reader(text)
    root = reader.condition(0)
    if not reader.at_end:
        raise reader.unexpected()
    return Formula(root, frozenset(reader.names), reader.size)


def rounded(number: Fraction, places: int) -> Fraction:
    """Rounded half away from zero, as by hand: 2.5 → 3, −2.5 → −3."""
    scaled = abs(number) * 10**places
    whole = (scaled + Fraction(1, 2)).__floor__()
    return Fraction(whole if number >= 0 else -whole, 10**places)


def written(number: Fraction) -> str | None:
    """The number in decimals, "12.5"; None if it needs more than PLACES of them."""
    scaled = number * 10**PLACES
    if scaled.denominator != 1:
        return None
    sign, digits = "-" if scaled < 0 else "", str(abs(scaled.numerator)).rjust(PLACES + 1, "0")
    return (sign + digits[:-PLACES] + "." + digits[-PLACES:]).rstrip("0").rstrip(".")


# --- reading ----------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>\*\*|<=|>=|!=|==|[-+−×·*/÷<>=≤≥≠(),]))"
)
_SAME = {"−": "-", "×": "*", "·": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "==": "="}
_COMPARE: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
}
_CONDITIONS = frozenset(_COMPARE)
_ARGUMENTS = {"abs": (1, 1), "round": (1, 2), "min": (2, 8), "max": (2, 8), "if": (3, 3)}


class _Reader:
    """Reads from left to right, one token ahead; `depth` bounds how far it calls itself."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: set[str] = set()
        self.size = 0
        self.end = 0
        self.kind = self.word = ""
        self._advance()

    @property
    def at_end(self) -> bool:
        return self.kind == "end"

    def unexpected(self) -> Fault:
        if self.at_end:
            return Fault(self.place, "the formula ends too early.")
        if self.word == "**":
            return Fault(self.place, "there are no powers here; write a × a.")
        return Fault(self.place, f"“{self.word}” cannot stand here.")

    def _advance(self) -> None:
        found = _TOKEN.match(self.text, self.end)
        if found is None:
            rest = self.text[self.end :]
            self.place = self.end + len(rest) - len(rest.lstrip()) + 1
            self.kind, self.word = "end", ""
            if character := rest.strip()[:1]:
                self.word = character
                raise Fault(self.place, f"“{character}” has no meaning in a formula.")
            return
        self.kind = found.lastgroup or ""
        self.place = found.start(self.kind) + 1
        token = found[self.kind]
        self.word, self.end = _SAME.get(token, token), found.end()

    def _take(self, *wanted: str) -> str:
        """The sign that stands here if it is one of these, else an empty text."""
        if self.kind == "sign" and self.word in wanted:
            token = self.word
            self._advance()
            return token
        return ""

    def _node(self, place: int, kind: str, *inside: _Node) -> _Node:
        if kind not in FUNCTIONS:
            for part in inside:
                _must_be_number(part)
        self.size += 1
        return _Node(place, kind, inside)

    def condition(self, depth: int) -> _Node:
        left, place = self._sum(depth), self.place
        if not (sign := self._take(*_COMPARE)):
            return left
        return self._node(place, sign, left, self._sum(depth))

    def _sum(self, depth: int) -> _Node:
        left, place = self._product(depth), self.place
        while sign := self._take("+", "-"):
            left = self._node(place, sign, left, self._product(depth))
            place = self.place
        return left

    def _product(self, depth: int) -> _Node:
        left, place = self._factor(depth), self.place
        while sign := self._take("*", "/"):
            left = self._node(place, sign, left, self._factor(depth))
            place = self.place
        return left

    def _factor(self, depth: int) -> _Node:
        if depth > DEEPEST:
            raise Fault(self.place, f"parentheses and signs are nested more than {DEEPEST} deep.")
        place = self.place
        if self._take("-"):
            return self._node(place, "minus", self._factor(depth + 1))
        if self._take("("):
            inside = self.condition(depth + 1)
            self._close()
            return inside
        if self.kind == "number":
            return self._literal(place)
        if self.kind == "name":
            return self._name(place, depth)
        raise self.unexpected()

    def _close(self) -> None:
        if not self._take(")"):
            raise Fault(self.place, "a closing parenthesis is missing.") if self.at_end else self.unexpected()

    def _literal(self, place: int) -> _Node:
        whole, _, decimals = self.word.partition(".")
        if len(decimals) > PLACES:
            raise Fault(place, f"a number has at most {PLACES} decimal places.")
        if len(whole) > len(str(LARGEST)):
            raise Fault(place, "the number is too large.")
        number = _bounded(place, Fraction(self.word))
        self._advance()
        self.size += 1
        return _Node(place, "number", number=number)

    def _name(self, place: int, depth: int) -> _Node:
        name = self.word
        self._advance()
        if not self._take("("):
            if name in FUNCTIONS:
                raise Fault(place, f"“{name}” is a function; write {name}(…).")
            self.names.add(name)
            self.size += 1
            return _Node(place, "name", name=name)
        if name not in FUNCTIONS:
            raise Fault(place, f"there is no function “{name[:20]}”; there are {', '.join(FUNCTIONS)}.")
        arguments = [self.condition(depth + 1)]
        while self._take(","):
            arguments.append(self.condition(depth + 1))
        self._close()
        return self._call(place, name, arguments)

    def _call(self, place: int, name: str, arguments: list[_Node]) -> _Node:
        fewest, most = _ARGUMENTS[name]
        if not fewest <= len(arguments) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            raise Fault(place, f"{name}(…) takes {wanted} value{'' if wanted == '1' else 's'}, not {len(arguments)}.")
        if name == "if" and not arguments[0].decides:
            raise Fault(arguments[0].place, "the first value of if(…) is a condition, such as dose > 30.")
        for argument in arguments[name == "if" :]:
            _must_be_number(argument)
        return self._node(place, name, *arguments)


def _must_be_number(node: _Node) -> None:
    if node.decides:
        raise Fault(node.place, "a condition is no number; it stands alone or as the first value of if(…).")


# --- computing --------------------------------------------------------------------------------------------------------


def _bounded(place: int, number: Fraction) -> Fraction:
    if abs(number) > LARGEST:
        raise Fault(place, "the result is larger than a million millions.")
    if number.denominator > FINEST:
        raise Fault(place, "the result has too many decimal places; round(…) a part of it.")
    return number


def _holds(node: _Node, values: Mapping[str, Fraction]) -> bool:
    left, right = node.inside
    return _COMPARE[node.kind](_number(left, values), _number(right, values))


def _number(node: _Node, values: Mapping[str, Fraction]) -> Fraction:
    if node.kind == "number":
        return node.number
    if node.kind == "name":
        return values[node.name]
    if node.kind == "if":  # only the branch that is taken is computed: if(n = 0, 0, 1 / n) divides by nothing
        condition, then, otherwise = node.inside
        return _number(then if _holds(condition, values) else otherwise, values)
    inside = [_number(part, values) for part in node.inside]
    if node.kind == "/" and inside[1] == 0:
        raise Fault(node.place, "this divides by zero.")
    if node.kind == "round" and len(inside) == 2:
        if inside[1] not in range(PLACES + 1):
            raise Fault(node.place, f"round(…, places) takes whole places from 0 to {PLACES}.")
        return rounded(inside[0], int(inside[1]))
    return _bounded(node.place, _APPLY[node.kind](*inside))


_APPLY: dict[str, Callable[..., Fraction]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "minus": lambda a: -a,
    "min": min,
    "max": max,
    "abs": abs,
    "round": lambda a: rounded(a, 0),
}
