"""An editor's files come into the database and go back: once, all or nothing, and nothing is overwritten."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from quizapp import paths
from quizapp.db.models import Content, ContentVersion, Item, Link, LoadedFrom, Media, Publication, Published
from quizapp.db.session import writing
from quizapp.formats import entries, signing, tree
from quizapp.formats.native import model_for
from quizapp.services.content import credit, exporting, loading
from tests.statements import counted

GOOD = Path(__file__).parents[1] / "data" / "content" / "good"
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
ITEMS = "question_banks/brakes/items.yaml"
FACTS = "lessons/evidence/facts.yaml"
LESSON = "lessons/brakes/lesson.md"
DRAWING = "lessons/brakes/media/brake.svg"

Files = dict[str, bytes]


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine, autoflush=False) as session:
        yield session


@pytest.fixture
def files() -> Files:
    return tree.gather(GOOD / "lessons", GOOD / "question_banks")[0]


def load(session: Session, files: Files, now: dt.datetime = NOW) -> loading.LoadReport:
    return loading.load(session, tree.parse(files), now)


def version(session: Session, kind: str, slug: str) -> ContentVersion:
    """The published version."""
    query = (
        sa.select(ContentVersion)
        .join(Published, Published.version_id == ContentVersion.id)
        .join(Content, Content.id == ContentVersion.content_id)
        .where(Content.kind == kind, Content.slug == slug)
    )
    return session.scalars(query.execution_options(populate_existing=True)).one()


def count(session: Session, table: type) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def edit_in_browser(session: Session, kind: str, slug: str, **changed: object) -> None:
    """What an editor will do: a further version, published."""
    old = version(session, kind, slug)
    fields = model_for(kind, old.body).model_validate(entries.filled(old.body | changed))
    with writing(session):
        new = ContentVersion(
            content_id=old.content_id,
            number=old.number + 1,
            body=entries.content_of(fields),
            rendered=old.rendered,
            sha256=entries.digest(fields),
            line=old.line,
            created_at=NOW,
        )
        session.add(new)
        session.flush()
        session.merge(Published(content_id=old.content_id, version_id=new.id))


def test_everything_in_the_files_is_published_with_what_depends_on_it(session: Session, files: Files) -> None:
    report = load(session, files)

    assert len(report.added) == 15
    assert count(session, Published) == count(session, Publication) == count(session, LoadedFrom) == 15
    items = {item.content_id: item for item in session.scalars(sa.select(Item))}
    first = items[version(session, "item", "brakes-1").content_id]
    assert (first.bank, first.type, first.pool, first.bloom) == ("brakes", "single_best_answer", "practice", "apply")
    assert first.objective_id == version(session, "objective", "LN2").content_id
    assert first.topic_id == version(session, "topic", "nassa").content_id
    resting = session.scalars(
        sa.select(Content.slug)
        .join(Link, Link.source_id == Content.id)
        .where(Link.target_id == version(session, "fact", "N10").content_id, Link.role == "fact")
        .order_by(Content.slug)
    )
    assert list(resting) == ["LN2", "NX3", "brakes", "brakes-1"]
    assert count(session, Media) == 4, "the drawing as it was written, and as SVG, PNG and PDF"


def test_texts_are_rendered_when_a_version_is_made(session: Session, files: Files) -> None:
    load(session, files)

    item = version(session, "item", "brakes-2")
    assert item.body["explanation"].startswith("Two brakes, one transmitter:\n\n- the *auto*receptor")
    assert "<li>the <em>auto</em>receptor,</li>" in item.rendered["explanation"]
    assert item.rendered["options"][1]["key"] is True
    assert [section["anchor"] for section in version(session, "lesson", "brakes").rendered["sections"]] == [
        "auto",
        "hetero",
    ]


def test_a_sign_off_is_told_and_grants_credit_for_the_version_that_was_signed(session: Session, files: Files) -> None:
    on = NOW.date()
    signed = signing.sign(tree.parse(files), files, ["brakes-1"], by="A. Reader", credentials="MD", on=on)
    files |= {file: text.encode() for file, text in signed.items()}
    load(session, files)
    assert version(session, "item", "brakes-1").rendered["signoff"]["by"] == "A. Reader"
    unsigned = {"brakes-2": ["no clinician has signed it"], "brakes-9": ["it is not published"]}
    assert credit.not_graded(session, ["brakes-1", *unsigned]) == unsigned

    files[ITEMS] = files[ITEMS].replace(b"It takes transmitter up.", b"It takes it up.")
    load(session, files)
    assert version(session, "item", "brakes-1").body["signoff"]["by"] == "A. Reader", "the file says what it said"
    assert version(session, "item", "brakes-1").rendered["signoff"] is None, "the learner reads that it is not reviewed"
    assert credit.not_graded(session, ["brakes-1"]) == {"brakes-1": ["it has changed since it was signed"]}


def test_a_second_load_writes_nothing_and_asks_little(engine: Engine, session: Session, files: Files) -> None:
    load(session, files)

    with counted(engine) as statements:
        report = load(session, files, NOW + dt.timedelta(days=1))

    assert report.unchanged == 15
    assert len(statements) == 2
    assert all(text.startswith("SELECT") for text in statements)


def test_files_come_back_byte_for_byte(session: Session, files: Files) -> None:
    load(session, files)

    assert exporting.export(session) == files


def test_the_shipped_files_come_back_byte_for_byte(session: Session) -> None:
    shipped = tree.gather(paths.lessons(), paths.question_banks())[0]
    load(session, shipped)

    assert exporting.export(session) == shipped


def test_only_what_changed_gets_a_new_version(session: Session, files: Files) -> None:
    load(session, files)
    files[ITEMS] = files[ITEMS].replace(b"It takes transmitter up.", b"It takes the transmitter up.")

    report = load(session, files)

    assert report.changed == (("item", "brakes-1"),)
    assert (report.unchanged, report.key_changed) == (14, ())
    assert (version(session, "item", "brakes-1").number, version(session, "item", "brakes-1").line) == (2, 1)
    assert count(session, ContentVersion) == 16


def test_a_changed_key_starts_a_new_line_of_statistics_and_is_logged(session: Session, files: Files) -> None:
    load(session, files)
    files[ITEMS] = (
        files[ITEMS]
        .replace(b"  key: true\n", b"", 1)
        .replace(b"- id: c\n  text: A transporter\n", b"- id: c\n  text: A transporter\n  key: true\n")
    )

    report = load(session, files)

    assert report.key_changed == (("item", "brakes-1"),)
    assert version(session, "item", "brakes-1").line == 2
    logged = session.scalars(sa.select(Publication).order_by(Publication.id.desc())).first()
    assert logged is not None
    assert logged.key_changed


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (b"text: A transporter", b"text: The transporter", 1),
        (b"lead_in: Which receptor explains this?", b"lead_in: Which receptor does this?", 1),
        (b"  trap: NX3\n- id: c", b"- id: c", 1),
        (b"bloom: apply", b"bloom: analyse", 1),
        (b"- id: c\n  text: A transporter\n  why: It takes transmitter up.\n", b"", 2),
        (b"- id: c\n", b"- id: d\n", 2),
    ],
)
def test_wording_keeps_the_line_and_options_do_not(
    session: Session, files: Files, old: bytes, new: bytes, line: int
) -> None:
    load(session, files)
    assert old in files[ITEMS]

    load(session, files | {ITEMS: files[ITEMS].replace(old, new, 1)})

    assert version(session, "item", "brakes-1").line == line


def test_a_question_set_to_draft_is_withdrawn_and_comes_back(session: Session, files: Files) -> None:
    load(session, files)
    second = b"state: published\nobjective: LN3"
    withdrawn = files | {ITEMS: files[ITEMS].replace(second, b"objective: LN3")}

    load(session, withdrawn)

    assert count(session, Item) == 1
    assert count(session, Published) == 14
    assert exporting.export(session) == withdrawn
    load(session, files)
    assert version(session, "item", "brakes-2").number == 3
    assert count(session, Item) == 2


def test_a_change_in_the_browser_stays_and_is_exported(session: Session, files: Files) -> None:
    load(session, files)
    edit_in_browser(session, "item", "brakes-1", lead_in="Which receptor is at work?")

    report = load(session, files)

    assert report.newer_here == (("item", "brakes-1"),)
    exported = exporting.export(session)
    assert exported[ITEMS] == files[ITEMS].replace(b"Which receptor explains this?", b"Which receptor is at work?")
    assert load(session, exported).newer_here == ()


def test_a_change_on_both_sides_is_a_conflict_with_both_texts(session: Session, files: Files) -> None:
    load(session, files)
    edit_in_browser(session, "item", "brakes-1", lead_in="Which receptor is at work?")
    files[ITEMS] = files[ITEMS].replace(b"Which receptor explains this?", b"Which one?").replace(b"medium", b"hard")

    report = load(session, files)

    (conflict,) = report.conflicts
    assert (conflict.kind, conflict.id, conflict.place) == ("item", "brakes-1", f"{ITEMS}:1")
    assert "lead_in: Which one?" in conflict.in_file
    assert "lead_in: Which receptor is at work?" in conflict.in_database
    assert version(session, "item", "brakes-1").body["lead_in"] == "Which receptor is at work?"
    assert report.changed == (("item", "brakes-2"),), "what is not in conflict is loaded"
    assert len(load(session, files).conflicts) == 1, "it stays one until somebody settles it"
    assert any("  > lead_in: Which receptor is at work?" in line for line in report.lines())


def test_the_same_change_on_both_sides_is_no_conflict(session: Session, files: Files) -> None:
    load(session, files)
    edit_in_browser(session, "item", "brakes-1", lead_in="Which one?")
    files[ITEMS] = files[ITEMS].replace(b"Which receptor explains this?", b"Which one?")

    assert load(session, files).conflicts == ()
    assert load(session, files).unchanged == 15


def test_what_has_left_the_files_is_told_and_stays(session: Session, files: Files) -> None:
    load(session, files)
    files[ITEMS] = files[ITEMS].split(b"---\n")[0].replace(b"enemies: [brakes-2]\n", b"")

    report = load(session, files)

    assert report.gone == (("item", "brakes-2"),)
    assert version(session, "item", "brakes-2").number == 1


def test_one_fault_and_nothing_is_loaded(session: Session, files: Files) -> None:
    files[FACTS] = files[FACTS].replace(b"certainty: High", b"certainty: Certain", 1)

    with pytest.raises(loading.Unloadable) as unloadable:
        load(session, files)

    assert f"{FACTS}:3: unknown-value" in str(unloadable.value)
    assert count(session, Content) == 0


def test_a_fault_in_a_later_load_leaves_everything_as_it_was(session: Session, files: Files) -> None:
    load(session, files)
    broken = files | {ITEMS: files[ITEMS].replace(b"medium", b"hard").replace(b"trap: NX3", b"trap: NX9", 1)}

    with pytest.raises(loading.Unloadable):
        load(session, broken)

    assert count(session, ContentVersion) == 15


def test_a_failure_in_the_middle_leaves_nothing_behind(engine: Engine, session: Session, files: Files) -> None:
    def fail(*call: object) -> None:
        if str(call[2]).startswith("INSERT INTO link"):
            raise RuntimeError("the power went out")

    event.listen(engine, "before_cursor_execute", fail)
    try:
        with pytest.raises(RuntimeError):
            load(session, files)
    finally:
        event.remove(engine, "before_cursor_execute", fail)

    assert count(session, Content) == count(session, Media) == 0
    assert len(load(session, files).added) == 15


def test_a_new_drawing_is_a_new_version_of_the_figure_alone(session: Session, files: Files) -> None:
    load(session, files)
    files[DRAWING] = files[DRAWING].replace(b'r="6"', b'r="7"')

    report = load(session, files)

    assert report.changed == (("figure", "brake"),)
    assert exporting.export(session)[DRAWING] == files[DRAWING]


def test_lines_that_move_are_followed_without_new_versions(session: Session, files: Files) -> None:
    load(session, files)
    files[FACTS] = files[FACTS].replace(
        b"id: N10\n",
        b"id: N09\nstatement: A\ncertainty: Low\nverified: no\n"
        b"last_checked: 2026-11-01\nreview_by: 2027-11-01\n---\nid: N10\n",
    )

    report = load(session, files)

    assert report.added == (("fact", "N09"),)
    assert report.changed == ()
    assert exporting.export(session)[FACTS] == files[FACTS], "the new entry stands where it was put"


def test_two_loaders_at_once_load_everything_once(engine: Engine, session: Session, files: Files) -> None:
    barrier = threading.Barrier(2)
    failures: list[BaseException] = []

    def run() -> None:
        with Session(engine, autoflush=False) as own:
            parsed = tree.parse(files)
            barrier.wait()
            try:
                loading.load(own, parsed, NOW)
            except BaseException as failure:
                failures.append(failure)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert count(session, ContentVersion) == count(session, Publication) == 15


def test_a_moved_objective_moves_its_questions_to_the_new_topic(session: Session, files: Files) -> None:
    load(session, files)
    topics, objectives = "lessons/evidence/topics.yaml", "lessons/evidence/objectives.yaml"
    files[topics] += b"---\nid: other\ntitle: Other\nsummary: Other.\norder: 2\n"
    files[objectives] = files[objectives].replace(b"topic: nassa", b"topic: other", 1)

    load(session, files)

    item = session.get(Item, version(session, "item", "brakes-1").content_id, populate_existing=True)
    assert item is not None
    assert item.topic_id == version(session, "topic", "other").content_id
