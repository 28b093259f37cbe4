"""Giving a cohort something to do: writing it, publishing it, watching it, looking it over, releasing it."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from quizapp import clock
from quizapp.core.marking import cohen
from quizapp.core.preferences import Unfit, local_date
from quizapp.db.extension import db
from quizapp.services.content import reading
from quizapp.services.teaching import assembling, assigning, assignments, challenging, cohorts, reviewing
from quizapp.services.teaching.assembling import Unfilled, Unsigned
from quizapp.services.teaching.assignments import BLOCK, DRAFT, EXAM, LESSON, Given, Wanted
from quizapp.services.teaching.cohorts import Taught
from quizapp.web.allow import allow, get_actor
from quizapp.web.teach.assignment_forms import AssignmentForm, count_fields, filled, fresh, read_counts
from quizapp.web.teach.blueprint import blueprint

USUAL_BLOCK = 5
"""Questions of a block on one objective, unless something else is typed."""
KINDS = {
    LESSON: ("A lesson", "They read it and answer its questions; you see who has."),
    BLOCK: ("A block of questions", "Practice that you choose, explained after each answer."),
    EXAM: ("An exam", "Questions nobody can practise, against the clock; the result is held until you release it."),
}


@blueprint.get("/cohorts/<int:cohort_id>/assign")
@allow("instructor")
def assign(cohort_id: int) -> ResponseReturnValue:
    """Choose what to give, then write it."""
    cohort = cohorts.get_taught(db.session(), get_actor(), cohort_id)
    kind = request.args.get("kind", "")
    if kind not in KINDS:
        return render_template("teach/assign.html", cohort=cohort, kinds=KINDS)
    wanted = fresh(kind, cohort.zone, local_date(clock.now(), cohort.zone))
    if kind != LESSON and (objective := request.args.get("objective")):
        wanted = replace(wanted, objectives={objective: USUAL_BLOCK})
    return form_page(cohort, kind, AssignmentForm(formdata=None, data=filled(wanted)), wanted)


@blueprint.post("/cohorts/<int:cohort_id>/assign")
@allow("instructor")
def save_new(cohort_id: int) -> ResponseReturnValue:
    cohort = cohorts.get_taught(db.session(), get_actor(), cohort_id)
    return save(cohort, request.form.get("kind", ""), None)


@blueprint.get("/assignments/<int:assignment_id>/edit")
@allow("instructor")
def edit(assignment_id: int) -> ResponseReturnValue:
    given = assignments.get_given(db.session(), get_actor(), assignment_id)
    cohort = cohorts.get_taught(db.session(), get_actor(), given.cohort_id)
    form = AssignmentForm(formdata=None, data=filled(given.wanted))
    return form_page(cohort, given.wanted.kind, form, given.wanted, given)


@blueprint.post("/assignments/<int:assignment_id>/edit")
@allow("instructor")
def save_again(assignment_id: int) -> ResponseReturnValue:
    """A draft is written anew; of what is published only what may still change."""
    actor = get_actor()
    given = assignments.get_given(db.session(), actor, assignment_id)
    cohort = cohorts.get_taught(db.session(), actor, given.cohort_id)
    if given.state == DRAFT:
        return save(cohort, given.wanted.kind, given)
    form = AssignmentForm()
    try:
        assigning.adjust(db.session(), actor, assignment_id, form.wanted(given.wanted.kind, {}, {}), clock.now())
    except Unfit as unfit:
        return handed_back(unfit, cohort, given.wanted.kind, form, given.wanted, given)
    flash("Saved. Who has begun keeps the deadline that was told.", "success")
    return redirect(url_for("teach.assignment", assignment_id=assignment_id), 303)


def save(cohort: Taught, kind: str, given: Given | None) -> ResponseReturnValue:
    form, (topics, objectives) = AssignmentForm(), read_counts()
    wanted = form.wanted(kind, topics, objectives)
    try:
        assignment_id = assigning.save_draft(
            db.session(), get_actor(), cohort.id, wanted, clock.now(), given.id if given else None
        )
    except Unfit as unfit:
        return handed_back(unfit, cohort, kind, form, wanted, given)
    return redirect(url_for("teach.assignment", assignment_id=assignment_id), 303)


def handed_back(
    unfit: Unfit, cohort: Taught, kind: str, form: AssignmentForm, wanted: Wanted, given: Given | None
) -> ResponseReturnValue:
    """The form with what was typed, and a sentence beside each field; of the numbers of questions above them all."""
    for name, sentence in unfit.problems.items():
        if name in form:
            form[name].errors = [sentence]
    sizes = unfit.problems.get("size", "") or unfit.problems.get("kind", "")
    return form_page(cohort, kind, form, wanted, given, sizes), 422


def form_page(
    cohort: Taught, kind: str, form: AssignmentForm, wanted: Wanted, given: Given | None = None, sizes: str = ""
) -> str:
    lessons = reading.list_lessons(db.session())
    form.lesson.choices = [SelectChoice(value=row.slug, label=row.title) for row in lessons]
    published = given is not None and given.state != DRAFT
    supply = () if kind == LESSON or published else assembling.list_supply(
        db.session(), assembling.mode_of(kind, graded=wanted.graded).pool
    )  # fmt: skip
    return render_template(
        "teach/assignment_form.html",
        cohort=cohort,
        kind=kind,
        kind_words=KINDS.get(kind, ("An assignment", ""))[0],
        form=form,
        given=given,
        published=published,
        counts=count_fields(supply, wanted.topics, wanted.objectives, request.form),
        sizes=sizes,
    )


@blueprint.get("/assignments/<int:assignment_id>")
@allow("instructor")
def assignment(assignment_id: int) -> ResponseReturnValue:
    return assignment_page(assignment_id)


def assignment_page(assignment_id: int, problem: str = "", unsigned: dict[str, list[str]] | None = None) -> str:
    actor = get_actor()
    review = reviewing.get_review(db.session(), actor, assignment_id)
    given, lesson = review.given, review.given.wanted.lesson
    return render_template(
        "teach/assignment.html",
        cohort=cohorts.get_taught(db.session(), actor, given.cohort_id),
        given=given,
        live=review.live,
        percents=review.percents,
        doubts=sum(one.doubts for one in review.questions),
        cohen=cohen(review.percents),
        kind_words=KINDS[given.wanted.kind][0],
        lesson_title=next((row.title for row in reading.list_lessons(db.session()) if row.slug == lesson), ""),
        shown=dict(SHOWN_WORDS),
        problem=problem,
        unsigned=unsigned or {},
        now=clock.now(),
    )


SHOWN_WORDS = {"never": "never", "after": "after the release", "at_once": "at once"}


@blueprint.post("/assignments/<int:assignment_id>/publish")
@allow("instructor")
def publish(assignment_id: int) -> ResponseReturnValue:
    """Let the cohort see it; or let it be for practice, if its questions may not decide over anybody."""
    actor = get_actor()
    if request.form.get("do") == "formative":
        assigning.make_formative(db.session(), actor, assignment_id, clock.now())
    try:
        assigning.publish(db.session(), actor, assignment_id, clock.now())
    except Unsigned as unsigned:
        return assignment_page(assignment_id, unsigned=unsigned.reasons), 422
    except Unfilled as unfilled:
        lacking = "; ".join(f"{lack.missing} more on {lack.words}" for lack in unfilled.lacks)
        return assignment_page(assignment_id, f"The pool has too few questions: {lacking}. Ask for fewer."), 422
    except Unfit as unfit:
        return assignment_page(assignment_id, str(unfit)), 422
    flash("Published. The cohort sees it under Assignments.", "success")
    return redirect(url_for("teach.assignment", assignment_id=assignment_id), 303)


@blueprint.post("/assignments/<int:assignment_id>/discard")
@allow("instructor")
def discard(assignment_id: int) -> ResponseReturnValue:
    try:
        cohort_id = assigning.discard(db.session(), get_actor(), assignment_id, clock.now())
    except Unfit as unfit:
        return assignment_page(assignment_id, str(unfit)), 409
    flash("The assignment is deleted. Nobody had begun it.", "success")
    return redirect(url_for("teach.cohort", cohort_id=cohort_id), 303)


@blueprint.post("/assignments/<int:assignment_id>/release")
@allow("instructor")
def release(assignment_id: int) -> ResponseReturnValue:
    try:
        reviewing.release(db.session(), get_actor(), assignment_id, clock.now())
    except reviewing.NotYet as not_yet:
        return assignment_page(assignment_id, str(not_yet)), 409
    flash("Released. Learners see what you chose to show.", "success")
    return redirect(url_for("teach.assignment", assignment_id=assignment_id), 303)


@blueprint.get("/assignments/<int:assignment_id>/questions")
@allow("instructor")
def questions(assignment_id: int) -> ResponseReturnValue:
    return questions_page(assignment_id)


def questions_page(assignment_id: int, problem: str = "", typed: dict[str, str] | None = None) -> str:
    actor = get_actor()
    review = reviewing.get_review(db.session(), actor, assignment_id)
    if review.given.wanted.kind != EXAM:
        raise LookupError(assignment_id)
    return render_template(
        "teach/questions.html",
        cohort=cohorts.get_taught(db.session(), actor, review.given.cohort_id),
        given=review.given,
        questions=review.questions,
        threads=challenging.list_all(db.session(), actor, assignment_id),
        problem=problem,
        typed=typed or {},
    )


@blueprint.post("/assignments/<int:assignment_id>/questions/<int:content_id>")
@allow("instructor")
def rule(assignment_id: int, content_id: int) -> ResponseReturnValue:
    """Decide what a question counts for in this exam."""
    choice, reason = request.form.get("choice", ""), request.form.get("reason", "")
    try:
        reviewing.rule(db.session(), get_actor(), assignment_id, content_id, choice, reason, clock.now())
    except Unfit as unfit:
        return questions_page(assignment_id, str(unfit), {f"reason-{content_id}": reason}), 422
    flash("Decided. All marks of this exam follow it.", "success")
    return redirect(url_for("teach.questions", assignment_id=assignment_id, _anchor=f"question-{content_id}"), 303)


@blueprint.post("/challenges/<int:challenge_id>")
@allow("instructor")
def answer_challenge(challenge_id: int) -> ResponseReturnValue:
    """Answer a learner’s doubt about a key."""
    text = request.form.get("answer", "")
    try:
        assignment_id = challenging.answer(db.session(), get_actor(), challenge_id, text, clock.now())
    except Unfit as unfit:
        assignment_id = challenging.assignment_of(db.session(), get_actor(), challenge_id)
        return questions_page(assignment_id, str(unfit), {f"answer-{challenge_id}": text}), 422
    flash("Answered. Whoever sat the exam can read it.", "success")
    return redirect(url_for("teach.questions", assignment_id=assignment_id, _anchor="doubts"), 303)
