"""Keeping the record: backup, restore, and the examination of a database by the doctor."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from quizapp.db import write_once
from quizapp.services import replaying
from quizapp.services.crediting import heads

DIFFERENCES_SHOWN = 20
DUMP_SECONDS = 3_600


class CannotKeep(Exception):
    """A backup or a restore could not be made; the sentence says why. Nothing that existed was changed."""


@dataclass(frozen=True)
class Finding:
    """One thing the doctor looked at. `faults` is empty where all is well."""

    name: str
    faults: tuple[str, ...]


def find_reason_not_ready(session: Session) -> str | None:
    """Why this process should get no requests, or None: the database is away or has other tables than we need."""
    from quizapp.db import migrating  # brings Alembic, which a page never needs

    try:
        held = migrating.revision(session.connection())
    except SQLAlchemyError:
        return "the database does not answer"
    if held != migrating.newest():
        return f"the database is at revision {held}, this program needs {migrating.newest()}: quizapp db upgrade"
    return None


def examine(session: Session) -> list[Finding]:
    """Look at all that must hold: the file, its keys, its revision, its guards, the fold of the log, the audit. Reads
    only."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    looks: list[tuple[str, Callable[[Session], list[str]]]] = [("revision", _revision)]
    if sqlite:
        looks += [("integrity", _integrity), ("foreign keys", _foreign_keys)]
    looks += [("written once", _written_once), ("replay of the log", _replay), ("audit", _audit)]
    return [Finding(name, tuple(look(session))) for name, look in looks]


def backup(engine: Engine, target: Path) -> None:
    """Write a consistent copy while the program runs. Raises CannotKeep; an existing file is never overwritten."""
    if target.exists():
        raise CannotKeep(f"{target} exists already. Choose another name; backups are never overwritten.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if engine.dialect.name == "sqlite":
            with closing(sqlite3.connect(str(engine.url.database))) as connection:
                connection.execute("VACUUM INTO ?", (str(target),))
        else:
            _run(["pg_dump", "--format=custom", "--no-owner", f"--file={target}"], engine.url)
    except (OSError, sqlite3.Error) as error:
        raise CannotKeep(f"The backup could not be written to {target}: {error}.") from error


def restore(engine: Engine, source: Path) -> Path | None:
    """Put a backup in the place of the database; nobody may be using it. Returns where the database that stood there
    was moved to (SQLite). Raises CannotKeep before anything is changed if the file is no backup of ours.
    """
    if not source.is_file():
        raise CannotKeep(f"There is no file {source}.")
    if engine.dialect.name != "sqlite":
        _run(["pg_restore", "--list", str(source)], engine.url)
        _run(["pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", str(source)], engine.url)
        return None
    _check_file(source)
    place = Path(str(engine.url.database))
    engine.dispose()
    half = place.with_name(f"{place.name}.restoring")
    shutil.copyfile(source, half)
    aside = None
    if place.exists():
        with closing(sqlite3.connect(place)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        aside = next(
            p for n in range(1, 1_000) if not (p := place.with_name(f"{place.name}.before-restore-{n}")).exists()
        )
        os.replace(place, aside)
        for suffix in ("-wal", "-shm"):
            place.with_name(place.name + suffix).unlink(missing_ok=True)
    os.replace(half, place)
    return aside


def _check_file(source: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error as error:
        raise CannotKeep(f"{source} is not a backup of this program: {error}. Nothing was changed.") from error
    if verdict != "ok" or not {"alembic_version", "response"} <= tables:
        raise CannotKeep(f"{source} is damaged or not a backup of this program. Nothing was changed.")


def _run(command: list[str], url: URL) -> None:
    """Run one of PostgreSQL’s own programs on the database; the password travels by environment, not by argument."""
    connection = {
        "PGHOST": url.query.get("host") or url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    environment = os.environ | {name: str(value) for name, value in connection.items() if value}
    if command[0] == "pg_restore" and "--list" not in command:
        command = [*command[:-1], f"--dbname={url.database}", command[-1]]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=DUMP_SECONDS)
    except FileNotFoundError as error:
        raise CannotKeep(f"{command[0]} is needed for PostgreSQL; install the package postgresql-client.") from error
    if done.returncode:
        raise CannotKeep(f"{command[0]} failed: {done.stderr.strip().splitlines()[-1] if done.stderr else 'no reason'}")


def _revision(session: Session) -> list[str]:
    reason = find_reason_not_ready(session)
    return [reason] if reason else []


def _integrity(session: Session) -> list[str]:
    return [row[0] for row in session.execute(sa.text("PRAGMA integrity_check")) if row[0] != "ok"]


def _foreign_keys(session: Session) -> list[str]:
    rows = session.execute(sa.text("PRAGMA foreign_key_check")).all()
    return [f"a row of {row[0]} points at a row of {row[2]} that is not there" for row in rows]


def _written_once(session: Session) -> list[str]:
    return [
        f"the table {name} is not guarded against changes: quizapp db upgrade"
        for name in write_once.find_unguarded(session.connection())
    ]


def _replay(session: Session) -> list[str]:
    differences = replaying.replay(session)
    shown = [
        f"{found.table} {found.key}: stored {found.stored}, the log gives {found.folded}"
        for found in differences[:DIFFERENCES_SHOWN]
    ]
    more = len(differences) - len(shown)
    return [*shown, f"and {more} more"] if more > 0 else shown


def _audit(session: Session) -> list[str]:
    found = heads.verify(session)
    return [found.fault] if found.fault else []
