"""What is written once is kept by the database itself, whoever writes to it; erasures and migrations go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from quizapp import clock
from quizapp.db import migrating, write_once
from quizapp.db.extension import db
from quizapp.db.models import AuditHead, Base, Certificate, Disclosure, InControl, table
from quizapp.db.session import writing
from quizapp.services import keeping
from quizapp.services.crediting import overseeing, reporting
from tests.integration.credited import Designated
from tests.integration.learners import MONDAY
from tests.integration.records import certify, revoke
from tests.integration.test_credit_races import attested
from tests.integration.test_migrations import another_version
from tests.integration.test_overseeing import LATER, OVER, PRESS, Room
from tests.integration.test_reporting import Desk

NEVER_CHANGED = (
    "activity_version", "audit_event", "audit_head", "certificate", "claim_step", "consent", "credit_system",
    "designation", "disclosure", "provider", "reopening", "revocation",
)  # fmt: skip
NEVER_DELETED = ("attestation", "claim", "evaluation", "participation", "report_batch", "report_row", "signing_key")
REBUILDS = """copied = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("certificate", recreate=copied) as held:
        held.add_column(sa.Column("place", sa.String(20), nullable=False, server_default="here"))
    op.execute("UPDATE consent SET wording = 'As a migration put it.'")"""


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()
        db.session.remove()


@pytest.fixture
def filled(session: Session) -> Session:
    """A row in each of the tables that are guarded."""
    desk = Desk(session, Designated.new(session, report_format="pars"), PRESS.vault)
    claim = attested(desk)
    (taken,) = session.scalars(sa.text("SELECT participation_id FROM claim")).all()
    code = certify(session, taken, claim)
    reporting.prepare(session, desk.run.coordinator, desk.run.activity_id, desk.vault, LATER)
    _, lapsed = Room(session, desk.run).took_part()
    overseeing.reopen(session, desk.run.coordinator, lapsed, OVER, "Was ill.", LATER)
    with writing(session):
        who = {"activity_id": desk.run.activity_id, "name": "Author", "email": "", "role": "author"}
        number = session.execute(sa.insert(table(InControl)).values(who)).inserted_primary_key[0]
        told = {"relationships": [], "employed": False, "mitigation": "", "at": MONDAY}
        session.execute(sa.insert(table(Disclosure)), told | {"in_control_id": number})
        head = {"day": MONDAY.date(), "number": 1, "digest": "0" * 64, "signed": "a.b.c", "at": MONDAY}
        session.execute(sa.insert(table(AuditHead)), head)
    revoke(session, code, desk.run.coordinator.id, "Somebody else sat it.")
    return session


def refused(session: Session, statement: str, name: str) -> None:
    with pytest.raises(IntegrityError, match=f"The rows of {name} are kept as written"):
        session.execute(sa.text(statement))
    session.rollback()


def test_no_column_of_what_is_written_once_can_be_changed(filled: Session) -> None:
    tried = 0
    for name in NEVER_CHANGED:
        assert filled.scalar(sa.text(f"SELECT count(*) FROM {name}")), f"{name} has no row to try it on"
        for column in Base.metadata.tables[name].columns:
            refused(filled, f"UPDATE {name} SET {column.name} = {column.name}", name)
            tried += 1
    assert tried > 80


def test_no_row_of_the_record_can_be_deleted(filled: Session) -> None:
    for name in (*NEVER_CHANGED, *NEVER_DELETED):
        assert filled.scalar(sa.text(f"SELECT count(*) FROM {name}")), f"{name} has no row to try it on"
        refused(filled, f"DELETE FROM {name}", name)
        if filled.get_bind().dialect.name == "postgresql":
            # It goes on to what points at the table, and is refused at whichever comes first.
            with pytest.raises(IntegrityError, match="are kept as written: TRUNCATE refused"):
                filled.execute(sa.text(f"TRUNCATE {name} CASCADE"))
            filled.rollback()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL has no such statement
def test_no_row_can_be_replaced_under_any_of_its_keys(filled: Session) -> None:
    """SQLite deletes what a statement with OR REPLACE puts something else in the place of, and asks no trigger."""
    edition = "provider (slug, edition, body, at) SELECT slug, edition, '{}', at FROM provider"
    for statement in (edition, *(f"{name} SELECT * FROM {name}" for name in (*NEVER_CHANGED, *NEVER_DELETED))):
        refused(filled, f"INSERT OR REPLACE INTO {statement}", statement.split()[0])


def test_nothing_takes_the_place_of_another_by_a_change_of_its_key(filled: Session) -> None:
    for name in NEVER_DELETED:
        for key in Base.metadata.tables[name].primary_key:
            refused(filled, f"UPDATE {name} SET {key.name} = {key.name}", name)
    refused(filled, "UPDATE claim SET learner_id = 1", "claim")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("certificate", "credential = '', document = 'forged'"),
        ("certificate", "facts = '{}'"),
        ("certificate", "credential = '', document = '', code = 'ABCD-EFGH-JKLM'"),
        ("revocation", "reason = ''"),
        ("reopening", "reason = '[erased]', until = until"),
    ],
)
def test_over_what_an_erasure_blanks_nothing_but_a_blank_can_be_written(
    filled: Session, name: str, change: str
) -> None:
    refused(filled, f"UPDATE {name} SET {change}", name)


def test_an_erasure_may_blank(filled: Session) -> None:
    with writing(filled):
        filled.execute(sa.update(Certificate).values(facts={}, credential="", document=b""))
        for name in ("revocation", "reopening", "claim_step"):
            filled.execute(sa.text(f"UPDATE {name} SET reason = '[erased]'"))
    assert filled.scalars(sa.select(Certificate.document)).all() == [b""]


def test_a_migration_copies_and_fills_what_is_guarded_and_leaves_it_guarded(
    app: Flask, filled: Session, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.session.remove()
    with another_version(tmp_path, monkeypatch, then=REBUILDS):
        migrating.upgrade(engine, clock.now())
        session = db.session()
        assert set(session.scalars(sa.text("SELECT wording FROM consent"))) == {"As a migration put it."}
        refused(session, "UPDATE certificate SET place = 'there'", "certificate")
        assert write_once.find_unguarded(session.connection()) == ()
        with writing(session):
            write_once.lift(session.connection())
            session.execute(sa.text("UPDATE certificate SET place = 'there'"))
        db.session.remove()


def test_what_lacks_its_guard_is_named_by_the_doctor_and_guarded_by_an_upgrade(
    app: Flask, session: Session, engine: Engine
) -> None:
    on = " ON claim_step" if engine.dialect.name == "postgresql" else ""
    with writing(session):
        session.execute(sa.text(f"DROP TRIGGER written_once_claim_step_blank{on}"))
    faults = {finding.name: finding.faults for finding in keeping.examine(session)}
    assert faults["written once"] == ("the table claim_step is not guarded against changes: quizapp db upgrade",)
    db.session.remove()
    assert migrating.upgrade(engine, clock.now()) is None
    assert all(not finding.faults for finding in keeping.examine(db.session()))
