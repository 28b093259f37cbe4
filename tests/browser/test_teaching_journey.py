"""An exam of a cohort in real browsers: its instructor at a desk, a learner with more time on a phone."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from quizapp import clock
from tests.browser.conftest import WIDTHS, Watch
from tests.browser.test_learning_journey import answer_anything

SignIn = Callable[..., None]
Axe = Callable[..., None]
FITS = "document.documentElement.scrollWidth <= innerWidth"


def moment(hours: float) -> str:
    return f"{clock.now() + dt.timedelta(hours=hours):%Y-%m-%dT%H:%M}"


def open_exam(page: Page, axe: Axe, screenshot: Callable[[Page, str], None]) -> str:
    """Open a cohort, write an exam, publish it for practice; the code to join by."""
    page.goto("/teach/cohorts/new")
    page.get_by_label("Name").fill("Psychiatry rotation, autumn")
    page.get_by_label("Time zone").select_option("UTC")
    page.get_by_role("button", name="Open the cohort").click()
    code = page.locator(".code").inner_text()
    axe(page)
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="Assign something").click()
    page.locator("main").get_by_role("link", name="An exam", exact=True).click()
    axe(page)
    page.get_by_label("Name", exact=True).fill("Mid-rotation exam")
    page.get_by_label("How NaSSAs act", exact=True).fill("2")
    page.get_by_label("Opens").fill(moment(-1))
    page.get_by_label("Closes").fill(moment(2))
    page.get_by_label("Time, in minutes").fill("20")
    page.get_by_label("Pass mark, in per cent").fill("50")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("alert")).to_contain_text("Say how the pass mark was found.")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Mid-rotation exam")
    page.get_by_label("How it was found").select_option("fixed")
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("This exam cannot count")
    axe(page)
    page.get_by_role("button", name="Publish it for practice").click()
    expect(page.locator("main")).to_contain_text("Open until")
    screenshot(page, "assignment-desk")
    return code


def test_an_exam_of_a_cohort_from_its_code_to_its_result(
    browser: Browser,
    base_url: str,
    page: Page,
    sign_in: SignIn,
    axe: Axe,
    watch: Watch,
    screenshot: Callable[[Page, str], None],
) -> None:
    sign_in(page, "instructor", email="rotation@example.org")
    page.set_viewport_size({"width": 320, "height": 700})
    words = (
        "[...document.querySelectorAll('.places a')].filter((place) => place.scrollWidth > place.clientWidth).length"
    )
    assert page.evaluate(words) == 0, "seven places fit beside one another"
    page.set_viewport_size(WIDTHS["desk"])
    code = open_exam(page, axe, screenshot)
    given = page.url

    phone = browser.new_context(base_url=base_url, viewport=WIDTHS["phone"], has_touch=True)
    learner = watch(phone.new_page())
    sign_in(learner, email="on-rotation@example.org")
    learner.goto("/join")
    axe(learner)
    learner.get_by_label("Code").fill(code.lower())
    learner.get_by_role("button", name="See what it opens").click()
    expect(learner.get_by_role("heading", level=1)).to_be_focused()
    expect(learner.locator("main")).to_contain_text("How sure you were")
    expect(learner.get_by_role("checkbox")).not_to_be_checked()
    axe(learner)
    learner.get_by_role("button", name="Join the cohort").click()

    # More time, before the exam is begun.
    page.goto("/teach")
    page.locator("main").get_by_role("link", name="Open Psychiatry rotation, autumn").click()
    page.get_by_role("link", name="Learners").click()
    page.locator("tbody").get_by_role("link").click()
    page.get_by_label("Time, in per cent of the usual").fill("150")
    page.get_by_role("button", name="Save the time").click()
    expect(page.locator("[data-notices]")).to_contain_text("next start")
    axe(page)

    learner.goto("/assignments")
    axe(learner)
    assert learner.evaluate(FITS)
    learner.get_by_role("link", name="Mid-rotation exam", exact=True).click()
    expect(learner.locator(".terms")).to_contain_text("30 minutes, with your additional time")
    screenshot(learner, "task-phone")
    axe(learner)
    learner.get_by_role("button", name="Start the clock").click()
    for last in (False, True):
        expect(learner.locator("[data-clock]")).to_contain_text(re.compile(r"(30:00|29:\d\d)"))
        answer_anything(learner)
        learner.get_by_role("button", name="Save and look over" if last else "Save and go on").click()
        expect(learner.get_by_role("heading", level=1)).to_contain_text("Look over" if last else "Question 2")
    learner.get_by_role("button", name="Hand in").click()
    expect(learner.locator("main")).to_contain_text("The feedback follows when it is released")

    page.goto(given)
    page.get_by_role("link", name="Look the questions over").click()
    page.locator("main summary").first.click()
    page.get_by_label("is credited to everybody").first.check()
    page.get_by_label("Reason, read by learners").first.fill("Two answers can be defended.")
    axe(page)
    page.locator("main details[open]").get_by_role("button", name="Decide").click()
    expect(page.locator("main")).to_contain_text("Everybody has its marks")
    page.goto(given)
    page.get_by_role("button", name="Release the results").click()
    expect(page.locator("main")).to_contain_text("Released")

    learner.goto("/")
    if learner.get_by_role("button", name="Begin with questions").count():
        learner.get_by_role("button", name="Begin with questions").click()
    learner.goto("/assignments")
    learner.get_by_role("link", name="Mid-rotation exam", exact=True).click()
    expect(learner.locator(".result")).to_contain_text(re.compile(r"\d of \d+ marks"))
    expect(learner.locator("main")).to_contain_text("Two answers can be defended.")
    axe(learner)
    assert learner.evaluate(FITS)
    screenshot(learner, "result-phone")
    learner.get_by_role("link", name=re.compile("Doubt the key")).first.click()
    axe(learner)

    for path, name in (
        ("gradebook", "Gradebook"),
        ("", "Overview"),
        ("roster", "Learners"),
        ("message", "Message"),
        ("settings", "Settings"),
    ):
        page.goto("/teach")
        page.locator("main").get_by_role("link", name="Open Psychiatry rotation, autumn").click()
        page.goto(f"{page.url}/{path}".rstrip("/"))
        expect(page.locator(".inside [aria-current]")).to_have_text(name)
        axe(page)
        page.set_viewport_size(WIDTHS["phone"])
        assert page.evaluate(FITS), f"{name} is wider than a phone"
        page.set_viewport_size(WIDTHS["desk"])
    for path in (f"{page.url.rpartition('/')[0]}/questions", f"{given}/figures"):
        page.goto(path)
        axe(page)
        page.set_viewport_size(WIDTHS["phone"])
        assert page.evaluate(FITS), f"{path} is wider than a phone"
        page.set_viewport_size(WIDTHS["desk"])
    page.emulate_media(color_scheme="dark")
    page.goto(f"{given}/debrief")
    axe(page)
    phone.close()
    watch.seen = [line for line in watch.seen if "422" not in line]
