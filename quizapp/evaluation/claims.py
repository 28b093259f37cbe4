"""Claims of mastery against the truth: how many are false, and how many that could be made are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quizapp.core import mastery
from quizapp.core.correction import Correction
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


def examine(engine: Engine, known: Floats, guess: Floats, constants: Constants, corrected: Correction) -> Claims:
    """Judge every claim on the day of the examination. `known`: the truth, learners × objectives."""
    on = engine.exam
    claimed = np.zeros(known.shape, dtype=bool)
    projected = np.full(known.shape, np.nan)
    for learner, objectives in enumerate(engine.objectives):
        for place, objective in enumerate(objectives):
            judged = mastery.judge(
                objective.trace,
                today=on,
                on=on,
                guess=float(guess[place]),
                fresh_left=True,
                asked=objective.asked,
                correction=corrected,
            )
            claimed[learner, place] = judged.standing is Standing.SECURE
            if judged.then is not None:
                projected[learner, place] = judged.then
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
