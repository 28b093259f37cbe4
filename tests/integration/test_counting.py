"""The counters of item analysis are what the log gives: as they are added to, and counted anew while people answer."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session

from quizapp.cli.statistics import rebuild
from quizapp.core.grading import Confidence
from quizapp.core.itemstats import tallies
from quizapp.db.extension import db
from quizapp.db.models import Cohort, CohortMember, ItemStat, Recount, Response, table
from quizapp.db.session import writing
from quizapp.services import counting, explaining, replaying
from tests import logs
from tests.integration.learners import MONDAY, Learner, only_single_best_answers

pytestmark = pytest.mark.usefixtures("content")
ODD_CLASSES = (["a"], ["b"], [], ["a", "b"], ["b", "a"], ["x", "x"], ["é'\"="], ["y" * 80, "y" * 64], ["right"])


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        only_single_best_answers(db.session())
        yield db.session()


def odd_answers(session: Session, learner_id: int, number: int, seed: int) -> Iterator[dict[str, Any]]:
    """A log with everything that counters tell apart."""
    rng = random.Random(seed)
    for row in logs.study(logs.questions(session)[:6], learner_id, number, seed=seed):
        earned = rng.randint(0, 3)
        yield row | {
            "classes": rng.choice(ODD_CLASSES),
            "earned": earned,
            "possible": 3,
            "mode": rng.choice(["practice", "exam", "lesson", "review"]),
            "line": rng.choice([1, 2]),
            "part": rng.choice(["1", "2"]),
            "ability": rng.choice([None, *range(-650, 650, 13), *tallies.ABILITY_CUTS]),
            "elapsed_ms": rng.choice([None, 0, 3_999, 4_000, 31_999, 3_600_000]),
            "cohort_id": rng.choice([None, 3, 4]),
            "study_day": dt.date(2026, 11, 28) + dt.timedelta(days=rng.randint(0, 60)),
            "first_exposure": rng.random() < 0.8,
        }


def added_up(session: Session) -> dict[counting.Key, tuple[int, ...]]:
    """The counters by the straightforward way: one answer of the log after the other."""
    sums: dict[counting.Key, Counter[str]] = {}
    for row in session.scalars(sa.select(Response).where(Response.first_exposure)):
        answer = tallies.Answer(
            tuple(row.classes), row.earned, row.possible, row.ability, row.elapsed_ms, tallies.SETTINGS[row.mode],
            row.cohort_id or 0, 100 * row.study_day.year + row.study_day.month,
        )  # fmt: skip
        for key, added in counting.rows_of(row.content_id, row.line, row.part, answer):
            sums.setdefault(key, Counter()).update(added)
    return {key: tuple(found[name] for name in tallies.COLUMNS) for key, found in sums.items()}


def stored(session: Session) -> dict[counting.Key, tuple[int, ...]]:
    session.rollback()
    columns = [table(ItemStat).c[name] for name in (*counting.KEYS, *tallies.COLUMNS)]
    width = len(counting.KEYS)
    return {tuple(row[:width]): tuple(row[width:]) for row in session.execute(sa.select(*columns))}


def test_a_recount_gives_what_adding_up_the_log_gives_and_mends_what_is_wrong(session: Session) -> None:
    people = [Learner.new(session).actor.id for _ in range(2)]
    with writing(session):
        for number in (3, 4):
            session.add(Cohort(id=number, title="A rotation", owner_id=people[0], opened_at=MONDAY, zone="UTC"))
    for seed, person in enumerate(people):
        logs.write(session, person, odd_answers(session, person, 400, seed))
    assert counting.recount(session, MONDAY) == len(stored(session)) > 100
    assert stored(session) == added_up(session)
    assert counting.compare(session) == []
    assert counting.recount(session, MONDAY) == 0, "what is right is left alone"
    item, other = session.scalars(sa.select(ItemStat.content_id).distinct().order_by(ItemStat.content_id)).all()[:2]
    with writing(session):
        session.execute(sa.update(ItemStat).where(ItemStat.content_id == item).values(time_03=ItemStat.time_03 + 1))
        session.execute(sa.delete(ItemStat).where(ItemStat.content_id == other, ItemStat.answer_class == "a"))
        made_up = dict.fromkeys(tallies.COLUMNS, 7) | dict(
            zip(counting.KEYS, (item, 9, "1", "nothing", 0, "exam", 4), strict=True)
        )
        session.execute(sa.insert(table(ItemStat)).values(**made_up))
    wrong = {found.key[0] for found in counting.compare(session)}
    assert wrong == {item, other}
    assert {found.key[0] for found in counting.compare(session, item)} == {item}
    assert counting.recount(session, MONDAY, item) > 0
    assert {found.key[0] for found in counting.compare(session)} == {other}
    counting.recount(session, MONDAY)
    assert stored(session) == added_up(session)


def test_answers_given_while_the_log_is_counted_are_neither_lost_nor_counted_twice(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = Learner.new(session)
    learner.work_through(learner.start(size=3, seed=1))
    with writing(session):
        session.execute(sa.update(ItemStat).values(answers=ItemStat.answers + 5))
    compare = counting.compare

    def meanwhile(of: Session, content_id: int | None = None) -> list[counting.Difference]:
        found = compare(of, content_id)
        other = Learner.new(of)
        other.work_through(other.start(size=3, seed=2), right=False)
        if not of.scalar(sa.select(Recount.number)):
            # Another process counts too, and is quicker.
            monkeypatch.setattr(counting, "compare", compare)
            assert counting.recount(of, MONDAY) > 0
            monkeypatch.setattr(counting, "compare", meanwhile)
        return found

    monkeypatch.setattr(counting, "compare", meanwhile)
    counting.recount(session, MONDAY)
    monkeypatch.undo()
    assert counting.compare(session) == []
    assert stored(session) == added_up(session)


def test_an_answer_carries_the_ability_it_was_given_with(session: Session) -> None:
    learner = Learner.new(session)
    learner.work_through(learner.start(size=24, seed=3))
    rows = session.scalars(sa.select(Response).order_by(Response.id)).all()
    seen: Counter[int] = Counter()
    for row in rows:
        assert (row.ability is None) == (seen[row.topic_id] < tallies.PLACED_AFTER)
        seen[row.topic_id] += 1
    assert any(row.ability for row in rows), "somebody who was right five times is above the middle"
    assert replaying.replay(session) == []


def test_an_answer_is_counted_for_the_cohort_to_which_the_learner_shows_practice_then(session: Session) -> None:
    learner = Learner.new(session)
    ended = {"archived_at": MONDAY}
    with writing(session):
        for number, of_cohort in ((1, {}), (2, {}), (3, ended)):
            cohort = Cohort(id=number, title="A rotation", owner_id=learner.actor.id, opened_at=MONDAY, zone="UTC")
            for name, value in of_cohort.items():
                setattr(cohort, name, value)
            session.add(cohort)
        session.flush()
        for number, hours in ((1, 1), (2, 2), (3, 3)):
            joined = MONDAY - dt.timedelta(hours=9 - hours)
            row = CohortMember(learner_id=learner.actor.id, cohort_id=number, joined_at=joined, practice_visible=True)
            session.add(row)
    learner.work_through(learner.start(size=2, seed=1))
    with writing(session):
        session.execute(sa.update(CohortMember).where(CohortMember.cohort_id == 2).values(left_at=MONDAY))
    learner.work_through(learner.start(size=2, seed=2))
    with writing(session):
        session.execute(sa.update(CohortMember).values(practice_visible=False))
    learner.work_through(learner.start(size=1, seed=3))
    assert session.scalars(sa.select(Response.cohort_id).order_by(Response.id)).all() == [2, 2, 1, 1, None]
    counted = session.execute(
        sa.select(ItemStat.cohort_id, sa.func.sum(ItemStat.answers))
        .where(ItemStat.answer_class == "", ItemStat.month == 0)
        .group_by(ItemStat.cohort_id)
    )
    assert {cohort: int(answers) for cohort, answers in counted} == {0: 1, 1: 2, 2: 2}
    assert counting.compare(session) == []


def test_peers_are_shown_from_ten_first_answers_on_over_all_cohorts(session: Session) -> None:
    asked = Learner.new(session)
    sitting = asked.start(size=1, seed=5)
    shown = asked.question(sitting)
    asked.answer(shown.presentation_id, right=False, confidence=Confidence.SURE)
    row = session.scalars(sa.select(Response)).one()
    wrong = row.classes[0]
    for cohort, answers, right in ((3, 4, 4), (7, 4, 3)):
        counts = dict.fromkeys(tallies.COLUMNS, 0) | {"answers": answers, "right": right}
        key = (row.content_id, row.line, row.part, "", 0, "practice", cohort)
        with writing(session):
            counting.count(session, [(key, counts), ((*key[:3], wrong, *key[4:]), counts | {"answers": 1})])
    assert explaining.get_feedback(session, asked.actor, sitting, 0, None).peers is None, "nine are too few"
    with writing(session):
        counting.count(session, [((*key[:6], 0), dict.fromkeys(tallies.COLUMNS, 0) | {"answers": 1, "right": 1})])
    peers = explaining.get_feedback(session, asked.actor, sitting, 0, None).peers
    assert peers is not None
    assert (peers.answers, peers.right, dict(peers.chose)) == (10, 80, {wrong: 30})


def test_the_command_mends_one_question_or_all(
    app: Flask, session: Session, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quizapp.cli.application.create_app", lambda: app)
    learner = Learner.new(session)
    learner.work_through(learner.start(size=2, seed=1))
    with writing(session):
        session.execute(sa.update(ItemStat).values(answers=ItemStat.answers + 1))
    slugs = session.scalars(
        sa.text("SELECT slug FROM content WHERE id IN (SELECT content_id FROM item_stat) ORDER BY slug")
    ).all()
    session.rollback()

    def say(*arguments: str) -> tuple[int, str]:
        session.rollback()  # the command closes every connection when it ends
        told = runner.invoke(rebuild, arguments)
        return told.exit_code, told.output

    status, told = say("--item", slugs[0])
    assert (status, "put right" in told) == (0, True), told
    assert counting.compare(session) != []
    assert say()[0] == 0
    assert counting.compare(session) == []
    assert "nothing" in say()[1]
    status, told = say("--item", "no-such-item")
    assert (status, "no-such-item" in told) == (1, True)
