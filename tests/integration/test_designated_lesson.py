"""The lesson of an activity: whoever takes part reads the version that was designated, whatever is published later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.preferences import Choices
from quizapp.db.extension import db
from quizapp.db.models import ActivityVersion, Designation, Participation, table
from quizapp.db.session import writing
from quizapp.formats import tree
from quizapp.formats.paper import Table
from quizapp.services.accounts import Actor
from quizapp.services.crediting import activities, attachments, lessons
from quizapp.services.crediting.stock import get_stock
from tests.integration.conftest import ONCE, Auth
from tests.integration.credited import OPEN, Designated
from tests.integration.learners import MONDAY, Learner
from tests.integration.participants import slug_of
from tests.integration.studio import GOOD, load
from tests.pages import Client, Page
from tests.statements import counted
from tests.unit.formats.test_pictures import picture

TEXT, FACTS = "lessons/brakes/lesson.md", "lessons/evidence/facts.yaml"
DRAWING = "lessons/brakes/media/brake.svg"
OLD, NEW = "A terminal listens to itself.", "A terminal hears itself."


class House:
    """The small content, and one activity on its lesson."""

    def __init__(self, session: Session, auth: Auth) -> None:
        self.session, self.auth = session, auth
        self.files = tree.gather(GOOD / "lessons", GOOD / "question_banks")[0]
        load(session, self.files)
        self.activity = Designated.new(session, **OPEN, lesson=lessons.pin(get_stock(session), "brakes"))
        self.slug = slug_of(session, self.activity)
        self.address = f"/credit/activities/{self.slug}/lesson"

    def load(self, path: str, old: str, new: str) -> None:
        """Publish the content anew with other words in one of its files."""
        text = self.files[path].decode()
        assert old in text
        self.files[path] = text.replace(old, new).encode()
        self.load_files()

    def load_files(self) -> None:
        assert not load(self.session, self.files).conflicts
        self.session.rollback()

    def enrol(self, email: str) -> Client:
        browser = self.auth.browser("student", email=email)
        person = self.auth.sign_in("student", email=email, client=browser)
        actor = Actor(person, email, "", frozenset({"student"}), Choices(zone="UTC"), "read")
        self.activity.enrol(Learner(self.session, actor))
        self.session.rollback()
        return browser

    def designate_anew(self) -> None:
        """Publish the next edition of the activity, which takes the lesson as it is."""
        self.designate(lessons.pin(get_stock(self.session), "brakes"))

    def designate(self, lesson: dict[str, Any] | None) -> None:
        with writing(self.session) as session:
            rows = table(ActivityVersion)
            last = session.execute(sa.select(rows).where(rows.c.id == self.activity.version_id)).one()._asdict()
            values = last | {"edition": 2, "body": {"lesson": lesson}}
            del values["id"]
            version = session.execute(sa.insert(rows).values(**values).returning(rows.c.id)).scalar_one()
            system = {"version_id": version, "system_id": self.activity.system_id, "maximum": 4}
            session.execute(sa.insert(table(Designation)), system)
        self.activity.version_id = version


@pytest.fixture
def house(app: Flask, auth: Auth) -> Iterator[House]:
    with app.app_context():
        engine = db.engine
    with Session(engine, autoflush=False) as session:
        yield House(session, auth)


def is_whole(page: Page) -> bool:
    """Whether the page offers what the published lesson does: its question and practice."""
    return bool(page.select("form[action*='/questions/']")) and "Practise this lesson" in page.text


def test_whoever_takes_part_reads_what_was_designated(house: House) -> None:
    ana = house.enrol("ana@example.org")
    page = ana.get(f"/credit/activities/{house.slug}").form("Read the lesson").send()
    assert page.path == house.address
    assert OLD in page.text
    assert is_whole(page)
    assert not page.select(".lesson-head .notice")
    house.load(TEXT, OLD, NEW)
    for email in ("ana@example.org", "ben@example.org"):
        browser = ana if email.startswith("ana") else house.enrol(email)
        page = browser.get(house.address)
        assert OLD in page.text, "who comes later to this edition reads the same"
        assert NEW not in page.text
        assert "as it stood on 23 November 2026, when the activity was published. It was revised since" in page.text
        assert page.select("[data-beat]")
        assert not page.select("form[action*='/questions/']"), "its questions may ask about what is not in this text"
        assert "Practise this lesson" not in page.text
        assert NEW in page.follow("the lesson as it is now").text
        back = page.form("I have read it: back to the activity").send()
        assert back.path == f"/credit/activities/{house.slug}"
    house.designate_anew()
    carl = house.enrol("carl@example.org").get(house.address)
    assert NEW in carl.text
    assert is_whole(carl)
    assert OLD in ana.get(house.address).text


def test_a_lesson_that_is_not_published_any_more_is_read_to_the_end(house: House) -> None:
    ana = house.enrol("ana@example.org")
    before = ana.raw.get(f"{house.address}/figures/brake/png").data
    house.load(TEXT, "state: published\n", "")
    ana.get("/lessons/brakes", status=404)
    page = ana.get(house.address)
    assert OLD in page.text
    assert "It is not published any more." in page.text
    assert not page.select("a[href^='/lessons/brakes']"), "no way leads to a page that is gone"
    figure = page.follow("Enlarge")
    assert figure.heading == "A brake"
    assert figure.follow("Two brakes").path == house.address
    assert ana.raw.get(f"{house.address}/figures/brake/png").data == before
    house.auth.browser("student", email="ben@example.org").get(house.address, status=404)


@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_figure_stays_the_one_that_was_designated(house: House, form: str) -> None:
    """A drawing stands inside the page; a picture is fetched, and its address must not lead to what replaced it."""
    if form == "png":
        old, new = picture("png"), picture("png", (90, 40))
        house.files["lessons/brakes/media/brake.png"] = old
        house.load(TEXT, "media/brake.svg", "media/brake.png")
        house.designate_anew()
    else:
        old, new = house.files[DRAWING], house.files[DRAWING].replace(b"</title>", b" again</title>")
    ana = house.enrol("ana@example.org")
    shown, kept = _figure(ana.get(house.address)), ana.raw.get(f"{house.address}/figures/brake/{form}")
    assert kept.status_code == 200
    house.files[f"lessons/brakes/media/brake.{form}"] = new
    house.load_files()
    assert ana.raw.get(f"/figures/brake/{form}").data != kept.data, "readers of the lesson get the new one"
    page = ana.get(house.address)
    assert "It was revised since" in page.text, "the words are the same, the figure is not"
    assert _figure(page) == shown
    again = ana.raw.get(f"{house.address}/figures/brake/{form}")
    assert (again.data, again.headers["ETag"]) == (kept.data, kept.headers["ETag"])
    if form == "png":
        address = page.one("#figure-brake image").attrs["href"]
        assert ana.raw.get(address).data == old == kept.data


def _figure(page: Page) -> str:
    return str(page.one("#figure-brake .stage").to_html())


def test_evidence_that_says_something_else_since_is_named(house: House) -> None:
    ana = house.enrol("ana@example.org")
    house.load(FACTS, "last_checked: 2026-11-01", "last_checked: 2026-11-02")
    page = ana.get(house.address)
    assert not page.select(".lesson-head .notice"), "to look at a fact again changes nothing that it says"
    house.load(FACTS, "sit on noradrenergic cell bodies", "sit on many cell bodies")
    page = ana.get(house.address)
    assert "Evidence that it cites has changed since 23 November 2026: N11." in page.text
    assert is_whole(page), "the lesson is the one that is published"
    house.load(FACTS, "certainty: Disputed", "certainty: Low")
    assert "23 November 2026: N11 and N20." in ana.get(house.address).text
    assert "sit on many cell bodies" in page.follow("N11").text


def beats_of(page: Page) -> tuple[str, str]:
    """The place for which a page tells that it is looked at, and where it tells so."""
    told = page.one("[data-beat]")
    return str(told.attrs["data-place"]), str(told.attrs["data-beat"])


def test_a_question_in_the_lesson_leads_back_to_the_activity(house: House) -> None:
    ana = house.enrol("ana@example.org")
    asked = ana.get(house.address).form("Answer it").send()
    assert beats_of(asked) == ("lesson", beats_of(ana.get(house.address))[1]), "the time on it is time on the lesson"
    token = str(asked.select("input[name='csrf_token']")[0].attrs["value"])
    (action,) = {form.attrs["action"] for form in asked.select("form[action$='/answer']")}
    told = ana.post(str(action), {"csrf_token": token, "part": "1", "choice": "1", "confidence": "sure"})
    assert beats_of(told) == beats_of(asked)
    page = told.follow("Back to the lesson")
    assert page.path == house.address
    assert "today. See the answer and its reasons" in page.text
    assert "today. See the answer and its reasons" in ana.get("/lessons/brakes").text, "it was the same question"


def test_a_question_of_a_stale_tab_is_declined_in_words(house: House) -> None:
    ana = house.enrol("ana@example.org")
    form = ana.get(house.address).form("Answer it")
    house.load(TEXT, OLD, NEW)
    page = form.send()
    assert page.path == house.address
    assert "Its questions are asked in the lesson as it is now." in page.text


@ONCE
def test_who_does_not_take_part_finds_nothing(house: House) -> None:
    ana, ben = house.enrol("ana@example.org"), house.auth.browser("student", email="ben@example.org")
    token = {"csrf_token": str(ben.get("/settings").select("input[name='csrf_token']")[0].attrs["value"])}
    for more in ("", "/figures/brake", "/figures/brake/svg"):
        assert ben.raw.get(house.address + more).status_code == 404, more
    for more in ("", "/questions/brakes-1"):
        assert ben.raw.post(house.address + more, data=token).status_code == 404, more
    token = {"csrf_token": str(ana.get("/settings").select("input[name='csrf_token']")[0].attrs["value"])}
    for more in ("/figures/no-such", "/figures/brake/gif"):
        assert ana.raw.get(house.address + more).status_code == 404, more
    assert ana.raw.post(f"{house.address}/questions/brakes-2", data=token).status_code == 404
    block = Designated.new(house.session)
    person = house.session.scalars(sa.select(Participation.learner_id)).one()
    with writing(house.session) as session:
        taken = {"learner_id": person, "activity_id": block.activity_id, "version_id": block.version_id}
        rest: dict[str, Any] = {"profession": "physician", "in_control": False, "enrolled_at": MONDAY}
        session.execute(sa.insert(table(Participation)), taken | rest)
    assert ana.raw.get(f"/credit/activities/{slug_of(house.session, block)}/lesson").status_code == 404, "no lesson"


@ONCE
def test_the_page_writes_nothing_and_asks_the_database_as_often_whatever_was_revised(house: House) -> None:
    ana = house.enrol("ana@example.org")
    engine = house.session.get_bind().engine

    def look() -> list[str]:
        ana.get(house.address)
        with counted(engine) as statements:
            ana.get(house.address)
        assert not [text for text in statements if re.match(r"\s*(INSERT|UPDATE|DELETE)", text)]
        return statements

    same = look()
    house.load(TEXT, OLD, NEW)
    house.load(FACTS, "sit on noradrenergic", "sit on many noradrenergic")
    revised = look()
    assert len(revised) < len(same) <= 9, same


@ONCE
def test_an_edition_from_before_figures_were_pinned_is_read_with_those_of_today(house: House) -> None:
    pinned = house.session.scalars(sa.select(ActivityVersion.body)).one()["lesson"]
    house.designate({name: pinned[name] for name in ("slug", "content_id", "version_id")})
    ana = house.enrol("ana@example.org")
    assert is_whole(ana.get(house.address))
    house.load(TEXT, OLD, NEW)
    page = ana.get(house.address)
    assert OLD in page.text
    assert page.select("#figure-brake svg")


@ONCE
def test_the_folder_names_the_versions_that_are_read(house: House) -> None:
    def rows() -> dict[str, tuple[str, ...]]:
        edition = activities.get_edition(house.session, house.activity.version_id)
        blocks = attachments.front_paper(house.session, edition, MONDAY.date()).blocks
        table_of = next(one for one in blocks if isinstance(one, Table) and one.head[0] == "Entry")
        return {row[0]: row[1:] for row in table_of.rows}

    first = rows()
    assert list(first) == ["lesson brakes", "figure brake"]
    house.load(TEXT, OLD, NEW)
    assert rows() == first
    house.designate_anew()
    second = rows()
    assert (first["lesson brakes"][0], second["lesson brakes"][0]) == ("1", "2")
    assert first["lesson brakes"][2] != second["lesson brakes"][2]
    assert first["figure brake"] == second["figure brake"]
