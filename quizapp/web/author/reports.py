"""What learners report about the questions of one's banks."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.services.authoring import reporting
from quizapp.web.allow import allow, get_actor
from quizapp.web.author.blueprint import blueprint


@blueprint.get("/reports")
@allow("instructor", "administrator")
def reports() -> ResponseReturnValue:
    return reports_page()


@blueprint.post("/reports/<int:report_id>")
@allow("instructor", "administrator")
def answer_report(report_id: int) -> ResponseReturnValue:
    reply = request.form.get("reply", "")
    try:
        reporting.answer(db.session(), get_actor(), report_id, reply, clock.now())
    except reporting.Unfit as unfit:
        return reports_page(str(unfit), report_id, reply), 422
    flash("Your answer stands beside the question, where its learner reads it.", "success")
    return redirect(url_for("author.reports"), 303)


def reports_page(problem: str = "", report_id: int | None = None, reply: str = "") -> str:
    state = request.args.get("state", "open")
    page = reporting.list_reports(db.session(), get_actor(), state=state, after=request.args.get("after", ""))
    return render_template(
        "author/reports.html",
        page=page,
        state=state if state in reporting.STATES else "open",
        states=reporting.STATES,
        problem=problem,
        sent_to=report_id,
        reply=reply,
        older_url=url_for("author.reports", state=state, after=page.after) if page.after else None,
    )
