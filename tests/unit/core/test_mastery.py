"""“Secure” is claimed on fresh evidence alone, and withdrawn by it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

import pytest

from quizapp.core import mastery
from quizapp.core.correction import NONE, Correction
from quizapp.core.grading import Rating
from quizapp.core.mastery import Standing
from quizapp.core.memory import EVIDENCE_KEPT, Evidence, Freshness, State, Trace, remember

DAY = dt.date(2026, 3, 2)
RIGHT, WRONG = Rating.GOOD, Rating.AGAIN
REPEAT = Freshness.REPEAT


def answer(day: int, rating: Rating = RIGHT, freshness: Freshness = Freshness.NEW, guess: float = 0.2) -> Evidence:
    return Evidence(rating, DAY + dt.timedelta(days=day), freshness, guess)


def traced(answers: Sequence[Evidence]) -> Trace:
    trace = None
    for one in answers:
        trace = remember(trace, one, 1, 2)
    assert trace is not None
    return trace


def standing(answers: Sequence[Evidence], *, after: int = 0, horizon: int = 30, fresh_left: bool = True) -> Standing:
    today = answers[-1].day + dt.timedelta(days=after)
    on = today + dt.timedelta(days=horizon)
    return mastery.judge(traced(answers), today=today, on=on, guess=0.2, fresh_left=fresh_left).standing


def test_what_was_shown_but_never_sure_enough_is_being_learnt_and_not_slipping() -> None:
    """A correction of recall may be so strong that two right answers do not suffice; nothing has slipped then."""
    trace = traced([answer(0), answer(3)])
    unsure = Correction(shift=-4.0)

    def judged(days: int, correction: Correction) -> Standing:
        day = trace.last_day + dt.timedelta(days=days)
        held = mastery.judge(trace, today=day, on=day, guess=0.2, fresh_left=True, asked=2, correction=correction)
        return held.standing

    assert judged(0, NONE) is Standing.SECURE
    assert judged(0, unsure) is Standing.LEARNING
    assert judged(400, NONE) is Standing.SLIPPING


def test_nothing_answered_is_not_started_and_has_no_figures() -> None:
    judged = mastery.judge(None, today=DAY, on=DAY, guess=0.2, fresh_left=True)
    assert (judged.standing, judged.now, judged.then, judged.evidence) == (Standing.NOT_STARTED, None, None, ())


def test_two_new_questions_right_on_two_days_and_a_memory_that_lasts_are_secure() -> None:
    assert standing([answer(0), answer(3), answer(12)]) is Standing.SECURE


@pytest.mark.parametrize(
    ("why", "answers"),
    [
        (
            "one new question",
            [answer(0), answer(3, freshness=REPEAT), answer(12, freshness=REPEAT)],
        ),
        ("the same day", [answer(0, freshness=REPEAT), answer(5), answer(5)]),
        ("guessed: its rating is Again", [answer(0), answer(3), answer(12, WRONG), answer(14)]),
        ("true or false twice", [answer(0, guess=0.5), answer(3, guess=0.5), answer(12, guess=0.5)]),
        ("true or false once", [answer(0), answer(3, guess=0.2), answer(12, guess=0.5)]),
    ],
)
def test_without_such_evidence_nothing_is_secure(why: str, answers: list[Evidence]) -> None:
    assert standing(answers, horizon=0) is not Standing.SECURE, why


def test_a_memory_that_will_have_faded_by_the_examination_is_not_secure() -> None:
    answers = [answer(0), answer(1)]
    assert standing(answers, horizon=2) is Standing.SECURE
    assert standing(answers, horizon=300) is Standing.LEARNING


def test_a_miss_on_a_new_question_withdraws_the_claim_and_two_right_ones_restore_it() -> None:
    known = [answer(0), answer(3), answer(12)]
    assert standing([*known, answer(30, WRONG)]) is Standing.SLIPPING
    assert standing([*known, answer(30, WRONG), answer(32)]) is Standing.LEARNING
    assert standing([*known, answer(30, WRONG), answer(32), answer(37), answer(60)]) is Standing.SECURE


def test_a_claim_whose_memory_faded_is_slipping() -> None:
    assert standing([answer(0), answer(3), answer(12)], after=600) is Standing.SLIPPING


def test_without_a_fresh_question_left_it_cannot_be_told() -> None:
    repeats = [answer(0), *(answer(day, freshness=REPEAT) for day in (3, 12, 40))]
    assert standing(repeats) is Standing.LEARNING
    assert standing(repeats, fresh_left=False) is Standing.CANNOT_TELL
    delayed = [*repeats, answer(101, freshness=Freshness.DELAYED)]
    assert standing(delayed, fresh_left=False) is Standing.SECURE


def test_the_evidence_is_counted_for_the_sentence() -> None:
    trace = traced([answer(0), answer(3, WRONG), answer(5), answer(5, freshness=REPEAT), answer(12)])
    judged = mastery.judge(trace, today=DAY, on=DAY, guess=0.2, fresh_left=True)
    assert (judged.right, len(judged.evidence), judged.days) == (3, 4, 4)


def test_no_more_evidence_is_kept_than_is_shown() -> None:
    trace = traced([answer(day) for day in range(EVIDENCE_KEPT + 4)])
    assert [one.day for one in trace.evidence] == [DAY + dt.timedelta(days=day) for day in range(4, EVIDENCE_KEPT + 4)]


def test_a_guess_by_a_coin_rarely_earns_a_claim() -> None:
    """Every pattern of four answers on new questions of four options, weighted by blind guessing."""
    lucky = 0.0
    for pattern in itertools.product((True, False), repeat=4):
        evidence = [answer(day, RIGHT if right else WRONG, guess=0.25) for day, right in enumerate(pattern)]
        lucky += mastery.is_shown(evidence) * 0.25 ** sum(pattern) * 0.75 ** (4 - sum(pattern))
    assert lucky <= mastery.LUCK_ALLOWED


def test_the_chance_falls_between_now_and_the_examination() -> None:
    trace = Trace(State(10, 5), DAY, DAY)
    soon, late = (mastery.chance_on(trace, DAY + dt.timedelta(days=days), 0.2) for days in (0, 30))
    assert soon == pytest.approx(0.93)
    assert late < soon
