"""Addresses and forms that hold what no row can: told in words on both databases, and nothing of ours is broken."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Auth
from tests.pages import Client

HUGE = 10**30
PATHS = [
    "/credit/activities/%00",
    "/lessons/%00",
    "/verify/%00",
    "/author/items/%00",
    "/coordinate/providers/%00",
    f"/coordinate/activities/{HUGE}",
    f"/credit/external/{HUGE}",
    f"/session/{HUGE}/0",
]


@pytest.mark.parametrize("path", PATHS)
def test_an_address_that_no_row_can_have_leads_nowhere(auth: Auth, client: Client, path: str) -> None:
    auth.sign_in("coordinator")
    assert client.raw.get(path).status_code in {403, 404}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite keeps every sign
def test_a_form_that_no_row_can_hold_is_given_back(auth: Auth, client: Client) -> None:
    auth.sign_in("instructor")
    page = (
        client.get("/teach/cohorts/new")
        .form("Open the cohort")
        .send(status=400, title="Rotation \x00 of the ward in spring")
    )
    assert "no database can keep" in page.text
    assert "in spring" in page.text
