"""Every address says who may enter, and the guard keeps it."""

from __future__ import annotations

from typing import get_args

import pytest
from flask import Flask

from quizapp.services.accounts import ROLES
from quizapp.web.allow import DECLARED, Who, allow, allowed, plain_local_path
from tests.integration.conftest import ONCE
from tests.pages import Client
from tests.people import PASSWORD, address, get_or_make


@pytest.fixture
def app(make_app: object) -> Flask:
    """The application with one page more for each kind of visitor, and one that says nothing."""
    app: Flask = make_app()  # type: ignore[operator]
    # Views are added before the first request, as the factory does it.
    for who in get_args(Who):
        app.add_url_rule(f"/for/{who}", f"for_{who}", allow(who)(lambda: "in"), methods=["GET", "POST"])
    app.add_url_rule("/for/teachers", "for_teachers", allow("instructor", "coordinator")(lambda: "in"))
    app.add_url_rule("/undeclared", "undeclared", lambda: "in", methods=["GET", "POST"])
    return app


def test_every_address_says_who_may_enter(make_app: object) -> None:
    app: Flask = make_app()  # type: ignore[operator]
    silent = sorted({rule.endpoint for rule in app.url_map.iter_rules() if allowed(app, rule.endpoint) is None})
    assert not silent, f"These say nothing; decorate them with @allow(…): {', '.join(silent)}"
    words = {*get_args(Who)}
    for rule in app.url_map.iter_rules():
        assert (allowed(app, rule.endpoint) or set()) <= words, rule.endpoint


def test_every_entry_of_the_table_is_an_address_and_has_a_reason(make_app: object) -> None:
    app: Flask = make_app()  # type: ignore[operator]
    gone = set(DECLARED) - {rule.endpoint for rule in app.url_map.iter_rules()}
    assert not gone, f"no such endpoint any more: {', '.join(sorted(gone))}"
    assert all(reason for _, reason in DECLARED.values())


def test_only_a_form_can_change_anything_without_a_word_of_who_may(make_app: object) -> None:
    """What anybody may POST to is written down here, so that a new one is a decision."""
    app: Flask = make_app()  # type: ignore[operator]
    open_posts = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "anyone" in (allowed(app, rule.endpoint) or ()) and (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    }
    # Who controls content discloses without an account: the link of the mail carries its own proof.
    others = open_posts - {"disclosing.disclose"}
    assert all(endpoint.startswith("security.") for endpoint in others), others


@ONCE
def test_an_address_that_says_nothing_is_shut(app: Flask, client: Client) -> None:
    assert client.raw.get("/undeclared").status_code == 403
    assert client.raw.post("/undeclared").status_code in {400, 403}


@ONCE
def test_a_visitor_is_sent_to_sign_in_with_the_way_back(client: Client) -> None:
    answer = client.raw.get("/for/student?page=2")
    assert (answer.status_code, answer.location) == (302, "/login?next=/for/student?page%3D2")
    assert client.raw.get("/for/anyone").text == "in"


@ONCE
@pytest.mark.parametrize("role", ROLES)
def test_each_role_enters_what_is_for_it_and_nothing_else(app: Flask, client: Client, role: str) -> None:
    get_or_make(app, role, address(role))
    client.get("/login").form("Sign in").send(email=address(role), password=PASSWORD)
    for who in get_args(Who):
        expected = 200 if who in {"anyone", "signed_in", role} else 403
        assert client.raw.get(f"/for/{who}").status_code == expected, who
    teachers = 200 if role in {"instructor", "coordinator"} else 403
    assert client.raw.get("/for/teachers").status_code == teachers


@ONCE
def test_what_is_open_to_nobody_is_not_there(client: Client) -> None:
    assert client.raw.get("/fs-static/js/webauthn.js").status_code == 404
    assert client.raw.get("/tf-rescue").status_code == 404


@pytest.mark.parametrize("who", [(), ("nobody",), ("student", "king")])
def test_a_wrong_word_is_refused_when_the_program_starts(who: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="one or more of anyone"):
        allow(*who)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "path", ["/", "/lessons", "/lessons/nassa-mechanism?part=2&q=5-HT", "/search?q=a//b", "/a%20b"]
)
def test_a_plain_path_of_this_site_is_a_way_back(path: str) -> None:
    assert plain_local_path(path)
