"""What one answer adds to the counters."""

from __future__ import annotations

import math

import pytest

from quizapp.core.ability import Ability
from quizapp.core.itemstats import tallies
from quizapp.core.itemstats.tallies import ABILITY_BANDS, ABILITY_CUTS, TIME_BUCKETS, TIME_CUTS, Answer, tally
from quizapp.core.modes import MODES


def answer(**changed: object) -> Answer:
    given = {
        "classes": ("b",), "earned": 1, "possible": 1, "ability": 37, "elapsed_ms": 20_000, "setting": "practice",
        "cohort": 4, "month": 202611,
    }  # fmt: skip
    return Answer(**{**given, **changed})  # type: ignore[arg-type]


def test_a_right_answer_counts_for_all_for_the_right_ones_for_its_class_and_for_its_month() -> None:
    assert [place for place, _ in tally(answer())] == [
        ("", 0, "practice", 4),
        ("*", 0, "practice", 4),
        ("b", 0, "practice", 4),
        ("", 202611, "practice", 0),
        ("*", 202611, "practice", 0),
    ]


def test_a_wrong_answer_is_not_among_the_right_ones() -> None:
    assert [place[0] for place, _ in tally(answer(earned=0))] == ["", "b", ""]


def test_what_is_added() -> None:
    ((_, added), *_) = tally(answer(earned=2, possible=3, ability=-37))
    assert {name: value for name, value in added.items() if value} == {
        "answers": 1, "earned": 2, "possible": 3, "placed": 1, "placed_earned": 2, "placed_earned_squared": 4,
        "ability": -37, "ability_squared": 1369, "ability_earned": -74, "ability_06": 1, "time_05": 1,
    }  # fmt: skip


def test_without_ability_and_time_an_answer_counts_in_no_band() -> None:
    ((_, added), *_) = tally(answer(ability=None, elapsed_ms=None))
    assert {name: value for name, value in added.items() if value} == {
        "answers": 1, "right": 1, "earned": 1, "possible": 1,
    }  # fmt: skip


def test_a_class_given_twice_counts_once_and_a_long_one_is_cut() -> None:
    names = [place[0] for place, _ in tally(answer(classes=("x", "x", "y" * 70, "y" * 71), earned=0))]
    assert names == ["", "x", "y" * 64, ""]


@pytest.mark.parametrize(
    ("place", "cuts", "names"),
    [(tallies.band, ABILITY_CUTS, ABILITY_BANDS), (tallies.bucket, TIME_CUTS, TIME_BUCKETS)],
)
def test_a_cut_belongs_to_the_place_above_it(place: object, cuts: tuple[int, ...], names: tuple[str, ...]) -> None:
    assert callable(place)
    assert [place(cut) for cut in cuts] == list(range(1, len(names)))
    assert [place(cut - 1) for cut in cuts] == list(range(len(names) - 1))


def test_an_ability_counts_once_it_rests_on_five_answers() -> None:
    assert tallies.ability_before(None) is None
    assert tallies.ability_before(Ability(1.0, answers=4, right=4)) is None
    assert tallies.ability_before(Ability(-3.0, answers=5, right=5)) == round(100 * math.log(5.5 / 0.5)) == 240
    assert tallies.ability_before(Ability(2.0, answers=20, right=10)) == 0
    assert tallies.ability_before(Ability(0.0, answers=8)) == -tallies.ability_before(Ability(0.0, answers=8, right=8))


def test_what_is_asked_inside_a_lesson_is_counted_apart() -> None:
    assert {name for name, setting in tallies.SETTINGS.items() if setting == "lesson"} == {"lesson"}
    assert {name for name, setting in tallies.SETTINGS.items() if setting == "exam"} == {
        name for name, mode in MODES.items() if mode.free_order
    }
