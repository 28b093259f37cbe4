"""Today’s plan."""

import datetime as dt
import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp.core import memory, planning, selection
from quizapp.core.memory import State, Trace
from quizapp.core.planning import Load, Outcome, Today
from quizapp.core.selection import Cause, Objective

MONDAY = dt.date(2026, 11, 23)
EXAM = MONDAY + dt.timedelta(days=30)
LATE = MONDAY + dt.timedelta(days=300)
DAY = dt.timedelta(days=1)


def studied(number: int, *, days_ago: int = 5, due_in: int = 0, **changes: Any) -> Objective:
    trace = Trace(State(5.0, 5.0), MONDAY - days_ago * DAY, MONDAY + due_in * DAY)
    return Objective(number, topic=number, trace=trace, asked=1, questions=4, **changes)


def fresh(number: int, **changes: Any) -> Objective:
    return Objective(**{"id": number, "topic": number, "questions": 4, **changes})


def plan(*objectives: Objective, minutes: int = 20, today: dt.date = MONDAY, **changes: Any) -> Today:
    load = changes.pop("load", Load(minutes))
    return planning.build(objectives, load, today=today, **changes)


def asked(today: Today) -> list[int]:
    return [choice.objective for choice in today.asked]


def test_the_day_that_counts_is_the_next_examination_or_a_month_from_today() -> None:
    assert planning.horizon(MONDAY, [EXAM, MONDAY + 3 * DAY, MONDAY - DAY]) == MONDAY + 3 * DAY
    assert planning.horizon(MONDAY, [MONDAY]) == MONDAY
    assert planning.horizon(MONDAY, [MONDAY - DAY]) == MONDAY + planning.WITHOUT_AN_EXAM


def test_a_plan_fits_the_minutes_and_names_what_waits() -> None:
    today = plan(*(studied(number) for number in range(30)), minutes=10)
    assert (len(today.asked), today.seconds, len(today.waiting)) == (10, 600, 20)
    assert not set(today.waiting) & set(asked(today))
    assert len(plan(*(studied(number) for number in range(30)), minutes=10, spent_seconds=540).asked) == 1


def test_a_day_without_time_or_without_questions_says_which_it_is() -> None:
    assert plan(studied(1), load=Load(20, rest_days=(1,))).outcome is Outcome.REST
    assert plan(studied(1), minutes=0).outcome is Outcome.REST
    assert plan(studied(1), spent_seconds=1200).outcome is Outcome.DONE
    assert plan().outcome is Outcome.NOTHING
    assert plan(fresh(1, questions=0)).outcome is Outcome.NOTHING
    assert plan(studied(1, days_ago=0, due_in=3)).outcome is Outcome.COVERED


def test_the_next_day_skips_days_of_rest() -> None:
    covered = plan(studied(1, due_in=2), load=Load(20, rest_days=(3, 4)))
    assert (covered.outcome, covered.next_day) == (Outcome.COVERED, MONDAY + DAY)
    assert plan(studied(1, due_in=2), load=Load(20, rest_days=(2, 3, 4))).asked, "no other day is left before it"
    assert plan(studied(1, days_ago=0, due_in=2), load=Load(20, rest_days=(2, 3, 4))).next_day == MONDAY + 4 * DAY
    assert plan(studied(1), load=Load(20, rest_days=(1, 2, 3, 4, 5, 6, 7))).next_day is None


def test_a_light_weekday_holds_less() -> None:
    objectives = [studied(number) for number in range(30)]
    assert len(plan(*objectives, load=Load(20, shares={1: 0.5})).asked) == 10


def test_what_is_not_due_is_asked_only_with_an_examination_ahead() -> None:
    later = [studied(number, due_in=9) for number in range(3)]
    assert plan(*later).asked == ()
    ahead = plan(*later, exams=[EXAM])
    assert {choice.why.cause for choice in ahead.asked} == {Cause.AHEAD}
    assert len(ahead.asked) == 3


def test_nothing_is_asked_ahead_of_its_day_while_what_is_due_waits() -> None:
    due = [studied(number, days_ago=2) for number in range(12)]
    ahead = [studied(number, days_ago=20, due_in=5, weight=9.0) for number in range(50, 60)]
    today = plan(*due, *ahead, minutes=10, exams=[EXAM])
    assert {choice.why.cause for choice in today.asked} == {Cause.DUE}
    assert len(today.waiting) == 2


def test_a_retest_that_waited_for_a_week_comes_first_however_short_the_time() -> None:
    def missed(number: int, late: int) -> Objective:
        one = studied(number, days_ago=late + 2, due_in=-late)
        assert one.trace is not None
        return replace(one, trace=replace(one.trace, retests=0))

    new = [fresh(number) for number in range(100, 140)]
    today = plan(missed(1, 6), missed(2, 7), *new, minutes=5, exams=[MONDAY + 10 * DAY])
    assert [choice.objective for choice in today.asked if choice.why.cause is Cause.RETEST] == [2]


def test_a_crowded_day_is_thinned_on_the_days_before_it() -> None:
    crowd = [studied(number, due_in=1) for number in range(15)]
    assert len(plan(*crowd, minutes=10).asked) == 5


def test_a_retest_on_its_latest_day_comes_before_new_objectives() -> None:
    missed = studied(99)
    assert missed.trace is not None
    missed = replace(missed, trace=replace(missed.trace, retests=0))
    others = [fresh(number) for number in range(30)]
    today = plan(missed, *others, minutes=5, exams=[MONDAY + 300 * DAY])
    assert 99 in asked(today)
    why = next(choice.why for choice in today.asked if choice.objective == 99)
    assert (why.cause, why.due, why.days) == (Cause.RETEST, MONDAY, 5)


def test_a_retest_on_its_latest_day_waits_for_no_prerequisite() -> None:
    """At ten minutes a day what four retests rest on, new or not fresh, would fill the part of the day for retests."""
    missed = [
        replace(one, trace=replace(one.trace, retests=0)) if one.trace else one
        for one in (studied(number, needs=frozenset({100 + number, 200 + number})) for number in range(4))
    ]
    needed = [fresh(100 + number) for number in range(4)]
    stale = [studied(200 + number, days_ago=9, due_in=3) for number in range(4)]
    today = plan(*missed, *needed, *stale, *(fresh(number) for number in range(300, 340)), minutes=10, exams=[LATE])
    retests = [choice.objective for choice in today.asked if choice.why.cause is Cause.RETEST]
    assert len(retests) == planning.RETEST_SHARE * 10 // 1


def test_a_long_retest_is_kept_where_the_part_for_retests_is_shorter_than_it() -> None:
    missed = studied(99, seconds=200)
    assert missed.trace is not None
    missed = replace(missed, trace=replace(missed.trace, retests=0))
    today = plan(missed, *(fresh(number) for number in range(30)), minutes=10, exams=[LATE])
    assert 99 in asked(today)


def test_what_is_longer_than_the_rest_of_the_day_is_offered_and_not_called_covered() -> None:
    long, soon = studied(1, seconds=200), studied(2, days_ago=1, seconds=50, due_in=2)
    rest = plan(long, soon, minutes=10, spent_seconds=500)
    assert (rest.outcome, rest.asked, rest.waiting) == (Outcome.SHORT, (), (1,))
    assert rest.too_long is not None
    assert (rest.too_long.objective, rest.too_long.why.cause) == (1, Cause.DUE)
    assert plan(soon, minutes=10, spent_seconds=500).outcome is Outcome.COVERED


def test_a_day_holds_one_question_however_long_it_takes() -> None:
    today = plan(studied(1, seconds=200, weight=9.0), studied(2), minutes=2)
    assert (today.outcome, asked(today), today.too_long) == (Outcome.STUDY, [1], None)


def test_what_would_not_be_reached_is_begun_where_nothing_else_is_left_today() -> None:
    begun = [studied(number, days_ago=0, due_in=4) for number in range(40)]
    today = plan(*begun, fresh(50), fresh(51), minutes=5, exams=[MONDAY + 3 * DAY])
    assert planning.entering([*begun, fresh(50)], Load(5), today=MONDAY, on=MONDAY + 3 * DAY) == ()
    assert set(asked(today)) == {50, 51}


def test_prerequisites_are_asked_before_what_rests_on_them() -> None:
    chain = [fresh(1, needs=frozenset({2})), fresh(2, needs=frozenset({3})), fresh(3)]
    today = plan(*chain, exams=[EXAM])
    assert asked(today) == [3, 2, 1]
    assert [choice.why.leads_to for choice in today.asked] == [2, 1, None]


def test_a_prerequisite_that_is_refreshed_is_not_called_new() -> None:
    today = plan(studied(1, needs=frozenset({2})), studied(2, days_ago=9, due_in=3), exams=[EXAM])
    assert [choice.why.cause for choice in today.asked] == [Cause.PREREQUISITE, Cause.DUE]
    assert today.started == 0


def test_a_prerequisite_without_questions_and_a_circle_hold_nothing_up() -> None:
    assert asked(plan(fresh(1, needs=frozenset({2})), fresh(2, questions=0))) == [1]
    assert set(asked(plan(fresh(1, needs=frozenset({2})), fresh(2, needs=frozenset({1}))))) == {1, 2}


def test_where_time_is_short_the_likeliest_are_started_with_their_prerequisites() -> None:
    hard = [fresh(number, knows=0.1) for number in range(20)]
    easy = [fresh(number, knows=0.6, needs=frozenset({7})) for number in range(20, 25)]
    soon = MONDAY + 10 * DAY
    started = planning.entering([*hard, *easy], Load(2), today=MONDAY, on=soon)
    assert [one.id for one in started] == [7, 20, 21, 22, 23, 24]
    assert len(planning.entering([*hard, *easy], Load(20), today=MONDAY, on=soon)) == 25


def test_with_plenty_of_time_new_objectives_enter_in_teaching_order() -> None:
    today = plan(*(fresh(number) for number in range(50)), exams=[MONDAY + 300 * DAY])
    assert sorted(asked(today)) == list(range(20))


def test_without_an_examination_new_objectives_leave_half_of_the_day_to_what_is_due() -> None:
    due, new = [studied(number) for number in range(30)], [fresh(number) for number in range(100, 130)]
    today = plan(*due, *new)
    assert (today.started, len(today.asked)) == (10, 20)


def test_a_topic_follows_itself_only_where_there_is_no_choice() -> None:
    objectives = [replace(studied(number), topic=number % 2) for number in range(10)]
    topics = [number % 2 for number in asked(plan(*objectives))]
    assert all(before != after for before, after in itertools.pairwise(topics))


def test_a_clock_set_back_asks_nothing_twice_and_breaks_nothing() -> None:
    tomorrow = studied(1, days_ago=-1, due_in=4)
    assert plan(tomorrow, exams=[EXAM]).asked == ()


objectives = st.lists(
    st.builds(
        Objective,
        id=st.integers(1, 40),
        topic=st.integers(1, 3),
        trace=st.none()
        | st.builds(
            Trace,
            state=st.builds(State, st.floats(0.1, 200), st.floats(1, 10)),
            last_day=st.dates(MONDAY - 60 * DAY, MONDAY),
            due=st.dates(MONDAY - 20 * DAY, MONDAY + 20 * DAY),
            retests=st.integers(0, memory.RETESTS),
        ),
        seconds=st.floats(20, 200),
        weight=st.floats(0.5, 9),
        questions=st.integers(0, 3),
        unseen=st.integers(0, 3),
        needs=st.frozensets(st.integers(1, 40), max_size=3),
    ),
    max_size=25,
    unique_by=lambda one: one.id,
)


@given(objectives, st.integers(0, 40), st.booleans())
def test_no_plan_is_too_long_asks_twice_or_depends_on_anything_but_what_it_is_given(
    known: list[Objective], minutes: int, with_exam: bool
) -> None:
    exams = [EXAM] if with_exam else []
    first, second = (plan(*known, minutes=minutes, exams=exams) for _ in range(2))
    assert first == second
    able = {one.id: one for one in known if one.questions}
    assert len(set(asked(first))) == len(first.asked)
    assert set(asked(first)) <= set(able)
    assert len(first.asked) <= 1 or first.seconds <= first.limit
    assert (first.outcome is Outcome.SHORT) == (first.too_long is not None)
    assert all(not selection.asked_on(able[one], MONDAY) for one in asked(first))
    assert (first.outcome is Outcome.STUDY) == bool(first.asked)


def test_more_than_one_examination_leads_to_the_next_one() -> None:
    soon = MONDAY + 5 * DAY
    assert plan(studied(1), exams=[EXAM, soon]).on == soon


@pytest.mark.parametrize("days", [0, 1, 4_000])
def test_an_examination_today_or_in_ten_years_is_planned_for(days: int) -> None:
    exam = MONDAY + days * DAY
    assert plan(studied(1), fresh(2), exams=[exam]).asked
