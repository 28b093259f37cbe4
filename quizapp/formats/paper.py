"""Plain documents of headings, paragraphs, lists and tables: as a page of HTML and as a tagged PDF, from one tree.

The same document gives the same bytes. Words are words: nothing in them is markup or a command.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from quizapp.formats import typesetting
from quizapp.formats.typesetting import quoted

_STYLE = (
    "body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 serif;color:#1d2129;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0;font-size:.9rem}caption{text-align:left}"
    "th,td{border-bottom:1px solid #c9cdd3;padding:.3rem .6rem .3rem 0;text-align:left;vertical-align:top}"
    ".missing{border-left:4px solid #9a3412;padding-left:.8rem}pre{white-space:pre-wrap}"
)


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
            names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
            cells = "\n".join(
                "<tr>"
                + "".join(
                    f'<th scope="row">{escape(cell)}</th>' if place == 0 else f"<td>{escape(cell)}</td>"
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
#show heading.where(level: 1): it => block(above: 0mm, below: 7mm, text(18pt, weight: 400, it.body))
#show heading.where(level: 2): it => block(above: 8mm, below: 3mm, text(13pt, weight: 400, it.body))
#show heading.where(level: 3): it => block(above: 6mm, below: 2mm, text(11pt, weight: 400, style: "italic", it.body))
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
        case Table(caption, head, rows):
            return _typst_table(caption, head, rows)


def _typst_table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    columns = ", ".join("1.6fr" if place == 0 else "1fr" for place in range(len(head)))
    names = ", ".join(f"[#text(weight: 700, {quoted(name)});]" for name in head)
    cells = "".join(", " + ", ".join(f"[#{quoted(cell)};]" for cell in row) + ", hair" for row in rows)
    return f"""#block(above: 5mm, below: 1mm)[#{quoted(caption)};]
#{{set text(9pt); table(columns: ({columns},), column-gutter: 3mm, table.header({names}), hair{cells})}}
"""
