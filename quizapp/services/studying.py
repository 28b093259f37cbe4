"""What a learner should study now, and where the learner stands: the schedule as the tables give it. Reads only."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import ability, correction, forecasting, mastery, memory, modes, planning, selection
from quizapp.core.ability import Ability
from quizapp.core.mastery import Mastery
from quizapp.core.planning import Load
from quizapp.core.preferences import Choices, local_date
from quizapp.core.selection import Candidate, Objective
from quizapp.core.study_day import study_day
from quizapp.db import models
from quizapp.db.models import Item, Memory, Response
from quizapp.services import folding, practised
from quizapp.services.accounts import Actor, Exam, exams_of
from quizapp.services.composing import NothingToAsk, candidates
from quizapp.services.practised import InForce
from quizapp.services.sittings import USUAL_SECONDS, Chosen
from quizapp.services.versions import Version, natural, published_kinds

LIGHT_DAY = 0.5
"""The part of the usual minutes that a light day holds."""
MORE = 10
"""How many questions are asked beyond the plan of a day."""


@dataclass(frozen=True)
class Desk:
    """Everything a plan is made from, for one learner at one moment.

    `objectives` are in teaching order, with and without questions; `named` and `topics` are their entries by id.
    `spent_seconds`: what was studied on this study day already. `at_rest`: the examination after which the learner
    chose to pause or to archive, while no other is ahead.
    """

    actor: Actor
    now: dt.datetime
    today: dt.date
    objectives: tuple[Objective, ...]
    named: Mapping[int, Version]
    topics: Mapping[int, Version]
    pool: Mapping[int, tuple[Candidate, ...]]
    abilities: Mapping[int, Ability]
    exams: tuple[Exam, ...]
    at_rest: Exam | None
    spent_seconds: float
    in_force: InForce

    @property
    def parameters(self) -> memory.Parameters:
        """Of the learner’s memory."""
        return self.in_force.parameters

    @property
    def corrected(self) -> bool:
        """Whether recall is corrected by the answers of all learners."""
        return self.in_force.correction != correction.NONE

    @property
    def load(self) -> Load:
        return load_of(self.actor.choices)

    @cached_property
    def exam_days(self) -> tuple[dt.date, ...]:
        """The examinations that are not over yet."""
        today = local_date(self.now, self.actor.zone)
        return tuple(exam.on for exam in self.exams if exam.on >= today)

    @cached_property
    def on(self) -> dt.date:
        """The day that counts: the next examination, else a month from today."""
        return planning.horizon(self.today, self.exam_days)

    @cached_property
    def plan(self) -> planning.Today:
        """What to ask about today; the same on every look until something is answered."""
        return planning.build(
            self.objectives,
            self.load,
            today=self.today,
            exams=self.exam_days,
            spent_seconds=self.spent_seconds,
            w=self.parameters,
        )

    @cached_property
    def forecast(self) -> forecasting.Forecast:
        """The days ahead if the plan is followed."""
        return forecasting.forecast(
            self.objectives,
            self.load,
            today=self.today,
            exams=self.exam_days,
            spent_seconds=self.spent_seconds,
            learner_id=self.actor.id,
            w=self.parameters,
            correction=self.in_force.correction,
        )

    def mastery_of(self, objective: Objective) -> Mastery:
        """What may be said of one objective, on the day that counts."""
        pool = self.pool.get(objective.id, ())
        return mastery.judge(
            objective.trace,
            today=self.today,
            on=self.on,
            guess=guess_on(pool),
            fresh_left=any(one.freshness(self.now) is not memory.Freshness.REPEAT for one in pool),
            asked=objective.asked,
            w=self.parameters,
            correction=self.in_force.correction,
        )


def get_desk(session: Session, actor: Actor, now: dt.datetime) -> Desk:
    """Read it all, in about a dozen statements whatever the number of questions."""
    today = study_day(now, actor.zone)
    named, topics = published_kinds(session, "objective", "topic")
    ids = {slug: version.content_id for slug, version in named.items()}
    pool: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in candidates(session, actor.id):
        pool[candidate.objective].append(candidate)
    traces = {
        row.objective_id: folding.trace_of(row)
        for row in session.execute(sa.select(models.table(Memory)).where(Memory.learner_id == actor.id))
    }
    abilities = {
        row.topic_id: folding.ability_of(row)
        for row in session.execute(sa.select(models.table(models.Ability)).where(models.Ability.learner_id == actor.id))
    }
    ordered = sorted(
        (version for version in named.values() if version.body["topic"] in topics),
        key=lambda version: (topics[version.body["topic"]].body["order"], natural(version.slug)),
    )
    objectives = tuple(
        _objective(version, topics[version.body["topic"]].content_id, ids, pool, traces, abilities)
        for version in ordered
    )
    exams = exams_of(session, actor.id)
    return Desk(
        actor=actor,
        now=now,
        today=today,
        objectives=objectives,
        named={version.content_id: version for version in ordered},
        topics={version.content_id: version for version in topics.values()},
        pool={key: tuple(found) for key, found in pool.items()},
        abilities=abilities,
        exams=exams,
        at_rest=_at_rest(exams, local_date(now, actor.zone)),
        spent_seconds=_spent_seconds(session, actor, today, now),
        in_force=practised.in_force(session, actor.id),
    )


def choose_review(session: Session, actor: Actor, now: dt.datetime, seed: int) -> Chosen:
    """The questions of today’s plan, one for each objective; the one that is too long for what is left of the day if
    there is no other. Raises NothingToAsk."""
    desk = get_desk(session, actor, now)
    too_long = desk.plan.too_long
    return _choose(desk, desk.plan.asked or ((too_long,) if too_long else ()), seed)


def choose_more(session: Session, actor: Actor, now: dt.datetime, seed: int) -> Chosen:
    """Up to MORE questions although the day is done, free, or all is covered. Raises NothingToAsk.

    They are what a day without limit would go on with, and where that is nothing, a mix of what comes due soonest.
    """
    desk = get_desk(session, actor, now)
    free = replace(desk.actor.choices, rest_days=(), light_days=())
    plan = planning.build(
        desk.objectives,
        load_of(free),
        today=desk.today,
        exams=desk.exam_days,
        w=desk.parameters,
    )
    return _choose(desk, plan.asked[:MORE] or _soonest(desk), seed)


def _soonest(desk: Desk) -> tuple[selection.Asked, ...]:
    """The studied objectives that come due soonest; those that were asked about today come last."""
    studied = [(one, one.trace) for one in desk.objectives if one.trace is not None and one.questions]
    studied.sort(key=lambda pair: (selection.asked_on(pair[0], desk.today), pair[1].due))
    chosen = [
        (selection.Asked(one.id, selection.why(one, desk.today, w=desk.parameters), 0.0, one.seconds), one.topic)
        for one, _ in studied[:MORE]
    ]
    return selection.interleave(chosen, {})


def _choose(desk: Desk, wanted: Iterable[selection.Asked], seed: int) -> Chosen:
    rng = random.Random(seed)
    items: list[int] = []
    reasons: list[dict[str, object]] = []
    barred: set[int] = set()
    by_item = {one.item: one for pool in desk.pool.values() for one in pool}
    objective_of = {one.id: one for one in desk.objectives}
    for asked in wanted:
        theta = desk.abilities.get(objective_of[asked.objective].topic, Ability()).theta
        pool = desk.pool[asked.objective]
        trace = objective_of[asked.objective].trace
        pick = selection.choose_item(
            pool,
            now=desk.now,
            rng=rng,
            theta=theta,
            barred=barred,
            repeats=desk.in_force.repeats,
            shown=trace is not None and mastery.is_shown(trace.evidence),
        )
        if pick is None:
            continue
        items.append(pick.item)
        barred |= {pick.item, *by_item[pick.item].enemies}
        last_seen = pick.last_seen.isoformat() if pick.last_seen else None
        reasons.append(
            {"reason": asked.why.cause.value, "freshness": pick.freshness.value, "last_seen": last_seen}
            | _corrected(asked.why, objective_of[asked.objective], desk).data()
            | ({"again": pick.again.value} if pick.again else {})
        )
    if not items:
        raise NothingToAsk("Nothing is due now. Build a block of your own, or come back on the next day.")
    return Chosen(modes.REVIEW, tuple(items), tuple(reasons))


def _corrected(why: selection.Why, objective: Objective, desk: Desk) -> selection.Why:
    """The reason with the recall that a learner is told."""
    if why.recall is None or why.days is None:
        return why
    return replace(why, recall=desk.in_force.correction.known(why.recall, why.days, objective.asked))


def load_of(choices: Choices) -> Load:
    return Load(choices.minutes_a_day, choices.rest_days, dict.fromkeys(choices.light_days, LIGHT_DAY))


def guess_on(pool: tuple[Candidate, ...]) -> float:
    """The chance of a blind guess on a question of this objective; that of four options where there is none."""
    return sum(one.guess for one in pool) / len(pool) if pool else 0.25


def _objective(
    version: Version,
    topic_id: int,
    ids: Mapping[str, int],
    pools: Mapping[int, list[Candidate]],
    traces: Mapping[int, memory.Trace],
    abilities: Mapping[int, Ability],
) -> Objective:
    pool = pools.get(version.content_id, [])
    level = sum(one.difficulty for one in pool) / len(pool) if pool else 0.0
    return Objective(
        id=version.content_id,
        topic=topic_id,
        trace=traces.get(version.content_id),
        knows=ability.knows(abilities.get(topic_id, Ability()).theta, level),
        seconds=sum(one.seconds for one in pool) / len(pool) if pool else 60.0,
        weight=float(version.body["weight"]),
        questions=len(pool),
        unseen=sum(one.new for one in pool),
        asked=sum(one.times_seen for one in pool),
        last_at=max((one.last_seen for one in pool if one.last_seen), default=None),
        needs=frozenset(ids[slug] for slug in version.body.get("needs", ()) if slug in ids),
    )


def _at_rest(exams: tuple[Exam, ...], today: dt.date) -> Exam | None:
    if any(exam.on >= today for exam in exams):
        return None
    latest = exams[-1] if exams else None
    return latest if latest and latest.afterwards in ("pause", "archive") else None


def _spent_seconds(session: Session, actor: Actor, today: dt.date, now: dt.datetime) -> float:
    """Time studied on this study day: as measured, and as expected where nothing was."""
    seconds = sa.func.coalesce(Response.elapsed_ms / 1000.0, Item.seconds, USUAL_SECONDS)
    spent = (
        sa.select(sa.func.coalesce(sa.func.sum(seconds), 0))
        .select_from(Response)
        .outerjoin(Item, Item.content_id == Response.content_id)
        .where(Response.learner_id == actor.id, Response.study_day == today, Response.at > now - dt.timedelta(days=2))
    )
    return float(session.scalar(spent) or 0)
