"""Memory fitted to one learner: the same equations as the fold, a gain where there is one, and none made up."""

from __future__ import annotations

import random

import fsrs.scheduler as reference
import numpy as np
import pytest

from quizapp.core import fitting, memory
from quizapp.core.ability import chance_of_right
from quizapp.core.fitting import Reviewed
from quizapp.core.grading import Rating
from quizapp.core.memory import DEFAULT_PARAMETERS, Parameters

FORGETFUL = tuple({2: 0.8, 8: 1.0, 11: 0.6, 20: 0.35}.get(n, value) for n, value in enumerate(DEFAULT_PARAMETERS))


def studied(w: Parameters, answers: int, seed: int) -> list[Reviewed]:
    """The answers of a learner with this memory, who comes near the due days and sometimes answers twice a day."""
    rng = random.Random(seed)
    log: list[Reviewed] = []
    states: dict[int, tuple[memory.State, int, int]] = {}
    day = 0
    while len(log) < answers:
        day += 1
        for objective in rng.sample(range(80), 30):
            state, last, due = states.get(objective, (None, 0, 0))
            if due > day:
                continue
            recall = memory.retrievability(state, day - last, w) if state else 0.4
            for again in range(rng.choice((1, 1, 2))):
                good = rng.random() < chance_of_right(recall if not again else 1.0, 0.2)
                rating = Rating.GOOD if good else Rating.AGAIN
                state = memory.review(state, rating, day - last, w) if state else memory.begin(rating, w)
                last = day
                log.append(Reviewed(objective, day, good, 0.2))
            states[objective] = state, day, day + max(1, round(memory.interval_days(state, w) * rng.uniform(0.6, 1.6)))
    return log[:answers]


def test_the_arrays_go_through_the_same_states_as_the_fold() -> None:
    log = studied(DEFAULT_PARAMETERS, 300, seed=5)
    log[40] = Reviewed(log[40].objective, log[40].day - 3, log[40].good, 0.2)  # a clock that was set back
    for w in (DEFAULT_PARAMETERS, FORGETFUL, fitting.HIGHEST, fitting.LOWEST):
        histories = fitting._Histories.of(log)
        walked = histories.walk(np.array([w]))
        states: dict[int, tuple[memory.State, int]] = {}
        foretold = []
        for one in log:
            rating = Rating.GOOD if one.good else Rating.AGAIN
            if one.objective in states:
                state, last = states[one.objective]
                if one.day > last:
                    foretold.append(memory.retrievability(state, one.day - last, w))
                states[one.objective] = memory.review(state, rating, one.day - last, w), max(last, one.day)
            else:
                states[one.objective] = memory.begin(rating, w), one.day
        recalls = np.concatenate([recall[0] for recall, _, _ in walked])
        in_order = recalls[np.argsort(histories.place)]
        assert in_order == pytest.approx(foretold, rel=1e-9)
        # The last row that an objective stands in holds its state; rows grow shorter, so what a row lacks ended before.
        ends = [
            (stability[0, n], difficulty[0, n])
            for (_, stability, difficulty), shorter in zip(walked, [*(s for _, s, _ in walked[1:]), None], strict=True)
            for n in range(shorter.shape[1] if shorter is not None else 0, stability.shape[1])
        ]
        expected = [(state.stability_days, state.difficulty) for state, _ in states.values()]
        assert np.array(sorted(ends)) == pytest.approx(np.array(sorted(expected)), rel=1e-9)


def test_a_learner_who_forgets_faster_is_found_out_and_foretold_better() -> None:
    found = fitting.fit(studied(FORGETFUL, 2_500, seed=1))
    print(f"held out: {found.loss_before:.4f} → {found.loss_after:.4f} over {found.judged}")
    assert found.better
    assert found.loss_before - found.loss_after > 4 * fitting.MARGIN
    state = memory.State(10.0, 5.0)
    recalls = [memory.retrievability(state, 60, w) for w in (FORGETFUL, found.parameters, DEFAULT_PARAMETERS)]
    assert recalls[1] < recalls[2]
    assert len(found.parameters) == len(DEFAULT_PARAMETERS)
    assert all(
        low <= value <= high for low, value, high in zip(fitting.LOWEST, found.parameters, fitting.HIGHEST, strict=True)
    )


def test_a_learner_like_all_others_keeps_the_published_parameters() -> None:
    for seed in range(3):
        assert not fitting.fit(studied(DEFAULT_PARAMETERS, 2_000, seed)).better


def test_what_is_in_force_already_is_not_taken_for_better_again() -> None:
    log = studied(FORGETFUL, 2_000, seed=2)
    first = fitting.fit(log)
    assert not fitting.fit(log, first.parameters).better


@pytest.mark.parametrize("log", [[], [Reviewed(n, 1, True, 0.2) for n in range(50)]])
def test_answers_that_say_nothing_of_forgetting_change_nothing(log: list[Reviewed]) -> None:
    found = fitting.fit(log)
    assert found.parameters == DEFAULT_PARAMETERS
    assert not found.better
    assert found.judged == 0


@pytest.mark.parametrize("good", [True, False])
def test_a_learner_who_is_always_right_or_always_wrong_stays_within_the_bounds(good: bool) -> None:
    log = [Reviewed(n % 20, n // 20 * 3, good, 0.2) for n in range(2_000)]
    found = fitting.fit(log)
    assert all(
        low <= value <= high for low, value, high in zip(fitting.LOWEST, found.parameters, fitting.HIGHEST, strict=True)
    )
    assert found.loss_after <= found.loss_before


def test_the_bounds_are_those_of_the_reference_package() -> None:
    lowest, highest = reference.LOWER_BOUNDS_PARAMETERS, reference.UPPER_BOUNDS_PARAMETERS
    for place in range(len(DEFAULT_PARAMETERS)):
        assert fitting.LOWEST[place] == lowest[place], place
        assert fitting.HIGHEST[place] == highest[place], place
