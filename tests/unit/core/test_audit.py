"""A chain of events: what is altered, taken out or put in between is named, and erasing details breaks nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from quizapp.core.audit import BEGINNING, Event, Head, Link, canonical, digest, find_altered, sealed

AT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


def chain(length: int = 4) -> list[Link]:
    links: list[Link] = []
    for number in range(1, length + 1):
        held = ({"name": f"Ärztin {number}", "answers": number}, f"salt-{number}")
        event = Event(number, AT, 7, "publish", ("item", f"nassa-{number:03}"), sealed(*held))
        before = links[-1].digest if links else BEGINNING
        links.append(Link(event, before, digest(event, before), held))
    return links


def test_a_chain_is_whole_with_and_without_its_details() -> None:
    assert find_altered([]) is None
    assert find_altered(chain()) is None
    assert find_altered(replace(link, held=None) for link in chain()) is None


@pytest.mark.parametrize(
    "change",
    [
        {"at": AT + dt.timedelta(microseconds=1)},
        {"actor_id": 8},
        {"actor_id": None},
        {"deed": "retire"},
        {"subject": ("item", "nassa-009")},
        {"details": sealed({"name": "somebody else"}, "salt-2")},
    ],
)
def test_an_altered_event_is_named(change: dict[str, object]) -> None:
    links = chain()
    links[1] = replace(links[1], event=replace(links[1].event, **change))  # type: ignore[arg-type]
    assert find_altered(links) == "Event 2 was altered."


def test_an_event_that_was_altered_and_sealed_again_breaks_the_next_one() -> None:
    links = chain()
    forged = replace(links[1].event, deed="retire")
    links[1] = replace(links[1], event=forged, digest=digest(forged, links[1].before))
    assert find_altered(links) == "Event 3 does not follow the event before it."


def test_an_event_that_was_taken_out_is_missed() -> None:
    links = chain()
    assert find_altered([links[0], *links[2:]]) == "Event 2 is missing; the next one is 3."


def test_altered_details_are_named() -> None:
    links = chain()
    links[2] = replace(links[2], held=({"name": "Nobody", "answers": 3}, "salt-3"))
    assert find_altered(links) == "The details of event 3 were altered."


def test_the_same_moment_in_another_zone_is_the_same_event() -> None:
    event = chain(1)[0].event
    elsewhere = replace(event, at=AT.astimezone(dt.timezone(dt.timedelta(hours=5))))
    assert digest(elsewhere, BEGINNING) == digest(event, BEGINNING)


def test_the_canonical_text_knows_no_order_and_no_fraction() -> None:
    assert canonical({"b": [1, None, True], "a": "α2"}) == '{"a":"α2","b":[1,null,true]}'.encode()
    for value in ({"credits": 0.5}, {"rows": [{"marks": 1.0}]}):
        with pytest.raises(ValueError, match="fraction"):
            canonical(value)


def test_a_head_shows_what_was_cut_off_and_what_was_computed_anew() -> None:
    links = chain()
    day = dt.date(2026, 11, 23)
    whole = [Head(day, 2, links[1].digest), Head(day + dt.timedelta(days=1), 3, links[2].digest)]
    assert find_altered(links, whole) is None
    assert find_altered(links[:2], whole) == (
        "The audit ends with event 2, but the head of 2026-11-24 was signed over event 3: what came after was cut off."
    )
    anew = [Head(day, 2, "f" * 64)]
    assert find_altered(links, anew) == "Event 2 is another one than the head of 2026-11-23 was signed over."
