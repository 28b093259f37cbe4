"""Figures: an author's SVG judged, then made into what a page shows and what a reader takes home.

A drawing names no colour: its groups carry classes (`fig-ink`, `fig-accent`, …) which the page's stylesheet colours for
light and dark. For download the same classes are resolved to the light colours on white.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import typst
from lxml import etree

from quizapp.formats import Problem

LARGEST = 400_000
PIXELS_PER_INCH = 300
WIDTH_MM = 170.0
"""The width in print: the text block of an A4 page."""

# The light colours of the design tokens; a test compares them with static/css/tokens.css. Paper is white in print.
PRINT_COLOURS = {
    "fig-ink": "#1d2129",
    "fig-quiet": "#5a626d",
    "fig-accent": "#0a6566",
    "fig-stop": "#a5332b",
    "fig-paper": "#ffffff",
    "fig-wash": "#f4f1ea",
}
_CLASSES = {*PRINT_COLOURS, "fig-label", "fig-panel"}
_PRINT_FAMILY = "Inter, 'Helvetica Neue', Arial, sans-serif"
_FONTS = Path(__file__).parent / "fonts"
_NOT_DRAWN = re.compile(
    r"[^\s!-~\u00a0-\u017f\u0391-\u03c9\u2010-\u2027\u2030-\u203e\u2070-\u209c\u2190-\u2199"
    r"\u21c4\u21cc\u2206\u2211\u2212\u221e\u2248\u2260\u2264\u2265\u25cb\u25cf\u2713\u2715]"
)

_SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = {
    "svg", "g", "defs", "marker", "clipPath", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon",
    "text", "tspan", "title", "desc", "use",
}  # fmt: skip
_ATTRIBUTES = {
    "aria-hidden", "baseline-shift", "class", "clip-path", "clip-rule", "cx", "cy", "d", "dominant-baseline",
    "dx", "dy", "fill", "fill-opacity", "fill-rule", "font-family", "font-size", "font-style", "font-weight",
    "href", "id", "letter-spacing", "marker-end", "marker-mid", "marker-start", "markerHeight", "markerUnits",
    "markerWidth", "opacity", "orient", "paint-order", "points", "preserveAspectRatio", "r", "refX", "refY",
    "role", "rx", "ry", "stroke", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap",
    "stroke-linejoin", "stroke-miterlimit", "stroke-opacity", "stroke-width", "text-anchor", "transform",
    "vector-effect", "viewBox", "x", "x1", "x2", "y", "y1", "y2",
}  # fmt: skip
IMAGE = f"{_SVG}image"
"""Never in a file: `pictures` puts one into the drawing that stands for a picture."""
MOST_DRAWN = 20_000
"""Shapes of a drawing, those that “use” repeats counted each time."""
MOST_IN_MARKER = 40
TALLEST = 4
"""Heights to a width. All are printed equally wide, and a thousand heights would take all memory that there is."""
_SIZED = {"rect", "use"}
_PLAIN_VALUE = re.compile(r"[^<>&\\:;{}\"]*\Z")
_LOCAL_URL = re.compile(r"url\(#[A-Za-z][\w-]*\)\Z")


@dataclass(frozen=True)
class Drawing:
    """An SVG that has been judged."""

    root: etree._Element
    width: float
    height: float


@dataclass(frozen=True)
class Ground:
    """A drawing over which marks are put: what stands between `<svg viewBox="0 0 width height">` and `</svg>`.

    `title` and `description` are plain text, and empty for a drawing whose words are withheld.
    """

    svg: str
    width: float
    height: float
    title: str
    description: str


def read(data: bytes, file: str) -> tuple[Drawing | None, list[Problem]]:
    """The drawing of an SVG file, or everything that keeps it from being shown."""

    def refused(line: int, rule: str, message: str) -> Problem:
        return Problem(file, line, rule, message)

    if len(data) > LARGEST:
        return None, [refused(1, "too-large", f"The drawing has {len(data):,} bytes; at most {LARGEST:,} are taken.")]
    if re.search(rb"<!(DOCTYPE|ENTITY)", data, re.IGNORECASE):
        return None, [refused(1, "figure-entity", "A drawing has no DOCTYPE and no entities.")]
    try:
        data.decode("utf-8")
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    except UnicodeDecodeError:
        return None, [refused(1, "encoding", "The drawing is not UTF-8.")]
    except etree.XMLSyntaxError as error:
        return None, [refused(error.lineno or 1, "figure-xml", f"The drawing is not well-formed XML: {error.msg}.")]
    if root.tag != f"{_SVG}svg":
        return None, [refused(1, "figure-xml", 'The drawing must begin with <svg xmlns="http://www.w3.org/2000/svg">.')]
    problems = [refused(element.sourceline or 1, *fault) for element in root.iter() for fault in _faults(element)]
    if not problems and (fault := _repeats(root)):
        problems.append(refused(1, "figure-repeats", fault))
    box = re.fullmatch(r"0 0 (\d{1,5}(?:\.\d+)?) (\d{1,5}(?:\.\d+)?)", root.get("viewBox", ""))
    if box is None or float(box[1]) < 1 or float(box[2]) < 1:
        problems.append(refused(1, "figure-size", 'The drawing needs viewBox="0 0 width height" and no other size.'))
    elif float(box[2]) > TALLEST * float(box[1]):
        problems.append(refused(1, "figure-size", f"The drawing is more than {TALLEST} times as high as it is wide."))
    if [child.tag for child in root[:2]] != [f"{_SVG}title", f"{_SVG}desc"]:
        problems.append(refused(1, "figure-title", "The first two elements must be <title> and <desc>."))
    if problems or box is None:
        return None, sorted(problems)
    return Drawing(root, float(box[1]), float(box[2])), []


def _faults(element: etree._Element) -> list[tuple[str, str]]:
    if not isinstance(element.tag, str):
        return [("figure-element", "Processing instructions and entities are refused.")]
    name = element.tag.removeprefix(_SVG)
    if name not in _ELEMENTS or (name == "svg" and element.getparent() is not None):
        return [("figure-element", f"<{name.rpartition('}')[2]}> is refused in a drawing.")]
    faults = []
    for attribute, value in element.attrib.items():
        attribute, value = str(attribute), str(value)
        if attribute not in _ATTRIBUTES and not (attribute in ("width", "height") and name in _SIZED):
            faults.append(
                ("figure-attribute", f"The attribute “{attribute.rpartition('}')[2]}” is refused on <{name}>.")
            )
        elif attribute in ("fill", "stroke") and value not in ("none", "currentColor"):
            faults.append(
                ("figure-colour", f'{attribute}="{value[:20]}": colours come from classes; write currentColor.')
            )
        elif attribute == "class" and (unknown := [word for word in value.split() if word not in _CLASSES]):
            faults.append(("figure-class", f"There is no class “{unknown[0][:20]}” for figures."))
        elif attribute == "href" and not re.fullmatch(r"#[A-Za-z][\w-]*", value):
            faults.append(("figure-reference", 'A drawing may refer only to its own parts (href="#…").'))
        elif "url" in value.lower() and not _LOCAL_URL.match(value):
            faults.append(("figure-reference", "A drawing may refer only to its own parts (url(#…))."))
        elif not _PLAIN_VALUE.match(value):
            faults.append(("figure-attribute", f"The value of “{attribute}” holds a character that it cannot need."))
    if name in ("text", "tspan") and (strange := _NOT_DRAWN.search(f"{element.text or ''}{element.tail or ''}")):
        faults.append(("figure-glyph", f"The font of figures has no “{strange.group()}”; draw it as a path."))
    return faults


def _repeats(root: etree._Element) -> str:
    """What is wrong with the repetitions of a drawing.

    A few lines of “use” can stand for more shapes than can be drawn, or for themselves; a marker stands at each
    corner of a line.
    """
    named = {str(element.get("id")): element for element in root.iter() if element.get("id")}
    counted: dict[str, int] = {}

    def count(element: etree._Element, way: tuple[str, ...]) -> int:
        shapes = 1
        target = str(element.get("href", ""))[1:] if element.tag == f"{_SVG}use" else ""
        if target in way:
            raise RecursionError(target)
        if target in named:
            if target not in counted:
                counted[target] = count(named[target], (*way, target))
            shapes += counted[target]
        return shapes + sum(count(child, way) for child in element)

    try:
        shapes = count(root, ())
        mark = max((count(element, ()) for element in root.iter(f"{_SVG}marker")), default=0)
    except RecursionError:
        return "A part of the drawing repeats itself."
    if mark > MOST_IN_MARKER:
        return f"A marker has {mark:,} shapes; at most {MOST_IN_MARKER} are taken."
    return f"The drawing has {shapes:,} shapes; at most {MOST_DRAWN:,} are taken." if shapes > MOST_DRAWN else ""


def adopt(data: bytes, title: str, alt: str) -> bytes:
    """An author's drawing without what drawing programs leave in it (their own elements and attributes, comments), and
    with `title` and `alt` as its words. What is no drawing at all comes back as it is: `read` says what is wrong."""
    if len(data) > LARGEST or re.search(rb"<!(DOCTYPE|ENTITY)", data, re.IGNORECASE):
        return data
    try:
        data.decode("utf-8")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
        root = etree.fromstring(data, parser)
    except (UnicodeDecodeError, etree.XMLSyntaxError):
        return data
    if root.tag != f"{_SVG}svg":
        return data
    for element in list(root.iter()):
        parent = element.getparent()
        foreign = not str(element.tag).startswith(_SVG) or element.tag == f"{_SVG}metadata"
        told = parent is root and element.tag in (f"{_SVG}title", f"{_SVG}desc")
        if parent is not None and (foreign or told):
            parent.remove(element)
            continue
        for attribute in [name for name in element.attrib if str(name).startswith("{") and "xlink" not in str(name)]:
            del element.attrib[attribute]
    for name in ("version", "width", "height"):
        root.attrib.pop(name, None)
    for place, (name, words) in enumerate((("title", title), ("desc", alt))):
        label = etree.Element(f"{_SVG}{name}")
        label.text, label.tail = words, "\n"
        root.insert(place, label)
    etree.cleanup_namespaces(root, top_nsmap={None: _SVG[1:-1]})
    return f"{_text(root)}\n".encode()


def inline(drawing: Drawing, prefix: str) -> str:
    """The drawing as it stands in a page. `prefix` keeps its ids apart from those of other drawings on the page."""
    root = deepcopy(drawing.root)
    for element in root.iter():
        for attribute, value in element.attrib.items():
            value = str(value)
            if attribute == "id":
                element.set("id", f"{prefix}-{value}")
            elif attribute == "href" and element.tag != IMAGE:
                element.set("href", f"#{prefix}-{value[1:]}")
            elif _LOCAL_URL.match(value):
                element.set(attribute, f"url(#{prefix}-{value[5:]}")
    root[0].set("id", f"{prefix}-title")
    root[1].set("id", f"{prefix}-desc")
    root.set("role", "img")
    root.set("aria-labelledby", f"{prefix}-title")
    root.set("aria-describedby", f"{prefix}-desc")
    return _text(root)


def ground(svg: str, prefix: str, *, labelled: bool) -> Ground:
    """An inline drawing for a question that marks places in it, with ids of its own on the page.

    Unless it is `labelled`, its labels, title and description are not hidden but gone: they may name the answer.
    """
    root = etree.fromstring(svg)
    own = str(root[0].get("id")).removesuffix("title")
    width, height = str(root.attrib.pop("viewBox")).split()[2:]
    words = [str(child.text or "") if labelled else "" for child in root[:2]]
    for attribute in ("role", "aria-labelledby", "aria-describedby"):
        root.attrib.pop(attribute, None)
    for element in list(root.iter()):
        named = element.tag in (f"{_SVG}title", f"{_SVG}desc")
        label = "fig-label" in str(element.get("class", "")).split()
        if (named or (label and not labelled)) and (parent := element.getparent()) is not None:
            parent.remove(element)
        for attribute, value in element.attrib.items():
            if element.tag != IMAGE and (attribute in ("id", "href") or _LOCAL_URL.match(str(value))):
                element.set(attribute, str(value).replace(own, f"{prefix}-{own}", 1))
    root.tag = f"{_SVG}g"
    return Ground(_text(root), float(width), float(height), *words)


def standalone(drawing: Drawing) -> bytes:
    """An SVG file that looks in any program as the page does in the light: colours resolved, on white."""
    root = deepcopy(drawing.root)
    _resolve(root, PRINT_COLOURS["fig-ink"], {"fill": "#000000", "stroke": "none"})
    root.set("font-family", _PRINT_FAMILY)
    root.set("width", f"{drawing.width:g}")
    root.set("height", f"{drawing.height:g}")
    ground = etree.Element(f"{_SVG}rect", width=f"{drawing.width:g}", height=f"{drawing.height:g}", fill="#ffffff")
    root.insert(2, ground)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_text(root)}\n'.encode()


def png(drawing: Drawing) -> bytes:
    """The standalone drawing as PNG, 170 mm wide at 300 dpi."""
    return _printed(drawing, "png")


def pdf(drawing: Drawing) -> bytes:
    """The standalone drawing as a PDF page, 170 mm wide, with selectable text."""
    return _printed(drawing, "pdf")


def _resolve(element: etree._Element, colour: str, paint: dict[str, str]) -> None:
    """Write colours where the stylesheet would put them. `currentColor` is inherited as a word, as CSS has it."""
    for name in str(element.attrib.pop("class", "")).split():
        colour = PRINT_COLOURS.get(name, colour)
    paint = dict(paint)
    for attribute in ("fill", "stroke"):
        paint[attribute] = str(element.attrib.pop(attribute, paint[attribute]))
        if element.tag not in (f"{_SVG}g", f"{_SVG}svg", f"{_SVG}defs", f"{_SVG}title", f"{_SVG}desc"):
            value = colour if paint[attribute] == "currentColor" else paint[attribute]
            element.set(attribute, value)
    element.attrib.pop("font-family", None)
    if weight := element.get("font-weight"):
        # The printed font has two weights; a program without variable fonts would take the lighter one for 560.
        bold = weight in ("bold", "bolder") or (re.fullmatch("[0-9]{1,4}", weight) is not None and int(weight) > 500)
        element.set("font-weight", "600" if bold else "400")
    for child in element:
        _resolve(child, colour, paint)


def _printed(drawing: Drawing, form: str) -> bytes:
    # Typst reads files only; the drawing and its page are handed over as data in the source.
    svg = standalone(drawing).decode()
    title = "".join(str(text) for text in drawing.root[0].itertext())
    source = (
        f"#set document(title: {_quoted(title)}, date: none)\n"
        f"#set page(width: {WIDTH_MM}mm, height: {WIDTH_MM * drawing.height / drawing.width:.3f}mm, margin: 0mm)\n"
        f'#image(bytes({_quoted(svg)}), format: "svg", width: 100%, alt: {_quoted(title)})\n'
    )
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(_FONTS)])
    if form == "pdf":
        made = typst.compile(source.encode(), font_paths=fonts, format="pdf", timestamp=0)
    else:
        made = typst.compile(source.encode(), font_paths=fonts, format="png", ppi=PIXELS_PER_INCH)
    if not isinstance(made, bytes):
        raise TypeError("one page was expected of the typesetter")
    return made


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(root: etree._Element) -> str:
    return etree.tostring(root, encoding="unicode", with_tail=False)
