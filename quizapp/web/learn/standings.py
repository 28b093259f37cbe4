"""How a standing is put into words: one word, and one sentence that says how it is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from quizapp.core import mastery
from quizapp.core.grading import Rating
from quizapp.core.mastery import Standing
from quizapp.core.memory import Evidence, Freshness
from quizapp.core.wording import plain_day
from quizapp.services.progressing import Held
from quizapp.web.learn.sentences import in_words

WORDS = {
    Standing.NOT_STARTED: "Not started",
    Standing.LEARNING: "Learning",
    Standing.SECURE: "Secure",
    Standing.SLIPPING: "Slipping",
    Standing.CANNOT_TELL: "Cannot tell",
}
_FAR = dt.timedelta(days=270)


def sentence(held: Held, today: dt.date) -> str:
    """How the standing is known. After a miss it holds the next date and no figure."""
    if held.trace is None:
        return _not_started(held)
    if held.missed:
        return _missed(held, today)
    said = _said(held, today)
    if held.mastery.standing in (Standing.SECURE, Standing.CANNOT_TELL) or held.fresh or not _waits(held, today):
        return f"{said}."
    return f"{said}. No new question is left; one counts again from {_delayed(held, today)}."


def counted(held: Held) -> str:
    """“3 of 4 new questions right, on 3 days”."""
    evidence, right, days = held.mastery.evidence, held.mastery.right, held.mastery.days
    delayed = sum(one.freshness is Freshness.DELAYED for one in evidence)
    what = "question" if delayed else "new question"
    said = f"{right} of {len(evidence)} {what}{'' if len(evidence) == 1 else 's'} right"
    if held.guessed and right < len(evidence):
        said += " without guessing"
    if len(evidence) > 1:
        said += f", on {in_words(days)} day{'' if days == 1 else 's'}"
    if delayed:
        said += f"; {in_words(delayed)} of them {'a delayed repeat' if delayed == 1 else 'delayed repeats'}"
    return said


def next_day(held: Held, today: dt.date) -> str:
    """The next date in words; "" for what was never asked about."""
    return day_ahead(held.trace.due, today) if held.trace else ""


def day_ahead(day: dt.date, today: dt.date) -> str:
    """“today” (what is overdue too), “tomorrow”, “on 14 March”."""
    days = (day - today).days
    return "today" if days < 1 else "tomorrow" if days == 1 else f"on {near_day(day, today)}"


def near_day(day: dt.date, today: dt.date) -> str:
    """“14 March”, with the year where the day is far from today."""
    return plain_day(day) if abs(day - today) > _FAR else f"{day.day} {day:%B}"


def _not_started(held: Held) -> str:
    if not held.questions:
        return "There is no question on this yet."
    waiting = f"{in_words(held.fresh)} question{'' if held.fresh == 1 else 's'}".capitalize()
    if held.fresh == held.questions:
        return f"{waiting} wait{'s' if held.fresh == 1 else ''} for you."
    if held.fresh:
        return f"Asked inside the lesson only, which tells little; {waiting.lower()} still new to you."
    return "Asked inside the lesson only, which tells little."


def _missed(held: Held, today: dt.date) -> str:
    if held.trace is None:
        return ""
    on, comes_back = near_day(held.trace.last_day, today), f"It comes back {next_day(held, today)}."
    if held.mastery.standing is Standing.SECURE:
        # Only a miss on a new question takes the claim back.
        return f"New questions were right; one seen before was missed or guessed on {on}. {comes_back}"
    before = "Was secure; missed" if held.mastery.standing is Standing.SLIPPING else "Missed"
    guessed = " or guessed" if held.guessed else ""
    return f"{before}{guessed} on {on}. {comes_back}"


def _said(held: Held, today: dt.date) -> str:
    evidence = held.mastery.evidence
    match held.mastery.standing:
        case Standing.SECURE:
            return f"{counted(held)}. {_rests_on(held, evidence, today)}"
        case Standing.CANNOT_TELL:
            return f"No new question left: a delayed repeat from {_delayed(held, today)}"
        case Standing.SLIPPING if mastery.is_shown(evidence):
            return f"{counted(held)}, but not since {near_day(evidence[-1].day, today)}: it is fading"
        case Standing.SLIPPING:
            missed = near_day(evidence[-1].day, today)
            return f"Was secure; missed on {missed}, and only questions seen before were right since"
    return _learning(held, evidence, today)


def _learning(held: Held, evidence: Sequence[Evidence], today: dt.date) -> str:
    if not evidence:
        return "Answered, but not yet with a question that was new to you"
    if mastery.is_shown(evidence):
        return f"{counted(held)}; not yet firm enough for {near_day(held.mastery.on, today)}"
    run = next((back for back, one in enumerate(reversed(evidence)) if one.rating is Rating.AGAIN), len(evidence))
    if run == 0:
        return f"{counted(held)}; since the last miss only questions seen before were right"
    if run == 1:
        return f"{counted(held)}; one more on another day is needed"
    if evidence[-1].day == evidence[-2].day:
        return (
            "2 right, but both on one day" if run == len(evidence) == 2 else f"{counted(held)}; the last two on one day"
        )
    return f"{counted(held)}; the last two could too easily be guessed"


def _rests_on(held: Held, evidence: Sequence[Evidence], today: dt.date) -> str:
    before, latest = (one.day for one in evidence[-2:])
    first = str(before.day) if (before.year, before.month) == (latest.year, latest.month) else near_day(before, today)
    until = f", and holds until {near_day(held.holds_until, today)}" if held.holds_until else ""
    return f"It rests on those of {first} and {near_day(latest, today)}{until}"


def _waits(held: Held, today: dt.date) -> bool:
    return held.delayed_on is not None and held.delayed_on > today


def _delayed(held: Held, today: dt.date) -> str:
    return near_day(held.delayed_on, today) if held.delayed_on else "a later day"
