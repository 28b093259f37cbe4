"""What can be chosen and what is sent back with a sentence."""

from __future__ import annotations

import datetime as dt

import pytest

from quizapp.core.preferences import (
    DEFAULT,
    LONGEST_TITLE,
    Choices,
    Preferences,
    Unfit,
    check,
    check_exam,
    local_date,
    zones,
)

TODAY = dt.date(2026, 3, 2)


def test_the_defaults_are_fit() -> None:
    assert check(DEFAULT) == DEFAULT


def test_rest_days_come_back_in_order_and_once() -> None:
    assert check(Choices(rest_days=(7, 6, 7))).rest_days == (6, 7)


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        (Choices(zone="Mars/Olympus"), "zone"),
        (Choices(zone=""), "zone"),
        (Choices(minutes_a_day=4), "minutes_a_day"),
        (Choices(minutes_a_day=241), "minutes_a_day"),
        (Choices(rest_days=(0,)), "rest_days"),
        (Choices(rest_days=tuple(range(1, 8))), "rest_days"),
        (Choices(preferences=Preferences(text_size="huge")), "text_size"),
        (Choices(preferences=Preferences(theme="pink")), "theme"),
    ],
)
def test_each_unfit_choice_is_named(choices: Choices, field: str) -> None:
    with pytest.raises(Unfit) as unfit:
        check(choices)
    assert list(unfit.value.problems) == [field]
    assert unfit.value.problems[field].endswith(".")


def test_every_unfit_choice_is_named_at_once() -> None:
    with pytest.raises(Unfit) as unfit:
        check(Choices(zone="Mars", minutes_a_day=1, rest_days=(9,)))
    assert set(unfit.value.problems) == {"zone", "minutes_a_day", "rest_days"}


def test_preferences_survive_being_stored() -> None:
    preferences = Preferences(text_size="large", theme="dark", hide_timer=True, single_keys=False)
    assert Preferences.from_json(preferences.to_json()) == preferences
    assert Preferences.from_json({"theme": "dark", "of another version": 1}) == Preferences(theme="dark")


def test_zones_are_places_and_utc() -> None:
    assert zones()[0] == "UTC"
    assert {"Europe/Zurich", "America/Argentina/Buenos_Aires", "Asia/Kolkata"} <= set(zones())
    assert not {"EST5EDT", "Etc/GMT+5", "localtime"} & set(zones())


def test_an_examination_may_be_today_and_its_name_is_trimmed() -> None:
    assert check_exam("  Final   examination ", TODAY, TODAY) == "Final examination"


@pytest.mark.parametrize(
    ("title", "on", "field"),
    [
        ("Finals", TODAY - dt.timedelta(days=1), "exam_on"),
        ("Finals", TODAY + dt.timedelta(days=3661), "exam_on"),
        ("   ", TODAY, "exam_title"),
        ("x" * (LONGEST_TITLE + 1), TODAY, "exam_title"),
    ],
)
def test_an_unfit_examination_is_named(title: str, on: dt.date, field: str) -> None:
    with pytest.raises(Unfit) as unfit:
        check_exam(title, on, TODAY)
    assert list(unfit.value.problems) == [field]


def test_the_date_is_the_learners_own() -> None:
    moment = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
    assert local_date(moment, "Pacific/Honolulu") == dt.date(2026, 3, 1)
    assert local_date(moment, "Pacific/Auckland") == dt.date(2026, 3, 2)
