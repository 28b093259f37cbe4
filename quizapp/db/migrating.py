"""Bringing a database to the tables of this version, and back; nothing may be lost on the way.

SQLite alters a table by copying it, and with foreign keys on that deletes the children of its rows without a word.
Therefore: a backup first, keys off, a check of every key afterwards, all under one lock. The triggers of
`db.write_once` are off meanwhile.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import itertools
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from quizapp import paths
from quizapp.db import write_once

ADVISORY_LOCK = 7_104_301
"""Held on PostgreSQL while migrating; any number that nothing else in the database uses."""


class BrokenKeys(Exception):
    """A migration left rows that point at nothing; it was rolled back and the database is as before."""


def upgrade(engine: Engine, now: dt.datetime, target: str = "head") -> Path | None:
    """Migrate to `target` under one lock. Returns the backup made before, if there was anything to migrate.

    Raises BrokenKeys. A second process that asks at the same time waits and then finds nothing to do.
    """
    return _migrate(engine, now, lambda config: command.upgrade(config, target), target)


def downgrade(engine: Engine, now: dt.datetime, target: str) -> Path | None:
    """Migrate back to `target`; otherwise as `upgrade`."""
    return _migrate(engine, now, lambda config: command.downgrade(config, target), target)


def revision(connection: Connection) -> str | None:
    """The revision this database is at, None for one without tables."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The revision this version of the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(paths.migrations()))
    config.set_main_option("path_separator", "os")
    return config


def _migrate(engine: Engine, now: dt.datetime, run: Callable[[Config], None], target: str) -> Path | None:
    with _alone(engine):
        with engine.connect() as connection:
            before = revision(connection)
        wanted = newest() if target == "head" else target
        if before == wanted:
            with engine.begin() as connection:
                if write_once.find_unguarded(connection):
                    write_once.guard(connection)
            return None
        backup = _backup(engine, now) if before is not None else None
        config = _config()
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                # Outside any transaction, where alone SQLite listens to it.
                connection.connection.driver_connection.execute("PRAGMA foreign_keys = 0")  # type: ignore[union-attr]
            try:
                with connection.begin():
                    config.attributes["connection"] = connection
                    write_once.lift(connection)
                    run(config)
                    write_once.guard(connection)
                    if engine.dialect.name == "sqlite":
                        _check_keys(connection)
            finally:
                # The pool must not hand this connection on with its keys off.
                connection.invalidate()
        return backup


def _check_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = ", ".join(sorted({row[0] for row in broken}))
        raise BrokenKeys(
            f"{len(broken)} rows point at nothing after this migration, in: {tables}. Nothing was changed."
        )


def _backup(engine: Engine, now: dt.datetime) -> Path | None:
    """A copy beside the database before it is changed. PostgreSQL is backed up by its administrator (`quizapp backup`)
    and changes its tables in the same transaction as everything else."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    source = Path(engine.url.database)
    name = f"{source.stem}-before-{now:%Y%m%dT%H%M%S}"
    # A migration that failed may be tried again within the second.
    names = (name if n == 1 else f"{name}-{n}" for n in itertools.count(1))
    copy = next(file for name in names if not (file := source.with_name(f"{name}{source.suffix}")).exists())
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    return copy


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """One migration at a time, whatever was started at once."""
    if engine.dialect.name == "sqlite":
        Path(str(engine.url.database)).parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(f"{engine.url.database}.migrating", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
        return
    with engine.connect() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(ADVISORY_LOCK)))
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(ADVISORY_LOCK)))
