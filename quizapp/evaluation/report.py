"""The benchmark as Markdown and a drawing: every policy in every setting, in pairs with the engine."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from quizapp.core import correction, planning, repeats, selection
from quizapp.core.correction import Correction
from quizapp.core.repeats import Repeats
from quizapp.evaluation import claims
from quizapp.evaluation.claims import Claims
from quizapp.evaluation.engine import Engine
from quizapp.evaluation.policies import BASELINES, Oracle
from quizapp.evaluation.simulation import MakePolicy, Run, Setting, simulate
from quizapp.evaluation.truths import FAMILIES, Constants, Floats

CONSTANTS = Path(__file__).parent / "constants.toml"
FIRST_TERM = "the engine, first term"
ENGINE = "the engine, second term"
ORACLE = "greedy oracle"
ROUND_ROBIN = "round robin over objectives"
RANDOM_FSRS = "FSRS on questions, random order"
ON_QUESTIONS = tuple(name for name in BASELINES if "on questions" in name)
PILOT = 1_000_000
"""Added to a seed for the term before."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """A policy in a setting: shares of the objectives known at the examination and later, one for each learner."""

    at_exam: Floats
    later: Floats
    questions: float


@dataclass(frozen=True)
class Measured:
    """A setting with every policy, the claims of the engine as the rule has it and with the recall corrected from the
    log, and what the log of the term before said of repeats."""

    setting: Setting
    results: Mapping[str, Result]
    plain: Claims
    corrected: Claims
    repeats: Repeats


def load_constants() -> Constants:
    """The constants as frozen."""
    return tomllib.loads(CONSTANTS.read_text("utf-8"))


def settings(constants: Constants, budgets: tuple[str, ...] = ("roomy", "tight", "long")) -> list[Setting]:
    """Every family with every budget, where remembered repeats teach little and where they teach fully."""
    return [
        Setting(f"{family}, repeats teach {teach}, {budget}", family, teach, *constants["settings"][budget])
        for budget in budgets
        for family in FAMILIES
        for teach in ("little", "fully")
    ]


@dataclass(frozen=True)
class Before:
    """What the log of the term before said: of repeats, and how far the chance of recall was off."""

    repeats: Repeats
    correction: Correction


def term_before(family: str, teach: str, constants: Constants, learners: int, seeds: Sequence[int]) -> Before:
    """Let other learners study the courses of these seeds with plenty of time, and read the log of all of them."""
    setting = Setting("before", family, teach, *constants["settings"]["roomy"])
    engines = [engine_of(simulate(setting, Engine, constants, learners, seed, people=seed + PILOT)) for seed in seeds]
    return Before(
        repeats.estimate([answer for engine in engines for answer in engine.log]),
        correction.estimate([told for engine in engines for told in engine.foretold]).correction,
    )


def measure(setting: Setting, constants: Constants, learners: int, seeds: Sequence[int], before: Before) -> Measured:
    """All policies in one setting, on the same courses, learners and luck."""
    results: dict[str, Result] = {}
    for name, make in {**BASELINES, FIRST_TERM: Engine, ORACLE: Oracle}.items():
        results[name] = _result([simulate(setting, make, constants, learners, one) for one in seeds])
    runs: list[Run] = []
    plain: list[Claims] = []
    corrected: list[Claims] = []
    for one in seeds:
        run = simulate(setting, _second_term(before.repeats), constants, learners, one)
        runs.append(run)
        guess = run.desk.course.guess
        for found, applied in ((plain, correction.NONE), (corrected, before.correction)):
            found.append(claims.examine(engine_of(run), run.known, guess, constants, applied))
    results[ENGINE] = _result(runs)
    return Measured(setting, results, _pooled(plain), _pooled(corrected), before.repeats)


def engine_of(run: Run) -> Engine:
    """The engine behind a run that was made with it."""
    if not isinstance(run.policy, Engine):
        raise TypeError("another policy chose in this run")
    return run.policy


def _second_term(told: Repeats) -> MakePolicy:
    class SecondTerm(Engine):
        known_of_repeats = told

    return SecondTerm


def _result(runs: list[Run]) -> Result:
    return Result(
        np.concatenate([run.at_exam for run in runs]),
        np.concatenate([run.later for run in runs]),
        float(np.concatenate([run.questions for run in runs]).mean()),
    )


def _pooled(found: list[Claims]) -> Claims:
    """The mean over courses, of the claims weighted by their number."""
    weight = np.array([one.claimed for one in found])
    told: dict[str, float] = {}
    for name in ("claimed", "false", "doubtful", "found", "promised", "true"):
        values = np.array([getattr(one, name) for one in found])
        weights = weight if name in ("false", "doubtful") else np.ones(len(found))
        kept = ~np.isnan(values)
        told[name] = float(np.average(values[kept], weights=weights[kept])) if weights[kept].sum() else float("nan")
    return replace(found[0], **told)


def mean_and_reach(values: Floats) -> tuple[float, float]:
    """The mean with half the width of its 95 % interval."""
    reach = 1.96 * float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else float("nan")
    return float(values.mean()), reach


def markdown(measured: list[Measured], constants: Constants, courses: int, learners: int, seed: int) -> str:
    """The whole report, with the command that makes it again."""
    return "\n".join(_lines(measured, constants, courses, learners, seed)) + "\n"


def _lines(measured: list[Measured], constants: Constants, courses: int, learners: int, seed: int) -> Iterator[str]:
    digest = hashlib.sha256(CONSTANTS.read_bytes()).hexdigest()
    budgets = "".join(
        f" --budget {name}" for name in dict.fromkeys(one.setting.name.rpartition(", ")[2] for one in measured)
    )
    command = f"quizapp engine simulate --courses {courses} --learners {learners} --seed {seed}{budgets}"
    yield "# What the engine gains\n"
    yield f"Written by `{command}`, by hand nothing. What it means stands in [engine.md](engine.md).\n"
    yield (
        f"{courses} courses with {learners} learners each study the same minutes a day under every policy, with the "
        f"same luck. Constants: `quizapp/evaluation/constants.toml`, SHA-256 `{digest[:16]}…`. The engine’s own: "
        f"rounds {planning.ROUNDS}, retests {planning.RETEST_SHARE}, fresh for {selection.FRESH_FOR.days} day, worth "
        f"repeating from {repeats.WORTH_REPEATING}, trial {repeats.TRIAL_SHARE}. In its first term the engine knows "
        f"nothing of repeats; the second begins with the log of other learners of the same courses, "
        f"{constants['final']['pilot_learners']} in each at most, who studied with plenty of time."
    )
    yield "\n![Knowledge of unseen questions at the examination, by policy and setting](engine-report.svg)"
    yield "\n## In short\n"
    yield "Differences in what is known at the examination, in points of a hundred, with 95 % intervals."
    yield "The engine is that of the second term; the tables below have both.\n"
    yield (
        "| setting | engine − FSRS on questions, random order | engine − round robin | engine − best on questions | "
        "oracle − round robin |\n|---|---|---|---|---|"
    )
    for one in measured:
        yield f"| {one.setting.name} | " + " | ".join(_differences(one)) + " |"
    yield "\n## Claims of mastery\n"
    yield (
        "On the day of the examination. False: the objective is more likely not known than known. Doubtful: the chance "
        "of a new question right is below the promised 0.8. Found: of the objectives that keep the promise, those "
        "claimed. Corrected: with the chance of recall corrected from the log of the term before.\n"
    )
    yield "| setting | rule | claimed | false | doubtful | found | promised | true |\n|---|---|---|---|---|---|---|---|"
    for one in measured:
        for rule, told in (("as it is", one.plain), ("corrected", one.corrected)):
            figures = (told.claimed, told.false, told.doubtful, told.found, told.promised, told.true)
            yield f"| {one.setting.name} | {rule} | " + " | ".join(_percent(figure) for figure in figures) + " |"
    yield "\n## What the log said of repeats\n"
    yield "Estimated from the term before: what a remembered repeat teaches, in right answers to new questions.\n"
    yield "| family | truth | estimate | standard error |\n|---|---|---|---|"
    for one in {(each.setting.family, each.setting.repeats_teach): each for each in measured}.values():
        truth = constants["teaching"][f"recognised_{one.setting.repeats_teach}"]
        yield f"| {one.setting.family} | {truth} | {one.repeats.teach:.2f} | {one.repeats.doubt:.2f} |"
    for one in measured:
        yield from _table(one, constants)


def _differences(one: Measured) -> list[str]:
    engine = one.results[ENGINE].at_exam
    best = max(ON_QUESTIONS, key=lambda name: one.results[name].at_exam.mean())
    cells = [_signed(engine - one.results[name].at_exam) for name in (RANDOM_FSRS, ROUND_ROBIN, best)]
    cells[-1] += f" ({best.removesuffix(' on questions').replace(' on questions', '')})"
    return [*cells, _signed(one.results[ORACLE].at_exam - one.results[ROUND_ROBIN].at_exam)]


def _table(one: Measured, constants: Constants) -> Iterator[str]:
    later = constants["settings"]["later_days"]
    yield f"\n## {one.setting.name.capitalize()}\n"
    yield f"{one.setting.days} days, {one.setting.minutes:g} minutes a day. Shares in %.\n"
    yield f"| policy | at the examination | {later} days later | engine − policy | questions |\n|---|---|---|---|---|"
    engine = one.results[ENGINE]
    for name, result in sorted(one.results.items(), key=lambda pair: -pair[1].at_exam.mean()):
        at_exam, later_on = (_plain(values) for values in (result.at_exam, result.later))
        difference = "" if name == ENGINE else _signed(engine.at_exam - result.at_exam)
        yield f"| {name} | {at_exam} | {later_on} | {difference} | {result.questions:.0f} |"


def _plain(values: Floats) -> str:
    mean, reach = mean_and_reach(values)
    return f"{100 * mean:.1f} ± {100 * reach:.1f}"


def _signed(values: Floats) -> str:
    mean, reach = mean_and_reach(values)
    return f"{100 * mean:+.1f} ± {100 * reach:.1f}".replace("-", "−")


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"


def drawing(measured: list[Measured]) -> str:
    """An SVG without a script: a panel for each setting, a dot with its interval for each policy."""
    names = [*BASELINES, ORACLE, FIRST_TERM, ENGINE]
    left, width, line, top = 236, 300, 17, 40
    height = top + line * len(names) + 26
    columns = 2
    rows = -(-len(measured) // columns)
    panel = width + 40
    parts = [_opening(left + columns * panel, rows * height)]
    for place, one in enumerate(measured):
        x0, y0 = left + place % columns * panel, place // columns * height
        parts.append(f'<text x="{x0}" y="{y0 + 20}" font-weight="600">{escape(one.setting.name)}</text>')
        low, high = _range(one)
        for number, name in enumerate(names):
            y = y0 + top + number * line
            ours = name in (ENGINE, FIRST_TERM)
            if place % columns == 0:
                weight = ' font-weight="600"' if ours else ""
                parts.append(f'<text x="{left - 12}" y="{y + 4}" text-anchor="end"{weight}>{escape(name)}</text>')
            parts.append(f'<path d="M{x0} {y}h{width}" stroke="#e3ded3"/>')
            mean, reach = mean_and_reach(one.results[name].at_exam)
            at, by = x0 + width * (mean - low) / (high - low), width * reach / (high - low)
            colour = "#0a6566" if ours else "#a5332b" if name == ORACLE else "#5a626d"
            parts.append(f'<path d="M{at - by:.1f} {y}h{2 * by:.1f}" stroke="{colour}" stroke-width="2"/>')
            parts.append(f'<circle cx="{at:.1f}" cy="{y}" r="4" fill="{colour}"/>')
        for step in range(math.ceil(10 * low), math.floor(10 * high) + 1):
            at = x0 + width * (step / 10 - low) / (high - low)
            parts.append(f'<text x="{at:.1f}" y="{y0 + height - 20}" text-anchor="middle">{10 * step} %</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _range(one: Measured) -> tuple[float, float]:
    means = [float(result.at_exam.mean()) for result in one.results.values()]
    return max(min(means) - 0.05, 0.0), min(max(means) + 0.05, 1.0)


def _opening(width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="Inter, Helvetica Neue, Arial, sans-serif" font-size="12" fill="#1d2129">\n'
        "<title>Knowledge of unseen questions at the examination</title>\n"
        "<desc>For each setting the mean share of objectives known under each policy, with its 95 % interval. "
        "The same figures stand in the tables of the report.</desc>\n"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    )


def run(courses: int, learners: int, seed: int, budgets: tuple[str, ...], tell: Progress) -> tuple[str, str]:
    """Measure everything and write it up: the report and its drawing."""
    constants: dict[str, Any] = load_constants()
    pilot = min(constants["final"]["pilot_learners"], learners)
    seeds = range(seed, seed + courses)
    before: dict[tuple[str, str], Before] = {}
    measured = []
    for setting in settings(constants, budgets):
        tell(setting.name)
        world = setting.family, setting.repeats_teach
        if world not in before:
            before[world] = term_before(*world, constants, pilot, seeds)
        measured.append(measure(setting, constants, learners, seeds, before[world]))
    return markdown(measured, constants, courses, learners, seed), drawing(measured)
