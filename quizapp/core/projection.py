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


def weigh(
    table: Sequence[tuple[float, float, int, float, float, int]],
    days_left: int,
    least_gain: float,
    w: Parameters = DEFAULT_PARAMETERS,
) -> tuple[list[float], list[float]]:
    """How pressing each objective is, and the gain of asking about it.

    A row holds stability, difficulty, study days since the last answer, its moment, weight a second, and the number of
    unseen questions. At least one row.
    """
    told = np.array(table, dtype=np.float64)
    days = np.maximum(told[:, 2], 1.0)
    gain = np.maximum(gain_of_asking(told[:, 0], told[:, 1], days, float(days_left), w), least_gain)
    middle = np.sort(gain)[len(gain) // 2]
    rate = waited(days, told[:, 3]) * told[:, 4] * np.where(told[:, 5] > 0, gain, middle)
    return rate.tolist(), gain.tolist()


def waited(days: Floats, moments: Floats) -> Floats:
    """Days since each last answer, given in whole study days and as a moment. Of those of one day the earlier ones have
    waited a little longer, up to half a day, so that objectives keep going round in the same order."""
    order = np.lexsort((moments, -days))
    _, group, sizes = np.unique(-days, return_inverse=True, return_counts=True)
    place = np.empty(len(days))
    place[order] = np.arange(len(days))
    within = place - (np.cumsum(sizes) - sizes)[group]
    return np.asarray(days + 0.5 - (within + 0.5) / sizes[group])
