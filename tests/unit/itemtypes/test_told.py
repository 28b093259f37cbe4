"""Every type can be told in a few words; one whose review spoke other words would be missing from the error log."""

from __future__ import annotations

import pytest

from quizapp import itemtypes
from quizapp.core.grading import Grade
from quizapp.itemtypes import Example, told
from quizapp.itemtypes.samples import answer_of, presented

MARKED = [
    pytest.param(name, example, id=f"{name}-{place}")
    for name in itemtypes.gradable()
    for place, example in enumerate(itemtypes.get(name).examples())
    if isinstance(example.expected, Grade)
]


@pytest.mark.parametrize(("name", "example"), MARKED)
def test_what_was_given_and_what_is_right_are_told_and_agree_with_the_marks(name: str, example: Example) -> None:
    part, layout = presented(name, example)
    answer = answer_of(name, example)
    assert isinstance(answer, dict)
    assert isinstance(example.expected, Grade)
    lines = told.tell(itemtypes.get(part.type).explain(part.content, layout, answer))
    assert all(line.key for line in lines)
    assert any(line.given for line in lines)
    assert all(line.right for line in lines) == example.expected.full


@pytest.mark.parametrize("name", itemtypes.gradable())
def test_a_question_left_empty_tells_the_key_alone(name: str) -> None:
    part, layout = presented(name, itemtypes.get(name).examples()[0])
    lines = told.tell(itemtypes.get(part.type).explain(part.content, layout, None))
    assert all(line.key and not line.given and not line.right for line in lines)


def test_what_was_typed_is_text_and_never_markup() -> None:
    review = {"answer": "a < b", "given": "<b>x</b>", "right": False, "why": "<p>Why.</p>", "given_why": None}
    (line,) = told.tell(review)
    assert (line.given, line.key) == ("&lt;b&gt;x&lt;/b&gt;", "a &lt; b")
