"""Mail is written with the deed, sent once, and carries nothing that was smuggled in."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.db.extension import db
from quizapp.db.models import Outbox
from quizapp.db.session import writing
from quizapp.services import outbox
from quizapp.services.outbox import ATTEMPTS, Mail, Unmailable

MAIL = Mail("welcome/1", "ann@example.org", "Welcome", "Grüße – ‘hello’.\n")
SENDER = "Quizapp <quizapp@example.org>"


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


def put(session: Session, mail: Mail, now: dt.datetime) -> bool:
    with writing(session):
        return outbox.queue(session, mail, now)


class Box:
    """A transport that keeps what it is given, and may be out of order."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []
        self.fails = False

    def __call__(self, message: EmailMessage) -> None:
        if self.fails:
            raise OSError("connection refused")
        self.sent.append(message)


def test_the_same_event_is_told_once(session: Session, now: dt.datetime) -> None:
    assert put(session, MAIL, now)
    assert not put(session, MAIL, now)
    assert put(session, Mail("welcome/2", MAIL.recipient, "Welcome", "Hello"), now)
    box = Box()
    assert outbox.send_waiting(session, box, now, sender=SENDER) == 2
    assert outbox.send_waiting(session, box, now, sender=SENDER) == 0
    first = box.sent[0]
    assert (first["To"], first["From"], first["Subject"]) == (MAIL.recipient, SENDER, "Welcome")
    assert first.get_content().strip() == MAIL.body.strip()


def test_a_deed_that_fails_sends_nothing(session: Session, now: dt.datetime) -> None:
    def deed() -> None:
        with writing(session):
            outbox.queue(session, MAIL, now)
            raise RuntimeError("the deed failed")

    with pytest.raises(RuntimeError):
        deed()
    box = Box()
    assert outbox.send_waiting(session, box, now, sender=SENDER) == 0


@pytest.mark.parametrize(
    "recipient",
    ["ann@example.org\r\nBcc: all@example.org", "ann@example.org, eve@example.org", "Ann <ann@example.org>", "ann", ""],
)
def test_a_recipient_cannot_add_others(session: Session, now: dt.datetime, recipient: str) -> None:
    with pytest.raises(Unmailable):
        put(session, Mail("e", recipient, "Welcome", "Hello"), now)


@pytest.mark.parametrize("subject", ["Hello\nBcc: all@example.org", "Hello\rX: y", "Hello\x00", "x" * 256])
def test_a_subject_cannot_add_a_header(session: Session, now: dt.datetime, subject: str) -> None:
    with pytest.raises(Unmailable):
        put(session, Mail("e", "ann@example.org", subject, "Hello"), now)


def test_a_message_that_fails_waits_longer_each_time_and_is_given_up_in_the_end(
    session: Session, clock: time_machine.Traveller, now: dt.datetime
) -> None:
    put(session, MAIL, now)
    box = Box()
    box.fails = True
    tries, moment = 0, now
    waits = []
    while tries < ATTEMPTS:
        assert outbox.send_waiting(session, box, moment, sender=SENDER) == 0
        tries += 1
        row = session.scalars(db.select(Outbox)).one()
        assert (row.attempts, row.last_error) == (tries, "OSError: connection refused")
        waits.append(row.try_after - moment)
        assert outbox.send_waiting(session, box, row.try_after - dt.timedelta(seconds=1), sender=SENDER) == 0
        assert session.scalars(db.select(Outbox.attempts)).one() == tries, "it rests until its time has come"
        moment = row.try_after
        session.rollback()
    assert waits == sorted(waits)
    assert len(set(waits)) == ATTEMPTS
    box.fails = False
    assert outbox.send_waiting(session, box, moment + dt.timedelta(days=30), sender=SENDER) == 0


def test_a_message_that_failed_goes_out_later_and_once(session: Session, now: dt.datetime) -> None:
    put(session, MAIL, now)
    box = Box()
    box.fails = True
    outbox.send_waiting(session, box, now, sender=SENDER)
    box.fails = False
    later = now + dt.timedelta(hours=1)
    assert outbox.send_waiting(session, box, later, sender=SENDER) == 1
    assert outbox.send_waiting(session, box, later + dt.timedelta(hours=1), sender=SENDER) == 0
    assert session.scalars(db.select(Outbox.last_error)).one() is None


def test_a_message_in_flight_is_left_alone_by_a_second_worker(app: Flask, session: Session, now: dt.datetime) -> None:
    put(session, MAIL, now)
    box, by_the_other = Box(), []

    def slow(message: EmailMessage) -> None:
        with app.app_context():
            by_the_other.append(outbox.send_waiting(db.session(), box, now, sender=SENDER))
        box(message)

    assert outbox.send_waiting(session, slow, now, sender=SENDER) == 1
    assert by_the_other == [0]
    assert len(box.sent) == 1


def test_workers_that_start_together_send_each_message_once(app: Flask, session: Session, now: dt.datetime) -> None:
    for number in range(8):
        put(session, Mail(f"e/{number}", "ann@example.org", f"Number {number}", "Hello"), now)
    box = Box()
    start = threading.Barrier(4)

    def work() -> None:
        with app.app_context():
            start.wait()
            outbox.send_waiting(db.session(), box, now, sender=SENDER)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(str(message["Subject"]) for message in box.sent) == [f"Number {number}" for number in range(8)]


def test_a_message_sent_again_after_a_kill_can_be_recognised(session: Session, now: dt.datetime) -> None:
    put(session, MAIL, now)
    box = Box()

    def killed(message: EmailMessage) -> None:
        box(message)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outbox.send_waiting(session, killed, now, sender=SENDER)
    outbox.send_waiting(session, box, now + dt.timedelta(hours=1), sender=SENDER)
    first, again = box.sent
    assert first["Message-ID"] == again["Message-ID"]


def test_a_local_run_prints_its_mail(session: Session, now: dt.datetime) -> None:
    put(session, MAIL, now)
    printed: list[str] = []
    outbox.send_waiting(session, outbox.console(printed.append), now, sender=SENDER)
    assert "mail to ann@example.org: Welcome" in printed[0]
    assert MAIL.body.strip() in printed[0]


def test_a_mail_server_is_given_the_message(session: Session, now: dt.datetime) -> None:
    listener = socket.create_server(("localhost", 0))
    heard: list[str] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb") as line:
            line.write(b"220 ready\r\n")
            line.flush()
            in_data = False
            while said := line.readline():
                heard.append(said.decode().rstrip("\r\n"))
                if in_data and said != b".\r\n":
                    continue
                in_data = said.upper().startswith(b"DATA")
                line.write(b"354 go on\r\n" if in_data else b"250 fine\r\n")
                line.flush()
                if said.upper().startswith(b"QUIT"):
                    return

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    put(session, MAIL, now)
    transport = outbox.smtp(f"smtp://localhost:{listener.getsockname()[1]}")
    outbox.send_waiting(session, transport, now, sender=SENDER)
    assert session.scalars(db.select(Outbox.last_error)).one() is None
    server.join(5)
    listener.close()
    assert "mail FROM:<quizapp@example.org>" in " ".join(heard).replace("MAIL", "mail")
    assert any(line.upper().startswith("RCPT TO:<ANN@EXAMPLE.ORG>") for line in heard)
    assert "Subject: Welcome" in heard


def test_a_mail_server_that_offers_no_encryption_is_given_nothing(
    session: Session, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    import smtplib

    class Plain(smtplib.SMTP):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__()

        def starttls(self, **_: object) -> tuple[int, bytes]:
            raise smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server.")

        def send_message(self, *_: object, **__: object) -> dict[str, tuple[int, bytes]]:
            raise AssertionError("sent in the clear")

        def quit(self) -> tuple[int, bytes]:
            return 221, b""

    monkeypatch.setattr(smtplib, "SMTP", Plain)
    put(session, MAIL, now)
    assert outbox.send_waiting(session, outbox.smtp("smtp://mail.example.org"), now, sender=SENDER) == 0
    assert "STARTTLS" in str(session.scalars(db.select(Outbox.last_error)).one())


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://", ""])
def test_an_odd_address_of_a_mail_server_is_refused_in_words(url: str) -> None:
    with pytest.raises(ValueError, match="Write the mail server as"):
        outbox.smtp(url)
