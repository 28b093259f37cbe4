"""Meeting a question again: is its answer merely remembered, and does that teach?

Nobody knows beforehand whether a repeat whose answer is remembered strengthens the objective as much as a right answer
to a new question, or hardly at all; it decides whether new questions should be spent or old ones asked again. So it is
estimated from the log (`estimate`): among answers to questions that were new, does earlier practice with remembered
repeats count as much as practice without? While the answer is in doubt a small part of the questions is drawn as a
trial, by chance, because otherwise repeats would follow only where new questions had run out.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

REMEMBERED_AT_ONCE = 0.9
FADES_IN_DAYS = 8.0
"""Days after which an answer that was met once is remembered half as often; as many more for each further meeting."""
WORTH_REPEATING = 0.6
"""From this teaching value on a remembered repeat teaches more a second than a new question, being answered faster."""
CLEAR = 1.5
"""The answer is clear when so many standard errors lie between it and WORTH_REPEATING."""
FEWEST = 1_000
"""Answers that an estimate takes; before that nothing is tried on anybody."""
DOUBT_BEFORE = 0.3
"""The standard error of what repeats teach before anything is known of it: that of any value from 0 to 1."""
TRIAL_SHARE = 0.15
"""The part of the questions that is drawn as a trial while nothing is known; it falls with the doubt."""
NEW_IN_EVERY = 4
"""Where repeats are preferred one question in four is new all the same, until the objective is shown to be known."""
_STEPS = 10


class Again(StrEnum):
    """Why a question comes again although a new one is left."""

    TEACHES = "teaches"
    """Remembered repeats were found to teach."""
    TRIAL = "trial"
    """By lot, to find that out."""


@dataclass(frozen=True)
class Repeats:
    """What a remembered repeat teaches, in right answers to new questions (0 to 1), and the standard error of that.

    The default is what is known before there is a log: nothing. `trial`: whether the doubt may be settled by asking.
    """

    teach: float = 0.5
    doubt: float = DOUBT_BEFORE
    trial: bool = False

    @property
    def clear(self) -> bool:
        """Whether it is known if repeats are worth their time."""
        return abs(self.teach - WORTH_REPEATING) > CLEAR * self.doubt

    @property
    def trial_share(self) -> float:
        """The part of the questions, 0 to 1, that is drawn as a trial.

        In proportion to the doubt, because so is what the wrong choice of plan would cost on average. Without that a
        value close to WORTH_REPEATING, where both plans are worth the same, would be tried for ever.
        """
        return TRIAL_SHARE * min(self.doubt / DOUBT_BEFORE, 1.0) if self.trial and not self.clear else 0.0

    def preferred(self, rng: random.Random, *, shown: bool, met: int, new_met: int) -> Again | None:
        """Why to ask a question again although a new one is left; None: ask the new one. `shown`: whether new questions
        have shown that the objective is known; `met`: how often questions on it were met, `new_met` different ones."""
        if not self.clear:
            return Again.TRIAL if rng.random() < self.trial_share else None
        worth = self.teach >= WORTH_REPEATING and (shown or met < NEW_IN_EVERY * new_met)
        return Again.TEACHES if worth else None


@dataclass(frozen=True, slots=True)
class Practised:
    """An answer to a question that was new, and the practice on its objective that came before it.

    `fresh` and `remembered`: how many earlier answers there were, each divided between the two by the chance that the
    question’s own answer was remembered. `days` since the last of them. `expected`: θ − b, in logits.
    """

    right: bool
    fresh: float
    remembered: float
    days: float
    expected: float


def remembered(times: int, days: float) -> float:
    """The chance, 0 to 1, that the answer to a question is remembered that was met `times` times, `days` days ago."""
    return REMEMBERED_AT_ONCE / (1 + max(days, 0.0) / (FADES_IN_DAYS * times)) if times else 0.0


def estimate(log: Sequence[Practised], *, trial: bool = True) -> Repeats:
    """What remembered repeats teach, by the likelihood of each value between 0 and 1.

    With fewer than FEWEST answers it is what is known before there is a log. For each value v, a logistic regression of
    the answers on expected, ln(fresh + v·remembered) and ln(1 + days); the result is the mean and standard deviation
    over the values, all of them alike beforehand.
    """
    import numpy as np  # loaded by the nightly run alone

    if len(log) < FEWEST:
        return Repeats()
    right, fresh, again, days, expected = np.array(
        [(one.right, one.fresh, one.remembered, one.days, one.expected) for one in log], dtype=np.float64
    ).T
    values = np.linspace(0, 1, _STEPS + 1)
    likelihoods = []
    for value in values:
        practice = np.log(np.maximum(fresh + value * again, 0.1))
        design = np.column_stack([np.ones_like(right), expected, practice, np.log1p(days)])
        weights = np.zeros(design.shape[1])
        for _ in range(12):
            chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
            slope = design.T @ (right - chance) - weights
            curve = (design * (chance * (1 - chance))[:, None]).T @ design + np.eye(len(weights))
            weights = weights + np.linalg.solve(curve, slope)
        chance = np.clip(1 / (1 + np.exp(-np.clip(design @ weights, -30, 30))), 1e-9, 1 - 1e-9)
        likelihoods.append(np.log(np.where(right > 0.5, chance, 1 - chance)).sum())
    weight = np.exp(np.array(likelihoods) - max(likelihoods))
    weight /= weight.sum()
    mean = float(weight @ values)
    return Repeats(mean, float(np.sqrt(weight @ (values - mean) ** 2)), trial)
