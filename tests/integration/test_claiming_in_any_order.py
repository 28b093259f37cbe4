"""Whatever participants, coordinators and the program do in whichever order, through the services and the tables: never
more than was designated, never twice, no claim lost, nothing deleted."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.credit.claims import AFTERWARDS, Award, Impossible, State
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.db.models import (
    Attestation,
    AuditEvent,
    Certificate,
    Claim,
    ClaimStep,
    Engagement,
    Evaluation,
    Participation,
    Reopening,
)
from quizapp.db.session import writing
from quizapp.services import auditing
from quizapp.services.crediting import claiming, engaging, evaluating, issuing, verifying
from tests.integration.credited import Designated
from tests.integration.learners import MONDAY, Learner

STEPS = 400
MAXIMUM = 4
HISTORY = (Participation, Engagement, Evaluation, Attestation, Claim, ClaimStep, Certificate, Reopening, AuditEvent)
ANSWERS = {"objectives": "all", "change": "Ask first.", "bias": "no"}


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


def rows(session: Session) -> list[int]:
    return [session.scalar(sa.select(sa.func.count()).select_from(model)) or 0 for model in HISTORY]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_order_of_deeds_breaks_a_promise(app: Flask, session: Session, seed: int) -> None:
    rng, now = random.Random(seed), MONDAY
    activity = Designated.new(session, maximum=MAXIMUM)
    system = next(iter(claiming.terms_of(session, activity.version_id)))
    press = issuing.Press(app.extensions["vault"], "https://quiz.example.org")
    people = [Learner.new(session) for _ in range(4)]
    taken = [activity.enrol(one) for one in people]
    granted: dict[int, int] = {}
    before, deeds = rows(session), 0
    for _ in range(STEPS):
        now += dt.timedelta(minutes=rng.choice((0, 1, 20, 60)) + (rng.random() < 0.01) * 1_440 * 90)
        who = rng.randrange(len(people))
        actor, participation = people[who].actor, taken[who]
        deed = rng.choice(("beat", "beat", "evaluate", "attest", "claim", "claim", "issue", "step", "foreign"))
        try:
            match deed:
                case "beat":
                    engaging.beat(session, actor, participation, "lesson", now)
                    engaging.beat(session, actor, participation, "test", now + dt.timedelta(seconds=30))
                case "evaluate":
                    evaluating.evaluate(session, actor, participation, ANSWERS, now)
                case "attest":
                    evaluating.attest(session, actor, participation, rng.randint(-5, 90), now)
                case "claim":
                    quarters = rng.randint(-1, MAXIMUM + 2)
                    decided = claiming.claim(session, actor, participation, system, quarters, now)
                    if isinstance(decided, Award):
                        assert who not in granted, "credit was granted twice"
                        granted[who] = decided.quarters
                case "issue":
                    issuing.issue_waiting(session, press, now, limit=1)
                case "step":
                    claim_id = claiming.find_claim(session, participation, system)
                    if claim_id is not None:
                        with writing(session):
                            claiming.step(session, claim_id, rng.choice(list(State)), by_id=None, reason="", now=now)
                case "foreign":
                    with pytest.raises(LookupError):
                        claiming.claim(session, people[who - 1].actor, participation, system, 1, now)
        except (Unfit, evaluating.NotYet, Impossible):
            pass
        deeds += 1
        session.rollback()
        after = rows(session)
        assert all(new >= old for new, old in zip(after, before, strict=True)), f"{deed} deleted something"
        before = after
        held = session.execute(sa.select(Claim.participation_id, Claim.quarters, Claim.state)).all()
        assert {taken.index(row.participation_id): row.quarters for row in held} == granted, "a claim was lost"
        for row in held:
            assert 0 < row.quarters <= MAXIMUM
            assert State(row.state) in AFTERWARDS
            core = claiming.participation_of(session, row.participation_id)
            assert core.attested_minutes is not None
            assert row.quarters * 15 <= core.attested_minutes, "more than the attested time"
    assert deeds == STEPS
    assert granted, "nobody claimed anything, so nothing was tried"
    assert auditing.verify(session)[1] is None
    issuing.issue_waiting(session, press, now)
    for participation in (taken[who] for who in granted):
        (held_certificate,) = verifying.list_held(session, participation)
        assert held_certificate.quarters == granted[taken.index(participation)]
