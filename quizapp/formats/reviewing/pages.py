"""The paper of the printed review: its frame, its style, and what questions and lessons both show."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from quizapp.formats import markdown
from quizapp.formats.native import Fact, Objective, Reference, Trap
from quizapp.formats.tree import DrawnFigure, Tree

STYLE = """
:root { --ink: #1d2129; --quiet: #5a626d; --line: #c9cdd3; --accent: #0a6566; --stop: #a5332b; --wash: #f4f1ea; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 210mm; padding: 12mm; color: var(--ink);
  font: 13px/1.42 Inter, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 26px 0 8px; color: var(--accent); }
h3 { font-size: 13px; margin: 10px 0 4px; } p { margin: 0 0 6px; }
table { border-collapse: collapse; width: 100%; margin: 4px 0 8px; }
td, th { vertical-align: top; text-align: left; padding: 3px 6px; border-top: 1px solid var(--line);
  font-weight: 400; }
th { color: var(--quiet); font-size: 11px; border-top: 0; }
article { border-top: 2px solid var(--ink); padding: 8px 0 14px; }
.mark { font-weight: 600; font-size: 15px; } .quiet, .about { color: var(--quiet); font-size: 11.5px; }
.leadin { font-weight: 600; } .right { background: var(--wash); } .yes { color: var(--accent); font-weight: 600; }
.no { color: var(--stop); } .small td { font-size: 11.5px; }
.sign { border: 1px solid var(--ink); padding: 8px 10px; margin-top: 8px; line-height: 2.1; }
.tick { display: inline-block; width: 11px; height: 11px; border: 1.2px solid var(--ink); margin: 0 5px -1px 14px; }
.blank { display: inline-block; border-bottom: 1px solid var(--ink); width: 120px; margin: 0 10px 0 5px; }
.blank.long { width: calc(100% - 80px); margin-right: 0; } a { color: inherit; } .page { white-space: nowrap; }
img { display: block; width: 62%; margin: 6px auto; height: auto; }
td > p:last-child { margin: 0; } .told { border-left: 2px solid var(--accent); padding-left: 8px; }
.answers td:nth-child(n + 3) { background: var(--wash); } .answers td:nth-child(1) { width: 22px; }
.answers td:nth-child(2) { width: 42%; } .answers td:nth-child(3) { width: 60px; }
.facts td:nth-child(1) { width: 44px; } .facts td:nth-child(3) { width: 96px; } .facts td:nth-child(4) { width: 24%; }
.index td:nth-child(2) { width: 42%; } .sentences td:nth-child(2) { width: 46%; } .bare td:nth-child(2) { width: 72%; }
@media print { body { padding: 0; max-width: none; font-size: 9.5px; } .whole { break-inside: avoid; } }
"""


class Evidence:
    """Facts, references, traps and objectives by id, for every sheet of a folder."""

    def __init__(self, tree: Tree) -> None:
        self.facts = {entry.id: entry.fields for entry in tree.of("fact") if isinstance(entry.fields, Fact)}
        self.references = {e.id: e.fields for e in tree.of("reference") if isinstance(e.fields, Reference)}
        self.traps = {entry.id: entry.fields for entry in tree.of("trap") if isinstance(entry.fields, Trap)}
        self.aims = {entry.id: entry.fields for entry in tree.of("objective") if isinstance(entry.fields, Objective)}
        self.drawings = {
            entry.id: (entry.fields, entry.drawings)
            for entry in tree.of("figure")
            if isinstance(entry.fields, DrawnFigure)
        }

    def sources(self, fact: Fact) -> str:
        """The sources of a fact in a line, each with the place that was read."""
        named = []
        for source in fact.sources:
            reference = self.references.get(source.reference)
            short = reference.short if reference else source.reference
            named.append(f"{short} ({source.place})" if source.place else short)
        return "; ".join(named)


def document(title: str, body: str) -> str:
    """A page of HTML that stands by itself."""
    return (
        f'<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>{html.escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>\n'
        f"<body>{body}</body></html>\n"
    )


def element(tag: str, text: str, name: str = "") -> str:
    """An element with plain text in it."""
    return f"<{tag}{f' class={name!r}' if name else ''}>{html.escape(text)}</{tag}>"


def rendered(text: str, *, inline: bool = False) -> str:
    """Markdown as HTML, its citations as plain marks; a text with flaws as it was written."""
    made, flaws = markdown.render(text, inline=inline)
    if flaws:
        return html.escape(text)
    return re.sub(r"</?a\b[^>]*>", "", made)


def table(name: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of ready cells; `name` is its class, by which the printed page knows its columns."""
    titles = "".join(f"<th>{html.escape(title)}</th>" for title in head)
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<table class="{name}"><tr>{titles}</tr>{cells}</table>'
        if titles
        else f'<table class="{name}">{cells}</table>'
    )


def facts_table(evidence: Evidence, names: Iterable[str]) -> str:
    """What a key or a lesson rests on: statement, certainty, what was read, sources, when."""
    read = {"read": "source read", "textbook": "textbook", "no": "NOT READ"}
    rows = []
    for name in dict.fromkeys(names):
        fact = evidence.facts.get(name)
        if fact is None:
            rows.append([element("b", name), "unknown", "", ""])
            continue
        weak = fact.certainty in ("Low", "Disputed") or fact.verified == "no"
        region = f", {fact.region}" if fact.region else ""
        state = f"{fact.certainty}, {read[fact.verified]}{region}"
        sources = html.escape(f"{evidence.sources(fact) or '–'} · checked {fact.last_checked}")
        rows.append(
            [
                element("b", name),
                rendered(fact.statement, inline=True),
                element("span", state, "no" if weak else ""),
                sources,
            ]
        )
    return table("facts small", ("Fact", "Statement", "Certainty", "Sources"), rows)


def sign_box(what: str) -> str:
    """Where the reviewer decides and signs."""
    choices = "".join(f'<span class="tick"></span>{choice}' for choice in ("accept", "change", "reject"))
    blanks = "".join(f'{name} <span class="blank"></span>' for name in ("Reviewer", "Credentials", "Date"))
    remarks = 'Remarks <span class="blank long"></span>'
    return f'<div class="sign"><p><b>{html.escape(what)}</b>{choices}</p><p>{remarks}</p><p>{blanks}</p></div>'
