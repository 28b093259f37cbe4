"""Which questions a test for credit asks."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from quizapp.core.credit.drawing import Askable, draw, draw_before

RNG = random.Random
AIMS = ("LN1", "LN2", "LN3")


def pool(*items: tuple[int, str, int], enemies: dict[int, set[int]] | None = None) -> list[Askable]:
    held = enemies or {}
    return [Askable(item, objective, met, frozenset(held.get(item, ()))) for item, objective, met in items]


def test_every_objective_comes_before_a_second_question_on_any() -> None:
    asked = draw(pool((1, "LN1", 0), (2, "LN1", 0), (3, "LN1", 0), (4, "LN2", 0)), frozenset({"LN1", "LN2"}), 2, RNG(1))
    assert 4 in asked.items
    assert (len(asked.items), asked.exhausted, asked.missing) == (2, False, frozenset())


def test_what_was_met_is_asked_only_where_nothing_else_is_left_and_said() -> None:
    some = pool((1, "LN1", 3), (2, "LN1", 0), (3, "LN2", 2), (4, "LN2", 1))
    asked = draw(some, frozenset({"LN1", "LN2"}), 2, RNG(1))
    assert (set(asked.items), asked.exhausted) == ({2, 4}, True), "of two that were met the one met less often"


def test_an_objective_without_a_question_is_named() -> None:
    assert draw(pool((1, "LN1", 0)), frozenset({"LN1", "LN2"}), 2, RNG(1)).missing == {"LN2"}


def test_enemies_do_not_meet_even_where_the_first_choice_would_leave_an_objective_out() -> None:
    some = pool((1, "LN1", 0), (2, "LN1", 0), (3, "LN2", 0), enemies={1: {3}})
    for seed in range(30):
        asked = draw(some, frozenset({"LN1", "LN2"}), 2, RNG(seed))
        assert set(asked.items) == {2, 3}


@given(
    st.lists(st.tuples(st.sampled_from(AIMS), st.integers(0, 2)), min_size=1, max_size=24),
    st.integers(1, 12),
    st.integers(0, 2**32),
)
def test_a_draw_keeps_its_promises_whatever_the_pool(rows: list[tuple[str, int]], size: int, seed: int) -> None:
    some = pool(*((item, objective, met) for item, (objective, met) in enumerate(rows)))
    objectives = frozenset(AIMS)
    asked = draw(some, objectives, size, RNG(seed))
    assert draw(some, objectives, size, RNG(seed)) == asked
    assert len(asked.items) == len(set(asked.items)) == min(size, len(rows))
    there = {objective for objective, _ in rows}
    sampled = {rows[item][0] for item in asked.items}
    if size >= len(there):
        assert sampled == there
        assert asked.missing == objectives - there
    met = {item for item in asked.items if rows[item][1]}
    assert asked.exhausted == bool(met)
    unasked_new = Counter(objective for item, (objective, n) in enumerate(rows) if not n and item not in asked.items)
    for item in met:  # each was the only way to sample its objective, or nothing new was left at all
        only_one = sum(rows[other][0] == rows[item][0] for other in asked.items) == 1
        assert not unasked_new[rows[item][0]] if only_one else not unasked_new, (rows, asked)


@given(
    st.lists(st.tuples(st.sampled_from(AIMS), st.integers(0, 1)), min_size=1, max_size=20),
    st.integers(len(AIMS), 8),
    st.integers(0, 2**32),
)
def test_what_is_asked_before_leaves_the_test_what_it_needs(rows: list[tuple[str, int]], size: int, seed: int) -> None:
    some = pool(*((item, objective, met) for item, (objective, met) in enumerate(rows)))
    objectives = frozenset(AIMS)
    before = draw_before(some, objectives, size, RNG(seed))
    asked = [rows[item] for item in before.items]
    assert all(count == 1 for count in Counter(objective for objective, _ in asked).values())
    assert not any(met for _, met in asked)
    without = draw(some, objectives, size, RNG(seed))
    after = [one if one.item not in before.items else Askable(one.item, one.objective, 1) for one in some]
    then = draw(after, objectives, size, RNG(seed))
    assert (then.exhausted, then.missing) == (without.exhausted, without.missing)
