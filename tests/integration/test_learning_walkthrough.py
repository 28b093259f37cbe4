"""The learner’s first hour, page by page, without scripts; every page fetched on the way is checked."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest
from flask import Flask

from quizapp import clock, itemtypes
from quizapp.core.study_day import study_day
from quizapp.db.extension import db
from tests.integration.conftest import ONCE, Auth
from tests.integration.learners import only_single_best_answers
from tests.pages import Client, Page

pytestmark = pytest.mark.usefixtures("content")


@pytest.fixture
def choices_only(app: Flask) -> None:
    with app.app_context():
        only_single_best_answers(db.session())


def start_block(client: Client, **values: str | list[str]) -> Page:
    return client.get("/practice").form("Start").send(**values)


def answer(page: Page) -> Page:
    """Choose the first option, and be sure."""
    return page.form("Sure E").send(choice="1")


def test_the_first_run_asks_how_to_begin_and_reading_leads_to_the_lesson(client: Client, auth: Auth) -> None:
    auth.sign_in()
    first = client.get("/")
    assert first.heading == "How would you like to begin?"
    lesson = first.form("Read").send()
    assert "/lessons" in lesson.path
    assert client.get("/").heading != "How would you like to begin?"


def test_an_exam_date_of_the_first_run_is_counted_on_the_first_page(client: Client, auth: Auth) -> None:
    auth.sign_in()
    refused = client.get("/").form("Keep the date").send(exam_title="Finals", exam_on="2001-01-01", status=422)
    assert "has passed" in refused.text
    client.get("/").form("Keep the date").send(exam_title="Finals", exam_on="2035-06-01")
    assert "Finals" in client.get("/").text


def test_a_lesson_asks_after_its_sections_and_says_how_it_went(client: Client, auth: Auth) -> None:
    auth.sign_in()
    lesson = client.get("/lessons/nassa-mechanism")
    forms = [form.attrs["action"] for form in lesson.select("main form") if "/questions/" in form.attrs["action"]]
    assert len(forms) == 10
    question = client.post(forms[0], {"csrf_token": lesson.select("input[name=csrf_token]")[0].attrs["value"]})
    assert question.path.startswith("/session/")
    again = client.post(forms[0], {"csrf_token": lesson.select("input[name=csrf_token]")[0].attrs["value"]})
    assert again.path == question.path
    assert client.get("/sessions").heading == "Sessions"


@ONCE
def test_a_typed_key_does_not_put_a_block_in_the_place_of_a_lesson(client: Client, auth: Auth) -> None:
    auth.sign_in()
    home = sha256(b"nassa-mechanism").hexdigest()[:32]
    block = start_block(client, size="2", key=f"lesson:{home}:{study_day(clock.now(), 'UTC')}")
    lesson = client.get("/lessons/nassa-mechanism")
    asked = next(form for form in lesson.select("main form") if "/questions/" in form.attrs["action"])
    token = lesson.select("input[name=csrf_token]")[0].attrs["value"]
    question = client.post(asked.attrs["action"], {"csrf_token": token})
    assert question.path.split("/")[2] != block.path.split("/")[2]


def test_a_block_from_the_builder_to_the_result(client: Client, auth: Auth, choices_only: None) -> None:
    auth.sign_in()
    offered = client.get("/practice").form("What would it hold?").send(size="3")
    assert re.search(r"\d questions?", offered.text)
    page = start_block(client, size="2", spend_freely="1")
    assert page.heading.startswith("Question 1")
    feedback = answer(page)
    assert feedback.heading in {"Right", "Not right"}
    assert "the answer" in feedback.text
    second = feedback.follow("Go on")
    assert second.heading.startswith("Question 2")
    results = answer(second).follow("See the session")
    assert "of 2 right" in results.text
    assert [row for row in client.get("/sessions").texts("main li") if "marks" in row]


def test_a_resent_form_says_that_the_first_answer_stands(client: Client, auth: Auth, choices_only: None) -> None:
    auth.sign_in()
    form = start_block(client, size="1").form("Guess Q")
    first = form.send(choice="1")
    second = form.send(choice="2")
    assert second.heading == first.heading
    assert "The first answer stands" in second.text


def test_an_empty_form_comes_back_with_a_sentence(client: Client, auth: Auth, choices_only: None) -> None:
    auth.sign_in()
    page = start_block(client, size="1")
    handed_back = page.form("Sure E").send(status=422)
    assert "Choose one option first." in handed_back.text
    assert answer(handed_back).heading in {"Right", "Not right"}


def test_an_option_can_be_struck_out_without_a_script(client: Client, auth: Auth, choices_only: None) -> None:
    auth.sign_in()
    page = start_block(client, size="1")
    form = page.form("Submit")
    struck = client.post(form.action, {**form.fields, "strike": page.select("button[name=strike]")[1].attrs["value"]})
    assert struck.path == page.path
    assert len(struck.select(".opt.out")) == 1


def test_a_flag_a_note_a_cause_and_a_report_stay_with_the_question(
    client: Client, auth: Auth, choices_only: None
) -> None:
    auth.sign_in()
    page = start_block(client, size="1")
    marked = page.form("Mark M").send()
    assert marked.path == page.path
    told = answer(marked)
    if told.heading == "Not right":
        told = told.form("Misread").send()
        assert told.one("button[aria-pressed=true][value=misread]")
    noted = told.form("Keep the note").send(text="α2 before everything else")
    assert "α2 before everything else" in noted.text
    reported = noted.form("Send to the authors").send(text="Two options are right.")
    assert "Your report is kept for the authors" in reported.text
    only_marked = client.get("/practice").form("What would it hold?").send(only="marked")
    assert "1 question" in only_marked.text


def test_an_exam_from_its_start_page_over_the_navigator_to_its_result(
    client: Client, auth: Auth, choices_only: None
) -> None:
    auth.sign_in()
    warned = start_block(client, size="3", mode="exam", minutes="5")
    assert "3 questions in 5 minutes" in warned.text
    page = warned.form("Start the clock").send()
    assert not page.select("button[name=confidence]")
    second = page.form("Save and go on").send(choice="2")
    assert second.heading.startswith("Question 2")
    other_device = auth.browser()
    assert "Question 1" in other_device.get(page.path).heading
    assert len(other_device.get(page.path).select("input[name=choice][checked]")) == 1
    look_over = second.form("Look over and hand in").send()
    assert "2 questions have no answer yet" in look_over.text
    client.get(page.path + "/feedback", status=404)
    results = look_over.form("Hand in").send()
    assert "2 left empty" in results.text
    assert client.get(page.path).heading in {"Right", "Not right"}


def test_strangers_visitors_and_made_up_ids_find_nothing(client: Client, auth: Auth, choices_only: None) -> None:
    auth.sign_in()
    page = start_block(client, size="1")
    stranger = auth.browser(email="stranger@example.org")
    sitting = page.path.rsplit("/", 1)[0]
    for path in (page.path, sitting, f"{sitting}/results", f"{page.path}/feedback", "/session/999999/0"):
        stranger.get(path, status=404)
    for path in ("/lessons/none", "/evidence/none", "/figures/none", "/figures/nassa-synapse/exe"):
        client.get(path, status=404)


def test_search_finds_other_names_of_the_same_thing_and_never_a_question(client: Client, auth: Auth) -> None:
    auth.sign_in()
    found = client.get("/search", query={"q": "norepinephrine"})
    assert "also as noradrenaline" in found.text
    assert not [a for a in found.select("main a[href]") if "/session" in a.attrs["href"]]
    assert "Nothing for" in client.get("/search", query={"q": "zxqv"}).text
    for odd in ("%", "1=1 OR --", "<b>", "x" * 5_000, "\u0000", "  "):
        client.get("/search", query={"q": odd})


def test_odd_wishes_of_the_builder_are_brought_back_into_bounds(client: Client, auth: Auth) -> None:
    auth.sign_in()
    for query in ({"size": "-5"}, {"size": "abc"}, {"only": "everything"}, {"topic": "none"}, {"minutes": "1e9"}):
        client.get("/practice", query=query)
    nothing = client.get("/practice").form("Start").send(only="marked", status=422)
    assert "You have not marked a question here yet." in nothing.text


def test_the_style_page_shows_every_type_and_is_for_administrators(client: Client, auth: Auth) -> None:
    auth.sign_in()
    client.get("/admin/style", status=403)
    page = auth.browser("administrator").get("/admin/style")
    assert len(page.select("main section form.question")) == len(itemtypes.gradable())
