"""A coordinator looks after participants on pages without scripts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp import clock
from quizapp.core.credit.claims import Award
from quizapp.db import write_once
from quizapp.db.extension import db
from quizapp.db.models import ActivityCoordinator, ActivityVersion
from quizapp.db.session import writing
from quizapp.services.crediting.issuing import Press
from tests.integration.conftest import Auth
from tests.integration.credited import Designated
from tests.integration.test_overseeing import Room
from tests.pages import Client


@pytest.fixture
def room(app: Flask, auth: Auth) -> Iterator[Room]:
    """The coordinator is signed in."""
    coordinator = auth.sign_in("coordinator", email="coordinator@example.org")
    with app.app_context():
        session = db.session()
        made = Room(session, Designated.new(session, front={"provider": "Institute of Examples"}))
        made.press = Press(app.extensions["vault"], "https://quiz.example.org")
        with writing(session):
            session.add(ActivityCoordinator(activity_id=made.run.activity_id, user_id=coordinator))
        yield made


def test_a_lapsed_claim_is_found_and_reopened_in_one_deed(room: Room, client: Client) -> None:
    learner, taken = room.took_part("Éva Nagy")
    past = clock.now() - dt.timedelta(days=2)
    with writing(room.session):
        write_once.lift(room.session.connection())
        room.session.execute(sa.update(ActivityVersion).values(expires=past - dt.timedelta(hours=1), claim_until=past))
    people = client.get(f"/coordinate/activities/{room.run.activity_id}/people")
    assert people.heading == "Participants"
    assert "1 participant" in people.text
    nobody = people.form("Show them").send(search="Nobody")
    assert "Nobody fits" in nobody.text
    found = people.form("Show them").send(search="nagy", stage="passed")
    assert "lapsed" in found.text
    record = found.follow("Éva Nagy")
    assert "The time for claiming is over." in record.text
    refused = record.form("Reopen claiming").send(reason="  ", status=422)
    assert "Say why; the record keeps it." in refused.text
    assert "Nothing was changed." in refused.text
    spoilt = record.form("Reopen claiming").send(until="2026-02-30", reason="Was ill.", status=422)
    assert "Choose the last day" in spoilt.text
    assert "Was ill." in spoilt.one("#reopen-why").to_text(), "what was typed is kept"
    done = record.form("Reopen claiming").send(reason="Was ill.")
    assert "Claiming is open again." in done.text
    assert "attested" in done.text
    record.form("Reopen claiming").send(reason="Was ill.")
    assert room.deeds("reopen claiming") == 1, "the same form sent twice is one deed"
    assert isinstance(room.claim(learner, taken, 2, clock.now()), Award)
    assert "There is nothing to reopen" not in client.get(f"/coordinate/participations/{taken}").text


def test_a_certificate_is_corrected_and_then_revoked(room: Room, client: Client, app: Flask) -> None:
    taken, claim, first = room.claimed()
    record = client.get(f"/coordinate/participations/{taken}")
    too_much = record.form("Issue a corrected certificate").send(amount="1.25", reason="A slip.", status=422)
    assert "at most 1 credit" in too_much.text
    off = record.form("Issue a corrected certificate").send(amount="0.6", reason="A slip.", status=422)
    assert "0.6 is not one of them" in off.text
    assert off.one(f"#amount-{claim}").attrs["value"] == "0.6"
    unprintable = record.form("Issue a corrected certificate").send(name="Mira \u1b83", reason="x", status=422)
    assert "No font of ours has the sign" in unprintable.text
    same = record.form("Issue a corrected certificate").send(reason="A slip.")
    assert f"Certificate {first} says exactly this already." in same.text
    done = record.form("Issue a corrected certificate").send(name="Dr Ana Example", amount="0.75", reason="A slip.")
    assert "0.75 sample credits" in done.text
    assert "superseded" in done.text
    code = next(text.removeprefix("Certificate ") for text in done.texts("h3") if first not in text)
    assert "I, Dr Ana Example, claim 0.75 sample credits." in client.get(f"/verify/{code}").text
    assert "Say why" in done.form(f"Revoke certificate {code}").send(reason="", status=422).text
    revoked = done.form(f"Revoke certificate {code}").send(reason="Somebody else sat it.")
    assert f"Certificate {code} is revoked." in revoked.text
    assert "Revoked: Somebody else sat it." in revoked.text
    assert not [text for text in revoked.texts("button") if "Revoke" in text or "corrected" in text]


def test_participants_of_others_are_not_found(room: Room, auth: Auth) -> None:
    taken, claim, code = room.claimed()
    stranger = auth.browser("coordinator", email="another@example.org")
    token = stranger.get("/settings").form("Save the settings").fields["csrf_token"]
    for path in (f"activities/{room.run.activity_id}/people", f"participations/{taken}"):
        stranger.get(f"/coordinate/{path}", status=404)
    for path in (f"participations/{taken}/reopen", f"claims/{claim}/correct", f"certificates/{code}/revoke"):
        stranger.post(f"/coordinate/{path}", {"csrf_token": token, "reason": "x"}, status=404)
    assert room.steps(claim) == ["issued"]
