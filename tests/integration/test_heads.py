"""Signed heads of the audit: made each night, and no byte of events, details or heads can be changed unseen."""

from __future__ import annotations

import datetime as dt
import json
import threading
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from quizapp.core.audit import Event, digest
from quizapp.db import write_once
from quizapp.db.extension import db
from quizapp.db.models import AuditDetail, AuditEvent, AuditHead, Provider, SigningKey, table
from quizapp.db.session import writing
from quizapp.services import auditing
from quizapp.services import work as background
from quizapp.services.crediting import heads
from tests.integration.conftest import Auth, Run
from tests.integration.credited import PROVIDER
from tests.integration.learners import MONDAY, Learner

DAY = dt.timedelta(days=1)
NIGHT = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)


def append(session: Any, now: dt.datetime, times: int = 1) -> None:
    for number in range(times):
        with writing(session):
            details = {"number": number, "of": "Zoë"}
            auditing.record(session, actor_id=None, deed="try", subject=("test", number), details=details, now=now)


def open_provider(session: Any) -> None:
    with writing(session):
        row = {"slug": "institute", "edition": 1, "body": PROVIDER, "at": MONDAY}
        session.execute(sa.insert(table(Provider)), row)


def sign(app: Flask, now: dt.datetime = NIGHT) -> int:
    return heads.sign_due(db.session(), app.extensions["vault"], now)


def test_each_day_that_ended_gets_one_head_also_if_the_worker_slept(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        append(session, MONDAY)
        assert sign(app) == 0, "there is no provider yet, so no key"
        open_provider(session)
        assert sign(app, MONDAY) == 0, "nothing happened before today"
        assert sign(app) == 1
        assert sign(app) == 0, "twice is harmless"
        first = heads.find_newest(session)
        assert first is not None
        assert (first.day, first.number) == (MONDAY.date(), 1)
        append(session, NIGHT + DAY, 2)
        assert sign(app, NIGHT + 4 * DAY) == 4
        rows = session.execute(sa.select(AuditHead.day, AuditHead.number).order_by(AuditHead.day)).all()
        assert [row.day.day for row in rows] == [23, 24, 25, 26, 27]
        assert [row.number for row in rows] == [1, 2, 4, 4, 4], "the key that was made on the 24th is an event too"
        assert heads.verify(session) == heads.Verified(4, 5, None)
        db.session.remove()


def test_two_workers_at_once_sign_once(app: Flask) -> None:
    with app.app_context():
        open_provider(db.session())
        append(db.session(), MONDAY)
        db.session.remove()
    found: list[object] = []
    barrier = threading.Barrier(2)

    def work() -> None:
        with app.app_context():
            try:
                barrier.wait(10)
                found.append(sign(app))
            except BaseException as problem:
                found.append(problem)
            finally:
                db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
    assert sorted(map(str, found)) == ["0", "1"], found


def test_the_night_signs_it(app: Flask) -> None:
    with app.app_context():
        open_provider(db.session())
        append(db.session(), MONDAY)
        assert background.work_at_night(db.session(), NIGHT, vault=app.extensions["vault"])
        assert not background.work_at_night(db.session(), NIGHT, vault=app.extensions["vault"])
        db.session.remove()


TEXTS = {
    "audit_event": ("deed", "subject_kind", "subject_id", "details", "before", "digest"),
    "audit_detail": ("details", "salt"),
    "audit_head": ("digest", "signed"),
}


def test_a_byte_flipped_anywhere_is_named(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        open_provider(session)
        append(session, MONDAY, 2)
        sign(app)
        append(session, NIGHT)
        assert heads.verify(session).fault is None
        with writing(session):
            write_once.lift(session.connection())
        keys = {"audit_event": "number = 2", "audit_detail": "number = 2", "audit_head": "number = 2"}
        tried = 0
        for name, columns in TEXTS.items():
            for column in columns:
                for changed in flips(session, name, column, keys[name]):
                    fault = heads.verify(session).fault or ""
                    who = "The head of 2026-11-23" if name == "audit_head" else "vent 2"
                    assert who in fault, f"{name}.{column}: {changed!r}: {fault!r}"
                    session.rollback()
                    tried += 1
        somebody = Learner.new(session).actor.id
        second = sa.update(AuditEvent).where(AuditEvent.number == 2)
        for statement, told in (
            (second.values(actor_id=somebody), "Event 2 was altered."),
            (second.values(at=MONDAY + dt.timedelta(microseconds=1)), "Event 2 was altered."),
            (sa.update(AuditHead).values(number=1), "The head of 2026-11-23"),
            (sa.update(AuditHead).values(day=MONDAY.date() - DAY), "The head of 2026-11-22"),
            (sa.update(AuditHead).values(at=NIGHT + dt.timedelta(microseconds=1)), "The head of 2026-11-23"),
        ):
            session.execute(statement)
            assert told in (heads.verify(session).fault or ""), str(statement)
            session.rollback()
        assert tried > 300
        db.session.remove()


def flips(session: Any, name: str, column: str, where: str) -> Any:
    """Change one letter of a stored text after the other, in a transaction that the caller rolls back."""
    held = session.execute(sa.text(f"SELECT CAST({column} AS TEXT) FROM {name} WHERE {where}")).scalar_one()
    session.rollback()
    for place, sign_there in enumerate(held):
        changed = held[:place] + ("0" if sign_there != "0" else "1") + held[place + 1 :]
        if column == "details" and name == "audit_detail" and session.get_bind().dialect.name == "postgresql":
            try:  # PostgreSQL itself refuses what is no JSON
                json.loads(changed)
            except ValueError:
                continue
            changed = changed.replace("'", "''")
            session.execute(
                sa.text(f"UPDATE {name} SET {column} = CAST(:text AS json) WHERE {where}"), {"text": changed}
            )
        else:
            session.execute(sa.text(f"UPDATE {name} SET {column} = :text WHERE {where}"), {"text": changed})
        yield changed


def test_an_end_cut_off_later_is_seen_here_and_elsewhere(app: Flask, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "heads.json"
    with app.app_context():
        session = db.session()
        open_provider(session)
        append(session, MONDAY, 3)
        sign(app)
        db.session.remove()
    assert run("audit", "heads", str(file)).output.startswith(f"Written to {file}.")
    assert run("audit", "heads", str(file)).exit_code == 1, "a file of heads is never overwritten"
    assert run("audit", "verify").output == "Events: 4. Signed heads: 1. None was altered.\n"
    assert run("audit", "verify", "--heads", str(file)).output == "Events: 4. Signed heads: 1. None was altered.\n"
    with app.app_context(), writing(db.session()) as session:
        write_once.lift(session.connection())
        session.execute(sa.delete(AuditDetail).where(AuditDetail.number > 2))
        session.execute(sa.delete(AuditEvent).where(AuditEvent.number > 2))
    cut = run("audit", "verify")
    assert cut.exit_code == 1
    assert "The audit ends with event 2, but the head of 2026-11-23 was signed over event 3" in cut.output
    with app.app_context(), writing(db.session()) as session:
        session.execute(sa.delete(AuditHead))
    assert run("audit", "verify").exit_code == 0, "who can delete the heads too is not seen here"
    assert "but the head of 2026-11-23" in run("audit", "verify", "--heads", str(file)).output, "but is seen elsewhere"

    for text in (
        "",
        "{}",
        "[]",
        '{"keys": [], "heads": ["x"]}',
        file.read_text().replace('"heads": [\n    "e', '"heads": [\n    "f'),
    ):
        file.write_text(text)
        bad = run("audit", "verify", "--heads", str(file))
        assert bad.exit_code == 2, text
        assert "no export of heads" in bad.output
        assert "Expecting value" not in bad.output, "the words of a parser tell nobody anything"


def test_a_chain_that_was_computed_anew_is_named(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        open_provider(session)
        append(session, MONDAY, 3)
        sign(app)
        with writing(session):
            write_once.lift(session.connection())
            row = session.execute(sa.select(*table(AuditEvent).c).where(AuditEvent.number == 3)).one()
            forged = Event(row.number, row.at, row.actor_id, "forged", ("test", "2"), row.details)
            change = {"deed": "forged", "digest": digest(forged, row.before)}
            session.execute(sa.update(AuditEvent).where(AuditEvent.number == 3).values(**change))
            session.execute(sa.delete(AuditDetail).where(AuditDetail.number == 4))
            session.execute(sa.delete(AuditEvent).where(AuditEvent.number == 4))
        assert auditing.verify(session) == (3, None), "the chain alone does not show it"
        assert heads.verify(session).fault == "Event 3 is another one than the head of 2026-11-23 was signed over."
        db.session.remove()


def test_a_key_that_was_altered_makes_its_heads_worth_nothing(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        open_provider(session)
        append(session, MONDAY)
        sign(app)
        for broken in ({}, {"kid": 7}):
            with writing(session):
                session.execute(sa.update(SigningKey).values(public=broken))
            assert "The head of 2026-11-23 was altered." in (heads.verify(session).fault or "")
            assert json.loads(heads.export(session))["keys"] == []
        db.session.remove()


def test_a_head_that_was_taken_out_is_named_and_the_page_shows_the_newest(app: Flask, auth: Auth) -> None:
    auth.sign_in("administrator")
    assert "No head has been signed yet." in auth.client.get("/admin/audit").text
    with app.app_context():
        session = db.session()
        open_provider(session)
        append(session, MONDAY)
        sign(app)
        sign(app, NIGHT + 3 * DAY)
        with writing(session):
            write_once.lift(session.connection())
            session.execute(sa.delete(AuditHead).where(AuditHead.day == MONDAY.date() + DAY))
        assert heads.verify(session).fault == "The head of 2026-11-24 is missing."
        db.session.remove()
    page = auth.client.get("/admin/audit")
    assert "The newest signed head is that of 26 November 2026, over entry 2" in page.text
