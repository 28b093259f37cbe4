"""Figures that an author uploads: into the draft, past a reviewer, to readers, out to files and back byte for byte."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session

from quizapp.db.extension import db
from quizapp.db.models import AuditEvent, Media, Upload
from quizapp.db.session import prepare_engine
from quizapp.formats import pictures, tree
from quizapp.services.authoring import drafting, publishing, uploading
from quizapp.services.authoring.drafting import StaleDraft
from quizapp.services.authoring.uploading import Incomplete, Sent
from quizapp.services.content import exporting, loading
from tests.databases import Sqlite
from tests.integration.authors import appoint, content_id
from tests.integration.conftest import Auth
from tests.integration.studio import LATER, NOW, change, load_good, member, release
from tests.pages import Client, Page
from tests.unit.formats.test_pictures import FRAME, SECRET, bomb, picture, with_words

WORDS = {
    "title": "A slice",
    "alt": "A slice of cortex beneath a microscope.",
    "description": "The slice lies in a dish.",
    "caption": "One slice.",
    "credit": "Ada Example",
    "licence": "CC BY 4.0",
}
SQUARE = FRAME.format('<g class="fig-ink"><rect x="1" y="1" width="9" height="9" fill="currentColor"/></g>').encode()


@pytest.fixture
def lesson(app: Flask, auth: Auth) -> int:
    """The lesson on two brakes, and its author signed in."""
    person = auth.sign_in("instructor")
    with app.app_context():
        session = db.session()
        load_good(session)
        appoint(session, person, "author", "brakes")
        return content_id(session, "lesson", "brakes")


def send(page: Page, data: bytes, name: str = "slice.png", *, status: int = 200, **words: str) -> Page:
    """Fill in the form of a figure and send it with a file."""
    form = page.form("Add the figure" if "Add the figure" in page.text else "Keep it")
    fields = {**form.fields, **form.checked(words), "file": [(io.BytesIO(data), name)]}
    return page.client.post(form.action, fields, status=status)


def test_a_picture_goes_from_a_file_to_readers_to_files_and_back(
    app: Flask, auth: Auth, client: Client, lesson: int, sqlite: Sqlite, tmp_path: Path
) -> None:
    sent = with_words("jpg")
    page = client.get(f"/author/lessons/{lesson}").follow("Add a figure from a file")
    refused = send(page, b"", id="slice", title="A slice", status=422)
    for sentence in (
        "Choose the file of the figure",
        "Say what one sees",
        "Say who made it",
        "Say under which licence",
    ):
        assert sentence in refused.text
    assert refused.form("Add the figure").fields["title"] == ["A slice"], "what was typed is kept"

    page = send(refused, sent, "../../evil.svg", id="slice", **WORDS)
    assert page.path == f"/author/lessons/{lesson}"
    assert "The figure “slice” is kept with the draft." in page.text
    image = page.one(".drawn img[src*='/figures/slice/']")
    shown = client.raw.get(image.attrs["src"])
    assert (shown.status_code, shown.mimetype) == (200, "image/svg+xml")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert b"data:image/jpeg;base64," in shown.data

    with app.app_context():
        session = db.session()
        author, reviewer = member(session, "author"), member(session, "reviewer")
        body = drafting.open_draft(session, author, lesson).body
        assert [one["src"] for one in body["figures"]] == ["media/brake.svg", "media/slice.jpg"]
        assert not any("slice" in path for path in exporting.export(session)), "a draft is in no file"
        text = body["body"].replace("A terminal listens", "::: figure slice\n:::\n\nA terminal listens", 1)
        assert text != body["body"]
        change(session, author, lesson, body=text)
        assert publishing.examine(session, drafting.open_draft(session, author, lesson), NOW).is_ready
        release(session, author, reviewer, lesson)
        assert session.scalar(sa.select(sa.func.count()).select_from(Upload)) == 0
        files = exporting.export(session)
        kept = files["lessons/brakes/media/slice.jpg"]
        assert SECRET not in kept
        assert SECRET not in b"".join(files.values())
    auth.sign_in("student", email="reader@example.org", client=client)
    page = client.get("/lessons/brakes")
    fetched = client.raw.get(page.one("#figure-slice image").attrs["href"])
    assert (fetched.status_code, fetched.mimetype, fetched.data) == (200, "image/jpeg", kept)
    page = client.get("/figures/slice")
    assert "The picture as it stands here." in page.text
    assert "CC BY 4.0" in page.text

    (tmp_path / "empty").mkdir()
    with sqlite.fresh("migrated", tmp_path / "empty") as url:
        engine = sa.create_engine(url)
        prepare_engine(engine)
        with Session(engine, autoflush=False) as empty:
            report = loading.load(empty, tree.parse(files), LATER)
            assert exporting.export(empty) == files
        engine.dispose()
    assert report.conflicts == ()
    with app.app_context():
        assert loading.load(db.session(), tree.parse(files), LATER).conflicts == ()
        assert exporting.export(db.session()) == files


def test_a_drawing_is_adopted_and_another_takes_its_place(app: Flask, client: Client, lesson: int) -> None:
    page = client.get(f"/author/lessons/{lesson}/figures/add")
    send(page, SQUARE, "square.svg", id="square", **WORDS)
    page = client.get(f"/author/lessons/{lesson}").follow("Send another drawing for square")
    assert page.form("Keep it").fields["alt"] == [WORDS["alt"]]
    with app.app_context():
        session = db.session()
        before = uploading.uploads_of(session, "brakes")
    send(page, picture("png"), "square.svg", **WORDS | {"title": "Another"})
    with app.app_context():
        session = db.session()
        author, reviewer = member(session, "author"), member(session, "reviewer")
        after = uploading.uploads_of(session, "brakes")
        assert (set(before), set(after)) == ({"media/square.svg"}, {"media/square.png"}), "known by its bytes"
        body = drafting.open_draft(session, author, lesson).body
        assert [one["title"] for one in body["figures"]][1:] == ["Another"]
        release(session, author, reviewer, lesson)
        assert "lessons/brakes/media/square.png" in exporting.export(session)


def test_another_drawing_of_a_published_figure_needs_a_review_and_breaks_no_question(app: Flask, lesson: int) -> None:
    with app.app_context():
        session = db.session()
        author, reviewer = member(session, "author"), member(session, "reviewer")
        figure = dict(drafting.open_draft(session, author, lesson).body["figures"][0])
        change(session, author, lesson, summary="Another sentence.")
        opened = drafting.open_draft(session, author, lesson)
        sent = Sent("brake", {name: str(figure[name]) for name in WORDS}, SQUARE)
        saved = uploading.upload(session, author, lesson, sent, based_on_revision=opened.revision, now=NOW)
        assert saved.changed
        again = uploading.upload(session, author, lesson, sent, based_on_revision=opened.revision, now=NOW)
        assert (again.changed, again.revision) == (False, saved.revision), "the same click twice"
        uploads = sa.select(sa.func.count()).where(AuditEvent.deed == "upload")
        assert session.scalar(uploads) == 1
        sent = Sent("other", WORDS, SQUARE)
        with pytest.raises(StaleDraft):
            uploading.upload(session, author, lesson, sent, based_on_revision=opened.revision, now=NOW)
        release(session, author, reviewer, lesson)
        files = exporting.export(session)
        assert b"<title>" + str(figure["title"]).encode() in files["lessons/brakes/media/brake.svg"]
        assert b'width="9"' in files["lessons/brakes/media/brake.svg"]


REFUSED: tuple[tuple[str, Callable[[], bytes], str], ...] = (
    ("script.svg", lambda: FRAME.format("<script>alert(1)</script>").encode(), "&lt;script&gt; is refused"),
    ("handler.svg", lambda: FRAME.format('<rect onload="x()" width="1" height="1"/>').encode(), "onload"),
    ("entity.svg", lambda: b"<!DOCTYPE svg [<!ENTITY a 'ha'>]>" + SQUARE, "no DOCTYPE and no entities"),
    ("bomb.png", lambda: bomb(30_000, 30_000), "more than 25,000,000 pixels"),
    ("program.png", lambda: b"MZ\x90 a program", "no SVG, PNG or JPEG, whatever its name says"),
    ("cut.jpg", lambda: picture("jpg")[:300], "damaged"),
)


@pytest.mark.parametrize(("name", "make", "words"), REFUSED, ids=[name for name, *_ in REFUSED])
def test_a_hostile_file_is_refused_in_words_and_nothing_is_kept(
    app: Flask, client: Client, lesson: int, name: str, make: Callable[[], bytes], words: str
) -> None:
    page = send(client.get(f"/author/lessons/{lesson}/figures/add"), make(), name, id="x", status=422, **WORDS)
    assert words in page.response.text
    assert page.form("Add the figure").fields["caption"] == [WORDS["caption"]]
    with app.app_context():
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Upload)) == 0
        assert not any(b"alert" in data for data in db.session().scalars(sa.select(Media.bytes)))


def test_a_photograph_of_some_megabytes_is_taken_and_a_larger_one_is_not(client: Client, lesson: int) -> None:
    noise = Image.effect_noise((2_600, 1_800), 90)
    written = io.BytesIO()
    noise.save(written, "JPEG", quality=92)
    assert 1_000_000 < len(written.getvalue()) < pictures.LARGEST_SENT
    page = client.get(f"/author/lessons/{lesson}/figures/add")
    refused = send(page, written.getvalue(), "photo.jpg", id="photo", status=422, **WORDS)
    assert "Cleaned it still has" in refused.text, "read whole, and more noise than any photograph"
    too_large = send(page, bytes(6_000_000), "photo.jpg", id="photo", status=413, **WORDS)
    assert "larger than this page takes" in too_large.text


def test_a_name_of_another_lesson_a_stranger_and_a_reviewer(app: Flask, auth: Auth, lesson: int) -> None:
    with app.app_context():
        session = db.session()
        author, reviewer = member(session, "author"), member(session, "reviewer")
        other = drafting.create(
            session, author, kind="lesson", bank="brakes", slug="other", body={"title": "x"}, now=NOW
        )
        revision = drafting.open_draft(session, author, other).revision

        def put(actor: Any, into: int, name: str) -> None:
            uploading.upload(session, actor, into, Sent(name, WORDS, SQUARE), based_on_revision=revision, now=NOW)

        with pytest.raises(Incomplete) as taken:
            put(author, other, "brake")
        assert taken.value.problems["id"] == "The lesson “brakes” has a figure of this name. Choose another."
        for name in ("", "../x", "A B", "x" * 65, "x/y", "x.svg"):
            with pytest.raises(Incomplete) as odd:
                put(author, other, name)
            assert set(odd.value.problems) == {"id"}
        put(author, other, "new-one")
        with pytest.raises(Incomplete):
            put(author, lesson, "new-one")
        with pytest.raises(LookupError):
            put(reviewer, other, "mine")
        discarded = drafting.open_draft(session, author, other)
        drafting.discard(session, author, other, based_on_revision=discarded.revision)
        assert session.scalar(sa.select(sa.func.count()).select_from(Upload)) == 0
    stranger = auth.browser("instructor", email="stranger@example.org")
    stranger.get(f"/author/lessons/{lesson}/figures/add", status=404)
    stranger.get(f"/author/lessons/{lesson}/figures/brake/drawing", status=404)
