"""A term of study in fast motion: every learner studies the same minutes a day, whatever policy chooses for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from quizapp.evaluation.truths import FAMILIES, Constants, Course, Floats, Ints, Truth, make_course

QUESTION = 1 / 1440
"""Days between two questions of a sitting."""
NEVER = -10_000


@dataclass(frozen=True)
class Setting:
    """A world to study in. `recognised_teaches`: what a repeat whose answer is remembered teaches, in right answers."""

    name: str
    family: str
    repeats_teach: str
    days: int
    minutes: float


class Desk:
    """What anybody may see: what was asked and when, what was right, what day it is. Arrays: learners × items."""

    def __init__(self, course: Course, learners: int, setting: Setting, rng: np.random.Generator) -> None:
        shape = (learners, course.objectives * course.items)
        self.course, self.learners, self.setting, self.rng = course, learners, setting, rng
        self.times = np.zeros(shape, dtype=np.int64)
        self.last_day = np.full(shape, NEVER, dtype=np.int64)
        self.last_turn = np.zeros(shape, dtype=np.int64)
        self.day = 0
        self.turn = 0
        self.spent = np.zeros(learners)

    @property
    def limit(self) -> float:
        return self.setting.minutes * 60

    def note(self, who: Ints, item: Ints) -> None:
        self.turn += 1
        self.times[who, item] += 1
        self.last_day[who, item] = self.day
        self.last_turn[who, item] = self.turn

    def freshest(self, who: Ints, objective: Ints) -> Ints:
        """For each of some learners the question on an objective that is unseen, else least recently seen."""
        items = objective[:, None] * self.course.items + np.arange(self.course.items)
        return np.asarray(items[np.arange(len(who)), self.last_turn[who[:, None], items].argmin(axis=1)])


class Policy(Protocol):
    """Chooses the next question. It sees the desk, never the truth (but for the oracle)."""

    def begin_day(self) -> None:
        """A new study day; `desk.day` has moved."""

    def choose(self, who: Ints) -> Ints:
        """An item for each of these learners."""

    def hear(self, who: Ints, item: Ints, right: Floats, good: Floats, times: Ints, days_since: Ints) -> None:
        """What came of it: whether each answer was right, and whether it was and not called a guess; how often the
        question had been met before and how many days ago. The desk knows of it already."""


MakePolicy = Callable[[Desk, Truth, Constants], Policy]


@dataclass(frozen=True)
class Run:
    """What a policy achieved: the share of the objectives known at the exam and later, for each learner; what is known
    at the exam, learners × objectives; the questions asked; and whatever the policy itself holds in the end."""

    at_exam: Floats
    later: Floats
    known: Floats
    questions: Floats
    policy: Policy
    desk: Desk


def simulate(
    setting: Setting, make: MakePolicy, constants: Constants, learners: int, seed: int, people: int | None = None
) -> Run:
    """One policy in one setting. The same seed gives the same course, learners and luck to every policy; `people` is a
    seed for other learners of the same course."""
    of_course = np.random.default_rng([seed, 0])
    seed = seed if people is None else people
    of_people, of_policy = (np.random.default_rng([seed, part]) for part in (1, 2))
    course = make_course(constants, of_course)
    truth = FAMILIES[setting.family](course, learners, constants, of_people)
    desk = Desk(course, learners, setting, of_policy)
    policy = make(desk, truth, constants)
    questions = np.zeros(learners)
    for day in range(setting.days):
        desk.day = day
        desk.spent = np.zeros(learners)
        policy.begin_day()
        turn = 0
        while len(who := np.flatnonzero(desk.spent < desk.limit)):
            luck = _luck(seed, day, turn, learners)[who]
            item = policy.choose(who)
            times, since = desk.times[who, item], day - desk.last_day[who, item]
            right, good, seconds = _answer(truth, desk, constants, who, item, day + turn * QUESTION, luck)
            desk.note(who, item)
            desk.spent[who] += seconds
            questions[who] += 1
            policy.hear(who, item, right, good, times, since)
            turn += 1
    known = truth.known(float(setting.days))
    later = truth.known(float(setting.days + constants["settings"]["later_days"]))
    return Run(known.mean(axis=1), later.mean(axis=1), known, questions, policy, desk)


def _luck(seed: int, day: int, turn: int, learners: int) -> Floats:
    """The luck of every learner with the question of this turn: the same whatever the policy asks."""
    return np.asarray(np.random.default_rng([seed, 9, day, turn]).random((learners, 4)))


def recognised_chance(constants: Constants, times: Ints, days_since: Any) -> Floats:
    """The chance that a question’s own answer is remembered; 0 for one that was never met."""
    told = constants["recognising"]
    leaning = told["first"] + told["again"] * (times - 1) - told["fading"] * np.log1p(np.maximum(days_since, 0))
    return np.where(times > 0, 1 / (1 + np.exp(-leaning)), 0.0)


def _answer(
    truth: Truth, desk: Desk, constants: Constants, who: Ints, item: Ints, at: float, luck: Floats
) -> tuple[Floats, Floats, Floats]:
    told, teaching = constants["answering"], constants["teaching"]
    objective = item // desk.course.items
    times = desk.times[who, item]
    recognised = luck[:, 0] < recognised_chance(constants, times, at - desk.last_day[who, item])
    knows = luck[:, 1] < truth.known_of(who, objective, at)
    guess = desk.course.guess[objective]
    right = np.where(
        recognised,
        luck[:, 2] > told["slip_when_recognised"],
        np.where(knows, luck[:, 2] > told["slip"], luck[:, 2] < guess),
    )
    admitted = right & ~recognised & ~knows & (luck[:, 3] < told["guesses_admitted"])
    recalled = knows & right & ~recognised
    strength = np.where(recalled, teaching["right"], teaching["feedback"])
    strength = np.where(recognised, teaching[f"recognised_{desk.setting.repeats_teach}"], strength)
    truth.practise(who, objective, at, strength)
    seconds = desk.course.seconds * np.where(recognised, told["recognised_takes"], 1.0)
    return right, right & ~admitted, seconds
