"""An acknowledged answer is never lost and never counted twice: not when every process of the server is killed at once,
not when the database ends its connections, not when the disk is full."""

from __future__ import annotations

import os
import random
import re
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp import clock
from quizapp.db.extension import db
from quizapp.db.models import LearnerSettings, Response
from quizapp.db.session import writing
from quizapp.services import keeping
from tests.databases import environment
from tests.integration.learners import Learner, only_single_best_answers
from tests.serving import Browser, Cookie, Server, signed_in

pytestmark = pytest.mark.usefixtures("content")

LEARNERS = 6
BLOCKS_EACH = 6
QUESTIONS_OF_A_BLOCK = 5
TRIES = 8
BROKEN = {500, 503}
"""A page that says so is as good as none; only what is acknowledged is promised."""
END_ALL_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
SUBMIT_TO = re.compile(r'action="(/question/(\d+)/answer)"')


@pytest.fixture
def server(app: Flask, database_url: str, tmp_path: Path) -> Iterator[Server]:
    """The production server on the database of this test; whatever happens, it is gone afterwards.

    It logs into nothing: a log on a full disk is not what is tested here.
    """
    running = Server.of_program(environment(database_url, tmp_path), Path(os.devnull))
    running.start()
    yield running
    if running.process and running.process.poll() is None:
        running.kill()


class Studying(threading.Thread):
    """A learner who answers one question after the other and notes what the server has acknowledged.

    `unsure` is the answer that was under way when the server went: it may be stored or not.
    """

    def __init__(self, server: Server, cookie: Cookie, sittings: list[int]) -> None:
        super().__init__()
        self.server, self.cookie, self.sittings = server, cookie, sittings
        self.acknowledged: list[int] = []
        self.refused: list[int] = []
        self.unsure: int | None = None
        self.problem: BaseException | None = None

    def run(self) -> None:
        try:
            with Browser(self.server.port, self.cookie) as browser:
                for sitting_id in self.sittings:
                    for position in range(QUESTIONS_OF_A_BLOCK):
                        while not self.answer(browser, sitting_id, position):
                            pass  # it was refused in words, so it is sent again
        except (OSError, HTTPException):
            pass  # the server is gone, as it was meant to be
        except BaseException as problem:
            self.problem = problem

    def answer(self, browser: Browser, sitting_id: int, position: int) -> bool:
        """Look at a question and answer it; whether that was acknowledged."""
        for _ in range(TRIES):
            status, page = browser.get(f"/session/{sitting_id}/{position}")
            if status == 200:
                break
            assert status in BROKEN, page[:2000]
        found = SUBMIT_TO.search(page)
        assert found, page[:2000]
        shown = int(found[2])
        self.unsure = shown
        status, page, _ = browser.post(found[1], part="1", choice="1", confidence="sure")
        if status == 303:
            self.acknowledged.append(shown)
        else:
            assert status in BROKEN, page[:2000]
            self.refused.append(shown)
        self.unsure = None
        return status == 303


def study(app: Flask, server: Server) -> list[Studying]:
    """Learners at work, each with blocks enough for the time of a test."""
    cookies, sittings = begun(app, LEARNERS, BLOCKS_EACH)
    learners = [Studying(server, cookie, of_learner) for cookie, of_learner in zip(cookies, sittings, strict=True)]
    for learner in learners:
        learner.start()
    return learners


def begun(app: Flask, people: int, blocks: int) -> tuple[list[Cookie], list[list[int]]]:
    with app.app_context():
        only_single_best_answers(db.session())
        learners = [Learner.new(db.session()) for _ in range(people)]
        with writing(db.session()) as session:
            past_first_run = {"zone": "UTC", "minutes_a_day": 20, "rest_days": [], "first_step": "read"}
            past_first_run |= {"light_days": [], "week_goal": 0, "preferences": {}}
            rows = [{"user_id": learner.actor.id, **past_first_run} for learner in learners]
            session.execute(sa.insert(LearnerSettings), rows)
        sittings = [
            [learner.start(clock.now(), seed=n, size=QUESTIONS_OF_A_BLOCK) for n in range(blocks)]
            for learner in learners
        ]
    return signed_in(app, *(learner.actor.id for learner in learners)), sittings


def until_answered(learners: list[Studying], answers: int) -> None:
    deadline = time.monotonic() + 30
    while sum(len(learner.acknowledged) for learner in learners) < answers:
        assert time.monotonic() < deadline, "the learners get no answers"
        assert any(learner.is_alive() for learner in learners), [learner.problem for learner in learners]
        time.sleep(0.005)


def join(learners: list[Studying]) -> None:
    for learner in learners:
        learner.join(60)
        assert not learner.is_alive(), "a learner waits for ever"
        assert learner.problem is None, learner.problem


def must_hold(session: Session, learners: list[Studying]) -> None:
    """Each acknowledged answer is stored once, nothing is stored that nobody sent, and the doctor finds all well."""
    stored = session.scalars(sa.select(Response.presentation_id)).all()
    acknowledged = {shown for learner in learners for shown in learner.acknowledged}
    under_way = {learner.unsure for learner in learners} | {shown for learner in learners for shown in learner.refused}
    assert len(stored) == len(set(stored)), "an answer is stored twice"
    assert acknowledged <= set(stored), f"acknowledged and lost: {acknowledged - set(stored)}"
    assert set(stored) - acknowledged <= under_way
    faults = [fault for finding in keeping.examine(session) for fault in finding.faults]
    assert not faults, faults


def test_every_acknowledged_answer_survives_the_death_of_all_processes(
    app: Flask, server: Server, rng: random.Random
) -> None:
    learners = study(app, server)
    until_answered(learners, rng.randint(20, 60))
    server.kill()
    join(learners)
    assert any(learner.unsure for learner in learners), "nobody was answering when the server was killed"
    with app.app_context():
        must_hold(db.session(), learners)
    server.start()
    # What was under way is sent again, as a browser does; it counts once, whether or not it had been stored.
    for learner in learners:
        if learner.unsure is not None:
            path = f"/question/{learner.unsure}/answer"
            with Browser(server.port, learner.cookie) as browser:
                status, page, _ = browser.post(path, part="1", choice="1", confidence="sure")
            assert status == 303, page[:2000]
            learner.acknowledged.append(learner.unsure)
    with app.app_context():
        must_hold(db.session(), learners)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_connections_that_the_database_ends_cost_no_acknowledged_answer(app: Flask, server: Server) -> None:
    learners = study(app, server)
    with app.app_context():
        own = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        for round_ in range(1, 5):
            until_answered(learners, 10 * round_)
            own.exec_driver_sql(END_ALL_OTHERS)
        own.close()
    until_answered(learners, 80)  # without a restart the server goes on
    server.kill()
    join(learners)
    with app.app_context():
        must_hold(db.session(), learners)


def test_a_full_disk_refuses_in_words_while_reading_goes_on_and_needs_no_restart(
    app: Flask, server: Server, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    ((cookie,), ((sitting,),)) = begun(app, 1, 1)
    with Browser(server.port, cookie) as browser:
        question = f"/session/{sitting}/0"
        (path,) = [found[1] for found in SUBMIT_TO.finditer(browser.get(question)[1])]
        form = {"part": "1", "choice": "1", "confidence": "sure"}
        with full_disk():
            status, page, _ = browser.post(path, **form)
            assert status == 503, page[:2000]
            assert "Saving is not possible at the moment" in page
            assert "Reading goes on" in page
            assert browser.get(question)[0] == 200
            with app.app_context():
                assert db.session.scalar(sa.select(sa.func.count()).select_from(Response)) == 0
                db.session.remove()
        status, page, _ = browser.post(path, **form)
        assert status == 303, page[:2000]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Response)) == 1
        assert not [fault for finding in keeping.examine(db.session()) for fault in finding.faults]


@pytest.fixture
def full_disk(app: Flask, server: Server) -> Callable[[], AbstractContextManager[None]]:
    """No process of the server can write to the database, and each is told so by whatever stands below it: by the
    kernel, which lets no file grow beyond a page (SQLite), or by PostgreSQL, which has turned to reading only."""

    @contextmanager
    def kernel() -> Iterator[None]:
        processes = server.processes()
        for process in processes:
            resource.prlimit(process, resource.RLIMIT_FSIZE, (4_096, resource.RLIM_INFINITY))
        yield
        for process in processes:
            resource.prlimit(process, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    @contextmanager
    def postgresql() -> Iterator[None]:
        only_reading(app, "on")
        yield
        only_reading(app, "off")

    return postgresql if app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql") else kernel


def only_reading(app: Flask, setting: str) -> None:
    """Holds for new connections, so the old ones are ended."""
    with app.app_context(), db.engine.connect() as connection:
        own = connection.execution_options(isolation_level="AUTOCOMMIT")
        own.exec_driver_sql("SET default_transaction_read_only = off")
        own.exec_driver_sql(f"ALTER DATABASE {db.engine.url.database} SET default_transaction_read_only = {setting}")
        own.exec_driver_sql(END_ALL_OTHERS)
        own.invalidate()
