"""The chain of audit events: what is hashed, and which event of a chain was altered.

Every event carries the digest of the one before it, so that no row can be changed, taken out or put in between without
breaking all that follow. Personal details are not part of the chain: it holds a salted digest of them, and details and
salt stand beside it, where they can be erased without breaking anything.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

BEGINNING = "0" * 64
"""What the first event of a chain carries as the digest of the one before it."""


@dataclass(frozen=True)
class Event:
    """One deed. `details` is the salted digest of what was done; `subject` is a kind and an id."""

    number: int
    at: dt.datetime
    actor_id: int | None
    deed: str
    subject: tuple[str, str]
    details: str


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one text of a JSON object: keys in order, no spaces, UTF-8 (RFC 8785, for objects of whole numbers, texts,
    truth values, lists and nothing). Raises ValueError for a fraction, whose text differs between programs."""
    _refuse_fractions(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _refuse_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError(f"a fraction has no canonical text: {value!r}; count in whole units")
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ():
        _refuse_fractions(part)


def sealed(details: Mapping[str, Any], salt: str) -> str:
    """The digest of details that tells nothing about them to who does not have the salt."""
    return sha256(salt.encode() + b"\n" + canonical(details)).hexdigest()


def digest(event: Event, before: str) -> str:
    """The digest of an event that follows the one with the digest `before`."""
    return sha256(
        canonical(
            {
                "number": event.number,
                "at": event.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
                "actor": event.actor_id,
                "deed": event.deed,
                "subject": list(event.subject),
                "details": event.details,
                "before": before,
            }
        )
    ).hexdigest()


@dataclass(frozen=True)
class Link:
    """An event as it is stored. `held` is None where details were erased, else details and salt."""

    event: Event
    before: str
    digest: str
    held: tuple[Mapping[str, Any], str] | None


@dataclass(frozen=True)
class Head:
    """The last event of the chain at the end of a day, as it was signed then."""

    day: dt.date
    number: int
    digest: str


def find_altered(chain: Iterable[Link], heads: Iterable[Head] = ()) -> str | None:
    """A sentence about the first event that is not what was written, or None for a chain that is whole.

    Events come in the order of their numbers. What was cut off at the end, or computed anew from some event on, cannot
    be seen from the chain alone; heads that were signed before show it.
    """
    before, last = BEGINNING, 0
    waiting = sorted(heads, key=lambda head: (head.number, head.day), reverse=True)
    for number, link in enumerate(chain, start=1):
        if fault := _fault(number, link, before):
            return fault
        while waiting and waiting[-1].number == number:
            head = waiting.pop()
            if head.digest != link.digest:
                return f"Event {number} is another one than the head of {head.day} was signed over."
        before, last = link.digest, number
    if waiting:
        head = waiting[-1]
        return (
            f"The audit ends with event {last}, but the head of {head.day} was signed over event {head.number}: what "
            "came after was cut off."
        )
    return None


def _fault(number: int, link: Link, before: str) -> str | None:
    if link.event.number != number:
        return f"Event {number} is missing; the next one is {link.event.number}."
    if link.before != before:
        return f"Event {number} does not follow the event before it."
    if digest(link.event, link.before) != link.digest:
        return f"Event {number} was altered."
    if link.held is not None and sealed(*link.held) != link.event.details:
        return f"The details of event {number} were altered."
    return None
