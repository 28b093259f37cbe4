"""What does the learner know already? Questions chosen one by one, each for what it tells after the answers so far.

Adaptive testing by maximum information (Wainer 2000, Computerized Adaptive Testing: A Primer), spread over topics: the
next question is about the topic that is known least exactly, on an objective neither studied nor asked about yet, and
there the one whose answer tells most about ability. Of a studied objective an answer tells of memory, not of ability
(`core.ability`).
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from quizapp.core import ability
from quizapp.core.selection import Candidate

AT_MOST = 20
EXACT_ENOUGH = 0.6
"""Standard error of ability, in logits, at which a topic needs no further question."""


@dataclass(frozen=True)
class Gauge:
    """What is known of ability in one topic: θ, and the sum of information of the answers it rests on."""

    theta: float = 0.0
    information: float = 0.0

    @property
    def standard_error(self) -> float:
        return ability.standard_error(self.information)


def gauge(theta: float, answered: Iterable[Candidate]) -> Gauge:
    """How exactly ability is known after these questions."""
    return Gauge(theta, sum(_told(one, theta) for one in answered))


def next_question(
    candidates: Sequence[Candidate],
    gauges: Mapping[int, Gauge],
    *,
    asked: Collection[Candidate],
    rng: random.Random,
    studied: Collection[int] = (),
) -> Candidate | None:
    """The question that tells most; None once enough is known, or nothing new is left to ask.

    `gauges`: topic → what is known of it; a topic that is missing is not known at all. Only questions that are new to
    the learner tell anything. `asked`: the questions of this sitting so far, oldest first. `studied`: objectives in
    memory.
    """
    if len(asked) >= AT_MOST:
        return None
    barred = {one.item for one in asked} | {enemy for one in asked for enemy in one.enemies}
    met = {one.objective for one in asked} | set(studied)
    fresh = [one for one in candidates if one.new and one.item not in barred and one.objective not in met]
    open_topics = {one.topic for one in fresh if gauges.get(one.topic, Gauge()).standard_error > EXACT_ENOUGH}
    if not open_topics:
        return None
    last = list(asked)[-1].topic if asked else None
    elsewhere = sorted(open_topics - {last}) or sorted(open_topics)
    topic = max(elsewhere, key=lambda key: (gauges.get(key, Gauge()).standard_error, rng.random()))
    fit = [one for one in fresh if one.topic == topic]
    theta = gauges.get(topic, Gauge()).theta
    return max(fit, key=lambda one: (_told(one, theta), rng.random()))


def _told(one: Candidate, theta: float) -> float:
    return ability.information(theta, one.difficulty, one.guess, one.discrimination)
