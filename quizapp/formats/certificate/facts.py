"""What a certificate certifies: frozen when a claim is granted, and all that page and credential are made of."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

CODE_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and capitals without those that are taken for each other (0 O, 1 I L, U V)."""
_CODE_GROUPS, _GROUP = 3, 4


class Unreadable(Exception):
    """These are not the facts of a certificate; the sentence says what is wrong with them."""


@dataclass(frozen=True)
class Facts:
    """`code`: the certificate's own, unique; `quarters`: the credit; `unit`: its name, in which *stars* set italics, as
    in every statement; `completed_on`: the day on which the learner met all that was asked; `recipient`: an opaque name
    of the learner for machines; `edition`: which published version of the activity; `supersedes`: the code of the
    certificate that this one corrects, or empty."""

    code: str
    recipient: str
    name: str
    profession: str
    activity: str
    edition: int
    format: str
    provider: str
    joint_provider: str
    quarters: int
    unit: str
    accreditation_statement: str
    designation_statement: str
    claim_statement: str
    completed_on: dt.date
    issued_at: dt.datetime
    verify_url: str
    supersedes: str = ""

    def to_json(self) -> dict[str, Any]:
        """The facts as JSON of texts and whole numbers, in the order above."""
        return asdict(self) | {
            "completed_on": self.completed_on.isoformat(),
            "issued_at": self.issued_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Facts:
        """The facts that were written by `to_json`. Raises Unreadable."""
        kinds = {"edition": int, "quarters": int}
        if missing := [field.name for field in fields(cls) if field.name not in value]:
            raise Unreadable(f"The facts lack {', '.join(missing)}.")
        for field in fields(cls):
            if type(value[field.name]) is not kinds.get(field.name, str):
                raise Unreadable(f"The fact “{field.name}” is of another kind than was written.")
        try:
            completed_on = dt.date.fromisoformat(value["completed_on"])
            issued_at = dt.datetime.fromisoformat(value["issued_at"])
        except ValueError as error:
            raise Unreadable(f"The facts hold a date that is none: {error}.") from error
        if issued_at.tzinfo is None:
            raise Unreadable("The moment of issue has no zone.")
        held = {field.name: value[field.name] for field in fields(cls)}
        return cls(**held | {"completed_on": completed_on, "issued_at": issued_at})


def new_code() -> str:
    """A code that cannot be guessed (59 bits) and can be read aloud: “7K3M-Q9TX-42PD”."""
    return "-".join("".join(secrets.choice(CODE_SIGNS) for _ in range(_GROUP)) for _ in range(_CODE_GROUPS))


def read_code(typed: str) -> str | None:
    """The code that a person typed, in small letters or without dashes; None for what cannot be one."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum())
    if len(signs) != _CODE_GROUPS * _GROUP or set(signs) - set(CODE_SIGNS):
        return None
    return "-".join(signs[place : place + _GROUP] for place in range(0, len(signs), _GROUP))
