"""The transcript of a learner on paper: PDF/UA, set as the certificate is, the same bytes from the same facts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from quizapp.core.credit.amounts import shown
from quizapp.formats import typesetting
from quizapp.formats.typesetting import day, quoted, words


class Unprintable(Exception):
    """A transcript cannot be set; the sentence names the sign that no font has."""


@dataclass(frozen=True)
class Row:
    """One line. `unit` and `state` may set italics in *stars*; `proof`: the code of a certificate, or its source."""

    on: dt.date
    title: str
    provider: str
    quarters: int
    unit: str
    state: str
    proof: str


@dataclass(frozen=True)
class Part:
    """The lines under one heading, and sentences that sum them up."""

    heading: str
    sums: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Document:
    """`name`: whose; `scope`: what was left out, "" for nothing; `attended`: taking part without credit."""

    name: str
    made_on: dt.date
    scope: str
    parts: tuple[Part, ...]
    attended: tuple[Row, ...] = ()


def pdf(document: Document) -> bytes:
    """The transcript in portrait pages. Raises Unprintable."""
    try:
        return typesetting.compiled(_source(document))
    except typesetting.NoSuchSign as missing:
        raise Unprintable(
            f"No font of ours has the sign {missing.sign}, so the page would have a blank. The table for spreadsheets "
            "has everything; or withdraw the entry and enter it without this sign."
        ) from missing


def _source(document: Document) -> str:
    made = document.made_on
    parts = "\n".join(_part(part) for part in document.parts) or "#quiet[Nothing has been claimed or entered yet.]"
    attended = ""
    if document.attended:
        attended = _part(
            Part(
                "Participation without credit",
                ("These certificates confirm that somebody took part. They carry no credit.",),
                document.attended,
            )
        )
    scope = f"#block(above: 3mm)[#quiet[{words(document.scope)}]]" if document.scope else ""
    return f"""
#set document(title: {quoted(f"Transcript of {document.name}")}, author: "Quizapp",
  description: {quoted(f"Credit of {document.name}")},
  date: datetime(year: {made.year}, month: {made.month}, day: {made.day}))
#set page(paper: "a4", margin: (x: 22mm, top: 22mm, bottom: 24mm), footer: context [
  #set text(8.5pt, fill: rgb("#5a626d"))
  #grid(columns: (1fr, auto), [{words(f"{document.name}, {day(made)}")}],
    [Page #counter(page).display("1 of 1", both: true)])])
#set text(10pt, lang: "en", region: "GB", fill: rgb("#1d2129"), fallback: false, font: ({typesetting.families()}))
#set par(leading: 0.6em, spacing: 0.8em)
#set table(stroke: none, inset: (x: 0mm, y: 1.8mm))
#let quiet(body) = text(fill: rgb("#5a626d"), body)
#let hair = table.hline(stroke: 0.4pt + rgb("#c9cdd3"))
#show heading.where(level: 1): it => block(above: 0mm, below: 7mm, text(13pt, weight: 400, tracking: 0.06em,
  fill: rgb("#0a6566"), it.body))
#show heading.where(level: 2): it => block(above: 9mm, below: 3mm, text(13pt, weight: 400, it.body))
= Transcript of credit
#block(below: 6mm, text({_name_size(document.name)}pt)[{words(document.name)}])
#quiet[Made on {words(day(made))} from the learner’s own record. Each certificate can be checked by its code; what was
earned elsewhere was entered by the learner and was not checked.]
{scope}
{parts}
{attended}
"""


def _part(part: Part) -> str:
    sums = "".join(f"#block(above: 0mm, below: 1.6mm)[{words(sentence)}]" for sentence in part.sums)
    rows = ",\n  ".join(_row(row) for row in part.rows)
    return f"""
== {words(part.heading)}
{sums}
#table(columns: (22mm, 1fr, 30mm, 34mm), column-gutter: 4mm, align: (left, left, left, left),
  table.header([#quiet[Completed]], [#quiet[Activity]], [#quiet[Credit]], [#quiet[Proof]]), hair,
  {rows})
"""


def _row(row: Row) -> str:
    state = f"#linebreak()#text(8.5pt)[{words(row.state)}]" if row.state else ""
    amount = f"{words(shown(row.quarters))} {words(row.unit)}" if row.quarters else "none"
    on = f"{row.on.day} {row.on:%b} {row.on.year}"
    what = f"{words(row.title)}#linebreak()#quiet[{words(row.provider)}]{state}"
    return f"[{words(on)}], [{what}], [{amount}], [{words(row.proof)}], hair"


def _name_size(name: str) -> int:
    """Long names are set smaller rather than broken."""
    return 24 if len(name) <= 30 else 18 if len(name) <= 50 else 13
