"""A lesson taken apart into sentences, each with the facts it cites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from quizapp.formats import lessons, markdown

_ENDS = re.compile(
    r".+?[.!?…][”’\"')*_]*(?:\s?\[@[^\]]*\])*(?=\s+[^a-z]|\s*\Z)|.+\Z",
    re.DOTALL,
)
_NO_END = re.compile(r"\b(?:e\.g|i\.e|cf|vs|ca|approx|Mr|Mrs|Dr|Prof|No|Fig|St|al|[A-Z])\.\Z")
_ITEM = re.compile(r"\s*(?:[-+*]|\d+\.)\s+")
_RULE = re.compile(r"\|?[\s:|-]+\|?\Z")


@dataclass(frozen=True)
class Sentence:
    """One sentence, row of a table or entry of a list, Markdown without its citations. Numbered from 1 in a lesson."""

    number: int
    anchor: str
    section: str
    kind: str
    """text, table, key or disputed."""
    text: str
    facts: tuple[str, ...]
    near: tuple[str, ...] = ()
    """Of a sentence that cites nothing: what the next one that cites in the same paragraph rests on."""


def sentences(body: str) -> list[Sentence]:
    """Every sentence of a lesson in the order of its text. The first row of a table names its columns and is none."""
    found: list[Sentence] = []
    for section in lessons.parse(body)[0]:
        pieces: list[tuple[int, str, str]] = []
        for number, paragraph in _paragraphs(section.lines):
            pieces.append((section.line + 1 + number, "text", paragraph))
        for block in section.blocks:
            if block.kind in lessons.TEXT_BLOCKS:
                for number, paragraph in _paragraphs(block.text):
                    pieces.append((block.line + 1 + number, block.kind, paragraph))
        for _, kind, paragraph in sorted(pieces):
            split = list(_split(paragraph))
            cited = [tuple(dict.fromkeys(name for _, name in markdown.citations(text))) for _, text in split]
            for place, (row_kind, text) in enumerate(split):
                bare = re.sub(r"\s?\[@[^\]]*\]", "", text).strip()
                near = () if cited[place] else next((facts for facts in cited[place:] if facts), ())
                found.append(
                    Sentence(len(found) + 1, section.anchor, section.title, row_kind or kind, bare, cited[place], near)
                )
    return found


def _paragraphs(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Runs of lines between empty ones, with the number of the first; markers of blocks are left out."""
    start, run = 0, list[str]()
    for number, line in enumerate([*lines, ""]):
        if line.strip() and not markdown.MARKER.search(line):
            if not run:
                start = number
            run.append(line)
        elif run:
            yield start, "\n".join(run)
            run = []


def _split(paragraph: str) -> Iterator[tuple[str, str]]:
    lines = paragraph.split("\n")
    if lines[0].lstrip().startswith("|"):
        rows = [line for line in lines if not _RULE.fullmatch(line.strip())]
        yield from (("table", " · ".join(_cells(row))) for row in rows[1:])
        return
    entries: list[str] = []
    for line in lines:
        if _ITEM.match(line) or not entries or line.startswith("#"):
            mark = _ITEM.match(line)
            entries.append(line[mark.end() if mark else 0 :].lstrip("#> "))
        else:
            entries[-1] += f" {line.strip().lstrip('> ')}"
    for entry in entries:
        held = ""
        for found in _ENDS.finditer(entry):
            held = f"{held} {found.group().strip()}".strip()
            if not _NO_END.search(held) and (len(held.split()) > 2 or "[@" in held):
                yield "", held
                held = ""
        if held:
            yield "", held


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|") if cell.strip()]
