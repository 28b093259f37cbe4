"""The page checker is trusted by every other test, so each of its rules is shown a page that breaks it."""

from __future__ import annotations

import pytest
from flask import Flask, redirect, request

from tests.pages import Client, problems

GOOD = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mirtazapine · Quiz</title>
<link rel="stylesheet" href="/static/css/app.css">
<script src="/static/js/app.js" defer></script>
</head>
<body>
<main id="main">
<h1>Mirtazapine</h1>
<p>It blocks α<sub>2</sub>; say “autoreceptor”, and <code>"code"</code> may be straight.</p>
<svg viewBox="0 0 1 1" aria-hidden="true"><path d="M0 0h1"></path></svg>
<img src="/media/1.png" alt="A synapse">
<math><msub><mi>α</mi><mn>2</mn></msub></math>
<h2>Answer</h2>
<form action="/answer" method="post">
<input type="hidden" name="csrf_token" value="t">
<label for="dose">Dose</label>
<input id="dose" name="dose" aria-describedby="hint">
<p id="hint">In milligrams</p>
<label><input type="radio" name="choice" value="1"> One</label>
<label><input type="radio" name="choice" value="2"> Two</label>
<button name="confidence" value="sure">Sure</button>
<button name="confidence" value="guess">Guess</button>
</form>
<a href="#main">To the top</a>
</main>
</body>
</html>
"""

FAULTS = {
    "a tag that is closed wrongly": ("</h2>", "</h3>", "HTML is broken"),
    "no language": (' lang="en-GB"', "", "names no language"),
    "no heading": ("h1>", "h2>", "0 h1 headings"),
    "two headings": ("h2>", "h1>", "2 h1 headings"),
    "a title of another page": ("<title>Mirtazapine", "<title>Quiz", "does not begin with the heading"),
    "a jump between levels": ("h2>", "h3>", "jumps from level 1 to 3"),
    "zoom forbidden": ("initial-scale=1", "user-scalable=no", "may zoom"),
    "no main": ("main", "section", "one main element"),
    "a jump to nowhere": ("#main", "#top", "jumps to #top"),
    "a description that is not there": ('id="hint"', 'id="tip"', "refers to #hint"),
    "an id twice": ('id="hint"', 'id="dose"', "“dose” stands 2 times"),
    "an input without a label": ('<label for="dose">Dose</label>', "", "“dose” has no label"),
    "a radio button without words": (" Two</label>", "</label>", "“choice” has no label"),
    "a button without words": (">Sure<", "><", "A button has no words"),
    "a link without words": ("To the top", "", "A a has no words"),
    "an image without alt": (' alt="A synapse"', "", "has no alt"),
    "a drawing without a name": (' aria-hidden="true"', "", "neither a name nor aria-hidden"),
    "a form without action": (' action="/answer"', "", "no action"),
    "a form without a token": ('name="csrf_token"', 'name="token"', "carries 0 csrf_token"),
    "a form with an empty token": ('value="t"', 'value=""', "carries 0 csrf_token"),
    "a token in an address": ('method="post"', 'method="get"', "into an address"),
    "a style element": ("</title>", "</title><style>p{}</style>", "style element"),
    "an inline style": ("<h1", '<h1 style="color:red"', "inline style"),
    "an inline script": ("</title>", "</title><script>1</script>", "inline script"),
    "a script in an attribute": ("<h1", '<h1 onclick="go()"', "inline script"),
    "a script in a link": ("#main", "javascript:go()", "inline script"),
    "a script of another host": ("/static/js/app.js", "https://cdn.example/app.js", "another host"),
    "an image of another host": ("/media/1.png", "//cdn.example/1.png", "another host"),
    "a straight quotation mark": ("“autoreceptor”", '"autoreceptor"', "Straight quotation marks"),
    "a straight apostrophe": ("It blocks", "It doesn't block", "Straight quotation marks"),
}


def test_a_good_page_has_no_problems() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_page_is_refused_for(fault: str) -> None:
    right, wrong, sentence = FAULTS[fault]
    assert right in GOOD
    found = problems(GOOD.replace(right, wrong))
    assert any(sentence in problem for problem in found), found


def test_a_fragment_needs_no_heading_but_keeps_the_rules_for_controls() -> None:
    assert problems("<p>Saved</p>", fragment=True) == []
    assert problems('<p>Saved <input name="a"></p>', fragment=True) == ["The input “a” has no label."]


@pytest.fixture
def client() -> Client:
    app = Flask(__name__)

    @app.get("/")
    def question() -> str:
        return GOOD

    @app.post("/answer")
    def answer():  # type: ignore[no-untyped-def]
        return redirect("/seen?" + "&".join(f"{key}={value}" for key, value in sorted(request.form.items())))

    @app.get("/seen")
    def seen() -> str:
        return GOOD.replace("It blocks", request.query_string.decode())

    @app.get("/broken")
    def broken() -> str:
        return GOOD.replace("h1", "h2")

    @app.get("/data")
    def data() -> dict[str, int]:
        return {"n": 1}

    return Client(app.test_client())


def test_a_form_is_sent_as_a_browser_would_send_it(client: Client) -> None:
    page = client.get("/").form("Sure").send(dose="15", choice="2")
    assert page.path == "/seen"
    assert "choice=2&confidence=sure&csrf_token=t&dose=15" in page.text


def test_what_a_browser_could_not_send_is_an_error_of_the_test(client: Client) -> None:
    form = client.get("/").form("Guess")
    with pytest.raises(AssertionError, match="has no field “dosis”"):
        form.send(dosis="15")
    with pytest.raises(AssertionError, match="offers"):
        form.send(choice="3")


def test_a_broken_page_fails_the_test_that_fetches_it(client: Client) -> None:
    with pytest.raises(AssertionError, match="0 h1 headings"):
        client.get("/broken")


def test_an_unexpected_status_fails_the_test_that_fetches_it(client: Client) -> None:
    with pytest.raises(AssertionError, match="answered 404 NOT FOUND, not 200"):
        client.get("/nowhere")


def test_what_is_no_page_is_refused_with_advice(client: Client) -> None:
    with pytest.raises(AssertionError, match=r"fetch it with `client\.raw`"):
        client.get("/data")


def test_a_link_is_followed_by_its_words(client: Client) -> None:
    assert client.get("/").follow("To the top").path == "/"
    with pytest.raises(AssertionError, match="0 links “Elsewhere”"):
        client.get("/").follow("Elsewhere")
