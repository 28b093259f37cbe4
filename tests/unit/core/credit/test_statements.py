"""Statements: what their placeholders may be, and how they are filled in."""

from __future__ import annotations

import pytest

from quizapp.core.credit.statements import faults, fill, runs


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{provider} designates {maximum}.", []),
        ("{provder} designates.", ["“{provder}” is no placeholder. There are {provider}, {maximum}."]),
        ("{} and {}", ["“{}” is no placeholder. There are {provider}, {maximum}."]),
        ("{provider", ["A brace stands alone"]),
        ("{{provider}}", ["A brace stands alone"]),
        ("*AMA PRA Category 1 Credit*™ and *more", ["A star stands alone"]),
    ],
)
def test_what_nothing_would_fill_is_named(text: str, told: list[str]) -> None:
    found = faults(text, ("provider", "maximum"))
    assert len(found) == len(told)
    assert all(one.startswith(start) for one, start in zip(found, told, strict=True))
    assert faults("{provider}", ()) == ("“{provider}”: this text has no placeholders.",)


def test_a_statement_is_filled_in_once_so_that_a_name_with_braces_is_only_a_name() -> None:
    filled = fill(
        "{provider} designates {maximum} {unit}.", {"provider": "{unit} Ltd", "maximum": "1", "unit": "credit"}
    )
    assert filled == "{unit} Ltd designates 1 credit."
    assert fill("I claim {claimed}.", {}) == "I claim {claimed}."


def test_stars_set_italics() -> None:
    assert runs("at most 1 *AMA PRA Category 1 Credit*™.") == (
        ("at most 1 ", False),
        ("AMA PRA Category 1 Credit", True),
        ("™.", False),
    )
    assert runs("") == ()
