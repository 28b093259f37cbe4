"""How likely a learner is to answer right: knowledge, slips, guesses, and questions that are merely remembered.

An objective that was studied is known with the chance of recall, R (`core.memory`); one that was not, with
K = σ(θ − b), where θ is the learner's ability in the topic and b the mean difficulty of the objective's questions, both
in logits. The chance of a right answer is then

    P = (1 − s)·K + g′·(1 − K),   g′ = g + (1 − g)·m

with s the chance of a slip, g that of a blind guess, and m that of remembering the answer from an earlier meeting with
this very question (the noise of the DINA model: Junker and Sijtsma 2001, extended by m).

Ability moves with each answer on a question that is new and whose objective was not studied:

    θ ← θ + k·(y − P)/(1 + 0.05·n)

with y = 1 for a right answer, else 0: an Elo rating whose step shrinks with the number n of such answers so far
(Pelánek 2016, Applications of the Elo rating system in adaptive educational systems). P holds θ there, so that θ comes
to rest where P is what the learner does. Of a studied objective K = R, and P does not hold θ: the slope of the
log-likelihood in θ, (y − P)/(P·(1 − P))·dP/dθ, is nought. Such an answer says how well memory was forecast, not how
able the learner is, and moves nothing. If it did, nothing would ever bring θ back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

SLIP = 0.07
STEP = 1.0
STEP_SHRINKS = 0.05
FURTHEST = 6.0
"""Bounds of θ and b in logits; beyond them the chance no longer changes in a way that anybody could see."""

ESTIMATES = {"easy": -1.0, "medium": 0.0, "hard": 1.0}
"""What an author's estimate of difficulty means in logits until answers say more."""


@dataclass(frozen=True)
class Ability:
    """Ability in a topic before study: θ in logits, 0 for the learner the estimates of difficulty were made for, and
    how many answers it rests on (`moves`). `answers`: all first answers in the topic, `right` of them right."""

    theta: float = 0.0
    moves: int = 0
    answers: int = 0
    right: int = 0


def knows(theta: float, difficulty: float) -> float:
    """The chance, 0 to 1, that an objective is known by somebody who has not studied it here."""
    return 1 / (1 + math.exp(difficulty - theta))


def chance_of_right(known: float, guess: float, remembered: float = 0.0) -> float:
    """The chance of a right answer, 0 to 1. `known`: K. `guess`: g, of this question. `remembered`: m."""
    lucky = guess + (1 - guess) * remembered
    return (1 - SLIP) * known + lucky * (1 - known)


def learn(held: Ability, right: bool, *, difficulty: float, guess: float, studied: bool) -> Ability:
    """Ability after one more answer on a question that was new: an Elo step, none where the objective was studied.

    `difficulty`: b of the objective, in logits. `guess`: g of the question. `studied`: whether the objective was in
    memory before the answer; then its chance holds no θ, and the answer is counted only.
    """
    counted = replace(held, answers=held.answers + 1, right=held.right + right)
    if studied:
        return counted
    expected = chance_of_right(knows(held.theta, difficulty), guess)
    theta = held.theta + STEP / (1 + STEP_SHRINKS * held.moves) * (float(right) - expected)
    return replace(counted, theta=min(max(theta, -FURTHEST), FURTHEST), moves=held.moves + 1)


def information(theta: float, difficulty: float, guess: float, discrimination: float = 1.0) -> float:
    """Fisher information about θ in one answer: (dP/dθ)² / (P·(1 − P)), for an objective that was not studied."""
    known = 1 / (1 + math.exp(discrimination * (difficulty - theta)))
    right = chance_of_right(known, guess)
    slope = (1 - SLIP - guess) * discrimination * known * (1 - known)
    return slope**2 / (right * (1 - right))


def standard_error(gathered: float) -> float:
    """The standard error of θ after answers with this sum of information, on a prior of N(0, 1)."""
    return 1 / math.sqrt(1 + gathered)
