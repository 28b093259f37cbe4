"""The record of credit and one's own data in a real browser: with the keyboard alone, on a phone, in the dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import WIDTHS, Watch
from tests.people import PASSWORD

SignIn = Callable[..., None]
Axe = Callable[..., None]
FITS = "document.documentElement.scrollWidth <= innerWidth"
PDF_FILE = b"%PDF-1.7\n%%EOF\n"


def tab_to(page: Page, name: str, kind: str = "A BUTTON SUMMARY") -> None:
    """Move with the tab key until a control of this kind with these words has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        words = page.evaluate(
            "(e => e.labels?.[0]?.innerText ?? e.getAttribute('aria-label') ?? e.innerText)(document.activeElement)"
        )
        if name in (words or "") and page.evaluate("document.activeElement.tagName") in kind:
            return
    raise AssertionError(f"{name} cannot be reached with the tab key on {page.url}")


def test_credit_from_elsewhere_a_goal_and_the_files_with_the_keyboard_alone(
    page: Page, sign_in: SignIn, axe: Axe, watch: Watch, tmp_path: Path, screenshot: Callable[[Page, str], None]
) -> None:
    page.set_viewport_size(WIDTHS["desk"])
    sign_in(page, email="record@example.org")
    page.goto("/credit/transcript")
    axe(page)
    tab_to(page, "Enter credit from elsewhere")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Credit from elsewhere")
    axe(page)
    tab_to(page, "Enter it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    axe(page)
    watch.seen.clear()  # the refusal, status 422, is what was provoked
    tab_to(page, "What it was", "INPUT")
    page.keyboard.type("Grand round")
    tab_to(page, "Who gave the credit", "INPUT")
    page.keyboard.type("Society of Examples")
    if page.get_by_label("Credit", exact=True).count():
        page.get_by_label("Credit", exact=True).select_option("")
    tab_to(page, "Name of the other credit", "INPUT")
    page.keyboard.type("Example credits")
    tab_to(page, "Credits", "INPUT")
    page.keyboard.type("1.25")
    page.get_by_label("Completed on").fill("2026-01-15")
    proof = tmp_path / "proof.pdf"
    proof.write_bytes(PDF_FILE)
    page.get_by_label("Proof").set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"x" * 7_100_000}
    )
    refused = page.get_by_label("Proof").evaluate("field => field.validationMessage")
    assert refused == "This file has 7.1 MB; 2 MB are the most. Make it smaller, or choose another."
    page.get_by_label("Proof").set_input_files(proof)
    tab_to(page, "Enter it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Entered.")
    expect(page.locator(".sums")).to_contain_text("1.25 Example credits")
    tab_to(page, "Set a goal for a year")
    page.keyboard.press("Enter")
    tab_to(page, "All credit together", "INPUT")
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your goals are saved.")
    axe(page)
    screenshot(page, "transcript-desk")
    for words, beginning in (("Download as PDF", b"%PDF-"), ("Download as CSV", b"\xef\xbb\xbfCompleted")):
        with page.expect_download() as waiting:
            tab_to(page, words)
            page.keyboard.press("Enter")
        assert Path(waiting.value.path()).read_bytes().startswith(beginning)
    page.emulate_media(color_scheme="dark")
    page.reload()  # colours that are still changing have no contrast yet
    axe(page, only_colours=True)


def test_one_reads_what_goes_takes_the_data_along_and_leaves_on_a_phone(
    browser: Browser, base_url: str, sign_in: SignIn, axe: Axe, watch: Watch, screenshot: Callable[[Page, str], None]
) -> None:
    phone = browser.new_context(
        base_url=base_url,
        viewport=WIDTHS["phone"],
        has_touch=True,
        color_scheme="dark",
    )
    page = watch(phone.new_page())
    sign_in(page, email="leaving@example.org")
    page.goto("/settings/data")
    axe(page)
    assert page.evaluate(FITS)
    screenshot(page, "own-data-phone")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download your data").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"PK")
    page.get_by_role("button", name="Erase my account for good").click()
    expect(page.get_by_role("alert")).to_be_focused()
    axe(page)
    watch.seen.clear()  # the refusal, status 422, is what was provoked
    page.get_by_label("Your password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is erased")
    axe(page)
    assert page.evaluate(FITS)
    page.goto("/settings")
    assert "/login" in page.url, "nobody is signed in any more"
    phone.close()
