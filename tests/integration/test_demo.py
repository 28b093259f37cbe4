"""Invented learners: made through the services, the same for a seed, and never among real people."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Response, Sitting, User
from quizapp.db.session import prepare_engine
from quizapp.services import accounts, demonstrating, replaying
from tests.databases import Sqlite
from tests.integration.test_cli import Run, run

ENDS = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
__all__ = ["run"]


def log(url: str, *, seed: int) -> list[tuple[Any, ...]]:
    """What two learners answer in five days on this database."""
    engine = sa.create_engine(url)
    prepare_engine(engine)
    with Session(engine) as session:
        demonstrating.check(session)
        world = demonstrating.get_world(session, seed=seed, days=5, ends=ENDS)
        for number in (1, 2):
            assert sum(demonstrating.study(session, world, number, "none")) > 0
        columns = (Response.learner_id, Response.content_id, Response.part, Response.answer, Response.confidence)
        rows = session.execute(sa.select(*columns, Response.earned, Response.at).order_by(Response.id)).all()
    engine.dispose()
    return [tuple(row) for row in rows]


def test_the_same_seed_gives_the_same_log_and_another_seed_another(sqlite: Sqlite, tmp_path: Path) -> None:
    logs = []
    for place, seed in enumerate((1, 1, 2)):
        folder = tmp_path / str(place)
        folder.mkdir()
        with sqlite.fresh("loaded", folder) as url:
            logs.append(log(url, seed=seed))
    first, again, other = logs
    assert first == again
    assert first != other
    assert len(first) > 20
    assert max(row[-1] for row in first) < ENDS + dt.timedelta(hours=1)
    assert {row[4] for row in first} >= {"sure", "fairly_sure", "guess"}


@pytest.mark.usefixtures("content")
def test_invented_learners_study_are_added_to_and_leave_real_people_alone(run: Run, database_url: str) -> None:
    first = run("demo", "--learners", "2", "--days", "4", "--yes")
    assert first.exit_code == 0, first.output
    assert "2 learners gave" in first.output
    assert "a second" in first.output
    more = run("demo", "--learners", "3", "--days", "4", "--yes")
    assert "1 learner gave" in more.output
    assert "2 were there already." in more.output
    engine = sa.create_engine(database_url)
    prepare_engine(engine)
    with Session(engine) as session:
        emails = set(session.scalars(sa.select(User.email)))
        assert emails == {f"{role}@example.org" for role in accounts.ROLES} | {
            demonstrating.address(number) for number in (1, 2, 3)
        }
        assert replaying.replay(session) == []
        answers = session.scalar(sa.select(sa.func.count()).select_from(Response))
        assert answers
        assert "review" in set(session.scalars(sa.select(Sitting.mode)))
        session.rollback()
        run("user", "create", "demo-person@example.org", "--password", "three sober ferrets")
        refused = run("demo", "--learners", "4", "--days", "4", "--yes")
        assert refused.exit_code == 1
        assert "1 of the accounts in this database are not demo accounts." in refused.output
        assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == answers
    engine.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_without_content_is_refused(run: Run) -> None:
    refused = run("demo", "--learners", "1", "--days", "1")
    assert (refused.exit_code, "Load the content first" in refused.output) == (1, True)


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_is_filled_only_after_a_yes(run: Run) -> None:
    asked = run("demo", "--learners", "1", "--days", "1", typed="n\n")
    assert asked.exit_code == 1
    assert "cannot be taken out again" in asked.output
    assert "answers in" not in asked.output
