"""A pair of questions that leaks is found in the log, kept, and told to those who work on its bank; nobody else."""

from __future__ import annotations

import datetime as dt
import math
import random
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session

from quizapp.cli.statistics import leaks
from quizapp.db.extension import db
from quizapp.db.models import Content, Item, LeakingPair, Link, PairLook
from quizapp.db.session import writing
from quizapp.services import work
from quizapp.services.accounts import insert_user
from quizapp.services.analysing import pairs
from tests import logs
from tests.integration.authors import appoint
from tests.integration.conftest import Auth
from tests.integration.learners import MONDAY

pytestmark = pytest.mark.usefixtures("content")
BANK = "nassa"
QUESTIONS, LEARNERS = 16, 260
NIGHT = MONDAY.replace(hour=4) + dt.timedelta(days=1)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


def asked_of(session: Session) -> list[logs.Question]:
    """Some questions of one bank, those with fellows on their objective first."""
    own = set(session.scalars(sa.select(Item.content_id).where(Item.bank == BANK)))
    asked = [one for one in logs.questions(session) if one.content_id in own]
    fellows = {one.objective_id: sum(other.objective_id == one.objective_id for other in asked) for one in asked}
    return sorted(asked, key=lambda one: (-fellows[one.objective_id], one.objective_id, one.content_id))[:QUESTIONS]


def study(session: Session, leak: float, learners: int = LEARNERS, seed: int = 1) -> tuple[int, int]:
    """Learners who meet the questions in an order of their own; the first one gives the last away by this many logits.
    Gives both."""
    asked = asked_of(session)
    earlier, later = asked[0].content_id, asked[-1].content_id
    with writing(session):
        people = [
            insert_user(
                session, {"email": f"l{seed}-{n}@example.org", "name": "L", "password": "none"}, ["student"], MONDAY
            )
            for n in range(learners)
        ]
    for person in people:
        logs.write(session, person, meet(asked, person, earlier, later, leak, seed))
    return earlier, later


def meet(
    asked: Sequence[logs.Question], person: int, earlier: int, later: int, leak: float, seed: int
) -> Iterator[dict[str, Any]]:
    rng = random.Random(f"{seed}/{person}")
    theta, met, right_so_far = rng.gauss(0, 1), set[int](), 0
    model = next(logs.study(asked, person, 1, seed=1))
    for place, question in enumerate(rng.sample(list(asked), len(asked))):
        logit = theta - question.difficulty + (leak if question.content_id == later and earlier in met else 0)
        right = rng.random() < 1 / (1 + math.exp(-logit))
        ability = round(100 * math.log((right_so_far + 0.5) / (place - right_so_far + 0.5))) if place >= 5 else None
        right_so_far += right
        met.add(question.content_id)
        yield model | {
            "content_id": question.content_id, "version_id": question.version_id, "line": question.line,
            "objective_id": question.objective_id, "topic_id": question.topic_id, "earned": int(right),
            "first_exposure": True, "ability": ability,
        }  # fmt: skip


def test_a_seeded_pair_is_found_kept_and_told(app: Flask, auth: Auth) -> None:
    teacher = auth.browser("instructor")
    person = auth.sign_in("instructor", client=teacher)
    with app.app_context():
        session = db.session()
        assert pairs.look(session, MONDAY) is None
        appoint(session, person, "author", BANK)
        earlier, later = study(session, leak=3.0)
        looked = pairs.look(session, MONDAY)
        assert looked is not None
        assert looked.new
        assert looked.pairs >= 200
        (pair,) = pairs.list_pairs(session)
        assert (pair.earlier_id, pair.later_id) == (earlier, later)
        assert pair.odds.low > 2
        assert not pair.enemies
        again = pairs.look(session, MONDAY)
        assert again is not None
        assert not again.new, "nothing was answered since"
        slugs = dict(iter(session.execute(sa.select(Content.id, Content.slug))))
        with writing(session):
            session.add(Link(source_id=later, target_id=earlier, role="enemy"))
        assert [one.enemies for one in pairs.list_pairs(session)] == [True]
        own = session.scalars(sa.select(Content.home_id).where(Content.id == later)).one()
        assert len(pairs.list_pairs(session, [own])) == 1
        assert pairs.list_pairs(session, [own], about=earlier + later) == ()
        assert pairs.list_pairs(session, [0]) == ()
    page = teacher.get("/author/statistics")
    assert f"{slugs[earlier]} → {slugs[later]}" in page.text
    assert "They are enemies already" in page.text
    for one in (earlier, later):
        assert "give an answer away" in teacher.get(f"/author/items/{one}/statistics").text
    stranger = auth.browser("instructor", email="other@example.org")
    assert "give each other away" not in stranger.get("/author/statistics").text


def test_no_pair_is_named_where_none_was_seeded(session: Session) -> None:
    study(session, leak=0.0, seed=2)
    looked = pairs.look(session, MONDAY)
    assert looked is not None
    assert looked.pairs >= 200
    assert pairs.list_pairs(session) == ()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_command_names_them(
    app: Flask, session: Session, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quizapp.cli.application.create_app", lambda: app)
    assert "no answer to look at" in runner.invoke(leaks).output
    study(session, leak=3.0)
    session.rollback()
    told = runner.invoke(leaks).output
    assert f"of {LEARNERS} learners" in told
    assert told.count(" → ") == 1
    assert "Nothing was answered since" in runner.invoke(leaks).output


def test_the_night_looks_once_and_two_workers_keep_one_look(app: Flask, session: Session) -> None:
    study(session, leak=0.0, learners=3)
    barrier = threading.Barrier(2)

    def worker() -> None:
        with app.app_context():
            barrier.wait()
            pairs.look(db.session(), MONDAY)
            db.session.remove()

    workers = [threading.Thread(target=worker) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert session.scalar(sa.select(sa.func.count()).select_from(PairLook)) == 1
    study(session, leak=0.0, learners=2, seed=3)
    for _ in range(5):
        work.work_at_night(session, NIGHT)
    assert session.scalar(sa.select(sa.func.count()).select_from(PairLook)) == 2
    assert session.scalar(sa.select(sa.func.count()).select_from(LeakingPair)) == 0
