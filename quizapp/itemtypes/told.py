"""An answered question in a few words: what was given and what is right, for lists and cards.

Reads what `explain` says, whose vocabulary all types share: options with `chosen` and `key`; rows and blanks with what
was `given` and the `key`; elements with their places; one typed value. A type with words of its own has to be added
here; the contract test notices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from quizapp.itemtypes import Json


@dataclass(frozen=True)
class Told:
    """One thing that was asked for, as HTML. `about`: the row or blank, empty where the question asks for one thing;
    `given` is empty where nothing was."""

    given: str
    key: str
    about: str = ""
    right: bool = False
    why: str = ""
    given_why: str = ""


def tell(review: Json) -> tuple[Told, ...]:
    """What an explained answer comes to. Raises KeyError for a review in other words."""
    if "panel" in review:
        return (_panel(review),)
    if "options" in review:
        return (_options(review["options"]),)
    if "elements" in review:
        return (_order(review["elements"]),)
    if "rows" in review:
        return tuple(
            Told(row["given"] or "", row["key"], row["text"], row["right"], row["why"]) for row in review["rows"]
        )
    if "blanks" in review:
        return tuple(_blank(blank) for blank in review["blanks"])
    return (_typed(review),)


def _panel(review: Json) -> Told:
    """Held against what most of a panel said; an answer nearly as frequent is right too."""
    options = review["options"]
    most = max(option["votes"] for option in options)
    return Told(
        given=_listed([option["text"] for option in options if option["chosen"]]),
        key=_listed([option["text"] for option in options if option["key"]], " or "),
        right=any(option["chosen"] and 5 * option["votes"] >= 4 * most > 0 for option in options),
        why=review["why"],
    )


def _options(options: Sequence[Json]) -> Told:
    chosen = [option for option in options if option["chosen"]]
    keys = [option for option in options if option["key"]]
    return Told(
        given=_listed([option["text"] for option in chosen]),
        key=_listed([option["text"] for option in keys]),
        right=all(option["chosen"] for option in keys) and not any(_spoils(option) for option in chosen),
        why="".join(option["why"] for option in keys),
        given_why="".join(option["why"] for option in chosen if not option["key"]),
    )


def _spoils(option: Json) -> bool:
    """A wrong choice; where choices may be harmful, what is merely needless does not count against the answer."""
    return bool(option["harmful"] if "harmful" in option else not option["key"])


def _order(elements: Sequence[Json]) -> Told:
    placed = sorted((one for one in elements if one["given"] is not None), key=lambda one: int(one["given"]))
    return Told(
        given=_listed([one["text"] for one in placed], " → "),
        key=_listed([one["text"] for one in elements], " → "),
        right=all(one["right"] for one in elements),
        why="".join(one["why"] for one in elements if not one["right"]),
    )


def _blank(blank: Json) -> Told:
    """A chosen word is HTML already, a typed one is plain text."""
    given, key = blank["given"] or "", blank["answer"]
    if not blank["chosen"]:
        given, key = escape(given), escape(key)
    return Told(given, key, f"Blank {blank['token']}", blank["right"], blank["why"], blank["given_why"] or "")


def _typed(review: Json) -> Told:
    key = review["answer"] if "answer" in review else " ".join(filter(None, (review["value"], review["unit"])))
    return Told(
        given=escape(review["given"] or ""),
        key=escape(key),
        right=review["right"],
        why=review["why"],
        given_why=review["given_why"] or "",
    )


def _listed(texts: Sequence[str], between: str = "; ") -> str:
    return between.join(texts)
