"""What a participant is asked about an activity."""

from __future__ import annotations

import pytest

from quizapp.core.credit.evaluation import FORM, LONGEST_ANSWER, kept, problems, read_form

WHOLE = {"objectives": "all", "change": "Ask first.", "bias": "no"}


def test_the_form_asks_for_change_and_bias() -> None:
    assert {one.id for one in FORM if one.required} == {"objectives", "change", "bias"}
    assert problems(FORM, WHOLE) == {}
    assert read_form({}) == FORM


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({}, {"objectives", "change", "bias"}),
        ({"change": " "}, {"change"}),
        ({"bias": "perhaps"}, {"bias"}),
        ({"bias": "yes"}, {"bias_where"}),
        ({"comment": "x" * (LONGEST_ANSWER + 1)}, {"comment"}),
    ],
)
def test_what_is_missing_or_unfit_is_said(answers: dict[str, str], wrong: set[str]) -> None:
    assert set(problems(FORM, (WHOLE | answers) if answers else {})) == wrong


def test_nothing_is_no_answer_to_where_the_bias_is() -> None:
    assert problems(FORM, WHOLE | {"change": ""}) == {"change": "Write a sentence; “nothing” is one too."}
    assert problems(FORM, WHOLE | {"bias": "yes"}) == {"bias_where": "Write a sentence about it."}


def test_only_what_the_form_asks_is_kept() -> None:
    assert kept(FORM, WHOLE | {"comment": "  ", "admin": "1"}) == WHOLE


def test_an_edition_can_bring_its_own_form() -> None:
    own = read_form(
        {
            "evaluation": [
                {"id": "use", "label": "Will you use it?", "options": [["yes", "Yes"], ["no", "No"]], "required": True},
                {"id": "why", "label": "Why not?", "needed_if": ["use", "no"]},
            ]
        }
    )
    assert [(one.id, one.kind) for one in own] == [("use", "choice"), ("why", "text")]
    assert set(problems(own, {"use": "no"})) == {"why"}
    assert problems(own, {"use": "yes"}) == {}
