"""Whether an assignment can be given as it is written, and if not, what to mend."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from sqlalchemy.orm import Session

from quizapp.core.preferences import Unfit, zones
from quizapp.core.windows import Window, is_skipped
from quizapp.services.teaching import assembling
from quizapp.services.teaching.assignments import AFTER, AT_ONCE, BLOCK, EXAM, FIXED, LESSON, NEVER, RANDOM, Wanted
from quizapp.services.versions import published

STANDARDS = ("", "fixed", "angoff", "cohen", "other")
LONGEST_TITLE = 120
LONGEST_NOTE = 2_000
MOST_ATTEMPTS = 10
MOST_LATE_DAYS = 60
LONGEST_LIMIT = 600
LARGEST_FORM = 200
LONGEST_WINDOW = dt.timedelta(days=400)


def check(session: Session, wanted: Wanted) -> Wanted:
    """Give back a fit assignment, in order. Raises Unfit with a sentence for every field to mend."""
    problems = {**_window_problems(wanted), **_number_problems(wanted)}
    title = " ".join(wanted.title.split())
    if not title:
        problems["title"] = "Give the assignment a name."
    elif len(title) > LONGEST_TITLE:
        problems["title"] = f"Keep the name within {LONGEST_TITLE} characters."
    if len(wanted.standard_note) > LONGEST_NOTE:
        problems["standard_note"] = f"Keep the note within {LONGEST_NOTE:,} characters."
    if wanted.kind == LESSON:
        lesson = published(session, "lesson", [wanted.lesson]).get(wanted.lesson)
        if lesson is None:
            problems["lesson"] = "Choose one of the lessons."
        elif not assembling.checks_of(session, wanted.lesson):
            problems["lesson"] = "This lesson asks no questions, so it could not be seen whether it was read."
    elif wanted.kind not in (BLOCK, EXAM):
        problems["kind"] = "Choose a lesson, a block or an exam."
    elif not 0 < wanted.size <= LARGEST_FORM:
        problems["size"] = f"Say how many questions of what: between 1 and {LARGEST_FORM} in all."
    if problems:
        raise Unfit(problems)
    return _settled(replace(wanted, title=title))


def _settled(wanted: Wanted) -> Wanted:
    """What a kind does not have is set to what it means there."""
    if wanted.kind == EXAM:
        one_way = replace(wanted, late_days=0, late_percent=0, attempts=1 if wanted.graded else wanted.attempts)
        if not wanted.graded:
            return one_way
        shown = (wanted.show_score, wanted.show_objectives, wanted.show_keys)
        score, objectives, keys = (AFTER if when == AT_ONCE else when for when in shown)
        return replace(one_way, show_score=score, show_objectives=objectives, show_keys=keys)
    plain = replace(wanted, graded=False, cut_percent=None, standard="", standard_note="", limit_minutes=None)
    plain = replace(plain, show_score=AT_ONCE, show_objectives=AT_ONCE, show_keys=AT_ONCE)
    return replace(plain, attempts=1, late_percent=0) if wanted.kind == LESSON else plain


def _window_problems(wanted: Wanted) -> dict[str, str]:
    problems = {}
    if wanted.zone not in zones():
        return {"zone": "We do not know this time zone. Choose one from the list."}
    for name, at in (("opens", wanted.opens), ("closes", wanted.closes)):
        if at is None:
            problems[name] = "Enter a date and a time."
        elif is_skipped(at, wanted.zone):
            problems[name] = (
                f"On this night the clocks in {wanted.zone} are put forward and {at:%H:%M} does not exist. "
                "Choose an hour earlier or later."
            )
    if wanted.opens is None or wanted.closes is None or problems:
        return problems
    window = Window(wanted.opens, wanted.closes, wanted.zone)
    if window.closes_at() <= window.opens_at():
        problems["closes"] = "It would close before it opens. Choose a later end."
    elif wanted.closes - wanted.opens > LONGEST_WINDOW:
        problems["closes"] = f"Choose an end within {LONGEST_WINDOW.days} days of the beginning."
    return problems


def _number_problems(wanted: Wanted) -> dict[str, str]:
    problems = {}
    ranges = {
        "attempts": (wanted.attempts, 1, MOST_ATTEMPTS, "attempts"),
        "late_days": (wanted.late_days, 0, MOST_LATE_DAYS, "days"),
        "late_percent": (wanted.late_percent, 0, 100, "per cent"),
        "limit_minutes": (wanted.limit_minutes, 1, LONGEST_LIMIT, "minutes, or leave it empty"),
        "cut_percent": (wanted.cut_percent, 1, 100, "per cent, or leave it empty"),
    }
    for name, (value, least, most, unit) in ranges.items():
        if value is not None and not least <= value <= most:
            problems[name] = f"Choose between {least} and {most} {unit}."
    if wanted.standard not in STANDARDS:
        problems["standard"] = "Choose one of the methods."
    elif wanted.cut_percent is not None and not wanted.standard:
        problems["standard"] = "Say how the pass mark was found."
    if wanted.draw not in (FIXED, RANDOM):
        problems["draw"] = "Choose one form for all, or a draw for each learner."
    shown = (NEVER, AFTER, AT_ONCE)
    for name in ("show_score", "show_objectives", "show_keys"):
        if getattr(wanted, name) not in shown:
            problems[name] = "Choose never, after the window, or at once."
    if any(count < 0 for count in (*wanted.topics.values(), *wanted.objectives.values())):
        problems["size"] = "A number of questions is 0 or more."
    return problems
