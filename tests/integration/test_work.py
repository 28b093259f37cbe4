"""The background work: two workers share it without doing anything twice, and a bad round does not end it."""

from __future__ import annotations

import datetime as dt
import threading
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp.cli import working
from quizapp.db.extension import db
from quizapp.db.models import Outbox, Response, Sitting
from quizapp.db.session import writing
from quizapp.services import examining, outbox, replaying
from quizapp.services import work as background
from quizapp.services.outbox import Mail
from tests.integration.learners import MONDAY, Learner, only_single_best_answers

EXAMS = 4
OVER = MONDAY + dt.timedelta(hours=1)


@pytest.mark.usefixtures("content")
def test_two_workers_at_once_close_each_exam_once_and_send_each_mail_once(app: Flask) -> None:
    with app.app_context():
        only_single_best_answers(db.session())
        for _ in range(EXAMS):
            learner = Learner.new(db.session())
            exam = learner.start(size=2, exam=True, minutes=5)
            shown = learner.question(exam).presentation_id
            chosen = learner.submission(shown, right=True)
            examining.save(db.session(), learner.actor, shown, chosen, fix=False, now=MONDAY)
        with writing(db.session()) as session:
            for number in range(EXAMS):
                outbox.queue(session, Mail(f"event {number}", f"{number}@example.org", "Subject", "Text"), MONDAY)
        db.session.remove()
    sent: list[str] = []
    done: list[background.Done | BaseException] = []
    barrier = threading.Barrier(2)

    def worker() -> None:
        with app.app_context():
            try:
                barrier.wait()
                done.append(background.work(db.session(), note, OVER, sender="quiz@example.org"))
            except BaseException as problem:
                done.append(problem)
            finally:
                db.session.remove()

    def note(message: EmailMessage) -> None:
        sent.append(message["To"])

    workers = [threading.Thread(target=worker) for _ in range(2)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(60)
    assert all(isinstance(one, background.Done) for one in done), done
    assert sorted(sent) == [f"{number}@example.org" for number in range(EXAMS)]
    with app.app_context():
        session = db.session()
        assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == 2 * EXAMS
        assert session.scalar(sa.select(sa.func.count()).where(Sitting.closed_at.is_(None))) == 0
        assert session.scalar(sa.select(sa.func.count()).where(Outbox.sent_at.is_(None))) == 0
        assert replaying.replay(session) == []
        again = background.work(session, note, OVER, sender="quiz@example.org")
        assert not again.anything


def test_a_bad_round_is_told_and_the_next_one_is_done_all_the_same(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []

    def work(*_: object, **__: object) -> None:
        rounds.append(len(rounds))
        if len(rounds) < 3:
            raise RuntimeError("the database was away")
        raise KeyboardInterrupt  # as if somebody stopped it

    monkeypatch.setattr(working.background, "work", work)
    monkeypatch.setattr(working, "SECONDS_BETWEEN_ROUNDS", 0.01)
    monkeypatch.setattr("quizapp.cli.application.create_app", lambda: app)
    monkeypatch.setattr(working.signal, "signal", lambda *_: None)
    with pytest.raises(KeyboardInterrupt):
        working.work.callback(once=False)  # type: ignore[misc]
    assert len(rounds) == 3
    told = [record for record in caplog.records if "a round of background work failed" in record.message]
    assert len(told) == 2
    assert "the database was away" in str(told[0].exc_info)


@pytest.mark.usefixtures("content")
def test_a_mail_that_cannot_be_sent_keeps_no_exam_open(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        only_single_best_answers(session)
        learner = Learner.new(session)
        learner.start(size=2, exam=True, minutes=5)
        with writing(session):
            outbox.queue(session, Mail("event", "a@example.org", "Subject", "Text"), MONDAY)

        def refuse(_: EmailMessage) -> None:
            raise OSError("the mail server is away")

        done = background.work(session, refuse, OVER, sender="quiz@example.org")
        assert (done.closed_exams, done.sent_messages) == (1, 0)
