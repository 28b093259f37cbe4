"""How questions are answered in a browser: by pointer, by keys, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from quizapp import itemtypes, paths
from quizapp.core.grading import Grade, NotGradable
from quizapp.itemtypes import Example
from quizapp.itemtypes.samples import answer_of, presented
from tests.browser.conftest import Watch
from tests.faces import rendered

STYLES = ("tokens", "base", "parts", "pages", "faces")
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"
FRAME = f"""<!doctype html><html lang="en-GB" data-theme="{{theme}}"><head>
<meta charset="utf-8"><title>Question 1</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
{"".join(f'<link rel="stylesheet" href="/static/css/{name}.css">' for name in STYLES)}
<script type="module" src="/static/js/question.js"></script></head>
<body{{settings}}><main id="main">{{body}}</main></body></html>"""
QUESTION = """<form class="question focus" method="post" action="/submit" data-question data-save="/save" novalidate>
<input type="hidden" name="csrf_token" value="t">
<button class="visually-hidden" tabindex="-1" aria-hidden="true">Submit</button>
<h1 class="over" tabindex="-1">Question 1</h1>
<fieldset class="ask-group"><legend class="ask">What is asked?</legend>{face}</fieldset>
<textarea aria-label="Note" name="note"></textarea><div class="submit">
<button class="plain" name="confidence" value="guess">A guess <kbd aria-hidden="true">Q</kbd></button>
<button class="primary" name="confidence" value="sure">Sure <kbd aria-hidden="true">E</kbd></button></div></form>"""
FEEDBACK = """<article class="focus feedback"><h1 class="verdict" tabindex="-1">Question 1</h1>{review}
<a class="primary" href="/next" data-go-on>Go on</a></article>"""
GRADABLE = itemtypes.gradable()


class Server:
    """Stands in for the application: shows one question and notes what is sent."""

    def __init__(self, page: Page, host: str) -> None:
        self.page = page
        self.host = host
        self.body = ""
        self.settings = ""
        self.theme = "light"
        self.saved: list[dict[str, str]] = []
        self.sent: list[list[tuple[str, str]]] = []
        page.route("**/*", self.answer)

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(self.host)
        if path.startswith("/static/"):
            route.fulfill(path=str(paths.package / path[1:].partition("?")[0]))
            return
        form = parse_qsl(route.request.post_data or "", keep_blank_values=True)
        if path == "/save":
            self.saved.append(dict(form))
            route.fulfill(json={"saved": "10:42"})
            return
        if route.request.method == "POST":
            self.sent.append([field for field in form if field[0] != "csrf_token"])
        body = FRAME.format(
            theme=self.theme, settings=self.settings, body=self.body if path == "/" else "<h1>Question 1</h1>"
        )
        route.fulfill(body=body, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    def ask(self, name: str, *, which: int = 0) -> Page:
        self.body = QUESTION.format(face=rendered(*presented(name, itemtypes.get(name).examples()[which]), None))
        self.page.goto("/")
        return self.page

    def tell(self, name: str, example: Example) -> Page:
        part, layout = presented(name, example)
        answer = answer_of(name, example)
        answer = None if isinstance(answer, NotGradable) else answer
        self.body = FEEDBACK.format(review=rendered(part, layout, answer, reviewed=True))
        self.page.goto("/")
        return self.page

    def submitted(self) -> dict[str, str]:
        """The one form that was sent."""
        expect(self.page).to_have_url(f"{self.host}/submit")
        assert len(self.sent) == 1
        return dict(self.sent[0])


SIZE: ViewportSize = {"width": 1280, "height": 720}


@pytest.fixture(scope="module")
def window(browser: Browser, base_url: str) -> Iterator[Page]:
    """The page in which tests show their questions, one after the other: to open one takes longer than most tests."""
    with opened(browser, base_url) as page:
        yield page


@pytest.fixture(scope="module")
def plain_window(browser: Browser, base_url: str) -> Iterator[Page]:
    """The same without JavaScript."""
    with opened(browser, base_url, java_script_enabled=False) as page:
        yield page


@contextmanager
def opened(browser: Browser, base_url: str, **settings: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=base_url, viewport=SIZE, **settings)
    yield context.new_page()
    context.close()


@contextmanager
def serving(page: Page, base_url: str, watch: Watch) -> Iterator[Server]:
    """A server for one test; it leaves the page as it was found, and an empty document in it."""
    yield Server(watch(page), base_url)
    page.wait_for_load_state()  # what is still on its way has nobody to answer it from here on
    page.evaluate("localStorage.clear()")
    page.goto("about:blank")
    page.unroute_all(behavior="ignoreErrors")
    page.set_viewport_size(SIZE)
    watch.leave(page)


@pytest.fixture
def server(window: Page, base_url: str, watch: Watch) -> Iterator[Server]:
    with serving(window, base_url, watch) as own:
        yield own


@pytest.fixture
def without_script(plain_window: Page, base_url: str, watch: Watch) -> Iterator[Server]:
    with serving(plain_window, base_url, watch) as own:
        yield own


def rested(page: Page) -> None:
    """Wait until Enter counts again."""
    page.wait_for_timeout(450)


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_digit_chooses_and_shows_the_keys_until_the_pointer_is_used(server: Server) -> None:
    page = server.ask("single_best_answer")
    cap = page.locator("kbd").nth(1)
    expect(cap).to_be_hidden()
    page.keyboard.press("2")
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    expect(page.get_by_role("radio").nth(1)).to_be_focused()
    expect(cap).to_be_visible()
    page.locator("h1").click()
    expect(cap).to_be_hidden()


def test_the_pointer_that_hides_the_keys_presses_the_button_it_is_on(server: Server) -> None:
    page = server.ask("single_best_answer")
    page.keyboard.press("2")
    page.get_by_role("button", name="Sure").click()
    assert server.submitted() == {"choice": "2", "note": "", "confidence": "sure"}


def test_shift_and_a_digit_strike_out_and_restore_and_are_kept(server: Server) -> None:
    page = server.ask("multiple_response")
    page.keyboard.press("1")
    with page.expect_response("**/save"):
        page.keyboard.press("Shift+Digit3")
    strike = page.locator(".strike").nth(2)
    expect(strike).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".opt").nth(2)).to_have_class("opt out")
    expect(page.locator("[data-said]")).to_contain_text("Struck out")
    assert server.saved == [{"csrf_token": "t", "choice": "1", "note": "", "strike": "3"}]
    expect(page.get_by_role("checkbox").nth(2)).not_to_be_checked()
    with page.expect_response("**/save"):
        strike.click()
    expect(strike).to_have_attribute("aria-pressed", "false")
    assert server.sent == []


@pytest.mark.parametrize(("key", "confidence"), [("q", "guess"), ("E", "sure")])
def test_a_letter_submits_with_confidence(server: Server, key: str, confidence: str) -> None:
    page = server.ask("true_false")
    page.keyboard.press("1")
    page.keyboard.press(key.lower())
    assert server.submitted() == {"choice": "1", "note": "", "confidence": confidence}


def test_enter_submits_without_saying_how_sure(server: Server) -> None:
    page = server.ask("single_best_answer")
    page.keyboard.press("3")
    rested(page)
    page.keyboard.press("Enter")
    assert server.submitted() == {"choice": "3", "note": ""}


def test_an_enter_that_is_still_down_does_not_skip_the_feedback(server: Server) -> None:
    page = server.tell("single_best_answer", itemtypes.get("single_best_answer").examples()[0])
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)
    expect(page).to_have_url(f"{server.host}/")
    rested(page)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.host}/next")


def test_keys_rest_while_words_are_typed_or_a_modifier_is_held(server: Server) -> None:
    page = server.ask("short_text")
    page.get_by_role("textbox", name="Your answer").fill("")
    page.keyboard.type("q1?m")
    expect(page.get_by_role("textbox", name="Your answer")).to_have_value("q1?m")
    page.locator("h1").focus()
    page.keyboard.press("Control+e")
    page.keyboard.press("Alt+q")
    expect(page).to_have_url(f"{server.host}/")
    assert server.sent == []


def test_single_keys_can_be_turned_off(server: Server) -> None:
    server.settings = ' data-single-keys="off"'
    page = server.ask("single_best_answer")
    page.keyboard.press("2")
    page.keyboard.press("q")
    page.keyboard.press("?")
    assert page.locator(":checked").count() == 0
    assert page.locator("dialog").count() == 0
    assert server.sent == []


def test_a_question_mark_lists_the_keys_and_escape_closes_the_list(server: Server, axe: Callable[[Page], None]) -> None:
    page = server.ask("single_best_answer")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Strike an option out")
    axe(page)
    page.keyboard.press("q")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert server.sent == []


def test_digits_answer_a_table_row_by_row(server: Server) -> None:
    page = server.ask("matrix")
    for digit in "212":
        page.keyboard.press(digit)
    checked = page.locator(":checked").evaluate_all("(all) => all.map((one) => [one.name, one.value])")
    assert checked == [["row-1", "2"], ["row-2", "1"], ["row-3", "2"]]


# --- key features -----------------------------------------------------------------------------------------------------


def test_choices_are_counted_and_no_more_can_be_made_than_may_be_sent(server: Server) -> None:
    page = server.ask("key_feature")
    boxes, count = page.get_by_role("checkbox"), page.locator("[data-count]")
    expect(count).to_have_text("0 of 3 chosen.")
    for digit in "124":
        page.keyboard.press(digit)
    expect(count).to_have_text("3 of 3 chosen.")
    expect(boxes.nth(2)).to_have_attribute("aria-disabled", "true")
    boxes.nth(2).focus()
    expect(boxes.nth(2)).to_be_focused()
    page.keyboard.press("Space")
    expect(boxes.nth(2)).not_to_be_checked()
    expect(page.locator("[data-said]")).to_have_text("3 of 3 chosen. Take one back to choose another.")
    page.keyboard.press("1")
    expect(count).to_have_text("2 of 3 chosen.")
    page.keyboard.press("3")
    expect(count).to_have_text("3 of 3 chosen.")
    assert [box.is_checked() for box in boxes.all()] == [False, True, True, True, False]


def test_an_answer_with_too_many_choices_comes_back_with_all_of_them(server: Server) -> None:
    part, layout = presented("key_feature", itemtypes.get("key_feature").examples()[0])
    kept = {"choices": ["count", "ecg", "level", "stop"]}
    server.body = QUESTION.format(face=rendered(part, layout, kept))
    page = server.page
    page.goto("/")
    expect(page.locator("[data-count]")).to_have_text("4 chosen: take 1 back.")
    assert page.locator(":checked").count() == 4
    page.locator(":checked").first.click()
    expect(page.locator("[data-count]")).to_have_text("3 of 3 chosen.")


# --- places in a figure -----------------------------------------------------------------------------------------------


def test_a_place_in_a_figure_is_chosen_by_pointer_digit_or_row(server: Server) -> None:
    page = server.ask("hotspot")
    page.locator(".wide [data-spot='2'] .extent").click()
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    expect(page.locator("[data-said]")).to_contain_text("Chosen: B")
    frames = page.locator(".wide [data-spot] .extent")
    assert frames.evaluate_all("(all) => all.map((one) => getComputedStyle(one).strokeDasharray)") == [
        "4px, 3px",
        "none",
        "4px, 3px",
    ], "the choice shows in the drawing, and not by colour alone"
    page.keyboard.press("3")
    expect(page.get_by_role("radio").nth(2)).to_be_checked()
    frames.first.scroll_into_view_if_needed()
    beside = frames.first.bounding_box()
    assert beside
    assert beside["width"] < 44
    page.mouse.click(beside["x"] + beside["width"] / 2 + 21, beside["y"] + beside["height"] / 2)
    expect(page.get_by_role("radio").first).to_be_checked()
    page.mouse.click(beside["x"] + 80, beside["y"] - 60)
    expect(page.get_by_role("radio").first).to_be_checked()


def test_a_place_can_be_chosen_in_the_enlarged_figure(server: Server, axe: Callable[[Page], None]) -> None:
    server.page.set_viewport_size({"width": 390, "height": 800})
    page = server.ask("hotspot")
    page.add_script_tag(url="/static/js/app.js", type="module")
    page.keyboard.press("z")
    sheet = page.get_by_role("dialog")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_role("button", name="Hide labels")).to_have_count(0)
    sheet.locator("[data-spot='3'] .extent").click()
    assert sheet.locator("[data-spot='3'] .extent").evaluate("(one) => getComputedStyle(one).strokeDasharray") == "none"
    axe(page)
    sheet.get_by_role("button", name="Close").click()
    expect(page.get_by_role("radio").nth(2)).to_be_checked()


# --- ordering ---------------------------------------------------------------------------------------------------------


def order(page: Page) -> list[str]:
    """The steps as seen, by their tokens."""
    return page.locator("[data-element] select").evaluate_all("(all) => all.map((one) => one.name.slice(6))")


def places(page: Page) -> list[str]:
    return page.locator("[data-element] select").evaluate_all("(all) => all.map((one) => one.value)")


def test_an_order_that_nobody_made_is_not_sent(server: Server) -> None:
    page = server.ask("ordering")
    rested(page)
    page.keyboard.press("Enter")
    sent = server.submitted()
    assert {sent[f"place-{token}"] for token in "1234"} == {""}


def test_arrows_move_a_step_keep_the_focus_and_say_the_place(server: Server) -> None:
    page = server.ask("ordering")
    down = page.get_by_role("button", name="Move down").first
    down.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert order(page) == ["2", "3", "1", "4"]
    assert places(page) == ["1", "2", "3", "4"]
    expect(page.locator("[data-said]")).to_contain_text("place 3 of 4")
    assert page.evaluate("document.activeElement.closest('[data-element]').querySelector('select').name") == "place-1"
    page.get_by_role("button", name="Move up").first.click(force=True)
    assert order(page) == ["2", "3", "1", "4"], "the first step cannot go further up"


def test_a_step_can_be_dragged_over_several_others_and_back(server: Server) -> None:
    page = server.ask("ordering")
    page.evaluate("document.addEventListener('change', () => { window.changes = (window.changes ?? 0) + 1; })")
    grips = page.locator("[data-grip]")
    first, last = grips.first.bounding_box(), grips.last.bounding_box()
    assert first
    assert last
    x, top, bottom = first["x"] + 8, first["y"] + 20, last["y"] + 40
    page.mouse.move(x, top)
    page.mouse.down()
    page.mouse.move(x, bottom, steps=12)
    assert order(page) == ["2", "3", "4", "1"]
    page.mouse.up()
    assert places(page) == ["1", "2", "3", "4"]
    assert page.evaluate("window.changes") == 1, "autosave hears of the order once"
    assert page.locator("[data-element]").last.evaluate("(one) => one.style.transform") == ""
    page.mouse.move(x, bottom - 20)
    page.mouse.down()
    page.mouse.move(x, top, steps=12)
    page.mouse.up()
    assert order(page) == ["1", "2", "3", "4"]


def test_a_finger_can_drag_too(browser: Browser, base_url: str, watch: Callable[[Page], Page]) -> None:
    context = browser.new_context(base_url=base_url, has_touch=True, viewport={"width": 390, "height": 800})
    page = Server(watch(context.new_page()), base_url).ask("ordering")
    session = context.new_cdp_session(page)
    box = page.locator("[data-grip]").first.bounding_box()
    assert box
    x, y = box["x"] + 8, box["y"] + 20

    def touch(kind: str, points: list[dict[str, float]]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", [{"x": x, "y": y}])
    for step in range(1, 11):
        touch("touchMove", [{"x": x, "y": y + 12 * step}])
    touch("touchEnd", [])
    expect(page.locator("[data-element] select").first).not_to_have_attribute("name", "place-1")
    assert places(page) == ["1", "2", "3", "4"]
    context.close()


# --- without JavaScript -----------------------------------------------------------------------------------------------


def test_without_javascript_a_strike_is_a_submission(without_script: Server) -> None:
    page = without_script.ask("single_best_answer")
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Strike out").nth(1).click()
    assert without_script.submitted() == {"choice": "1", "note": "", "strike": "2"}


def test_without_javascript_every_step_gets_its_place_from_a_select(without_script: Server) -> None:
    page = without_script.ask("ordering")
    expect(page.get_by_role("button", name="Move up").first).to_be_hidden()
    for place, select in enumerate(page.get_by_role("combobox").all(), 1):
        select.select_option(str(place))
    page.get_by_role("button", name="Sure").click()
    sent = without_script.submitted()
    assert [sent[f"place-{token}"] for token in "1234"] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("name", GRADABLE)
def test_without_javascript_the_right_answer_can_be_given(without_script: Server, name: str) -> None:
    examples = itemtypes.get(name).examples()
    which = next(place for place, one in enumerate(examples) if isinstance(one.expected, Grade) and one.expected.full)
    page = without_script.ask(name, which=which)
    part, layout = presented(name, examples[which])
    answer = answer_of(name, examples[which])
    assert not isinstance(answer, NotGradable)
    without_script.body = QUESTION.format(face=rendered(part, layout, answer))  # filled in, as after a refused one
    page.goto("/")
    page.get_by_role("button", name="Sure").click()
    without_script.submitted()
    fields: dict[str, list[str]] = {}
    for field, value in without_script.sent[0]:
        fields.setdefault(field, []).append(value)
    assert itemtypes.get(name).parse(part.content, layout, fields) == answer


# --- every face -------------------------------------------------------------------------------------------------------

SMALLEST = 44  # CSS pixels
TOO_SMALL = f"""(controls) => controls
  .map((control) => control.matches('input:is([type=radio], [type=checkbox])') ? control.closest('label') : control)
  .map((control) => [control.outerHTML.slice(0, 80), control.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < {SMALLEST} || box.width < {SMALLEST}))
  .map(([html, box]) => `${{html}} ${{box.width}}×${{box.height}}`)"""


@pytest.mark.parametrize(("width", "theme"), [(320, "light"), (390, "dark"), (1280, "light"), (1280, "dark")])
def test_every_face_and_its_reasons_can_be_used_by_everybody(
    server: Server, axe: Callable[[Page], None], screenshot: Callable[..., Any], width: int, theme: str
) -> None:
    server.theme = theme
    server.page.set_viewport_size({"width": width, "height": 800})
    faces, reasons = [], []
    for name in GRADABLE:
        examples = itemtypes.get(name).examples()
        part, layout = presented(name, examples[0])
        faces.append(
            f"<form><fieldset><legend>{name}</legend>{rendered(part, layout, None, uid=name)}</fieldset></form>"
        )
        outcomes = {
            (one.expected.earned, one.expected.possible): one for one in examples if isinstance(one.expected, Grade)
        }
        for place, example in enumerate(outcomes.values()):
            uid = f"{name}-{place}"
            part, layout = presented(name, example)
            answer = answer_of(name, example)
            assert not isinstance(answer, NotGradable)
            reasons.append(f"<h2>{uid}</h2>{rendered(part, layout, answer, uid=uid, reviewed=True)}")
    for title, body in (
        ("faces", f'<div class="question focus"><h1>Question 1</h1>{"".join(faces)}</div>'),
        ("reasons", f'<article class="feedback focus"><h1>Question 1</h1>{"".join(reasons)}</article>'),
    ):
        server.body = body
        server.page.goto("/")
        axe(server.page)
        screenshot(server.page, f"{title}-{width}-{theme}")
        assert server.page.evaluate("document.documentElement.scrollWidth") <= width, title
        assert server.page.locator(":is(input, select, button, summary):visible").evaluate_all(TOO_SMALL) == []
