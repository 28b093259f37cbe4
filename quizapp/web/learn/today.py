"""The first page: what to do now, and what lies ahead; and beginning today’s questions."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core import modes
from quizapp.core.mastery import Mastery, Standing
from quizapp.core.planning import Outcome
from quizapp.core.selection import Objective
from quizapp.core.study_day import study_day
from quizapp.core.wording import plain_day
from quizapp.db.extension import db
from quizapp.services import annotating, asking, composing, sittings, studying
from quizapp.services.accounts import Actor
from quizapp.services.authoring import reporting
from quizapp.services.content import reading, teaching
from quizapp.services.content.teaching import Taught
from quizapp.services.sittings import Sat
from quizapp.services.studying import Desk
from quizapp.services.teaching import tasks
from quizapp.services.teaching.tasks import Stage
from quizapp.web.allow import allow, get_actor
from quizapp.web.learn.assignments import row as assignment_row
from quizapp.web.learn.blueprint import blueprint
from quizapp.web.learn.day import Head, head
from quizapp.web.learn.outlook import WEEKDAYS, Chart, Prospect, chart, near_day, prospect
from quizapp.web.learn.practice import seed_of
from quizapp.web.learn.sentences import in_words
from quizapp.web.learn.sessions import session_url
from quizapp.web.pages import in_zone

TITLE = "Questions of the day"
GO_ON_WITHIN = dt.timedelta(days=2)
"""A session left longer ago is listed, but no longer the first thing to do."""
ANSWERS_SHOWN = dt.timedelta(days=14)
"""What came of a report stands on the first page so long; it stays on the question's own page."""
NEW_SHOWN = 3
WEAKEST_SHOWN = 2


@dataclass(frozen=True)
class Row:
    """A line of a list: what it is, what to know about it, one thing to do (with `post` a form). `more_url` tells
    all there is to know of it."""

    title: str
    sentence: str
    url: str
    label: str
    post: bool = False
    more_url: str = ""


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
class Today:
    """`assigned`: what cohorts gave and is open; `unread`: exams whose misses wait; `answered`: what came of the
    learner's reports; `resume`: sessions that were left; `new`: what is begun today and can be read before, and how
    many more there are; `weakest`: where practice would help most; `beside`: what else can be done."""

    head: Head
    assigned: tuple[Row, ...]
    unread: tuple[Row, ...]
    answered: tuple[Row, ...]
    resume: tuple[Row, ...]
    new: tuple[Row, ...]
    new_more: int
    weakest: tuple[Row, ...]
    beside: tuple[Row, ...]
    week: Week | None
    chart: Chart | None
    prospect: Prospect | None


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


@blueprint.post("/review")
@allow("signed_in")
def review() -> ResponseReturnValue:
    """Begin today’s questions, or more than those; what was begun today and left is gone on with."""
    actor, now = get_actor(), clock.now()
    key = request.form.get("key") or secrets.token_urlsafe(16)
    unfinished = sittings.list_unfinished(db.session(), actor, now)
    left = next((sat for sat in unfinished if _is_of_today(sat, actor, now)), None)
    if left is not None:
        return redirect(session_url(left), 303)
    seed = seed_of(key)
    choose = studying.choose_more if request.form.get("more") == "1" else studying.choose_review
    try:
        sitting_id = asking.begin(
            db.session(), actor, partial(choose, db.session(), actor, now, seed), key, TITLE, now, seed
        )
    except composing.NothingToAsk as reason:
        flash(str(reason), "warning")
        return redirect(url_for("learn.today"), 303)
    return redirect(url_for("learn.session", sitting_id=sitting_id), 303)


@blueprint.post("/session/<int:sitting_id>/misses")
@allow("signed_in")
def open_misses(sitting_id: int) -> ResponseReturnValue:
    """The reasons of an exam’s misses, from the first; it no longer waits on Today then."""
    place = annotating.open_misses(db.session(), get_actor(), sitting_id)
    return redirect(url_for("learn.feedback", sitting_id=place.sitting_id, position=place.position), 303)


def _is_of_today(sat: Sat, actor: Actor, now: dt.datetime) -> bool:
    return sat.mode is modes.REVIEW and study_day(sat.started_at, actor.zone) == study_day(now, actor.zone)


def _today(actor: Actor, now: dt.datetime) -> Today:
    session = db.session()
    desk = studying.get_desk(session, actor, now)
    unfinished = sittings.list_unfinished(session, actor, now)
    first = next((sat for sat in unfinished if sat.deadline or now - sat.started_at < GO_ON_WITHIN), None)
    top = head(desk, first, session_url(first) if first else "", secrets.token_urlsafe(16))
    taught = teaching.where_taught(session)
    asked = () if top.resting else desk.plan.asked
    starts = [one.objective for one in asked if one.why.days is None]
    new = tuple(_to_read(desk, one, taught.get(desk.named[one].slug)) for one in starts[:NEW_SHOWN])
    return Today(
        head=top,
        assigned=_assigned(actor, now),
        unread=tuple(_unread(one) for one in sittings.list_unread(session, actor)),
        answered=tuple(_answered(one) for one in reporting.answers_for(session, actor.id, now - ANSWERS_SHOWN)),
        resume=tuple(_row(sat) for sat in unfinished if sat is not first),
        new=new,
        new_more=len(starts) - len(new),
        weakest=() if top.resting else _weakest(desk),
        beside=() if top.resting else _beside(desk),
        week=_week(desk, top) if actor.choices.week_goal else None,
        chart=None if top.resting or desk.plan.outcome is Outcome.NOTHING else chart(desk),
        prospect=None if top.resting else prospect(desk),
    )


def _assigned(actor: Actor, now: dt.datetime) -> tuple[Row, ...]:
    """What is to be done for a cohort now, what closes first at the top."""
    open_now = (Stage.OPEN, Stage.RUNNING, Stage.LATE)
    found = (task for task in tasks.list_tasks(db.session(), actor, now) if task.stage in open_now)
    rows = (assignment_row(task) for task in found)
    return tuple(Row(row.title, row.state, row.url, row.label) for row in rows)


def _row(sat: Sat) -> Row:
    sentence = f"{sat.answered} of {sat.total} answered, begun on {plain_day(in_zone(sat.started_at).date())}."
    return Row(sat.title, f"Exam, {sentence}" if sat.mode.free_order else sentence, session_url(sat), "Continue")


def _unread(exam: sittings.Unread) -> Row:
    questions = f"{exam.missed} question{'' if exam.missed == 1 else 's'}"
    missed = f"{questions} missed on {plain_day(in_zone(exam.closed_at).date())}"
    url = url_for("learn.open_misses", sitting_id=exam.sitting_id)
    return Row(exam.title, f"{missed}; the reasons were not opened yet.", url, "Read why", post=True)


def _answered(one: reporting.Answered) -> Row:
    sentence = "Your report changed this question." if one.changed else "The authors have answered your report."
    url = url_for("learn.feedback", sitting_id=one.sitting_id, position=one.position)
    return Row(one.lead_in, sentence, url, "See")


def _to_read(desk: Desk, objective: int, taught: Taught | None) -> Row:
    statement = f"You can {desk.named[objective].body['statement']}"
    if taught is None:
        return Row(statement, "Learnt from its questions.", "", "")
    url = url_for("lessons.lesson", slug=taught.lesson, _anchor=taught.anchor)
    return Row(statement, f"“{taught.title}”, {taught.minutes} min to read.", url, "Read first")


def _weakest(desk: Desk) -> tuple[Row, ...]:
    """The objectives begun that are furthest from secure, those that slip first."""
    found = [(one, desk.mastery_of(one)) for one in desk.objectives if one.trace is not None and one.questions]
    weak = [(one, held) for one, held in found if held.standing in (Standing.SLIPPING, Standing.LEARNING)]
    weak.sort(key=lambda pair: (pair[1].standing is not Standing.SLIPPING, pair[1].now or 0.0))
    return tuple(
        Row(
            f"You can {desk.named[one.id].body['statement']}",
            _standing(one, held, desk.today),
            url_for("learn.practice", objective=desk.named[one.id].slug),
            "Practise",
            more_url=url_for("learn.objective", slug=desk.named[one.id].slug),
        )
        for one, held in weak[:WEAKEST_SHOWN]
    )


def _standing(objective: Objective, held: Mastery, today: dt.date) -> str:
    """How it stands, and by what; after a miss the next date alone."""
    word = "Slipping" if held.standing is Standing.SLIPPING else "Learning"
    trace = objective.trace
    if trace is not None and trace.retests == 0:
        ahead = (trace.due - today).days
        when = "tomorrow" if ahead == 1 else f"on {near_day(trace.due, today)}"
        comes_back = f"it comes back {when}" if ahead > 0 else "it is due"
        return f"{word}. Missed or guessed on {near_day(trace.last_day, today)}; {comes_back}."
    if not held.evidence:
        return f"{word}. No new question answered yet."
    told = f"{held.right} of {len(held.evidence)} new questions right"
    days = f"on {in_words(held.days)} day{'' if held.days == 1 else 's'}"
    return f"{word}. {told}, {days}."


def _beside(desk: Desk) -> tuple[Row, ...]:
    """A placement is offered while most is not begun."""
    able = [one for one in desk.objectives if one.questions]
    if 2 * sum(one.trace is None for one in able) <= len(able):
        return ()
    sentence = "At most 20 questions. What you know need not be learnt again."
    return (Row("What do I know already?", sentence, url_for("learn.placement"), "Find out"),)


def _week(desk: Desk, top: Head) -> Week:
    """The days of this week with an answer, against the goal. A day without one is not a loss."""
    actor, day = desk.actor, desk.today
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
    return Week(days, week_sentence(sum(entry.done for entry in days), actor.choices.week_goal, top.goal_pauses))


def week_sentence(done: int, goal: int, pauses: str) -> str:
    """“3 of 4 days. Rest days are free.”"""
    if pauses:
        return f"{done} day{'' if done == 1 else 's'} so far. {pauses}" if done else pauses
    if done >= goal:
        return f"{done} of {goal} days: the goal is reached." if done == goal else f"{done} days; the goal was {goal}."
    return f"{done} of {goal} days. Rest days are free."
