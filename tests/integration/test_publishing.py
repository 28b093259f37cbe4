"""From a draft to what learners get: nothing goes out that was not approved and judged, and nobody publishes twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.db.extension import db
from quizapp.db.models import AuditEvent, ContentVersion, Item, Link, Outbox, Publication, Published
from quizapp.formats import tree
from quizapp.services.accounts import Actor
from quizapp.services.authoring import commenting, drafting, history, publishing, releasing, reviewing, signing
from quizapp.services.authoring.drafting import StaleDraft
from quizapp.services.authoring.releasing import Choice, NotReady, Outdated
from quizapp.services.authoring.reviewing import Refused
from quizapp.services.content import exporting, loading
from tests.integration.authors import NOW, content_id, new_actor
from tests.integration.studio import LATER, approve, change, item, load, load_good, member, release, swapped


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        load_good(db.session())
        yield db.session()


def test_a_draft_goes_through_review_to_learners_and_everybody_is_told(session: Session) -> None:
    author, reviewer = member(session, "author", "Ada"), member(session, "reviewer", "Rosa")
    entry = item(session)
    revision = change(session, author, entry, stem="In a slice of rat cortex, noradrenaline lowers its own release.")
    with pytest.raises(Refused, match="not been approved"):
        publishing.publish(session, author, entry, based_on_revision=revision, now=NOW)
    with pytest.raises(Refused, match="Nobody has asked"):
        reviewing.approve(session, reviewer, entry, "", based_on_revision=revision, now=NOW)
    reviewing.ask(session, author, entry, based_on_revision=revision, now=NOW)
    reviewing.ask(session, author, entry, based_on_revision=revision, now=LATER)
    with pytest.raises(Refused, match="what is to be changed"):
        reviewing.send_back(session, reviewer, entry, " ", based_on_revision=revision, now=NOW)
    reviewing.send_back(session, reviewer, entry, "Which cortex?", based_on_revision=revision, now=NOW)
    revision = change(
        session, author, entry, stem="In a slice of rat prefrontal cortex, noradrenaline lowers its own release."
    )
    revision = approve(session, author, reviewer, entry)
    live = publishing.publish(session, author, entry, Choice(note="Says which"), based_on_revision=revision, now=LATER)
    assert (live.number, live.is_major) == (2, False)
    assert not drafting.open_draft(session, author, entry).is_draft
    log = session.scalars(sa.select(Publication).where(Publication.content_id == entry).order_by(Publication.id)).all()
    assert (log[-1].by_id, log[-1].note, log[-1].key_changed) == (author.id, "Says which", False)
    assert [step.decision for step in reviewing.steps_of(session, entry)] == ["approved", "asked", "sent_back", "asked"]
    mails = session.execute(sa.select(Outbox.recipient, Outbox.subject).order_by(Outbox.id)).all()
    assert [(to == reviewer.email, subject) for to, subject in mails] == [
        (True, "For review: brakes-1"),
        (False, "Changes asked for: brakes-1"),
        (True, "For review: brakes-1"),
        (False, "Approved: brakes-1"),
    ]
    assert session.scalars(sa.select(AuditEvent.deed).order_by(AuditEvent.number)).all() == ["approve", "publish"]
    with pytest.raises(StaleDraft):
        publishing.publish(session, author, entry, based_on_revision=revision, now=LATER)


def test_nobody_approves_their_own_words_unless_nobody_else_could(session: Session) -> None:
    owner, entry = member(session, "owner"), item(session)
    revision = change(session, owner, entry, note="mine")
    reviewing.ask(session, owner, entry, based_on_revision=revision, now=NOW)
    with pytest.raises(Refused, match="second pair of eyes"):
        reviewing.approve(session, owner, entry, " ", based_on_revision=revision, now=NOW)
    reviewer = member(session, "reviewer")
    with pytest.raises(Refused, match="somebody else"):
        reviewing.approve(session, owner, entry, "I am sure", based_on_revision=revision, now=NOW)
    author = member(session, "author")
    with pytest.raises(LookupError):
        reviewing.approve(session, author, entry, "", based_on_revision=revision, now=NOW)
    reviewing.approve(session, reviewer, entry, "", based_on_revision=revision, now=NOW)
    changed = change(session, author, entry, note="after the approval")
    assert drafting.open_draft(session, author, entry).state == "draft", "a change takes the approval away"
    with pytest.raises(StaleDraft):
        reviewing.ask(session, author, entry, based_on_revision=revision, now=NOW)
    with pytest.raises(LookupError):
        publishing.publish(session, reviewer, entry, based_on_revision=changed, now=NOW)


def test_an_owner_who_works_alone_gives_a_reason_that_is_kept(session: Session) -> None:
    owner, entry = member(session, "owner"), item(session)
    change(session, owner, entry, note="mine")
    revision = approve(session, owner, owner, entry, "Only a note")
    publishing.publish(session, owner, entry, based_on_revision=revision, now=NOW)
    assert reviewing.steps_of(session, entry)[0].reason == "Only a note"


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"references": [], "note": "x"}, {"no-reference"}),
        ({"options": []}, {"missing"}),
        ({"objective": "LN99"}, {"unknown-objective"}),
        ({"facts": ["N10", "N99"]}, {"unknown-fact"}),
        ({"colour": "red"}, {"unknown-key"}),
        ({"stem": "A <script>alert(1)</script> slice."}, {"raw-html"}),
        ({"stem": "Two\u200b words\u202e here."}, {"invisible-character"}),
        ({"stem": "A\ttab."}, {"tab"}),
        ({"facts": [], "pool": "secure"}, {"evidence", "secure-question"}),
        ({"lint": {"no-such-rule": "because"}}, {"unknown-rule"}),
        ({"key: |-\n x": "a key that is a document"}, {"yaml"}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_a_file_could_not_hold_and_what_the_rules_advise_against_stays_a_draft(
    session: Session, fields: dict[str, object], rules: set[str]
) -> None:
    author, reviewer = member(session, "author"), member(session, "reviewer")
    entry = item(session)
    change(session, author, entry, **fields)
    with pytest.raises(NotReady) as refused:
        release(session, author, reviewer, entry)
    assert rules <= {remark.rule for remark in refused.value.gate.hindrances}
    assert session.scalar(sa.select(sa.func.count()).where(ContentVersion.content_id == entry)) == 1
    assert drafting.open_draft(session, author, entry).state == "approved"


def test_a_reason_lets_advice_pass_and_places_are_named(session: Session) -> None:
    author, reviewer = member(session, "author"), member(session, "reviewer")
    entry = item(session)
    change(session, author, entry, references=[], lint={"no-reference": "It is in every textbook."})
    assert release(session, author, reviewer, entry).number == 2
    options = swapped(session, entry)
    options[2] = options[2] | {"why": "See <b>below</b>."}
    change(session, author, entry, options=options)
    found = publishing.examine(session, drafting.open_draft(session, author, entry), NOW)
    assert ("options", 2, "why") in {remark.path for remark in found.hindrances if remark.rule == "raw-html"}


def test_a_changed_key_begins_a_new_line_and_another_word_for_it_needs_a_reason(session: Session) -> None:
    author, reviewer = member(session, "author"), member(session, "reviewer")
    entry = item(session)
    change(session, author, entry, options=swapped(session, entry))
    opened = drafting.open_draft(session, author, entry)
    assert releasing.change_of(session, opened).proposed == "major"
    revision = approve(session, author, reviewer, entry)
    with pytest.raises(Refused, match="looks like a major change"):
        publishing.publish(session, author, entry, Choice(size="minor"), based_on_revision=revision, now=LATER)
    live = publishing.publish(session, author, entry, based_on_revision=revision, now=LATER)
    assert live.is_major
    assert session.scalar(sa.select(sa.func.max(ContentVersion.line)).where(ContentVersion.content_id == entry)) == 2
    assert session.scalars(sa.select(Publication.key_changed).where(Publication.id == live.publication_id)).one()
    change(session, author, entry, stem="In a slice of brainstem, noradrenaline lowers its own release.")
    again = release(session, author, reviewer, entry, size="major", reason="The vignette is another one")
    assert again.is_major


def test_two_who_publish_at_once_make_one_version(app: Flask, session: Session) -> None:
    authors, reviewer = [member(session, "author") for _ in range(2)], member(session, "reviewer")
    entry = item(session)
    change(session, authors[0], entry, note="once")
    revision = approve(session, authors[0], reviewer, entry)
    session.rollback()

    def send(number: int) -> str:
        with app.app_context():
            try:
                live = publishing.publish(db.session(), authors[number], entry, based_on_revision=revision, now=LATER)
            except StaleDraft:
                return "stale"
            return f"version {live.number}"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, range(2))) == ["stale", "version 2"]


def test_a_file_and_a_draft_that_both_changed_are_told_apart(session: Session) -> None:
    author, reviewer = member(session, "author"), member(session, "reviewer")
    entry = item(session)
    change(session, author, entry, stem="In a slice of cortex in the browser, noradrenaline lowers its own release.")
    files = exporting.export(session)
    path = "question_banks/brakes/items.yaml"
    load(session, files | {path: files[path].replace(b"In a slice of cortex,", b"In a slice of cortex in the file,")})
    revision = approve(session, author, reviewer, entry)
    with pytest.raises(Outdated) as outdated:
        publishing.publish(session, author, entry, based_on_revision=revision, now=LATER)
    assert "in the file" in outdated.value.theirs["stem"]
    publishing.begin_from(session, author, entry, based_on_revision=revision, now=LATER)
    assert drafting.open_draft(session, author, entry).state == "draft", "what came in between was not reviewed"
    assert release(session, author, reviewer, entry).number == 3
    report = load(session, files | {path: files[path].replace(b"In a slice of cortex,", b"In a new slice of cortex,")})
    (conflict,) = report.conflicts
    assert "in the browser" in conflict.in_database
    assert "In a new slice" in conflict.in_file


def test_withdrawing_and_coming_back(session: Session) -> None:
    author, reviewer = member(session, "author"), member(session, "reviewer")
    entry = item(session)
    change(session, author, entry, note="second")
    release(session, author, reviewer, entry)
    opened = drafting.open_draft(session, author, entry)
    with pytest.raises(NotReady) as needed:
        publishing.retire(session, author, entry, based_on_revision=opened.revision, now=LATER)
    assert {(remark.rule, remark.about) for remark in needed.value.gate.hindrances} == {
        ("draft-question", ("lesson", "brakes"))
    }, "the lesson asks it"
    secure = item(session, "brakes-2")
    before = drafting.open_draft(session, author, secure).revision
    assert (
        publishing.retire(session, author, secure, Choice(note="Old"), based_on_revision=before, now=LATER).number == 2
    )
    gone = drafting.open_draft(session, author, secure)
    assert (gone.state, gone.is_published) == ("retired", False)
    for derived in (Item.content_id, Published.content_id, Link.source_id):
        assert session.scalar(sa.select(sa.func.count()).where(derived == secure)) == 0
    with pytest.raises(NotReady) as refused:
        publishing.revert(session, author, secure, 1, based_on_revision=gone.revision, now=LATER)
    assert "option-count" in {remark.rule for remark in refused.value.gate.hindrances}, "judged as it would be today"
    back = publishing.revert(session, author, entry, 2, based_on_revision=opened.revision, now=LATER)
    assert back.number == 3
    kept = history.get_history(session, author, entry)
    assert [(one.number, one.is_published, one.note) for one in kept.versions] == [
        (3, True, "Back to version 2"),
        (2, False, ""),
        (1, False, "Loaded from question_banks/brakes/items.yaml:1"),
    ]
    assert kept.differences == ()
    with pytest.raises(LookupError):
        publishing.revert(session, author, entry, 9, based_on_revision=opened.revision + 1, now=LATER)


def test_an_enemy_that_is_named_names_back_with_its_draft_kept(session: Session) -> None:
    author, reviewer = member(session, "author"), member(session, "reviewer")
    one, two = item(session), item(session, "brakes-2")
    change(session, author, two, note="kept")
    change(session, author, one, enemies=[])
    release(session, author, reviewer, one)
    assert drafting.open_draft(session, author, two).body["note"] == "kept"
    assert drafting.open_draft(session, author, two).body["enemies"] == []
    enemies = sa.select(sa.func.count()).where(Link.role == "enemy")
    assert session.scalar(enemies) == 0
    change(session, author, one, enemies=["brakes-2"])
    release(session, author, reviewer, one)
    assert session.scalar(enemies) == 2
    assert drafting.open_draft(session, author, two).body["enemies"] == ["brakes-1"]
    assert load(session, exporting.export(session)).conflicts == ()


def test_a_lesson_takes_its_figures_along(session: Session) -> None:
    author, reviewer = member(session, "author"), member(session, "reviewer")
    lesson = content_id(session, "lesson", "brakes")
    opened = drafting.open_draft(session, author, lesson)
    figures = [opened.body["figures"][0] | {"alt": "A terminal and its own brake."}]
    body = str(opened.body["body"]).replace("A terminal listens to itself.", "A terminal hears itself.")
    change(session, author, lesson, figures=figures, body=body)
    assert release(session, author, reviewer, lesson).number == 2
    figure = drafting.open_draft(session, author, lesson).body["figures"][0]
    assert figure["alt"] == "A terminal and its own brake."
    stored = session.scalars(
        sa.select(ContentVersion.body)
        .join(Published, Published.version_id == ContentVersion.id)
        .where(Published.content_id == content_id(session, "figure", "brake"))
    ).one()
    assert stored["alt"] == "A terminal and its own brake."
    files = exporting.export(session)
    assert b"hears itself" in files["lessons/brakes/lesson.md"]
    assert set(loading.load(session, tree.parse(files), LATER).changed) == set()
    change(session, author, lesson, body=body.replace("{#auto ", "{#gone "))
    with pytest.raises(NotReady) as refused:
        release(session, author, reviewer, lesson)
    assert ("unknown-anchor", ("item", "brakes-1")) in {
        (remark.rule, remark.about) for remark in refused.value.gate.hindrances
    }, "what points at it would point nowhere"


def test_remarks_stand_at_their_line_and_are_settled(session: Session) -> None:
    author, reviewer, stranger = member(session, "author", "Ada"), member(session, "reviewer"), new_actor(session)
    entry = item(session)
    said = commenting.comment(session, reviewer, entry, "options/b/why", "Which transmitter?", NOW)
    assert commenting.comment(session, reviewer, entry, "options/b/why", "Which transmitter?", LATER) == said
    commenting.comment(session, reviewer, entry, "stem", "Which slice?", NOW)
    change(session, author, entry, stem="")
    body = drafting.open_draft(session, author, entry).body
    first, second = commenting.remarks_on(session, author, entry, body)
    assert (first.quoted, second.quoted, first.is_own) == ("It answers another neuron’s transmitter.", None, False)
    assert ("options/b/why", first.quoted) in commenting.places_in(body)
    for _ in range(2):
        commenting.settle(session, author, said, settled=True, now=LATER)
    assert [one.resolved_by for one in commenting.remarks_on(session, author, entry, body)] == ["", "Ada"]
    for text, place in (("", ""), ("x" * 2_001, ""), ("a\x00b", ""), ("x", "../etc"), ("x", "a/" * 120)):
        with pytest.raises(commenting.Unfit):
            commenting.comment(session, author, entry, place, text, NOW)
    for act in (
        lambda: commenting.comment(session, stranger, entry, "", "Hello", NOW),
        lambda: commenting.settle(session, stranger, said, settled=False, now=NOW),
    ):
        with pytest.raises(LookupError):
            act()


def test_a_clinician_signs_what_was_read_and_a_changed_word_undoes_it(session: Session) -> None:
    author, reviewer = member(session, "author"), member(session, "reviewer")
    entry = item(session)

    def sign(actor: Actor, revision: int, by: str = "Dr. Test", credentials: str = "MD, psychiatrist") -> None:
        signing.sign(session, actor, entry, by=by, credentials=credentials, based_on_revision=revision, now=LATER)

    def signed() -> signing.Signed | None:
        return signing.find_signed(drafting.open_draft(session, author, entry).body)

    revision = change(session, author, entry, note="not judged")
    with pytest.raises(LookupError):
        sign(author, revision)
    with pytest.raises(StaleDraft):
        sign(reviewer, revision - 1)
    for by, credentials in ((" ", "MD"), ("Dr. Test", ""), ("x" * 121, "MD")):
        with pytest.raises(Refused):
            sign(reviewer, revision, by, credentials)
    sign(reviewer, revision)
    assert signed() == signing.Signed("Dr. Test", "MD, psychiatrist", LATER.date(), holds=True)
    assert reviewer.id not in drafting.open_draft(session, author, entry).writers, "whoever signs may approve"
    release(session, author, reviewer, entry)
    change(session, author, entry, stem="In a slice of rat cortex, noradrenaline lowers its own release.")
    lapsed = signed()
    assert lapsed is not None
    assert not lapsed.holds
    release(session, author, reviewer, entry)
    sign(reviewer, drafting.open_draft(session, reviewer, entry).revision, "Dr. Other")
    after = drafting.open_draft(session, reviewer, entry)
    assert (after.is_draft, after.is_published) == (False, True)
    assert signed() == signing.Signed("Dr. Other", "MD, psychiatrist", LATER.date(), holds=True)
    sign(reviewer, after.revision, "Dr. Other")
    newest = history.get_history(session, author, entry).versions[0]
    assert (newest.number, newest.is_major, newest.note) == (4, False, "Signed by Dr. Other")
    assert session.scalars(sa.select(AuditEvent.deed).where(AuditEvent.deed == "sign")).all() == ["sign", "sign"]
