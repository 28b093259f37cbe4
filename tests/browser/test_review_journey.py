"""A draft is reviewed with the keyboard alone, and every page on its way holds up at both widths."""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from quizapp import clock
from quizapp.core.preferences import DEFAULT
from quizapp.db.models import Content
from quizapp.services.accounts import Actor
from quizapp.services.authoring import drafting, reviewing
from tests.browser.conftest import Site, Watch
from tests.browser.test_editor_journey import join


def ask_for_review(site: Site, slug: str) -> int:
    """A draft of another author, with a changed word and a changed key, waiting for its reviewer."""
    join(site, "writer@example.org", "author")
    person = site.person("instructor", "writer@example.org")
    actor = Actor(person, "writer@example.org", "Ada Writer", frozenset({"instructor"}), DEFAULT, "test")
    with site._tables() as session:
        found = sa.select(Content.id).where(Content.kind == "item", Content.slug == slug)
        entry: int = session.execute(found).scalar_one()
        opened = drafting.open_draft(session, actor, entry)
        body = opened.body | {"take_home": f"In short: {opened.body['take_home']}"}
        saved = drafting.save_draft(session, actor, entry, body, based_on_revision=opened.revision, now=clock.now())
        reviewing.ask(session, actor, entry, based_on_revision=saved.revision, now=clock.now())
    return entry


def press_to(page: Page, name: str, role: str = "button") -> None:
    """Go to a control with the Tab key, as somebody without a mouse does."""
    wanted = page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never comes to “{name}”.")


def test_a_draft_is_reviewed_with_the_keyboard_alone(
    page: Page, site: Site, watch: Watch, sign_in: Callable[..., None], axe: Callable[..., None],
    screenshot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    entry = ask_for_review(site, "nassa-013")
    join(site, "reader@example.org", "reviewer")
    sign_in(page, "instructor", email="reader@example.org")
    page.goto("/author/review")
    axe(page)
    press_to(page, "Review nassa-013", "link")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Review nassa-013")
    expect(page.locator(".change ins").first).to_contain_text("In short:")
    axe(page)
    screenshot(page, "review-desk")

    page.locator("#place").focus()
    page.keyboard.type("Question")
    page.keyboard.press("Tab")
    page.keyboard.type("Is this what is asked?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#remarks$"))
    expect(page.locator(".said-list")).to_contain_text("Is this what is asked?")
    press_to(page, "Send it back")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Say in a few words")
    watch.seen = [line for line in watch.seen if "422" not in line]

    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    axe(page)
    screenshot(page, "review-phone")
    press_to(page, "Approve")
    page.keyboard.press("Enter")
    expect(page.locator("[data-notices]")).to_contain_text("Approved")

    for path in (f"/author/items/{entry}/history", "/author/reports", "/author/banks/nassa", "/author/"):
        page.goto(path)
        axe(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{path} is {wide} px wide on a phone"
