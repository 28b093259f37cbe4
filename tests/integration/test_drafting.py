"""Drafts: nothing typed is lost, nobody overwrites anybody, and nobody sees what is not theirs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import reduce

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.db.extension import db
from quizapp.db.models import BankMember, Content, Draft
from quizapp.formats import tree
from quizapp.services.authoring import drafting, listing, scope
from quizapp.services.authoring.drafting import Opened, StaleDraft, Unfit
from quizapp.services.authoring.listing import Filters
from quizapp.services.content import exporting, loading
from tests.integration.authors import NOW, content_id, new_actor, new_member
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")
LATER = NOW + dt.timedelta(minutes=5)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


def test_a_draft_begins_with_what_is_published_and_keeps_what_was_typed(session: Session) -> None:
    author = new_member(session, "author", name="Ada")
    item = content_id(session, "item", "nassa-001")
    opened = drafting.open_draft(session, author, item)
    assert (opened.state, opened.is_draft, opened.bank.slug, opened.kind) == ("published", False, "nassa", "item")
    assert session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 0, "reading writes nothing"
    typed = opened.body | {"lead_in": "Which", "options": "not even a list", "unknown": {"kept": ["as", "typed"]}}
    saved = drafting.save_draft(session, author, item, typed, based_on_revision=opened.revision, now=NOW)
    again = drafting.open_draft(session, author, item)
    assert (again.body, again.revision, again.by, again.at) == (typed, saved.revision, "Ada", NOW)
    assert (again.state, again.is_draft, again.is_published) == ("draft", True, True)
    assert again.based_on_id == opened.based_on_id
    repeated = drafting.save_draft(session, author, item, typed, based_on_revision=opened.revision, now=LATER)
    assert (repeated.changed, repeated.revision) == (False, saved.revision), "the same click twice"


def test_who_comes_second_is_given_both_texts_and_overwrites_only_on_purpose(session: Session) -> None:
    ada, bert = (new_member(session, "author", name=name) for name in ("Ada", "Bert"))
    item = content_id(session, "item", "nassa-001")
    opened = drafting.open_draft(session, ada, item)
    first = opened.body | {"lead_in": "Ada’s"}
    drafting.save_draft(session, ada, item, first, based_on_revision=opened.revision, now=NOW)
    second = opened.body | {"lead_in": "Bert’s"}
    with pytest.raises(StaleDraft) as stale:
        drafting.save_draft(session, bert, item, second, based_on_revision=opened.revision, now=LATER)
    assert (stale.value.theirs, stale.value.by, stale.value.at) == (first, "Ada", NOW)
    assert drafting.open_draft(session, ada, item).body == first
    drafting.save_draft(session, bert, item, second, based_on_revision=stale.value.revision, now=LATER)
    assert drafting.open_draft(session, ada, item).writers == {ada.id, bert.id}


def test_a_tab_from_an_earlier_draft_is_stale_for_good(session: Session) -> None:
    author = new_member(session, "author")
    item = content_id(session, "item", "nassa-001")
    opened = drafting.open_draft(session, author, item)
    saved = drafting.save_draft(session, author, item, opened.body | {"note": "1"}, based_on_revision=0, now=NOW)
    assert drafting.discard(session, author, item, based_on_revision=saved.revision)
    assert not drafting.discard(session, author, item, based_on_revision=saved.revision), "gone already"
    assert drafting.open_draft(session, author, item).body == opened.body
    for stale in (opened.revision, saved.revision):
        with pytest.raises(StaleDraft):
            drafting.save_draft(session, author, item, {"note": "2"}, based_on_revision=stale, now=LATER)


def test_a_file_that_is_loaded_meanwhile_makes_the_open_editor_stale(session: Session) -> None:
    author = new_member(session, "author")
    item = content_id(session, "item", "nassa-001")
    opened = drafting.open_draft(session, author, item)
    files = exporting.export(session)
    path = next(path for path, data in files.items() if b"id: nassa-001\n" in data)
    before, entry, after = files[path].partition(b"id: nassa-001\n")
    files[path] = before + entry + after.replace(b"lead_in: ", b"lead_in: After all, ", 1)
    report = loading.load(session, tree.parse(files), LATER)
    assert report.changed == (("item", "nassa-001"),)
    with pytest.raises(StaleDraft) as stale:
        drafting.save_draft(
            session, author, item, opened.body | {"note": "x"}, based_on_revision=opened.revision, now=LATER
        )
    assert stale.value.theirs["lead_in"].startswith("After all, ")
    assert stale.value.by == ""


def test_two_who_save_at_once_are_not_both_told_that_it_was_kept(app: Flask, session: Session) -> None:
    authors = [new_member(session, "author") for _ in range(2)]
    item = content_id(session, "item", "nassa-001")
    opened = drafting.open_draft(session, authors[0], item)
    session.rollback()

    def save(number: int) -> str:
        with app.app_context():
            body = opened.body | {"note": f"tab {number}"}
            try:
                drafting.save_draft(
                    db.session(), authors[number], item, body, based_on_revision=opened.revision, now=NOW
                )
            except StaleDraft as stale:
                return f"stale: {stale.theirs['note']}"
            return f"kept: tab {number}"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(save, range(2)))
    kept = drafting.open_draft(session, authors[0], item).body["note"]
    assert outcomes == [f"kept: {kept}", f"stale: {kept}"]


def test_a_new_item_gets_the_next_number_once_and_a_file_place_of_its_bank(app: Flask, session: Session) -> None:
    author = new_member(session, "author")
    session.rollback()

    def begin(_: int) -> int:
        with app.app_context():
            return drafting.create(
                db.session(), author, bank="nassa", type="single_best_answer", objective="LN1", body={}, now=NOW
            )

    with ThreadPoolExecutor(2) as pool:
        begun = list(pool.map(begin, range(2)))
    first, second = (drafting.open_draft(session, author, new) for new in begun)
    assert first.slug != second.slug
    assert {first.slug[:6], second.slug[:6]} == {"nassa-"}
    assert first.body == {"id": first.slug, "type": "single_best_answer", "objective": "LN1"}
    drafting.discard(session, author, second.content_id, based_on_revision=second.revision)
    third = drafting.create(session, author, bank="nassa", body={"stem": "kept"}, now=NOW)
    assert drafting.open_draft(session, author, third).slug not in (first.slug, second.slug)
    with pytest.raises(LookupError):
        drafting.open_draft(session, author, second.content_id)
    assert b"stem: kept" not in b"".join(exporting.export(session).values()), "what is no question yet stays here"


def test_a_lesson_is_drafted_by_who_writes_in_a_bank_of_its_topic_and_stays_there(session: Session) -> None:
    author = new_member(session, "author")
    lesson = content_id(session, "lesson", "nassa-mechanism")
    opened = drafting.open_draft(session, author, lesson)
    drafting.save_draft(
        session, author, lesson, opened.body | {"topic": "trd"}, based_on_revision=opened.revision, now=NOW
    )
    assert drafting.open_draft(session, author, lesson).body["topic"] == "nassa"
    new = drafting.create(session, author, kind="lesson", bank="nassa", slug="nassa-dosing", body={}, now=NOW)
    assert drafting.open_draft(session, author, new).body == {"id": "nassa-dosing", "topic": "nassa"}
    with pytest.raises(Unfit, match="already"):
        drafting.create(session, author, kind="lesson", bank="nassa", slug="nassa-dosing", body={}, now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        {"stem": "x" * 450_001},
        {"options": [{"id": str(number)} for number in range(6_000)]},
        {"stem": "a\x00b"},
        {"stem": "half \ud800"},
        {"value": float("nan")},
        reduce(lambda inner, _: {"stem": inner}, range(13), {}),
    ],
    ids=["long", "many", "nul", "surrogate", "nan", "deep"],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence(session: Session, body: dict[str, object]) -> None:
    author = new_member(session, "author")
    item = content_id(session, "item", "nassa-001")
    with pytest.raises(Unfit) as refusal:
        drafting.save_draft(session, author, item, body, based_on_revision=0, now=NOW)
    assert str(refusal.value).endswith(".")
    with pytest.raises(Unfit):
        drafting.create(session, author, bank="nassa", body=body, now=NOW)


def test_who_has_no_right_finds_nothing(session: Session) -> None:
    stranger, foreign = new_actor(session), new_member(session, "owner", "trd")
    reviewer, administrator = new_member(session, "reviewer"), new_actor(session, "administrator")
    item, lesson = content_id(session, "item", "nassa-001"), content_id(session, "lesson", "nassa-mechanism")
    fact, bank = content_id(session, "fact", "N01"), content_id(session, "bank", "nassa")

    def save(actor: object, entry: int) -> None:
        drafting.save_draft(session, actor, entry, {"note": "mine"}, based_on_revision=0, now=NOW)  # type: ignore[arg-type]

    for actor in (stranger, foreign):
        for entry in (item, lesson):
            with pytest.raises(LookupError):
                drafting.open_draft(session, actor, entry)
            with pytest.raises(LookupError):
                save(actor, entry)
        with pytest.raises(LookupError):
            drafting.create(session, actor, bank="nassa", body={}, now=NOW)
    assert isinstance(drafting.open_draft(session, reviewer, item), Opened)
    with pytest.raises(LookupError):
        save(reviewer, item)
    for entry in (fact, bank, 10_000_000):
        with pytest.raises(LookupError):
            drafting.open_draft(session, administrator, entry)
    save(administrator, item)
    assert [bank.slug for bank in scope.banks_of(session, foreign)] == ["trd"]
    assert len(scope.banks_of(session, administrator)) == 4
    assert scope.banks_of(session, reviewer, right="write") == ()


def test_the_demo_instructor_is_given_the_banks_that_nobody_has(session: Session) -> None:
    owner = new_member(session, "owner", "trd")
    demo = new_actor(session)
    assert scope.adopt(session, demo.email, NOW) == 3
    assert scope.adopt(session, demo.email, NOW) == 0
    assert scope.adopt(session, "nobody@example.org", NOW) == 0
    assert {bank.slug for bank in scope.banks_of(session, demo)} == {"confounders", "nassa", "staging"}
    assert session.scalar(sa.select(BankMember.role).where(BankMember.user_id == owner.id)) == "owner"


def test_the_list_holds_all_of_ones_banks_once_and_narrows(app: Flask, session: Session) -> None:
    author = new_member(session, "author")
    new = drafting.create(session, author, bank="nassa", type="case", body={"stem": "A 34-year-old 50% woman"}, now=NOW)
    seen: list[int] = []
    after = ""
    while True:
        with counted(db.engine) as statements:
            page = listing.list_entries(session, author, after=after)
        assert len(statements) == 2
        seen += [row.content_id for row in page.rows]
        after = page.after
        if not after:
            break
    expected = session.scalars(
        sa.select(Content.id).where(
            sa.or_(
                Content.home_id == content_id(session, "bank", "nassa"),
                (Content.kind == "lesson") & (Content.home_id == content_id(session, "topic", "nassa")),
            ),
            Content.kind.in_(("item", "lesson")),
        )
    ).all()
    assert len(seen) > listing.A_PAGE
    assert sorted(seen) == sorted(expected)

    def found(**filters: str) -> list[str]:
        return [row.slug for row in listing.list_entries(session, author, Filters(**filters)).rows]

    mine = drafting.open_draft(session, author, new).slug
    assert found(text="50% WOMAN") == found(state="draft", type="case") == [mine]
    assert found(text="50_") == found(bank="trd") == found(state="retired") == []
    assert set(found(kind="lesson")) == {"nassa-mechanism"}
    assert found(pool="secure", objective="LN1") != []
