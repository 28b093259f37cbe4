"""Classical figures of a form: everybody answered the same questions, so that each can be held against the rest.

The figures are those of Moodle's quiz statistics report, whose formulas are published at
https://docs.moodle.org/dev/Quiz_statistics_calculations (x: marks on one question, T: totals, X = T − x: the rest; V
and C with n − 1 below). Beside them stand upper–lower 27 % (Kelley 1939, J Educ Psychol 30:17) and intervals. A
question left empty counts as no mark, as it does there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from quizapp.core.itemstats.intervals import Figure, correlation, quantile, share
from quizapp.core.itemstats.sums import Pairs, Sums, root

GROUP = Fraction(27, 100)
"""The share of people in the upper and in the lower group."""


@dataclass(frozen=True)
class Choice:
    """Those who fell into one class of answers: how many, and the mean of their marks on the rest of the form, as a
    share of the most. `upper` and `lower`: how many of them are in the upper and the lower 27 %; who ties at the edge
    counts in part."""

    name: str
    n: int
    rest: float
    upper: float
    lower: float


@dataclass(frozen=True)
class Column:
    """One question of a form. All but `discrimination`, which is r, are shares of one; None where the figure has no
    meaning: nobody differs, or too few answered.

    `facility`: mean mark over the most. `sd`: standard deviation over the most. `discrimination`: correlation with the
    marks on the rest (“item-rest”). `efficiency`: covariance with the rest over the greatest it could be with the same
    marks in another order. `intended` and `effective`: the weight in the total by marks, and by √C(x, T).
    `upper_lower`: mean mark of the upper group less that of the lower, over the most.
    """

    facility: Figure
    sd: float
    discrimination: Figure | None
    efficiency: float | None
    intended: float
    effective: float | None
    upper_lower: float
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Form:
    """A form that `n` people answered. Marks are in units of marks, `most` of them can be had.

    `alpha`: Cronbach's coefficient with Bonett's interval (2002, J Educ Behav Stat 27:335); `dichotomous`: every
    question was right or wrong, and alpha is also KR-20. `error_ratio`: √(1 − alpha). `sem`: standard error of
    measurement, in marks.
    """

    n: int
    most: int
    mean: float
    median: float
    sd: float
    skewness: float | None
    kurtosis: float | None
    alpha: Figure | None
    dichotomous: bool
    error_ratio: float | None
    sem: float | None
    columns: tuple[Column, ...]


def analyse(
    marks: Sequence[Sequence[int]],
    most: Sequence[int],
    classes: Sequence[Sequence[Sequence[str]]] | None = None,
) -> Form | None:
    """The figures of a form. `marks`: one row a person, one integer a question; `most`: the greatest mark of each
    question; `classes`: what each person chose on each question. None below two people; ValueError for a ragged table.
    """
    if any(len(row) != len(most) for row in marks):
        raise ValueError("every person needs a mark on every question")
    if len(marks) < 2:
        return None
    totals = [sum(row) for row in marks]
    total = Sums.of(totals)
    upper, lower = _groups(totals)
    columns = [[row[place] for row in marks] for place in range(len(most))]
    with_total = [Pairs.of(column, totals).covariance for column in columns]
    roots = [root(covariance) for covariance in with_total]
    alpha = _alpha([Sums.of(column).variance for column in columns], total)
    error_ratio = math.sqrt(max(0.0, 1 - alpha.value)) if alpha else None
    sd = root(total.variance)
    return Form(
        n=len(marks),
        most=sum(most),
        mean=float(total.mean),
        median=_median(totals),
        sd=sd,
        skewness=_skewness(totals),
        kurtosis=_kurtosis(totals),
        alpha=alpha,
        dichotomous=all(mark in (0, top) for column, top in zip(columns, most, strict=True) for mark in column),
        error_ratio=error_ratio,
        sem=error_ratio * sd if error_ratio is not None else None,
        columns=tuple(
            _column(
                column,
                [whole - mark for whole, mark in zip(totals, column, strict=True)],
                top,
                sum(most),
                roots[place] / sum(roots) if sum(roots) and with_total[place] >= 0 else None,
                (upper, lower),
                [row[place] for row in classes] if classes is not None else None,
            )
            for place, (column, top) in enumerate(zip(columns, most, strict=True))
        ),
    )


def _column(
    column: Sequence[int],
    rest: Sequence[int],
    top: int,
    whole: int,
    effective: float | None,
    groups: tuple[Sequence[Fraction], Sequence[Fraction]],
    classes: Sequence[Sequence[str]] | None,
) -> Column:
    pairs = Pairs.of(column, rest)
    most_covariance = Pairs.of(sorted(column), sorted(rest)).covariance
    r = pairs.correlation
    upper, lower = groups
    return Column(
        facility=share(sum(column) / top, len(column)),
        sd=root(pairs.x.variance) / top,
        discrimination=correlation(r, len(column)) if r is not None else None,
        efficiency=float(pairs.covariance / most_covariance) if most_covariance else None,
        intended=top / whole,
        effective=effective,
        upper_lower=float((_mean(column, upper) - _mean(column, lower)) / top),
        choices=_choices(classes, rest, whole - top, groups) if classes is not None else (),
    )


def _choices(
    classes: Sequence[Sequence[str]],
    rest: Sequence[int],
    most: int,
    groups: tuple[Sequence[Fraction], Sequence[Fraction]],
) -> tuple[Choice, ...]:
    who: dict[str, list[int]] = {}
    for person, names in enumerate(classes):
        for name in dict.fromkeys(names):
            who.setdefault(name, []).append(person)
    return tuple(
        Choice(
            name,
            len(people),
            sum(rest[person] for person in people) / (len(people) * most) if most else 0.0,
            *(float(sum(group[person] for person in people)) for group in groups),
        )
        for name, people in sorted(who.items())
    )


def _groups(totals: Sequence[int]) -> tuple[list[Fraction], list[Fraction]]:
    """How much of each person belongs to the upper and to the lower group. Those who tie at the edge share the places
    that are left, so that nothing depends on the order of people."""
    size = max(1, round(GROUP * len(totals)))

    def belongs(values: Sequence[int]) -> list[Fraction]:
        edge = sorted(values, reverse=True)[size - 1]
        above = sum(value > edge for value in values)
        ties = sum(value == edge for value in values)
        return [Fraction(value > edge) if value != edge else Fraction(size - above, ties) for value in values]

    return belongs(totals), belongs([-value for value in totals])


def _mean(column: Sequence[int], group: Sequence[Fraction]) -> Fraction:
    return sum((mark * part for mark, part in zip(column, group, strict=True)), Fraction(0)) / sum(group)


def _alpha(variances: Sequence[Fraction], total: Sums) -> Figure | None:
    k = len(variances)
    if k < 2 or total.variance == 0:
        return None
    alpha = float(Fraction(k, k - 1) * (1 - sum(variances) / total.variance))
    if alpha >= 1 or total.n < 3:
        return Figure(alpha, alpha, alpha, total.n)
    half = quantile() * math.sqrt(2 * k / ((k - 1) * (total.n - 2)))
    rest = math.log(1 - alpha) - math.log(total.n / (total.n - 1))
    return Figure(alpha, 1 - math.exp(rest + half), 1 - math.exp(rest - half), total.n)


def _median(values: Sequence[int]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _moments(values: Sequence[int]) -> tuple[Fraction, Fraction, Fraction]:
    mean = Sums.of(values).mean
    second, third, fourth = (sum((value - mean) ** power for value in values) / len(values) for power in (2, 3, 4))
    return Fraction(second), Fraction(third), Fraction(fourth)


def _skewness(values: Sequence[int]) -> float | None:
    """k₃ / k₂^(3/2) with unbiased cumulants; None below three people or where nobody differs."""
    n = len(values)
    if n < 3 or len(set(values)) == 1:
        return None
    m2, m3, _ = _moments(values)
    k2 = n * m2 / (n - 1)
    k3 = n * n * m3 / ((n - 1) * (n - 2))
    return float(k3) / math.pow(k2, 1.5)


def _kurtosis(values: Sequence[int]) -> float | None:
    """k₄ / k₂², nought for a normal distribution; None below four people or where nobody differs."""
    n = len(values)
    if n < 4 or len(set(values)) == 1:
        return None
    m2, _, m4 = _moments(values)
    k2 = n * m2 / (n - 1)
    k4 = n * n * ((n + 1) * m4 - 3 * (n - 1) * m2 * m2) / ((n - 1) * (n - 2) * (n - 3))
    return float(k4 / k2**2)
