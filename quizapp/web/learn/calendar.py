"""The calendar that other programs fetch. They cannot sign in: the address itself is the secret."""

from __future__ import annotations

from flask import Response

from quizapp import clock
from quizapp.db.extension import db
from quizapp.services import calendar
from quizapp.web.allow import allow
from quizapp.web.learn.blueprint import blueprint


@blueprint.get("/calendar/<token>.ics")
@allow("anyone")
def calendar_file(token: str) -> Response:
    """The calendar under this address; 404 for one that never was or was taken back."""
    response = Response(
        calendar.get_calendar(db.session(), token, clock.now()), content_type="text/calendar; charset=utf-8"
    )
    response.headers["Content-Disposition"] = 'inline; filename="quizapp.ics"'
    response.headers["X-Robots-Tag"] = "noindex"
    return response
