"""What differs between two versions of an entry: field by field, and within a text word by word.

Entries of a list are known by their ids, so that an option that was moved is not shown as a new one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

Json = dict[str, Any]
Place = tuple[str, ...]
"""A path with ids (or numbers, where there are none) in the place of list indexes."""

MOST_WORDS = 600
"""Of a changed piece; a longer one is shown as taken out and put in, because comparing it would take too long."""
MOST_LINES = 1_500
"""Of a text, likewise: a shuffled one takes the square of its lines. The longest lesson has a fifth of them."""
AROUND = 24
"""Unchanged words and spaces kept on each side of a change in a long text."""
LONG = 160
"""Words and spaces of an unchanged stretch that is cut to those around the change."""
_WORDS = re.compile(r"\s+|[^\s\w]|\w+")


class Mark(StrEnum):
    KEPT = "kept"
    OUT = "out"
    """Stood in the older version only."""
    IN = "in"
    """Stands in the newer version only."""
    LEFT_OUT = "left_out"
    """Unchanged and not shown; the piece has no text."""


@dataclass(frozen=True)
class Piece:
    mark: Mark
    text: str


@dataclass(frozen=True)
class Difference:
    """A field that differs. `pieces` in reading order; those of a field that is new are all IN, of one that is gone
    all OUT. A list whose entries only stand in another order has its ids as pieces and `is_order`."""

    place: Place
    pieces: tuple[Piece, ...]
    is_order: bool = False


def compare(older: Json, newer: Json, *, ignored: Iterable[str] = ()) -> tuple[Difference, ...]:
    """Every field that differs, in the order of the newer version; fields named in `ignored` at the top are not
    looked at."""
    skipped = set(ignored)
    left = {key: value for key, value in older.items() if key not in skipped}
    right = {key: value for key, value in newer.items() if key not in skipped}
    return tuple(_compare(left, right, ()))


def _compare(older: Any, newer: Any, place: Place) -> Iterator[Difference]:
    if _is_nothing(older) and _is_nothing(newer):
        return
    if isinstance(older, dict) and isinstance(newer, dict):
        for key in [*newer, *(key for key in older if key not in newer)]:
            yield from _compare(older.get(key), newer.get(key), (*place, str(key)))
    elif _has_ids(older) and _has_ids(newer):
        yield from _compare_lists(older or [], newer or [], place)
    elif older != newer:
        yield from _changed(older, newer, place)


def _compare_lists(older: list[Json], newer: list[Json], place: Place) -> Iterator[Difference]:
    left, right = ({str(part["id"]): part for part in parts} for parts in (older, newer))
    stayed_then, stayed_now = [name for name in left if name in right], [name for name in right if name in left]
    if stayed_then != stayed_now:
        pieces = Piece(Mark.OUT, ", ".join(stayed_then)), Piece(Mark.IN, ", ".join(stayed_now))
        yield Difference(place, pieces, is_order=True)
    for name in [*right, *(name for name in left if name not in right)]:
        yield from _compare(_without_id(left.get(name)), _without_id(right.get(name)), (*place, name))


def _changed(older: Any, newer: Any, place: Place) -> Iterator[Difference]:
    """Two different values of which one may be nothing at all; a group is told leaf by leaf."""
    if isinstance(older, dict) or isinstance(newer, dict) or _has_ids(older or newer):
        before, after = dict(_leaves(older, place)), dict(_leaves(newer, place))
        for path in [*after, *(path for path in before if path not in after)]:
            yield Difference(path, _pieces(before.get(path, ""), after.get(path, "")))
    else:
        yield Difference(place, _pieces(_told(older), _told(newer)))


def _leaves(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if _is_nothing(value):
        return
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, (*place, str(key)))
    elif _has_ids(value):
        for part in value:
            yield from _leaves(_without_id(part), (*place, str(part["id"])))
    else:
        yield place, _told(value)


def _is_nothing(value: Any) -> bool:
    """A field that is left out, and a flag that is not set."""
    return value in (None, "", [], {}) or value is False


def _has_ids(value: Any) -> bool:
    return value in (None, []) or (
        isinstance(value, list) and all(isinstance(part, dict) and "id" in part for part in value)
    )


def _without_id(part: Any) -> Any:
    return {key: value for key, value in part.items() if key != "id"} if isinstance(part, dict) else part


def _told(value: Any) -> str:
    if _is_nothing(value):
        return ""
    if value is True:
        return "yes"
    if isinstance(value, list):
        return ", ".join(_told(part) for part in value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_told(part)}" for key, part in value.items() if not _is_nothing(part))
    return str(value)


# --- texts ------------------------------------------------------------------------------------------------------------


def _pieces(older: str, newer: str) -> tuple[Piece, ...]:
    if not older or not newer:
        return tuple(Piece(mark, text) for mark, text in ((Mark.OUT, older), (Mark.IN, newer)) if text)
    # Lines first: a lesson is long, and most of it stands as it stood.
    left, right = older.splitlines(keepends=True), newer.splitlines(keepends=True)
    if len(left) > MOST_LINES or len(right) > MOST_LINES:
        return Piece(Mark.OUT, older), Piece(Mark.IN, newer)
    found: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, left, right).get_opcodes():
        before, after = "".join(left[i1:i2]), "".join(right[j1:j2])
        found += [Piece(Mark.KEPT, before)] if tag == "equal" else _by_words(before, after)
    return tuple(_shortened(_joined(found)))


def _by_words(older: str, newer: str) -> list[Piece]:
    left, right = _WORDS.findall(older), _WORDS.findall(newer)
    if len(left) > MOST_WORDS or len(right) > MOST_WORDS:
        return [Piece(mark, text) for mark, text in ((Mark.OUT, older), (Mark.IN, newer)) if text]
    pieces = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Mark.KEPT, "".join(left[i1:i2])))
            continue
        pieces += [
            Piece(mark, "".join(words)) for mark, words in ((Mark.OUT, left[i1:i2]), (Mark.IN, right[j1:j2])) if words
        ]
    return pieces


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbours of one kind as one; a lone space between two changes belongs to them, or a sentence falls to bits."""
    runs: list[tuple[str, str, str]] = []  # kept, out, in
    for piece in pieces:
        kept, out, new = runs[-1] if runs else ("", "", "")
        if piece.mark is Mark.KEPT:
            if runs and not kept and piece.text.isspace() and "\n" not in piece.text:
                runs[-1] = ("", out + piece.text, new + piece.text)
            else:
                runs.append((piece.text, "", ""))
        elif runs and not kept:
            gone, come = (piece.text, "") if piece.mark is Mark.OUT else ("", piece.text)
            runs[-1] = ("", out + gone, new + come)
        else:
            runs.append(("", piece.text, "") if piece.mark is Mark.OUT else ("", "", piece.text))
    marks = (Mark.KEPT, Mark.OUT, Mark.IN)
    return [Piece(mark, text) for run in runs for mark, text in zip(marks, run, strict=True) if text]


def _shortened(pieces: list[Piece]) -> Iterator[Piece]:
    """Long unchanged stretches cut to the words around a change."""
    for number, piece in enumerate(pieces):
        words = _WORDS.findall(piece.text) if piece.mark is Mark.KEPT else []
        if len(words) <= LONG:
            yield piece
            continue
        first, last = number == 0, number == len(pieces) - 1
        if not first:
            yield Piece(Mark.KEPT, "".join(words[:AROUND]))
        yield Piece(Mark.LEFT_OUT, "")
        if not last:
            yield Piece(Mark.KEPT, "".join(words[-AROUND:]))
