"""Where a learner stands with each objective, how that is known, and what is still new to them. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import forecasting, memory, progress
from quizapp.core.forecasting import Forecast, Readiness
from quizapp.core.grading import Confidence, Rating
from quizapp.core.mastery import Mastery, Standing
from quizapp.core.memory import Evidence, Freshness, Trace
from quizapp.core.progress import Curve, Share, Sureness
from quizapp.core.selection import Objective
from quizapp.core.study_day import study_day
from quizapp.db.models import Presentation, Response, Sitting
from quizapp.db.session import run
from quizapp.services.accounts import Actor, Exam
from quizapp.services.content.teaching import Taught, where_taught
from quizapp.services.sittings import Place, effective, released, verdict
from quizapp.services.studying import Desk, get_desk, guess_on
from quizapp.services.versions import Row, Version, get_versions, published

LAPSES = 3
"""From so many lapses on an objective keeps slipping: asking again is not what helps."""
HISTORY = 30
"""Answers listed on the page of an objective, the latest first."""


@dataclass(frozen=True)
class Held:
    """An objective as the learner holds it. `statement` is plain text.

    `questions` in the practice pool, `fresh` of them never met. `guessed`: an answer to a new question was right, but
    marked as a guess. `delayed_on`: the day from which a question met before is evidence again. `holds_until`: the last
    day of the claim “secure” if nothing more is answered. `needs`: slugs of its prerequisites.
    """

    slug: str
    statement: str
    statement_html: str
    topic: str
    mastery: Mastery
    trace: Trace | None
    questions: int
    fresh: int
    guessed: bool
    delayed_on: dt.date | None
    holds_until: dt.date | None
    taught: Taught | None
    needs: tuple[str, ...]

    @property
    def missed(self) -> bool:
        """Whether it was missed, and not answered right on a later day since: no figure is shown then."""
        return self.trace is not None and self.trace.retests == 0

    @property
    def keeps_slipping(self) -> bool:
        return self.trace is not None and self.trace.lapses >= LAPSES and self.mastery.standing is not Standing.SECURE


@dataclass(frozen=True)
class TopicHeld:
    """A topic with its objectives in teaching order. `ready`: the chance of answering a new question of the topic right
    today, with its interval; None where nothing was answered."""

    slug: str
    title: str
    held: tuple[Held, ...]
    ready: Readiness | None


@dataclass(frozen=True)
class Progress:
    """All objectives of a learner. `on` is the day that counts, of `exam` or a month from today; `unreached`: slugs of
    those that will not have been begun by then."""

    today: dt.date
    on: dt.date
    exam: Exam | None
    topics: tuple[TopicHeld, ...]
    forecast: Forecast
    unreached: frozenset[str]
    corrected: bool
    """Whether recall is corrected by the answers of all learners."""
    sureness: tuple[Sureness, ...]

    @property
    def held(self) -> tuple[Held, ...]:
        return tuple(one for topic in self.topics for one in topic.held)

    @property
    def begun(self) -> bool:
        return any(one.trace for one in self.held)

    @property
    def counts(self) -> dict[Standing, int]:
        return {standing: sum(one.mastery.standing is standing for one in self.held) for standing in Standing}


@dataclass(frozen=True)
class Answered:
    """One answer on an objective. `lead_in` is HTML. `counts`: it moved the schedule, as one in a lesson does not."""

    day: dt.date
    lead_in: str
    verdict: str
    rating: Rating
    freshness: Freshness
    confidence: str | None
    counts: bool
    part: str
    place: Place


@dataclass(frozen=True)
class ObjectiveHeld:
    """One objective with its curve and history. `answers`: the latest HISTORY of `all_answers`, latest first, and the
    rest in `marks`, which holds every answer that moved the schedule as (day, rating, freshness)."""

    held: Held
    topic: str
    today: dt.date
    on: dt.date
    exam: Exam | None
    guess: float
    corrected: bool
    curve: Curve | None
    marks: tuple[Evidence, ...]
    answers: tuple[Answered, ...]
    all_answers: int
    needs: tuple[Held, ...]
    leads_to: tuple[Held, ...]


@dataclass(frozen=True)
class Need:
    """A prerequisite, and where it is taught."""

    slug: str
    statement_html: str
    taught: Taught | None


@dataclass(frozen=True)
class Slipping:
    """What helps with an objective that keeps slipping: the section that teaches it, and what it rests on."""

    slug: str
    lapses: int
    taught: Taught | None
    needs: tuple[Need, ...]


def get_progress(session: Session, actor: Actor, now: dt.datetime) -> Progress:
    """All objectives in teaching order; as many statements for a hundred as for one."""
    desk = get_desk(session, actor, now)
    held = _held(session, desk)
    topics = []
    for topic_id in dict.fromkeys(one.topic for one in desk.objectives):
        own = [one for one in desk.objectives if one.topic == topic_id]
        able = [one for one in own if one.questions]
        begun = any(one.trace for one in able)
        correction = desk.in_force.correction
        ready = None
        if begun:
            ready = forecasting.readiness(able, desk.today, desk.today, w=desk.parameters, correction=correction)
        topic = desk.topics[topic_id]
        topics.append(TopicHeld(topic.slug, topic.body["title"], tuple(held[one.id] for one in own), ready))
    return Progress(
        today=desk.today,
        on=desk.on,
        exam=_exam_on(desk),
        topics=tuple(topics),
        forecast=desk.forecast,
        corrected=desk.corrected,
        unreached=frozenset(desk.named[one].slug for one in desk.forecast.unreached),
        sureness=_sureness(session, actor),
    )


def get_objective(session: Session, actor: Actor, slug: str, now: dt.datetime) -> ObjectiveHeld:
    """One objective. Raises LookupError for a slug that names none that is published."""
    desk = get_desk(session, actor, now)
    objective = next((one for one in desk.objectives if desk.named[one.id].slug == slug), None)
    if objective is None:
        raise LookupError(slug)
    held = _held(session, desk)
    by_slug = {one.slug: one for one in held.values()}
    log = run(session, _LOG, {"learner": actor.id, "objective": objective.id}).all()
    answers = _answers(log)
    shown = list(zip(log, answers, strict=True))[: -HISTORY - 1 : -1]
    versions = get_versions(session, {row.version_id for row, _ in shown})
    guess = guess_on(desk.pool.get(objective.id, ()))
    marks = tuple(answer for row, answer in zip(log, answers, strict=True) if row.schedules)
    return ObjectiveHeld(
        held=held[objective.id],
        topic=desk.topics[objective.topic].body["title"],
        today=desk.today,
        on=desk.on,
        exam=_exam_on(desk),
        guess=guess,
        corrected=desk.corrected,
        curve=progress.curve(
            marks,
            today=desk.today,
            until=desk.on,
            guess=guess,
            asked=objective.asked,
            w=desk.parameters,
            correction=desk.in_force.correction,
        ),
        marks=marks,
        answers=tuple(_answered(row, answer, versions[row.version_id]) for row, answer in shown),
        all_answers=len(log),
        needs=tuple(by_slug[need] for need in held[objective.id].needs if need in by_slug),
        leads_to=tuple(one for one in held.values() if slug in one.needs),
    )


def get_topic_title(session: Session, slug: str) -> str:
    """The title of an objective’s topic. Raises LookupError."""
    objective = published(session, "objective", [slug]).get(slug)
    topic = objective.body["topic"] if objective else ""
    titles = [version.body["title"] for version in published(session, "topic", [topic]).values()]
    if not titles:
        raise LookupError(slug)
    return str(titles[0])


def get_slipping(session: Session, objective: Version, lapses: int) -> Slipping:
    """What to offer for an objective that keeps slipping."""
    taught = where_taught(session)
    needs = published(session, "objective", objective.body.get("needs", ()))
    return Slipping(
        objective.slug,
        lapses,
        taught.get(objective.slug),
        tuple(Need(slug, need.rendered["statement"], taught.get(slug)) for slug, need in needs.items()),
    )


def _held(session: Session, desk: Desk) -> dict[int, Held]:
    taught = where_taught(session)
    guessed = set(session.scalars(_GUESSED, {"learner": desk.actor.id}))
    return {
        one.id: _one_held(desk, one, taught.get(desk.named[one.id].slug), guessed=one.id in guessed)
        for one in desk.objectives
    }


def _one_held(desk: Desk, objective: Objective, taught: Taught | None, *, guessed: bool) -> Held:
    version = desk.named[objective.id]
    pool = desk.pool.get(objective.id, ())
    judged = desk.mastery_of(objective)
    seen = [one.last_seen for one in pool if one.last_seen]
    holds = None
    if objective.trace is not None and judged.standing is Standing.SECURE:
        holds = progress.holds_until(
            objective.trace,
            today=desk.today,
            guess=guess_on(pool),
            asked=objective.asked,
            w=desk.parameters,
            correction=desk.in_force.correction,
        )
    return Held(
        slug=version.slug,
        statement=version.body["statement"],
        statement_html=version.rendered["statement"],
        topic=desk.topics[objective.topic].body["title"],
        mastery=judged,
        trace=objective.trace,
        questions=len(pool),
        fresh=sum(one.new for one in pool),
        guessed=guessed,
        delayed_on=study_day(min(seen) + memory.DELAY, desk.actor.zone) if seen else None,
        holds_until=holds,
        taught=taught,
        needs=tuple(version.body.get("needs", ())),
    )


def _exam_on(desk: Desk) -> Exam | None:
    return next((exam for exam in desk.exams if exam.on == desk.on), None)


def _sureness(session: Session, actor: Actor) -> tuple[Sureness, ...]:
    rows = {row.confidence: row for row in run(session, _SURENESS, {"learner": actor.id})}
    return tuple(
        Sureness(one, Share(row.right, row.answers), row.lucky)
        if (row := rows.get(one.value))
        else Sureness(one, Share(0, 0), 0.0)
        for one in reversed(Confidence)
    )


def _answers(log: Sequence[Row]) -> list[Evidence]:
    """What each answer was to the schedule; a question met before is a repeat, or a delayed one after long enough.

    The parts of a case are one meeting.
    """
    met: dict[int, tuple[int, dt.datetime, Freshness]] = {}
    found = []
    for row in log:
        last = met.get(row.content_id)
        if row.first_exposure:
            fresh = Freshness.NEW
        elif last is None:
            fresh = Freshness.REPEAT
        else:
            fresh = last[2] if last[0] == row.presentation_id else memory.freshness(last[1], row.at)
        met[row.content_id] = (row.presentation_id, row.at, fresh)
        found.append(Evidence(Rating(row.rating), row.study_day, fresh, row.guess))
    return found


def _answered(row: Row, answer: Evidence, version: Version) -> Answered:
    return Answered(
        day=row.study_day,
        lead_in=next(part.content["lead_in"] for part in version.rendered_parts if part.id == row.part),
        verdict=verdict(row),
        rating=answer.rating,
        freshness=answer.freshness,
        confidence=row.confidence,
        counts=row.schedules,
        part=row.part,
        place=Place(row.sitting_id, row.position),
    )


_right = 5 * effective.c.earned >= 4 * effective.c.possible  # `core.grading.Grade.right`
_GUESSED = (
    sa.select(Response.objective_id)
    .join(effective, effective.c.id == Response.id)
    .where(
        Response.learner_id == sa.bindparam("learner"),
        Response.first_exposure,
        Response.schedules,
        Response.confidence == Confidence.GUESS.value,
        effective.c.evidence,
        _right,
    )
    .distinct()
)
_SURENESS = (
    sa.select(
        Response.confidence,
        sa.func.count().label("answers"),
        sa.func.sum(sa.case((_right, 1), else_=0)).label("right"),
        sa.func.avg(Response.guess).label("lucky"),
    )
    .join(effective, effective.c.id == Response.id)
    .where(
        Response.learner_id == sa.bindparam("learner"),
        Response.first_exposure,
        Response.confidence.is_not(None),
        Response.answer.is_not(None),
        effective.c.evidence,
    )
    .group_by(Response.confidence)
)
_LOG = (
    sa.select(
        Response.presentation_id,
        Response.part,
        Response.content_id,
        Response.answer,
        effective.c.rating,
        Response.confidence,
        Response.first_exposure,
        sa.and_(Response.schedules, effective.c.evidence).label("schedules"),
        Response.study_day,
        Response.guess,
        Response.at,
        effective.c.earned,
        effective.c.possible,
        Presentation.version_id,
        Presentation.sitting_id,
        Presentation.position,
    )
    .join(effective, effective.c.id == Response.id)
    .join(Presentation, Presentation.id == Response.presentation_id)
    .join(Sitting, Sitting.id == Presentation.sitting_id)
    .where(
        Response.learner_id == sa.bindparam("learner"),
        Response.objective_id == sa.bindparam("objective"),
        Response.answer.is_not(None),
        released,
    )
    .order_by(Response.id)
)
