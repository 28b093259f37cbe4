"""What a rule is given and what it gives back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quizapp.formats.anatomy import Choices, Step, plain
from quizapp.formats.documents import Path
from quizapp.formats.linting.lexicon import STOP

Flaw = tuple[Path, str]
"""A place in the item and a sentence for its author."""

_WORD = re.compile(r"[^\W_]+(?:[-’'][^\W_]+)*")


@dataclass(frozen=True)
class Finding:
    """A flaw with the item and the rule that found it."""

    item: str
    path: Path
    rule: str
    message: str


@dataclass(frozen=True)
class Question:
    """An item and its steps."""

    item: Mapping[str, Any]
    steps: tuple[Step, ...]

    def choices(self) -> Iterator[tuple[Step, Choices]]:
        """Every list of written options, with its step; the two verdicts of a true-or-false question are none."""
        for step in self.steps:
            for choices in step.choices:
                if choices.path[-1:] != ("answer",):
                    yield step, choices

    def single(self) -> Iterator[tuple[Step, Choices]]:
        """The lists with exactly one key among words of which one is to be chosen."""
        for step, choices in self.choices():
            if choices.key and step.type not in ("multiple_response", "key_feature", "hotspot"):
                yield step, choices


def words(text: str) -> list[str]:
    """The words of a text in small letters, without marks."""
    return [word.lower() for word in _WORD.findall(plain(text))]


_NAME = re.compile(r"[a-zα-ω]+\d+[a-z]?")
"""Short names such as H1, α2, M1."""


@lru_cache(maxsize=20_000)  # a question is held against every sentence of its bank, again and again
def telling(text: str) -> frozenset[str]:
    """The words of a text that carry its meaning, cut back to a stem, so that *blocks* and *blockade* are one."""
    found = (word for word in words(text) if word not in STOP and (len(word) > 3 or _NAME.fullmatch(word)))
    return frozenset(_stem(word) for word in found)


def _stem(word: str) -> str:
    for ending in ("isation", "ization", "ations", "ation", "ances", "ance", "ences", "ence", "ments", "ment", "ades",
                   "ade", "ings", "ing", "ities", "ity", "ions", "ion", "ally", "ies", "ive", "ers", "ed", "es", "er",
                   "ly", "al", "s", "e", "y"):  # fmt: skip
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def shorten(text: str) -> str:
    """A text as it may be quoted in a sentence."""
    text = plain(text)
    return text if len(text) <= 50 else text[:49] + "…"
