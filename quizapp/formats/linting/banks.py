"""Flaws that no item has by itself: keys that crowd in one place, keys that are long, items that answer each other."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from statistics import median

from quizapp.formats.anatomy import Step, plain
from quizapp.formats.documents import Path
from quizapp.formats.linting.found import Question, shorten, telling

BankFlaw = tuple[str, Path, str]
"""The item (empty: the bank as a whole), the place in it, and a sentence."""

_WORDY = 4
"""Telling words of a key that no accident brings together, where the question itself holds none (“What happened?”)."""
LEAST_KEYS = 15
"""Single-best-answer lists below which places and lengths are left to chance."""
UNLIKELY = 0.05
HIGHEST_RATIO = 1.1
_OF_THE_QUESTION = 0.6
"""Share of the telling words of a question that another must hold in one sentence to be about the same thing."""


def key_lengths(questions: Sequence[Question]) -> list[float]:
    """Length of the key over that of its longest distractor, for every list with one key."""
    return [
        len(plain(choices.keys[0].text)) / max(len(plain(option.text)) for option in choices.distractors)
        for question in questions
        for step, choices in question.single()
        if step.type == "single_best_answer"
    ]


def key_places(questions: Sequence[Question]) -> list[tuple[int, int]]:
    """Place of the key (from 0) and number of options, for every single-best-answer list as it is written."""
    return [
        (choices.options.index(choices.keys[0]), len(choices.options))
        for question in questions
        for step, choices in question.single()
        if step.type == "single_best_answer"
    ]


def chance_of(places: Sequence[tuple[int, int]]) -> float:
    """Probability of keys at least as uneven as these, if each place were as likely as any other (χ²)."""
    longest = max((count for _, count in places), default=0)
    seen = Counter(place for place, _ in places)
    expected = [sum(1 / count for _, count in places if count > place) for place in range(longest)]
    # Places that hardly any list has are counted with the one before, so that no cell is too small for the test.
    cells = [(seen[place], expected[place]) for place in range(longest)]
    while len(cells) > 1 and cells[-1][1] < 3:
        last, before = cells.pop(), cells.pop()
        cells.append((last[0] + before[0], last[1] + before[1]))
    if len(cells) < 2:
        return 1.0
    squares = sum((observed - wanted) ** 2 / wanted for observed, wanted in cells)
    return _upper_tail(squares, len(cells) - 1)


def uneven_keys(questions: Sequence[Question]) -> Iterator[BankFlaw]:
    places = key_places(questions)
    if len(places) >= LEAST_KEYS and (chance := chance_of(places)) < UNLIKELY:
        seen = Counter(place for place, _ in places)
        told = ", ".join(f"{'ABCDEFGHIJKL'[place]} {seen[place]}" for place in range(max(count for _, count in places)))
        yield "", (), f"The keys stand unevenly ({told}; p = {chance:.3f}); move some."


def long_keys(questions: Sequence[Question]) -> Iterator[BankFlaw]:
    ratios = key_lengths(questions)
    if len(ratios) >= LEAST_KEYS and (middle := median(ratios)) > HIGHEST_RATIO:
        message = f"The median key is {middle:.2f} times as long as its longest distractor; at most {HIGHEST_RATIO}."
        yield "", (), message


def given_away(questions: Sequence[Question]) -> Iterator[BankFlaw]:
    """A sentence that a learner reads in one item and that holds both the question and the key of another."""
    sentences = list(_read_in(questions))
    for question in questions:
        yield from _giving_away(question, sentences)


def given_away_by(question: Question, others: Sequence[Question]) -> Iterator[BankFlaw]:
    """As `given_away`, of one item."""
    yield from _giving_away(question, list(_read_in(others)))


Sentence = tuple[Question, str, frozenset[str]]


def _read_in(questions: Sequence[Question]) -> Iterator[Sentence]:
    for question in questions:
        for step in question.steps:
            for text in _asserted(step):
                for sentence in _sentences(text):
                    yield question, sentence, telling(sentence)


def _giving_away(question: Question, sentences: Sequence[Sentence]) -> Iterator[BankFlaw]:
    foes = {question.item["id"], *question.item.get("enemies", ())}
    for step, choices in question.single():
        key, asked = telling(choices.keys[0].text), telling(step.lead_in)
        told = telling(step.vignette)
        if not key.difference(*(telling(option.text) for option in choices.distractors)):
            continue
        about = asked - told if len(asked - told) > 2 else asked
        for other, sentence, terms in sentences:
            if not key <= terms or other.item["id"] in foes:
                continue
            alike = len(about & terms) >= _OF_THE_QUESTION * len(about) if len(about) > 1 else len(key) >= _WORDY
            if alike:
                yield (
                    question.item["id"],
                    (*choices.keys[0].path, "text"),
                    f"“{other.item['id']}” gives it away (“{shorten(sentence)}”); make them enemies or reword one.",
                )
                foes.add(other.item["id"])


def _asserted(step: Step) -> Iterator[str]:
    """What a learner reads as true before answering: no option, and no statement that is to be judged."""
    yield from step.before[:1]
    for path, text in step.shown:
        if path[-1:] in (("stem",), ("reveal",)) or (path[-1:] == ("lead_in",) and step.type != "true_false"):
            yield text


def _sentences(text: str) -> list[str]:
    return [part for part in plain(text).replace("? ", ". ").replace("; ", ". ").split(". ") if part]


def _upper_tail(squares: float, freedom: int) -> float:
    """P(χ² ≥ squares): the regularised upper incomplete gamma function by its series."""
    half, x = freedom / 2, squares / 2
    if x <= 0:
        return 1.0
    term = total = 1 / half
    for step in range(1, 1000):
        term *= x / (half + step)
        total += term
        if term < total * 1e-14:
            break
    return max(0.0, 1 - total * math.exp(half * math.log(x) - x - math.lgamma(half)))


RULES: dict[str, Callable[[Sequence[Question]], Iterator[BankFlaw]]] = {
    "uneven-keys": uneven_keys,
    "long-keys": long_keys,
    "given-away": given_away,
}
