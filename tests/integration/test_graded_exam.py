"""An exam that counts, from questions that a clinician signed to its released result: held, from the secure pool, and
shut again to a question that changes after it was signed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.db.extension import db
from quizapp.db.models import Ability, Assignment, ContentVersion, Item, Memory, Presentation, Published, Response
from quizapp.db.session import writing
from quizapp.formats.native import ItemHead
from quizapp.formats.signing import version_of
from quizapp.services import replaying
from quizapp.services.content.credit import not_graded
from quizapp.services.content.making import fields_of
from quizapp.services.teaching import assembling, assigning, results, reviewing, tasks
from tests.integration.classes import AFTERWARDS, NINE_THIRTY, Class
from tests.integration.learners import MONDAY

pytestmark = pytest.mark.usefixtures("content")
TOPIC, SIZE = "nassa", 3


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The content with single best answers only; nothing of it is signed."""
    with app.app_context():
        with writing(db.session()) as held:
            held.execute(sa.delete(Item).where(Item.type != "single_best_answer"))
        yield db.session()


def sign_all(session: Session) -> None:
    """Put a signature under every version of the secure pool, as if it had been loaded so. Before anything reads it."""
    rows = session.execute(
        sa.select(ContentVersion.id, ContentVersion.body)
        .join(Published, Published.version_id == ContentVersion.id)
        .join(Item, Item.content_id == Published.content_id)
        .where(Item.pool == "secure")
    ).all()
    with writing(session):
        for row in rows:
            fields = fields_of("item", row.body)
            assert isinstance(fields, ItemHead)
            signed = {"by": "A. Reader", "credentials": "MD", "on": "2026-11-01", "version": version_of(fields)}
            body = row.body | {"signoff": signed}
            session.execute(sa.update(ContentVersion).where(ContentVersion.id == row.id).values(body=body))


def test_a_graded_exam_from_signed_questions_to_its_release(session: Session) -> None:
    sign_all(session)
    room = Class.new(session, learners=2)
    mira, ben = room.learners
    wanted = {"topics": {TOPIC: SIZE}, "graded": True, "cut_percent": 60, "standard": "fixed"}
    exam = room.give("exam", **wanted)
    row = session.execute(sa.select(Assignment.plan, Assignment.graded).where(Assignment.id == exam)).one()
    assert row.graded
    assert len(row.plan["items"]) == SIZE
    slugs = session.scalars(
        sa.text("SELECT slug FROM content WHERE id IN :ids").bindparams(
            sa.bindparam("ids", value=row.plan["items"], expanding=True)
        )
    ).all()
    assert not_graded(session, slugs) == {}
    task = tasks.get_task(session, mira.actor, exam, NINE_THIRTY)
    assert task.wanted.graded
    room.sit(mira, exam, right=2)
    with pytest.raises(tasks.Refused, match="attempt"):
        tasks.start(session, mira.actor, exam, NINE_THIRTY)
    room.sit(ben, exam, right=1)
    pools = session.scalars(sa.select(Item.pool).join(Presentation, Presentation.content_id == Item.content_id)).all()
    assert set(pools) == {"secure"}
    assert set(session.scalars(sa.select(Response.mode))) == {"graded"}
    assert session.scalars(sa.select(Memory)).all() == []
    assert session.scalars(sa.select(Ability)).all() == []
    held = results.get_result(session, mira.actor, tasks.get_task(session, mira.actor, exam, AFTERWARDS))
    assert held == results.NOTHING

    reviewing.release(session, room.teacher, exam, AFTERWARDS)
    told = {
        learner.actor.id: results.get_result(
            session, learner.actor, tasks.get_task(session, learner.actor, exam, AFTERWARDS)
        )
        for learner in (mira, ben)
    }
    scores = {who: one.score for who, one in told.items()}
    assert [(score.earned, score.possible) for score in scores.values() if score] == [(2, 3), (1, 3)]
    assert [one.passed for one in told.values()] == [True, False]
    assert all(len(one.questions) == SIZE for one in told.values())
    assert replaying.replay(session) == []


def test_a_question_that_changed_after_it_was_signed_may_not_count(session: Session) -> None:
    sign_all(session)
    with writing(session):
        rows = session.execute(
            sa.select(ContentVersion.id, ContentVersion.body)
            .join(Published, Published.version_id == ContentVersion.id)
            .join(Item, Item.content_id == Published.content_id)
            .where(Item.pool == "secure")
        ).all()
        for row in rows:
            body = row.body | {"lead_in": row.body["lead_in"] + " Choose one."}
            session.execute(sa.update(ContentVersion).where(ContentVersion.id == row.id).values(body=body))
    room = Class.new(session)
    draft = assigning.save_draft(
        session,
        room.teacher,
        room.cohort,
        room.wanted(topics={TOPIC: SIZE}, graded=True),
        MONDAY - dt.timedelta(days=1),
    )
    with pytest.raises(assembling.Unsigned) as unsigned:
        assigning.publish(session, room.teacher, draft, MONDAY)
    assert any(
        "has changed since it was signed" in why for reasons in unsigned.value.reasons.values() for why in reasons
    )
