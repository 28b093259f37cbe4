"""Certificates as files."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from quizapp.db.extension import db
from quizapp.services.crediting import verifying
from quizapp.web.allow import allow, get_actor
from quizapp.web.credit.blueprint import blueprint


@blueprint.get("/certificates/<code>.pdf")
@allow("signed_in")
def certificate(code: str) -> ResponseReturnValue:
    """The bytes that were issued: one’s own, or of an activity that one coordinates."""
    document = verifying.get_document(db.session(), get_actor(), code)
    response = Response(document, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="certificate-{code}.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
