"""Today and Progress as a learner finds them on the first, the tenth and the thirtieth day of a month."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from quizapp import clock, itemtypes
from quizapp.core.grading import Confidence
from quizapp.core.preferences import Choices, local_date
from quizapp.core.study_day import study_day
from quizapp.db.models import Presentation
from quizapp.db.session import prepare_engine
from quizapp.itemtypes import filling
from quizapp.services import accounts, answering
from quizapp.services.accounts import Actor
from quizapp.services.answering import Answered, HandedBack, Submission
from quizapp.services.versions import get_version
from tests.browser.conftest import SCHEMES, WIDTHS, Site, Watch
from tests.integration.learners import MONDAY, Learner
from tests.integration.months import DAY, Month

STUDY = re.compile(r"\d+ questions, about \d+ minutes")
LEADS = {1: "All of them new to you", 10: "come back after a miss or a guess", 30: "“Final” is in {left} days."}
STANDINGS = {1: "Nothing answered yet, so nothing is claimed.", 10: r"\d+ secure", 30: r"\d+ slipping"}


@dataclass
class AnyType(Learner):
    """Answers every type of question; a case step by step."""

    def answer(
        self,
        presentation_id: int,
        now: dt.datetime = MONDAY,
        *,
        right: bool = True,
        confidence: Confidence | None = None,
    ) -> Answered | HandedBack:
        shown = sa.select(Presentation.version_id, Presentation.layout).where(Presentation.id == presentation_id)
        version_id, layout = self.session.execute(shown).one()
        version = get_version(self.session, version_id)
        for part in version.parts:
            own = itemtypes.part_layout(version.body["type"], layout, part)
            fields = filling.fill(part, own, right=right, rng=random.Random(presentation_id))
            sent = Submission(part.id, fields, confidence)
            answered = answering.answer(self.session, self.actor, presentation_id, sent, now)
        return answered


def live(site: Site, email: str, day: int) -> int:
    """Let somebody have lived the month up to the morning of this day, which is today; returns the days left to the
    examination. They count by the calendar: one less between midnight and the end of the study day."""
    person = site.person("student", email)
    engine = sa.create_engine(site.variables["QUIZAPP_DATABASE_URL"])
    prepare_engine(engine)
    actor = Actor(person, email, "Test student", frozenset({"student"}), Choices(zone="Europe/Berlin"), "test")
    with Session(engine) as session, Session(engine) as laptop:
        month = Month(AnyType(session, actor), laptop, clock.now().date())
        month.begins = study_day(clock.now(), month.zone(day)) - (day - 1) * DAY
        accounts.choose_first_step(session, actor, "read", now=month.moment(1))
        month.live(day)
        exam = accounts.exams_of(session, actor.id)[-1]
    engine.dispose()
    return (exam.on - local_date(clock.now(), month.zone(day))).days


@pytest.mark.parametrize("day", LEADS)
def test_today_and_progress_on_a_day_of_the_month_are_accessible_and_fit(
    browser: Browser,
    base_url: str,
    site: Site,
    sign_in: Callable[..., None],
    watch: Watch,
    axe: Callable[..., None],
    screenshot: Callable[[Page, str], None],
    day: int,
) -> None:
    email = f"month-{day}@example.org"
    left = live(site, email, day)
    for size, viewport in WIDTHS.items():
        context = browser.new_context(base_url=base_url, viewport=viewport, reduced_motion="reduce")
        page = watch(context.new_page())
        sign_in(page, email=email)
        for name, path in (("today", "/"), ("progress", "/progress")):
            page.goto(path)
            if name == "today":
                expect(page.get_by_role("heading", level=1)).to_have_text(
                    re.compile(r"\d+ questions, about \d+ minutes")
                )
                expect(page.locator("main")).to_contain_text(LEADS[day].format(left=left))
            else:
                expect(page.locator("main")).to_contain_text(re.compile(STANDINGS[day]))
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                page.evaluate("document.fonts.ready")
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide <= 0, f"{page.url} is {wide} px wider than the screen"
                axe(page, only_colours=scheme == "dark")
                screenshot(page, f"{name}-day-{day}-{size}-{scheme}")
        context.close()
