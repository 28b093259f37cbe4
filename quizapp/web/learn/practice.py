"""Building a block of questions or an exam, practising a lesson, and finding out what is known already."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from quizapp import clock
from quizapp.core import modes
from quizapp.core.composing import Only
from quizapp.db.extension import db
from quizapp.services import asking, composing, lesson_questions, placing, sittings
from quizapp.services.composing import BlockOffer, BlockPlan
from quizapp.services.content import reading, teaching
from quizapp.services.teaching import accommodating
from quizapp.web.allow import allow, get_actor
from quizapp.web.learn.blueprint import blueprint

LONGEST_EXAM_MINUTES = 600
USUAL_SIZE = 10


@dataclass(frozen=True)
class ObjectiveChoice:
    slug: str
    statement: str
    questions: int
    new: int
    chosen: bool


@dataclass(frozen=True)
class TopicChoice:
    slug: str
    title: str
    questions: int
    new: int
    chosen: bool
    objectives: tuple[ObjectiveChoice, ...]


@dataclass(frozen=True)
class SectionChoice:
    """A section of a lesson, and the questions on its objectives."""

    anchor: str
    title: str
    questions: int
    new: int
    chosen: bool


@blueprint.get("/practice")
@allow("signed_in")
def practice() -> ResponseReturnValue:
    return builder_page(read_plan(request.args), secrets.token_urlsafe(16))


@blueprint.post("/practice")
@allow("signed_in")
def build() -> ResponseReturnValue:
    """Say what a block would hold, or start it; an exam has a page between, where the clock is not running yet.

    The key in the form decides the choice of questions, so what was offered is what comes, and a second click on start
    finds the first one’s session.
    """
    actor, now = get_actor(), clock.now()
    plan, key = read_plan(request.form), request.form.get("key") or secrets.token_urlsafe(16)
    wish, seed = request.form.get("do"), seed_of(key)
    try:
        if wish == "offer" or (plan.exam and wish != "begin"):
            offer = composing.offer(db.session(), actor, plan, now, seed)
            return exam_page(plan, key, offer) if plan.exam and wish != "offer" else builder_page(plan, key, offer)
        sitting_id = asking.start(db.session(), actor, plan, key=key, title=title_of(plan), now=now, seed=seed)
    except composing.NothingToAsk as reason:
        return builder_page(plan, key, problem=str(reason))
    return redirect(url_for("learn.session", sitting_id=sitting_id), 303)


@blueprint.get("/placement")
@allow("signed_in")
def placement() -> ResponseReturnValue:
    return placement_page(secrets.token_urlsafe(16))


@blueprint.post("/placement")
@allow("signed_in")
def begin_placement() -> ResponseReturnValue:
    """Begin with the question that tells most; a placement that was left is gone on with."""
    actor, now = get_actor(), clock.now()
    key = request.form.get("key") or secrets.token_urlsafe(16)
    unfinished = sittings.list_unfinished(db.session(), actor, now)
    left = next((sat for sat in unfinished if sat.mode is modes.PLACEMENT), None)
    if left is not None:
        return redirect(url_for("learn.session", sitting_id=left.id), 303)
    seed = seed_of(key)
    choose = partial(placing.choose_first, db.session(), actor, now, seed)
    try:
        sitting_id = asking.begin(db.session(), actor, choose, key, "What do I know already?", now, seed)
    except composing.NothingToAsk as reason:
        return placement_page(key, str(reason))
    return redirect(url_for("learn.session", sitting_id=sitting_id), 303)


def placement_page(key: str, problem: str | None = None) -> ResponseReturnValue:
    prospect = placing.get_prospect(db.session(), get_actor())
    page = render_template("learn/placement.html", prospect=prospect, key=key, problem=problem)
    return page, 422 if problem else 200


@blueprint.get("/practice/lessons/<slug>")
@allow("signed_in")
def lesson_practice(slug: str) -> ResponseReturnValue:
    """The sections of a lesson to be asked about; those whose question was answered are ticked, else all."""
    shown = reading.get_lesson(db.session(), slug)
    asked = {
        section.anchor: [part.item for part in section.parts if part.kind == "check"] for section in shown.sections
    }
    items = [item for of_section in asked.values() for item in of_section]
    answered = lesson_questions.list_checks_answered(db.session(), get_actor(), items)
    read = [anchor for anchor, of_section in asked.items() if answered & set(of_section)]
    return lesson_practice_page(shown, read or list(asked), secrets.token_urlsafe(16))


@blueprint.post("/practice/lessons/<slug>")
@allow("signed_in")
def practise_lesson(slug: str) -> ResponseReturnValue:
    """Ask about the objectives of the ticked sections, and of no others."""
    actor, now = get_actor(), clock.now()
    shown = reading.get_lesson(db.session(), slug)
    key, chosen = request.form.get("key") or secrets.token_urlsafe(16), request.form.getlist("section")
    objectives = [
        objective for section in shown.sections if section.anchor in chosen for objective in section.objectives
    ]
    if not objectives:
        return lesson_practice_page(shown, chosen, key, "Tick at least one section to be asked about.")
    plan = BlockPlan(objectives=tuple(dict.fromkeys(objectives)), size=USUAL_SIZE, lesson=slug)
    try:
        sitting_id = asking.start(db.session(), actor, plan, key=key, title=shown.title, now=now, seed=seed_of(key))
    except composing.NothingToAsk as reason:
        return lesson_practice_page(shown, chosen, key, str(reason))
    return redirect(url_for("learn.session", sitting_id=sitting_id), 303)


def lesson_practice_page(
    shown: reading.Lesson, chosen: Collection[str], key: str, problem: str | None = None
) -> ResponseReturnValue:
    """The form, with what was ticked; sections that nothing can be asked about are left out."""
    budgets = {budget.objective: budget for budget in composing.list_budgets(db.session(), get_actor())}
    sections = []
    for section in shown.sections:
        own = [budgets[objective] for objective in section.objectives if objective in budgets]
        if own:
            questions, new = sum(budget.questions for budget in own), sum(budget.new for budget in own)
            sections.append(SectionChoice(section.anchor, section.title, questions, new, section.anchor in chosen))
    page = render_template(
        "learn/lesson_practice.html",
        lesson=shown,
        sections=tuple(sections),
        needs=teaching.list_needed(db.session(), [aim.id for aim in shown.objectives]),
        key=key,
        problem=problem,
    )
    return page, 422 if problem else 200


def seed_of(key: str) -> int:
    return int.from_bytes(sha256(key.encode()).digest()[:6])


def exam_page(plan: BlockPlan, key: str, offer: BlockOffer) -> ResponseReturnValue:
    allowance = accommodating.find_allowance(db.session(), get_actor().id)
    usual = dt.timedelta(minutes=composing.minutes_allowed(plan, offer.size))
    return render_template(
        "learn/exam_start.html",
        plan=plan,
        key=key,
        offer=offer,
        title=title_of(plan),
        minutes=allowance.of(usual) // dt.timedelta(minutes=1),
        more_time=allowance.more,
    )


def read_plan(sent: MultiDict[str, str]) -> BlockPlan:
    """A plan from a form or an address; what is out of bounds is brought back into them."""
    only = sent.get("only", "")
    minutes = sent.get("minutes", type=int)
    return BlockPlan(
        topics=tuple(dict.fromkeys(sent.getlist("topic")[:50])),
        objectives=tuple(dict.fromkeys(sent.getlist("objective")[:200])),
        only=Only(only) if only in set(Only) else Only.ANYTHING,
        size=min(max(sent.get("size", USUAL_SIZE, type=int), 1), composing.LARGEST_BLOCK),
        exam=sent.get("mode") == "exam",
        minutes=min(max(minutes, 1), LONGEST_EXAM_MINUTES) if minutes is not None else None,
        spend_freely=sent.get("spend_freely") == "1",
    )


def title_of(plan: BlockPlan) -> str:
    titles = [topic.title for topic in topic_choices(plan) if topic.chosen or any(o.chosen for o in topic.objectives)]
    about = " · ".join(titles) if titles else "All topics"
    return f"Exam: {about}" if plan.exam else about


def builder_page(
    plan: BlockPlan, key: str, offer: BlockOffer | None = None, *, problem: str | None = None
) -> ResponseReturnValue:
    page = render_template(
        "learn/practice.html",
        plan=plan,
        key=key,
        topics=topic_choices(plan),
        largest=composing.LARGEST_BLOCK,
        offer=offer,
        problem=problem,
    )
    return page, 422 if problem else 200


def topic_choices(plan: BlockPlan) -> tuple[TopicChoice, ...]:
    """Topics and objectives that have questions, with how many of them are new to the learner."""
    by_topic = defaultdict(list)
    for budget in composing.list_budgets(db.session(), get_actor()):
        by_topic[budget.topic, budget.topic_title].append(budget)
    return tuple(
        TopicChoice(
            slug=topic,
            title=title,
            questions=sum(budget.questions for budget in budgets),
            new=sum(budget.new for budget in budgets),
            chosen=topic in plan.topics,
            objectives=tuple(
                ObjectiveChoice(b.objective, b.statement, b.questions, b.new, b.objective in plan.objectives)
                for b in budgets
            ),
        )
        for (topic, title), budgets in by_topic.items()
    )
