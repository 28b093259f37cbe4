"""A panel: asked, voting blind, counted at ten into the draft, and refused in words before that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp import clock
from quizapp.core.preferences import DEFAULT
from quizapp.db.extension import db
from quizapp.db.models import AuditEvent, Outbox, Panel, PanelVote, User
from quizapp.services.accounts import Actor
from quizapp.services.authoring import drafting, judging, panelling, publishing, voting
from quizapp.services.authoring.drafting import StaleDraft
from quizapp.services.authoring.releasing import NotReady
from quizapp.services.authoring.reviewing import Refused
from quizapp.services.content import exporting
from tests.integration.authors import NOW, appoint, new_actor
from tests.integration.conftest import Auth
from tests.integration.studio import LATER, approve, load_good, member, release
from tests.pages import Client
from tests.statements import counted

ADDRESS = "https://quiz.example/author/panels/PANEL"
SCENARIO: dict[str, Any] = {
    "objective": "LN3",
    "lesson": "brakes#auto",
    "bloom": "analyse",
    "difficulty": "medium",
    "facts": ["N12"],
    "references": ["haddjeri-1995"],
    "review_by": "2027-11-01",
    "authors": ["Ada"],
    "lint": {"thin-vignette": "The finding follows below."},
    "stem": "A 40-year-old woman takes a drug that releases noradrenaline.",
    "lead_in": "What does the finding do to this hypothesis?",
    "hypothesis": "blockade of α2-autoreceptors",
    "information": "that clonidine still lowers her blood pressure",
    "why": "SECRET-REASON: clonidine needs a receptor that is free.",
    "take_home": "SECRET-SENTENCE: a brake that answers is not blocked.",
}


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        load_good(db.session())
        yield db.session()


def begin(session: Session, author: Actor, **fields: object) -> int:
    return drafting.create(session, author, bank="brakes", type="script_concordance", body=SCENARIO | fields, now=NOW)


def experts(session: Session, number: int) -> list[Actor]:
    return [new_actor(session) for _ in range(number)]


def ask(session: Session, author: Actor, entry: int, people: list[Actor]) -> panelling.Asked:
    return panelling.ask(session, author, entry, [one.email for one in people], ADDRESS, now=NOW)


def panel_of(session: Session, entry: int) -> int:
    return session.scalars(sa.select(sa.func.max(Panel.id)).where(Panel.content_id == entry)).one()


def vote(session: Session, person: Actor, panel: int, token: str, part: str = "1", now: dt.datetime = NOW) -> None:
    voting.vote(session, person, panel, part, {"choice": (token,)}, now)


def revision(session: Session, author: Actor, entry: int) -> int:
    return drafting.open_draft(session, author, entry).revision


def count(session: Session, author: Actor, entry: int) -> None:
    panelling.count(session, author, entry, based_on_revision=revision(session, author, entry), now=LATER)


def tokens(session: Session, person: Actor, panel: int) -> list[str]:
    (scenario,) = voting.get_ballot(session, person, panel, NOW).scenarios
    return [option["token"] for option in scenario.face["options"]]


def test_ten_votes_are_counted_into_the_draft_and_the_question_can_be_published(session: Session) -> None:
    author, reviewer = member(session, "author"), member(session, "reviewer")
    entry = begin(session, author)
    with pytest.raises(Refused, match="No panel is open"):
        count(session, author, entry)
    panelling.open_panel(session, author, entry, None, now=NOW)
    panelling.open_panel(session, author, entry, None, now=LATER)
    assert session.scalar(sa.select(sa.func.count()).select_from(Panel)) == 1, "the same click twice"
    people = experts(session, 11)
    asked = ask(session, author, entry, [*people, author])
    assert (asked.new, asked.known) == (11, 0)
    assert asked.refused == ((author.email, "Has written this draft, and knows what it expects."),)
    assert ask(session, author, entry, people[:2]).known == 2
    unknown = panelling.ask(session, author, entry, ["nobody@example.org"], ADDRESS, now=NOW)
    assert unknown.refused == (("nobody@example.org", "No instructor or coordinator has this address."),)
    mails = session.scalars(sa.select(Outbox).where(Outbox.event.startswith("panel/"))).all()
    panel = panel_of(session, entry)
    assert {mail.recipient for mail in mails} == {one.email for one in people}, "each is told once"
    assert all(f"/author/panels/{panel}" in mail.body for mail in mails)

    far_less, less, neither, *_ = tokens(session, people[0], panel)
    for person in people[:6]:
        vote(session, person, panel, far_less)
    for person in people[6:9]:
        vote(session, person, panel, less)
    with pytest.raises(Refused, match="9 votes are in; at least 10 are needed"):
        count(session, author, entry)
    assert session.get_one(Panel, panel).state == "open"
    assert "votes" not in drafting.open_draft(session, author, entry).body
    vote(session, people[9], panel, far_less)
    vote(session, people[9], panel, neither)
    assert session.scalar(sa.select(sa.func.count()).select_from(PanelVote)) == 10, "changed, not added"
    progress = panelling.find_progress(session, drafting.open_draft(session, author, entry))
    assert progress is not None
    assert (progress.voted, progress.fewest, progress.missing) == (10, 10, 0)
    stale = revision(session, author, entry) - 1
    with pytest.raises(StaleDraft):
        panelling.count(session, author, entry, based_on_revision=stale, now=LATER)
    count(session, author, entry)
    count(session, author, entry)
    body = drafting.open_draft(session, author, entry).body
    assert body["votes"] == {"-2": 6, "-1": 3, "0": 1}
    with pytest.raises(Refused, match="The votes are counted"):
        vote(session, people[10], panel, less)
    deeds = session.scalars(
        sa.select(AuditEvent.deed).where(AuditEvent.deed.like("%panel")).order_by(AuditEvent.number)
    )
    assert list(deeds) == ["open panel", "ask panel", "count panel"], "no vote stands in the audit"
    approve(session, author, reviewer, entry)
    live = publishing.publish(session, author, entry, based_on_revision=revision(session, author, entry), now=LATER)
    assert live.number == 1
    assert b"votes:\n  -2: 6" in exporting.export(session)["question_banks/brakes/items.yaml"]


def test_until_then_the_question_is_held_back_as_still_open(session: Session) -> None:
    author, reviewer = member(session, "author"), member(session, "reviewer")
    entry = begin(session, author)
    opened = drafting.open_draft(session, author, entry)
    judgement = judging.judge(session, "item", opened.body, home="brakes", today=NOW.date())
    assert [(one.rule, one.is_open) for one in judgement.faults] == [("panel-too-small", True)]
    with pytest.raises(NotReady):
        release(session, author, reviewer, entry)


def test_votes_count_for_the_words_they_were_given_on(session: Session) -> None:
    author = member(session, "author")
    entry = begin(session, author)
    panelling.open_panel(session, author, entry, None, now=NOW)
    people = experts(session, 10)
    ask(session, author, entry, people)
    panel = panel_of(session, entry)
    token = tokens(session, people[0], panel)[0]
    for person in people:
        vote(session, person, panel, token)
    save(session, author, entry, information="that nothing lowers her blood pressure", why="Other reasons may change.")
    assert "that clonidine still lowers" in str(voting.get_ballot(session, people[0], panel, NOW).scenarios)
    with pytest.raises(Refused, match="says something else than what the panel voted on"):
        count(session, author, entry)
    save(session, author, entry, information=SCENARIO["information"], why="Other reasons may change.")
    count(session, author, entry)
    save(session, author, entry, information="that nothing lowers her blood pressure")
    panelling.open_panel(session, author, entry, None, now=LATER)
    assert panel_of(session, entry) != panel, "another panel begins without votes"
    again = panelling.find_progress(session, drafting.open_draft(session, author, entry))
    assert again is not None
    assert again.fewest == 0


def save(session: Session, author: Actor, entry: int, **fields: object) -> None:
    opened = drafting.open_draft(session, author, entry)
    body = opened.body | fields
    drafting.save_draft(session, author, entry, body, based_on_revision=opened.revision, now=NOW)


def test_every_scenario_of_a_case_needs_ten_votes_and_gets_its_own(session: Session) -> None:
    author = member(session, "author")
    part = {name: SCENARIO[name] for name in ("objective", "lead_in", "hypothesis", "information", "why", "take_home")}
    parts = [part | {"id": f"p{n}", "type": "script_concordance", "information": f"that {n} is found"} for n in (1, 2)]
    entry = drafting.create(
        session, author, bank="brakes", type="case", body={"stem": "A vignette.", "parts": parts}, now=NOW
    )
    panelling.open_panel(session, author, entry, None, now=NOW)
    people = experts(session, 10)
    ask(session, author, entry, people)
    panel = panel_of(session, entry)
    first, second = voting.get_ballot(session, people[0], panel, NOW).scenarios
    assert first.before == second.before == ("<p>A vignette.</p>",)
    token = first.face["options"][4]["token"]
    for person in people:
        vote(session, person, panel, token, first.part)
    with pytest.raises(Refused, match="0 votes are in"):
        count(session, author, entry)
    for person in people:
        vote(session, person, panel, first.face["options"][2]["token"], second.part)
    count(session, author, entry)
    body = drafting.open_draft(session, author, entry).body
    assert [part["votes"] for part in body["parts"]] == [{"2": 10}, {"0": 10}]


def test_who_was_not_asked_has_no_ballot_and_odd_votes_are_handed_back(session: Session) -> None:
    author, reviewer, stranger = member(session, "author"), member(session, "reviewer"), new_actor(session)
    entry = begin(session, author)
    with pytest.raises(Refused, match="lies ahead"):
        panelling.open_panel(session, author, entry, NOW, now=NOW)
    panelling.open_panel(session, author, entry, LATER, now=NOW)
    (person,) = experts(session, 1)
    ask(session, author, entry, [person])
    panel = panel_of(session, entry)
    for actor in (author, reviewer, stranger):
        with pytest.raises(LookupError):
            voting.get_ballot(session, actor, panel, NOW)
        with pytest.raises(LookupError):
            vote(session, actor, panel, "x")
    with pytest.raises(LookupError):
        vote(session, person, panel, tokens(session, person, panel)[0], part="2")
    for odd in ({}, {"choice": ("x",)}, {"choice": ("1", "2")}, {"choice": ("9" * 400,)}):
        with pytest.raises(Refused):
            voting.vote(session, person, panel, "1", odd, NOW)
    with pytest.raises(Refused, match="time to vote is over"):
        vote(session, person, panel, tokens(session, person, panel)[0], now=LATER)
    panelling.move_deadline(session, author, entry, LATER + dt.timedelta(days=1), now=LATER)
    vote(session, person, panel, tokens(session, person, panel)[0], now=LATER)
    for deed in (panelling.open_panel, panelling.move_deadline):
        with pytest.raises(LookupError):
            deed(session, reviewer, entry, None, now=NOW)
    assert panelling.remind(session, author, entry, ADDRESS, now=LATER) == 0, "the only one has voted"
    (another,) = experts(session, 1)
    ask(session, author, entry, [another])
    assert panelling.remind(session, author, entry, ADDRESS, now=LATER) == 1
    assert panelling.remind(session, author, entry, ADDRESS, now=LATER) == 0, "once a day"
    panelling.drop(session, author, entry, now=LATER)
    panelling.drop(session, author, entry, now=LATER)
    with pytest.raises(Refused, match="ended this panel"):
        vote(session, another, panel, tokens(session, another, panel)[0])


def test_two_who_open_a_panel_at_once_open_one_and_no_vote_slips_past_the_count(app: Flask, session: Session) -> None:
    author = member(session, "author")
    entry = begin(session, author)
    people = experts(session, 11)
    session.rollback()

    def in_context(deed: Any) -> Any:
        with app.app_context():
            try:
                return deed(db.session())
            except Refused as refused:
                return str(refused)

    def open_it(session: Session) -> None:
        panelling.open_panel(session, author, entry, None, now=NOW)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(in_context, [open_it, open_it])) == [None, None]
    assert session.scalar(sa.select(sa.func.count()).select_from(Panel)) == 1
    ask(session, author, entry, people)
    panel = panel_of(session, entry)
    token = tokens(session, people[0], panel)[0]
    for person in people[:10]:
        vote(session, person, panel, token)
    session.rollback()
    deeds = [lambda s: vote(s, people[10], panel, token), lambda s: count(s, author, entry)]
    with ThreadPoolExecutor(2) as pool:
        late, done = pool.map(in_context, deeds)
    assert done is None
    votes = drafting.open_draft(session, author, entry).body["votes"]
    kept = session.scalar(sa.select(sa.func.count()).select_from(PanelVote))
    assert votes == {"-2": kept}
    assert (kept, late) in ((11, None), (10, "The votes are counted. Thank you."))


def test_the_ballot_and_the_progress_page_tell_no_vote(app: Flask, auth: Auth, client: Client) -> None:
    person = auth.sign_in("instructor")
    with app.app_context():
        session = db.session()
        load_good(session)
        appoint(session, person, "author", "brakes")
        email = accounts_email(session, person)
        author = Actor(person, email, "", frozenset({"instructor"}), DEFAULT, "test")
        entry = begin(session, author)
    page = client.get(f"/author/items/{entry}").follow("Panel")
    page = page.form("Open the panel").send(until="2020-01-01", status=422)
    assert "The last day to vote lies ahead" in page.text
    page = page.form("Open the panel").send(until=(clock.now() + dt.timedelta(days=9)).date().isoformat())
    assert "The panel is open." in page.text
    voters = [auth.browser("instructor", email=f"expert-{n}@example.org") for n in range(10)]
    emails = "\n".join(f"expert-{n}@example.org" for n in range(10))
    page = page.form("Ask them").send(emails=emails + "\nnobody@example.org")
    assert "10 people are asked by mail." in page.text
    assert "nobody@example.org: No instructor or coordinator has this address." in page.text
    with app.app_context():
        panel = panel_of(db.session(), entry)
    for number, voter in enumerate(voters):
        ballot = voter.get(f"/author/panels/{panel}")
        for secret in ("SECRET-REASON", "SECRET-SENTENCE", "Have voted"):
            assert secret not in ballot.response.text
        assert not ballot.select("input[checked]"), "no other vote"
        form = ballot.form("Keep my vote")
        assert form.send(status=422).text.count("Choose one step of the scale first.") == 1
        ballot = form.send(choice=form.choices["choice"][number % 2])
        assert "Your vote is kept." in ballot.text
        assert len(ballot.select("input[checked]")) == 1
        page = client.get(f"/author/items/{entry}/panel")
        assert f"{number + 1} of 10 who were asked" in page.text
        assert "likely" not in page.text, "how many, not what"
    client.get(f"/author/panels/{panel}", status=404)
    page = page.form("Close the panel and count").send()
    assert "The votes are counted and stand in the draft" in page.text
    assert [page.texts(".fallen td")[step] for step in range(5)] == ["5", "5", "0", "0", "0"]
    assert "−2: much less likely" in page.texts(".fallen th")
    assert "The votes are counted. Thank you." in voters[0].get(f"/author/panels/{panel}").text
    with counted(engine_of(app)) as few:
        client.get(f"/author/items/{entry}/panel")
    assert len(few) <= 16, few


def engine_of(app: Flask) -> Any:
    with app.app_context():
        return db.engine


def accounts_email(session: Session, person: int) -> str:
    return session.scalars(sa.select(User.email).where(User.id == person)).one()
