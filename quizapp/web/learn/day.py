"""What kind of a day it is for a learner, in words: the heading of Today, and the one thing to do."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flask import url_for

from quizapp.core.planning import Outcome
from quizapp.core.preferences import local_date
from quizapp.core.selection import Asked, Cause
from quizapp.core.wording import plain_day
from quizapp.services.accounts import Exam
from quizapp.services.sittings import Sat
from quizapp.services.studying import Desk
from quizapp.web.learn.outlook import days_left, minutes_of, near_day
from quizapp.web.learn.sentences import in_words

NEARLY_DONE = 0.1
"""The part of a day’s minutes that is not worth another session."""
NOTHING_LEFT_SECONDS = 60
"""So little is not worth the question whether a longer question should be answered all the same."""
AFTERWARDS = (
    ("keep", "Keep going", "What you have learnt comes back before it is forgotten, as on any other day."),
    ("pause", "Pause", "Nothing is asked until you come back. What falls due meanwhile is spread over the days then."),
    ("archive", "Archive", "You are done with it. Every answer stays readable; it can be taken up again at any time."),
)
"""What may follow an examination: the value, its label, and what it means."""


@dataclass(frozen=True)
class Action:
    """One thing to do: a link, or a form where `fields` are sent. `explained` is a sentence beside it."""

    label: str
    url: str
    fields: Mapping[str, str] = field(default_factory=dict)
    explained: str = ""


@dataclass(frozen=True)
class Head:
    """The top of Today. `first` is the primary action and None on a day on which nothing need be done; `other` may be
    done instead, `ways` are alternatives of equal rank. `note` stands below in a quieter voice. `goal_pauses`: why the
    week goal does not count now, "" where it does."""

    heading: str
    lead: str
    first: Action | None = None
    other: Action | None = None
    ways: tuple[Action, ...] = ()
    note: str = ""
    goal_pauses: str = ""
    resting: bool = False
    """Whether nothing is asked until the learner says so, and what lies ahead is of no concern."""


def head(desk: Desk, unfinished: Sat | None, session_url: str, key: str) -> Head:
    """What to do now. `unfinished`: the session to go on with first, at `session_url`. `key` goes into a form that
    starts one, so that a second click finds the first one’s."""
    begin = url_for("learn.review")
    plan = Action("Start", begin, {"key": key})
    more = Action("Ten more", begin, {"key": key, "more": "1"})
    if unfinished is not None:
        return _stopped(desk, unfinished, session_url)
    if (over := _over(desk)) is not None:
        return _after(over)
    if desk.at_rest is not None:
        return _at_rest(desk.at_rest, more)
    if desk.plan.outcome is Outcome.NOTHING:
        return _nothing()
    if any(exam.on == local_date(desk.now, desk.actor.zone) for exam in desk.exams):
        return _exam_today(desk, plan, more)
    match outcome_of(desk):
        case Outcome.STUDY:
            return _study(desk, plan)
        case Outcome.SHORT:
            return _short(desk, plan)
        case Outcome.DONE:
            return _done(desk, more)
        case Outcome.COVERED:
            return _covered(desk, more)
        case _:
            return _rest(desk, more)


def outcome_of(desk: Desk) -> Outcome:
    """The outcome of the plan, but that a day counts as done when so little of it is left that one question more would
    come after every answer."""
    plan = desk.plan
    nearly = desk.spent_seconds and plan.limit < NEARLY_DONE * desk.load.seconds_on(desk.today)
    if plan.outcome is Outcome.SHORT:
        return Outcome.DONE if nearly or plan.limit < NOTHING_LEFT_SECONDS else plan.outcome
    return Outcome.DONE if nearly and plan.outcome is Outcome.STUDY else plan.outcome


def _stopped(desk: Desk, sat: Sat, url: str) -> Head:
    left = sat.total - sat.answered
    sentence = f"“{sat.title}”: {sat.answered} of {sat.total} answered, {left} to go."
    if sat.mode.name == "placement":
        sentence = f"“{sat.title}”: {sat.answered} answered, at most {left} to go."
    return Head("Go on where you stopped", sentence, Action("Continue", url))


def _study(desk: Desk, plan: Action) -> Head:
    asked = desk.plan.asked
    lead = f"{mixture(desk, asked)} {_exam_sentence(desk)}".strip()
    return Head(questions_and_minutes(asked), lead, plan, note=f"{_light(desk)}{_waiting(desk)}")


def questions_and_minutes(asked: Iterable[Asked]) -> str:
    """“12 questions, about 9 minutes”."""
    asked = tuple(asked)
    minutes = minutes_of(sum(one.seconds for one in asked))
    return f"{_count(len(asked), 'question')}, about {_count(minutes, 'minute')}"


def mixture(desk: Desk, asked: Iterable[Asked]) -> str:
    """“Eight are due, four are new, from Staging and sequential treatment.”"""
    asked = tuple(asked)
    counts = Counter(one.why.cause for one in asked)
    refreshed = sum(one.why.cause is Cause.PREREQUISITE and one.why.days is not None for one in asked)
    new = [one for one in asked if one.why.days is None]
    exam = "because your exam is near" if desk.exam_days else "to keep the days even"
    parts = [
        _are(counts[Cause.DUE], "is due", "are due"),
        _are(counts[Cause.RETEST], "comes back after a miss or a guess", "come back after a miss or a guess"),
        _are(refreshed, "is refreshed because others rest on it", "are refreshed because others rest on them"),
        _are(counts[Cause.AHEAD], f"comes before its day {exam}", f"come before their day {exam}"),
        _are(counts[Cause.AGAIN], "is asked once more", "are asked once more"),
        _are(len(new), "is new", "are new") + (f", from {_topics(desk, new)}" if new else ""),
    ]
    told = [part for part in parts if part]
    if not told:
        return ""
    if len(new) == len(asked):
        return f"All {'of them ' if len(new) > 1 else ''}new to you, from {_topics(desk, new)}."
    sentence = ", ".join(told)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _are(number: int, one: str, many: str) -> str:
    return f"{in_words(number)} {one if number == 1 else many}" if number else ""


def _topics(desk: Desk, asked: Iterable[Asked]) -> str:
    topic_of = {one.id: one.topic for one in desk.objectives}
    titles = [f"“{desk.topics[topic].body['title']}”" for topic in dict.fromkeys(topic_of[a.objective] for a in asked)]
    if len(titles) > 2:
        return f"{in_words(len(titles))} topics"
    return " and ".join(titles)


def _exam_sentence(desk: Desk) -> str:
    ahead = next((exam for exam in desk.exams if exam.on in desk.exam_days), None)
    if ahead is None:
        return ""
    days = days_left(desk, ahead)
    return f"“{ahead.title}” is {days[0].lower()}{days[1:]}."


def _light(desk: Desk) -> str:
    light = desk.today.isoweekday() in desk.actor.choices.light_days
    return "A light day: half of your usual minutes. " if light else ""


def _waiting(desk: Desk) -> str:
    waiting = len(desk.plan.waiting)
    if not waiting:
        return ""
    which = _are(waiting, "more is due and waits for another day", "more are due and wait for other days")
    return f"{which[0].upper()}{which[1:]}: your minutes come first, and what gains most is asked first."


def _done(desk: Desk, more: Action) -> Head:
    spent, holds = minutes_of(desk.spent_seconds), minutes_of(desk.load.seconds_on(desk.today))
    lead = f"You have studied for {_count(spent, 'minute')}; you wanted {holds} today. {_next(desk)}"
    note = _are(len(desk.plan.waiting), "is due and waits", "are due and wait") if desk.plan.waiting else ""
    note = f"{note[0].upper()}{note[1:]}; the next days make room." if note else ""
    return Head("Done for today", lead.strip(), other=more, note=note)


def _short(desk: Desk, plan: Action) -> Head:
    """Something waits that takes longer than what is left: say what, and leave the choice."""
    wanted = desk.plan.too_long
    if wanted is None:
        raise ValueError("nothing is too long")
    left, takes = minutes_of(desk.plan.limit), minutes_of(wanted.seconds)
    statement = desk.named[wanted.objective].body["statement"]
    lead = (
        f"{_count(left, 'minute')} of today {'is' if left == 1 else 'are'} left, and the next question takes about "
        f"{max(takes, left + 1)}. It asks whether you can {statement}. {_next(desk)}"
    )
    return Head("Nearly done for today", lead.strip(), other=Action("Answer it all the same", plan.url, plan.fields))


def _covered(desk: Desk, more: Action) -> Head:
    pauses = "The goal pauses while all is covered."
    if desk.exam_days:
        lead = f"Every objective was asked about today. {_next(desk)} {_exam_sentence(desk)}"
        return Head("All covered for today", lead.strip(), other=more, goal_pauses=pauses)
    day = desk.plan.next_day
    heading = f"All covered. Next: {near_day(day, desk.today)}" if day else "All covered"
    lead = "Nothing is due and nothing is left to begin. Rest is part of it: asking again too early teaches little."
    mix = Action("A mix of ten", more.url, more.fields)
    note = "A mix asks about what comes due soonest. Once a month is plenty."
    return Head(heading, lead, other=mix, note=note, goal_pauses=pauses)


def _rest(desk: Desk, more: Action) -> Head:
    due = _are(len(desk.plan.waiting), "question falls due and is", "questions fall due and are")
    waits = f"{due[0].upper()}{due[1:]} spread over the days to come. " if due else ""
    anyway = Action("Ten questions anyway", more.url, more.fields)
    return Head("A rest day", f"Nothing is asked today. {waits}{_next(desk)}".strip(), other=anyway)


def _nothing() -> Head:
    lead = "There is no question to ask at present. As soon as some are published, your first ones stand here."
    return Head("Nothing to ask yet", lead, Action("See the lessons", url_for("lessons.index")))


def _exam_today(desk: Desk, plan: Action, more: Action) -> Head:
    exam = next(exam for exam in desk.exams if exam.on == desk.exam_days[0])
    lead = "All the best. Nothing has to be done here today."
    warm_up = more
    if outcome_of(desk) is Outcome.STUDY:
        lead += f" If a few questions calm you: {questions_and_minutes(desk.plan.asked)}."
        warm_up = plan
    return Head(f"Today: {exam.title}", lead, other=Action("Warm up", warm_up.url, warm_up.fields))


def _after(exam: Exam) -> Head:
    url = url_for("account.choose_afterwards", exam_id=exam.id)
    ways = tuple(Action(label, url, {"afterwards": value}, told) for value, label, told in AFTERWARDS)
    return Head(
        f"{exam.title} is over", "How would you like to go on? You can change your mind later.", ways=ways, resting=True
    )


def _at_rest(exam: Exam, more: Action) -> Head:
    again = Action("Take it up again", url_for("account.choose_afterwards", exam_id=exam.id), {"afterwards": "keep"})
    archived = exam.afterwards == "archive"
    lead = f"Since “{exam.title}” on {plain_day(exam.on)} nothing is asked. " + (
        "Your sessions and their reasons stay readable."
        if archived
        else "When you come back, what fell due meanwhile is spread over several days."
    )
    ten = Action("Just ten questions", more.url, more.fields)
    heading = "Archived" if archived else "Paused"
    return Head(heading, lead, again, ten, goal_pauses="The goal pauses, too.", resting=True)


def _over(desk: Desk) -> Exam | None:
    """The examination after which the learner has not said how to go on, while none is ahead."""
    latest = desk.exams[-1] if desk.exams and not desk.exam_days else None
    return latest if latest is not None and latest.afterwards is None else None


def _next(desk: Desk) -> str:
    day = desk.plan.next_day
    if day is None:
        return ""
    return "Next: tomorrow." if day - desk.today == dt.timedelta(days=1) else f"Next: {near_day(day, desk.today)}."


def _count(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"
