"""Invented learners for a demonstration: their habits, and what goes on in them when a question is asked.

Their memory is one of the two families of `truths`, with the constants of the benchmark; no engine looks into it.
Everything follows from the seed and the number of the learner.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from quizapp.core.grading import Confidence
from quizapp.evaluation.simulation import recognised_chance
from quizapp.evaluation.truths import FAMILIES, Constants, Course, Floats

FIRST_NAMES = ("Ada", "Bela", "Ciro", "Dara", "Edo", "Fenja", "Gero", "Hana", "Ilja", "Juno",
               "Kaja", "Levi", "Mira", "Noor", "Otis", "Pia", "Quin", "Runa", "Sami", "Tove")  # fmt: skip
LAST_NAMES = ("Placebo", "Sample", "Specimen", "Control", "Cohort", "Baseline", "Pilot", "Vignette", "Distractor",
              "Washout", "Crossover")  # fmt: skip
ZONES = ("Europe/Berlin", "Europe/Berlin", "Europe/London", "Europe/Madrid", "America/New_York", "America/Los_Angeles",
         "America/Sao_Paulo", "Asia/Tokyo", "Asia/Kolkata", "Africa/Nairobi", "Australia/Sydney")  # fmt: skip
SURE, GUESS = 1.4, -0.6
"""How sure somebody feels (logits) who says “sure” from there on, or “guess” up to there."""
FELT_WHEN_KNOWN, FELT_WHEN_NOT = 1.7, -0.7


@dataclass(frozen=True)
class Habits:
    """How somebody studies. Days count from the first of the demonstration.

    `begins`, `stops`: the first day and the one after the last; `away`: days missed in a row; `attendance`: the chance
    of studying on another day. `hour`: when. `exam`: the day of the examination, None without one. `first_step`: read,
    test or exam. `speed`: time taken, in the time a question is expected to take. `bias`: overconfidence, logits.
    `diligence`: the chance of naming the cause of a miss. `mock_exam`: the day on which one is sat.
    """

    name: str
    zone: str
    minutes: int
    rest_days: tuple[int, ...]
    begins: int
    stops: int
    away: range
    attendance: float
    hour: float
    exam: int | None
    first_step: str
    speed: float
    bias: float
    diligence: float
    mock_exam: int

    def studies_on(self, day: int, rng: random.Random) -> bool:
        """Whether anything is done on this day; the first is never missed."""
        came = rng.random() < self.attendance
        return day == self.begins or (self.begins < day < self.stops and day not in self.away and came)


def draw_habits(seed: int, number: int, days: int) -> Habits:
    """The habits of learner `number` (from 1) in a demonstration of so many days."""
    rng = random.Random(f"habits/{seed}/{number}")
    begins = int(days * 0.3 * rng.random() ** 2)
    gap = rng.randrange(days)
    exam = rng.randrange(days // 2 + 1, days + 45) if rng.random() < 0.6 else None
    return Habits(
        name=f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {LAST_NAMES[number % len(LAST_NAMES)]}",
        zone=rng.choice(ZONES),
        minutes=rng.choice((5, 10, 10, 15, 20, 20, 30)),
        rest_days=rng.choice(((), (), (7,), (6, 7))),
        begins=begins,
        stops=rng.randrange(begins + 1, days + 1) if rng.random() < 0.15 else days,
        away=range(gap, gap + rng.randrange(4, 13)) if rng.random() < 0.4 else range(0),
        attendance=rng.betavariate(4, 2),
        hour=rng.choice((rng.uniform(7, 9), rng.uniform(12, 14), rng.uniform(17, 21.5))),
        exam=exam,
        first_step="exam" if exam is not None and rng.random() < 0.7 else rng.choice(("read", "test")),
        speed=rng.lognormvariate(-0.1, 0.3),
        bias=rng.gauss(0.5, 0.8),
        diligence=rng.choice((0.0, 0.2, 0.7)),
        mock_exam=rng.randrange(days // 2, days + 1),
    )


def draw_course(seed: int, topics: Sequence[int], needs: Sequence[int]) -> Course:
    """A course with the topics and prerequisites (place of one, or −1) of real objectives, and invented difficulty."""
    count = len(topics)
    return Course(
        topic=np.array(topics),
        guess=np.zeros(count),
        difficulty=np.random.default_rng([seed, 0]).standard_normal(count),
        needs=np.array(needs),
        estimates=(0.0,) * count,
        items=1,
        seconds=60.0,
    )


@dataclass(frozen=True)
class Question:
    """One gradable step as a mind meets it: `slug` of its item and part, place of its objective in the course, chance
    of a blind guess, seconds that it is expected to take."""

    slug: str
    objective: int
    guess: float
    seconds: float


@dataclass(frozen=True)
class Thought:
    """What came to a learner: a right answer or not, how sure, after how many seconds, and whether it was read well."""

    right: bool
    confidence: Confidence
    seconds: float


class Mind:
    """The memory of one learner, and chance. `at` is in days from the beginning of the demonstration."""

    def __init__(self, seed: int, number: int, habits: Habits, course: Course, constants: Constants) -> None:
        rng = np.random.default_rng([seed, 1, number])
        family = sorted(FAMILIES)[number % len(FAMILIES)]
        self._truth = FAMILIES[family](replace(course), 1, constants, rng)
        self._constants = constants
        self._habits = habits
        self._rng = random.Random(f"mind/{seed}/{number}")
        self._seed = seed
        self._met: dict[str, tuple[int, float]] = {}

    def meet(self, question: Question, at: float) -> Thought:
        """Answer a question and learn from it."""
        told, teaching = self._constants["answering"], self._constants["teaching"]
        who, objective = np.array([0]), np.array([question.objective])
        times, last = self._met.get(question.slug, (0, 0.0))
        self._met[question.slug] = times + 1, at
        remembered = recognised_chance(self._constants, np.array([times]), np.array([at - last]))
        recognised = self._rng.random() < float(remembered[0])
        knows = self._rng.random() < self._chance(self._truth.known_of(who, objective, at), question)
        if recognised:
            right = self._rng.random() > told["slip_when_recognised"]
        else:
            right = self._rng.random() > told["slip"] if knows else self._rng.random() < question.guess
        strength = teaching["right"] if knows and right and not recognised else teaching["feedback"]
        strength = teaching["recognised_little"] if recognised else strength
        self._truth.practise(who, objective, at, np.array([strength]))
        felt = FELT_WHEN_KNOWN if recognised or knows else FELT_WHEN_NOT
        felt += self._habits.bias + self._rng.gauss(0, 1)
        confidence = Confidence.SURE if felt >= SURE else Confidence.GUESS if felt <= GUESS else Confidence.FAIRLY_SURE
        share = self._habits.speed * self._rng.lognormvariate(0, 0.35) * (told["recognised_takes"] if recognised else 1)
        return Thought(right, confidence, max(question.seconds * share, 3.0))

    def _chance(self, known: Floats, question: Question) -> float:
        """A question may be easier or harder than its objective, for everybody alike."""
        own = random.Random(f"question/{self._seed}/{question.slug}").gauss(0, 0.7)
        odds = float(known[0]) / max(1 - float(known[0]), 1e-9)
        return odds / (odds + float(np.exp(own)))
