"""`python3 -m tests bench --cohort`: what the pages of a large cohort cost, 1,000 learners with 200 answers each."""

from __future__ import annotations

import datetime as dt
import random
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp import clock
from quizapp.core.preferences import Choices
from quizapp.db.extension import db
from quizapp.db.models import CohortMember, Sitting, table
from quizapp.db.session import writing
from quizapp.services import accounts, counting
from quizapp.services.accounts import Actor
from quizapp.services.teaching import assigning, cohorts
from quizapp.services.teaching.assignments import BLOCK, RANDOM, Wanted
from tests import logs
from tests.serving import signed_in
from tests.statements import counted

LEARNERS, BLOCKS, BLOCK_SIZE = 1_000, 10, 20
LETTERS = "abcde"
LOOKS = 100
ZONE = "Europe/Vienna"


def measured(app: Flask, tell: Callable[[str], object]) -> dict[str, tuple[str, ...]]:
    """Page → its figures in words: median and 95th percentile of the time, median of the processor's, the first look,
    statements, bytes. The database holds content and nobody."""
    with app.app_context():
        session = db.session()
        tell(f"writing {LEARNERS * BLOCKS * BLOCK_SIZE:,} answers …")
        teacher, cohort_id = _cohort(session)
        blocks = [_block(session, teacher, cohort_id, number) for number in range(BLOCKS)]
        _answers(session, cohort_id, blocks)
        tell("counting them …")
        counting.recount(session, clock.now())
        engine = db.engine
        session.rollback()
    (cookie,) = signed_in(app, teacher.id)
    browser = app.test_client()
    name, _, value = cookie.header.partition("=")
    browser.set_cookie(name, value, domain="localhost", secure=True)
    pages = {"cohort": f"/teach/cohorts/{cohort_id}", "its questions": f"/teach/cohorts/{cohort_id}/questions"}
    told = {}
    for what, path in pages.items():
        tell(f"looking at {path} …")
        first = _ms(lambda path=path: browser.get(path, base_url="https://localhost"))
        with counted(engine) as statements:
            page = browser.get(path, base_url="https://localhost")
        assert page.status_code == 200, page.status
        looks = [_ms(lambda path=path: browser.get(path, base_url="https://localhost")) for _ in range(LOOKS)]
        taken, busy = sorted(wall for wall, _ in looks), statistics.median(cpu for _, cpu in looks)
        told[what] = (
            f"{statistics.median(taken):.1f}",
            f"{taken[LOOKS * 95 // 100]:.1f}",
            f"{busy:.1f}",
            f"{first[0]:.0f}",
            str(len(statements)),
            f"{len(page.data):,}",
        )
    return told


def _ms(deed: Callable[[], object]) -> tuple[float, float]:
    """How long it takes, and how much of that the processor works."""
    began, busy = time.perf_counter(), time.process_time()
    deed()
    return 1e3 * (time.perf_counter() - began), 1e3 * (time.process_time() - busy)


def _cohort(session: Session) -> tuple[Actor, int]:
    now = logs.BEGUN
    email = "teacher@example.org"
    with writing(session):
        values: dict[str, object] = {"email": email, "name": "Teacher", "password": "none", "confirmed_at": now}
        teacher_id = accounts.insert_user(session, values, ["instructor"], now)
    teacher = Actor(teacher_id, email, "Teacher", frozenset({"instructor"}), Choices(zone=ZONE), "read")
    cohort_id = cohorts.open_cohort(session, teacher, "A large year", ZONE, now)
    with writing(session):
        learners = [
            accounts.insert_user(
                session,
                {"email": f"{secrets.token_hex(6)}@example.org", "name": "Learner", "password": "none"},
                ["student"],
                now,
            )
            for _ in range(LEARNERS)
        ]
        session.execute(
            sa.insert(table(CohortMember)),
            [
                {"learner_id": one, "cohort_id": cohort_id, "joined_at": now, "practice_visible": True}
                for one in learners
            ],
        )
    return teacher, cohort_id


def _block(session: Session, teacher: Actor, cohort_id: int, number: int) -> int:
    opens = dt.datetime(2025, 1, 6, 9) + dt.timedelta(days=7 * number)
    wanted = Wanted(
        BLOCK, f"Block {number + 1}", opens, opens + dt.timedelta(days=7), ZONE, topics={"nassa": 5}, draw=RANDOM
    )
    assignment_id = assigning.save_draft(session, teacher, cohort_id, wanted, logs.BEGUN)
    assigning.publish(session, teacher, assignment_id, logs.BEGUN)
    return assignment_id


def _answers(session: Session, cohort_id: int, blocks: list[int]) -> None:
    """Each learner’s blocks, with first answers by an ability and difficulties that are drawn."""
    asked = logs.questions(session)
    learners = session.scalars(
        sa.select(CohortMember.learner_id).where(CohortMember.cohort_id == cohort_id).order_by(CohortMember.learner_id)
    ).all()
    for learner_id in learners:
        rng = random.Random(learner_id)
        drawn = rng.sample(asked, BLOCKS * BLOCK_SIZE)
        logs.write(session, learner_id, _log(learner_id, cohort_id, drawn, rng))
        # `logs.write` makes one session of them all; the others are there for the page to count.
        session.rollback()
    with writing(session):
        written = sa.select(Sitting.learner_id, Sitting.started_at, Sitting.seed, Sitting.mode, Sitting.title)
        rows = session.execute(written.where(Sitting.assignment_id.is_(None))).all()
        session.execute(
            sa.insert(table(Sitting)),
            [
                row._asdict()
                | {"plan": {"items": [], "possible": 0}, "key": f"block-{number}", "extra_seconds": 0}
                | {"closed_at": row.started_at, "released_at": row.started_at, "assignment_id": assignment_id}
                for row in rows
                for number, assignment_id in enumerate(blocks)
            ],
        )


def _log(learner_id: int, cohort_id: int, drawn: list[logs.Question], rng: random.Random) -> Iterator[dict[str, Any]]:
    theta, answers = rng.gauss(0, 1), logs.study(drawn, learner_id, 1, seed=1)
    model = next(answers)
    for number, question in enumerate(drawn):
        right = rng.random() < 1 / (1 + 2.718281828 ** (question.difficulty - theta))
        at = logs.BEGUN + dt.timedelta(days=number // BLOCK_SIZE, minutes=number % BLOCK_SIZE)
        yield model | {
            "content_id": question.content_id,
            "version_id": question.version_id,
            "line": question.line,
            "objective_id": question.objective_id,
            "topic_id": question.topic_id,
            "mode": "assigned",
            "earned": int(right),
            "classes": ["a" if right else rng.choice(LETTERS[1:])],
            "first_exposure": True,
            "ability": round(100 * theta) if number >= 5 else None,
            "cohort_id": cohort_id,
            "elapsed_ms": rng.randint(5_000, 90_000),
            "study_day": at.date(),
            "at": at,
        }
