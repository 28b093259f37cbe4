"""Activities for learners: which there are, and what one of them states before anybody takes part."""

from __future__ import annotations

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.services.crediting import activities
from quizapp.web.allow import allow, get_actor
from quizapp.web.credit.blueprint import blueprint
from quizapp.web.credit.standing import standing_of

STANDINGS = {
    "enrolled": "You are enrolled.",
    "passed": "You have passed; your claim is open.",
    "issued": "Claimed; your certificate is in the transcript.",
    "queued": "Claimed; it will be reported.",
    "reported": "Claimed and reported.",
    "accepted": "Claimed, reported and accepted.",
    "rejected": "Claimed; the report came back and is being corrected.",
    "corrected": "Claimed; the report was corrected.",
    "superseded": "Claimed; a corrected certificate has taken the place of the first.",
    "revoked": "The claim was revoked.",
}
"""What becomes of a claim, as its learner reads it."""


@blueprint.get("/")
@allow("signed_in")
def index() -> ResponseReturnValue:
    found = activities.list_offered(db.session(), get_actor().id, clock.now())
    return render_template(
        "credit/index.html",
        own=[one for one in found if one.standing],
        offered=[one for one in found if not one.standing],
        words=STANDINGS,
    )


@blueprint.get("/activities/<slug>")
@allow("signed_in")
def activity(slug: str) -> ResponseReturnValue:
    """What the activity states; for who is enrolled the edition of that day, and what comes next."""
    session, learner = db.session(), get_actor()
    own = activities.find_own(session, slug, learner.id)
    version = own or activities.find_newest(session, slug)
    if version is None:
        abort(404)
    edition = activities.get_edition(session, version)
    now = clock.now()
    if own is None and now < edition.released:
        abort(404)  # announced to its coordinators alone
    return render_template(
        "credit/activity.html",
        edition=edition,
        own=own is not None,
        is_open=edition.is_open(now),
        standing=standing_of(edition),
    )
