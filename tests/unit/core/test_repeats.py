"""Learning from the log what a remembered repeat teaches."""

import random

import pytest

from quizapp.core import repeats
from quizapp.core.repeats import Again, Practised, Repeats, estimate, remembered


def log(truth: float, answers: int = 4_000) -> list[Practised]:
    """Answers of learners for whom a remembered repeat teaches `truth` right answers."""
    rng = random.Random(5)
    told = []
    for _ in range(answers):
        fresh, again, days = float(rng.randint(1, 4)), float(rng.choice((0, 0, 1, 3))), rng.randint(1, 20)
        able = rng.gauss(0, 1)
        worth = (fresh + truth * again) ** 1.2 / (1 + days) ** 0.4 * 2.718**able
        told.append(Practised(rng.random() < worth / (1 + worth), fresh, again, days, able))
    return told


@pytest.mark.parametrize("truth", [0.0, 1.0])
def test_what_repeats_teach_is_found_in_the_log(truth: float) -> None:
    found = estimate(log(truth))
    assert found.teach == pytest.approx(truth, abs=0.2)
    assert found.clear


def test_without_a_log_nothing_is_known_and_nothing_is_tried_unasked() -> None:
    assert estimate(log(1.0, repeats.FEWEST - 1)) == Repeats()
    assert not Repeats().clear
    assert not Repeats().preferred(random.Random(1), shown=False, met=1, new_met=1)


def test_a_doubt_is_settled_by_a_small_trial() -> None:
    rng = random.Random(1)
    tried = sum(Repeats(trial=True).preferred(rng, shown=False, met=1, new_met=1) is Again.TRIAL for _ in range(2_000))
    assert tried / 2_000 == pytest.approx(repeats.TRIAL_SHARE, abs=0.03)


def test_the_trial_shrinks_with_the_doubt_also_where_both_plans_are_worth_the_same() -> None:
    between = [Repeats(repeats.WORTH_REPEATING, doubt, trial=True) for doubt in (0.4, 0.3, 0.2, 0.1, 0.02)]
    assert [one.trial_share for one in between] == pytest.approx([0.15, 0.15, 0.1, 0.05, 0.01])
    assert not any(one.clear for one in between)
    rng = random.Random(1)
    drawn = sum(between[3].preferred(rng, shown=False, met=1, new_met=1) is Again.TRIAL for _ in range(4_000))
    assert drawn / 4_000 == pytest.approx(0.05, abs=0.015)
    assert Repeats(0.1, 0.05, trial=True).trial_share == 0, "clear"
    assert Repeats(0.6, 0.3).trial_share == 0, "not to be tried"


def test_repeats_that_teach_are_preferred_but_new_questions_still_show_what_is_known() -> None:
    rng, teaches = random.Random(1), Repeats(0.95, 0.05)
    assert teaches.preferred(rng, shown=False, met=repeats.NEW_IN_EVERY - 1, new_met=1)
    assert not teaches.preferred(rng, shown=False, met=repeats.NEW_IN_EVERY, new_met=1)
    assert teaches.preferred(rng, shown=True, met=repeats.NEW_IN_EVERY, new_met=1)
    assert not Repeats(0.1, 0.05).preferred(rng, shown=True, met=1, new_met=1)


def test_an_answer_fades_and_is_remembered_longer_the_oftener_it_was_met() -> None:
    assert remembered(0, 0) == 0
    assert remembered(1, 1) > remembered(1, 10) > remembered(1, 100)
    assert remembered(3, 10) > remembered(1, 10)
