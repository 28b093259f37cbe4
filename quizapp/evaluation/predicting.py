"""Predictions held against what came: every predictor, on later answers and on learners it never met."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quizapp.evaluation.logs import Answer
from quizapp.evaluation.predictors import LEAST, PREDICTORS
from quizapp.evaluation.truths import Floats

HELD_OUT = 0.2
BINS = 10


@dataclass(frozen=True)
class Score:
    """How good predictions were. `log_loss`: mean of −ln of the chance given to what came (smaller is better), `new`
    the same on questions that were new to the learner; `auc`: the chance that a right answer got a larger chance than a
    wrong one; `calibration`: the mean distance between chance and share, over ten bins. nan where nothing can be said.
    """

    log_loss: float
    new: float
    auc: float
    calibration: float


@dataclass(frozen=True)
class Comparison:
    """A split with the score of every predictor; `fitted` and `tested` are numbers of answers."""

    split: str
    fitted: int
    tested: int
    scores: dict[str, Score]


def compare(answers: Sequence[Answer]) -> list[Comparison]:
    """Both splits: the last fifth of the answers, and a fifth of the learners (by the hash of their name)."""
    cut = int(len(answers) * (1 - HELD_OUT))
    splits = [("later answers", answers[:cut], answers[cut:])]
    learners = sorted({one.learner for one in answers}, key=lambda name: hashlib.sha256(name.encode()).digest())
    apart = set(learners[: max(int(len(learners) * HELD_OUT), 1)]) if len(learners) > 1 else set()
    if apart:
        splits.append(
            (
                "learners never met",
                [one for one in answers if one.learner not in apart],
                [one for one in answers if one.learner in apart],
            )
        )
    return [_compared(*split) for split in splits if split[1] and split[2]]


def _compared(name: str, fitted: Sequence[Answer], tested: Sequence[Answer]) -> Comparison:
    met = {(one.learner, one.item) for one in fitted}
    new = []
    for one in tested:
        new.append((one.learner, one.item) not in met)
        met.add((one.learner, one.item))
    right = np.array([one.right for one in tested], dtype=np.float64)
    scores = {}
    for label, make in PREDICTORS.items():
        predictor = make()
        predictor.fit(fitted)
        chances = []
        for one in tested:
            chances.append(predictor.predict(one))
            predictor.learn(one)
        scores[label] = score(np.array(chances), right, np.array(new))
    return Comparison(name, len(fitted), len(tested), scores)


def score(chance: Floats, right: Floats, new: Floats) -> Score:
    """Judge predictions; the arrays hold one entry an answer."""
    bounded = np.clip(chance, LEAST, 1 - LEAST)
    loss = -np.where(right > 0.5, np.log(bounded), np.log(1 - bounded))
    fresh = new.astype(bool)
    return Score(
        float(loss.mean()),
        float(loss[fresh].mean()) if fresh.any() else float("nan"),
        area_under_curve(chance, right),
        calibration_error(chance, right),
    )


def area_under_curve(chance: Floats, right: Floats) -> float:
    """The chance that a right answer was given a larger chance than a wrong one, ties counting half."""
    yes, no = int((right > 0.5).sum()), int((right <= 0.5).sum())
    if not yes or not no:
        return float("nan")
    _, place, counts = np.unique(chance, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[right > 0.5].sum() - yes * (yes + 1) / 2) / (yes * no))


def calibration_error(chance: Floats, right: Floats) -> float:
    """Mean distance between the chance given and the share that came, over ten equal bins, by their size."""
    bins = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    gaps = np.abs(np.bincount(bins, chance, BINS) - np.bincount(bins, right, BINS))
    return float(gaps.sum() / len(chance))


def markdown(compared: Sequence[Comparison]) -> str:
    """A table for each split, the smallest log loss first."""
    lines: list[str] = []
    for one in compared:
        lines += [
            f"## {one.split.capitalize()}: {one.tested} answers, fitted to {one.fitted}\n",
            "| predictor | log loss | of new questions | AUC | calibration error |\n|---|---|---|---|---|",
        ]
        for label, told in sorted(one.scores.items(), key=lambda pair: pair[1].log_loss):
            figures = (told.log_loss, told.new, told.auc, told.calibration)
            lines.append(
                f"| {label} | " + " | ".join("–" if figure != figure else f"{figure:.4f}" for figure in figures) + " |"
            )
        lines.append("")
    return "\n".join(lines) if lines else "One answer or one learner is not enough to hold anything back.\n"
