"""A session of questions: the question, the answer, its feedback, the result, the sessions before."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import clock
from quizapp.core import modes
from quizapp.core.grading import Confidence
from quizapp.core.study_day import study_day
from quizapp.db.extension import db
from quizapp.services import answering, asking, examining, explaining, placing, showing, sittings
from quizapp.services.answering import Submission
from quizapp.services.content import teaching
from quizapp.services.placing import Placed
from quizapp.services.showing import Question
from quizapp.web.allow import allow, get_actor
from quizapp.web.learn import sentences
from quizapp.web.learn.blueprint import blueprint

NOT_OF_THE_TYPE = {"csrf_token", "part", "elapsed_ms", "confidence", "go", "strike", "marked"}
"""Form fields that belong to the frame of a question; the rest is the type’s."""

KINDS = {
    "practice": "Practice",
    "review": "Today’s questions",
    "learn": "After reading",
    "placement": "What do I know already?",
    "exam": "Exam",
    "lesson": "Lesson",
    "assigned": "Assigned block",
    "graded": "Graded exam",
    "formative": "Exam for practice",
    "credit": "Test for credit",
    "before": "Before the lesson",
    "quarter": "Questions of a quarter",
}
"""What a session was, by its mode."""
CLOCK_SHOWN_WITHIN_SECONDS = 24 * 3600
"""What ends later than this is said by its date."""
AFTERWARDS_TODAY = (modes.REVIEW, modes.PLACEMENT)
"""After these the plan of the day knows better what to ask than “practise what was missed”."""


@blueprint.get("/sessions")
@allow("signed_in")
def sessions() -> ResponseReturnValue:
    before = request.args.get("before", type=int)
    rows = sittings.list_sat(db.session(), get_actor(), before=before)
    older = url_for("learn.sessions", before=rows[-1].id) if len(rows) == sittings.A_PAGE else None
    return render_template("learn/sessions.html", sessions=rows, session_url=session_url, older_url=older)


def session_url(sat: sittings.Sat) -> str:
    return url_for("learn.results" if sat.closed_at else "learn.session", sitting_id=sat.id)


@blueprint.get("/session/<int:sitting_id>")
@allow("signed_in")
def session(sitting_id: int) -> ResponseReturnValue:
    """Where to go on: the question that waits, or the result."""
    position = showing.next_position(db.session(), get_actor(), sitting_id)
    if position is None:
        return redirect(url_for("learn.results", sitting_id=sitting_id))
    return redirect(url_for("learn.question", sitting_id=sitting_id, position=position))


@blueprint.get("/session/<int:sitting_id>/<int:position>")
@allow("signed_in")
def question(sitting_id: int, position: int) -> ResponseReturnValue:
    """The question as it waits, or where it has led."""
    asked = showing.get_question(db.session(), get_actor(), sitting_id, position, clock.now())
    if asked.state == "answered":
        return redirect(url_for("learn.feedback", sitting_id=sitting_id, position=position))
    if asked.state == "closed":
        return redirect(closed_url(asked))
    return question_page(asked)


def closed_url(asked: Question) -> str:
    """Where a question leads that can no longer be answered; what its deadline has closed is looked over first."""
    timed = asked.mode.free_order or asked.deadline is not None
    return url_for("learn.look_over" if timed else "learn.results", sitting_id=asked.sitting_id)


def question_page(asked: Question, problem: str | None = None) -> ResponseReturnValue:
    """The page of a question; with a problem it is a form handed back, which the status says too."""
    if asked.state == "stale":
        return render_template("learn/stale.html", question=asked)
    exam = asked.mode.free_order
    now = clock.now()
    deadline = asked.deadline
    if (
        asked.participation_id is not None
        and deadline
        and (deadline - now).total_seconds() > CLOCK_SHOWN_WITHIN_SECONDS
    ):
        deadline = None  # the expiry of the activity, which its own page tells
    seconds_left = max(0, int((deadline - now).total_seconds())) if deadline else None
    links = {
        "submit": url_for("learn.save" if exam else "learn.answer", presentation_id=asked.presentation_id),
        "save": url_for("learn.save", presentation_id=asked.presentation_id) if exam else None,
        "mark": url_for("learn.mark", presentation_id=asked.presentation_id),
        "beat": beat_url(asked.participation_id),
    }
    page = render_template(
        "learn/question.html",
        question=asked,
        links=links,
        problem=problem,
        navigator=showing.get_navigator(db.session(), get_actor(), asked.sitting_id) if exam else (),
        seconds_left=seconds_left if (seconds_left or 0) <= CLOCK_SHOWN_WITHIN_SECONDS else None,
        until=deadline,
        reason=sentences.reason(asked.why, now),
    )
    return page, 422 if problem else 200


@blueprint.get("/session/<int:sitting_id>/<int:position>/feedback")
@allow("signed_in")
def feedback(sitting_id: int, position: int) -> ResponseReturnValue:
    """The stored answer with its reasons."""
    actor, part = get_actor(), request.args.get("part")
    told = explaining.get_feedback(db.session(), actor, sitting_id, position, part)
    links: dict[str, str | None] = {
        name: url_for(f"learn.{name}", presentation_id=told.presentation_id, part=told.part)
        for name in ("cause", "note", "report", "mark")
    }
    links["go_on"], links["beat"] = go_on_url(told), beat_url(told.participation_id)
    return render_template(
        "learn/feedback.html",
        feedback=told,
        links=links,
        repeated=request.args.get("repeated") == "1",
        next_sentence=sentences.next_sentence(told, study_day(clock.now(), actor.zone)),
        corrected_sentence=sentences.corrected(told.correction.remedy) if told.correction else "",
    )


def beat_url(participation_id: int | None) -> str | None:
    """Where a page of an activity with credit tells that it is looked at, None for any other."""
    return url_for("credit.beat", participation_id=participation_id) if participation_id is not None else None


def go_on_url(told: explaining.Feedback) -> str:
    if told.next_part is not None:
        endpoint, part = ("learn.feedback", told.next_part) if told.closed else ("learn.question", None)
        return url_for(endpoint, sitting_id=told.sitting_id, position=told.position, part=part)
    if told.activity_home:
        return url_for("credit.lesson", slug=told.activity_home)
    if told.lesson_home:
        return url_for("lessons.lesson", slug=told.lesson_home)
    if told.next_position is not None:
        endpoint = "learn.feedback" if told.closed else "learn.question"
        return url_for(endpoint, sitting_id=told.sitting_id, position=told.next_position)
    return url_for("learn.results", sitting_id=told.sitting_id)


@blueprint.post("/question/<int:presentation_id>/answer")
@allow("signed_in")
def answer(presentation_id: int) -> ResponseReturnValue:
    """Answer the question, or cross one of its options out."""
    actor, now = get_actor(), clock.now()
    submission = read_submission()
    if token := request.form.get("strike"):
        struck = examining.strike(db.session(), actor, presentation_id, submission.part, token, now)
        by_script = request.accept_mimetypes.best == "application/json"
        return {"struck": token} if by_script else back_to(struck)
    try:
        outcome = answering.answer(db.session(), actor, presentation_id, submission, now)
    except answering.TimeIsUp as over:
        examining.settle(db.session(), actor, over.place.sitting_id, now)
        return redirect(url_for("learn.results", sitting_id=over.place.sitting_id), 303)
    except answering.NotNow as other:
        return back_to(other.place)
    if isinstance(outcome, answering.HandedBack):
        return hand_back(outcome)
    url = url_for(
        "learn.feedback",
        sitting_id=outcome.place.sitting_id,
        position=outcome.place.position,
        part=outcome.part,
        repeated=1 if outcome.repeated else None,
    )
    return redirect(url, 303)


def hand_back(outcome: answering.HandedBack) -> ResponseReturnValue:
    """The form again, with the sentence and with what could be read of it."""
    place, kept = outcome.place, outcome.problem.kept
    asked = showing.get_question(db.session(), get_actor(), place.sitting_id, place.position, clock.now(), kept)
    return question_page(asked, outcome.problem.message)


@blueprint.post("/question/<int:presentation_id>/renew")
@allow("signed_in")
def renew(presentation_id: int) -> ResponseReturnValue:
    """Put a fresh copy in the place of a question that had waited too long."""
    return back_to(asking.renew(db.session(), get_actor(), presentation_id, clock.now()))


def back_to(place: sittings.Place) -> ResponseReturnValue:
    return redirect(url_for("learn.question", sitting_id=place.sitting_id, position=place.position), 303)


def read_submission() -> Submission:
    """The form of a question. What the frame added is taken out; a confidence nobody offers is left out."""
    sent = request.form.get("confidence")
    return Submission(
        part=request.form.get("part", "1"),
        fields={name: values for name, values in request.form.lists() if name not in NOT_OF_THE_TYPE},
        confidence=Confidence(sent) if sent in set(Confidence) else None,
        elapsed_ms=request.form.get("elapsed_ms", type=int),
    )


@blueprint.get("/session/<int:sitting_id>/results")
@allow("signed_in")
def results(sitting_id: int) -> ResponseReturnValue:
    """What came of a session."""
    found = sittings.get_results(db.session(), get_actor(), sitting_id)
    sat = found.sat
    if sat.closed_at is None:
        return redirect(url_for("learn.session", sitting_id=sitting_id))
    if sat.participation_id is not None:
        return redirect(url_for("credit.result", sitting_id=sitting_id))

    def question_url(row: sittings.ResultRow) -> str:
        return url_for("learn.feedback", sitting_id=sitting_id, position=row.position, part=row.part)

    missed = any(row.verdict not in ("right", "void") for row in found.rows)
    placed = placing.get_placed(db.session(), get_actor(), sitting_id) if sat.mode is modes.PLACEMENT else ()
    return render_template(
        "learn/results.html",
        results=found,
        kind=KINDS[sat.mode.name],
        score_sentence=sentences.score(found),
        released_sentence="Your answers are in. The feedback follows when it is released.",
        question_url=question_url,
        placed=tuple(placed_row(one) for one in placed),
        assignment_url=url_for("learn.assignment", assignment_id=sat.assignment_id) if sat.assignment_id else None,
        misses_url=url_for("learn.open_misses", sitting_id=sitting_id) if missed and sat.mode is modes.EXAM else None,
        again_url=url_for("learn.practice", only="wrong") if missed and sat.mode not in AFTERWARDS_TODAY else None,
    )


@dataclass(frozen=True)
class PlacedRow:
    """What a placement says of a topic; `begin_url` leads to the paragraph to begin with, "" where there is none."""

    title: str
    sentence: str
    known: tuple[str, ...]
    begin: str
    begin_url: str


def placed_row(placed: Placed) -> PlacedRow:
    taught = teaching.where_taught(db.session()).get(placed.begin.slug) if placed.begin else None
    return PlacedRow(
        title=placed.title,
        sentence=sentences.placed(placed),
        known=tuple(one.statement for one in placed.known),
        begin=placed.begin.statement if placed.begin else "",
        begin_url=url_for("lessons.lesson", slug=taught.lesson, _anchor=taught.anchor) if taught else "",
    )
