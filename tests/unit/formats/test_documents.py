"""The guarded YAML: nothing is lost or invented between text and documents, and no bytes raise."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp.formats import documents

_AWKWARD = list("abcDE01 :#-?,[]{}&*!|>'\"%@`=.<\\~\n\u00a0\u3000αé−🙂")


def _canonical(text: str) -> str:
    return "\n".join(part.rstrip() for part in text.strip().split("\n")) or "x"


texts = st.text(st.sampled_from(_AWKWARD), min_size=1, max_size=20).map(_canonical)
keys = texts.map(lambda text: text.replace("\n", " ").strip() or "k")
values = st.recursive(
    texts,
    lambda inner: (
        st.lists(texts, min_size=1, max_size=4)
        | st.lists(st.dictionaries(keys, inner, min_size=1, max_size=3), min_size=1, max_size=3)
        | st.dictionaries(keys, inner, min_size=1, max_size=3)
    ),
    max_leaves=5,
)
entries = st.lists(st.dictionaries(keys, values, min_size=1, max_size=4), min_size=1, max_size=3)


def read_values(text: str) -> list[object]:
    found, problems = documents.read(text, "f.yaml")
    assert problems == []
    return [document.value for document in found]


@settings(max_examples=60)
@given(entries)
def test_what_is_written_is_read_again_and_written_the_same(values: list[dict[str, object]]) -> None:
    text = documents.write(values)

    assert read_values(text) == values
    assert documents.write(read_values(text)) == text


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([*_AWKWARD, "\t", "\r", "\x00", "\ufeff", "---\n", "%YAML ", "!!x "])).map("".join)
    | st.text()
)
def test_no_text_raises(text: str) -> None:
    decoded, problems = documents.decode(text.encode("utf-8", "surrogatepass"), "f.yaml")
    if not problems:
        documents.read(decoded, "f.yaml")


@settings(max_examples=60)
@given(st.binary())
def test_no_bytes_raise(data: bytes) -> None:
    decoded, problems = documents.decode(data, "f.yaml")
    assert (decoded == "") or not problems


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NO", "NO"),
        ("1:30", "1:30"),
        ("0123", "0123"),
        ("2026-11-01", "2026-11-01"),
        ("~", "~"),
        ("|-\n  two\n\n  lines", "two\n\nlines"),
        ("'it''s'", "it's"),
    ],
)
def test_every_scalar_is_text(written: str, meant: str) -> None:
    assert read_values(f"a: {written}\n") == [{"a": meant}]


def test_what_says_nothing_is_not_written() -> None:
    assert documents.write([{"id": "a", "note": None, "facts": [], "stem": "", "signoff": {}}]) == "id: a\n"


def test_lists_of_ids_stand_in_one_line_and_lists_of_sentences_below_each_other() -> None:
    ids = [f"N{number}" for number in range(60)]

    assert documents.write([{"facts": ids}]) == f"facts: [{', '.join(ids)}]\n"
    assert documents.write([{"accept": ["one, two", "three"]}]) == "accept:\n- one, two\n- three\n"


def test_a_hash_inside_a_text_is_no_comment() -> None:
    assert read_values("a: b#c\nb: 'd # e'\nc: |-\n  # f\nd: \"# g\"\n") == [
        {"a": "b#c", "b": "d # e", "c": "# f", "d": "# g"}
    ]


@pytest.mark.parametrize("text", ["a: b # c\n", "# c\na: b\n", "a: |- # c\n  b\n", "a: [b, # c\n  d]\n", "a: b\n# c\n"])
def test_a_comment_is_found_wherever_it_stands(text: str) -> None:
    _, problems = documents.read(text, "f.yaml")

    assert [(problem.rule, problem.line) for problem in problems] == [("comment", text.split("#")[0].count("\n") + 1)]


def test_every_place_has_its_line() -> None:
    document = documents.read("id: a\n---\nid: b\noptions:\n- id: c\n  why: |-\n    d\n    e\n", "f.yaml")[0][1]

    assert document.line == 3
    assert document.line_of(("options", 0, "why")) == 6
    assert document.texts["options", 0, "why"] == 7
    assert document.line_of(("options", 0, "trap", "x")) == 5


@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 100_000,
        "a: " + "{b: " * 50_000,
        "- " * 200_000,
        "a: [" + "b, " * 200_000,
        "? " * 100_000,
        "a:\n" * 200_000,
    ],
)
def test_a_file_made_to_exhaust_the_reader_is_refused_at_once(bomb: str) -> None:
    begun = time.perf_counter()

    _, problems = documents.read(bomb, "f.yaml")

    assert problems
    assert time.perf_counter() - begun < 5


def test_problems_of_one_file_are_limited() -> None:
    assert len(documents.read("a: b\n" * 5_000, "f.yaml")[1]) == documents.MAX_PROBLEMS


@pytest.mark.parametrize("text", ['a: "\\0"\n', 'a: "\\u202e"\n', 'a: "\\t"\n'])
def test_an_escape_cannot_bring_in_what_is_refused_in_plain(text: str) -> None:
    assert [problem.rule for problem in documents.read(text, "f.yaml")[1]] == ["invisible-character"]


def test_messages_of_the_parser_are_put_in_other_words() -> None:
    for text in (
        "a: b: c\n",
        "a: [b\n",
        "a: {b\n",
        "a: @b\n",
        "a: 'b\n",
        "a: b\nc\n",
        "a: *\n",
        'a: "\\q"\n',
        "a: b\n- c\n",
    ):
        _, problems = documents.read(text, "f.yaml")
        assert problems, text
        assert not re.search(r"block|token|mapping values|scanner|parser", problems[0].message), problems[0]
