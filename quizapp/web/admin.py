"""Pages for administrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import EmailField
from wtforms.validators import InputRequired

from quizapp import clock, itemtypes
from quizapp.core.ability import ESTIMATES
from quizapp.core.grading import NotGradable
from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.itemtypes.samples import answer_of, presented
from quizapp.services import auditing, estimates
from quizapp.services.content.drawing import with_drawings
from quizapp.services.crediting import heads
from quizapp.services.estimates import Question
from quizapp.services.teaching import accommodating
from quizapp.web.account import show_problems
from quizapp.web.allow import allow, get_actor
from quizapp.web.teach.learners import AccommodationForm

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@dataclass(frozen=True)
class Sample:
    """A question of one type as it is asked, and as it is read after a wrong answer."""

    type: str
    lead_in: str
    face: Mapping[str, Any]
    review: Mapping[str, Any]

    @property
    def uid(self) -> str:
        return f"sample-{self.type}"

    @property
    def face_template(self) -> str:
        return f"itemtypes/{self.type}/answer.html"

    @property
    def review_template(self) -> str:
        return f"itemtypes/{self.type}/review.html"


@blueprint.get("/style")
@allow("administrator")
def style() -> ResponseReturnValue:
    """Every component in each of its states: where one looks before drawing a page."""
    return render_template("admin/style.html", samples=[sample(name) for name in itemtypes.gradable()])


def sample(name: str) -> Sample:
    verbs = itemtypes.get(name)
    examples = [example for example in verbs.examples() if example.expected is not NotGradable]
    # The worst of its answers shows most: the key, the reason, and what was chosen instead.
    worst = min(examples, key=lambda example: getattr(example.expected, "earned", 0))
    part, layout = presented(name, worst)
    answer = answer_of(name, worst)
    face = verbs.show(part.content, layout, None)
    review = verbs.explain(part.content, layout, None if isinstance(answer, NotGradable) else answer)
    return Sample(
        type=name,
        lead_in=part.content.get("lead_in") or "What is asked?",
        face=with_drawings(db.session(), face, f"sample-{name}", labelled=False),
        review=with_drawings(db.session(), review, f"sample-{name}-told", labelled=True),
    )


@dataclass(frozen=True)
class Dot:
    """A question in the drawing; `fitted`: by 2PL."""

    x: float
    y: float
    fitted: bool


@dataclass(frozen=True)
class Column:
    """The questions that authors estimated alike: where their column and the author’s level lie, and what came out."""

    word: str
    author_b: float
    x: float
    level: float
    questions: int
    median: float | None


@blueprint.get("/audit")
@allow("administrator")
def audit() -> ResponseReturnValue:
    """Who did what, the newest first."""
    before = request.args.get("before", type=int)
    deeds = auditing.list_deeds(db.session(), before=before)
    older = url_for("admin.audit", before=deeds[-1].number) if len(deeds) == auditing.A_PAGE else None
    return render_template("admin/audit.html", deeds=deeds, older_url=older, head=heads.find_newest(db.session()))


class FindForm(FlaskForm):
    email = EmailField("Email address", validators=[InputRequired("Enter the address of an account.")])


@blueprint.get("/time")
@allow("administrator")
def more_time() -> ResponseReturnValue:
    """Who has more time; somebody else can be looked up."""
    return time_page(FindForm(formdata=None))


def time_page(form: FindForm) -> str:
    return render_template("admin/time.html", people=accommodating.list_granted(db.session(), get_actor()), form=form)


@blueprint.post("/time")
@allow("administrator")
def find_person() -> ResponseReturnValue:
    """Lead to the page of the person with this address."""
    form = FindForm()
    found = None
    if form.validate():
        found = accommodating.find_person(db.session(), get_actor(), form.email.data or "")
        if found is None:
            form.email.errors = ["No account has this address. Look it up in the roster, or ask the person."]
    if found is None:
        return time_page(form), 422
    return redirect(url_for("admin.person_time", learner_id=found), 303)


@blueprint.get("/time/<int:learner_id>")
@allow("administrator")
def person_time(learner_id: int) -> ResponseReturnValue:
    return person_page(learner_id)


def person_page(learner_id: int, form: AccommodationForm | None = None) -> str:
    actor = get_actor()
    person = accommodating.get_person(db.session(), actor, learner_id)
    granted = accommodating.find_granted(db.session(), actor, learner_id)
    held = {
        "time_percent": person.allowance.time_percent,
        "break_minutes": person.allowance.break_minutes,
        "note": granted.note if granted else "",
    }
    form = form or AccommodationForm(formdata=None, data=held)
    return render_template("admin/person_time.html", person=person, granted=granted, form=form)


@blueprint.post("/time/<int:learner_id>")
@allow("administrator")
def grant_time(learner_id: int) -> ResponseReturnValue:
    """More time for this person, in every cohort and in the person’s own exams."""
    form, actor = AccommodationForm(), get_actor()
    accommodating.get_person(db.session(), actor, learner_id)
    if not form.validate():
        return person_page(learner_id, form), 422
    try:
        accommodating.grant(
            db.session(),
            actor,
            learner_id,
            time_percent=form.time_percent.data or 0,
            break_minutes=form.break_minutes.data or 0,
            note=form.note.data or "",
            now=clock.now(),
        )
    except Unfit as unfit:
        show_problems(form, unfit)
        return person_page(learner_id, form), 422
    flash("Saved. It counts from the next start on; what runs already keeps its deadline.", "success")
    return redirect(url_for("admin.person_time", learner_id=learner_id), 303)


WIDE, HIGH = 640, 320
_LEFT, _TOP, _BOTTOM = 48, 16, 40
_SHOWN = 4.0
"""Logits from the middle to the edge of the drawing; what lies further stands at the edge."""
_GOLDEN = 0.618034
"""Multiples of it spread evenly, so that dots of one height do not hide each other."""


@blueprint.get("/engine")
@allow("administrator")
def engine() -> ResponseReturnValue:
    """What the nightly runs have estimated: questions by name, learners as counts."""
    held = estimates.get_estimates(db.session(), clock.now())
    return render_template(
        "admin/engine.html",
        held=held,
        columns=[_column(place, word, held.questions) for place, word in enumerate(ESTIMATES)],
        dots=[_dot(number, question) for number, question in enumerate(held.questions)],
        ticks=[(b, _height(b)) for b in range(-4, 5, 2)],
        size=(WIDE, HIGH),
    )


def _column(place: int, word: str, questions: Sequence[Question]) -> Column:
    found = [question.b for question in questions if question.author == word]
    level = ESTIMATES[word]
    return Column(word, level, _middle(place), _height(level), len(found), median(found) if found else None)


def _dot(number: int, question: Question) -> Dot:
    place = list(ESTIMATES).index(question.author) if question.author in ESTIMATES else 1
    aside = (number * _GOLDEN % 1 - 0.5) * 0.7 * (WIDE - _LEFT) / len(ESTIMATES)
    return Dot(round(_middle(place) + aside, 1), _height(question.b), question.method == "2pl")


def _middle(place: int) -> float:
    return round(_LEFT + (place + 0.5) * (WIDE - _LEFT) / len(ESTIMATES), 1)


def _height(b: float) -> float:
    shown = min(max(b, -_SHOWN), _SHOWN)
    return round(_TOP + (_SHOWN - shown) / (2 * _SHOWN) * (HIGH - _TOP - _BOTTOM), 1)
