"""The instructor’s studio: writing questions and lessons, having them reviewed, publishing them.

What may be opened here is decided by the services, entry by entry; `@allow` only says which roles may have a studio.
"""

from quizapp.web.author import (
    banks,
    beginning,
    coverage,
    drawings,
    history,
    index,
    items,
    lessons,
    panels,
    reports,
    review,
    rules,
    statistics,
)
from quizapp.web.author.blueprint import blueprint

__all__ = [
    "banks",
    "beginning",
    "blueprint",
    "coverage",
    "drawings",
    "history",
    "index",
    "items",
    "lessons",
    "panels",
    "reports",
    "review",
    "rules",
    "statistics",
]
