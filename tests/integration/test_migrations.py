"""Bringing a database to the tables of this version loses nothing, whoever else asks for it and whatever stops it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy.engine import Engine

from quizapp import clock
from quizapp.bootstrap import ROOT
from quizapp.db import migrating
from quizapp.db.extension import db
from quizapp.db.models import Base
from quizapp.services import examining, keeping, replaying
from tests.databases import environment
from tests.integration.learners import Learner, only_single_best_answers

WITH_CONTENT = pytest.mark.usefixtures("content")
ADDS = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", "{before}", None, None


def upgrade():
    with op.batch_alter_table("sitting") as table:
        table.add_column(sa.Column("room", sa.String(20), nullable=False, server_default="home"))
    {then}


def downgrade():
    with op.batch_alter_table("sitting") as table:
        table.drop_column("room")
"""


@pytest.fixture
def engine(app: Flask) -> Iterator[Engine]:
    with app.app_context():
        yield db.engine


@pytest.fixture
def filled(app: Flask, engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """What stands in each table after learners have practised and sat an exam."""
    only_single_best_answers(db.session())
    for _ in range(3):
        learner = Learner.new(db.session())
        learner.work_through(learner.start(size=4))
        exam = learner.start(size=3, exam=True, minutes=10)
        shown = learner.question(exam, 1).presentation_id
        chosen = learner.submission(shown, right=True)
        examining.save(db.session(), learner.actor, shown, chosen, fix=False, now=learner.question(exam).shown_at)
        examining.hand_in(db.session(), learner.actor, exam, learner.question(exam).shown_at)
    db.session.remove()
    return rows_of(engine)


def rows_of(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables of the models, by table; columns that a model does not know are left out."""
    with engine.connect() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in Base.metadata.sorted_tables
        }


@contextmanager
def another_version(folder: Path, monkeypatch: pytest.MonkeyPatch, *, then: str = "pass") -> Iterator[None]:
    """The migrations of a version that has one more, which copies a table that others point at."""
    copy = folder / "migrations"
    (copy / "versions").mkdir(parents=True)
    for file in (ROOT / "migrations").rglob("*.py"):
        (copy / file.relative_to(ROOT / "migrations")).write_bytes(file.read_bytes())
    (copy / "versions" / "9999_a_room.py").write_text(ADDS.format(then=then, before=migrating.newest()))
    with monkeypatch.context() as patch:
        patch.setattr("quizapp.paths.migrations", lambda: copy)
        yield


def all_well(app: Flask) -> list[str]:
    faults = [fault for finding in keeping.examine(db.session()) for fault in finding.faults]
    db.session.remove()
    return faults


@WITH_CONTENT
def test_up_down_and_up_again_loses_nothing(
    app: Flask, engine: Engine, filled: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = str(migrating.newest())
    with another_version(tmp_path, monkeypatch):
        migrating.upgrade(engine, clock.now())
        assert rows_of(engine) == filled
        with engine.connect() as connection:
            assert set(connection.scalars(sa.text("SELECT room FROM sitting"))) == {"home"}
        migrating.downgrade(engine, clock.now(), present)
        assert rows_of(engine) == filled
        migrating.upgrade(engine, clock.now())
        assert rows_of(engine) == filled
        migrating.downgrade(engine, clock.now(), present)
    assert all_well(app) == []


@WITH_CONTENT
def test_a_database_of_every_older_version_keeps_its_answers_and_can_be_folded_again(
    app: Flask, engine: Engine, filled: dict[str, list[tuple[object, ...]]]
) -> None:
    kept = ("response", "presentation", "sitting", "exposure", "item_stat", "learner_settings", "exam_date")
    answers = len(filled["response"])
    for older in ("0008", "0001"):
        migrating.downgrade(engine, clock.now(), older)
        migrating.upgrade(engine, clock.now())
        replaying.rebuild(db.session(), clock.now())
        db.session.remove()
        after = rows_of(engine)
        assert len(after["response"]) == answers > 0
        assert {name: len(after[name]) for name in kept} == {name: len(filled[name]) for name in kept}
        without_evidence = [[row[:6] for row in rows["memory"]] for rows in (after, filled)]
        assert without_evidence[0] == without_evidence[1], "states and dates rest on what every version has kept"
        assert all_well(app) == []


@WITH_CONTENT
def test_a_migration_that_fails_leaves_everything_as_it_was_and_can_be_run_again(
    app: Flask, engine: Engine, filled: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        another_version(tmp_path / "broken", monkeypatch, then='raise RuntimeError("the power went")'),
        pytest.raises(RuntimeError, match="the power went"),
    ):
        migrating.upgrade(engine, clock.now())
    assert rows_of(engine) == filled
    assert all_well(app) == []
    with another_version(tmp_path / "mended", monkeypatch):
        migrating.upgrade(engine, clock.now())
        assert rows_of(engine) == filled


@WITH_CONTENT
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_migration_that_leaves_rows_pointing_at_nothing_is_rolled_back(
    app: Flask, engine: Engine, filled: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL refuses such a statement by itself; SQLite migrates with its keys off."""
    breaks = """op.execute("DELETE FROM sitting")"""
    with another_version(tmp_path, monkeypatch, then=breaks), pytest.raises(migrating.BrokenKeys, match="presentation"):
        migrating.upgrade(engine, clock.now())
    assert rows_of(engine) == filled
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@WITH_CONTENT
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_before_a_filled_database_is_migrated_a_copy_of_it_is_kept(
    app: Flask, engine: Engine, filled: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with another_version(tmp_path, monkeypatch):
        copy = migrating.upgrade(engine, clock.now())
    assert copy is not None
    before = sa.create_engine(f"sqlite:///{copy}")
    assert rows_of(before) == filled
    before.dispose()


def test_migrating_what_is_migrated_does_nothing(engine: Engine) -> None:
    assert migrating.upgrade(engine, clock.now()) is None
    with engine.connect() as connection:
        assert migrating.revision(connection) == migrating.newest()


def test_models_and_migrations_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.fixture
def empty_url(database_url: str, tmp_path: Path) -> str:
    """A database without a single table."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    return database_url


def upgrading(url: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "quizapp.cli", "db", "upgrade"],
        cwd=ROOT,
        env=environment(url, folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_two_processes_that_migrate_at_once_make_the_tables_once(empty_url: str, tmp_path: Path) -> None:
    both = [upgrading(empty_url, tmp_path) for _ in range(2)]
    for process in both:
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
    look_whole(empty_url)


def test_a_migration_killed_midway_is_done_by_the_next_one(empty_url: str, tmp_path: Path) -> None:
    killed = upgrading(empty_url, tmp_path)
    engine = sa.create_engine(empty_url)
    deadline = time.monotonic() + 60
    while killed.poll() is None and time.monotonic() < deadline and not begun(engine):
        time.sleep(0.002)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    engine.dispose()
    again = upgrading(empty_url, tmp_path)
    said, _ = again.communicate(timeout=120)
    assert again.returncode == 0, said
    look_whole(empty_url)


def begun(engine: Engine) -> bool:
    """Whether somebody has begun to write the tables."""
    if engine.dialect.name == "sqlite":
        journal = Path(f"{engine.url.database}-wal")
        return journal.exists() and journal.stat().st_size > 0
    with engine.connect() as connection:
        locks = (
            "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return bool(connection.exec_driver_sql(locks).scalar())


def look_whole(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert migrating.revision(connection) == migrating.newest()
        held = set(sa.inspect(connection).get_table_names())
    engine.dispose()
    assert held == {table.name for table in Base.metadata.sorted_tables} | {"alembic_version"}
