"""The error log: every question that was missed, why, and when its objective comes again; and the same for Anki."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.study_day import study_day
from quizapp.db.extension import db
from quizapp.services import annotating, error_log
from quizapp.services.annotating import CAUSES
from quizapp.services.error_log import NO_CAUSE, ErrorLog, Missed
from quizapp.web.allow import allow, get_actor
from quizapp.web.learn.blueprint import blueprint
from quizapp.web.learn.standings import day_ahead, near_day

LABELS = {**CAUSES, NO_CAUSE: "No cause yet"}


@dataclass(frozen=True)
class Narrowing:
    """The filters in the address, "" for none."""

    topic: str
    cause: str

    def url(self, endpoint: str, **values: Any) -> str:
        """An address that keeps them; `values` may replace them."""
        return url_for(endpoint, **{"topic": self.topic or None, "cause": self.cause or None, **values})


@dataclass(frozen=True)
class Filter:
    """A link that narrows the log. `here`: it does so now."""

    label: str
    count: int
    url: str
    here: bool


@dataclass(frozen=True)
class Entry:
    """A miss as it is listed; `anchor` is its place on the page."""

    missed: Missed
    anchor: str
    on: str
    since: str
    next_day: str
    url: str
    lesson_url: str
    cause_url: str
    focus: bool


@blueprint.get("/errors")
@allow("signed_in")
def errors() -> ResponseReturnValue:
    actor, by = get_actor(), narrowing()
    found = error_log.get_error_log(
        db.session(), actor, topic=by.topic, cause=by.cause, page=request.args.get("page", 1, type=int)
    )
    today = study_day(clock.now(), actor.zone)
    return render_template(
        "learn/error_log.html",
        log=found,
        entries=tuple(entry_of(one, found.page, by, today) for one in found.missed),
        topics=topics_of(found, by),
        causes=causes_of(found, by),
        labels=CAUSES,
        causes_sentence=causes_sentence(found),
        narrowed=bool(by.topic or by.cause),
        newer_url=by.url("learn.errors", page=found.page - 1) if found.page > 1 else None,
        older_url=by.url("learn.errors", page=found.page + 1) if found.page < found.pages else None,
    )


def entry_of(one: Missed, page: int, by: Narrowing, today: dt.date) -> Entry:
    anchor = f"q{one.presentation_id}-{one.part}"
    slug, _, section = one.lesson.partition("#")
    place = one.place
    return Entry(
        missed=one,
        anchor=anchor,
        on=near_day(one.on, today),
        since=near_day(one.right_since, today) if one.right_since else "",
        next_day=day_ahead(one.next_day, today) if one.next_day else "",
        url=url_for("learn.feedback", sitting_id=place.sitting_id, position=place.position, part=one.part),
        lesson_url=url_for("lessons.lesson", slug=slug, _anchor=section or None) if slug else "",
        cause_url=by.url("learn.name_cause", presentation_id=one.presentation_id, part=one.part, page=page),
        focus=request.args.get("named") == anchor,
    )


@blueprint.post("/errors/<int:presentation_id>/cause")
@allow("signed_in")
def name_cause(presentation_id: int) -> ResponseReturnValue:
    """Name the cause of a miss and stay in the log."""
    part = request.args.get("part", "1")
    try:
        annotating.name_cause(
            db.session(), get_actor(), presentation_id, part, request.form.get("cause", ""), clock.now()
        )
    except annotating.Unfit as unfit:
        flash(str(unfit), "error")
    anchor = f"q{presentation_id}-{part}"
    page = request.args.get("page", 1, type=int)
    return redirect(narrowing().url("learn.errors", page=page, named=anchor, _anchor=anchor), 303)


@blueprint.get("/errors/anki")
@allow("signed_in")
def anki_cards() -> ResponseReturnValue:
    """The misses as a text file that Anki imports."""
    deck = error_log.get_deck(db.session(), get_actor())
    file = Response(deck.text, mimetype="text/plain")
    file.headers["Content-Disposition"] = 'attachment; filename="quizapp-misses.txt"'
    return file


def narrowing() -> Narrowing:
    """A cause that does not exist is none."""
    cause = request.args.get("cause", "")
    return Narrowing(request.args.get("topic", "")[:64], cause if cause in LABELS else "")


def topics_of(found: ErrorLog, by: Narrowing) -> tuple[Filter, ...]:
    """All topics, then each that has misses."""
    rows = [("", "All topics", found.all_missed), *((one.slug, one.title, one.missed) for one in found.topics)]
    return tuple(
        Filter(label, count, by.url("learn.errors", topic=slug or None), slug == by.topic)
        for slug, label, count in rows
    )


def causes_of(found: ErrorLog, by: Narrowing) -> tuple[Filter, ...]:
    """All causes, then each that was given."""
    rows = [("", "All causes", found.all_missed), *((name, LABELS[name], n) for name, n in found.causes.items() if n)]
    return tuple(
        Filter(label, count, by.url("learn.errors", cause=name or None), name == by.cause)
        for name, label, count in rows
    )


def causes_sentence(found: ErrorLog) -> str:
    """How many misses have a cause, and which; no more is concluded from it."""
    told = found.all_missed - found.causes[NO_CAUSE]
    missed = f"{found.all_missed} question{'' if found.all_missed == 1 else 's'} missed"
    if not told:
        return f"{missed}; none has been given a cause yet."
    counts = ", ".join(f"{label.lower()} {found.causes[name]}" for name, label in CAUSES.items() if found.causes[name])
    return f"{missed}; {told} with a cause: {counts}."
