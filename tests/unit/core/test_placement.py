"""Placement asks what tells most, spreads over topics, and stops."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

from quizapp.core import ability, placement
from quizapp.core.ability import Ability
from quizapp.core.placement import AT_MOST, Gauge
from quizapp.core.selection import Candidate


def pool(topics: int = 4, objectives: int = 10, each: int = 4) -> list[Candidate]:
    return [
        Candidate(
            item=100 * topic + 10 * objective + number,
            objective=10 * topic + objective,
            topic=topic,
            seconds=60,
            difficulty=number - 1.5,
            guess=0.2,
        )
        for topic in range(topics)
        for objective in range(objectives)
        for number in range(each)
    ]


def ask_through(candidates: list[Candidate], truth: dict[int, float], seed: int = 1) -> tuple[list[Candidate], Ability]:
    """A learner with these abilities answers to the end; the ability of topic 0 as it is then known."""
    rng = random.Random(seed)
    asked: list[Candidate] = []
    held = {topic: Ability() for topic in truth}
    while True:
        gauges = {
            topic: placement.gauge(held[topic].theta, [one for one in asked if one.topic == topic]) for topic in truth
        }
        found = placement.next_question(candidates, gauges, asked=asked, rng=rng)
        if found is None:
            return asked, held[0]
        asked.append(found)
        right = rng.random() < ability.chance_of_right(ability.knows(truth[found.topic], found.difficulty), found.guess)
        held[found.topic] = ability.learn(
            held[found.topic], right, difficulty=found.difficulty, guess=found.guess, studied=False
        )


def test_it_stops_at_its_limit_with_every_topic_asked_alike_and_none_twice_running() -> None:
    asked, _ = ask_through(pool(), dict.fromkeys(range(4), 0.0))
    assert len(asked) == AT_MOST
    assert [sum(one.topic == topic for one in asked) for topic in range(4)] == [5, 5, 5, 5]
    assert all(before.topic != after.topic for before, after in itertools.pairwise(asked))
    assert len({one.objective for one in asked}) == AT_MOST


def test_it_stops_sooner_once_ability_is_known_exactly_enough() -> None:
    telling = [replace(one, discrimination=2.5, guess=0.0, difficulty=0.0) for one in pool(topics=1, objectives=30)]
    asked, _ = ask_through(telling, {0: 0.0})
    assert 0 < len(asked) < AT_MOST


def test_a_strong_learner_is_asked_harder_questions_than_a_weak_one() -> None:
    means = []
    for theta in (2.0, -2.0):
        asked, _ = ask_through(pool(topics=1, objectives=30), {0: theta})
        means.append(sum(one.difficulty for one in asked[8:]) / len(asked[8:]))
    assert means[0] > means[1] + 0.5


def test_it_tells_the_strong_from_the_weak() -> None:
    strong, weak = (
        sum(ask_through(pool(topics=1, objectives=30), {0: theta}, seed)[1].theta for seed in range(40)) / 40
        for theta in (1.5, -1.5)
    )
    assert strong > 0.8
    assert weak < -0.8


def test_an_objective_is_asked_about_once_and_none_that_was_studied() -> None:
    rng, one = random.Random(3), pool(topics=1, objectives=1)
    first = placement.next_question(one, {}, asked=(), rng=rng)
    assert first is not None
    assert placement.next_question(one, {}, asked=[first], rng=rng) is None
    studied = range(9)
    for _ in range(20):
        found = placement.next_question(pool(topics=1), {}, asked=(), rng=rng, studied=studied)
        assert found is not None
        assert found.objective == 9
    assert placement.next_question(pool(topics=1), {}, asked=(), rng=rng, studied=range(10)) is None


def test_only_new_questions_are_asked_and_no_two_enemies() -> None:
    rng = random.Random(3)
    met = [replace(one, times_seen=1) for one in pool()]
    assert placement.next_question(met, {}, asked=(), rng=rng) is None
    first, *rest = pool(topics=1, objectives=3, each=1)
    foes = replace(first, enemies=frozenset(one.item for one in rest))
    assert placement.next_question([foes, *rest], {0: Gauge()}, asked=[foes], rng=rng) is None
