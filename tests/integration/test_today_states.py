"""Whatever stands in the tables, Today and what belongs to it open: sessions left in every state, content withdrawn
beneath a plan, bad dates and minutes. Nothing here ends with an error."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core import modes
from quizapp.core.preferences import DEFAULT
from quizapp.db.extension import db
from quizapp.db.models import Item, Link, Memory, Presentation, Published, Response, Sitting
from quizapp.db.session import writing
from quizapp.services import accounts, asking, examining, replaying, studying
from quizapp.services.accounts import Actor
from quizapp.services.composing import NothingToAsk
from quizapp.services.sittings import Chosen
from quizapp.services.teaching import tasks
from tests.integration.classes import Class
from tests.integration.conftest import Auth
from tests.integration.learners import Learner
from tests.pages import Client

pytestmark = pytest.mark.usefixtures("content")
DAY = dt.timedelta(days=1)
MONDAY = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
NO_PLAN: dict[str, object] = {"items": [], "reasons": [], "asked": {}}
PAGES = ("/", "/progress", "/sessions", "/errors", "/assignments", "/practice", "/placement")


@pytest.fixture
def learner(app: Flask, auth: Auth, clock: time_machine.Traveller) -> Iterator[Learner]:
    """Somebody past the first run, signed in on a Monday, for whom there are single best answers only."""
    clock.move_to(MONDAY)
    person = auth.sign_in()
    with app.app_context():
        engine = db.engine
    with Session(engine) as session:
        with writing(session) as held:
            held.execute(sa.delete(Item).where(Item.type != "single_best_answer"))
        actor = Actor(person, "student@example.org", "Test student", frozenset({"student"}), DEFAULT, None)
        accounts.choose_first_step(session, actor, "read", now=MONDAY)
        yield Learner(session, actor)


def begin_review(learner: Learner, now: dt.datetime) -> int:
    session, actor = learner.session, learner.actor
    key = f"day {now}"
    return asking.begin(session, actor, lambda: studying.choose_review(session, actor, now, 1), key, "Today", now, 1)


def look(client: Client, learner: Learner) -> str:
    """Open every page; gives the text of Today."""
    learner.session.rollback()
    texts = [client.get(path).text for path in PAGES]
    mine = sa.select(Presentation.sitting_id).where(Presentation.learner_id == learner.actor.id).distinct()
    for sitting in learner.session.scalars(mine).all():
        client.get(f"/session/{sitting}")
    learner.session.rollback()
    return texts[0]


def change(learner: Learner, *statements: sa.Executable) -> None:
    learner.session.rollback()
    for statement in statements:
        learner.session.execute(statement)
    learner.session.commit()


def test_sessions_left_in_every_state_stand_on_today_and_none_breaks_it(
    auth: Auth, client: Client, learner: Learner, clock: time_machine.Traveller
) -> None:
    session, actor = learner.session, learner.actor
    left = begin_review(learner, MONDAY)  # shown, never answered
    assert "Go on where you stopped" in look(client, learner)
    block = learner.start(MONDAY, size=3)
    learner.answer(learner.question(block, 0, MONDAY).presentation_id, MONDAY)
    assert "“A block”: 1 of 3 answered, 2 to go." in look(client, learner), "the latest of two comes first"

    exam = learner.start(MONDAY, size=2, exam=True, minutes=10)
    assert "“A block”: 0 of 2 answered" in look(client, learner)
    clock.move_to(MONDAY + dt.timedelta(hours=1))
    assert "“A block”: 1 of 3 answered" in look(client, learner), "time is up, nobody has closed it yet"
    examining.close_expired(session, MONDAY + dt.timedelta(hours=1))
    assert "2 questions missed" in look(client, learner)

    clock.move_to(MONDAY + DAY)
    auth.sign_in()
    stale = session.scalars(sa.select(Presentation.id).where(Presentation.sitting_id == left)).one()
    session.rollback()
    asking.renew(session, actor, stale, MONDAY + DAY)
    session.rollback()
    shown = session.scalars(sa.select(Presentation.replaced).where(Presentation.sitting_id == left)).all()
    assert sorted(shown) == [False, True]
    assert "to go" in look(client, learner)

    empty = {"learner_id": actor.id, "title": "Empty", "plan": NO_PLAN, "seed": 1, "started_at": MONDAY + DAY}
    change(
        learner,
        sa.insert(Sitting).values(mode="review", key="shut", closed_at=MONDAY + DAY, released_at=MONDAY, **empty),
        sa.insert(Sitting).values(mode="exam", key="held", closed_at=MONDAY + DAY, **empty),
    )
    assert "“Empty”" not in look(client, learner)
    assert client.get(f"/session/{exam}").heading == "A block"


def test_no_session_is_begun_that_shows_nothing(client: Client, learner: Learner) -> None:
    """Its first question was withdrawn between the choice and the showing, or all were."""
    session, actor = learner.session, learner.actor
    items = session.scalars(sa.select(Item.content_id).where(Item.pool == "practice").limit(3)).all()

    def begin(gone: Sequence[int], key: str) -> int:
        session.rollback()

        def choose() -> Chosen:
            session.execute(sa.delete(Published).where(Published.content_id.in_(gone)))
            return Chosen(modes.PRACTICE, tuple(items), ({"reason": "new"},) * 3)

        return asking.begin(session, actor, choose, key, "A block", MONDAY, 1)

    with pytest.raises(NothingToAsk, match="withdrawn"):
        begin(items, "all")
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Sitting)) == 0
    begun = begin(items[:2], "some")
    assert "0 of 3 answered" in look(client, learner)
    learner.answer(learner.question(begun, 2, MONDAY).presentation_id, MONDAY)
    assert "Go on where you stopped" not in look(client, learner)


def test_what_a_cohort_gave_stands_beside_what_was_left_whatever_became_of_it(
    auth: Auth, client: Client, learner: Learner, clock: time_machine.Traveller
) -> None:
    session, now = learner.session, MONDAY - dt.timedelta(minutes=30)
    clock.move_to(now)
    auth.sign_in()
    room = Class.new(session)
    room.join(learner)
    given, other = room.give(), room.give("block", topics={"nassa": 2}, title="A block of theirs")
    assert "An assignment" in look(client, learner)
    sitting = tasks.start(session, learner.actor, given, now)
    tasks.start(session, learner.actor, other, now)
    assert "Go on where you stopped" in look(client, learner)
    change(learner, sa.delete(Published).where(Published.content_id.in_(items_of(learner, sitting))))
    assert "An assignment" in look(client, learner)
    examining.hand_in(session, learner.actor, sitting, now)
    text = look(client, learner)
    assert "missed on" not in text, "its result is held"


def items_of(learner: Learner, sitting: int) -> list[int]:
    plan = learner.session.scalars(sa.select(Sitting.plan).where(Sitting.id == sitting)).one()
    learner.session.rollback()
    return list(plan["items"])


def test_a_plan_whose_content_is_withdrawn_beneath_it_goes_on_with_what_is_left(
    client: Client, learner: Learner
) -> None:
    sitting = begin_review(learner, MONDAY)
    learner.work_through(sitting, MONDAY, right=False)
    studied = learner.session.scalars(sa.select(Memory.objective_id)).all()
    topics = sa.select(Link.target_id).where(Link.source_id == studied[0], Link.role == "topic")
    topic = learner.session.scalars(topics).one()
    again = learner.start(MONDAY, size=3)
    look(client, learner)
    change(learner, sa.delete(Published).where(Published.content_id.in_(items_of(learner, again))))
    assert "to go" in look(client, learner), "the question on the screen can be answered"
    learner.answer(learner.question(again, 0, MONDAY).presentation_id, MONDAY)
    assert "Go on where you stopped" not in look(client, learner), "no other was left, so it is over"
    change(learner, sa.update(Item).where(Item.objective_id == studied[0]).values(objective_id=studied[1]))
    look(client, learner)
    change(learner, sa.delete(Published).where(Published.content_id == studied[1]))
    look(client, learner)
    change(learner, sa.delete(Published).where(Published.content_id == topic))
    look(client, learner)
    assert replaying.replay(learner.session) == []


def test_all_questions_retired_is_said_and_what_was_learnt_stays(client: Client, learner: Learner) -> None:
    learner.work_through(begin_review(learner, MONDAY), MONDAY)
    change(learner, sa.delete(Published).where(Published.content_id.in_(sa.select(Item.content_id))))
    text = look(client, learner)
    assert "Nothing to ask yet" in text
    token = client.get("/").form("Sign out").fields["csrf_token"]
    for wish in ({}, {"more": "1"}):
        assert "Nothing is due now." in client.post("/review", {"csrf_token": token, **wish}).text
    assert learner.session.scalar(sa.select(sa.func.count()).select_from(Memory)) > 0


def test_an_objective_without_questions_is_named_and_holds_nothing_up(client: Client, learner: Learner) -> None:
    """What rests on it is asked about; it has a page, a word and no button that leads nowhere."""
    desk = studying.get_desk(learner.session, learner.actor, MONDAY)
    resting = next(one for one in desk.objectives if one.needs and one.questions)
    empty = next(iter(resting.needs))
    version = desk.named[empty]
    change(learner, sa.delete(Item).where(Item.objective_id == empty))
    text = look(client, learner)
    assert re.search(r"\d+ questions?, about \d+ minutes?", text)
    page = client.get(f"/progress/objectives/{version.slug}")
    assert version.body["statement"] in page.text
    assert "no question" in page.text.lower()
    assert not [form for form in page.select("main form") if "practise" in form.to_text().lower()]
    token = page.form("Sign out").fields["csrf_token"]
    refused = client.post(f"/progress/objectives/{version.slug}/practise", {"csrf_token": token, "key": "one"})
    assert "no question" in refused.text.lower()
    change(learner, sa.delete(Item).where(Item.objective_id != resting.id))
    learner.session.rollback()
    sitting = begin_review(learner, MONDAY)
    learner.work_through(sitting, MONDAY)
    assert learner.session.scalars(sa.select(Response.objective_id)).all() == [resting.id]
    assert learner.session.scalars(sa.select(Sitting.mode)).all() == [modes.REVIEW.name]
