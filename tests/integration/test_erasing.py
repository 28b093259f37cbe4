"""A person takes their data along and is erased: no word of theirs is left; sums, chain and credit hold."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import json
import threading
import zipfile
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session

from quizapp.cli.users import user as user_command
from quizapp.core.preferences import Choices
from quizapp.db import write_once
from quizapp.db.extension import db
from quizapp.db.models import (
    Accommodation,
    Base,
    Certificate,
    Challenge,
    Claim,
    ClaimStep,
    CohortMember,
    Consent,
    CreditProfile,
    Erasure,
    Evaluation,
    InControl,
    Invitation,
    LearnerSettings,
    LoginSession,
    Note,
    Outbox,
    Participation,
    Presentation,
    Reminder,
    Reopening,
    ReportBatch,
    Response,
    SavedAnswer,
    Sitting,
    User,
    UserRole,
    WebAuthn,
    table,
)
from quizapp.db.session import writing
from quizapp.services import accounts, annotating, auditing, erasing, exporting, outbox, personal, replaying
from quizapp.services import work as background
from quizapp.services.crediting import external, goals, transcripts
from quizapp.services.crediting.external import Typed, Upload
from quizapp.services.crediting.reporting import Refused
from quizapp.services.crediting.transcripts import OWN, Wanted
from quizapp.services.crediting.vault import Vault
from tests.integration.classes import Class
from tests.integration.conftest import Auth
from tests.integration.credited import Designated
from tests.integration.learners import MONDAY, Learner, only_single_best_answers
from tests.integration.participants import slug_of
from tests.integration.records import certify, revoke
from tests.integration.test_credit_walkthrough import ANA, offer, to_the_claim
from tests.integration.test_reporting import LATER, Desk
from tests.pages import Client
from tests.people import PASSWORD, get_or_make

SIX_YEARS = dt.datetime(2032, 11, 24, 4, tzinfo=dt.UTC)
MARK = "Zaubertrank"
EMAIL = f"{MARK.lower()}@example.org"
DAY = dt.timedelta(days=1)


def test_every_column_that_can_hold_words_has_a_decision() -> None:
    held = {
        (name, column.name)
        for name, one in Base.metadata.tables.items()
        for column in one.c
        if isinstance(column.type, (sa.String, sa.JSON, sa.LargeBinary))
    }
    lists: list[tuple[str, str]] = []
    for decided in (personal.ERASED, personal.RECORD):
        lists += [(name, column) for name, columns in decided.items() for column in columns]
    lists += [(name, column) for name, (columns, _) in personal.KEPT.items() for column in columns]
    assert not held - set(lists), f"Say in services.personal what erasure does with {sorted(held - set(lists))}."
    assert not set(lists) - held, f"No such column any more: {sorted(set(lists) - held)}."
    assert len(lists) == len(set(lists)), "a column has one decision"


class Filled:
    """A person with a word that nobody else uses in every place that erasure must reach."""

    def __init__(self, app: Flask, session: Any) -> None:
        self.session, self.numbers = session, itertools.count(1)
        user_id = get_or_make(app, "student", EMAIL)
        choices = Choices(zone="Europe/Vienna")
        accounts.save_settings(session, user_id, choices, f"{MARK} Ärztin", MONDAY)
        self.learner = Learner.new(session)
        self.learner.actor = accounts.Actor(user_id, EMAIL, self.word(), frozenset({"student"}), choices, "read")
        self.activity = Designated.new(session)
        self.fill_account()
        self.fill_learning()
        self.fill_credit()

    @property
    def id(self) -> int:
        return self.learner.actor.id

    def word(self) -> str:
        return f"{MARK}-{next(self.numbers)}"

    def insert(self, model: Any, **values: Any) -> None:
        with writing(self.session):
            self.session.execute(sa.insert(table(model)), values)

    def fill_account(self) -> None:
        w = self.word
        with writing(self.session):
            self.session.execute(
                sa.update(User)
                .where(User.id == self.id)
                .values(tf_primary_method=w(), tf_totp_secret=w(), mf_recovery_codes=[w()], fs_uniquifier=w())
            )
            self.session.execute(sa.update(LearnerSettings).values(calendar_token=w()))
        moments = {"create_datetime": MONDAY, "lastuse_datetime": MONDAY}
        key = {"credential_id": w().encode(), "public_key": w().encode(), "backup_state": False, "device_type": w()}
        self.insert(WebAuthn, user_id=self.id, **key, **moments, name=w(), usage=w(), extensions=w(), transports=[w()])
        self.insert(LoginSession, sid=w(), user_id=self.id, started_at=MONDAY, expires_at=MONDAY + DAY)
        accounts.add_exam_date(self.session, self.learner.actor, w(), MONDAY.date() + DAY, MONDAY)
        mail = {"body": w(), "html": w(), "created_at": MONDAY, "try_after": MONDAY, "attempts": 0, "last_error": w()}
        self.insert(Outbox, event=w(), recipient=EMAIL, subject=w(), **mail)
        told = mail | {"body": f"{MARK} Ärztin has a doubt.", "html": None, "last_error": None, "sent_at": MONDAY}
        self.insert(Outbox, event="doubt 7", recipient="instructor@example.org", subject=f"About {EMAIL}", **told)
        self.insert(
            Accommodation, user_id=self.id, time_percent=150, break_minutes=0, note=w(), by_id=self.id, at=MONDAY
        )
        self.insert(Reminder, learner_id=self.id, about=w(), at=MONDAY)

    def fill_learning(self) -> None:
        w, session, learner = self.word, self.session, self.learner
        sitting = learner.start(size=3)
        for position in range(2):
            learner.answer(learner.question(sitting, position).presentation_id)
        shown = learner.question(sitting, 2).presentation_id
        self.insert(
            SavedAnswer, presentation_id=shown, part="1", answer={"text": w()}, struck=[w()], elapsed_ms=1, at=MONDAY
        )
        annotating.report_problem(session, learner.actor, shown, w(), MONDAY)
        content = session.scalar(sa.select(Presentation.content_id).where(Presentation.id == shown))
        self.insert(Note, learner_id=self.id, content_id=content, text=w(), at=MONDAY)
        with writing(session):
            first, second = session.scalars(sa.select(Response.id).order_by(Response.id)).all()
            for number, answer in ((first, {"text": w()}), (second, {"blanks": {"a": w(), "b": w()}})):
                session.execute(sa.update(Response).where(Response.id == number).values(answer=answer))
        room = Class.new(session)
        room.join(learner)
        with writing(session):
            session.execute(sa.update(CohortMember).where(CohortMember.learner_id == self.id).values(lms_id=w()))
        invited = {"cohort_id": room.cohort, "email": EMAIL, "name": w(), "lms_id": w(), "by_id": self.id}
        self.insert(Invitation, **invited, at=MONDAY)
        given = room.give("block")
        doubt = {"assignment_id": given, "content_id": content, "learner_id": self.id, "reason": w(), "answer": w()}
        self.insert(Challenge, **doubt, at=MONDAY)
        for actor_id, subject in ((self.id, ("test", 1)), (None, ("person", self.id)), (None, ("test", 2))):
            with writing(session):
                details = {"word": w(), "email": EMAIL, "name": f"{MARK} Ärztin"}
                auditing.record(session, actor_id=actor_id, deed="try", subject=subject, details=details, now=MONDAY)

    def fill_credit(self) -> None:
        w, session = self.word, self.session
        taken = self.activity.enrol(self.learner)
        with writing(session):
            profile = {"name": w(), "recipient": w()}
            session.execute(sa.update(CreditProfile).where(CreditProfile.learner_id == self.id).values(**profile))
            session.execute(sa.update(Participation).where(Participation.id == taken).values(passed_at=MONDAY))
        goals.set_goals(session, self.learner.actor, {"": "10"}, MONDAY)
        consent = {"purpose": "report", "given": True, "wording": "Report me.", "at": MONDAY}
        self.insert(Consent, learner_id=self.id, **consent)
        answers = {"change": w(), "bias": "no", "objectives": w()}
        self.insert(Evaluation, participation_id=taken, answers=answers, at=MONDAY)
        proof = Upload(f"{w()}.pdf", b"%PDF-1.7 " + w().encode() + b" %%EOF")
        typed = Typed("0123456789", w(), w(), "", w(), "1", MONDAY.date(), proof)
        external.enter(session, self.learner.actor, typed, MONDAY)
        by = self.activity.coordinator.id
        control = {"user_id": self.id, "name": "Author", "email": EMAIL, "role": "author", "token": w()}
        self.insert(InControl, activity_id=self.activity.activity_id, **control)
        claim = self.activity.grant(self.learner, taken, 2)
        self.code = certify(session, taken, claim, name=w(), recipient=w())
        with writing(session):
            write_once.lift(session.connection())
            change = {"credential": w(), "document": w().encode()}
            session.execute(sa.update(Certificate).where(Certificate.code == self.code).values(**change))
            session.execute(sa.update(ClaimStep).where(ClaimStep.claim_id == claim).values(reason=w()))
            write_once.guard(session.connection())
        revoke(session, self.code, by, w())
        reopened = {"until": MONDAY + DAY, "reason": w(), "by_id": by, "at": MONDAY}
        self.insert(Reopening, participation_id=taken, **reopened)


def where_left(session: Any) -> set[tuple[str, str]]:
    """The columns of the whole database in which the word still stands."""
    session.rollback()
    found = set()
    for name, one in Base.metadata.tables.items():
        for row in session.execute(sa.select(one)).mappings():
            for column, value in row.items():
                said = value.decode("latin-1") if isinstance(value, bytes) else json.dumps(value, default=str)
                if MARK.lower() in said.lower():
                    found.add((name, column))
    session.rollback()
    return found


UNMARKED = {
    *(("learner_settings", name) for name in ("zone", "rest_days", "light_days", "first_step", "preferences")),
    *((name, "role") for name in ("bank_member", "cohort_staff")),
    *(("user", name) for name in ("password", "fs_webauthn_user_handle")),
    ("user_role", "name"),
    ("exam_date", "afterwards"),
    ("external_credit", "evidence_type"),
    ("saved_answer", "part"),
    ("audit_detail", "salt"),
    ("problem_report", "reply"),
    ("report_batch", "document"),
    ("report_row", "error"),
    ("erasure", "address"),
    ("credit_profile", "profession"),
    ("credit_profile", "goals"),
    ("credit_profile", "identifiers"),
}
"""Columns that take no free word, or that another test fills."""


def columns_of(decided: Any) -> set[tuple[str, str]]:
    return {(name, column) for name, columns in decided.items() for column in columns}


@pytest.mark.usefixtures("content")
def test_no_word_is_left_but_the_record_of_credit_and_after_six_years_not_that_either(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        only_single_best_answers(session)
        person = Filled(app, session)
        told = transcripts.get_transcript(session, person.learner.actor, Wanted(), MONDAY)
        before = where_left(session)
        assert columns_of(personal.ERASED) | columns_of(personal.RECORD) == before | UNMARKED, "all are put to the test"
        replayed = replaying.replay(session)
        answers = session.scalar(sa.select(sa.func.count()).select_from(Response))
        until = erasing.erase(session, person.id, by_id=person.id, now=MONDAY + DAY)
        assert until == dt.datetime(2032, 11, 23, 9, tzinfo=dt.UTC)
        record = {
            ("certificate", "facts"), ("certificate", "credential"), ("certificate", "document"),
            ("credit_profile", "name"), ("credit_profile", "recipient"), ("claim_step", "reason"),
            ("reopening", "reason"), ("revocation", "reason"),
        }  # fmt: skip
        assert where_left(session) == record
        assert erasing.erase(session, person.id, by_id=None, now=MONDAY + 2 * DAY) == until, "twice is harmless"
        assert auditing.verify(session)[1] is None, "the chain holds without its details"
        assert replaying.replay(session) == replayed == []
        assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == answers, "the sums stay"
        kept = transcripts.get_transcript(session, person.learner.actor, Wanted(), MONDAY)
        assert [line.quarters for line in kept.lines] == [line.quarters for line in told.lines if line.source == OWN]
        assert not session.scalars(sa.select(Consent.given).order_by(Consent.id.desc())).first()
        assert session.scalar(sa.select(Evaluation.answers))["bias"] == "no", "what was chosen goes on counting"

        vault = app.extensions["vault"]
        for at in (MONDAY + 2 * DAY, SIX_YEARS - 2 * DAY):
            erasing.work_due(session, vault, at)
            assert where_left(session) == record, f"nothing of the record goes before its time: {at}"
        for _ in range(2):  # one piece a round: the head of the audit comes first
            assert background.work_at_night(session, SIX_YEARS, vault=vault)
        assert where_left(session) == set()
        assert erasing.work_due(session, vault, SIX_YEARS + DAY) == 0
        held = session.execute(sa.select(Certificate.digest, Certificate.facts)).one()
        assert held.facts["quarters"] == 2, "that so much was issued can still be told"
        assert auditing.verify(session)[1] is None
        db.session.remove()


def test_without_credit_nothing_is_kept_and_what_a_page_sent_meanwhile_goes_at_night(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        learner = Learner.new(session)
        goals.set_goals(session, learner.actor, {"": "10"}, MONDAY)
        assert erasing.get_outlook(session, learner.actor.id).kept_until is None
        assert erasing.erase(session, learner.actor.id, by_id=None, now=MONDAY) is None
        accounts.save_settings(session, learner.actor.id, Choices(zone="Europe/Vienna"), "Too Late", MONDAY)
        assert erasing.work_due(session, app.extensions["vault"], MONDAY + DAY) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(LearnerSettings)) == 0
        assert session.scalar(sa.select(User.name).where(User.id == learner.actor.id)) == erasing.NOBODY
        assert erasing.work_due(session, app.extensions["vault"], MONDAY + DAY) == 0
        db.session.remove()


def test_mail_that_was_queued_to_the_old_address_meanwhile_is_swept(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        for recorded in (False, True):
            learner = Learner.new(session)
            if recorded:
                activity = Designated.new(session)
                activity.grant(learner, activity.enrol(learner))
            erasing.erase(session, learner.actor.id, by_id=None, now=MONDAY)
            told = session.scalars(sa.select(Erasure.address).where(Erasure.user_id == learner.actor.id)).one() or ""
            assert learner.actor.email not in told
            with writing(session):
                for who in (learner.actor.email.upper(), "somebody@example.org"):
                    outbox.queue(session, outbox.Mail(f"late {recorded}", who, "Soon over", "A day is left."), MONDAY)
            erasing.work_due(session, app.extensions["vault"], MONDAY + 2 * DAY)
            left = list(session.scalars(sa.select(Outbox.recipient).where(Outbox.event == f"late {recorded}")))
            assert left == ["somebody@example.org"]
            assert session.scalars(sa.select(Erasure.address).where(Erasure.user_id == learner.actor.id)).one() is None
        db.session.remove()


def test_two_clicks_at_once_erase_once(app: Flask) -> None:
    with app.app_context():
        learner = Learner.new(db.session())
        db.session.remove()
    found: list[object] = []
    barrier = threading.Barrier(2)

    def click() -> None:
        with app.app_context():
            try:
                barrier.wait(10)
                found.append(erasing.erase(db.session(), learner.actor.id, by_id=learner.actor.id, now=MONDAY))
            except BaseException as problem:
                found.append(problem)
            finally:
                db.session.remove()

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join(30)
    assert found == [None, None]
    with app.app_context():
        assert auditing.verify(db.session()) == (1, None)
        db.session.remove()


def test_a_learner_reads_what_goes_and_stays_takes_the_data_along_and_is_erased(
    app: Flask, auth: Auth, clock: Any
) -> None:
    clock.move_to(MONDAY)
    person = auth.sign_in("student")
    with app.app_context():
        session = db.session()
        learner = Learner.new(session)
        learner.actor = accounts.Actor(person, "student@example.org", "", frozenset(), Choices(), "read")
        activity = Designated.new(session)
        taken = activity.enrol(learner)
        code = certify(session, taken, activity.grant(learner, taken))
        typed = Typed(
            "0123456789", "A course", "A society", "", "Credits", "1", MONDAY.date(), Upload("a", b"%PDF-1 %%EOF")
        )
        number = external.enter(session, learner.actor, typed, MONDAY)
        db.session.remove()
    page = auth.client.get("/settings").follow("Take your data with you, or erase your account")
    assert "Until 23 November 2032 the record of credit" in page.text
    assert "1 certificate" in page.text
    sent = auth.client.raw.get("/settings/data/export.zip")
    assert sent.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(sent.data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert f"certificates/{code}.pdf" in names
        assert f"evidence/{number}.pdf" in names
        credit = json.loads(archive.read("credit.json"))
        assert credit["claims"][0]["quarters"] == 2
        assert json.loads(archive.read("account.json"))["account"][0]["email"] == "student@example.org"
        assert b"password" not in archive.read("account.json")

    other = auth.browser("student")
    form = page.form("Erase my account for good")
    assert "Enter your password; nothing was erased." in form.send(status=422).text
    assert "This is not your password." in form.send(status=422, password="wrong").text
    gone = form.send(password=PASSWORD)
    assert gone.heading == "Your account is erased"
    assert "kept until 23 November 2032" in gone.text
    assert auth.client.raw.post("/settings/data/erase", data={}).status_code in {302, 400, 401}, "a second click"
    assert other.raw.get("/settings").status_code == 302, "signed out everywhere"
    again = auth.client.get("/login").form("Sign in")
    assert again.send(email="student@example.org", password=PASSWORD).heading == "Sign in"


def test_the_only_administrator_stays_and_administrators_erase_on_request(
    app: Flask, auth: Auth, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth.sign_in("administrator")
    page = auth.client.get("/settings/data")
    assert "You are the only administrator" in page.text
    forged = {"csrf_token": auth.client.get("/settings").form("Save the settings").fields["csrf_token"][0]}
    refused = auth.client.post("/settings/data/erase", forged | {"password": PASSWORD}, status=422)
    assert "You are the only administrator" in refused.text
    get_or_make(app, "student", EMAIL)
    monkeypatch.setattr("quizapp.cli.application.create_app", lambda: app)
    asked = runner.invoke(user_command, ["erase", EMAIL], input="n\n")
    assert asked.exit_code == 1
    assert "No record of credit is kept." in asked.output
    done = runner.invoke(user_command, ["erase", EMAIL, "--yes"])
    assert done.output.endswith(f"{EMAIL} is erased.\n")
    assert runner.invoke(user_command, ["erase", EMAIL, "--yes"]).exit_code == 1, "there is no such address any more"
    assert runner.invoke(user_command, ["erase", "administrator@example.org", "--yes"]).exit_code == 1
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Erasure)) == 1
        assert db.session.scalar(sa.select(sa.func.count()).select_from(UserRole)) == 1
        db.session.remove()


@pytest.mark.usefixtures("content")
def test_the_file_tells_nothing_of_an_exam_whose_result_is_held_back(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        only_single_best_answers(session)
        learner = Learner.new(session)
        learner.work_through(learner.start(size=2))
        with writing(session):
            newest = session.scalar(sa.select(sa.func.max(Response.id)))
            session.execute(sa.update(Response).where(Response.id == newest).values(mode="graded"))
            session.execute(sa.update(Sitting).values(released_at=None))
        data = b"".join(exporting.export(session, app.extensions["vault"], learner.actor.id, MONDAY))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            shown, held = json.loads(archive.read("answers.json"))
        assert {"answer", "marks", "objective"} <= set(shown)
        assert set(held) == {"at", "session", "question", "mode", "held_back"}
        db.session.remove()


def test_who_is_erased_leaves_the_reports_and_after_six_years_the_sent_ones_too(app: Flask) -> None:
    with app.app_context():
        session, vault = db.session(), app.extensions["vault"]
        desk = Desk(session, Designated.new(session, report_format="pars"), vault)
        leaving, staying = desk.physician(f"{MARK} One"), desk.physician("Mira Two")
        person = session.scalar(sa.select(Claim.learner_id).where(Claim.id == leaving))
        sent = desk.prepare()
        desk.send(sent)
        later = desk.physician(f"{MARK} Three")
        other = session.scalar(sa.select(Claim.learner_id).where(Claim.id == later))
        waiting = desk.prepare()
        erasing.erase(session, person, by_id=None, now=LATER)
        erasing.erase(session, other, by_id=None, now=LATER)
        with pytest.raises(Refused, match="Nobody in this file may be reported any more"):
            desk.document(waiting)
        assert MARK in json.dumps(desk.document(sent)), "what was sent is part of the record"
        for learner in (person, other):
            assert session.scalar(sa.select(Erasure.kept_until).where(Erasure.user_id == learner)) is not None
        assert erasing.work_due(session, vault, SIX_YEARS) == 2
        held = session.execute(sa.select(ReportBatch.id, ReportBatch.document)).all()
        texts = {row.id: vault.open(row.document) for row in held}
        assert MARK not in "".join(texts.values())
        assert [row["row"] for row in json.loads(texts[sent])["completions"]] == [staying], "the others stay"
        db.session.remove()


def test_a_record_under_a_lost_key_keeps_no_other_from_being_ended(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with app.app_context():
        session, vault, lost = db.session(), app.extensions["vault"], Vault([Fernet.generate_key().decode()])
        run = Designated.new(session, report_format="pars")
        people = []
        for held in (lost, vault):
            desk = Desk(session, run, held)
            claim = desk.physician(f"{MARK} One")
            desk.send(desk.prepare())
            people.append(session.scalar(sa.select(Claim.learner_id).where(Claim.id == claim)))
        for person in people:
            erasing.erase(session, person, by_id=None, now=LATER)
        assert erasing.work_due(session, vault, SIX_YEARS) == 1
        assert f"The record of credit of person {people[0]} could not be ended." in caplog.text
        assert session.scalars(sa.select(Erasure.user_id).where(Erasure.ended_at.is_not(None))).all() == people[1:]
        assert erasing.work_due(session, lost, SIX_YEARS) == 1, "once the key is there again"
        db.session.remove()


@pytest.mark.usefixtures("content")
def test_a_certificate_is_verified_until_its_time_is_over_and_then_without_a_name(
    app: Flask, auth: Auth, client: Client
) -> None:
    with app.app_context():
        engine = db.engine
    with Session(engine, autoflush=False) as session:
        slug = slug_of(session, offer(session))
        ana = auth.browser("student", email=ANA)
        to_the_claim(session, auth, ana, slug).form("Claim and make the certificate").send(amount="1")
        record = ana.get("/credit/transcript")
        code = session.scalars(sa.select(Certificate.code)).one()
        assert record.one("a.do").attrs["href"] == f"/credit/certificates/{code}.pdf"
        assert "Dr Ana Example" in client.get(f"/verify/{code}").text
        page = ana.get("/settings/data")
        assert page.form("Erase my account for good").send(password=PASSWORD).heading == "Your account is erased"
        assert "Dr Ana Example" in client.get(f"/verify/{code}").text, "until the six years are over"
        session.rollback()  # see what the pages have committed
        until = session.scalar(sa.select(Erasure.kept_until))
        assert until is not None
        erasing.work_due(session, app.extensions["vault"], until + DAY)
        shown = client.get(f"/verify/{code}").text
        assert "Dr Ana Example" not in shown
        assert "[erased]" in shown
