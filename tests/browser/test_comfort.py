"""What the script of every page adds: saving without a connection, the clock, marks, figures, focus."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch

SignIn = Callable[..., None]


def focused(page: Page) -> str:
    """The words of what has the focus."""
    return str(page.evaluate("document.activeElement.textContent.replace(/\\s+/g, ' ').trim()"))


def start_exam(page: Page, *, minutes: int) -> None:
    """An exam over all questions, at the first one that has options to choose from."""
    page.goto("/practice?mode=exam&spend_freely=1&size=60")
    page.get_by_label("Minutes, if it is an exam").fill(str(minutes))
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Start the clock").click()
    while not page.locator("[data-options]").count():
        left = page.url
        page.get_by_role("button", name="Save and go on").click()
        expect(page).not_to_have_url(left)


def answer_anything(page: Page) -> None:
    """Give some answer to the question on the screen, of whatever type it is."""
    for row in page.locator("tr[data-row]").all():
        row.locator("input").first.check(force=True)
    for box in page.locator("[data-options] input").all()[:1]:
        box.check(force=True)
    for choice in page.locator(".ask-group select:visible").all():
        choice.select_option(index=1)
    for blank in page.locator(".ask-group :is(input[type=text], input:not([type]))").all():
        blank.fill("5")
    for step in page.locator("[data-move='1']").all()[:1]:
        step.click()


@pytest.fixture
def learner(page: Page, sign_in: SignIn) -> Page:
    """One learner, in a browser that remembers nothing else."""
    sign_in(page, "student", email="comfort@example.org")
    return page


def test_a_choice_made_without_a_connection_is_kept_and_saved_when_it_is_back(learner: Page, watch: Watch) -> None:
    start_exam(learner, minutes=60)
    saved = learner.locator("[data-saved]")
    options = learner.locator("[data-options] input")
    options.nth(0).check(force=True)
    expect(saved).to_have_text(re.compile(r"^Saved \d\d:\d\d$"))

    learner.context.set_offline(True)
    options.nth(1).check(force=True)
    expect(saved).to_contain_text("Not saved yet: no connection")
    assert learner.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('unsaved:')).length") == 1
    learner.context.set_offline(False)
    learner.evaluate("dispatchEvent(new Event('online'))")
    expect(saved).to_have_text(re.compile(r"^Saved \d\d:\d\d$"))
    assert learner.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('unsaved:')).length") == 0

    learner.reload()
    expect(learner.locator("[data-options] input").nth(1)).to_be_checked()
    watch.seen = [line for line in watch.seen if "ERR_INTERNET_DISCONNECTED" not in line]


def test_a_form_that_cannot_be_sent_stays_and_says_so(learner: Page, watch: Watch) -> None:
    start_exam(learner, minutes=60)
    address = learner.url
    learner.context.set_offline(True)
    learner.locator("button.primary[name=go]").click()
    expect(learner.locator("[data-notices]")).to_contain_text("Your answer is still in the form")
    assert learner.url == address
    learner.context.set_offline(False)
    watch.seen = [
        line for line in watch.seen if "ERR_INTERNET_DISCONNECTED" not in line and "Failed to fetch" not in line
    ]


def test_the_clock_says_when_five_minutes_are_left_and_can_be_hidden(learner: Page) -> None:
    learner.clock.install()
    start_exam(learner, minutes=10)
    clock = learner.locator("[data-clock]")
    expect(clock).to_have_text(re.compile(r"^(10:00|9:\d\d)$"))
    learner.clock.fast_forward("05:00")
    expect(learner.locator("[data-announce]")).to_have_text("5 minutes left.")
    learner.get_by_role("button", name="Hide").click()
    expect(clock).to_be_hidden()
    learner.reload()
    expect(learner.get_by_role("button", name="Show the time")).to_be_visible()
    expect(clock).to_be_hidden()


def test_a_mark_keeps_the_page_and_what_was_chosen_on_it(learner: Page) -> None:
    learner.goto("/lessons/nassa-mechanism")
    learner.locator("#check-nassa-013").get_by_role("button", name="Answer it").click()
    learner.locator("[data-options] input").nth(0).check(force=True)
    learner.get_by_role("button", name="Mark", exact=True).click()
    expect(learner.get_by_role("button", name="Marked", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(learner.locator("[data-options] input").nth(0)).to_be_checked()
    learner.reload()
    expect(learner.get_by_role("button", name="Marked", exact=True)).to_be_visible()


def test_the_answer_comes_in_place_with_its_address_title_and_focus(learner: Page) -> None:
    learner.goto("/practice?spend_freely=1&size=60")
    learner.get_by_role("button", name="Start", exact=True).click()
    expect(learner.locator("form[data-question]")).to_be_visible()
    learner.evaluate("window.same = true")
    answer_anything(learner)
    learner.get_by_role("button", name="Guess").click()
    expect(learner).to_have_title(re.compile(r"^(Right|Partly right|Not right)"))
    assert learner.evaluate("window.same"), "the page was loaded anew"
    assert re.match(r"(Right|Partly right|Not right)", focused(learner))
    assert learner.url.split("?")[0].endswith("/feedback")

    learner.locator("[data-go-on]").click()
    expect(learner).to_have_title(re.compile(r"^Question"))
    assert focused(learner).startswith("Question")


def test_going_on_to_a_lesson_brings_the_style_sheets_of_lessons(learner: Page) -> None:
    learner.goto("/lessons/nassa-mechanism")
    learner.locator("#check-nassa-008").get_by_role("button", name="Answer it").click()
    answer_anything(learner)
    learner.get_by_role("button", name="Sure", exact=True).click()
    learner.locator("[data-go-on]").click()
    expect(learner).to_have_title(re.compile(r"^How NaSSAs act"))
    assert learner.locator(".lesson").evaluate("(element) => getComputedStyle(element).display") == "grid"


def test_an_empty_answer_comes_back_with_the_sentence_in_focus_and_the_address_of_its_page(
    learner: Page, watch: Watch
) -> None:
    learner.goto("/lessons/nassa-mechanism")
    learner.locator("#check-nassa-013").get_by_role("button", name="Answer it").click()
    address = learner.url
    learner.get_by_role("button", name="Fairly sure").click()
    expect(learner.get_by_role("alert")).to_be_visible()
    assert focused(learner) == learner.get_by_role("alert").inner_text().strip()
    assert learner.url == address
    watch.seen = [line for line in watch.seen if "422" not in line]


def test_a_figure_is_enlarged_loses_its_labels_and_gives_the_focus_back(learner: Page) -> None:
    learner.goto("/lessons/nassa-mechanism")
    opener = learner.get_by_role("link", name="Enlarge").first
    opener.click()
    sheet = learner.locator("dialog.zoom")
    expect(sheet).to_be_visible()
    label = sheet.locator(".fig-label").first
    expect(label).to_be_visible()
    sheet.get_by_role("button", name="Hide labels").click()
    expect(label).to_be_hidden()
    learner.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(opener).to_be_focused()


def test_what_was_unfolded_stays_unfolded(learner: Page) -> None:
    learner.goto("/lessons/nassa-mechanism")
    learner.get_by_text("After this lesson you can").click()
    learner.goto("/lessons")
    learner.goto("/lessons/nassa-mechanism")
    expect(learner.locator("details.aims")).to_have_attribute("open", "")
