"""An exam from its blueprint: filled where it can be, enemies apart, what was shown least first."""

from __future__ import annotations

import random
from collections import Counter

from quizapp.core.assembly import Blueprint, Candidate, assemble


def pool(per_objective: int = 3) -> list[Candidate]:
    """Two topics of two objectives; the items of objective 11 are 111, 112, …"""
    return [
        Candidate(10 * objective + number, objective, topic)
        for topic, objectives in ((1, (11, 12)), (2, (21, 22)))
        for objective in objectives
        for number in range(1, per_objective + 1)
    ]


def test_the_blueprint_is_filled_to_the_letter() -> None:
    by_item = {one.item: one for one in pool()}
    form = assemble(pool(), Blueprint({11: 2, 21: 1}, {2: 3}), random.Random(1))
    assert form.missing == 0
    assert len(set(form.items)) == len(form.items) == 6
    objectives = Counter(by_item[item].objective for item in form.items)
    assert objectives[11] == 2
    assert objectives[12] == 0
    assert (objectives[21], objectives[22]) == (2, 2), "objectives of a topic take turns"


def test_the_same_seed_gives_the_same_form_and_another_one_another() -> None:
    blueprint = Blueprint(topics={1: 3, 2: 3})
    first, again = (assemble(pool(), blueprint, random.Random("7")) for _ in range(2))
    assert first == again
    assert len({assemble(pool(), blueprint, random.Random(seed)).items for seed in range(10)}) > 5


def test_enemies_never_stand_in_one_form() -> None:
    pairs = [(111, 211), (112, 212), (113, 113)]
    enemies = {a: frozenset({b}) for a, b in pairs} | {b: frozenset({a}) for a, b in pairs}
    candidates = [
        Candidate(one.item, one.objective, one.topic, enemies=enemies.get(one.item, frozenset())) for one in pool()
    ]
    for seed in range(60):
        form = assemble(candidates, Blueprint({11: 2, 21: 2}), random.Random(seed))
        assert not any({a, b} <= set(form.items) for a, b in pairs if a != b)


def test_an_enemy_does_not_keep_a_blueprint_from_being_filled_if_another_order_fills_it() -> None:
    """Of 111 and 112 only 112 leaves objective 21 its one question."""
    candidates = [
        Candidate(111, 11, 1, enemies=frozenset({211})),
        Candidate(112, 11, 1),
        Candidate(211, 21, 2, enemies=frozenset({111})),
    ]
    for seed in range(30):
        assert assemble(candidates, Blueprint({11: 1, 21: 1}), random.Random(seed)).missing == 0
        assert assemble(candidates, Blueprint(topics={1: 1, 2: 1}), random.Random(seed)).missing == 0


def test_sparing_a_question_never_leaves_a_gap() -> None:
    """The question shown least bars the only one on objective 21."""
    candidates = [
        Candidate(111, 11, 1, enemies=frozenset({211})),
        Candidate(112, 11, 1, shown=50),
        Candidate(211, 21, 2, shown=50, enemies=frozenset({111})),
    ]
    for seed in range(30):
        assert assemble(candidates, Blueprint(topics={1: 1, 2: 1}), random.Random(seed)).missing == 0


def test_what_was_shown_least_and_met_by_nobody_comes_first() -> None:
    candidates = [
        Candidate(1, 11, 1, shown=9),
        Candidate(2, 11, 1, shown=2),
        Candidate(3, 11, 1, shown=0, met=True),
        Candidate(4, 11, 1, shown=5),
    ]
    for seed in range(20):
        assert set(assemble(candidates, Blueprint({11: 2}), random.Random(seed)).items) == {2, 4}


def test_what_is_missing_is_said_and_not_filled_with_anything_else() -> None:
    form = assemble(pool(2), Blueprint({11: 5, 99: 1}, {2: 6}), random.Random(1))
    assert form.missing_objectives == {11: 3, 99: 1}
    assert form.missing_topics == {2: 2}
    assert form.missing == 6
    assert len(form.items) == 6


def test_a_draw_for_each_learner_uses_the_whole_pool_evenly() -> None:
    """Least shown first, counted anew for each learner, keeps any question from being worn out."""
    shown = Counter[int]()
    for learner in range(200):
        candidates = [Candidate(one.item, one.objective, one.topic, shown=shown[one.item]) for one in pool()]
        shown.update(assemble(candidates, Blueprint({11: 1, 12: 1, 21: 1}), random.Random(f"5/{learner}")).items)
    for objective in (11, 12, 21):
        counts = [shown[10 * objective + number] for number in (1, 2, 3)]
        assert max(counts) - min(counts) <= 1
