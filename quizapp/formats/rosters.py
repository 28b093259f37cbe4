"""Lists of learners as schools hand them out: CSV from any spreadsheet or learning management system.

What varies is taken as it comes: comma, semicolon or tab; UTF-8 with or without a byte order mark, UTF-16, or the
Latin letters of an older Windows; a heading or none. Every line gets an address, or a sentence that says why not.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from quizapp.formats import spreadsheets

MOST_LINES = 5_000
LONGEST_NAME = 120
LONGEST_ID = 64
ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@,;:<>()\[\]\\\"]+\.[^\s@,;:<>()\[\]\\\"]+")
HEADINGS = {
    "email": ("email", "e-mail", "mail", "email address", "e-mail address", "address", "login email"),
    "name": ("name", "full name", "student", "student name", "learner", "display name"),
    "first": ("first name", "firstname", "given name", "forename", "vorname"),
    "last": ("last name", "lastname", "surname", "family name", "nachname"),
    "lms_id": ("id", "lms id", "lms_id", "student id", "sis id", "sis user id", "user id", "id number", "username",
               "matriculation number", "integration id"),
}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
"""Also the signs that turn the direction of what follows, by which a name could pose as another."""


class Unreadable(Exception):
    """This is no list of learners; the sentence says what it is or what to do."""


@dataclass(frozen=True)
class Line:
    """One line of a list, by its number in the file. `problem`: why nothing can be done with it, else ""."""

    number: int
    email: str
    name: str
    lms_id: str
    problem: str = ""


def read(data: bytes) -> tuple[Line, ...]:
    """The lines of a list, without the heading and without empty ones. Raises Unreadable."""
    text = _decode(data)
    if not text.strip():
        raise Unreadable("The file is empty.")
    if "\x00" in text:
        raise Unreadable("This is not a text file. Save the list as CSV and send that.")
    rows = _rows(text)
    if len(rows) > MOST_LINES + 1:
        raise Unreadable(f"The list has more than {MOST_LINES:,} lines. Split it, or look whether it is the right one.")
    places = _heading(rows[0][1]) or _guess(rows)
    lines = tuple(_line(number, cells, places) for number, cells in rows[_begins(rows[0][1]) :])
    if not lines:
        raise Unreadable("The list has a heading and nobody below it.")
    return lines


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise Unreadable("The file is damaged in the middle of a letter. Save it as CSV once more.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Bytes that this page of Windows has no letter for are those of Latin-1.
        return data.decode("cp1252") if not set(data) & {0x81, 0x8D, 0x8F, 0x90, 0x9D} else data.decode("latin-1")


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Lines that hold anything, each with the number of its first line in the file."""
    first = text.lstrip().splitlines()[0]
    if first.lower().startswith("sep=") and len(first) == 5:  # what Excel writes above a list for itself
        text = text.replace(first, "", 1)
        first = text.lstrip().splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, begins = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((begins, [unicodedata.normalize("NFC", cell).strip(" \n\v\f\xa0") for cell in cells]))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(f"Line {reader.line_num} cannot be read as CSV: {error}.") from error
    if not rows:
        raise Unreadable("The file is empty.")
    return rows


def _heading(cells: Sequence[str]) -> dict[str, int]:
    """What stands in which column, if the first line says so."""
    named = {
        " ".join(cell.lower().replace("_", " ").split()): place for place, cell in reversed(list(enumerate(cells)))
    }
    found = {
        field: named[words]
        for field, choices in HEADINGS.items()
        for words in reversed(choices)
        if words in named
    }  # fmt: skip
    return found if "email" in found and "@" not in cells[found["email"]] else {}


def _begins(cells: Sequence[str]) -> int:
    return 1 if _heading(cells) else 0


def _guess(rows: Sequence[tuple[int, Sequence[str]]]) -> dict[str, int]:
    """Without a heading: the column in which addresses stand, then name and id in the order of what is left."""
    width = max(len(cells) for _, cells in rows)
    counts = [sum("@" in cells[place] for _, cells in rows if place < len(cells)) for place in range(width)]
    if not max(counts):
        raise Unreadable("There is no email address in this list. Add a column “email”.")
    email = counts.index(max(counts))
    rest = [place for place in range(width) if place != email]
    return {"email": email} | dict(zip(("name", "lms_id"), rest, strict=False))


def _line(number: int, cells: Sequence[str], places: dict[str, int]) -> Line:
    def cell(field: str) -> str:
        place = places.get(field)
        return spreadsheets.plain(cells[place]) if place is not None and place < len(cells) else ""

    name = cell("name") or " ".join(filter(None, (cell("first"), cell("last"))))
    email, lms_id = cell("email").lower(), cell("lms_id")
    return Line(number, email, " ".join(name.split()), lms_id, _problem(email, name, lms_id))


def _problem(email: str, name: str, lms_id: str) -> str:
    for words, value in (("address", email), ("name", name), ("id", lms_id)):
        if spreadsheets.runs(value):
            return (
                f"The {words} begins with “{value[:1].strip() or 'a tab'}”, which a spreadsheet would run as a formula."
            )
        if _CONTROL.search(value):
            return f"The {words} holds signs that cannot be seen. Write it anew."
    if not email:
        return "There is no address."
    if not ADDRESS.fullmatch(email) or len(email) > 255:
        return "This is not an email address."
    if len(name) > LONGEST_NAME:
        return f"The name is longer than {LONGEST_NAME} letters."
    if len(lms_id) > LONGEST_ID:
        return f"The id is longer than {LONGEST_ID} characters."
    return ""
