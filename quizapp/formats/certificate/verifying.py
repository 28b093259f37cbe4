"""The judgement of a certificate from its file and the public keys alone: no network, no database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from quizapp.formats.certificate.credential import Altered, Snapshot, read_credential
from quizapp.formats.certificate.facts import Facts
from quizapp.formats.certificate.keys import PublicKey
from quizapp.formats.certificate.sealing import read_seal


class Outcome(IntEnum):
    """What a file is; the numbers are the exit codes of the command."""

    VALID = 0
    ALTERED = 1
    REVOKED = 3
    SUPERSEDED = 4


@dataclass(frozen=True)
class Verdict:
    """`facts`: what the certificate certifies, also of one that was revoked; None for what nobody of us has signed.
    `sentence`: what was found; `revocation`: what was looked up, and when, or that nothing was."""

    outcome: Outcome
    facts: Facts | None
    sentence: str
    revocation: str


def verify(document: bytes, keys: Mapping[str, PublicKey], status: Snapshot | None) -> Verdict:
    """Judge a PDF file. `status`: a snapshot whose signature was checked, or None where there is none."""
    checked = "Revocation not checked."
    if status is not None:
        checked = f"Revocation checked against the list of {status.at:%d %B %Y, %H:%M} UTC."
    try:
        sealed_at, token = read_seal(document, keys)
        facts = read_credential(token, keys)
        if sealed_at != facts.issued_at.astimezone(dt.UTC).replace(microsecond=0):
            raise Altered("File and credential were signed at different moments.")
    except Altered as found:
        return Verdict(Outcome.ALTERED, None, str(found), checked)
    if status is not None and facts.code in status.revoked:
        return Verdict(Outcome.REVOKED, facts, "This certificate was revoked.", checked)
    if status is not None and facts.code in status.superseded:
        newer = f"This certificate was superseded by {status.superseded[facts.code]}."
        return Verdict(Outcome.SUPERSEDED, facts, newer, checked)
    return Verdict(Outcome.VALID, facts, "The certificate is what its provider issued.", checked)
