"""Marks, and what they mean for memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Grade:
    """Marks as integers, and the classes an answer fell into.

    `classes` holds one string per choice that the answer made (permanent ids of options, "row=column" for tables,
    "wrong:<id>" for a recognised wrong value, "right" and "other" beside it); distractor analysis counts them.
    """

    earned: int
    possible: int
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.earned <= self.possible or self.possible < 1:
            raise ValueError(f"not a mark: {self.earned} of {self.possible}")

    @property
    def right(self) -> bool:
        """Whether the answer counts as right for memory: at least four fifths of the marks."""
        return 5 * self.earned >= 4 * self.possible

    @property
    def full(self) -> bool:
        return self.earned == self.possible


@dataclass(frozen=True)
class NotGradable:
    """A submission that is neither right nor wrong: it is handed back with a sentence and changes nothing.

    `fields` names the form fields to look at. `kept` is the part of the answer that could be read: the form that is
    handed back is filled with it, an exam stores it, and marking it gives the steps that were answered their due.
    """

    message: str
    fields: tuple[str, ...] = ()
    kept: dict[str, Any] | None = field(default=None, hash=False)


class Confidence(StrEnum):
    """What the learner said of the answer with the button that sent it."""

    GUESS = "guess"
    FAIRLY_SURE = "fairly_sure"
    SURE = "sure"


class Rating(StrEnum):
    """What an answer tells the schedule; only these two are ever drawn from a marked answer."""

    AGAIN = "again"
    GOOD = "good"


def rate(grade: Grade, confidence: Confidence | None) -> Rating:
    """Wrong is Again; right is Good; right but guessed is Again, because the next question will not be guessed.

    Speed alone never earns more than Good: fast answers on a question bank are often remembered answers.
    """
    return Rating.GOOD if grade.right and confidence is not Confidence.GUESS else Rating.AGAIN


class Scoring(StrEnum):
    """Named policies for questions with several gradable steps."""

    ALL_OR_NOTHING = "all_or_nothing"
    PER_OPTION = "per_option"
    PER_ROW = "per_row"
    PER_PAIR = "per_pair"
    ADJACENT_PAIRS = "adjacent_pairs"
    KEY_FEATURES = "key_features"


def all_or_nothing(steps_right: Sequence[bool], classes: tuple[str, ...]) -> Grade:
    """One mark if every step is right, else none."""
    return Grade(int(all(steps_right)), 1, classes)


def per_step(steps_right: Sequence[bool], classes: tuple[str, ...]) -> Grade:
    """One mark for every right step: rows, pairs, blanks, neighbours."""
    return Grade(sum(steps_right), len(steps_right), classes)


def luck(chances: Sequence[float], *, all_needed: bool = False) -> float:
    """The probability that blind guessing counts as right where each step is guessed with its own chance: at least four
    fifths of the steps, or all of them."""
    exactly = [1.0]  # by number of right steps
    for chance in chances:
        exactly = [
            (exactly[right] * (1 - chance) if right < len(exactly) else 0.0)
            + (exactly[right - 1] * chance if right else 0.0)
            for right in range(len(exactly) + 1)
        ]
    needed = len(chances) if all_needed else -(-4 * len(chances) // 5)
    return sum(exactly[needed:])


def per_option(keys_chosen: int, others_chosen: int, keys: int, classes: tuple[str, ...]) -> Grade:
    """One mark for a chosen key, one off for a chosen distractor, never below nought; choosing all earns nothing
    where at least as many options are wrong as are right."""
    return Grade(max(0, keys_chosen - others_chosen), keys, classes)


def key_features(found: int, keys: int, classes: tuple[str, ...], *, harm: bool, excess: int) -> Grade:
    """One mark for each of the `keys` that was chosen, none at all if a choice would do harm.

    `excess` counts choices beyond those allowed, which only an unfinished answer can hold: each takes a mark back.
    """
    return Grade(0 if harm else max(0, found - excess), keys, classes)
