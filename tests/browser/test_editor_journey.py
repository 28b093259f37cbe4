"""An instructor writes in a real browser: flaws seen while typing, mended, reviewed, published, and asked."""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from quizapp import clock
from quizapp.db.models import BankMember, Content
from tests.browser.conftest import Site, Watch

SignIn = Callable[..., None]


def join(site: Site, email: str, role: str, bank: str = "nassa") -> None:
    """Make somebody a member of a bank, as its owner would."""
    person = site.person("instructor", email)
    with site._tables() as session:
        bank_id = session.execute(
            sa.select(Content.id).where(Content.kind == "bank", Content.slug == bank)
        ).scalar_one()
        if session.get(BankMember, (bank_id, person)) is None:
            session.add(BankMember(bank_id=bank_id, user_id=person, role=role, at=clock.now()))
            session.commit()


def rules(page: Page) -> list[str]:
    return page.locator(".findings .rule").all_inner_texts()


MOST_GESTURES = 33
"""Five minutes are three hundred seconds: at nine seconds for each field that is thought about, so many of them."""
MOST_FOR_A_CASE = 60
"""At five seconds each: most of a case is written before, and pasted field by field."""


class Gestures:
    """Counts what a hand does: clicks, choices, and a field typed as one. Signing in takes three."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 3

    def click(self, name: str, role: str = "button") -> None:
        self.count += 1
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]

    def type(self, field: str, text: str) -> None:
        self.count += 1
        self.page.locator(field).fill(text)

    def check(self, field: str) -> None:
        self.count += 1
        self.page.locator(field).check()

    def told(self, what: str) -> str:
        sentence = f"{what}, from sign-in to published: {self.count} gestures"
        print(sentence)
        return sentence

    def choose(self, field: str, value: str) -> None:
        self.count += 1
        self.page.locator(field).select_option(value)


def test_a_question_is_written_mended_reviewed_published_and_asked(
    page: Page, browser: Browser, site: Site, sign_in: SignIn, watch: Watch, axe: Callable[[Page], None],
    screenshot: Callable[[Page, str], None],
) -> None:  # fmt: skip
    join(site, "author@example.org", "author")
    join(site, "reviewer@example.org", "reviewer")
    sign_in(page, "instructor", email="author@example.org")
    page.goto("/author/")
    hand = Gestures(page)
    hand.click("Write a question", "link")
    hand.choose("#bank", "nassa")
    hand.choose("#objective", "LN3")
    hand.click("Write it")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"nassa-\d+"))
    hand.choose("#bloom", "understand")
    hand.choose("#difficulty", "easy")
    hand.type("#lead_in", "Which drug does not block the presynaptic brake on the release of noradrenaline?")
    options = (
        ("The selective serotonin reuptake inhibitor sertraline", "It acts on the transporter."),
        ("Mirtazapine", "It blocks α2-autoreceptors."),
        ("Mianserin", "It blocks α2-autoreceptors."),
        ("Idazoxan", "It blocks α2-receptors."),
    )
    for place, (text, why) in enumerate(options):
        hand.type(f"#options-{place}-text", text)
        hand.type(f"#options-{place}-why", why)
    hand.type("#take_home", "NaSSAs block the brake; SSRIs do not.")

    # Both flaws are seen while one types; one is mended by a click, the other by a shorter key.
    expect(page.locator(".findings .rule", has_text="negative-lead-in")).to_be_visible()
    assert {"long-key", "negative-lead-in"} <= set(rules(page))
    hand.click("Set it in bold")
    expect(page.locator("#lead_in")).to_have_value(re.compile(r"does \*\*not\*\* block"))
    expect(page.locator("#findings")).to_be_focused()
    hand.type("#options-0-text", "Sertraline")
    expect(page.locator(".findings .rule", has_text="long-key")).to_have_count(0)
    expect(page.locator(".preview .ask strong")).to_have_text("not")

    hand.type("#find-facts", "N12")
    hand.click("Add N12")
    hand.type("#find-references", "deboer-1996")
    hand.click("Add deboer-1996")
    hand.type("#review_by", "2027-11-01")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved", timeout=15_000)
    axe(page)
    screenshot(page, "editor-desk")
    hand.click("Ask for a review")
    expect(page.locator("[data-notices]")).to_contain_text("a review is asked for", timeout=15_000)
    address = page.url

    other = browser.new_context(base_url=site.url)
    reviewer = watch(other.new_page())
    sign_in(reviewer, "instructor", email="reviewer@example.org")
    reviewer.goto(address)
    hand.count += 1
    reviewer.get_by_role("button", name="Approve", exact=True).click()
    expect(reviewer.locator("[data-notices]")).to_contain_text("Approved", timeout=15_000)
    page.goto(address)
    hand.click("Publish")
    expect(page.locator("[data-notices]")).to_contain_text("Version 1 is published", timeout=15_000)
    told = hand.told("a single-best-answer question with two mended flaws")
    assert hand.count <= MOST_GESTURES, told

    learner = watch(browser.new_context(base_url=site.url).new_page())
    sign_in(learner, email="asked@example.org")
    assert is_asked(learner, "block the presynaptic brake")


def is_asked(page: Page, words: str) -> bool:
    """Whether an examination on its objective holds the question."""
    page.goto("/practice")
    page.locator("details:has(input[name=objective][value=LN3]) > summary").click()
    page.locator("input[name=objective][value=LN3]").check()
    page.get_by_label("How many questions?").fill("20")
    page.get_by_label("Use up new questions freely").check()
    page.locator("input[name=mode][value=exam]").check()
    page.locator("main button[value=start]").click()
    page.get_by_role("button", name="Start the clock").click()
    page.wait_for_url(re.compile(r"/session/\d+/\d+"))
    for number in range(2, 22):
        if words in page.locator("main").inner_text():
            return True
        page.get_by_role("navigation", name="Questions of this exam").get_by_role("button").nth(number - 1).click()
        expect(page.locator(".top .place")).to_contain_text(f"{number} of")
    return False


def test_a_case_of_three_parts_is_written_with_the_keyboard_alone(
    page: Page, site: Site, sign_in: SignIn, axe: Callable[[Page], None]
) -> None:
    join(site, "author@example.org", "author")
    sign_in(page, "instructor", email="author@example.org")
    page.goto("/author/items/new")
    page.locator("#bank").select_option("nassa")
    page.locator("input[name=type][value=case]").focus()
    page.keyboard.press("Space")
    page.locator("[data-begin]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"nassa-\d+"))

    def active() -> str:
        return str(page.evaluate("document.activeElement.id"))

    def add_part(kind: str) -> None:
        page.locator("#new-part").focus()
        page.keyboard.type(kind)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")

    for place, kind in enumerate(("Single", "True", "Short")):
        add_part(kind)
        expect(page.locator(".part-edit")).to_have_count(place + 1)
        expect(page.locator(f"#parts-{place}")).to_be_visible()
        # Into the new part, as soon as it has been drawn.
        page.wait_for_function("place => document.activeElement.id.startsWith(`parts-${place}-`)", arg=place)
        page.locator(f"#parts-{place}-lead_in").focus()
        page.keyboard.type(f"Question {place + 1}?")
    page.locator("#stem").focus()
    page.keyboard.type("A woman of 40 takes mirtazapine.")

    # Rows of a part: added below, moved up with what is written, taken away and put back.
    page.locator("#parts-0-options-1-text").focus()
    page.keyboard.press("Alt+n")
    assert active() == "parts-0-options-2-text"
    page.keyboard.type("The new one")
    page.keyboard.press("Alt+ArrowUp")
    assert active() == "parts-0-options-1-text"
    page.keyboard.press("Alt+k")
    expect(page.locator("#parts-0-options-1-key")).to_be_checked()
    expect(page.locator("#parts-0-options-0-key")).not_to_be_checked()
    assert page.locator("input[name=parts-0-options-1-id]").input_value() == "f"
    page.locator("#parts-0-options-1 [data-row-do=remove]").last.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#parts-0-options-1-text")).to_have_value("")
    page.get_by_role("button", name="Put it back").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#parts-0-options-1-text")).to_have_value("The new one")

    # A part moves with all that is in it; the preview follows; what is open leads to its field.
    page.locator("#parts-1 > .row-tools [value^=up]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#parts-0-lead_in")).to_have_value("Question 2?")
    expect(page.locator("#parts-1-options-1-text")).to_have_value("The new one")
    expect(page.locator(".preview-part .ask").nth(2)).to_have_text("Question 3?")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved", timeout=15_000)
    page.keyboard.press("Alt+j")
    assert active() == "findings"
    page.reload()  # rows in which nobody wrote anything are not kept
    expect(page.locator("#parts-1-options-0-text")).to_have_value("The new one")
    expect(page.locator("[data-notices]")).not_to_contain_text("never saved")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_is_typed_outlives_the_connection_and_the_sign_in(
    page: Page, site: Site, sign_in: SignIn, watch: Watch
) -> None:
    join(site, "author@example.org", "author")
    sign_in(page, "instructor", email="author@example.org")
    page.goto("/author/items/new")
    page.locator("#bank").select_option("nassa")
    page.locator("[data-begin]").click()
    page.locator("#stem").fill("Typed with a connection.")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved", timeout=15_000)
    address = page.url

    page.context.set_offline(offline=True)
    page.locator("#stem").fill("Typed without a connection.")
    expect(page.locator("[data-save-state]")).to_contain_text("no connection", timeout=15_000)
    page.context.set_offline(offline=False)
    expect(page.locator("[data-save-state]")).to_contain_text("Saved", timeout=15_000)

    # The sign-in ends; the text stays on the device and is offered after signing in again.
    page.context.clear_cookies()
    page.locator("#stem").fill("Typed after the sign-in had ended.")
    expect(page.locator("[data-save-state]")).to_contain_text("no longer signed in", timeout=15_000)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/login")
    sign_in(page, "instructor", email="author@example.org")
    page.goto(address)
    expect(page.locator("#stem")).to_have_value("Typed without a connection.")
    page.get_by_role("button", name="Bring it back").click()
    expect(page.locator("#stem")).to_have_value("Typed after the sign-in had ended.")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved", timeout=15_000)
    watch.seen.clear()  # the browser logs every answer that did not come


VIGNETTE = (
    "A 44-year-old woman is seen in an outpatient clinic two weeks after starting mirtazapine. She sleeps through and "
    "has gained three kilograms; her mood has not changed."
)


def test_a_case_of_three_parts_is_written_mended_reviewed_and_published(
    page: Page, browser: Browser, site: Site, sign_in: SignIn, watch: Watch
) -> None:
    join(site, "author@example.org", "author")
    join(site, "reviewer@example.org", "reviewer")
    sign_in(page, "instructor", email="author@example.org")
    page.goto("/author/")
    hand = Gestures(page)
    hand.click("Write a question", "link")
    hand.choose("#bank", "nassa")
    hand.choose("#objective", "LN3")
    hand.check("input[name=type][value=case]")
    hand.click("Write it")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"nassa-\d+"))
    hand.choose("#bloom", "apply")
    hand.choose("#difficulty", "medium")
    hand.type("#stem", VIGNETTE)
    for place, kind in enumerate(("single_best_answer", "true_false", "true_false")):
        hand.choose("#new-part", kind)
        hand.click("Add a part")
        expect(page.locator(f"#parts-{place}-lead_in")).to_be_visible()
        hand.choose(f"#parts-{place}-objective", "LN3")
    hand.type("#parts-0-lead_in", "Which of these does not explain her sleep?")
    options = (
        ("The transporter of serotonin, which the drug leaves alone from the first tablet on", "It is not its target."),
        ("Blockade of H1 receptors", "It makes one sleepy."),
        ("Blockade of 5-HT2 receptors", "It deepens sleep."),
    )
    for row, (text, why) in enumerate(options):
        hand.type(f"#parts-0-options-{row}-text", text)
        hand.type(f"#parts-0-options-{row}-why", why)
    statements = ("Her mood can still be expected to change.", "H1 receptors have to do with her appetite.")
    for place, statement in enumerate(statements, 1):
        hand.type(f"#parts-{place}-lead_in", statement)
        hand.choose(f"#parts-{place}-answer", "true")
        hand.type(f"#parts-{place}-why_true", "So it is.")
        hand.type(f"#parts-{place}-why_false", "It only looks so.")
    for place in range(3):
        hand.type(f"#parts-{place}-take_home", f"What it blocks explains what she feels ({place + 1}).")

    expect(page.locator(".findings .rule", has_text="negative-lead-in")).to_be_visible(timeout=15_000)
    assert {"long-key", "negative-lead-in"} <= set(rules(page))
    hand.click("Set it in bold")
    expect(page.locator("#parts-0-lead_in")).to_have_value("Which of these does **not** explain her sleep?")
    hand.type("#parts-0-options-0-text", "Blockade of the transporter")
    expect(page.locator(".findings .rule", has_text="long-key")).to_have_count(0)

    hand.type("#find-facts", "N12")
    hand.click("Add N12")
    hand.type("#find-references", "deboer-1996")
    hand.click("Add deboer-1996")
    hand.type("#review_by", "2027-11-01")
    hand.click("Ask for a review")
    expect(page.locator("[data-notices]")).to_contain_text("a review is asked for", timeout=15_000)
    address = page.url
    reviewer = watch(browser.new_context(base_url=site.url).new_page())
    sign_in(reviewer, "instructor", email="reviewer@example.org")
    reviewer.goto(address)
    hand.count += 1
    reviewer.get_by_role("button", name="Approve", exact=True).click()
    expect(reviewer.locator("[data-notices]")).to_contain_text("Approved", timeout=15_000)
    page.goto(address)
    hand.click("Publish")
    expect(page.locator("[data-notices]")).to_contain_text("Version 1 is published", timeout=15_000)
    told = hand.told("a case of three parts with two mended flaws")
    assert hand.count <= MOST_FOR_A_CASE, told


def test_without_scripts_a_draft_goes_to_its_readers(browser: Browser, site: Site, sign_in: SignIn) -> None:
    """Every step is a form of its own; nothing that is typed gets lost between them."""
    join(site, "owner@example.org", "owner", "trd")
    page = browser.new_context(base_url=site.url, java_script_enabled=False).new_page()
    sign_in(page, "instructor", email="owner@example.org")
    page.goto("/author/items/new")
    page.locator("#bank").select_option("trd")
    page.locator("#objective").select_option(index=1)
    page.locator("[data-begin]").click()
    address = page.url
    page.locator("summary", has_text="Paste a question").click()
    page.locator("#paste").fill(
        "A 50-year-old man is seen in a clinic; his second antidepressant has not helped in six weeks.\n"
        "Which finding does not speak against resistance in this man?\n"
        "A. A dose below the minimum\nB. A response in writing *\nC. Missed tablets\nD. A trial of two weeks"
    )
    page.get_by_role("button", name="Read it into the form").click()
    expect(page.locator("#options-1-text")).to_have_value("A response in writing")
    expect(page.locator("#options-1-key")).to_be_checked()
    page.locator("#bloom").select_option("apply")
    page.locator("#difficulty").select_option("medium")
    for row in range(4):
        page.locator(f"#options-{row}-why").fill(f"So it is with number {row + 1}.")
    page.locator("#take_home").fill("First see whether the trial was one.")
    page.locator("#review_by").fill("2027-11-01")
    page.get_by_role("button", name="Check it").click()
    page.get_by_role("button", name="Set it in bold").click()
    expect(page.locator("#lead_in")).to_have_value(re.compile(r"\*\*not\*\*"))
    for name, words in (("facts", "T01"), ("references", "sforzini-2022")):
        page.locator(f"#find-{name}").fill(words)
        page.locator(f"#find-{name} + button").click()
        page.get_by_role("button", name=re.compile(f"^Add {words}")).first.click()
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator("[data-notices]")).to_contain_text("Saved")
    page.get_by_role("link", name="Review", exact=True).click()
    expect(page.locator("main")).to_contain_text("Nothing. It could be published as it is.")
    page.locator("#alone").fill("Nobody else works on this bank in the test.")
    page.get_by_role("button", name="Approve", exact=True).click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("[data-notices]")).to_contain_text("Version 1 is published")
    page.goto(address)
    expect(page.locator(".about b").first).to_have_text("Published")


FROM_WORD = (
    '<html><body><p class=MsoNormal><span style="font-family:Calibri">Which receptor lets him sleep?</span></p>'
    "<p class=MsoListParagraph>A. 5-HT3</p><p class=MsoListParagraph><b>B. H1</b></p>"
    "<p class=MsoListParagraph>C. α2</p></body></html>"
)
PASTE = """([field, html, text]) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", text);
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def test_a_paste_from_word_goes_into_an_open_editor(page: Page, site: Site, sign_in: SignIn) -> None:
    join(site, "author@example.org", "author")
    sign_in(page, "instructor", email="author@example.org")
    page.goto("/author/items/new")
    page.locator("#bank").select_option("nassa")
    page.locator("[data-begin]").click()
    page.locator("summary", has_text="Paste a question").click()
    field = page.locator("#paste")
    field.focus()
    page.evaluate(PASTE, [field.element_handle(), FROM_WORD, "never used: bold marks the key"])
    expect(field).to_have_value(re.compile(r"\*\*B\. H1\*\*"))
    page.get_by_role("button", name="Read it into the form").click()
    expect(page.locator("#options-1-text")).to_have_value("H1")
    expect(page.locator("#options-1-key")).to_be_checked()
    expect(page.locator("#lead_in")).to_have_value("Which receptor lets him sleep?")
    expect(page.locator("#paste")).to_have_value("")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved", timeout=15_000)
    page.reload()
    expect(page.locator("#options-1-text")).to_have_value("H1")
