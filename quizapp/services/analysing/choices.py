"""What may be answered to a question, class by class, with the texts an author knows it by."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from quizapp import itemtypes
from quizapp.itemtypes import Json
from quizapp.services.versions import Version

LISTS = ("columns", "responses", "options")
"""Where types that give every row one of the same choices keep these."""


@dataclass(frozen=True)
class Choice:
    """One class of answers. `text` and `why` are sanitised HTML."""

    name: str
    text: str
    key: bool
    why: str = ""


@dataclass(frozen=True)
class Step:
    """What is asked for once: the whole question, or one of its rows and blanks. `about` is sanitised HTML.
    `competing`: its wrong choices are distractors, each of which should draw somebody; the columns of a table need not.
    """

    about: str
    choices: tuple[Choice, ...]
    competing: bool = False


def steps(version: Version, place: int) -> tuple[Step, ...]:
    """The steps of one part of a question. Where its type draws values, one fixed draw stands for all."""
    part, verbs = version.rendered_parts[place], itemtypes.get(version.parts[place].type)
    layout = verbs.lay_out(version.parts[place].content, random.Random(1))
    content = itemtypes.filled(part, layout)
    review = verbs.explain(content, layout, None)
    if "options" in review:
        return (Step("", _options(review["options"], "class"), competing=True),)
    if "rows" in review:
        listed = [(choice["id"], choice["text"]) for choice in next(content[n] for n in LISTS if content.get(n))]
        return tuple(_step(row, listed) for row in review["rows"])
    if "elements" in review:
        places = [(str(place), f"place {place}") for place in range(1, len(review["elements"]) + 1)]
        return tuple(_step(element, places) for element in review["elements"])
    if "blanks" in review:
        return tuple(_blank(blank) for blank in content["blanks"])
    return (Step("", _typed(content)),)


def _options(options: Iterable[Json], name: str) -> tuple[Choice, ...]:
    found = sorted(options, key=lambda option: (len(option[name]), option[name]))
    return tuple(Choice(one[name], one["text"], bool(one["key"]), one["why"]) for one in found)


def _step(row: Json, listed: Iterable[tuple[str, str]]) -> Step:
    """A row that takes one of the choices listed; its reason stands with the right one."""
    own = row["class"].partition("=")[0]
    choices = (Choice(f"{own}={name}", text, f"{own}={name}" == row["class"]) for name, text in listed)
    return Step(row["text"], tuple(replace(one, why=row["why"]) if one.key else one for one in choices))


def _blank(blank: Json) -> Step:
    choices = _options(blank["options"], "id") if blank["options"] else _typed(blank)
    named = tuple(replace(choice, name=f"{blank['id']}={choice.name}") for choice in choices)
    return Step(f"Blank {escape(blank['id'])}", named, competing=bool(blank["options"]))


def _typed(content: Mapping[str, Any]) -> tuple[Choice, ...]:
    """A typed answer: the right one, each wrong one that the question knows, and anything else."""
    right = content["accept"][0] if content.get("accept") else content.get("value", "")
    wrong = [(one, ", ".join(one["texts"])) for one in content.get("refuse") or ()]
    wrong += [(one, one.get("value") or one.get("formula", "")) for one in content.get("wrong") or ()]
    return (
        Choice("right", escape(str(right)), key=True, why=content.get("why") or ""),
        *(Choice(f"wrong:{one['id']}", escape(str(text)), key=False, why=one["why"]) for one, text in wrong),
        Choice("other", "Anything else", key=False),
    )
