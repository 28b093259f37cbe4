"""What the engine is compared with: the usual ways of choosing questions, and an oracle that knows the truth."""

from __future__ import annotations

import abc

import numpy as np

from quizapp.core import memory
from quizapp.core.grading import Rating
from quizapp.evaluation.simulation import NEVER, Desk, MakePolicy, recognised_chance
from quizapp.evaluation.truths import Constants, Floats, Ints, Truth


class _Base:
    def __init__(self, desk: Desk, truth: Truth, constants: Constants) -> None:
        self.desk, self.truth, self.constants = desk, truth, constants
        self.course = desk.course
        self.prepare()

    def prepare(self) -> None:
        """What the policy holds."""

    def begin_day(self) -> None:
        """Most policies do not care."""

    def hear(self, who: Ints, item: Ints, right: Floats, good: Floats, times: Ints, days_since: Ints) -> None:
        """Most policies do not care."""


class Random(_Base):
    """Any question."""

    def choose(self, who: Ints) -> Ints:
        return self.desk.rng.integers(self.desk.times.shape[1], size=len(who))


class RoundRobin(_Base):
    """Every objective in turn, unseen questions first."""

    def prepare(self) -> None:
        self._turns = np.zeros(self.desk.learners, dtype=np.int64)

    def choose(self, who: Ints) -> Ints:
        objective = self._turns[who] % self.course.objectives
        self._turns[who] += 1
        return self.desk.freshest(who, objective)


class TopicBlocked(_Base):
    """One topic after the other, the days shared out; within a topic every objective in turn."""

    def prepare(self) -> None:
        self._turns = np.zeros(self.desk.learners, dtype=np.int64)

    def begin_day(self) -> None:
        topics = int(self.course.topic.max()) + 1
        topic = self.desk.day * topics // self.desk.setting.days
        self._objectives = np.flatnonzero(self.course.topic == topic)

    def choose(self, who: Ints) -> Ints:
        objective = self._objectives[self._turns[who] % len(self._objectives)]
        self._turns[who] += 1
        return self.desk.freshest(who, objective)


class _Due(_Base, abc.ABC):
    """A queue of cards: what is due first, then new ones, then what is due soonest. Smaller keys come first."""

    NEW = 1e6
    LATER = 2e6

    @abc.abstractmethod
    def keys(self, who: Ints) -> Floats:
        """For each of some learners the key of every card."""

    def card(self, item: Ints) -> Ints:
        return item

    def question(self, who: Ints, card: Ints) -> Ints:
        return card

    def choose(self, who: Ints) -> Ints:
        return self.question(who, self.keys(who).argmin(axis=1))


class Leitner(_Due):
    """Boxes on questions: a right answer moves a card on, a wrong one back to the first box."""

    INTERVALS = np.array([1, 2, 4, 8, 16, 32])

    def prepare(self) -> None:
        shape = self.desk.times.shape
        self._box = np.zeros(shape, dtype=np.int64)
        self._due = np.full(shape, NEVER)
        self._order = self.desk.rng.permuted(np.tile(np.arange(shape[1]), (shape[0], 1)), axis=1)

    def keys(self, who: Ints) -> Floats:
        late = self._due[who] - self.desk.day
        seen = self.desk.times[who] > 0
        return np.where(seen, np.where(late <= 0, late, self.LATER + late), self.NEW + self._order[who])

    def hear(self, who: Ints, item: Ints, right: Floats, good: Floats, times: Ints, days_since: Ints) -> None:
        box = np.where(good, np.minimum(self._box[who, item] + 1, len(self.INTERVALS) - 1), 0)
        self._box[who, item] = box
        self._due[who, item] = self.desk.day + self.INTERVALS[box]


class SM2(_Due):
    """SuperMemo 2 on questions (Wozniak 1990): 1 day, 6 days, then by the easiness of the card."""

    def prepare(self) -> None:
        shape = self.desk.times.shape
        self._ease, self._interval = np.full(shape, 2.5), np.zeros(shape)
        self._streak = np.zeros(shape, dtype=np.int64)
        self._due = np.full(shape, NEVER)
        self._order = self.desk.rng.permuted(np.tile(np.arange(shape[1]), (shape[0], 1)), axis=1)

    keys = Leitner.keys

    def hear(self, who: Ints, item: Ints, right: Floats, good: Floats, times: Ints, days_since: Ints) -> None:
        streak = np.where(good, self._streak[who, item] + 1, 0)
        quality = np.where(good, 4, 2)
        ease = self._ease[who, item] + 0.1 - (5 - quality) * (0.08 + (5 - quality) * 0.02)
        self._ease[who, item] = np.maximum(np.where(good, ease, self._ease[who, item]), 1.3)
        grown = np.ceil(self._interval[who, item] * self._ease[who, item])
        interval = np.where(streak <= 1, 1, np.where(streak == 2, 6, grown))
        self._streak[who, item], self._interval[who, item] = streak, interval
        self._due[who, item] = self.desk.day + interval.astype(np.int64)


class _Fsrs(_Due):
    """FSRS-6 on cards: due below a recall of nine tenths, the most forgotten first."""

    cards_are_objectives = False

    def prepare(self) -> None:
        cards = self.course.objectives if self.cards_are_objectives else self.desk.times.shape[1]
        shape = (self.desk.learners, cards)
        self._stability, self._hardness = np.full(shape, np.nan), np.full(shape, np.nan)
        self._last = np.full(shape, NEVER)
        self._order = self.order(shape)

    def order(self, shape: tuple[int, int]) -> Floats:
        """Where each new card stands in the line of new ones."""
        return np.tile(np.arange(shape[1], dtype=np.float64), (shape[0], 1))

    def first(self, who: Ints) -> Floats | None:
        """Cards to be taken before anything that is due."""
        return None

    def keys(self, who: Ints) -> Floats:
        with np.errstate(invalid="ignore"):
            elapsed = self.desk.day - self._last[who]
            w = memory.DEFAULT_PARAMETERS
            recall = (1 + (0.9 ** (-1 / w[20]) - 1) * elapsed / self._stability[who]) ** -w[20]
        new = self._last[who] == NEVER
        keys = np.where(new, self.NEW + self._order[who], np.where(recall <= 0.9, recall - 10, self.LATER + recall))
        keys = np.where(~new & (elapsed == 0), self.LATER + 10 + keys, keys)
        before = self.first(who)
        return keys if before is None else np.where(before & new, -1e6 + self._order[who], keys)

    def hear(self, who: Ints, item: Ints, right: Floats, good: Floats, times: Ints, days_since: Ints) -> None:
        for one, card, was_good in zip(who.tolist(), self.card(item).tolist(), good.tolist(), strict=True):
            rating = Rating.GOOD if was_good else Rating.AGAIN
            last = self._last[one, card]
            if last == NEVER:
                state = memory.begin(rating)
            else:
                held = memory.State(float(self._stability[one, card]), float(self._hardness[one, card]))
                state = memory.review(held, rating, int(self.desk.day - last))
            self._stability[one, card], self._hardness[one, card] = state.stability_days, state.difficulty
            self._last[one, card] = self.desk.day


class FsrsItems(_Fsrs):
    """On questions, new ones in the order of the bank."""


class FsrsItemsRandom(_Fsrs):
    """On questions, new ones in random order."""

    def order(self, shape: tuple[int, int]) -> Floats:
        return self.desk.rng.permuted(np.tile(np.arange(shape[1], dtype=np.float64), (shape[0], 1)), axis=1)


class FsrsItemsCoverage(_Fsrs):
    """On questions, one of every objective before anything is repeated, then a second of each …"""

    def order(self, shape: tuple[int, int]) -> Floats:
        item = np.arange(shape[1])
        line = item % self.course.items * self.course.objectives + item // self.course.items
        return np.tile(line.astype(np.float64), (shape[0], 1))

    def first(self, who: Ints) -> Floats:
        seen = self.desk.times[who].reshape(len(who), self.course.objectives, self.course.items).sum(axis=2) > 0
        return np.repeat(~seen, self.course.items, axis=1)


class FsrsObjectives(_Fsrs):
    """On objectives, unseen questions first: the due queue that most schedulers would be."""

    cards_are_objectives = True

    def card(self, item: Ints) -> Ints:
        return item // self.course.items

    def question(self, who: Ints, card: Ints) -> Ints:
        return self.desk.freshest(who, card)


class Oracle(_Base):
    """Knows what everybody knows, and takes the objective whose practice adds most on the exam day, a second."""

    def begin_day(self) -> None:
        self._rank()
        self._asked = np.zeros(self._gain.shape, dtype=bool)

    def _rank(self) -> None:
        day, exam, teaching = float(self.desk.day), float(self.desk.setting.days), self.constants["teaching"]
        known = self.truth.known(day)
        without, right = self.truth.known_if_practised(day, exam, teaching["right"])
        _, taught = self.truth.known_if_practised(day, exam, teaching["feedback"])
        gain = known * right + (1 - known) * taught - without
        course = self.course
        shape = (self.desk.learners, course.objectives, course.items)
        times = self.desk.times.reshape(shape)
        met = recognised_chance(self.constants, times, day - self.desk.last_day.reshape(shape))
        _, repeated = self.truth.known_if_practised(
            day, exam, teaching[f"recognised_{self.desk.setting.repeats_teach}"]
        )
        takes = self.constants["answering"]["recognised_takes"]
        rate = ((1 - met) * gain[..., None] + met * (repeated - without)[..., None]) / (1 - met + met * takes)
        self._item = rate.argmax(axis=2)
        self._gain = rate.max(axis=2)

    def choose(self, who: Ints) -> Ints:
        gain = np.where(self._asked[who], -1e6 + self._gain[who], self._gain[who])
        objective = gain.argmax(axis=1)
        self._asked[who, objective] = True
        return np.asarray(objective * self.course.items + self._item[who, objective])


BASELINES: dict[str, MakePolicy] = {
    "random": Random,
    "topic-blocked": TopicBlocked,
    "Leitner on questions": Leitner,
    "SM-2 on questions": SM2,
    "FSRS on questions, bank order": FsrsItems,
    "FSRS on questions, random order": FsrsItemsRandom,
    "FSRS on questions, coverage first": FsrsItemsCoverage,
    "round robin over objectives": RoundRobin,
    "FSRS due queue on objectives": FsrsObjectives,
}
