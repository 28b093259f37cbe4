"""The versions of an entry, two of them compared, an older one brought back, and what came of a changed key."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.services.authoring import consequences, history, publishing, releasing
from quizapp.services.authoring.drafting import STATES, StaleDraft
from quizapp.services.authoring.judging import Judgement
from quizapp.services.authoring.releasing import Choice, NotReady
from quizapp.services.authoring.reviewing import Refused
from quizapp.services.regrading import LEAVE
from quizapp.web.allow import allow, get_actor
from quizapp.web.author.blueprint import blueprint
from quizapp.web.author.review import (
    NOTHING_SENT,
    REMEDIES,
    SHELVES,
    Sent,
    affected_by,
    get_entry,
    hindrances,
    in_words,
    remedies,
    revision_sent,
)
from quizapp.web.fields import whole_number


@blueprint.get("/<any(items, lessons):shelf>/<int:content_id>/history")
@allow("instructor", "administrator")
def versions(shelf: str, content_id: int) -> ResponseReturnValue:
    get_entry(shelf, content_id)
    found = history.get_history(db.session(), get_actor(), content_id, older=number("older"), newer=number("newer"))
    return render_template(
        "author/history.html",
        history=found,
        opened=found.opened,
        shelf=shelf,
        changes=in_words(found.differences, *found.bodies),
        decided=consequences.changes_of(db.session(), content_id),
        remedies=REMEDIES,
    )


@blueprint.get("/<any(items, lessons):shelf>/<int:content_id>/revert/<int:version>")
@allow("instructor", "administrator")
def revert(shelf: str, content_id: int, version: int) -> ResponseReturnValue:
    return revert_page(shelf, content_id, version)


@blueprint.post("/<any(items, lessons):shelf>/<int:content_id>/revert/<int:version>")
@allow("instructor", "administrator")
def bring_back(shelf: str, content_id: int, version: int) -> ResponseReturnValue:
    get_entry(shelf, content_id)
    sent = Sent(
        reason=request.form.get("reason", ""),
        note=request.form.get("note", ""),
        remedy=request.form.get("remedy", LEAVE),
    )
    choice = Choice(reason=sent.reason, note=sent.note, remedy=sent.remedy)
    try:
        live = publishing.revert(
            db.session(),
            get_actor(),
            content_id,
            version,
            choice,
            based_on_revision=revision_sent(),
            now=clock.now(),
        )
    except Refused as refused:
        return revert_page(shelf, content_id, version, sent, problem=str(refused)), 422
    except NotReady as found:
        problem = "It would not pass today’s rules. Nothing was changed."
        return revert_page(shelf, content_id, version, sent, problem=problem, gate=found.gate), 422
    except StaleDraft:
        problem = "This has changed meanwhile. Nothing was done; read it again first."
        return revert_page(shelf, content_id, version, sent, problem=problem), 409
    flash(f"Version {version} is published again, as version {live.number}.", "success")
    return redirect(url_for("author.versions", shelf=shelf, content_id=content_id), 303)


@blueprint.get("/changes/<int:publication_id>")
@allow("instructor", "administrator")
def outcome(publication_id: int) -> ResponseReturnValue:
    """What a changed key has done to the answers given before."""
    found = consequences.get_outcome(db.session(), get_actor(), publication_id)
    return render_template("author/outcome.html", outcome=found, shelf=SHELVES[found.kind], remedies=REMEDIES)


def revert_page(
    shelf: str,
    content_id: int,
    version: int,
    sent: Sent = NOTHING_SENT,
    *,
    problem: str = "",
    gate: Judgement | None = None,
) -> str:
    session, actor = db.session(), get_actor()
    opened = get_entry(shelf, content_id)
    body = history.get_body(session, actor, content_id, version)
    change = releasing.change_of(session, opened, body)
    affected = affected_by(opened, change)
    return render_template(
        "author/revert.html",
        opened=opened,
        shelf=shelf,
        version=version,
        states=STATES,
        changes=in_words(history.differences(opened.body, body), body, opened.body),
        hindrances=hindrances(opened, gate.hindrances) if gate else (),
        change=change,
        affected=affected,
        remedies=remedies(change, affected),
        sent=sent,
        problem=problem,
    )


def number(name: str) -> int | None:
    return whole_number(request.args.get(name, ""))
