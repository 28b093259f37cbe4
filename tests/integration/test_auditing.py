"""The audit is one chain, whoever writes at once; what is altered behind the program's back is named."""

from __future__ import annotations

import datetime as dt
import threading

import sqlalchemy as sa
from flask import Flask

from quizapp.db import write_once
from quizapp.db.extension import db
from quizapp.db.models import AuditDetail, AuditEvent
from quizapp.db.session import writing
from quizapp.services import accounts, auditing, keeping
from tests.integration.conftest import Auth, Run
from tests.pages import Client
from tests.people import get_or_make

AT_ONCE, EACH = 6, 8


def append(app: Flask, times: int, now: dt.datetime) -> None:
    with app.app_context():
        session = db.session()
        for number in range(times):
            session.execute(sa.select(1))  # a page was read before: a read transaction is open
            with writing(session):
                details = {"number": number, "of": "Zoë"}
                auditing.record(session, actor_id=None, deed="try", subject=("test", number), details=details, now=now)
        db.session.remove()


def test_deeds_at_once_make_one_chain_without_a_gap(app: Flask, now: dt.datetime) -> None:
    threads = [threading.Thread(target=append, args=(app, EACH, now)) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with app.app_context():
        assert auditing.verify(db.session()) == (AT_ONCE * EACH, None)


def test_a_deed_that_fails_leaves_no_event(app: Flask, now: dt.datetime) -> None:
    with app.app_context():
        session = db.session()
        try:
            with writing(session):
                auditing.record(session, actor_id=None, deed="try", subject=("test", 1), details={}, now=now)
                raise RuntimeError("the power went")
        except RuntimeError:
            pass
        assert auditing.verify(session) == (0, None)


def test_what_was_altered_is_named_by_the_command_and_the_doctor(app: Flask, run: Run, now: dt.datetime) -> None:
    append(app, 3, now)
    assert run("audit", "verify").output == "Events: 3. Signed heads: 0. None was altered.\n"
    with app.app_context():
        session = db.session()
        with writing(session):
            session.execute(sa.delete(AuditDetail).where(AuditDetail.number == 1))  # erased with a person
        assert auditing.verify(session) == (3, None)
        assert [deed.details for deed in auditing.list_deeds(session)][-1] is None
        with writing(session):
            write_once.lift(session.connection())
            session.execute(sa.update(AuditEvent).where(AuditEvent.number == 2).values(subject_id="9"))
        faults = {finding.name: finding.faults for finding in keeping.examine(session)}
        assert faults["audit"] == ("Event 2 was altered.",)
        db.session.remove()
    named = run("audit", "verify")
    assert (named.exit_code, named.output) == (1, "Error: Event 2 was altered.\n")


def test_an_administrator_reads_who_did_what(app: Flask, client: Client, auth: Auth, now: dt.datetime) -> None:
    someone = get_or_make(app, "student", "somebody@example.org")
    auth.sign_in("instructor")
    assert client.raw.get("/admin/audit").status_code == 403
    auth.sign_in("administrator")
    assert "Nothing yet" in client.get("/admin/audit").text
    with app.app_context():
        accounts.suspend(db.session(), someone, now)
    append(app, auditing.A_PAGE, now)
    page = client.get("/admin/audit")
    assert "of: Zoë" in page.text
    older = page.follow("Older entries")
    assert f"person {someone}" in older.text
    assert "a command" in older.text
