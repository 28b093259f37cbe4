"""A log of answers as a table of text: one answer a row, the columns named in the first row, in any order."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from dataclasses import dataclass

NEEDED = ("learner", "item", "objective", "time", "correct")
GUESS = "guess"
"""A column that may be there: the chance of a blind guess on the item, 0 to 1."""
DEFAULT_GUESS = 0.2
RIGHT_FROM = 0.8
"""A mark between 0 and 1 counts as right from here, as it does for memory."""
FAULTS_SHOWN = 20
_TRUE, _FALSE = {"1", "true", "yes", "right"}, {"0", "false", "no", "wrong"}


class Unreadable(Exception):
    """Rows that cannot be read. `lines`: a sentence for each of the first ones, beginning with its line number;
    `count`: how many there are."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines[:FAULTS_SHOWN]))
        self.lines = lines[:FAULTS_SHOWN]
        self.count = len(lines)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `at` is aware."""

    learner: str
    item: str
    objective: str
    at: dt.datetime
    right: bool
    guess: float = DEFAULT_GUESS


def read(text: str) -> list[Answer]:
    """The answers in order of time. `time` is ISO 8601 (UTC where it says nothing) or seconds since 1970; `correct` is
    1 or 0, true or false, or a mark between 0 and 1. Raises Unreadable: a row that is left out would shift the history
    of its learner, so one bad row refuses all."""
    rows = csv.reader(io.StringIO(text))
    header = [name.strip().casefold() for name in next(rows, [])]
    if missing := [name for name in NEEDED if name not in header]:
        raise Unreadable([f"1: the header lacks {', '.join(missing)}"])
    if len(set(header)) != len(header):
        raise Unreadable(["1: a column is named twice"])
    answers: list[Answer] = []
    faults: list[str] = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        try:
            if len(row) != len(header):
                raise ValueError(f"{len(row)} cells under {len(header)} names")
            answers.append(_answer(dict(zip(header, (cell.strip() for cell in row), strict=True))))
        except ValueError as fault:
            faults.append(f"{rows.line_num}: {fault}")
    if faults:
        raise Unreadable(faults)
    if not answers:
        raise Unreadable(["1: there is no answer below the header"])
    return sorted(answers, key=lambda answer: answer.at)


def _answer(cells: dict[str, str]) -> Answer:
    for name in ("learner", "item", "objective"):
        if not cells[name]:
            raise ValueError(f"no {name}")
    return Answer(
        cells["learner"],
        cells["item"],
        cells["objective"],
        _moment(cells["time"]),
        _right(cells["correct"]),
        _share(cells[GUESS], GUESS) if cells.get(GUESS) else DEFAULT_GUESS,
    )


def _moment(text: str) -> dt.datetime:
    try:
        if text.replace(".", "", 1).isdecimal():
            return dt.datetime.fromtimestamp(float(text), dt.UTC)
        at = dt.datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"not a time: “{text}”") from None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def _right(text: str) -> bool:
    if text.casefold() in _TRUE:
        return True
    if text.casefold() in _FALSE:
        return False
    return _share(text, "correct") >= RIGHT_FROM


def _share(text: str, name: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise ValueError(f"{name} is neither yes, no nor between 0 and 1: “{text}”")
    return share
