"""A coordinator reports, from pages without scripts and from the shell."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp.db.extension import db
from quizapp.db.models import Activity, ActivityCoordinator, Claim
from quizapp.db.session import writing
from tests.integration.conftest import Auth, Run
from tests.integration.credited import Designated
from tests.integration.test_reporting import Desk
from tests.pages import Client
from tests.people import get_or_make


@pytest.fixture
def desk(app: Flask) -> Iterator[Desk]:
    coordinator = get_or_make(app, "coordinator", "coordinator@example.org")
    with app.app_context():
        session = db.session()
        made = Desk(session, Designated.new(session, report_format="pars"), app.extensions["vault"])
        with writing(session):
            session.add(ActivityCoordinator(activity_id=made.run.activity_id, user_id=coordinator))
        yield made


def test_a_coordinator_makes_a_file_sends_it_and_brings_back_what_came(auth: Auth, client: Client, desk: Desk) -> None:
    good, bad, silent = desk.physician("Mira Müller"), desk.physician("Jos Smit"), desk.physician("Ann", consents=None)
    auth.sign_in("coordinator", email="coordinator@example.org")
    page = client.get(f"/coordinate/activities/{desk.run.activity_id}/reports")
    assert "Ann" in page.text
    assert "The learner has not permitted reporting." in page.text
    made = page.form("Make the file of 2 claims").send()
    assert "File 1" in made.text
    taken = client.raw.post("/coordinate/reports/1/file", data=made.form("Download the file").fields)
    assert [row["row"] for row in taken.get_json()["completions"]] == [good, bad]
    assert "must be put into theirs" in made.text
    system = client.get(made.one("main .quiet a").attrs["href"] or "")
    shape = '{"columns": {"Last name": "{family_name}", "Credits": "{credits:number}"}}'
    recognised = {"designated": "y", "based_on": "1"}
    unread = system.form("Keep edition 2").send(report_shape=shape[:-1], **recognised, status=422)
    assert "This is not JSON" in unread.text
    assert "{family_name}" in unread.text, "what was typed is kept"
    unread.form("Keep edition 2").send(report_shape=shape, **recognised)
    page = client.get("/coordinate/reports/1")
    shaped = client.raw.post(
        "/coordinate/reports/1/file", data=page.form("Download sample credits in its shape").fields
    )
    assert shaped.data.decode("utf-8-sig").splitlines() == ["Last name,Credits", "Müller,0.5", "Müller,0.5"]
    assert "completions-1-system-" in shaped.headers["Content-Disposition"]
    after = made.form("Mark it as sent").send()
    assert "marked as sent, with 2 rows" in after.text
    wrong = after.form("Bring it to the rows").send(list=f"row,outcome\n{good},perhaps", status=422)
    assert "“perhaps” is neither" in wrong.text
    assert f"{good},perhaps" in wrong.text, "what was typed is kept"
    answers = f"row,outcome,error\n{good},accepted,\n{bad},rejected,Learner not found"
    back = wrong.form("Bring it to the rows").send(list=answers)
    assert "Accepted: 1. Rejected: 1." in back.text
    assert "Learner not found" in back.text
    assert "2 said only what was known" in back.form("Bring it to the rows").send(list=answers).text
    rows = client.get(f"/coordinate/activities/{desk.run.activity_id}/reports")
    refused = rows.form(f"Report row {bad} again").send(reason=" ", status=422)
    assert "Say what was mended" in refused.text
    again = refused.form(f"Report row {bad} again").send(reason="The NPI was mistyped.")
    assert "waits for the next file" in again.text
    assert "Make the file of 1 claim" in again.text
    assert desk.states(silent) == ["issued"]


def test_files_and_claims_of_others_are_not_found(auth: Auth, client: Client, desk: Desk) -> None:
    claim = desk.physician()
    batch = desk.prepare()
    auth.sign_in("coordinator", email="another@example.org")
    token = client.get("/settings").form("Save the settings").fields["csrf_token"]
    for path in (f"/coordinate/activities/{desk.run.activity_id}/reports", f"/coordinate/reports/{batch}"):
        assert client.raw.get(path).status_code == 404
    for path in (
        f"/coordinate/activities/{desk.run.activity_id}/reports",
        f"/coordinate/reports/{batch}/file",
        f"/coordinate/reports/{batch}/sent",
        f"/coordinate/reports/{batch}/answers",
        f"/coordinate/claims/{claim}/corrected",
    ):
        assert client.raw.post(path, data={"csrf_token": token}).status_code == 404
    assert desk.states(claim) == ["issued", "queued"]


def test_the_shell_writes_the_file_for_its_owner_alone(desk: Desk, run: Run, tmp_path: Path) -> None:
    claim = desk.physician()
    slug = desk.session.scalars(sa.select(Activity.slug).where(Activity.id == desk.run.activity_id)).one()
    desk.session.rollback()
    to = tmp_path / "completions.json"
    by = ["--by", "coordinator@example.org"]
    done = run("cme", "export-pars", slug, *by, "--to", str(to))
    assert done.exit_code == 0, done.output
    assert [row["row"] for row in json.loads(to.read_text("utf-8"))["completions"]] == [claim]
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    again = run("cme", "export-pars", slug, *by)
    assert json.loads(again.output) == json.loads(to.read_text("utf-8")), "run twice, it is the same file"
    assert desk.session.scalars(sa.select(Claim.state).where(Claim.id == claim)).one() == "queued"
    shapeless = run("cme", "export-pars", slug, *by, "--system", "ama")
    assert (shapeless.exit_code, "says no shape" in shapeless.output) == (1, True)
    for arguments, sentence in [
        (["none", *by], "runs no published activity “none”"),
        ([slug, "--by", "nobody@example.org"], "nobody@example.org is no coordinator"),
    ]:
        refused = run("cme", "export-pars", *arguments)
        assert refused.exit_code == 1
        assert sentence in refused.output
