"""What a learner adds to a question: a flag, a note, the cause of a miss, a report."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.services import annotating
from quizapp.services.sittings import Place
from quizapp.web.allow import allow, get_actor
from quizapp.web.learn.blueprint import blueprint


@blueprint.post("/question/<int:presentation_id>/mark")
@allow("signed_in")
def mark(presentation_id: int) -> ResponseReturnValue:
    marked = request.form.get("marked") == "1"
    place = annotating.set_mark(db.session(), get_actor(), presentation_id, marked=marked, now=clock.now())
    if request.accept_mimetypes.best == "application/json":
        return {"marked": marked}
    return redirect(url_for("learn.question", sitting_id=place.sitting_id, position=place.position), 303)


@blueprint.post("/question/<int:presentation_id>/note")
@allow("signed_in")
def note(presentation_id: int) -> ResponseReturnValue:
    try:
        place = annotating.keep_note(
            db.session(), get_actor(), presentation_id, request.form.get("text", ""), clock.now()
        )
        flash("Your note is kept." if request.form.get("text", "").strip() else "The note is gone.", "success")
    except annotating.Unfit as unfit:
        place = unfit.place
        flash(str(unfit), "error")
    return back(place)


@blueprint.post("/question/<int:presentation_id>/cause")
@allow("signed_in")
def cause(presentation_id: int) -> ResponseReturnValue:
    part, named = request.args.get("part", "1"), request.form.get("cause", "")
    try:
        place = annotating.name_cause(db.session(), get_actor(), presentation_id, part, named, clock.now())
    except annotating.Unfit as unfit:
        place = unfit.place
        flash(str(unfit), "error")
    return back(place)


@blueprint.post("/question/<int:presentation_id>/report")
@allow("signed_in")
def report(presentation_id: int) -> ResponseReturnValue:
    try:
        place = annotating.report_problem(
            db.session(), get_actor(), presentation_id, request.form.get("text", ""), clock.now()
        )
        flash("Thank you. Your report is kept for the authors of this question.", "success")
    except annotating.Unfit as unfit:
        place = unfit.place
        flash(str(unfit), "error")
    return back(place)


def back(place: Place) -> ResponseReturnValue:
    """To the feedback on which the form stood."""
    part = request.args.get("part")
    return redirect(url_for("learn.feedback", sitting_id=place.sitting_id, position=place.position, part=part), 303)
