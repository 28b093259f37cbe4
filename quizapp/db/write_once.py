"""What is written once is guarded by the database: triggers refuse to change, replace or delete a row, and name its
table.

They stop a slip, be it a statement by hand or a deed of a later version; whoever may drop a trigger is found out by the
audit. `db.migrating` alone takes them off, before migrations run, and puts them on behind them, so a migration copies
and fills tables as if there were none. A table that is added here needs no migration of its own: `quizapp db upgrade`
puts on what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.engine import Connection

PREFIX = "written_once_"


@dataclass(frozen=True)
class Blanks:
    """What the erasure of a person does to a row (`services.personal`): the columns it changes, and what holds of the
    row afterwards, so that nothing but a blank can be written over them."""

    columns: tuple[str, ...]
    holds: str


_NO_REASON = Blanks(("reason",), "NEW.reason = '[erased]'")
WRITTEN_ONCE: Mapping[str, Blanks | None] = MappingProxyType(
    {
        "activity_version": None,
        "audit_event": None,
        "audit_head": None,
        "certificate": Blanks(("facts", "credential", "document"), "NEW.credential = '' AND length(NEW.document) = 0"),
        "claim_step": _NO_REASON,
        "consent": None,
        "credit_system": None,
        "designation": None,
        "disclosure": None,
        "provider": None,
        "reopening": _NO_REASON,
        "revocation": _NO_REASON,
    }
)
"""Neither changed nor deleted; `Blanks` is the one exception."""
NEVER_DELETED = ("attestation", "claim", "evaluation", "participation", "report_batch", "report_row", "signing_key")
"""Changed by deeds, but not in their keys; deleted by none."""


def guard(connection: Connection) -> None:
    """Put on the triggers that are missing, for the tables that there are, inside the caller’s transaction."""
    held = _held(connection)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_REFUSE)
    for trigger in _wanted(connection):
        if trigger.name not in held:
            connection.exec_driver_sql(trigger.statement(connection.dialect.name))


def lift(connection: Connection) -> None:
    """Take all of them off, inside the caller’s transaction."""
    for name, table in _held(connection).items():
        on = f" ON {table}" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER {name}{on}")


def find_unguarded(connection: Connection) -> tuple[str, ...]:
    """The tables that lack one of their triggers, in order."""
    held = _held(connection)
    return tuple(sorted({trigger.table for trigger in _wanted(connection) if trigger.name not in held}))


@dataclass(frozen=True)
class _Trigger:
    """`of`: the columns it is about, none for all; `when`: the condition under which it refuses; `called`: its
    name, where another one is about the same deed."""

    table: str
    deed: str
    of: tuple[str, ...] = ()
    when: str = ""
    called: str = ""

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.table}_{self.called or self.deed.lower()}"

    def statement(self, dialect: str) -> str:
        columns = f" OF {', '.join(self.of)}" if self.of else ""
        each = "STATEMENT" if self.deed == "TRUNCATE" else "ROW"
        when = f" WHEN ({self.when})" if self.when else ""
        does = (
            "EXECUTE FUNCTION refuse_written_once()"
            if dialect == "postgresql"
            else f"BEGIN SELECT RAISE(ABORT, 'The rows of {self.table} are kept as written: {self.deed} refused'); END"
        )
        return f"CREATE TRIGGER {self.name} BEFORE {self.deed}{columns} ON {self.table} FOR EACH {each}{when} {does}"


_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE restrict_violation
    USING MESSAGE = concat('The rows of ', TG_TABLE_NAME, ' are kept as written: ', TG_OP, ' refused');
END $$
"""


def _wanted(connection: Connection) -> Iterator[_Trigger]:
    """An older version may have neither the table nor the column."""
    looks = sa.inspect(connection)
    tables = set(looks.get_table_names()).intersection([*WRITTEN_ONCE, *NEVER_DELETED])
    sqlite = connection.dialect.name == "sqlite"
    for table in sorted(tables):
        keys = [looks.get_pk_constraint(table)["constrained_columns"]]
        keys += [unique["column_names"] for unique in looks.get_unique_constraints(table)]
        yield _Trigger(table, "DELETE")
        if sqlite:
            # OR REPLACE deletes what stands in its way, and no trigger on deleting is asked.
            same = " OR ".join(" AND ".join(f"{name} = NEW.{name}" for name in key) for key in keys)
            there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608  # names of our own tables
            yield _Trigger(table, "INSERT", when=there)
        else:
            yield _Trigger(table, "TRUNCATE")
        blanks = WRITTEN_ONCE.get(table)
        if table in NEVER_DELETED:
            yield _Trigger(table, "UPDATE", tuple(sorted({name for key in keys for name in key})))
        elif blanks is None:
            yield _Trigger(table, "UPDATE")
        else:
            columns = [column["name"] for column in looks.get_columns(table)]
            yield _Trigger(table, "UPDATE", tuple(name for name in columns if name not in blanks.columns))
            yield _Trigger(table, "UPDATE", blanks.columns, f"NOT ({blanks.holds})", "blank")


def _held(connection: Connection) -> dict[str, str]:
    """Name of a trigger → its table."""
    if connection.dialect.name == "postgresql":
        query = (
            "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal ORDER BY 1"
        )
    else:
        query = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' ORDER BY 1"
    return {name: table for name, table in connection.exec_driver_sql(query) if name.startswith(PREFIX)}
