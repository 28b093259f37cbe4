"""Sentences about questions: why one was chosen, when the next one comes, how a session went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from quizapp.core import memory, modes
from quizapp.core.wording import plain_day
from quizapp.services import explaining, sittings
from quizapp.services.placing import Placed

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_FROM_A_BLOCK = {
    "new": "New to you.",
    "redrawn": "You met it {ago}; it comes with other values, so it counts as new.",
    "wrong": "You missed it {ago}.",
    "marked": "You marked it.",
    "seen": "Seen {ago}; no newer question is left for today.",
    "lesson": "Part of the lesson.",
    "assigned": "Part of your assignment.",
    "placement": "Chosen for what your answer tells about what you know.",
}
_FRESHNESS = {
    "new": "this question is new to you",
    "redrawn": "you met this question {ago}, now it comes with other values",
    "delayed": "you met this question {ago}, long enough to count again",
    "repeat": "you met this question {ago}; no newer one is left",
    "teaches": "you met this question {ago}; meeting one again was found to teach as much as a new one",
    "trial": "you met this question {ago}; drawn by lot, to find out whether meeting one again teaches",
}


def in_words(number: int) -> str:
    """“three”, and figures from thirteen on."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def reason(why: Mapping[str, Any], now: dt.datetime) -> str:
    """Why a question was chosen, in one sentence, from what `selection.Why` and the services recorded."""
    last = why.get("last_seen")
    seen = days_ago((now - dt.datetime.fromisoformat(last)).days) if last else ""
    if "cause" not in why:
        return _FROM_A_BLOCK.get(why.get("reason", ""), "").format(ago=seen)
    redrawn = last is not None and why.get("freshness") == memory.Freshness.NEW
    kind = "redrawn" if redrawn else why.get("again") or why.get("freshness", "")
    freshness = _FRESHNESS.get(kind, "").format(ago=seen)
    rest = "; ".join([*_estimate(why), *([freshness] if freshness else [])])
    return f"{_cause(why, now.date())}: {rest}." if rest else f"{_cause(why, now.date())}."


def _cause(why: Mapping[str, Any], today: dt.date) -> str:
    due = dt.date.fromisoformat(why["due"]) if "due" in why else today
    match why["cause"]:
        case "start":
            return "A new objective, next in teaching order"
        case "prerequisite":
            return "Comes first because a later question rests on it"
        case "retest" if due > today:
            return f"Missed lately, so it comes back by {plain_day(due)} at the latest"
        case "retest":
            return "Missed lately, so it comes back today"
        case "due":
            return "Due today" if due >= today else f"Due since {plain_day(due)}"
        case "ahead":
            return f"Ahead of its day, {plain_day(due)}"
        case _:
            return "Asked about today already, and nothing else is left"


def _estimate(why: Mapping[str, Any]) -> list[str]:
    """Recall and the last answer. After a miss a figure would only discourage: the date says enough."""
    if "days" not in why:
        return []
    last = f"last answered {days_ago(why['days'])}"
    if why["cause"] in ("retest", "again") or "recall" not in why:
        return [last]
    return [f"recall estimated {round(100 * why['recall'])} %", last]


def days_ago(days: int) -> str:
    return "today" if days < 1 else "yesterday" if days == 1 else f"{days} days ago"


def next_sentence(told: explaining.Feedback, today: dt.date) -> str:
    """When the next question on this objective comes, and why then."""
    if told.next_due is None:
        return ""
    days = (told.next_due - today).days
    when = "today" if days < 1 else "tomorrow" if days == 1 else f"in about {days} days, on {plain_day(told.next_due)}"
    return f"A different question on this {when}, {_because(told)}."


def _because(told: explaining.Feedback) -> str:
    if told.retests >= memory.RETESTS:
        return "when about one chance in ten of having forgotten it has built up"
    if told.retests > 0:
        return "because it was missed not long ago; after that the pauses grow"
    if told.verdict == "right":
        guessed = told.confidence == "guess"
        return "because this one was right, but guessed" if guessed else "because it was missed not long ago"
    return "because you were sure and it was not so" if told.confidence == "sure" else "because this one was missed"


def score(found: sittings.Results) -> str:
    """“7 of 10 right.”"""
    right = sum(row.verdict == "right" for row in found.rows)
    empty = sum(row.verdict == "empty" for row in found.rows)
    counted = sum(row.verdict != "void" for row in found.rows)
    sentence = f"{right} of {counted} right"
    if found.sat.possible != counted:
        sentence += f", {found.sat.earned} of {found.sat.possible} marks"
    if found.sat.mode is modes.PLACEMENT:
        return f"{sentence}. The questions were chosen for what they tell, so the mark itself says little."
    if counted < len(found.rows):
        sentence += f"; {len(found.rows) - counted} no longer counted"
    return f"{sentence}; {empty} left empty." if empty else f"{sentence}."


def corrected(remedy: str) -> str:
    """What became of the mark when a key was changed after the answer, or the question withdrawn."""
    return {
        "accept": "Its key was corrected after you answered. What is right by the old or the new key counts.",
        "credit": "It was found faulty after you answered. Everybody has full marks for it.",
        "drop": "It was found faulty after you answered. It no longer counts for anybody.",
        "bonus": "It was found faulty after you answered. It counts only for those who had full marks.",
    }.get(remedy, "It has been changed since you answered. Your mark stands as it was given.")


def placed(told: Placed) -> str:
    """What a placement may honestly say of a topic: an interval, and what looks known."""
    share = (
        f"Of new questions on this you would answer about {round(100 * told.low)} to {round(100 * told.high)} % right"
    )
    if not told.known:
        return f"{share}; nothing looks known yet."
    looks = "objective looks known" if len(told.known) == 1 else "objectives look known"
    return f"{share}; {in_words(len(told.known))} {looks}."
