"""What simulated learners truly know, in two families that share nothing with the engine’s model of memory.

`Activation`: every practice leaves a trace that fades as a power of time, the faster the more was still active when it
was laid (ACT-R with the spacing effect of Pavlik and Anderson 2005); knowing is a logistic function of the summed
traces. `Interference`: a fast store that fades exponentially and a slow one that fades as a mixture of an exponential
and a power; practice fills the slow one the better the emptier the fast one is and the more of the topic is known, and
takes a little from its neighbours.

Both hold arrays: learners × objectives. A question asked is one objective for each of some learners.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Constants = dict[str, Any]
MOMENT = 0.01
"""Days: nothing is closer together than a quarter of an hour."""


@dataclass(frozen=True)
class Course:
    """What there is to learn. `topic`, `guess`, `difficulty` (0 = middling): one for each objective; `needs`: its
    prerequisite or −1; `estimates`: what authors believe of the difficulty, in logits. Question number i of
    objective o is o·items + i."""

    topic: Ints
    guess: Floats
    difficulty: Floats
    needs: Ints
    estimates: tuple[float, ...]
    items: int
    seconds: float

    @property
    def objectives(self) -> int:
        return len(self.topic)


def make_course(constants: Constants, rng: np.random.Generator) -> Course:
    """A course drawn from the constants; a prerequisite is the objective before it in its topic."""
    told = constants["course"]
    per_topic = told["objectives_per_topic"]
    count = told["topics"] * per_topic
    topic = np.repeat(np.arange(told["topics"]), per_topic)
    guesses, shares = zip(*told["guesses"], strict=True)
    needs = np.where(rng.random(count) < told["prerequisite_share"], np.arange(count) - 1, -1)
    needs[::per_topic] = -1
    difficulty = rng.standard_normal(count)
    believed = np.clip(np.round(difficulty + told["authors_err"] * rng.standard_normal(count)), -1, 1)
    return Course(
        topic=topic,
        guess=rng.choice(np.array(guesses), size=count, p=np.array(shares)),
        difficulty=difficulty,
        needs=needs,
        estimates=tuple(believed.tolist()),
        items=told["items_per_objective"],
        seconds=float(told["seconds_per_item"]),
    )


class Truth(Protocol):
    """A population of learners."""

    course: Course
    learners: int

    def known(self, day: float) -> Floats:
        """The chance that each objective is known at that moment, learners × objectives."""

    def known_of(self, who: Ints, objective: Ints, day: float) -> Floats:
        """The same for one objective of each of some learners."""

    def practise(self, who: Ints, objective: Ints, day: float, strength: Floats) -> None:
        """One practice each; a strength of 1 is that of a right answer."""

    def known_if_practised(self, day: float, exam: float, strength: float) -> tuple[Floats, Floats]:
        """For each learner and objective what will be known at `exam` without and with a practice of `strength`
        on `day`."""


class Activation:
    """Power-law traces. See the module."""

    LONGEST = 64

    def __init__(self, course: Course, learners: int, constants: Constants, rng: np.random.Generator) -> None:
        self.course, self.learners = course, learners
        self._c = constants["activation"]
        self._floor = constants["teaching"]["without_prerequisites"]
        shape = (learners, course.objectives)
        self._decay = self._c["decay"] + self._c["decay_spread"] * rng.uniform(-1, 1, (learners, 1))
        ability = self._c["threshold_spread"] * rng.standard_normal((learners, 1))
        own = self._c["own_spread"] * rng.standard_normal(shape)
        self._threshold = self._c["threshold"] - ability + self._c["difficulty_spread"] * course.difficulty + own
        self._at = np.full((*shape, self.LONGEST), -1e9)
        self._strength = np.zeros((*shape, self.LONGEST))
        self._fading = np.zeros((*shape, self.LONGEST))
        self._n = np.zeros(shape, dtype=np.int64)
        before = rng.random(shape) < self._c["prior_share"] * np.exp(2 * ability)
        self._at[..., 0] = np.where(before, -self._c["prior_age"] * rng.uniform(0.5, 2, shape), -1e9)
        self._strength[..., 0] = np.where(before, rng.uniform(0.5, 2.5, shape), 0)
        self._fading[..., 0] = self._decay
        self._n[before] = 1

    def _sum(self, chosen: Any, day: float) -> Floats:
        used = max(int(self._n.max()), 1)
        since = np.maximum(day - self._at[chosen][..., :used], MOMENT)
        return np.asarray(
            (self._strength[chosen][..., :used] * since ** -self._fading[chosen][..., :used]).sum(axis=-1)
        )

    def _chance(self, total: Floats, threshold: Floats) -> Floats:
        active = np.log(np.maximum(total, 1e-9))
        return np.asarray(1 / (1 + np.exp(-(active - threshold) / self._c["noise"])))

    def known(self, day: float) -> Floats:
        return self._chance(self._sum(np.s_[:, :], day), self._threshold)

    def known_of(self, who: Ints, objective: Ints, day: float) -> Floats:
        return self._chance(self._sum((who, objective), day), self._threshold[who, objective])

    def practise(self, who: Ints, objective: Ints, day: float, strength: Floats) -> None:
        need = self.course.needs[objective]
        grasp = np.where(need >= 0, self._floor + (1 - self._floor) * self.known_of(who, np.maximum(need, 0), day), 1.0)
        active = self._sum((who, objective), day)
        place = self._n[who, objective]
        full = place >= self.LONGEST
        place = np.where(full, self.LONGEST - 1, place)
        self._at[who, objective, place] = day
        self._strength[who, objective, place] = strength * grasp
        self._fading[who, objective, place] = self._decay[who, 0] + self._c["spacing"] * np.minimum(active, 5.0)
        self._n[who, objective] = np.where(full, place, place) + 1

    def known_if_practised(self, day: float, exam: float, strength: float) -> tuple[Floats, Floats]:
        then, now = self._sum(np.s_[:, :], exam), self._sum(np.s_[:, :], day)
        need = self.course.needs
        known = self._chance(now, self._threshold)
        grasp = np.where(need >= 0, self._floor + (1 - self._floor) * known[:, np.maximum(need, 0)], 1.0)
        fading = self._decay + self._c["spacing"] * np.minimum(now, 5.0)
        more = then + strength * grasp * max(exam - day, MOMENT) ** -fading
        return self._chance(then, self._threshold), self._chance(more, self._threshold)


class Interference:
    """Two stores and neighbours that disturb each other. See the module."""

    def __init__(self, course: Course, learners: int, constants: Constants, rng: np.random.Generator) -> None:
        self.course, self.learners = course, learners
        self._c = constants["interference"]
        self._floor = constants["teaching"]["without_prerequisites"]
        shape = (learners, course.objectives)
        spread = self._c["slow_rate_spread"]
        own = self._c["own_spread"] * rng.standard_normal(shape)
        speed = np.exp(spread * (rng.standard_normal((learners, 1)) - course.difficulty) + own)
        self._rate = self._c["slow_rate"] * speed
        self._fast = np.zeros(shape)
        self._slow = np.where(
            rng.random(shape) < self._c["prior_share"] * np.minimum(speed, 2),
            rng.uniform(0, self._c["prior_level"], shape),
            0.0,
        )
        self._at = np.zeros(shape)
        self._settled = np.zeros(shape)
        self._same_topic = course.topic[:, None] == course.topic[None, :]

    def _stores(self, chosen: Any, day: float) -> tuple[Floats, Floats]:
        since = np.maximum(day - self._at[chosen], 0)
        fast = self._fast[chosen] * 0.5 ** (since / self._c["fast_half_life"])
        return fast, self._slow[chosen] * self._kept(since, self._settled[chosen])

    def _kept(self, since: Any, settled: Floats) -> Floats:
        """What is left of the slow store; spaced practice settles it."""
        c = self._c
        share = c["slow_exponential_share"] * c["settling_share"] ** settled
        power = (1 + since / c["slow_power_days"]) ** -(c["slow_power"] * c["settling_power"] ** settled)
        return np.asarray(share * np.exp(-since / c["slow_exponential_days"]) + (1 - share) * power)

    def known(self, day: float) -> Floats:
        fast, slow = self._stores(np.s_[:, :], day)
        return 1 - (1 - fast) * (1 - slow)

    def known_of(self, who: Ints, objective: Ints, day: float) -> Floats:
        fast, slow = self._stores((who, objective), day)
        return 1 - (1 - fast) * (1 - slow)

    def _grown(self, fast: Floats, slow: Floats, rate: Floats, grasp: Floats, schema: Floats, strength: Any) -> Any:
        c = self._c
        spaced = c["spacing_floor"] + (1 - c["spacing_floor"]) * (1 - fast)
        learned = np.minimum(rate * spaced * grasp * (c["schema_floor"] + c["schema_gain"] * schema) * strength, 0.9)
        return (
            fast + c["fast_gain"] * (1 - fast) * np.minimum(strength, 1),
            slow + learned * (1 - slow),
            spaced * strength,
        )

    def practise(self, who: Ints, objective: Ints, day: float, strength: Floats) -> None:
        fast, slow = self._stores((who, objective), day)
        need = self.course.needs[objective]
        grasp = np.where(need >= 0, self._floor + (1 - self._floor) * self.known_of(who, np.maximum(need, 0), day), 1.0)
        near = self._same_topic[objective]
        schema = (self._slow[who] * near).sum(axis=1) / near.sum(axis=1)
        grown = self._grown(fast, slow, self._rate[who, objective], grasp, schema, strength)
        near[np.arange(len(who)), objective] = False
        self._fast[who] *= 1 - self._c["siblings_fast_loss"] * near
        self._slow[who] *= 1 - self._c["siblings_slow_loss"] * near * (1 - schema[:, None])
        self._fast[who, objective], self._slow[who, objective] = grown[:2]
        self._settled[who, objective] += grown[2]
        self._at[who, objective] = day

    def known_if_practised(self, day: float, exam: float, strength: float) -> tuple[Floats, Floats]:
        fast, slow = self._stores(np.s_[:, :], day)
        known = 1 - (1 - fast) * (1 - slow)
        need = self.course.needs
        grasp = np.where(need >= 0, self._floor + (1 - self._floor) * known[:, np.maximum(need, 0)], 1.0)
        schema = (self._slow @ self._same_topic) / self._same_topic.sum(axis=1)
        grown_fast, grown_slow, settling = self._grown(fast, slow, self._rate, grasp, schema, strength)
        left = max(exam - day, 0.0)
        kept = self._kept(left, self._settled + settling)
        after = 1 - (1 - grown_fast * 0.5 ** (left / self._c["fast_half_life"])) * (1 - grown_slow * kept)
        return self.known(exam), after


FAMILIES: dict[str, type[Activation] | type[Interference]] = {"activation": Activation, "interference": Interference}
