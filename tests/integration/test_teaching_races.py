"""Those who teach and those who learn click at once, on both databases: each deed is done once, and nobody fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.db.extension import db
from quizapp.db.models import AuditEvent, Cohort, CohortMember, CohortStaff, Item, Ruling, Sitting
from quizapp.db.session import writing
from quizapp.services import auditing
from quizapp.services.teaching import assignments, joining, marks, reviewing, tasks
from tests.integration.classes import AFTERWARDS, NINE_THIRTY, Class, instructor
from tests.integration.learners import MONDAY, Learner
from tests.integration.test_races import at_once

pytestmark = pytest.mark.usefixtures("content")
ROUNDS = 4


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        with writing(db.session()) as held:
            held.execute(sa.delete(Item).where(Item.type != "single_best_answer"))
        yield db.session()


def deeds_of(session: Session, subject: str, number: int) -> list[str]:
    session.rollback()
    query = sa.select(AuditEvent.deed).where(AuditEvent.subject_kind == subject, AuditEvent.subject_id == str(number))
    return list(session.scalars(query.order_by(AuditEvent.number)))


def test_two_clicks_release_an_exam_once(app: Flask, session: Session) -> None:
    room = Class.new(session, learners=1)
    exam = room.give("exam")
    room.sit(room.learners[0], exam, right=1)
    session.rollback()

    def release(tab: Session) -> None:
        reviewing.release(tab, room.teacher, exam, AFTERWARDS)

    assert at_once(app, release, release, release) == [None, None, None]
    assert deeds_of(session, "assignment", exam).count("release results") == 1
    assert assignments.get_given(session, room.teacher, exam).released_at == AFTERWARDS


def test_who_joins_in_two_tabs_is_in_the_cohort_once(app: Flask, session: Session) -> None:
    room = Class.new(session)
    code = session.scalars(sa.select(Cohort.join_code).where(Cohort.id == room.cohort)).one() or ""
    for _ in range(ROUNDS):
        learner = Learner.new(session)
        session.rollback()
        outcomes = at_once(
            app,
            *(
                lambda tab, who=learner.actor, shows=shows: joining.join(
                    tab, who, code, practice_visible=shows, now=MONDAY
                )
                for shows in (True, False)
            ),
        )
        assert outcomes == ["Psychiatry rotation", "Psychiatry rotation"]
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(CohortMember)) == ROUNDS


def test_two_tabs_begin_one_exam_once(app: Flask, session: Session) -> None:
    room = Class.new(session, learners=ROUNDS)
    exam = room.give("exam")
    session.rollback()
    for learner in room.learners:
        begun = at_once(
            app, *[lambda tab, who=learner.actor: tasks.start(tab, who, exam, NINE_THIRTY) for _ in range(2)]
        )
        assert begun[0] == begun[1], begun
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Sitting)) == ROUNDS


def test_two_who_rule_at_once_are_both_kept_and_the_newest_counts(app: Flask, session: Session) -> None:
    room = Class.new(session, learners=1)
    exam = room.give("exam")
    room.sit(room.learners[0], exam, right=1)
    other = instructor(session, "Second")
    with writing(session):
        session.add(CohortStaff(cohort_id=room.cohort, user_id=other.id, role="co-teacher"))
    item = assignments.get_given(session, room.teacher, exam).items[2]
    session.rollback()
    outcomes = at_once(
        app,
        lambda tab: reviewing.rule(tab, room.teacher, exam, item, "drop", "Two are right.", AFTERWARDS),
        lambda tab: reviewing.rule(tab, other, exam, item, "credit", "The stem misleads.", AFTERWARDS),
    )
    assert outcomes == [None, None]
    session.rollback()
    ruled = session.execute(sa.select(Ruling.choice, Ruling.by_id).order_by(Ruling.id)).all()
    assert {tuple(row) for row in ruled} == {("drop", room.teacher.id), ("credit", other.id)}
    (sat,) = marks.list_sat(session)
    assert (sat.earned, sat.possible) == {"drop": (1, 2), "credit": (2, 3)}[ruled[-1].choice]
    assert deeds_of(session, "assignment", exam).count("rule on question") == 2
    assert auditing.verify(session)[1] is None
