"""Lessons: front matter, sections, blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from quizapp.formats import lessons

GOOD = Path(__file__).parents[2] / "data" / "content" / "good" / "lessons" / "brakes" / "lesson.md"


def rules(body: str) -> list[tuple[int, str]]:
    return [(flaw.line, flaw.rule) for flaw in lessons.render_body(body)[1]]


def test_a_lesson_becomes_sections_with_their_parts_in_order() -> None:
    lesson, _, body_line, problems = lessons.read(GOOD.read_text(encoding="utf-8"), "lesson.md")
    assert lesson is not None
    sections, flaws = lessons.render_body(lesson.body)

    assert (problems, flaws) == ([], [])
    assert GOOD.read_text(encoding="utf-8").split("\n")[body_line - 1].startswith("## The brake on the terminal")
    assert [(s["anchor"], s["objectives"], [part["kind"] for part in s["parts"]]) for s in sections] == [
        ("auto", ["LN2"], ["html", "figure", "html", "key", "check"]),
        ("hetero", ["LN3"], ["html", "disputed", "html"]),
    ]
    assert sections[0]["parts"][1]["figure"] == "brake"
    assert sections[0]["parts"][4]["item"] == "brakes-1"
    assert "fn-hetero-1" in sections[1]["parts"][2]["html"]


def test_a_lesson_is_written_as_it_was_read() -> None:
    text = GOOD.read_text(encoding="utf-8")
    lesson = lessons.read(text, "lesson.md")[0]

    assert lesson is not None
    assert lessons.text_of(lesson) == text


@pytest.mark.parametrize(
    ("body", "flaws"),
    [
        ("Text.\n\n## A {#a}\n\nText.", [(0, "heading")]),
        ("", [(0, "heading")]),
        ("# A {#a}\n", [(0, "missing-anchor")]),
        ("## A\n", [(0, "missing-anchor")]),
        ("## A {#A b}\n", [(0, "missing-anchor")]),
        ("## A {#a}\n\n## B {#a}\n", [(2, "repeated-anchor")]),
        ("## A {#a}\n\n::: key\nx\n", [(2, "open-block")]),
        ("## A {#a}\n\n:::\n", [(2, "unknown-block")]),
        ("## A {#a}\n\n::: warning\nx\n:::\n", [(2, "unknown-block")]),
        ("## A {#a}\n\n::: check\n:::\n", [(2, "block")]),
        ("## A {#a}\n\n::: check i-1\nx\n:::\n", [(4, "block")]),
        ("## A {#a}\n\n::: key\n:::\n", [(3, "block")]),
        ("## A {#a}\n\ntext\n::: key\nx\n:::\n", [(3, "block-spacing")]),
        ("## A {#a}\n\n::: key\nx\n:::\ntext\n", [(4, "block-spacing")]),
        ("## A {#a}\n\n::: key\n## B {#b}\n:::\n", [(3, "heading")]),
        ("## A {#a}\n\nx <i>\n\n::: key\nfine\n\n[x](y)\n:::\n", [(2, "raw-html"), (7, "link")]),
        ("## A {#a}\n\n\ue0000\ue001\n", [(0, "invisible-character")]),
    ],
)
def test_every_fault_of_a_body_has_its_line(body: str, flaws: list[tuple[int, str]]) -> None:
    assert rules(body) == flaws


def test_a_block_after_a_list_stands_outside_it() -> None:
    sections, flaws = lessons.render_body("## A {#a}\n\n- one\n- two\n\n::: key\nthree\n:::\n\n- four\n")

    assert flaws == []
    assert [part["kind"] for part in sections[0]["parts"]] == ["html", "key", "html"]


def test_subheadings_stay_below_the_section() -> None:
    sections, _ = lessons.render_body("## A {#a}\n\n### B\n\ntext\n")

    assert sections[0]["parts"][0]["html"] == "<h3>B</h3>\n<p>text</p>"
