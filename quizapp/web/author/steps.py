"""Asking for a review from an editor: what was typed is kept first, and that very text is put forward."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.services.authoring import reviewing
from quizapp.services.authoring.drafting import Opened, Saved, StaleDraft, Unfit
from quizapp.services.authoring.reviewing import Refused
from quizapp.web.allow import get_actor
from quizapp.web.author.review import SHELVES

ENDPOINTS = {"item": "author.item", "lesson": "author.lesson"}


def ask(opened: Opened, keep: Callable[[], Saved]) -> ResponseReturnValue:
    """Keep what was typed and ask for a review of it; on to the review, or back to the editor with a sentence."""
    try:
        saved = keep()
        reviewing.ask(db.session(), get_actor(), opened.content_id, based_on_revision=saved.revision, now=clock.now())
    except (Refused, Unfit) as refused:
        flash(str(refused), "warning")
    except StaleDraft as stale:
        flash(
            f"{stale.by or 'A file'} has changed it since this page was opened. Save to see both versions.", "warning"
        )
    else:
        flash("Saved, and a review is asked for. Whoever may review is told by mail.", "success")
        return redirect(url_for("author.review", shelf=SHELVES[opened.kind], content_id=opened.content_id))
    return redirect(url_for(ENDPOINTS[opened.kind], content_id=opened.content_id))
