"""Error pages: what happened, what was kept, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed, ServiceUnavailable

from quizapp.db.session import Unkeepable, Unwritable
from quizapp.web.allow import keep_typed
from quizapp.web.log import log


@dataclass(frozen=True)
class Action:
    label: str
    url: str


@dataclass(frozen=True)
class Sentence:
    title: str
    happened: str
    kept: str = ""


SENTENCES = {
    400: Sentence("This could not be read", "The form came in damaged or incomplete.", "Nothing was changed."),
    401: Sentence("Please sign in", "This page is for people who are signed in."),
    403: Sentence("This is not yours to open", "Your account may not enter here.", "Nothing was changed."),
    404: Sentence("There is nothing here", "The address is wrong, or what stood here is not yours or no longer there."),
    405: Sentence("Not this way", "This address does not take what was sent to it.", "Nothing was changed."),
    409: Sentence("Somebody was faster", "What you wanted to change has changed meanwhile.", "Nothing was changed."),
    413: Sentence("This is too large", "What was sent is larger than this page takes.", "Nothing was changed."),
    429: Sentence("Too many tries", "Please wait a minute before you try again.", "Nothing was changed."),
    500: Sentence("Something broke", "This is our fault; it has been written down.", "What was saved before is safe."),
    503: Sentence(
        "Saving is not possible at the moment",
        "The database takes no changes just now. Reading goes on.",
        "Nothing was lost that had been saved; please send it again in a minute.",
    ),
}

OF_A_FORM = Sentence(
    "Not this way",
    "This address takes what a form sends and is no page by itself.",
    "Nothing was changed. Go back to the page with the form.",
)
"""Where the address of a form that came back was opened anew, from the address bar or a mark."""


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(LookupError, not_found)
    app.register_error_handler(Unkeepable, unkeepable)
    app.register_error_handler(Unwritable, unwritable)
    app.register_error_handler(Exception, broken)


def http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    if isinstance(error, MethodNotAllowed) and "POST" in (error.valid_methods or ()):
        return page(error.code, OF_A_FORM)
    return page(error.code)


def not_found(error: LookupError) -> ResponseReturnValue:
    """A service found nothing of this person’s under this id. A slip of our own (KeyError, IndexError) is no 404."""
    return page(404) if type(error) is LookupError else broken(error)


def unkeepable(error: Unkeepable) -> ResponseReturnValue:
    """No row has such an id or name; a form that holds it is given back."""
    log.warning("unkeepable", request_id=g.get("request_id"), endpoint=request.endpoint, reason=str(error))
    if request.method in {"GET", "HEAD"}:
        return page(404)
    return keep_typed(
        "This cannot be kept",
        "It holds a sign, a number or a length that no database can keep. Nothing was changed.",
        400,
        may_resend=False,
        from_our_page=True,  # the token was looked at before anything was read or written
    )


def unwritable(error: Unwritable) -> ResponseReturnValue:
    log.error("unwritable", request_id=g.get("request_id"), reason=str(error))
    return page(ServiceUnavailable.code)


def broken(error: Exception) -> ResponseReturnValue:
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS", True):
        raise error
    log.error("broken", request_id=g.get("request_id"), endpoint=request.endpoint, exc_info=error)
    return page(500)


def page(status: int, sentence: Sentence | None = None) -> ResponseReturnValue:
    """The error page; a script that asked for JSON gets the sentence alone."""
    sentence = sentence or SENTENCES.get(status, SENTENCES[400 if status < 500 else 500])
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return {"error": sentence.title, "happened": sentence.happened, "kept": sentence.kept}, status
    again = Action("Try again", request.full_path) if request.method == "GET" and status in {429, 500, 503} else None
    home = Action("Back to today", url_for("learn.today"))
    error = {
        "title": sentence.title,
        "happened": sentence.happened,
        "kept": sentence.kept,
        "actions": [again, home] if again else [home],
        "reference": g.get("request_id") if status >= 500 else None,
    }
    return make_response(render_template("error.html", error=error), status)
