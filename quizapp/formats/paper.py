"""Plain documents of headings, paragraphs, lists and tables: as a page of HTML and as a tagged PDF, from one tree.

The same document gives the same bytes. Words are words: nothing in them is markup or a command.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from quizapp.formats import typesetting
from quizapp.formats.typesetting import quoted

_STYLE = (
    "body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 serif;color:#1d2129;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0;font-size:.9rem}caption{text-align:left}"
    "th,td{border-bottom:1px solid #c9cdd3;padding:.3rem .6rem .3rem 0;text-align:left;vertical-align:top}"
    "thead th{color:#5a626d;font-weight:400;border-bottom-color:#5a626d}.n{text-align:right;white-space:nowrap}"
    ".missing{border-left:4px solid #9a3412;padding-left:.8rem}pre{white-space:pre-wrap}"
)


NARROWEST, WIDEST = 8, 40
"""Letters by which columns are measured against each other."""
LONGEST_WHOLE = 1_200
_FIGURES = re.compile(r"[0-9][0-9.,]*|–|")


class Unprintable(Exception):
    """The document cannot be set; the sentence names the sign that no font has."""


@dataclass(frozen=True)
class Heading:
    """`level`: 2 or 3; the title of the document is the only one of level 1."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Para:
    text: str
    missing: bool = False
    """Says that something is missing; it is set apart."""


@dataclass(frozen=True)
class Items:
    """A list."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """`head`: names of columns; the first cell of a row names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Para | Items | Table


@dataclass(frozen=True)
class Paper:
    """`made_on`: the day that it is about, not the day of printing, so that printing again gives the same."""

    title: str
    made_on: dt.date
    blocks: tuple[Block, ...]


def html(paper: Paper) -> str:
    """A page that stands alone."""
    body = "\n".join(_html(block) for block in paper.blocks)
    return (
        f'<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n<title>{escape(paper.title)}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{_STYLE}</style>\n</head>\n'
        f"<body>\n<main>\n<h1>{escape(paper.title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Para(text, missing):
            mark = ' class="missing"' if missing else ""
            return f"<p{mark}>{'<br>'.join(escape(line) for line in text.splitlines())}</p>"
        case Items(texts):
            return "<ul>\n" + "\n".join(f"<li>{escape(text)}</li>" for text in texts) + "\n</ul>"
        case Table(caption, head, rows):
            marks = [' class="n"' if _is_number(block, place) else "" for place in range(len(head))]
            names = "".join(
                f'<th scope="col"{mark}>{escape(name)}</th>' for name, mark in zip(head, marks, strict=True)
            )
            cells = "\n".join(
                "<tr>"
                + "".join(
                    f'<th scope="row">{escape(cell)}</th>' if place == 0 else f"<td{marks[place]}>{escape(cell)}</td>"
                    for place, cell in enumerate(row)
                )
                + "</tr>"
                for row in rows
            )
            return (
                f"<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{names}</tr></thead>\n"
                f"<tbody>\n{cells}\n</tbody>\n</table>"
            )


def pdf(paper: Paper) -> bytes:
    """PDF/UA, in portrait pages. Raises Unprintable."""
    try:
        return typesetting.compiled(_source(paper))
    except typesetting.NoSuchSign as missing:
        raise Unprintable(
            f"No font of ours has the sign {missing.sign}, so the page would have a blank. The page of HTML has it."
        ) from missing


def _source(paper: Paper) -> str:
    on = paper.made_on
    body = "\n".join(_typst(block) for block in paper.blocks)
    return f"""
#set document(title: {quoted(paper.title)}, author: "Quizapp", description: {quoted(paper.title)},
  date: datetime(year: {on.year}, month: {on.month}, day: {on.day}))
#set page(paper: "a4", margin: (x: 22mm, top: 22mm, bottom: 24mm), footer: context [
  #set text(8.5pt, fill: rgb("#5a626d"))
  #grid(columns: (1fr, auto), [#{quoted(paper.title)};], [Page #counter(page).display("1 of 1", both: true)])])
#set text(10pt, lang: "en", region: "GB", fill: rgb("#1d2129"), fallback: false, font: ({typesetting.families()}))
#set par(leading: 0.6em, spacing: 0.9em)
#set table(stroke: none, inset: (x: 0mm, y: 1.6mm))
#let hair = table.hline(stroke: 0.4pt + rgb("#c9cdd3"))
#let edge = table.hline(stroke: 0.8pt + rgb("#5a626d"))
#show heading.where(level: 1): it => block(above: 0mm, below: 7mm, text(18pt, weight: 400, it.body))
#show heading.where(level: 2): it => block(above: 8mm, below: 3mm, text(13pt, weight: 400, it.body))
#show heading.where(level: 3): it => block(above: 7mm, below: 3mm, text(11pt, weight: 400, style: "italic", it.body))
= #{quoted(paper.title)};
{body}
"""


def _typst(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'=' * level} #{quoted(text)};"
        case Para(text, missing):
            lines = "#linebreak()".join(f"#{quoted(line)};" for line in text.splitlines() if line)
            set_apart = f'#block(inset: (left: 3mm), stroke: (left: 1.2pt + rgb("#9a3412")))[{lines}]'
            return f"{set_apart if missing else lines}\n#parbreak()"
        case Items(texts):
            return "#list(" + ", ".join(f"[#{quoted(text)};]" for text in texts) + ")"
        case Table():
            return _typst_table(block)


def _typst_table(table: Table) -> str:
    places = range(len(table.head))
    columns = ", ".join("auto" if _is_number(table, place) else f"{_width(table, place)}fr" for place in places)
    align = ", ".join("right" if _is_number(table, place) else "left" for place in places)
    names = ", ".join(f'[#text(fill: rgb("#5a626d"), {quoted(name)});]' for name in table.head)
    cells = "".join(", " + ", ".join(_typst_cell(cell, row) for cell in row) + ", hair" for row in table.rows)
    laid = f"columns: ({columns},), align: ({align},), column-gutter: 4mm"
    return f"""#block(above: 5mm, below: 1mm, sticky: true)[#{quoted(table.caption)};]
#{{set text(9pt); table({laid}, table.header({names}), edge{cells})}}
"""


def _typst_cell(cell: str, row: Sequence[str]) -> str:
    """A row stays on one page, unless it could be longer than a page."""
    whole = max(map(len, row)) <= LONGEST_WHOLE
    return f"table.cell(breakable: {'false' if whole else 'true'})[#{quoted(cell)};]"


def _is_number(table: Table, place: int) -> bool:
    """Whether a column holds figures alone; they are set one below the other."""
    cells = [row[place] for row in table.rows]
    return place > 0 and any(cells) and all(_FIGURES.fullmatch(cell) for cell in cells)


def _width(table: Table, place: int) -> int:
    """How wide a column is beside the others: as its texts are long, within limits, and no narrower than a word."""
    cells = [table.head[place], *(row[place] for row in table.rows)]
    word = max(len(word) for cell in cells for word in cell.split() or [""])
    return min(max(sum(map(len, cells)) // len(cells), word, NARROWEST), WIDEST)
