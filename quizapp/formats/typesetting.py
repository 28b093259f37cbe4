"""Documents set by typst: its fonts, words that are no commands, and what no font can print.

Fonts for names in Latin, Greek, Cyrillic, Arabic, Hebrew, Devanagari, Chinese, Japanese and Korean stand beside the
certificate. A sign that none of them has is refused: a document with a blank in a name proves nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import typst

_FONTS = Path(__file__).parent / "certificate" / "fonts"
FAMILIES = (
    "Noto Serif",
    "Noto Naskh Arabic",
    "Noto Serif Hebrew",
    "Noto Serif Devanagari",
    "WenQuanYi Micro Hei",
)
_MISSING = re.compile(r'the text `"(.+?)"` could not be displayed|disallowed codepoint `"(.+?)"`')


class NoSuchSign(Exception):
    """No font has a sign of the text; it is the argument."""

    def __init__(self, sign: str) -> None:
        super().__init__(sign)
        self.sign = sign


def compiled(source: str) -> bytes:
    """The PDF of a typst source, PDF/UA-1 and PDF/A-3a, the same bytes each time. Raises NoSuchSign."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FONTS)])
    try:
        made = typst.compile(
            source.encode(), font_paths=fonts, format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=0
        )
    except typst.TypstError as error:
        missing = _MISSING.search(str(error))
        if missing is None:
            raise
        raise NoSuchSign(missing[1] or missing[2]) from error
    if not isinstance(made, bytes):
        raise TypeError("one document was expected of the typesetter")
    return made


def words(text: str) -> str:
    """Words as strings of the typesetter, so that nothing in them is a command; what stands in stars is slanted."""
    pieces = re.split(r"\*([^*]+)\*", text)
    return "".join(
        f"#emph({quoted(piece)});" if place % 2 else f"#{quoted(piece)};" for place, piece in enumerate(pieces) if piece
    )


def plain(text: str) -> str:
    """The same without its stars."""
    return re.sub(r"\*([^*]+)\*", r"\1", text)


def quoted(text: str) -> str:
    """A string of the typesetter, without the mark that pasting leaves in words: unseen, and no paper takes it."""
    return '"' + text.replace("\ufeff", "").replace("\\", "\\\\").replace('"', '\\"') + '"'


def families() -> str:
    """The list of fonts as the typesetter reads it."""
    return ", ".join(quoted(family) for family in FAMILIES)


def day(on: dt.date) -> str:
    """“23 November 2026”."""
    return f"{on.day} {on:%B} {on.year}"
