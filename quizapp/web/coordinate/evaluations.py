"""What participants said of an activity, and how long they were busy."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from quizapp.core.credit.timing import FEWEST
from quizapp.db.extension import db
from quizapp.services.crediting import evaluations
from quizapp.web import charts
from quizapp.web.allow import allow, get_actor
from quizapp.web.coordinate.blueprint import blueprint


@blueprint.get("/activities/<int:activity_id>/evaluations")
@allow("coordinator", "administrator")
def evaluation(activity_id: int) -> ResponseReturnValue:
    found = evaluations.get_summary(db.session(), get_actor(), activity_id)
    return render_template(
        "coordinate/evaluation.html",
        summary=found,
        run=found.run,
        fewest=FEWEST,
        drawing=charts.busy(found.times) if found.times.enough else None,
    )
