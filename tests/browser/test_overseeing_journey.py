"""A coordinator looks after participants in a real browser: finds a lapsed claim, reopens it, reads what was said."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import WIDTHS, Site, Watch

FITS = "document.documentElement.scrollWidth <= innerWidth"


def test_a_lapsed_claim_is_reopened_with_the_keyboard_and_every_page_of_the_run_is_whole(
    page: Page, site: Site, sign_in: Callable[..., None], axe: Callable[..., None], watch: Watch
) -> None:
    activity = site.lapsed("oversees@example.org")
    sign_in(page, "coordinator", email="oversees@example.org")
    for width in ("desk", "phone"):
        page.set_viewport_size(WIDTHS[width])
        for place in ("people", "evaluations", "outcomes", "reports", "folder"):
            page.goto(f"/coordinate/activities/{activity}/{place}")
            axe(page)
            assert page.evaluate(FITS), f"{place} is wider than a {width}"
            tabs = page.locator(".inside a")
            assert len({tab["y"] for tab in map(Locator.bounding_box, tabs.all()) if tab}) == 1, "one row of pages"
            expect(page.locator(".inside [aria-current]")).to_be_in_viewport(ratio=0.9)
    first = page.locator(".inside a").first
    first.focus()
    expect(first).to_be_in_viewport(ratio=0.9)  # what is scrolled away comes back to whoever tabs to it
    page.goto(f"/coordinate/activities/{activity}/people")
    page.get_by_label("Name or address").fill("lapsed person")
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Lapsed Person")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The time for claiming is over.")).to_be_visible()
    axe(page)
    button = page.get_by_role("button", name="Reopen claiming")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Say why; the record keeps it.")
    (refused,) = watch.seen
    assert "422" in refused
    watch.seen.clear()
    axe(page)
    page.get_by_label("Reason").fill("Was ill.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Claiming is open again.")
    expect(page.get_by_role("heading", name="Was reopened")).to_be_visible()
    axe(page)
