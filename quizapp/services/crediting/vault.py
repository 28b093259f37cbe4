"""What must not be read from a stolen database: identifiers of physicians, signing keys, reports that name people."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Locked(Exception):
    """None of the keys at hand has sealed this; the sentence says what to do."""


class Vault:
    """Seals and opens texts. `keys`: urlsafe base64 of 32 bytes each, the newest first; old ones only open."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """The text that was sealed. Raises Locked."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, ValueError) as error:
            raise Locked(
                "This was sealed under another secret key. Add the former one to QUIZAPP_OLD_SECRET_KEYS."
            ) from error

    def renew(self, sealed: str) -> str:
        """The same, sealed under the newest key. Raises Locked."""
        return self.seal(self.open(sealed))
