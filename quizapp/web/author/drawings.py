"""Figures of a lesson from an author's own files: SVG, PNG or JPEG, with the words that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.formats import figures, pictures
from quizapp.services.authoring import uploading
from quizapp.services.authoring.drafting import Opened, StaleDraft, Unfit
from quizapp.services.authoring.uploading import WORDS, Incomplete, Sent
from quizapp.web.allow import allow, get_actor
from quizapp.web.author.blueprint import blueprint
from quizapp.web.author.lessons import open_lesson
from quizapp.web.author.review import revision_sent

LARGEST_REQUEST = pictures.LARGEST_SENT + 200_000
NO_PROBLEMS: Mapping[str, str] = {}


@blueprint.url_value_preprocessor
def take_large_files(endpoint: str | None, _: dict[str, Any] | None) -> None:
    """Before anything reads the request: a picture from a camera is larger than what any other page takes."""
    if endpoint == "author.add_figure":
        request.max_content_length = LARGEST_REQUEST


@blueprint.get("/lessons/<int:content_id>/figures/add")
@allow("instructor", "administrator")
def new_figure(content_id: int) -> ResponseReturnValue:
    """The form of a figure, empty or with the words of one that is there (`?figure=`)."""
    opened = open_lesson(content_id, right="write")
    named = request.args.get("figure", "")
    told: Mapping[str, Any] = next((one for one in opened.body.get("figures") or () if one.get("id") == named), {})
    return figure_page(opened, {name: str(told.get(name) or "") for name in ("id", *WORDS)})


@blueprint.post("/lessons/<int:content_id>/figures/add")
@allow("instructor", "administrator")
def add_figure(content_id: int) -> ResponseReturnValue:
    """Keep the figure with the draft; the page comes back with all that was typed where something is missing."""
    opened = open_lesson(content_id, right="write")
    typed = {name: request.form.get(name, "").strip() for name in ("id", *WORDS)}
    chosen = request.files.get("file")
    data = chosen.read(pictures.LARGEST_SENT + 1) if chosen is not None and chosen.filename else b""
    sent = Sent(typed["id"], typed, data)
    try:
        uploading.upload(
            db.session(), get_actor(), content_id, sent, based_on_revision=revision_sent(), now=clock.now()
        )
    except Incomplete as incomplete:
        return figure_page(opened, typed, incomplete.problems, had_file=bool(data)), 422
    except Unfit as unfit:
        return figure_page(opened, typed, problem=str(unfit), had_file=bool(data)), 422
    except StaleDraft as stale:
        who = stale.by or "A file"
        problem = f"{who} has changed this lesson meanwhile. Nothing was kept yet; send the figure once more to add it."
        return figure_page(open_lesson(content_id, right="write"), typed, problem=problem, had_file=bool(data)), 409
    flash(f"The figure “{sent.id}” is kept with the draft. Put it at its place in the text.", "success")
    return redirect(url_for("author.lesson", content_id=content_id, _anchor="figures"), 303)


@blueprint.get("/lessons/<int:content_id>/figures/<figure>/drawing")
@allow("instructor", "administrator")
def drawing(content_id: int, figure: str) -> ResponseReturnValue:
    """The figure of a draft as an image. It is an SVG of ours, and can run nothing even when it is opened by itself."""
    drawn = uploading.get_drawing(db.session(), open_lesson(content_id), figure)
    response = Response(figures.standalone(drawn), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; img-src data:; style-src 'none'; sandbox"
    return response


def figure_page(
    opened: Opened,
    typed: Mapping[str, str],
    problems: Mapping[str, str] = NO_PROBLEMS,
    *,
    problem: str = "",
    had_file: bool = False,
) -> str:
    return render_template(
        "author/figure.html",
        opened=opened,
        typed=typed,
        problems=problems,
        problem=problem,
        had_file=had_file,
        words=WORDS,
        is_there=any(one.get("id") == typed["id"] for one in opened.body.get("figures") or ()) and bool(typed["id"]),
        most_bytes=pictures.LARGEST_SENT,
    )
