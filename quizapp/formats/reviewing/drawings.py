"""Figures on paper: whole for a lesson; without labels and with lettered places for a question about them."""

from __future__ import annotations

import html
from base64 import b64encode
from collections.abc import Sequence
from copy import deepcopy

from lxml import etree

from quizapp.formats import figures, pictures
from quizapp.formats.reviewing.pages import Evidence

_SVG = "{http://www.w3.org/2000/svg}"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Box = tuple[int, ...]
"""Left, top, width and height in the units of the wide drawing."""


def drawing(evidence: Evidence, figure_id: str, places: Sequence[Box] = ()) -> str:
    """The wide drawing of a figure as an image. With `places` its labels are hidden, as they are for learners."""
    found = evidence.drawings.get(figure_id)
    fields, files = found or (None, {})
    made = pictures.draw(files[fields.wide], figure_id, fields.title, fields.alt) if fields else None
    if found is None or made is None:
        return f"<p>The figure {html.escape(figure_id)} is missing.</p>"
    root = deepcopy(made.root)
    if places:
        for label in root.iter(f"{_SVG}text"):
            if "fig-label" in str(label.get("class", "")).split():
                label.text = None
                for part in list(label):
                    label.remove(part)
    svg = etree.fromstring(figures.standalone(figures.Drawing(root, made.width, made.height)))
    stop = figures.PRINT_COLOURS["fig-stop"]
    for letter, (x, y, width, height) in zip(LETTERS, places, strict=False):
        frame = etree.SubElement(svg, f"{_SVG}rect", x=str(x), y=str(y), width=str(width), height=str(height))
        frame.attrib.update({"fill": "none", "stroke": stop, "stroke-width": "2"})
        etree.SubElement(svg, f"{_SVG}circle", cx=str(x), cy=str(y), r="12", fill=stop)
        mark = etree.SubElement(svg, f"{_SVG}text", x=str(x), y=str(y + 6), fill="#ffffff")
        mark.attrib.update({"text-anchor": "middle", "font-size": "17", "font-weight": "600"})
        mark.text = letter
    data = b64encode(etree.tostring(svg)).decode()
    return f'<img class="drawing" alt="{html.escape(found[0].alt)}" src="data:image/svg+xml;base64,{data}">'
