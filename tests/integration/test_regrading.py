"""A changed key reaches the answers given before as its author chose: all of them, once, and a replay agrees."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.grading import Confidence
from quizapp.db.extension import db
from quizapp.db.models import Ability, KeyChange, Memory, Regrade, Response
from quizapp.services import error_log, examining, explaining, progressing, regrading, replaying, sittings
from quizapp.services.accounts import Actor
from quizapp.services.answering import Answered
from quizapp.services.authoring import consequences, drafting, publishing
from quizapp.services.authoring.releasing import Choice
from quizapp.services.authoring.reviewing import Refused
from tests.databases import environment
from tests.integration.authors import NOW
from tests.integration.learners import Learner
from tests.integration.studio import LATER, approve, change, item, load_good, member, release, swapped

SETTLED = LATER + dt.timedelta(minutes=5)
KILLED_MIDWAY = """
import datetime, os, signal, sys
from quizapp.app import create_app
from quizapp.db.extension import db
from quizapp.services import regrading, replaying
replaying.refold = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with create_app().app_context():
    regrading.regrade_due(db.session(), datetime.datetime.fromisoformat(sys.argv[1]))
"""
"""A worker that the system kills after new marks were written and before they were folded."""


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        load_good(db.session())
        yield db.session()


@dataclass
class World:
    """Learners who have answered brakes-1, whose key was “a”: `right` with it, `wrong` with “b” and sure, `examined`
    with “b” in an exam that is over, `sitting` in one that runs. `places` are those of their sessions."""

    right: Learner
    wrong: Learner
    examined: Learner
    sitting: Learner
    places: dict[str, int]
    author: Actor
    reviewer: Actor
    entry: int


@pytest.fixture
def world(session: Session) -> World:
    right, wrong, examined, sitting = (Learner.new(session) for _ in range(4))
    places = {"right": right.start(NOW, size=1), "wrong": wrong.start(NOW, size=1)}
    right.answer(right.question(places["right"], 0, NOW).presentation_id, NOW)
    answered = _choose(wrong, places["wrong"], "b", Confidence.SURE)
    assert isinstance(answered, Answered)
    for name, learner in (("examined", examined), ("sitting", sitting)):
        places[name] = learner.start(NOW, size=1, exam=True, minutes=120)
        shown = learner.question(places[name], 0, NOW).presentation_id
        examining.save(session, learner.actor, shown, _submission(learner, shown, "b"), fix=False, now=NOW)
    examining.hand_in(session, examined.actor, places["examined"], NOW)
    return World(
        right, wrong, examined, sitting, places, member(session, "author"), member(session, "reviewer"), item(session)
    )


def _submission(learner: Learner, shown: int, option: str, confidence: Confidence | None = None) -> object:
    from quizapp.db.models import Presentation
    from quizapp.services.answering import Submission

    layout = learner.session.execute(sa.select(Presentation.layout).where(Presentation.id == shown)).scalar_one()
    token = str(layout["options"].index(option) + 1)
    return Submission(part="1", fields={"choice": [token]}, confidence=confidence)


def _choose(learner: Learner, sitting_id: int, option: str, confidence: Confidence) -> object:
    from quizapp.services import answering

    shown = learner.question(sitting_id, 0, NOW).presentation_id
    submission = _submission(learner, shown, option, confidence)
    return answering.answer(learner.session, learner.actor, shown, submission, NOW)  # type: ignore[arg-type]


def publish_swap(session: Session, world: World, remedy: str, **choice: str) -> int:
    change(session, world.author, world.entry, options=swapped(session, world.entry))
    live = release(
        session, world.author, world.reviewer, world.entry, remedy=remedy, reason="The key was wrong", **choice
    )
    assert live.publication_id is not None
    return live.publication_id


def work(session: Session, now: dt.datetime = SETTLED) -> None:
    while regrading.regrade_due(session, now, limit=1):
        assert replaying.replay(session) == [], "after each learner the derived rows are what the log gives"


def marks(session: Session, world: World) -> dict[str, tuple[int, int]]:
    session.rollback()
    return {
        name: (sat.earned, sat.possible)
        for name in ("right", "wrong", "examined")
        for learner in [getattr(world, name)]
        for sat in [sittings.get_sat(session, learner.actor, world.places[name])]
    }


@pytest.mark.parametrize(
    ("remedy", "expected"),
    [
        ("leave", {"right": (1, 1), "wrong": (0, 1), "examined": (0, 1)}),
        ("accept", {"right": (1, 1), "wrong": (1, 1), "examined": (1, 1)}),
        ("credit", {"right": (1, 1), "wrong": (1, 1), "examined": (1, 1)}),
        ("drop", {"right": (0, 0), "wrong": (0, 0), "examined": (0, 0)}),
        ("bonus", {"right": (1, 1), "wrong": (0, 0), "examined": (0, 0)}),
    ],
)
def test_each_remedy_gives_its_marks_and_a_replay_agrees(
    session: Session, world: World, remedy: str, expected: dict[str, tuple[int, int]]
) -> None:
    affected = consequences.foresee(session, world.entry, 1)
    assert (affected.responses, affected.learners, affected.open) == (3, 3, 1)
    assert [(exam.title, exam.learners, exam.released) for exam in affected.exams] == [("A block", 2, 1)]
    log = session.execute(sa.select(Response.earned, Response.rating).order_by(Response.id)).all()
    publication = publish_swap(session, world, remedy)
    work(session)
    assert marks(session, world) == expected
    assert session.execute(sa.select(Response.earned, Response.rating).order_by(Response.id)).all() == log
    outcome = consequences.get_outcome(session, world.author, publication)
    assert outcome.waiting == 0
    assert outcome.renewed == (0 if remedy == "leave" else 3)
    assert (outcome.settled_at is not None) == (remedy == "leave"), "one learner is being examined still"
    examining.hand_in(session, world.sitting.actor, world.places["sitting"], SETTLED)
    work(session)
    late = sittings.get_sat(session, world.sitting.actor, world.places["sitting"])
    assert (late.earned, late.possible) == expected["examined"], "an answer that came later is treated alike"
    work(session, SETTLED)
    outcome = consequences.get_outcome(session, world.author, publication)
    assert outcome.settled_at is not None
    assert (outcome.raised, outcome.lowered, outcome.left_out) == {
        "leave": (0, 0, 0),
        "accept": (3, 0, 0),
        "credit": (3, 0, 0),
        "drop": (0, 0, 4),
        "bonus": (0, 0, 3),
    }[remedy]
    assert replaying.replay(session) == []


def test_pages_and_memory_of_the_learner_follow(session: Session, world: World) -> None:
    learner, place = world.wrong.actor, world.places["wrong"]
    theta = sa.select(Ability.theta).where(Ability.learner_id == learner.id)
    before = session.scalars(theta).one()
    assert error_log.get_error_log(session, learner).all_missed == 1
    publish_swap(session, world, "accept")
    work(session)
    session.rollback()
    feedback = explaining.get_feedback(session, learner, place, 0, "1")
    assert (feedback.verdict, feedback.earned) == ("right", 1)
    assert error_log.get_error_log(session, learner).all_missed == 0
    assert session.scalars(theta).one() > before, "a right answer tells more of the learner than a wrong one"
    held = progressing.get_objective(session, learner, "LN2", SETTLED)
    assert [answer.verdict for answer in held.answers] == ["right"]
    assert held.answers[0].rating.value == "good"


def test_what_a_faulty_question_said_of_a_learner_is_forgotten(session: Session, world: World) -> None:
    learner = world.wrong.actor
    publish_swap(session, world, "drop")
    work(session)
    for derived in (Memory, Ability):
        assert session.scalar(sa.select(sa.func.count()).where(derived.learner_id == learner.id)) == 0
    assert error_log.get_error_log(session, learner).all_missed == 0
    assert explaining.get_feedback(session, learner, world.places["wrong"], 0, "1").verdict == "void"
    results = sittings.get_results(session, world.examined.actor, world.places["examined"])
    assert [row.verdict for row in results.rows] == ["void"]


def test_killed_midway_nothing_is_lost_and_two_workers_do_it_once(
    app: Flask, session: Session, world: World, database_url: str, tmp_path: Path
) -> None:
    publication = publish_swap(session, world, "accept")
    assert regrading.regrade_due(session, SETTLED, limit=1) == 1
    session.rollback()
    worker = [sys.executable, "-c", KILLED_MIDWAY, SETTLED.isoformat()]
    killed = subprocess.run(worker, env=environment(database_url, tmp_path), check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert session.scalar(sa.select(sa.func.count()).select_from(Regrade)) == 1, "a learner is done whole or not at all"
    assert consequences.get_outcome(session, world.author, publication).waiting == 2
    session.rollback()

    def run(_: int) -> int:
        with app.app_context():
            return regrading.regrade_due(db.session(), SETTLED)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Regrade)) == 3
    assert replaying.replay(session) == []
    assert marks(session, world) == {"right": (1, 1), "wrong": (1, 1), "examined": (1, 1)}


def test_a_remedy_needs_a_changed_key_and_a_reason(session: Session, world: World) -> None:
    change(session, world.author, world.entry, options=swapped(session, world.entry))
    revision = approve(session, world.author, world.reviewer, world.entry)

    def publish(**choice: str) -> None:
        publishing.publish(session, world.author, world.entry, Choice(**choice), based_on_revision=revision, now=LATER)  # type: ignore[arg-type]

    for sentence, choice in (
        ("Say why the marks", {"remedy": "credit"}),
        ("Marks change only with the key", {"remedy": "drop", "reason": "x", "size": "minor"}),
        ("Choose what becomes", {"remedy": "lower", "reason": "x"}),
    ):
        with pytest.raises(Refused, match=sentence):
            publish(**choice)
    assert drafting.open_draft(session, world.author, world.entry).state == "approved"
    assert session.scalar(sa.select(sa.func.count()).select_from(KeyChange)) == 0


def test_a_second_change_of_the_key_concerns_only_answers_to_the_first(session: Session, world: World) -> None:
    publish_swap(session, world, "accept")
    work(session)
    third = Learner.new(session)
    place = third.start(SETTLED, size=1)
    third.answer(third.question(place, 0, SETTLED).presentation_id, SETTLED, right=False)
    change(session, world.author, world.entry, options=swapped(session, world.entry, "c"))
    release(session, world.author, world.reviewer, world.entry, now=SETTLED, remedy="credit", reason="Wrong once more")
    work(session, SETTLED + dt.timedelta(hours=1))
    session.rollback()
    sat = sittings.get_sat(session, third.actor, place)
    assert (sat.earned, sat.possible) == (1, 1)
    assert marks(session, world) == {"right": (1, 1), "wrong": (1, 1), "examined": (1, 1)}
    assert replaying.replay(session) == []
