"""The gradebook of a cohort, on the screen and as a file; and the debriefing of an assignment."""

from __future__ import annotations

import re

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.formats import spreadsheets
from quizapp.services.teaching import cohorts, debriefing, gradebooks
from quizapp.web.allow import allow, get_actor
from quizapp.web.pages import in_zone
from quizapp.web.teach.blueprint import blueprint


@blueprint.get("/cohorts/<int:cohort_id>/gradebook")
@allow("instructor")
def gradebook(cohort_id: int) -> ResponseReturnValue:
    actor = get_actor()
    return render_template(
        "teach/gradebook.html",
        cohort=cohorts.get_taught(db.session(), actor, cohort_id),
        book=gradebooks.get_gradebook(db.session(), actor, cohort_id),
    )


@blueprint.get("/cohorts/<int:cohort_id>/gradebook.csv")
@allow("instructor")
def gradebook_file(cohort_id: int) -> ResponseReturnValue:
    """The gradebook for a spreadsheet or a learning management system; no cell of it can run."""
    actor = get_actor()
    cohort = cohorts.get_taught(db.session(), actor, cohort_id)
    rows = gradebooks.export_rows(gradebooks.get_gradebook(db.session(), actor, cohort_id))
    name = re.sub(r"[^a-z0-9]+", "-", cohort.title.lower()).strip("-") or "cohort"
    response = Response(spreadsheets.write(rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="gradebook-{name}-{in_zone(clock.now()):%Y-%m-%d}.csv"'
    )
    return response


@blueprint.get("/assignments/<int:assignment_id>/debrief")
@allow("instructor")
def debrief(assignment_id: int) -> ResponseReturnValue:
    """The three most-missed ideas, in letters for a wall."""
    actor = get_actor()
    found = debriefing.get_debrief(db.session(), actor, assignment_id)
    return render_template(
        "teach/debrief.html",
        cohort=cohorts.get_taught(db.session(), actor, found.given.cohort_id),
        debrief=found,
        least=debriefing.LEAST,
    )
