"""The watch over pages and the accessibility check are trusted by every journey, so each is shown a bad page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

PAGE = '<!doctype html><html lang="en"><title>A</title><link rel="icon" href="data:,"><main><h1>A</h1>{}</main></html>'


@pytest.fixture
def show(page: Page, base_url: str) -> Callable[[str], Page]:
    """Shows a page of ours in the place of the site’s first one. (A fixture named `base_url` here would be that of the
    whole process, and the journeys that run after it would look for their site at its address.)"""

    def serve(body: str) -> Page:
        def answer(route: Route) -> None:
            if route.request.url == f"{base_url}/":
                route.fulfill(body=PAGE.format(body), content_type="text/html")
            else:
                route.fulfill(body="", content_type="text/plain")

        page.route("**/*", answer)
        page.goto("/")
        return page

    return serve


def test_a_quiet_page_passes(show: Callable[[str], Page], axe: Callable[[Page], None]) -> None:
    axe(show("<p>Words</p>"))


@pytest.mark.parametrize(
    ("body", "noted"),
    [
        ("<script>console.error('lost')</script>", "console: lost"),
        ("<script>throw new Error('torn')</script>", "script: torn"),
        ('<img src="http://elsewhere.test/a.png" alt="">', "loads from another host: http://elsewhere.test/a.png"),
    ],
)
def test_the_watch_notes(show: Callable[[str], Page], watch: object, body: str, noted: str) -> None:
    show(body)
    assert watch.seen == [noted]  # type: ignore[attr-defined]
    watch.seen.clear()  # type: ignore[attr-defined]


def test_axe_refuses_an_image_without_alt(show: Callable[[str], Page], axe: Callable[[Page], None]) -> None:
    page = show('<img src="data:," width="9" height="9">')
    with pytest.raises(AssertionError, match="image-alt"):
        axe(page)


def test_a_screenshot_is_kept_as_a_picture_if_it_is_asked_for(
    show: Callable[[str], Page],
    screenshot: Callable[[Page, str], None],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(request.config.option, "screenshots", str(tmp_path / "kept"))
    screenshot(show("<p>Words</p>"), "words")
    assert (tmp_path / "kept" / "words.png").read_bytes().startswith(b"\x89PNG")
