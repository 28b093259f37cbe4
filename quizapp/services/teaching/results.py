"""What came of an assignment, for the learner who sat it: as much as has been released. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.marking import Peers, Score, among_peers
from quizapp.core.windows import Allowance
from quizapp.db.models import Accommodation, Presentation, Response, Sitting
from quizapp.services.accounts import Actor
from quizapp.services.sittings import ObjectiveRow, effective
from quizapp.services.teaching import challenging, marks
from quizapp.services.teaching.challenging import Thread
from quizapp.services.teaching.tasks import Task
from quizapp.services.versions import Row, get_versions, published_by_id


@dataclass(frozen=True)
class Asked:
    """A question whose keys were released. `verdict`: right, partly, not_right or empty, whatever was ruled; `ruling`:
    what was decided about it, "" for nothing."""

    position: int
    number: int
    content_id: int
    lead_in: str
    verdict: str
    ruling: str
    ruling_reason: str
    threads: tuple[Thread, ...]


@dataclass(frozen=True)
class Result:
    """What may be seen. `score` is None while it is held back, `passed` where there is no pass mark; `objectives` and
    `questions` are empty while they are held back, objectives with most to gain first; `peers`: how the others did, if
    they are enough."""

    score: Score | None
    passed: bool | None
    objectives: tuple[ObjectiveRow, ...]
    questions: tuple[Asked, ...]
    peers: Peers | None


NOTHING = Result(None, None, (), (), None)


def get_result(session: Session, actor: Actor, task: Task) -> Result:
    """What this learner may see of the attempt that counts."""
    first = task.first
    if first is None or first.closed_at is None:
        return NOTHING
    score = marks.score_of(first, task.wanted, task.allowance) if task.shows("score") else None
    cut = task.wanted.cut_percent
    return Result(
        score=score,
        passed=score.passes(cut) if score is not None and cut is not None else None,
        objectives=_objectives(session, first.sitting_id) if task.shows("objectives") else (),
        questions=_questions(session, actor, task, first.sitting_id) if task.shows("keys") else (),
        peers=_peers(session, actor, task) if score is not None else None,
    )


def _objectives(session: Session, sitting_id: int) -> tuple[ObjectiveRow, ...]:
    sums = marks.by_objective(session, sitting_id)
    versions = published_by_id(session, sums)
    return tuple(
        ObjectiveRow(version.slug, version.body["statement"], *sums[content_id])
        for content_id, version in sorted(versions.items(), key=lambda pair: (_share(sums[pair[0]]), pair[1].slug))
        if sums[content_id][1]
    )


def _share(marks_of: tuple[int, int]) -> float:
    return marks_of[0] / marks_of[1] if marks_of[1] else 1.0


def _questions(session: Session, actor: Actor, task: Task, sitting_id: int) -> tuple[Asked, ...]:
    rows = session.execute(
        sa.select(
            Presentation.position,
            Presentation.content_id,
            Presentation.version_id,
            marks.ruled.c.choice,
            marks.ruled.c.reason,
            sa.func.count(Response.answer).label("answered"),
            sa.func.sum(effective.c.earned).label("earned"),
            sa.func.sum(effective.c.possible).label("possible"),
        )
        .outerjoin(Response, Response.presentation_id == Presentation.id)
        .outerjoin(effective, effective.c.id == Response.id)
        .outerjoin(
            marks.ruled,
            sa.and_(
                marks.ruled.c.assignment_id == task.id,
                marks.ruled.c.content_id == Presentation.content_id,
                marks.ruled.c.choice != "keep",
            ),
        )
        .where(Presentation.sitting_id == sitting_id, ~Presentation.replaced)
        .group_by(Presentation.id, marks.ruled.c.choice, marks.ruled.c.reason)
        .order_by(Presentation.position)
    ).all()
    versions = get_versions(session, {row.version_id for row in rows})
    threads = challenging.list_threads(session, task.id, reader_id=actor.id)
    return tuple(
        Asked(
            row.position,
            row.position + 1,
            row.content_id,
            str(versions[row.version_id].rendered_parts[0].content["lead_in"]),
            _verdict(row),
            row.choice or "",
            row.reason or "",
            threads.get(row.content_id, ()),
        )
        for row in rows
    )


def _verdict(row: Row) -> str:
    if not row.answered:
        return "empty"
    if row.earned == row.possible:
        return "right"
    return "partly" if row.earned else "not_right"


def _peers(session: Session, actor: Actor, task: Task) -> Peers | None:
    """How everybody else in the cohort did, each by the attempt that counts."""
    sat = marks.firsts(marks.list_sat(session, Sitting.assignment_id == task.id))
    others = [one for one in sat.values() if one.learner_id != actor.id]
    allowances = {
        row.user_id: Allowance(row.time_percent, row.break_minutes)
        for row in session.execute(
            sa.select(Accommodation.user_id, Accommodation.time_percent, Accommodation.break_minutes).where(
                Accommodation.user_id.in_([one.learner_id for one in others])
            )
        )
    }
    scores = [marks.score_of(one, task.wanted, allowances.get(one.learner_id, Allowance())) for one in others]
    return among_peers([score.percent for score in scores if score is not None])
