"""Setting up activities: the list of one’s own, beginning one, its draft with the checklist beside it, a preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.credit.amounts import shown
from quizapp.core.preferences import Unfit
from quizapp.core.wording import count
from quizapp.db.extension import db
from quizapp.services.crediting import designating, drafting
from quizapp.services.crediting.checking import Desk, put_together
from quizapp.services.crediting.drafting import Draft, Drafted, StaleDraft
from quizapp.web.account import show_problems
from quizapp.web.allow import allow, get_actor
from quizapp.web.coordinate.blueprint import blueprint
from quizapp.web.coordinate.forms import BeginForm, DraftForm, amounts, picks, read_content, read_draft, sent_number

ELSEWHERE = {
    "in_control": "coordinate.in_control",
    "accreditation_statement": "coordinate.provider",
    "exclusion": "coordinate.provider",
    "contact": "coordinate.provider",
    "privacy": "coordinate.provider",
    "designation_statement": "coordinate.providers",
}
"""Element → the page on which it is mended; what is not named here stands in the form."""
ANCHORS = {"maximum": "systems", "questions": "objectives"}
NAMES = {"systems": "Credit", "objectives": "Objectives", "questions": "Questions"}


@dataclass(frozen=True)
class Item:
    """A line of the checklist: what is missing, and where it is mended."""

    sentence: str
    url: str


@dataclass(frozen=True)
class Differing:
    """A field that somebody else has changed meanwhile."""

    name: str
    label: str
    mine: str
    theirs: str


@blueprint.get("/")
@allow("coordinator", "administrator")
def index() -> ResponseReturnValue:
    now = clock.now()
    own = designating.list_own(db.session(), get_actor(), now)
    return render_template("coordinate/index.html", rows=[(one, one.state(now)) for one in own])


@blueprint.get("/activities/new")
@allow("coordinator", "administrator")
def new_activity() -> ResponseReturnValue:
    return render_template("coordinate/new.html", form=BeginForm(formdata=None))


@blueprint.post("/activities/new")
@allow("coordinator", "administrator")
def begin_activity() -> ResponseReturnValue:
    form = BeginForm()
    try:
        activity_id = drafting.begin(
            db.session(), get_actor(), form.kind.data or "", form.title.data or "", clock.now()
        )
    except Unfit as unfit:
        show_problems(form, unfit)
        return render_template("coordinate/new.html", form=form), 422
    flash("The activity is begun. Only those who run it see it until it is published.", "success")
    return redirect(url_for("coordinate.activity", activity_id=activity_id), 303)


@blueprint.get("/activities/<int:activity_id>")
@allow("coordinator", "administrator")
def activity(activity_id: int) -> ResponseReturnValue:
    held = drafting.get_drafted(db.session(), get_actor(), activity_id)
    desk = designating.get_desk(db.session(), [held])
    form = DraftForm.of(held.draft, desk.providers.values(), desk.stock)
    return _draft_page(held, desk, form, held.draft, based_on=held.revision)


@blueprint.post("/activities/<int:activity_id>")
@allow("coordinator", "administrator")
def save_activity(activity_id: int) -> ResponseReturnValue:
    """Keep the draft. Where somebody saved meanwhile, both texts come back, and nothing is overwritten."""
    session, actor = db.session(), get_actor()
    held = drafting.get_drafted(session, actor, activity_id)
    desk = designating.get_desk(session, [held])
    form = DraftForm().with_choices(held.draft, desk.providers.values(), desk.stock)
    objectives, questions = read_content(held.draft, desk.stock)
    mine = replace(held.draft, objectives=objectives, questions=questions)
    try:
        mine = _with_theirs(read_draft(form, held.draft, desk.stock), held.draft)
        drafting.save(session, actor, activity_id, mine, based_on=sent_number("revision"), now=clock.now())
    except Unfit as unfit:
        show = {name: sentence for name, sentence in unfit.problems.items() if name in form}
        show_problems(form, Unfit(show))
        others = {name: sentence for name, sentence in unfit.problems.items() if name not in form}
        return _draft_page(held, desk, form, mine, others, based_on=sent_number("revision")), 422
    except StaleDraft as stale:
        form = DraftForm.of(mine, desk.providers.values(), desk.stock)
        return _draft_page(stale.theirs, desk, form, mine, based_on=stale.theirs.revision, conflict=True), 409
    made = put_together(drafting.get_drafted(session, actor, activity_id), desk, clock.now())
    if designating.says_the_same(session, made):
        told = "The draft is saved. It says what the newest edition says."
    elif made.problems:
        told = f"The draft is saved. {count(len(made.problems), 'thing')} to mend before it can be published."
    else:
        told = "The draft is saved, and nothing is missing."
    flash(told, "success")
    return redirect(url_for("coordinate.activity", activity_id=activity_id), 303)


@blueprint.get("/activities/<int:activity_id>/preview")
@allow("coordinator", "administrator")
def preview(activity_id: int) -> ResponseReturnValue:
    """The activity as learners will see it."""
    held, made = designating.get_assembled(db.session(), get_actor(), activity_id, clock.now())
    return render_template("coordinate/preview.html", run=shown_run(held), edition=made.edition, number=None)


def shown_run(held: Drafted, *, published: bool | None = None) -> dict[str, object]:
    """What the head of its pages needs of an activity."""
    if published is None:
        published = bool(designating.list_editions(db.session(), held.id))
    return {"id": held.id, "title": held.draft.title, "published": published}


def place_of(held: Drafted, element: str) -> str:
    """Where an element is mended: a page, or a field of the draft."""
    endpoint = ELSEWHERE.get(element)
    if endpoint == "coordinate.in_control":
        return url_for(endpoint, activity_id=held.id)
    if endpoint == "coordinate.providers":
        return url_for(endpoint, _anchor="systems") if held.draft.systems else _field(held, "systems")
    if endpoint is not None:
        return url_for(endpoint, slug=held.draft.provider) if held.draft.provider else _field(held, "provider")
    return _field(held, ANCHORS.get(element, element))


def _field(held: Drafted, name: str) -> str:
    return url_for("coordinate.activity", activity_id=held.id, _anchor=name)


def _draft_page(
    held: Drafted,
    desk: Desk,
    form: DraftForm,
    mine: Draft,
    problems: Mapping[str, str] | None = None,
    *,
    based_on: int,
    conflict: bool = False,
) -> str:
    """`held`: what is stored; `mine`: what stands in the form, `based_on` the revision it was begun from."""
    made = put_together(held, desk, clock.now())
    typed = {name: value for name, value in request.form.items() if name.startswith("system:")}
    differing = [
        Differing(name, _label(form, name), _words(mine, name), _words(held.draft, name))
        for name in (mine.changed_from(held.draft) if conflict else ())
    ]
    return render_template(
        "coordinate/draft.html",
        run=shown_run(held),
        held=held,
        based_on=based_on,
        form=form,
        picks=picks(mine, desk.stock),
        gone=[slug for slug in mine.objectives if slug not in desk.stock.objectives],
        gone_questions=[slug for slug in mine.questions if slug not in desk.stock.questions],
        amounts=amounts(mine, desk.systems.values(), typed),
        checklist=[Item(one.sentence, place_of(held, one.element)) for one in made.problems],
        unchanged=designating.says_the_same(db.session(), made),
        problems=problems or {},
        differing=differing,
    )


def _label(form: DraftForm, name: str) -> str:
    return str(form[name].label.text) if name in form else NAMES.get(name, name)


def _words(draft: Draft, name: str) -> str:
    """A field as a person reads it."""
    value = getattr(draft, name)
    if name == "systems":
        return "\n".join(f"{slug}: {shown(quarters)}" for slug, quarters in value.items())
    if isinstance(value, tuple):
        return "\n".join(value)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value or "")


def _with_theirs(mine: Draft, theirs: Draft) -> Draft:
    """After a conflict: the fields of which the other text was chosen."""
    chosen = set(request.form.getlist("take"))
    return replace(mine, **{one.name: getattr(theirs, one.name) for one in fields(Draft) if one.name in chosen})
