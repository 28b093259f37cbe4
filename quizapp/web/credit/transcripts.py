"""The transcript: on the screen, on paper and for a spreadsheet; and the goals of a year."""

from __future__ import annotations

import datetime as dt

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core.credit.amounts import counted, shown, unit_of
from quizapp.core.preferences import Unfit, local_date
from quizapp.db.extension import db
from quizapp.formats import spreadsheets, transcript
from quizapp.services.crediting import goals, transcripts
from quizapp.services.crediting.transcripts import ATTENDED, EXTERNAL, OWN, SOURCES, Line, Sum, Transcript, Wanted
from quizapp.web.allow import allow, get_actor
from quizapp.web.credit.blueprint import blueprint

SOURCE_CHOICES = ((OWN, "Claimed here"), (EXTERNAL, "Entered by you"), (ATTENDED, "Participation without credit"))


@blueprint.get("/transcript")
@allow("signed_in")
def record() -> ResponseReturnValue:
    return record_page({}, {})


def record_page(typed: dict[str, str], problems: dict[str, str]) -> str:
    """The page, with what was typed if the goals came back."""
    wanted = wanted_of()
    held = transcripts.get_transcript(db.session(), get_actor(), wanted, clock.now())
    return render_template(
        "credit/transcript.html",
        held=held,
        wanted=wanted,
        sources=SOURCE_CHOICES,
        goals=[
            (system, unit, typed.get(system, shown(held.goals[system]) if system in held.goals else ""))
            for system, unit in (("", "All credit together"), *transcripts.units_of(db.session()).items())
        ],
        problems=problems,
        chosen={name: value for name, value in request.args.items() if name in ("year", "system", "source") and value},
    )


def wanted_of() -> Wanted:
    """What the address asks for; what is no choice asks for nothing."""
    source = request.args.get("source", "")
    return Wanted(
        year=request.args.get("year", type=int),
        system=request.args.get("system", "")[:64] or None,
        source=source if source in SOURCES else None,
    )


@blueprint.post("/transcript/goals")
@allow("signed_in")
def save_goals() -> ResponseReturnValue:
    """Keep the goals of a year; the names of the fields are `goal-` and the slug of a system."""
    typed = {name.removeprefix("goal-"): value[:20] for name, value in request.form.items() if name.startswith("goal-")}
    try:
        goals.set_goals(db.session(), get_actor(), typed, clock.now())
    except Unfit as unfit:
        return record_page(typed, unfit.problems), 422
    flash("Your goals are saved.", "success")
    return redirect(url_for("credit.record", _anchor="goals"), 303)


@blueprint.get("/transcript.csv")
@allow("signed_in")
def record_table() -> ResponseReturnValue:
    """The transcript for a spreadsheet; no cell of it can run."""
    held = transcripts.get_transcript(db.session(), get_actor(), wanted_of(), clock.now())
    return as_file(spreadsheets.write(transcripts.export_rows(held)), "text/csv", "csv")


@blueprint.get("/transcript.pdf")
@allow("signed_in")
def record_document() -> ResponseReturnValue:
    """The transcript on paper; what no font can print is said, and nothing is left blank."""
    held = transcripts.get_transcript(db.session(), get_actor(), wanted_of(), clock.now())
    try:
        made = transcript.pdf(document_of(held, wanted_of(), today()))
    except transcript.Unprintable as problem:
        flash(str(problem), "error")
        return redirect(url_for("credit.record"), 303)
    return as_file(made, "application/pdf", "pdf")


def today() -> dt.date:
    return local_date(clock.now(), get_actor().zone)


def as_file(data: bytes, mimetype: str, ending: str) -> Response:
    response = Response(data, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="transcript-{today():%Y-%m-%d}.{ending}"'
    return response


def document_of(held: Transcript, wanted: Wanted, made_on: dt.date) -> transcript.Document:
    """The transcript as it is printed."""
    chosen = [
        str(wanted.year) if wanted.year else "",
        held.systems.get(wanted.system, wanted.system).replace("*", "") if wanted.system else "",
        dict(SOURCE_CHOICES)[wanted.source].lower() if wanted.source else "",
    ]
    asked = ", ".join(one for one in chosen if one)
    return transcript.Document(
        name=held.name,
        made_on=made_on,
        scope=f"Only a part is shown: {asked}." if asked else "",
        parts=tuple(
            transcript.Part(
                str(year.year),
                tuple(sum_in_words(one) for one in year.sums if one.quarters),
                tuple(map(row_of, year.lines)),
            )
            for year in held.years
        ),
        attended=tuple(map(row_of, held.attended)),
    )


def sum_in_words(one: Sum) -> str:
    """“2.5 AMA PRA Category 1 Credits: 2 claimed here, 0.5 earned elsewhere.”"""
    if one.own and one.external:
        told = f": {shown(one.own)} claimed here, {shown(one.external)} earned elsewhere."
    else:
        told = ", earned elsewhere." if one.external else ", claimed here."
    return f"{counted(one.quarters, one.unit)}{told}"


def row_of(line: Line) -> transcript.Row:
    state = line.said if line.designated else f"No credit is designated. {line.said}".strip()
    if line.papers:
        proof = line.papers[0].code
    elif line.source == EXTERNAL:
        proof = "entered by the learner" + (", with a file" if line.evidence else "")
    else:
        proof = "no certificate"
    return transcript.Row(
        line.on, line.title, line.provider, line.quarters, unit_of(line.quarters, line.unit), state, proof
    )
