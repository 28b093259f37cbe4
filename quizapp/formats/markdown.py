"""Markdown to sanitised HTML, once per version and under caps, never in a request.

Two walls: what is written is judged first, with a sentence for its author (raw HTML, pictures, strange links, tangled
marks are refused); then everything that comes out passes a whitelist, whatever the first wall may have missed.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import Any, cast, get_args
from xml.etree.ElementTree import Element, SubElement

import nh3
from latex2mathml.converter import convert_to_element as formula_to_mathml
from markdown import Markdown as Converter
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString
from pydantic.fields import FieldInfo

from quizapp.itemtypes.fields import Fields, MarkdownMark

Json = dict[str, Any]

LONGEST_FIELD = 8_000
LONGEST_SECTION = 64_000
LONGEST_FORMULA = 400
DEEPEST = 6
MARKER = re.compile("\ue000([a-z0-9]+)\ue001")
"""A place in a section that something else than text takes; no author can type it."""

_CITATION = r"\[(@[A-Za-z0-9][A-Za-z0-9.-]*(?:; ?@[A-Za-z0-9][A-Za-z0-9.-]*)*)\]"
_UNBROKEN = r"\b(5-HT[0-9]?[A-F]?)(?![A-Za-z0-9])"
"""A name that must not be parted at its hyphen when a line ends."""
_FORMULA = r"(?<![\\$])\$(?![\s$])([^$\n]+?)(?<![\s\\])\$(?!\d)"
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_RAW_HTML = re.compile(r"<(?!https?://[^\s<>]+>)/?[A-Za-z!?][^\s>]{0,20}")
_QUOTE_DEPTH = re.compile(rf"^(?: {{0,3}}> ?){{{DEEPEST + 1}}}", re.MULTILINE)
_LIST_DEPTH = re.compile(
    rf"^ {{{4 * DEEPEST},}}(?:[-+*]|\d+\.) |^ *(?:(?:[-+*]|\d+\.) +){{{DEEPEST + 1}}}", re.MULTILINE
)
_MARK_RUN = re.compile(r"[*_]{4,}|`{4,}|\\{8,}")

_MATH = {
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "msup", "msub", "msubsup", "mfrac", "msqrt", "mroot",
    "mover", "munder", "munderover", "mtable", "mtr", "mtd", "mpadded", "mphantom", "menclose",
}  # fmt: skip
_TAGS = _MATH | {
    "a", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong",
    "span", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "rel", "class", "role"},
    "div": {"class", "role", "tabindex", "aria-label"},
    "li": {"id"},
    "math": {"display"},
    "mi": {"mathvariant"},
    "mo": {"stretchy", "fence", "form", "lspace", "rspace", "minsize", "maxsize"},
    "mfrac": {"linethickness"},
    "mspace": {"width"},
    "menclose": {"notation"},
    "mtable": {"columnalign", "rowspacing", "columnspacing"},
    "ol": {"start"},
    "span": {"class"},
    "sup": {"class", "id"},
    "td": {"class"},
    "th": {"class", "scope"},
}
_CLASSES = {"ev", "external", "footnote", "footnote-ref", "footnote-backref", "scroll", "right", "center", "nobr"}


@dataclass(frozen=True)
class Flaw:
    """What the author of a text must mend; `line` counts from 0 at the beginning of the text."""

    line: int
    rule: str
    message: str


@lru_cache(maxsize=20_000)  # a text is judged by a check and shown by a version: it is converted once for both
def render(text: str, *, inline: bool = False, section: str | None = None) -> tuple[str, tuple[Flaw, ...]]:
    """The HTML of a text and its flaws; with flaws the HTML is empty.

    `inline` texts become no paragraph. `section` is the anchor of a lesson's section: there, subheadings, footnotes
    (with ids of their own for every section) and 64 kB are allowed.
    """
    limit = LONGEST_FIELD if section is None else LONGEST_SECTION
    if len(text.encode()) > limit:
        return "", (Flaw(0, "too-long", f"The text has {len(text.encode()):,} bytes; at most {limit:,} are taken."),)
    if flaws := tuple(_flaws(text, section)):
        return "", flaws
    converter, links = _converter(section is not None)
    try:
        html = converter.convert(text)
    except RecursionError:
        _made.__dict__.clear()  # it stopped in the middle of its work
        return "", (Flaw(0, "tangled", "Marks are nested too deeply in each other."),)
    if links:
        return "", tuple(Flaw(_line_with(text, link), "link", _not_a_link(link)) for link in links)
    html = _clean(html, section or "")
    if not inline:
        return html, ()
    if html.count("<p>") != 1 or not (html.startswith("<p>") and html.endswith("</p>")):
        return "", (Flaw(0, "one-paragraph", "This text must be one paragraph, without lists, tables or quotations."),)
    return html.removeprefix("<p>").removesuffix("</p>"), ()


def _converter(lesson: bool) -> tuple[Converter, list[str]]:
    """A converter as new, and the list in which it notes links that are refused.

    Each thread keeps its own two: making one costs as much as ten short texts.
    """
    name = "lesson" if lesson else "field"
    if name not in _made.__dict__:
        links: list[str] = []
        extensions: list[Extension | str] = ["tables", "def_list", "sane_lists", _Ours(links, subheadings=lesson)]
        converter = Converter(
            extensions=[*extensions, "footnotes"] if lesson else extensions,
            extension_configs={
                "tables": {"use_align_attribute": True},
                "footnotes": {"BACKLINK_TITLE": "Back to the text"},
            },
        )
        _made.__dict__[name] = converter, links
    converter, links = _made.__dict__[name]
    converter.reset()
    links.clear()
    return converter, links


_made = threading.local()


def render_fields(fields: Fields) -> tuple[Json, list[tuple[tuple[str | int, ...], Flaw]]]:
    """All fields as plain JSON with HTML in the place of every Markdown text, and the flaws by path."""
    flaws: list[tuple[tuple[str | int, ...], Flaw]] = []

    def walk(value: Any, mark: MarkdownMark | None, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, Fields):
            return {
                name: walk(getattr(value, name), _mark(info.annotation, info.metadata), (*path, name))
                for name, info in type(value).model_fields.items()
            }
        if isinstance(value, dict):
            return {key: walk(part, mark, (*path, key)) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [walk(part, mark, (*path, place)) for place, part in enumerate(value)]
        if mark is None or not isinstance(value, str):
            return value
        html, found = render(value, inline=mark.inline)
        flaws.extend((path, flaw) for flaw in found)
        return html

    plain = fields.model_dump(mode="json")
    return cast(Json, _merge(plain, walk(fields, None, ()))), flaws


def is_marked(info: FieldInfo) -> bool:
    """Whether a field holds Markdown and nothing else: a text for readers, not a part of the marking."""
    return _mark(info.annotation, info.metadata) is not None


def citations(text: str) -> list[tuple[int, str]]:
    """Every fact that a text cites, with its line counted from 0."""
    return [
        (text.count("\n", 0, found.start()), name.strip().removeprefix("@"))
        for found in re.finditer(_CITATION, text)
        for name in found.group(1).split(";")
    ]


def _mark(annotation: Any, metadata: Any = ()) -> MarkdownMark | None:
    """The mark of a field, wherever it stands in `Markdown`, `Markdown | None`, `list[Inline]`."""
    for entry in (*metadata, *getattr(annotation, "__metadata__", ())):
        if isinstance(entry, MarkdownMark):
            return entry
    return next((mark for part in get_args(annotation) if (mark := _mark(part))), None)


def _merge(plain: Any, rendered: Any) -> Any:
    """`plain` (dates and numbers as JSON has them) with the texts of `rendered`."""
    if isinstance(plain, dict):
        return {key: _merge(part, rendered[key]) for key, part in plain.items()}
    if isinstance(plain, list):
        return [_merge(part, other) for part, other in zip(plain, rendered, strict=True)]
    return rendered if isinstance(plain, str) and isinstance(rendered, str) else plain


# --- the first wall: what is written ----------------------------------------------------------------------------------


def _flaws(text: str, section: str | None) -> Iterator[Flaw]:
    def at(found: re.Match[str]) -> int:
        return text.count("\n", 0, found.start())

    def blank(found: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", found.group())

    if section is None and MARKER.search(text):
        yield Flaw(0, "invisible-character", "There is an invisible character; delete it.")
    for found in _MARK_RUN.finditer(text):
        yield Flaw(at(found), "tangled", f"“{found.group()[:8]}” is no mark; at most three of a kind stand together.")
    for pattern, things in ((_QUOTE_DEPTH, "Quotations"), (_LIST_DEPTH, "Lists")):
        if deep := pattern.search(text):
            yield Flaw(at(deep), "tangled", f"{things} are nested more than {DEEPEST} deep.")
    start = 0
    for paragraph in text.split("\n\n"):
        if rule := _tangled(paragraph):
            yield Flaw(text.count("\n", 0, start), "tangled", rule)
            return
        start += len(paragraph) + 2
    bare = _CODE.sub(blank, text)
    for found in re.finditer(_FORMULA, bare):
        if isinstance(trouble := _formula(found.group(1)), str):
            yield Flaw(at(found), "formula", trouble)
    bare = re.sub(_FORMULA, blank, bare)
    if html := _RAW_HTML.search(bare):
        yield Flaw(at(html), "raw-html", f"Raw HTML is refused: “{html.group()}”. A “<” needs a space behind it.")
    for found in re.finditer(r"!\[", bare):
        yield Flaw(at(found), "picture", "Pictures stand in the “figures” of a lesson, not in a text.")
    for found in re.finditer(r"\[@(?![^\]\n]{0,2000}\])|\[@[^\]\n]{0,2000}\]", bare):
        if not re.fullmatch(_CITATION, found.group()):
            yield Flaw(at(found), "citation", f"“{found.group()[:40]}” is no citation; write [@N12] or [@N12; @N13].")


def _tangled(paragraph: str) -> str | None:
    """Why a paragraph would take the converter too long: its patterns look ahead from every mark to the end."""
    opened = deepest = 0
    for character in paragraph:
        if character == "[":
            opened += 1
            deepest = max(deepest, opened)
        elif character == "]" and opened:
            opened -= 1
    if deepest > DEEPEST:
        return f"Square brackets are opened {deepest} deep without being closed."
    for mark, most in (("*", 200), ("_", 200), ("`", 200), ("<", 100), ("$", 100), ("&", 200), ("^", 200), ("](", 50)):
        if paragraph.count(mark) > most:
            return f"There are more than {most} “{mark}” in one paragraph."
    if paragraph.count("|") > 2_000:
        return "The table is too large; divide it."
    if paragraph.count("\n:") > 50:
        return "There are more than 50 definitions in one paragraph."
    return None


def _formula(latex: str) -> Element | str:
    """MathML of a formula, or what is wrong with it."""
    if len(latex) > LONGEST_FORMULA:
        return f"A formula has at most {LONGEST_FORMULA} characters."
    try:
        return formula_to_mathml(latex)
    except Exception as error:  # the converter raises many kinds, RecursionError and IndexError among them
        return f"The formula “{latex[:40]}” cannot be read ({type(error).__name__})."


def _not_a_link(link: str) -> str:
    return f"“{link[:60]}” is no link; a link begins with https://, http://, “/” (a page of this site) or “#”."


def _line_with(text: str, part: str) -> int:
    return text.count("\n", 0, max(text.find(part), 0))


# --- converting -------------------------------------------------------------------------------------------------------


class _Formula(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element | str, int, int]:  # type: ignore[override]
        made = _formula(m.group(1))
        if isinstance(made, str):
            return "", m.start(0), m.end(0)
        for element in made.iter():
            # The converter writes characters as references; as text of its own a formula holds no more Markdown.
            element.text = AtomicString(unescape(element.text)) if element.text else None
        return made, m.start(0), m.end(0)


class _Citation(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override]
        mark = Element("sup", {"class": "ev"})
        names = [name.strip().removeprefix("@") for name in m.group(1).split(";")]
        for place, name in enumerate(names):
            link = SubElement(mark, "a", {"href": f"/evidence/{name}"})
            link.text = AtomicString(name)
            link.tail = AtomicString(" ") if place + 1 < len(names) else None
        return mark, m.start(0), m.end(0)


class _Unbroken(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override]
        name = Element("span", {"class": "nobr"})
        name.text = AtomicString(m.group(1))
        return name, m.start(0), m.end(0)


class _Finish(Treeprocessor):
    """Classes instead of alignment, table headings with a scope, a frame that scrolls, links made safe."""

    def __init__(self, md: Converter, links: list[str]) -> None:
        super().__init__(md)
        self.links = links

    def run(self, root: Element) -> None:
        for element in root.iter():
            if element.tag == "a":
                self._link(element)
            elif element.tag in ("td", "th"):
                align = element.attrib.pop("align", None)
                if align in ("right", "center"):
                    element.set("class", align)
                if element.tag == "th" and not len(element) and not (element.text or "").strip():
                    element.tag = "td"  # the empty corner heads nothing
                elif element.tag == "th":
                    element.set("scope", "col")
        for parent in list(root.iter()):
            for place, child in enumerate(list(parent)):
                if child.tag == "table":
                    frame = Element("div", {"class": "scroll", "role": "group", "tabindex": "0", "aria-label": "Table"})
                    frame.tail, child.tail = child.tail, None
                    frame.append(child)
                    parent[place] = frame

    def _link(self, element: Element) -> None:
        href = element.get("href", "")
        if re.match(r"https?://[^\s\\]+\Z", href):
            element.set("rel", "noopener noreferrer nofollow")
            element.set("class", "external")
        elif not re.match(r"(?:/(?![/\\])|#)[^\s\\]*\Z", href):
            self.links.append(href)


class _Ours(Extension):
    """What is added to Markdown here, and what is taken away from it."""

    def __init__(self, links: list[str], *, subheadings: bool) -> None:
        super().__init__()
        self.links = links
        self.subheadings = subheadings

    def extendMarkdown(self, md: Converter) -> None:
        md.block_level_elements.remove("math")  # a formula stands in its line
        md.preprocessors.deregister("html_block")
        md.parser.blockprocessors.deregister("setextheader")
        if not self.subheadings:
            md.parser.blockprocessors.deregister("hashheader")
        for name in ("html", "image_link", "image_reference", "short_image_ref", "automail"):
            md.inlinePatterns.deregister(name)
        md.inlinePatterns.register(_Formula(_FORMULA, md), "formula", 185)
        md.inlinePatterns.register(_Citation(_CITATION, md), "citation", 175)
        md.inlinePatterns.register(_Unbroken(_UNBROKEN, md), "unbroken", 60)
        md.treeprocessors.register(_Finish(md, self.links), "finish", 1)


# --- the second wall: what comes out ----------------------------------------------------------------------------------


def _clean(html: str, section: str) -> str:
    def keep(tag: str, name: str, value: str) -> str | None:
        if name == "class":
            return " ".join(word for word in value.split() if word in _CLASSES) or None
        if name == "id" or (name == "href" and value.startswith("#fn")):
            # The converter's footnote ids (fn:1, fnref:1) are the same in every section of a page.
            found = re.fullmatch(r"#?(fnref|fn)(\d*):([A-Za-z0-9_-]+)", value)
            return f"{value[: value[0] == '#']}{found[1]}{found[2]}-{section}-{found[3]}" if found else None
        if name == "href":
            return value if re.match(r"https?://|/(?![/\\])|#", value) else None
        return value

    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"http", "https"},
        link_rel=None,
        clean_content_tags={"script", "style"},
    ).strip()
