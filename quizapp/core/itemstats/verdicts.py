"""What to tell an author first: does the question work, what to look at, or are there too few answers yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from quizapp.core.itemstats.intervals import Figure
from quizapp.core.itemstats.practice import LEAST, Option

HARDEST, EASIEST = 0.2, 0.95
"""A question that fewer, or more, get right tells little about anybody."""
SLOW = 2
"""Times the expected time."""


class State(StrEnum):
    FEW = "few"
    LOOK = "look"
    GOOD = "good"


class Kind(StrEnum):
    """What may be wrong, the gravest first. Only `UNUSED` leaves a question among those that work."""

    MISKEYED = "miskeyed"
    NEGATIVE = "negative"
    HARD = "hard"
    EASY = "easy"
    DRIFT = "drift"
    SLOW = "slow"
    UNUSED = "unused"


GRAVITY = {kind: len(Kind) - place for place, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Finding:
    """One thing to look at. `part`: of the question; `classes`: the answers it is about; `figure`: what it rests on."""

    kind: Kind
    part: str
    classes: tuple[str, ...] = ()
    figure: Figure | None = None


@dataclass(frozen=True)
class Verdict:
    state: State
    findings: tuple[Finding, ...]

    @property
    def attention(self) -> tuple[int, int]:
        """To sort by: the gravest finding, then how many there are."""
        return max((GRAVITY[finding.kind] for finding in self.findings), default=0), len(self.findings)


@dataclass(frozen=True)
class Figures:
    """What is known of one part of a question. `expected_ms`: what its author’s type and length lead one to expect;
    `drifted`: whether any month or cohort stands out."""

    part: str
    n: int
    facility: Figure | None
    discrimination: Figure | None
    options: Sequence[Option]
    median_ms: int | None
    expected_ms: int | None
    drifted: bool


def judge(parts: Sequence[Figures]) -> Verdict:
    """The verdict on a question with these parts. Parts below LEAST answers are not judged."""
    judged = [part for part in parts if part.n >= LEAST]
    if not judged:
        return Verdict(State.FEW, ())
    findings = tuple(sorted((found for part in judged for found in _findings(part)), key=lambda f: -GRAVITY[f.kind]))
    grave = any(found.kind is not Kind.UNUSED for found in findings)
    return Verdict(State.LOOK if grave else State.GOOD, findings)


def _findings(part: Figures) -> list[Finding]:
    found = []
    strong = tuple(option.name for option in part.options if option.strong)
    unused = tuple(option.name for option in part.options if option.unused)
    facility, discrimination = part.facility, part.discrimination
    if strong:
        found.append(Finding(Kind.MISKEYED, part.part, strong))
    if discrimination is not None and discrimination.high < 0:
        found.append(Finding(Kind.NEGATIVE, part.part, (), discrimination))
    if facility is not None and facility.value < HARDEST:
        found.append(Finding(Kind.HARD, part.part, (), facility))
    if facility is not None and facility.value > EASIEST:
        found.append(Finding(Kind.EASY, part.part, (), facility))
    if part.drifted:
        found.append(Finding(Kind.DRIFT, part.part))
    if part.median_ms is not None and part.expected_ms is not None and part.median_ms > SLOW * part.expected_ms:
        found.append(Finding(Kind.SLOW, part.part))
    if unused:
        found.append(Finding(Kind.UNUSED, part.part, unused))
    return found
