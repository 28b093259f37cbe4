"""What first answers say of questions: the list of a bank, and one question."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp.core.itemstats import practice
from quizapp.core.itemstats.verdicts import State
from quizapp.db.extension import db
from quizapp.services.analysing import banks, questions
from quizapp.services.analysing.judging import Answered, Stepped
from quizapp.services.analysing.questions import Analysed, Part, View
from quizapp.web.allow import allow, get_actor
from quizapp.web.author import findings, option_curves
from quizapp.web.author.blueprint import blueprint
from quizapp.web.author.index import type_label
from quizapp.web.author.option_curves import Drawing

A_PAGE = 100
SETTINGS = {"": "Practice and exams", "practice": "Practice", "exam": "Exams", "lesson": "Inside lessons"}
ORDERS = {
    "attention": "What needs attention",
    "facility": "Fewest right",
    "discrimination": "Discrimination",
    "answers": "Most answers",
    "time": "Longest time",
    "question": "Question",
}


@blueprint.get("/statistics")
@allow("instructor", "administrator")
def statistics() -> ResponseReturnValue:
    chosen = {name: request.args.get(name, "").strip()[:64] for name in ("bank", "state", "by")}
    found = banks.list_questions(db.session(), get_actor(), **chosen)
    page = max(1, request.args.get("page", 1, type=int))
    pages = max(1, -(-len(found.rows) // A_PAGE))
    if page > pages:
        abort(404)
    kept: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    return render_template(
        "author/statistics.html",
        overview=found,
        banks=[(bank.slug, bank.title) for bank in found.banks],
        rows=found.rows[(page - 1) * A_PAGE : page * A_PAGE],
        chosen=chosen,
        states=findings.STATES,
        orders=ORDERS,
        tell=findings,
        type_label=type_label,
        page=page,
        pages=pages,
        address=lambda number: url_for("author.statistics", page=number if number > 1 else None, **kept),
    )


@dataclass(frozen=True)
class Shown:
    """A part with what the page calls its answers, and its drawing."""

    part: Part
    steps: tuple[tuple[Stepped, tuple[tuple[str, Answered], ...]], ...]
    sentences: tuple[str, ...]
    drawing: Drawing | None


@blueprint.get("/items/<int:content_id>/statistics")
@allow("instructor", "administrator")
def item_statistics(content_id: int) -> ResponseReturnValue:
    args = request.args
    view = View(
        line=args.get("line", type=int), setting=args.get("setting", "")[:8], cohort=args.get("cohort", type=int)
    )
    found = questions.get_question(db.session(), get_actor(), content_id, view)
    return render_template(
        "author/item_statistics.html",
        found=found,
        parts=[show(found, part) for part in found.parts],
        n=max((part.judged.figures.n for part in found.parts), default=0),
        states=findings.STATES,
        state=State,
        settings=SETTINGS,
        tell=findings,
        type_label=type_label,
        functions=practice.FUNCTIONS,
        counts={name: sum(n for (of, _), n in found.answers.items() if name in ("", of) and (name or of != "lesson"))
                for name in SETTINGS},
    )  # fmt: skip


def show(found: Analysed, part: Part) -> Shown:
    names: dict[str, str] = {}
    steps = []
    for stepped in part.judged.steps:
        lettered = tuple(zip(string.ascii_uppercase, stepped.answers, strict=False))
        names |= {answered.choice.name: letter for letter, answered in lettered}
        steps.append((stepped, lettered))
    figures = part.judged.figures
    return Shown(
        part,
        tuple(steps),
        tuple(
            findings.sentence(one, figures, named(names, part)) for one in found.verdict.findings if one.part == part.id
        ),
        drawing(part),
    )


def named(letters: Mapping[str, str], part: Part) -> dict[str, str]:
    """Class → “B”, or “row 2: B” where there are several steps."""
    if len(part.judged.steps) == 1:
        return dict(letters)
    return {
        answered.choice.name: f"{letters[answered.choice.name]} in row {number}"
        for number, stepped in enumerate(part.judged.steps, 1)
        for answered in stepped.answers
    }


def drawing(part: Part) -> Drawing | None:
    """The options of a question with one step; in a table of rows the lines could not be told apart."""
    if len(part.judged.steps) != 1:
        return None
    answers = part.judged.steps[0].answers
    options = [
        (one.choice.name, letter, one.choice.key) for letter, one in zip(string.ascii_uppercase, answers, strict=False)
    ]
    return option_curves.draw(part.bands, options)
