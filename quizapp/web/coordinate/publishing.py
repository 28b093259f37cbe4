"""Publishing an activity, its editions, withdrawing it, and who runs it."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.services.crediting import activities, designating, drafting, quarters
from quizapp.services.crediting.designating import Unpublishable
from quizapp.services.crediting.drafting import StaleDraft
from quizapp.web.allow import allow, get_actor
from quizapp.web.coordinate.activities import Item, place_of, shown_run
from quizapp.web.coordinate.blueprint import blueprint
from quizapp.web.coordinate.forms import sent_number


@blueprint.get("/activities/<int:activity_id>/publishing")
@allow("coordinator", "administrator")
def publishing(activity_id: int) -> ResponseReturnValue:
    return _page(activity_id)


def _page(activity_id: int, problems: dict[str, str] | None = None, typed: str = "") -> str:
    session = db.session()
    held, made = designating.get_assembled(session, get_actor(), activity_id, clock.now())
    editions = designating.list_editions(session, activity_id)
    return render_template(
        "coordinate/publishing.html",
        run=shown_run(held, published=bool(editions)),
        held=held,
        checklist=[Item(one.sentence, place_of(held, one.element)) for one in made.problems],
        editions=editions,
        unchanged=bool(editions) and designating.says_the_same(session, made),
        credit_designated=made.edition.credit_designated,
        lesson_now=made.edition.lesson,
        coordinators=drafting.list_coordinators(session, activity_id),
        own_id=get_actor().id,
        next_quarter=quarters.name_next(held.draft) if editions else None,
        problems=problems or {},
        typed=typed,
    )


@blueprint.post("/activities/<int:activity_id>/publish")
@allow("coordinator", "administrator")
def publish(activity_id: int) -> ResponseReturnValue:
    try:
        designating.publish(db.session(), get_actor(), activity_id, based_on=sent_number("revision"), now=clock.now())
    except Unpublishable:
        return _page(activity_id, {"publish": "Nothing was published. What is missing stands below."}), 422
    except StaleDraft as stale:
        who = stale.theirs.by or "Somebody"
        told = f"{who} changed the draft meanwhile, so nothing was published. Look at the preview, then publish."
        return _page(activity_id, {"publish": told}), 409
    flash("It is published. This edition stays as it is; what you change from now on is the next one.", "success")
    return redirect(url_for("coordinate.publishing", activity_id=activity_id), 303)


@blueprint.post("/activities/<int:activity_id>/next-quarter")
@allow("coordinator", "administrator")
def begin_next_quarter(activity_id: int) -> ResponseReturnValue:
    try:
        begun = quarters.begin_next(db.session(), get_actor(), activity_id, clock.now())
    except Unfit as unfit:
        return _page(activity_id, {"publish": unfit.problems["quarter"]}), 422
    if begun.is_new:
        told = f"The block of {begun.quarter} is begun. Its questions are others on the same objectives"
        told += f"; {begun.again} are asked again, because their objectives have no other." if begun.again else "."
        flash(f"{told} Have their validity reviewed, and ask for disclosures.", "success")
    return redirect(url_for("coordinate.activity", activity_id=begun.id), 303)


@blueprint.get("/activities/<int:activity_id>/editions/<int:number>")
@allow("coordinator", "administrator")
def edition(activity_id: int, number: int) -> ResponseReturnValue:
    """An edition as it was published."""
    session = db.session()
    held = drafting.get_drafted(session, get_actor(), activity_id)
    found = [one for one in designating.list_editions(session, activity_id) if one.edition == number]
    if not found:
        abort(404)
    shown = activities.get_edition(session, found[0].id)
    return render_template("coordinate/preview.html", run=shown_run(held, published=True), edition=shown, number=number)


@blueprint.post("/activities/<int:activity_id>/withdraw")
@allow("coordinator", "administrator")
def withdraw(activity_id: int) -> ResponseReturnValue:
    reason = request.form.get("reason", "")
    try:
        designating.withdraw(db.session(), get_actor(), activity_id, reason, clock.now())
    except Unfit as unfit:
        return _page(activity_id, unfit.problems, reason), 422
    flash("It is withdrawn: nobody can enrol. Whoever is enrolled can finish and claim.", "success")
    return redirect(url_for("coordinate.publishing", activity_id=activity_id), 303)


@blueprint.post("/activities/<int:activity_id>/coordinators")
@allow("coordinator", "administrator")
def add_coordinator(activity_id: int) -> ResponseReturnValue:
    email = request.form.get("email", "")[:255]
    try:
        name = drafting.add_coordinator(db.session(), get_actor(), activity_id, email, clock.now())
    except Unfit as unfit:
        return _page(activity_id, unfit.problems, email), 422
    flash(f"{name} runs this activity too.", "success")
    return redirect(url_for("coordinate.publishing", activity_id=activity_id, _anchor="coordinators"), 303)


@blueprint.post("/activities/<int:activity_id>/coordinators/<int:user_id>/remove")
@allow("coordinator", "administrator")
def remove_coordinator(activity_id: int, user_id: int) -> ResponseReturnValue:
    try:
        drafting.remove_coordinator(db.session(), get_actor(), activity_id, user_id, clock.now())
    except Unfit as unfit:
        return _page(activity_id, unfit.problems), 422
    if user_id == get_actor().id and "administrator" not in get_actor().roles:
        flash("You no longer run this activity.", "success")
        return redirect(url_for("coordinate.index"), 303)
    flash("The coordinator is removed.", "success")
    return redirect(url_for("coordinate.publishing", activity_id=activity_id, _anchor="coordinators"), 303)
