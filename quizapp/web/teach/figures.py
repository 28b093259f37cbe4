"""The figures of a form that everybody answered: the page beside its assignment, and the file."""

from __future__ import annotations

import re

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from quizapp.core.itemstats.practice import LEAST
from quizapp.core.itemstats.verdicts import State
from quizapp.db.extension import db
from quizapp.formats import spreadsheets
from quizapp.services.analysing import forms
from quizapp.services.analysing.forms import Analysis
from quizapp.services.teaching import cohorts
from quizapp.web.allow import allow, get_actor
from quizapp.web.author import findings
from quizapp.web.pages import in_zone
from quizapp.web.teach import form_plot
from quizapp.web.teach.blueprint import blueprint


@blueprint.get("/assignments/<int:assignment_id>/figures")
@allow("instructor")
def figures(assignment_id: int) -> ResponseReturnValue:
    found = get_analysis(assignment_id)
    plotted = [(one.number, one.column.facility, one.column.discrimination) for one in found.questions]
    return render_template(
        "teach/figures.html",
        cohort=cohorts.get_taught(db.session(), get_actor(), found.given.cohort_id),
        found=found,
        plot=form_plot.draw(plotted) if plotted else None,
        tell=findings,
        least=LEAST,
        states=findings.STATES,
        sure=sum(
            one.column.discrimination is not None and one.column.discrimination.low > 0 for one in found.questions
        ),
        looked_at=[one for one in found.questions if one.verdict.state is State.LOOK],
    )


@blueprint.get("/assignments/<int:assignment_id>/figures.csv")
@allow("instructor")
def figures_file(assignment_id: int) -> ResponseReturnValue:
    """The same for a spreadsheet."""
    found = get_analysis(assignment_id)
    name = re.sub(r"[^a-z0-9]+", "-", found.given.wanted.title.lower()).strip("-") or "form"
    response = Response(spreadsheets.write(forms.export_rows(found)), mimetype="text/csv")
    day = f"-{in_zone(found.shown.at):%Y-%m-%d}" if found.shown else ""
    response.headers["Content-Disposition"] = f'attachment; filename="figures-{name}{day}.csv"'
    return response


def get_analysis(assignment_id: int) -> Analysis:
    """The figures that are asked for; the newest unless a number is given. Raises LookupError."""
    typed = request.args.get("taken", "")
    number = int(typed) if re.fullmatch(r"[0-9]{1,6}", typed) else None
    return forms.get_analysis(db.session(), get_actor(), assignment_id, number=number)
