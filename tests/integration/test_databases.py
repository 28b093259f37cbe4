"""Every other test trusts that its database is its own, and is what it says it is."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import databases
from tests.databases import NoDatabase, Sqlite


@pytest.fixture
def connection(database_url: str):  # type: ignore[no-untyped-def]
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("turn", ["first", "second"])
def test_what_one_test_writes_no_other_test_finds(connection: sa.Connection, turn: str) -> None:
    connection.execute(sa.text("CREATE TABLE left_behind (turn VARCHAR(9))"))
    connection.commit()


def test_both_databases_are_real(connection: sa.Connection, request: pytest.FixtureRequest) -> None:
    assert connection.dialect.name == request.node.callspec.params["database_url"]


def test_a_database_is_migrated_and_empty(connection: sa.Connection) -> None:
    assert connection.execute(sa.text("SELECT count(*) FROM alembic_version")).scalar_one() == 1
    assert connection.execute(sa.text("SELECT count(*) FROM content")).scalar_one() == 0


def test_the_content_of_the_repository_is_there_when_asked_for(content: None, connection: sa.Connection) -> None:
    assert connection.execute(sa.text("SELECT count(*) FROM published")).scalar_one() > 0


def test_a_database_that_cannot_be_made_says_why_and_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(databases.MAKING, "migrated", (None, ["no-such-command"]))
    for _ in range(2):
        with pytest.raises(NoDatabase, match=r"(?s)`quizapp no-such-command` failed.*No such command"):
            Sqlite(tmp_path).fresh("migrated", tmp_path).__enter__()
        monkeypatch.setattr(databases.subprocess, "run", lambda *_, **__: pytest.fail("It was tried again."))
