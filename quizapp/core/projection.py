"""What asking now would do to recall on the day that counts, for hundreds of objectives at once.

The equations are those of `core.memory` over arrays; a test holds the two against each other. This is the one module of
the core that loads numpy: import it where it is used, so that a process that never plans does not carry it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quizapp.core.memory import DEFAULT_PARAMETERS, SHORTEST_STABILITY_DAYS, Parameters

Floats = NDArray[np.float64]


def recall(stability: Floats, elapsed_days: Floats | float, w: Parameters = DEFAULT_PARAMETERS) -> Floats:
    """The chance of recall, 0 to 1, `elapsed_days` (0 and more) after the last answer."""
    factor = math.pow(0.9, -1 / w[20]) - 1
    return np.asarray((1 + factor * elapsed_days / stability) ** -w[20])


def after_recall(stability: Floats, difficulty: Floats, now: Floats, w: Parameters = DEFAULT_PARAMETERS) -> Floats:
    """Stability after a right answer on a later day, given at the chance of recall `now`."""
    growth = math.exp(w[8]) * (11 - difficulty) * stability ** -w[9] * (np.exp((1 - now) * w[10]) - 1)
    return np.asarray(np.maximum(stability * (1 + growth), SHORTEST_STABILITY_DAYS))


def after_a_lapse(stability: Floats, difficulty: Floats, now: Floats, w: Parameters = DEFAULT_PARAMETERS) -> Floats:
    """Stability after a miss on a later day, given at the chance of recall `now`."""
    long_term = w[11] * difficulty ** -w[12] * ((stability + 1) ** w[13] - 1) * np.exp((1 - now) * w[14])
    return np.asarray(np.maximum(np.minimum(long_term, stability / math.exp(w[17] * w[18])), SHORTEST_STABILITY_DAYS))


def gain_of_asking(
    stability: Floats, difficulty: Floats, elapsed: Floats, days_left: float, w: Parameters = DEFAULT_PARAMETERS
) -> Floats:
    """What an answer today adds, on average, to the chance of recall `days_left` days from now, for objectives that
    were studied `elapsed` days ago (at least one)."""
    now = recall(stability, elapsed, w)
    kept = now * recall(after_recall(stability, difficulty, now, w), days_left, w)
    saved = (1 - now) * recall(after_a_lapse(stability, difficulty, now, w), days_left, w)
    return kept + saved - recall(stability, elapsed + days_left, w)


def gains(
    states: Sequence[tuple[float, float, int]], days_left: int, w: Parameters = DEFAULT_PARAMETERS
) -> list[float]:
    """The gain of asking about each objective, given by stability, difficulty and days since the last answer."""
    told = np.array(states, dtype=np.float64).reshape(-1, 3)
    found: list[float] = gain_of_asking(told[:, 0], told[:, 1], told[:, 2], float(days_left), w).tolist()
    return found
