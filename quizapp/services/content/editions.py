"""Pages put together once per edition of the content and kept in the process.

An edition is named by its newest publication; a request asks only whether its edition is still the newest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Publication

T = TypeVar("T")


@dataclass
class _Shelf:
    edition: int
    pages: dict[str, Any] = field(default_factory=dict)


_shelves: dict[str, _Shelf] = {}
_guard = Lock()
_DATABASES_KEPT = 8
_PAGES_KEPT = 2_000


def edition_of(session: Session) -> int:
    """The newest publication; 0 before the first."""
    return session.scalar(sa.select(sa.func.max(Publication.id))) or 0


def at_edition(session: Session, name: str, build: Callable[[], T]) -> T:
    """What `build` makes of the newest edition of the content, built once. What it raises is not kept."""
    database = str(session.get_bind().engine.url)
    edition = edition_of(session)
    with _guard:
        shelf = _shelves.get(database)
        if shelf is None or shelf.edition != edition:
            if len(_shelves) >= _DATABASES_KEPT:
                _shelves.clear()
            shelf = _shelves[database] = _Shelf(edition)
        if name in shelf.pages:
            return cast(T, shelf.pages[name])
    page = build()
    with _guard:
        if len(shelf.pages) >= _PAGES_KEPT:
            shelf.pages.clear()
        shelf.pages[name] = page
    return page
