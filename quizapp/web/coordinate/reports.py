"""Reporting the claims of an activity: what waits, the files that were made, and what came back."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.db.extension import db
from quizapp.formats import pars
from quizapp.services.crediting import reporting, reports
from quizapp.services.crediting.reporting import Refused
from quizapp.web.allow import allow, get_actor
from quizapp.web.coordinate.blueprint import blueprint
from quizapp.web.press import vault


@blueprint.get("/activities/<int:activity_id>/reports")
@allow("coordinator", "administrator")
def reporting_page(activity_id: int) -> ResponseReturnValue:
    return _reporting_page(activity_id)


def _reporting_page(activity_id: int, problem: str = "", claim_id: int = 0, typed: str = "") -> str:
    """`claim_id`, `typed`: the row whose correction was refused, and what was said of it."""
    overview = reports.get_overview(db.session(), get_actor(), activity_id, vault(), clock.now())
    return render_template(
        "coordinate/reports.html", overview=overview, run=overview.run, problem=problem, claim_id=claim_id, typed=typed
    )


@blueprint.post("/activities/<int:activity_id>/reports")
@allow("coordinator", "administrator")
def prepare_report(activity_id: int) -> ResponseReturnValue:
    """Make the file of all that can be reported; a second click finds the same file."""
    try:
        batch = reporting.prepare(db.session(), get_actor(), activity_id, vault(), clock.now())
    except Refused as refused:
        return _reporting_page(activity_id, str(refused)), 422
    flash("The file is made. Take it out, send it, and mark it as sent.", "success")
    return redirect(url_for("coordinate.report", batch_id=batch), 303)


@blueprint.get("/reports/<int:batch_id>")
@allow("coordinator", "administrator")
def report(batch_id: int) -> ResponseReturnValue:
    return _report_page(batch_id)


def _report_page(batch_id: int, problem: str = "", typed: str = "") -> str:
    page = reports.get_report(db.session(), get_actor(), batch_id)
    return render_template("coordinate/report.html", page=page, run=page.run, problem=problem, typed=typed)


@blueprint.post("/reports/<int:batch_id>/file")
@allow("coordinator", "administrator")
def report_file(batch_id: int) -> ResponseReturnValue:
    """The file. It names people, so that it was taken out is kept."""
    try:
        system = request.form.get("system", "")[:64]
        handed = reporting.hand_out(db.session(), get_actor(), batch_id, vault(), clock.now(), system=system)
    except Refused as refused:
        return _report_page(batch_id, str(refused)), 422
    response = Response(handed.data, mimetype="text/csv" if handed.suffix == "csv" else "application/json")
    name = f"completions-{batch_id}{'-' + system if system else ''}.{handed.suffix}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post("/reports/<int:batch_id>/sent")
@allow("coordinator", "administrator")
def send_report(batch_id: int) -> ResponseReturnValue:
    try:
        told, left_out = reporting.mark_sent(db.session(), get_actor(), batch_id, vault(), clock.now())
    except Refused as refused:
        return _report_page(batch_id, str(refused)), 422
    rows = f"{told} row{'s' if told != 1 else ''}"
    rest = f" {left_out} had been left out: the permission was withdrawn, or the claim revoked." if left_out else ""
    flash(f"The file is marked as sent, with {rows}.{rest}", "success")
    return redirect(url_for("coordinate.report", batch_id=batch_id), 303)


@blueprint.post("/reports/<int:batch_id>/answers")
@allow("coordinator", "administrator")
def take_answers(batch_id: int) -> ResponseReturnValue:
    """Bring what came back to its rows; the same file again changes nothing."""
    sent, typed = request.files.get("file"), request.form.get("list", "")
    data = sent.read() if sent is not None and sent.filename else typed.encode()
    reports.get_report(db.session(), get_actor(), batch_id)
    try:
        done = reporting.take_answers(db.session(), get_actor(), batch_id, pars.read_answers(data), clock.now())
    except (pars.Unreadable, Refused) as refused:
        return _report_page(batch_id, str(refused), typed), 422
    known = f" {done.known} said only what was known." if done.known else ""
    flash(f"Accepted: {done.accepted}. Rejected: {done.rejected}.{known}", "success")
    return redirect(url_for("coordinate.report", batch_id=batch_id), 303)


@blueprint.post("/claims/<int:claim_id>/corrected")
@allow("coordinator", "administrator")
def correct_report(claim_id: int) -> ResponseReturnValue:
    """Say that what was wrong with a rejected row is mended."""
    typed = request.form.get("reason", "")
    activity_id = reports.activity_of_claim(db.session(), get_actor(), claim_id)
    try:
        reporting.correct(db.session(), get_actor(), claim_id, typed, vault(), clock.now())
    except Refused as refused:
        return _reporting_page(activity_id, str(refused), claim_id, typed), 422
    flash("The row waits for the next file.", "success")
    return redirect(url_for("coordinate.reporting_page", activity_id=activity_id), 303)
