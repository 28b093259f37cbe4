"""What first answers say of questions, as authors read it: which need attention, why, what the blueprint lacks."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.itemstats.verdicts import Kind
from quizapp.db.extension import db
from quizapp.db.models import Cohort, CohortStaff, Content, Item, Published
from quizapp.db.session import writing
from quizapp.services import counting
from quizapp.services.analysing import banks, questions
from quizapp.services.analysing.choices import steps
from quizapp.services.analysing.questions import View
from quizapp.services.authoring import drafting
from quizapp.services.versions import Version, get_versions
from tests import logs
from tests.integration.authors import NOW, appoint, new_member
from tests.integration.conftest import Auth
from tests.integration.learners import MONDAY, Learner
from tests.pages import Client
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")
BANK = "nassa"
MOST_STATEMENTS = {"list": 9, "question": 12, "coverage": 7}


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


def join(app: Flask, person: int) -> None:
    with app.app_context():
        appoint(db.session(), person, "author", BANK)


def published_items(session: Session, type_name: str = "") -> list[Version]:
    """The published questions of the bank, of one type or of all."""
    query = (
        sa.select(Published.version_id)
        .join(Item, Item.content_id == Published.content_id)
        .where(Item.bank == BANK, Item.pool == "practice")
        .order_by(Item.content_id)
    )
    if type_name:
        query = query.where(Item.type == type_name)
    return list(get_versions(session, session.scalars(query)).values())


def answer(session: Session, version: Version, rows: list[dict[str, Any]]) -> None:
    """First answers on one question, straight into the log."""
    item = session.execute(sa.select(Item).where(Item.content_id == version.content_id)).scalar_one()
    base = {
        "part": version.parts[0].id, "content_id": item.content_id, "line": version.line, "mode": "practice",
        "objective_id": item.objective_id, "topic_id": item.topic_id, "answer": {"choice": "a"}, "possible": 1,
        "rating": "good", "confidence": None, "elapsed_ms": 20_000, "first_exposure": True, "schedules": True,
        "study_day": dt.date(2026, 11, 23), "guess": 0.2, "difficulty": 0.0, "calibration_epoch": 0, "at": MONDAY,
        "version_id": version.id, "ability": None, "cohort_id": None,
    }  # fmt: skip
    learner = Learner.new(session).actor.id
    logs.write(session, learner, iter([base | {"learner_id": learner} | row for row in rows]))


def chosen(version: Version, number: int, *, keyed: bool, seed: int = 1) -> list[dict[str, Any]]:
    """People of every ability who choose the best answer the more often the abler they are. `keyed`: the key says so
    too; else the key is on the next option."""
    rng = random.Random(seed)
    options = version.body["options"]
    key = next(option["id"] for option in options if option["key"])
    best = key if keyed else next(option["id"] for option in options if not option["key"])
    rows = []
    for _ in range(number):
        ability = rng.gauss(0, 1.2)
        name = best if rng.random() < 0.3 + 0.25 * max(-1, min(2, ability)) else rng.choice(options)["id"]
        rows.append({"classes": [name], "earned": int(name == key), "ability": round(100 * ability)})
    return rows


def test_a_key_set_wrong_is_found_and_an_author_is_led_to_it(app: Flask, auth: Auth) -> None:
    with app.app_context():
        session = db.session()
        wrong, sound, few = published_items(session, "single_best_answer")[:3]
        answer(session, wrong, chosen(wrong, 200, keyed=False))
        answer(session, sound, chosen(sound, 200, keyed=True))
        answer(session, few, chosen(few, 12, keyed=True))
        counting.recount(session, MONDAY)
    teacher = Client(app.test_client())
    person = auth.sign_in("instructor", client=teacher)
    assert "No bank is yours yet" in teacher.get("/author/statistics").text
    teacher.get(f"/author/items/{wrong.content_id}/statistics", status=404)
    join(app, person)

    listed = teacher.get("/author/statistics")
    assert listed.texts("tbody th a")[0] == wrong.slug, "what needs attention comes first"
    assert "the key may be wrong" in listed.texts("tbody .judged")[0]
    judged = dict(zip(listed.texts("tbody th a"), listed.texts("tbody .judged b"), strict=True))
    assert (judged[wrong.slug], judged[sound.slug], judged[few.slug]) == (
        "Look at this", "Works well", "Too few answers yet",
    )  # fmt: skip
    assert teacher.get("/author/statistics?state=look").texts("tbody th a") == [wrong.slug]
    assert teacher.get("/author/statistics?state=good&by=answers").texts("tbody th a") == [sound.slug]
    teacher.get("/author/statistics?bank=trd", status=404)
    teacher.get("/author/statistics?page=99", status=404)

    page = listed.follow(wrong.slug)
    assert page.heading == f"Statistics of {wrong.slug}"
    assert "The key may be wrong" in page.text
    (alarm,) = page.texts(".choices-table .alarm")
    assert "is the key right?" in alarm
    # The figures are those of a straightforward recomputation from the answers.
    rows = chosen(wrong, 200, keyed=False)
    right = sum(row["earned"] for row in rows)
    assert f"{round(right / 2)} % (" in page.text
    for option in wrong.body["options"]:
        n = sum(row["classes"] == [option["id"]] for row in rows)
        assert str(n) in page.texts(".choices-table td.right"), option["id"]
    assert page.follow("Edit the question").path == f"/author/items/{wrong.content_id}"
    assert "Works well" in teacher.get(f"/author/items/{sound.content_id}/statistics").text
    assert "12 of the 30 first answers" in teacher.get(f"/author/items/{few.content_id}/statistics").text
    for bad in ("line=77", "setting=other", "cohort=1"):
        teacher.get(f"/author/items/{wrong.content_id}/statistics?{bad}", status=404)
    teacher.get("/author/items/999999/statistics", status=404)
    student = auth.browser("student")
    for path in ("/author/statistics", "/author/coverage", f"/author/items/{wrong.content_id}/statistics"):
        student.get(path, status=403)
    assert auth.browser("administrator").get(f"/author/items/{wrong.content_id}/statistics").status == 200


def test_settings_cohorts_months_and_lines_are_told_apart(session: Session) -> None:
    author = new_member(session, "author")
    version = published_items(session, "single_best_answer")[0]
    with writing(session):
        for number, title in ((1, "Spring"), (2, "Autumn"), (3, "Of somebody else")):
            session.add(Cohort(id=number, title=title, owner_id=author.id, opened_at=NOW, zone="UTC"))
            session.flush()
            if number < 3:
                session.add(CohortStaff(cohort_id=number, user_id=author.id, role="lead"))
    rows = chosen(version, 60, keyed=True, seed=1)
    key = next(option["id"] for option in version.body["options"] if option["key"])
    told = [{**row, "classes": [key], "earned": 1, "cohort_id": 2, "study_day": dt.date(2026, 12, 1)} for row in rows]
    answer(session, version, [{**row, "cohort_id": 1} for row in rows] + told)
    answer(session, version, [{**row, "mode": "lesson"} for row in chosen(version, 40, keyed=True, seed=2)])
    answer(
        session, version, [{**row, "mode": "exam", "cohort_id": 3} for row in chosen(version, 50, keyed=True, seed=3)]
    )
    counting.recount(session, MONDAY)
    content_id = version.content_id

    found = questions.get_question(session, author, content_id)
    (part,) = found.parts
    assert part.judged.figures.n == 170, "what is asked inside a lesson stands apart"
    assert found.answers == {("practice", 1): 60, ("practice", 2): 60, ("exam", 0): 50, ("lesson", 0): 40}
    assert found.cohorts == {2: "Autumn", 1: "Spring"}
    drifted = {shift.group for shift in part.judged.cohorts if shift.drifted}
    assert 2 in drifted, part.judged.cohorts
    assert [shift.group for shift in part.judged.months] == [202611, 202612]
    assert Kind.DRIFT in {finding.kind for finding in found.verdict.findings}

    def n_of(**view: Any) -> int:
        return questions.get_question(session, author, content_id, View(**view)).parts[0].judged.figures.n

    assert (n_of(setting="lesson"), n_of(setting="exam"), n_of(cohort=1), n_of(line=1)) == (40, 50, 60, 170)
    with pytest.raises(LookupError):
        n_of(cohort=3)
    (row,) = [row for row in banks.list_questions(session, author).rows if row.content_id == content_id]
    assert (row.n, row.verdict) == (170, found.verdict), "list and page say the same"


def test_a_question_of_every_type_can_be_read(app: Flask, auth: Auth) -> None:
    with app.app_context():
        by_type = answer_every_type(db.session())
    teacher = auth.browser("administrator")
    for type_name, version in by_type.items():
        page = teacher.get(f"/author/items/{version.content_id}/statistics")
        assert page.select(".choices-table tbody tr"), type_name
        assert ("As a table" in page.text) == (len(steps(version, 0)) == 1), type_name
        for choice in steps(version, 0)[0].choices:
            words = re.sub(r"<[^>]+>|&\w+;|[^\w ]", " ", choice.text).split()
            assert not words or words[0] in page.text, (type_name, choice.text)


def answer_every_type(session: Session) -> dict[str, Version]:
    """One question of each type, answered at random."""
    query = sa.select(Published.version_id).join(Item, Item.content_id == Published.content_id)
    by_type = {version.body["type"]: version for version in get_versions(session, session.scalars(query)).values()}
    for version in by_type.values():
        for place, part in enumerate(version.parts):
            names = [[choice.name for choice in step.choices] for step in steps(version, place)]
            rng = random.Random(place)
            rows = [
                {"part": part.id, "classes": [rng.choice(choices) for choices in names], "earned": n % 2,
                 "ability": rng.randint(-300, 300), "possible": 2}
                for n in range(40)
            ]  # fmt: skip
            answer(session, version, rows)
    counting.recount(session, MONDAY)
    return by_type


def test_the_number_of_statements_is_constant(app: Flask, auth: Auth) -> None:
    teacher = auth.browser("administrator")
    with app.app_context():
        items = published_items(db.session(), "single_best_answer")
        engine = db.engine
    paths = {
        "list": "/author/statistics",
        "question": f"/author/items/{items[0].content_id}/statistics",
        "coverage": "/author/coverage",
    }

    def statements() -> dict[str, int]:
        found = {}
        for name, path in paths.items():
            teacher.get(path)  # versions are read once a process
            with counted(engine) as seen:
                teacher.raw.get(path)
            found[name] = len(seen)
        return found

    statements()  # what a process reads once, whichever page asks for it first
    few = statements()
    with app.app_context():
        for version in items[:20]:
            answer(db.session(), version, chosen(version, 40, keyed=True))
        counting.recount(db.session(), MONDAY)
    many = statements()
    assert many == few
    assert all(n <= MOST_STATEMENTS[name] for name, n in many.items()), many


def test_the_blueprint_shows_what_is_missing_and_leads_to_a_new_question(app: Flask, auth: Auth) -> None:
    teacher = Client(app.test_client())
    person = auth.sign_in("instructor", client=teacher)
    assert "No bank is yours yet" in teacher.get("/author/coverage").text
    join(app, person)
    teacher.get("/author/coverage?bank=trd", status=404)
    with app.app_context():
        slug, have = take_away_the_secure(db.session())
    page = teacher.get("/author/coverage")
    (row,) = [row for row in page.select("tbody tr") if row.query("th a")[0].to_text() == slug]
    assert f"Write {have} for exams" in row.to_text()
    assert page.texts("thead th")[1] == "Remember"
    begun = page.follow(f"Write {have} for exams on {slug}")
    form = begun.form("Write it")
    assert form.fields["objective"] == [slug]
    editor = form.send()
    with app.app_context():
        opened = drafting.open_draft(db.session(), new_member(db.session(), "owner"), int(editor.path.split("/")[3]))
        assert (opened.body["objective"], opened.body["pool"]) == (slug, "secure")
        assert opened.body["bloom"]
    again = teacher.get("/author/coverage?by=type")
    assert "Single best answer" in again.text
    assert "1 draft" in again.text


def take_away_the_secure(session: Session) -> tuple[str, int]:
    """Leave an objective without a question that is kept for exams; its slug, and how many there were."""
    objective_id, have = session.execute(
        sa.select(Item.objective_id, sa.func.count())
        .where(Item.bank == BANK, Item.pool == "secure")
        .group_by(Item.objective_id)
        .order_by(Item.objective_id)
        .limit(1)
    ).one()
    with writing(session):
        session.execute(sa.delete(Item).where(Item.objective_id == objective_id, Item.pool == "secure"))
    return session.scalars(sa.select(Content.slug).where(Content.id == objective_id)).one(), have
