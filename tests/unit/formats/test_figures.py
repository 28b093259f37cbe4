"""Figures: drawings are judged, keep their ids apart on a page, and are printed in the colours of the light page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quizapp import paths
from quizapp.formats import figures

GOOD = Path(__file__).parents[2] / "data" / "content" / "good" / "lessons" / "brakes" / "media" / "brake.svg"
FRAME = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><title>t</title><desc>d</desc>{}</svg>'


@pytest.fixture(scope="module")
def drawing() -> figures.Drawing:
    found, problems = figures.read(GOOD.read_bytes(), "brake.svg")
    assert problems == []
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("inside", "rule"),
    [
        ("<script>alert(1)</script>", "figure-element"),
        ("<foreignObject/>", "figure-element"),
        ("<image href='https://example.org/x.png'/>", "figure-element"),
        ("<style>*{}</style>", "figure-element"),
        ("<animate attributeName='href'/>", "figure-element"),
        ("<a href='#x'/>", "figure-element"),
        ("<html:p xmlns:html='http://www.w3.org/1999/xhtml'/>", "figure-element"),
        ("<?xml-stylesheet href='x'?>", "figure-element"),
        ("<path onload='alert(1)'/>", "figure-attribute"),
        ("<path style='fill:red'/>", "figure-attribute"),
        ("<use xmlns:x='http://www.w3.org/1999/xlink' x:href='https://example.org'/>", "figure-attribute"),
        ("<use href='https://example.org/x.svg#a'/>", "figure-reference"),
        ("<path clip-path='url(//example.org/#a)'/>", "figure-reference"),
        ("<path clip-path='URL(x)'/>", "figure-reference"),
        ("<path fill='url(#a)'/>", "figure-colour"),
        ("<path fill='red'/>", "figure-colour"),
        ("<path class='opt'/>", "figure-class"),
        ("<path d='M0 0\\72'/>", "figure-attribute"),
        ("<text>⊣</text>", "figure-glyph"),
        ("<svg/>", "figure-element"),
    ],
)
def test_what_a_drawing_cannot_need_is_refused(inside: str, rule: str) -> None:
    found, problems = figures.read(FRAME.format(inside).encode(), "x.svg")

    assert found is None
    assert [problem.rule for problem in problems] == [rule]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"<svg", "figure-xml"),
        (b"", "figure-xml"),
        (b"<html/>", "figure-xml"),
        (b"\xff\xfe<svg/>", "encoding"),
        (b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>", "figure-entity"),
        (FRAME.format("").replace("0 0 10 10", "0 0 0 0").encode(), "figure-size"),
        (FRAME.format("").replace("0 0 10 10", "0 0 10 41").encode(), "figure-size"),
        (FRAME.format("").replace("viewBox", "width='1' viewBox").encode(), "figure-attribute"),
        (FRAME.format("").replace("<desc>d</desc>", "").encode(), "figure-title"),
        (b"x" * 400_001, "too-large"),
    ],
)
def test_what_is_no_drawing_is_refused(data: bytes, rule: str) -> None:
    assert [problem.rule for problem in figures.read(data, "x.svg")[1]] == [rule]


def test_two_drawings_on_a_page_share_no_id(drawing: figures.Drawing) -> None:
    one, two = figures.inline(drawing, "one"), figures.inline(drawing, "two")

    assert set(re.findall(r'\bid="([^"]+)"', one)) == {"one-title", "one-desc", "one-tip"}
    assert not set(re.findall(r'\bid="([^"]+)"', one)) & set(re.findall(r'\bid="([^"]+)"', two))
    assert "url(#one-tip)" in one
    assert 'aria-labelledby="one-title"' in one


def test_a_drawing_whose_words_are_withheld_does_not_hold_them() -> None:
    inside = (
        '<defs><clipPath id="cut"><path d="M0 0h9v9z"/></clipPath></defs><g clip-path="url(#cut)"><title>secret</title>'
        '<text class="fig-label">a secret</text><text>A</text><g class="fig-label fig-ink"><path d="M1 1h1"/></g></g>'
    )
    drawing = figures.read(FRAME.format(inside).replace(">t<", ">secret title<").encode(), "x.svg")[0]
    assert drawing
    svg = figures.inline(drawing, "fig")
    asked = figures.ground(svg, "q1", labelled=False)
    assert "secret" not in asked.svg
    assert "fig-label" not in asked.svg
    assert (asked.title, asked.description) == ("", "")
    assert ">A</text>" in asked.svg
    assert 'id="q1-fig-cut"' in asked.svg
    assert 'clip-path="url(#q1-fig-cut)"' in asked.svg
    told = figures.ground(svg, "q1", labelled=True)
    assert ">a secret</text>" in told.svg
    assert (told.title, told.description) == ("secret title", "d")
    assert (told.width, told.height) == (10, 10)


def test_a_drawing_in_a_page_names_no_colour(drawing: figures.Drawing) -> None:
    assert not re.search(r"#[0-9a-f]{3,6}\b(?!\))", re.sub(r"url\([^)]*\)", "", figures.inline(drawing, "a")))


def test_a_drawing_for_download_needs_no_stylesheet(drawing: figures.Drawing) -> None:
    svg = figures.standalone(drawing).decode()

    assert "class=" not in svg
    assert "currentColor" not in svg
    assert 'fill="#ffffff"' in svg
    # The circle inherits `currentColor` from a group in ink, and takes the colour of its own group, as CSS has it.
    assert re.search(rf'<circle [^>]*fill="{figures.PRINT_COLOURS["fig-accent"]}"', svg)
    assert re.search(rf'<text [^>]*font-weight="600"[^>]*fill="{figures.PRINT_COLOURS["fig-ink"]}"', svg)
    assert "Inter, " in svg


@pytest.mark.parametrize(("weight", "printed"), [("560", "600"), ("400", "400"), ("²", "400"), ("9" * 5_000, "400")])
def test_a_weight_that_is_no_number_is_printed_as_usual(weight: str, printed: str) -> None:
    drawing = figures.read(FRAME.format(f'<text font-weight="{weight}">A</text>').encode(), "x.svg")[0]
    assert drawing
    assert f'<text font-weight="{printed}"' in figures.standalone(drawing).decode()


def test_printed_forms_are_the_same_each_time(drawing: figures.Drawing) -> None:
    png, pdf = figures.png(drawing), figures.pdf(drawing)

    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20]) == 2008, "170 mm at 300 dpi"
    assert pdf.startswith(b"%PDF-")
    assert (figures.png(drawing), figures.pdf(drawing)) == (png, pdf)


def test_print_colours_are_those_of_the_light_page() -> None:
    tokens = (paths.package / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    first = tokens.partition("@media")[0]
    light = dict(re.findall(r"--([a-z]+): light-dark\((#[0-9a-f]{6}),", first))
    named = {"fig-ink": "ink", "fig-quiet": "quiet", "fig-accent": "accent", "fig-stop": "wrong", "fig-wash": "wash"}

    assert {name: figures.PRINT_COLOURS[name] for name in named} == {
        name: light[token] for name, token in named.items()
    }
