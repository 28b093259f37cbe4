"""What may be told of a claim to those whom credit is reported to: each row is checked as it will be written.

Amounts, days and names are judged as texts, so that what leaves is what was checked. One thing that is missing keeps
the row back and is named; a report that comes back with errors costs both sides more than a row that waits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from quizapp.core.credit.amounts import CREDITS, NoAmount, counted, read_quarters, shown
from quizapp.core.credit.claims import State
from quizapp.core.credit.identifiers import problems_of

REPORTABLE = frozenset({State.ISSUED, State.CORRECTED, State.QUEUED})
"""Where a claim must stand to be reported: granted and not told yet, corrected after an error, or in a file already."""


@dataclass(frozen=True)
class Completion:
    """A claim as it will be told. `credits`, `completed_on`: as texts; `step`, `maximum`: quarters of a credit;
    `opens`, `closes`: the days of the activity; `identifiers`: as in `identifiers.problems_of`; `permitted_on`: the
    day of the permission in force, "" where none was given, or where it was withdrawn. `unreadable`: identifiers were
    given, and sealed under a key that is not at hand."""

    claim_id: int
    activity: str
    system: str
    credits: str
    step: int
    maximum: int
    completed_on: str
    opens: dt.date
    closes: dt.date
    name: str
    identifiers: Mapping[str, str]
    permitted_on: str
    withdrawn: bool = False
    unreadable: bool = False
    state: State = State.ISSUED


def refusals(row: Completion, today: dt.date) -> tuple[str, ...]:
    """All that keeps a row from being reported, each in a sentence; empty when it may go."""
    return (
        *_state(row),
        *_amount(row),
        *_days(row, today),
        *_identifiers(row),
        *_permission(row),
    )


def _state(row: Completion) -> list[str]:
    found = [] if row.activity.strip() else ["The id of the activity is missing."]
    if row.state not in REPORTABLE:
        found.append(f"The claim is {row.state}; only one that was issued, or corrected after an error, is reported.")
    return found


def _amount(row: Completion) -> list[str]:
    try:
        quarters = read_quarters(row.credits, row.step)
    except NoAmount as refused:
        return [f"The amount “{row.credits}” cannot be reported. {refused}"]
    if quarters > row.maximum:
        return [f"{counted(quarters, CREDITS)}: more than the {shown(row.maximum)} that were designated."]
    return []


def _days(row: Completion, today: dt.date) -> list[str]:
    day = _day(row.completed_on)
    if day is None:
        return [f"The day of completion, “{row.completed_on}”, is not in the calendar."]
    if day > today:
        return [f"The day of completion, {day.isoformat()}, lies in the future."]
    if not row.opens <= day <= row.closes:
        return [
            f"The day of completion, {day.isoformat()}, lies outside the activity, which was open from "
            f"{row.opens.isoformat()} to {row.closes.isoformat()}."
        ]
    return []


def _identifiers(row: Completion) -> tuple[str, ...]:
    if row.unreadable:
        return (
            "The identifiers were sealed under another secret key and cannot be read here. Whoever runs the site can "
            "add that key again, or the learner can write them anew.",
        )
    return tuple(problems_of(row.identifiers, row.name).values())


def _permission(row: Completion) -> list[str]:
    if row.withdrawn:
        return ["The learner has withdrawn the permission to report."]
    if not row.permitted_on:
        return ["The learner has not permitted reporting."]
    return (
        [] if _day(row.permitted_on) else [f"The day of the permission, “{row.permitted_on}”, is not in the calendar."]
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if len(text) == len("2026-01-31") else None
    except ValueError:
        return None
