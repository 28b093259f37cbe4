"""The first page: what to do now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.preferences import local_date
from quizapp.core.study_day import study_day
from quizapp.db.extension import db
from quizapp.services import accounts, sittings
from quizapp.services.accounts import Actor, Exam
from quizapp.services.content import reading
from quizapp.web.allow import allow, get_actor
from quizapp.web.learn.blueprint import blueprint
from quizapp.web.learn.sessions import session_url
from quizapp.web.pages import plain_day

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Row:
    title: str
    sentence: str
    url: str
    label: str


@dataclass(frozen=True)
class Day:
    name: str
    done: bool
    today: bool
    rest: bool


@dataclass(frozen=True)
class Week:
    days: tuple[Day, ...]
    sentence: str


@dataclass(frozen=True)
class ExamAhead:
    title: str
    days_sentence: str
    on_text: str


@dataclass(frozen=True)
class Today:
    """`rows` are lessons to read; `resume` sessions that were left."""

    heading: str
    sentence: str
    start_url: str
    start_label: str
    resume: tuple[Row, ...]
    rows_heading: str
    rows: tuple[Row, ...]
    week: Week | None
    exams: tuple[ExamAhead, ...]


@blueprint.get("/")
@allow("signed_in")
def today() -> ResponseReturnValue:
    actor = get_actor()
    if actor.first_step is None:
        return first_run_page(actor)
    return render_template("learn/today.html", today=_today(actor, clock.now()))


def first_run_page(actor: Actor) -> ResponseReturnValue:
    lessons = reading.list_lessons(db.session())
    return render_template("learn/first_run.html", lesson=lessons[0] if lessons else None, zone=actor.zone)


def _today(actor: Actor, now: dt.datetime) -> Today:
    session = db.session()
    resume = tuple(
        Row(sat.title, _stopped(sat), session_url(sat), "Continue")
        for sat in sittings.list_unfinished(session, actor, now)
    )
    lessons = tuple(
        Row(
            lesson.title,
            f"{lesson.summary} {lesson.minutes} minutes.",
            url_for("lessons.lesson", slug=lesson.slug),
            "Read",
        )
        for lesson in reading.list_lessons(session)
    )
    start = ("", "")
    if resume:
        heading, sentence = "Go on where you stopped", resume[0].sentence
        start, resume = (resume[0].url, "Continue"), resume[1:]
    elif lessons:
        heading = "Ready when you are"
        sentence = "Build a block of questions on what you have read, or read on."
        start = (url_for("learn.practice"), "Build a block")
    else:
        heading, sentence = "Nothing to study yet", ""
    return Today(
        heading=heading,
        sentence=sentence,
        start_url=start[0],
        start_label=start[1],
        resume=resume,
        rows_heading="Lessons",
        rows=lessons,
        week=_week(actor, now),
        exams=tuple(_ahead(exam, now, actor.zone) for exam in accounts.exams_of(session, actor.id)),
    )


def _stopped(sat: sittings.Sat) -> str:
    sentence = f"{sat.answered} of {sat.total} answered."
    return f"Exam, {sentence}" if sat.mode.free_order else sentence


def _week(actor: Actor, now: dt.datetime) -> Week:
    """The days of this week on which something was answered; no goal is set before the learner sets one."""
    day = study_day(now, actor.zone)
    monday = day - dt.timedelta(days=day.weekday())
    studied = sittings.days_studied(db.session(), actor, since=monday)
    days = tuple(
        Day(
            name=name,
            done=monday + dt.timedelta(days=i) in studied,
            today=monday + dt.timedelta(days=i) == day,
            rest=i + 1 in actor.choices.rest_days,
        )
        for i, name in enumerate(WEEKDAYS)
    )
    done = sum(entry.done for entry in days)
    sentence = f"Answered on {done} day{'' if done == 1 else 's'}." if done else "Nothing answered yet this week."
    return Week(days, sentence + (" Rest days are free." if actor.choices.rest_days else ""))


def _ahead(exam: Exam, now: dt.datetime, zone: str) -> ExamAhead:
    days = (exam.on - local_date(now, zone)).days
    sentence = {0: "Today", 1: "Tomorrow"}.get(days, f"In {days} days" if days > 0 else "Over")
    return ExamAhead(exam.title, sentence, plain_day(exam.on))
