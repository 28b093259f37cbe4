"""Giving every row one of the same choices: the reading and marking that tables, pairs and extended matching share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quizapp.core.grading import Grade, NotGradable, Scoring, all_or_nothing, per_step
from quizapp.itemtypes import Json, Problem, Submitted, permanent_id, token
from quizapp.itemtypes.fields import repeated


def check(content: Json, choices: str, rows: str) -> list[Problem]:
    """Problems of two lists: `choices` with id and text, `rows` with id, text and a key that names a choice."""
    problems = [
        Problem((name,), "repeated-id", f"The id “{twice}” stands twice.")
        for name in (choices, rows)
        for twice in repeated(entry["id"] for entry in content[name])
    ]
    problems += [
        Problem((name,), "repeated-text", f"“{twice}” stands twice.")
        for name in (choices, rows)
        for twice in repeated(entry["text"].casefold() for entry in content[name])
    ]
    known = {choice["id"] for choice in content[choices]}
    problems += [
        Problem((rows, place, "key"), "unknown-key", f"The key “{row['key']}” is not among the {choices}.")
        for place, row in enumerate(content[rows])
        if row["key"] not in known
    ]
    return problems


def parse(rows: Sequence[str], choices: Sequence[str], submitted: Submitted, things: str) -> Json | NotGradable:
    """Read one field `row-<token>` for every row; all must be answered. `things` is the word for the rows."""
    given: dict[str, str] = {}
    malformed: list[str] = []
    open_rows: list[str] = []
    for row in rows:
        name = f"row-{token(rows, row)}"
        sent = submitted.get(name, ())
        choice = permanent_id(choices, sent[0]) if len(sent) == 1 else None
        if choice is not None:
            given[row] = choice
        elif any(sent):
            malformed.append(name)
        else:
            open_rows.append(name)
    kept = {"rows": given} if given else None
    if malformed:
        return NotGradable("A choice was not one of those shown. Choose again.", tuple(malformed), kept)
    if not given:
        return NotGradable(f"Answer all {len(rows)} {things} first.", tuple(open_rows))
    if open_rows:
        still = f"{len(open_rows)} of the {len(rows)} {things} {'is' if len(open_rows) == 1 else 'are'} still open."
        return NotGradable(f"{still} Your other answers are kept.", tuple(open_rows), kept)
    return {"rows": given}


def grade(rows: Sequence[Mapping[str, Any]], answer: Json | None, scoring: str) -> Grade:
    """Mark `answer` against the key of every row; classes are "row=choice"."""
    given: Mapping[str, str] = answer["rows"] if answer else {}
    right = [given.get(row["id"]) == row["key"] for row in rows]
    classes = tuple(f"{row}={given[row]}" for row in sorted(given))
    return all_or_nothing(right, classes) if scoring == Scoring.ALL_OR_NOTHING else per_step(right, classes)


def explain(
    rows: Sequence[Mapping[str, Any]], texts: Mapping[str, str], order: Sequence[str], given: Mapping[str, str]
) -> list[Json]:
    """The rows in the order shown, with the key, the choice that was made, and the reason. `texts` are the choices'."""
    by_id = {row["id"]: row for row in rows}
    return [
        {
            "token": token(order, name),
            "text": by_id[name]["text"],
            "key": texts[by_id[name]["key"]],
            "given": texts.get(given.get(name, "")),
            "right": given.get(name) == by_id[name]["key"],
            "why": by_id[name]["why"],
            "class": f"{name}={by_id[name]['key']}",
        }
        for name in order
    ]
