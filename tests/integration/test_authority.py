"""Who may do what: every address of the studio, every method, every kind of person.

Another area adds its addresses to `ROWS` and its kinds of people to `people`; an address that stands in no row fails by
name. A refusal is a 404 where somebody has no business knowing that the thing exists, a 403 where a role has no such
page at all. Whoever may, gets anything else: most rows send too little to change something.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from quizapp.db.extension import db
from quizapp.db.models import Comment, KeyChange, Presentation, ProblemReport, Publication
from quizapp.db.session import writing
from quizapp.services import annotating
from quizapp.services.authoring import commenting
from tests.integration.authors import NOW, appoint, content_id
from tests.integration.conftest import Auth
from tests.integration.learners import Learner
from tests.integration.studio import load_good, member

STUDIO = frozenset({"owner", "author", "reviewer", "foreign", "administrator"})
"""Everybody who may open the studio at all; `foreign` owns another bank."""
READ = STUDIO - {"foreign"}
WRITE = READ - {"reviewer"}
JUDGE = READ - {"author"}
OWN = frozenset({"owner", "administrator"})
AREAS = ("author",)
"""The blueprints whose addresses must all stand in a row."""


@dataclass(frozen=True)
class Row:
    """One request, and who is let through. `path` is filled in with the ids of `things`."""

    endpoint: str
    path: str
    may: frozenset[str]
    method: str = "GET"
    data: Mapping[str, str] = field(default_factory=dict)


def post(endpoint: str, path: str, may: frozenset[str], **data: str) -> Row:
    return Row(endpoint, path, may, "POST", data)


REVIEW = "/author/items/{item}/review"
ROWS = [
    Row("author.index", "/author/", STUDIO),
    Row("author.rules", "/author/rules", STUDIO),
    Row("author.new_item", "/author/items/new", STUDIO),
    post("author.begin_item", "/author/items/new", WRITE, bank="brakes", type="single_best_answer"),
    Row("author.item", "/author/items/{item}", READ),
    post("author.change_item", "/author/items/{item}", WRITE, do="check"),
    post("author.preview_item", "/author/items/{item}/preview", READ),
    post("author.merge_item", "/author/items/{item}/merge", WRITE, do="merge", mine="{}"),
    Row("author.new_lesson", "/author/lessons/new", STUDIO),
    post("author.begin_lesson", "/author/lessons/new", WRITE, bank="brakes", slug="a-lesson", title="A lesson"),
    Row("author.lesson", "/author/lessons/{lesson}", READ),
    post("author.change_lesson", "/author/lessons/{lesson}", WRITE, do="check"),
    post("author.preview_lesson", "/author/lessons/{lesson}/preview", READ),
    post("author.merge_lesson", "/author/lessons/{lesson}/merge", WRITE, do="merge", mine="{}"),
    Row("author.find", "/author/find?kind=fact&q=N1&name=facts", STUDIO),
    Row("author.figure_board", "/author/figures/brake/board", STUDIO),
    Row("author.review", REVIEW, READ),
    Row("author.review", "/author/lessons/{lesson}/review", READ),
    post("author.take_step", REVIEW, READ, do="nothing"),
    post("author.take_step", REVIEW, WRITE, do="ask"),
    post("author.take_step", REVIEW, WRITE, do="withdraw"),
    post("author.take_step", REVIEW, WRITE, do="publish"),
    post("author.take_step", REVIEW, WRITE, do="go_on"),
    post("author.take_step", REVIEW, WRITE, do="retire"),
    post("author.take_step", REVIEW, WRITE, do="discard"),
    post("author.take_step", REVIEW, JUDGE, do="approve"),
    post("author.take_step", REVIEW, JUDGE, do="send_back", reason="x"),
    post("author.comment", "/author/items/{item}/comments", READ),
    post("author.settle_comment", "/author/comments/{comment}", READ, settled="1"),
    Row("author.queue", "/author/review", STUDIO),
    Row("author.versions", "/author/items/{item}/history", READ),
    Row("author.versions", "/author/lessons/{lesson}/history", READ),
    Row("author.revert", "/author/items/{item}/revert/1", READ),
    post("author.bring_back", "/author/items/{item}/revert/1", WRITE),
    Row("author.outcome", "/author/changes/{change}", READ),
    Row("author.reports", "/author/reports", STUDIO),
    post("author.answer_report", "/author/reports/{report}", WRITE, reply="Thank you."),
    Row("author.banks", "/author/banks", STUDIO),
    post("author.open_bank", "/author/banks", STUDIO, slug="NOT A NAME"),
    Row("author.bank", "/author/banks/brakes", READ),
    post("author.appoint", "/author/banks/brakes/members", OWN, email="nobody@example.org", role="author"),
    post("author.dismiss", "/author/banks/brakes/members/0/leave", OWN),
]


@pytest.fixture
def things(app: Flask) -> dict[str, int]:
    """Ids of one of each: what the rows are about."""
    with app.app_context():
        session = db.session()
        load_good(session)
        item = content_id(session, "item", "brakes-1")
        learner = Learner.new(session)
        shown = learner.question(learner.start(size=1)).presentation_id
        annotating.report_problem(session, learner.actor, shown, "Two are right.", NOW)
        owner = member(session, "owner")
        comment = commenting.comment(session, owner, item, "", "Which one?", NOW)
        with writing(session):
            publication = session.scalars(sa.select(Publication.id).where(Publication.content_id == item)).one()
            session.add(
                KeyChange(publication_id=publication, content_id=item, line=1, remedy="leave", by_id=owner.id, at=NOW)
            )
        report = session.scalars(sa.select(ProblemReport.id)).one()
        assert session.scalar(sa.select(sa.func.count()).select_from(Presentation)) == 1
        return {
            "item": item,
            "lesson": content_id(session, "lesson", "brakes"),
            "comment": comment,
            "change": publication,
            "report": report,
        }


@pytest.fixture
def people(app: Flask, auth: Auth, things: dict[str, int]) -> dict[str, FlaskClient]:
    """A browser for each kind of person, signed in."""
    found = {role: auth.browser(role).raw for role in ("student", "coordinator", "administrator")}
    for role in ("owner", "author", "reviewer", "foreign"):
        client = auth.browser("instructor", email=f"{role}@example.org")
        found[role] = client.raw
        with app.app_context():
            user_id = auth.sign_in("instructor", email=f"{role}@example.org", client=client)
            if role != "foreign":
                appoint(db.session(), user_id, role, "brakes")
    return found


def test_every_address_of_the_area_stands_in_a_row(app: Flask) -> None:
    listed = {(row.endpoint, row.method) for row in ROWS}
    there = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in AREAS
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert not there - listed, f"Add rows for {sorted(there - listed)}."
    assert not listed - there, f"No such address any more: {sorted(listed - there)}."


def test_everybody_is_let_through_or_refused_as_written(
    app: Flask, people: dict[str, FlaskClient], things: dict[str, int]
) -> None:
    tokens = {name: token_of(client) for name, client in people.items()}
    wrong = []
    for row in ROWS:
        path = re.sub(r"\{(\w+)\}", lambda found: str(things[found[1]]), row.path)
        for name, client in people.items():
            data = {"csrf_token": tokens[name], **row.data} if row.method == "POST" else None
            response = client.open(path, method=row.method, data=data)
            status, refused = response.status_code, {"student": 403, "coordinator": 403}.get(name, 404)
            response.close()
            fits = status not in {400, 401, 403, 404, 405, 500} if name in row.may else status == refused
            if not fits:
                wrong.append(f"{name} {row.method} {path} {dict(row.data)}: {status}")
    assert not wrong, "\n".join(wrong)


def test_ids_that_lead_nowhere_are_not_found_and_nothing_was_changed(
    app: Flask, people: dict[str, FlaskClient], things: dict[str, int]
) -> None:
    client = people["administrator"]
    token = token_of(client)
    for row in ROWS:
        named = re.findall(r"\{(\w+)\}", row.path)
        if named:
            path = re.sub(r"\{\w+\}", "987654", row.path)
            data = {"csrf_token": token, **row.data} if row.method == "POST" else None
            assert client.open(path, method=row.method, data=data).status_code == 404, row
    swapped = {"item": things["lesson"], "lesson": things["item"]}
    for row in ROWS:
        if row.method == "GET" and ("{item}" in row.path or "{lesson}" in row.path):
            path = re.sub(r"\{(\w+)\}", lambda found: str(swapped[found[1]]), row.path)
            assert client.get(path).status_code == 404, f"a lesson is no item: {path}"
    with app.app_context():
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Comment)) == 1


def token_of(client: FlaskClient) -> str:
    page = client.get("/settings").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the settings page has a form for everybody"
    return found[1]
