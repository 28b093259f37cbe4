"""Tables for spreadsheets, which take a cell that begins with = + - @ for a formula and run it.

Such a cell gets an apostrophe in front, and so does one that begins with an apostrophe already: what was written can
be read back exactly.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

RUN = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that a spreadsheet would run, or that would hide such a beginning."""
MARK = "'"


def neutral(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return MARK + cell if cell.startswith((*RUN, MARK)) else cell


def plain(cell: str) -> str:
    """A cell as it was before `neutral`."""
    return cell[1:] if cell.startswith(MARK) and cell[1:].startswith((*RUN, MARK)) else cell


def runs(cell: str) -> bool:
    """Whether a spreadsheet would run this cell."""
    return cell.startswith(RUN)


def write(rows: Iterable[Sequence[str]]) -> bytes:
    """A table as CSV: every cell neutral, UTF-8 with a byte order mark, by which spreadsheets know it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def read(data: bytes, delimiter: str = ",") -> list[list[str]]:
    """The table that `write` wrote."""
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    return [[plain(cell) for cell in row] for row in csv.reader(text, delimiter=delimiter)]
