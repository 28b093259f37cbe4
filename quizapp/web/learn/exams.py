"""An exam: saving, looking over, handing in."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.services import answering, examining, showing, sittings
from quizapp.web.allow import allow, get_actor
from quizapp.web.learn.blueprint import blueprint
from quizapp.web.learn.sessions import CLOCK_SHOWN_WITHIN_SECONDS as A_DAY
from quizapp.web.learn.sessions import back_to, hand_back, read_submission
from quizapp.web.pages import time_of_day


@blueprint.post("/question/<int:presentation_id>/save")
@allow("signed_in")
def save(presentation_id: int) -> ResponseReturnValue:
    """Keep what stands in the form, and go where the button says. A script that saves each choice gets JSON."""
    actor, now = get_actor(), clock.now()
    by_script = request.accept_mimetypes.best == "application/json"
    submission, go = read_submission(), request.form.get("go", "")
    try:
        if token := request.form.get("strike"):
            examining.strike(db.session(), actor, presentation_id, submission.part, token, now)
        saved = examining.save(db.session(), actor, presentation_id, submission, fix=go == "fix", now=now)
    except answering.TimeIsUp as over:
        examining.settle(db.session(), actor, over.place.sitting_id, now)
        if by_script:
            return {"error": "This session is closed. What was saved before counts."}, 409
        return redirect(url_for("learn.results", sitting_id=over.place.sitting_id), 303)
    except answering.OutOfTurn as fixed:
        if by_script:
            return {"error": "This part is fixed and can no longer be changed."}, 409
        return back_to(fixed.place)
    if isinstance(saved, answering.HandedBack):
        return ({"error": saved.problem.message}, 422) if by_script else hand_back(saved)
    if by_script:
        return {"saved": time_of_day(saved.at)}
    return redirect(where(saved, go), 303)


def where(saved: examining.Saved, go: str) -> str:
    """The page that a button of an exam question leads to."""
    if go == "look_over":
        return url_for("learn.look_over", sitting_id=saved.place.sitting_id)
    here = saved.place.position
    chosen = int(go) - 1 if go.isascii() and go.isdigit() and len(go) < 4 else here
    position = {"next": here + 1, "previous": here - 1}.get(go, chosen)
    if not 0 <= position < saved.total:
        return url_for("learn.look_over", sitting_id=saved.place.sitting_id)
    return url_for("learn.question", sitting_id=saved.place.sitting_id, position=position)


@blueprint.get("/session/<int:sitting_id>/hand-in")
@allow("signed_in")
def look_over(sitting_id: int) -> ResponseReturnValue:
    """All questions of an exam, and which still lack an answer; of anything whose time is up, that it is."""
    actor, now = get_actor(), clock.now()
    sat = sittings.get_sat(db.session(), actor, sitting_id)
    seconds_left = int((sat.deadline - now).total_seconds()) if sat.deadline else None
    over = seconds_left is not None and seconds_left <= 0
    if sat.closed_at is not None or not (sat.mode.free_order or over):
        return redirect(url_for("learn.session", sitting_id=sitting_id))

    def question_url(position: int) -> str:
        return url_for("learn.question", sitting_id=sitting_id, position=position)

    return render_template(
        "learn/hand_in.html",
        sat=sat,
        navigator=showing.get_navigator(db.session(), actor, sitting_id),
        over=over,
        seconds_left=max(0, seconds_left) if seconds_left is not None and seconds_left <= A_DAY else None,
        until=sat.deadline,
        question_url=question_url,
        links={"hand_in": url_for("learn.hand_in", sitting_id=sitting_id), "back": question_url(0)},
    )


@blueprint.post("/session/<int:sitting_id>/hand-in")
@allow("signed_in")
def hand_in(sitting_id: int) -> ResponseReturnValue:
    """Close the exam; a second click finds it closed."""
    examining.hand_in(db.session(), get_actor(), sitting_id, clock.now())
    return redirect(url_for("learn.results", sitting_id=sitting_id), 303)
