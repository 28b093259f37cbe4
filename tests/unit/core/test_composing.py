"""Which questions make a block."""

import datetime as dt
import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from quizapp.core.composing import Block, Only, compose
from quizapp.core.selection import Candidate

LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
RECENTLY = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)


def item(number: int, **changes: object) -> Candidate:
    """An unseen item of an objective and topic of its own."""
    fields: dict[str, object] = {"item": number, "objective": number, "topic": number, "seconds": 60}
    return Candidate(**{**fields, **changes})  # type: ignore[arg-type]


def block(*candidates: Candidate, only: Only = Only.ANYTHING, size: int = 10, **changes: object) -> Block:
    settings: dict[str, object] = {"spend_freely": False, "spent_today": {}, "rng": random.Random(1)}
    return compose(candidates, only=only, size=size, **{**settings, **changes})  # type: ignore[arg-type]


def items(chosen: Block) -> list[int]:
    return [choice.item for choice in chosen.choices]


def test_unseen_questions_come_first_and_then_those_not_seen_for_longest() -> None:
    seen = item(1, times_seen=1, last_seen=RECENTLY)
    seen_long_ago = item(2, times_seen=3, last_seen=LONG_AGO)
    assert items(block(seen, seen_long_ago, item(3), size=1)) == [3]
    assert items(block(seen, seen_long_ago, size=1)) == [2]


def test_one_new_question_an_objective_is_spent_a_day_and_the_others_are_counted_as_kept() -> None:
    three_of_one = [item(number, objective=7) for number in (1, 2, 3)]
    chosen = block(*three_of_one, item(4))
    assert (len(chosen.choices), chosen.new, chosen.kept) == (2, 2, 2)
    assert block(*three_of_one, spent_today={7: 1}).choices == ()


def test_a_learner_may_spend_new_questions_freely_or_ask_for_new_ones_only() -> None:
    three_of_one = [item(number, objective=7) for number in (1, 2, 3)]
    assert len(block(*three_of_one, spend_freely=True).choices) == 3
    assert len(block(*three_of_one, only=Only.NEW, spent_today={7: 1}).choices) == 3


def test_enemies_never_meet() -> None:
    chosen = block(item(1, enemies=frozenset({2})), item(2, enemies=frozenset({1})), item(3))
    assert len(chosen.choices) == 2
    assert 3 in items(chosen)


def test_a_topic_follows_itself_only_where_there_is_no_choice() -> None:
    topics = [1, 1, 1, 2, 3]
    chosen = block(*(item(number, topic=topic) for number, topic in enumerate(topics)))
    order = [topics[number] for number in items(chosen)]
    assert all(before != after for before, after in itertools.pairwise(order))


def test_only_wrong_and_only_marked_take_nothing_else() -> None:
    wrong = item(1, times_seen=1, last_seen=LONG_AGO, last_right=False)
    marked = item(2, marked=True)
    assert items(block(wrong, marked, item(3), only=Only.WRONG)) == [1]
    assert items(block(wrong, marked, item(3), only=Only.MARKED)) == [2]


def test_each_choice_carries_its_reason() -> None:
    wrong = item(1, times_seen=1, last_seen=LONG_AGO, last_right=False)
    seen = item(2, times_seen=1, last_seen=RECENTLY, last_right=True)
    reasons = {choice.item: (choice.reason, choice.last_seen) for choice in block(wrong, seen, item(3)).choices}
    assert reasons == {1: ("wrong", LONG_AGO), 2: ("seen", RECENTLY), 3: ("new", None)}


candidates = st.lists(
    st.builds(
        Candidate,
        item=st.integers(1, 10**6),
        objective=st.integers(1, 6),
        topic=st.integers(1, 3),
        seconds=st.integers(10, 300),
        times_seen=st.sampled_from((0, 0, 1, 4)),
        last_seen=st.sampled_from((None, LONG_AGO, RECENTLY)),
    ),
    max_size=40,
    unique_by=lambda candidate: candidate.item,
)


@given(candidates, st.integers(1, 30), st.integers(0, 99), st.booleans())
def test_no_block_is_too_long_repeats_an_item_or_depends_on_anything_but_its_seed(
    pool: list[Candidate], size: int, seed: int, freely: bool
) -> None:
    first, second = (block(*pool, size=size, spend_freely=freely, rng=random.Random(seed)) for _ in range(2))
    assert first == second
    assert len(first.choices) <= size
    assert len(set(items(first))) == len(first.choices)
    if freely:
        assert len(first.choices) == min(size, len(pool))
