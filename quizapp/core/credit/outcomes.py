"""What an activity changed, by Moore's levels of outcome: knowledge declared (3A) and procedural (3B), competence (4).

Marks on questions that the learner had never met are compared: before the lesson, in the first test, and 30, 90 and 180
days later on others of the same objectives. A score on questions never shows performance in practice, so there is no
level 5 here. A cell with too few people or questions is not computed, and says so.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev
from types import MappingProxyType

BEFORE, TEST = "before", "test"
DAYS: Mapping[str, int] = MappingProxyType({"after30": 30, "after90": 90, "after180": 180})
"""Purpose of a delayed sitting → days after the test was passed."""
MEASURES = (BEFORE, TEST, *DAYS)
COMPARED = ((BEFORE, TEST), *((TEST, after) for after in DAYS))
LEVELS: Mapping[str, str] = MappingProxyType(
    {"3A": "declarative knowledge", "3B": "procedural knowledge", "4": "competence"}
)
FEWEST_PEOPLE = 10
FEWEST_QUESTIONS = 2
"""With one question a cell would tell how hard that question is."""
_DECIDES = frozenset({"case", "key_feature", "script_concordance"})
"""Types in which somebody acts on a patient's story rather than tells what is known."""
_BY_BLOOM = MappingProxyType({"remember": "3A", "understand": "3A", "apply": "3B", "analyse": "4", "evaluate": "4"})
_CONFIDENCE = 0.95


def level_of(bloom: str, type_: str) -> str | None:
    """Moore's level that a question is evidence of; None for a level of Bloom's that we do not know."""
    return "4" if type_ in _DECIDES else _BY_BLOOM.get(bloom)


@dataclass(frozen=True)
class Mark:
    """An answer to a question that was new to this person. `measure`: one of MEASURES."""

    person: int
    measure: str
    question: int
    objective: str
    level: str | None
    earned: int
    possible: int


@dataclass(frozen=True)
class Cell:
    """The mean share of marks in one measure. `share` is None where `why` says that it is not available."""

    measure: str
    people: int
    questions: int
    share: float | None
    why: str = ""


@dataclass(frozen=True)
class Change:
    """The mean paired difference of shares between two measures with its 95 % interval; None where `why` says so."""

    before: str
    after: str
    people: int
    mean: float | None
    low: float | None = None
    high: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Line:
    """One row of the report: everything, a level, or an objective. `kind`: all, level, objective."""

    kind: str
    name: str
    cells: tuple[Cell, ...]
    changes: tuple[Change, ...]


def lines(marks: Iterable[Mark], objectives: Sequence[str]) -> tuple[Line, ...]:
    """The report: all questions together, then each level, then each of these objectives."""
    held = [mark for mark in marks if mark.possible]
    return (
        _line("all", "", held),
        *(_line("level", level, [mark for mark in held if mark.level == level]) for level in LEVELS),
        *(_line("objective", one, [mark for mark in held if mark.objective == one]) for one in objectives),
    )


def _line(kind: str, name: str, marks: Sequence[Mark]) -> Line:
    shares: dict[str, dict[int, float]] = {measure: {} for measure in MEASURES}
    asked: dict[str, set[int]] = {measure: set() for measure in MEASURES}
    sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for mark in marks:
        sums[mark.measure, mark.person][0] += mark.earned
        sums[mark.measure, mark.person][1] += mark.possible
        asked[mark.measure].add(mark.question)
    for (measure, person), (earned, possible) in sums.items():
        shares[measure][person] = earned / possible
    cells = tuple(_cell(measure, shares[measure], len(asked[measure])) for measure in MEASURES)
    return Line(kind, name, cells, tuple(_change(before, after, shares, asked) for before, after in COMPARED))


def _cell(measure: str, shares: Mapping[int, float], questions: int) -> Cell:
    why = _why_not(len(shares), questions)
    return Cell(measure, len(shares), questions, None if why else fmean(shares.values()), why)


def _why_not(people: int, *questions: int) -> str:
    if people < FEWEST_PEOPLE:
        return f"n = {people}, fewer than {FEWEST_PEOPLE}"
    if min(questions) < FEWEST_QUESTIONS:
        return f"{min(questions)} question, fewer than {FEWEST_QUESTIONS}"
    return ""


def _change(
    before: str, after: str, shares: Mapping[str, Mapping[int, float]], asked: Mapping[str, set[int]]
) -> Change:
    both = sorted(shares[before].keys() & shares[after].keys())
    if why := _why_not(len(both), len(asked[before]), len(asked[after])):
        return Change(before, after, len(both), None, why=why)
    differences = [shares[after][person] - shares[before][person] for person in both]
    mean = fmean(differences)
    reach = student(len(both) - 1) * stdev(differences) / math.sqrt(len(both))
    return Change(before, after, len(both), mean, mean - reach, mean + reach)


def student(freedom: int) -> float:
    """The quantile of Student's t for a two-sided interval of 95 %, by its expansion about the normal one (Abramowitz
    and Stegun 26.7.5); right to three digits from nine degrees of freedom on."""
    z = NormalDist().inv_cdf((1 + _CONFIDENCE) / 2)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
