"""Errors in words: what happened, what was kept, what to do; as a page for people and as JSON for scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, abort

from quizapp.db.session import Unwritable
from quizapp.web.allow import allow
from quizapp.web.errors import SENTENCES
from tests.integration.conftest import ONCE, Auth
from tests.pages import Client

pytestmark = ONCE
JSON = {"Accept": "application/json"}


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The application with views that go wrong in each way."""
    app = make_app(PROPAGATE_EXCEPTIONS=False)

    @app.route("/wrong/<int:status>", methods=["GET", "POST"])
    @allow("anyone")
    def wrong(status: int) -> str:
        abort(status)

    @app.get("/wrong/broken")
    @allow("anyone")
    def broken() -> str:
        raise RuntimeError("a secret of the house: /srv/quizapp/key")

    @app.get("/wrong/slip")
    @allow("anyone")
    def slip() -> str:
        return {}["nothing"]  # type: ignore[no-any-return]

    @app.get("/wrong/foreign")
    @allow("anyone")
    def foreign() -> str:
        raise LookupError(4711)

    @app.get("/wrong/full")
    @allow("anyone")
    def full() -> str:
        raise Unwritable("database or disk is full")

    return app


@pytest.mark.parametrize("status", sorted(SENTENCES))
def test_each_error_has_a_page_in_words_with_a_way_on(client: Client, status: int) -> None:
    page = client.get(f"/wrong/{status}", status=status)
    sentence = SENTENCES[status]
    assert page.heading == sentence.title
    assert sentence.happened in page.text
    assert sentence.kept in page.text
    assert "Back to today" in page.texts("main a")


@pytest.mark.parametrize("status", sorted(SENTENCES))
def test_a_script_gets_the_same_words_as_json(client: Client, status: int) -> None:
    answer = client.raw.get(f"/wrong/{status}", headers=JSON)
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["error"] == SENTENCES[status].title


@pytest.mark.parametrize("status", [406, 410, 418, 501, 502])
def test_an_error_without_a_page_of_its_own_has_words_too(client: Client, status: int) -> None:
    page = client.get(f"/wrong/{status}", status=status)
    assert page.heading in {SENTENCES[400].title, SENTENCES[500].title}


def test_what_broke_is_told_to_nobody_but_the_log_and_the_page_names_the_request(
    client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    page = client.get("/wrong/broken", status=500)
    assert page.heading == "Something broke"
    assert "secret of the house" not in page.response.text
    assert "RuntimeError" not in page.response.text
    request_id = page.response.headers["X-Request-ID"]
    assert request_id in page.text
    written = capfd.readouterr()
    assert request_id in written.out + written.err
    assert "RuntimeError" in written.out + written.err


def test_a_slip_of_our_own_is_no_missing_page_and_what_is_missing_is_no_slip(client: Client) -> None:
    assert client.get("/wrong/slip", status=500).heading == SENTENCES[500].title
    assert client.get("/wrong/foreign", status=404).heading == SENTENCES[404].title
    assert "4711" not in client.get("/wrong/foreign", status=404).text


def test_a_database_that_takes_nothing_is_told_in_words_with_a_way_to_try_again(client: Client) -> None:
    page = client.get("/wrong/full", status=503)
    assert page.heading == "Saving is not possible at the moment"
    assert "Try again" in page.texts("main a")
    assert "disk is full" not in page.text


def test_a_form_that_is_too_large_is_refused_in_words(auth: Auth, client: Client) -> None:
    auth.sign_in()
    page = client.get("/settings")
    (token,) = {field.attrs["value"] for field in page.select("input[name=csrf_token]")}
    refused = client.post("/settings", {"csrf_token": token, "name": "x" * 1_200_000}, status=413)
    assert refused.heading == SENTENCES[413].title
    assert "Nothing was changed." in refused.text
    for more in ({"name": "x" * 505_000}, {f"field{n}": "1" for n in range(1_200)}):
        data = {"csrf_token": token, **more}
        in_parts = client.raw.post("/settings", data=data, content_type="multipart/form-data")
        assert in_parts.status_code == 413


def test_a_request_keeps_the_id_it_came_with_unless_that_is_no_id(client: Client) -> None:
    given = client.raw.get("/healthz", headers={"X-Request-ID": "proxy-0123456789"})
    assert given.headers["X-Request-ID"] == "proxy-0123456789"
    for strange in ("short", "a" * 65, "eight chars and more", "<script>alert"):
        made = client.raw.get("/healthz", headers={"X-Request-ID": strange}).headers["X-Request-ID"]
        assert made != strange
        assert len(made) == 16


def test_an_unknown_address_is_a_page_for_everybody(client: Client, auth: Auth) -> None:
    assert client.get("/no-such-page", status=404).heading == "There is nothing here"
    auth.sign_in()
    assert client.get("/no-such-page", status=404).heading == "There is nothing here"


def test_the_wrong_method_is_told_in_words(client: Client, auth: Auth) -> None:
    auth.sign_in()
    page = client.get("/lessons")
    (token,) = {field.attrs["value"] for field in page.select("input[name=csrf_token]")}
    assert client.post("/lessons", {"csrf_token": token}, status=405).heading == "Not this way"
    assert "is no page by itself" in client.get("/logout", status=405).text
