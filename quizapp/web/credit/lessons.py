"""The lesson of an activity, for who takes part: as it was designated, whatever is published now."""

from __future__ import annotations

from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.services import asking
from quizapp.services.content import reading
from quizapp.services.crediting import engaging, lessons
from quizapp.services.crediting.lessons import Designated, Reading
from quizapp.web.allow import allow, get_actor
from quizapp.web.credit.blueprint import blueprint
from quizapp.web.lessons import TOOLS, checks_of, items_of, misses_of, to_keep


def own(slug: str) -> Reading:
    """The learner’s participation. Raises LookupError for who is not enrolled."""
    return lessons.get_reading(db.session(), get_actor(), slug)


def designated(slug: str) -> tuple[Reading, Designated]:
    read = own(slug)
    return read, lessons.get_designated(db.session(), read, pictures(slug))


def pictures(slug: str) -> str:
    """How the addresses of all figures of an activity begin."""
    return url_for("credit.lesson", slug=slug) + "/figures/"


@blueprint.get("/activities/<slug>/lesson")
@allow("signed_in")
def lesson(slug: str) -> ResponseReturnValue:
    read, found = designated(slug)
    actor, shown = get_actor(), found.lesson
    return render_template(
        "credit/lesson.html",
        lesson=shown,
        edition=read.edition,
        designated=found,
        checks=checks_of(shown, actor, partial(url_for, "credit.check", slug=slug)),
        misses={} if found.revised else misses_of(shown.slug, actor),
        tool=TOOLS.get(shown.topic),
        practise_url="" if found.revised else url_for("learn.lesson_practice", slug=shown.slug),
        figure_url=partial(url_for, "credit.figure", slug=slug),
        counts_time=engaging.counts(db.session(), read.participation_id, clock.now()),
        beat_url=url_for("credit.beat", participation_id=read.participation_id),
    )


@blueprint.post("/activities/<slug>/lesson")
@allow("signed_in")
def open_lesson(slug: str) -> ResponseReturnValue:
    """Open the lesson; the time on it counts from here."""
    engaging.beat(db.session(), get_actor(), own(slug).participation_id, engaging.LESSON, clock.now())
    return redirect(url_for("credit.lesson", slug=slug), 303)


@blueprint.post("/activities/<slug>/read")
@allow("signed_in")
def leave_lesson(slug: str) -> ResponseReturnValue:
    """Come back from the lesson; without a script the time until here is counted now."""
    measured = request.form.get("measured") == "1"
    engaging.beat(
        db.session(), get_actor(), own(slug).participation_id, engaging.LESSON, clock.now(), measured=measured
    )
    return redirect(url_for("credit.activity", slug=slug), 303)


@blueprint.post("/activities/<slug>/lesson/questions/<item>")
@allow("signed_in")
def check(slug: str, item: str) -> ResponseReturnValue:
    """Open a question of the lesson, from which the way leads back here."""
    read, found = designated(slug)
    if found.revised:
        flash("The lesson was revised meanwhile. Its questions are asked in the lesson as it is now.", "info")
        return redirect(url_for("credit.lesson", slug=slug), 303)
    items = items_of(found.lesson)
    if item not in items:
        raise LookupError(item)
    shown, number = found.lesson, items.index(item)
    within = asking.ReadFor(slug, read.participation_id)
    place = asking.open_check(
        db.session(), get_actor(), shown.slug, shown.title, number, item, clock.now(), within=within
    )
    return redirect(url_for("learn.question", sitting_id=place.sitting_id, position=place.position), 303)


@blueprint.get("/activities/<slug>/lesson/figures/<figure_id>")
@allow("signed_in")
def figure(slug: str, figure_id: str) -> ResponseReturnValue:
    return render_template(
        "lessons/figure.html",
        figure=lessons.get_figure(db.session(), own(slug), figure_id, pictures(slug)),
        lesson_url=url_for("credit.lesson", slug=slug),
        file_url=partial(url_for, "credit.figure_file", slug=slug, figure_id=figure_id),
    )


@blueprint.get("/activities/<slug>/lesson/figures/<figure_id>/<form>")
@allow("signed_in")
def figure_file(slug: str, figure_id: str, form: str) -> ResponseReturnValue:
    """A file of a figure, of the version that was designated."""
    shown = lessons.get_figure(db.session(), own(slug), figure_id, pictures(slug))
    return to_keep(*reading.file_of(db.session(), shown, form), f"{figure_id}.{form}")
