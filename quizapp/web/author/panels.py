"""Panels: asking experts for their votes, the ballot they vote on, and how far it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.windows import moment
from quizapp.db.extension import db
from quizapp.services.authoring import panelling, voting
from quizapp.services.authoring.drafting import STATES, Opened, StaleDraft
from quizapp.services.authoring.panelling import Asked
from quizapp.services.authoring.reviewing import Refused
from quizapp.web.allow import allow, get_actor
from quizapp.web.author.blueprint import blueprint
from quizapp.web.author.items import open_item
from quizapp.web.author.review import revision_sent
from quizapp.web.pages import whole_address

LAST_MINUTE = dt.time(23, 59)


@blueprint.get("/items/<int:content_id>/panel")
@allow("instructor", "administrator")
def panel(content_id: int) -> ResponseReturnValue:
    """How far the panel of a question is; how many have voted, not what."""
    return panel_page(open_item(content_id))


@blueprint.post("/items/<int:content_id>/panel")
@allow("instructor", "administrator")
def take_panel_step(content_id: int) -> ResponseReturnValue:
    """Open the panel, ask people, remind them, move the last day, count, or end it; the page says what came of it."""
    opened = open_item(content_id, right="write")
    step = STEPS.get(request.form.get("do", ""))
    try:
        if step is None:
            raise Refused("Choose what to do.")
        said = step(opened)
    except Refused as refused:
        return panel_page(open_item(content_id), problem=str(refused)), 422
    except StaleDraft as stale:
        problem = f"{stale.by or 'A file'} has changed this question meanwhile. Nothing was counted; look at it again."
        return panel_page(open_item(content_id), problem=problem), 409
    if isinstance(said, Asked):
        return panel_page(opened, asked=said)
    flash(said, "success")
    return redirect(url_for("author.panel", content_id=content_id), 303)


@blueprint.get("/panels/<int:panel_id>")
@allow("signed_in")
def ballot(panel_id: int) -> ResponseReturnValue:
    """What somebody who was asked votes on. For everybody else there is no such page."""
    return ballot_page(panel_id)


@blueprint.post("/panels/<int:panel_id>")
@allow("signed_in")
def cast(panel_id: int) -> ResponseReturnValue:
    part = request.form.get("part", "")
    sent = {"choice": tuple(request.form.getlist("choice"))}
    try:
        voting.vote(db.session(), get_actor(), panel_id, part, sent, clock.now())
    except Refused as refused:
        return ballot_page(panel_id, part, str(refused)), 422
    flash("Your vote is kept. You can change it until the votes are counted.", "success")
    return redirect(url_for("author.ballot", panel_id=panel_id), 303)


def ballot_page(panel_id: int, part: str = "", problem: str = "") -> str:
    found = voting.get_ballot(db.session(), get_actor(), panel_id, clock.now())
    return render_template("author/ballot.html", ballot=found, part=part, problem=problem)


def panel_page(opened: Opened, *, problem: str = "", asked: Asked | None = None) -> str:
    progress = panelling.find_progress(db.session(), opened)
    scenarios = panelling.scenarios_of(opened.body)
    if progress is None and not scenarios:
        raise LookupError(opened.content_id)
    return render_template(
        "author/panel.html",
        opened=opened,
        states=STATES,
        progress=progress,
        fallen=voting.list_fallen(db.session(), progress) if progress else (),
        number=len(scenarios),
        least=panelling.LEAST,
        problem=problem,
        asked=asked,
        typed=request.form.get("emails", "") if problem else "",
        ballot_url=whole_address("author.ballot", panel_id=progress.id) if progress else "",
    )


def address() -> str:
    """That of the ballot, with PANEL for its number."""
    return whole_address("author.ballot", panel_id=0).removesuffix("0") + "PANEL"


def deadline() -> dt.datetime | None:
    """The end of the day that was chosen, in the zone of whoever chose it; None where none was."""
    typed = request.form.get("until", "").strip()
    if not typed:
        return None
    try:
        day = dt.date.fromisoformat(typed)
    except ValueError as error:
        raise Refused("Write the last day as year, month and day, such as 2027-03-31.") from error
    return moment(dt.datetime.combine(day, LAST_MINUTE), get_actor().zone, second=True)


def _open(opened: Opened) -> str:
    panelling.open_panel(db.session(), get_actor(), opened.content_id, deadline(), now=clock.now())
    return "The panel is open. Ask at least ten people to vote."


def _ask(opened: Opened) -> Asked:
    emails = request.form.get("emails", "").replace(",", "\n").replace(";", "\n").split("\n")
    return panelling.ask(db.session(), get_actor(), opened.content_id, emails, address(), now=clock.now())


def _remind(opened: Opened) -> str:
    told = panelling.remind(db.session(), get_actor(), opened.content_id, address(), now=clock.now())
    return f"A reminder is on its way to {told}." if told else "Nobody is left to be reminded today."


def _move(opened: Opened) -> str:
    panelling.move_deadline(db.session(), get_actor(), opened.content_id, deadline(), now=clock.now())
    return "The last day to vote is changed."


def _count(opened: Opened) -> str:
    panelling.count(db.session(), get_actor(), opened.content_id, based_on_revision=revision_sent(), now=clock.now())
    return "The votes are counted and stand in the draft, which can be reviewed now."


def _drop(opened: Opened) -> str:
    panelling.drop(db.session(), get_actor(), opened.content_id, now=clock.now())
    return "The panel is ended. Its votes are not used."


STEPS: dict[str, Callable[[Opened], str | Asked]] = {
    "open": _open,
    "ask": _ask,
    "remind": _remind,
    "move": _move,
    "count": _count,
    "drop": _drop,
}
