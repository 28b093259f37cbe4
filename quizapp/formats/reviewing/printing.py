"""The HTML of a sheet set as PDF: its elements become the few constructions of the typesetter named below."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path

import typst
from lxml import html

_FONTS = Path(__file__).parents[1] / "fonts"

_PREAMBLE = """
#set document(title: TITLE, date: none)
#set page(paper: "a4", margin: (x: 14mm, top: 15mm, bottom: 15mm), header: context {
  set text(7pt, fill: luma(90))
  let begun = query(<item>).filter(it => it.location().page() == here().page()).map(it => it.value)
  let open = query(selector(<item>).before(here())).map(it => it.value)
  grid(columns: (auto, 1fr), TITLE, align(right, if begun.len() > 1 [#begun.first() – #begun.last()]
    else if begun.len() > 0 [#begun.first()] else if open.len() > 0 [#open.last(), continued])) },
  footer: context { set text(7pt, fill: luma(90))
    grid(columns: (1fr, auto), [Not for learners: every key stands beside its question],
      counter(page).display("1 / 1", both: true)) })
#set text(font: "Inter", size: 8pt, lang: "en", region: "GB", fill: rgb("#1d2129"), number-type: "lining")
#set par(leading: 0.5em, spacing: 0.62em, justify: false)
#set table(stroke: (x, y) => (top: if y > 0 { 0.3pt + rgb("#c9cdd3") }), inset: (x: 2.5pt, y: 2.4pt), align: left + top)
#let accent = rgb("#0a6566")
#let stop = rgb("#a5332b")
#let quiet(body) = text(fill: rgb("#5a626d"), size: 0.88em, body)
#let yes(body) = text(fill: accent, weight: 600, body)
#let no(body) = text(fill: stop, body)
#let mark(body) = text(size: 10pt, weight: 600, body)
#let slanted(body) = box(skew(ax: -11deg, reflow: false, body))
#let h1(body) = block(below: 6pt, text(size: 17pt, weight: 600, body))
#let h2(body) = block(above: 14pt, below: 6pt, sticky: true, text(size: 10.5pt, weight: 600, fill: accent, body))
#let h3(body) = block(above: 7pt, below: 4pt, sticky: true, text(weight: 600, body))
#let leadin(body) = block(above: 5pt, below: 4pt, sticky: true, text(weight: 600, body))
#let told(body) = block(above: 4pt, below: 4pt, inset: (left: 5pt), stroke: (left: 1.2pt + accent), body)
#let tick = box(width: 6.5pt, height: 6.5pt, stroke: 0.6pt, baseline: 0.6pt)
#let blank = box(width: 34mm, stroke: (bottom: 0.5pt), height: 7pt)
#let long = box(width: 1fr, stroke: (bottom: 0.5pt), height: 7pt)
#let sign(body) = block(width: 100%, above: 5pt, inset: 5pt, stroke: 0.6pt, breakable: false, {
  set par(spacing: 8pt)
  body
})
#let whole(body) = block(width: 100%, above: 11pt, below: 4pt, breakable: false, body)
#let later(body) = block(width: 100%, above: 9pt, below: 4pt, body)
#let first(body) = block(width: 100%, above: 11pt, inset: (top: 5pt), stroke: (top: 0.9pt), body)
#let figure-box(body) = block(above: 4pt, below: 4pt, width: 100%, align(center, body))
#let small(body) = text(size: 0.88em, body)
#let t-answers(..cells) = table(columns: (auto, 1fr, auto, 1.25fr), ..cells,
  fill: (x, y) => if x > 1 { rgb("#f4f1ea") })
#let t-facts(..cells) = small(table(columns: (auto, 1fr, 22mm, 44mm), ..cells))
#let t-index(..cells) = small(table(columns: (auto, 0.8fr, 1fr), ..cells))
#let t-sentences(..cells) = small(table(columns: (auto, 1fr, 24mm, 20mm, 44mm), ..cells))
#let t-bare(..cells) = small(table(columns: (auto, 1fr, 34mm), ..cells))
#let t-plain(n, ..cells) = table(columns: n, stroke: 0.3pt + rgb("#c9cdd3"), ..cells)
"""
_TABLES = ("answers", "facts", "index", "sentences", "bare")
_BLOCKS = {"h1": "h1", "h2": "h2", "h3": "h3", "h4": "h3", "blockquote": "quiet", "dt": "strong"}
_BY_CLASS = {
    "leadin": "leadin", "told": "told", "sign": "sign", "figure": "figure-box", "quiet": "quiet", "about": "quiet",
    "first": "first", "later": "later", "whole": "whole", "yes": "yes", "no": "no", "nobr": "box",
}  # fmt: skip
_INLINE = {"b": "strong", "strong": "strong", "em": "slanted", "i": "slanted", "sup": "super", "th": "quiet"}


def pdf(title: str, page: str) -> bytes:
    """A sheet as PDF, A4. Takes a second or two for a hundred questions."""
    tree = html.fragment_fromstring(page, create_parent="div")
    source = _PREAMBLE.replace("TITLE", _quoted(title)) + _inside(tree)
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(_FONTS)])
    made = typst.compile(source.encode(), font_paths=fonts, format="pdf", timestamp=0)
    if not isinstance(made, bytes):
        raise TypeError("one document was expected of the typesetter")
    return made


def _set(element: html.HtmlElement) -> str:
    """An element as the typesetter writes it, without what follows it."""
    tag, names = str(element.tag), element.get("class", "").split()
    if tag == "table":
        return _table(element, names)
    if "mark" in names:
        name = element.text_content()  # for the head of the page, and for the index
        return f"#metadata({_quoted(name)})<item>#metadata({_quoted(name)})<{name}>#mark[{_inside(element)}]"
    if tag == "img":
        data = b64decode(element.get("src", "").partition("base64,")[2]).decode()
        return f'#image(bytes({_quoted(data)}), format: "svg", width: 62%)'
    if tag == "a" and "page" in names:
        name = element.get("href", "")[1:]
        where = f"#context [#counter(page).at(<{name}>).first()]"
        return f"#box[#link(<{name}>)[{_inside(element)} #quiet[p. {where}]]]"
    if tag == "br":
        return "#linebreak()"
    if "tick" in names:
        return "#h(9pt)#tick#h(3pt)"
    if "blank" in names:
        return "#h(2pt)#long" if "long" in names else "#h(2pt)#blank#h(6pt)"
    if tag in ("ul", "ol"):
        kind = "list" if tag == "ul" else "enum"
        return f"\n\n#{kind}({', '.join(f'[{_inside(entry)}]' for entry in element)})\n\n"
    body = _inside(element)
    for name in names:
        if name in _BY_CLASS:
            body = f"#{_BY_CLASS[name]}[{body}]"
    if tag in _INLINE:
        return f"#{_INLINE[tag]}[{body}]"
    if tag in _BLOCKS:
        return f"\n\n#{_BLOCKS[tag]}[{body}]\n\n"
    return f"\n\n{body}\n\n" if tag in ("p", "div", "dd", "pre", "hr") else body


def _inside(element: html.HtmlElement) -> str:
    parts = [_text(element.text)]
    for child in element:
        parts += [_set(child) if isinstance(child.tag, str) else "", _text(child.tail)]
    return "".join(parts)


def _table(element: html.HtmlElement, names: list[str]) -> str:
    rows = [list(row) for row in element.iter("tr")]
    rows = [row for row in rows if row]
    cells = [f"[{_set(cell) if cell.tag == 'th' else _inside(cell)}]" for row in rows for cell in row]
    known = next((name for name in names if name in _TABLES), None)
    if known:
        head = len(rows[0]) if rows and rows[0][0].tag == "th" else 0
        first = [f"table.header({', '.join(cells[:head])})"] if head else []
        return f"\n\n#t-{known}({', '.join([*first, *cells[head:]])})\n\n"
    return f"\n\n#t-plain({max(map(len, rows), default=1)}, {', '.join(cells)})\n\n"


def _text(text: str | None) -> str:
    """Words as a string of the typesetter, so that nothing in them is a command."""
    squeezed = re.sub(r"\s+", " ", text or "")
    return f"#{_quoted(squeezed)};" if squeezed else ""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
