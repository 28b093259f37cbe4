"""Which objective is asked about next, and with which question."""

import datetime as dt
import random
from dataclasses import replace

from quizapp.core.memory import State, Trace
from quizapp.core.repeats import Again, Repeats
from quizapp.core.selection import Candidate, Cause, Objective, choose_item, next_objective

LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
RECENTLY = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)


def item(number: int, **changes: object) -> Candidate:
    """An unseen item of an objective and topic of its own."""
    fields: dict[str, object] = {"item": number, "objective": number, "topic": number, "seconds": 60}
    return Candidate(**{**fields, **changes})  # type: ignore[arg-type]


TODAY = dt.date(2026, 11, 23)
EXAM = TODAY + dt.timedelta(days=40)


def objective(number: int, days_ago: int, stability: float = 5.0, **changes: object) -> Objective:
    trace = Trace(State(stability, 5.0), TODAY - dt.timedelta(days=days_ago), TODAY)
    fields: dict[str, object] = {"id": number, "topic": number, "trace": trace, "questions": 4, "unseen": 2}
    return Objective(**{**fields, **changes})  # type: ignore[arg-type]


def chosen(*objectives: Objective, **changes: object) -> int | None:
    settings: dict[str, object] = {"today": TODAY, "on": EXAM, "rng": random.Random(1)}
    asked = next_objective(objectives, **{**settings, **changes})  # type: ignore[arg-type]
    return asked.objective if asked else None


def test_what_waited_longer_is_more_pressing_and_what_is_well_known_less() -> None:
    assert chosen(objective(1, 3), objective(2, 9)) == 2
    assert chosen(objective(1, 5, stability=300.0), objective(2, 5, stability=2.0)) == 2


def test_weight_and_time_decide_between_equals() -> None:
    assert chosen(objective(1, 5), objective(2, 5, weight=3.0)) == 2
    assert chosen(objective(1, 5), objective(2, 5, seconds=20.0)) == 2


def test_where_only_repeats_are_left_asking_oftener_is_not_rewarded() -> None:
    often, seldom = objective(1, 4, stability=1.0, unseen=0), objective(2, 5, stability=60.0, unseen=0)
    assert chosen(often, seldom, objective(3, 1)) == 2
    assert chosen(replace(often, unseen=1), replace(seldom, unseen=1), objective(3, 1)) == 1


def test_of_those_of_one_day_the_earlier_one_comes_first() -> None:
    morning, evening = (dt.datetime(2026, 11, 18, hour, tzinfo=dt.UTC) for hour in (8, 20))
    assert chosen(objective(1, 5, last_at=evening), objective(2, 5, last_at=morning)) == 2


def test_an_objective_is_asked_once_a_day_while_others_remain() -> None:
    assert chosen(objective(1, 9), objective(2, 1), asked={1}) == 2
    assert chosen(objective(1, 0), objective(2, 1)) == 2
    again = next_objective([objective(1, 0)], today=TODAY, on=EXAM, rng=random.Random(1))
    assert again is not None
    assert again.why.cause is Cause.AGAIN


def test_a_topic_gives_way_to_another_and_nothing_can_be_asked_without_questions() -> None:
    assert chosen(objective(1, 9), objective(2, 2), last_topic=1) == 2
    assert chosen(objective(1, 9), last_topic=1) == 1
    assert chosen(objective(1, 9, questions=0)) is None


def test_a_prerequisite_is_refreshed_unless_it_was_asked_about_yesterday() -> None:
    assert chosen(objective(1, 9, needs=frozenset({2})), objective(2, 3)) == 2
    assert chosen(objective(1, 9, needs=frozenset({2})), objective(2, 1)) == 1


def test_the_reason_of_a_choice_is_data_for_a_sentence() -> None:
    asked = next_objective([objective(1, 5)], today=TODAY, on=EXAM, rng=random.Random(1))
    assert asked is not None
    assert asked.why.data() == {"cause": "due", "recall": 0.9, "days": 5, "due": "2026-11-23"}
    start = next_objective([Objective(1, 1)], today=TODAY, on=EXAM, rng=random.Random(1))
    assert start is not None
    assert start.why.data() == {"cause": "start"}


def question(number: int, **changes: object) -> Candidate:
    return item(number, objective=1, **changes)


def pick(*pool: Candidate, **changes: object) -> int | None:
    settings: dict[str, object] = {"now": RECENTLY + dt.timedelta(days=9), "rng": random.Random(1)}
    found = choose_item(pool, **{**settings, **changes})  # type: ignore[arg-type]
    return found.item if found else None


def test_a_question_is_new_then_least_recently_seen_then_most_informative() -> None:
    old, recent = question(1, times_seen=1, last_seen=LONG_AGO), question(2, times_seen=1, last_seen=RECENTLY)
    assert pick(recent, old, question(3)) == 3
    assert pick(recent, old) == 1
    assert pick(question(1, difficulty=4.0), question(2, difficulty=0.0)) == 2
    assert pick(question(1, discrimination=0.5), question(2, discrimination=2.0)) == 2


def test_a_barred_question_is_never_taken() -> None:
    assert pick(question(1), question(2, times_seen=1, last_seen=RECENTLY), barred={1}) == 2
    assert pick(question(1), barred={1}) is None


def test_a_pick_says_whether_it_is_new_a_repeat_or_a_delayed_repeat() -> None:
    seen = question(1, times_seen=1, last_seen=LONG_AGO)
    for now, expected in ((LONG_AGO + dt.timedelta(days=59), "repeat"), (LONG_AGO + dt.timedelta(days=60), "delayed")):
        found = choose_item([seen], now=now, rng=random.Random(1))
        assert found is not None
        assert found.freshness == expected


def test_where_repeats_teach_the_best_remembered_question_comes_before_a_new_one() -> None:
    old, recent = question(1, times_seen=1, last_seen=LONG_AGO), question(2, times_seen=1, last_seen=RECENTLY)
    assert pick(old, recent, question(3), repeats=Repeats(0.95, 0.05)) == 2
    assert pick(old, recent, question(3), repeats=Repeats(0.05, 0.05)) == 3


def test_a_question_that_comes_again_before_a_new_one_says_why() -> None:
    met, now = question(1, times_seen=1, last_seen=RECENTLY), RECENTLY + dt.timedelta(days=9)
    told = choose_item([met, question(2)], now=now, rng=random.Random(1), repeats=Repeats(0.95, 0.05))
    assert told is not None
    assert told.again is Again.TEACHES
    drawn = [
        choose_item([met, question(2)], now=now, rng=random.Random(seed), repeats=Repeats(trial=True))
        for seed in range(200)
    ]
    assert {(one.item, one.again) for one in drawn if one} == {(1, Again.TRIAL), (2, None)}


def test_where_no_new_question_is_left_nothing_is_tried_and_nothing_needs_a_reason() -> None:
    old, recent = question(1, times_seen=1, last_seen=LONG_AGO), question(2, times_seen=1, last_seen=RECENTLY)
    now = RECENTLY + dt.timedelta(days=9)
    drawn = [
        choose_item([old, recent], now=now, rng=random.Random(seed), repeats=Repeats(trial=True)) for seed in range(99)
    ]
    assert {(one.item, one.again) for one in drawn if one} == {(1, None)}
    taught = choose_item([old, recent], now=now, rng=random.Random(1), repeats=Repeats(0.95, 0.05))
    assert taught is not None
    assert (taught.item, taught.again) == (2, None)
