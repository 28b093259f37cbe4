"""What is said about a question, a day and a week, word for word."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from quizapp.core.forecasting import Readiness
from quizapp.services.placing import Known, Placed
from quizapp.web.learn import sentences
from quizapp.web.learn.outlook import interval, near_day
from quizapp.web.learn.today import week_sentence

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
TODAY = NOW.date()


def met(days: int) -> str:
    return (NOW - dt.timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        (
            {"cause": "due", "due": "2026-11-23", "recall": 0.714, "days": 9, "freshness": "new", "last_seen": None},
            "Due today: recall estimated 71 %; last answered 9 days ago; this question is new to you.",
        ),
        (
            {"cause": "due", "due": "2026-11-20", "recall": 0.6, "days": 1, "freshness": "repeat", "last_seen": met(1)},
            "Due since 20 November 2026: recall estimated 60 %; last answered yesterday; "
            "you met this question yesterday; no newer one is left.",
        ),
        (
            {"cause": "retest", "due": "2026-11-25", "recall": 0.4, "days": 0, "freshness": "new", "last_seen": None},
            "Missed lately, so it comes back by 25 November 2026 at the latest: last answered today; "
            "this question is new to you.",
        ),
        (
            {"cause": "retest", "due": "2026-11-22", "recall": 0.4, "days": 3, "freshness": "new", "last_seen": None},
            "Missed lately, so it comes back today: last answered 3 days ago; this question is new to you.",
        ),
        (
            {"cause": "start", "freshness": "new", "last_seen": None},
            "A new objective, next in teaching order: this question is new to you.",
        ),
        (
            {"cause": "prerequisite", "leads_to": 7, "freshness": "delayed", "last_seen": met(70)},
            "Comes first because a later question rests on it: "
            "you met this question 70 days ago, long enough to count again.",
        ),
        (
            {"cause": "ahead", "due": "2026-12-03", "recall": 0.93, "days": 2, "freshness": "new", "last_seen": None},
            "Ahead of its day, 3 December 2026: recall estimated 93 %; last answered 2 days ago; "
            "this question is new to you.",
        ),
        (
            {"cause": "again", "due": "2026-12-03", "recall": 1.0, "days": 0, "freshness": "new", "last_seen": None},
            "Asked about today already, and nothing else is left: last answered today; this question is new to you.",
        ),
        ({"reason": "placement"}, "Chosen for what your answer tells about what you know."),
        ({"reason": "lesson"}, "Part of the lesson."),
        ({"reason": "new", "last_seen": None}, "New to you."),
        ({"reason": "wrong", "last_seen": met(4)}, "You missed it 4 days ago."),
        ({"reason": "marked", "last_seen": None}, "You marked it."),
        ({"reason": "seen", "last_seen": met(0)}, "Seen today; no newer question is left for today."),
        ({}, ""),
    ],
)
def test_the_reason_of_a_question_is_one_sentence(why: dict[str, Any], sentence: str) -> None:
    assert sentences.reason(why, NOW) == sentence


def test_after_a_miss_no_percentage_is_named() -> None:
    why = {"cause": "retest", "due": "2026-11-25", "recall": 0.4, "days": 2, "freshness": "new", "last_seen": None}
    assert "%" not in sentences.reason(why, NOW)


def told(**values: Any) -> Any:
    usual = {"next_due": TODAY + dt.timedelta(days=9), "retests": 2, "verdict": "right", "confidence": None}
    return SimpleNamespace(**usual | values)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {},
            "A different question on this in about 9 days, on 2 December 2026, "
            "when about one chance in ten of having forgotten it has built up.",
        ),
        (
            {"retests": 0, "verdict": "not_right", "next_due": TODAY + dt.timedelta(days=2)},
            "A different question on this in about 2 days, on 25 November 2026, because this one was missed.",
        ),
        (
            {"retests": 1, "next_due": TODAY + dt.timedelta(days=5)},
            "A different question on this in about 5 days, on 28 November 2026, "
            "because it was missed not long ago; after that the pauses grow.",
        ),
        (
            {"retests": 0, "confidence": "guess", "next_due": TODAY + dt.timedelta(days=1)},
            "A different question on this tomorrow, because this one was right, but guessed.",
        ),
        (
            {"retests": 0, "next_due": TODAY + dt.timedelta(days=1)},
            "A different question on this tomorrow, because it was missed not long ago.",
        ),
        (
            {"retests": 0, "verdict": "not_right", "confidence": "sure", "next_due": TODAY},
            "A different question on this today, because you were sure and it was not so.",
        ),
        ({"next_due": None}, ""),
    ],
)
def test_the_next_date_comes_with_the_reason_that_is_true(values: dict[str, Any], sentence: str) -> None:
    assert sentences.next_sentence(told(**values), TODAY) == sentence


@pytest.mark.parametrize(
    ("done", "goal", "pauses", "sentence"),
    [
        (0, 4, "", "0 of 4 days. Rest days are free."),
        (3, 4, "", "3 of 4 days. Rest days are free."),
        (4, 4, "", "4 of 4 days: the goal is reached."),
        (6, 4, "", "6 days; the goal was 4."),
        (1, 4, "The goal pauses.", "1 day so far. The goal pauses."),
        (0, 4, "The goal pauses.", "The goal pauses."),
    ],
)
def test_the_week_is_counted_without_a_word_of_loss(done: int, goal: int, pauses: str, sentence: str) -> None:
    assert week_sentence(done, goal, pauses) == sentence


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (1, "Tuesday 24th"),
        (8, "Tuesday 1st"),
        (9, "Wednesday 2nd"),
        (10, "Thursday 3rd"),
        (20, "Sunday 13th"),
        (21, "Monday 14 December"),
        (-2, "Saturday 21st"),
    ],
)
def test_a_near_day_is_named_by_weekday_and_number(ahead: int, words: str) -> None:
    assert near_day(TODAY + dt.timedelta(days=ahead), TODAY) == words


def test_readiness_is_an_interval_in_whole_per_cent() -> None:
    assert interval(Readiness(0.76, 0.684, 0.836)) == "68 to 84 %"
    assert interval(None) is None


def test_a_placement_speaks_of_an_interval_and_of_what_looks_known() -> None:
    told = Placed("staging", "Staging", 5, 3, 0.35, 0.8, (), Known("LS1", "…"))
    assert sentences.placed(told) == (
        "Of new questions on this you would answer about 35 to 80 % right; nothing looks known yet."
    )
    more = Placed("staging", "Staging", 5, 3, 0.35, 0.8, (Known("LS1", "…"), Known("LS2", "…")), None)
    assert sentences.placed(more).endswith("; two objectives look known.")
