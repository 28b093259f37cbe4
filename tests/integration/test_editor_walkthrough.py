"""Writing a question in the browser without scripts: rows, evidence, mends, two at once, strangers and hostile text."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp.db.extension import db
from quizapp.db.models import Content, ContentVersion, Draft, Published
from tests.integration.authors import appoint, content_id
from tests.integration.conftest import ONCE, Auth
from tests.pages import Client, Page

pytestmark = pytest.mark.usefixtures("content")


@pytest.fixture
def author(app: Flask, auth: Auth) -> int:
    """An instructor who writes in the bank on NaSSAs, signed in."""
    return writer(app, auth.sign_in("instructor"))


def writer(app: Flask, user_id: int) -> int:
    with app.app_context():
        appoint(db.session(), user_id, "author")
    return user_id


def do(page: Page, wish: str, *, status: int = 200, **values: str | list[str]) -> Page:
    """Press a button of the editor, with what is typed."""
    form = page.form("Check it")
    form.fields["do"] = [wish]
    return form.send(status=status, **values)


def value(page: Page, name: str) -> str:
    return page.form("Check it").fields[name][0]


def draft(app: Flask, item_id: int) -> dict[str, Any]:
    with app.app_context():
        return dict(db.session().scalars(sa.select(Draft.body).where(Draft.content_id == item_id)).one())


def number(page: Page) -> int:
    return int(page.path.rsplit("/", 1)[1])


def test_an_instructor_writes_a_question_without_scripts(app: Flask, client: Client, author: int) -> None:
    page = client.get("/author/items/new")
    offered = [one.attrs["value"] for one in page.select("#objective option")]
    assert offered.index("LN9") < offered.index("LN10"), "in the order in which they are taught"
    page = page.form("Write it").send(type="single_best_answer", objective="LN3")
    assert "nassa-" in page.heading
    assert "What is missing:" in page.text
    assert {"Question", "References", "To be looked at again by"} <= set(page.texts(".open-list a"))
    page = do(page, "save", stem="A 34-year-old man.")
    page = client.get(page.path)
    assert page.select("[name='options-4-text']"), "rows in which nothing was written are there again"

    # Every button keeps what is typed.
    page = do(page, "add:options", stem="A 34-year-old man takes mirtazapine.", **{"options-0-text": "α2-blockade"})
    assert value(page, "stem") == "A 34-year-old man takes mirtazapine."
    assert value(page, "options-5-id") == "f"
    assert page.one("[data-editor]").attrs["data-go-to"] == "options-5"
    page = do(page, "remove:options-5")
    page = do(page, "remove:options-4")
    page = do(page, "down:options-0")
    assert (value(page, "options-1-text"), value(page, "options-1-id")) == ("α2-blockade", "a")
    page = do(page, "up:options-1")

    page = do(page, "find:facts", **{"find-facts": "N12"})
    assert page.texts(".found .pick b") == ["N12"]
    assert "review by" in page.one(".found .pick").to_text()
    page = do(page, "pick:facts:N12")
    assert page.form("Check it").fields["facts"] == ["N12"]

    texts = ["α2-blockade", "SERT inhibition", "MAO inhibition", "5-HT1A agonism"]
    typed = {
        f"options-{n}-{name}": said for n, text in enumerate(texts) for name, said in (("text", text), ("why", "So."))
    }
    page = do(
        page, "check", lead_in="Which action is not that of an SSRI?", take_home="It blocks α2.", bloom="apply",
        difficulty="medium", **typed,
    )  # fmt: skip
    assert "negative-lead-in" in page.texts(".rule")
    alert = " ".join(page.texts("[role=alert] li"))
    assert "no-reference" in page.texts(".rule")
    assert "neither mended nor left with a reason." in alert
    assert "Fill this in." not in alert
    mend = next(button.attrs["value"] for button in page.select(".findings button") if "bold" in button.to_text())
    page = do(page, mend)
    assert value(page, "lead_in") == "Which action is **not** that of an SSRI?"
    assert "negative-lead-in" not in page.texts(".rule")

    page = do(page, "save")
    assert "Saved" in page.text
    body = draft(app, number(page))
    assert [option["id"] for option in body["options"]] == ["a", "b", "c", "d"]
    assert (body["facts"], body["objective"]) == (["N12"], "LN3")
    revision = value(page, "revision")
    assert value(do(page, "save"), "revision") == revision, "the same click twice changes nothing"


@ONCE
def test_what_is_still_open_and_what_is_wrong_is_said_at_its_field(client: Client, author: int) -> None:
    page = client.get("/author/items/new").form("Write it").send(type="numeric")
    assert not page.select("[aria-invalid]")
    page = do(page, "check", value="about three", stem="<script>alert(1)</script>")
    assert page.select("#value[aria-invalid]")
    assert "Write a number, such as 7.5." in page.texts("#value-error span")
    assert "Raw HTML is refused" in " ".join(page.texts("#stem-error"))
    assert "Fill this in." in page.texts("#why-error span")
    assert ("#lead_in", "Question") in [(a.attrs["href"], a.to_text()) for a in page.select("[role=alert] a")]
    assert value(page, "stem") == "<script>alert(1)</script>"


HOSTILE = (
    ("He takes \u202e mirtazapine.", "invisible character (U+202E)"),
    ("a" * 9_000, "longer than 8,000 characters"),
    ("[[[[[[[[[[ he takes it", "Square brackets"),
    ("Read [this](javascript:alert(1)).", "is no link"),
    ("It rests on [@N9999].", "There is no fact “N9999”"),
)


@ONCE
def test_hostile_and_oversized_text_is_kept_and_named(app: Flask, client: Client, author: int) -> None:
    page = client.get("/author/items/new").form("Write it").send()
    for typed, said in HOSTILE:
        page = do(page, "save", stem=typed)
        assert value(page, "stem") == typed
        assert said in " ".join(page.texts("#stem-error"))
        assert draft(app, number(page))["stem"] == typed


def test_two_at_once_are_told_and_choose_field_by_field(app: Flask, client: Client, auth: Auth, author: int) -> None:
    page = client.get("/author/items/new").form("Write it").send(objective="LN3")
    page = do(page, "save", stem="First.")
    address, other = page.path, auth.browser("instructor", email="second@example.org")
    writer(app, auth.sign_in("instructor", email="second@example.org", client=other))
    theirs = other.get(address)
    mine = client.get(address)
    do(theirs, "save", stem="Theirs.", lead_in="What do they ask?")
    stale = do(mine, "save", status=409, stem="Mine.", take_home="Keep this.")
    assert stale.heading.startswith("Two versions of nassa-")
    assert sorted(stale.texts("legend")) == ["Question", "Sentence to keep", "Stem"]
    assert "second@example.org" in stale.text or "Test" in stale.text
    joined = stale.form("Save what I chose").send(
        **{'take-["stem"]': "written", 'write-["stem"]': "Both.", 'take-["lead_in"]': "theirs"}
    )
    assert joined.path == address
    assert (value(joined, "stem"), value(joined, "lead_in"), value(joined, "take_home")) == (
        "Both.", "What do they ask?", "Keep this.",
    )  # fmt: skip
    # The same page sent once more meets a newer revision and shows both again; nothing is overwritten.
    again = stale.form("Take all of mine").send(status=409)
    assert sorted(again.texts("legend")) == ["Question", "Stem"]
    assert draft(app, number(joined))["stem"] == "Both."


def test_a_published_question_that_nobody_changed_gets_no_draft(app: Flask, client: Client, author: int) -> None:
    for type_name in ("case", "hotspot", "numeric"):
        with app.app_context():
            of_type = (
                sa.select(sa.func.min(Content.id))
                .join(Published, Published.content_id == Content.id)
                .join(ContentVersion, ContentVersion.id == Published.version_id)
                .where(Content.slug.startswith("nassa-"), ContentVersion.body["type"].as_string() == type_name)
            )
            item_id = db.session().execute(of_type).scalar_one()
        page = client.get(f"/author/items/{item_id}")
        assert not page.select("[data-dirty]")
        do(page, "save")
        with app.app_context():
            assert db.session().get(Draft, item_id) is None
    preview = client.fragment(f"/author/items/{item_id}/preview", page.form("Check it").fields)
    assert preview.select(".preview .ask")
    assert preview.texts(".findings h2") == page.texts(".findings h2")
    assert client.fragment("/author/figures/nassa-synapse/board").select("svg[data-drawing]")
    client.get("/author/figures/nothing/board", status=404)


@ONCE
def test_a_lesson_is_written_checked_by_line_and_kept(app: Flask, client: Client, author: int) -> None:
    with app.app_context():
        lesson_id = content_id(db.session(), "lesson", "nassa-mechanism")
    page = client.get(f"/author/lessons/{lesson_id}")
    assert not page.select("[data-dirty]"), "the form of an untouched lesson says what is published"
    do(page, "save")
    with app.app_context():
        assert db.session().get(Draft, lesson_id) is None
    body = value(page, "body").replace("\r\n", "\n")
    broken = body + "\n\n## No name\n\nMore."
    page = do(page, "check", body=broken)
    line = broken[: broken.index("## No name")].count("\n") + 1
    assert f"line {line}" in page.text
    assert value(page, "body").replace("\r\n", "\n") == broken
    page = do(page, "save", body=body + "\n\nIt rests on [@N9999] and <b>more</b>.")
    assert "There is no fact “N9999”" in page.text
    assert "Raw HTML is refused" in page.text
    assert "N9999" in draft(app, lesson_id)["body"]
    page = do(page, "find:cite", **{"find-cite": "N12"})
    assert page.texts(".found .pick b") == ["N12"]
    fragment = client.fragment(f"/author/lessons/{lesson_id}/preview", page.form("Check it").fields)
    assert len(fragment.select(".outline li")) == body.count("\n## ") + 1
    assert fragment.select("sup.ev a")

    new = client.get("/author/lessons/new").form("Write it")
    assert "letters" in new.send(title="Sleep", slug="a b", bank="nassa", status=422).text
    page = new.send(title="Sleep", slug="sleep-and-nassas", bank="nassa")
    assert page.heading == "sleep-and-nassas"
    page = do(page, "add:figures", title="Sleep", summary="Why they sleep.")
    assert (value(page, "summary"), value(page, "figures-0-id")) == ("Why they sleep.", "")


@ONCE
def test_a_question_is_begun_from_a_paste(app: Flask, client: Client, author: int) -> None:
    pasted = "7. A man sleeps well.\nWhich receptor lets him sleep?\nA. H1 *\nB. α2\nC. 5-HT3\n\nSource: a book"
    new = client.get("/author/items/new").form("Read it")
    page = new.send(paste=pasted)
    assert value(page, "lead_in") == "Which receptor lets him sleep?"
    assert [value(page, f"options-{n}-text") for n in range(3)] == ["H1", "α2", "5-HT3"]
    assert value(page, "options-0-key") == "y"
    assert "Source: a book" in value(page, "note")
    assert "The number “7.” before the question was taken away." in page.text
    for text in ("", "x" * 120_000):
        refused = new.send(paste=text, status=422)
        assert refused.form("Read it").fields["paste"] == [text]


def test_strangers_learners_and_lessons_find_nothing(app: Flask, client: Client, auth: Auth, author: int) -> None:
    with app.app_context():
        trd = sa.select(sa.func.min(Content.id)).where(Content.kind == "item", Content.slug.startswith("trd-"))
        other_bank = db.session().execute(trd).scalar_one()
        lesson = content_id(db.session(), "lesson", "nassa-mechanism")
    page = client.get("/author/items/new").form("Write it").send()
    own, token = number(page), value(page, "csrf_token")
    for item_id in (other_bank, lesson, 999_999):
        client.get(f"/author/items/{item_id}", status=404)
        for path in ("", "/preview", "/merge"):
            client.post(f"/author/items/{item_id}{path}", {"mine": "{}", "csrf_token": token}, status=404)
    client.post("/author/items/new", {"bank": "trd", "type": "case", "csrf_token": token}, status=404)
    stranger = auth.browser("instructor", email="stranger@example.org")
    stranger.get(f"/author/items/{own}", status=404)
    learner = auth.browser("student")
    for path in (f"/author/items/{own}", "/author/items/new", "/author/find?kind=item&q=nassa", "/author/rules"):
        learner.get(path, status=403)
    assert not stranger.fragment("/author/find?kind=item&q=nassa&name=enemies").select(".pick")
    assert client.fragment("/author/find?kind=item&q=nassa-00&name=enemies").select(".pick")
    assert not client.fragment("/author/find?kind=password&q=a&name=facts").select(".pick")


@ONCE
def test_a_paste_goes_into_an_open_editor_and_overwrites_no_word(app: Flask, client: Client, author: int) -> None:
    pasted = "7. A man sleeps well.\nWhich receptor lets him sleep?\nA. H1 *\nB. α2\nC. 5-HT3\n\nSource: a book"
    other = client.get("/author/items/new").form("Write it").send(type="numeric")
    assert "this question is of another type" in do(other, "paste", paste=pasted, status=422).text
    page = client.get("/author/items/new").form("Write it").send(objective="LN3")
    page = do(page, "paste", paste=pasted)
    assert "The paste is in the form." in page.text
    assert "Source: a book" in value(page, "note")
    assert [value(page, f"options-{n}-text") for n in range(3)] == ["H1", "α2", "5-HT3"]
    assert (value(page, "objective"), value(page, "lead_in")) == ("LN3", "Which receptor lets him sleep?")
    page = do(page, "save")
    assert draft(app, number(page))["options"][0]["key"] is True
    again = do(page, "paste", paste="Another?\nA. Yes *\nB. No", status=422)
    assert "a paste overwrites none" in again.text
    assert value(again, "lead_in") == "Which receptor lets him sleep?"
    assert value(again, "paste") == "Another?\nA. Yes *\nB. No", "kept, to be used elsewhere"
    do(again, "paste", paste="", status=422)
