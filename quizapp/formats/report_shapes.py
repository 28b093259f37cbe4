"""The shape in which somebody wants reports of credit: a file of theirs, described as data, filled from one of ours.

A shape is JSON. `columns` maps headings to text and gives CSV, a line for each completion; or `document` is the JSON
that is wanted, in which an object of a list with "each": "activity" or "each": "completion" stands once for each. Text
holds placeholders: {credits}, {credits:number} for a number, {completed_on:%m/%d/%Y} for a day. What is one placeholder
alone and has no value is left out. `codes` gives other words for values, such as the number that an activity was given
there. `schema` is the JSON Schema that a document must meet before it may leave.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from quizapp.core.credit.amounts import shown
from quizapp.core.credit.reporting import Completion
from quizapp.formats import spreadsheets
from quizapp.formats.pars import IDENTIFIERS, ActivityRecord, Report

LONGEST = 200_000
DEEPEST = 40
MOST_PROBLEMS = 20
OF_FILE = ("provider", "made_at")
OF_ACTIVITY = (
    "activity", "title", "kind", "joint_provider", "commercial_support", "minutes", "opens", "closes",
    "system", "unit", "maximum", "enrolled", "physicians", "others",
)  # fmt: skip
OF_COMPLETION = ("row", "credits", "completed_on", "name", *IDENTIFIERS, "permitted_on")
_LISTED = {"activity": OF_ACTIVITY, "completion": OF_COMPLETION}
_DAYS = frozenset(("made_at", "opens", "closes", "completed_on", "permitted_on"))
_PLACEHOLDER = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}")
_DAY_FORM = re.compile(r"(?:%[dmYy]|[ ./-])+")
_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?")


class Unreadable(Exception):
    """This is no shape; the sentence says where and what to mend."""


class Unfit(Exception):
    """A report does not fit its shape. `problems`: sentences."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Shape:
    """A shape that was read. One of `columns` and `document` is None."""

    columns: Mapping[str, str] | None
    document: Any
    codes: Mapping[str, Mapping[str, str]]
    schema: Mapping[str, Any]

    @property
    def suffix(self) -> str:
        """What the name of its file ends with."""
        return "json" if self.columns is None else "csv"


def read(text: str) -> Shape:
    """A shape from its text. Raises Unreadable."""
    if len(text) > LONGEST:
        raise Unreadable(f"A shape has at most {LONGEST:,} characters.")
    try:
        held = json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"This is not JSON; look at line {error.lineno}, sign {error.colno}.") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable("This is not JSON.") from error
    if not isinstance(held, dict) or ("columns" in held) is ("document" in held):
        raise Unreadable("A shape is an object with “columns” or with “document”.")
    if more := sorted(set(held) - {"columns", "document", "codes", "schema"}):
        raise Unreadable(f"“{more[0]}” is no part of a shape. There are columns, document, codes, schema.")
    shape = Shape(held.get("columns"), held.get("document"), _codes(held.get("codes", {})), _schema(held))
    if shape.columns is not None:
        _check_columns(shape.columns)
    else:
        _check(shape.document, OF_FILE, "document", 0)
    return shape


def _codes(held: Any) -> Mapping[str, Mapping[str, str]]:
    known = (*OF_FILE, *OF_ACTIVITY, *OF_COMPLETION)
    if not isinstance(held, dict):
        raise Unreadable("“codes” maps a field to its values and their codes.")
    for field, codes in held.items():
        if field not in known:
            raise Unreadable(f"codes: “{field}” is no field. {_near(field, known)}")
        if not isinstance(codes, dict) or not all(isinstance(code, str) for code in codes.values()):
            raise Unreadable(f"codes, {field}: each value has a code, both as text.")
    return held


def _schema(held: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = held.get("schema", {})
    if "schema" in held and "columns" in held:
        raise Unreadable("A schema is for a document; columns have none.")
    if not isinstance(schema, dict):
        raise Unreadable("“schema” is a JSON Schema, an object.")
    try:
        _validator(schema).check_schema(schema)
    except SchemaError as error:
        raise Unreadable(f"schema, {_where(error.absolute_path)}: {_short(error.message)}.") from error
    except RecursionError as error:
        raise Unreadable("schema: it lies too deep in itself to be read.") from error
    return schema


def _check_columns(columns: Any) -> None:
    if not isinstance(columns, dict) or not columns:
        raise Unreadable("“columns” maps each heading to the text below it.")
    for heading, text in columns.items():
        if not isinstance(text, str):
            raise Unreadable(f"columns, {heading}: the text below a heading is text.")
        _check_text(text, (*OF_FILE, *OF_ACTIVITY, *OF_COMPLETION), f"columns, {heading}")


def _check(part: Any, known: tuple[str, ...], where: str, depth: int) -> None:
    if depth > DEEPEST:
        raise Unreadable(f"{where}: nothing lies deeper than {DEEPEST} levels.")
    if isinstance(part, str):
        _check_text(part, known, where)
    elif isinstance(part, list):
        for one in part:
            inner = known
            if isinstance(one, dict) and "each" in one:
                inner = _inner(one["each"], known, where)
                one = {key: value for key, value in one.items() if key != "each"}
            _check(one, inner, where, depth + 1)
    elif isinstance(part, dict):
        if "each" in part:
            raise Unreadable(f"{where}: “each” stands in an object of a list.")
        for key, value in part.items():
            _check(value, known, f"{where}, {key}", depth + 1)


def _inner(each: Any, known: tuple[str, ...], where: str) -> tuple[str, ...]:
    """The fields that can be filled in once for each of these."""
    if each not in _LISTED:
        raise Unreadable(f"{where}: “each” is activity or completion.")
    if each == "completion":
        known = (*known, *OF_ACTIVITY)
    if set(_LISTED[each]) <= set(known):
        raise Unreadable(f"{where}: one {each} holds no other.")
    return (*dict.fromkeys((*known, *_LISTED[each])),)


def _check_text(text: str, known: tuple[str, ...], where: str) -> None:
    for field, form in _PLACEHOLDER.findall(text):
        if field not in known:
            raise Unreadable(f"{where}: “{field}” is no field here. {_near(field, known)}")
        if form == "number":
            if _PLACEHOLDER.fullmatch(text) is None:
                raise Unreadable(f"{where}: a number stands alone.")
        elif form and (field not in _DAYS or _DAY_FORM.fullmatch(form) is None):
            raise Unreadable(f"{where}: “{form}” is no form of {field}; a day can have %d, %m, %Y, %y between . / - .")
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        raise Unreadable(f"{where}: a brace stands alone.")


def _near(field: str, known: Sequence[str]) -> str:
    if near := get_close_matches(field, known, cutoff=0.5):
        return f"The nearest are {', '.join(near)}."
    return f"There are {', '.join(known)}."


def fill(report: Report, shape: Shape, system: str) -> bytes:
    """The completions of one system of credit in a report, in their shape. Raises Unfit with all that does not fit."""
    rows = [one for one in report.rows if one.system == system]
    ids = {one.activity for one in rows}
    values = {one.id: _of_activity(report, one, system) for one in report.activities if one.id in ids}
    filling = _Filling(shape.codes, values, rows)
    if shape.columns is not None:
        lines = [list(shape.columns)]
        for one in rows:
            told = {**values.get(one.activity, {}), **_of_completion(one)}
            lines.append([str(filling.text(text, told) or "") for text in shape.columns.values()])
        data = spreadsheets.write(lines)
    else:
        made = filling.part(shape.document, _of_file(report))
        if not filling.problems:
            filling.problems += _violations(made, shape.schema)
        data = (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode()
    if filling.problems:
        raise Unfit(list(dict.fromkeys(filling.problems))[:MOST_PROBLEMS])
    return data


def _number(value: Decimal) -> float | int:
    return int(value) if value == value.to_integral_value() else float(value)


Values = Mapping[str, str]


class _Filling:
    """A shape on its way into a file; `problems` are gathered, so that all are told at once."""

    def __init__(
        self, codes: Mapping[str, Values], activities: Mapping[str, Values], rows: Sequence[Completion]
    ) -> None:
        self.codes, self.activities, self.rows = codes, activities, rows
        self.problems: list[str] = []

    def part(self, part: Any, values: Values) -> Any:
        """Any part of a document; None where a value is not given."""
        if isinstance(part, str):
            return self.text(part, values)
        if isinstance(part, list):
            return [made for one in part for made in self.several(one, values) if made is not None]
        if isinstance(part, dict):
            filled = {key: self.part(value, values) for key, value in part.items()}
            return {key: made for key, made in filled.items() if made is not None or part[key] is None}
        return part

    def several(self, one: Any, values: Values) -> Iterator[Any]:
        """What an element of a list becomes: itself, or one for each activity or completion."""
        if not (isinstance(one, dict) and "each" in one):
            yield self.part(one, values)
            return
        inner = {key: value for key, value in one.items() if key != "each"}
        if one["each"] == "activity":
            for told in self.activities.values():
                yield self.part(inner, {**values, **told})
            return
        for row in self.rows:
            if values.get("activity", row.activity) == row.activity:
                told = self.activities.get(row.activity, {})
                yield self.part(inner, {**values, **told, **_of_completion(row)})

    def text(self, text: str, values: Values) -> Any:
        """Text with its placeholders filled in; None for one placeholder alone that has no value."""
        alone = _PLACEHOLDER.fullmatch(text)
        if alone is None:
            return _PLACEHOLDER.sub(lambda found: self.value(found[1], found[2], values), text)
        told = self.value(alone[1], alone[2], values)
        if not told:
            return None
        if alone[2] != "number":
            return told
        if _NUMBER.fullmatch(told) is None:
            self.problems.append(f"“{told}” ({alone[1]}) is no number.")
            return None
        return _number(Decimal(told))

    def value(self, field: str, form: str | None, values: Values) -> str:
        """A value as it is told there."""
        told = values.get(field, "")
        if told and field in self.codes:
            code = self.codes[field].get(told)
            if code is None:
                self.problems.append(f"The shape of the report has no code for “{told}” ({field}).")
                return ""
            return code
        if told and form and form != "number":
            return dt.date.fromisoformat(told[:10]).strftime(form)
        return told


def _of_file(report: Report) -> Values:
    return {
        "provider": report.provider,
        "made_at": report.made_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
    }


def _of_activity(report: Report, one: ActivityRecord, system: str) -> Values:
    designated = next((each for each in one.designated if each.system == system), None)
    return {
        **_of_file(report),
        "activity": one.id,
        "title": one.title,
        "kind": one.kind,
        "joint_provider": one.joint_provider,
        "commercial_support": one.commercial_support,
        "minutes": str(one.minutes),
        "opens": one.opens.isoformat(),
        "closes": one.closes.isoformat(),
        "system": system,
        "unit": designated.unit if designated else "",
        "maximum": shown(designated.maximum) if designated else "",
        "enrolled": str(one.enrolled),
        "physicians": str(one.physicians),
        "others": str(one.others),
    }


def _of_completion(one: Completion) -> Values:
    return {
        "row": str(one.claim_id),
        "activity": one.activity,
        "system": one.system,
        "credits": one.credits,
        "completed_on": one.completed_on,
        "name": one.name,
        **{name: one.identifiers.get(name, "") for name in IDENTIFIERS},
        "permitted_on": one.permitted_on,
    }


def _violations(made: Any, schema: Mapping[str, Any]) -> list[str]:
    """Where a document does not meet its schema, each in a sentence. Nothing is fetched for one that points away."""
    judge = _validator(schema)(schema, registry=Registry(), format_checker=Draft202012Validator.FORMAT_CHECKER)
    try:
        return [f"{_where(error.absolute_path)}: {_short(error.message)}." for error in judge.iter_errors(made)]
    except Unresolvable as error:
        return [f"The schema points to “{_short(str(error.ref))}”, which is not in it."]
    except RecursionError:
        return ["The schema points back to itself without end."]


def _validator(schema: Mapping[str, Any]) -> type[Validator]:
    found: type[Validator] = validator_for(schema, default=Draft202012Validator)
    return found


def _where(path: Sequence[Any]) -> str:
    return ", ".join(str(step) for step in path) or "the whole"


def _short(message: str) -> str:
    """What the library says, in our quotation marks and not without end."""
    said = re.sub(r"'([^']*)'", r"“\1”", message)
    return said if len(said) <= 200 else said[:199] + "…"
