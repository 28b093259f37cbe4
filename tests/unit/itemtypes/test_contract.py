"""Every question type found keeps the contract of `quizapp.itemtypes`. Adding a type adds nothing here."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp import itemtypes
from quizapp.core.grading import Grade, NotGradable
from quizapp.itemtypes import Example, Json
from quizapp.itemtypes.samples import answer_of, in_tokens, presented, typed
from tests.faces import rendered, templates

SECRET = {
    "key", "harmful", "why", "why_true", "why_false", "trap", "traps", "answer", "value", "tolerance", "factor",
    "wrong", "accept", "refuse", "take_home", "explanation", "votes",
}  # fmt: skip
"""Fields of content that no learner may meet before answering."""

TYPES = itemtypes.names()
GRADABLE = itemtypes.gradable()
EXAMPLES = [
    (name, example)
    for name in TYPES
    for example in (
        itemtypes.container(name).examples() if itemtypes.is_container(name) else itemtypes.get(name).examples()
    )
]
every_example = pytest.mark.parametrize(
    ("name", "example"), [pytest.param(*pair, id=f"{pair[0]}-{place}") for place, pair in enumerate(EXAMPLES)]
)
DISTINCT = {
    (name, str(example.content), example.part, str(example.expected)): (name, example) for name, example in EXAMPLES
}
every_kind_of_example = pytest.mark.parametrize(
    ("name", "example"), [pytest.param(*pair, id=f"{pair[0]}-{place}") for place, pair in enumerate(DISTINCT.values())]
)
"""One example for each content and outcome: enough where only faces and structure are looked at."""


@every_kind_of_example
def test_an_example_passes_its_own_check(name: str, example: Example) -> None:
    assert itemtypes.check(name, typed(name, example.content)) == []


@every_example
def test_an_example_is_marked_as_it_says_in_every_layout(name: str, example: Example) -> None:
    for seed in range(5):
        part, _ = presented(name, example, seed)
        answer = answer_of(name, example, seed)
        if example.expected is NotGradable:
            assert isinstance(answer, NotGradable), f"{dict(example.submitted)} was taken: {answer}"
            assert answer.message.endswith("."), "a submission is handed back with a sentence"
        else:
            assert not isinstance(answer, NotGradable), answer
            assert itemtypes.get(part.type).grade(part.content, answer) == example.expected


@pytest.mark.parametrize("name", TYPES)
def test_examples_hold_a_right_a_wrong_and_a_not_gradable_submission(name: str) -> None:
    expected = [example.expected for type_name, example in EXAMPLES if type_name == name]
    grades = [grade for grade in expected if isinstance(grade, Grade)]
    assert any(grade.full for grade in grades)
    assert any(grade.earned == 0 for grade in grades)
    assert expected.count(NotGradable) >= 2, "one empty, one malformed"
    if any(grade.possible > 1 for grade in grades):
        assert any(0 < grade.earned < grade.possible for grade in grades), "a partly right one"


@every_kind_of_example
def test_answers_and_layouts_are_plain_json(name: str, example: Example) -> None:
    part, layout = presented(name, example)
    answer = answer_of(name, example)
    for value in (layout, answer.kept if isinstance(answer, NotGradable) else answer, part.content):
        assert json.loads(json.dumps(value)) == value


@every_example
def test_what_could_be_read_of_a_refused_answer_fills_the_form_again_and_can_be_marked(
    name: str, example: Example
) -> None:
    answer = answer_of(name, example)
    if isinstance(answer, NotGradable) and answer.kept is not None:
        part, layout = presented(name, example)
        assert itemtypes.get(part.type).show(part.content, layout, answer.kept)
        assert not itemtypes.get(part.type).grade(part.content, answer.kept).full
        assert rendered(part, layout, answer.kept)


@every_kind_of_example
def test_a_question_left_empty_earns_nothing_of_the_same_marks(name: str, example: Example) -> None:
    part, _ = presented(name, example)
    empty = itemtypes.get(part.type).grade(part.content, None)
    assert (empty.earned, empty.classes) == (0, ())
    answer = answer_of(name, example)
    if not isinstance(answer, NotGradable):
        assert empty.possible == itemtypes.get(part.type).grade(part.content, answer).possible


# --- nothing leaks ----------------------------------------------------------------------------------------------------


class Sealed(dict[str, Any]):
    """Content that says who looked at a secret field."""

    def __getitem__(self, field: str) -> Any:
        if field in SECRET:
            raise AssertionError(f"`show` reads “{field}”")
        return super().__getitem__(field)

    def get(self, field: str, default: Any = None) -> Any:
        return super().get(field, default) if field not in SECRET else self[field]

    def items(self) -> Any:
        raise AssertionError("`show` copies whole entries instead of picking fields")

    values = items


def sealed(content: Any) -> Any:
    if isinstance(content, dict):
        return Sealed({field: sealed(value) for field, value in content.items()})
    return [sealed(value) for value in content] if isinstance(content, list) else content


def marked_secrets(content: Any, canary: str) -> Any:
    """The content with every secret text replaced by a canary."""
    if isinstance(content, dict):
        return {
            field: (_replaced(value, canary) if field in SECRET else marked_secrets(value, canary))
            for field, value in content.items()
        }
    return [marked_secrets(value, canary) for value in content] if isinstance(content, list) else content


def _replaced(value: Any, canary: str) -> Any:
    if isinstance(value, str):
        return canary
    if isinstance(value, dict):
        return {field: _replaced(inner, canary) for field, inner in value.items()}
    return [_replaced(inner, canary) for inner in value] if isinstance(value, list) else value


def with_marked_ids(content: Any) -> Any:
    """The content with every permanent id replaced by one that can be searched for."""
    text = json.dumps(content)
    for place, found in enumerate(sorted(set(re.findall(r'"id": "([a-z0-9]+)"', text)))):
        text = text.replace(f'"{found}"', f'"zzid{place}"').replace("{{" + found + "}}", "{{" + f"zzid{place}" + "}}")
    return json.loads(text)


@every_kind_of_example
def test_show_reads_no_secret_field(name: str, example: Example) -> None:
    part, layout = presented(name, example)
    answer = answer_of(name, example)
    kept = answer.kept if isinstance(answer, NotGradable) else answer
    for given_answer in (None, kept):
        itemtypes.get(part.type).show(sealed(part.content), layout, given_answer)


@every_kind_of_example
def test_neither_a_secret_nor_a_permanent_id_reaches_the_page(name: str, example: Example) -> None:
    canary = "canary8431"
    content = with_marked_ids(typed(name, example.content))
    layout = itemtypes.lay_out(name, content, random.Random(3))
    part = itemtypes.parts(name, content)[0]
    layout = itemtypes.part_layout(name, layout, part)
    told = marked_secrets(part.content, canary)
    face = itemtypes.get(part.type).show(told, layout, None)
    page = templates.get_template(f"itemtypes/{part.type}/answer.html").render(
        face=face, uid="q1", struck=set(), locked=False
    )
    for seen in (json.dumps(face), page):
        assert canary not in seen
        assert "zzid" not in seen


@every_kind_of_example
def test_the_order_of_the_file_changes_neither_the_face_nor_the_mark(name: str, example: Example) -> None:
    part, layout = presented(name, example)
    verbs = itemtypes.get(part.type)
    other = reordered(part.content)
    assert verbs.show(other, layout, None) == verbs.show(part.content, layout, None)
    answer = answer_of(name, example)
    if not isinstance(answer, NotGradable) and part.type != "ordering":  # there the order of the file is the key
        assert verbs.grade(other, answer) == verbs.grade(part.content, answer)


def reordered(content: Any) -> Any:
    """The content with every list of entries reversed."""
    if isinstance(content, dict):
        return {field: reordered(value) for field, value in content.items()}
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return [reordered(value) for value in reversed(content)]
    return content


@pytest.mark.parametrize("name", GRADABLE)
def test_every_right_place_in_the_layout_comes_up_equally_often(name: str) -> None:
    """A key that tends to stand first is a leak. Scales, alphabets and True/False keep their order on purpose."""
    example = next(
        one for one in itemtypes.get(name).examples() if isinstance(one.expected, Grade) and one.expected.full
    )
    content = typed(name, example.content)
    firsts: dict[str, dict[str, int]] = {}
    for seed in range(600):
        layout = itemtypes.get(name).lay_out(content, random.Random(seed))
        for field, order in _named_orders(layout):
            firsts.setdefault(field, {}).setdefault(order[0], 0)
            firsts[field][order[0]] += 1
    fixed = {
        ("true_false", "options"),
        ("script_concordance", "options"),
        ("matrix", "columns"),
        ("extended_matching", "options"),
        ("cloze", "blanks"),
    }
    for field, counts in firsts.items():
        if (name, field) in fixed:
            assert len(counts) == 1
        else:
            assert len(counts) > 1, f"“{field}” is never shuffled"
            assert min(counts.values()) > 0.6 * 600 / len(counts), (field, counts)


def _named_orders(layout: Json) -> Iterator[tuple[str, list[str]]]:
    for field, value in layout.items():
        if isinstance(value, list):
            yield field, value
        elif isinstance(value, dict):
            yield from _named_orders(value)


# --- hostile input ----------------------------------------------------------------------------------------------------

words = st.text(max_size=30) | st.sampled_from(
    [
        "0",
        "1",
        "01",
        "2",
        "-1",
        "99",
        "1e9",
        "²",
        "１",
        "\x00",
        "<script>alert(1)</script>",
        "‮",
        "a" * 100_000,
        "1" * 5_000,
    ]
)
fields = st.sampled_from(
    ["choice", "number", "text", *(f"{prefix}-{place}" for prefix in ("row", "blank", "place") for place in range(6))]
)


@pytest.mark.parametrize("name", GRADABLE)
@settings(max_examples=60)
@given(
    submitted=st.dictionaries(fields | st.text(max_size=5), st.lists(words, max_size=4), max_size=12),
    pick=st.integers(0),
)
def test_no_submission_makes_a_type_raise(name: str, submitted: dict[str, list[str]], pick: int) -> None:
    verbs = itemtypes.get(name)
    examples = verbs.examples()
    part, layout = presented(name, examples[pick % len(examples)])
    answer = verbs.parse(part.content, layout, submitted)
    kept = answer.kept if isinstance(answer, NotGradable) else answer
    if kept is not None:
        json.dumps(kept).encode()
        assert "\x00" not in json.dumps(kept, ensure_ascii=False), "PostgreSQL cannot store it"
        assert len(json.dumps(kept)) < 10_000
        grade = verbs.grade(part.content, kept)
        assert 0 <= grade.earned <= grade.possible
        assert grade == verbs.grade(part.content, copy.deepcopy(kept))
        for page in (rendered(part, layout, kept), rendered(part, layout, kept, reviewed=True)):
            assert "<script" not in page, "a typed answer stands on the page as HTML"


@pytest.mark.parametrize("name", GRADABLE)
def test_a_typed_answer_is_never_html(name: str) -> None:
    hostile = '"><script>alert(1)</script>'
    for example in itemtypes.get(name).examples():
        part, layout = presented(name, example)
        sent = in_tokens(layout, example.submitted)
        for field in sent:
            answer = itemtypes.get(name).parse(part.content, layout, sent | {field: [hostile]})
            kept = answer.kept if isinstance(answer, NotGradable) else answer
            for page in (rendered(part, layout, kept), rendered(part, layout, kept, reviewed=True)):
                assert "<script" not in page


# --- what a folder holds ----------------------------------------------------------------------------------------------


@every_kind_of_example
def test_both_faces_render_with_and_without_an_answer(name: str, example: Example) -> None:
    part, layout = presented(name, example)
    answer = answer_of(name, example)
    for given_answer in (None, answer.kept if isinstance(answer, NotGradable) else answer):
        for page in (rendered(part, layout, given_answer), rendered(part, layout, given_answer, reviewed=True)):
            assert " style=" not in page
            assert "<script" not in page
            assert not re.search(r"\son[a-z]+=", page)
            ids = re.findall(r'\sid="([^"]+)"', page)
            assert len(ids) == len(set(ids))
            assert all(name.startswith("q1-") for name in ids), "ids must be unique on a page with several questions"


@every_kind_of_example
def test_a_locked_face_takes_no_input(name: str, example: Example) -> None:
    part, layout = presented(name, example)
    face = itemtypes.get(part.type).show(part.content, layout, None)
    page = templates.get_template(f"itemtypes/{part.type}/answer.html").render(
        face=face, uid="q1", struck=set(), locked=True
    )
    controls = re.findall(r"<(?:input|select|button)\b[^>]*>", page)
    assert controls
    assert [control for control in controls if not re.search(r"\sdisabled\b", control)] == []


@every_kind_of_example
def test_a_review_gives_every_reason_that_is_written(name: str, example: Example) -> None:
    part, layout = presented(name, example)
    page = rendered(part, layout, None, reviewed=True)
    for reason in re.findall(
        r'"why(?:_true|_false)?": "([^"]+)"', json.dumps(_without_wrong(part.content), ensure_ascii=False)
    ):
        assert reason in page


def _without_wrong(content: Any) -> Any:
    """Reasons for typed wrong answers are told only to those who typed them."""
    if isinstance(content, dict):
        return {field: _without_wrong(value) for field, value in content.items() if field not in ("wrong", "refuse")}
    return [_without_wrong(value) for value in content] if isinstance(content, list) else content


@pytest.mark.parametrize("name", GRADABLE)
def test_chance_is_a_probability(name: str) -> None:
    for example in itemtypes.get(name).examples():
        assert 0 <= itemtypes.get(name).chance(typed(name, example.content)) < 1


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_its_page_in_the_manual_with_every_field_and_an_example_that_works(name: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "itemtypes" / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith("# ")
    model = itemtypes.get(name).Body
    for field in model.model_fields:
        assert f"`{field}`" in page, f"docs/itemtypes/{name}.md does not name the field “{field}”"
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert blocks, f"docs/itemtypes/{name}.md shows no example"
    for block in blocks:
        whole = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but text
        content = typed(name, {field: value for field, value in whole.items() if field in model.model_fields})
        assert itemtypes.check(name, content) == []


def test_every_type_is_named_in_the_list_of_formats() -> None:
    formats = (Path(__file__).parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")
    assert [name for name in TYPES if f"| {name} |" not in formats] == []


def test_a_name_that_is_no_type_is_refused() -> None:
    for ask in (itemtypes.get, itemtypes.container, itemtypes.is_container):
        with pytest.raises(KeyError):
            ask("../core")
    with pytest.raises(KeyError):
        itemtypes.container("numeric")
