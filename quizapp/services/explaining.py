"""What may be seen once an answer is stored: the verdict, every reason, and what the key rests on. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp import itemtypes
from quizapp.core import memory, modes
from quizapp.core.itemstats.tallies import ALL, EVER, RIGHT
from quizapp.db.models import ItemStat, KeyChange, Memory, MissCause, Note, Presentation, ProblemReport, Response
from quizapp.services.accounts import Actor
from quizapp.services.content.drawing import with_drawings
from quizapp.services.content.reading import STRENGTH
from quizapp.services.progressing import LAPSES, Slipping, get_slipping
from quizapp.services.showing import get_shown, participation_of, stem, title, total, vignette
from quizapp.services.sittings import effective, verdict
from quizapp.services.versions import Row, Version, get_version, published, published_by_id

PEERS_NEEDED = 10
"""Below this many first answers no figure about peers is shown."""


@dataclass(frozen=True)
class Fact:
    id: str
    statement_html: str
    certainty: str


@dataclass(frozen=True)
class Source:
    id: str
    short: str


@dataclass(frozen=True)
class Grounds:
    """What the key rests on. `strength`: strong, moderate or contested, the weakest of its facts."""

    strength: str
    facts: tuple[Fact, ...]
    sources: tuple[Source, ...]
    checked: dt.date | None


@dataclass(frozen=True)
class Peers:
    """First answers of everybody: how many, per cent that were right, and per cent in each class of answers."""

    answers: int
    right: int
    chose: Mapping[str, int]


@dataclass(frozen=True)
class Correction:
    """A key that was changed, or a question that was withdrawn, after the answer. `remedy` is a name of
    `regrading.REMEDIES`: what became of the mark."""

    remedy: str
    on: dt.datetime


@dataclass(frozen=True)
class Reported:
    """The learner's own report of a problem. `changed`: the authors have changed the question; `reply`: what they
    answered, "" where nothing; both are nothing while it is open."""

    changed: bool
    reply: str


@dataclass(frozen=True)
class Feedback:
    """A stored answer and everything about the question that may now be seen. Texts are sanitised HTML.

    `verdict`: right, partly, not_right or empty. `peers` is None below PEERS_NEEDED. `next_due` is the day of the next
    question on the objective; `retests` is as in `memory.Trace`.
    `next_part` belongs to a case, `next_position` to the session; `lesson_home` is the lesson that asked,
    `activity_home` the activity with credit for which it was read.
    """

    presentation_id: int
    sitting_id: int
    position: int
    number: int
    total: int
    mode: modes.Mode
    topic: str
    objective: str
    type: str
    part: str
    part_number: int
    part_total: int
    vignette: str
    reveal: str
    stem: str
    lead_in: str
    verdict: str
    earned: int
    possible: int
    confidence: str | None
    take_home: str
    explanation: str
    review: Mapping[str, Any]
    peers: Peers | None
    grounds: Grounds
    lesson: str
    lesson_title: str
    next_due: dt.date | None
    retests: int
    slipping: Slipping | None
    reviewed: Mapping[str, Any] | None
    cause: str | None
    note: str
    marked: bool
    reported: Reported | None
    correction: Correction | None
    closed: bool
    next_part: str | None
    next_position: int | None
    lesson_home: str
    activity_home: str = ""
    participation_id: int | None = None

    @property
    def last(self) -> bool:
        """Whether nothing of the session comes after it."""
        return self.next_part is None and self.next_position is None

    @property
    def review_template(self) -> str:
        return f"itemtypes/{self.type}/review.html"

    @property
    def uid(self) -> str:
        return f"q{self.presentation_id}-{self.part}"


def get_feedback(session: Session, actor: Actor, sitting_id: int, position: int, part_id: str | None) -> Feedback:
    """A stored answer with its reasons; without `part_id` the last one stored on this question.

    Raises LookupError where nothing is stored, or where the session’s feedback is still held back.
    """
    shown = get_shown(session, actor, sitting_id, position)
    mode = modes.MODES[shown.mode]
    if not mode.feedback_at_once and shown.released_at is None:
        raise LookupError(position)
    response = session.execute(_stored(shown.id, part_id)).first()
    if response is None:
        raise LookupError(position)
    version = get_version(session, shown.version_id)
    index = next(i for i, part in enumerate(version.parts) if part.id == response.part)
    part = version.parts[index]
    layout = itemtypes.part_layout(version.body["type"], shown.layout, part)
    rendered = itemtypes.filled(version.rendered_parts[index], layout)
    learner = session.execute(
        _BESIDE, {"learner": actor.id, "content": version.content_id, "objective": response.objective_id,
                  "response": response.id, "presentation": shown.id, "line": version.line}
    ).one()  # fmt: skip
    lesson = part.content.get("lesson") or version.body.get("lesson") or ""
    lessons = published(session, "lesson", [lesson.partition("#")[0]]) if lesson else {}
    objective = published_by_id(session, [response.objective_id]).get(response.objective_id)
    return Feedback(
        presentation_id=shown.id,
        sitting_id=sitting_id,
        position=position,
        number=position + 1,
        total=total(shown),
        mode=mode,
        topic=title(session, shown.topic_version_id),
        objective=objective.body["statement"] if objective else "",
        type=part.type,
        part=part.id,
        part_number=index + 1,
        part_total=len(version.parts),
        vignette=vignette(version),
        reveal=rendered.get("reveal") or "",
        stem=stem(version, rendered),
        lead_in=rendered["lead_in"],
        verdict=verdict(response),
        earned=response.earned,
        possible=response.possible,
        confidence=response.confidence,
        take_home=rendered.get("take_home") or "",
        explanation=rendered.get("explanation") or "",
        review=with_drawings(
            session,
            itemtypes.get(part.type).explain(rendered, layout, response.answer),
            f"q{shown.id}-{part.id}",
            labelled=True,
        ),
        peers=_peers(session, version, part.id),
        grounds=_grounds(session, part.content.get("facts") or version.body["facts"], version.body),
        lesson=lesson,
        lesson_title=next((v.body["title"] for v in lessons.values()), ""),
        next_due=learner.due if mode.schedules else None,
        retests=learner.retests if learner.retests is not None else memory.RETESTS,
        slipping=get_slipping(session, objective, learner.lapses)
        if objective and mode.schedules and verdict(response) != "right" and (learner.lapses or 0) >= LAPSES
        else None,
        reviewed=version.rendered.get("signoff"),
        cause=learner.cause,
        note=learner.text or "",
        marked=shown.marked_at is not None,
        reported=Reported(learner.report_change is not None, learner.reply or "") if learner.report_id else None,
        correction=Correction(learner.remedy, learner.corrected_at) if learner.remedy else None,
        closed=shown.closed_at is not None,
        next_part=version.parts[index + 1].id if index + 1 < len(version.parts) else None,
        next_position=_next_position(session, shown),
        lesson_home=shown.plan.get("lesson", ""),
        activity_home=shown.plan.get("activity", ""),
        participation_id=participation_of(shown),
    )


def _next_position(session: Session, shown: Row) -> int | None:
    later = sa.select(sa.func.min(Presentation.position)).where(
        Presentation.sitting_id == shown.sitting_id, Presentation.position > shown.position, ~Presentation.replaced
    )
    return session.scalar(later)


def _peers(session: Session, version: Version, part: str) -> Peers | None:
    """How first answers on this statistics line fell out, once enough people have given one. Nobody’s own answer can be
    told from it."""
    rows = session.execute(
        sa.select(ItemStat.answer_class, sa.func.sum(ItemStat.answers), sa.func.sum(ItemStat.right))
        .where(
            ItemStat.content_id == version.content_id,
            ItemStat.line == version.line,
            ItemStat.part == part,
            ItemStat.month == EVER,
            ItemStat.answer_class != RIGHT,
        )
        .group_by(ItemStat.answer_class)
    )
    counts = {name: (int(answers), int(right)) for name, answers, right in rows}
    n, right = counts.pop(ALL, (0, 0))
    if n < PEERS_NEEDED:
        return None
    return Peers(n, _per_cent(right, n), {name: _per_cent(answers, n) for name, (answers, _) in counts.items()})


def _per_cent(part: int, whole: int) -> int:
    return round(100 * part / whole)


_WEAKEST_FIRST = ("contested", "moderate", "strong")


def _grounds(session: Session, fact_slugs: Iterable[str], body: Mapping[str, Any]) -> Grounds:
    facts = published(session, "fact", fact_slugs)
    read = [source["reference"] for fact in facts.values() for source in fact.body.get("sources", ())]
    references = published(session, "reference", read or body.get("references", ()))
    strengths = {STRENGTH[fact.body["certainty"]] for fact in facts.values()}
    return Grounds(
        strength=next((name for name in _WEAKEST_FIRST if name in strengths), ""),
        facts=tuple(
            Fact(slug, fact.rendered["statement"], STRENGTH[fact.body["certainty"]]) for slug, fact in facts.items()
        ),
        sources=tuple(Source(slug, reference.body["short"]) for slug, reference in references.items()),
        checked=max(
            (dt.date.fromisoformat(str(f.body["last_checked"])) for f in facts.values() if f.body.get("last_checked")),
            default=None,
        ),
    )


def _stored(presentation_id: int, part: str | None) -> sa.Select[Any]:
    query = sa.select(Response).where(Response.presentation_id == presentation_id)
    if part is not None:
        query = query.where(Response.part == part)
    columns = (
        Response.id,
        Response.part,
        Response.objective_id,
        Response.answer,
        effective.c.earned,
        effective.c.possible,
        Response.confidence,
    )
    return query.with_only_columns(*columns).join(effective, effective.c.id == Response.id).order_by(Response.id.desc())


_one = sa.select(sa.literal(1).label("one")).subquery("one")
_changes = aliased(KeyChange)
_last_change = (
    sa.select(sa.func.max(_changes.publication_id))
    .where(_changes.content_id == sa.bindparam("content"), _changes.line == sa.bindparam("line"))
    .scalar_subquery()
)
_BESIDE = (
    sa.select(
        Memory.due,
        Memory.retests,
        Memory.lapses,
        MissCause.cause,
        Note.text,
        ProblemReport.id.label("report_id"),
        ProblemReport.reply,
        ProblemReport.publication_id.label("report_change"),
        KeyChange.remedy,
        KeyChange.at.label("corrected_at"),
    )
    .select_from(_one)
    .outerjoin(
        Memory,
        sa.and_(Memory.learner_id == sa.bindparam("learner"), Memory.objective_id == sa.bindparam("objective")),
    )
    .outerjoin(MissCause, MissCause.response_id == sa.bindparam("response"))
    .outerjoin(Note, sa.and_(Note.learner_id == sa.bindparam("learner"), Note.content_id == sa.bindparam("content")))
    .outerjoin(
        ProblemReport,
        sa.and_(
            ProblemReport.learner_id == sa.bindparam("learner"),
            ProblemReport.presentation_id == sa.bindparam("presentation"),
        ),
    )
    .outerjoin(KeyChange, KeyChange.publication_id == _last_change)
)
