"""What readers find: lessons, figures, evidence and search, from the content that is shipped and from a small one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from quizapp.db.models import ContentVersion
from quizapp.formats import tree
from quizapp.services import versions
from quizapp.services.content import evidence, loading, reading, searching
from tests.statements import counted

GOOD = Path(__file__).parents[1] / "data" / "content" / "good"
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
ITEMS = "question_banks/brakes/items.yaml"
LESSON = "lessons/brakes/lesson.md"


@pytest.fixture
def files() -> dict[str, bytes]:
    return tree.gather(GOOD / "lessons", GOOD / "question_banks")[0]


@pytest.fixture
def session(engine: Engine, files: dict[str, bytes]) -> Iterator[Session]:
    with Session(engine, autoflush=False) as session:
        loading.load(session, tree.parse(files), NOW)
        yield session


def test_a_lesson_has_its_sections_figures_questions_and_sources(session: Session) -> None:
    (row,) = reading.list_lessons(session)
    lesson = reading.get_lesson(session, row.slug)

    assert (lesson.title, lesson.number, lesson.total) == ("Two brakes", 1, 1)
    assert lesson.reviewed_sentence == "not yet reviewed by a clinician"
    assert [aim.id for aim in lesson.objectives] == ["LN2", "LN3"]
    assert [part.kind for part in lesson.sections[0].parts] == ["html", "figure", "html", "key", "check"]
    assert lesson.sections[0].parts[1].figure is not None
    assert lesson.sections[0].parts[4].item == "brakes-1"
    assert lesson.references[0].url == "https://doi.org/10.1097/00004850-199512004-00003"


def test_a_lesson_costs_one_statement_once_it_was_read(engine: Engine, session: Session) -> None:
    reading.get_lesson(session, "brakes")
    searching.search(session, "brake")

    with counted(engine) as statements:
        reading.get_lesson(session, "brakes")
        searching.search(session, "brake")

    assert len(statements) == 2


def test_what_a_request_has_just_read_stays_in_memory(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = session.scalars(sa.select(ContentVersion.id).order_by(ContentVersion.id).limit(12)).all()
    monkeypatch.setattr(versions, "_halves", [{}, {}])
    monkeypatch.setattr(versions, "VERSIONS_KEPT", 10)
    versions.get_versions(session, ids[:4])
    versions.get_versions(session, ids[4:7])
    with counted(engine) as statements:
        versions.get_versions(session, ids[:4])
    assert not statements, "let go by the second of two calls"

    versions.get_versions(session, ids)
    with counted(engine) as statements:
        assert sorted(versions.get_versions(session, ids)) == ids
    assert not statements, "more than is kept, but asked for at once"

    for one in ids:
        versions.get_versions(session, [one])
    assert sum(map(len, versions._halves)) <= 10, "what is not asked for is let go"


def test_a_new_edition_is_seen_at_once(session: Session, files: dict[str, bytes]) -> None:
    reading.get_lesson(session, "brakes")
    searching.search(session, "telephone")
    files[LESSON] = files[LESSON].replace(b"A terminal listens", b"A telephone listens")

    loading.load(session, tree.parse(files), NOW)

    html = reading.get_lesson(session, "brakes").sections[0].parts[0].html
    assert html.startswith("<p>A telephone listens to itself.")
    assert [hit.anchor for hit in searching.search(session, "telephone").found] == ["auto"]


def test_a_lesson_that_was_reviewed_says_by_whom_and_when(session: Session, files: dict[str, bytes]) -> None:
    reviewed = b"reviewed:\n  by: A. Reader\n  credentials: MD\n  on: 2026-11-21\n  next: 2027-11-21\nreferences"
    files[LESSON] = files[LESSON].replace(b"references", reviewed, 1)

    loading.load(session, tree.parse(files), NOW)

    assert reading.get_lesson(session, "brakes").reviewed_sentence == "reviewed by A. Reader, MD, on 21 November 2026"


def test_a_figure_comes_in_three_forms(session: Session) -> None:
    figure = reading.get_figure(session, "brake")

    assert figure.svg.startswith("<svg ")
    assert figure.narrow_svg is None
    assert (figure.lesson, figure.lesson_title) == ("brakes", "Two brakes")
    assert "<li>The <strong>receptor</strong> answers noradrenaline.</li>" in figure.description_html
    kinds = {form: reading.get_figure_file(session, "brake", form) for form in ("svg", "png", "pdf")}
    assert [kind for kind, _, _ in kinds.values()] == ["image/svg+xml", "image/png", "application/pdf"]
    assert kinds["png"][1].startswith(b"\x89PNG")


@pytest.mark.parametrize("form", ["gif", "", "../svg"])
def test_a_form_that_is_not_offered_is_not_found(session: Session, form: str) -> None:
    with pytest.raises(LookupError):
        reading.get_figure_file(session, "brake", form)


def test_a_draft_lesson_and_its_figure_are_not_found(session: Session, files: dict[str, bytes]) -> None:
    files[LESSON] = files[LESSON].replace(b"state: published\n", b"")
    loading.load(session, tree.parse(files), NOW)

    assert reading.list_lessons(session) == ()
    for read in (lambda: reading.get_lesson(session, "brakes"), lambda: reading.get_figure(session, "brake")):
        with pytest.raises(LookupError):
            read()


def test_evidence_says_what_it_rests_on_and_what_rests_on_it(session: Session) -> None:
    found = evidence.get_evidence(session, "N12")

    assert found.strength == "moderate"
    assert [(source.id, source.place) for source in found.sources] == [("haddjeri-1995", "abstract")]
    assert [(mention.slug, mention.anchor) for mention in found.lessons] == [("brakes", "hetero")]
    assert [(aim.id, aim.statement_html) for aim in found.objectives] == [
        ("LN3", "explain how α2-blockade disinhibits release")
    ]
    assert [trap.belief_html for trap in found.traps] == ["The α2-heteroreceptor lies on noradrenaline neurons."]
    assert found.questions == 0, "a question of the secure pool is not even counted"
    assert evidence.get_evidence(session, "N10").questions == 1
    assert evidence.get_evidence(session, "N20").strength == "contested"
    assert {"N10", "N12"} <= evidence.list_known(session)
    with pytest.raises(LookupError):
        evidence.get_evidence(session, "N99")


def test_evidence_that_is_overdue_says_so_and_is_listed_for_authors(session: Session) -> None:
    found = evidence.get_evidence(session, "N12")

    assert found.overdue_sentence(dt.date(2027, 11, 1)) == ""
    assert found.overdue_sentence(dt.date(2027, 11, 2)).startswith("This statement was due")
    assert evidence.list_due(session, dt.date(2027, 11, 1)) == ()
    due = {entry.id: entry for entry in evidence.list_due(session, dt.date(2027, 11, 2))}
    assert (due["N12"].lessons, due["N12"].questions) == (1, 1), "authors count secure questions too"


def test_topics_have_their_lessons_and_each_related_card_once(session: Session, files: dict[str, bytes]) -> None:
    card = "{kind: image, title: A scheme, summary: Four stages., dated: 2025-09-18, topic: Depression, "
    card += "href: 'https://example.org/', owner: Example}"
    related = f"banks: [brakes]\nrelated: [{card}, {card}]\n"
    files[LESSON] = files[LESSON].replace(b"banks: [brakes]\n", related.encode())
    loading.load(session, tree.parse(files), NOW)

    (topic,) = reading.list_topics(session)
    assert (topic.slug, [lesson.slug for lesson in topic.lessons]) == ("nassa", ["brakes"])
    assert [(shown.title, shown.owner) for shown in topic.related] == [("A scheme", "Example")]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("norepinephrine serotonin", "Evidence N12"),
        ("5-HT", "Evidence N20"),
        ("alpha-2 autoreceptors", "Evidence N11"),
        ("N10", "Evidence N10"),
        ("n10", "Evidence N10"),
        ("footnote", "The brake next door"),
        ("schematic", "A brake"),
        ("autorecept", "Evidence N11"),
    ],
)
def test_search_finds_a_thing_under_any_of_its_names(session: Session, query: str, first: str) -> None:
    assert first in [hit.title for hit in searching.search(session, query).found[:3]]


def test_search_tells_the_other_name(session: Session) -> None:
    assert searching.search(session, "norepinephrine").also[0] == "noradrenaline"


def test_finds_are_marked_and_everything_else_is_escaped(session: Session) -> None:
    (hit, *_) = searching.search(session, "<b>heteroreceptor</b>").found

    assert "<mark>" in hit.excerpt_html
    assert set(re.findall(r"</?([a-z]+)", hit.excerpt_html)) == {"mark"}


@pytest.mark.parametrize("query", ["", "   ", "…", "<>", "zzzz", "a" * 5_000, "\x00", "%_", "' OR 1=1"])
def test_a_query_that_finds_nothing_is_no_error(session: Session, query: str) -> None:
    searching.search(session, query)


def test_no_question_can_be_found(engine: Engine, session: Session, files: dict[str, bytes]) -> None:
    secret = {"stem": b"zeppelin", "key": b"quagga", "why": b"xylophone", "take_home": b"yttrium"}
    text = files[ITEMS].replace(b"In a slice", b"A zeppelin", 1).replace(b"An autoreceptor\n", b"A quagga\n", 1)
    text = text.replace(b"It takes transmitter up", b"A xylophone", 1)
    files[ITEMS] = text.replace(b"take_home: An autoreceptor", b"take_home: A yttrium", 1)
    loading.load(session, tree.parse(files), NOW)
    stored = str(session.scalars(sa.select(ContentVersion.body)).all())
    assert all(word.decode() in stored for word in secret.values())

    for word in secret.values():
        assert searching.search(session, word.decode()).found == ()
