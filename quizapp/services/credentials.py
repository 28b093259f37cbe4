"""What signing in rests on: passwords, second factors, passkeys, and the sign-ins that are open.

Flask-Security changes an account in many small steps. They are gathered in `Changes` and kept by `save` in one
transaction, each only if the value it was decided on is still the stored one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from quizapp.db.models import LoginSession, User, UserRole, WebAuthn
from quizapp.db.session import Lock, retrying, writing
from quizapp.services.accounts import end_sessions, insert_user
from quizapp.services.outbox import Mail, queue

ACCOUNT_FIELDS = (
    "id",
    "email",
    "name",
    "password",
    "active",
    "confirmed_at",
    "fs_uniquifier",
    "fs_webauthn_user_handle",
    "tf_primary_method",
    "tf_totp_secret",
    "totp_last_counter",
    "mf_recovery_codes",
)
PASSKEY_FIELDS = (
    "id",
    "user_id",
    "credential_id",
    "public_key",
    "sign_count",
    "transports",
    "backup_state",
    "device_type",
    "extensions",
    "name",
    "usage",
    "lastuse_datetime",
)
LATER_WINS = {"lastuse_datetime", "sign_count", "backup_state", "device_type"}
"""Notes about the last use of a passkey: two devices may use one at once, and neither should be turned away."""

_KEYS = {"id": User.id, "email": User.email, "fs_uniquifier": User.fs_uniquifier}
_ACCOUNT = sa.select(*(getattr(User, name) for name in ACCOUNT_FIELDS))
_PASSKEY = sa.select(*(getattr(WebAuthn, name) for name in PASSKEY_FIELDS))


class ChangedMeanwhile(Exception):
    """Somebody changed the same thing of this account a moment ago; nothing of this deed was kept."""


@dataclass(frozen=True)
class Stored:
    """An account as it is stored: its own values, the names of its roles, and its passkeys."""

    values: Mapping[str, Any]
    roles: tuple[str, ...]
    passkeys: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class RowChange:
    """New values of one row, and the values that were seen when they were decided on."""

    id: int
    seen: Mapping[str, Any]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class SignIn:
    """A browser that begins to be signed in, on credentials that belonged to this `fs_uniquifier`."""

    sid: str
    user_id: int
    fs_uniquifier: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class Changes:
    """What one request does to accounts, kept together or not at all."""

    opened: Mapping[str, Any] | None = None
    accounts: tuple[RowChange, ...] = ()
    new_passkeys: tuple[Mapping[str, Any], ...] = ()
    passkeys: tuple[RowChange, ...] = ()
    removed_passkeys: tuple[int, ...] = ()
    sign_in: SignIn | None = None
    ended_sid: str | None = None
    mails: tuple[Mail, ...] = ()

    def __bool__(self) -> bool:
        return self != _NONE


_NONE = Changes()


def find_account(session: Session, key: str, value: object) -> Stored | None:
    """The account with this id, email (in small letters) or fs_uniquifier."""
    row = session.execute(_ACCOUNT.where(_KEYS[key] == value)).one_or_none()
    if row is None:
        return None
    roles = session.scalars(sa.select(UserRole.name).where(UserRole.user_id == row.id).order_by(UserRole.name)).all()
    passkeys = session.execute(_PASSKEY.where(WebAuthn.user_id == row.id).order_by(WebAuthn.id)).all()
    return Stored(dict(row._mapping), tuple(roles), tuple(dict(passkey._mapping) for passkey in passkeys))


def find_passkey(session: Session, credential_id: bytes) -> Mapping[str, Any] | None:
    """The passkey with this credential id, of whichever account."""
    row = session.execute(_PASSKEY.where(WebAuthn.credential_id == credential_id)).one_or_none()
    return None if row is None else dict(row._mapping)


def save(session: Session, changes: Changes, now: dt.datetime) -> None:
    """Keep all changes in one transaction. A new password ends every sign-in of its account but the one begun here.

    An address that two requests register at once is opened by the first; the second only leaves its mail unsent, so
    that it looks the same from outside. Raises ChangedMeanwhile.
    """
    if not changes:
        return
    learner = changes.accounts[0].id if changes.accounts else changes.sign_in.user_id if changes.sign_in else None

    def deed() -> None:
        with writing(session, Lock(learner=learner)):
            _save(session, changes, now)

    try:
        retrying(deed)
    except IntegrityError as error:
        if changes.opened is None:
            raise ChangedMeanwhile from error


def _save(session: Session, changes: Changes, now: dt.datetime) -> None:
    if changes.opened is not None:
        opened = dict(changes.opened)
        insert_user(session, opened, opened.pop("roles"), now)
    for account in changes.accounts:
        _change(session, User, account, {"update_datetime": now})
        if "password" in account.values:
            end_sessions(session, account.id, now)
    for passkey in changes.passkeys:
        _change(session, WebAuthn, passkey, {})
    for values in changes.new_passkeys:
        session.execute(sa.insert(WebAuthn).values(**values, create_datetime=now))
    if changes.removed_passkeys:
        session.execute(sa.delete(WebAuthn).where(WebAuthn.id.in_(changes.removed_passkeys)))
    if changes.ended_sid:
        session.execute(
            sa.update(LoginSession)
            .where(LoginSession.sid == changes.ended_sid, LoginSession.ended_at.is_(None))
            .values(ended_at=now)
        )
    if changes.sign_in:
        _begin(session, changes.sign_in, now)
    for mail in changes.mails:
        queue(session, mail, now)


def _change(session: Session, table: type[User] | type[WebAuthn], change: RowChange, also: Mapping[str, Any]) -> None:
    columns = [getattr(table, name) for name in change.values]
    row = session.execute(sa.select(*columns).where(table.id == change.id).with_for_update()).one_or_none()
    if row is None:
        raise ChangedMeanwhile
    stored = dict(row._mapping)
    if any(stored[name] != change.seen[name] for name in change.values if name not in LATER_WINS):
        raise ChangedMeanwhile
    session.execute(sa.update(table).where(table.id == change.id).values(**change.values, **also))


def _begin(session: Session, sign_in: SignIn, now: dt.datetime) -> None:
    row = session.execute(sa.select(User.active, User.fs_uniquifier).where(User.id == sign_in.user_id)).one_or_none()
    # Suspended, or given a new password, while the old one was being checked: nobody is let in, by whichever way.
    if row is None or not row.active or row.fs_uniquifier != sign_in.fs_uniquifier:
        raise ChangedMeanwhile
    session.execute(
        sa.insert(LoginSession).values(
            sid=sign_in.sid, user_id=sign_in.user_id, started_at=now, expires_at=sign_in.expires_at
        )
    )
