"""The figures of a form: those of its raw answers, taken once when it closes, and once more when marks have changed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import random
import statistics
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.itemstats.forms import Form
from quizapp.core.itemstats.verdicts import Kind, State
from quizapp.db.extension import db
from quizapp.db.models import (
    Assignment,
    CohortStaff,
    FormSnapshot,
    Item,
    KeyChange,
    Presentation,
    Publication,
    Response,
    Sitting,
    table,
)
from quizapp.db.session import writing
from quizapp.services import examining, regrading
from quizapp.services.analysing import forms
from quizapp.services.teaching import assigning, closing, reviewing, tasks
from tests.integration.classes import AFTERWARDS, CLOSES, NINE_THIRTY, Class, answer_part, instructor
from tests.integration.conftest import Auth
from tests.integration.learners import MONDAY, Learner
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")
MINUTE = dt.timedelta(minutes=1)
SIZE = 5


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        with writing(db.session()) as held:
            held.execute(sa.delete(Item).where(Item.type != "single_best_answer"))
        yield db.session()


def sat(session: Session, people: int, **more: Any) -> tuple[Class, int, tuple[int, ...]]:
    """A cohort that has sat an exam of SIZE questions: cohort, assignment, questions. Answers are written as the exam
    would leave them, with the last question missed by the abler."""
    room = Class.new(session, learners=people)
    exam = room.give("exam", topics={"nassa": SIZE}, **more)
    row = session.execute(sa.select(Assignment.plan).where(Assignment.id == exam)).scalar_one()
    items = tuple(row["items"])
    for number, learner in enumerate(room.learners):
        sitting = tasks.start(session, learner.actor, exam, NINE_THIRTY)
        write(session, sitting, drawn(number))
    session.rollback()
    return room, exam, items


def drawn(number: int) -> list[int]:
    rng = random.Random(f"form {number}")
    theta = rng.gauss(0, 1.5)
    right = [int(rng.random() < 1 / (1 + math.exp(place - 1 - theta))) for place in range(SIZE - 1)]
    return [*right, int(theta < 0)]


def write(session: Session, sitting: int, marks: list[int]) -> None:
    """Close a sitting with these marks; a mark of -1 is a question left empty."""
    with writing(session):
        shown = session.execute(
            sa.select(
                Presentation.id, Presentation.content_id, Presentation.learner_id, Item.objective_id, Item.topic_id
            )
            .join(Item, Item.content_id == Presentation.content_id)
            .where(Presentation.sitting_id == sitting)
            .order_by(Presentation.position)
        ).all()
        for row, mark in zip(shown, marks, strict=True):
            values = {
                "learner_id": row.learner_id, "presentation_id": row.id, "part": "1", "content_id": row.content_id,
                "line": 1, "objective_id": row.objective_id, "topic_id": row.topic_id, "mode": "formative",
                "answer": {"choice": "a"} if mark >= 0 else None, "earned": max(mark, 0), "possible": 1,
                "classes": [] if mark < 0 else ["right" if mark else f"wrong-{row.learner_id % 2}"], "rating": "good",
                "first_exposure": True, "schedules": False, "study_day": NINE_THIRTY.date(), "guess": 0.2,
                "difficulty": 0.0, "calibration_epoch": 0, "at": NINE_THIRTY,
            }  # fmt: skip
            session.execute(sa.insert(table(Response)).values(**values))
        closed = sa.update(table(Sitting)).where(Sitting.id == sitting)
        session.execute(closed.values(closed_at=NINE_THIRTY + MINUTE))


def marks_of(session: Session, exam: int, items: tuple[int, ...]) -> list[list[int]]:
    """One row a person, straight from the log."""
    rows: dict[int, dict[int, int]] = {}
    for row in session.execute(
        sa.select(Presentation.sitting_id, Response.content_id, Response.earned)
        .join(Presentation, Presentation.id == Response.presentation_id)
        .join(Sitting, Sitting.id == Presentation.sitting_id)
        .where(Sitting.assignment_id == exam)
    ):
        rows.setdefault(row.sitting_id, {})[row.content_id] = row.earned
    return [[held[item] for item in items] for _, held in sorted(rows.items())]


def check(form: Form, marks: list[list[int]]) -> None:
    """The figures the straightforward way, in floating point, by the textbook."""
    totals = [sum(row) for row in marks]
    assert (form.n, form.most) == (len(marks), len(marks[0]))
    assert form.mean == pytest.approx(statistics.mean(totals))
    assert form.sd == pytest.approx(statistics.stdev(totals))
    k, variance = len(marks[0]), statistics.variance(totals)
    columns = list(zip(*marks, strict=True))
    alpha = k / (k - 1) * (1 - sum(statistics.variance(column) for column in columns) / variance)
    kr20 = alpha_of_right_and_wrong(columns, totals)
    assert form.alpha is not None
    assert form.dichotomous
    assert form.alpha.value == pytest.approx(alpha) == pytest.approx(kr20)
    assert form.sem == pytest.approx(math.sqrt(1 - alpha) * statistics.stdev(totals))
    for column, found in zip(columns, form.columns, strict=True):
        rest = [total - mark for total, mark in zip(totals, column, strict=True)]
        assert found.facility.value == pytest.approx(sum(column) / len(column))
        assert found.sd == pytest.approx(statistics.stdev(column))
        if len(set(column)) > 1:
            assert found.discrimination is not None
            assert found.discrimination.value == pytest.approx(statistics.correlation(column, rest))
            best = statistics.covariance(sorted(column), sorted(rest))
            assert found.efficiency == pytest.approx(statistics.covariance(column, rest) / best)
        assert found.intended == pytest.approx(1 / k)
        assert found.upper_lower == pytest.approx(upper_less_lower(column, totals))
        if found.effective is not None:
            with_total = [max(statistics.covariance(one, totals), 0) for one in columns]
            own = math.sqrt(max(statistics.covariance(column, totals), 0))
            assert found.effective == pytest.approx(own / sum(map(math.sqrt, with_total)))


def alpha_of_right_and_wrong(columns: list[tuple[int, ...]], totals: list[int]) -> float:
    """Kuder and Richardson's formula 20, with variances by n."""
    k, spread = len(columns), 0.0
    for column in columns:
        p = sum(column) / len(column)
        spread += p * (1 - p)
    return k / (k - 1) * (1 - spread / statistics.pvariance(totals))


def upper_less_lower(column: tuple[int, ...], totals: list[int]) -> float:
    """Each of those who tie at the edge of a group belongs to it in the same part."""
    size = round(0.27 * len(totals))

    def mean(order: list[int]) -> float:
        edge = sorted(order, reverse=True)[size - 1]
        above = [mark for mark, value in zip(column, order, strict=True) if value > edge]
        tied = [mark for mark, value in zip(column, order, strict=True) if value == edge]
        return (sum(above) + sum(tied) * (size - len(above)) / len(tied)) / size

    return mean(totals) - mean([-total for total in totals])


def close(session: Session, at: dt.datetime = AFTERWARDS) -> int:
    closing.close_over(session, at)
    return forms.take_due(session, at)


def test_the_figures_are_those_of_the_raw_answers_and_are_taken_once(session: Session) -> None:
    room, exam, items = sat(session, 36)
    assert forms.take_due(session, NINE_THIRTY) == 0, "it has not closed yet"
    assert close(session) == 1
    found = forms.get_analysis(session, room.teacher, exam)
    assert found.form is not None
    check(found.form, marks_of(session, exam, items))
    assert [one.content_id for one in found.questions] == list(items)
    last = found.questions[-1]
    assert last.verdict.state is State.LOOK
    assert Kind.NEGATIVE in [finding.kind for finding in last.verdict.findings]
    assert sum(choice.n for choice in last.chosen) == 36
    assert {choice.words for choice in last.chosen} == {"right", "wrong-0", "wrong-1"}
    for later in (MINUTE, 60 * MINUTE):
        assert close(session, AFTERWARDS + later) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(FormSnapshot)) == 1
    with pytest.raises(LookupError):
        forms.get_analysis(session, instructor(session), exam)
    with pytest.raises(LookupError):
        forms.get_analysis(session, room.teacher, exam, number=2)


def test_what_is_ruled_and_renewed_gives_new_figures_and_keeps_the_old(session: Session) -> None:
    room, exam, items = sat(session, 30)
    close(session)
    raw = marks_of(session, exam, items)
    at = AFTERWARDS + MINUTE
    reviewing.rule(session, room.teacher, exam, items[0], "drop", "Two are right.", at)
    assert forms.take_due(session, at) == 1
    for seconds in (1, 30, 90):
        assert forms.take_due(session, at + seconds * MINUTE / 60) == 0, "looked at again, but nothing is new"
    second = forms.get_analysis(session, room.teacher, exam)
    assert second.form is not None
    check(second.form, [row[1:] for row in raw])
    assert [one.number for one in second.questions] == [2, 3, 4, 5], "numbers are those of the form"
    assert len(second.left_out) == 1
    first = forms.get_analysis(session, room.teacher, exam, number=1)
    assert first.form is not None
    check(first.form, raw)

    renewed_at = at + 10 * MINUTE
    with writing(session):
        publication = session.execute(
            sa.select(Publication.id).where(Publication.content_id == items[1]).limit(1)
        ).scalar_one()
        change = {"publication_id": publication, "content_id": items[1], "line": 1, "remedy": "credit"}
        session.execute(sa.insert(table(KeyChange)).values(**change, by_id=room.teacher.id, at=at))
    while regrading.regrade_due(session, renewed_at):
        assert forms.take_due(session, renewed_at) == 0, "marks are half renewed"
    regrading.regrade_due(session, renewed_at)
    assert forms.take_due(session, renewed_at + MINUTE) == 1
    third = forms.get_analysis(session, room.teacher, exam)
    assert third.form is not None
    assert [one.number for one in third.taken] == [3, 2, 1]
    check(third.form, [[1, *row[2:]] for row in raw])
    for later in (2, 20, 2000):
        assert forms.take_due(session, renewed_at + later * MINUTE) == 0


def test_a_form_of_few_is_not_judged_and_one_that_was_drawn_has_no_figures(session: Session) -> None:
    room, exam, items = sat(session, 5)
    one_alone, lonely, _ = sat(session, 1)
    drawn_for_each = room.give("exam", draw="random", topics={"nassa": 2})
    lesson = room.give("lesson", lesson="nassa-mechanism")
    draft = assigning.save_draft(session, room.teacher, room.cohort, room.wanted(), MONDAY)
    assert close(session) == 1
    found = forms.get_analysis(session, room.teacher, exam)
    assert found.form is not None
    assert {one.verdict.state for one in found.questions} == {State.FEW}
    check(found.form, marks_of(session, exam, items))
    assert forms.get_analysis(session, one_alone.teacher, lonely).form is None
    assert not forms.get_analysis(session, room.teacher, drawn_for_each).common
    for other in (lesson, draft):
        with pytest.raises(LookupError):
            forms.get_analysis(session, room.teacher, other)


def test_what_was_left_empty_counts_as_no_mark(session: Session) -> None:
    room, exam, items = sat(session, 4)
    late = room.join(Learner.new(session))
    write(session, tasks.start(session, late.actor, exam, NINE_THIRTY), [1, -1, -1, 1, -1])
    close(session)
    found = forms.get_analysis(session, room.teacher, exam)
    assert found.form is not None
    assert found.form.n == 5
    check(found.form, marks_of(session, exam, items))


def test_of_a_block_the_first_attempt_counts_and_what_was_not_reached_is_no_mark(session: Session) -> None:
    room = Class.new(session, learners=4)
    block = room.give("block", attempts=2, topics={"nassa": 3})
    first = [[1, 1, 1], [1, 0, 1], [0, 0, 1], [1, 0]]
    for attempt in (first, [[0, 0, 0], [0, 0, 0], [0, 1, 0], []]):
        for learner, marks in zip(room.learners, attempt, strict=True):
            if not marks:
                continue
            sitting = tasks.start(session, learner.actor, block, NINE_THIRTY)
            for position, mark in enumerate(marks):
                answer_part(session, learner, sitting, position, NINE_THIRTY, right=bool(mark))
    assert examining.close_expired(session, AFTERWARDS) == 1
    assert close(session) == 1
    found = forms.get_analysis(session, room.teacher, block)
    assert found.form is not None
    check(found.form, [[*marks, *[0] * (3 - len(marks))] for marks in first])


def test_an_exam_that_is_opened_again_is_analysed_again_when_it_closes(session: Session) -> None:
    room, exam, items = sat(session, 4)
    late = room.join(Learner.new(session))
    assert close(session) == 1
    longer = CLOSES + dt.timedelta(days=7)
    assigning.adjust(session, room.teacher, exam, room.wanted(closes=longer, topics={"nassa": SIZE}), AFTERWARDS)
    assert close(session, AFTERWARDS + MINUTE) == 0
    write(session, tasks.start(session, late.actor, exam, AFTERWARDS + MINUTE), [1, 0, 1, 0, 1])
    assert close(session, AFTERWARDS + dt.timedelta(days=14)) == 1
    found = forms.get_analysis(session, room.teacher, exam)
    assert found.form is not None
    assert [one.people for one in found.taken] == [5, 4]
    check(found.form, marks_of(session, exam, items))


def test_two_workers_write_one_snapshot(app: Flask, session: Session) -> None:
    _, _, _ = sat(session, 6)
    closing.close_over(session, AFTERWARDS)
    session.rollback()
    barrier, done = threading.Barrier(2), []

    def worker() -> None:
        with app.app_context():
            barrier.wait()
            done.append(forms.take_due(db.session(), AFTERWARDS))
            db.session.remove()

    workers = [threading.Thread(target=worker) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sorted(done) in ([0, 1], [1])
    assert session.scalar(sa.select(sa.func.count()).select_from(FormSnapshot)) == 1


def test_the_page_and_the_file(app: Flask, auth: Auth) -> None:
    person, teacher = auth.sign_in("instructor"), auth.client
    with app.app_context():
        session, engine = db.session(), db.engine
        with writing(session):
            session.execute(sa.delete(Item).where(Item.type != "single_best_answer"))
        room, exam, items = sat(session, 32)
        with writing(session):
            session.add(CohortStaff(cohort_id=room.cohort, user_id=person, role="co-teacher"))
        path = f"/teach/assignments/{exam}/figures"
        assert "No figures yet" in teacher.get(path).text
        close(session)
        reviewing.rule(session, room.teacher, exam, items[0], "drop", "Two are right.", AFTERWARDS + MINUTE)
        close(session, AFTERWARDS + 2 * MINUTE)
    page = teacher.get(f"/teach/assignments/{exam}").follow("Figures of the form")
    assert "32 people answered the same 4 questions" in page.text
    assert "KR-20" in page.text
    assert "the abler miss it" in page.text
    assert "1 question counts for nobody" in page.text
    older = next(link for link in page.select(".lines a"))
    first = teacher.get(older.attrs["href"])
    assert "32 people answered the same 5 questions" in first.text
    assert len(first.select("table.list > tbody > tr")) == 5
    assert len(first.select("svg circle")) == 10
    sent = teacher.raw.get(f"{path}.csv?taken=1")
    assert 'filename="figures-an-assignment-' in sent.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(sent.get_data().decode("utf-8-sig"))))
    assert [len(row) for row in rows] == [19] * 7
    assert [row[0] for row in rows[1:]] == ["1", "2", "3", "4", "5", ""]
    assert teacher.raw.get(f"{path}?taken=9").status_code == 404
    with counted(engine) as statements:
        teacher.get(path)
    assert len(statements) <= 8, "\n".join(statements)
