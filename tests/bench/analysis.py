"""`python3 -m tests bench --analysis`: item analysis over a large log. What do its pages cost, and what does it take to
count everything, or one question, anew?"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp import clock
from quizapp.db.extension import db
from quizapp.db.models import BankMember, Content, ItemStat
from quizapp.db.session import writing
from quizapp.services import accounts, counting
from tests import logs
from tests.serving import signed_in
from tests.statements import counted

QUESTIONS, EACH = 500, 400
COHORTS, MONTHS_DAYS = 40, 600
LOOKS = 60

_WRITTEN = """
INSERT INTO response (
    learner_id, presentation_id, part, content_id, line, objective_id, mode, answer, earned, possible, classes, rating,
    elapsed_ms, first_exposure, schedules, study_day, topic_id, guess, difficulty, calibration_epoch, ability,
    cohort_id, at
)
WITH RECURSIVE learner(l) AS (SELECT :first UNION ALL SELECT l + 1 FROM learner WHERE l < :last),
drawn AS (
    SELECT l, asked.*, ((l * 7919 + n * 104729) * 2654435761) & 1073741823 AS h FROM learner, asked
    WHERE (l * 31 + n) % :questions < :each
),
marked AS (SELECT *, (h >> 5) % 1000 < 250 + l % 500 AS is_right FROM drawn)
SELECT
    l, :shown + row_number() OVER (), part, content_id, line, objective_id, 'practice', '{"choice": "a"}', is_right, 1,
    CASE WHEN is_right THEN '["a"]' ELSE '["' || substr('bcd', 1 + (h >> 15) % 3, 1) || '"]' END, 'good',
    3000 + h % 200000, 1, 1, date('2024-01-01', '+' || ((l * 13 + n) % :days) || ' days'), topic_id, 0.2, 0.0, 0,
    CASE WHEN n > 4 THEN l % 500 - 250 + n % 7 END, CASE WHEN l % 10 THEN 1 + l % :cohorts END,
    '2025-06-01 09:00:00.000000'
FROM marked
"""
"""Answers made by the database itself: writing ten million from here would take longer than everything measured."""


def measured(app: Flask, answers: int, tell: Callable[[str], object]) -> dict[str, str]:
    """What was found, in words. The database is SQLite; it holds content and nobody."""
    told = {}
    with app.app_context():
        session = db.session()
        tell(f"writing {answers:,} answers …")
        items = _write(session, answers)
        tell("counting them for the first time …")
        took = _seconds(lambda: counting.recount(session, clock.now()))
        rows = session.scalar(sa.select(sa.func.count()).select_from(ItemStat))
        told[f"counting {answers:,} answers into {rows:,} empty counters"] = _words(took)
        tell("looking at pages …")
        person = _author(session)
        engine = db.engine
        session.rollback()
    (cookie,) = signed_in(app, person)
    browser = app.test_client()
    name, _, value = cookie.header.partition("=")
    browser.set_cookie(name, value, domain="localhost", secure=True)
    one = items[QUESTIONS // 2]
    pages = {
        "page of one question": f"/author/items/{one}/statistics",
        f"page of all {QUESTIONS} questions and more": "/author/statistics",
        "the same, of one bank": "/author/statistics?bank=bench",
    }
    for what, path in pages.items():
        told[what] = _look(browser, engine, path)
    with app.app_context():
        session = db.session()
        for what, item in (("one question", one), ("all questions", None)):
            tell(f"counting {what} anew …")
            differences: list[counting.Difference] = []
            took = _seconds(lambda item=item, found=differences: found.extend(counting.compare(session, item)))
            told[f"counting {what} anew and comparing"] = f"{_words(took)}, {len(differences)} counters differ"
        session.rollback()
        db.engine.dispose()
    return told


def _write(session: Session, answers: int) -> list[int]:
    """The log, and the questions it is about. Without keys to people: what is measured never follows them."""
    asked = logs.questions(session)[:QUESTIONS]
    session.rollback()
    with db.engine.connect() as held:
        raw: Any = held.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys = 0")
        raw.execute("PRAGMA synchronous = 0")
        raw.execute("PRAGMA cache_size = -200000")
        raw.execute("DROP INDEX ix_response_learner_id_id")
        raw.execute("DROP INDEX ix_response_content_id")
        raw.execute("CREATE TEMP TABLE asked (n INTEGER PRIMARY KEY, content_id, line, objective_id, topic_id, part)")
        parts = {one.content_id: _part(session, one.version_id) for one in asked}
        rows = [
            (n, one.content_id, one.line, one.objective_id, one.topic_id, parts[one.content_id])
            for n, one in enumerate(asked)
        ]
        raw.executemany("INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?)", rows)
        learners, a_turn = answers // EACH, 500
        for first in range(1, learners + 1, a_turn):
            raw.execute("BEGIN")
            last = min(learners, first + a_turn - 1)
            more = {"first": first, "last": last, "shown": first * EACH, "questions": len(asked), "each": EACH}
            raw.execute(_WRITTEN, more | {"days": MONTHS_DAYS, "cohorts": COHORTS})
            raw.execute("COMMIT")
        raw.execute("CREATE INDEX ix_response_learner_id_id ON response (learner_id, id)")
        raw.execute("CREATE INDEX ix_response_content_id ON response (content_id)")
        raw.execute("ANALYZE")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        held.invalidate()
    return [one.content_id for one in asked]


def _part(session: Session, version_id: int) -> str:
    from quizapp.services.versions import get_version

    return get_version(session, version_id).parts[0].id


def _author(session: Session) -> int:
    """Somebody who is an author of every bank."""
    now = clock.now()
    with writing(session):
        values: dict[str, object] = {
            "email": "author@example.org",
            "name": "Author",
            "password": "none",
            "confirmed_at": now,
        }
        person = accounts.insert_user(session, values, ["instructor"], now)
        banks = session.scalars(sa.select(Content.id).where(Content.kind == "bank")).all()
        rows = [{"bank_id": bank, "user_id": person, "role": "author", "at": now} for bank in banks]
        session.execute(sa.insert(BankMember), rows)
    return person


def _look(browser: Any, engine: sa.Engine, path: str) -> str:
    def look() -> Any:
        return browser.get(path, base_url="https://localhost")

    first, _ = _seconds(look)
    with counted(engine) as statements:
        page = look()
    assert page.status_code == 200, page.status
    taken = [_seconds(look) for _ in range(LOOKS)]
    walls = sorted(1e3 * wall for wall, _ in taken)
    busy = statistics.median(1e3 * cpu for _, cpu in taken)
    return (
        f"p50 {statistics.median(walls):.1f} ms, p95 {walls[LOOKS * 95 // 100]:.1f} ms, CPU {busy:.1f} ms, "
        f"the first {1e3 * first:.0f} ms; {len(statements)} statements, {len(page.data):,} bytes"
    )


def _seconds(deed: Callable[[], object]) -> tuple[float, float]:
    """How long it takes, and how much of that the processor works."""
    began, busy = time.perf_counter(), time.process_time()
    deed()
    return time.perf_counter() - began, time.process_time() - busy


def _words(took: tuple[float, float]) -> str:
    return f"{took[0]:.1f} s, CPU {took[1]:.1f} s"
