"""The memory of one learner: parameters of FSRS-6 (`core.memory`) fitted to that learner’s own answers.

Every answer on an objective that was asked about on an earlier day is foretold with P = chance of a right answer at
recall R (`ability.chance_of_right`), R from the answers before it; all answers move the state, as in the fold. Fitted
is what makes the total of −ln P smallest together with Σ((w − w₀)/σ)², which pulls towards the published parameters w₀.
σ, the bounds and the weight of the pull are those of the published optimizer (open-spaced-repetition, fsrs-optimizer 6:
`DEFAULT_PARAMS_STDDEV_TENSOR`, the clipper, gamma = 1). The way there is Fisher scoring with a damped step (Levenberg
1944) on differences of P.

The first TRAINED of the answers, in time, are fitted and the rest is foretold, with the fitted parameters and with
those in force: only what is better there by MARGIN is worth having.

Not on the path of the fold; numpy is loaded with this module, so import it where it is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quizapp.core.ability import SLIP
from quizapp.core.memory import DEFAULT_PARAMETERS, SHORTEST_STABILITY_DAYS, Parameters

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST_TRY = 2_000
AGAIN_AFTER = 500
"""Answers from which on a fit is tried, and how many more each further try takes."""
TRAINED = 0.8
MARGIN = 0.005
"""By how much the mean of −ln P on the held-out answers must be smaller. About a hundredth of it."""
SPREADS: Parameters = (
    6.43, 9.66, 17.58, 27.85, 0.57, 0.28, 0.6, 0.12, 0.39, 0.18, 0.33,
    0.3, 0.09, 0.16, 0.57, 0.25, 1.03, 0.31, 0.32, 0.14, 0.27,
)  # fmt: skip
LOWEST: Parameters = (
    0.001, 0.001, 0.001, 0.001, 1.0, 0.001, 0.001, 0.001, 0.0, 0.0, 0.001,
    0.001, 0.001, 0.001, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.1,
)  # fmt: skip
HIGHEST: Parameters = (
    100.0, 100.0, 100.0, 100.0, 10.0, 4.0, 4.0, 0.75, 4.5, 0.8, 3.5,
    5.0, 0.25, 0.9, 4.0, 1.0, 6.0, 2.0, 2.0, 0.8, 0.8,
)  # fmt: skip
UNUSED = (1, 3, 15, 16)
"""Parameters of the ratings Hard and Easy, which are never given here."""
MOST_STEPS = 40
_FREE = np.array([place for place in range(len(DEFAULT_PARAMETERS)) if place not in UNUSED])


@dataclass(frozen=True, slots=True)
class Reviewed:
    """An answer that moved memory. `day`: the study day as an ordinal. `good`: rated Good. `luck`: the chance of a
    right answer without knowledge: a blind guess, or the question’s answer remembered."""

    objective: int
    day: int
    good: bool
    luck: float


@dataclass(frozen=True)
class Fit:
    """Parameters for one learner, and the mean of −ln P on the held-out answers (there are `judged`; 0 where there are
    none) with those in force before and with these."""

    parameters: Parameters
    loss_before: float
    loss_after: float
    judged: int

    @property
    def better(self) -> bool:
        return self.judged > 0 and self.loss_after <= self.loss_before - MARGIN


def fit(log: Sequence[Reviewed], in_force: Parameters = DEFAULT_PARAMETERS) -> Fit:
    """Parameters for the learner whose answers these are, in the order of the log."""
    histories = _Histories.of(log)
    trained = histories.place < TRAINED * len(log)
    w = _descend(histories, trained)
    rounded = tuple(round(float(value), 4) for value in w)
    judged = int((~trained).sum())
    before, after = (
        float(histories.losses(np.array([parameters]))[0][~trained].mean()) if judged else 0.0
        for parameters in (in_force, rounded)
    )
    return Fit(rounded, before, after, judged)


def _descend(histories: _Histories, trained: NDArray[np.bool_]) -> Floats:
    """The parameters that fit the trained answers best, with the pull towards the published ones."""
    start, low, high = np.array(DEFAULT_PARAMETERS), np.array(LOWEST), np.array(HIGHEST)
    pull = 1 / np.array(SPREADS) ** 2
    good = histories.good[trained]

    def cost(at: Floats) -> float:
        return float(histories.losses(at[None, :])[0][trained].sum() + (pull * (at - start) ** 2).sum())

    w, damping = start.copy(), 0.01
    lowest = cost(w)
    for _ in range(MOST_STEPS):
        chance, slopes = histories.slopes(w, low, high)
        chance, slopes = chance[trained], slopes[trained]
        spread = chance * (1 - chance)
        uphill = slopes.T @ ((chance - good) / spread) + 2 * (pull * (w - start))[_FREE]
        curve = slopes.T @ (slopes / spread[:, None]) + np.diag(2 * pull[_FREE])
        at = w[_FREE]
        held = ((at <= low[_FREE]) & (uphill > 0)) | ((at >= high[_FREE]) & (uphill < 0))
        free = np.flatnonzero(~held)
        some = curve[np.ix_(free, free)]
        for _ in range(12):
            after = w.copy()
            after[_FREE[free]] -= np.linalg.solve(some + damping * np.diag(np.diag(some)), uphill[free])
            after = np.clip(after, low, high)
            reached = cost(after)
            if reached < lowest:
                break
            damping *= 4
        else:
            break
        gained, w, lowest, damping = lowest - reached, after, reached, max(damping / 6, 1e-6)
        if gained < 1e-3:  # of a total over thousands of answers
            break
    return w


@dataclass(frozen=True)
class _Histories:
    """The answers on each objective side by side, the longest history first: row n holds the n-th answers of those
    objectives that have so many. `place`, `good`, `luck`: of the answers that are foretold, in the order of `rows`."""

    rows: tuple[tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]], ...]
    """Days since the answer before (0: the same day), whether it was good, and whether it is foretold."""
    place: Ints
    good: NDArray[np.bool_]
    luck: Floats

    @classmethod
    def of(cls, log: Sequence[Reviewed]) -> _Histories:
        kept: dict[int, list[tuple[int, int, bool, float]]] = defaultdict(list)
        last: dict[int, int] = {}
        for place, one in enumerate(log):
            before = last.get(one.objective, one.day)
            kept[one.objective].append((place, max(one.day - before, 0), one.good, one.luck))
            last[one.objective] = max(before, one.day)
        histories = sorted(kept.values(), key=len, reverse=True)
        rows, told = [], []
        for n in range(len(histories[0]) if histories else 0):
            nth = [history[n] for history in histories if len(history) > n]
            elapsed = np.array([days for _, days, _, _ in nth], dtype=np.float64)
            good = np.array([was_good for _, _, was_good, _ in nth])
            foretold = elapsed >= 1
            rows.append((elapsed, good, foretold))
            told += [one for one, is_told in zip(nth, foretold, strict=True) if is_told]
        return cls(
            tuple(rows),
            np.array([place for place, _, _, _ in told], dtype=np.int64),
            np.array([was_good for _, _, was_good, _ in told], dtype=np.bool_),
            np.array([luck for _, _, _, luck in told]),
        )

    def losses(self, w: Floats) -> Floats:
        """−ln P of each foretold answer (columns) with each set of parameters (rows)."""
        chance = self.chances(w)
        return np.asarray(-np.log(np.where(self.good, chance, 1 - chance)))

    def slopes(self, w: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """P of each foretold answer, and dP/dw for each free parameter, by differences that stay within the bounds."""
        reach = 1e-4 * np.maximum(np.abs(w[_FREE]), 0.01)
        sets = np.tile(w, (2 * len(_FREE) + 1, 1))
        for n, place in enumerate(_FREE):
            sets[2 * n + 1, place] = min(w[place] + reach[n], high[place])
            sets[2 * n + 2, place] = max(w[place] - reach[n], low[place])
        chance = self.chances(sets)
        apart = np.array([sets[2 * n + 1, place] - sets[2 * n + 2, place] for n, place in enumerate(_FREE)])
        return chance[0], ((chance[1::2] - chance[2::2]) / apart[:, None]).T

    def chances(self, w: Floats) -> Floats:
        """P of each foretold answer (columns) with each set of parameters (rows)."""
        recalls = [recall for recall, _, _ in self.walk(w)]
        recall = np.concatenate(recalls, axis=1) if recalls else np.zeros((len(w), 0))
        chance = (1 - SLIP) * recall + self.luck * (1 - recall)
        return np.asarray(np.clip(chance, 1e-6, 1 - 1e-6))

    def walk(self, w: Floats) -> list[tuple[Floats, Floats, Floats]]:
        """For each row: the recall of those that are foretold, and stability and difficulty of all after it. The
        equations are those of `core.memory`, over arrays; a test holds the two against each other."""
        of = [w[:, place, None] for place in range(w.shape[1])]
        factor = 0.9 ** (-1 / of[20]) - 1
        easy = of[4] - np.exp(of[5] * 3) + 1
        walked: list[tuple[Floats, Floats, Floats]] = []
        stability, difficulty = np.zeros((len(w), 0)), np.zeros((len(w), 0))
        for n, (elapsed, good, foretold) in enumerate(self.rows):
            if n == 0:
                stability = np.maximum(np.where(good, of[2], of[0]), SHORTEST_STABILITY_DAYS)
                difficulty = np.clip(np.where(good, of[4] - np.exp(of[5] * 2) + 1, of[4]), 1.0, 10.0)
                walked.append((np.zeros((len(w), 0)), stability, difficulty))
                continue
            stability, difficulty = stability[:, : len(elapsed)], difficulty[:, : len(elapsed)]
            recall = (1 + factor * elapsed / stability) ** -of[20]
            same_day = np.exp(of[17] * (np.where(good, 0, -2) + of[18])) * stability ** -of[19]
            within = stability * np.where(good, np.maximum(same_day, 1.0), same_day)
            lapsed = np.minimum(
                of[11] * difficulty ** -of[12] * ((stability + 1) ** of[13] - 1) * np.exp((1 - recall) * of[14]),
                stability / np.exp(of[17] * of[18]),
            )
            growth = np.exp(of[8]) * (11 - difficulty) * stability ** -of[9] * (np.exp((1 - recall) * of[10]) - 1)
            later = np.where(good, stability * (1 + growth), lapsed)
            stability = np.maximum(np.where(elapsed < 1, within, later), SHORTEST_STABILITY_DAYS)
            damped = difficulty + (10 - difficulty) * np.where(good, 0, 2) * of[6] / 9
            difficulty = np.clip(of[7] * easy + (1 - of[7]) * damped, 1.0, 10.0)
            walked.append((recall[:, foretold], stability, difficulty))
        return walked
