"""How long somebody was busy."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from quizapp.core.credit.engagement import LONGEST_GAP, UNMEASURED, gained, spent

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def after(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def test_the_first_sign_of_life_adds_nothing() -> None:
    assert gained(None, NOON, measured=True) == 0


def test_a_stretch_ends_with_a_silence_longer_than_one_lost_beat() -> None:
    assert gained(NOON, after(30), measured=True) == 30
    assert gained(NOON, NOON + LONGEST_GAP, measured=True) == 65
    assert gained(NOON, after(66), measured=True) == 0


def test_pages_alone_count_up_to_ten_minutes() -> None:
    assert gained(NOON, after(400), measured=False) == 400
    assert gained(NOON, after(86_400), measured=False) == UNMEASURED.total_seconds() == 600


@given(st.lists(st.floats(-1e6, 1e6), max_size=60), st.booleans())
def test_no_order_of_beats_adds_more_than_the_time_that_has_passed(offsets: list[float], measured: bool) -> None:
    """Also with clocks that jump, tabs that repeat each other, and beats that overtake one another."""
    last, total = None, 0
    moments = [after(offset) for offset in offsets]
    for moment in moments:
        total += gained(last, moment, measured=measured)
        last = max(last or moment, moment)
    passed = (max(moments) - moments[0]).total_seconds() if moments else 0
    assert 0 <= total <= max(passed, 0)


def test_a_test_is_timed_by_its_answers_with_each_pause_cut() -> None:
    assert spent(NOON, [after(90), after(30), after(3_690)]) == 30 + 60 + 600
    assert spent(NOON, []) == 0
