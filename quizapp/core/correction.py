"""Is recall as likely as the model of memory says? The log of everybody’s answers corrects it.

FSRS with its published parameters promises too much where people forget otherwise than its users. The chance that an
objective is known is therefore corrected to

    logit K = shift + recall·logit R + days·ln(1 + t) + asked·ln(1 + n)

with R the chance of recall, t the study days since the last answer and n how many questions on the objective were met.
A logistic recalibration (Platt 1999) with two more reasons to be wrong, fitted to answers on questions that were new,
through slips and guesses (`core.ability`), and pulled towards no correction at all. `recall` is not negative and `days`
not positive, so that the corrected chance still falls from day to day.

    estimate(log) → Estimate: the correction, and whether it foretells the newest answers better than none
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quizapp.core.ability import SLIP

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

BOUND = 0.01
"""Recall counts as from 0.01 to 0.99; beyond, the logit says more than anybody knows."""
PULL = 10.0
"""Weight of the pull towards no correction: that of about a hundred answers."""
FEWEST = 1_000
"""Answers that a correction takes."""
TAIL = 0.2
"""The newest part of the answers, which judges."""
LEAST_BETTER = 0.002
"""By so much the mean log loss of the tail must be smaller."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The weights of the equation above; as they stand here nothing is corrected."""

    shift: float = 0.0
    recall: float = 1.0
    days: float = 0.0
    asked: float = 0.0

    def known(self, recall: float, days: float, asked: int) -> float:
        """The chance, 0 to 1, that an objective is known. `recall`: that of the model; `days` since the last answer;
        `asked`: how many questions on it were met."""
        if self == NONE:
            return recall
        bounded = min(max(recall, BOUND), 1 - BOUND)
        logit = math.log(bounded / (1 - bounded))
        leaning = (
            self.shift + self.recall * logit + self.days * math.log1p(max(days, 0)) + self.asked * math.log1p(asked)
        )
        return 1 / (1 + math.exp(-leaning))


NONE = Correction()


@dataclass(frozen=True, slots=True)
class Foretold:
    """An answer to a question that was new, on an objective asked about on an earlier day or before on the same one.
    `recall`, `days`, `asked` as for `Correction.known`; `guess`: the chance of a blind guess."""

    right: bool
    recall: float
    days: int
    asked: int
    guess: float


@dataclass(frozen=True)
class Estimate:
    """`taken`: whether the correction is better; else it is none. Losses: mean log loss of the newest answers, without
    a correction and with one that had not seen them; None where there were too few answers to try."""

    correction: Correction
    taken: bool
    answers: int
    loss_before: float | None = None
    loss_after: float | None = None


def estimate(log: Sequence[Foretold]) -> Estimate:
    """Fit a correction to the log, oldest answer first, and take it if it foretells the newest fifth better."""
    import numpy as np  # loaded by the nightly run alone

    if len(log) < FEWEST:
        return Estimate(NONE, taken=False, answers=len(log))
    told = np.array([(one.right, one.recall, one.days, one.asked, one.guess) for one in log], dtype=np.float64)
    cut = len(told) - int(TAIL * len(told))
    before, after = (_loss(told[cut:], weights) for weights in (_weights(NONE), _fit(told[:cut])))
    taken = after <= before - LEAST_BETTER
    shift, recall, days, asked = _fit(told).tolist() if taken else _weights(NONE)
    return Estimate(Correction(shift, recall, days, asked), taken, len(log), before, after)


def _weights(correction: Correction) -> tuple[float, float, float, float]:
    return correction.shift, correction.recall, correction.days, correction.asked


def _design(told: Floats) -> Floats:
    import numpy as np

    recall = np.clip(told[:, 1], BOUND, 1 - BOUND)
    logit = np.log(recall / (1 - recall))
    return np.column_stack([np.ones(len(told)), logit, np.log1p(np.maximum(told[:, 2], 0)), np.log1p(told[:, 3])])


def _chance(told: Floats, weights: Any) -> tuple[Floats, Floats]:
    """The chance that each objective is known, and that each answer is right."""
    import numpy as np

    known = 1 / (1 + np.exp(-np.clip(_design(told) @ np.array(weights), -30, 30)))
    return known, np.clip((1 - SLIP) * known + told[:, 4] * (1 - known), 1e-6, 1 - 1e-6)


def _loss(told: Floats, weights: Any) -> float:
    import numpy as np

    _, chance = _chance(told, weights)
    return float(-np.log(np.where(told[:, 0] > 0.5, chance, 1 - chance)).mean())


def _fit(told: Floats) -> Floats:
    """Weights by Fisher scoring; a weight of the wrong sign is left out and the others are fitted again."""
    import numpy as np

    design, right, guess = _design(told), told[:, 0], told[:, 4]
    free = np.ones(4, dtype=bool)
    while True:
        weights = np.array(_weights(NONE))
        weights[~free] = 0.0
        for _ in range(30):
            known, chance = _chance(told, weights)
            slope = ((1 - SLIP - guess) * known * (1 - known))[:, None] * design[:, free]
            spread = (chance * (1 - chance))[:, None]
            pull = PULL * (weights - np.array(_weights(NONE)))[free]
            step = np.linalg.solve(
                (slope / spread).T @ slope + PULL * np.eye(int(free.sum())),
                ((right - chance)[:, None] * slope / spread).sum(axis=0) - pull,
            )
            weights[free] += np.clip(step, -1, 1)
            if np.abs(step).max() < 1e-8:
                break
        wrong = np.array([False, weights[1] < 0, weights[2] > 0, False])
        if not wrong.any():
            return weights
        free &= ~wrong
