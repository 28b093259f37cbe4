"""How difficult questions are, from the answers of people who met them for the first time.

The chance of a right answer is that of `core.ability`, with a discrimination a and the lower asymptote and the slip
given, not fitted (too few answers ever tell them apart):

    P = g + (1 − s − g)·σ(a·(θ − b)),   or after study   P = g + (1 − s − g)·σ(λ·a·(θ − b) + δ)

θ is the ability of one learner in one topic (a *unit*), N(0, 1): 0 is a learner of whom nothing is known. After study
is what comes when the learner had met the objective already. δ, common to all, is what study helps; without it every
question that is asked late would look easy. λ, common to all, is how much the difficulty still counts then: with 1 as
much as before, with 0 not at all, because what was learnt is known whatever the question (`core.ability` has K = R).
Both are estimated with the rest, so that answers after study weigh as much as they tell.

Two ways to b. `rate`: one walk through the log in its order, in which each answer moves θ, b and δ by how surprising it
was, and less the better each is known: Elo’s rating with the variances kept (Glickman 1999, Parameter estimation in
large dynamic paired comparison experiments; Pelánek 2016). b begins at the author’s estimate with the standard
deviation PRIOR_OF_B. `fit`: from ENOUGH answers on, a and b by marginal maximum likelihood (Bock and Aitkin 1981,
Marginal maximum likelihood estimation of item parameters: application of an EM algorithm), with weak priors.

Nothing here is on the path of the fold; numpy is loaded with this module, so import it where it is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quizapp.core.ability import FURTHEST, SLIP

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ENOUGH = 200
"""First answers from which on a question is fitted."""
PRIOR_OF_B = 1.0
"""Standard deviation, in logits, of the author’s estimate, which so weighs as much as about fifteen answers: an answer
of somebody whose ability is not known yet carries about 1/15 of information."""
PRIOR_OF_B_FITTED = 2.0
PRIOR_OF_LOG_A = 0.5
"""Standard deviation of ln a about 0, so that two thirds of questions lie between 0.6 and 1.65."""
BOUNDS_OF_A = (0.2, 4.0)
STUDIED = (1.0, 1.0)
"""Mean and standard deviation, in logits, of δ before any answer."""
STILL_COUNTS = (0.5, 0.5)
"""The same of λ, which stays between 0 and 1."""
DRIFT = 0.02
"""What is added to the variance of θ with each answer of a learner, because learners learn."""
GRID = np.linspace(-4.5, 4.5, 31)
MOST_ROUNDS = 200
SETTLED = 5e-4
"""The fit ends when no parameter moved by more in a round; standard errors are a hundred times larger."""


@dataclass(frozen=True)
class Answers:
    """First answers, one a place, in the order of the log. `unit`: 0, 1, … for each learner and topic; `item`: 0, 1, …
    for each question; `guess`: the chance of a blind guess; `studied`: whether the objective had been studied."""

    unit: Ints
    item: Ints
    right: Bools
    guess: Floats
    studied: Bools

    def __len__(self) -> int:
        return len(self.item)

    def of(self, chosen: Bools | slice) -> Answers:
        """Some of them; numbers of units and questions stay."""
        return Answers(
            self.unit[chosen], self.item[chosen], self.right[chosen], self.guess[chosen], self.studied[chosen]
        )


@dataclass(frozen=True)
class Parameters:
    """b and a of each question, and the standard error of b (0: taken as given)."""

    b: Floats
    a: Floats
    error: Floats


@dataclass(frozen=True)
class Fitted:
    """What `fit` found. `items`: the questions it is about; `parameters`: in their order. `studied`: δ; `counts`: λ."""

    items: Ints
    parameters: Parameters
    studied: float
    counts: float
    rounds: int
    settled: bool


def given(estimates: Floats) -> Parameters:
    """The authors’ estimates, as they count before any answer."""
    return Parameters(estimates, np.ones_like(estimates), np.zeros_like(estimates))


def rate(answers: Answers, estimates: Floats) -> Parameters:
    """b of every question by one walk through the log; a stays 1. `estimates`: the authors’, in logits."""
    start = Parameters(estimates, np.ones_like(estimates), np.full_like(estimates, PRIOR_OF_B))
    return _walk(answers, start)[1]


def foretell(answers: Answers, parameters: Parameters) -> Floats:
    """The chance of each answer being right, as it would have been told just before it was given; the questions keep
    their parameters, the learners move."""
    return _walk(answers, Parameters(parameters.b, parameters.a, np.zeros_like(parameters.b)))[0]


def log_loss(chances: Floats, right: Bools) -> float:
    """The mean of −ln of the chance that was given to what happened; 0.693 is what a coin would get."""
    return float(-np.log(np.where(right, chances, 1 - chances)).mean())


def _walk(answers: Answers, start: Parameters) -> tuple[Floats, Parameters]:
    """Go through the log once (an extended Kalman filter; plain numbers, because each step rests on the one before)."""
    units = int(answers.unit.max()) + 1 if len(answers) else 0
    thetas, doubts = [0.0] * units, [1.0] * units
    b, a, variance = start.b.tolist(), start.a.tolist(), (start.error**2).tolist()
    delta, delta_doubt = STUDIED[0], STUDIED[1] ** 2
    share, share_doubt = STILL_COUNTS[0], STILL_COUNTS[1] ** 2
    chances: list[float] = []
    rows = zip(
        answers.unit.tolist(),
        answers.item.tolist(),
        answers.right.tolist(),
        answers.guess.tolist(),
        answers.studied.tolist(),
        strict=True,
    )
    for unit, item, right, guess, studied in rows:
        theta_doubt, b_doubt = doubts[unit] + DRIFT, variance[item]
        apart = a[item] * (thetas[unit] - b[item])
        steep = a[item] * share if studied else a[item]
        level = apart * share + delta if studied else apart
        doubt = steep**2 * (theta_doubt + b_doubt) + (delta_doubt + apart**2 * share_doubt if studied else 0.0)
        # The mean of σ over a normal distribution: MacKay’s approximation.
        known = 1 / (1 + math.exp(-level / math.sqrt(1 + math.pi / 8 * doubt)))
        reach = 1 - SLIP - guess
        chance = guess + reach * known
        chances.append(chance)
        slope = reach * known * (1 - known)
        spread = chance * (1 - chance)
        told = slope**2 / spread
        surprise = slope * (right - chance) / spread / (1 + told * doubt)
        told /= 1 + told * doubt
        thetas[unit] += theta_doubt * steep * surprise
        doubts[unit] = theta_doubt * (1 - theta_doubt * steep**2 * told)
        if b_doubt:
            b[item] = min(max(b[item] - b_doubt * steep * surprise, -FURTHEST), FURTHEST)
            variance[item] = b_doubt * (1 - b_doubt * steep**2 * told)
        if studied:
            delta += delta_doubt * surprise
            delta_doubt *= 1 - delta_doubt * told
            share = min(max(share + share_doubt * apart * surprise, 0.0), 1.0)
            share_doubt *= 1 - share_doubt * apart**2 * told
    return np.array(chances), Parameters(np.array(b), start.a, np.sqrt(np.array(variance)))


def fit(answers: Answers, estimates: Floats, enough: int = ENOUGH) -> Fitted:
    """a and b of the questions with `enough` answers, by EM over a grid of θ. The order of the answers does not matter.

    `estimates`: the authors’, in logits, of all questions.
    """
    counted = np.bincount(answers.item, minlength=len(estimates))
    items = np.flatnonzero(counted >= enough)
    if not len(items):
        nothing = np.zeros(0)
        return Fitted(items, Parameters(nothing, nothing, nothing), STUDIED[0], STILL_COUNTS[0], 0, True)
    table = _Table.of(answers, items, len(estimates))
    model = _Model(np.zeros(len(items)), estimates[items].copy(), STUDIED[0], STILL_COUNTS[0])
    rounds, moved = 0, math.inf
    while moved > SETTLED and rounds < MOST_ROUNDS:
        after = model.step(table, table.weigh(model), estimates[items])
        moved = max(
            float(np.abs(after.b - model.b).max()),
            float(np.abs(after.log_a - model.log_a).max()),
            abs(after.delta - model.delta),
            abs(after.share - model.share),
        )
        model, rounds = after, rounds + 1
    found = Parameters(model.b, np.exp(model.log_a), model.errors(table))
    return Fitted(items, found, model.delta, model.share, rounds, moved <= SETTLED)


@dataclass(frozen=True)
class _Table:
    """The answers sorted, so that sums come out the same bit for bit whatever their order was, and gathered in cells:
    answers on one question with the same guess, before study or after, have the same chance at each θ."""

    unit: Ints
    cell: Ints
    right: Bools
    units: int
    of_item: Ints
    guess: Floats
    studied: Floats

    @classmethod
    def of(cls, answers: Answers, items: Ints, questions: int) -> _Table:
        place = np.full(questions, -1)
        place[items] = np.arange(len(items))
        some = answers.of(place[answers.item] >= 0)
        order = np.lexsort((some.right, some.studied, some.guess, some.item, some.unit))
        some = some.of(order)  # type: ignore[arg-type]  # an order chooses as well as a mask
        keys = np.stack([place[some.item].astype(np.float64), some.guess, some.studied.astype(np.float64)])
        cells, cell = np.unique(keys, axis=1, return_inverse=True)
        units, unit = np.unique(some.unit, return_inverse=True)
        return cls(
            unit, cell.reshape(-1), some.right, len(units), cells[0].astype(np.int64), cells[1].copy(), cells[2].copy()
        )

    def weigh(self, model: _Model) -> Floats:
        """How likely each θ is for each unit, given its answers: rows sum to 1."""
        chance = model.chances(self)[0]
        right, wrong = np.log(chance), np.log(1 - chance)
        weights = np.empty((self.units, len(GRID)))
        for k, theta in enumerate(GRID):
            told = np.where(self.right, right[self.cell, k], wrong[self.cell, k])
            weights[:, k] = np.bincount(self.unit, told, self.units) - theta**2 / 2
        weights -= weights.max(axis=1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(axis=1, keepdims=True)
        return weights


@dataclass(frozen=True)
class _Model:
    log_a: Floats
    b: Floats
    delta: float
    share: float

    def chances(self, table: _Table) -> tuple[Floats, Floats, Floats]:
        """P, dP/dℓ with ℓ what σ is taken of, and a·(θ − b), for each cell and θ of the grid."""
        apart = np.exp(self.log_a)[table.of_item, None] * (GRID[None, :] - self.b[table.of_item, None])
        known = 1 / (1 + np.exp(-(apart * self.counts(table) + self.delta * table.studied[:, None])))
        reach = (1 - SLIP - table.guess)[:, None]
        return table.guess[:, None] + reach * known, reach * known * (1 - known), apart

    def counts(self, table: _Table) -> Floats:
        """How much difficulty counts in each cell: 1, after study λ."""
        return np.asarray(1 + (self.share - 1) * table.studied[:, None])

    def step(self, table: _Table, weights: Floats, estimates: Floats) -> _Model:
        """The M-step: one step of Fisher scoring from here for each question, for δ and for λ."""
        cells = len(table.of_item)
        asked, right = np.empty((cells, len(GRID))), np.empty((cells, len(GRID)))
        for k in range(len(GRID)):
            weight = weights[table.unit, k]
            asked[:, k] = np.bincount(table.cell, weight, cells)
            right[:, k] = np.bincount(table.cell, weight * table.right, cells)
        chance, slope, apart = self.chances(table)
        spread = chance * (1 - chance)
        score, told = slope * (right - asked * chance) / spread, asked * slope**2 / spread
        studied, counts = table.studied[:, None], self.counts(table)
        level, steep = apart * counts, np.exp(self.log_a)[table.of_item, None] * counts

        def by_item(values: Floats) -> Floats:
            return np.asarray(np.bincount(table.of_item, values.sum(axis=1), len(self.b)), dtype=np.float64)

        toward_a = by_item(score * level) - self.log_a / PRIOR_OF_LOG_A**2
        toward_b = by_item(-score * steep) - (self.b - estimates) / PRIOR_OF_B_FITTED**2
        aa = by_item(told * level**2) + PRIOR_OF_LOG_A**-2
        bb = by_item(told * steep**2) + PRIOR_OF_B_FITTED**-2
        ab = by_item(-told * level * steep)
        whole = aa * bb - ab**2
        far = 0.5  # a longer step could jump over the top
        log_a = self.log_a + np.clip((bb * toward_a - ab * toward_b) / whole, -far, far)
        b = self.b + np.clip((aa * toward_b - ab * toward_a) / whole, -far, far)

        def common(held: float, slopes: Floats, prior: tuple[float, float]) -> float:
            toward = float((score * slopes).sum()) - (held - prior[0]) / prior[1] ** 2
            return held + float(np.clip(toward / (float((told * slopes**2).sum()) + prior[1] ** -2), -far, far))

        return _Model(
            np.clip(log_a, *np.log(BOUNDS_OF_A)),
            np.clip(b, -FURTHEST, FURTHEST),
            min(max(common(self.delta, studied, STUDIED), -FURTHEST), FURTHEST),
            min(max(common(self.share, studied * apart, STILL_COUNTS), 0.0), 1.0),
        )

    def errors(self, table: _Table) -> Floats:
        """The standard error of each b, from the scores of single answers weighed by what is known of each learner (the
        cross-product estimate of the information: the counts of the M-step would take θ for known)."""
        weights = table.weigh(self)
        chance, slope, apart = self.chances(table)
        counts = self.counts(table)
        level, steep = apart * counts, (np.exp(self.log_a)[table.of_item, None] * counts)[:, 0]
        to_right, to_wrong = slope / chance, -slope / (1 - chance)
        of_a, of_b = np.zeros(len(table.unit)), np.zeros(len(table.unit))
        for k in range(len(GRID)):
            score = np.where(table.right, to_right[table.cell, k], to_wrong[table.cell, k]) * weights[table.unit, k]
            of_a += score * level[table.cell, k]
            of_b -= score * steep[table.cell]
        item = table.of_item[table.cell]
        aa = np.bincount(item, of_a**2, len(self.b)) + PRIOR_OF_LOG_A**-2
        bb = np.bincount(item, of_b**2, len(self.b)) + PRIOR_OF_B_FITTED**-2
        ab = np.bincount(item, of_a * of_b, len(self.b))
        return np.sqrt(aa / (aa * bb - ab**2))
