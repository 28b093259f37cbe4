"""Invented learners: made through the services, the same for a seed, and never among real people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from quizapp.core.credit.claims import State
from quizapp.core.credit.outcomes import FEWEST_PEOPLE
from quizapp.db.models import Consent, Response, Sitting, User
from quizapp.db.session import prepare_engine
from quizapp.services import accounts, auditing, demonstrating, replaying
from quizapp.services.crediting import designating, evaluations, issuing, outcomes, participants, scope
from quizapp.services.crediting import rehearsing as crediting
from quizapp.services.crediting.issuing import Press
from quizapp.services.crediting.vault import Vault
from tests.databases import Sqlite
from tests.integration.conftest import Run

ENDS = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
DAYS = 40
VAULT = Vault([Fernet.generate_key().decode()])
STUDENT_95 = {9: 2.2622, 10: 2.2281, 11: 2.2010, 12: 2.1788, 13: 2.1604, 14: 2.1448, 15: 2.1314}
"""Degrees of freedom → the quantile of Student’s t for a two-sided interval of 95 %, from the printed table."""


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


@pytest.fixture(scope="module")
def taken_part(sqlite: Sqlite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A database in which 20 learners took part in the lesson of a demonstration, without studying beside it."""
    with sqlite.fresh("loaded", tmp_path_factory.mktemp("demo")) as url:
        engine = sa.create_engine(url)
        prepare_engine(engine)
        with Session(engine) as session:
            accounts.demo_accounts(session, "none", ENDS)
            begins = ENDS - dt.timedelta(days=DAYS + 1)
            offered = crediting.offer(session, VAULT, None, begins=begins, ends=ENDS)
            assert offered is not None
            assert offered.slugs == ("demo-how-nassas-act", "demo-depression-that-does-not-yield")
            assert crediting.offer(session, VAULT, None, begins=begins, ends=ENDS) == offered, "they are published once"
            lesson = replace(offered, slugs=offered.slugs[:1])
            world = demonstrating.get_world(session, seed=1, days=DAYS, ends=ENDS, offered=lesson)
            demonstrating.hurry(session)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(demonstrating._Learner, "_study", lambda learner, day: 0)
                for turn in range(20):
                    list(demonstrating.study(session, world, 1 + crediting.ONE_IN * turn, "none"))
            yield session
        engine.dispose()


def test_learners_take_part_in_activities_and_end_where_their_stories_do(taken_part: Session) -> None:
    session = taken_part
    coordinator = scope.find_coordinator(session, "coordinator@example.org")
    assert coordinator is not None
    activity = scope.find_activity(session, "demo-how-nassas-act")
    assert activity is not None
    run, counts = participants.get_counts(session, coordinator, activity)
    assert run.title == "How NaSSAs act: from the receptor to the patient (demonstration)"
    assert counts.enrolled >= 18
    own = designating.list_own(session, coordinator, ENDS)
    assert {one.drafted.id: one.enrolled for one in own}[activity] == counts.enrolled
    assert sum(one.enrolled for one in own) == counts.enrolled, "nobody took part in the other"
    assert counts.reading > counts.tested > counts.passed > counts.evaluated > counts.claimed > 5
    listed = participants.list_participants(session, coordinator, activity, ENDS).rows
    assert {one.state for one in listed} >= {State.IN_PROGRESS, State.LOCKED, State.ASSESSED, State.EVALUATED, "issued"}
    assert {one.profession for one in listed} == {"physician", "nurse"}
    said = evaluations.get_summary(session, coordinator, activity)
    assert (said.n, said.flagged > 0) == (counts.evaluated, True)
    words = [text for one in said.said if one.asked.id == "change" for text in one.texts]
    assert len(set(words)) > len(words) / 2, "they do not all say the same"
    assert session.scalar(sa.select(sa.func.count()).select_from(Consent)) == 0, "nobody is reported"
    assert issuing.issue_waiting(session, Press(VAULT, "https://example.org"), ENDS, limit=1) == 1
    assert replaying.replay(session) == []
    assert auditing.verify(session)[1] is None


def test_the_outcomes_of_a_demonstration_are_those_computed_by_hand(taken_part: Session) -> None:
    """Shares and paired differences once more, from the rows of the log and the table of Student’s t."""
    session = taken_part
    coordinator = scope.find_coordinator(session, "coordinator@example.org")
    activity = scope.find_activity(session, "demo-how-nassas-act")
    assert coordinator is not None
    assert activity is not None
    rows = session.execute(
        sa.text(
            "SELECT s.participation_id AS person, s.purpose, s.id, r.earned, r.possible, r.first_exposure AS fresh,"
            " min(s.id) OVER (PARTITION BY s.participation_id, s.purpose) AS first FROM sitting s"
            " JOIN presentation p ON p.sitting_id = s.id JOIN response r ON r.presentation_id = p.id"
            " WHERE s.participation_id IS NOT NULL AND s.closed_at IS NOT NULL"
        )
    ).all()
    marks: dict[str, dict[int, list[Fraction]]] = {"before": {}, "test": {}, "after30": {}}
    for row in rows:
        if row.id == row.first and row.fresh:
            held = marks[row.purpose].setdefault(row.person, [Fraction(0), Fraction(0)])
            held[0] += row.earned
            held[1] += row.possible
    shares = {purpose: {one: held[0] / held[1] for one, held in people.items()} for purpose, people in marks.items()}
    found = outcomes.get_outcomes(session, coordinator, activity)
    whole = found.lines[0]
    for cell in whole.cells[:2]:
        assert cell.people == len(shares[cell.measure]) >= FEWEST_PEOPLE
        assert cell.share == pytest.approx(float(fmean(shares[cell.measure].values())))
    thin = whole.cells[2]
    assert 0 < thin.people == len(shares["after30"]) < FEWEST_PEOPLE
    assert thin.share is None
    both = sorted(shares["before"].keys() & shares["test"].keys())
    differences = [float(shares["test"][one] - shares["before"][one]) for one in both]
    change = whole.changes[0]
    assert change.people == len(both)
    assert change.mean == pytest.approx(fmean(differences))
    assert change.high is not None
    reach = STUDENT_95[len(both) - 1] * stdev(differences) / len(both) ** 0.5
    assert change.high - change.mean == pytest.approx(reach, rel=1e-3)
    assert change.mean > 0, "who reads the lesson knows more afterwards"


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
