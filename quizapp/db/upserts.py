"""Insert-or-update statements, prebuilt for both databases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Upserts = dict[str, Any]
"""The statement by the name of the dialect."""


def upserts(
    target: sa.Table, keys: Iterable[str], changed: Iterable[str] | None = None, *, adding: bool = False
) -> Upserts:
    """Insert a row, or change the `changed` columns (all but the keys) of the one with the same keys.

    `adding` adds the new integers to the old ones instead of replacing them.
    """
    keys = list(keys)
    names = [column.name for column in target.columns if column.name not in keys] if changed is None else list(changed)
    statements: Upserts = {}
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql)):
        statement = dialect.insert(target)
        new = statement.excluded
        values = {column: target.c[column] + new[column] if adding else new[column] for column in names}
        statements[name] = statement.on_conflict_do_update(index_elements=keys, set_=values)
    return statements
