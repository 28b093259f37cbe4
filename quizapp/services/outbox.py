"""Mail: written in the transaction of the deed it tells of, sent afterwards.

A message is unique for its event and recipient, so a deed that runs twice sends once. Should the program be killed
between the sending and the note that it was sent, the message goes out again under the same Message-ID.
"""

from __future__ import annotations

import datetime as dt
import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Outbox, table
from quizapp.db.session import writing

ATTEMPTS = 8
FIRST_WAIT = dt.timedelta(minutes=2)
"""Longer than a transport may take (TIMEOUT_SECONDS), so that a message in flight is never taken up a second time."""
TIMEOUT_SECONDS = 20
SMTP_PORTS = {"smtp": 587, "smtps": 465}

Transport = Callable[[EmailMessage], None]
"""Delivers one message or raises."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"\x00-\x1f\x7f]+@[^\s@,;:<>()\[\]\\\"\x00-\x1f\x7f]+")


class Unmailable(ValueError):
    """A recipient or subject that would put words of its own into the head of the message."""


@dataclass(frozen=True)
class Mail:
    """A message to be queued. `event` names what happened, so that the same event is told once to one recipient."""

    event: str
    recipient: str
    subject: str
    body: str


def queue(session: Session, mail: Mail, now: dt.datetime) -> bool:
    """Write a message into the outbox, inside the caller's `writing()`; False if this event was told before.

    Raises Unmailable.
    """
    _check(mail)
    known = sa.select(Outbox.id).where(Outbox.event == mail.event, Outbox.recipient == mail.recipient)
    if session.scalar(known) is not None:
        return False
    session.execute(sa.insert(Outbox), _row(mail, now))
    return True


def queue_all(session: Session, mails: Sequence[Mail], now: dt.datetime) -> int:
    """The same for many at once, in two statements for each event; returns how many were not told before.

    Raises Unmailable.
    """
    told: dict[str, set[str]] = {}
    for event in {mail.event for mail in mails}:
        told[event] = set(session.scalars(sa.select(Outbox.recipient).where(Outbox.event == event)))
    new = []
    for mail in mails:
        _check(mail)
        if mail.recipient not in told[mail.event]:
            told[mail.event].add(mail.recipient)
            new.append(_row(mail, now))
    if new:
        session.execute(sa.insert(table(Outbox)), new)
    return len(new)


def is_address(typed: str) -> bool:
    """Whether mail can be sent there."""
    return _ADDRESS.fullmatch(typed) is not None and len(typed) <= 255


def _check(mail: Mail) -> None:
    if not is_address(mail.recipient):
        raise Unmailable(f"not one plain address: {mail.recipient!r}")
    if _CONTROL.search(mail.subject) or len(mail.subject) > 255:
        raise Unmailable(f"not one line of text: {mail.subject!r}")


def _row(mail: Mail, now: dt.datetime) -> dict[str, Any]:
    return {
        "event": mail.event,
        "recipient": mail.recipient,
        "subject": mail.subject,
        "body": mail.body,
        "created_at": now,
        "try_after": now,
        "attempts": 0,
    }


def send_waiting(session: Session, transport: Transport, now: dt.datetime, *, sender: str, limit: int = 50) -> int:
    """Send what is due, oldest first, and say how many messages went out. Several workers may run this at once."""
    due = sa.select(Outbox.id).where(Outbox.sent_at.is_(None), Outbox.try_after <= now, Outbox.attempts < ATTEMPTS)
    waiting = session.scalars(due.order_by(Outbox.id).limit(limit)).all()
    session.rollback()
    return sum(_send(session, transport, outbox_id, now, sender) for outbox_id in waiting)


def _send(session: Session, transport: Transport, outbox_id: int, now: dt.datetime, sender: str) -> bool:
    with writing(session):
        row = session.execute(
            sa.update(Outbox)
            .where(Outbox.id == outbox_id, Outbox.sent_at.is_(None), Outbox.try_after <= now)
            .values(attempts=Outbox.attempts + 1, try_after=now + FIRST_WAIT)
            .returning(Outbox.__table__)
        ).one_or_none()
    if row is None:  # another worker was quicker
        return False
    outcome: dict[str, Any]
    try:
        transport(_message(row, sender))
        outcome = {"sent_at": now, "last_error": None}
    except (OSError, smtplib.SMTPException, ValueError) as error:
        wait = FIRST_WAIT * 2 ** (row.attempts - 1)
        outcome = {"try_after": now + wait, "last_error": f"{type(error).__name__}: {error}"[:500]}
    with writing(session):
        session.execute(sa.update(Outbox).where(Outbox.id == outbox_id).values(**outcome))
    return "sent_at" in outcome


def _message(row: sa.Row[Any], sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = row.recipient
    message["Subject"] = row.subject
    message["Date"] = format_datetime(row.created_at)
    message["Message-ID"] = f"<outbox-{row.id}-{row.created_at:%Y%m%dT%H%M%S}@{sender.rpartition('@')[2].strip('<> ')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(row.body)
    return message


def console(write: Callable[[str], object]) -> Transport:
    """The transport of a local run: prints the message, so that a link in it can be followed without a mail server."""

    def deliver(message: EmailMessage) -> None:
        write(f"\n--- mail to {message['To']}: {message['Subject']}\n{message.get_content().strip()}\n---\n")

    return deliver


def smtp(url: str) -> Transport:
    """The transport for `smtp://user:password@host:587` (STARTTLS is required) or `smtps://…:465`.

    Only `smtp://localhost` may do without encryption. Raises ValueError for any other form of the address.
    """
    parts = urlsplit(url)
    if parts.scheme not in SMTP_PORTS or not parts.hostname:
        raise ValueError("Write the mail server as smtp://user:password@host:587 or smtps://user:password@host:465.")
    host, port = parts.hostname, parts.port or SMTP_PORTS[parts.scheme]

    def deliver(message: EmailMessage) -> None:
        context = ssl.create_default_context()
        server = (
            smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
            if parts.scheme == "smtps"
            else smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        )
        with closing(server):
            if parts.scheme == "smtp" and host not in {"localhost", "127.0.0.1", "::1"}:
                server.starttls(context=context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
            with suppress(OSError, smtplib.SMTPException):
                server.quit()  # the message is accepted; an odd goodbye must not send it again

    return deliver
