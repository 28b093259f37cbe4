"""Questions and learners estimated from the log: once, in the background or by command, and a replay still agrees."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session, aliased

from quizapp.cli.calibrating import calibrate as calibrate_command
from quizapp.cli.calibrating import fit as fit_command
from quizapp.core import correction, repeats
from quizapp.core import fitting as arithmetic
from quizapp.core.memory import DEFAULT_PARAMETERS
from quizapp.db.extension import db
from quizapp.db.models import Calibration, ContentVersion, ItemParameter, MemoryFit, Published, Response
from quizapp.db.session import writing
from quizapp.services import calibrating, fitting, practised, replaying, studying, work
from quizapp.services.calibrating import Run
from tests import logs
from tests.integration.conftest import Auth
from tests.integration.learners import MONDAY, Learner, only_single_best_answers
from tests.pages import Client

NEXT_NIGHT = MONDAY + dt.timedelta(days=1)
FORGETFUL = tuple({2: 0.8, 8: 1.0, 11: 0.6, 20: 0.35}.get(n, value) for n, value in enumerate(DEFAULT_PARAMETERS))

pytestmark = pytest.mark.usefixtures("content")


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        only_single_best_answers(db.session())
        yield db.session()


def write_logs(session: Session, *answers: int) -> list[Learner]:
    """Learners who forget fast and have given so many answers; what is derived is folded."""
    asked = logs.questions(session)
    learners = [Learner.new(session) for _ in answers]
    for seed, (learner, number) in enumerate(zip(learners, answers, strict=True)):
        logs.write(session, learner.actor.id, logs.study(asked, learner.actor.id, number, seed=seed, w=FORGETFUL))
    replaying.rebuild(session, MONDAY)
    return learners


def test_runs_and_fits_change_what_comes_and_leave_a_log_that_replays(session: Session) -> None:
    learner, *others = write_logs(session, 2_100, *[300] * 12)
    left_out = session.scalars(sa.select(Response.id).where(Response.first_exposure).limit(3)).all()
    with writing(session):
        # Read in a lesson, left empty in an exam, given under a marking that is no longer in force: none is counted.
        for row_id, change in zip(left_out, ({"mode": "lesson"}, {"answer": None}, {"line": 99}), strict=True):
            session.execute(sa.update(Response).where(Response.id == row_id).values(change))
    firsts = session.scalar(sa.select(sa.func.count()).where(Response.first_exposure))
    earlier = aliased(Response)
    practised_before = sa.exists().where(
        earlier.learner_id == Response.learner_id,
        earlier.objective_id == Response.objective_id,
        earlier.id < Response.id,
        earlier.schedules,
    )
    telling = sa.select(sa.func.count()).where(
        Response.first_exposure, Response.answer.is_not(None), Response.mode == "practice", practised_before
    )
    log = practised.read(session)
    assert len(log.practised) == len(log.foretold) == session.scalar(telling)
    assert [round(one.fresh + one.remembered, 9) for one in log.practised] == [one.asked for one in log.foretold]
    told: list[str] = []
    run = calibrating.calibrate(session, MONDAY, told.append)
    assert run is not None
    assert (run.epoch, run.new, run.answers) == (1, True, firsts - 3 if firsts else None)
    assert len(told) == 4
    written = session.execute(sa.select(Calibration.teach, Calibration.teach_error, Calibration.correction)).one()
    held = practised.in_force(session)
    assert (held.repeats.teach, held.repeats.doubt, held.repeats.trial) == (*written[:2], True)
    assert run.summary["practice"]["corrected"], "they forget faster than the model says"
    assert written.correction == [getattr(held.correction, name) for name in ("shift", "recall", "days", "asked")]
    desk = studying.get_desk(session, learner.actor, MONDAY)
    begun = [one for one in desk.objectives if one.trace]
    plain = replace(desk, in_force=practised.InForce())
    now, uncorrected = ([one.mastery_of(each).now or 0 for each in begun] for one in (desk, plain))
    assert sum(now) < sum(uncorrected) - 0.05 * len(begun)
    assert desk.forecast.ready_now != plain.forecast.ready_now
    assert run.summary["log_loss"]["after"] < run.summary["log_loss"]["before"]
    rows = session.execute(sa.select(ItemParameter)).scalars().all()
    assert sum(row.answers for row in rows) == run.answers
    assert {row.method for row in rows} == {"rating"}
    lines = dict(
        iter(
            session.execute(
                sa.select(Published.content_id, ContentVersion.line).join(
                    ContentVersion, ContentVersion.id == Published.version_id
                )
            )
        )
    )
    assert all(row.line == lines[row.content_id] for row in rows)
    assert max(mover["after"] - mover["before"] for mover in run.summary["movers"]) > 0.3

    again = calibrating.calibrate(session, NEXT_NIGHT)
    assert again is not None
    assert (again.epoch, again.new) == (1, False)
    newcomer = Learner.new(session)
    newcomer.work_through(newcomer.start(size=3))
    latest = session.execute(sa.select(Response).order_by(Response.id.desc()).limit(1)).scalar_one()
    assert latest.calibration_epoch == 1
    assert fitting.list_due(session) == [learner.actor.id]
    assert fitting.fit_memory(session, others[0].actor.id, MONDAY) is None
    replaying.rebuild(session, MONDAY)  # the rows that were changed by hand above moved what is derived

    before = studying.get_desk(session, learner.actor, MONDAY)
    tried = fitting.fit_memory(session, learner.actor.id, MONDAY)
    assert tried is not None
    assert (tried.new, tried.taken, tried.answers) == (True, True, 2_100)
    assert tried.loss_after <= tried.loss_before - arithmetic.MARGIN
    assert replaying.replay(session) == []
    after = studying.get_desk(session, learner.actor, MONDAY)
    assert after.parameters != before.parameters == DEFAULT_PARAMETERS
    ready = [desk.forecast.ready_now for desk in (before, after)]
    assert ready[0] is not None
    assert ready[1] is not None
    assert ready[1].chance != ready[0].chance
    learner.work_through(learner.start(size=3, seed=3))
    assert calibrating.calibrate(session, NEXT_NIGHT) is not None
    assert replaying.replay(session) == []

    repeated = fitting.fit_memory(session, learner.actor.id, NEXT_NIGHT)
    assert repeated is not None
    assert not repeated.new
    assert session.scalar(sa.select(sa.func.count()).select_from(MemoryFit)) == 1


def test_two_runs_at_once_make_one_and_two_fits_of_one_learner_too(app: Flask) -> None:
    with app.app_context():
        only_single_best_answers(db.session())
        (learner,) = write_logs(db.session(), 2_000)
        db.session.remove()
    barrier = threading.Barrier(2, timeout=60)
    runs: list[Run | None] = []
    tries: list[fitting.Tried | None] = []

    def worker() -> None:
        with app.app_context():
            # Both have read the log when either writes.
            runs.append(calibrating.calibrate(db.session(), MONDAY, lambda said: said.startswith("Esti") and wait()))
            wait()
            tries.append(fitting.fit_memory(db.session(), learner.actor.id, MONDAY))
            db.session.remove()

    def wait() -> None:
        barrier.wait()

    workers = [threading.Thread(target=worker) for _ in range(2)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(120)
    with app.app_context():
        assert sorted(run.new for run in runs if run) == [False, True]
        assert {run.epoch for run in runs if run} == {1}
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Calibration)) == 1
        assert len(tries) == 2
        assert db.session().scalar(sa.select(sa.func.count()).select_from(MemoryFit)) == 1
        assert replaying.replay(db.session()) == []


def test_a_night_does_each_piece_once_and_a_refused_try_waits_for_more_answers(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arithmetic, "FIRST_TRY", 120)
    monkeypatch.setattr(arithmetic, "AGAIN_AFTER", 3)
    monkeypatch.setattr(arithmetic, "MARGIN", 9.0)
    learners = write_logs(session, 150, 130, 100)
    assert calibrating.is_due(session, MONDAY)
    pieces = 0
    while work.work_at_night(session, MONDAY):
        pieces += 1
    assert pieces == 4  # one run, one look for questions that give each other away, two learners
    assert not calibrating.is_due(session, MONDAY)
    tries = session.execute(sa.select(MemoryFit).order_by(MemoryFit.id)).scalars().all()
    assert [(one.learner_id, one.taken, one.parameters) for one in tries] == [
        (learner.actor.id, False, []) for learner in learners[:2]
    ]
    assert replaying.replay(session) == []

    learner = learners[0]
    learner.work_through(learner.start(size=3))
    assert fitting.list_due(session) == [learner.actor.id]
    monkeypatch.setattr(arithmetic, "MARGIN", -9.0)
    taken = fitting.fit_due_learners(session, NEXT_NIGHT, limit=5)
    assert [(one.learner_id, one.taken) for one in taken] == [(learner.actor.id, True)]
    monkeypatch.setattr(arithmetic, "MARGIN", 9.0)
    assert calibrating.is_due(session, NEXT_NIGHT)
    run = calibrating.calibrate(session, MONDAY + dt.timedelta(hours=3))
    assert run is not None
    assert run.new
    learner.work_through(learner.start(NEXT_NIGHT, size=3, seed=2), NEXT_NIGHT)
    assert not calibrating.is_due(session, NEXT_NIGHT)  # answered after the night began
    assert calibrating.is_due(session, NEXT_NIGHT + dt.timedelta(days=1))
    refused = fitting.fit_due_learners(session, NEXT_NIGHT, limit=5)
    assert [one.taken for one in refused] == [False]
    # What was in force stays so after a refused try.
    fits = session.scalars(sa.select(MemoryFit.parameters).where(MemoryFit.learner_id == learner.actor.id))
    stored = [list(parameters) for parameters in fits]
    assert stored[-1] == stored[-2] != []
    assert replaying.replay(session) == []


def test_commands_and_the_page_say_what_was_found(
    app: Flask,
    runner: FlaskCliRunner,
    client: Client,
    auth: Auth,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quizapp.cli.application.create_app", lambda: app)
    monkeypatch.setattr(correction, "FEWEST", 300)
    monkeypatch.setattr(repeats, "FEWEST", 300)
    auth.sign_in("student")
    assert client.raw.get("/admin/engine").status_code == 403
    auth.sign_in("administrator")
    assert "No run yet" in client.get("/admin/engine").text
    assert "no first answer to count yet" in runner.invoke(calibrate_command).output
    with app.app_context():
        (learner, other, _) = write_logs(db.session(), 2_000, 700, 700)
        db.session.remove()
    said = runner.invoke(calibrate_command).output
    assert "Run 1 counts" in said
    assert "log loss" in said
    assert "stays in force" in runner.invoke(calibrate_command).output
    assert "in force" in runner.invoke(fit_command, [learner.actor.email]).output
    assert "tried with 2,000 answers" in runner.invoke(fit_command, [learner.actor.email]).output
    assert "takes 2,000 answers" in runner.invoke(fit_command, [other.actor.email]).output
    unknown = runner.invoke(fit_command, ["nobody@example.org"])
    assert (unknown.exit_code, "no account" in unknown.output) == (1, True)
    page = client.get("/admin/engine")
    for words in ("Moved most", "rated", "1 learner had answers enough", "author: hard", "newest fifth"):
        assert words in page.text, words
    assert learner.actor.email not in page.text
    assert client.get("/admin/style").follow("What the engine has estimated").path == "/admin/engine"
