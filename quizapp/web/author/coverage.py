"""The blueprint of one’s banks: what is wanted, what there is, and where to begin."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from quizapp import itemtypes
from quizapp.db.extension import db
from quizapp.services.analysing import coverage as covering
from quizapp.web.allow import allow, get_actor
from quizapp.web.author.blueprint import blueprint
from quizapp.web.author.index import type_label
from quizapp.web.author.item_forms import BLOOM


@blueprint.get("/coverage")
@allow("instructor", "administrator")
def coverage() -> ResponseReturnValue:
    by = "type" if request.args.get("by") == "type" else "bloom"
    labels = {name: type_label(name) for name in itemtypes.names()} if by == "type" else dict(BLOOM)
    bank = request.args.get("bank", "").strip()[:64]
    found = covering.get_coverage(db.session(), get_actor(), tuple(labels), by=by, bank=bank)
    return render_template(
        "author/coverage.html",
        found=found,
        by=by,
        bank=bank,
        labels=labels,
        bloom=dict(BLOOM),
        least=covering.LEAST,
    )
