"""What lies ahead, as the margin of a page shows it: fourteen days as bars, and how ready the learner will be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from quizapp.core.forecasting import Readiness
from quizapp.core.preferences import local_date
from quizapp.core.wording import plain_day
from quizapp.services.accounts import Exam
from quizapp.services.studying import Desk

STEP, BAR, HIGHEST, LETTERS = 20, 13, 64, 14
"""Of the drawing, in its own units: from bar to bar, the breadth of one, the room for them, the room for letters."""
SHOWN_FIRST = 3
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Bar:
    """A day: `x` and `y` of the upper left corner, `height`, and what the table says of it."""

    x: float
    y: float
    height: float
    letter: str
    day: str
    due: int
    questions: int
    started: int
    minutes: int


@dataclass(frozen=True)
class Chart:
    """The first bar is today’s. `limit_y` is the height of the usual minutes, `exam_x` the place of the examination,
    None where it lies further ahead."""

    bars: tuple[Bar, ...]
    width: int
    height: int
    baseline: int
    limit_y: float
    exam_x: float | None
    label: str


@dataclass(frozen=True)
class Prospect:
    """How ready the learner will be on a day. `ready` and `ready_now` are intervals in words (“68 to 84 %”); None
    before there is an answer to go by. `missed`: statements of objectives that will not have been started by then,
    `unasked`: of those without a question."""

    title: str
    when: str
    on: str
    exam: bool
    today: bool
    ready: str | None
    ready_now: str | None
    missed: tuple[str, ...]
    unasked: tuple[str, ...]
    further: tuple[str, ...]
    corrected: bool
    """Whether recall is corrected by the answers of all learners."""

    @property
    def missed_first(self) -> tuple[str, ...]:
        return self.missed[:SHOWN_FIRST]

    @property
    def missed_rest(self) -> tuple[str, ...]:
        return self.missed[SHOWN_FIRST:]


def chart(desk: Desk) -> Chart:
    """The minutes of the days to come if the plan is followed."""
    days = desk.forecast.days
    limit = desk.load.minutes_a_day
    scale = HIGHEST / max(limit, *(day.minutes for day in days))
    bars = []
    for place, day in enumerate(days):
        height = max(day.minutes * scale, 2.0) if day.questions else 0.0
        bars.append(
            Bar(
                x=place * STEP + (STEP - BAR) / 2,
                y=round(HIGHEST - height, 1),
                height=round(height, 1),
                letter=WEEKDAYS[day.day.weekday()][0],
                day=f"{day.day:%a} {day.day.day} {day.day:%b}",
                due=day.due,
                questions=day.questions,
                started=day.started,
                minutes=minutes_of(day.minutes * 60) if day.questions else 0,
            )
        )
    ahead = (desk.on - desk.today).days
    told = ", ".join(str(bar.minutes) for bar in bars)
    return Chart(
        bars=tuple(bars),
        width=STEP * len(bars),
        height=HIGHEST + LETTERS,
        baseline=HIGHEST,
        limit_y=round(HIGHEST - limit * scale, 1),
        exam_x=ahead * STEP + STEP / 2 if desk.exam_days and ahead < len(bars) else None,
        label=f"Minutes of study on each of the next {len(bars)} days, today first: {told}.",
    )


def prospect(desk: Desk) -> Prospect:
    """What may be said of the day that counts: the next examination, else a month from today."""
    ahead = [exam for exam in desk.exams if exam.on in desk.exam_days]
    known = any(one.trace is not None for one in desk.objectives)
    forecast = desk.forecast
    return Prospect(
        title=ahead[0].title if ahead else "A month from now",
        when=days_left(desk, ahead[0]) if ahead else "",
        on=plain_day(desk.on),
        exam=bool(ahead),
        today=desk.on == desk.today,
        ready=interval(forecast.ready) if known else None,
        ready_now=interval(forecast.ready_now) if known else None,
        missed=_statements(desk, forecast.unreached),
        unasked=_statements(desk, forecast.without_questions),
        corrected=desk.corrected,
        further=tuple(f"{exam.title}: {plain_day(exam.on)}" for exam in ahead[1:]),
    )


def interval(ready: Readiness | None) -> str | None:
    """“68 to 84 %”."""
    if ready is None:
        return None
    return f"{round(100 * ready.low)} to {round(100 * ready.high)} %"


def days_left(desk: Desk, exam: Exam) -> str:
    """“In 23 days”, counted in the calendar of the learner rather than in study days."""
    days = (exam.on - local_date(desk.now, desk.actor.zone)).days
    return {0: "Today", 1: "Tomorrow"}.get(days, f"In {days} days")


def minutes_of(seconds: float) -> int:
    return max(round(seconds / 60), 1)


def near_day(day: dt.date, today: dt.date) -> str:
    """“Tuesday 24th”, and “Tuesday 5 January” where the month would not be clear."""
    name = WEEKDAYS[day.weekday()]
    if abs((day - today).days) > 20:
        return f"{name} {day.day} {day:%B}"
    ending = "th" if 11 <= day.day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{name} {day.day}{ending}"


def _statements(desk: Desk, objectives: Sequence[int]) -> tuple[str, ...]:
    return tuple(str(desk.named[one].body["statement"]) for one in objectives)
