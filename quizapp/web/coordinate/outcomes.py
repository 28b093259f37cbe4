"""What an activity changed: on the page, as a table for spreadsheets, and on paper."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.formats import paper, spreadsheets
from quizapp.services.crediting import outcomes
from quizapp.web import charts
from quizapp.web.allow import allow, get_actor
from quizapp.web.coordinate.blueprint import blueprint
from quizapp.web.pages import in_zone


@blueprint.get("/activities/<int:activity_id>/outcomes")
@allow("coordinator", "administrator")
def outcome(activity_id: int) -> ResponseReturnValue:
    found = outcomes.get_outcomes(db.session(), get_actor(), activity_id)
    return render_template(
        "coordinate/outcomes.html",
        found=found,
        run=found.run,
        words=outcomes.WORDS,
        method=outcomes.METHOD,
        waiting=outcomes.waiting(found),
        told=outcomes.told,
        shown_cell=outcomes.shown_cell,
        shown_change=outcomes.shown_change,
        shift=charts.shift,
    )


@blueprint.get("/activities/<int:activity_id>/outcomes.csv")
@allow("coordinator", "administrator")
def outcome_table(activity_id: int) -> ResponseReturnValue:
    found = outcomes.get_outcomes(db.session(), get_actor(), activity_id)
    response = Response(spreadsheets.write(outcomes.export_rows(found)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="outcomes-{found.run.slug}.csv"'
    return response


@blueprint.get("/activities/<int:activity_id>/outcomes.pdf")
@allow("coordinator", "administrator")
def outcome_document(activity_id: int) -> ResponseReturnValue:
    found = outcomes.get_outcomes(db.session(), get_actor(), activity_id)
    try:
        made = paper.pdf(outcomes.paper(found, in_zone(clock.now()).date()))
    except paper.Unprintable as problem:
        flash(str(problem), "error")
        return redirect(url_for("coordinate.outcome", activity_id=activity_id), 303)
    response = Response(made, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="outcomes-{found.run.slug}.pdf"'
    return response
