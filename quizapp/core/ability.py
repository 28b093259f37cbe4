"""How likely a learner is to answer right: knowledge, slips, guesses, and questions that are merely remembered.

An objective that was studied is known with the chance of recall, R (`core.memory`); one that was not, with
K = σ(θ − b), where θ is the learner's ability in the topic and b the mean difficulty of the objective's questions, both
in logits. The chance of a right answer is then

    P = (1 − s)·K + g′·(1 − K),   g′ = g + (1 − g)·m

with s the chance of a slip, g that of a blind guess, and m that of remembering the answer from an earlier meeting with
this very question (the noise of the DINA model: Junker and Sijtsma 2001, extended by m).

Ability moves with each first answer on a question: θ ← θ + k·(y − P)/(1 + 0.05·n), an Elo rating whose step shrinks
with the number n of answers so far (Pelánek 2016, Applications of the Elo rating system in adaptive educational
systems).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SLIP = 0.07
STEP = 1.0
STEP_SHRINKS = 0.05
FURTHEST = 6.0
"""Bounds of θ and b in logits; beyond them the chance no longer changes in a way that anybody could see."""

ESTIMATES = {"easy": -1.0, "medium": 0.0, "hard": 1.0}
"""What an author's estimate of difficulty means in logits until answers say more."""


@dataclass(frozen=True)
class Ability:
    """Ability in a topic: θ in logits, 0 for the learner the estimates of difficulty were made for; and how many first
    answers it rests on, `right` of them right."""

    theta: float = 0.0
    answers: int = 0
    right: int = 0


def knows(theta: float, difficulty: float) -> float:
    """The chance, 0 to 1, that an objective is known by somebody who has not studied it here."""
    return 1 / (1 + math.exp(difficulty - theta))


def chance_of_right(known: float, guess: float, remembered: float = 0.0) -> float:
    """The chance of a right answer, 0 to 1. `known`: K. `guess`: g, of this question. `remembered`: m."""
    lucky = guess + (1 - guess) * remembered
    return (1 - SLIP) * known + lucky * (1 - known)


def move(ability: Ability, right: bool, expected: float) -> Ability:
    """Ability after one more first answer; `expected` is the chance of a right one before it was given."""
    step = STEP / (1 + STEP_SHRINKS * ability.answers)
    theta = ability.theta + step * (float(right) - expected)
    return Ability(min(max(theta, -FURTHEST), FURTHEST), ability.answers + 1, ability.right + right)


def information(theta: float, difficulty: float, guess: float, discrimination: float = 1.0) -> float:
    """Fisher information about θ in one answer: (dP/dθ)² / (P·(1 − P)), for an objective that was not studied."""
    known = 1 / (1 + math.exp(discrimination * (difficulty - theta)))
    right = chance_of_right(known, guess)
    slope = (1 - SLIP - guess) * discrimination * known * (1 - known)
    return slope**2 / (right * (1 - right))


def standard_error(gathered: float) -> float:
    """The standard error of θ after answers with this sum of information, on a prior of N(0, 1)."""
    return 1 / math.sqrt(1 + gathered)
