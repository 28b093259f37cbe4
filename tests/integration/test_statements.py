"""What a request may cost: statements, bytes, and never the rendering of a text. Counted through the real routes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from quizapp.db.extension import db
from quizapp.db.models import Item, LearnerSettings
from quizapp.db.session import writing
from quizapp.formats import markdown
from quizapp.services import annotating, composing, examining, lesson_questions, showing, sittings
from quizapp.services.content import making
from tests.integration.conftest import Auth
from tests.integration.learners import only_single_best_answers
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")

MOST_STATEMENTS = {"question page": 4, "grading": 8, "answer": 12, "lesson page": 6, "today": 15}
MOST_BYTES = 15_000
CHOOSES_NEXT = re.compile(r"INSERT INTO presentation|FROM published|SELECT content_version\.id")
"""The version of the next question is read once a process. PostgreSQL’s lock of the learner counts among the twelve."""


@pytest.fixture
def ask(app: Flask, auth: Auth) -> Callable[..., tuple[TestResponse, list[str]]]:
    """Sends a request as a signed-in learner past the first run; gives the answer and the statements behind it."""
    person = auth.sign_in("student")
    with app.app_context():
        with writing(db.session()) as session:
            session.execute(
                sa.insert(LearnerSettings).values(
                    user_id=person,
                    zone="UTC",
                    minutes_a_day=20,
                    rest_days=[],
                    light_days=[],
                    week_goal=4,
                    first_step="read",
                    preferences={},
                )
            )
        only_single_best_answers(db.session())
        engine = db.engine

    def send(method: str, path: str, **form: str) -> tuple[TestResponse, list[str]]:
        with counted(engine) as statements:
            response = auth.client.raw.open(path, method=method, data=form or None)
        return response, statements

    return send


@pytest.fixture
def block(ask: Callable[..., Any]) -> str:
    """The address of the first question of a block that has begun."""
    begun, _ = begin(ask, "10")
    session, _ = ask("GET", begun.location)
    return session.location


def begin(ask: Callable[..., Any], size: str) -> tuple[TestResponse, list[str]]:
    page, _ = ask("GET", "/practice")
    (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page.text))
    return ask("POST", "/practice", csrf_token=token, do="start", size=size, spend_freely="1")


def fields(page: str) -> dict[str, str]:
    """What the form of a question sends when its first option is chosen."""
    (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page))
    return {"csrf_token": token, "part": "1", "choice": "1", "confidence": "sure"}


def submit_to(page: str) -> str:
    (path,) = re.findall(r'action="(/question/\d+/answer)"', page)
    return path


def tell(statements: list[str]) -> str:
    return "\n".join(f"{number}. {' '.join(text.split())[:160]}" for number, text in enumerate(statements, start=1))


def test_a_question_page_costs_few_statements_and_bytes(ask: Callable[..., Any], block: str) -> None:
    ask("GET", block)
    page, statements = ask("GET", block)
    assert page.status_code == 200
    assert len(statements) <= MOST_STATEMENTS["question page"], tell(statements)
    assert len(page.data) <= MOST_BYTES


def test_an_answer_costs_few_statements_with_the_choice_of_the_next_question(
    ask: Callable[..., Any], block: str
) -> None:
    page, _ = ask("GET", block)
    answered, statements = ask("POST", submit_to(page.text), **fields(page.text))
    assert answered.status_code == 303
    assert len(statements) <= MOST_STATEMENTS["answer"], tell(statements)
    grading = [text for text in statements if not CHOOSES_NEXT.search(text) and "FOR UPDATE" not in text]
    assert len(grading) <= MOST_STATEMENTS["grading"], tell(grading)


def test_a_lesson_costs_the_same_few_statements_however_long_it_is(ask: Callable[..., Any]) -> None:
    ask("GET", "/lessons/nassa-mechanism")
    page, statements = ask("GET", "/lessons/nassa-mechanism")
    assert page.status_code == 200
    assert len(statements) <= MOST_STATEMENTS["lesson page"], tell(statements)


def test_today_costs_the_same_few_statements_however_many_questions_there_are(
    ask: Callable[..., Any], block: str, app: Flask
) -> None:
    page, _ = ask("GET", block)
    ask("POST", submit_to(page.text), **fields(page.text))
    ask("GET", "/")
    shown, statements = ask("GET", "/")
    assert shown.status_code == 200
    assert len(statements) <= MOST_STATEMENTS["today"], tell(statements)
    with app.app_context(), writing(db.session()) as session:
        few = sa.select(Item.content_id).order_by(Item.content_id).limit(5)
        session.execute(sa.delete(Item).where(Item.content_id.not_in(session.scalars(few).all())))
    _, with_few = ask("GET", "/")
    assert len(with_few) == len(statements), tell(statements)


def test_no_request_renders_a_text(ask: Callable[..., Any], block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("A text was rendered in a request; it is rendered once, when its version is made.")

    for module, name in ((markdown, "render"), (markdown, "render_fields"), (making, "make")):
        monkeypatch.setattr(module, name, refuse)
    page, _ = ask("GET", block)
    answered, _ = ask("POST", submit_to(page.text), **fields(page.text))
    for path in (answered.location, "/", "/lessons", "/lessons/nassa-mechanism", "/search?q=receptor", "/evidence/N01"):
        shown, _ = ask("GET", path)
        assert shown.status_code == 200, path


def test_a_session_begins_with_as_many_statements_however_many_questions_there_are(ask: Callable[..., Any]) -> None:
    begin(ask, "2")
    few, statements = begin(ask, "1")
    many, more = begin(ask, str(composing.LARGEST_BLOCK))
    assert few.status_code == many.status_code == 303
    statements, more = (
        [text for text in of_one if not text.startswith("SELECT content_version.id")] for of_one in (statements, more)
    )
    assert len(more) == len(statements), tell(more)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(showing._SHOWN, id="question"),
        pytest.param(showing._NEXT, id="where to go on"),
        pytest.param(showing._NAVIGATOR, id="navigator"),
        pytest.param(examining._QUESTIONS, id="questions of an exam"),
        pytest.param(sittings._SAT, id="sessions"),
        pytest.param(sittings._UNREAD, id="misses not read"),
        pytest.param(annotating._FIRST_MISS, id="the first of them"),
        pytest.param(lesson_questions._CHECKS, id="questions of a lesson"),
    ],
)
def test_what_a_learner_opens_goes_through_nobody_elses_rows(app: Flask, statement: sa.Select[Any]) -> None:
    """Without an index that fits, SQLite reads the whole table: unnoticed in a test, seconds after a year."""
    with app.app_context():
        session = db.session()
        sql = str(statement.compile(dialect=session.get_bind().dialect, compile_kwargs={"render_postcompile": True}))
        rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?")).all()
    plan = [row[3] for row in rows]
    assert [step for step in plan if step.startswith("SEARCH")]
    assert not [step for step in plan if re.match(r"SCAN (presentation|response|sitting|exposure|memory)\b", step)], (
        plan
    )
