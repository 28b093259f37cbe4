"""The learner’s first hour in a real browser: with the keyboard alone, without scripts, on a phone, in the dark."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import SCHEMES, WIDTHS, Site, Watch
from tests.browser.test_accounts_journey import enter_password

SignIn = Callable[..., None]


def begin(page: Page, sign_in: SignIn, email: str) -> None:
    """Sign in as somebody who has made the first choice."""
    sign_in(page, email=email)
    page.goto("/")
    if page.get_by_role("heading", level=1).inner_text() == "How would you like to begin?":
        page.get_by_role("button", name="Begin with questions").click()


def start_block(page: Page, *, size: int = 2, exam: bool = False) -> None:
    """Build a block and go to its first question; an exam passes by the page before its clock."""
    page.goto("/practice")
    page.get_by_label("How many questions?").fill(str(size))
    page.get_by_label("Use up new questions freely").check()
    if exam:
        page.locator("input[name=mode][value=exam]").check()
    page.locator("main button[value=start]").click()
    if exam:
        page.get_by_role("button", name="Start the clock").click()
    page.wait_for_url(re.compile(r"/session/\d+/\d+"))


def answer_anything(page: Page, *, scripted: bool = True) -> None:
    """Fill the form of a question of any type with something that can be marked.

    Where scripts run, the lists of an ordering are hidden behind its buttons and are set behind their back.
    """
    form = page.locator("form#answer")
    for name in {radio.get_attribute("name") for radio in form.locator("input[type=radio]").all()}:
        form.locator(f"input[type=radio][name='{name}']").first.check(force=True)
    for box in form.locator("input[type=checkbox]").all()[:2]:
        box.check(force=True)
    for text in form.locator("input[type=text]").all():
        text.fill("7")
    for number, select in enumerate(form.locator("select").all(), start=1):
        if scripted:
            select.evaluate("(box, n) => { box.selectedIndex = Math.min(n, box.options.length - 1); }", number)
        else:
            select.select_option(index=min(number, select.locator("option").count() - 1))


def go_to_options(page: Page, leave: Callable[[], None]) -> None:
    """Go on until a single best answer is on the screen; `leave` takes one from a question to the next.

    A question is there when its number is: the address may change a moment before the page does.
    """
    for number in itertools.count(1):
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"Question {number}")
        if page.locator(".opt:has(input[type=radio]) button[name=strike]").count():
            return
        leave()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control with this name has the focus; of a button, name and value."""
    here = "(({name, value, type}) => (type === 'submit' ? `${name}=${value}` : name))(document.activeElement)"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(here) == name:
            return
    pytest.fail(f"Tab does not reach {name}.")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.innerText"))


def test_from_signing_in_to_the_result_with_the_keyboard_alone(page: Page, site: Site) -> None:
    site.person("student", "keys@example.org")
    enter_password(page, "keys@example.org")
    page.get_by_role("button", name="Begin with questions").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What do I know already?")
    page.goto("/practice")
    page.get_by_label("How many questions?").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    page.get_by_label("Use up new questions freely").focus()
    page.keyboard.press("Space")
    page.locator("main button[value=start]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/session/\d+/0"))
    for _ in range(12):  # a case has several parts
        expect(page.get_by_role("heading", level=1)).to_contain_text("Question")
        answer_anything(page)
        page.get_by_role("heading", level=1).focus()
        page.keyboard.press("w")
        page.wait_for_url(re.compile(r"/feedback"))
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_be_focused()
        assert focused(page).split("\n")[0] in {"Right", "Not right", "Partly right"}
        page.wait_for_timeout(450)  # Enter goes on only after a moment, so that one press is not two
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/feedback" not in url)
        if "/results" in page.url:
            break
    expect(page).to_have_url(re.compile(r"/results"))


def test_digits_choose_and_question_mark_lists_the_keys(page: Page, sign_in: SignIn) -> None:
    begin(page, sign_in, "digits@example.org")
    start_block(page, size=15)

    def leave() -> None:
        answer_anything(page)
        page.locator("button[value=guess]").click()
        page.locator("[data-go-on]").click()

    go_to_options(page, leave)
    page.get_by_role("heading", level=1).focus()
    page.keyboard.press("2")
    assert page.locator("input[name=choice]").nth(1).is_checked()
    with page.expect_response(re.compile("/answer")) as kept:
        page.keyboard.press("Shift+Digit1")
    assert kept.value.ok
    page.reload()
    expect(page.locator(".opt.out")).to_have_count(1)
    page.get_by_role("heading", level=1).focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_patient_is_staged_with_the_keyboard_alone(page: Page, sign_in: SignIn) -> None:
    begin(page, sign_in, "stage@example.org")
    page.goto("/stage")
    typed = {
        "months": "8",
        "severity": "Mod",
        "trials-0-drug": "Sert",
        "trials-0-weeks": "8",
        "trials-0-outcome": "No r",
    }
    for name, keys in {**typed, "trials-0-dose_reached": "Y", "trials-0-taken": "Y", "do=add": ""}.items():
        tab_to(page, name)
        page.keyboard.type(keys)
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Trial 3")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # removes the trial
    expect(page.get_by_role("group", name="Trial 2")).to_be_focused()
    expect(page.get_by_role("group", name="Trial 3")).to_have_count(0)
    tab_to(page, "ect")
    page.keyboard.type("Not")
    tab_to(page, "do=stage")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="By four models")).to_be_focused()
    assert page.locator(".models h3").all_inner_texts() == [
        "Thase–Rush I",
        "MGH-S 1",
        "MSM 5, mild",
        "European A, non-responder",
    ]


def test_everything_works_without_scripts(browser: Browser, base_url: str, sign_in: SignIn, watch: Watch) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = watch(context.new_page())
    begin(page, sign_in, "plain@example.org")
    page.goto("/lessons/nassa-mechanism")
    page.get_by_role("button", name="Answer it").first.click()
    answer_anything(page, scripted=False)
    page.locator("button[value=sure]").click()
    expect(page).to_have_url(re.compile(r"/feedback"))
    start_block(page, size=2)
    for _ in range(8):  # a case has several parts
        answer_anything(page, scripted=False)
        page.locator("button[value=fairly_sure]").click()
        expect(page).to_have_url(re.compile(r"/feedback"))
        page.locator("[data-go-on]").click()
        if "/results" in page.url:
            break
    expect(page).to_have_url(re.compile(r"/results"))
    context.close()


def test_an_exam_saves_each_choice_and_goes_on_elsewhere(
    page: Page, browser: Browser, base_url: str, sign_in: SignIn, watch: Watch
) -> None:
    begin(page, sign_in, "exam@example.org")
    start_block(page, size=8, exam=True)
    go_to_options(page, page.get_by_role("button", name="Save and go on").click)
    with page.expect_response(re.compile("/save")) as saving:
        page.locator("ol.options label").first.click()
    assert saving.value.ok
    expect(page.locator("[data-saved]")).to_contain_text("Saved")
    where = page.url
    other = browser.new_context(base_url=base_url)
    elsewhere = watch(other.new_page())
    sign_in(elsewhere, email="exam@example.org")
    elsewhere.goto(where)
    assert elsewhere.locator("input[name=choice]").first.is_checked()
    elsewhere.get_by_role("button", name="Look over and hand in").click()
    elsewhere.get_by_role("button", name="Hand in", exact=True).click()
    expect(elsewhere).to_have_url(re.compile(r"/results"))
    other.close()


def test_a_choice_made_without_a_connection_is_kept_and_sent_later(
    page: Page, context: BrowserContext, sign_in: SignIn, watch: Watch
) -> None:
    begin(page, sign_in, "offline@example.org")
    start_block(page, size=8, exam=True)
    go_to_options(page, page.get_by_role("button", name="Save and go on").click)
    context.set_offline(offline=True)
    page.locator("ol.options label").nth(1).click()
    expect(page.locator("[data-saved]")).to_contain_text("Not saved yet")
    with page.expect_response(re.compile("/save")) as saving:
        context.set_offline(offline=False)
    assert saving.value.ok
    page.reload()
    assert page.locator("input[name=choice]").nth(1).is_checked()
    watch.seen = [line for line in watch.seen if "ERR_INTERNET_DISCONNECTED" not in line]  # provoked above


@pytest.mark.parametrize("size", WIDTHS)
def test_every_page_of_the_first_hour_is_accessible_and_fits(
    browser: Browser,
    base_url: str,
    site: Site,
    sign_in: SignIn,
    watch: Watch,
    axe: Callable[..., None],
    screenshot: Callable[[Page, str], None],
    size: str,
) -> None:
    # Without movement: a colour that is still changing from one scheme to the other is in neither.
    context = browser.new_context(base_url=base_url, viewport=WIDTHS[size], reduced_motion="reduce")
    page = watch(context.new_page())
    email = f"{size}@example.org"

    def look(name: str) -> None:
        page.wait_for_load_state("load")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.evaluate("document.fonts.ready")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{page.url} is {wide} px wider than the screen"
            # The schemes are one sheet with two values for each colour (`light-dark()` in tokens.css).
            axe(page, only_colours=scheme == "dark")
            screenshot(page, f"{name}-{size}-{scheme}")

    sign_in(page, email=email)
    page.goto("/")
    look("first-run")
    page.get_by_role("button", name="Begin with questions").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What do I know already?")
    for name, path in {
        "today": "/",
        "lessons": "/lessons",
        "lesson": "/lessons/nassa-mechanism",
        "figure": "/figures/nassa-synapse",
        "evidence": "/evidence/N12",
        "stage": "/stage",
        "staged": "/stage?example=1",
        "search": "/search?q=serotonin",
        "practice": "/practice",
        "placement": "/placement",
        "lesson-practice": "/practice/lessons/staging",
        "no-progress": "/progress",
        "no-errors": "/errors",
        "sessions": "/sessions",
        "settings": "/settings",
        "missing": "/nothing-here",
    }.items():
        page.goto(path)
        look(name)
    watch.seen = [line for line in watch.seen if "404" not in line]  # the page asked for on purpose
    site.cover(email)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("All covered. Next: ")
    page.locator("summary").all()[-1].click()
    look("covered")
    site.pass_exam_date(email)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Psychiatry final is over")
    look("exam-over")
    start_block(page, size=2)
    look("question")
    answer_anything(page)
    page.locator("button[value=sure]").click()
    page.wait_for_url(re.compile(r"/feedback"))
    look("feedback")
    start_block(page, size=3, exam=True)
    look("exam")
    page.get_by_role("button", name="Look over and hand in").click()
    look("look-over")
    page.get_by_role("button", name="Hand in", exact=True).click()
    look("results")
    for name in ("progress", "errors"):
        page.goto(f"/{name}")
        for fold in page.locator("main details").all():
            fold.evaluate("fold => { fold.open = true; }")
        look(name)
    page.goto("/progress")
    page.locator(".objective-row:has(details) .what a").first.click()
    page.wait_for_url(re.compile(r"/progress/objectives/"))
    look("objective")
    context.close()
