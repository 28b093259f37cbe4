"""From counters to figures and a verdict, the same for one question and for a list of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quizapp.core.itemstats import drift, practice
from quizapp.core.itemstats.drift import Shift
from quizapp.core.itemstats.odds import Stratum
from quizapp.core.itemstats.practice import Option
from quizapp.core.itemstats.tallies import ALL, NOTHING, Tallied
from quizapp.core.itemstats.verdicts import Figures
from quizapp.services.analysing.choices import Choice, Step

Groups = Mapping[int, tuple[Stratum, ...]]


@dataclass(frozen=True)
class Answered:
    """A choice with what first answers say of it."""

    choice: Choice
    option: Option


@dataclass(frozen=True)
class Stepped:
    """A step with its choices; `empty` answers fell into none of them."""

    step: Step
    answers: tuple[Answered, ...]
    empty: int


@dataclass(frozen=True)
class Judged:
    """One part of a question: its figures, the steps behind them, and the months and cohorts it was looked at by."""

    figures: Figures
    steps: tuple[Stepped, ...]
    months: tuple[Shift[int], ...]
    cohorts: tuple[Shift[int], ...]


def judge(
    part: str,
    steps: Sequence[Step],
    by_class: Mapping[str, Tallied],
    *,
    seconds: float | None,
    months: Groups,
    cohorts: Groups,
) -> Judged:
    """The figures of a part. `seconds`: how long it is expected to take."""
    whole = by_class.get(ALL, NOTHING)
    wrong = sum(not choice.key for step in steps for choice in step.choices)
    stepped = tuple(_step(step, whole, by_class, wrong) for step in steps)
    of_month, of_cohort = drift.shifts(months), drift.shifts(cohorts)
    figures = Figures(
        part=part,
        n=whole.answers,
        facility=practice.facility(whole),
        discrimination=practice.discrimination(whole),
        options=[answered.option for one in stepped for answered in one.answers],
        median_ms=practice.median_ms(whole),
        expected_ms=round(1000 * seconds) if seconds else None,
        drifted=any(shift.drifted for shift in of_month) or any(shift.drifted for shift in of_cohort if shift.group),
    )
    return Judged(figures, stepped, of_month, of_cohort)


def _step(step: Step, whole: Tallied, by_class: Mapping[str, Tallied], wrong: int) -> Stepped:
    keys = {choice.name: choice.key for choice in step.choices}
    options = practice.options(whole, by_class, keys, looked_at=wrong, competing=step.competing)
    told = {choice.name: choice for choice in step.choices}
    chosen = sum(by_class[name].answers for name in keys if name in by_class)
    return Stepped(
        step,
        tuple(Answered(told[option.name], option) for option in options),
        max(0, whole.answers - chosen) if sum(keys.values()) == 1 else 0,
    )
