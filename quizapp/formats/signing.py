"""The sign-off of a clinician: which words of a question it holds for, and how it is written into the files.

A sign-off names the version that was read: a hash of all that the printed review shows of the question itself. When the
key, a reason or any other of these words changes, the sign-off stays in the file as history and holds no more.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from quizapp.formats import entries
from quizapp.formats.native import ItemHead, SignOff
from quizapp.formats.tree import Tree

_NOT_JUDGED = {
    "state", "objective", "also", "lesson", "pool", "bloom", "difficulty", "authors", "enemies", "review_by", "signoff",
    "lint", "note", "trap", "traps",
}  # fmt: skip
"""What is ordered by these fields is no clinical matter: they may change under a sign-off, in a part of a case too."""


class Unsignable(Exception):
    """Nothing was signed. The sentence says why."""


def version_of(item: ItemHead) -> str:
    """The hash of what a reviewer judges, 16 hexadecimal digits."""
    judged = json.dumps(_judged(entries.written(item)), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(judged.encode()).hexdigest()[:16]


def holds(item: ItemHead) -> bool:
    """Whether a clinician has signed this very version."""
    return item.signoff is not None and item.signoff.version == version_of(item)


def sign(
    tree: Tree, files: Mapping[str, bytes], ids: Collection[str], *, by: str, credentials: str, on: dt.date
) -> dict[str, str]:
    """The text of the files in which these items stand, each signed for the version that stands there now.

    Other items keep every byte. Raises Unsignable for an id that is no item and for a file that is not canonical.
    """

    def signed(item: ItemHead) -> ItemHead:
        signoff = SignOff(by=by, credentials=credentials, on=on, version=version_of(item))
        return item.model_copy(update={"signoff": signoff})

    known = {entry.id: entry for entry in tree.of("item")}
    if missing := sorted(set(ids) - known.keys()):
        raise Unsignable(f"There is no item “{missing[0]}”." + (f" ({len(missing)} in all.)" if missing[1:] else ""))
    touched = {known[name].file for name in ids}
    for file in sorted(touched):
        if tree.layout.get(file, "").encode() != files[file]:
            raise Unsignable(f"{file} has faults or is not laid out canonically; “quizapp content format” mends that.")
    return {
        file: entries.text_of(
            [
                signed(entry.fields) if entry.id in ids and isinstance(entry.fields, ItemHead) else entry.fields
                for entry in tree.of("item")
                if entry.file == file
            ]
        )
        for file in touched
    }


def _judged(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _judged(part) for name, part in value.items() if name not in _NOT_JUDGED}
    return [_judged(part) for part in value] if isinstance(value, list) else value
