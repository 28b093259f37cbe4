"""Beginning a question: of a type, in a bank, blank or from what was pasted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock, itemtypes
from quizapp.db.extension import db
from quizapp.formats import pasting
from quizapp.formats.pasting import Pasted, Unreadable
from quizapp.itemtypes import editing
from quizapp.itemtypes.editing import Json
from quizapp.services.authoring import drafting, offering, scope
from quizapp.services.authoring.drafting import Unfit
from quizapp.web.allow import allow, get_actor
from quizapp.web.author.blueprint import blueprint
from quizapp.web.author.index import type_label
from quizapp.web.author.item_forms import BLOOM, POOLS

USUAL = "single_best_answer"


@dataclass(frozen=True)
class Kind:
    """A type of question with what it is, in a sentence."""

    name: str
    label: str
    summary: str


@blueprint.get("/items/new")
@allow("instructor", "administrator")
def new_item() -> ResponseReturnValue:
    return new_page(request.args)


@blueprint.post("/items/new")
@allow("instructor", "administrator")
def begin_item() -> ResponseReturnValue:
    """Make the draft, blank or from what was pasted, and open its editor."""
    type_name = request.form.get("type", "")
    body: Json = editing.blank(type_name) if type_name in itemtypes.names() else {}
    if request.form.get("do") == "paste":
        try:
            pasted = pasting.read(request.form.get("paste", ""))
        except Unreadable as unreadable:
            return new_page(request.form, str(unreadable)), 422
        type_name, body = pasted.type, pasted.content | noted(pasted)
        for note in pasted.notes:
            flash(note, "info")
        if pasted.left:
            flash(
                "What was not understood stands in the note to authors, line by line; nothing was dropped.", "warning"
            )
    name = get_actor().shown_name
    try:
        content_id = drafting.create(
            db.session(),
            get_actor(),
            bank=request.form.get("bank", ""),
            type=type_name,
            objective=request.form.get("objective") or None,
            body={"authors": [name]} | wished(request.form) | body,
            now=clock.now(),
        )
    except Unfit as unfit:
        return new_page(request.form, str(unfit)), 422
    return redirect(url_for("author.item", content_id=content_id))


def noted(pasted: Pasted) -> Json:
    """The lines that were not understood, as a note to authors."""
    return {"note": "\n".join(["Pasted, and not understood:", *pasted.left])} if pasted.left else {}


def wished(chosen: Mapping[str, Any]) -> dict[str, str]:
    """What a gap in the blueprint asks of the question beside its objective."""
    offered = {"bloom": BLOOM, "pool": POOLS}
    return {name: chosen[name] for name, pairs in offered.items() if chosen.get(name) in dict(pairs)}


def new_page(chosen: Mapping[str, Any], problem: str = "") -> str:
    return render_template(
        "author/new_item.html",
        banks=scope.banks_of(db.session(), get_actor(), right="write"),
        kinds=kinds(),
        objectives=offering.objectives(db.session()),
        bank=chosen.get("bank", ""),
        type=chosen.get("type") or USUAL,
        objective=chosen.get("objective", ""),
        pasted=chosen.get("paste", ""),
        wished=wished(chosen),
        problem=problem,
    )


def kinds() -> list[Kind]:
    """The types, the most usual first, each with the first sentence of its own description."""
    order = sorted(itemtypes.names(), key=lambda name: (name != USUAL, name))
    return [Kind(name, type_label(name), summary(name)) for name in order]


def summary(name: str) -> str:
    """“A stem, a question, four or five options of which one is best.”"""
    said = (import_module(f"quizapp.itemtypes.{name}.item").__doc__ or "").partition("\n")[0]
    words = said.partition(": ")[2].partition(". ")[0].rstrip(".")
    return f"{words[:1].upper()}{words[1:]}."
