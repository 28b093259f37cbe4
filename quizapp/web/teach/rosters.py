"""Inviting the people of a list, and who was invited and has not joined."""

from __future__ import annotations

from collections import Counter

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.formats import rosters as lists
from quizapp.services.teaching import cohorts, rosters
from quizapp.services.teaching.rosters import Outcome
from quizapp.web.allow import allow, get_actor
from quizapp.web.pages import whole_address
from quizapp.web.teach.blueprint import blueprint


@blueprint.get("/cohorts/<int:cohort_id>/roster")
@allow("instructor")
def roster(cohort_id: int) -> ResponseReturnValue:
    return roster_page(cohort_id)


def roster_page(cohort_id: int, outcomes: tuple[Outcome, ...] = (), problem: str = "", typed: str = "") -> str:
    actor = get_actor()
    return render_template(
        "teach/roster.html",
        cohort=cohorts.get_taught(db.session(), actor, cohort_id),
        waiting=rosters.list_waiting(db.session(), actor, cohort_id),
        outcomes=outcomes,
        sums=Counter(outcome.words if not outcome.line.problem else "Left out." for outcome in outcomes),
        problem=problem,
        typed=typed,
        most=lists.MOST_LINES,
    )


@blueprint.post("/cohorts/<int:cohort_id>/roster")
@allow("instructor")
def invite(cohort_id: int) -> ResponseReturnValue:
    """Read the list, invite whom it names, and say what each line came to. Sent again it invites nobody twice."""
    actor, sent, typed = get_actor(), request.files.get("file"), request.form.get("list", "")
    data = sent.read() if sent is not None and sent.filename else typed.encode()
    cohorts.get_taught(db.session(), actor, cohort_id)
    try:
        lines = lists.read(data)
        outcomes = rosters.invite(db.session(), actor, cohort_id, lines, whole_address("learn.join"), clock.now())
    except lists.Unreadable as unreadable:
        return roster_page(cohort_id, problem=str(unreadable), typed=typed), 422
    except Unfit as unfit:
        return roster_page(cohort_id, problem=unfit.problems["roster"], typed=typed), 422
    return roster_page(cohort_id, outcomes)


@blueprint.post("/cohorts/<int:cohort_id>/roster/withdraw")
@allow("instructor")
def withdraw(cohort_id: int) -> ResponseReturnValue:
    rosters.withdraw(db.session(), get_actor(), cohort_id, request.form.get("email", ""))
    flash("The invitation is withdrawn. The code that was mailed still opens the cohort until you make a new one.")
    return redirect(url_for("teach.roster", cohort_id=cohort_id), 303)
