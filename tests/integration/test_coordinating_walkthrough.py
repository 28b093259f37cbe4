"""A coordinator sets an activity up without a script: what is missing is named, two at once lose nothing, and what is
published stays."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp import clock
from quizapp.core.credit.front_matter import ELEMENTS
from quizapp.db.extension import db
from quizapp.db.models import Activity, ActivityVersion, InControl, Outbox
from tests.integration.conftest import Auth
from tests.integration.studio import supersede
from tests.pages import Client, Page
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("content")

TODAY = clock.now().date()
FILLED: dict[str, str | list[str]] = {
    "title": "How NaSSAs act",
    "provider": "sample",
    "joint_provider": "none",
    "audience": "Psychiatrists",
    "lesson": "nassa-mechanism",
    "minutes": "60",
    "released": TODAY.isoformat(),
    "expires": TODAY.replace(year=TODAY.year + 1, day=1).isoformat(),
    "claim_until": TODAY.replace(year=TODAY.year + 2, day=1).isoformat(),
    "practice_gap": "A gap.",
    "need": "competence",
    "intended_change": "A change.",
    "why_this_format": "A reason.",
    "competencies": "Patient care",
    "method": "Read and be asked.",
    "minimum_percent": "70",
    "attempts": "2",
    "a_test": "2",
    "cool_down_minutes": "60",
    "validity_reviewer": "Dr. Ben Iroko",
    "validity_reviewed_on": TODAY.isoformat(),
    "commercial_support": "none",
    "bibliography": "A reference\n\nAnother",
    "system:sample-credits": "0.75",
    "objective": ["LN1", "LN2"],
}


def begin(client: Client, kind: str = "lesson") -> Page:
    page = client.get("/coordinate/").follow("Begin an activity")
    return page.form("Begin it").send(title="How NaSSAs act", kind=kind)


def fill(page: Page, **changes: Any) -> Page:
    return page.form("Save the draft").send(**FILLED | changes)


def name_author(client: Client, activity: int) -> Page:
    page = client.get(f"/coordinate/activities/{activity}/in-control")
    values = {"name": "Dr. Ada Osei", "email": "ada@example.org", "role": "author", "began": TODAY.isoformat()}
    page = page.form("Name this person").send(**values)
    page = page.follow("Dr. Ada Osei")
    return page.form("Keep the disclosure").send(none="1")


def test_an_activity_is_set_up_published_changed_and_withdrawn(client: Client, auth: Auth, app: Flask) -> None:
    auth.sign_in("coordinator")
    page = begin(client)
    assert "Missing: audience." in page.text
    page = fill(page)
    activity = int(re.findall(r"/activities/(\d+)", page.path)[0])
    assert page.texts(".checklist a") == [f"Missing: {ELEMENTS['in_control']}."]
    page = page.follow(f"Missing: {ELEMENTS['in_control']}.")
    assert page.heading == "Disclosures"
    page = name_author(client, activity)
    assert "Nothing to disclose" in page.text
    page = page.follow("Publishing")
    assert "Nothing is missing." in page.text
    assert "No credit is designated" in page.text
    preview = page.follow("Preview")
    assert "A preview of the saved draft" in preview.text
    assert "Dr. Ada Osei (author)" in preview.text
    assert "0.75 sample credits" in preview.text
    form = page.form("Publish edition 1")
    page = form.send()
    page = form.send()
    assert "there is nothing new to publish" in page.text
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ActivityVersion)) == 1
    assert "It rests on version 1 of the lesson “" in page.text
    look = page.follow("Look at edition 1")
    assert look.heading == "How NaSSAs act"
    assert "version 1. Whoever takes part reads this version." in look.text
    learner = auth.browser("student")
    assert "How NaSSAs act" in learner.get("/credit/").text
    # What is changed from now on is the next edition.
    page = page.follow("Set-up")
    assert page.one("#checklist").to_text() == "It is published", "no release in the past to mend of what is out"
    page = fill(page, title="How NaSSAs act, again")
    assert page.one("#checklist").to_text() == "Before it can be published"
    assert "How NaSSAs act, again" not in learner.get("/credit/").text
    assert "the draft says something else" in client.get("/coordinate/").text
    with app.app_context():
        supersede(db.session(), "lesson", "nassa-mechanism", summary="Another sentence.")
    page = page.follow("Publishing")
    assert "has changed since: who is enrolled reads it as it was, and the next edition takes version 2." in page.text
    page = page.form("Publish edition 2").send()
    assert "It rests on version 2 of the lesson “" in page.text
    assert "has changed since" not in page.text
    assert "How NaSSAs act, again" in learner.get("/credit/").text
    page = page.form("Withdraw the activity").send(status=422)
    assert "Say why" in page.text
    page = page.form("Withdraw the activity").send(reason="It is outdated.")
    assert "Publishing an edition offers it again" in page.text
    assert "Nothing is open now" in learner.get("/credit/").text


REMOVED: dict[str, tuple[str, Any]] = {
    "maximum": ("system:sample-credits", ""),
    "designation_statement": ("system:sample-credits", ""),
    "accreditation_statement": ("provider", ""),
    "exclusion": ("provider", ""),
    "contact": ("provider", ""),
    "privacy": ("provider", ""),
    "objectives": ("objective", []),
    "questions": ("objective", []),
}
"""Element → the field that is emptied, where it is another one."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whatever_element_is_taken_away_the_page_names_it_and_leads_to_it(client: Client, auth: Auth) -> None:
    auth.sign_in("coordinator")
    page = fill(begin(client))
    activity = int(re.findall(r"/activities/(\d+)", page.path)[0])
    name_author(client, activity)
    set_up, publishing = f"/coordinate/activities/{activity}", f"/coordinate/activities/{activity}/publishing"
    publish = client.get(publishing).form("Publish edition 1")
    for element, name in ELEMENTS.items():
        if element == "in_control":
            continue  # the walk above begins without anybody
        field, empty = REMOVED.get(element, (element, ""))
        page = fill(client.get(set_up), **{field: empty})
        links = {link.to_text(): link.attrs["href"] for link in page.select(".checklist a")}
        told = f"Missing: {name}."
        assert told in links, (element, list(links))
        where, _, anchor = links[told].partition("#")
        if where == set_up:
            assert page.select(f"#{anchor}"), links[told]
        publish.fields["revision"] = page.form("Save the draft").fields["revision"]
        refused = publish.send(status=422)
        assert "Nothing was published." in refused.text
        assert told in refused.texts(".checklist a")
        fill(page)
    assert "Publish edition 1" in client.get(publishing).texts("button")


def test_two_who_write_at_once_see_both_texts_and_choose(client: Client, auth: Auth, app: Flask) -> None:
    auth.sign_in("coordinator")
    page = fill(begin(client))
    administrator = auth.browser("administrator")
    fill(administrator.get(page.path), audience="Nurses", practice_gap="Their gap.")
    # What cannot be kept comes back, and is no look at what the other one wrote.
    page = page.form("Save the draft").send(status=422, audience="x" * 4_001, practice_gap="My gap.")
    page = page.form("Save the draft").send(status=409, audience="Pharmacists")
    assert "saved this draft while you were writing" in page.text
    assert page.texts(".differing h2") == ["For whom", "Gap in practice"]
    for told in ("Nurses", "Pharmacists", "Their gap.", "My gap."):
        assert told in page.text
    page = page.form("Save the draft").send(take=["audience"])
    form = page.form("Save the draft")
    assert (form.fields["audience"], form.fields["practice_gap"]) == (["Nurses"], ["My gap."])
    # Whoever publishes what somebody changed meanwhile is told, too.
    activity = int(re.findall(r"/activities/(\d+)", page.path)[0])
    name_author(client, activity)
    publish = client.get(f"/coordinate/activities/{activity}/publishing").form("Publish edition 1")
    fill(administrator.get(page.path), audience="Everybody")
    assert "changed the draft meanwhile, so nothing was published" in publish.send(status=409).text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"minutes": "an hour"}, "Enter a whole number."),
        ({"minutes": "-5"}, "Enter a whole number from 0 to 6000."),
        ({"released": "yesterday"}, "Choose a day, or leave the field empty."),
        ({"expires": "9999-12-31"}, "Choose a day between 2000 and 2100."),
        ({"system:sample-credits": "0.3"}, "Credit comes in steps of 0.25"),
        ({"system:sample-credits": "much"}, "Write the credits as a number"),
        ({"audience": "x" * 4_001}, "Keep it within 4,000 characters; this has 4,001."),
        ({"minutes": "an hour", "system:sample-credits": "0.3", "minimum_percent": "170"}, "number from 0 to 100."),
        ({"title": "x" * 201}, "Keep it within 200 characters; this has 201."),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_kept_comes_back_with_everything_typed(
    client: Client, auth: Auth, typed: dict[str, str], told: str
) -> None:
    auth.sign_in("coordinator")
    page = begin(client)
    page = page.form("Save the draft").send(status=422, **FILLED | {"practice_gap": "Kept."} | typed)
    assert told in page.text
    form = page.form("Save the draft")
    assert form.fields["practice_gap"] == ["Kept."]
    assert form.fields["objective"] == ["LN1", "LN2"]
    for name, value in typed.items():
        assert form.fields[name] == [value]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_objectives_bring_their_questions_and_take_them_away(client: Client, auth: Auth) -> None:
    auth.sign_in("coordinator")
    page = begin(client, "block")
    frame = {name: value for name, value in FILLED.items() if name not in ("lesson", "a_test", "cool_down_minutes")}
    page = page.form("Save the draft").send(**frame | {"quarter": "2030-Q1"})
    form = page.form("Save the draft")
    assert form.fields["question"] == ["nassa-025", "nassa-026", "nassa-028", "nassa-058"]
    page = form.send(question=["nassa-025", "nassa-028", "nassa-006"])
    form = page.form("Save the draft")
    assert form.fields["objective"] == ["LN1", "LN2", "LN3"], "a question brings its objective"
    page = form.send(objective=["LN1", "LN3"])
    assert page.form("Save the draft").fields["question"] == ["nassa-025", "nassa-006"]


def test_somebody_without_an_account_discloses_behind_a_link(client: Client, auth: Auth, app: Flask) -> None:
    auth.sign_in("coordinator")
    page = begin(client)
    activity = int(re.findall(r"/activities/(\d+)", page.path)[0])
    page = client.get(f"/coordinate/activities/{activity}/in-control")
    page = page.form("Name this person").send(status=422, name="", email="two@x, y")
    assert "Write the name." in page.text
    page = page.form("Name this person").send(
        name="Dr. Ada Osei", email="ada@example.org", role="author", began=TODAY.isoformat()
    )
    for _ in range(2):
        page = page.form("Ask by mail: Dr. Ada Osei").send()
    assert "no answer yet" in page.text
    with app.app_context():
        (mail,) = db.session.scalars(sa.select(Outbox.body).where(Outbox.event.startswith("disclose"))).all()
        token = db.session.scalars(sa.select(InControl.token)).one()
    assert f"/disclose/{token}" in mail
    stranger = Client(app.test_client())
    form = stranger.get(f"/disclose/{token}")
    assert form.response.headers["Cache-Control"] == "no-store"
    assert "Dr. Ada Osei, you are named as author" in form.text
    both = form.form("Send my disclosure").send(status=422, relationships="Company X: fees", none="1")
    assert "one of the two" in both.text
    assert both.form("Send my disclosure").fields["relationships"] == ["Company X: fees"]
    form.form("Send my disclosure").send(status=422)
    looked = client.get(f"/coordinate/activities/{activity}/in-control").follow("Dr. Ada Osei")
    told = form.form("Send my disclosure").send(relationships="Company X: fees for lectures\n\n Company Y: shares")
    assert "Thank you" in told.text
    page = client.get(f"/coordinate/activities/{activity}/in-control")
    assert "Discloses 2 relationships; not mitigated yet." in page.text
    unfit = looked.form("Keep the disclosure").send(status=422)
    stale = unfit.form("Keep the disclosure").send(status=409, none="1")
    assert "Something was disclosed while you were writing." in stale.text
    assert "Company Y: shares." in stale.text
    assert "Discloses 2 relationships; not mitigated yet." in client.get(page.path).text
    page = page.follow("Dr. Ada Osei")
    page = page.form("Keep the disclosure").send(mitigation="Peer review", mitigated_on=TODAY.isoformat())
    assert "mitigated on" in page.text
    page = page.follow("Dr. Ada Osei").form("Save the role").send(**{"held-role": "reviewer", "held-began": ""})
    assert page.form("Save the role").fields["held-role"] == ["reviewer"]
    page.form("Take Dr. Ada Osei off").send()
    stranger.get(f"/disclose/{token}", status=404)
    stranger.get("/disclose/no-such-link", status=404)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_guessing_at_links_is_slowed_down(app: Flask) -> None:
    raw = app.test_client()
    answers = {raw.get("/disclose/no-such").status_code for _ in range(302)}
    assert answers == {404, 429}


def test_providers_and_systems_get_editions(client: Client, auth: Auth) -> None:
    auth.sign_in("coordinator")
    page = client.get("/coordinate/providers").follow("Write a provider")
    page = page.form("Keep edition 1").send(status=422, slug="examples", name="X", privacy="{unit}")
    assert "“{unit}” is no placeholder." in page.text
    page = page.form("Keep edition 1").send(privacy="{provider} keeps records.")
    page = page.follow("X")
    first = page.form("Keep edition 2")
    page = first.send(name="Institute of Examples").follow("Institute of Examples")
    assert "Edition 1: X" in page.text
    unfit = first.send(status=422, name="Academy", privacy="{unit}")
    stale = unfit.form("Keep edition 3").send(status=409, privacy="")
    assert "Somebody wrote another edition" in stale.text
    assert "Institute of Examples" in stale.texts("dd")
    assert "accredited" not in page.form("Keep edition 3").fields
    assert "Only an administrator can change that." in page.text, "nobody is there to ask"
    forged = page.form("Keep edition 3").fields | {"accredited": ["y"], "name": ["Forged"]}
    assert client.raw.post("/coordinate/providers/examples", data=forged).status_code == 303
    assert "This provider is not accredited" in client.get("/coordinate/providers/examples").text
    administrator = auth.browser("administrator")
    said = administrator.get("/coordinate/providers/examples").form("Keep edition 4").send(accredited="y")
    assert "· accredited" in said.text
    page = client.get("/coordinate/providers/examples")
    assert "This provider is accredited and may designate credit." in page.text
    assert "ask Test administrator." in page.text
    assert "Forged" in page.texts("dd")
    assert not page.select("main form"), "what it says is for administrators to change"
    assert client.raw.post("/coordinate/providers/examples", data=forged).status_code == 422
    assert "Edition 4" not in client.get("/coordinate/providers/examples").text, "no edition followed"
    page = client.get("/coordinate/providers").follow("Write a system of credit")
    values = {"slug": "example", "unit": "*Example Credit*™", "step": "0.3", "professions": ["physician"]}
    page = page.form("Keep edition 1").send(status=422, **values)
    assert "Write the step as a number" in page.text
    page = page.form("Keep edition 1").send(step="0.5").follow("Example Credit™")
    assert page.form("Keep edition 2").fields["step"] == ["0.5"]
    client.get("/coordinate/providers/no-such", status=404)
    client.get("/coordinate/systems/no-such", status=404)


def test_coordinators_are_added_and_leave(client: Client, auth: Auth) -> None:
    auth.sign_in("coordinator")
    page = begin(client)
    other = auth.browser("coordinator", email="other@example.org")
    other.get(page.path, status=404)
    page = page.follow("Publishing")
    refused = page.form("Add a coordinator").send(status=422, email="nobody@example.org")
    assert "No coordinator has this address" in refused.text
    page = page.form("Add a coordinator").send(email="Other@Example.org")
    assert "other@example.org" in page.text
    assert other.get(page.path).heading == "Publishing"
    (leave,) = [words for words in page.texts("button") if words.startswith("Leave")]
    assert page.form(leave).send().heading == "Coordinate"
    client.get("/coordinate/").form("Sign out")
    (only,) = other.get("/coordinate/").texts(".rows .what")
    assert only == "How NaSSAs act"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_pages_cost_the_same_however_many_activities_and_people_there_are(
    client: Client, auth: Auth, app: Flask
) -> None:
    auth.sign_in("coordinator")
    page = begin(client)
    activity = int(re.findall(r"/activities/(\d+)", page.path)[0])

    def cost() -> list[int]:
        with app.app_context():
            engine = db.engine
        found = []
        for path in (
            "/coordinate/",
            f"/coordinate/activities/{activity}",
            f"/coordinate/activities/{activity}/in-control",
        ):
            client.get(path)
            with counted(engine) as statements:
                client.get(path)
            found.append(len(statements))
        return found

    few = cost()
    for number in range(3):
        begin(client)
        page = client.get(f"/coordinate/activities/{activity}/in-control")
        page.form("Name this person").send(name=f"Dr. Number {number}", role="author")
    assert cost() == few
    assert max(few) <= 14


def test_an_activity_is_begun_with_a_title(client: Client, auth: Auth, app: Flask) -> None:
    auth.sign_in("coordinator")
    page = client.get("/coordinate/activities/new")
    page = page.form("Begin it").send(status=422, title=" ")
    assert "Give the activity a title" in page.text
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Activity)) == 0
    client.get("/coordinate/activities/999999", status=404)
    auth.browser("student").get("/coordinate/", status=403)


def test_a_sign_that_no_database_keeps_is_refused(client: Client, auth: Auth) -> None:
    auth.sign_in("coordinator")

    def refused(page: Page, button: str, field: str, **more: str) -> None:
        form = page.form(button)
        answer = client.raw.post(form.action, data={**form.fields, **more, field: "a\x00b"})
        assert answer.status_code == 422, (form.action, field)
        answer.close()

    refused(client.get("/coordinate/activities/new"), "Begin it", "title")
    page = begin(client)
    activity = int(re.findall(r"/activities/(\d+)", page.path)[0])
    for name in ("title", "audience", "provider", "bibliography", "objective"):
        refused(page, "Save the draft", name)
    people = client.get(f"/coordinate/activities/{activity}/in-control")
    refused(people, "Name this person", "name", role="author")
    refused(people, "Name this person", "role", name="Dr. Ada Osei")
    one = people.form("Name this person").send(name="Dr. Ada Osei", role="author").follow("Dr. Ada Osei")
    refused(one, "Keep the disclosure", "relationships")
    refused(one, "Keep the disclosure", "mitigation", none="1")
    refused(client.get(f"/coordinate/activities/{activity}/publishing"), "Add a coordinator", "email")
    provider = client.get("/coordinate/providers/sample")
    for name in ("name", "privacy"):
        refused(provider, "Keep edition 2", name)
    refused(client.get("/coordinate/systems/ama-pra-1"), "Keep edition 2", "claim_statement")
