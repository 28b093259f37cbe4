"""What of the published content an activity can rest on: lessons with what they show and cite, objectives, and the
questions of the secure pool."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.assembly import Candidate
from quizapp.db.models import Item, Link, Published
from quizapp.services.content.credit import not_graded
from quizapp.services.versions import Version, get_versions, published_kinds

SECURE = "secure"


@dataclass(frozen=True)
class Question:
    """A published question of the secure pool. `objective`: its slug; `signed_by`: the clinician who signed this very
    version, or nobody; `enemies`: slugs of questions that give it away."""

    slug: str
    content_id: int
    version_id: int
    type: str
    asks: str
    objective: str
    signed_by: str
    enemies: frozenset[str]


@dataclass(frozen=True)
class Stock:
    """All of it by slug. `references`: citation by slug. `unfit`: question → why it may not be graded; filled for the
    questions that were asked about."""

    lessons: Mapping[str, Version]
    objectives: Mapping[str, Version]
    topics: Mapping[str, Version]
    references: Mapping[str, Version]
    figures: Mapping[str, Version]
    facts: Mapping[str, Version]
    questions: Mapping[str, Question]
    unfit: Mapping[str, list[str]] = field(default_factory=dict)

    def of_objective(self, slug: str) -> tuple[Question, ...]:
        return tuple(one for one in self.questions.values() if one.objective == slug)

    def candidates(self, slugs: Collection[str], *, by_topic: bool = False) -> list[Candidate]:
        """These questions, to put a test together from; without `by_topic` an objective stands for its topic."""
        chosen = [self.questions[slug] for slug in slugs if slug in self.questions]
        ids = {one.slug: one.content_id for one in chosen}
        return [
            Candidate(
                one.content_id,
                objective.content_id,
                self.topics[objective.body["topic"]].content_id if by_topic else objective.content_id,
                enemies=frozenset(ids[enemy] for enemy in one.enemies if enemy in ids),
            )
            for one, objective in ((one, self.objectives[one.objective]) for one in chosen)
        ]


def get_stock(session: Session, *, judged: Collection[str] = ()) -> Stock:
    """The stock, in a number of statements that does not grow with it; `judged`: questions whose fitness to be graded
    is wanted too."""
    kinds = ("lesson", "objective", "topic", "reference", "figure", "fact")
    lessons, objectives, topics, references, figures, facts = published_kinds(session, *kinds)
    by_id = {version.content_id: slug for slug, version in objectives.items()}
    rows = session.execute(
        sa.select(Item.content_id, Item.objective_id, Published.version_id)
        .join(Published, Published.content_id == Item.content_id)
        .where(Item.pool == SECURE)
    ).all()
    versions = {one.content_id: one for one in get_versions(session, [row.version_id for row in rows]).values()}
    slugs = {content_id: version.slug for content_id, version in versions.items()}
    enemies: dict[int, set[str]] = {}
    for source, target in session.execute(sa.select(Link.source_id, Link.target_id).where(Link.role == "enemy")):
        if source in slugs and target in slugs:
            enemies.setdefault(source, set()).add(slugs[target])
            enemies.setdefault(target, set()).add(slugs[source])
    questions = [
        _question(versions[row.content_id], by_id[row.objective_id], enemies.get(row.content_id, set()))
        for row in rows
        if row.objective_id in by_id
    ]
    return Stock(
        lessons=lessons,
        objectives=objectives,
        topics=topics,
        references=references,
        figures=figures,
        facts=facts,
        questions={one.slug: one for one in sorted(questions, key=lambda one: one.slug)},
        unfit=not_graded(session, judged) if judged else {},
    )


def _question(version: Version, objective: str, enemies: set[str]) -> Question:
    signoff = version.rendered.get("signoff")  # kept by what was rendered only while it holds for these words
    return Question(
        slug=version.slug,
        content_id=version.content_id,
        version_id=version.id,
        type=version.body["type"],
        asks=version.parts[0].content.get("lead_in", ""),
        objective=objective,
        signed_by=signoff["by"] if signoff else "",
        enemies=frozenset(enemies),
    )
