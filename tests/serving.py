"""The production server as a process group that a test may kill, and browsers that are signed in already.

A password check costs more than everything a test wants to see; `signed_in` makes what a sign-in leaves behind: a row
and a cookie.
"""

from __future__ import annotations

import datetime as dt
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask, session
from flask_wtf.csrf import generate_csrf

from quizapp import clock
from quizapp.bootstrap import ROOT
from quizapp.db.extension import db
from quizapp.db.models import LoginSession, table
from quizapp.db.session import writing

SECONDS_TO_START = 60
SECONDS_TO_ANSWER = 15


@dataclass(frozen=True)
class Cookie:
    """What a browser holds after signing in: the value of its Cookie header, and the token of its forms."""

    header: str
    csrf_token: str


def signed_in(app: Flask, *learner_ids: int) -> list[Cookie]:
    """A living sign-in for each of these people, in one transaction."""
    now, cookies, rows = clock.now(), [], []
    name = app.config["SESSION_COOKIE_NAME"]
    for learner_id in learner_ids:
        sid = secrets.token_urlsafe(32)
        rows.append({"sid": sid, "user_id": learner_id, "started_at": now, "expires_at": now + dt.timedelta(days=1)})
        with app.test_request_context():
            session["sid"] = sid
            csrf_token = generate_csrf()
            serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
            cookies.append(Cookie(f"{name}={serializer.dumps(dict(session))}", csrf_token))
    with app.app_context(), writing(db.session()) as tables:
        tables.execute(sa.insert(table(LoginSession)), rows)
    return cookies


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A command that serves on 127.0.0.1, in a process group of its own. `log` is what it wrote."""

    def __init__(self, command: list[str], variables: dict[str, str], log: Path, ready: str = "/readyz") -> None:
        self.port = free_port()
        self.command = [part.replace("{port}", str(self.port)) for part in command]
        self.variables, self.log, self.ready = variables, log, ready
        self.process: subprocess.Popen[bytes] | None = None

    @classmethod
    def of_program(cls, variables: dict[str, str], log: Path, *, workers: int = 2) -> Server:
        """`quizapp serve` without the background work."""
        arguments = ["serve", "--port", "{port}", "--workers", str(workers), "--no-work"]
        return cls([sys.executable, "-m", "quizapp.cli", *arguments], variables, log)

    def start(self) -> float:
        """Start it; returns the seconds until it was ready."""
        began = time.perf_counter()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.variables, stdout=log, stderr=log, start_new_session=True
            )
        while not self._is_ready():
            if self.process.poll() is not None or time.perf_counter() - began > SECONDS_TO_START:
                self.kill()
                raise AssertionError(f"The server does not answer on port {self.port}:\n{self.log.read_text()}")
            time.sleep(0.02)
        return time.perf_counter() - began

    def kill(self) -> None:
        """End all its processes as a power cut would: none of them can do anything about it."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ask it to stop and wait; what does not stop is killed."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(SECONDS_TO_START)
        except subprocess.TimeoutExpired:
            self.kill()

    def processes(self) -> list[int]:
        """The ids of all processes of the group."""
        assert self.process is not None
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            if int(fields[2]) == self.process.pid:
                found.append(int(stat.parent.name))
        return found

    def _is_ready(self) -> bool:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            asked.request("GET", self.ready)
            return asked.getresponse().status == 200
        except OSError:
            return False
        finally:
            asked.close()


class Browser:
    """One signed-in learner on one connection to a real server; a broken connection is raised, not mended.

    Used in a `with`, which closes the connection.
    """

    def __init__(self, port: int, cookie: Cookie) -> None:
        self.cookie = cookie
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS_TO_ANSWER)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def get(self, path: str) -> tuple[int, str]:
        """Status and body."""
        self.connection.request("GET", path, headers={"Cookie": self.cookie.header})
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def post(self, path: str, **fields: str) -> tuple[int, str, str]:
        """Status, body and Location of a form that is sent."""
        body = urlencode({"csrf_token": self.cookie.csrf_token, **fields})
        headers = {"Cookie": self.cookie.header, "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("Location", "")
