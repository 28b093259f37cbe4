"""A form can be filled in, right and wrong, for every type; a type with words of its own would be missing here."""

from __future__ import annotations

import random

import pytest

from quizapp import itemtypes
from quizapp.core.grading import Grade, NotGradable
from quizapp.itemtypes import Example, filling
from quizapp.itemtypes.samples import presented

EXAMPLES = [
    pytest.param(name, example, id=f"{name}-{place}")
    for name in itemtypes.gradable()
    for place, example in enumerate(itemtypes.get(name).examples())
    if isinstance(example.expected, Grade)
]


@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_a_form_is_filled_in_as_wished(name: str, example: Example, right: bool) -> None:
    part, layout = presented(name, example)
    verbs = itemtypes.get(part.type)
    for seed in range(3):
        form = filling.fill(part, layout, right=right, rng=random.Random(seed))
        answer = verbs.parse(part.content, layout, form)
        assert not isinstance(answer, NotGradable)
        assert verbs.grade(part.content, answer).right is right


def test_a_question_that_cannot_be_missed_is_said_to_be_one() -> None:
    example = itemtypes.get("single_best_answer").examples()[0]
    part, layout = presented("single_best_answer", example)
    only = [option for option in part.content["options"] if option["key"]]
    part = itemtypes.Part(part.id, part.type, part.objective, {"options": only})
    layout = {"options": [option["id"] for option in only]}
    with pytest.raises(ValueError, match="no wrong answer"):
        filling.fill(part, layout, right=False, rng=random.Random(1))
