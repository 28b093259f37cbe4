"""The keys that sign certificates: made, opened, made public, and sealed anew when the secret key of the site changes.

The private halves lie in the table under the vault. The public halves stay for as long as certificates are checked.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db import models
from quizapp.db.models import CreditProfile, Provider, ReportBatch, table
from quizapp.db.session import retrying, writing
from quizapp.formats.certificate import keys
from quizapp.formats.certificate.keys import SigningKey
from quizapp.services import auditing
from quizapp.services.crediting.vault import Vault

YEARS = 3
"""How long a key signs, unless something else is said."""


class NoKey(Exception):
    """No key of the provider is in force; the sentence says what to do."""


class NoProvider(Exception):
    """There is no provider with this slug; the sentence names it."""


@dataclass(frozen=True)
class Listed:
    """A key without its secret."""

    kid: str
    provider: str
    begins: dt.datetime
    ends: dt.datetime
    made_at: dt.datetime


def make_key(
    session: Session,
    vault: Vault,
    provider: str,
    *,
    begins: dt.datetime,
    ends: dt.datetime,
    by_id: int | None,
    now: dt.datetime,
) -> str:
    """Make a key of a provider that signs between these moments; returns its name. Takes up to a second.

    A new one is made before the old one ends. Raises NoProvider; ValueError for moments out of order.
    """
    begins, ends = begins.replace(microsecond=0), ends.replace(microsecond=0)
    if begins >= ends:
        raise ValueError("A key ends after it begins.")
    made = _made(session, provider, begins, ends)
    session.rollback()

    def deed() -> str:
        with writing(session):
            _store(session, vault, provider, made, by_id, now)
            return made.kid

    return retrying(deed)


def get_or_make_key(session: Session, vault: Vault, provider: str, now: dt.datetime) -> SigningKey:
    """The key with which a provider signs now: of those in force the one that began last. Where none is, one is made,
    so that no learner waits for a certificate. Writes; raises NoProvider, `vault.Locked`."""
    if (held := find_key(session, vault, provider, now)) is not None:
        return held
    begins = now.replace(microsecond=0)
    made = _made(session, provider, begins, years_after(begins, YEARS))
    session.rollback()

    def deed() -> SigningKey:
        with writing(session):
            session.execute(sa.select(Provider.id).where(Provider.slug == provider).with_for_update(key_share=True))
            # Somebody else may have made one meanwhile; then ours was never used.
            if (held := find_key(session, vault, provider, now)) is not None:
                return held
            _store(session, vault, provider, made, None, now)
            return made

    return retrying(deed)


def find_key(session: Session, vault: Vault, provider: str, now: dt.datetime) -> SigningKey | None:
    """The key with which a provider signs now, None where none is in force. Raises `vault.Locked`."""
    row = session.execute(_in_force(now).where(models.SigningKey.provider == provider)).first()
    return _opened(vault, row.secret) if row else None


def get_status_key(session: Session, vault: Vault, now: dt.datetime) -> SigningKey:
    """The key that signs what has become of certificates: the newest in force, of whichever provider. Raises NoKey."""
    row = session.execute(_in_force(now)).first()
    if row is None:
        raise NoKey("No signing key is in force. Make one with “quizapp cme keys new”.")
    return _opened(vault, row.secret)


def list_keys(session: Session) -> tuple[Listed, ...]:
    """All keys there ever were, oldest first."""
    held = models.SigningKey
    rows = session.execute(
        sa.select(held.kid, held.provider, held.begins, held.ends, held.made_at).order_by(held.begins, held.kid)
    )
    return tuple(Listed(*row) for row in rows)


def public(session: Session) -> str:
    """The public key set of all providers, as JSON; nothing in it is secret."""
    held = models.SigningKey
    entries = list(session.scalars(sa.select(held.public).order_by(held.begins, held.kid)))
    return json.dumps({"keys": entries}, indent=2, sort_keys=True) + "\n"


def get_public(session: Session, kid: str) -> str:
    """The public half of one key, as JSON. Raises LookupError."""
    entry = session.scalar(sa.select(models.SigningKey.public).where(models.SigningKey.kid == kid))
    if entry is None:
        raise LookupError(kid)
    return json.dumps(entry, indent=2, sort_keys=True) + "\n"


def reseal(session: Session, vault: Vault, now: dt.datetime, *, by_id: int | None = None) -> int:
    """Seal everything in the vault anew under the newest secret key; returns how many texts there were.

    After that the former secret key is needed no more. All or nothing. Raises `vault.Locked`.
    """

    def deed() -> int:
        with writing(session):
            count = 0
            for model, key, column in _SEALED:
                held = table(model)
                sealed = sa.select(held.c[key], held.c[column]).where(held.c[column].is_not(None))
                # Locked, so that what somebody saves meanwhile is not overwritten by what stood there before.
                rows = session.execute(sealed.order_by(held.c[key]).with_for_update()).all()
                for name, text in rows:
                    change = sa.update(held).where(held.c[key] == name).values({column: vault.renew(text)})
                    session.execute(change)
                count += len(rows)
            auditing.record(
                session,
                actor_id=by_id,
                deed="seal secrets anew",
                subject=("vault", "all"),
                details={"texts": count},
                now=now,
            )
            return count

    return retrying(deed)


_SEALED: tuple[tuple[type[models.Base], str, str], ...] = (
    (models.SigningKey, "kid", "secret"),
    (CreditProfile, "learner_id", "identifiers"),
    (ReportBatch, "id", "document"),
)
"""Table, its key, and the column that is sealed."""


def _made(session: Session, provider: str, begins: dt.datetime, ends: dt.datetime) -> SigningKey:
    body = session.scalar(
        sa.select(Provider.body).where(Provider.slug == provider).order_by(Provider.edition.desc()).limit(1)
    )
    if body is None:
        raise NoProvider(f"There is no provider “{provider}”.")
    kid = f"{provider[:40]}-{begins:%Y%m%d}-{secrets.token_hex(3)}"
    return keys.make_key(kid, str(body.get("name") or provider), begins, ends)


def _store(
    session: Session, vault: Vault, provider: str, made: SigningKey, by_id: int | None, now: dt.datetime
) -> None:
    told = asdict(made) | {"begins": made.begins.isoformat(), "ends": made.ends.isoformat()}
    row = {
        "kid": made.kid,
        "provider": provider,
        "public": json.loads(keys.public([made]))["keys"][0],
        "secret": vault.seal(json.dumps(told)),
        "begins": made.begins,
        "ends": made.ends,
        "made_at": now,
    }
    session.execute(sa.insert(table(models.SigningKey)), row)
    auditing.record(
        session,
        actor_id=by_id,
        deed="make signing key",
        subject=("signing key", made.kid),
        details={"provider": provider, "begins": told["begins"], "ends": told["ends"]},
        now=now,
    )


def _opened(vault: Vault, secret: str) -> SigningKey:
    told = json.loads(vault.open(secret))
    moments = {name: dt.datetime.fromisoformat(told[name]) for name in ("begins", "ends")}
    return SigningKey(**told | moments)


def _in_force(now: dt.datetime) -> sa.Select[str, dt.datetime]:
    held = models.SigningKey
    return (
        sa.select(held.secret, held.begins)
        .where(held.begins <= now, held.ends > now)
        .order_by(held.begins.desc(), held.kid.desc())
        .limit(1)
    )


def years_after(moment: dt.datetime, years: int) -> dt.datetime:
    """So many years later; the 29th of February becomes the 28th."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)
