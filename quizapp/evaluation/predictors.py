"""Ways of predicting whether an answer will be right, from the answers before it: the usual ones, and the engine’s.

Each is fitted to answers in order of time and then goes through further ones, predicting each before it learns of it.
Sources: PFA, Pavlik, Cen and Koedinger 2009; Elo, Pelánek 2016; 1PL, Rasch 1960; FSRS-6, `core.memory`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from quizapp.core import ability, memory, repeats
from quizapp.core.ability import Ability
from quizapp.core.grading import Rating
from quizapp.core.memory import State
from quizapp.core.study_day import study_day
from quizapp.evaluation.logs import Answer

LEAST = 0.01
"""No chance is called smaller than this, or larger than one less it."""


class Predictor(Protocol):
    """One way of predicting."""

    def fit(self, answers: Sequence[Answer]) -> None:
        """Learn parameters, and the history of these learners."""

    def predict(self, answer: Answer) -> float:
        """The chance that this answer is right, without looking whether it is."""

    def learn(self, answer: Answer) -> None:
        """Add the answer to its learner’s history."""


class Mean:
    """The share of right answers."""

    def fit(self, answers: Sequence[Answer]) -> None:
        self.mean = (1 + sum(one.right for one in answers)) / (2 + len(answers))
        for one in answers:
            self.learn(one)

    def predict(self, answer: Answer) -> float:
        return self.mean

    def learn(self, answer: Answer) -> None:
        """The mean stays what it is."""


class MovingAverage(Mean):
    """The learner’s last answers."""

    LAST, PRIOR = 20, 4

    def __init__(self) -> None:
        self._latest: dict[str, deque[bool]] = defaultdict(lambda: deque(maxlen=self.LAST))

    def predict(self, answer: Answer) -> float:
        held = self._latest[answer.learner]
        return (sum(held) + self.PRIOR * self.mean) / (len(held) + self.PRIOR)

    def learn(self, answer: Answer) -> None:
        self._latest[answer.learner].append(answer.right)


class Pfa:
    """Performance factors: the objective, and the right and wrong answers on it so far."""

    STEPS, RATE, RIDGE = 300, 0.05, 0.5

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self._level: dict[str, float] = {}

    def fit(self, answers: Sequence[Answer]) -> None:
        names = {name: place for place, name in enumerate(sorted({one.objective for one in answers}))}
        rows = []
        for one in answers:
            rows.append([*self._counts[one.learner, one.objective], names[one.objective], one.right])
            self.learn(one)
        table = np.array(rows, dtype=np.float64).reshape(-1, 4)
        place, right = table[:, 2].astype(np.int64), table[:, 3]
        design = np.column_stack([np.ones(len(table)), table[:, :2]])
        weights, levels = np.zeros(3), np.zeros(len(names))
        pace = np.array([1.0, 0.05, 0.05])  # counts run to dozens, the intercept does not
        for _ in range(self.STEPS):
            error = right - 1 / (1 + np.exp(-(design @ weights + levels[place])))
            weights += self.RATE * 4 * pace * (design.T @ error) / max(len(table), 1)
            counts = np.bincount(place, minlength=len(levels))
            levels += self.RATE * (np.bincount(place, error, len(levels)) - self.RIDGE * levels) / (counts + 1) * 4
        self._weights = weights.tolist()
        self._level = {name: float(levels[place]) for name, place in names.items()}

    def predict(self, answer: Answer) -> float:
        right, wrong = self._counts[answer.learner, answer.objective]
        base, gain, loss = self._weights
        return _logistic(base + gain * right + loss * wrong + self._level.get(answer.objective, 0.0))

    def learn(self, answer: Answer) -> None:
        self._counts[answer.learner, answer.objective][not answer.right] += 1


class Elo:
    """A rating for each learner and each question, both moving with every answer."""

    STEP, SHRINKS = 1.0, 0.05

    def __init__(self) -> None:
        self._learner: Counter[str] = Counter()
        self._item: Counter[str] = Counter()
        self._rating: dict[str, float] = defaultdict(float)
        self._level: dict[str, float] = defaultdict(float)

    def fit(self, answers: Sequence[Answer]) -> None:
        for one in answers:
            self.learn(one)

    def predict(self, answer: Answer) -> float:
        return _logistic(self._rating[answer.learner] - self._level[answer.item])

    def learn(self, answer: Answer) -> None:
        error = answer.right - self.predict(answer)
        self._rating[answer.learner] += error * self.STEP / (1 + self.SHRINKS * self._learner[answer.learner])
        self._level[answer.item] -= error * self.STEP / (1 + self.SHRINKS * self._item[answer.item])
        self._learner[answer.learner] += 1
        self._item[answer.item] += 1


class OneParameter:
    """Rasch: difficulties from the answers it was fitted to; a learner’s ability from all answers so far."""

    STEPS, RIDGE = 60, 1.0

    def __init__(self) -> None:
        self._ability: dict[str, list[float]] = defaultdict(lambda: [0.0, 1.0])
        self._level: dict[str, float] = {}

    def fit(self, answers: Sequence[Answer]) -> None:
        people = {name: place for place, name in enumerate(sorted({one.learner for one in answers}))}
        items = {name: place for place, name in enumerate(sorted({one.item for one in answers}))}
        who = np.array([people[one.learner] for one in answers])
        what = np.array([items[one.item] for one in answers])
        right = np.array([one.right for one in answers], dtype=np.float64)
        able, level = np.zeros(len(people)), np.zeros(len(items))
        for _ in range(self.STEPS):
            for of_whom, values, sign in ((who, able, 1), (what, level, -1)):
                chance = 1 / (1 + np.exp(-(able[who] - level[what])))
                slope = sign * np.bincount(of_whom, right - chance, len(values)) - self.RIDGE * values
                values += slope / (np.bincount(of_whom, chance * (1 - chance), len(values)) + self.RIDGE)
        chance = 1 / (1 + np.exp(-(able[who] - level[what])))
        gathered = np.bincount(who, chance * (1 - chance), len(able)) + self.RIDGE
        self._level = {name: float(level[place]) for name, place in items.items()}
        for name, place in people.items():
            self._ability[name] = [float(able[place]), float(gathered[place])]

    def predict(self, answer: Answer) -> float:
        return _logistic(self._ability[answer.learner][0] - self._level.get(answer.item, 0.0))

    def learn(self, answer: Answer) -> None:
        chance = self.predict(answer)
        held = self._ability[answer.learner]
        held[1] += chance * (1 - chance)
        held[0] += (answer.right - chance) / held[1]


class FsrsItems:
    """FSRS-6 on questions; for one that is new to the learner, the share of right answers on new ones."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], tuple[State, dt.date]] = {}
        self._new = [1, 2]

    def fit(self, answers: Sequence[Answer]) -> None:
        for one in answers:
            if (one.learner, one.item) not in self._held:
                self._new[0] += one.right
                self._new[1] += 1
            self.learn(one)

    def predict(self, answer: Answer) -> float:
        held = self._held.get((answer.learner, answer.item))
        if held is None:
            return self._new[0] / self._new[1]
        return memory.retrievability(held[0], (_day(answer) - held[1]).days)

    def learn(self, answer: Answer) -> None:
        place = (answer.learner, answer.item)
        self._held[place] = _reviewed(self._held.get(place), answer)


class TheEngine:
    """What the program expects: recall of the objective, else ability against difficulty; slips, guesses, and the
    chance that a repeated question’s own answer is remembered."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], tuple[State, dt.date]] = {}
        self._met: dict[tuple[str, str], tuple[int, dt.date]] = {}
        self._ability: dict[str, Ability] = defaultdict(Ability)
        self._level: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def fit(self, answers: Sequence[Answer]) -> None:
        for one in answers:
            if (one.learner, one.objective) not in self._held:
                level = self._level[one.objective]
                level[0] -= (one.right - self.predict(one)) / (1 + 0.05 * level[1])
                level[1] += 1
            self.learn(one)

    def known(self, answer: Answer) -> float:
        """The chance that the objective is known."""
        held = self._held.get((answer.learner, answer.objective))
        if held is None:
            return ability.knows(self._ability[answer.learner].theta, self._level[answer.objective][0])
        return memory.retrievability(held[0], (_day(answer) - held[1]).days)

    def remembered(self, answer: Answer) -> float:
        """The chance that the answer to this question is remembered."""
        times, last = self._met.get((answer.learner, answer.item), (0, _day(answer)))
        return repeats.remembered(times, (_day(answer) - last).days)

    def predict(self, answer: Answer) -> float:
        return ability.chance_of_right(self.known(answer), answer.guess, self.remembered(answer))

    def learn(self, answer: Answer) -> None:
        place, item = (answer.learner, answer.objective), (answer.learner, answer.item)
        if item not in self._met:
            held = self._ability[answer.learner]
            self._ability[answer.learner] = ability.learn(
                held,
                answer.right,
                difficulty=self._level[answer.objective][0],
                guess=answer.guess,
                studied=place in self._held,
            )
        times, _ = self._met.get(item, (0, None))
        self._met[item] = (times + 1, _day(answer))
        self._held[place] = _reviewed(self._held.get(place), answer)


class Corrected(TheEngine):
    """The same with the chance that an objective is known corrected by the answers it was fitted to: logit K becomes
    a + b·logit K, for studied and for new objectives apart."""

    def __init__(self) -> None:
        super().__init__()
        self._corrections: dict[bool, tuple[float, float]] = {}

    def fit(self, answers: Sequence[Answer]) -> None:
        told: dict[bool, list[tuple[float, float, float, bool]]] = {True: [], False: []}
        for one in answers:
            studied = (one.learner, one.objective) in self._held
            told[studied].append((super().known(one), one.guess, self.remembered(one), one.right))
            super().fit([one])
        for studied, rows in told.items():
            if rows:
                self._corrections[studied] = _correction(np.array(rows, dtype=np.float64))

    def known(self, answer: Answer) -> float:
        chance = super().known(answer)
        shift, slope = self._corrections.get((answer.learner, answer.objective) in self._held, (0.0, 1.0))
        bounded = min(max(chance, LEAST), 1 - LEAST)
        return _logistic(shift + slope * math.log(bounded / (1 - bounded)))


PREDICTORS: dict[str, type[Predictor]] = {
    "mean": Mean,
    "moving average": MovingAverage,
    "PFA": Pfa,
    "Elo": Elo,
    "1PL": OneParameter,
    "FSRS on questions": FsrsItems,
    "this engine": TheEngine,
    "this engine, corrected from the log": Corrected,
}


def _correction(rows: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, float]:
    """The likeliest shift and slope, by a grid; rows are known, guess, remembered and right."""
    bounded = np.clip(rows[:, 0], LEAST, 1 - LEAST)
    leaning, right = np.log(bounded / (1 - bounded)), rows[:, 3] > 0.5
    lucky = rows[:, 1] + (1 - rows[:, 1]) * rows[:, 2]
    best, found = -np.inf, (0.0, 1.0)
    for slope in (0.25, 0.5, 0.75, 1.0, 1.25, 1.5):
        for shift in np.linspace(-3, 3, 31):
            known = 1 / (1 + np.exp(-(shift + slope * leaning)))
            chance = np.clip((1 - ability.SLIP) * known + lucky * (1 - known), LEAST, 1 - LEAST)
            likelihood = float(np.log(np.where(right, chance, 1 - chance)).sum())
            if likelihood > best:
                best, found = likelihood, (float(shift), slope)
    return found


def _reviewed(held: tuple[State, dt.date] | None, answer: Answer) -> tuple[State, dt.date]:
    rating, day = Rating.GOOD if answer.right else Rating.AGAIN, _day(answer)
    if held is None:
        return memory.begin(rating), day
    return memory.review(held[0], rating, (day - held[1]).days), day


def _day(answer: Answer) -> dt.date:
    return study_day(answer.at, "UTC")


def _logistic(leaning: float) -> float:
    return 1 / (1 + math.exp(-min(max(leaning, -30.0), 30.0)))
