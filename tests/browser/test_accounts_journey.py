"""Signing in as people do it in a browser: with the keyboard alone, with a phone's codes, with passkeys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from passlib.totp import TOTP
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import SCHEMES, Watch
from tests.people import PASSWORD

SignIn = Callable[..., None]
PAGES = (
    "/settings",
    "/settings/sign-in",
    "/change",
    "/tf-setup",
    "/mf-recovery-codes",
    "/wan-register",
    "/password-again",
)
VISITORS_PAGES = ("/login", "/register", "/reset", "/confirm", "/wan-signin")


@pytest.fixture
def authenticator(page: Page) -> Iterator[Any]:
    """A device that holds passkeys and recognises its owner at once."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    added = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    yield lambda command, **values: session.send(
        f"WebAuthn.{command}", {"authenticatorId": added["authenticatorId"], **values}
    )
    session.detach()


def sign_out(page: Page) -> None:
    page.goto("/settings/sign-in")
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/login")


def tab_to(page: Page, role: str, name: str) -> None:
    """Press Tab until the control with this name has the focus."""
    wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach the {role} “{name}”")


def enter_password(page: Page, email: str) -> None:
    page.goto("/login")
    tab_to(page, "textbox", "Email address")
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def add_passkey(page: Page, name: str, purpose: str) -> None:
    page.goto("/wan-register")
    page.get_by_label("Name of the passkey").fill(name)
    page.get_by_label(purpose).check()
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/settings/sign-in")
    expect(page.get_by_role("status").first).to_contain_text(f"The passkey “{name}” is added.")


def test_a_passkey_signs_in_without_a_password(page: Page, sign_in: SignIn, authenticator: Any) -> None:
    sign_in(page, email="passkey@example.org")
    add_passkey(page, "My phone", "Signing in with it alone")
    expect(page.get_by_text("Signs you in on its own.")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/")
    page.goto("/settings/sign-in")
    expect(page.get_by_text("You sign in as passkey@example.org")).to_be_visible()
    page.get_by_role("button", name="Remove the passkey My phone").click()
    expect(page.get_by_role("status").first).to_contain_text("is removed")
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("status").first).to_contain_text("This passkey is not known here.")


def test_a_passkey_is_the_second_step(page: Page, sign_in: SignIn, authenticator: Any) -> None:
    email = "second-step@example.org"
    sign_in(page, email=email)
    add_passkey(page, "Key ring", "A second step after the password")
    sign_out(page)
    enter_password(page, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm with your passkey")
    page.get_by_role("button", name="Use the passkey").click()
    page.wait_for_url("**/")
    page.goto("/settings")
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")


def test_a_device_that_does_not_recognise_its_owner_lets_nobody_in(
    page: Page, sign_in: SignIn, authenticator: Any
) -> None:
    sign_in(page, email="stranger@example.org")
    add_passkey(page, "My phone", "Signing in with it alone")
    sign_out(page)
    authenticator("setUserVerified", isUserVerified=False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_focused()
    expect(page.locator("[data-passkey-state]")).to_contain_text("Your device")
    authenticator("setUserVerified", isUserVerified=True)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def test_the_phone_s_codes_are_set_up_and_used_with_the_keyboard_alone(page: Page, sign_in: SignIn) -> None:
    email = "keyboard@example.org"
    sign_in(page, email=email)
    page.goto("/tf-setup")
    tab_to(page, "button", "Set it up")
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Scan this code")
    expect(page.get_by_role("img", name="Code to scan with the authenticator app")).to_be_visible()
    app = TOTP(key=re.sub(r"[\s-]", "", page.locator("main code").inner_text()))
    tab_to(page, "textbox", "Code")
    page.keyboard.type(app.generate().token)
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/sign-in")
    tab_to(page, "link", "Make recovery codes")
    page.keyboard.press("Enter")
    tab_to(page, "button", "Make new codes")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("Keep these codes")
    code = page.locator("main code").first.inner_text()
    sign_out(page)
    enter_password(page, email)
    expect(heading).to_have_text("Enter the code")
    tab_to(page, "link", "Use a recovery code")
    page.keyboard.press("Enter")
    tab_to(page, "textbox", "Code")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def test_what_stands_in_the_way_is_read_out_first(page: Page) -> None:
    page.goto("/register")
    page.get_by_label("Email address").fill("new@example.org")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("Password, once more").fill("short")
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()


def test_the_browser_s_time_zone_is_suggested_and_kept_only_when_saved(
    page: Page, sign_in: SignIn, browser: Any, base_url: str, watch: Callable[[Page], Page]
) -> None:
    context: BrowserContext = browser.new_context(base_url=base_url, timezone_id="America/Lima")
    away = watch(context.new_page())
    sign_in(away, email="traveller@example.org")
    away.goto("/settings")
    expect(away.get_by_label("Time zone")).to_have_value("America/Lima")
    away.get_by_label("Time zone").select_option("Asia/Tokyo")
    away.get_by_role("button", name="Save the settings").click()
    away.goto("/settings")
    expect(away.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_can_be_read_by_everybody(
    browser: Browser,
    base_url: str,
    sign_in: SignIn,
    axe: Callable[..., None],
    screenshot: Callable[[Page, str], None],
    watch: Watch,
    width: int,
) -> None:
    # Without movement: a colour that is still changing from one scheme to the other is in neither.
    context = browser.new_context(base_url=base_url, viewport={"width": width, "height": 844}, reduced_motion="reduce")
    page = watch(context.new_page())

    def look(name: str) -> None:
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            axe(page, only_colours=scheme == "dark")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} scrolls sideways"
            screenshot(page, f"account-{name}-{width}-{scheme}")

    for address in VISITORS_PAGES:
        page.goto(address)
        look(address.strip("/"))
    sign_in(page, email=f"reader-{width}@example.org")
    for address in PAGES:
        page.goto(address)
        look(address.strip("/").replace("/", "-"))
    page.goto("/tf-setup")
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Scan this code")
    look("tf-code")
    page.goto("/settings")
    page.get_by_label("Minutes of study a day").fill("300")
    page.get_by_label("Minutes of study a day").evaluate("input => input.form.noValidate = true")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_role("alert")).to_be_focused()
    (refused,) = watch.seen
    assert "422" in refused
    watch.seen.clear()
    look("settings-wrong")
    context.close()
