"""Answers held against a panel: the marks, the scale, and what is held back until the panel has voted."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest

from quizapp import itemtypes
from quizapp.core.grading import Grade
from quizapp.formats import crosscheck, tree
from quizapp.itemtypes import Json, told
from quizapp.itemtypes.samples import typed

VERBS = itemtypes.get("script_concordance")


def content(**votes: int) -> Json:
    steps = {"m2": "-2", "m1": "-1", "zero": "0", "p1": "1", "p2": "2"}
    own = {"hypothesis": "a mixed state", "information": "that he sleeps", "why": "Sleep tells."}
    return typed("script_concordance", own | {"votes": {steps[name]: number for name, number in votes.items()}})


@pytest.mark.parametrize(
    ("choice", "grade", "right"),
    [("p2", (8, 8), True), ("p1", (7, 8), True), ("zero", (2, 8), False), ("m1", (0, 8), False)],
)
def test_marks_are_the_votes_of_those_who_answered_alike(choice: str, grade: tuple[int, int], right: bool) -> None:
    of = content(p2=8, p1=7, zero=2)
    marked = VERBS.grade(of, {"choice": choice})
    assert (marked.earned, marked.possible, marked.right) == (*grade, right)
    assert VERBS.chance(of) == 2 / 5
    review = VERBS.explain(of, VERBS.lay_out(of, random.Random(1)), {"choice": choice})
    assert told.tell(review)[0].right is right
    assert [option["votes"] for option in review["options"]] == [0, 0, 2, 7, 8]


def test_two_answers_may_be_the_most_frequent() -> None:
    of = content(p2=5, m2=5)
    assert VERBS.grade(of, {"choice": "m2"}).full
    assert VERBS.grade(of, {"choice": "p2"}).full
    review = VERBS.explain(of, VERBS.lay_out(of, random.Random(1)), {"choice": "m2"})
    assert told.tell(review)[0].key == "−2: much less likely or +2: much more likely"


def test_without_votes_a_draft_can_still_be_drawn_marked_and_explained() -> None:
    of = content()
    layout = VERBS.lay_out(of, random.Random(1))
    assert VERBS.grade(of, None) == Grade(0, 1)
    assert VERBS.grade(of, {"choice": "p1"}).earned == 0
    assert VERBS.explain(of, layout, {"choice": "p1"})["panel"] == 0
    assert 0 <= VERBS.chance(of) < 1


@pytest.mark.parametrize(
    ("votes", "missing"), [({}, "10 votes are missing"), ({"p1": 5, "m1": 4}, "1 vote is missing"), ({"p1": 10}, "")]
)
def test_it_is_told_how_many_votes_are_missing(votes: dict[str, int], missing: str) -> None:
    found = itemtypes.unready("script_concordance", content(**votes))
    assert [problem.message.partition(":")[0] for problem in found] == ([missing] if missing else [])
    case = {"parts": [{"id": "p1", "type": "script_concordance", "objective": "X", **content(**votes)}]}
    assert [problem.path for problem in itemtypes.unready("case", case)] == ([("parts", 0, "votes")] if missing else [])


@pytest.mark.parametrize("wrong", [{"0": -1}, {"0": "many"}, {"0": 5_000}])
def test_votes_are_counts_of_steps_of_the_scale(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        typed("script_concordance", content() | {"votes": wrong})


def test_a_draft_may_wait_for_its_panel_and_a_published_question_may_not() -> None:
    item = """id: x-1
type: script_concordance
state: {state}
objective: X
bloom: apply
difficulty: easy
lead_in: What does it do?
hypothesis: a mixed state
information: that he sleeps
why: Sleep tells.
votes:
  "1": 4
take_home: Sleep tells.
"""
    name = "question_banks/x/x.yaml"

    def rules(state: str) -> set[tuple[str, int]]:
        files = {name: item.replace("{state}", state).encode()}
        found = crosscheck.check(tree.parse(files), dt.date(2026, 11, 29))
        return {(one.rule, one.line) for one in found if one.rule == "panel-too-small"}

    assert rules("published") == {("panel-too-small", 11)}
    assert rules("draft") == set()
