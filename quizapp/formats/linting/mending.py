"""Flaws that can be mended without knowing the subject, each by a pure function from an item to the mended item.

A mend is offered only where it silences its finding and brings up no other, which `offered` tries out.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from quizapp.formats.anatomy import Option, plain
from quizapp.formats.documents import Path
from quizapp.formats.linting import lint
from quizapp.formats.linting.difficulty import loose_spaces, quantity
from quizapp.formats.linting.found import Finding
from quizapp.formats.linting.lexicon import BRANDS

Item = dict[str, Any]

_SAYS_NO = re.compile(
    r"\b(?:not|never|except|least \w+|(?:is|are) (?:false|incorrect|untrue|wrong|in\w+|un\w+))\b", re.I
)


class Unmendable(Exception):
    """The flaw is not there any more, or needs an author."""


def offered(item: Mapping[str, Any], finding: Finding) -> str | None:
    """What the mend of a finding would do, in a few words for its button; None where there is none."""
    if finding.rule not in MENDS:
        return None
    before = {(one.rule, one.message) for one in lint(item).findings}
    try:
        after = {(one.rule, one.message) for one in lint(mend(item, finding.rule, finding.path)).findings}
    except Unmendable:
        return None
    return LABELS[finding.rule] if len(after) < len(before) and after <= before else None


def mend(item: Mapping[str, Any], rule: str, path: Path) -> Item:
    """The item without this flaw; everything else as it was. Raises Unmendable."""
    if rule not in MENDS:
        raise Unmendable(rule)
    mended = copy.deepcopy(dict(item))
    try:
        holder: Any = mended
        for step in path[:-1]:
            holder = holder[step]
        MENDS[rule](holder, path[-1], mended)
    except (KeyError, IndexError, TypeError) as error:
        raise Unmendable(rule) from error
    return mended


def _order_numbers(holder: Any, name: Any, item: Item) -> None:
    sizes = {id(option): quantity(Option((), "", str(option.get("text", "")))) for option in holder[name]}
    if not all(sizes.values()):
        raise Unmendable("numbers")
    holder[name].sort(key=lambda option: cast(tuple[float, float, str], sizes[id(option)])[:2])


def _write_alike(holder: Any, name: Any, item: Item) -> None:
    """Final full stops away, first letters large: as most options are written."""
    for option in holder[name]:
        text = str(option.get("text", ""))
        if re.search(r"[^.\s]\.\Z", text):
            text = text[:-1]
        if re.match(r"[a-z](?:[a-z]+\b|\b)", text):
            text = text[0].upper() + text[1:]
        option["text"] = text


def _emphasise(holder: Any, name: Any, item: Item) -> None:
    """Set the word that says no in bold: the last one, because the question stands at the end."""
    text = holder[name]
    found = list(_SAYS_NO.finditer(text))
    if not found:
        raise Unmendable("negative-lead-in")
    start, end = found[-1].span()
    holder[name] = f"{text[:start]}**{text[start:end]}**{text[end:]}"


def _space(holder: Any, name: Any, item: Item) -> None:
    holder[name] = loose_spaces(holder[name])


def _name_generic(holder: Any, name: Any, item: Item) -> None:
    text = holder[name]
    found = re.search(rf"\b(?:{'|'.join(BRANDS)})\b", text)
    if found is None:
        raise Unmendable("brand-alone")
    generic = BRANDS[found.group()]
    first = not plain(text[: found.start()]) or plain(text[: found.start()])[-1:] in ".?!"
    generic = generic.capitalize() if first else generic
    holder[name] = f"{text[: found.start()]}{generic} ({found.group()}){text[found.end() :]}"


def _take_reason_away(holder: Any, name: Any, item: Item) -> None:
    del holder[name]


MENDS: dict[str, Callable[[Any, Any, Item], None]] = {
    "numbers": _order_numbers,
    "heterogeneous-options": _write_alike,
    "negative-lead-in": _emphasise,
    "untidy-spacing": _space,
    "brand-alone": _name_generic,
    "idle-reason": _take_reason_away,
    "unknown-rule": _take_reason_away,
}
LABELS = {
    "numbers": "Put them in order",
    "heterogeneous-options": "Write all alike",
    "negative-lead-in": "Set it in bold",
    "untidy-spacing": "Tidy the spaces",
    "brand-alone": "Name the drug",
    "idle-reason": "Take the reason away",
    "unknown-rule": "Take the reason away",
}


def move_key(item: Mapping[str, Any], path: Path, place: int) -> Item:
    """The item with the key of the list at `path` moved to a place, from 0; the others keep their order.

    Raises Unmendable for a list without exactly one key.
    """
    moved = copy.deepcopy(dict(item))
    holder: Any = moved
    for step in path[:-1]:
        holder = holder[step]
    options = holder[path[-1]]
    keys = [option for option in options if option.get("key") in (True, "true")]
    if len(keys) != 1:
        raise Unmendable("uneven-keys")
    options.remove(keys[0])
    options.insert(place, keys[0])
    return moved
