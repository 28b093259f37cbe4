"""Calendars are files that other programs can read, whatever stands in a title."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from quizapp.formats.icalendar import LONGEST_LINE_OCTETS, Event, write

AT = dt.datetime(2026, 3, 2, 10, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
DAY = dt.date(2026, 12, 31)


def read(file: bytes) -> list[tuple[str, str]]:
    """Properties in order, as a subscriber reads them: lines unfolded, then names and values."""
    assert file.endswith(b"\r\n")
    lines = file.split(b"\r\n")[:-1]
    assert all(len(line) <= LONGEST_LINE_OCTETS for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    unfolded = b"\r\n".join(lines).replace(b"\r\n ", b"").decode()
    return [(name, value) for name, _, value in (line.partition(":") for line in unfolded.split("\r\n"))]


def unescaped(value: str) -> str:
    kept = {"n": "\n", "N": "\n"}
    characters = iter(value)
    return "".join(kept.get(after := next(characters), after) if c == "\\" else c for c in characters)


def test_an_event_is_a_whole_day_without_a_zone() -> None:
    properties = read(write("Study", [Event("exam-1@quizapp", DAY, "Finals")], at=AT, renew_hours=12))
    assert properties[:2] == [("BEGIN", "VCALENDAR"), ("VERSION", "2.0")]
    assert properties[-1] == ("END", "VCALENDAR")
    found = dict(properties)
    assert found["DTSTAMP"] == "20260302T093000Z"
    assert (found["DTSTART;VALUE=DATE"], found["DTEND;VALUE=DATE"]) == ("20261231", "20270101")
    assert (found["UID"], found["SUMMARY"], found["TRANSP"]) == ("exam-1@quizapp", "Finals", "TRANSPARENT")
    assert "VTIMEZONE" not in dict(properties).values()


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_a_title_comes_back_as_it_was_and_breaks_no_line(title: str) -> None:
    found = dict(read(write("Study", [Event("1", DAY, title, title)], at=AT, renew_hours=12)))
    assert unescaped(found["SUMMARY"]) == title
    assert unescaped(found.get("DESCRIPTION", "")) == title


def test_a_title_cannot_begin_a_property_of_its_own() -> None:
    file = write("Study", [Event("1", DAY, "Finals\r\nATTACH:file\x00;x,y\\z")], at=AT, renew_hours=12)
    assert dict(read(file))["SUMMARY"] == r"Finals\nATTACH:file\;x\,y\\z"
