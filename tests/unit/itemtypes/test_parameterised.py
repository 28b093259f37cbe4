"""Questions with drawn values: what is drawn, what a learner reads of it, and what an author is spared."""

from __future__ import annotations

import copy
import json
import random
import time
from collections import Counter
from typing import Any

import pytest

from quizapp import itemtypes
from quizapp.core import drawn_history
from quizapp.core.grading import Grade
from quizapp.core.staging import mgh_s, thase_rush
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


def values_of(of: Json, seed: int) -> Json:
    return VERBS.lay_out(of, random.Random(seed))["values"]  # type: ignore[no-any-return]


def test_values_come_from_their_lists_and_steps_and_what_follows_stays_beside_its_own() -> None:
    sets = [values_of(content(), seed) for seed in range(400)]
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
    assert all(values_of(of, seed) == values_of(turned, seed) for seed in range(20))


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
    assert {values_of(of, seed)["a"] for seed in range(200)} == {str(one) for one in range(1, 11)} - {"7"}


def test_constraints_that_nothing_meets_end_after_a_bounded_number_of_draws() -> None:
    assert set(values_of(content(constraints=["dose > 60"]), 1)) == {"drug", "strength", "dose"}


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


# --- drawn histories --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", drawn_history.MODELS)
def test_a_drawn_history_has_one_result_and_survives_being_stored(model: str) -> None:
    for seed in range(150):
        history = drawn_history.draw(model, (), 2, 6, random.Random(seed))
        again = drawn_history.from_json(json.loads(json.dumps(drawn_history.to_json(history))))
        assert again == history
        assert drawn_history.result(model, again) == drawn_history.result(model, history) is not None
        if model == "thase_rush":
            staged_by = thase_rush(history)
            assert staged_by.stage == staged_by.stage_if_shared, "both readings of the model must agree"
        drugs = [trial.drug for trial in history.trials]
        assert len(set(drugs)) == len(drugs) >= 2
        assert history.months not in (12, 13, 24, 25)
        assert 7 * sum(trial.weeks for trial in history.trials) <= 31 * history.months
        for trial in history.trials:
            assert trial.drug_class.label != "another class", "what is a class of its own would be open"
            assert "MAOI" not in trial.drug_class.label or set(trial.augmented_with) <= {"lithium"}
            assert trial.prolonged or trial.weeks < 10, "a long trial that is not called prolonged has two readings"
            plain = not (trial.dose_raised or trial.prolonged or trial.augmented_with)
            assert plain or (trial.weeks >= 7 and trial.dose_reached and trial.taken)


def test_every_stage_comes_up_about_equally_often_and_results_are_kept_to() -> None:
    seen = Counter(drawn("thase_rush", seed) for seed in range(250))
    assert set(seen) == {"I", "II", "III", "IV", "V"}
    assert min(seen.values()) > 25
    assert {drawn("thase_rush", seed, results=["II", "V"]) for seed in range(30)} == {"II", "V"}
    assert {drawn("mgh_s", seed, results=["4.5"]) for seed in range(10)} == {"4.5"}


def drawn(model: str, seed: int, **more: Any) -> str:
    of = staged(model, **more)
    return VERBS.explain(of, VERBS.lay_out(of, random.Random(seed)), None)["value"].removeprefix("Stage ")  # type: ignore[no-any-return]


def staged(model: str, **more: Any) -> Json:
    stem = "For {months} months, {severity}.\n\n{history}"
    return {"stem": stem} | typed(
        "parameterised", {"history": {"model": model, **more}, "why": "After {months} months."}
    )


def test_a_learner_reads_the_list_before_and_every_step_after() -> None:
    of = staged("mgh_s") | {"facts": ["S21"], "stem": "<p>For {months} months.</p>\n<p>{history}</p>"}
    layout = VERBS.lay_out(of, random.Random(4))
    history = drawn_history.from_json(layout["history"])
    told = itemtypes.filled(Part("1", "parameterised", "", of), layout)
    assert told["stem"].startswith(f"<p>For {history.months} months.</p>\n<p>Unless a line says otherwise")
    assert told["stem"].count("<li>") == len(history.trials) + (history.ect is not None)
    assert VERBS.show(of, layout, None) == {"unit": None, "units": [], "typed": ""}
    review = VERBS.explain(told, layout, None)
    assert review["why"] == f"After {history.months} months."
    assert review["value"] == mgh_s(history).label.removeprefix("MGH-S ")
    assert [step["text"] for step in review["working"]] == [step.text for step in mgh_s(history).steps]
    assert {fact for step in review["working"] for fact in step["facts"]} == {"S21"}, "only what the item names"
    written = itemtypes.sampled("parameterised", staged("msm"))
    assert "\n\n1. " in written["stem"]
    assert "{" not in written["stem"]


def test_too_much_and_too_little_are_told_apart() -> None:
    of = staged("msm")
    layout = VERBS.lay_out(of, random.Random(9))
    value = int(VERBS.explain(of, layout, None)["value"])
    for typed_in, expected in ((value, "right"), (value + 1, "over"), (value - 1, "under")):
        answer = VERBS.parse(of, layout, {"number": [str(typed_in)]})
        assert isinstance(answer, dict)
        assert VERBS.grade(of, answer) == Grade(int(expected == "right"), 1, (expected,))
    assert VERBS.grade(of, {"history": {"trials": [{"drug": "cocaine"}]}, "number": "4", "text": "4"}).earned == 0


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        ({"stem": "He has had {history} so far."}, "placeholder"),
        ({"stem": "{history}\n\n{doses}"}, "placeholder"),
        ({"stem": "{history}", "explanation": "{history}"}, "placeholder"),
        ({"stem": "{history}", "lead_in": "After {months} months?"}, "placeholder"),
        ({"formula": "1 + 1"}, "no-form"),
        ({"history": {"model": "thase_rush", "results": ["VI"], "fewest": 3, "most": 5}}, "unmet-constraints"),
        ({"history": {"model": "msm", "results": ["15"], "fewest": 2, "most": 2}}, "unmet-constraints"),
        ({"history": {"model": "msm", "results": [], "fewest": 5, "most": 3}}, "bad-parameter"),
    ],
)
def test_an_author_of_a_drawn_history_is_told(spoil: Json, rule: str) -> None:
    assert rule in {problem.rule for problem in itemtypes.check("parameterised", staged("msm") | spoil)}
