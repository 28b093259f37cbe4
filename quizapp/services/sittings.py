"""Sessions of questions: those a learner can go on with, those that are over, and what came of them. Reads only."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp.core import modes
from quizapp.core.grading import Confidence, Rating
from quizapp.core.windows import Window
from quizapp.db.models import Mark, Presentation, Regrade, Response, Sitting
from quizapp.db.session import run
from quizapp.services.accounts import Actor
from quizapp.services.versions import get_versions, natural, published_by_id

A_PAGE = 30
"""Sessions listed at a time."""
USUAL_SECONDS = 60
"""Of a question that does not say how long it takes."""


@dataclass(frozen=True)
class Place:
    """Where a question stands: its session, and the position in it, from 0."""

    sitting_id: int
    position: int


@dataclass(frozen=True)
class Chosen:
    """What a session is to ask: content ids of items in order, and the reason for each as data.

    `asked`: what was asked for, to be kept with it. `time_allowed` makes it run against the clock and `window` ends it;
    both are everybody’s, and a person with more time gets more of them; `ends` is a moment that nothing moves.
    `at_most`: further questions follow from the answers, up to so many; None where the items are all of them.
    `assignment_id`: what it is begun for, and `fixed`: what was settled for that beforehand, to be kept with the plan.
    `participation_id`, `purpose`: of an activity with credit.
    """

    mode: modes.Mode
    items: tuple[int, ...]
    reasons: tuple[Mapping[str, Any], ...]
    asked: Mapping[str, Any] = field(default_factory=dict)
    time_allowed: dt.timedelta | None = None
    at_most: int | None = None
    window: Window | None = None
    assignment_id: int | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    ends: dt.datetime | None = None
    participation_id: int | None = None
    purpose: str | None = None

    def plan(self) -> dict[str, Any]:
        """As it is stored with the sitting."""
        stored = {
            "items": list(self.items),
            "reasons": [dict(reason) for reason in self.reasons],
            "asked": dict(self.asked),
            **self.fixed,
        }
        return stored if self.at_most is None else stored | {"at_most": self.at_most}


def questions_of(plan: Mapping[str, Any], shown: int) -> int:
    """How many questions a session with this plan has, of which `shown` were shown; those to come count at most."""
    return max(int(plan.get("at_most", 0)), len(plan["items"]), shown)


@dataclass(frozen=True)
class Sat:
    """A session of questions as listed."""

    id: int
    title: str
    mode: modes.Mode
    started_at: dt.datetime
    deadline: dt.datetime | None
    closed_at: dt.datetime | None
    released: bool
    total: int
    answered: int
    earned: int
    possible: int
    assignment_id: int | None = None
    participation_id: int | None = None


@dataclass(frozen=True)
class Unread:
    """An exam with misses whose reasons were not read yet, and how many."""

    sitting_id: int
    title: str
    closed_at: dt.datetime
    missed: int


@dataclass(frozen=True)
class ResultRow:
    position: int
    number: int
    part: str
    lead_in: str
    objective: str
    verdict: str
    marked: bool


@dataclass(frozen=True)
class ObjectiveRow:
    id: str
    statement: str
    earned: int
    possible: int


@dataclass(frozen=True)
class Results:
    """A closed session; rows and marks are empty until it is released."""

    sat: Sat
    rows: tuple[ResultRow, ...]
    objectives: tuple[ObjectiveRow, ...]


def get_results(session: Session, actor: Actor, sitting_id: int) -> Results:
    """What came of a session. Raises LookupError for another learner’s."""
    sat = get_sat(session, actor, sitting_id)
    if not sat.released:
        return Results(sat, (), ())
    responses = session.execute(_ANSWERED, {"sitting": sitting_id, "learner": actor.id}).all()
    versions = get_versions(session, {row.version_id for row in responses})
    objectives = published_by_id(session, {row.objective_id for row in responses})
    rows, sums = [], defaultdict[int, list[int]](lambda: [0, 0])
    for row in responses:
        version = versions[row.version_id]
        rendered = next(p.content for p in version.rendered_parts if p.id == row.part)
        objective = objectives.get(row.objective_id)
        statement = objective.body["statement"] if objective else ""
        rows.append(
            ResultRow(
                row.position,
                row.position + 1,
                row.part,
                rendered["lead_in"],
                statement,
                verdict(row),
                row.marked_at is not None,
            )
        )
        sums[row.objective_id][0] += row.earned
        sums[row.objective_id][1] += row.possible
    by_objective = tuple(
        ObjectiveRow(version.slug, version.body["statement"], *sums[content_id])
        for content_id, version in sorted(objectives.items(), key=lambda pair: natural(pair[1].slug))
    )
    return Results(sat, tuple(rows), by_objective)


def list_unread(session: Session, actor: Actor) -> tuple[Unread, ...]:
    """Exams with misses that were neither opened nor asked about again since, latest first."""
    rows = run(session, _UNREAD, {"learner": actor.id, "mode": modes.EXAM.name})
    return tuple(Unread(row.id, row.title, row.closed_at, row.missed) for row in rows if not row.plan.get("opened"))


def days_studied(session: Session, actor: Actor, since: dt.date) -> frozenset[dt.date]:
    """Study days from `since` on with at least one answer."""
    days = sa.select(Response.study_day).where(Response.learner_id == actor.id, Response.study_day >= since).distinct()
    return frozenset(session.scalars(days))


def get_sat(session: Session, actor: Actor, sitting_id: int) -> Sat:
    """One session. Raises LookupError for another learner’s."""
    found = _sat(session, actor, Sitting.id == sitting_id)
    if not found:
        raise LookupError(sitting_id)
    return found[0]


def list_sat(session: Session, actor: Actor, *, before: int | None = None, limit: int = A_PAGE) -> tuple[Sat, ...]:
    """The learner’s sessions, latest first, from below the id `before`; lesson questions are not sessions."""
    older = Sitting.id < before if before is not None else sa.true()
    return _sat(session, actor, sa.and_(older, Sitting.mode != modes.LESSON.name), limit)


def list_unfinished(session: Session, actor: Actor, now: dt.datetime) -> tuple[Sat, ...]:
    """Sessions to go on with: not closed, and not past their deadline."""
    running = sa.and_(
        Sitting.closed_at.is_(None),
        Sitting.mode != modes.LESSON.name,
        sa.or_(Sitting.deadline.is_(None), Sitting.deadline > now),
    )
    return _sat(session, actor, running, 5)


def verdict(row: Any) -> str:
    """right, partly, not_right, empty (left empty in an exam), or void: the question counts no more."""
    if row.possible == 0:
        return "void"
    if row.answer is None:
        return "empty"
    if row.earned == row.possible:
        return "right"
    return "partly" if row.earned else "not_right"


def _sat(session: Session, actor: Actor, where: sa.ColumnElement[bool], limit: int = 1) -> tuple[Sat, ...]:
    rows = session.execute(_SAT.where(where).order_by(Sitting.id.desc()).limit(limit), {"learner": actor.id})
    return tuple(
        Sat(
            id=sitting.id,
            title=sitting.title,
            mode=modes.MODES[sitting.mode],
            started_at=sitting.started_at,
            deadline=sitting.deadline,
            closed_at=sitting.closed_at,
            released=sitting.released_at is not None or modes.MODES[sitting.mode].feedback_at_once,
            total=(questions or 0) if sitting.closed_at else questions_of(sitting.plan, questions or 0),
            answered=answered or 0,
            earned=earned or 0,
            possible=possible or 0,
            assignment_id=sitting.assignment_id,
            participation_id=sitting.participation_id,
        )
        for sitting, answered, earned, possible, questions in rows
    )


_other_regrade = aliased(Regrade)
_newest_regrade = (
    sa.select(sa.func.max(_other_regrade.id))
    .where(_other_regrade.response_id == Response.id)
    .correlate(Response)
    .scalar_subquery()
)
effective = (
    sa.select(
        Response.id,
        sa.func.coalesce(Regrade.earned, Response.earned).label("earned"),
        sa.func.coalesce(Regrade.possible, Response.possible).label("possible"),
        sa.func.coalesce(Regrade.evidence, sa.true()).label("evidence"),
        sa.case(
            (Regrade.id.is_(None), Response.rating),
            # As `core.grading.rate` would rate the new mark.
            (
                sa.and_(
                    5 * Regrade.earned >= 4 * Regrade.possible,
                    sa.func.coalesce(Response.confidence, "") != Confidence.GUESS.value,
                ),
                Rating.GOOD.value,
            ),
            else_=Rating.AGAIN.value,
        ).label("rating"),
    )
    .outerjoin(Regrade, Regrade.id == _newest_regrade)
    .subquery("effective")
)
"""The mark that counts: the newest regrade, else the mark given at the time; 0 of 0 where the question counts no more.

`evidence`: whether the answer tells what the learner knows; `rating`: what it then tells memory.
"""

released = sa.or_(
    Sitting.released_at.is_not(None),
    Sitting.mode.in_([mode.name for mode in modes.MODES.values() if mode.feedback_at_once]),
)
"""Sessions whose feedback may be seen."""


def _of_learner(rows: type[Presentation | Response]) -> sa.ColumnElement[bool]:
    """Only the rows of `:learner`: a sum by session would go through everybody’s answers."""
    return rows.learner_id == sa.bindparam("learner")


_sums = (
    sa.select(
        Presentation.sitting_id,
        sa.func.count(sa.distinct(Presentation.id)).label("answered"),
        sa.func.sum(effective.c.earned).label("earned"),
        sa.func.sum(effective.c.possible).label("possible"),
    )
    .join(Response, Response.presentation_id == Presentation.id)
    .join(effective, effective.c.id == Response.id)
    .where(_of_learner(Presentation), _of_learner(Response))
    .group_by(Presentation.sitting_id)
    .subquery("sums")
)
_questions = (
    sa.select(sa.func.count())
    .where(Presentation.sitting_id == Sitting.id, ~Presentation.replaced)
    .correlate(Sitting)
    .scalar_subquery()
)
"""How many questions of a session were shown."""

_SAT = (
    sa.select(Sitting, _sums.c.answered, _sums.c.earned, _sums.c.possible, _questions.label("questions"))
    .select_from(Sitting)
    .outerjoin(_sums, _sums.c.sitting_id == Sitting.id)
    .where(Sitting.learner_id == sa.bindparam("learner"))
)
# The columns of a subquery are made when they are first named, and two threads that name them at once get two sets of
# them: what is joined to what is then undecidable, and the page fails. So they are named here, by one thread.

_ANSWERED = (
    sa.select(
        Presentation.position,
        Presentation.version_id,
        Response.part,
        Response.objective_id,
        Response.answer,
        effective.c.earned,
        effective.c.possible,
        Mark.at.label("marked_at"),
    )
    .join(Response, Response.presentation_id == Presentation.id)
    .join(effective, effective.c.id == Response.id)
    .outerjoin(Mark, sa.and_(Mark.content_id == Presentation.content_id, Mark.learner_id == Presentation.learner_id))
    .where(
        Presentation.sitting_id == sa.bindparam("sitting"),
        Presentation.learner_id == sa.bindparam("learner"),
        Response.learner_id == sa.bindparam("learner"),  # else SQLite goes through everybody's answers
    )
    .order_by(Presentation.position, Response.id)
)

_later = aliased(Response)
_UNREAD = (
    sa.select(
        Sitting.id,
        Sitting.title,
        Sitting.plan,
        Sitting.closed_at,
        sa.func.count(sa.distinct(Presentation.id)).label("missed"),
    )
    .join(Presentation, Presentation.sitting_id == Sitting.id)
    .join(Response, Response.presentation_id == Presentation.id)
    .join(effective, effective.c.id == Response.id)
    .where(
        Sitting.learner_id == sa.bindparam("learner"),
        _of_learner(Response),
        Sitting.mode == sa.bindparam("mode"),
        Sitting.released_at.is_not(None),
        effective.c.earned < effective.c.possible,
        ~sa.exists().where(
            _later.learner_id == Sitting.learner_id,
            _later.objective_id == Response.objective_id,
            _later.at > Sitting.closed_at,
        ),
    )
    .group_by(Sitting.id)
    .order_by(Sitting.id.desc())
    .limit(5)
)
