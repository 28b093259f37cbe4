"""Flaws that one click mends: the flaw is gone, nothing else has changed, and no other has come."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from quizapp.formats.documents import Path
from quizapp.formats.linting import lint
from quizapp.formats.linting.mending import LABELS, MENDS, Unmendable, mend, move_key, offered

Json = dict[str, Any]


def item(
    lead_in: str = "Which element is it?", options: tuple[str, ...] = ("Gold", "Iron", "Zinc"), **more: Any
) -> Json:
    return {
        "id": "q", "type": "single_best_answer", "objective": "X1", "lead_in": lead_in, "take_home": "Iron it is.",
        "options": [{"id": "abcdefgh"[n], "text": text, "key": n == 1, "why": "So."} for n, text in enumerate(options)],
    } | more  # fmt: skip


MENDED: list[tuple[str, Json, Path, Any]] = [
    ("numbers", item("How many mg is it?", ("30 mg", "7.5 mg", "15 mg")), ("options", 0, "text"), "7.5 mg"),
    ("numbers", item("How long is it?", ("2 weeks", "3 days", "1 month")), ("options", 0, "text"), "3 days"),
    ("heterogeneous-options", item(options=("Gold.", "Iron", "Zinc")), ("options", 0, "text"), "Gold"),
    ("heterogeneous-options", item(options=("gold", "Iron", "Zinc")), ("options", 0, "text"), "Gold"),
    ("negative-lead-in", item("Which element is not a metal?"), ("lead_in",), "Which element is **not** a metal?"),
    ("negative-lead-in", item("Which of these is false?"), ("lead_in",), "Which of these **is false**?"),
    (
        "negative-lead-in",
        item("All but one fit, not all well: which is not a metal?"),
        ("lead_in",),
        "All but one fit, not all well: which is **not** a metal?",
    ),
    ("untidy-spacing", item("Which  element is it ?"), ("lead_in",), "Which element is it?"),
    (
        "untidy-spacing",
        item(stem="One , two.\n\n| a  | b |\n|---|---|"),
        ("stem",),
        "One, two.\n\n| a  | b |\n|---|---|",
    ),
    ("brand-alone", item("What does Remeron block?"), ("lead_in",), "What does mirtazapine (Remeron) block?"),
    ("brand-alone", item(stem="Remeron was begun."), ("stem",), "Mirtazapine (Remeron) was begun."),
    ("idle-reason", item(lint={"long-key": "Names are short."}), ("lint",), {}),
    ("unknown-rule", item(lint={"no-such-rule": "So."}), ("lint",), {}),
]


@pytest.mark.parametrize(("rule", "flawed", "path", "wanted"), MENDED)
def test_a_mend_takes_its_flaw_away_and_nothing_else(rule: str, flawed: Json, path: Path, wanted: Any) -> None:
    before = copy.deepcopy(flawed)
    finding = next(found for found in lint(flawed).findings if found.rule == rule)
    assert offered(flawed, finding) == LABELS[rule]
    mended = mend(flawed, rule, finding.path)
    assert flawed == before
    value: Any = mended
    for step in path:
        value = value[step]
    assert value == wanted
    assert rule not in {found.rule for found in lint(mended).findings}
    untouched = {name for name in flawed if name != path[0]}
    assert {name: mended[name] for name in untouched} == {name: flawed[name] for name in untouched}


def test_every_mend_is_tried_here() -> None:
    assert {rule for rule, *_ in MENDED} == set(MENDS) == set(LABELS)


def test_what_needs_an_author_is_not_offered() -> None:
    for flawed in (
        item("How many mg is it?", ("30 mg", "7 g", "15 mg")),  # units: the numbers have to be worked out
        item(options=("3", "Iron", "Zinc")),
    ):
        finding = next(found for found in lint(flawed).findings if found.rule in MENDS)
        assert offered(flawed, finding) is None


@pytest.mark.parametrize("path", [("options", 9, "text"), ("nothing",), ("options",), ()])
def test_a_place_that_is_gone_changes_nothing(path: Path) -> None:
    for rule in MENDS:
        with pytest.raises(Unmendable):
            assert mend(item(), rule, (*path, "x")) == item()


def test_the_key_moves_and_the_others_keep_their_order() -> None:
    moved = move_key(item(), ("options",), 2)
    assert [option["id"] for option in moved["options"]] == ["a", "c", "b"]
    two = item()
    two["options"][0]["key"] = True
    with pytest.raises(Unmendable):
        move_key(two, ("options",), 0)
