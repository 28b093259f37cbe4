"""Reads, and the one way to write.

A read uses a plain BEGIN. A deed runs inside `writing()`: it waits its turn, begins a fresh transaction, locks the rows
it decides on, and commits. Without it two tabs that answer at once leave a schedule that is not the sum of its log.
"""

from __future__ import annotations

import fcntl
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, ExceptionContext
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.orm import Session

BUSY_TIMEOUT_MS = 10_000
PRAGMAS = {
    "journal_mode": "wal",
    "foreign_keys": 1,
    "synchronous": 2,
    "busy_timeout": BUSY_TIMEOUT_MS,
    "secure_delete": 1,
}
IMMEDIATE = {"sqlite_begin": "IMMEDIATE"}
RETRIED_STATES = {"40001", "40P01"}
RETRIES = 5

T = TypeVar("T")


class Unwritable(Exception):
    """The database takes no changes now: the disk is full, read-only or failing. Nothing was stored; reads go on."""


class Unkeepable(Exception):
    """What was asked for or sent holds what no row can: a sign that no database keeps, a number beyond every column."""


def prepare_engine(engine: Engine) -> None:
    """Make an engine keep the promises of this module. Called once for every engine, before its first connection."""
    event.listen(engine, "handle_error", _name_unkeepable)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)


def _name_unkeepable(context: ExceptionContext) -> None:
    if isinstance(context.sqlalchemy_exception, DataError) or isinstance(context.original_exception, OverflowError):
        raise Unkeepable(str(context.original_exception)) from context.original_exception


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not open transactions of its own: `begin` below decides between a read and a write.
    connection.isolation_level = None
    cursor = connection.cursor()
    for name, value in PRAGMAS.items():
        cursor.execute(f"PRAGMA {name} = {value}")
        (held,) = cursor.execute(f"PRAGMA {name}").fetchone() or (value,)
        if held != value:
            raise RuntimeError(f"SQLite refused PRAGMA {name} = {value} (it is {held}); answers would not be durable")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    kind = connection.get_execution_options().get("sqlite_begin", "")
    connection.exec_driver_sql(f"BEGIN {kind}".strip())


def run(session: Session, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
    """Run a prebuilt statement of a hot path in the transaction of this session; gives rows, never objects.

    `session.execute` prepares for objects that such statements do not load, which costs more than the statement.
    """
    return session.connection().execute(statement, parameters)


@dataclass(frozen=True)
class Lock:
    """The row a deed decides on, locked on PostgreSQL; on SQLite the whole database is the lock.

    A deed that will lock further rows takes them after the learner’s, in the order of their ids, so that no two deeds
    can wait for each other. Counters are touched in the order of their keys for the same reason.
    """

    learner: int | None = None
    content: int | None = None
    """An entry that is written or judged. Its learners are not kept waiting: they only point at the row."""


NOTHING = Lock()


@contextmanager
def writing(session: Session, lock: Lock = NOTHING) -> Iterator[Session]:
    """One deed in one transaction: commits at the end, rolls everything back if anything is raised.

    Ends the read transaction of `session` first: whatever was loaded before is stale and must be loaded again inside.
    Raises what the database raises; deeds that may collide on PostgreSQL run under `retrying`.
    """
    session.rollback()
    engine = session.get_bind().engine
    with _turn(engine):
        try:
            connection = session.connection(execution_options=IMMEDIATE if engine.dialect.name == "sqlite" else None)
            if engine.dialect.name == "postgresql":
                _lock_rows(connection, lock)
            yield session
            session.commit()
        except BaseException as error:
            session.rollback()
            if isinstance(error, DBAPIError) and _is_unwritable(error):
                raise Unwritable(str(error.orig)) from error
            raise


def lock(session: Session, wanted: Lock) -> None:
    """Lock further rows in a deed that has begun: one that had to wait for something else first."""
    if session.get_bind().dialect.name == "postgresql":
        _lock_rows(session.connection(), wanted)


def _is_unwritable(error: DBAPIError) -> bool:
    """SQLite: full, read-only, I/O error. PostgreSQL: class 53 (resources), read-only transaction, I/O error."""
    sqlite_names = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN")
    if getattr(error.orig, "sqlite_errorname", "").startswith(sqlite_names):
        return True
    state = getattr(error.orig, "sqlstate", None) or ""
    return state.startswith("53") or state in {"25006", "58030"}


def retrying(deed: Callable[[], T]) -> T:
    """Run a deed again when PostgreSQL asks for it (deadlock, serialisation failure, lost connection at its start).

    The deed must be one `writing()` from beginning to end, so that nothing of the failed run remains.
    """
    for attempt in range(1, RETRIES + 1):
        try:
            return deed()
        except DBAPIError as error:
            again = getattr(error.orig, "sqlstate", None) in RETRIED_STATES or error.connection_invalidated
            if not again or attempt == RETRIES:
                raise
            time.sleep(0.01 * 2**attempt * random.SystemRandom().random())
    raise AssertionError("unreachable")


def _lock_rows(connection: Connection, lock: Lock) -> None:
    from quizapp.db.models import Content, User

    if lock.learner is not None:
        connection.execute(sa.select(User.id).where(User.id == lock.learner).with_for_update())
    if lock.content is not None:
        entry = sa.select(Content.id).where(Content.id == lock.content)
        connection.execute(entry.with_for_update(key_share=True))


_queues: dict[str, threading.Lock] = {}
_queues_guard = threading.Lock()


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """Wait in line to write. SQLite's own waiting polls, which is unfair and ruins the slowest answers.

    A lock in the process comes first, so that one process holds one place in the line between processes.
    """
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        yield
        return
    path = str(Path(database).resolve())
    with _queues_guard:
        queue = _queues.setdefault(path, threading.Lock())
    with queue:
        try:
            side_file = os.open(f"{path}.queue", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unwritable(f"No change can be made beside {path}: {error.strerror}.") from error
        try:
            fcntl.flock(side_file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(side_file)
