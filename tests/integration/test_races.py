"""Two browsers at once, on both databases: whatever interleaves, the record is the sum of its log.

Each race is run many times from two threads with connections of their own. With QUIZAPP_TEST_PLAIN_TRANSACTIONS=1 in
the environment `writing()` is replaced by an ordinary transaction, and these tests must fail.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.db import session as db_session
from quizapp.db.extension import db
from quizapp.db.models import Exposure, Memory, Response, Sitting
from quizapp.services import asking, examining, replaying
from quizapp.services.answering import Answered
from tests.integration.learners import Learner, only_single_best_answers

pytestmark = pytest.mark.usefixtures("content")
ROUNDS = 12


@contextmanager
def plain(session: Session, lock: object = None) -> Iterator[Session]:
    """What a transaction is without `writing()`: begun by its first read, queued by nobody."""
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


@pytest.fixture(autouse=True)
def as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.environ.get("QUIZAPP_TEST_PLAIN_TRANSACTIONS") == "1":
        from quizapp.services import annotating, answering

        for module in (annotating, answering, asking, examining, replaying):
            monkeypatch.setattr(module, "writing", plain)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        only_single_best_answers(db.session())
        yield db.session()


def at_once(app: Flask, *deeds: Callable[[Session], Any]) -> list[Any]:
    """Run the deeds in threads that start together; gives back what each returned or raised."""
    barrier = threading.Barrier(len(deeds))
    outcomes: list[Any] = [None] * len(deeds)

    def run(number: int, deed: Callable[[Session], Any]) -> None:
        with app.app_context():
            session = db.session()
            try:
                session.execute(sa.select(1))  # a page was read before the click: a read transaction is open
                barrier.wait()
                outcomes[number] = deed(session)
            except Exception as error:
                outcomes[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "two deeds wait for each other"
    return outcomes


def test_one_question_answered_in_two_tabs_is_answered_once(app: Flask, session: Session) -> None:
    for _ in range(ROUNDS):
        learner = Learner.new(session)
        shown = learner.question(learner.start(size=1)).presentation_id
        outcomes = at_once(
            app,
            lambda tab, who=learner, p=shown: who.on(tab).answer(p, right=True),
            lambda tab, who=learner, p=shown: who.on(tab).answer(p, right=False),
        )
        assert [type(outcome) for outcome in outcomes] == [Answered, Answered], outcomes
        assert sorted(outcome.repeated for outcome in outcomes) == [False, True]
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == ROUNDS
    assert replaying.replay(session) == []


def test_two_questions_on_one_objective_answered_at_once_both_count(app: Flask, session: Session) -> None:
    """The first answers ever on an objective, from two sessions: the second must see what the first has stored."""
    for _ in range(ROUNDS):
        learner = Learner.new(session)
        objective = session.scalars(sa.text("SELECT objective_id FROM item GROUP BY 1 HAVING COUNT(*) > 1")).first()
        slug = session.scalars(sa.text("SELECT slug FROM content WHERE id = :id"), {"id": objective}).one()
        first, second = (
            learner.question(learner.start(size=1, objectives=(slug,), seed=seed)).presentation_id for seed in (1, 2)
        )
        outcomes = at_once(
            app,
            lambda tab, who=learner, p=first: who.on(tab).answer(p),
            lambda tab, who=learner, p=second: who.on(tab).answer(p),
        )
        assert [type(outcome) for outcome in outcomes] == [Answered, Answered], outcomes
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).where(Memory.learner_id == learner.actor.id)) == 1
        times = session.scalar(sa.select(sa.func.sum(Exposure.times)).where(Exposure.learner_id == learner.actor.id))
        assert times == 2
    assert replaying.replay(session) == []


def test_a_double_click_on_start_starts_one_session(app: Flask, session: Session) -> None:
    for number in range(ROUNDS):
        learner = Learner.new(session)
        clicks = [lambda tab, who=learner, k=f"form {number}": who.on(tab).start(key=k, size=2)] * 2
        first, second = at_once(app, *clicks)
        assert first == second
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Sitting)) == ROUNDS


def test_an_exam_closed_by_its_learner_and_by_the_background_work_at_once_is_graded_once(
    app: Flask, session: Session
) -> None:
    for _ in range(ROUNDS):
        learner = Learner.new(session)
        exam = learner.start(size=3, exam=True, minutes=1)
        deadline = learner.question(exam).deadline
        assert deadline is not None
        outcomes = at_once(
            app,
            lambda tab, who=learner, e=exam, d=deadline: examining.hand_in(tab, who.actor, e, d),
            lambda tab, d=deadline: examining.close_expired(tab, d),
        )
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).where(Response.learner_id == learner.actor.id)) == 3
    assert replaying.replay(session) == []


def test_learners_who_answer_the_same_question_at_once_are_all_counted(app: Flask, session: Session) -> None:
    learners = [Learner.new(session) for _ in range(8)]
    shown = [learner.question(learner.start(size=1, seed=3)).presentation_id for learner in learners]
    outcomes = at_once(
        app,
        *(lambda tab, who=learner, p=p: who.on(tab).answer(p) for learner, p in zip(learners, shown, strict=True)),
    )
    assert [type(outcome) for outcome in outcomes] == [Answered] * 8, outcomes
    session.rollback()
    assert replaying.replay(session) == []


def test_writing_sees_what_was_committed_while_it_waited(app: Flask, session: Session) -> None:
    """A value read before `writing()` is stale; one read inside is not."""
    learner = Learner.new(session)

    def rename(tab: Session) -> None:
        with db_session.writing(tab, db_session.Lock(learner=learner.actor.id)):
            name = tab.execute(sa.text('SELECT name FROM "user" WHERE id = :id'), {"id": learner.actor.id}).scalar_one()
            tab.execute(
                sa.text('UPDATE "user" SET name = :name WHERE id = :id'), {"name": name + "+", "id": learner.actor.id}
            )

    outcomes = at_once(app, *[rename] * 6)
    assert outcomes == [None] * 6
    session.rollback()
    name = session.execute(sa.text('SELECT name FROM "user" WHERE id = :id'), {"id": learner.actor.id}).scalar_one()
    assert name == "Learner" + "+" * 6
