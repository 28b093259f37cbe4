"""The least that an answer could cost on this server: a route that says a word, and one that stores a row durably.

Served beside the program in the same run, so that numbers of different machines can be compared by their ratio. The row
is written as the program writes: one writer at a time, in the order of arrival, and on the disk before the reply.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading

from flask import Flask

app = Flask(__name__)
FILE = os.environ["BENCH_BARE_DATABASE"]
_thread = threading.local()
_queue = threading.Lock()
_side_file = os.open(f"{FILE}.queue", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def connection() -> sqlite3.Connection:
    """The connection of this thread."""
    if not hasattr(_thread, "connection"):
        opened = sqlite3.connect(FILE, isolation_level=None, timeout=10)
        for pragma in ("journal_mode = wal", "synchronous = full"):
            opened.execute(f"PRAGMA {pragma}")
        opened.execute("CREATE TABLE IF NOT EXISTS answer (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        _thread.connection = opened
    held: sqlite3.Connection = _thread.connection
    return held


@app.get("/word")
def word() -> str:
    return "ready"


@app.post("/row")
def row() -> tuple[str, int]:
    writer = connection()
    with _queue:
        fcntl.flock(_side_file, fcntl.LOCK_EX)
        try:
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("INSERT INTO answer (text) VALUES (?)", ("one choice",))
            writer.execute("COMMIT")
        finally:
            fcntl.flock(_side_file, fcntl.LOCK_UN)
    return "", 303
