"""Lessons, figures, the evidence base, and search over them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.preferences import local_date
from quizapp.core.study_day import study_day
from quizapp.db.extension import db
from quizapp.services import asking, lesson_questions
from quizapp.services.accounts import Actor
from quizapp.services.content import evidence as evidence_base
from quizapp.services.content import reading, searching
from quizapp.services.content.reading import Lesson
from quizapp.services.content.searching import Hit
from quizapp.web.allow import Who, allow, get_actor

blueprint = Blueprint("lessons", __name__)

LONGEST_QUERY = 200
WEEK_SECONDS = 604_800
SOON = dt.timedelta(days=60)
AUTHORS: tuple[Who, ...] = ("instructor", "coordinator", "administrator")


@dataclass(frozen=True)
class Tool:
    label: str
    endpoint: str
    sentence: str


TOOLS = {
    "staging": Tool("Stage a patient", "staging.stage", "Enter what was tried; four models answer with their working.")
}
"""Topic → what can be done with it beside reading and practising."""


@dataclass(frozen=True)
class Check:
    """A question inside a lesson. `url` opens it; `answered_url` leads to the answer given today."""

    item: str
    url: str
    answered_url: str
    right: bool


@dataclass(frozen=True)
class Miss:
    lead_in: str
    on: dt.date
    url: str


@blueprint.get("/lessons")
@allow("signed_in")
def index() -> ResponseReturnValue:
    topics = reading.list_topics(db.session())
    # The lessons stand above by topic; what is left is what they point to elsewhere.
    cards = [card for topic in topics for card in topic.related if card.kind != "lesson"]
    related = {(card.title, card.href): card for card in cards}
    return render_template("lessons/index.html", topics=topics, related=tuple(related.values()), tools=TOOLS)


@blueprint.get("/lessons/<slug>")
@allow("signed_in")
def lesson(slug: str) -> ResponseReturnValue:
    actor = get_actor()
    shown = reading.get_lesson(db.session(), slug)
    return render_template(
        "lessons/lesson.html",
        lesson=shown,
        checks=checks_of(shown, actor, partial(url_for, "lessons.check", slug=slug)),
        misses=misses_of(slug, actor),
        tool=TOOLS.get(shown.topic),
        practise_url=url_for("learn.lesson_practice", slug=slug),
        figure_url=partial(url_for, "lessons.figure"),
    )


def misses_of(lesson: str, actor: Actor) -> Mapping[str, list[Miss]]:
    """What the reader missed, by the section of the lesson that explains it."""
    misses = defaultdict(list)
    for miss in lesson_questions.list_misses(db.session(), actor, lesson):
        place = miss.place
        url = url_for("learn.feedback", sitting_id=place.sitting_id, position=place.position)
        misses[miss.anchor].append(Miss(miss.lead_in, miss.on, url))
    return misses


def checks_of(shown: Lesson, actor: Actor, check_url: Callable[..., str]) -> dict[str, Check]:
    """The questions of a lesson by item, with what was answered today; `check_url(item=…)` opens one."""
    answered = lesson_questions.list_checks(db.session(), actor, shown.slug, study_day(clock.now(), actor.zone))
    checks = {}
    for item in items_of(shown):
        done = answered.get(item)
        checks[item] = Check(
            item=item,
            url=check_url(item=item),
            answered_url=url_for("learn.feedback", sitting_id=done.place.sitting_id, position=done.place.position)
            if done
            else "",
            right=done is not None and done.right,
        )
    return checks


def items_of(shown: Lesson) -> list[str]:
    """The items a lesson asks, in order."""
    return [part.item for section in shown.sections for part in section.parts if part.kind == "check"]


@blueprint.post("/lessons/<slug>/questions/<item>")
@allow("signed_in")
def check(slug: str, item: str) -> ResponseReturnValue:
    """Open a question of a lesson; a second click finds the first one’s."""
    shown = reading.get_lesson(db.session(), slug)
    items = items_of(shown)
    if item not in items:
        raise LookupError(item)
    place = asking.open_check(db.session(), get_actor(), slug, shown.title, items.index(item), item, clock.now())
    return redirect(url_for("learn.question", sitting_id=place.sitting_id, position=place.position), 303)


@blueprint.get("/figures/<figure_id>")
@allow("signed_in")
def figure(figure_id: str) -> ResponseReturnValue:
    shown = reading.get_figure(db.session(), figure_id)
    return render_template(
        "lessons/figure.html",
        figure=shown,
        lesson_url=url_for("lessons.lesson", slug=shown.lesson),
        file_url=partial(url_for, "lessons.figure_file", figure_id=figure_id),
    )


@blueprint.get("/figures/<figure_id>/<form>")
@allow("signed_in")
def figure_file(figure_id: str, form: str) -> ResponseReturnValue:
    """A figure to keep: svg, png or pdf. The hash of its bytes is its ETag."""
    return to_keep(*reading.get_figure_file(db.session(), figure_id, form), f"{figure_id}.{form}")


def to_keep(mime: str, data: bytes, digest: str, name: str) -> ResponseReturnValue:
    """A file of a figure."""
    response = Response(data, mimetype=mime)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = f"private, max-age={WEEK_SECONDS}"
    response.set_etag(digest)
    return response.make_conditional(request)


@blueprint.get("/evidence/<key>")
@allow("signed_in")
def evidence(key: str) -> ResponseReturnValue:
    """A statement, what it rests on, and what rests on it."""
    found = evidence_base.get_evidence(db.session(), key)
    actor = get_actor()
    overdue = found.overdue_sentence(local_date(clock.now(), actor.zone))
    author = bool(actor.roles & set(AUTHORS))
    return render_template("lessons/evidence.html", evidence=found, overdue_sentence=overdue, author=author)


@blueprint.get("/evidence")
@allow(*AUTHORS)
def evidence_due() -> ResponseReturnValue:
    """For authors: the statements that are due for a new look, or will be soon, and how much rests on each."""
    today = local_date(clock.now(), get_actor().zone)
    due = evidence_base.list_due(db.session(), today + SOON)
    late = tuple(entry for entry in due if entry.review_by < today)
    return render_template("lessons/evidence_due.html", late=late, soon=due[len(late) :])


@blueprint.get("/search")
@allow("signed_in")
def search() -> ResponseReturnValue:
    """Lessons and evidence; never questions, so that none is spoilt."""
    query = " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]
    found = searching.search(db.session(), query)
    return render_template("lessons/search.html", search=found, hit_url=hit_url)


def hit_url(hit: Hit) -> str:
    if hit.kind == "lesson":
        return url_for("lessons.lesson", slug=hit.slug, _anchor=hit.anchor or None)
    if hit.kind == "figure":
        return url_for("lessons.figure", figure_id=hit.slug)
    return url_for("lessons.evidence", key=hit.slug)
