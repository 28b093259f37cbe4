"""A question on its way through the studio's pages, without scripts: reviewed, published, changed, withdrawn."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.engine import Engine

from quizapp import clock
from quizapp.core.preferences import DEFAULT
from quizapp.db.extension import db
from quizapp.services import accounts, annotating, auditing, regrading
from quizapp.services.accounts import Actor
from quizapp.services.authoring import drafting
from quizapp.services.content import exporting
from tests.integration.authors import appoint
from tests.integration.conftest import Auth
from tests.integration.learners import Learner
from tests.integration.studio import SOUND, item, load, load_good, swapped
from tests.pages import Client
from tests.statements import counted


class Person:
    """Somebody of the bank, with a browser of their own."""

    def __init__(self, app: Flask, auth: Auth, role: str) -> None:
        email = f"{role}@example.org"
        self.app, self.browser = app, auth.browser("instructor", email=email)
        with app.app_context():
            user_id = accounts.get_user_id(db.session(), email)
            appoint(db.session(), user_id, role, "brakes")
        self.actor = Actor(user_id, email, role, frozenset({"instructor"}), DEFAULT, "test")

    def change(self, **fields: object) -> None:
        """What the editor does when it saves."""
        with self.app.app_context():
            session = db.session()
            opened = drafting.open_draft(session, self.actor, item(session))
            drafting.save_draft(
                session,
                self.actor,
                opened.content_id,
                opened.body | SOUND | fields,
                based_on_revision=opened.revision,
                now=clock.now(),
            )


@pytest.fixture
def entry(app: Flask) -> int:
    with app.app_context():
        load_good(db.session())
        return item(db.session())


@pytest.fixture
def ada(app: Flask, auth: Auth, entry: int) -> Person:
    return Person(app, auth, "author")


@pytest.fixture
def rosa(app: Flask, auth: Auth, entry: int) -> Person:
    return Person(app, auth, "reviewer")


def review(person: Person, entry: int) -> str:
    return f"/author/items/{entry}/review"


def test_two_people_bring_a_question_to_its_readers(ada: Person, rosa: Person, entry: int) -> None:
    ada.change(stem="In a slice of rat cortex, noradrenaline lowers its own release.", references=[])
    page = ada.browser.get(f"/author/items/{entry}").follow("Review")
    assert page.texts(".change ins") == ["[put in: rat]"]
    assert "no-reference" in page.text
    page.form("Ask for a review").send()

    page = rosa.browser.get("/author/review").follow("Review brakes-1")
    page = page.form("Add the remark").send(place="options/b/why", text="Which transmitter is meant?")
    assert page.texts(".said-list .about-line") == ["Option b, reason: It answers another neuron’s transmitter."]
    back = page.form("Send it back").send(status=422)
    assert "Say in a few words what is to be changed." in back.text
    page.form("Send it back").send(reason="Name the transmitter.")

    page = ada.browser.get(review(ada, entry))
    assert "Sent back by Test instructor" in page.text
    page = page.form("Settle the remark by Test instructor").send()
    assert "settled by" in page.text
    old = page.form("Ask for a review")
    ada.change(references=["haddjeri-1995"], stem="In a slice of rat cortex, noradrenaline lowers its own release.")
    assert "has changed this meanwhile" in old.send(status=409).text, "a stale tab"
    ada.browser.get(review(ada, entry)).form("Ask for a review").send()

    page = rosa.browser.get(review(rosa, entry))
    assert "Nothing. It could be published as it is." in page.text
    page.form("Approve").send()
    assert "Nothing waits" not in rosa.browser.get("/author/review").text
    page = ada.browser.get("/author/review").follow("Publish brakes-1")
    published = page.form("Publish")
    page = published.send(note="Which cortex")
    assert "Version 2 is published." in page.text
    assert published.send(status=409).heading == "Review brakes-1", "the same click twice"

    page = page.follow("History")
    assert page.texts("tbody th") == ["2 published", "1"]
    assert "From version 1 to version 2" in page.texts("section h2")
    page = page.form("Compare").send(older="2", newer="1")
    assert page.texts(".change del") == ["[taken out: haddjeri-1995]", "[taken out: rat]"]


def test_a_changed_key_asks_what_becomes_of_old_answers_and_tells_what_came_of_it(
    app: Flask, auth: Auth, ada: Person, rosa: Person, entry: int
) -> None:
    # No context stays open: requests would be made in it, and all be of one person.
    with app.app_context():
        learner = Learner.new(db.session())
        place = learner.start(size=1)
        shown = learner.question(place).presentation_id
        learner.answer(shown, right=False)
        annotating.report_problem(db.session(), learner.actor, shown, "The key is wrong, I think.", clock.now())
        options = swapped(db.session(), entry)
        accounts.choose_first_step(db.session(), learner.actor, "read", now=clock.now())
    assert ada.browser.get("/author/").texts(".waits") == ["1 report by learners"]

    ada.change(options=options)
    ada.browser.get(review(ada, entry)).form("Ask for a review").send()
    rosa.browser.get(review(rosa, entry)).form("Approve").send()
    page = ada.browser.get(review(ada, entry))
    assert "1 answer by 1 learner were marked by the key as it is published now." in page.text
    (report,) = page.form("Publish").choices["report"]
    refused = page.form("Publish").send(remedy="credit", status=422)
    assert "Say why the marks of earlier answers change." in refused.text
    assert refused.form("Publish").fields["remedy"] == ["credit"], "what was chosen is kept"
    page = refused.form("Publish").send(reason="The key was wrong.", report=report)
    assert "Version 2 is published." in page.text

    page = page.follow("History").follow("Full marks for all: what came of version 2")
    assert "0 of 1 answer renewed" in page.text
    with app.app_context():
        assert regrading.regrade_due(db.session(), clock.now()) == 1
    page = ada.browser.get(page.path)
    assert page.texts("dd") == ["1", "1", "0", "0"]
    for raised in ("?state=changed", "?state=changed&after=²"):  # a digit of which Python makes no number
        assert ada.browser.get(f"/author/reports{raised}").texts(".remark-text") == ["The key is wrong, I think."]
    ada.browser.get(f"/author/items/{entry}/history?older=²&newer=1")

    browser = Client(auth.app.test_client())
    auth.sign_in("student", email=learner.actor.email, client=browser)
    page = browser.get(f"/session/{place}/0/feedback")
    assert "Everybody has full marks for it." in page.text
    assert "The authors have changed this question after your report." in page.text

    assert "Your report changed this question." in browser.get("/").text

    page = ada.browser.get(f"/author/items/{entry}/history").follow("Bring back version 1")
    assert "What becomes of the answers given before?" not in page.text, "nobody has answered the new key"
    page = page.form("Bring it back").send(note="After all", status=422)
    assert "It would not pass today’s rules." in page.text
    assert "no-reference" in page.one(".remarks").to_text()


def test_an_owner_alone_opens_a_bank_appoints_and_withdraws(app: Flask, auth: Auth, entry: int) -> None:
    owner = Person(app, auth, "owner")
    browser = owner.browser
    page = browser.get("/author/banks").form("Open the bank").send(title="Brakes again", slug="no name", status=422)
    assert "Small letters" in page.text
    assert page.form("Open the bank").fields["title"] == ["Brakes again"]
    page = page.form("Open the bank").send(slug="more-brakes")
    assert page.heading == "Brakes again"
    assert "There is no instructor" in page.form("Appoint").send(email="student@example.org", status=422).text
    second = auth.browser("instructor", email="second@example.org")
    page = page.form("Appoint").send(email="Second@example.org", role="owner")
    assert page.texts(".rows .about")[1].endswith("second@example.org")
    assert "more-brakes" in second.get("/author/banks").text

    owner.change(note="A remark")
    page = browser.get(review(owner, entry))
    assert "Nobody else may review in this bank." in page.text
    page.form("Approve").send(reason="Only a note for us.")
    page = browser.get(review(owner, entry)).form("Publish").send()
    page = page.form("Withdraw it").send(note="Too old", status=422)
    assert "Lesson brakes: “brakes-1” is a draft" in page.text, "the lesson still asks it"
    assert browser.get("/author/?state=published").texts(".entries .state")[0] == "Published"


def report(app: Flask, text: str, *, times: int = 1) -> None:
    """Learners who have answered brakes-1 report something about it."""
    with app.app_context():
        session = db.session()
        for _ in range(times):
            learner = Learner.new(session)
            shown = learner.question(learner.start(size=1)).presentation_id
            learner.answer(shown, right=False)
            annotating.report_problem(session, learner.actor, shown, text, clock.now())


def test_reports_stand_beside_their_question_and_are_answered_there(
    app: Flask, ada: Person, rosa: Person, entry: int
) -> None:
    assert "by learners" not in ada.browser.get(f"/author/items/{entry}").text
    report(app, "Two of them are right.", times=2)
    assert ada.browser.get("/author/").follow("2 reports by learners").path == f"/author/items/{entry}/review"

    page = ada.browser.get(f"/author/items/{entry}")
    assert page.texts(".reports .remark-text") == ["Two of them are right."] * 2
    assert "about version 1" in page.one(".reports").to_text()
    first, second = (button.attrs["value"] for button in page.select(".reports button"))
    with app.app_context():
        other = item(db.session(), "brakes-2")
    elsewhere = ada.browser.get(f"/author/items/{other}").form("Check it")
    elsewhere.fields |= {"do": [first], "reply-" + first.removeprefix("answer:"): ["Of another question."]}
    elsewhere.send(status=404)
    assert len(ada.browser.get(f"/author/items/{entry}").select(".reports li")) == 2
    form = page.form("Check it")
    form.fields["do"] = [first]
    refused = form.send(status=422, stem="Half a sentence")
    assert "Say in a few words what the learner should know." in refused.text
    assert refused.form("Check it").fields["stem"] == ["Half a sentence"]
    form = refused.form("Check it")
    form.fields["do"] = [first]
    answered = form.send(**{"reply-" + first.removeprefix("answer:"): "Only the first is."})
    assert "where its learner reads it" in answered.text
    assert answered.form("Check it").fields["stem"] == ["Half a sentence"], "what is typed stays"
    assert len(answered.select(".reports li")) == 1
    form.send(**{"reply-" + first.removeprefix("answer:"): "Only the first is."})
    form.fields |= {"do": ["answer:999"], "reply-999": ["To nobody."]}
    form.send(status=404)

    page = rosa.browser.get(review(rosa, entry))
    assert page.texts(".reports .remark-text") == ["Two of them are right."]
    assert not page.select(".reports button"), "who may not write does not answer"
    page = ada.browser.get(review(ada, entry))
    sent = page.form("Send the answer").send(reply="The second is not, because it needs a receptor that is not there.")
    assert "where its learner reads it" in sent.text
    assert not sent.select(".reports")
    assert second.startswith("answer:")
    with app.app_context():
        deeds = auditing.list_deeds(db.session())
    answers = [one for one in deeds if one.deed == "answer"]
    assert len(answers) == 2, "the same answer sent twice is one"


def test_a_page_with_reports_costs_as_many_statements_however_many_there_are(
    app: Flask, ada: Person, entry: int
) -> None:
    seen = []
    for times in (1, 12):
        report(app, "It is unclear.", times=times)
        for path in (f"/author/items/{entry}", review(ada, entry), "/author/"):
            ada.browser.get(path)
            with counted(app_engine(app)) as statements:
                ada.browser.get(path)
            seen.append(len(statements))
    assert seen[:3] == seen[3:]


def app_engine(app: Flask) -> Engine:
    with app.app_context():
        return db.engine


def test_a_faulty_question_is_withdrawn_and_its_marks_made_good(
    app: Flask, ada: Person, rosa: Person, entry: int
) -> None:
    lesson_lets_go(app)
    assert "What becomes of the answers" not in ada.browser.get(review(ada, entry)).text, "nobody has answered"
    report(app, "No answer is right.", times=3)
    page = ada.browser.get(review(ada, entry))
    form = page.form("Withdraw it")
    assert form.choices["remedy"] == ["leave", "credit", "drop", "bonus"], "there is no further key to accept"
    refused = form.send(remedy="credit", status=422)
    assert "Say why the marks of earlier answers change." in refused.text
    assert refused.form("Withdraw it").fields["remedy"] == ["credit"]
    page = refused.form("Withdraw it").send(reason="None of its options is right.")
    assert "It is withdrawn." in page.text
    page = page.follow("History").follow("Full marks for all: what came of version 2")
    assert "0 of 3 answers renewed" in page.text
    with app.app_context():
        while regrading.regrade_due(db.session(), clock.now()):
            pass
    assert ada.browser.get(page.path).texts("dd")[:2] == ["3", "3"]


def test_a_minor_change_called_major_shows_at_once_whom_it_concerns(
    app: Flask, ada: Person, rosa: Person, entry: int
) -> None:
    report(app, "It is unclear.", times=1)
    ada.change(stem="In a slice of rat cortex, noradrenaline lowers its own release.")
    ada.browser.get(review(ada, entry)).form("Ask for a review").send()
    rosa.browser.get(review(rosa, entry)).form("Approve").send()
    page = ada.browser.get(review(ada, entry))
    form = page.form("Publish")
    assert form.fields["size"] == ["minor"]
    assert "1 answer by 1 learner were marked by the key as it is published now." in page.text
    refused = form.send(remedy="credit", reason="Nobody could know.", status=422)
    assert "Marks change only with the key." in refused.text
    page = refused.form("Publish").send(size="major", remedy="credit", reason="Nobody could know.")
    assert "Version 2 is published." in page.text
    assert "Full marks for all: what came of version 2" in page.follow("History").text


def lesson_lets_go(app: Flask) -> None:
    """The lesson asks brakes-1 no more, so that it may be withdrawn."""
    with app.app_context():
        session = db.session()
        files = exporting.export(session)
        path = "lessons/brakes/lesson.md"
        load(session, files | {path: files[path].replace(b"::: check brakes-1\n:::\n", b"")})
