"""Claims of mastery against the truth: how many are false, and how many that could be made are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quizapp.core import mastery, memory
from quizapp.core.ability import SLIP
from quizapp.core.mastery import Standing
from quizapp.evaluation.engine import Engine
from quizapp.evaluation.truths import Constants, Floats

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Claims:
    """Shares, 0 to 1, nan where there is nothing to take a share of.

    `claimed`: of all objectives. `false`: of the claims, where the objective is more likely not known than known.
    `doubtful`: of the claims, where the true chance of answering a new question right is below the promised one.
    `found`: of the objectives whose true chance keeps the promise, those that are claimed. `promised` and `true`: the
    mean chance of a new question right, as projected and in truth, over all objectives that were asked about.
    """

    claimed: float
    false: float
    doubtful: float
    found: float
    promised: float
    true: float


@dataclass(frozen=True)
class Recalibration:
    """The chance of recall as the log corrects it: logit of the chance = shift + slope · logit of the model’s."""

    shift: float = 0.0
    slope: float = 1.0

    def __call__(self, chance: Floats) -> Floats:
        return np.asarray(1 / (1 + np.exp(-(self.shift + self.slope * _logit(chance)))))


def recalibrate(foretold: Sequence[tuple[float, bool, float]]) -> Recalibration:
    """Fit the correction to answers (chance of recall, right, guess) on questions that were new and whose objective had
    been asked about before, by maximum likelihood on a grid (the slope between 0.4 and 1.5)."""
    told = np.array(foretold, dtype=np.float64).reshape(-1, 3)
    if not len(told):
        return Recalibration()
    recall, right, guess = _logit(told[:, 0]), told[:, 1] > 0.5, told[:, 2]
    best, found = -np.inf, Recalibration()
    for slope in (0.4, 0.6, 0.8, 1.0, 1.25, 1.5):
        for shift in np.linspace(-3, 2, 51):
            known = 1 / (1 + np.exp(-(shift + slope * recall)))
            chance = (1 - SLIP) * known + guess * (1 - known)
            likelihood = float(np.log(np.where(right, chance, 1 - chance)).sum())
            if likelihood > best:
                best, found = likelihood, Recalibration(float(shift), slope)
    return found


def examine(engine: Engine, known: Floats, guess: Floats, constants: Constants, corrected: Recalibration) -> Claims:
    """Judge every claim on the day of the examination. `known`: the truth, learners × objectives."""
    on = engine.exam
    claimed = np.zeros(known.shape, dtype=bool)
    projected = np.full(known.shape, np.nan)
    for learner, objectives in enumerate(engine.objectives):
        for place, objective in enumerate(objectives):
            if (trace := objective.trace) is None:
                continue
            recall = memory.retrievability(trace.state, (on - trace.last_day).days)
            sure = float(corrected(np.array(recall)))
            projected[learner, place] = (1 - SLIP) * sure + guess[place] * (1 - sure)
            judged = mastery.judge(trace, today=on, on=on, guess=float(guess[place]), fresh_left=True)
            claimed[learner, place] = judged.standing is Standing.SECURE and (
                corrected == Recalibration() or projected[learner, place] >= mastery.SECURE_CHANCE
            )
    right = (1 - constants["answering"]["slip"]) * known + guess * (1 - known)
    kept = right >= mastery.SECURE_CHANCE
    asked = ~np.isnan(projected)
    return Claims(
        claimed=float(claimed.mean()),
        false=_share(known < 0.5, claimed),
        doubtful=_share(~kept, claimed),
        found=_share(claimed, kept),
        promised=float(projected[asked].mean()) if asked.any() else float("nan"),
        true=float(right[asked].mean()) if asked.any() else float("nan"),
    )


def _share(true: Bools, among: Bools) -> float:
    chosen = true[among]
    return float(chosen.mean()) if chosen.size else float("nan")


def _logit(chance: Floats) -> Floats:
    bounded = np.clip(chance, 0.01, 0.99)
    return np.asarray(np.log(bounded / (1 - bounded)))
