"""A coordinator sets an activity up in a real browser, from its title to its publishing, and a learner reads it on a
phone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from quizapp import clock
from tests.browser.conftest import WIDTHS, Watch

SignIn = Callable[..., None]
Axe = Callable[..., None]
FITS = "document.documentElement.scrollWidth <= innerWidth"
TEXTS = {
    "Joint provider": "none",
    "For whom": "Psychiatrists",
    "Time it takes, in minutes": "60",
    "Gap in practice": "Drugs are chosen by habit.",
    "What is to change": "To choose by receptors.",
    "Why this format": "At one’s own pace.",
    "Competencies": "Patient care",
    "How to take part and to complete it": "Read, pass the test, evaluate, claim.",
    "Least that passes, in per cent of the marks": "70",
    "Attempts": "2",
    "Questions in a test": "2",
    "Minutes between two attempts": "60",
    "Who reviewed the content for validity": "Dr. Ben Iroko",
    "Commercial support": "none",
    "Bibliography": "A reference",
}


def day(days: int) -> str:
    return f"{clock.now().date() + dt.timedelta(days=days):%Y-%m-%d}"


def test_an_activity_from_its_title_to_its_publishing(
    browser: Browser,
    base_url: str,
    page: Page,
    sign_in: SignIn,
    axe: Axe,
    watch: Watch,
    screenshot: Callable[[Page, str], None],
) -> None:
    page.set_viewport_size(WIDTHS["desk"])
    sign_in(page, "coordinator", email="sets-up@example.org")
    page.goto("/coordinate/")
    axe(page)
    page.get_by_role("link", name="Begin an activity").click()
    page.get_by_label("Title").fill("Receptors and patients")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("things to mend")
    axe(page)
    # The list leads to the field it names, with the keyboard alone.
    page.get_by_role("link", name="Missing: practice gap.").focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("#practice_gap")
    page.keyboard.press("Tab")
    page.get_by_label("Provider", exact=True).select_option("sample")
    page.get_by_label("Need behind the gap").select_option("competence")
    page.get_by_label("Lesson", exact=True).select_option("nassa-mechanism")
    for label, text in TEXTS.items():
        page.get_by_label(label, exact=True).fill(text)
    for label, days in (
        ("Released on", 0),
        ("Expires at the end of", 300),
        ("To be claimed until the end of", 330),
        ("Reviewed on", 0),
    ):
        page.get_by_label(label, exact=True).fill(day(days))
    page.get_by_label("sample credits (no credit designated)").fill("1,5")
    topic = page.locator("details.topic").filter(has_text="How NaSSAs act")
    topic.locator("> summary").click()
    topic.get_by_label("You can define a NaSSA").check()
    topic.get_by_label("You can distinguish autoreceptors").check()
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("status")).to_contain_text("2 things to mend")
    expect(page.locator(".checklist a")).to_have_text(
        [
            "Missing: faculty and others in control of content, with their disclosures.",
            "The credit designated stands for 90 minutes; the activity takes 60.",
        ]
    )
    expect(page.get_by_label("You can define a NaSSA")).to_be_checked()
    axe(page)
    page.get_by_label("sample credits (no credit designated)").fill("1")
    page.get_by_role("button", name="Save the draft").click()
    screenshot(page, "activity-set-up")
    page.get_by_role("link", name="Missing: faculty").click()
    axe(page)
    page.get_by_label("Name", exact=True).fill("Dr. Ada Osei")
    page.get_by_label("In this role since").fill(day(-30))
    page.get_by_role("button", name="Name this person").click()
    page.get_by_role("link", name="Dr. Ada Osei", exact=True).click()
    axe(page)
    page.get_by_role("button", name="Keep the disclosure").click()
    expect(page.get_by_role("alert")).to_be_focused()
    (refused,) = watch.seen
    assert "422" in refused
    watch.seen.clear()
    page.get_by_label("There are none").check()
    page.get_by_role("button", name="Keep the disclosure").click()
    page.get_by_role("link", name="Publishing").click()
    axe(page)
    page.get_by_role("link", name="Preview").click()
    axe(page)
    page.go_back()
    page.get_by_role("button", name="Publish edition 1").click()
    expect(page.get_by_role("status")).to_contain_text("It is published.")
    axe(page)
    set_up = page.get_by_role("link", name="Set-up").get_attribute("href") or ""
    page.goto("/coordinate/providers")
    axe(page)
    for address in ("/coordinate/providers/sample", "/coordinate/systems/ama-pra-1"):
        page.goto(address)
        axe(page)

    phone = browser.new_context(
        base_url=base_url,
        viewport=WIDTHS["phone"],
        color_scheme="dark",
        has_touch=True,
    )
    small = watch(phone.new_page())
    sign_in(small, "coordinator", email="sets-up@example.org")
    small.locator("details.account summary").click()
    small.get_by_role("link", name="Coordinate").click()
    expect(small.get_by_role("heading", level=1)).to_have_text("Coordinate")
    for address in ("/coordinate/", set_up, f"{set_up}/publishing", f"{set_up}/in-control", "/credit/"):
        small.goto(address)
        assert small.evaluate(FITS), address
        axe(small)
    small.get_by_role("link", name="Receptors and patients", exact=True).click()
    expect(small.locator("main")).to_contain_text("Dr. Ada Osei (author)")
    expect(small.locator("main")).to_contain_text("No credit is designated")
    assert small.evaluate(FITS)
    axe(small)
    screenshot(small, "activity-phone")
    phone.close()
