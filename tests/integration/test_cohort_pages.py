"""A cohort at a glance: what its pages say is what its answers give, and costs the same however many there are."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.preferences import Choices
from quizapp.db.extension import db
from quizapp.db.models import CohortStaff, Item, Response
from quizapp.db.session import writing
from quizapp.services import counting
from quizapp.services.accounts import Actor
from quizapp.services.teaching import overviews, reviewing
from quizapp.services.versions import published
from tests import logs
from tests.integration.classes import AFTERWARDS, NINE_THIRTY, Class
from tests.integration.conftest import Auth
from tests.integration.learners import MONDAY, Learner, only_single_best_answers
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")
MOST_STATEMENTS = 8


def answered(room: Class, learners: int, questions: int, each: int, begin: int = 0) -> None:
    """New members of the cohort with first answers on some of the questions."""
    session = room.session
    asked = logs.questions(session)[:questions]
    for number in range(begin, begin + learners):
        learner = room.join(Learner.new(session))
        rows = list(logs.study(asked, learner.actor.id, each, seed=number))
        logs.write(session, learner.actor.id, in_cohort(rows, room.cohort, number))
    counting.recount(session, MONDAY)


def in_cohort(rows: list[dict[str, Any]], cohort: int, number: int) -> Iterator[dict[str, Any]]:
    for place, row in enumerate(rows):
        wrong = "bcd"[(row["content_id"] + number // 3) % 3]
        yield row | {
            "cohort_id": cohort if place % 7 else None,
            "classes": ["a"] if row["earned"] else [wrong],
            "ability": (number * 37 + place) % 300 - 150 if place % 5 else None,
            "mode": "lesson" if place % 11 == 0 else "assigned",
        }


def by_hand(session: Session, cohort: int) -> dict[int, tuple[int, float, int]]:
    """Question → first answers, share of the marks, by how many the wrong choice made most often was made: one answer
    of the log after the other."""
    n, marks, wrong = Counter[int](), defaultdict[int, list[int]](list), defaultdict[int, Counter[str]](Counter)
    mine = sa.select(Response).where(Response.cohort_id == cohort, Response.first_exposure, Response.mode != "lesson")
    for row in session.scalars(mine):
        n[row.content_id] += 1
        marks[row.content_id].append(row.earned)
        if not row.earned:
            wrong[row.content_id][row.classes[0]] += 1
    return {
        item: (number, sum(marks[item]) / len(marks[item]), max(wrong[item].values(), default=0))
        for item, number in n.items()
    }


def test_what_the_pages_say_is_what_the_answers_give(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        only_single_best_answers(session)
        room = Class.new(session)
        answered(room, 24, 60, 45)
        true = by_hand(session, room.cohort)
        assert len(true) > overviews.A_PAGE, "or there is no second page"
        first = overviews.get_page(session, room.teacher, room.cohort)
        second = overviews.get_page(session, room.teacher, room.cohort, before=overviews.A_PAGE)
        rows = [*first.rows, *second.rows]
        assert {row.content_id: (row.n, row.facility, row.wrong_n) for row in rows} == true
        assert len(rows) == len(true) == first.answered
        assert [(row.n < overviews.FEW, row.facility) for row in rows] == sorted(
            (n < overviews.FEW, facility) for n, facility, _ in true.values()
        )
        assert overviews.get_page(session, room.teacher, room.cohort, before=10_000).rows == ()
        overview = overviews.get_overview(session, room.teacher, room.cohort)
        assert overview.hardest == first.rows[: overviews.HARDEST]
        objectives = published(session, "objective")
        for aim in overview.objectives:
            own = [row for row in rows if row.objective_id == objectives[aim.slug].content_id]
            assert (aim.n, aim.questions) == (sum(row.n for row in own), len(own))
            assert aim.facility == pytest.approx(sum(row.facility * row.n for row in own) / aim.n)
        assert sum(aim.questions for aim in overview.objectives) == len(rows)


def test_the_pages_cost_the_same_however_many_learn_and_however_much_they_answer(app: Flask, auth: Auth) -> None:
    person, teacher = auth.sign_in("instructor"), auth.client
    with app.app_context():
        session, engine = db.session(), db.engine
        only_single_best_answers(session)
        room = Class.new(session)
        with writing(session):
            session.add(CohortStaff(cohort_id=room.cohort, user_id=person, role="co-teacher"))
        answered(room, 3, 60, 8)
    base = f"/teach/cohorts/{room.cohort}"

    def costs() -> dict[str, int]:
        found = {}
        for path in (base, f"{base}/questions"):
            teacher.get(path)
            with counted(engine) as statements:
                page = teacher.get(path)
            assert page.select("table.questions tbody tr")
            found[path] = len(statements)
        return found

    few = costs()
    assert max(few.values()) <= MOST_STATEMENTS, few
    with app.app_context():
        room.session = db.session()
        answered(room, 12, 60, 40, begin=3)
    assert costs() == few
    page = teacher.get(base)
    assert len(page.select("table.questions tbody tr")) == overviews.HARDEST
    every = page.follow("All 60 questions")
    assert len(every.select("table.questions tbody tr")) == overviews.A_PAGE
    assert len(every.follow("Easier questions").select("table.questions tbody tr")) == 60 - overviews.A_PAGE
    assert "There are no more questions" in teacher.get(f"{base}/questions?before=900").text
    for odd in ("-1", "x", "9" * 400, "50'"):
        assert teacher.get(f"{base}/questions?before={odd}").select("table.questions tbody tr")


def test_an_exam_nobody_has_sat_is_not_released_and_the_page_says_why(app: Flask, auth: Auth) -> None:
    person, teacher = auth.sign_in("instructor"), auth.client
    with app.app_context():
        session = db.session()
        room = Class.new(session)
        with writing(session):
            session.execute(sa.delete(Item).where(Item.type != "single_best_answer"))
            session.add(CohortStaff(cohort_id=room.cohort, user_id=person, role="co-teacher"))
        exam = room.give("exam")
        for now in (NINE_THIRTY, AFTERWARDS):
            with pytest.raises(reviewing.NotYet, match="Nobody is in the cohort, so there is nothing to release"):
                reviewing.release(session, room.teacher, exam, now)
        learner = room.join(Learner.new(session))
        with pytest.raises(reviewing.NotYet, match="may still begin"):
            reviewing.release(session, room.teacher, exam, NINE_THIRTY)
        with pytest.raises(reviewing.NotYet, match="Nobody has sat it, so there is nothing to release"):
            reviewing.release(session, room.teacher, exam, AFTERWARDS)
        over = room.give("exam", opens=dt.datetime(2020, 1, 6, 9), closes=dt.datetime(2020, 1, 7, 9), now=LONG_AGO)
        session.rollback()
    page = teacher.get(f"/teach/assignments/{over}")
    assert "Nobody has sat it, so there is nothing to release." in page.text
    assert not page.select("form[action$=release]")
    with app.app_context():
        session = db.session()
        actor = Actor(learner.actor.id, learner.actor.email, "", frozenset({"student"}), Choices(), "test")
        Class(session, room.teacher, room.cohort).sit(Learner(session, actor), exam, right=1)
        reviewing.release(session, room.teacher, exam, AFTERWARDS)


LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
