"""What an author has half written can always be drawn."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from quizapp import itemtypes
from quizapp.formats import markdown
from quizapp.formats.entries import content_of, written
from quizapp.formats.linting import lint
from quizapp.formats.native import item_model
from quizapp.formats.sketching import sketch

Json = dict[str, Any]
HEAD = {"id": "x-1", "objective": "LN3", "bloom": "apply", "difficulty": "medium"}


def whole(name: str) -> Json:
    """A question of a type, from its own examples."""
    content: Json = copy.deepcopy(itemtypes.get(name).examples()[0].content)
    own = {} if itemtypes.is_container(name) else {"lead_in": "Which one?", "take_home": "This one."}
    return {**HEAD, "type": name, "stem": "A vignette.", **own, **content}


def draw(content: Json) -> None:
    """Draw every part of the question as a page would."""
    fields = sketch(content)
    assert fields is not None
    typed = content_of(fields)
    rendered = markdown.render_fields(fields)[0]
    layout = itemtypes.lay_out(fields.type, typed, random.Random(1))
    for part in itemtypes.parts(fields.type, rendered):
        itemtypes.get(part.type).show(part.content, itemtypes.part_layout(fields.type, layout, part), None)


def mutilated(value: Any, rng: random.Random) -> Any:
    """The same with something taken away, emptied or replaced here and there."""
    if isinstance(value, dict):
        kept = {key: mutilated(part, rng) for key, part in value.items() if key == "type" or rng.random() > 0.12}
        return kept | ({"strange": "1"} if rng.random() < 0.05 else {})
    if isinstance(value, list):
        return [mutilated(part, rng) for part in value if rng.random() > 0.15]
    return rng.choice([value, value, value, value, value, "", "ω" * 9000, ["a"], {"a": "b"}, "true", "<script>", "-1"])


@pytest.mark.parametrize("name", itemtypes.names())
def test_a_question_is_drawn_at_every_stage_of_being_written(name: str, rng: random.Random) -> None:
    draw({"id": "x-1", "type": name})
    draw(whole(name))
    for _ in range(60):
        content = mutilated(whole(name), rng) | {"type": name, "id": "x-1"}
        draw(content)


def emptied(value: Any, rng: random.Random) -> Any:
    """The same as a form gives it back when parts of it are not filled in."""
    if isinstance(value, dict):
        return {key: part if key in ("id", "type") else emptied(part, rng) for key, part in value.items()}
    if isinstance(value, list):
        return [emptied(part, rng) for part in value if rng.random() > 0.2]
    return value if rng.random() > 0.2 or isinstance(value, bool) else ""


@pytest.mark.parametrize("name", itemtypes.names())
def test_an_unfinished_question_is_judged_without_a_stumble(name: str, rng: random.Random) -> None:
    lint({"id": "x-1", "type": name, "objective": ""})
    for _ in range(60):
        lint(emptied(whole(name), rng))


@pytest.mark.parametrize("name", itemtypes.names())
def test_a_whole_question_is_drawn_as_it_is(name: str) -> None:
    fields = sketch(whole(name))
    assert fields is not None
    assert written(fields) == written(item_model(name).model_validate(whole(name)))
