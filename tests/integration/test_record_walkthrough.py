"""A learner keeps a record of credit: what was claimed here, what was earned elsewhere, goals, a file of it all."""

from __future__ import annotations

import datetime as dt
import io
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.db.models import AuditEvent, CreditProfile, CreditSystem, ExternalCredit, Provider, table
from quizapp.db.session import writing
from quizapp.formats import spreadsheets
from quizapp.services.crediting import external, transcripts
from quizapp.services.crediting.external import LARGEST_FILE, Typed, Upload
from quizapp.services.crediting.transcripts import ATTENDED, EXTERNAL, OWN, Wanted
from tests.integration.conftest import Auth
from tests.integration.credited import SYSTEM, Designated
from tests.integration.learners import MONDAY, Learner
from tests.integration.records import certify, learner_of, revoke
from tests.pages import Client, Page
from tests.statements import counted

PDF_FILE = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
PNG_FILE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 20 + b"IEND\xaeB`\x82"
FIELDS = {"title": "A course", "provider": "A society", "system": "", "other": "AMA PRA Category 1", "amount": "1.25"}


def typed(**changed: Any) -> Typed:
    values = FIELDS | {"key": "0123456789abcdef", "on": MONDAY.date(), "evidence": None} | changed
    return Typed(**values)


def send(page: Page, status: int = 200, file: tuple[bytes, str] | None = None, **values: str) -> Page:
    """Send the form of an external credit as a browser would, with a file or an empty file field."""
    form = page.form("Enter it")
    filled = {name: held[0] for name, held in form.fields.items() if held} | FIELDS | {"on": "2026-11-02"} | values
    data, name = file or (b"", "")
    return page.client.post(form.action, {**filled, "evidence": (io.BytesIO(data), name)}, status=status)


@pytest.fixture(autouse=True)
def on_monday(clock: Any) -> None:
    clock.move_to(MONDAY)


def test_a_learner_sees_by_year_and_system_what_counts_and_what_became_of_it(app: Flask, auth: Auth) -> None:
    person = auth.sign_in("student")
    assert "Nothing yet" in auth.client.get("/credit/transcript").text
    with app.app_context():
        session = db.session()
        learner = learner_of(session, person)
        first, second, third, fourth = (Designated.new(session, credit_designated=False) for _ in range(4))
        taken = first.enrol(learner)
        claim = first.grant(learner, taken, 2)
        old = certify(session, taken, claim, quarters=4)
        new = certify(session, taken, claim, quarters=2, supersedes=old)
        enrol_again(session, second, learner)
        lost = second.grant(learner, participation(session, second, learner), 3)
        gone = certify(session, participation(session, second, learner), lost, quarters=3, on=dt.date(2025, 5, 1))
        revoke(session, gone, first.coordinator.id, "Issued to the wrong person.")
        enrol_again(session, third, learner)
        third.grant(learner, participation(session, third, learner), 1, now=MONDAY - dt.timedelta(days=400))
        enrol_again(session, fourth, learner)
        attended = certify(session, participation(session, fourth, learner), None, quarters=0)
        other = external.enter(session, learner.actor, typed(), MONDAY)
        db.session.remove()
    page = auth.client.get("/credit/transcript")
    assert page.texts("h2")[:2] == ["2026", "2025"]
    assert page.texts(".sums")[0].startswith("1.25 AMA PRA Category 1")
    assert f"Corrected; {old} no longer counts." in page.text
    assert "Revoked: Issued to the wrong person. It does not count." in page.text
    assert "No credit is designated." in page.text
    assert page.texts(".sums")[1] == "0.25 sample credits", "a revoked claim adds nothing"
    assert "They carry no credit." in page.text
    links = {a.attrs["href"] for a in page.select("a.do")}
    assert {f"/credit/certificates/{code}.pdf" for code in (new, gone, attended)} < links
    assert f"/credit/external/{other}" in links
    assert not any(old in link for link in links), "what was superseded is not handed out as if it were good"

    shown = page.form("Show").send(year="2025")
    assert shown.texts(".rows .what") == ["How NaSSAs act", "How NaSSAs act"]
    assert shown.form("Show").send(source="external").heading == "Transcript"
    assert "Nothing fits" in shown.form("Show").send(source="external").text
    assert auth.client.get("/credit/transcript?year=x&system=none&source=none").status == 200

    table_file = auth.client.raw.get("/credit/transcript.csv?year=2026")
    rows = spreadsheets.read(table_file.data)
    assert [row[3] for row in rows[1:]] == ["claimed here", "entered by the learner", "participation without credit"]
    assert rows[1][5:] == ["0.5", "yes", rows[1][7], new]
    paper = auth.client.raw.get("/credit/transcript.pdf")
    assert paper.mimetype == "application/pdf"
    assert b"attachment" in paper.headers["Content-Disposition"].encode()


def enrol_again(session: Any, activity: Designated, learner: Learner) -> None:
    """A second activity of one learner: `Designated.enrol` would make a second profile."""
    with writing(session):
        session.execute(sa.delete(CreditProfile).where(CreditProfile.learner_id == learner.actor.id))
    activity.enrol(learner)


def participation(session: Any, activity: Designated, learner: Learner) -> int:
    found: int = session.scalar(
        sa.text("SELECT id FROM participation WHERE activity_id = :a AND learner_id = :l"),
        {"a": activity.activity_id, "l": learner.actor.id},
    )
    return found


def test_goals_are_told_in_words_and_count_an_activity_once(app: Flask, auth: Auth) -> None:
    person = auth.sign_in("student")
    with app.app_context():
        session = db.session()
        learner = learner_of(session, person)
        activity = Designated.new(session)
        activity.grant(learner, activity.enrol(learner), 4)
        with writing(session):
            ids = {"slug": "second", "edition": 1, "body": SYSTEM | {"unit": "*Second* credits"}, "at": MONDAY}
            second = session.execute(sa.insert(table(CreditSystem)).values(**ids)).inserted_primary_key[0]
            session.execute(
                sa.text(
                    "INSERT INTO claim (participation_id, learner_id, activity_id, system_id, system, quarters, state,"
                    " at) SELECT participation_id, learner_id, activity_id, :second, 'second', 2, state, at FROM claim"
                ),
                {"second": second},
            )
        db.session.remove()
    page = auth.client.get("/credit/transcript")
    form = page.form("Save the goals")
    refused = form.send(**{"goal-": "ten", "goal-second": "0.6"}, status=422)
    assert "Write the credits as a number" in refused.text
    assert "Credit comes in steps of 0.25" in refused.text
    assert refused.form("Save the goals").fields["goal-"] == ["ten"], "what was typed stays"
    saved = form.send(**{"goal-": "10", "goal-second": "0.5"})
    assert "1 of 10 credits. 9 to go." in saved.text
    assert "0.5 of 0.5 credits. Your goal is reached." in saved.text
    again = saved.form("Save the goals").send(**{"goal-second": ""})
    assert "Your goal is reached" not in again.text
    forged = auth.client.post(
        "/credit/transcript/goals", {"csrf_token": form.fields["csrf_token"][0], "goal-nowhere": "1"}, status=422
    )
    assert "Nothing was saved yet" in forged.text


def test_credit_from_elsewhere_is_entered_once_proved_and_withdrawn(app: Flask, auth: Auth) -> None:
    auth.sign_in("student")
    page = auth.client.get("/credit/transcript").follow("Enter credit from elsewhere")
    refused = send(page, 422, (b"<script>alert(1)</script>", "proof.pdf"), title=" ", amount="0.6", on="2026-11-24")
    assert "neither a PDF nor a PNG or JPEG picture" in refused.text
    assert "Say what it was." in refused.text
    assert "Credit comes in steps of 0.25; 0.6 is not one of them." in refused.text
    assert "This day is still ahead." in refused.text
    assert refused.form("Enter it").fields["provider"] == ["A society"], "what was typed stays"
    assert "Choose the day" in send(page, 422, on="30 February").text
    assert "This file is empty" in send(page, 422, (b"", "proof.pdf")).text
    assert "2.5 MB; 2 MB are the most" in send(page, 422, (PDF_FILE + b"x" * 2_500_000, "a.pdf")).text
    assert "This is too large" in send(page, 413, (PDF_FILE + b"x" * 7_000_000, "a.pdf")).text
    assert "invisible sign" in send(page, 422, title="A \u202ecourse").text
    assert "from 1980 on" in send(page, 422, on="0001-01-01").text

    proof = (PDF_FILE, "../../Zeugnis <b>\u202egpj.exe")
    entered = send(page, file=proof)
    assert "Entered." in entered.text
    send(page, file=proof)
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ExternalCredit)) == 1, "a double click"
        db.session.remove()
    entry = entered.follow("Open: A course")
    assert "1.25 AMA PRA Category 1" in entry.text
    (link,) = (a.attrs["href"] for a in entry.select("dd a"))
    got = auth.client.raw.get(link)
    assert got.data == PDF_FILE
    assert got.mimetype == "application/pdf"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "Zeugnis bgpj.pdf" in entry.text, "neither folder nor turned line nor lying ending is kept"

    stranger = auth.browser("student", email="other@example.org")
    assert stranger.raw.get(link).status_code == 404
    assert stranger.raw.get(entry.path).status_code == 404
    token = {"csrf_token": stranger.get("/credit/external").form("Enter it").fields["csrf_token"][0]}
    assert stranger.raw.post(f"{entry.path}/withdraw", data=token).status_code == 404

    withdraw = entry.form("Withdraw this entry")
    assert "“A course” is withdrawn" in withdraw.send().text
    assert "“A course” is withdrawn" in withdraw.send().text, "twice is harmless"
    assert auth.client.raw.get(link).status_code == 404
    assert "Nothing yet" in auth.client.get("/credit/transcript").text
    with app.app_context():
        kept = db.session.execute(sa.select(ExternalCredit.title, ExternalCredit.withdrawn_at)).one()
        assert kept.title == "A course"
        assert kept.withdrawn_at is not None
        deeds = db.session.scalars(sa.select(AuditEvent.deed).order_by(AuditEvent.number)).all()
        assert deeds == ["enter external credit", "withdraw external credit"]
        db.session.remove()


def test_one_form_sent_from_two_tabs_at_once_enters_one(app: Flask) -> None:
    with app.app_context():
        learner = Learner.new(db.session())
        db.session.remove()
    barrier = threading.Barrier(2)
    found: list[object] = []

    def enter() -> None:
        with app.app_context():
            try:
                barrier.wait(10)
                found.append(external.enter(db.session(), learner.actor, typed(), MONDAY))
            except BaseException as problem:
                found.append(problem)
            finally:
                db.session.remove()

    tabs = [threading.Thread(target=enter) for _ in range(2)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(30)
    assert len(found) == 2
    assert found[0] == found[1], found
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ExternalCredit)) == 1
        db.session.remove()


def test_what_no_learner_needs_is_refused(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "MOST_ENTRIES", 1)
    monkeypatch.setattr(external, "MOST_BYTES", len(PNG_FILE))
    with app.app_context():
        learner = Learner.new(db.session())
        with pytest.raises(Unfit, match="that is all there is"):
            external.enter(db.session(), learner.actor, typed(evidence=Upload("a", PNG_FILE + PNG_FILE)), MONDAY)
        external.enter(db.session(), learner.actor, typed(evidence=Upload("a", PNG_FILE)), MONDAY)
        with pytest.raises(Unfit, match="no room for more"):
            external.enter(db.session(), learner.actor, typed(key="another-form"), MONDAY)
        with pytest.raises(Unfit, match="damaged"):
            external.enter(db.session(), learner.actor, typed(key="x"), MONDAY)
        assert LARGEST_FILE == 2_000_000
        db.session.remove()


def test_a_formula_in_a_title_does_not_run_and_a_sign_without_a_font_is_named(app: Flask, auth: Auth) -> None:
    auth.sign_in("student")
    page = auth.client.get("/credit/external")
    send(page, title="=HYPERLINK(1)", provider="A \U0001f9e0 society")
    cells = auth.client.raw.get("/credit/transcript.csv").data.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in cells
    assert "No font of ours has the sign" in auth.client.get("/credit/transcript.pdf").text


def test_the_transcript_costs_the_same_statements_however_long_it_is(app: Flask, client: Client, auth: Auth) -> None:
    person = auth.sign_in("student")
    costs = []
    for many in (1, 6):
        with app.app_context():
            session = db.session()
            learner = learner_of(session, person)
            for number in range(many):
                activity = Designated.new(session)
                enrol_again(session, activity, learner)
                taken = participation(session, activity, learner)
                certify(session, taken, activity.grant(learner, taken))
                external.enter(session, learner.actor, typed(key=f"form-{many}-{number}"), MONDAY)
            assert session.scalar(sa.select(sa.func.count()).select_from(Provider))
            engine = db.engine
            db.session.remove()
        client.get("/credit/transcript")
        with counted(engine) as statements:
            page = client.get("/credit/transcript")
        costs.append(len(statements))
    assert len(page.select(".rows > li")) == 14
    assert costs[0] == costs[1] <= 10, statements


def test_lines_know_their_source(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        learner = Learner.new(session)
        activity = Designated.new(session)
        taken = activity.enrol(learner)
        activity.grant(learner, taken)
        certify(session, taken, None, quarters=0)
        external.enter(session, learner.actor, typed(other="Sample Credits"), MONDAY)
        held = transcripts.get_transcript(session, learner.actor, Wanted(), MONDAY)
        assert {line.source for line in held.lines} == {OWN, EXTERNAL, ATTENDED}
        systems = {line.system for line in held.lines if line.source == EXTERNAL}
        assert systems == {line.system for line in held.lines if line.source == OWN}, "a known name is that system"
        db.session.remove()
