"""Passwords, authenticator codes and passkeys: how Flask-Security handles each of them here."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from threading import BoundedSemaphore
from typing import Any

import qrcode
from flask import current_app
from flask_security import PasswordUtil, Totp, UserMixin, WebauthnUtil
from markupsafe import Markup
from passlib.totp import TOTP, AppWallet, TotpMatch  # type: ignore[import-untyped]
from webauthn.helpers.structs import AuthenticatorSelectionCriteria
from webauthn.helpers.structs import ResidentKeyRequirement as ResidentKey
from webauthn.helpers.structs import UserVerificationRequirement as UserVerification
from werkzeug.exceptions import ServiceUnavailable

HASHING = BoundedSemaphore(1)
LONGEST_QUEUE_SECONDS = 10
FEWEST_DIFFERENT = 5


def derived_keys(config: Mapping[str, Any], purpose: str) -> dict[str, str]:
    """Keys for one purpose from SECRET_KEY and its predecessors in SECRET_KEY_FALLBACKS: tag → key, newest first.

    The tag belongs to its key, so that what an older key has sealed is still opened after a change of keys.
    """
    keys = {}
    for secret in (config["SECRET_KEY"], *(config.get("SECRET_KEY_FALLBACKS") or ())):
        material = secret.encode() if isinstance(secret, str) else secret
        key = hmac.digest(material, f"quizapp {purpose}".encode(), "sha256")
        keys[hashlib.sha256(key).hexdigest()[:12]] = base64.urlsafe_b64encode(key).decode()
    return keys


class OneAtATime:
    """The password hashes of Flask-Security, computed one at a time in a process and outside every transaction.

    Argon2 takes a core and many megabytes: a crowd at the door must not push out those who are answering questions.
    """

    def __init__(self, context: Any, end_transaction: Callable[[], None]) -> None:
        self.context = context
        self.end_transaction = end_transaction

    def __getattr__(self, name: str) -> Any:
        return getattr(self.context, name)

    def hash(self, secret: str | bytes, **options: Any) -> str:
        return str(self._in_turn("hash", secret, **options))

    def verify(self, secret: str | bytes, hashed: str) -> bool:
        return bool(self._in_turn("verify", secret, hashed))

    def _in_turn(self, name: str, *args: Any, **options: Any) -> Any:
        self.end_transaction()
        if not HASHING.acquire(timeout=LONGEST_QUEUE_SECONDS):
            raise ServiceUnavailable("Many people are signing in at this moment. Please try again in a minute.")
        try:
            return getattr(self.context, name)(*args, **options)
        finally:
            HASHING.release()


class Passwords(PasswordUtil):
    """Long enough is what counts; a few passwords are too easy all the same."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        problems, password = super().validate(password, is_register, **kwargs)
        if problems:
            return problems, password
        user = kwargs.get("user")
        email = str(kwargs.get("email") if user is None else user.email).lower()
        plain = password.strip().lower()
        if plain in {email, email.partition("@")[0]}:
            return ["Choose a password other than your address."], password
        if len(set(plain)) < FEWEST_DIFFERENT:
            return [f"Use at least {FEWEST_DIFFERENT} different characters."], password
        return None, password


class AuthenticatorCodes(Totp):
    """Codes of an authenticator app; each works once."""

    def __init__(self, secrets: dict[str, str], issuer: str) -> None:
        newest = next(iter(secrets))
        self._totp = TOTP.using(issuer=issuer, wallet=AppWallet(secrets, default_tag=newest))

    def get_last_counter(self, user: Any) -> int | None:
        counter: int | None = user.totp_last_counter
        return counter

    def set_last_counter(self, user: Any, tmatch: TotpMatch) -> None:
        user.totp_last_counter = tmatch.counter
        current_app.extensions["security"].datastore.put(user)

    def generate_qrcode(self, username: str, totp: str) -> str:
        """The code to be scanned as SVG in the page: no image from a data: address, black on white in every theme."""
        code = qrcode.QRCode(border=4)
        code.add_data(self.get_totp_uri(username, totp))
        rows = code.get_matrix()
        size = len(rows)
        dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on)
        return Markup(
            '<svg width="240" height="240" viewBox="0 0 {0} {0}" role="img" shape-rendering="crispEdges" '
            'aria-label="Code to scan with the authenticator app"><path fill="#fff" d="M0 0h{0}v{0}H0z"/>'
            '<path fill="#000" d="{1}"/></svg>'
        ).format(size, dark)


class Passkeys(WebauthnUtil):
    """A passkey that signs in on its own is found without typing an address and asks for a finger, face or PIN."""

    def authenticator_selection(self, user: UserMixin, usage: str) -> AuthenticatorSelectionCriteria:
        alone = usage == "first"
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKey.REQUIRED if alone else ResidentKey.DISCOURAGED,
            user_verification=UserVerification.REQUIRED if alone else UserVerification.DISCOURAGED,
        )

    def user_verification(self, user: UserMixin | None, usage: list[str]) -> UserVerification:
        if "secondary" in usage:
            return UserVerification.DISCOURAGED
        return UserVerification.REQUIRED
