"""The editor of a lesson: its text with what it cites left, the page of its readers right."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.formats import entries
from quizapp.itemtypes.editing import Group, Json
from quizapp.services.authoring import drafting, judging, offering, previewing, scope, uploading
from quizapp.services.authoring.drafting import STATES, Opened, StaleDraft, Unfit
from quizapp.web.allow import allow, get_actor
from quizapp.web.author import lesson_forms, marking_faults, reshaping, stale, steps
from quizapp.web.author.blueprint import blueprint
from quizapp.web.author.item_forms import worded
from quizapp.web.author.items import MOST_FIELDS, Searched, known
from quizapp.web.author.review import revision_sent
from quizapp.web.pages import time_of_day

INSERTED = {"cite": "fact", "ask": "item"}
"""What is looked for to be put into the text: name of the search → kind."""


@blueprint.get("/lessons/new")
@allow("instructor", "administrator")
def new_lesson() -> ResponseReturnValue:
    return new_page({})


@blueprint.post("/lessons/new")
@allow("instructor", "administrator")
def begin_lesson() -> ResponseReturnValue:
    """Make the draft and open its editor."""
    title = request.form.get("title", "").strip()
    body = {"title": title, "authors": [get_actor().shown_name], "body": "## First section {#first}\n"}
    try:
        content_id = drafting.create(
            db.session(),
            get_actor(),
            kind="lesson",
            bank=request.form.get("bank", ""),
            slug=request.form.get("slug", "").strip(),
            body=body,
            now=clock.now(),
        )
    except Unfit as unfit:
        return new_page(request.form.to_dict(), str(unfit)), 422
    return redirect(url_for("author.lesson", content_id=content_id))


@blueprint.get("/lessons/<int:content_id>")
@allow("instructor", "administrator")
def lesson(content_id: int) -> ResponseReturnValue:
    opened = open_lesson(content_id)
    return lesson_page(opened, lesson_forms.filled(opened.body))


@blueprint.post("/lessons/<int:content_id>")
@allow("instructor", "administrator")
def change_lesson(content_id: int) -> ResponseReturnValue:
    """Save, or carry out what a button wishes; the page comes back with everything in it."""
    opened = open_lesson(content_id, right="write")
    form, content = read_form(opened)
    wish = request.form.get("do", "save")
    if wish.startswith("find:"):
        return lesson_page(opened, form, searched=search(wish.removeprefix("find:")))
    if wish in ("check", "show"):
        return lesson_page(opened, form, check=wish == "check")
    if wish == "ask":
        return ask_for_review(opened, form, content)
    reshaped = reshaping.reshape(form, content, wish, request.form) if wish != "save" else None
    if reshaped is None:
        return save_lesson(opened, form, content)
    shown = lesson_forms.filled(reshaped.content)
    return lesson_page(opened, shown, focus=reshaped.focus, sentence=reshaped.sentence)


@blueprint.post("/lessons/<int:content_id>/preview")
@allow("instructor", "administrator")
def preview_lesson(content_id: int) -> ResponseReturnValue:
    """What a reader would see of the form as it stands, and what is to be said about it. Stores nothing."""
    opened = open_lesson(content_id)
    form, content = read_form(opened)
    return render_template("author/lesson_judged.html", **judged(opened, form, content))


@blueprint.post("/lessons/<int:content_id>/merge")
@allow("instructor", "administrator")
def merge_lesson(content_id: int) -> ResponseReturnValue:
    """Join two versions as somebody chose, field by field."""
    return stale.merge(open_lesson(content_id, right="write"), "author.lesson", lesson_forms.filled)


def open_lesson(content_id: int, *, right: scope.Right = "read") -> Opened:
    """The lesson, for somebody who has this right to it. Raises LookupError, for a question too."""
    opened = drafting.open_draft(db.session(), get_actor(), content_id, right=right)
    if opened.kind != "lesson":
        raise LookupError(content_id)
    return opened


def read_form(opened: Opened) -> tuple[Group, Json]:
    """The form as it was sent, and what it says."""
    if len(request.form) > MOST_FIELDS:
        raise Unfit("This form has more fields than can be kept.")
    form = lesson_forms.sent(request.form)
    return form, lesson_forms.said(opened.body, form)


def kept_body(content: Json) -> Json:
    """What is kept of a form: a sound lesson as its version would be, any other as it was typed."""
    said = worded(content)
    fields, _ = entries.judge("lesson", said)
    return entries.content_of(fields) if fields is not None else entries.filled(said)


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


def save_lesson(opened: Opened, form: Group, content: Json) -> ResponseReturnValue:
    """Keep what was typed; a script is told in JSON."""
    by_script = request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    try:
        saved = keep(opened, content)
    except Unfit as unfit:
        if by_script:
            return {"error": str(unfit)}, 422
        return lesson_page(opened, form, sentence=str(unfit), tone="bad"), 422
    except StaleDraft as changed:
        if by_script:
            return {"error": f"{changed.by or 'A file'} has changed this lesson meanwhile."}, 409
        return stale.stale_page(opened, kept_body(content), changed, lesson_forms.filled)
    at = time_of_day(saved.at if saved.changed else clock.now())
    if by_script:
        return {"saved": at, "revision": saved.revision}
    flash(f"Saved {at}.", "success")
    return redirect(url_for("author.lesson", content_id=opened.content_id))


def ask_for_review(opened: Opened, form: Group, content: Json) -> ResponseReturnValue:
    """Keep what was typed and ask for a review of it, unless something stands against it."""
    if not judge(opened, content).is_ready:
        return lesson_page(opened, form, check=True), 422
    return steps.ask(opened, lambda: keep(opened, content))


def search(name: str) -> Searched:
    """What a search without script finds; `name` is what is searched for."""
    query = request.form.get(f"find-{name}", "").strip()
    kind = INSERTED.get(name) or {"objectives": "objective", "references": "reference"}.get(name, "fact")
    return Searched(name, query, offering.find(db.session(), get_actor(), kind, query, clock.now().date()), "practice")


def judge(opened: Opened, content: Json) -> judging.Judgement:
    """What stands against the lesson as it is in the form: what publishing would say of it."""
    said, today = worded(content) | {"id": opened.slug}, clock.now().date()
    return judging.judge(db.session(), "lesson", said, home=opened.bank.slug, today=today)


def judged(opened: Opened, form: Group, content: Json, *, check: bool = False) -> dict[str, Any]:
    """What stands beside the form: the page of readers, and everything that is to be said."""
    said = worded(content)
    judgement = judge(opened, content)
    return {
        "sections": previewing.preview_lesson(db.session(), said),
        "faults": marking_faults.place(form, content, said, judgement.faults, check=check),
    }


def lesson_page(
    opened: Opened,
    form: Group,
    *,
    focus: str = "",
    sentence: str = "",
    tone: str = "",
    searched: Searched | None = None,
    check: bool = False,
) -> str:
    """The editor; as `items.item_page`."""
    content = lesson_forms.said(opened.body, form)
    return render_template(
        "author/lesson.html",
        opened=opened,
        form=form,
        states=STATES,
        known=known(form),
        drawn=uploading.drawn(db.session(), opened),
        searched=searched,
        focus=f"find-{searched.name}" if searched else focus,
        sentence=sentence,
        tone=tone,
        check=check,
        dirty=kept_body(content) != opened.body,
        **judged(opened, form, content, check=check),
    )


def new_page(typed: dict[str, str], problem: str = "") -> str:
    banks = scope.banks_of(db.session(), get_actor(), right="write")
    return render_template("author/new_lesson.html", banks=banks, typed=typed, problem=problem)
