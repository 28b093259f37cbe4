"""What a draft changes, what stands in its way, what is said about it, and the steps to its publication."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.formats.anatomy import plain
from quizapp.formats.comparing import Difference
from quizapp.services.authoring import (
    commenting,
    consequences,
    drafting,
    history,
    listing,
    publishing,
    releasing,
    reporting,
    reviewing,
    signing,
)
from quizapp.services.authoring.consequences import Affected
from quizapp.services.authoring.drafting import STATES, Opened, StaleDraft
from quizapp.services.authoring.judging import Fault, Judgement
from quizapp.services.authoring.listing import Filters
from quizapp.services.authoring.releasing import Change, Choice, NotReady, Outdated
from quizapp.services.authoring.reviewing import Refused
from quizapp.services.regrading import ACCEPT, LEAVE
from quizapp.web.allow import allow, get_actor
from quizapp.web.author.blueprint import blueprint
from quizapp.web.author.index import type_label
from quizapp.web.author.words import place_of, title_of
from quizapp.web.fields import whole_number

Json = dict[str, Any]

LONGEST_QUOTE = 60
SHELVES = {"item": "items", "lesson": "lessons"}
REMEDIES = {
    LEAVE: ("Leave them", "Marks stay as they were given."),
    ACCEPT: ("Accept further keys", "What is right by the old or by the new key is right."),
    "credit": ("Full marks for all", "The question was faulty; it says nothing of the learners any more."),
    "drop": ("Leave the question out", "It counts for nobody. This is the one choice that can lower somebody."),
    "bonus": ("Bonus", "Full marks stay; for everybody else it does not count."),
}


@dataclass(frozen=True)
class Changed:
    """A field that differs, with the words for its place; `about` is the text of the option or row it belongs to.
    `sentence` stands for the pieces where those would say only yes."""

    title: str
    about: str
    difference: Difference
    sentence: str = ""


@dataclass(frozen=True)
class Hindrance:
    """`place` is in words, "" for the whole; `url` leads to another entry that would break."""

    place: str
    fault: Fault


@dataclass(frozen=True)
class Line:
    """A line that can be remarked on."""

    value: str
    label: str


@dataclass(frozen=True)
class Sent:
    """What was typed and is handed back."""

    reason: str = ""
    note: str = ""
    comment: str = ""
    place: str = ""
    size: str = ""
    remedy: str = LEAVE
    report: int = 0
    reply: str = ""


NOTHING_SENT = Sent()


@blueprint.get("/<any(items, lessons):shelf>/<int:content_id>/review")
@allow("instructor", "administrator")
def review(shelf: str, content_id: int) -> ResponseReturnValue:
    return review_page(get_entry(shelf, content_id))


@blueprint.post("/<any(items, lessons):shelf>/<int:content_id>/review")
@allow("instructor", "administrator")
def take_step(shelf: str, content_id: int) -> ResponseReturnValue:
    """Ask, withdraw, send back, approve, publish, withdraw from readers; the page says what came of it."""
    opened = get_entry(shelf, content_id)
    sent = Sent(
        reason=request.form.get("reason", ""),
        note=request.form.get("note", ""),
        size=request.form.get("size", ""),
        remedy=request.form.get("remedy", LEAVE),
        report=number_sent("report"),
        reply=request.form.get("reply", ""),
    )
    step = STEPS.get(request.form.get("do", ""))
    if step is None:
        return review_page(opened, sent, problem="Choose what to do."), 422
    try:
        said = step(opened, sent)
    except Refused as refused:
        return review_page(opened, sent, problem=str(refused)), 422
    except NotReady as found:
        problem = "Nothing was published. See what stands in the way."
        return review_page(opened, sent, gate=found.gate, problem=problem), 422
    except Outdated:
        problem = "A newer version came from a file meanwhile. Nothing was published."
        return review_page(opened, sent, problem=problem), 409
    except StaleDraft as stale:
        problem = f"{stale.by or 'A file'} has changed this meanwhile. Nothing was done; read it again first."
        return review_page(get_entry(shelf, content_id), sent, problem=problem), 409
    flash(said, "success")
    return redirect(url_for("author.review", shelf=shelf, content_id=content_id), 303)


@blueprint.post("/<any(items, lessons):shelf>/<int:content_id>/comments")
@allow("instructor", "administrator")
def comment(shelf: str, content_id: int) -> ResponseReturnValue:
    opened = get_entry(shelf, content_id)
    sent = Sent(comment=request.form.get("text", ""), place=request.form.get("place", ""))
    try:
        commenting.comment(db.session(), get_actor(), content_id, sent.place, sent.comment, clock.now())
    except commenting.Unfit as unfit:
        return review_page(opened, sent, problem=str(unfit)), 422
    return redirect(url_for("author.review", shelf=shelf, content_id=content_id, _anchor="remarks"), 303)


@blueprint.post("/comments/<int:comment_id>")
@allow("instructor", "administrator")
def settle_comment(comment_id: int) -> ResponseReturnValue:
    settled = request.form.get("settled") == "1"
    content_id = commenting.settle(db.session(), get_actor(), comment_id, settled=settled, now=clock.now())
    kind = drafting.open_draft(db.session(), get_actor(), content_id).kind
    return redirect(url_for("author.review", shelf=SHELVES[kind], content_id=content_id, _anchor="remarks"), 303)


@blueprint.get("/review")
@allow("instructor", "administrator")
def queue() -> ResponseReturnValue:
    """What waits for a review, and what was approved and waits to be published."""
    actor = get_actor()
    in_review = listing.list_entries(db.session(), actor, Filters(state="in_review")).rows
    yours = {row.content_id for row in in_review if row.lets("review") and actor.id not in row.writers}
    return render_template(
        "author/queue.html",
        yours=[row for row in in_review if row.content_id in yours],
        others=[row for row in in_review if row.content_id not in yours],
        approved=listing.list_entries(db.session(), actor, Filters(state="approved")).rows,
        entry_url=review_url,
        types=type_label,
    )


def review_url(row: listing.Row) -> str:
    return url_for("author.review", shelf=SHELVES[row.kind], content_id=row.content_id)


def get_entry(shelf: str, content_id: int) -> Opened:
    """The entry under its own address. Raises LookupError."""
    opened = drafting.open_draft(db.session(), get_actor(), content_id)
    if SHELVES[opened.kind] != shelf:
        raise LookupError(content_id)
    return opened


def review_page(opened: Opened, sent: Sent = NOTHING_SENT, *, gate: Judgement | None = None, problem: str = "") -> str:
    session, actor, now = db.session(), get_actor(), clock.now()
    outdated = releasing.find_newer(session, opened)
    if gate is None and opened.is_draft:
        gate = publishing.examine(session, opened, now)
    change = releasing.change_of(session, opened)
    affected = affected_by(opened, change)
    return render_template(
        "author/review.html",
        opened=opened,
        shelf=SHELVES[opened.kind],
        states=STATES,
        title=title_of_entry(opened),
        problem=problem,
        outdated=outdated,
        changes=in_words(history.changes_of(session, opened), opened.body) if opened.is_draft else (),
        hindrances=hindrances(opened, gate.hindrances) if gate else (),
        warnings=hindrances(opened, gate.warnings) if gate else (),
        remarks=commenting.remarks_on(session, actor, opened.content_id, opened.body),
        place_title=lambda place: title_of(place.split("/")),
        lines=[line(place, text) for place, text in commenting.places_in(opened.body)],
        signed=signing.find_signed(opened.body) if opened.kind == "item" else None,
        steps=reviewing.steps_of(session, opened.content_id),
        approval=reviewing.may_approve(session, actor, opened) if opened.is_draft else None,
        change=change,
        affected=affected,
        remedies=remedies(change, affected, is_withdrawn=not opened.is_draft),
        reports=reporting.open_on(session, opened),
        replies={sent.report: sent.reply},
        sent=sent,
    )


def line(place: str, text: str) -> Line:
    words = plain(text)
    shown = words if len(words) <= LONGEST_QUOTE else words[: LONGEST_QUOTE - 1] + "…"
    return Line(place, f"{title_of(place.split('/'))}: {shown}")


def affected_by(opened: Opened, change: Change) -> Affected:
    """Whom a change of the key would concern; nobody where the marking stays."""
    if change.line is None:
        return Affected()
    return consequences.foresee(db.session(), opened.content_id, change.line)


def remedies(change: Change, affected: Affected, *, is_withdrawn: bool = False) -> dict[str, tuple[str, str]]:
    """What may become of earlier answers; a question that is withdrawn has no further key to accept."""
    if change.line is None or not affected.anything:
        return {}
    return {name: words for name, words in REMEDIES.items() if not is_withdrawn or name != ACCEPT}


def title_of_entry(opened: Opened) -> str:
    """What a question asks, the title of a lesson; a case has its vignette."""
    return plain(str(opened.body.get("title") or opened.body.get("lead_in") or opened.body.get("stem") or ""))


def in_words(differences: Iterable[Difference], *bodies: Json) -> tuple[Changed, ...]:
    """`bodies`: the texts that were compared, the newer one first."""
    return tuple(_changed(one, bodies) for one in differences)


def _changed(one: Difference, bodies: Iterable[Json]) -> Changed:
    texts = (commenting.text_at(body, "/".join([*one.place[:-1], "text"])) for body in bodies)
    about = next((plain(text) for text in texts if text), "") if one.place[-1] != "text" else ""
    sentence = ""
    if one.place[-1] == "key" and one.pieces:
        sentence = "Now the right answer." if one.pieces[-1].mark == "in" else "No longer the right answer."
    return Changed(title_of(one.place), about, one, sentence)


def hindrances(opened: Opened, faults: Iterable[Fault]) -> list[Hindrance]:
    return [
        Hindrance(
            f"{one.about[0].capitalize()} {one.about[1]}" if one.about else title_of(place_of(opened.body, one.path)),
            one,
        )
        for one in faults
    ]


# --- steps ------------------------------------------------------------------------------------------------------------


def revision_sent() -> int:
    """The revision that was read. -1, which never fits, for what is no number."""
    return number_sent("revision")


def number_sent(name: str) -> int:
    sent = whole_number(request.form.get(name, ""))
    return -1 if sent is None else sent


def _ask(opened: Opened, _: Sent) -> str:
    reviewing.ask(db.session(), get_actor(), opened.content_id, based_on_revision=revision_sent(), now=clock.now())
    return "The review was asked for."


def _withdraw(opened: Opened, _: Sent) -> str:
    reviewing.withdraw(db.session(), get_actor(), opened.content_id, based_on_revision=revision_sent(), now=clock.now())
    return "The draft is yours again."


def _send_back(opened: Opened, sent: Sent) -> str:
    reviewing.send_back(
        db.session(), get_actor(), opened.content_id, sent.reason, based_on_revision=revision_sent(), now=clock.now()
    )
    return "It was sent back to its writers."


def _approve(opened: Opened, sent: Sent) -> str:
    reviewing.approve(
        db.session(), get_actor(), opened.content_id, sent.reason, based_on_revision=revision_sent(), now=clock.now()
    )
    return "Approved. It can be published now."


def _approve_alone(opened: Opened, sent: Sent) -> str:
    """Both steps of an owner who has nobody to ask."""
    if not sent.reason.strip():
        raise Refused("You have written this draft yourself. Say why it needs no second pair of eyes.")
    if opened.state == "draft":
        _ask(opened, sent)
    return _approve(opened, sent)


def _publish(opened: Opened, sent: Sent) -> str:
    sent_reports = map(whole_number, request.form.getlist("report"))
    reports = tuple(one for one in sent_reports if one is not None)
    choice = Choice(sent.size, sent.reason, sent.note, sent.remedy, reports)
    live = publishing.publish(
        db.session(), get_actor(), opened.content_id, choice, based_on_revision=revision_sent(), now=clock.now()
    )
    return f"Version {live.number} is published."


def _retire(opened: Opened, sent: Sent) -> str:
    choice = Choice(reason=sent.reason, note=sent.note, remedy=sent.remedy)
    publishing.retire(
        db.session(), get_actor(), opened.content_id, choice, based_on_revision=revision_sent(), now=clock.now()
    )
    return "It is withdrawn. Nobody is asked it any more."


def _sign(opened: Opened, _: Sent) -> str:
    signing.sign(
        db.session(),
        get_actor(),
        opened.content_id,
        by=request.form.get("by", ""),
        credentials=request.form.get("credentials", ""),
        based_on_revision=revision_sent(),
        now=clock.now(),
    )
    return "Signed, exactly as it stands here."


def _answer(opened: Opened, sent: Sent) -> str:
    return answer_beside(opened, sent.report, sent.reply)


def answer_beside(opened: Opened, report_id: int, reply: str) -> str:
    """Answer a report about this question; gives what is said then. Raises LookupError for any other, Refused."""
    try:
        reporting.answer(db.session(), get_actor(), report_id, reply, clock.now(), about=opened.content_id)
    except reporting.Unfit as unfit:
        raise Refused(str(unfit)) from unfit
    return "Your answer stands beside the question, where its learner reads it."


def _go_on(opened: Opened, _: Sent) -> str:
    publishing.begin_from(
        db.session(), get_actor(), opened.content_id, based_on_revision=revision_sent(), now=clock.now()
    )
    return "The draft now stands on the newest version."


def _discard(opened: Opened, _: Sent) -> str:
    drafting.discard(db.session(), get_actor(), opened.content_id, based_on_revision=revision_sent())
    return "The draft is discarded."


STEPS: dict[str, Callable[[Opened, Sent], str]] = {
    "ask": _ask,
    "withdraw": _withdraw,
    "send_back": _send_back,
    "approve": _approve,
    "approve_alone": _approve_alone,
    "publish": _publish,
    "retire": _retire,
    "sign": _sign,
    "answer": _answer,
    "go_on": _go_on,
    "discard": _discard,
}
