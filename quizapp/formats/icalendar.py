"""Calendars of all-day events as other programs subscribe to them: RFC 5545, written and not read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST_LINE_OCTETS = 75
PRODUCT = "-//Quizapp//Study calendar//EN"
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Event:
    """A day in a calendar. `uid` names the event for good, so that a change of its words replaces it."""

    uid: str
    day: dt.date
    title: str
    note: str = ""


def write(name: str, events: Iterable[Event], *, at: dt.datetime, renew_hours: int) -> bytes:
    """The calendar as a file. `at` is the moment of writing; readers are asked to come back after `renew_hours`.

    Events take no time of the day (TRANSPARENT) and no zone: a day is the same day wherever it is read.
    """
    return "".join(f"{_folded(line)}\r\n" for line in _lines(name, events, at, renew_hours)).encode()


def _lines(name: str, events: Iterable[Event], at: dt.datetime, renew_hours: int) -> Iterator[str]:
    stamp = f"{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH")
    yield f"X-WR-CALNAME:{_text(name)}"
    yield f"REFRESH-INTERVAL;VALUE=DURATION:PT{renew_hours}H"
    yield f"X-PUBLISHED-TTL:PT{renew_hours}H"
    for event in events:
        yield from ("BEGIN:VEVENT", f"UID:{event.uid}", f"DTSTAMP:{stamp}")
        yield f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{event.day + dt.timedelta(days=1):%Y%m%d}"
        yield f"SUMMARY:{_text(event.title)}"
        if event.note:
            yield f"DESCRIPTION:{_text(event.note)}"
        yield from ("TRANSP:TRANSPARENT", "END:VEVENT")
    yield "END:VCALENDAR"


def _text(value: str) -> str:
    return _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).translate(_ESCAPED)


def _folded(line: str) -> str:
    """The line in pieces of at most LONGEST_LINE_OCTETS octets, each after the first begun by a space; no character is
    cut in two."""
    pieces, piece, size = [], "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LONGEST_LINE_OCTETS:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + character, size + octets
    return "\r\n".join([*pieces, piece])
