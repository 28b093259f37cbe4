"""Joining a cohort by its code, changing what its teachers see, leaving."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.services.teaching import joining
from quizapp.services.teaching.joining import WrongCode
from quizapp.web import throttle
from quizapp.web.allow import allow, get_actor
from quizapp.web.learn.blueprint import blueprint

LONGEST_CODE = 40


@blueprint.get("/join")
@allow("signed_in")
def join() -> ResponseReturnValue:
    """Ask for the code. An address may bring it along; it is looked up only when the button is pressed."""
    return render_template("learn/join.html", code=request.args.get("code", "")[:LONGEST_CODE], offer=None, problem="")


@blueprint.post("/join")
@allow("signed_in")
def join_by_code() -> ResponseReturnValue:
    """Say what the code opens, or join; each is a try to guess one, and counted."""
    if (refused := throttle.count_try()) is not None:
        return refused
    actor, code = get_actor(), request.form.get("code", "")[:LONGEST_CODE]
    try:
        if request.form.get("do") == "join":
            visible = request.form.get("practice_visible") == "1"
            title = joining.join(db.session(), actor, code, practice_visible=visible, now=clock.now())
            flash(f"You are in “{title}”.", "success")
            return redirect(url_for("learn.assignments"), 303)
        offer = joining.look_up(db.session(), actor, code)
    except WrongCode:
        problem = "No cohort can be joined with this code. Compare it letter by letter, or ask for a new one."
        return render_template("learn/join.html", code=code, offer=None, problem=problem), 422
    return render_template("learn/join.html", code=code, offer=offer, problem="")


@blueprint.post("/cohorts/<int:cohort_id>/practice")
@allow("signed_in")
def show_practice(cohort_id: int) -> ResponseReturnValue:
    visible = request.form.get("practice_visible") == "1"
    joining.show_practice(db.session(), get_actor(), cohort_id, visible=visible)
    said = "can see your practice now" if visible else "no longer see your practice"
    flash(f"Those who teach this cohort {said}.", "success")
    return redirect(url_for("learn.assignments", _anchor=f"cohort-{cohort_id}"), 303)


@blueprint.post("/cohorts/<int:cohort_id>/leave")
@allow("signed_in")
def leave(cohort_id: int) -> ResponseReturnValue:
    joining.leave(db.session(), get_actor(), cohort_id, clock.now())
    flash("You have left the cohort. What you handed in stays with those who teach it.", "success")
    return redirect(url_for("learn.assignments"), 303)
