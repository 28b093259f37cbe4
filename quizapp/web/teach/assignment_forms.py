"""The form of an assignment, and how it is read into plain data and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import request
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateTimeLocalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from quizapp.services.teaching.assembling import Supply
from quizapp.services.teaching.assignments import AFTER, AT_ONCE, FIXED, NEVER, RANDOM, Wanted
from quizapp.web.account import zones_by_area
from quizapp.web.fields import WholeNumber

SHOWN = ((AFTER, "After release"), (NEVER, "Never"), (AT_ONCE, "At once"))
STANDARDS = (
    ("", "No pass mark"),
    ("fixed", "A fixed share, set in advance"),
    ("angoff", "Angoff: judged question by question"),
    ("cohen", "Cohen: measured by the best"),
    ("other", "Another method"),
)
LONGEST_COUNT = 3
WALL = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class WallTime(DateTimeLocalField):
    """A date and a time without a zone; an unreadable one is None and says so."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            self.data = None


def _choices(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice(value=value, label=label) for value, label in pairs]


def shown_field(label: str) -> SelectField:
    return SelectField(label, choices=_choices(SHOWN), validate_choice=False)


class AssignmentForm(FlaskForm):
    """Everything an assignment may say; which of it counts depends on its kind."""

    title = StringField("Name")
    lesson = SelectField("Lesson", validate_choice=False)
    draw = RadioField(
        "Questions",
        choices=_choices(((FIXED, "The same for all"), (RANDOM, "Drawn for each learner"))),
        validate_choice=False,
    )
    opens = WallTime("Opens", format=WALL)
    closes = WallTime("Closes", format=WALL)
    zone = SelectField("Time zone", choices=zones_by_area(), validate_choice=False)
    limit_minutes = WholeNumber("Time, in minutes", description="optional")
    attempts = WholeNumber("Attempts")
    late_days = WholeNumber("Days late")
    late_percent = WholeNumber("Off for each day late, in per cent")
    graded = BooleanField("It counts")
    cut_percent = WholeNumber("Pass mark, in per cent", description="optional")
    standard = SelectField("How it was found", choices=_choices(STANDARDS), validate_choice=False)
    standard_note = TextAreaField("In your words", description="optional")
    show_score = shown_field("The mark")
    show_objectives = shown_field("By objective")
    show_keys = shown_field("Keys and reasons")

    def wanted(self, kind: str, topics: Mapping[str, int], objectives: Mapping[str, int]) -> Wanted:
        """What was typed; a number that is none becomes one that is refused."""
        return Wanted(
            kind=kind,
            title=self.title.data or "",
            opens=self.opens.data,
            closes=self.closes.data,
            zone=self.zone.data or "",
            lesson=self.lesson.data or "",
            topics=topics,
            objectives=objectives,
            draw=self.draw.data or FIXED,
            attempts=_number(self.attempts, 1),
            late_days=_number(self.late_days, 0),
            late_percent=_number(self.late_percent, 0),
            limit_minutes=self._or_none(self.limit_minutes),
            graded=bool(self.graded.data),
            cut_percent=self._or_none(self.cut_percent),
            standard=self.standard.data or "",
            standard_note=self.standard_note.data or "",
            show_score=self.show_score.data or AFTER,
            show_objectives=self.show_objectives.data or AFTER,
            show_keys=self.show_keys.data or AFTER,
        )

    @staticmethod
    def _or_none(field: WholeNumber) -> int | None:
        return -1 if field.process_errors else field.data


def _number(field: WholeNumber, missing: int) -> int:
    if field.process_errors:
        return -1
    return missing if field.data is None else field.data


def filled(wanted: Wanted) -> dict[str, object]:
    """The values of the form for an assignment."""
    names = (
        "title", "lesson", "draw", "opens", "closes", "zone", "limit_minutes", "attempts", "late_days", "late_percent",
        "graded", "cut_percent", "standard", "standard_note", "show_score", "show_objectives", "show_keys",
    )  # fmt: skip
    return {name: getattr(wanted, name) for name in names}


def fresh(kind: str, zone: str, today: dt.date) -> Wanted:
    """What the form begins with: a week from tomorrow, an exam two hours of tomorrow."""
    tomorrow = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(9))
    if kind == "exam":
        return Wanted(kind, "", tomorrow, tomorrow + dt.timedelta(hours=2), zone, limit_minutes=60, graded=True)
    closes = tomorrow.replace(hour=18) + dt.timedelta(days=7)
    return Wanted(kind, "", tomorrow, closes, zone)


@dataclass(frozen=True)
class CountRow:
    """An objective or topic with its field: how many questions there are, and how many are wanted, as typed."""

    name: str
    label: str
    questions: int
    typed: str


@dataclass(frozen=True)
class CountTopic:
    row: CountRow
    objectives: tuple[CountRow, ...]


def count_fields(
    supply: Iterable[Supply], topics: Mapping[str, int], objectives: Mapping[str, int], typed: Mapping[str, str]
) -> tuple[CountTopic, ...]:
    """The fields in which one says how many questions of what; what was typed comes back as it was."""
    by_topic: dict[tuple[str, str], list[Supply]] = {}
    for one in supply:
        by_topic.setdefault((one.topic, one.topic_title), []).append(one)

    def row(name: str, label: str, questions: int, wanted: int) -> CountRow:
        return CountRow(name, label, questions, typed.get(name, str(wanted) if wanted else ""))

    return tuple(
        CountTopic(
            row(f"topic:{slug}", title, sum(one.questions for one in found), topics.get(slug, 0)),
            tuple(
                row(f"objective:{one.objective}", one.statement, one.questions, objectives.get(one.objective, 0))
                for one in found
            ),
        )
        for (slug, title), found in by_topic.items()
    )


def read_counts() -> tuple[dict[str, int], dict[str, int]]:
    """Topics and objectives with their numbers; what is no number becomes -1, which is refused with a sentence."""
    found: dict[str, dict[str, int]] = {"topic": {}, "objective": {}}
    for name, value in request.form.items():
        kind, _, slug = name.partition(":")
        typed = value.strip()
        if kind in found and slug and typed:
            readable = typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_COUNT
            found[kind][slug[:64]] = int(typed) if readable else -1
    return found["topic"], found["objective"]
