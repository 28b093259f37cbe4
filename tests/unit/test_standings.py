"""Each standing has a sentence that says how it is known, and after a miss no figure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import pytest

from quizapp.core import mastery, memory, progress
from quizapp.core.grading import Rating
from quizapp.core.mastery import Standing
from quizapp.core.memory import Evidence, Freshness
from quizapp.services.content.teaching import Taught
from quizapp.services.progressing import Held
from quizapp.web.learn import standings

DAY = dt.date(2026, 3, 2)
RIGHT, WRONG = Rating.GOOD, Rating.AGAIN
NEW, REPEAT, DELAYED = Freshness.NEW, Freshness.REPEAT, Freshness.DELAYED
Told = tuple[int, Rating, Freshness] | tuple[int, Rating] | tuple[int]


def after(days: int) -> dt.date:
    return DAY + dt.timedelta(days=days)


def held(
    answers: Sequence[Told],
    *,
    today: int,
    fresh: int = 3,
    questions: int = 6,
    guessed: bool = False,
    guess: float = 0.2,
) -> Held:
    trace = None
    for told in answers:
        rating = told[1] if len(told) > 1 else RIGHT
        freshness = told[2] if len(told) > 2 else NEW
        trace = memory.remember(trace, Evidence(rating, after(told[0]), freshness, guess), 1, 2)
    on = after(today + 30)
    return Held(
        slug="LN1",
        statement="name the parts",
        statement_html="name the parts",
        topic="A topic",
        mastery=mastery.judge(trace, today=after(today), on=on, guess=guess, fresh_left=fresh > 0),
        trace=trace,
        questions=questions,
        fresh=fresh,
        guessed=guessed,
        delayed_on=after(60) if answers else None,
        holds_until=progress.holds_until(trace, today=after(today), guess=guess) if trace else None,
        taught=Taught("lesson", "parts", "The parts", 2),
        needs=(),
    )


def say(one: Held, today: int) -> str:
    return standings.sentence(one, after(today))


SENTENCES = {
    "nothing asked": (held([], today=0, fresh=6), 0, "Six questions wait for you.", Standing.NOT_STARTED),
    "one": (
        held([(0,)], today=0),
        0,
        "1 of 1 new question right; one more on another day is needed.",
        Standing.LEARNING,
    ),
    "one day": (held([(0,), (0,)], today=1), 1, "2 right, but both on one day.", Standing.LEARNING),
    "the last two on one day": (
        held([(0, WRONG), (4,), (4,)], today=5),
        5,
        "2 of 3 new questions right, on two days; the last two on one day.",
        Standing.LEARNING,
    ),
    "guessed too easily": (
        held([(0,), (3,), (12,)], today=12, guess=0.5),
        12,
        "3 of 3 new questions right, on three days; the last two could too easily be guessed.",
        Standing.LEARNING,
    ),
    "not firm": (
        held([(0,), (1,)], today=3),
        3,
        "2 of 2 new questions right, on two days; not yet firm enough for 4 April.",
        Standing.LEARNING,
    ),
    "secure": (
        held([(0,), (3,), (12,)], today=12),
        12,
        "3 of 3 new questions right, on three days. It rests on those of 5 and 14 March, and holds until ",
        Standing.SECURE,
    ),
    "secure by a delayed repeat": (
        held([(0,), (3, RIGHT, REPEAT), (12, RIGHT, REPEAT), (73, RIGHT, DELAYED)], today=73, fresh=0),
        73,
        "2 of 2 questions right, on two days; one of them a delayed repeat. It rests on those of 2 March and 14 May",
        Standing.SECURE,
    ),
    "missed": (held([(0, WRONG)], today=0), 0, "Missed on 2 March. It comes back ", Standing.LEARNING),
    "guessed": (
        held([(0, WRONG)], today=0, guessed=True),
        0,
        "Missed or guessed on 2 March. It comes back ",
        Standing.LEARNING,
    ),
    "withdrawn": (
        held([(0,), (3,), (12,), (30, WRONG)], today=40),
        40,
        "Was secure; missed on 1 April. It comes back today.",
        Standing.SLIPPING,
    ),
    "right since, on seen ones": (
        held([(0,), (3,), (12,), (30, WRONG), (32, RIGHT, REPEAT)], today=33),
        33,
        "Was secure; missed on 1 April, and only questions seen before were right since.",
        Standing.SLIPPING,
    ),
    "faded": (
        held([(0,), (3,), (12,)], today=600),
        600,
        "3 of 3 new questions right, on three days, but not since 14 March 2026: it is fading.",
        Standing.SLIPPING,
    ),
    "cannot tell": (
        held([(0,), (3, RIGHT, REPEAT), (12, RIGHT, REPEAT), (40, RIGHT, REPEAT)], today=41, fresh=0),
        41,
        "No new question left: a delayed repeat from 1 May.",
        Standing.CANNOT_TELL,
    ),
    "learning, and no new question left": (
        held([(0,), (3, WRONG), (5,)], today=10, fresh=0),
        10,
        "2 of 3 new questions right, on three days; one more on another day is needed. "
        "No new question is left; one counts again from 1 May.",
        Standing.LEARNING,
    ),
    "seen ones only": (
        held([(0, RIGHT, REPEAT)], today=1),
        1,
        "Answered, but not yet with a question that was new to you.",
        Standing.LEARNING,
    ),
}


@pytest.mark.parametrize(("one", "today", "sentence", "standing"), SENTENCES.values(), ids=SENTENCES)
def test_a_sentence_says_how_the_standing_is_known(one: Held, today: int, sentence: str, standing: Standing) -> None:
    assert one.mastery.standing is standing
    said = say(one, today)
    assert said.startswith(sentence)
    assert said.endswith(".")
    assert ".." not in said


def test_where_a_seen_question_was_missed_it_is_told_why_the_claim_stands() -> None:
    """With an examination near even what was missed lately is likely enough; only a new question takes it back."""
    one = held([(0,), (3,), (12,), (30, WRONG, REPEAT)], today=30)
    near = mastery.judge(one.trace, today=after(30), on=after(33), guess=0.2, fresh_left=True)
    assert near.standing is Standing.SECURE
    assert say(replace(one, mastery=near), 30) == (
        "New questions were right; one seen before was missed or guessed on 1 April. It comes back on 3 April."
    )


def test_a_right_answer_that_was_a_guess_is_not_called_right() -> None:
    one = held([(0, WRONG), (2,)], today=3, guessed=True)
    assert say(one, 3).startswith("1 of 2 new questions right without guessing, on two days")


def test_questions_that_the_lesson_asked_are_not_called_new() -> None:
    assert say(held([], today=0, fresh=6), 0) == "Six questions wait for you."
    assert say(held([], today=0, fresh=5), 0).startswith("Asked inside the lesson only")
    assert say(held([], today=0, fresh=0, questions=0), 0) == "There is no question on this yet."


def test_after_a_miss_nothing_is_counted_until_it_was_right_on_a_later_day() -> None:
    missed = held([(0,), (3, WRONG)], today=3)
    assert missed.missed
    assert "%" not in say(missed, 3)
    assert "of" not in say(missed, 3).split()
    assert not held([(0,), (3, WRONG), (5,)], today=5).missed


def test_what_is_missed_again_on_three_days_keeps_slipping_until_it_is_secure() -> None:
    misses: list[Told] = [(0, WRONG), (2, WRONG), (4, WRONG), (6, WRONG)]
    assert not held(misses[:3], today=6).keeps_slipping
    assert held(misses, today=6).keeps_slipping
    since: list[Told] = [*misses, *((day,) for day in (8, 13, 20, 34, 60))]
    one = held(since, today=60)
    assert one.mastery.standing is Standing.SECURE
    assert not one.keeps_slipping


def test_days_are_named_by_how_far_they_are() -> None:
    assert standings.day_ahead(after(-3), DAY) == standings.day_ahead(DAY, DAY) == "today"
    assert standings.day_ahead(after(1), DAY) == "tomorrow"
    assert standings.day_ahead(after(9), DAY) == "on 11 March"
    assert standings.near_day(after(300), DAY) == "27 December 2026"
