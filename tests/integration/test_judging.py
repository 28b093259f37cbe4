"""One judge for the editor and for publishing: the same findings, few statements, nothing read that was read before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.db.extension import db
from quizapp.formats import lessons, markdown, tree
from quizapp.services.authoring import drafting, judging, publishing
from quizapp.services.authoring.judging import Judgement
from quizapp.services.authoring.releasing import NotReady
from quizapp.services.content import standing
from quizapp.web.author import marking_faults
from tests.integration.authors import NOW, appoint, content_id, new_actor
from tests.integration.conftest import Auth
from tests.integration.studio import change, item, load_good, member, release, swapped
from tests.pages import Client, Page
from tests.statements import counted

MOST_STATEMENTS = 3
"""The edition, the files that were uploaded for a lesson, and the drawings in which a question asks for a place."""


@pytest.mark.usefixtures("content")
def test_a_draft_is_judged_with_few_statements_and_nothing_else_is_read_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        session = db.session()
        actor = new_actor(session, "administrator")
        for kind, slug in (("item", "nassa-014"), ("item", "confounders-010"), ("lesson", "nassa-mechanism")):
            opened = drafting.open_draft(session, actor, content_id(session, kind, slug))
            judge(session, kind, opened.body, opened.bank.slug)
            calls: list[str] = []
            for module, name in (
                (markdown, "render_fields"), (lessons, "parse"), (tree, "links"), (standing, "fields_of"),
            ):  # fmt: skip
                note(monkeypatch, module, name, calls)
            with counted(db.engine) as statements:
                judge(session, kind, opened.body | {"title": "Another"} if kind == "lesson" else opened.body, "nassa")
            monkeypatch.undo()
            assert len(statements) <= MOST_STATEMENTS, statements
            assert calls.count("render_fields") <= 1
            assert calls.count("links") <= 4, "its own, and those of a figure whose drawings were fetched"
            assert calls.count("parse") <= 3, "the lesson itself, to read it, to draw it and for its anchors"
            assert "fields_of" not in calls


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        load_good(db.session())
        yield db.session()


def test_publishing_reads_only_what_is_new_of_the_next_edition(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    author, reviewer = member(session, "author"), member(session, "reviewer")
    entry = item(session)
    change(session, author, entry, note="one")
    release(session, author, reviewer, entry)
    judge(session, "item", drafting.open_draft(session, author, entry).body, "brakes")
    change(session, author, entry, note="two")
    release(session, author, reviewer, entry)
    calls: list[str] = []
    note(monkeypatch, standing, "fields_of", calls)
    judge(session, "item", drafting.open_draft(session, author, entry).body, "brakes")
    assert calls == ["fields_of"], "only the version that was published is typed"


BROKEN: tuple[dict[str, Any], ...] = (
    {"references": [], "review_by": None},
    {"objective": "LN99"},
    {"facts": ["N10", "N99"]},
    {"stem": "A <script>alert(1)</script> slice."},
    {"stem": "Two\u200b words\u202e here."},
    {"pool": "secure"},
    {"facts": [], "pool": "secure"},
    {"lint": {"no-such-rule": "because"}},
    {"lesson": "brakes#gone"},
    {"enemies": ["brakes-1"]},
    {"lead_in": ""},
)


@pytest.mark.parametrize("fields", BROKEN, ids=lambda fields: "-".join(fields))
def test_the_editor_names_what_publishing_would_refuse(
    app: Flask, auth: Auth, client: Client, fields: dict[str, Any]
) -> None:
    person = auth.sign_in("instructor")
    with app.app_context():
        session = db.session()
        load_good(session)
        appoint(session, person, "author", "brakes")
        author, reviewer, entry = member(session, "author"), member(session, "reviewer"), item(session)
        change(session, author, entry, **fields)
        with pytest.raises(NotReady) as refused:
            release(session, author, reviewer, entry)
        hindrances = refused.value.gate.hindrances
        opened = drafting.open_draft(session, author, entry)
        assert publishing.examine(session, opened, NOW + dt.timedelta(hours=1)).hindrances == hindrances
    page = client.get(f"/author/items/{entry}")
    page = check(page)
    for one in hindrances:
        said = {marking_faults.sentence_of(one, None), one.message}
        assert any(sentence in page.text for sentence in said), one


def test_the_editor_of_a_question_names_the_lesson_that_its_change_would_break(
    app: Flask, auth: Auth, client: Client
) -> None:
    person = auth.sign_in("instructor")
    with app.app_context():
        session = db.session()
        load_good(session)
        appoint(session, person, "author", "brakes")
        entry = item(session)
        change(session, member(session, "author"), entry, options=swapped(session, entry))
    page = client.get(f"/author/items/{entry}").form("Check it").send(pool="secure", do="check")
    assert "Lesson brakes: “brakes-1” is in the secure pool; a lesson would give it away." in page.text


def judge(session: Session, kind: str, body: dict[str, Any], home: str) -> Judgement:
    return judging.judge(session, kind, body, home=home, today=NOW.date())


def note(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, calls: list[str]) -> None:
    """Note each call of a function, and let it through."""
    real = getattr(module, name)

    def noted(*args: Any, **more: Any) -> Any:
        calls.append(name)
        return real(*args, **more)

    monkeypatch.setattr(module, name, noted)


def check(page: Page) -> Page:
    form = page.form("Check it")
    form.fields["do"] = ["check"]
    return form.send()
