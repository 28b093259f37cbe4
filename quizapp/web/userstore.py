"""Accounts as Flask-Security knows them, over the tables of this program.

Flask-Security reads, changes objects step by step and commits at the end of the request. Here it works on copies: no
read transaction stays open while it decides, and `commit` keeps everything in one `writing()`, each change only if the
value it was decided on is still the stored one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import g
from flask_security import MailUtil, RoleMixin, UserDatastore, UserMixin, WebAuthnMixin
from werkzeug.local import LocalProxy

from quizapp import clock
from quizapp.services import credentials
from quizapp.services.accounts import ROLES
from quizapp.services.credentials import ACCOUNT_FIELDS, PASSKEY_FIELDS, Changes, RowChange, SignIn, Stored
from quizapp.services.outbox import Mail

SUSPENDED = "This account is suspended. Ask whoever runs this site."
ON_REQUEST = {"reset_instructions", "confirmation_instructions", "welcome_existing"}
"""Mails that may rightly be asked for again; a minute apart, so that a double click asks once."""


@dataclass(frozen=True, eq=False)
class Role(RoleMixin):
    name: str


@dataclass(eq=False)
class Passkey(WebAuthnMixin):
    """A copy of a passkey, with the values that were read."""

    id: int
    user_id: int
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str] | None
    backup_state: bool
    device_type: str
    extensions: str | None
    name: str
    usage: str
    lastuse_datetime: dt.datetime
    read: Mapping[str, Any]


@dataclass(eq=False)
class Account(UserMixin):
    """A copy of an account, with the values that were read. `id` is 0 until it is stored."""

    id: int = 0
    email: str = ""
    name: str = ""
    password: str | None = None
    active: bool = True
    confirmed_at: dt.datetime | None = None
    fs_uniquifier: str = ""
    fs_webauthn_user_handle: str = ""
    tf_primary_method: str | None = None
    tf_totp_secret: str | None = None
    totp_last_counter: int | None = None
    mf_recovery_codes: list[str] | None = None
    roles: list[RoleMixin] = field(default_factory=list)
    webauthn: list[WebAuthnMixin] = field(default_factory=list)
    tf_phone_number: None = None
    """No code is ever sent by telephone; Flask-Security sets this all the same."""
    read: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Stored) -> Account:
        return cls(
            **stored.values,
            roles=[Role(name) for name in stored.roles],
            webauthn=[Passkey(**values, read=values) for values in stored.passkeys],
            read=stored.values,
        )

    def is_locked(self, form_error: list[str] | None = None) -> bool:
        """A suspended account is shut on every path, also where Flask-Security only notes that it is inactive."""
        if self.active:
            return False
        if form_error is not None:
            form_error.append(SUSPENDED)
        return True


@dataclass
class Pending:
    """What this request has changed and not yet kept."""

    accounts: dict[int, Account] = field(default_factory=dict)
    opened: Account | None = None
    new_passkeys: list[dict[str, Any]] = field(default_factory=list)
    passkeys: dict[int, Passkey] = field(default_factory=dict)
    removed_passkeys: list[int] = field(default_factory=list)
    sign_in: SignIn | None = None
    ended_sid: str | None = None
    mails: list[Mail] = field(default_factory=list)

    def changes(self) -> Changes:
        opened = None
        if self.opened is not None:
            opened = {name: getattr(self.opened, name) for name in ACCOUNT_FIELDS if name != "id"}
            opened["roles"] = [role.name for role in self.opened.roles]
        return Changes(
            opened=opened,
            accounts=_row_changes(self.accounts, ACCOUNT_FIELDS),
            new_passkeys=tuple(self.new_passkeys),
            passkeys=_row_changes(self.passkeys, PASSKEY_FIELDS),
            removed_passkeys=tuple(self.removed_passkeys),
            sign_in=self.sign_in,
            ended_sid=self.ended_sid,
            mails=tuple(self.mails),
        )


def _row_changes(copies: Mapping[int, Account | Passkey], names: tuple[str, ...]) -> tuple[RowChange, ...]:
    found = []
    for row_id, copy in copies.items():
        values = {name: getattr(copy, name) for name in names if getattr(copy, name) != copy.read[name]}
        if values:
            found.append(RowChange(row_id, copy.read, values))
    return tuple(found)


def pending() -> Pending:
    """What this request has changed so far."""
    if "account_changes" not in g:
        g.account_changes = Pending()
    found: Pending = g.account_changes
    return found


class Userstore(UserDatastore):
    """The datastore of Flask-Security: reads copies, notes changes, keeps them all at once."""

    def __init__(self, db: Any) -> None:
        super().__init__(Account, Role, Passkey)
        self.db = db

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> Account | None:
        """The account with this id, email or fs_uniquifier; addresses are stored in small letters."""
        ((key, value),) = kwargs.items()
        if key == "email":
            value = str(value).lower()
        session = self.db.session()
        stored = credentials.find_account(session, key, value)
        session.rollback()  # no transaction stays open while a password is checked
        return None if stored is None else Account.of(stored)

    def find_role(self, role: str) -> Role | None:
        return Role(role) if role in ROLES else None

    def find_webauthn(self, credential_id: bytes) -> Passkey | None:
        session = self.db.session()
        values = credentials.find_passkey(session, credential_id)
        session.rollback()
        return None if values is None else Passkey(**values, read=values)

    def create_user(self, **kwargs: Any) -> Account:
        """Note a new account, with the role of a student, to be opened at the end of the request."""
        account = Account(**self._prepare_create_user_args(**{"roles": ["student"]} | kwargs))
        pending().opened = account
        return account

    def create_webauthn(self, user: UserMixin, **kwargs: Any) -> None:  # type: ignore[override]
        pending().new_passkeys.append({"user_id": user.id, "lastuse_datetime": clock.now(), **kwargs})

    def put(self, model: Any) -> Any:
        model = model._get_current_object() if isinstance(model, LocalProxy) else model
        if isinstance(model, Passkey):
            pending().passkeys[model.id] = model
        elif isinstance(model, Account) and model.id:
            pending().accounts[model.id] = model
        return model

    def delete(self, model: Any) -> None:
        if not isinstance(model, Passkey):
            raise TypeError(f"accounts are suspended or erased, never deleted here: {type(model).__name__}")
        pending().removed_passkeys.append(model.id)

    def mf_delete_recovery_code(self, user: UserMixin, idx: int) -> bool:
        """Take out a used recovery code. A new list, because a list changed in place would not be seen as changed."""
        codes = list(user.mf_recovery_codes or [])
        if idx >= len(codes):
            return False
        del codes[idx]
        self.mf_set_recovery_codes(user, codes)
        return True

    def commit(self) -> None:
        """Keep what this request has changed. Raises ChangedMeanwhile, and then nothing is kept."""
        changes = pending().changes()
        g.pop("account_changes")
        credentials.save(self.db.session(), changes, clock.now())


class OutboxMail(MailUtil):
    """Mail of Flask-Security: noted with the changes of the request, sent by the work loop."""

    def normalize(self, email: str) -> str:
        return super().normalize(email).lower()

    def validate(self, email: str) -> str:
        return super().validate(email).lower()

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],
        body: str | None,
        html: str | None,
        **kwargs: Any,
    ) -> None:
        kind = template.rpartition("/")[2]
        about = f"{kind}/{kwargs['user'].fs_uniquifier}"
        if kind in ON_REQUEST:
            about += f"/{clock.now():%Y-%m-%dT%H:%M}"
        event = f"{kind}/{hashlib.sha256(about.encode()).hexdigest()[:32]}"
        pending().mails.append(Mail(event, str(recipient), str(subject), (body or "").strip() + "\n"))
