"""Content edited in the browser, written to files, loaded into an empty database, and written again: the same bytes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.db.extension import db
from quizapp.db.models import Draft
from quizapp.db.session import prepare_engine, writing
from quizapp.formats import entries, tree
from quizapp.formats.native import Objective
from quizapp.services.authoring import drafting, judging, publishing
from quizapp.services.content import exporting, loading
from quizapp.services.content import publishing as versions
from quizapp.services.content.making import Made
from quizapp.services.content.publishing import New
from quizapp.services.content.standing import get_tree
from tests.databases import Sqlite
from tests.integration.authors import NOW, new_actor
from tests.integration.studio import item, load_good, member, release

LATER = NOW + dt.timedelta(hours=1)


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_item_and_lesson_comes_back_byte_for_byte(app: Flask, sqlite: Sqlite, tmp_path: Path) -> None:
    with app.app_context():
        session = db.session()
        before = exporting.export(session)
        edited = edit_everything(session)
        files = exporting.export(session)
    assert edited > 290
    assert files.keys() == before.keys()
    unchanged = {path for path in files if files[path] == before[path]}
    assert not any(path.startswith("question_banks/") and not path.endswith("bank.yaml") for path in unchanged)
    assert not any(path.endswith("lesson.md") for path in unchanged)
    assert sum("/media/" in path for path in files) >= 4, "the drawings of the figures are among them"
    (tmp_path / "empty").mkdir()
    with sqlite.fresh("migrated", tmp_path / "empty") as url:
        engine = sa.create_engine(url)
        prepare_engine(engine)
        with Session(engine, autoflush=False) as empty:
            loading.load(empty, tree.parse(files), LATER)
            again = exporting.export(empty)
        engine.dispose()
    differs = [path for path in files if again.get(path) != files[path]]
    assert not differs
    assert again.keys() == files.keys()


def edit_everything(session: Session) -> int:
    """Every item and lesson edited, read as at publishing, and all published at once. A few go through their draft.

    To judge, approve and draw them one by one would take minutes; that is tested elsewhere.
    """
    actor = new_actor(session, "administrator")
    standing, ids = get_tree(session), versions.get_ids(session)
    news, topics = (
        [],
        {one.id: one.fields.topic for one in standing.of("objective") if isinstance(one.fields, Objective)},
    )
    for number, entry in enumerate([*standing.of("item"), *standing.of("lesson")]):
        body = entries.content_of(entry.fields)
        body |= changed(entry.kind, body)
        if number % 25 == 0:
            content_id = ids[entry.kind, entry.id]
            opened = drafting.open_draft(session, actor, content_id)
            assert opened.body | changed(entry.kind, opened.body) == body
            drafting.save_draft(session, actor, content_id, body, based_on_revision=opened.revision, now=NOW)
            body = drafting.open_draft(session, actor, content_id).body
        fields, faults = judging.read(entry.kind, body)
        assert not faults, entry.id
        assert fields is not None
        home = ("bank", entry.group) if entry.kind == "item" else ("topic", str(body["topic"]))
        news.append(New(entry.kind, entry.id, fields, entries.digest(fields), Made({}), True, home, "Edited"))
    for entry in standing.of("figure"):
        drawn = entry.fields.model_copy(update=words_of_a_figure(entries.content_of(entry.fields)))
        news.append(New("figure", entry.id, drawn, entries.digest(drawn), Made({}), True, None, "Edited"))
    with writing(session):
        held = versions.hold(session, [ids[new.key] for new in news])
        versions.publish(session, news, held, ids, by_id=actor.id, now=LATER)
        for new in news:
            versions.index(session, new, topics, ids)
        session.execute(sa.delete(Draft))
    return len(news)


def changed(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """Edits of the kind that trouble a format: quotation marks, colons, lines, letters from elsewhere."""
    note = 'Edited: “so” and "so", 5-HT₃ → α2 # no comment\n\n- a line\n- ---\n- another: one'
    if kind == "lesson":
        figures = [figure | words_of_a_figure(figure) for figure in body["figures"]]
        summary, text = f"{body['summary']} 'Edited': yes.", f"{body['body']}\n\nEdited, 5-HT₃ → α2: “so”."
        return {"summary": summary, "body": text, "figures": figures}
    texts = {name: f"{body[name]}\n\nEdited: “so”." for name in ("stem", "explanation") if body.get(name)}
    return {"note": note, **texts}


def words_of_a_figure(figure: dict[str, Any]) -> dict[str, Any]:
    return {"alt": f"{figure['alt']} Edited: “so”.", "description": f"{figure['description']}\n\nEdited: → α2."}


def test_what_was_begun_in_the_browser_gets_a_place_in_its_banks_files(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        load_good(session)
        author, reviewer = member(session, "author"), member(session, "reviewer")
        body = drafting.open_draft(session, author, item(session)).body
        fresh = body | {
            "stem": "In a slice of brainstem, a drug blocks the α2-receptors of its own neurons.",
            "lead_in": "What does the release of noradrenaline do?",
            "options": [
                {"id": "a", "text": "It rises", "key": True, "why": "The brake is off."},
                {"id": "b", "text": "It falls", "why": "That would be a stronger brake."},
                {"id": "c", "text": "It stays as it is", "why": "The brake was on before."},
            ],
            "take_home": "Without its brake, release rises.",
            "references": ["haddjeri-1995"],
            "enemies": [],
        }
        entry = drafting.create(session, author, bank="brakes", body=fresh, now=NOW)
        before = exporting.export(session)
        assert not any(b"of brainstem" in data for data in before.values()), "a draft is in no file"
        live = release(session, author, reviewer, entry)
        files = exporting.export(session)
        path = "question_banks/brakes/items.yaml"
        assert files[path].startswith(before[path])
        assert f"id: {live.slug}\n".encode() in files[path].removeprefix(before[path])
        report = loading.load(session, tree.parse(files), LATER)
        assert (report.conflicts, report.changed, report.newer_here) == ((), (), ())
        assert exporting.export(session) == files
        opened = drafting.open_draft(session, author, entry)
        publishing.retire(session, author, entry, based_on_revision=opened.revision, now=LATER)
        assert b"state: published" not in exporting.export(session)[path].rpartition(b"---\n")[2]
