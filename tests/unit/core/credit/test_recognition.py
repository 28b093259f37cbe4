"""A board’s label stands only with the reference and dates of its approval, beside credit that is designated."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from quizapp.core.credit.front_matter import FrontMatter, checklist
from quizapp.core.credit.recognition import Recognition

BEGINS, ENDS = dt.date(2027, 1, 1), dt.date(2027, 12, 31)
WHOLE = Recognition("Self-assessment.", "SA-27-113", BEGINS, ENDS)
OPEN = (dt.date(2026, 12, 1), dt.date(2028, 6, 30))


def told(recognition: Recognition, *, credit_designated: bool = True) -> list[str]:
    return [part for part, _ in recognition.problems(*OPEN, credit_designated=credit_designated)]


def test_a_label_is_told_with_its_reference_and_dates_and_holds_on_these_days_alone() -> None:
    assert WHOLE.sentence == "Self-assessment (approval SA-27-113, 2027-01-01 to 2027-12-31)."
    assert told(WHOLE) == []
    days = [BEGINS - dt.timedelta(days=1), BEGINS, ENDS, ENDS + dt.timedelta(days=1)]
    assert [WHOLE.holds_on(day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("change", "part"), [("label", "label"), ("reference", "reference"), ("begins", "from"), ("ends", "until")]
)
def test_without_a_part_nothing_is_told_and_the_part_is_named(change: str, part: str) -> None:
    lacking = replace(WHOLE, **{change: "" if change in ("label", "reference") else None})
    assert (lacking.sentence, lacking.holds_on(BEGINS)) == ("", False)
    assert told(lacking) == [part]


def test_no_label_is_no_fault() -> None:
    assert told(Recognition("", "", None, None), credit_designated=False) == []
    assert FrontMatter().recognition.sentence == ""
    assert "board_label" not in FrontMatter().to_json(), "what has no label says what it said before there were any"


def test_a_label_stands_only_beside_credit_and_on_days_on_which_the_activity_is_open() -> None:
    assert told(WHOLE, credit_designated=False) == ["label"]
    assert told(replace(WHOLE, ends=BEGINS - dt.timedelta(days=1))) == ["until"]
    before, after = dt.date(2026, 11, 1), dt.date(2026, 11, 30)
    assert told(replace(WHOLE, begins=before, ends=after)) == ["from"]
    assert told(replace(WHOLE, begins=OPEN[1] + dt.timedelta(days=1), ends=dt.date(2029, 1, 1))) == ["from"]


def test_front_matter_keeps_it_and_its_checklist_names_the_field() -> None:
    front = FrontMatter(board_label="Self-assessment", board_reference="SA-27-113", board_from=BEGINS, board_until=ENDS)
    assert FrontMatter.from_json(front.to_json()).recognition == replace(WHOLE, label="Self-assessment")
    lacking = {one.element for one in checklist(replace(front, board_reference=""))}
    assert lacking - {one.element for one in checklist(front)} == {"board_reference"}
