"""The accreditor's folder of an activity, to be taken as one file."""

from __future__ import annotations

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.services.crediting import folder as folders
from quizapp.services.crediting import scope
from quizapp.web.allow import allow, get_actor
from quizapp.web.coordinate.blueprint import blueprint
from quizapp.web.pages import whole_site


@blueprint.get("/activities/<int:activity_id>/folder")
@allow("coordinator", "administrator")
def folder(activity_id: int) -> ResponseReturnValue:
    return render_template("coordinate/folder.html", run=scope.get_run(db.session(), get_actor(), activity_id))


@blueprint.post("/activities/<int:activity_id>/folder")
@allow("coordinator", "administrator")
def make_folder(activity_id: int) -> ResponseReturnValue:
    """The folder as a ZIP file; that it was made is kept."""
    made = folders.make(db.session(), get_actor(), activity_id, whole_site(), clock.now())
    response = Response(folders.zipped(made), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{made.slug}-folder.zip"'
    return response
