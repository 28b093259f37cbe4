"""Files that people attach: which kind they are, judged by their bytes, and a name that harms nobody."""

from __future__ import annotations

import re
import unicodedata

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
ENDINGS = {PDF: "pdf", PNG: "png", JPEG: "jpg"}
LONGEST_NAME = 120
_HEAD, _TAIL = 1_024, 2_048
"""Where readers of PDF look for its first and its last words."""


def kind_of(data: bytes) -> str | None:
    """The type of a file by what is in it, whatever it is called; None for all but PDF, PNG and JPEG."""
    if b"%PDF-" in data[:_HEAD] and data.lstrip().startswith(b"%PDF-") and b"%%EOF" in data[-_TAIL:]:
        return PDF
    if data.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") and b"IEND" in data[-_TAIL:]:
        return PNG
    if data.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in data[-_TAIL:]:
        return JPEG
    return None


def tame(name: str, kind: str) -> str:
    """The name of a file without folders, signs that control or turn the line, and an ending that tells a lie."""
    last = re.split(r"[/\\]", name)[-1]
    stem = last.rpartition(".")[0] or last
    kept = "".join(sign for sign in stem if unicodedata.category(sign)[0] in "LMN" or sign in " -_().,")
    kept = " ".join(kept.split()).strip(". ")[:LONGEST_NAME]
    return f"{kept or 'evidence'}.{ENDINGS[kind]}"
