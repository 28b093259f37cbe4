"""The headers of every answer: what a browser may run, keep and tell others."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from quizapp.web.allow import allowed
from tests.integration.conftest import ONCE, Auth
from tests.pages import Client

pytestmark = ONCE
A_YEAR = 31_536_000


def directives(response: TestResponse) -> dict[str, str]:
    policy = response.headers["Content-Security-Policy"]
    return dict(part.strip().partition(" ")[::2] for part in policy.split(";"))


def every_answer(client: Client) -> list[TestResponse]:
    """A page, a redirect, an error page, JSON, and a file."""
    paths = ("/", "/login", "/practice", "/no-such-page", "/healthz", "/readyz", "/static/css/base.css")
    return [client.raw.get(path) for path in paths]


@pytest.mark.parametrize("signed_in", [False, True])
def test_no_answer_lets_a_browser_run_what_is_not_a_file_of_ours(client: Client, auth: Auth, signed_in: bool) -> None:
    if signed_in:
        auth.sign_in()
    for response in every_answer(client):
        policy = directives(response)
        assert not re.search("unsafe-|data:|blob:|http|\\*|nonce", str(policy)), response.request.path
        assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["Strict-Transport-Security"] == f"max-age={A_YEAR}"
        assert "Server" not in response.headers or "Werkzeug" not in response.headers["Server"]
        response.close()


@pytest.mark.usefixtures("content")
def test_what_belongs_to_one_person_is_kept_by_nobody(app: Flask, auth: Auth) -> None:
    auth.sign_in()
    page = auth.client.get("/practice")
    (token,) = {field.attrs["value"] for field in page.select("input[name=csrf_token]")}
    begun = auth.client.raw.post("/practice", data={"csrf_token": token, "do": "start", "size": "2"})
    question = auth.client.raw.get(begun.location).location
    paths = (
        "/",
        "/practice",
        "/sessions",
        "/settings",
        "/settings/sign-in",
        "/lessons",
        "/search?q=serotonin",
        question,
    )
    for path in paths:
        response = auth.client.raw.get(path)
        assert response.status_code == 200, path
        assert "no-store" in response.headers["Cache-Control"], path
        assert "ETag" not in response.headers, path
        assert "Last-Modified" not in response.headers, path
        assert "public" not in response.headers["Cache-Control"], path


def test_a_static_file_is_kept_for_a_year_when_it_is_asked_for_by_its_hash(client: Client) -> None:
    page = client.get("/login")
    styles = [link.attrs["href"] for link in page.select("link[rel=stylesheet]")]
    assert styles
    for path in styles:
        response = client.raw.get(path)
        assert response.headers["Cache-Control"] == f"public, max-age={A_YEAR}, immutable", path
        etag = response.headers["ETag"]
        response.close()
        again = client.raw.get(path, headers={"If-None-Match": etag})
        assert again.status_code == 304
        again.close()


def test_a_static_file_without_its_hash_is_asked_for_again_soon(client: Client) -> None:
    response = client.raw.get("/static/css/base.css")
    assert response.headers["Cache-Control"] == "public, max-age=300"
    response.close()


def test_a_page_names_each_static_file_by_its_present_bytes(app: Flask, client: Client) -> None:
    for link in client.get("/login").select("link[rel=stylesheet]"):
        path, _, version = link.attrs["href"].partition("?v=")
        file = Path(app.static_folder or "") / path.removeprefix("/static/")
        assert sha256(file.read_bytes()).hexdigest().startswith(version)
        assert version


def test_every_route_that_anybody_may_open_carries_the_policy(app: Flask, client: Client) -> None:
    for rule in app.url_map.iter_rules():
        who = allowed(app, rule.endpoint) or frozenset()
        if "GET" in (rule.methods or ()) and "anyone" in who and not rule.arguments:
            response = client.raw.get(rule.rule)
            assert "unsafe" not in response.headers["Content-Security-Policy"], rule.rule
            response.close()


def test_the_cookie_is_for_this_host_over_tls_and_out_of_reach_of_scripts(client: Client) -> None:
    cookie = client.raw.get("/login").headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie
