"""Simulated learners: the worlds keep what they promise, and a small benchmark comes out as the large one did."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from quizapp.cli import quizapp
from quizapp.core import memory, repeats
from quizapp.core.grading import Rating
from quizapp.core.repeats import Repeats
from quizapp.evaluation import report
from quizapp.evaluation.engine import Engine
from quizapp.evaluation.policies import BASELINES, Oracle
from quizapp.evaluation.simulation import Run, Setting, recognised_chance, simulate
from quizapp.evaluation.truths import FAMILIES, Constants, make_course
from quizapp.services import folding


@pytest.fixture(scope="module")
def constants() -> Constants:
    """The real ones with a smaller course."""
    told = report.load_constants()
    return {**told, "course": {**told["course"], "topics": 3, "objectives_per_topic": 6}}


def study(
    policy: Any, constants: Constants, *, family: str = "activation", teach: str = "little", **changes: Any
) -> Run:
    setting = Setting("", family, teach, changes.get("days", 16), changes.get("minutes", 4))
    return simulate(setting, policy, constants, changes.get("learners", 12), changes.get("seed", 4))


class Always(Engine):
    """The engine where repeats are known to teach."""

    known_of_repeats = Repeats(1.0, 0.05)


@pytest.mark.parametrize("family", FAMILIES)
def test_knowledge_grows_by_practice_fades_with_time_and_is_a_chance(family: str, constants: Constants) -> None:
    course = make_course(constants, np.random.default_rng(1))
    truth = FAMILIES[family](course, 5, constants, np.random.default_rng(2))
    before, who = truth.known(0.0), np.arange(5)
    truth.practise(who, np.zeros(5, dtype=np.int64), 0.0, np.ones(5))
    at_once, later = truth.known(0.1), truth.known(30.0)
    assert (at_once[:, 0] > before[:, 0]).all()
    assert (later[:, 0] < at_once[:, 0]).all()
    assert ((before >= 0) & (before <= 1) & (at_once <= 1)).all()
    assert truth.known_of(who, np.zeros(5, dtype=np.int64), 0.1) == pytest.approx(at_once[:, 0])


@pytest.mark.parametrize("family", FAMILIES)
def test_the_oracle_foresees_what_a_practice_will_be_worth(family: str, constants: Constants) -> None:
    course = make_course(constants, np.random.default_rng(1))
    truth = FAMILIES[family](course, 4, constants, np.random.default_rng(2))
    without, foreseen = truth.known_if_practised(2.0, 20.0, 1.0)
    assert without == pytest.approx(truth.known(20.0))
    resting = int(np.flatnonzero(course.needs >= 0)[0])
    truth.practise(np.arange(4), np.full(4, resting), 2.0, np.ones(4))
    assert truth.known(20.0)[:, resting] == pytest.approx(foreseen[:, resting])


@pytest.mark.parametrize("family", FAMILIES)
def test_spaced_practice_is_worth_more_than_massed(family: str, constants: Constants) -> None:
    course = make_course(constants, np.random.default_rng(1))
    known = []
    for days in ((0.0, 0.01, 0.02), (0.0, 5.0, 10.0)):
        truth = FAMILIES[family](course, 6, constants, np.random.default_rng(2))
        for day in days:
            truth.practise(np.arange(6), np.zeros(6, dtype=np.int64), day, np.ones(6))
        known.append(truth.known(days[-1] + 30)[:, 0])
    assert (known[1] > known[0]).all()


def test_an_answer_is_recognised_after_it_was_met_and_less_with_time(constants: Constants) -> None:
    days = np.array([1.0, 10.0, 60.0])
    assert (np.diff(recognised_chance(constants, np.ones(3, dtype=np.int64), days)) < 0).all()
    assert (recognised_chance(constants, np.zeros(3, dtype=np.int64), days) == 0).all()


@pytest.mark.parametrize("policy", [*BASELINES.values(), Oracle, Engine], ids=[*BASELINES, "oracle", "engine"])
def test_every_policy_studies_the_same_minutes_and_does_it_again_alike(policy: Any, constants: Constants) -> None:
    first, second = (study(policy, constants, days=4, learners=3) for _ in range(2))
    assert (first.at_exam == second.at_exam).all()
    # A day goes on while there is time: it ends with the question that uses it up.
    assert (first.questions >= 4 * 4).all()
    assert (first.questions <= 4 * 4 / constants["answering"]["recognised_takes"] + 4).all()


def test_the_engine_knows_more_than_queues_of_questions_where_repeats_teach_little(constants: Constants) -> None:
    engine, cards = (study(one, constants) for one in (Engine, BASELINES[report.RANDOM_FSRS]))
    assert (engine.at_exam - cards.at_exam).mean() > 0.03


def test_an_engine_that_knows_that_repeats_teach_makes_use_of_it(constants: Constants) -> None:
    knowing, ignorant = (
        study(one, constants, teach="fully", minutes=2) for one in (Always, BASELINES[report.ROUND_ROBIN])
    )
    assert (knowing.at_exam - ignorant.at_exam).mean() > 0.03


def test_the_engine_learns_from_its_own_log_whether_repeats_teach(
    constants: Constants, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A course that lasts until a thousand answers have begun the trials would take a minute.
    monkeypatch.setattr(repeats, "FEWEST", 50)
    found = [
        report.engine_of(study(Engine, constants, teach=one, days=22, minutes=5, learners=30, seed=6)).repeats.teach
        for one in ("little", "fully")
    ]
    assert found[0] < 0.4 < 0.6 < found[1]


class Noted(Engine):
    """The engine, and all that it heard: (learner, item, right, good, met before, day)."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.heard: list[tuple[int, int, bool, bool, int, dt.date]] = []

    def hear(self, who: Any, item: Any, right: Any, good: Any, times: Any, days_since: Any) -> None:
        told = zip(*(values.tolist() for values in (who, item, right, good, times)), strict=True)
        self.heard += [(a, b, bool(c), bool(d), e, self.today) for a, b, c, d, e in told]
        super().hear(who, item, right, good, times, days_since)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_simulated_engine_believes_of_a_learner_what_the_program_would(family: str, constants: Constants) -> None:
    run = study(Noted, constants, family=family, days=25, minutes=6, learners=6)
    engine, course = run.policy, run.desk.course
    assert isinstance(engine, Noted)
    traces: dict[tuple[int, int], Any] = {}
    abilities: dict[tuple[int, int], Any] = {}
    for learner, item, right, good, met, day in engine.heard:
        number = item // course.items
        topic = int(course.topic[number])
        at = dt.datetime.combine(day, dt.time(12), dt.UTC)
        seen = folding.Seen(met, at, last_right=True) if met else None
        answer = folding.Logged(
            learner_id=learner,
            objective_id=number,
            earned=int(right),
            possible=1,
            rating=(Rating.GOOD if good else Rating.AGAIN).value,
            first_exposure=not met,
            variant=None,
            schedules=True,
            study_day=day,
            guess=float(course.guess[number]),
            difficulty=course.estimates[number],
            mode="review",
            at=at,
            answered=True,
        )
        before = folding.State(seen, traces.get((learner, number)), abilities.get((learner, topic)))
        after = folding.step(before, answer, continues=False, w=memory.DEFAULT_PARAMETERS)
        traces[learner, number], abilities[learner, topic] = after.trace, after.ability
    for (learner, topic), able in abilities.items():
        assert engine.ability(learner, topic) == able
    for (learner, number), trace in traces.items():
        held = engine.objectives[learner][number]
        assert held.trace is not None
        assert (held.trace.state, held.trace.due) == (trace.state, trace.due)


@pytest.mark.parametrize("family", FAMILIES)
def test_ability_stays_where_the_answers_before_study_put_it_though_memory_promises_too_much(
    family: str, constants: Constants
) -> None:
    """These learners keep less than memory promises. What they miss after study must not count against ability, which
    would sink for as long as they study: to −6 for most of them in these weeks."""
    run = study(Engine, constants, family=family, days=40, minutes=8, learners=5)
    abilities = [report.engine_of(run).ability(learner, topic) for learner in range(5) for topic in range(3)]
    assert max(abs(one.theta) for one in abilities) < 3
    assert {one.moves for one in abilities} == {6}, "each objective says once what was known of it before"
    assert min(one.answers for one in abilities) > 12


def test_a_policy_that_is_not_the_engine_is_not_taken_for_it(constants: Constants) -> None:
    with pytest.raises(TypeError):
        report.engine_of(study(BASELINES["random"], constants, days=1, learners=2))


def test_the_report_has_a_row_for_every_policy_and_the_drawing_no_script(
    constants: Constants, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small = {**constants, "settings": {"later_days": 9, "roomy": [4, 3], "tight": [4, 2]}}
    monkeypatch.setattr(report, "load_constants", lambda: small)
    target = tmp_path / "report.md"
    arguments = ["engine", "simulate", "--learners", "3", "--budget", "tight", "--to", str(target)]
    told = CliRunner().invoke(quizapp, arguments)
    assert told.exit_code == 0, told.output
    text, drawing = target.read_text("utf-8"), target.with_suffix(".svg").read_text("utf-8")
    assert text.count("\n## ") == 3 + 4
    for name in (*BASELINES, report.ENGINE, report.FIRST_TERM, report.ORACLE):
        assert text.count(f"\n| {name} |") == 4
        assert drawing.count(f">{name}<") == 2
    assert not re.search(r"\bnan\b|<script|style=", text + drawing)
    assert drawing.startswith("<svg ")
