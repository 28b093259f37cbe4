"""The first page of the studio: everything in one’s own banks, with what waits there."""

from __future__ import annotations

from dataclasses import fields

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import itemtypes
from quizapp.db.extension import db
from quizapp.services.authoring import listing
from quizapp.services.authoring.drafting import STATES
from quizapp.services.authoring.listing import Filters
from quizapp.web.allow import allow, get_actor
from quizapp.web.author.blueprint import blueprint


@blueprint.get("/")
@allow("instructor", "administrator")
def index() -> ResponseReturnValue:
    by = filters()
    found = listing.list_entries(db.session(), get_actor(), by, after=request.args.get("after", ""))
    chosen = {name: value for name, value in vars(by).items() if value}
    return render_template(
        "author/index.html",
        listing=found,
        by=by,
        banks=[(bank.slug, bank.title) for bank in found.banks],
        states=STATES,
        types={name: type_label(name) for name in itemtypes.names()},
        narrowed=bool(chosen),
        older_url=url_for("author.index", **chosen, after=found.after) if found.after else None,
        entry_url=entry_url,
        may_write=any(bank.lets("write") for bank in found.banks),
        is_first_page=not request.args.get("after"),
    )


def filters() -> Filters:
    return Filters(**{field.name: request.args.get(field.name, "").strip()[:80] for field in fields(Filters)})


def type_label(name: str) -> str:
    """“Single best answer”."""
    return name.replace("_", " ").capitalize()


def entry_url(row: listing.Row) -> str:
    """Where an entry is written."""
    return url_for(f"author.{row.kind}", content_id=row.content_id)
