"""Statements of a provider or a system of credit: text with placeholders in braces, filled in when an edition is made.

What stands between *stars* is set in italics, on pages as on certificates.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_BRACE = re.compile(r"[{}]")


def faults(text: str, known: Collection[str]) -> tuple[str, ...]:
    """What is wrong with a statement, each in a sentence: a placeholder that nothing fills, a brace or star alone."""
    found = [
        f"“{{{name}}}” is no placeholder. There are {', '.join(f'{{{one}}}' for one in known)}."
        if known
        else f"“{{{name}}}”: this text has no placeholders."
        for name in dict.fromkeys(_PLACEHOLDER.findall(text))
        if name not in known
    ]
    if _BRACE.search(_PLACEHOLDER.sub("", text)):
        found.append("A brace stands alone; a placeholder has one before and one behind.")
    if text.count("*") % 2:
        found.append("A star stands alone; italics have one before and one behind.")
    return tuple(found)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The statement with its placeholders filled in; one that has no value stays as it is."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def runs(text: str) -> tuple[tuple[str, bool], ...]:
    """The text in pieces, each with whether it is set in italics."""
    return tuple((piece, bool(place % 2)) for place, piece in enumerate(text.split("*")) if piece)
