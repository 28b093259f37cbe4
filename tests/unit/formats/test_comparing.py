"""What a reader of a history is shown of two versions."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from quizapp.formats.comparing import Difference, Mark, compare

_lines = [f"{number}\n" for number in range(1_500)]
SHUFFLED = "".join(_lines), "".join(random.Random(1).sample(_lines, len(_lines)))


def told(found: tuple[Difference, ...]) -> dict[str, str]:
    """Each difference in one line: [-taken out-]{+put in+}."""
    shapes = {Mark.KEPT: "{}", Mark.OUT: "[-{}-]", Mark.IN: "{{+{}+}}", Mark.LEFT_OUT: "…"}
    return {
        "/".join(one.place): "".join(shapes[piece.mark].format(piece.text) for piece in one.pieces) for one in found
    }


def option(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "text": text, **more}


def test_equal_texts_differ_in_nothing_and_what_says_nothing_is_no_difference() -> None:
    body = {"stem": "A man.", "options": [option("a", "One")], "facts": ["N1"]}
    assert compare(body, dict(body)) == ()
    assert compare({"stem": None, "facts": [], "key": False}, {"note": ""}) == ()


def test_words_are_compared_and_neighbouring_changes_are_one() -> None:
    found = compare({"stem": "A man of 34 sleeps badly."}, {"stem": "A woman of 34 sleeps badly at night."})
    assert told(found) == {"stem": "A [-man-]{+woman+} of 34 sleeps badly{+ at night+}."}
    found = compare({"stem": "one two three four"}, {"stem": "one zwei drei four"})
    assert told(found) == {"stem": "one [-two three-]{+zwei drei+} four"}


def test_options_are_known_by_their_ids_wherever_they_stand() -> None:
    older = {"options": [option("a", "One", key=True), option("b", "Two"), option("c", "Three")]}
    newer = {"options": [option("c", "Three"), option("a", "One"), option("b", "Two", key=True, why="Now.")]}
    found = compare(older, newer)
    assert (found[0].place, found[0].is_order) == (("options",), True)
    assert told(found[1:]) == {
        "options/a/key": "[-yes-]",
        "options/b/key": "{+yes+}",
        "options/b/why": "{+Now.+}",
    }


def test_what_is_new_and_what_is_gone_is_told_leaf_by_leaf() -> None:
    older = {"options": [option("a", "One")], "signoff": {"by": "X", "on": "2026-11-01"}}
    newer = {"options": [option("a", "One"), option("b", "Two", trap="T1")], "facts": ["N1", "N2"]}
    assert told(compare(older, newer)) == {
        "options/b/text": "{+Two+}",
        "options/b/trap": "{+T1+}",
        "facts": "{+N1, N2+}",
        "signoff/by": "[-X-]",
        "signoff/on": "[-2026-11-01-]",
    }
    assert told(compare({"id": "x", "state": "draft"}, {"id": "x", "state": "published"}, ignored=("state",))) == {}


def test_of_a_long_text_only_what_stands_around_the_change_is_shown() -> None:
    lines = [f"Sentence number {number} of a lesson." for number in range(400)]
    changed = [*lines[:200], "Sentence number two hundred.", *lines[201:]]
    (line,) = told(compare({"body": "\n".join(lines)}, {"body": "\n".join(changed)})).values()
    assert "[-200 of a lesson-]{+two hundred+}" in line
    assert line.startswith("…")
    assert line.endswith("…")
    assert len(line) < 600


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("a " * 200_000, "b " * 200_000),
        ("\n" * 200_000, "x\n" * 200_000),
        ("ab\n" * 100_000, "ba\nab\n" * 60_000),
        (SHUFFLED[0], SHUFFLED[1]),
    ],
    ids=["words", "lines", "repeats", "shuffled"],
)
def test_a_hostile_text_takes_no_long_time(older: str, newer: str) -> None:
    begun = time.process_time()
    assert compare({"body": older}, {"body": newer})
    assert time.process_time() - begun < 3


@pytest.mark.parametrize("odd", [[1, [2, {"a": 3}]], {"deep": {"er": [None, True]}}, 0, "", "\x00"])
def test_shapes_that_no_question_has_are_told_somehow(odd: Any) -> None:
    compare({"stem": odd}, {"stem": "text"})
    compare({"options": odd}, {"options": [option("a", "One")]})
    compare({"options": [option("a", "One")]}, {"options": odd})
