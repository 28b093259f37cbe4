"""Heads of the audit: each night the last event of the day that ended is signed, so that an end cut off is seen.

Whoever can write to the database can compute the whole chain anew, but not the signatures; and whoever takes the keys
too cannot change what was exported and is kept elsewhere.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from quizapp.core.audit import Head
from quizapp.db.models import AuditEvent, AuditHead, Provider, table
from quizapp.db.session import retrying, writing
from quizapp.formats.certificate.credential import Altered, read_signed, sign
from quizapp.formats.certificate.keys import PublicKey, SigningKey, read_public
from quizapp.services import auditing
from quizapp.services.crediting import keys
from quizapp.services.crediting.vault import Vault

KIND = "audit+jwt"
MOST_DAYS = 3_660
"""So many days that nobody signed are made good at once; the worker may have slept."""


class Unusable(Exception):
    """A file is no export of heads; the sentence says why."""


@dataclass(frozen=True)
class Verified:
    """How many events and heads were looked at, and a sentence about the first fault (None: there is none)."""

    events: int
    heads: int
    fault: str | None


def sign_due(session: Session, vault: Vault, now: dt.datetime) -> int:
    """Sign a head for each day that has ended and has none; gives how many. Without a provider there is no key to sign
    with, and nothing is done. Twice is harmless."""
    provider = session.scalar(sa.select(Provider.slug).order_by(Provider.slug).limit(1))
    if provider is None or not _due(session, now):
        session.rollback()
        return 0
    key = keys.get_or_make_key(session, vault, provider, now)
    now = now.replace(microsecond=0)

    def deed() -> int:
        with writing(session):
            rows = [_row(head, key, now) for head in _due(session, now)]
            if rows:
                session.execute(sa.insert(table(AuditHead)), rows)
            return len(rows)

    try:
        return retrying(deed)
    except IntegrityError:  # another worker was quicker
        return 0


def _due(session: Session, now: dt.datetime) -> list[Head]:
    """The heads that are owed: of yesterday, and of the days between it and the newest one. In UTC."""
    yesterday = now.astimezone(dt.UTC).date() - dt.timedelta(days=1)
    newest = session.scalar(sa.select(sa.func.max(AuditHead.day)))
    first = yesterday if newest is None else newest + dt.timedelta(days=1)
    first = max(first, yesterday - dt.timedelta(days=MOST_DAYS))
    days = [first + dt.timedelta(days=n) for n in range((yesterday - first).days + 1)]
    heads = []
    for day in days:
        ends = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)
        last = session.execute(
            sa.select(AuditEvent.number, AuditEvent.digest)
            .where(AuditEvent.at < ends)
            .order_by(AuditEvent.number.desc())
            .limit(1)
        ).one_or_none()
        if last is not None:
            heads.append(Head(day, last.number, last.digest))
    return heads


def _row(head: Head, key: SigningKey, now: dt.datetime) -> dict[str, Any]:
    moment = int(now.timestamp())
    body = {"day": head.day.isoformat(), "number": head.number, "digest": head.digest, "iat": moment, "nbf": moment}
    return {
        "day": head.day,
        "number": head.number,
        "digest": head.digest,
        "signed": sign(body, key, KIND),
        "at": now,
    }


def find_newest(session: Session) -> Head | None:
    """The newest head."""
    columns = (AuditHead.day, AuditHead.number, AuditHead.digest)
    row = session.execute(sa.select(*columns).order_by(AuditHead.day.desc()).limit(1)).one_or_none()
    return Head(*row) if row else None


def verify(session: Session, exported: str | None = None) -> Verified:
    """Compute the chain again and hold it against the heads of the table, or against those of a file that was kept
    elsewhere. Raises Unusable for a file that is no export of heads."""
    if exported is not None:
        held = _read_export(exported)
        events, fault = auditing.verify(session, held)
        return Verified(events, len(held), fault)
    held, odd = _stored(session)
    events, fault = auditing.verify(session, held)
    return Verified(events, len(held), fault or odd)


def _stored(session: Session) -> tuple[list[Head], str | None]:
    """The heads of the table that are what was signed, and a sentence about the first that is not."""
    public = _public(session)
    days = session.scalars(sa.select(sa.cast(AuditHead.day, sa.String)).order_by(AuditHead.day)).all()
    held: list[Head] = []
    odd = None
    for day in days:
        try:
            row = session.execute(sa.select(*table(AuditHead).c).where(_on(day))).one()
            body = read_signed(row.signed, public, KIND)
            head = _head(body)
            if head != Head(row.day, row.number, row.digest) or row.at != dt.datetime.fromtimestamp(
                body["iat"], dt.UTC
            ):
                raise Altered("It says something else than was signed.")
            if held and odd is None and head.day - held[-1].day != dt.timedelta(days=1):
                odd = f"The head of {held[-1].day + dt.timedelta(days=1)} is missing."
            held.append(head)
        except (Altered, ValueError, TypeError, KeyError) as fault:
            told = str(fault) if isinstance(fault, Altered) else "It cannot be read any more."
            odd = odd or f"The head of {day} was altered. {told}"
    return held, odd


def _public(session: Session) -> dict[str, PublicKey]:
    """The public keys that can be read; a head under one that was altered is told as altered itself."""
    found: dict[str, PublicKey] = {}
    for entry in json.loads(keys.public(session))["keys"]:
        with suppress(ValueError):
            found |= read_public(json.dumps({"keys": [entry]}))
    return found


def _on(day: str) -> sa.ColumnElement[bool]:
    return sa.cast(AuditHead.day, sa.String) == day


def _head(body: Mapping[str, Any]) -> Head:
    return Head(dt.date.fromisoformat(body["day"]), int(body["number"]), str(body["digest"]))


def export(session: Session) -> str:
    """All heads with the public keys that check them, to be kept where nobody of this machine can write."""
    signed = session.scalars(sa.select(AuditHead.signed).order_by(AuditHead.day)).all()
    readable = _public(session)
    entries = [entry for entry in json.loads(keys.public(session))["keys"] if entry.get("kid") in readable]
    return json.dumps({"keys": entries, "heads": list(signed)}, indent=2, sort_keys=True) + "\n"


def _read_export(text: str) -> list[Head]:
    try:
        public: Mapping[str, PublicKey] = read_public(text)
        return [_head(read_signed(token, public, KIND)) for token in json.loads(text)["heads"]]
    except (Altered, ValueError, TypeError, KeyError) as fault:
        why = f": {fault}" if isinstance(fault, Altered) else "."
        raise Unusable(f"This is no export of heads that were signed{why}") from fault
