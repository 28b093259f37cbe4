"""What a learner may choose: zone, study load, rest days, reading, keys, and the examinations ahead.

Defaults stand here alone: a learner without a row in the database has `DEFAULT`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

TEXT_SIZES = ("normal", "large", "larger")
THEMES = ("auto", "light", "dark")
FIRST_STEPS = ("read", "test", "exam")
AFTERWARDS = ("keep", "pause", "archive")
LEAST_MINUTES = 5
MOST_MINUTES = 240
MOST_EXAMS = 20
FURTHEST_EXAM = dt.timedelta(days=3660)
LONGEST_TITLE = 120

AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
"""The areas under which the tz database lists places; what stands outside them are aliases and fixed offsets."""


class Unfit(Exception):
    """A choice that cannot be kept. `problems`: field → a sentence that says what to choose instead."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the pages look, which keys they listen to, and which mail is welcome."""

    text_size: str = "normal"
    theme: str = "auto"
    hide_timer: bool = False
    single_keys: bool = True
    credit_reminders: bool = True

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Preferences:
        """Read what is stored; what a newer or older version wrote and this one does not know is left out."""
        return cls(**{f.name: stored[f.name] for f in fields(cls) if f.name in stored})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings of one learner.

    `zone`: IANA name. `rest_days`, and `light_days` with half the minutes: ISO weekdays, 1 = Monday. `week_goal`: study
    days aimed at in a week, 0 for none.
    """

    zone: str = "UTC"
    minutes_a_day: int = 20
    rest_days: tuple[int, ...] = ()
    light_days: tuple[int, ...] = ()
    week_goal: int = 4
    preferences: Preferences = field(default_factory=Preferences)


DEFAULT = Choices()


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """The zones to choose from, by area and place, with UTC first."""
    places = (name for name in available_timezones() if name.partition("/")[0] in AREAS and "/" in name)
    return ("UTC", *sorted(places))


def check(choices: Choices) -> Choices:
    """Give back fit choices with the rest days in order. Raises Unfit with a sentence for every field to mend."""
    problems = {}
    if choices.zone not in zones():
        problems["zone"] = "We do not know this time zone. Choose one from the list."
    if not LEAST_MINUTES <= choices.minutes_a_day <= MOST_MINUTES:
        problems["minutes_a_day"] = f"Choose between {LEAST_MINUTES} and {MOST_MINUTES} minutes a day."
    rest_days = tuple(sorted(set(choices.rest_days)))
    if not all(1 <= day <= 7 for day in rest_days):
        problems["rest_days"] = "Choose rest days from Monday to Sunday."
    elif len(rest_days) == 7:
        problems["rest_days"] = "Leave at least one day of the week for study."
    light_days = tuple(sorted(set(choices.light_days) - set(rest_days)))
    if not all(1 <= day <= 7 for day in light_days):
        problems["light_days"] = "Choose light days from Monday to Sunday."
    if not 0 <= choices.week_goal <= 7:
        problems["week_goal"] = "Choose a goal of one to seven days, or none."
    preferences = choices.preferences
    if preferences.text_size not in TEXT_SIZES:
        problems["text_size"] = "Choose one of the three sizes."
    if preferences.theme not in THEMES:
        problems["theme"] = "Choose the colours of the device, light or dark."
    if problems:
        raise Unfit(problems)
    return Choices(choices.zone, choices.minutes_a_day, rest_days, light_days, choices.week_goal, preferences)


def local_date(now: dt.datetime, zone: str) -> dt.date:
    """The calendar date in the learner's zone (not the study day, which ends at four in the morning)."""
    return now.astimezone(ZoneInfo(zone)).date()


def check_exam(title: str, on: dt.date, today: dt.date) -> str:
    """Give back the title, trimmed. Raises Unfit for an examination without a name, in the past or too far ahead."""
    problems = {}
    title = " ".join(title.split())
    if not title:
        problems["exam_title"] = "Give the examination a name, for example “Pharmacology final”."
    elif len(title) > LONGEST_TITLE:
        problems["exam_title"] = f"Keep the name within {LONGEST_TITLE} characters."
    if on < today:
        problems["exam_on"] = "This date has passed. Choose today or a later day."
    elif on - today > FURTHEST_EXAM:
        problems["exam_on"] = "Choose a date within the next ten years."
    if problems:
        raise Unfit(problems)
    return title
