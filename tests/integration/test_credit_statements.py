"""What a page of credit asks of the database: few statements, and no more of them however much is on record."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp.db.extension import db
from quizapp.db.models import ActivityCoordinator, Claim, CreditProfile, Provider
from quizapp.db.session import writing
from quizapp.services.crediting import keys, overseeing, verifying
from tests.integration.conftest import Auth
from tests.integration.credited import Designated
from tests.integration.learners import MONDAY, Learner
from tests.integration.participants import slug_of
from tests.integration.records import certify, learner_of, revoke
from tests.integration.test_overseeing import LATER, OVER, Room
from tests.pages import Client
from tests.statements import counted

MOST_STATEMENTS = {
    "list": 5, "activity": 11, "claim": 11, "transcript": 7, "participants": 11, "participant": 14, "outcomes": 4,
    "verify": 1, "status": 2,
}  # fmt: skip


def filled(room: Room, learner: Learner, activity: Designated) -> tuple[int, str]:
    """Somebody whose certificate was corrected; gives the participation and the code that counts."""
    with writing(room.session):  # `enrol` makes a profile of its own
        room.session.execute(sa.delete(CreditProfile).where(CreditProfile.learner_id == learner.actor.id))
    taken = activity.enrol(learner)
    claim = activity.grant(learner, taken)
    first = certify(room.session, taken, claim)
    return taken, certify(room.session, taken, claim, supersedes=first)


def test_pages_of_credit_cost_the_same_few_statements_however_much_is_on_record(
    app: Flask, auth: Auth, clock: Any
) -> None:
    clock.move_to(LATER)
    runs, student = auth.sign_in("coordinator"), Client(app.test_client())
    person = auth.sign_in("student", client=student)
    with app.app_context():
        session, engine = db.session(), db.engine
        room = Room(session, Designated.new(session, front={"provider": "Institute of Examples"}))
        with writing(session):
            session.add(ActivityCoordinator(activity_id=room.run.activity_id, user_id=runs))
        learner = learner_of(session, person)
        taken, code = filled(room, learner, room.run)
        keys.get_or_make_key(session, app.extensions["vault"], session.scalars(sa.select(Provider.slug)).one(), MONDAY)
        slug, run = slug_of(session, room.run), f"/coordinate/activities/{room.run.activity_id}"
        db.session.remove()
    anybody = Client(app.test_client())
    pages = {
        "list": (student, "/credit/"),
        "activity": (student, f"/credit/activities/{slug}"),
        "claim": (student, f"/credit/activities/{slug}/claim"),
        "transcript": (student, "/credit/transcript"),
        "participants": (auth.client, f"{run}/people"),
        "participant": (auth.client, f"/coordinate/participations/{taken}"),
        "outcomes": (auth.client, f"{run}/outcomes"),
        "verify": (anybody, f"/verify/{code}"),
        "status": (anybody, "/verify/status"),
    }

    def cost(name: str) -> list[str]:
        browser, path = pages[name]
        browser.raw.get(path)
        with counted(engine) as statements:
            assert browser.raw.get(path).status_code == 200, path
        return statements

    few = {name: cost(name) for name in pages}
    with app.app_context():
        room.session = room.run.session = session = db.session()
        newest = code
        for _ in range(4):
            filled(room, Learner.new(session), room.run)
            _, gone = filled(room, learner, Designated.new(session, front={"provider": "Institute of Examples"}))
            revoke(session, gone, room.run.coordinator.id, "Somebody else sat it.")
            _, lapsed = room.took_part()
            overseeing.reopen(session, room.run.coordinator, lapsed, OVER, "Was ill.", LATER)
            claim = session.scalar(sa.select(Claim.id).where(Claim.participation_id == taken))
            newest = certify(session, taken, claim, supersedes=newest)
        db.session.remove()
    for name, before in few.items():
        after = cost(name)
        assert len(after) == len(before), f"{name}: {len(before)} became\n" + "\n".join(after)
        assert len(after) <= MOST_STATEMENTS[name], f"{name}: {len(after)}\n" + "\n".join(after)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_no_longer_good_is_read_from_indexes_alone(app: Flask) -> None:
    with app.app_context():
        with counted(db.engine) as statements:
            verifying.snapshot(db.session(), MONDAY)
        (one,) = statements
        plan = [row[3] for row in db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {one}")]
        db.session.remove()
    reads = [step for step in plan if step.startswith(("SCAN", "SEARCH"))]
    assert len(reads) == 2, plan
    assert all("USING COVERING INDEX" in step for step in reads), "the file of a certificate is not to be gone through"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_list_of_what_is_no_longer_good_is_counted_among_the_looks(client: Client) -> None:
    found = [client.raw.get("/verify/status").status_code for _ in range(61)]
    assert found == [404] * 60 + [429]
