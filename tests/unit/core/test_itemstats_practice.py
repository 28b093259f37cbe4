"""Figures from counters: recomputed from the answers themselves, and what authors are told of them."""

from __future__ import annotations

import itertools
import math
import random
import statistics
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from quizapp.core.itemstats import drift, intervals, practice, tallies, verdicts
from quizapp.core.itemstats.tallies import NOTHING, Answer, Tallied, tally
from quizapp.core.itemstats.verdicts import Kind, State

KEYS = {"a": True, "b": False, "c": False, "d": False}


def add(answers: list[Answer]) -> dict[str, Tallied]:
    """The counters of these answers by class, over all months."""
    sums: dict[str, Counter[str]] = {}
    for answer in answers:
        for (name, month, _, _), added in tally(answer):
            if month == tallies.EVER:
                sums.setdefault(name, Counter()).update(added)
    return {name: Tallied.of([found[column] for column in tallies.COLUMNS]) for name, found in sums.items()}


def answered(
    n: int,
    choose: Callable[[float, random.Random], str],
    *,
    key: str = "a",
    seed: int = 1,
    mean: float = 0.0,
    seconds: float = 30,
) -> list[Answer]:
    """n learners around `mean` logits, each choosing by ability."""
    rng = random.Random(seed)
    found = []
    for _ in range(n):
        ability = rng.gauss(mean, 1)
        name = choose(ability, rng)
        found.append(
            Answer(
                (name,),
                int(name == key),
                1,
                round(100 * ability),
                int(1000 * seconds * math.exp(rng.gauss(0, 0.4))),
                "practice",
                0,
                202611,
            )
        )
    return found


def knows(ability: float, rng: random.Random, difficulty: float = 0.0) -> str:
    """The key with the chance of knowing it, else any option."""
    return "a" if rng.random() < 1 / (1 + math.exp(difficulty - ability)) else rng.choice("abcd")


def told(answers: list[Answer], *, expected_ms: int | None = 60_000, drifted: bool = False) -> verdicts.Verdict:
    counters = add(answers)
    whole = counters.get("", NOTHING)
    return verdicts.judge(
        [
            verdicts.Figures(
                "1",
                whole.answers,
                practice.facility(whole),
                practice.discrimination(whole),
                practice.options(whole, counters, KEYS),
                practice.median_ms(whole),
                expected_ms,
                drifted,
            )
        ]
    )


def kinds(verdict: verdicts.Verdict) -> list[Kind]:
    return [finding.kind for finding in verdict.findings]


def test_the_figures_are_those_of_a_straightforward_recomputation() -> None:
    answers = answered(1_000, knows)
    unknown = [Answer(("a",), 1, 1, None, None, "practice", 0, 202611)] * 50
    counters = add(answers + unknown)
    whole = counters[""]
    facility, discrimination = practice.facility(whole), practice.discrimination(whole)
    assert facility is not None
    assert discrimination is not None
    marks = [answer.earned for answer in answers]
    assert facility.value == pytest.approx((sum(marks) + 50) / 1_050)
    assert facility.n == 1_050
    abilities = [answer.ability for answer in answers]
    assert discrimination.value == pytest.approx(np.corrcoef(marks, np.array(abilities, dtype=float))[0, 1])
    assert discrimination.n == 1_000
    for option in practice.options(whole, counters, KEYS):
        chose = [answer for answer in answers + unknown if option.name in answer.classes]
        placed = [answer.ability for answer in chose if answer.ability is not None]
        assert option.chosen.value == pytest.approx(len(chose) / 1_050)
        assert option.ability == pytest.approx(statistics.mean(placed) / 100)
    median = practice.median_ms(whole)
    assert median == pytest.approx(statistics.median(a.elapsed_ms for a in answers if a.elapsed_ms), rel=0.1)


def test_marks_in_part_count_as_shares_of_marks() -> None:
    answers = [
        Answer((), earned, 4, ability, None, "exam", 0, 202611) for earned, ability in ((4, 50), (2, 0), (0, -9))
    ]
    counters = add(answers)
    facility = practice.facility(counters[""])
    assert facility is not None
    assert (facility.value, facility.n) == (0.5, 3)
    assert practice.discrimination(counters[""]) is None, "three are too few for an interval"


def test_nothing_is_known_of_a_question_without_answers() -> None:
    assert practice.facility(NOTHING) is None
    assert practice.discrimination(NOTHING) is None
    assert practice.median_ms(NOTHING) is None
    assert practice.options(NOTHING, {}, KEYS) == ()
    assert practice.bands(NOTHING, {}) == ()


def test_wilson_and_fisher_by_known_values() -> None:
    half = intervals.share(5, 10)
    assert (half.low, half.high) == (pytest.approx(0.2366, abs=1e-4), pytest.approx(0.7634, abs=1e-4))
    none = intervals.share(0, 30)
    assert (none.low, none.high) == (0, pytest.approx(0.1135, abs=1e-4))
    r = intervals.correlation(0.5, 30)
    assert r is not None
    assert (r.low, r.high) == (pytest.approx(0.170, abs=1e-3), pytest.approx(0.729, abs=1e-3))
    assert intervals.correlation(0.5, 3) is None
    assert intervals.correlation(-1.0, 9) == intervals.Figure(-1.0, -1.0, -1.0, 9)


def test_holm_by_hand() -> None:
    assert intervals.holm([0.01, 0.04, 0.03, 0.005]) == [
        pytest.approx(0.03), pytest.approx(0.06), pytest.approx(0.06), pytest.approx(0.02),
    ]  # fmt: skip
    assert intervals.holm([]) == []


def test_fifths_hold_about_a_fifth_each_and_together_everybody() -> None:
    counters = add(answered(5_000, knows))
    found = practice.bands(counters[""], counters)
    assert len(found) == practice.FIFTHS
    assert sum(band.n for band in found) == 5_000
    assert all(700 <= band.n <= 1_300 for band in found), [band.n for band in found]
    assert (found[0].low, found[-1].high) == (None, None)
    assert all(one.high == following.low for one, following in itertools.pairwise(found))
    shares = [band.chose["a"] for band in found]
    assert shares == sorted(shares), "the abler, the more often right"


def test_learners_who_are_all_alike_are_one_group() -> None:
    counters = add([Answer(("a",), 1, 1, 3, None, "practice", 0, 202611)] * 40)
    (band,) = practice.bands(counters[""], counters)
    assert band.n == 40


def test_a_sound_question_works_well() -> None:
    assert told(answered(300, knows)) == verdicts.Verdict(State.GOOD, ())


def test_nothing_is_said_below_thirty_answers() -> None:
    assert told(answered(29, lambda *_: "d")).state is State.FEW
    assert told(answered(30, lambda *_: "d")).state is State.LOOK


def test_a_key_set_wrong_is_found() -> None:
    """The true answer is a, the key says b."""
    wrong = answered(150, knows, key="b")
    counters = add(wrong)
    found = practice.options(counters[""], counters, {"a": False, "b": True, "c": False, "d": False})
    assert [option.name for option in found if option.strong] == ["a"]


def test_a_sound_question_is_hardly_ever_taken_for_one_with_a_wrong_key() -> None:
    alarms = sum(Kind.MISKEYED in kinds(told(answered(80, knows, seed=seed))) for seed in range(50))
    assert alarms == 0
    # Even where choosing has nothing to do with ability, the alarm is raised for about one question in a hundred.
    blind = sum(
        Kind.MISKEYED in kinds(told(answered(200, lambda _, rng: rng.choice("abcd"), seed=seed))) for seed in range(50)
    )
    assert blind <= 4


@pytest.mark.parametrize(
    ("choose", "kind"),
    [
        (lambda ability, rng: "a" if rng.random() < 1 / (1 + math.exp(2 * ability)) else "b", Kind.NEGATIVE),
        (lambda _, rng: "a" if rng.random() < 0.1 else rng.choice("bcd"), Kind.HARD),
        (lambda _, rng: "b" if rng.random() < 0.02 else "a", Kind.EASY),
    ],
)
def test_each_flaw_is_named(choose: Callable[[float, random.Random], str], kind: Kind) -> None:
    verdict = told(answered(400, choose))
    assert verdict.state is State.LOOK
    assert kind in kinds(verdict)


def test_an_unused_distractor_is_named_but_the_question_works() -> None:
    verdict = told(answered(400, lambda ability, rng: {"d": "c"}.get(chosen := knows(ability, rng), chosen)))
    assert verdict.state is State.GOOD
    ((finding),) = verdict.findings
    assert (finding.kind, finding.classes) == (Kind.UNUSED, ("d",))


def test_time_and_drift_are_looked_at() -> None:
    slow = told(answered(400, knows, seconds=150))
    assert kinds(slow) == [Kind.SLOW]
    assert kinds(told(answered(400, knows, seconds=150), expected_ms=None)) == []
    assert kinds(told(answered(400, knows), drifted=True)) == [Kind.DRIFT]


def test_the_gravest_comes_first() -> None:
    verdict = told(answered(400, lambda *_: "d", seconds=150))
    assert kinds(verdict) == [Kind.HARD, Kind.SLOW, Kind.UNUSED]
    assert verdict.attention > told(answered(400, knows, seconds=150)).attention > (0, 0)


def strata(answers: list[Answer]) -> tuple[drift.Stratum, ...]:
    counters = add(answers)
    return drift.strata(counters.get("", NOTHING), counters.get("*", NOTHING))


def shifted(groups: Mapping[str, list[Answer]]) -> dict[str, drift.Shift[str]]:
    return {shift.group: shift for shift in drift.shifts({name: strata(held) for name, held in groups.items()})}


def test_strata_hold_everybody() -> None:
    answers = answered(500, knows) + [Answer(("a",), 1, 1, None, None, "practice", 0, 202611)] * 9
    found = strata(answers)
    assert sum(n for _, n in found) == 509
    assert sum(right for right, _ in found) == sum(answer.earned for answer in answers)
    assert found[-1] == (9, 9)


def test_an_abler_cohort_is_no_drift_but_a_leaked_answer_is() -> None:
    groups = {
        "weak": answered(400, knows, seed=1, mean=-0.7),
        "strong": answered(400, knows, seed=2, mean=0.7),
        "third": answered(400, knows, seed=3),
    }
    assert not any(shift.drifted for shift in shifted(groups).values())
    groups["leaked"] = answered(400, lambda ability, rng: knows(ability, rng, -1.5), seed=4)
    found = shifted(groups)
    assert found["leaked"].drifted
    odds = found["leaked"].odds
    assert odds is not None
    assert odds.low > 1
    assert odds.value == pytest.approx(math.exp(1.5), rel=0.5)


def test_the_common_odds_ratio_by_hand() -> None:
    focal, reference = ((30, 40), (10, 20)), ((20, 40), (5, 20))
    (shift, _) = drift.shifts({"focal": focal, "reference": reference})
    r = 30 * 20 / 80 + 10 * 15 / 40
    s = 10 * 20 / 80 + 10 * 5 / 40
    assert shift.odds is not None
    assert shift.odds.value == pytest.approx(r / s)
    assert shift.odds.low < shift.odds.value < shift.odds.high


def test_months_of_chance_alone_are_seldom_called_drift() -> None:
    rng = random.Random(5)
    alarms = 0
    for _ in range(20):
        groups = {month: strata(answered(50, knows, seed=rng.getrandbits(32))) for month in range(8)}
        alarms += any(shift.drifted for shift in drift.shifts(groups))
    assert alarms <= 3, "about one in twenty, however many months are looked at"


def test_a_group_that_was_right_throughout_is_held_against_the_others_all_the_same() -> None:
    groups = {"first": strata(answered(200, knows, seed=1)), "told": strata(answered(60, lambda *_: "a", seed=2))}
    told = {shift.group: shift for shift in drift.shifts(groups)}["told"]
    assert told.odds is not None
    assert (told.drifted, told.odds.low > 1) == (True, True)


def test_small_groups_and_groups_that_cannot_be_compared() -> None:
    assert drift.shifts({"one": ((20, 40),), "few": ((1, 29),)}) == ()
    (shift, _) = drift.shifts({"here": ((20, 40), (0, 0)), "there": ((0, 0), (20, 40))})
    assert (shift.odds, shift.p, shift.drifted) == (None, None, False)
