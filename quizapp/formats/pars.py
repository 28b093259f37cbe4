"""Completions as a file for those whom credit is reported to, and what they answer.

JSON, activities with their counts of learners first, then one row for each claim. The fields are ours, after what the
Program and Activity Reporting System (PARS) asks of a provider; a system of credit can say in which shape they leave
(`formats/report_shapes.py`). What was written can be read back and is checked again as it stands.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quizapp.core.credit.amounts import NoAmount, read_quarters, shown
from quizapp.core.credit.claims import State
from quizapp.core.credit.reporting import Completion, refusals
from quizapp.formats import spreadsheets

FORMAT = "quizapp completions 1"
NAME = "pars"
"""How a system of credit names this format."""
MOST_ROWS = 20_000
LONGEST_ERROR = 500
IDENTIFIERS = (
    "given_name", "family_name", "npi", "licence", "licence_state", "board_id", "birth_month", "birth_day",
)  # fmt: skip


class Unreadable(Exception):
    """This is not such a file; the sentence says what is wrong or what to do."""


@dataclass(frozen=True)
class Designated:
    """Credit of one system that an activity was designated for, in quarters."""

    system: str
    unit: str
    step: int
    maximum: int


@dataclass(frozen=True)
class ActivityRecord:
    """What is told of an activity before anybody who took part. `enrolled`, `physicians`, `others`: how many learners
    began, and how many completed it, by profession."""

    id: str
    title: str
    kind: str
    joint_provider: str
    commercial_support: str
    minutes: int
    opens: dt.date
    closes: dt.date
    designated: tuple[Designated, ...]
    enrolled: int
    physicians: int
    others: int


@dataclass(frozen=True)
class Report:
    """A file: whose activities, and the claims in it."""

    made_at: dt.datetime
    provider: str
    activities: tuple[ActivityRecord, ...]
    rows: tuple[Completion, ...]


def write(report: Report) -> str:
    """The file; the same bytes from the same report."""
    made = {
        "format": FORMAT,
        "made_at": report.made_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "provider": report.provider,
        "activities": [_activity(one) for one in report.activities],
        "completions": [_row(one) for one in report.rows],
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _activity(one: ActivityRecord) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "kind": one.kind,
        "joint_provider": one.joint_provider,
        "commercial_support": one.commercial_support,
        "minutes": one.minutes,
        "opens": one.opens.isoformat(),
        "closes": one.closes.isoformat(),
        "designated": [
            {"system": each.system, "unit": each.unit, "step": shown(each.step), "maximum": shown(each.maximum)}
            for each in one.designated
        ],
        "learners": {"enrolled": one.enrolled, "physicians": one.physicians, "others": one.others},
    }


def _row(one: Completion) -> dict[str, Any]:
    return {
        "row": one.claim_id,
        "activity": one.activity,
        "system": one.system,
        "credits": one.credits,
        "completed_on": one.completed_on,
        "name": one.name,
        **{name: one.identifiers[name] for name in IDENTIFIERS if one.identifiers.get(name)},
        "permitted_on": one.permitted_on,
    }


def read(text: str) -> Report:
    """The report of a file. Raises Unreadable where it is not one; what its rows say is judged by `problems`."""
    try:
        held = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise Unreadable("This is not JSON.") from error
    if not isinstance(held, dict) or held.get("format") != FORMAT:
        raise Unreadable(f"This is not a file of the format “{FORMAT}”.")
    try:
        activities = tuple(_read_activity(one) for one in held["activities"])
        known = {(one.id, each.system): (one, each) for one in activities for each in one.designated}
        rows = tuple(_read_row(one, known) for one in held["completions"])
        return Report(dt.datetime.fromisoformat(held["made_at"]), _text(held["provider"]), activities, rows)
    except NoAmount as refused:
        raise Unreadable(f"The record of an activity has an amount that is none. {refused}") from refused
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"A field is missing or of another kind than the format has: {error}.") from error


def _read_activity(one: Mapping[str, Any]) -> ActivityRecord:
    counts = one["learners"]
    return ActivityRecord(
        id=_text(one["id"]),
        title=_text(one["title"]),
        kind=_text(one["kind"]),
        joint_provider=_text(one["joint_provider"]),
        commercial_support=_text(one["commercial_support"]),
        minutes=int(one["minutes"]),
        opens=dt.date.fromisoformat(one["opens"]),
        closes=dt.date.fromisoformat(one["closes"]),
        designated=tuple(
            Designated(
                _text(each["system"]), _text(each["unit"]), read_quarters(each["step"]), read_quarters(each["maximum"])
            )
            for each in one["designated"]
        ),
        enrolled=int(counts["enrolled"]),
        physicians=int(counts["physicians"]),
        others=int(counts["others"]),
    )


def _read_row(one: Mapping[str, Any], known: Mapping[tuple[str, str], tuple[ActivityRecord, Designated]]) -> Completion:
    named = _text(one.get("activity", "")), _text(one.get("system", ""))
    activity, designated = known.get(named, (None, None))
    return Completion(
        claim_id=int(one["row"]),
        activity=named[0],
        system=named[1],
        credits=_text(one.get("credits", "")),
        step=designated.step if designated else 1,
        maximum=designated.maximum if designated else 0,
        completed_on=_text(one.get("completed_on", "")),
        opens=activity.opens if activity else dt.date.min,
        closes=activity.closes if activity else dt.date.max,
        name=_text(one.get("name", "")),
        identifiers={name: _text(one[name]) for name in IDENTIFIERS if name in one},
        permitted_on=_text(one.get("permitted_on", "")),
        state=State.QUEUED,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def problems(text: str, today: dt.date) -> tuple[str, ...]:
    """All that is wrong with a file as it stands, each with its row; empty when it may be sent. Raises Unreadable."""
    report = read(text)
    known = {(one.id, each.system) for one in report.activities for each in one.designated}
    found = [f"Row {one.claim_id}: {sentence}" for one in report.rows for sentence in refusals(one, today)]
    found += [
        f"Row {one.claim_id}: no record of the activity “{one.activity}” with “{one.system}” stands before it."
        for one in report.rows
        if (one.activity, one.system) not in known
    ]
    twice = [row for row, times in Counter(one.claim_id for one in report.rows).items() if times > 1]
    found += [f"Row {row} stands in the file more than once." for row in twice]
    rows = Counter((one.activity, one.system) for one in report.rows)
    for one in report.activities:
        if one.physicians + one.others > one.enrolled:
            found.append(f"Activity {one.id}: more learners completed it than began.")
        if max((n for (activity, _), n in rows.items() if activity == one.id), default=0) > one.physicians + one.others:
            found.append(f"Activity {one.id}: it has more rows than learners who completed it.")
    return tuple(found)


@dataclass(frozen=True)
class Answer:
    """What came back about a row: accepted, or rejected with its error."""

    row: int
    accepted: bool
    error: str = ""


_HEADINGS = {"row": ("row", "claim", "row id"), "outcome": ("outcome", "status", "result"),
             "error": ("error", "errors", "message", "reason")}  # fmt: skip
_OUTCOMES = {"accepted": True, "accept": True, "ok": True, "success": True, "rejected": False, "reject": False,
             "error": False, "failed": False, "failure": False}  # fmt: skip


def read_answers(data: bytes) -> tuple[Answer, ...]:
    """What came back, from CSV with a heading or JSON: row, outcome, error. Raises Unreadable, naming the line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("The file is not text in UTF-8. Save it as CSV in UTF-8 and send that.") from error
    if "\x00" in text or not text.strip():
        raise Unreadable("The file is empty." if not text.strip() else "This is not a text file.")
    rows = _answers_of_json(text) if text.lstrip()[0] in "[{" else _answers_of_csv(text)
    if not rows:
        raise Unreadable("The file answers no row.")
    if len(rows) > MOST_ROWS:
        raise Unreadable(f"The file has more than {MOST_ROWS:,} rows; no report has so many.")
    answers = tuple(_answer(number, held) for number, held in rows)
    if twice := [row for row, times in Counter(one.row for one in answers).items() if times > 1]:
        raise Unreadable(f"Row {twice[0]} is answered more than once.")
    return answers


def _answers_of_json(text: str) -> list[tuple[int, Mapping[str, str]]]:
    try:
        held = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise Unreadable("This is not JSON.") from error
    listed = held.get("answers") if isinstance(held, dict) else held
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Unreadable("A list of answers is expected, each with row, outcome and error.")
    return [
        (number, {str(key).lower(): value if isinstance(value, str) else "" for key, value in one.items()})
        for number, one in enumerate(listed, 1)
    ]


def _answers_of_csv(text: str) -> list[tuple[int, Mapping[str, str]]]:
    first = text.lstrip().splitlines()[0]
    try:
        rows = spreadsheets.read(text.encode("utf-8"), max(",;\t", key=first.count))
    except csv.Error as error:
        raise Unreadable(f"This is no CSV: {error}.") from error
    head = [cell.strip().lower() for cell in rows[0]]
    return [
        (number, dict(zip(head, row, strict=False)))
        for number, row in enumerate(rows[1:], 2)
        if any(cell.strip() for cell in row)
    ]


def _answer(number: int, held: Mapping[str, str]) -> Answer:
    row, outcome, error = (_cell(held, _HEADINGS[name]) for name in ("row", "outcome", "error"))
    if not (row.isascii() and row.isdigit() and len(row) <= 9):
        raise Unreadable(f"Line {number} does not say which row it answers; the column “row” holds its number.")
    accepted = _OUTCOMES.get(outcome.lower())
    if accepted is None:
        raise Unreadable(f"Line {number}: the outcome is “accepted” or “rejected”; “{outcome[:40]}” is neither.")
    if not accepted and not error:
        raise Unreadable(f"Line {number} is rejected and names no error, so nobody could correct it.")
    return Answer(int(row), accepted, "" if accepted else error[:LONGEST_ERROR])


def _cell(held: Mapping[str, str], names: Sequence[str]) -> str:
    return next((held[name].strip() for name in names if held.get(name)), "")
