"""Progress: where one stands with each objective and how that is known; one objective with its curve and history."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from hashlib import sha256

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core import ability, mastery, memory
from quizapp.core.forecasting import Readiness
from quizapp.core.grading import Rating
from quizapp.core.mastery import Standing
from quizapp.core.memory import Freshness
from quizapp.core.progress import Sureness
from quizapp.db.extension import db
from quizapp.services import asking, composing, progressing
from quizapp.services.accounts import Exam
from quizapp.services.composing import BlockPlan
from quizapp.services.content.teaching import Taught
from quizapp.services.progressing import Held
from quizapp.web import charts
from quizapp.web.allow import allow, get_actor
from quizapp.web.learn import standings
from quizapp.web.learn.blueprint import blueprint

PRACTISED = 3
"""Questions of a session on one objective: one that is new, and what was seen longest ago."""
ENOUGH = 10
"""Below so many answers nothing is said of a share."""
SLIPPING_SHOWN = 5


@dataclass(frozen=True)
class Do:
    """The one thing to do about an objective: `practise` is a form, the others are links."""

    kind: str
    label: str
    url: str


@dataclass(frozen=True)
class Detail:
    """Figures behind a word. `now` and `then` in per cent, None after a miss."""

    now: int | None
    then: int | None
    then_named: str
    evidence: tuple[str, ...]
    next_day: str


@dataclass(frozen=True)
class Row:
    """An objective in a list."""

    slug: str
    statement: str
    statement_html: str
    standing: Standing
    word: str
    sentence: str
    keeps_slipping: bool
    url: str
    do: Do
    detail: Detail | None


@dataclass(frozen=True)
class Topic:
    title: str
    anchor: str
    rows: tuple[Row, ...]
    secure: int
    share: str
    span: charts.Span | None


@dataclass(frozen=True)
class Link:
    """A link to an objective, with its standing, and how long the section that teaches it takes."""

    statement: str
    statement_html: str
    url: str
    standing: Standing
    word: str
    section: str
    section_url: str


@dataclass(frozen=True)
class Slips:
    """An objective that keeps slipping: how often, and what to read."""

    row: Row
    lapses: int
    read_url: str
    read_title: str
    needs: tuple[Link, ...]


@dataclass(frozen=True)
class Sure:
    """What came of one degree of confidence, in words."""

    label: str
    right: str
    interval: str


LABELS = {"sure": "Sure", "fairly_sure": "Fairly sure", "guess": "Guess"}
SAID = {"sure": "sure", "fairly_sure": "fairly sure", "guess": "called a guess"}
FRESHNESS = {
    Freshness.NEW: "new to you",
    Freshness.DELAYED: "a delayed repeat",
    Freshness.REPEAT: "seen before",
}


@blueprint.get("/progress")
@allow("signed_in")
def progress() -> ResponseReturnValue:
    found = progressing.get_progress(db.session(), get_actor(), clock.now())
    named = day_named(found.exam, found.on, found.today)
    rows = {one.slug: row_of(one, found.today, named) for one in found.held}
    slips = sorted((one for one in found.held if one.keeps_slipping), key=lambda one: -_lapses(one))
    by_slug = {one.slug: one for one in found.held}
    return render_template(
        "learn/progress.html",
        begun=found.begun,
        headline=headline(found),
        ready=_span(found.forecast.ready),
        counts=[(standing, standings.WORDS[standing], n) for standing, n in found.counts.items() if n],
        topics=tuple(topic_of(topic, tuple(rows[one.slug] for one in topic.held)) for topic in found.topics),
        slips=tuple(slips_of(one, rows[one.slug], by_slug) for one in slips[:SLIPPING_SHOWN]),
        more_slip=len(slips[SLIPPING_SHOWN:]),
        forecast=found.forecast,
        corrected=found.corrected,
        unreached=[rows[one.slug] for one in found.held if one.slug in found.unreached],
        sureness=tuple(sure(one) for one in found.sureness),
        enough=ENOUGH,
        key=secrets.token_urlsafe(16),
        today=found.today,
        then_named=named,
    )


@blueprint.get("/progress/objectives/<slug>")
@allow("signed_in")
def objective(slug: str) -> ResponseReturnValue:
    """One objective. An address that names none is 404."""
    found = progressing.get_objective(db.session(), get_actor(), slug, clock.now())
    held, named = found.held, day_named(found.exam, found.on, found.today)
    return render_template(
        "learn/objective.html",
        row=row_of(held, found.today, named),
        held=held,
        corrected=found.corrected,
        topic=found.topic,
        read=read_of(held.taught),
        drawings=drawings(found),
        table=curve_table(found, named),
        answers=found.answers,
        earlier=found.all_answers - len(found.answers),
        freshness=FRESHNESS,
        confidences=SAID,
        needs=tuple(link_of(one) for one in found.needs),
        leads_to=tuple(link_of(one) for one in found.leads_to),
        lapses=_lapses(held) if held.keeps_slipping else 0,
        asked_today=held.trace is not None and held.trace.last_day >= found.today,
        guess=round(100 * found.guess),
        slip=round(100 * ability.SLIP),
        secure=round(100 * mastery.SECURE_CHANCE),
        delay=memory.DELAY.days,
        key=secrets.token_urlsafe(16),
        then_named=named,
    )


@blueprint.post("/progress/objectives/<slug>/practise")
@allow("signed_in")
def practise(slug: str) -> ResponseReturnValue:
    """Begin a short session on one objective; a second click finds the first one’s session."""
    session, actor, now = db.session(), get_actor(), clock.now()
    title = progressing.get_topic_title(session, slug)
    freely = request.form.get("freely") == "1"
    given = request.form.get("key") or secrets.token_urlsafe(16)
    # One key serves a whole page of buttons, and each of them begins a session of its own.
    made = sha256(f"{given}/{slug}/{freely}".encode())
    plan = BlockPlan(objectives=(slug,), size=PRACTISED, spend_freely=freely)
    seed = int.from_bytes(made.digest()[:6])
    try:
        sitting_id = asking.start(session, actor, plan, key=made.hexdigest()[:40], title=title, now=now, seed=seed)
    except composing.NothingToAsk as reason:
        flash(str(reason), "info")
        return redirect(url_for("learn.objective", slug=slug), 303)
    return redirect(url_for("learn.session", sitting_id=sitting_id), 303)


def day_named(exam: Exam | None, on: dt.date, today: dt.date) -> str:
    """The day that counts: “on 16 December”, or “in a month” without an examination."""
    if exam is None:
        return "in a month"
    return "today" if on == today else f"on {standings.near_day(on, today)}"


def headline(found: progressing.Progress) -> str:
    """What the plan leads to, as intervals."""
    ready, stopped = found.forecast.ready, found.forecast.ready_now
    if not found.begun or ready is None or stopped is None:
        return ""
    day = standings.near_day(found.on, found.today)
    when = f"On {day}, the day of “{found.exam.title}”," if found.exam else f"In a month, on {day},"
    return (
        f"{when} you can expect to answer {_share(ready)} of new questions right if you keep to the plan, "
        f"and {_share(stopped)} if you stopped now."
    )


def topic_of(topic: progressing.TopicHeld, rows: tuple[Row, ...]) -> Topic:
    secure = sum(row.standing is Standing.SECURE for row in rows)
    return Topic(topic.title, topic.slug, rows, secure, _share(topic.ready), _span(topic.ready))


def row_of(held: Held, today: dt.date, then_named: str) -> Row:
    url = url_for("learn.objective", slug=held.slug)
    return Row(
        slug=held.slug,
        statement=held.statement,
        statement_html=held.statement_html,
        standing=held.mastery.standing,
        word=standings.WORDS[held.mastery.standing],
        sentence=standings.sentence(held, today),
        keeps_slipping=held.keeps_slipping,
        url=url,
        do=do_of(held, url),
        detail=detail_of(held, today, then_named),
    )


def do_of(held: Held, url: str) -> Do:
    """Read what was not begun, was missed or keeps slipping; look at what is secure; practise the rest."""
    if held.taught and (held.trace is None or held.missed or held.keeps_slipping):
        return Do("read", f"Read, {held.taught.minutes}\N{NO-BREAK SPACE}min", _section_url(held.taught))
    if held.mastery.standing in (Standing.SECURE, Standing.CANNOT_TELL) or not held.questions:
        return Do("see", "See", url)
    return Do("practise", "Practise", url_for("learn.practise", slug=held.slug))


def detail_of(held: Held, today: dt.date, then_named: str) -> Detail | None:
    if held.trace is None:
        return None
    shown = not held.missed
    return Detail(
        now=_percent(held.mastery.now) if shown else None,
        then=_percent(held.mastery.then) if shown else None,
        then_named=then_named,
        evidence=tuple(
            f"{standings.near_day(one.day, today)}: {'right' if one.rating is Rating.GOOD else 'missed or guessed'}"
            + (", a delayed repeat" if one.freshness is Freshness.DELAYED else "")
            for one in held.mastery.evidence
        ),
        next_day=standings.next_day(held, today),
    )


def link_of(held: Held) -> Link:
    return Link(
        held.statement,
        held.statement_html,
        url_for("learn.objective", slug=held.slug),
        held.mastery.standing,
        standings.WORDS[held.mastery.standing],
        f"{held.taught.minutes} min" if held.taught else "",
        _section_url(held.taught) if held.taught else "",
    )


def slips_of(held: Held, row: Row, by_slug: dict[str, Held]) -> Slips:
    read = read_of(held.taught)
    needs = tuple(link_of(by_slug[need]) for need in held.needs if need in by_slug)
    return Slips(row, _lapses(held), read.url if read else "", read.label if read else "", needs)


def read_of(taught: Taught | None) -> Do | None:
    return Do("read", f"{taught.title}, {taught.minutes} min", _section_url(taught)) if taught else None


def drawings(found: progressing.ObjectiveHeld) -> dict[str, charts.Forgetting]:
    """The curve for narrow and wide screens; nothing where nothing was answered."""
    if found.curve is None:
        return {}
    named = "exam" if found.exam else standings.near_day(found.on, found.today)
    return {
        name: charts.forgetting(
            found.curve,
            found.marks,
            today=found.today,
            on=found.on,
            named=named,
            secure=mastery.SECURE_CHANCE,
            width=width,
        )
        for name, width in (("narrow", charts.NARROW), ("wide", charts.WIDE))
    }


def curve_table(found: progressing.ObjectiveHeld, then_named: str) -> tuple[tuple[str, str, str], ...]:
    """What the drawing shows, in rows: the day, what happened, and the chance just before."""
    if found.curve is None:
        return ()
    before = {stretch[-1].day: stretch[-1].chance for stretch in found.curve.past[:-1]}
    rows = []
    for one in found.marks:
        chance = before.get((one.day - found.curve.start).days)
        said = "right" if one.rating is Rating.GOOD else "missed or guessed"
        told = f"{_percent(chance)} %" if chance is not None else "–"
        rows.append((standings.near_day(one.day, found.today), f"{said}, {FRESHNESS[one.freshness]}", told))
    now, then = found.curve.ahead[0].chance, found.curve.ahead[-1].chance
    rows.append((f"today, {standings.near_day(found.today, found.today)}", "", f"{_percent(now)} %"))
    rows.append((then_named.removeprefix("on "), "if nothing is answered until then", f"{_percent(then)} %"))
    return tuple(rows)


def sure(one: Sureness) -> Sure:
    share = one.share
    if share.answers < ENOUGH:
        return Sure(LABELS[one.confidence.value], f"{share.right} of {share.answers}", "too few to say")
    low, high = share.interval
    by_luck = f"; blind guesses would give {_percent(one.lucky)} %" if one.confidence.value == "guess" else ""
    return Sure(
        LABELS[one.confidence.value],
        f"{share.right} of {share.answers}",
        f"{_percent(low)} to {_percent(high)} %{by_luck}",
    )


def _section_url(taught: Taught) -> str:
    return url_for("lessons.lesson", slug=taught.lesson, _anchor=taught.anchor)


def _lapses(held: Held) -> int:
    return held.trace.lapses if held.trace else 0


def _percent(chance: float | None) -> int | None:
    return None if chance is None else round(100 * chance)


def _share(ready: Readiness | None) -> str:
    return f"{_percent(ready.low)} to {_percent(ready.high)} %" if ready else ""


def _span(ready: Readiness | None) -> charts.Span | None:
    return charts.span(ready.low, ready.chance, ready.high) if ready else None
