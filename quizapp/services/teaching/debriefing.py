"""The three most-missed ideas of an assignment, to be talked through with a class. Reads only; nobody is named."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.itemtypes import told
from quizapp.itemtypes.told import Told
from quizapp.services.accounts import Actor
from quizapp.services.content import reading
from quizapp.services.content.teaching import where_taught
from quizapp.services.teaching import assignments, questions
from quizapp.services.teaching.assignments import LESSON, Given
from quizapp.services.teaching.questions import ANOTHER, Looked
from quizapp.services.versions import Version, published_by_id

IDEAS = 3
LEAST = 5
"""Answers below which an idea is not talked about: one unlucky guess would make it the most missed."""


@dataclass(frozen=True)
class Idea:
    """An objective that was missed often, by its hardest question. Texts are HTML.

    `missed`: per cent of the marks that were not earned, of `n` answers. `stem`, `lead_in`, `wrong` (the wrong choice
    made most often, by `wrong_share` per cent), `key` and `why` are of that question; `paragraph` is where a lesson
    explains it, "" where none does.
    """

    statement: str
    missed: int
    n: int
    stem: str
    lead_in: str
    wrong: str
    wrong_share: int
    told: tuple[Told, ...]
    take_home: str
    paragraph: str
    lesson: str
    anchor: str


@dataclass(frozen=True)
class Debrief:
    given: Given
    ideas: tuple[Idea, ...]
    answers: int


def get_debrief(session: Session, actor: Actor, assignment_id: int) -> Debrief:
    """What to talk through after an exam or a block. Raises LookupError for anything else."""
    given = assignments.get_given(session, actor, assignment_id)
    if given.wanted.kind == LESSON:
        raise LookupError(assignment_id)
    looked = questions.list_looked(session, assignment_id)
    by_objective: dict[int, list[Looked]] = defaultdict(list)
    for one in looked:
        by_objective[one.objective_id].append(one)

    def earned(objective_id: int) -> float:
        found = by_objective[objective_id]
        return sum(one.facility * one.n for one in found) / sum(one.n for one in found)

    enough = [key for key, found in by_objective.items() if sum(one.n for one in found) >= LEAST]
    hardest = sorted((key for key in enough if earned(key) < 1), key=lambda key: (earned(key), key))[:IDEAS]
    versions = published_by_id(session, [one.content_id for key in hardest for one in by_objective[key]])
    ideas = []
    for key in hardest:
        shown = [one for one in by_objective[key] if one.content_id in versions]
        if shown:
            worst = min(shown, key=lambda one: (one.facility, one.content_id))
            n = sum(one.n for one in by_objective[key])
            ideas.append(_idea(session, worst, versions[worst.content_id], round(100 * (1 - earned(key))), n))
    return Debrief(given, tuple(ideas), max((one.n for one in looked), default=0))


def _idea(session: Session, worst: Looked, version: Version, missed: int, n: int) -> Idea:
    part = version.rendered_parts[0]
    layout = itemtypes.get(part.type).lay_out(version.parts[0].content, random.Random(1))
    content = itemtypes.filled(part, layout)
    taught = where_taught(session).get(part.objective)
    lesson, _, anchor = str(part.content.get("lesson") or version.body.get("lesson") or "").partition("#")
    if not lesson and taught is not None:
        lesson, anchor = taught.lesson, taught.anchor
    return Idea(
        statement=worst.objective,
        missed=missed,
        n=n,
        stem=str(version.rendered.get("stem") or content.get("stem") or ""),
        lead_in=str(content["lead_in"]),
        wrong="" if worst.wrong == ANOTHER else worst.wrong,
        wrong_share=round(100 * worst.wrong_n / worst.n) if worst.n else 0,
        told=told.tell(itemtypes.get(part.type).explain(content, layout, None)),
        take_home=str(content.get("take_home") or ""),
        paragraph=_paragraph(session, lesson, anchor),
        lesson=lesson,
        anchor=anchor,
    )


def _paragraph(session: Session, lesson: str, anchor: str) -> str:
    """The first text of the section that explains it."""
    if not lesson:
        return ""
    try:
        sections = reading.get_lesson(session, lesson).sections
    except LookupError:
        return ""
    parts = next((section.parts for section in sections if section.anchor == anchor), ())
    return next((part.html for part in parts if part.kind in ("html", "key")), "")
