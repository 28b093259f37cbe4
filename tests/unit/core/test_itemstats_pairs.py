"""A question that gives another away is found; what is learnt along the way, and chance, are not taken for it."""

from __future__ import annotations

import math
import random

import pytest

from quizapp.core.itemstats import pairs
from quizapp.core.itemstats.intervals import false_discoveries
from quizapp.core.itemstats.pairs import Leak, Met

QUESTIONS, OBJECTIVES = 20, 4
EARLIER, LATER = 3, 11
"""Of the same objective. Ordered pairs that can be told apart are 380, 200 and more."""


def tallied(
    seed: int, learners: int, *, leak: float = 0.0, teaches: float = 0.5, earlier: int = EARLIER
) -> pairs.Tally:
    """Learners who meet the questions in an order of their own and learn from each; `leak`: what meeting `earlier` adds
    to the log odds of LATER besides."""
    tally = pairs.Tally()
    difficulty = [random.Random(f"question {number}").gauss(0, 1) for number in range(QUESTIONS)]
    for learner in range(learners):
        rng = random.Random(f"{seed}/{learner}")
        theta, seen, right_so_far, met = rng.gauss(0, 1), [0] * OBJECTIVES, 0, []
        order = rng.sample(range(QUESTIONS), QUESTIONS)
        for place, question in enumerate(order):
            objective = question % OBJECTIVES
            logit = theta - difficulty[question] + teaches * seen[objective]
            if question == LATER and earlier in order[:place]:
                logit += leak
            right = rng.random() < 1 / (1 + math.exp(-logit))
            ability = round(100 * math.log((right_so_far + 0.5) / (place - right_so_far + 0.5))) if place >= 5 else None
            met.append(Met(question, objective, right, ability))
            seen[objective] += 1
            right_so_far += right
        tally.add(met)
    return tally


def named(found: tuple[Leak, ...]) -> list[tuple[int, int]]:
    return [(one.earlier, one.later) for one in found]


@pytest.mark.parametrize("earlier", [EARLIER, 5], ids=["same objective", "another objective"])
def test_a_seeded_leak_is_found_and_nothing_else(earlier: int) -> None:
    looked_at, found = pairs.leaks([tallied(1, 600, leak=2.2, earlier=earlier)])
    assert looked_at >= 200
    assert named(found) == [(earlier, LATER)]
    (leak,) = found
    assert leak.odds.low < math.exp(2.2) < leak.odds.high
    assert leak.after[1] + leak.before[1] <= 600
    assert leak.after[0] / leak.after[1] > leak.before[0] / leak.before[1]


@pytest.mark.parametrize("seed", range(4))
def test_no_pair_is_named_where_none_was_seeded_though_all_learn(seed: int) -> None:
    looked_at, found = pairs.leaks([tallied(10 + seed, 300, teaches=0.8)])
    assert looked_at >= 200
    assert found == ()


def test_a_large_difference_among_few_is_not_named() -> None:
    looked_at, found = pairs.leaks([tallied(2, 50, leak=9.0)])
    assert (looked_at, found) == (0, ())


def test_learning_would_be_taken_for_a_leak_without_what_was_met_before() -> None:
    """The fault this statistic is made to avoid: those who met a question later know more of its objective."""
    crude = 0
    for key, held in tallied(3, 400, teaches=0.8)._pairs.items():
        after = [sum(held[at + 3 - missed] for at in range(0, len(held), 4)) for missed in (1, 0)]
        before = [sum(held[at + 1 - missed] for at in range(0, len(held), 4)) for missed in (1, 0)]
        odds = after[1] * before[0] / (after[0] * before[1])
        crude += key[0] % OBJECTIVES == key[1] % OBJECTIVES and math.log(odds) > pairs.LARGE
    assert crude >= 10


def test_what_was_answered_beside_its_explanation_is_met_but_not_judged() -> None:
    tally = pairs.Tally()
    tally.add([Met(1, 1, None, None), Met(2, 1, True, None)])
    assert len(tally) == 1
    assert pairs.leaks([tally]) == (0, ())


def test_the_share_of_false_discoveries_is_that_of_the_worked_example() -> None:
    """The fifteen p-values of Benjamini and Hochberg’s own example: four are named at 0.05."""
    p_values = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590,
        1.0,
    ]  # fmt: skip
    shuffled = random.Random(1).sample(p_values, len(p_values))
    q_values = dict(zip(shuffled, false_discoveries(shuffled), strict=True))
    assert [p for p in p_values if q_values[p] <= 0.05] == p_values[:4]
    assert [q_values[p] for p in p_values] == sorted(q_values.values())
    assert q_values[0.0095] == pytest.approx(0.0095 * 15 / 4)
