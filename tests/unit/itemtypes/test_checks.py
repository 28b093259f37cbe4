"""What an author is told about an item that no learner could be asked fairly."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from pydantic import ValidationError

from quizapp import itemtypes
from quizapp.core.grading import Grade, NotGradable
from quizapp.itemtypes import Json
from quizapp.itemtypes.samples import typed

CASES: list[tuple[str, str, Callable[[Json], Any], tuple[str, tuple[Any, ...]]]] = [
    ("single_best_answer", "no key", lambda c: c["options"][0].update(key=False), ("no-key", ("options",))),
    ("single_best_answer", "two keys", lambda c: c["options"][1].update(key=True), ("several-keys", ("options",))),
    ("single_best_answer", "one id twice", lambda c: c["options"][1].update(id="a"), ("repeated-id", ("options",))),
    (
        "single_best_answer",
        "one text twice",
        lambda c: c["options"][1].update(text=c["options"][0]["text"].upper()),
        ("duplicate-option", ("options",)),
    ),
    ("multiple_response", "no key", lambda c: [o.update(key=False) for o in c["options"]], ("no-key", ("options",))),
    (
        "multiple_response",
        "only keys",
        lambda c: [o.update(key=True) for o in c["options"]],
        ("no-distractor", ("options",)),
    ),
    ("multiple_response", "one id twice", lambda c: c["options"][1].update(id="a"), ("repeated-id", ("options",))),
    (
        "matrix",
        "a key that is no column",
        lambda c: c["rows"][1].update(key="maybe"),
        ("unknown-key", ("rows", 1, "key")),
    ),
    ("matrix", "one row id twice", lambda c: c["rows"][1].update(id="a"), ("repeated-id", ("rows",))),
    ("matrix", "one column twice", lambda c: c["columns"][1].update(text="TRUE"), ("repeated-text", ("columns",))),
    (
        "matching",
        "a key that is no response",
        lambda c: c["premises"][0].update(key="z"),
        ("unknown-key", ("premises", 0, "key")),
    ),
    ("matching", "one response twice", lambda c: c["responses"][1].update(id="sleep"), ("repeated-id", ("responses",))),
    (
        "extended_matching",
        "a key that is no option",
        lambda c: c["vignettes"][1].update(key="z"),
        ("unknown-key", ("vignettes", 1, "key")),
    ),
    (
        "extended_matching",
        "a trap at no option",
        lambda c: c["vignettes"][1].update(traps={"z": "NX1"}),
        ("unknown-option", ("vignettes", 1, "traps")),
    ),
    (
        "numeric",
        "a wrong value that is right",
        lambda c: c["wrong"][0].update(value="8"),
        ("contradiction", ("wrong", 0, "value")),
    ),
    ("numeric", "units without a unit", lambda c: c.update(unit=None), ("no-unit", ("units",))),
    ("numeric", "one unit twice", lambda c: c["units"][0].update(unit="mg"), ("repeated-unit", ("units",))),
    (
        "numeric",
        "one wrong value twice",
        lambda c: c["wrong"].append({**c["wrong"][0], "id": "b", "value": "15.0"}),
        ("repeated-value", ("wrong",)),
    ),
    ("script_concordance", "no such step", lambda c: c["votes"].update({"3": 1}), ("unknown-step", ("votes", "3"))),
    ("parameterised", "no answer", lambda c: c.update(formula=None), ("no-form", ())),
    ("parameterised", "no reason", lambda c: c.update(why=None), ("missing", ())),
    (
        "parameterised",
        "one wrong number twice",
        lambda c: c["wrong"].append(c["wrong"][0]),
        ("repeated-id", ("wrong",)),
    ),
    ("parameterised", "a formula that ends early", lambda c: c.update(formula="2 *"), ("formula", ("formula",))),
    ("parameterised", "a number as a condition", lambda c: c.update(formula="1 < 2"), ("formula", ("formula",))),
    (
        "parameterised",
        "a constraint that is a number",
        lambda c: c["constraints"].append("tablets"),
        ("formula", ("constraints", 1)),
    ),
    ("parameterised", "an unknown name", lambda c: c.update(formula="tablet"), ("formula", ("formula",))),
    (
        "parameterised",
        "words in a formula",
        lambda c: c["parameters"][1].update(choices=["one", "two"]),
        ("formula", ("formula",)),
    ),
    ("parameterised", "decimals without end", lambda c: c.update(formula="tablets / 7"), ("formula", ("formula",))),
    (
        "parameterised",
        "a range that ends before it begins",
        lambda c: c["parameters"][0].update(high="1"),
        ("bad-parameter", ("parameters", 0, "high")),
    ),
    (
        "parameterised",
        "steps that miss the end",
        lambda c: c["parameters"][0].update(step="3"),
        ("bad-parameter", ("parameters", 0, "step")),
    ),
    (
        "parameterised",
        "a range of millions",
        lambda c: c["parameters"][0].update(high="9000000"),
        ("bad-parameter", ("parameters", 0, "step")),
    ),
    (
        "parameterised",
        "a range and a list",
        lambda c: c["parameters"][0].update(choices=["1", "2"]),
        ("bad-parameter", ("parameters", 0)),
    ),
    (
        "parameterised",
        "a list that follows a range",
        lambda c: c["parameters"][1].update(follows="tablets"),
        ("bad-parameter", ("parameters", 1, "follows")),
    ),
    (
        "parameterised",
        "one name twice",
        lambda c: c["parameters"][1].update(name="tablets"),
        ("repeated-name", ("parameters",)),
    ),
    (
        "parameterised",
        "the name of a function",
        lambda c: c["parameters"][1].update(name="round"),
        ("reserved-name", ("parameters", 1, "name")),
    ),
    (
        "parameterised",
        "two sets of values",
        lambda c: c.update(constraints=["tablets * strength = 30", "tablets > 3"]),
        ("too-few-values", ("parameters",)),
    ),
    (
        "parameterised",
        "one set in a hundred",
        lambda c: c["parameters"][0].update(low="0", high="999", step="1"),
        ("unmet-constraints", ("constraints",)),
    ),
    (
        "parameterised",
        "a value in the question",
        lambda c: c.update(lead_in="{tablets}?"),
        ("placeholder", ("lead_in",)),
    ),
    ("parameterised", "the answer in the stem", lambda c: c.update(stem="{answer}"), ("placeholder", ("stem",))),
    ("parameterised", "a value in mathematics", lambda c: c.update(stem="${tablets}$"), ("placeholder", ("stem",))),
    ("parameterised", "a brace alone", lambda c: c.update(why="It is {answer."), ("placeholder", ("why",))),
    (
        "short_text",
        "accepted and refused",
        lambda c: c["accept"].append("alpha-2 hetero-receptors"),
        ("contradiction", ("refuse",)),
    ),
    ("short_text", "no word", lambda c: c["accept"].append("–"), ("empty-answer", ("accept",))),
    ("short_text", "too long to type", lambda c: c["accept"].append("word " * 50), ("long-answer", ("accept",))),
    (
        "short_text",
        "refused for two reasons",
        lambda c: c["refuse"].append({**c["refuse"][0], "id": "b"}),
        ("contradiction", ("refuse",)),
    ),
    (
        "cloze",
        "a blank without its place",
        lambda c: c.update(text="Only {{rec}} here."),
        ("unplaced-blank", ("blanks", 0)),
    ),
    (
        "cloze",
        "a place without its blank",
        lambda c: c.update(text=c["text"] + " {{new}}"),
        ("unknown-blank", ("text",)),
    ),
    ("cloze", "a place used twice", lambda c: c.update(text=c["text"] + " {{rec}}"), ("repeated-blank", ("text",))),
    (
        "cloze",
        "a blank in a formula",
        lambda c: c.update(text="$x = {{rec}}$, so {{dir}}"),
        ("hidden-blank", ("text",)),
    ),
    ("cloze", "a blank in code", lambda c: c.update(text="`{{rec}}` and {{dir}}"), ("hidden-blank", ("text",))),
    (
        "cloze",
        "a blank in an address",
        lambda c: c.update(text="[a](/x/{{rec}}) and {{dir}}"),
        ("hidden-blank", ("text",)),
    ),
    ("cloze", "neither typed nor chosen", lambda c: c["blanks"][1].update(accept=[]), ("blank-kind", ("blanks", 1))),
    ("cloze", "a typed blank without a reason", lambda c: c["blanks"][1].update(why=None), ("no-why", ("blanks", 1))),
    (
        "cloze",
        "a chosen blank without a key",
        lambda c: c["blanks"][0]["options"][0].update(key=False),
        ("no-key", ("blanks", 0, "options")),
    ),
    (
        "cloze",
        "a chosen blank with two",
        lambda c: c["blanks"][0]["options"][1].update(key=True),
        ("several-keys", ("blanks", 0, "options")),
    ),
    (
        "ordering",
        "one step twice",
        lambda c: c["elements"][1].update(text=c["elements"][0]["text"]),
        ("repeated-text", ("elements",)),
    ),
    ("ordering", "one id twice", lambda c: c["elements"][1].update(id="a"), ("repeated-id", ("elements",))),
    ("key_feature", "no key", lambda c: [o.update(key=False) for o in c["options"]], ("no-key", ("options",))),
    (
        "key_feature",
        "a key that does harm",
        lambda c: c["options"][1].update(harmful=True),
        ("harmful-key", ("options", 1)),
    ),
    ("key_feature", "fewer places than keys", lambda c: c.update(most=1), ("too-few-choices", ("most",))),
    ("key_feature", "as many places as options", lambda c: c.update(most=5), ("too-many-choices", ("most",))),
    ("key_feature", "one id twice", lambda c: c["options"][1].update(id="count"), ("repeated-id", ("options",))),
    (
        "key_feature",
        "one text twice",
        lambda c: c["options"][1].update(text=c["options"][0]["text"].upper()),
        ("duplicate-option", ("options",)),
    ),
    ("hotspot", "no key", lambda c: c["regions"][1].update(key=False), ("no-key", ("regions",))),
    ("hotspot", "two keys", lambda c: c["regions"][0].update(key=True), ("several-keys", ("regions",))),
    ("hotspot", "one id twice", lambda c: c["regions"][1].update(id="auto"), ("repeated-id", ("regions",))),
    (
        "hotspot",
        "one text twice",
        lambda c: c["regions"][1].update(text=c["regions"][0]["text"].upper()),
        ("repeated-text", ("regions",)),
    ),
    (
        "hotspot",
        "one place on another",
        lambda c: c["regions"][1].update(box=[211, 217, 46, 58]),
        ("overlap", ("regions", 1, "box")),
    ),
    (
        "hotspot",
        "one place on another in the narrow drawing",
        lambda c: [region.update(narrow=[10, 10, 40, 40]) for region in c["regions"][1:]],
        ("overlap", ("regions", 2, "narrow")),
    ),
    (
        "hotspot",
        "a place without extent",
        lambda c: c["regions"][2].update(box=[10, 10, 0, 40]),
        ("empty-box", ("regions", 2, "box")),
    ),
    ("case", "one part id twice", lambda c: c["parts"][1].update(id="p1"), ("repeated-id", ("parts",))),
    (
        "case",
        "a reveal too early",
        lambda c: c["parts"][0].update(reveal="It helped."),
        ("early-reveal", ("parts", 0, "reveal")),
    ),
    (
        "case",
        "a part without a key",
        lambda c: c["parts"][0]["options"][0].update(key=False),
        ("no-key", ("parts", 0, "options")),
    ),
]


@pytest.mark.parametrize(
    ("name", "spoil", "expected"), [pytest.param(n, s, e, id=f"{n}: {what}") for n, what, s, e in CASES]
)
def test_the_author_is_told(name: str, spoil: Callable[[Json], Any], expected: tuple[str, tuple[Any, ...]]) -> None:
    verbs = itemtypes.container(name) if itemtypes.is_container(name) else itemtypes.get(name)
    content = typed(name, copy.deepcopy(verbs.examples()[0].content))
    spoil(content)
    problems = itemtypes.check(name, content)
    assert expected in [(problem.rule, problem.path) for problem in problems], problems
    assert all(problem.message.endswith(".") for problem in problems)


def test_every_type_with_rules_of_its_own_has_a_broken_item_here() -> None:
    assert {name for name, *_ in CASES} == set(itemtypes.names()) - {"true_false"}


def test_places_that_only_touch_do_not_overlap() -> None:
    content = typed("hotspot", copy.deepcopy(itemtypes.get("hotspot").examples()[0].content))
    content["regions"][0]["box"], content["regions"][1]["box"] = [166, 160, 46, 58], [212, 160, 46, 58]
    assert itemtypes.check("hotspot", content) == []


@pytest.mark.parametrize(
    "box", [["1", "2", "3"], ["1", "2", "3", "4", "5"], ["1", "2", "-3", "4"], ["1", "x", "3", "4"]]
)
def test_a_place_is_four_whole_numbers(box: list[str]) -> None:
    content = itemtypes.get("hotspot").examples()[0].content
    with pytest.raises(ValidationError):
        typed("hotspot", content | {"regions": [region | {"box": box} for region in content["regions"]]})


def test_guessing_key_features_is_as_likely_as_its_best_number_of_choices() -> None:
    options = [{"id": name, "text": name, "why": name} for name in "abcdef"]
    options[0]["key"] = options[1]["key"] = "true"
    chance = itemtypes.get("key_feature").chance
    assert chance(typed("key_feature", {"options": options, "most": 2})) == 1 / 15
    assert chance(typed("key_feature", {"options": options, "most": 4})) == 6 / 15
    for option in options[2:5]:
        option["harmful"] = "true"
    assert chance(typed("key_feature", {"options": options, "most": 4})) == 1 / 15, "with more, one would do harm"


def test_too_many_key_features_come_back_whole_and_each_one_too_many_takes_a_mark_back() -> None:
    verbs = itemtypes.get("key_feature")
    content = typed("key_feature", verbs.examples()[0].content)
    layout = {"options": ["count", "stop", "wait", "ecg", "level"]}
    refused = verbs.parse(content, layout, {"choice": ["1", "2", "4", "5"]})
    assert isinstance(refused, NotGradable)
    assert (
        refused.message == "You chose 4 options; at most 3 can be sent. Take 1 back: all your choices are still marked."
    )
    assert [option["chosen"] for option in verbs.show(content, layout, refused.kept)["options"]] == [1, 1, 0, 1, 1]
    assert verbs.grade(content, refused.kept) == Grade(1, 2, ("count", "ecg", "level", "stop"))


@pytest.mark.parametrize("value", ["1e999999999", "nan", "inf", "0.0000000000000000001", "9" * 30])
def test_a_number_beyond_arithmetic_is_refused_in_a_file(value: str) -> None:
    content = itemtypes.get("numeric").examples()[0].content
    for field in ("value", "tolerance"):
        with pytest.raises(ValidationError):
            typed("numeric", {**content, field: value})


def test_decimal_fractions_are_exact_at_the_edge_of_a_tolerance() -> None:
    content = typed("numeric", {"value": "0.3", "tolerance": "0.1", "why": "Because."})
    for text, earned in (("0.2", 1), ("0.4", 1), ("0.19999999999999", 0), ("0.40000000000001", 0)):
        answer = itemtypes.get("numeric").parse(content, {}, {"number": [text]})
        assert isinstance(answer, dict)
        assert itemtypes.get("numeric").grade(content, answer).earned == earned


def test_a_number_with_two_readings_is_handed_back_with_both() -> None:
    content = typed("numeric", {"value": "1200", "why": "Because."})
    refused = itemtypes.get("numeric").parse(content, {}, {"number": ["1,200"]})
    assert "type 1200 or 1.200" in refused.message  # type: ignore[union-attr]


def test_no_layout_of_an_ordering_is_the_right_order() -> None:
    content = typed("ordering", {"elements": itemtypes.get("ordering").examples()[0].content["elements"][:3]})
    orders = {tuple(itemtypes.lay_out("ordering", content, random.Random(seed))["elements"]) for seed in range(300)}
    assert orders == set(permutations("abc")) - {("a", "b", "c")}


def test_the_options_of_extended_matching_are_listed_by_alphabet_and_size() -> None:
    texts = ["Venlafaxine 150 mg", "citalopram", "Venlafaxine 75 mg", "Mirtazapine", "10²"]
    content = {
        "theme": "Drugs",
        "options": [{"id": f"o{place}", "text": text} for place, text in enumerate(texts)],
        "vignettes": [{"id": name, "text": name, "key": "o1", "why": "Because."} for name in "ab"],
    }
    layout = itemtypes.lay_out("extended_matching", typed("extended_matching", content), random.Random(1))
    assert layout["options"] == ["o4", "o1", "o3", "o2", "o0"]


def test_the_fields_of_a_part_stand_in_canonical_order() -> None:
    content = itemtypes.container("case").examples()[0].content
    first, second = typed("case", content)["parts"]
    head = ["id", "objective", "facts", "lesson", "reveal", "type", "stem", "lead_in"]
    assert list(first) == [*head, "options", "take_home", "explanation"]
    assert list(second)[5:12] == ["type", "stem", "lead_in", "answer", "why_true", "why_false", "trap"]


def test_a_case_holds_no_case() -> None:
    assert "case" not in itemtypes.gradable()
    content = itemtypes.container("case").examples()[0].content
    nested = {"parts": [{**content["parts"][0], "type": "case"}, content["parts"][1]]}
    with pytest.raises(ValidationError):
        typed("case", nested)
