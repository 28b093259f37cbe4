"""The editor of a question: form left, the learner’s own rendering right, what is to be mended beneath it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from quizapp import clock, itemtypes
from quizapp.db.extension import db
from quizapp.formats import entries, linting
from quizapp.itemtypes import editing
from quizapp.itemtypes.editing import Group, Json, Offers, Picks
from quizapp.services.authoring import drafting, judging, offering, previewing, reporting, scope
from quizapp.services.authoring.drafting import STATES, Opened, StaleDraft, Unfit
from quizapp.services.authoring.judging import Judgement
from quizapp.services.authoring.offering import Found, Offered
from quizapp.services.authoring.reviewing import Refused
from quizapp.services.content.drawing import with_drawings
from quizapp.web.allow import allow, get_actor
from quizapp.web.author import item_forms, marking_faults, reshaping, stale, steps
from quizapp.web.author.blueprint import blueprint
from quizapp.web.author.index import type_label
from quizapp.web.author.review import answer_beside, revision_sent
from quizapp.web.fields import whole_number
from quizapp.web.pages import time_of_day

MOST_FIELDS = 4_000
NO_REPLIES: Mapping[int, str] = {}


@dataclass(frozen=True)
class Searched:
    """A search for entries: the field they are for, what was typed, what was found."""

    name: str
    query: str
    rows: tuple[Found, ...]
    pool: str


@blueprint.get("/items/<int:content_id>")
@allow("instructor", "administrator")
def item(content_id: int) -> ResponseReturnValue:
    opened = open_item(content_id)
    form = item_forms.filled(item_forms.with_rows(typed_body(opened)), offers())
    return item_page(opened, form)


@blueprint.post("/items/<int:content_id>")
@allow("instructor", "administrator")
def change_item(content_id: int) -> ResponseReturnValue:
    """Save, or carry out what a button wishes; the page comes back with everything in it."""
    opened = open_item(content_id, right="write")
    form, content = read_form(opened)
    wish = request.form.get("do", "save")
    if wish == "save":
        return save_item(opened, form, content)
    if wish.startswith("answer:"):
        return answer_report(opened, form, wish.removeprefix("answer:"))
    if wish.startswith("find:"):
        return item_page(opened, form, searched=search(wish.removeprefix("find:"), content))
    if wish == "paste":
        return paste_in(opened, form, content)
    if wish == "ask":
        return ask_for_review(opened, form, content)
    if wish == "show":
        return item_page(opened, form)
    if wish == "check":
        return item_page(opened, form, check=True)
    reshaped = reshaping.reshape(form, content, wish, request.form)
    if reshaped is None:
        return save_item(opened, form, content)
    shown = item_forms.filled(reshaped.content, offers())
    return item_page(opened, shown, focus=reshaped.focus, sentence=reshaped.sentence)


@blueprint.post("/items/<int:content_id>/preview")
@allow("instructor", "administrator")
def preview_item(content_id: int) -> ResponseReturnValue:
    """What a learner would see of the form as it stands, and what is to be said about it. Stores nothing."""
    opened = open_item(content_id)
    form, content = read_form(opened)
    return render_template("author/judged.html", **judged(opened, form, content))


@blueprint.get("/find")
@allow("instructor", "administrator")
def find() -> ResponseReturnValue:
    """Entries to pick, by id or words."""
    kind, name = request.args.get("kind", ""), request.args.get("name", "")
    pool = request.args.get("pool", "practice")
    try:
        rows = offering.find(db.session(), get_actor(), kind, request.args.get("q", ""), clock.now().date())
    except KeyError:
        rows = ()
    searched = Searched(name, request.args.get("q", "").strip(), rows, pool)
    return render_template("author/found.html", searched=searched, taken=request.args.getlist("taken"))


@blueprint.get("/figures/<figure>/board")
@allow("instructor", "administrator")
def figure_board(figure: str) -> ResponseReturnValue:
    """The drawings of a figure, for places to be drawn on."""
    told = with_drawings(db.session(), {"figure": figure}, "board", labelled=True)
    if "drawings" not in told:
        raise LookupError(figure)
    return render_template("author/board.html", drawings=told["drawings"])


def open_item(content_id: int, *, right: scope.Right = "read") -> Opened:
    """The question, for somebody who has this right to it. Raises LookupError, for a lesson too."""
    opened = drafting.open_draft(db.session(), get_actor(), content_id, right=right)
    if opened.kind != "item":
        raise LookupError(content_id)
    return opened


def typed_body(opened: Opened) -> Json:
    """The question as it stands, of a type that there is."""
    body = dict(opened.body)
    if body.get("type") not in itemtypes.names():
        body["type"] = "single_best_answer"
    return body | {"id": opened.slug}


def read_form(opened: Opened) -> tuple[Group, Json]:
    """The form as it was sent, and what it says. Too many fields are refused before anything is made of them."""
    if len(request.form) > MOST_FIELDS:
        raise Unfit("This form has more fields than can be kept.")
    kept = typed_body(opened)
    form = item_forms.sent(kept, request.form, offers())
    return form, item_forms.said(kept, form)


def kept_body(content: Json) -> Json:
    """What is kept of a form: a sound question as its version would be, any other as it was typed."""
    worded = item_forms.worded(content)
    fields, _ = entries.judge("item", worded, judged=False)
    return entries.content_of(fields) if fields is not None else entries.filled(entries.with_ids("item", worded))


def save_item(opened: Opened, form: Group, content: Json) -> ResponseReturnValue:
    """Keep what was typed; a script is told in JSON."""
    by_script = request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    now = clock.now()
    try:
        saved = keep(opened, content)
    except Unfit as unfit:
        if by_script:
            return {"error": str(unfit)}, 422
        return item_page(opened, form, sentence=str(unfit), tone="bad"), 422
    except StaleDraft as changed:
        if by_script:
            return {"error": f"{changed.by or 'A file'} has changed this question meanwhile."}, 409
        return stale.stale_page(opened, kept_body(content), changed, in_form)
    if by_script:
        return {"saved": time_of_day(saved.at if saved.changed else now), "revision": saved.revision}
    flash(f"Saved {time_of_day(now)}.", "success")
    return redirect(url_for("author.item", content_id=opened.content_id))


def ask_for_review(opened: Opened, form: Group, content: Json) -> ResponseReturnValue:
    """Keep what was typed and ask for a review of it, unless something stands in the way of publishing it."""
    if not judge(opened, content).is_ready:
        return item_page(opened, form, check=True), 422
    return steps.ask(opened, lambda: keep(opened, content))


def paste_in(opened: Opened, form: Group, content: Json) -> ResponseReturnValue:
    """Put a question from a document into the form, where nothing is written yet."""
    typed = request.form.get("paste", "")
    done = reshaping.take_in(content, typed)
    if done.content is content:
        return item_page(opened, form, focus=done.focus, sentence=done.sentence, tone="careful", pasted=typed), 422
    return item_page(opened, item_forms.filled(done.content, offers()), focus=done.focus, sentence=done.sentence)


def answer_report(opened: Opened, form: Group, report: str) -> ResponseReturnValue:
    """Answer a learner’s report beside the form, with all that is typed in it kept. Raises LookupError."""
    report_id = whole_number(report) or 0
    reply = request.form.get(f"reply-{report_id}", "")
    try:
        said = answer_beside(opened, report_id, reply)
    except Refused as refused:
        shown = item_page(opened, form, sentence=str(refused), tone="bad", replies={report_id: reply})
        return shown, 422
    return item_page(opened, form, sentence=said, tone="good")


def keep(opened: Opened, content: Json) -> drafting.Saved:
    """Store the draft. Raises Unfit, StaleDraft."""
    return drafting.save_draft(
        db.session(),
        get_actor(),
        opened.content_id,
        kept_body(content),
        based_on_revision=revision_sent(),
        now=clock.now(),
    )


@blueprint.post("/items/<int:content_id>/merge")
@allow("instructor", "administrator")
def merge_item(content_id: int) -> ResponseReturnValue:
    """Join two versions as somebody chose, field by field."""
    return stale.merge(open_item(content_id, right="write"), "author.item", in_form)


def in_form(content: Json) -> Group:
    """The question in its form, whose labels name every field."""
    return item_forms.filled(content, {})


def offers() -> Offers:
    """What the lists of the form offer."""
    session = db.session()
    return {
        "objectives": choices(offering.objectives(session)),
        "sections": choices(offering.sections(session)),
        "figures": choices(offering.figures(session)),
        "rules": [SelectChoice(value=name, label=name) for name in linting.RULES if name not in linting.REASON_RULES],
    }


def choices(offered: tuple[Offered, ...]) -> list[SelectChoice]:
    return [SelectChoice(value=one.value, label=one.label, optgroup=one.group or None) for one in offered]


def search(name: str, content: Json) -> Searched:
    """What a search without script finds; `name` is the field that is searched for."""
    kind = {"facts": "fact", "references": "reference", "also": "objective", "enemies": "item"}
    last = name.rpartition("-")[2]
    query = request.form.get(f"find-{name}", "").strip()
    rows = offering.find(db.session(), get_actor(), kind.get(last, "fact"), query, clock.now().date())
    return Searched(name, query, rows, str(content.get("pool") or "practice"))


def judge(opened: Opened, content: Json) -> Judgement:
    """What stands against the question as it is in the form: what publishing would say of it."""
    worded, today = item_forms.worded(content), clock.now().date()
    return judging.judge(db.session(), "item", worded, home=opened.bank.slug, today=today)


def judged(opened: Opened, form: Group, content: Json, *, check: bool = False) -> dict[str, Any]:
    """What stands beside the form: the preview, and everything that is to be said."""
    worded = item_forms.worded(content)
    judgement = judge(opened, content)
    # What is not there yet is a finding only once somebody asks whether all is done.
    waiting = () if check else tuple(one for one in judgement.hindrances if one.excusable and one.is_open)
    advice = (one for one in judgement.advice if check or not one.is_open)
    return {
        "preview": previewing.preview(db.session(), worded, random.Random(opened.content_id)),
        "judgement": judgement,
        "faults": marking_faults.place(form, content, worded, (*judgement.faults, *waiting), check=check),
        "advice": marking_faults.place_advice(form, content, worded, advice),
        "types": type_labels(),
    }


def type_labels() -> dict[str, str]:
    return {name: type_label(name) for name in itemtypes.names()}


def item_page(
    opened: Opened,
    form: Group,
    *,
    focus: str = "",
    sentence: str = "",
    tone: str = "",
    searched: Searched | None = None,
    check: bool = False,
    replies: Mapping[int, str] = NO_REPLIES,
    pasted: str = "",
) -> str:
    """The editor. `focus` is the id of the element at which reading goes on, `sentence` what is said above the form,
    `replies` and `pasted` what was typed as an answer to a report, or pasted, and is handed back."""
    content = item_forms.said(typed_body(opened), form)
    return render_template(
        "author/item.html",
        opened=opened,
        form=form,
        type=content["type"],
        states=STATES,
        part_types=itemtypes.gradable(),
        is_case=itemtypes.is_container(content["type"]),
        known=known(form),
        traps=offering.traps(db.session()),
        searched=searched,
        focus=f"find-{searched.name}" if searched else focus,
        sentence=sentence,
        tone=tone,
        check=check,
        reports=reporting.open_on(db.session(), opened),
        replies=replies,
        pasted=pasted,
        dirty=kept_body(content) != opened.body,
        **judged(opened, form, content, check=check),
    )


def known(form: Group) -> Mapping[tuple[str, str], Found]:
    """What is known of every picked entry, by kind and id."""
    wanted: dict[str, set[str]] = {}
    for field in editing.fields(form):
        if isinstance(field, Picks):
            wanted.setdefault(field.kind, set()).update(field.data)
    today = clock.now().date()
    return {
        (kind, name): found
        for kind, names in wanted.items()
        for name, found in offering.look_up(db.session(), get_actor(), kind, names, today).items()
    }
