"""Credit in a real browser, as a physician who is new to it: from the list of activities to a certificate that anybody
can verify; at a desk and on a phone."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.browser.conftest import WIDTHS, Site, Watch

SignIn = Callable[..., None]
Axe = Callable[..., None]
Screenshot = Callable[[Page, str], None]
FITS = "document.documentElement.scrollWidth <= innerWidth"
JUDGE = """async tokens => {
  // Nothing of ours: the standards of JSON Web Signature and Key, and the cryptography of the browser.
  const plain = text => atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = text => Uint8Array.from(plain(text), sign => sign.charCodeAt(0));
  const judge = async token => {
    try {
      const [header, body, signature] = token.split(".");
      const told = JSON.parse(new TextDecoder().decode(bytes(header)));
      if (told.alg !== "Ed25519" || told.typ !== "vc+jwt") return "of another kind";
      const {kty, crv, x} = await (await fetch("/verify/keys/" + told.kid.split("/").pop())).json();
      const key = await crypto.subtle.importKey("jwk", {kty, crv, x}, "Ed25519", false, ["verify"]);
      const signed = new TextEncoder().encode(header + "." + body);
      if (!await crypto.subtle.verify("Ed25519", key, bytes(signature), signed)) return "altered";
      return JSON.parse(new TextDecoder().decode(bytes(body))).id;
    } catch (error) { return "unreadable"; }
  };
  return Promise.all(tokens.map(judge));
}"""


def answer_test(page: Page, site: Site, *, right: bool = True) -> None:
    """Answer every question of the test on the screen, with the keyboard, and hand it in."""
    while page.locator("form.question").count():
        action = page.locator("form.question").get_attribute("action") or ""
        presentation_id = int(re.findall(r"/question/(\d+)/", action)[0])
        choice = page.locator(f'input[name="choice"][value="{site.right_choice(presentation_id, right=right)}"]')
        choice.focus()
        page.keyboard.press("Space")
        expect(choice).to_be_checked()
        last = page.get_by_role("button", name="Save and look over")
        go = last if last.count() else page.get_by_role("button", name="Save and go on")
        before = page.url
        go.press("Enter")
        page.wait_for_url(lambda url, before=before: url != before)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("button", name="Hand in", exact=True).press("Enter")


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_from_the_list_of_activities_to_a_certificate_that_verifies(
    browser: Browser,
    base_url: str,
    site: Site,
    sign_in: SignIn,
    axe: Axe,
    watch: Watch,
    screenshot: Screenshot,
    width: str,
    tmp_path: Path,
) -> None:
    slug, email = site.offer_credit(), f"physician-{width}@example.org"
    context = browser.new_context(base_url=base_url, viewport=WIDTHS[width], accept_downloads=True)
    page = watch(context.new_page())
    sign_in(page, email=email)

    def look(name: str) -> None:
        axe(page)
        assert page.evaluate(FITS), f"{name} is wider than the screen"
        screenshot(page, f"credit-{name}-{width}")

    page.goto("/credit/")
    page.get_by_role("link", name="How NaSSAs act").first.click()
    look("activity")
    page.goto(f"/credit/activities/{slug}")
    page.get_by_role("link", name="Enrol", exact=True).press("Enter")
    expect(page.get_by_label("National Provider Identifier (NPI)")).to_be_hidden()
    page.get_by_label("Name", exact=True).fill("Dr 😀")
    page.get_by_role("combobox", name="Profession").select_option("physician")
    expect(page.get_by_label("National Provider Identifier (NPI)")).to_be_visible()
    page.get_by_label("National Provider Identifier (NPI)").fill("1234567890")
    page.get_by_role("button", name="Enrol").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("No font of ours has the sign 😀")
    expect(page.get_by_label("National Provider Identifier (NPI)")).to_have_value("1234567890")
    look("enrol-refused")
    forgive(watch)
    page.get_by_label("Name", exact=True).fill("Δρ. Άννα Müller 王小明")
    page.get_by_label("Given name", exact=True).fill("Άννα")
    page.get_by_label("Family name", exact=True).fill("Müller")
    page.get_by_label("National Provider Identifier (NPI)").fill("1234567893")
    page.get_by_label("Month of birth", exact=True).select_option("2")
    page.get_by_label("Day of birth", exact=True).fill("29")
    page.get_by_role("checkbox").check()
    look("enrol")
    page.get_by_role("button", name="Enrol").press("Enter")
    expect(page.locator("main")).to_contain_text("You are enrolled in")
    site.enrolled_earlier(email, hours=3)
    look("enrolled")

    page.get_by_role("button", name="Answer some questions first").press("Enter")
    page.wait_for_url("**/session/**")
    answer_test(page, site, right=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Before the lesson")
    look("before")
    page.get_by_role("button", name="Read the lesson").press("Enter")
    page.wait_for_url("**/lesson")
    with page.expect_response(lambda response: response.url.endswith("/time")) as beat:
        page.mouse.wheel(0, 600)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert beat.value.ok
    look("lesson")
    page.get_by_role("button", name="I have read it: back to the activity").press("Enter")
    page.get_by_role("button", name="Begin the test").press("Enter")
    page.wait_for_url("**/session/**")
    look("question")
    answer_test(page, site)
    expect(page.get_by_role("heading", level=1)).to_have_text("Passed")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    look("result")

    page.get_by_role("link", name="Evaluate the activity").press("Enter")
    page.get_by_role("button", name="Send the evaluation").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Please mend these")
    look("evaluation-refused")
    forgive(watch)
    page.get_by_label("All of them").check()
    page.get_by_label("What will you change in your practice?").fill("Ask about sedation before the dose is raised.")
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Send the evaluation").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Claim your credit")
    look("time")
    page.get_by_label("How many minutes did it take you?").fill("50")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Go on").press("Enter")
    claim = page.get_by_role("combobox")
    expect(claim).to_have_value("0.75")
    expect(page.locator("main")).to_contain_text("At most 0.75: 50 minutes stand for it, and 1 was designated.")
    look("claim")
    page.get_by_role("button", name="Claim and make the certificate").press("Enter")
    expect(page.locator("main")).to_contain_text("your certificate is made")
    look("claimed")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download the certificate").click()
    document = Path(download.value.path()).read_bytes()
    page.get_by_role("link", name="See what it shows").press("Enter")
    expect(page.locator("main")).to_contain_text("is good")
    expect(page.locator("main")).to_contain_text("Δρ. Άννα Müller 王小明")
    look("verified")
    code = page.url.rpartition("/")[2]

    anybody = watch(browser.new_context(base_url=base_url, viewport=WIDTHS[width]).new_page())
    anybody.goto("/verify")
    axe(anybody)
    screenshot(anybody, f"credit-verify-{width}")
    anybody.get_by_label("Code").fill(code.replace("-", " ").lower())
    anybody.get_by_role("button", name="See what it must show").press("Enter")
    expect(anybody.locator("main")).to_contain_text("0.75 sample credits")
    files = {"certificate.pdf": document}
    for name, address in (("keys.json", "/verify/keys.json"), ("status.jwt", "/verify/status")):
        files[name] = anybody.request.get(address).body()
    for name, held in files.items():
        (tmp_path / name).write_bytes(held)
    named = [str(tmp_path / name) for name in files]
    told = site.run("cme", "verify", named[0], "--keys", named[1], "--status", named[2])
    assert told.startswith("VALID: The certificate is what its provider issued. Revocation checked")
    assert f"code: {code}" in told
    assert "credits: 0.75" in told
    if width == "desk":
        (attached,) = PdfFileReader(BytesIO(document)).root["/AF"]
        token = attached.get_object()["/EF"]["/F"].get_object().data.decode()
        chance = random.Random(1)
        places = chance.sample(range(token.index("."), len(token) - 1), 100)
        altered = [f"{token[:at]}{'B' if token[at] == 'A' else 'A'}{token[at + 1 :]}" for at in places]
        good, *others = anybody.evaluate(JUDGE, [token, *altered])
        assert good.endswith(f"/verify/{code}")
        assert set(others) <= {"altered", "unreadable"}
        assert len(others) == 100
    page.goto("/credit/profile")
    expect(page.get_by_label("National Provider Identifier (NPI)")).to_have_value("1234567893")
    look("profile")
    page.get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    context.close()


def forgive(watch: Watch) -> None:
    """A form was handed back on purpose, which the browser notes."""
    (refused,) = watch.seen
    assert "422" in refused
    watch.seen.clear()
