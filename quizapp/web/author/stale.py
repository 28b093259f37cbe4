"""Two who changed one entry at once: both texts side by side, and a choice field by field. Nothing is lost."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.formats import documents
from quizapp.itemtypes.editing import Group, Json, Path
from quizapp.services.authoring import drafting
from quizapp.services.authoring.drafting import Opened, StaleDraft, Unfit
from quizapp.web.allow import get_actor
from quizapp.web.author import merging
from quizapp.web.author.form_places import title_of
from quizapp.web.author.merging import Difference, Key
from quizapp.web.author.review import revision_sent

Form = Callable[[Json], Group]
"""The form of an entry, filled in: it knows the words for every field."""
Piece = tuple[str, bool]
"""A stretch of text, and whether the other side has something else there."""

LONGEST_COMPARED = 4_000
"""Words of a text within which single ones are marked."""


@dataclass(frozen=True)
class Side:
    """What one of two says: pieces of text, or None where it says nothing."""

    pieces: tuple[Piece, ...] | None


@dataclass(frozen=True)
class Row:
    """A field that differs, with the words for it."""

    difference: Difference
    title: str
    mine: Side
    theirs: Side


def stale_page(opened: Opened, mine: Json, stale: StaleDraft, form: Form) -> ResponseReturnValue:
    """Both texts, the fields that differ marked (409)."""
    rows = [
        Row(one, title(one.key, mine, stale.theirs, form), *sides(one)) for one in merging.compare(mine, stale.theirs)
    ]
    page = render_template(
        "author/stale.html",
        opened=opened,
        rows=rows,
        mine=json.dumps(mine, ensure_ascii=False),
        by=stale.by,
        at=stale.at,
        revision=stale.revision,
        action=request.path.removesuffix("/merge") + "/merge",
        home=request.path.removesuffix("/merge"),
    )
    return page, 409


def merge(opened: Opened, endpoint: str, form: Form) -> ResponseReturnValue:
    """Carry out the choice made on that page, on the version it was made against."""
    try:
        mine = json.loads(request.form.get("mine", ""))
    except (ValueError, RecursionError):
        mine = None
    if not isinstance(mine, dict):
        raise LookupError("mine")
    # These never differ between two texts of an entry; a form that says otherwise was not made here.
    mine |= {name: opened.body[name] for name in ("id", "type", "topic") if name in opened.body}
    chosen = {one.name: request.form.get(f"take-{one.name}", "mine") for one in merging.compare(mine, opened.body)}
    if request.form.get("do") == "all-mine":
        chosen = dict.fromkeys(chosen, "mine")
    written = {name: request.form.get(f"write-{name}", "").replace("\r\n", "\n").strip() for name in chosen}
    merged = merging.merge(mine, opened.body, chosen, written)
    try:
        drafting.save_draft(
            db.session(), get_actor(), opened.content_id, merged, based_on_revision=revision_sent(), now=clock.now()
        )
    except StaleDraft as stale:
        return stale_page(opened, merged, stale, form)
    except Unfit as unfit:
        flash(str(unfit), "error")
        return stale_page(opened, mine, StaleDraft(opened.body, opened.by, opened.at, opened.revision), form)
    flash("Both versions are joined and saved. Read it once more.", "success")
    return redirect(url_for(endpoint, content_id=opened.content_id))


def sides(difference: Difference) -> tuple[Side, Side]:
    mine, theirs = words(difference.mine), words(difference.theirs)
    if mine is None or theirs is None:
        return Side(((mine, True),) if mine is not None else None), Side(
            ((theirs, True),) if theirs is not None else None
        )
    return Side(marked(mine, theirs)), Side(marked(theirs, mine))


def words(value: Any) -> str | None:
    """A value as it can be read: a row as a file would have it."""
    if value in (None, "", [], {}):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return documents.write([value]).strip()
    if isinstance(value, list):
        nested = any(isinstance(one, (dict, list)) for one in value)
        return documents.write(value).strip() if nested else ", ".join(map(str, value))
    return str(value)


def marked(text: str, other: str) -> tuple[Piece, ...]:
    """A text in pieces, those marked that the other does not have."""
    own, others = re.findall(r"\s+|\w+|[^\w\s]", text), re.findall(r"\s+|\w+|[^\w\s]", other)
    if len(own) > LONGEST_COMPARED or len(others) > LONGEST_COMPARED:
        return ((text, True),)
    pieces: list[Piece] = []
    for kind, begin, end, *_ in difflib.SequenceMatcher(None, own, others, autojunk=False).get_opcodes():
        if begin < end:
            pieces.append(("".join(own[begin:end]), kind != "equal"))
    return tuple(pieces)


def title(key: Key, mine: Json, theirs: Json, form: Form) -> str:
    """The words for a field: “Option B, Reason”."""
    for content in (mine, theirs):
        path = path_in(content, key)
        if path is not None:
            words = title_of(form(content), path)
            return f"{words}, order" if key[-1] == "" else words or " ".join(key)
    return " ".join(key)


def path_in(content: Any, key: Key) -> Path | None:
    """The path of a field in a content whose rows stand in some order; None where it has no such row."""
    path: list[str | int] = []
    for step in key:
        if isinstance(content, list):
            if step == "":
                break
            place = next((n for n, row in enumerate(content) if row.get("id") == step), None)
            if place is None:
                return None
            path.append(place)
            content = content[place]
        else:
            path.append(step)
            content = content.get(step) if isinstance(content, dict) else None
    return tuple(path)
