"""Questions with drawn values: what is drawn, what a learner reads of it, and what an author is spared."""

from __future__ import annotations

import copy
import random
import time
from typing import Any

import pytest

from quizapp import itemtypes
from quizapp.core.grading import Grade
from quizapp.itemtypes import Json, Part
from quizapp.itemtypes.samples import typed

VERBS = itemtypes.get("parameterised")
DILUTED: Json = {
    "parameters": [
        {"name": "drug", "choices": ["amitriptyline", "nortriptyline", "clomipramine"]},
        {"name": "strength", "choices": ["10", "20", "40"], "follows": "drug"},
        {"name": "dose", "low": "5", "high": "60", "step": "2.5"},
    ],
    "constraints": ["dose != strength"],
    "worked": [{"name": "parts", "formula": "dose / strength", "decimals": 3}],
    "decimals": 2,
    "formula": "5 * parts",
    "unit": "ml",
    "why": "{dose} mg of {drug} at {strength} mg in 5 ml: 5 × {parts} = {answer} ml.",
    "wrong": [{"id": "a", "formula": "answer / 5", "why": "{parts} counts the 5 ml as one."}],
}


def content(**changed: Any) -> Json:
    return typed("parameterised", copy.deepcopy(DILUTED) | changed)


def drawn(of: Json, seed: int) -> Json:
    return VERBS.lay_out(of, random.Random(seed))["values"]  # type: ignore[no-any-return]


def test_values_come_from_their_lists_and_steps_and_what_follows_stays_beside_its_own() -> None:
    sets = [drawn(content(), seed) for seed in range(400)]
    assert {(one["drug"], one["strength"]) for one in sets} == {
        ("amitriptyline", "10"),
        ("nortriptyline", "20"),
        ("clomipramine", "40"),
    }
    assert {float(one["dose"]) for one in sets} == {5 + 2.5 * place for place in range(23)}
    assert all(one["dose"] != one["strength"] for one in sets)


def test_a_reason_is_told_with_the_drawn_numbers_and_the_right_one() -> None:
    of = content() | {"stem": "<p>{dose} mg of {drug}</p>", "explanation": None}
    layout = {"values": {"drug": "clomipramine", "strength": "40", "dose": "12.5"}}
    told = itemtypes.filled(Part("1", "parameterised", "", of), layout)
    assert told["stem"] == "<p>12.5 mg of clomipramine</p>"
    review = VERBS.explain(of, layout, {"text": "0,31", "number": "0.31", "unit": "ml", **layout})
    assert review["value"] == "1.57"
    assert review["why"] == "12.5 mg of clomipramine at 40 mg in 5 ml: 5 × 0.313 = 1.57 ml."
    assert review["given_why"] == "0.313 counts the 5 ml as one."
    assert VERBS.explain(told, layout, None)["why"] == review["why"], "filling twice changes nothing"


def test_negative_values_are_told_with_a_minus_sign_and_marked_as_numbers() -> None:
    of = content(
        parameters=[{"name": "a", "low": "-4", "high": "-1"}], constraints=[], worked=[], formula="a * 2", wrong=[],
        why="Twice {a}.",
    )  # fmt: skip
    layout = {"values": {"a": "-3"}}
    assert VERBS.explain(of, layout, None)["why"] == "Twice −3."
    answer = VERBS.parse(of, layout, {"number": ["−6"]})
    assert isinstance(answer, dict)
    assert VERBS.grade(of, answer).full


def test_an_answer_carries_what_was_drawn_so_that_it_can_be_marked_alone() -> None:
    of = content()
    layout = VERBS.lay_out(of, random.Random(5))
    right = VERBS.explain(of, layout, None)["value"].replace("−", "-")
    answer = VERBS.parse(of, layout, {"number": [right]})
    assert isinstance(answer, dict)
    assert answer["values"] == layout["values"]
    assert VERBS.grade(of, answer) == Grade(1, 1, ("right",))
    another = VERBS.lay_out(of, random.Random(6))
    assert VERBS.grade(of, answer | {"values": another["values"]}).earned == 0


def test_an_answer_to_parameters_that_are_gone_is_marked_and_does_not_raise() -> None:
    of = content()
    answer = {"text": "1", "number": "1", "unit": "ml", "values": {"other": "3"}}
    assert VERBS.grade(of, answer) == Grade(0, 1, ("other",))


def test_two_presentations_are_the_same_question_only_with_the_same_values() -> None:
    of = content()
    layouts = [VERBS.lay_out(of, random.Random(seed)) for seed in range(60)]
    names = {itemtypes.variant("parameterised", layout) for layout in layouts}
    assert len(names) == len({tuple(sorted(layout["values"].items())) for layout in layouts})
    assert all(name and len(name) <= 16 for name in names)
    assert itemtypes.variant("numeric", {}) is None
    assert itemtypes.variant("case", {"p1": layouts[0]}) is None


def test_the_order_in_which_parameters_are_written_draws_the_same_values() -> None:
    of = content()
    turned = of | {"parameters": of["parameters"][::-1]}
    assert all(drawn(of, seed) == drawn(turned, seed) for seed in range(20))


def test_a_fault_under_rare_values_is_told_with_them() -> None:
    spoilt = content(constraints=[], formula="dose / (strength - 20)", wrong=[], why="No.", worked=[])
    [problem] = itemtypes.check("parameterised", spoilt)
    assert problem.rule == "formula"
    assert problem.message.startswith("With drug = nortriptyline, strength = 20, dose = 5: ")
    assert problem.message.endswith("this divides by zero.")


def test_a_large_space_is_sampled_within_its_time_and_the_same_each_run() -> None:
    wide = [{"name": f"a{place}", "low": "1", "high": "1000"} for place in range(6)]
    of = content(parameters=wide, constraints=[], worked=[], formula="a0 + a1 * a2", wrong=[], why="No.")
    begun = time.perf_counter()
    assert itemtypes.check("parameterised", of) == []
    assert time.perf_counter() - begun < 5
    spoilt = of | {"constraints": ["a0 = a1"]}
    first = itemtypes.check("parameterised", spoilt)
    assert [problem.rule for problem in first] == ["unmet-constraints"]
    assert first == itemtypes.check("parameterised", spoilt)


def test_what_a_sample_missed_is_drawn_again_and_never_meets_a_learner() -> None:
    of = content(
        parameters=[{"name": "a", "low": "1", "high": "10"}], constraints=[], worked=[], formula="10 / (a - 7)",
        wrong=[], why="No.",
    )  # fmt: skip
    assert itemtypes.check("parameterised", of), "this small space is tried whole"
    assert {drawn(of, seed)["a"] for seed in range(200)} == {str(one) for one in range(1, 11)} - {"7"}


def test_constraints_that_nothing_meets_end_after_a_bounded_number_of_draws() -> None:
    assert set(drawn(content(constraints=["dose > 60"]), 1)) == {"drug", "strength", "dose"}


def test_half_written_questions_are_shown_and_explained_with_gaps() -> None:
    circle = [{"name": "one", "formula": "two", "decimals": None}, {"name": "two", "formula": "one", "decimals": None}]
    chosen = [{"id": "a", "formula": "two", "key": False, "why": "No."}]
    for of in (content(worked=circle, formula="one"), content(worked=circle, formula=None, wrong=[], options=chosen)):
        layout = VERBS.lay_out(of, random.Random(1))
        assert VERBS.show(of, layout, None)
        assert "…" in str(VERBS.explain(of, layout, None))
        assert VERBS.fill(of, layout) == of  # type: ignore[attr-defined]


@pytest.mark.parametrize("word", ["<b>", "a{b}", "a*b", "a_b", "[a](b)", "a\\b", "a&b", "$x$"])
def test_a_word_that_could_be_markup_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        content(parameters=[{"name": "a", "choices": [word, "b", "c"]}])


def test_a_sample_is_the_question_as_it_might_read_and_what_cannot_be_drawn_stays() -> None:
    plain = {field: value for field, value in DILUTED.items() if field != "decimals"} | {"decimals": 2}
    seen = itemtypes.sampled("parameterised", {"stem": "{dose} mg", **plain})
    assert "{" not in seen["stem"]
    assert float(seen["value"]) > 0
    unsound = {"stem": "{dose} mg", **plain, "formula": "dose ("}
    assert itemtypes.sampled("parameterised", unsound)["stem"] == "{dose} mg"
