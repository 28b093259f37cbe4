"""`lesson.md`: front matter, then sections of Markdown with blocks between them.

A section begins with `## Heading {#anchor objectives="LN2 LN3"}`. Blocks (`::: key`, `::: check ITEM`, …) stand between
paragraphs and cannot hold each other. What a learner reads is made here once per version, section by section.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from quizapp.formats import Problem, documents
from quizapp.formats.documents import Document, shorten
from quizapp.formats.entries import read_entry, written
from quizapp.formats.markdown import MARKER, Flaw, render
from quizapp.formats.native import Lesson

Json = dict[str, Any]

TEXT_BLOCKS = ("key", "disputed")
REFERENCE_BLOCKS = ("check", "figure")

_HEADING = re.compile(r'## (?P<title>\S.*?) *\{#(?P<anchor>[^\s}]+)(?: +objectives="(?P<objectives>[^"]*)")?\} *\Z')
_ANCHOR = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_MARKED = re.compile(rf"<p>{MARKER.pattern}</p>")


@dataclass
class Block:
    """A `:::` block: its kind, what its first line names, its text, and the line it opens on (from 0 in the body)."""

    kind: str
    names: str
    line: int
    text: list[str] = field(default_factory=list)


@dataclass
class Section:
    """A part of a lesson that items can point at.

    `line` is that of its heading, counted from 0 in the body. `lines` are those below it, one for one; a block is a
    marker on its first line and empty below.
    """

    anchor: str
    title: str
    objectives: tuple[str, ...]
    line: int
    lines: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def read(text: str, file: str) -> tuple[Lesson | None, Document | None, int, list[Problem]]:
    """A lesson, its front matter as a document, the line on which its body begins, and what is wrong with both."""
    lines = text.split("\n")
    end = next((place for place, line in enumerate(lines[1:], 1) if line == "---"), None)
    if lines[0] != "---" or end is None:
        message = "A lesson begins with its front matter between two lines “---”."
        return None, None, 1, [Problem(file, 1, "front-matter", message)]
    found, problems = documents.read("\n".join(lines[1:end]) + "\n", file, first_line=2)
    if problems or len(found) != 1:
        return None, None, 1, problems or [Problem(file, 1, "front-matter", "The front matter is empty.")]
    document = found[0]
    body = "\n".join(line.rstrip() for line in lines[end + 1 :])
    body_line = end + 2 + len(body) - len(body.lstrip("\n"))
    if isinstance(document.value, dict) and "body" not in document.value:
        document.value["body"] = body.strip("\n")
    lesson, problems = read_entry("lesson", document)
    return (lesson if isinstance(lesson, Lesson) else None), document, body_line, problems


def text_of(lesson: Lesson) -> str:
    """The canonical text of `lesson.md`."""
    head = {key: value for key, value in written(lesson).items() if key != "body"}
    return f"---\n{documents.write([head])}---\n\n{lesson.body}\n"


def parse(body: str) -> tuple[list[Section], list[Flaw]]:
    """The sections of a body and what is wrong with its headings and blocks."""
    section = Section("", "", (), -1)
    sections = [section]
    flaws: list[Flaw] = []
    block: Block | None = None
    lines = body.split("\n")
    for number, line in enumerate(lines):
        if block is not None:
            section.lines.append("")
            if not line.startswith(":::"):
                block.text.append(line)
                continue
            flaws += _closing(block, line, number, lines[number + 1 : number + 2])
            block = None if line.strip() == ":::" else Block("", "", number)
        elif line.startswith(":::"):
            block = Block("", "", number)
            flaws += _opening(block, line, lines[number - 1] if number else "")
            section.lines.append(f"\ue000{len(section.blocks)}\ue001" if block.kind else "")
            section.blocks += [block] if block.kind else []
            block = None if line.strip() == ":::" else block
        elif re.match(r"#{1,2}(?!#)", line):
            section = _heading(line, number, sections, flaws)
            sections.append(section)
        else:
            section.lines.append(line)
    if block is not None:
        flaws.append(Flaw(block.line, "open-block", "The block that opens here is never closed by a line “:::”."))
    preface = sections.pop(0)
    if any(preface.lines):
        first = next(number for number, line in enumerate(preface.lines) if line)
        flaws.append(Flaw(first, "heading", "Text stands before the first heading “## Heading {#anchor}”."))
    if not sections:
        flaws.append(Flaw(0, "heading", "A lesson needs at least one section “## Heading {#anchor}”."))
    return sections, flaws


def _heading(line: str, number: int, sections: list[Section], flaws: list[Flaw]) -> Section:
    found = _HEADING.match(line)
    if found is None or not _ANCHOR.match(found["anchor"]):
        message = f"“{shorten(line)}” does not name its anchor; write “## Heading {{#anchor}}”."
        flaws.append(Flaw(number, "missing-anchor", message))
        return Section("", line.lstrip("# "), (), number)
    if twin := next((other for other in sections if other.anchor == found["anchor"]), None):
        message = f"The anchor “{twin.anchor}” stands twice; it stood first at “{shorten(twin.title)}”."
        flaws.append(Flaw(number, "repeated-anchor", message))
    return Section(found["anchor"], found["title"], tuple((found["objectives"] or "").split()), number)


def _opening(block: Block, line: str, before: str) -> Iterator[Flaw]:
    words = line[3:].split()
    kind = words[0] if words else ""
    known = (*TEXT_BLOCKS, *REFERENCE_BLOCKS)
    if not kind:
        yield Flaw(block.line, "unknown-block", "A block is closed here that was never opened.")
    elif kind not in known:
        near = difflib.get_close_matches(kind, known, n=1, cutoff=0.5)
        hint = f" (nearest: {near[0]})" if near else ""
        yield Flaw(block.line, "unknown-block", f"There is no block “{shorten(kind)}”{hint}.")
    elif len(words) != (2 if kind in REFERENCE_BLOCKS else 1):
        wanted = f"::: {kind} ID" if kind in REFERENCE_BLOCKS else f"::: {kind}"
        yield Flaw(block.line, "block", f"This block is opened by “{wanted}”.")
    else:
        block.kind, block.names = kind, words[-1] if kind in REFERENCE_BLOCKS else ""
    if before:
        yield Flaw(block.line, "block-spacing", "A block needs an empty line before it.")


def _closing(block: Block, line: str, number: int, after: list[str]) -> Iterator[Flaw]:
    if line.strip() != ":::":
        yield Flaw(number, "open-block", "The block above is still open; close it with a line “:::”.")
        return
    if any(after):
        yield Flaw(number, "block-spacing", "A block needs an empty line after it.")
    if block.kind in REFERENCE_BLOCKS and any(block.text):
        yield Flaw(number, "block", f"A “{block.kind}” block holds no text.")
    if block.kind in TEXT_BLOCKS and not any(block.text):
        yield Flaw(number, "block", f"The “{block.kind}” block is empty.")
    for place, text in enumerate(block.text, block.line + 1):
        if text.startswith("#"):
            yield Flaw(place, "heading", "A heading stands inside a block; close the block before it.")


def render_body(body: str) -> tuple[list[Json], list[Flaw]]:
    """The sections as a page shows them, and every flaw of the body.

    A section is `{anchor, title, objectives, parts}`; a part is `{kind: html | key | disputed, html}`,
    `{kind: check, item}` or `{kind: figure, figure}`.
    """
    if MARKER.search(body):
        return [], [Flaw(0, "invisible-character", "There is an invisible character; delete it.")]
    sections, flaws = parse(body)
    if flaws:
        return [], flaws
    rendered = []
    for section in sections:
        parts, found = _parts(section)
        flaws += found
        rendered.append(
            {
                "anchor": section.anchor,
                "title": section.title,
                "objectives": list(section.objectives),
                "parts": parts,
            }
        )
    return rendered, flaws


def _parts(section: Section) -> tuple[list[Json], list[Flaw]]:
    html, found = render("\n".join(section.lines), section=section.anchor)
    flaws = [Flaw(section.line + 1 + flaw.line, flaw.rule, flaw.message) for flaw in found]
    blocks: list[Json] = []
    for place, block in enumerate(section.blocks):
        if block.kind in REFERENCE_BLOCKS:
            blocks.append({"kind": block.kind, {"check": "item", "figure": "figure"}[block.kind]: block.names})
            continue
        inner, found = render("\n".join(block.text), section=f"{section.anchor}-{place}")
        flaws += [Flaw(block.line + 1 + flaw.line, flaw.rule, flaw.message) for flaw in found]
        blocks.append({"kind": block.kind, "html": inner})
    parts: list[Json] = []
    pieces = _MARKED.split(html)
    for place, piece in enumerate(pieces):
        if place % 2:
            parts.append(blocks[int(piece)])
        elif piece.strip():
            parts.append({"kind": "html", "html": piece.strip()})
    if html and len(pieces) // 2 < len(blocks):
        flaws.append(Flaw(section.line, "block", "A block of this section stands inside a list or a quotation."))
    return parts, flaws


def sketch_body(body: str) -> list[Json]:
    """The sections as far as they can be drawn, whatever is wrong with them: for the preview of an editor."""
    if MARKER.search(body):
        return []
    return [
        {"anchor": section.anchor, "title": section.title, "objectives": [], "parts": _parts(section)[0]}
        for section in parse(body)[0]
    ]
