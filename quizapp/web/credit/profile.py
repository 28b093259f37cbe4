"""Enrolling in an activity, and changing later what was said then."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.services.crediting import enrolling, profiles
from quizapp.services.crediting.activities import Edition
from quizapp.web.allow import allow, get_actor
from quizapp.web.credit.blueprint import blueprint
from quizapp.web.credit.profile_forms import ProfileForm, filled
from quizapp.web.press import vault


def unreadable() -> bool:
    return profiles.are_unreadable(db.session(), vault(), get_actor().id)


@blueprint.get("/activities/<slug>/enrol")
@allow("signed_in")
def enrol(slug: str) -> ResponseReturnValue:
    actor = get_actor()
    edition = enrolling.get_offered(db.session(), slug)
    if enrolling.find_participation(db.session(), actor, slug) is not None:
        return redirect(url_for("credit.activity", slug=slug))
    held = profiles.find_profile(db.session(), vault(), actor.id)
    return enrol_page(edition, filled(held, actor.name), "")


def enrol_page(edition: Edition, form: ProfileForm, problem: str) -> str:
    closed = enrolling.why_closed(edition, clock.now()) or ""
    return render_template(
        "credit/enrol.html",
        edition=edition,
        form=form,
        problem=problem or closed,
        closed=closed,
        unreadable=unreadable(),
    )


@blueprint.post("/activities/<slug>/enrol")
@allow("signed_in")
def enrol_now(slug: str) -> ResponseReturnValue:
    """Enrol; a second click finds the first one’s."""
    edition = enrolling.get_offered(db.session(), slug)
    form = ProfileForm()
    if not form.validate():
        return enrol_page(edition, form, ""), 422
    try:
        enrolling.enrol(db.session(), vault(), get_actor(), slug, form.wanted(), clock.now())
    except Unfit as unfit:
        form.refuse(unfit.problems)
        return enrol_page(edition, form, ""), 422
    except enrolling.Closed as closed:
        return enrol_page(edition, form, str(closed)), 409
    flash(f"You are enrolled in “{edition.title}”.", "success")
    return redirect(url_for("credit.activity", slug=slug), 303)


@blueprint.get("/profile")
@allow("signed_in")
def profile() -> ResponseReturnValue:
    actor = get_actor()
    held = profiles.find_profile(db.session(), vault(), actor.id)
    return profile_page(filled(held, actor.name))


def profile_page(form: ProfileForm) -> str:
    return render_template("credit/profile.html", form=form, unreadable=unreadable())


@blueprint.post("/profile")
@allow("signed_in")
def save_profile() -> ResponseReturnValue:
    form = ProfileForm()
    if not form.validate():
        return profile_page(form), 422
    try:
        profiles.change(db.session(), vault(), get_actor(), form.wanted(), clock.now())
    except Unfit as unfit:
        form.refuse(unfit.problems)
        return profile_page(form), 422
    flash("Saved. Certificates that were issued stay as they are.", "success")
    return redirect(url_for("credit.profile"), 303)
