"""The cohort that a first look finds: a rotation of the demo instructor, with the demo student in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import DEFAULT
from quizapp.core.windows import wall_time
from quizapp.db.models import Cohort, CohortStaff, User
from quizapp.services.accounts import Actor
from quizapp.services.content import reading
from quizapp.services.teaching import assembling, assigning, cohorts, joining, reviewing
from quizapp.services.teaching.assignments import AFTER, EXAM, LESSON, Wanted

TITLE = "Psychiatry rotation, spring"
TEACHER, STUDENT = "instructor@example.org", "student@example.org"
A_TOPIC = 3
"""Questions on each topic of a demo exam."""


@dataclass(frozen=True)
class Rotation:
    """The demo cohort: who teaches it, and the code to join."""

    teacher: Actor
    cohort_id: int
    code: str


def open_rotation(session: Session, now: dt.datetime) -> Rotation | None:
    """Open the demo cohort with a lesson and an exam for practice to do, once; None where there are no demo people or
    the instructor already teaches something else."""
    teacher, student = _person(session, TEACHER, "instructor"), _person(session, STUDENT, "student")
    if teacher is None:
        return None
    held = session.execute(
        sa.select(Cohort.id, Cohort.title, Cohort.join_code)
        .join(CohortStaff, CohortStaff.cohort_id == Cohort.id)
        .where(CohortStaff.user_id == teacher.id)
        .order_by(Cohort.id)
    ).first()
    if held is not None:
        return Rotation(teacher, held.id, held.join_code) if held.title == TITLE and held.join_code else None
    cohort_id = cohorts.open_cohort(session, teacher, TITLE, DEFAULT.zone, now)
    code = session.scalars(sa.select(Cohort.join_code).where(Cohort.id == cohort_id)).one() or ""
    if student is not None:
        joining.join(session, student, code, practice_visible=True, now=now)
    begins = now - dt.timedelta(days=1)
    lessons = reading.list_lessons(session)
    if lessons:
        plain = _wanted(LESSON, f"Read: {lessons[0].title}"[:120], begins, days=14)
        _give(session, teacher, cohort_id, plain, now, lesson=lessons[0].slug)
    _give(session, teacher, cohort_id, _wanted(EXAM, "Rotation exam, for practice", begins, days=14), now)
    return Rotation(teacher, cohort_id, code)


def give_exam(session: Session, rotation: Rotation, begins: dt.datetime, days: int) -> int | None:
    """A further exam for practice with this window, as if it had been given at its beginning; its id, or None where the
    secure pool is empty."""
    wanted = _wanted(EXAM, "Mid-rotation exam, for practice", begins, days=days)
    return _give(session, rotation.teacher, rotation.cohort_id, wanted, begins)


def release(session: Session, rotation: Rotation, assignment_id: int, now: dt.datetime) -> None:
    """Show learners what came of it, if all who began have handed in."""
    try:
        reviewing.release(session, rotation.teacher, assignment_id, now)
    except reviewing.NotYet:
        return


def _wanted(kind: str, title: str, begins: dt.datetime, *, days: int) -> Wanted:
    opens = wall_time(begins, DEFAULT.zone).replace(minute=0, second=0, microsecond=0)
    return Wanted(
        kind,
        title,
        opens,
        opens + dt.timedelta(days=days),
        DEFAULT.zone,
        limit_minutes=30 if kind == EXAM else None,
        cut_percent=60 if kind == EXAM else None,
        standard="fixed" if kind == EXAM else "",
        show_keys=AFTER,
    )


def _give(
    session: Session, teacher: Actor, cohort_id: int, wanted: Wanted, now: dt.datetime, lesson: str = ""
) -> int | None:
    if wanted.kind == LESSON:
        wanted = replace(wanted, lesson=lesson)
    else:
        supply = assembling.list_supply(session, assembling.mode_of(EXAM, graded=False).pool)
        found = {one.topic: sum(other.questions for other in supply if other.topic == one.topic) for one in supply}
        wanted = replace(wanted, topics={topic: min(A_TOPIC, questions) for topic, questions in found.items()})
        if not wanted.topics:
            return None
    assignment_id = assigning.save_draft(session, teacher, cohort_id, wanted, now)
    assigning.publish(session, teacher, assignment_id, now)
    return assignment_id


def _person(session: Session, email: str, role: str) -> Actor | None:
    row = session.execute(sa.select(User.id, User.name).where(User.email == email)).one_or_none()
    return Actor(row.id, email, row.name, frozenset({role}), DEFAULT, None) if row is not None else None
