"""Backups are made while people answer, they restore, and what is no backup is refused before anything is touched."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.db.extension import db
from quizapp.db.models import Exposure, ItemStat, Memory, Presentation, Response
from quizapp.db.session import writing
from quizapp.services import keeping, replaying
from tests.integration.learners import MONDAY, Learner, only_single_best_answers

pytestmark = pytest.mark.usefixtures("content")
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def programs(database_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump refuses a server that is newer than it, so the one that came with the server is used."""
    if database_url.startswith("postgresql"):
        folder = request.getfixturevalue("postgresql").programs()
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def faults(session: Session) -> list[str]:
    return [fault for finding in keeping.examine(session) for fault in finding.faults]


def answers(session: Session) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(Response)) or 0


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        only_single_best_answers(db.session())
        learner = Learner.new(db.session())
        learner.work_through(learner.start(size=5))
        db.session.rollback()
        yield db.session()


def test_a_backup_made_while_people_answer_restores_to_a_database_that_is_well(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    stop = threading.Event()
    problems: list[BaseException] = []

    def study() -> None:
        with app.app_context():
            try:
                learner = Learner.new(db.session())
                while not stop.is_set():
                    learner.work_through(learner.start(size=3))
            except BaseException as problem:
                problems.append(problem)
            finally:
                db.session.remove()

    students = [threading.Thread(target=study) for _ in range(2)]
    for student in students:
        student.start()
    before = answers(session)
    while answers(session) < before + 4:
        assert not problems, problems
    session.rollback()
    keeping.backup(db.engine, tmp_path / "backup")
    at_least = before + 4
    stop.set()
    for student in students:
        student.join(60)
    assert not problems, problems
    at_most = answers(session)
    session.rollback()
    db.session.remove()
    db.engine.dispose()  # the program is stopped
    keeping.restore(db.engine, tmp_path / "backup")
    restored = db.session()
    assert at_least <= answers(restored) <= at_most
    assert faults(restored) == []


def test_a_backup_never_overwrites_and_says_what_to_do(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_text("something dear")
    with pytest.raises(keeping.CannotKeep, match=r"exists already\. Choose another name"):
        keeping.backup(db.engine, file)
    assert file.read_text() == "something dear"


def test_a_backup_that_cannot_be_written_says_so(session: Session, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    with pytest.raises(keeping.CannotKeep, match=r"could not be written|failed"):
        keeping.backup(db.engine, tmp_path / "a file" / "backup")


def test_what_is_no_backup_is_refused_and_the_database_stays(session: Session, tmp_path: Path) -> None:
    before = answers(session)
    session.rollback()
    good = tmp_path / "good"
    keeping.backup(db.engine, good)
    data = good.read_bytes()
    foreign = tmp_path / "foreign"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
        connection.commit()
    files = {"absent": None, "empty": b"", "text": b"not a database\n", "cut": data[: len(data) // 2]}
    for name, bytes_ in files.items():
        file = tmp_path / name
        if bytes_ is not None:
            file.write_bytes(bytes_)
    for name in (*files, "foreign"):
        with pytest.raises(keeping.CannotKeep) as refused:
            keeping.restore(db.engine, tmp_path / name)
        assert str(refused.value)[-1:] in ".'\"" or "failed" in str(refused.value), str(refused.value)
        assert answers(session) == before, name
        session.rollback()
    assert faults(session) == []


@ON_SQLITE
def test_the_database_that_stood_there_is_kept_aside(session: Session, tmp_path: Path) -> None:
    keeping.backup(db.engine, tmp_path / "backup")
    learner = Learner.new(session)
    learner.work_through(learner.start(size=2))
    later = answers(session)
    db.session.remove()
    aside = keeping.restore(db.engine, tmp_path / "backup")
    assert aside is not None
    assert answers(db.session()) == later - 2
    with closing(sqlite3.connect(aside)) as connection:
        assert connection.execute("SELECT count(*) FROM response").fetchone() == (later,)


@pytest.mark.parametrize("derived", [Memory, Exposure, ItemStat])
def test_the_doctor_finds_a_derived_row_that_the_log_does_not_give_and_mends_it(
    session: Session, derived: type[Memory | Exposure | ItemStat]
) -> None:
    assert faults(session) == []
    change = {Memory: {"stability_days": 99.0}, Exposure: {"times": 7}, ItemStat: {"answers": 70}}[derived]
    with writing(session):
        session.execute(sa.update(derived).values(**change))
    found = faults(session)
    assert found
    assert all(fault.startswith((derived.__tablename__, "and ")) for fault in found)
    replaying.rebuild(session, MONDAY)
    assert faults(session) == []


@ON_SQLITE
def test_the_doctor_finds_a_row_that_points_at_nothing(session: Session) -> None:
    with closing(sqlite3.connect(db.engine.url.database or "")) as connection:
        connection.execute("DELETE FROM sitting")
        connection.commit()
    assert any(
        "a row of presentation points at a row of sitting that is not there" in fault for fault in faults(session)
    )


def test_a_database_of_another_version_is_named(session: Session) -> None:
    with writing(session):
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    (fault,) = [f for f in faults(session) if "revision" in f]
    assert "quizapp db upgrade" in fault
    assert session.scalar(sa.select(sa.func.count()).select_from(Presentation))
