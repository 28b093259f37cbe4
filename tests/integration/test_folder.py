"""The accreditor's folder holds what is there, says what is missing, names no participant, and comes out again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp.db.extension import db
from quizapp.db.models import Activity, ActivityCoordinator
from quizapp.db.session import writing
from quizapp.services.crediting import drafting
from quizapp.services.crediting import folder as folders
from tests.integration.conftest import ONCE, Auth, Run
from tests.integration.credited import Designated, coordinator
from tests.integration.learners import MONDAY
from tests.integration.participants import Participant, body_of, slug_of
from tests.pages import Client, problems

pytestmark = pytest.mark.usefixtures("content")
NAMES = [
    "00-abstract", "01-front-matter-edition-1", "02-disclosures", "03-planning", "04-test", "05-evaluation",
    "07-certificates", "09-outcomes", "10-audit",
]  # fmt: skip


@pytest.fixture
def activity(app: Flask, auth: Auth) -> Iterator[Designated]:
    """The coordinator is signed in, and somebody has passed the test."""
    person = auth.sign_in("coordinator", email="coordinator@example.org")
    with app.app_context():
        session = db.session()
        people = [{"name": "Dr Author", "role": "author", "began": "2026-01-02", "relationships": []}]
        made = Designated.new(session, **body_of(session, people=people))
        with writing(session):
            session.add(ActivityCoordinator(activity_id=made.activity_id, user_id=person))
        Participant.new(session, made).sit()
        yield made


def test_the_folder_holds_what_is_there_and_says_what_is_missing(activity: Designated) -> None:
    session = activity.session
    made = folders.make(session, activity.coordinator, activity.activity_id, "https://quiz.example.org", MONDAY)
    again = folders.make(session, activity.coordinator, activity.activity_id, "https://quiz.example.org", MONDAY)
    assert folders.zipped(made) == folders.zipped(again), "made again it is the same"
    expected = {f"{name}.{kind}" for name in NAMES for kind in ("html", "pdf")}
    tables = {"06-participation.csv", "09-outcomes.csv", "10-audit.csv"}
    assert set(made.files) == expected | tables | {"08-sample-certificate.pdf"}
    for name, data in made.files.items():
        if name.endswith(".pdf"):
            assert data.startswith(b"%PDF-"), name
        if name.endswith(".html"):
            bad = [one for one in problems(data.decode()) if "style" not in one and "Straight" not in one]
            assert not bad, (name, bad)
    texts = {name: data.decode() for name, data in made.files.items() if not name.endswith(".pdf")}
    assert "Dr Author" in texts["02-disclosures.html"]
    assert '<th scope="col">Reason</th>' in texts["04-test.html"]
    assert texts["04-test.html"].count("<td>key</td>") == texts["04-test.html"].count("single best answer") > 1
    assert len(made.missing) == len(set(made.missing)), "what is missing often is told once"
    assert "a clinician’s signature for this version" in texts["04-test.html"]
    assert "passed" not in texts["06-participation.csv"].splitlines()[0]
    assert texts["06-participation.csv"].count("\n") == 2
    assert "No event of it was altered." in texts["10-audit.html"]
    assert "enrol" in texts["10-audit.csv"]
    assert not [name for name, text in texts.items() if "Dr Ana Example" in text or "learner-" in text], "no names"
    assert "practice gap." in " ".join(made.missing)
    for sentence in made.missing:
        if not sentence.startswith("00-"):
            assert sentence.partition(": ")[2].split("“")[0][:30] in texts["00-abstract.html"].replace("&#x27;", "'")


def test_who_does_not_run_the_activity_gets_nothing(activity: Designated) -> None:
    with pytest.raises(LookupError):
        folders.make(activity.session, coordinator(activity.session), activity.activity_id, "", MONDAY)


@ONCE
def test_the_audit_of_an_activity_holds_no_deed_of_one_whose_number_is_its_name(activity: Designated) -> None:
    """An activity that is called “2” has that name in addresses."""
    session = activity.session
    other = drafting.begin(session, activity.coordinator, "lesson", "Another", MONDAY)
    with writing(session):
        session.execute(sa.update(Activity).where(Activity.id == activity.activity_id).values(slug=str(other)))
    made = folders.make(session, activity.coordinator, activity.activity_id, "https://quiz.example.org", MONDAY)
    assert "begin activity" not in made.files["10-audit.csv"].decode()
    assert "enrol" in made.files["10-audit.csv"].decode()


def test_it_is_taken_from_its_page(activity: Designated, client: Client) -> None:
    page = client.get(f"/coordinate/activities/{activity.activity_id}/folder")
    form = page.form("Make the folder")
    taken = client.raw.post(form.action, data=form.fields)
    assert taken.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(taken.data)) as archive:
        assert f"{slug_of(activity.session, activity)}/00-abstract.pdf" in archive.namelist()


@ONCE
def test_the_shell_makes_it_and_overwrites_nothing(activity: Designated, run: Run, tmp_path: Path) -> None:
    slug = slug_of(activity.session, activity)
    activity.session.rollback()
    command = ["cme", "folder", slug, "--by", "coordinator@example.org", "--to"]
    done = run(*command, str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    assert "Missing: 01-front-matter-edition-1: title." not in done.output
    assert (tmp_path / "out" / "00-abstract.html").is_file()
    again = run(*command, str(tmp_path / "out"))
    assert again.exit_code == 1
    assert "is there already" in again.output
    zipped = run(*command, str(tmp_path / "out.zip"))
    assert zipped.exit_code == 0
    assert zipfile.is_zipfile(tmp_path / "out.zip")
