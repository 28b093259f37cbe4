"""The engine at the desk of simulated learners: `core` itself, fed as the program feeds it."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from dataclasses import replace

import numpy as np

from quizapp.core import ability, mastery, memory, planning, repeats, selection
from quizapp.core.ability import Ability
from quizapp.core.correction import Foretold
from quizapp.core.grading import Rating
from quizapp.core.memory import Evidence
from quizapp.core.planning import Load
from quizapp.core.repeats import Practised, Repeats
from quizapp.core.selection import Candidate, Objective
from quizapp.evaluation.simulation import Desk
from quizapp.evaluation.truths import Constants, Floats, Ints, Truth

BEGINS = dt.date(2026, 1, 1)
LATEST_ANSWERS = 20_000
"""How much of the log the nightly run looks at."""


class Engine:
    """One plan a learner and day; a learner who has time left when it is done asks for another.

    `known_of_repeats`: what a log of before said about repeats. It is estimated again every night from `log`, until the
    answer is clear. `foretold`: every answer to a question that was new, of an objective asked about before.
    """

    known_of_repeats = Repeats()

    def __init__(self, desk: Desk, truth: Truth, constants: Constants) -> None:
        self._desk = desk
        course = desk.course
        fresh = [
            Objective(
                id=number,
                topic=int(course.topic[number]),
                seconds=course.seconds,
                questions=course.items,
                unseen=course.items,
                knows=ability.knows(0.0, course.estimates[number]),
                needs=frozenset({int(course.needs[number])}) if course.needs[number] >= 0 else frozenset(),
            )
            for number in range(course.objectives)
        ]
        self.objectives = [list(fresh) for _ in range(desk.learners)]
        self.repeats = self.known_of_repeats
        self.log: list[Practised] = []
        self.foretold: list[Foretold] = []
        self._abilities = [defaultdict[int, Ability](Ability) for _ in range(desk.learners)]
        self._practice = np.zeros((desk.learners, course.objectives, 2))
        self._rngs = [random.Random(f"{desk.rng.integers(2**32)}/{learner}") for learner in range(desk.learners)]
        self.exam = BEGINS + dt.timedelta(days=desk.setting.days)
        self._load = Load(1)
        self._queues: list[list[int]] = [[] for _ in range(desk.learners)]

    @property
    def today(self) -> dt.date:
        return BEGINS + dt.timedelta(days=self._desk.day)

    def ability(self, learner: int, topic: int) -> Ability:
        """What is believed of a learner in a topic."""
        return self._abilities[learner][topic]

    def begin_day(self) -> None:
        self._load = Load(max(1, round(self._desk.setting.minutes)))
        self._queues = [[] for _ in range(self._desk.learners)]
        if not self.repeats.clear and len(self.log) >= repeats.FEWEST:
            self.repeats = repeats.estimate(self.log[-LATEST_ANSWERS:])

    def choose(self, who: Ints) -> Ints:
        return np.array([self._question(one, self._next(one)) for one in who.tolist()], dtype=np.int64)

    def _next(self, learner: int) -> int:
        queue = self._queues[learner]
        if not queue:
            plan = planning.build(
                self.objectives[learner],
                self._load,
                today=self.today,
                exams=(self.exam,),
                spent_seconds=float(self._desk.spent[learner]),
            )
            queue.extend(choice.objective for choice in reversed(plan.asked))
            if plan.too_long is not None:
                queue.append(plan.too_long.objective)
        if not queue:
            choice = selection.next_objective(
                self.objectives[learner], today=self.today, on=self.exam, rng=self._rngs[learner]
            )
            queue.extend([choice.objective] if choice else [0])
        return queue.pop()

    def _question(self, learner: int, number: int) -> int:
        desk, objective = self._desk, self.objectives[learner][number]
        first = number * desk.course.items
        pool = []
        for item in range(first, first + desk.course.items):
            times = int(desk.times[learner, item])
            seen = _moment(int(desk.last_day[learner, item]), int(desk.last_turn[learner, item])) if times else None
            pool.append(
                Candidate(
                    item=item,
                    objective=number,
                    topic=objective.topic,
                    seconds=60,
                    times_seen=times,
                    last_seen=seen,
                    difficulty=desk.course.estimates[number],
                    guess=float(desk.course.guess[number]),
                )
            )
        pick = selection.choose_item(
            pool,
            now=_moment(desk.day, desk.turn),
            rng=self._rngs[learner],
            theta=self._abilities[learner][objective.topic].theta,
            repeats=self.repeats,
            shown=objective.trace is not None and mastery.is_shown(objective.trace.evidence),
        )
        return pick.item if pick else first

    def hear(self, who: Ints, item: Ints, right: Floats, good: Floats, times: Ints, days_since: Ints) -> None:
        course, today = self._desk.course, self.today
        at = _moment(self._desk.day, self._desk.turn)
        told = zip(*(a.tolist() for a in (who, item, right, good, times, days_since)), strict=True)
        for learner, asked, was_right, was_good, met, since in told:
            number = asked // course.items
            held = self.objectives[learner][number]
            if not met:
                self._learn_of(learner, held, bool(was_right), bool(was_good), float(course.guess[number]))
            merely = repeats.remembered(met, since)
            self._practice[learner, number] += (1 - merely, merely)
            answer = Evidence(
                Rating.GOOD if was_good else Rating.AGAIN,
                today,
                memory.freshness(_moment(today.toordinal() - BEGINS.toordinal() - since, 0) if met else None, at),
                float(course.guess[number]),
            )
            trace = memory.remember(held.trace, answer, learner, number)
            self.objectives[learner][number] = replace(
                held, trace=trace, unseen=held.unseen - (met == 0), asked=held.asked + 1, last_at=at
            )

    def _learn_of(self, learner: int, held: Objective, right: bool, good: bool, guess: float) -> None:
        """Move the learner’s ability by an answer to a question that was new, and keep what it tells of repeats."""
        level = self._desk.course.estimates[held.id]
        able = self._abilities[learner][held.topic]
        fresh, again = self._practice[learner, held.id]
        if held.trace is not None:
            days = (self.today - held.trace.last_day).days
            known = memory.retrievability(held.trace.state, days)
            self.foretold.append(Foretold(right, known, days, held.asked, guess))
            self.log.append(Practised(good, float(fresh), float(again), days, able.theta - level))
        able = ability.learn(able, right, difficulty=level, guess=guess, studied=held.trace is not None)
        self._abilities[learner][held.topic] = able
        objectives = self.objectives[learner]
        for number, one in enumerate(objectives):
            if one.topic == held.topic and one.trace is None:
                objectives[number] = replace(one, knows=ability.knows(able.theta, self._desk.course.estimates[number]))


def _moment(day: float, turn: int) -> dt.datetime:
    start = dt.datetime.combine(BEGINS, dt.time(8), dt.UTC)
    return start + dt.timedelta(days=day, seconds=turn % 36_000)
