"""Text and bytes in, plain data out, and back: content files, Markdown, figures.

No database, no Flask, no clock, no learner. What a reader refuses it refuses with a sentence and a place, never with a
traceback: every file is written by somebody who wants to know what to mend.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """What the author of a file must mend (or, for a warning, should know). Sorts by file, then by line."""

    file: str
    """Path below the folder that holds `lessons/` and `question_banks/`, with forward slashes."""
    line: int
    """Counted from 1."""
    rule: str
    """A short name that never changes, such as `unknown-key`."""
    message: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.message}"
