"""How the questions of an exam did: difficulty, discrimination, the wrong choice made most often.

Figures are of the attempt that counts and of the marks as they were given, before anything was ruled. Sums are made by
the database; no learner is looped over here.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Challenge, Presentation, Response, Sitting
from quizapp.db.session import run
from quizapp.services.sittings import effective
from quizapp.services.teaching import marks
from quizapp.services.versions import Version, get_versions, published_by_id

ANOTHER = "another answer"
"""What a typed answer is called that fits none of those that were foreseen."""
ENOUGH = 30
"""Answers below which nothing is said of how a question discriminates."""


@dataclass(frozen=True)
class Looked:
    """A question of an exam. `facility`: the mean share of its marks; `discrimination`: the correlation of its marks
    with those on the rest, None below ENOUGH answers or where nobody differs. `wrong`: the wrong choice made most often
    and `wrong_n` by how many. `doubts`: challenges that wait for an answer. Texts are HTML."""

    content_id: int
    slug: str
    lead_in: str
    objective: str
    objective_id: int
    n: int
    facility: float
    discrimination: float | None
    wrong: str
    wrong_n: int
    doubts: int
    ruling: str
    reason: str


def list_looked(session: Session, assignment_id: int) -> tuple[Looked, ...]:
    """The questions of an exam, hardest first. The caller has made sure that the reader may know."""
    sums = run(session, _SUMS, {"assignment": assignment_id}).all()
    wrong = _wrong_choices(session, assignment_id)
    versions = get_versions(session, {row.version_id for row in sums})
    objectives = published_by_id(session, {row.objective_id for row in sums})
    doubts = dict(iter(session.execute(_DOUBTS, {"assignment": assignment_id})))
    rulings = {row.content_id: row for row in session.execute(_RULED, {"assignment": assignment_id})}
    found = []
    for row in sums:
        version = versions[row.version_id]
        objective = objectives.get(row.objective_id)
        held = rulings.get(row.content_id)
        words, n = most_chosen(version, wrong.get(row.content_id, {}))
        found.append(
            Looked(
                content_id=row.content_id,
                slug=version.slug,
                lead_in=version.rendered_parts[0].content["lead_in"],
                objective=objective.body["statement"] if objective else "",
                objective_id=row.objective_id,
                n=row.n,
                facility=row.earned / row.possible if row.possible else 0.0,
                discrimination=correlation(row) if row.n >= ENOUGH else None,
                wrong=words,
                wrong_n=n,
                doubts=doubts.get(row.content_id, 0),
                ruling=held.choice if held else "keep",
                reason=held.reason if held else "",
            )
        )
    return tuple(sorted(found, key=lambda one: (one.facility, one.slug)))


def correlation(row: Any) -> float | None:
    """Pearson’s r of the marks on a question and on the rest, from integer sums; None where either does not differ."""
    across = row.n * row.product - row.earned * row.rest
    own = row.n * row.earned_squared - row.earned**2
    others = row.n * row.rest_squared - row.rest**2
    return across / math.sqrt(own * others) if own and others else None


def _wrong_choices(session: Session, assignment_id: int) -> dict[int, Counter[tuple[str, str]]]:
    """Question → (part, class) → how many wrong answers fell into it; classes of right answers are left out."""
    wrong: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    right = set()
    for row in run(session, _CLASSES, {"assignment": assignment_id}):
        classes = row.classes if isinstance(row.classes, list) else json.loads(row.classes)
        for name in classes:
            if row.right:
                right.add((row.content_id, row.part, name))
            else:
                wrong[row.content_id][row.part, name] += row.n
    return {
        content_id: Counter(
            {(part, name): n for (part, name), n in found.items() if (content_id, part, name) not in right}
        )
        for content_id, found in wrong.items()
    }


def most_chosen(version: Version, counts: Mapping[tuple[str, str], int]) -> tuple[str, int]:
    """The wrong choice made most often, in words, and by how many; "" where nobody chose wrong."""
    if not counts:
        return "", 0
    (part_id, name), n = max(counts.items(), key=lambda pair: (pair[1], pair[0]))
    content = next((part.content for part in version.rendered_parts if part.id == part_id), {})
    return words_of(content, name), n


def words_of(content: Mapping[str, Any], name: str) -> str:
    """A class of answers in words: permanent ids are replaced by the texts they stand for."""
    texts = dict(_texts(content))
    named = {"true": "True", "false": "False", "other": ANOTHER, "wrong": "a wrong value", "right": "right"}
    steps = [piece for piece in re.split(r"[=:]", name) if piece]
    return " – ".join((texts.get(piece) or named.get(piece, piece)) for piece in steps)


def _texts(value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping):
        text = value.get("text") or value.get("label") or value.get("term")
        if isinstance(value.get("id"), str) and isinstance(text, str):
            yield value["id"], text
        for held in value.values():
            yield from _texts(held)
    elif isinstance(value, list):
        for held in value:
            yield from _texts(held)


_firsts = (
    sa.select(sa.func.min(Sitting.id))
    .where(Sitting.assignment_id == sa.bindparam("assignment"))
    .group_by(Sitting.learner_id)
)
_asked = (
    sa.select(
        Presentation.sitting_id,
        Response.content_id,
        sa.func.max(Presentation.version_id).label("version_id"),
        sa.func.min(Response.objective_id).label("objective_id"),
        sa.func.sum(effective.c.earned).label("earned"),
        sa.func.sum(effective.c.possible).label("possible"),
    )
    .join(Response, Response.presentation_id == Presentation.id)
    .join(effective, effective.c.id == Response.id)
    .where(Presentation.sitting_id.in_(_firsts))
    .group_by(Presentation.sitting_id, Response.content_id)
    .cte("asked")
)
_totals = (
    sa.select(_asked.c.sitting_id, sa.func.sum(_asked.c.earned).label("total"))
    .group_by(_asked.c.sitting_id)
    .cte("totals")
)
_rest = _totals.c.total - _asked.c.earned


def _sum(value: sa.ColumnElement[Any], label: str) -> sa.Label[Any]:
    return sa.cast(sa.func.sum(value), sa.BigInteger).label(label)


_SUMS = (
    sa.select(
        _asked.c.content_id,
        sa.func.max(_asked.c.version_id).label("version_id"),
        sa.func.min(_asked.c.objective_id).label("objective_id"),
        sa.func.count().label("n"),
        _sum(_asked.c.earned, "earned"),
        _sum(_asked.c.possible, "possible"),
        _sum(_asked.c.earned * _asked.c.earned, "earned_squared"),
        _sum(_rest, "rest"),
        _sum(_rest * _rest, "rest_squared"),
        _sum(_asked.c.earned * _rest, "product"),
    )
    .join(_totals, _totals.c.sitting_id == _asked.c.sitting_id)
    .group_by(_asked.c.content_id)
)
_right = sa.case((effective.c.earned == effective.c.possible, 1), else_=0)
_written = sa.cast(Response.classes, sa.Text)
_CLASSES = (
    sa.select(
        Response.content_id,
        Response.part,
        _written.label("classes"),
        _right.label("right"),
        sa.func.count().label("n"),
    )
    .join(Presentation, Presentation.id == Response.presentation_id)
    .join(effective, effective.c.id == Response.id)
    .where(Presentation.sitting_id.in_(_firsts))
    .group_by(Response.content_id, Response.part, _written, _right)
)
_DOUBTS = (
    sa.select(Challenge.content_id, sa.func.count())
    .where(Challenge.assignment_id == sa.bindparam("assignment"), Challenge.answered_at.is_(None))
    .group_by(Challenge.content_id)
)
_RULED = sa.select(marks.ruled.c.content_id, marks.ruled.c.choice, marks.ruled.c.reason).where(
    marks.ruled.c.assignment_id == sa.bindparam("assignment")
)
