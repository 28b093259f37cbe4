"""The questions of an assignment: which may be taken, the form that is the same for all, the draw for one learner."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.core import modes
from quizapp.core.assembly import Blueprint, Candidate, Form, assemble
from quizapp.db.models import CohortMember, Content, Exposure, Item, Link, Presentation, Published, Sitting
from quizapp.services.content import reading
from quizapp.services.content.credit import not_graded
from quizapp.services.versions import Version, get_content_ids, get_versions, natural, published_by_id


class Unsigned(Exception):
    """A graded exam would rest on questions that may not decide over anybody. `reasons`: slug of a question → why."""

    def __init__(self, reasons: Mapping[str, list[str]]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = dict(reasons)


@dataclass(frozen=True)
class Lack:
    """What the pool lacks: so many questions on an objective or topic, in words."""

    words: str
    missing: int


class Unfilled(Exception):
    """The pool has too few questions for the blueprint."""

    def __init__(self, lacks: tuple[Lack, ...]) -> None:
        super().__init__("; ".join(f"{lack.missing} on {lack.words}" for lack in lacks))
        self.lacks = lacks


@dataclass(frozen=True)
class Supply:
    """How many published questions of a pool there are on an objective."""

    topic: str
    topic_title: str
    objective: str
    statement: str
    questions: int


def mode_of(kind: str, *, graded: bool) -> modes.Mode:
    """The mode in which an assignment is sat."""
    if kind == "block":
        return modes.ASSIGNED
    return modes.GRADED if graded else modes.FORMATIVE


def list_supply(session: Session, pool: str) -> tuple[Supply, ...]:
    """Objectives with their questions, topics in teaching order."""
    rows = session.execute(
        sa.select(Item.topic_id, Item.objective_id, sa.func.count().label("questions"))
        .join(Published, Published.content_id == Item.content_id)
        .where(Item.pool == pool)
        .group_by(Item.topic_id, Item.objective_id)
    ).all()
    versions = published_by_id(session, {name for row in rows for name in (row.topic_id, row.objective_id)})
    found = [row for row in rows if row.topic_id in versions and row.objective_id in versions]
    found.sort(key=lambda row: (versions[row.topic_id].body["order"], natural(versions[row.objective_id].slug)))
    return tuple(
        Supply(
            versions[row.topic_id].slug,
            versions[row.topic_id].body["title"],
            versions[row.objective_id].slug,
            versions[row.objective_id].body["statement"],
            row.questions,
        )
        for row in found
    )


def checks_of(session: Session, lesson: str) -> tuple[str, ...]:
    """The questions that a lesson asks, by slug, in its order."""
    shown = reading.get_lesson(session, lesson)
    return tuple(part.item for section in shown.sections for part in section.parts if part.kind == "check")


def form_of(session: Session, cohort_id: int, kind: str, plan: Mapping[str, Any], *, graded: bool) -> dict[str, Any]:
    """What publishing adds to a plan: the form with its versions where it is the same for all; for a draw nothing, or
    in a graded exam the questions it may take. A draw is tried once, to see that the pool suffices.

    Raises Unsigned, Unfilled.
    """
    candidates = candidates_for(session, kind, graded=graded, cohort_id=cohort_id)
    reasons = {}
    if graded:
        reasons = refused(session, {one.item for one in candidates})
        candidates = [one for one in candidates if one.item not in reasons]
    form = _assemble(session, candidates, plan, str(plan["seed"]))
    if form.missing and reasons:
        raise Unsigned({slug: why for _, (slug, why) in sorted(reasons.items(), key=lambda pair: pair[1][0])})
    if form.missing:
        raise Unfilled(_lacks(session, form))
    if plan["draw"] == "random" and not graded:
        return {}
    name, items = ("allowed", [one.item for one in candidates]) if plan["draw"] == "random" else ("items", form.items)
    versions = published_by_id(session, items)
    return {name: list(items), "versions": [versions[item].id for item in items]}


def draw(
    session: Session, kind: str, plan: Mapping[str, Any], *, graded: bool, learner_id: int, attempt: int
) -> list[int]:
    """The questions of one learner’s attempt, inside a deed: the form that is the same for all, or a draw that spares
    what was shown most and what this learner has met. The same attempt would be drawn the same."""
    if "items" in plan:
        return list(plan["items"])
    candidates = candidates_for(session, kind, graded=graded, learner_id=learner_id)
    if "allowed" in plan:
        allowed = set(plan["allowed"])
        candidates = [one for one in candidates if one.item in allowed]
    return list(_assemble(session, candidates, plan, f"{plan['seed']}/{learner_id}/{attempt}").items)


def refused(session: Session, items: Collection[int]) -> dict[int, tuple[str, list[str]]]:
    """Of these questions those that may not be graded: content id → slug and reasons."""
    slugs = dict(iter(session.execute(sa.select(Content.slug, Content.id).where(Content.id.in_(set(items))))))
    return {slugs[slug]: (slug, why) for slug, why in not_graded(session, list(slugs)).items()}


def candidates_for(
    session: Session, kind: str, *, graded: bool, cohort_id: int | None = None, learner_id: int | None = None
) -> list[Candidate]:
    """The published pool of this kind of assignment; `met` by the learner, or by anybody of the cohort."""
    enemies: dict[int, set[int]] = {}
    for source, target in session.execute(sa.select(Link.source_id, Link.target_id).where(Link.role == "enemy")):
        enemies.setdefault(source, set()).add(target)
        enemies.setdefault(target, set()).add(source)
    met = sa.exists().where(Exposure.content_id == Item.content_id)
    if learner_id is not None:
        met = met.where(Exposure.learner_id == learner_id)
    else:
        met = met.where(
            Exposure.learner_id == CohortMember.learner_id,
            CohortMember.cohort_id == cohort_id,
            CohortMember.left_at.is_(None),
        )
    shown = (
        sa.select(Presentation.content_id, sa.func.count().label("times"))
        .join(Sitting, Sitting.id == Presentation.sitting_id)
        .where(Sitting.assignment_id.is_not(None), ~Presentation.replaced)
        .group_by(Presentation.content_id)
        .subquery("shown")
    )
    rows = session.execute(
        sa.select(Item.content_id, Item.objective_id, Item.topic_id, shown.c.times, met.label("met"))
        .join(Published, Published.content_id == Item.content_id)
        .outerjoin(shown, shown.c.content_id == Item.content_id)
        .where(Item.pool == mode_of(kind, graded=graded).pool)
        .order_by(Item.content_id)
    )
    return [
        Candidate(
            row.content_id,
            row.objective_id,
            row.topic_id,
            row.times or 0,
            bool(row.met),
            frozenset(enemies.get(row.content_id, ())),
        )
        for row in rows
    ]


def possible_marks(versions: Mapping[int, Version]) -> int:
    """The marks that could be earned with these questions."""
    parts = (part for version in versions.values() for part in version.parts)
    return sum(itemtypes.get(part.type).grade(part.content, None).possible for part in parts)


def pinned(session: Session, plan: Mapping[str, Any], items: Collection[int]) -> dict[int, Version]:
    """The versions of these questions that will be shown: those that are pinned, else those published now."""
    if "versions" not in plan:
        return dict(published_by_id(session, items))
    kept = {version.content_id: version for version in get_versions(session, plan["versions"]).values()}
    return {item: kept[item] for item in items}


def _assemble(session: Session, candidates: list[Candidate], plan: Mapping[str, Any], seed: str) -> Form:
    objectives = get_content_ids(session, "objective", plan["objectives"])
    topics = get_content_ids(session, "topic", plan["topics"])
    blueprint = Blueprint(
        {objectives[slug]: count for slug, count in plan["objectives"].items() if slug in objectives},
        {topics[slug]: count for slug, count in plan["topics"].items() if slug in topics},
    )
    return assemble(candidates, blueprint, random.Random(seed))


def _lacks(session: Session, form: Form) -> tuple[Lack, ...]:
    versions = published_by_id(session, {*form.missing_objectives, *form.missing_topics})
    objectives = [
        Lack(
            f"“You can {versions[name].body['statement']}”" if name in versions else "an objective that is gone", count
        )
        for name, count in form.missing_objectives.items()
    ]
    topics = [
        Lack(f"“{versions[name].body['title']}”" if name in versions else "a topic that is gone", count)
        for name, count in form.missing_topics.items()
    ]
    return (*objectives, *topics)
