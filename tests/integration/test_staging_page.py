"""Stage a patient: one walk through the page without scripts; and what authors are told of evidence that is due."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
import time_machine
from flask import Flask

from quizapp.db.extension import db
from quizapp.db.models import Base
from tests.pages import Client, Page

SSRI = {"drug": "sertraline", "weeks": "8", "outcome": "failed", "dose_reached": "yes", "taken": "yes"}


def test_a_history_is_staged_by_four_models_and_nothing_of_it_is_kept(
    app: Flask, client: Client, auth: Any, content: None
) -> None:
    auth.sign_in()
    before = count_rows(app)
    assert client.get("/lessons/staging").follow("Stage a patient").path == "/stage"
    lessons = client.get("/lessons")
    assert len(lessons.texts(".topic > h2")) == 5, "four topics, and what is related"
    assert set(lessons.texts(".related .kind")) == {"Article", "Image"}, "our own lessons stand under their topics"
    page = lessons.follow("Stage a patient").follow("See a worked example")
    assert results(page) == [
        "Thase–Rush III",
        "MGH-S 4.5",
        "MSM 10, moderate",
        "European C, chronic resistant depression",
    ]
    assert page.select('.working a[href="/evidence/S21"]'), "the working leads to its evidence"

    page = page.follow("Begin anew")
    assert results(page) == []
    page = page.form("Add a trial").send(**trial(0, **{**SSRI, "weeks": "eight; <b>"}), months="-1")
    assert value(page, "trials-0-weeks") == "eight; <b>"
    assert page.one("[name=trials-0-weeks]").attrs["type"] == "text", "a field for numbers would hide what was typed"
    page = page.form("Remove trial 2").send()
    assert [select.attrs["name"] for select in page.select("select[name$=drug]")] == ["trials-0-drug", "trials-2-drug"]

    page = page.form("Stage this history").send(status=422)
    told = " ".join(page.texts(".notice.bad li"))
    assert "Months since it began: Enter a whole number, in digits." in told
    assert "Trial 1, Weeks at the dose reached: Enter a whole number, in digits." in told
    assert "Electroconvulsive therapy (ECT): Choose one from the list." in told
    assert (value(page, "months"), value(page, "trials-0-weeks")) == ("-1", "eight; <b>")

    page = page.form("Stage this history").send(
        status=422, **trial(0, weeks="60"), months="8", severity="moderate", ect="none"
    )
    assert page.texts(".notice.bad li") == [
        "Trial 1, Weeks at the dose reached: Sertraline lasted 60 weeks, longer than the episode (8 months)."
    ]
    page = page.form("Stage this history").send(
        **trial(0, weeks="8"), **trial(1, **{**SSRI, "drug": "class:snri", "weeks": "3"})
    )
    assert results(page) == ["Thase–Rush I", "MGH-S 1", "MSM 5, mild", "European A, non-responder"]
    assert "A drug without a name (SNRI) lasted 3 weeks; a trial counts from 4." in page.text

    page = page.form("Stage this history").send(bipolar="y")
    assert results(page) == ["Thase–Rush: not staged", "MGH-S: not scored", "MSM: not scored", "European: not staged"]
    forged = {
        **page.form("Stage this history").fields,
        "severity": "grave",
        "ect": "bilateral",
        "trials-0-drug": "aspirin",
    }
    assert client.post("/stage", forged, status=422).texts(".notice.bad li a") == [
        "Severity at baseline",
        "Trial 1, Drug",
        "Adequate course?",
        "What came of the course",
    ]
    assert count_rows(app) == before


def test_authors_are_shown_the_evidence_that_is_due(client: Client, auth: Any, content: None) -> None:
    auth.sign_in()
    client.get("/evidence", status=403)
    with time_machine.travel(dt.datetime(2028, 2, 1, tzinfo=dt.UTC), tick=False):
        auth.sign_in("instructor")
        page = client.get("/evidence/N12").follow("All evidence to look at again")
        assert "passed the day" in page.texts(".notice.careful")[0]
        assert any("N12" in row and "lesson and" in row for row in page.texts(".rows li"))


def trial(number: int, **fields: str) -> dict[str, str]:
    """The fields of one row."""
    return {f"trials-{number}-{name}": said for name, said in fields.items()}


def results(page: Page) -> list[str]:
    return page.texts(".models h3")


def value(page: Page, name: str) -> str:
    return str(page.one(f"[name={name}]").attrs["value"])


def count_rows(app: Flask) -> dict[str, int]:
    with app.app_context():
        count = sa.select(sa.func.count())
        return {name: db.session.scalar(count.select_from(table)) for name, table in Base.metadata.tables.items()}
