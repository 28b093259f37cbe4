"""Answers typed in words: what short answers and blanks share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from quizapp.core.grading import NotGradable
from quizapp.core.wording import canonical, tidy
from quizapp.itemtypes import Problem

LONGEST = 200
"""Characters of a typed answer; more is an essay or an attack."""
RIGHT, OTHER = "right", "other"


def read(sent: Sequence[str], field: str) -> str | NotGradable:
    """One typed answer out of a form field, in one line; NotGradable if there is none or it is too long."""
    text = tidy(sent[0][: 2 * LONGEST]) if sent else ""
    if len(sent) > 1:
        return NotGradable("The answer arrived twice. Type it again.", (field,))
    if len(text) > LONGEST:
        return NotGradable(f"An answer has at most {LONGEST} characters. A word or two will do.", (field,))
    if not canonical(text):
        return NotGradable("Type your answer first.", (field,))
    return text


def judge(text: str, accept: Iterable[str], refuse: Iterable[Mapping[str, Any]]) -> str:
    """The class of a typed answer: "right", "wrong:<id>" for a recognised wrong one, or "other"."""
    typed = canonical(text)
    if typed in {canonical(accepted) for accepted in accept}:
        return RIGHT
    known = (group for group in refuse if typed in {canonical(refused) for refused in group["texts"]})
    return next((f"wrong:{group['id']}" for group in known), OTHER)


def check(place: tuple[str | int, ...], accept: Sequence[str], refuse: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Sentences about answers that hold no word, and about answers that are both right and wrong, or wrong twice."""
    problems: list[Problem] = []
    meaning: dict[str, str] = {}
    texts = [("accept", text, "accepted") for text in accept]
    texts += [("refuse", text, f"refused in “{group['id']}”") for group in refuse for text in group["texts"]]
    for name, text, fate in texts:
        if not (typed := canonical(text)):
            problems.append(Problem((*place, name), "empty-answer", f"“{text}” holds no word that could be typed."))
        elif len(text) > LONGEST:
            problems.append(
                Problem(
                    (*place, name),
                    "long-answer",
                    f"“{text[:40]}…” is longer than the {LONGEST} characters one can type.",
                )
            )
        elif typed in meaning and meaning[typed] != fate:
            problems.append(
                Problem(
                    (*place, name), "contradiction", f"“{text}” is {fate}, but the same wording is {meaning[typed]}."
                )
            )
        meaning.setdefault(typed, fate)
    ids = [group["id"] for group in refuse]
    if len(ids) != len(set(ids)):
        problems.append(Problem((*place, "refuse"), "repeated-id", "Two groups of refused answers have the same id."))
    return problems


def reason(judged: str | None, refuse: Iterable[Mapping[str, Any]]) -> str | None:
    """The reason written for a recognised wrong answer."""
    return next((group["why"] for group in refuse if judged == f"wrong:{group['id']}"), None)


def others(accept: Sequence[str]) -> list[str]:
    """Accepted answers beside the first that are more than another spelling of one named before."""
    by_spelling = {canonical(text): text for text in reversed(accept)}
    return [text for text in accept[1:] if by_spelling[canonical(text)] is text]
