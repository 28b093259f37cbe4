"""Formulas compute what they say, and nothing else; every fault is a sentence with its place."""

from __future__ import annotations

import contextlib
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp.core import formula
from quizapp.core.formula import Fault

VALUES = {"dose": Fraction(15), "days": Fraction(4), "nought": Fraction(0)}


def computed(text: str) -> Fraction:
    return formula.read(text).number(VALUES)


def fault(text: str) -> str:
    with pytest.raises(Fault) as raised:
        tried(text)
    return str(raised.value)


def tried(text: str) -> bool | Fraction:
    read = formula.read(text)
    values = {name: VALUES.get(name, Fraction(3)) for name in read.names}
    return read.holds(values) if read.decides else read.number(values)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2 + 3 * 4", 14),
        ("(2 + 3) × 4", 20),
        ("10 − 4 - 3", 3),
        ("24 / 4 ÷ 2", 3),
        ("-dose + --days", -11),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("dose / days", Fraction(15, 4)),
        ("1 / 3 * 3", 1),
        ("min(dose, days, 9)", 4),
        ("max(dose, days)", 15),
        ("abs(days - dose)", 11),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(dose / 7, 2)", Fraction(214, 100)),
        ("if(dose >= 15, 1, 2)", 1),
        ("if(dose != 15, 1, 2)", 2),
        ("if(nought = 0, 0, dose / nought)", 0),
    ],
)
def test_a_formula_comes_to(text: str, number: int | Fraction) -> None:
    assert computed(text) == number


@pytest.mark.parametrize(
    ("text", "holds"),
    [("dose > 14", True), ("dose ≤ 14", False), ("days * 4 == dose + 1", True), ("dose ≠ dose", False)],
)
def test_a_condition_is_met_or_not(text: str, holds: bool) -> None:
    assert formula.read(text).holds(VALUES) is holds


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("dose / (days - 4)", "At character 6: this divides by zero."),
        ("9**9**9", "At character 2: there are no powers here; write a × a."),
        ("9^9", "At character 2: “^” has no meaning in a formula."),
        ("dose.real", "At character 5: “.” has no meaning in a formula."),
        ("exec(1)", "At character 1: there is no function “exec”; there are min, max, round, abs, if."),
        ("(lambda: 1)()", "At character 8: “:” has no meaning in a formula."),
        ("[1 for x in dose]", "At character 1: “[” has no meaning in a formula."),
        ("dose = (days = 4)", "At character 14: a condition is no number; it stands alone or as the first value of "
         "if(…)."),
        ("if(dose, 1, 2)", "At character 4: the first value of if(…) is a condition, such as dose > 30."),
        ("max(1)", "At character 1: max(…) takes 2 to 8 values, not 1."),
        ("round(dose, days, 1)", "At character 1: round(…) takes 1 to 2 values, not 3."),
        ("round(dose, 7)", "At character 1: round(…, places) takes whole places from 0 to 6."),
        ("1 2", "At character 3: “2” cannot stand here."),
        ("1 +", "At character 4: the formula ends too early."),
        ("min(1, 2", "At character 9: a closing parenthesis is missing."),
        ("min + 1", "At character 1: “min” is a function; write min(…)."),
        ("0.1234567", "At character 1: a number has at most 6 decimal places."),
        ("1000000 * 1000001", "At character 9: the result is larger than a million millions."),
        ("1 / 999999 / 999999 / 999999 / 999999",
         "At character 30: the result has too many decimal places; round(…) a part of it."),
        ("(" * 22 + "1" + ")" * 22, "At character 22: parentheses and signs are nested more than 20 deep."),
        ("1" * 20, "At character 1: the number is too large."),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(text: str, sentence: str) -> None:
    assert fault(text) == sentence


def test_ten_megabytes_of_parentheses_are_refused_unread() -> None:
    begun = time.perf_counter()
    assert "at most 400 characters" in fault("(" * 10_000_000)
    assert time.perf_counter() - begun < 0.5


def test_the_longest_formula_takes_no_more_steps_than_it_has_parts() -> None:
    longest = formula.read("9*" * 199 + "9")
    assert longest.size == 399
    assert "larger than a million millions" in fault("9*" * 199 + "9")


@settings(max_examples=300)
@given(st.text(alphabet="0123456789.+-*/()<>=!,^ abcdefimnorsux_[]'\"\\\n²", max_size=60))
def test_no_text_makes_it_do_anything_but_compute_or_refuse(text: str) -> None:
    with contextlib.suppress(Fault):
        assert isinstance(tried(text), bool | Fraction)


@given(st.fractions(min_value=-1000, max_value=1000, max_denominator=10**6), st.integers(0, 6))
def test_rounding_is_by_less_than_half_a_place_and_never_to_even(number: Fraction, places: int) -> None:
    off = abs(formula.rounded(number, places) - number)
    assert off <= Fraction(1, 2 * 10**places)
    if off * 2 * 10**places == 1:
        assert abs(formula.rounded(number, places)) > abs(number)


@pytest.mark.parametrize(
    ("number", "text"),
    [("12.50", "12.5"), ("-0.000001", "-0.000001"), ("0", "0"), ("1200", "1200"), ("1/3", None), ("1/8", "0.125")],
)
def test_a_number_is_written_in_decimals_or_not_at_all(number: str, text: str | None) -> None:
    assert formula.written(Fraction(number)) == text
