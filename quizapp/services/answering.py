"""A learner answers: the deed on which the whole record rests.

The statements of this path are prebuilt, because the unit of work of the ORM costs more than everything else in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp import itemtypes
from quizapp.core import modes
from quizapp.core.grading import Confidence, NotGradable
from quizapp.core.study_day import study_day
from quizapp.db.models import ContentVersion, Item, Presentation, Published, Response, Sitting, table
from quizapp.db.session import Lock, retrying, run, writing
from quizapp.services import asking, counting, folding, placing
from quizapp.services.accounts import Actor
from quizapp.services.crediting import closing as crediting
from quizapp.services.sittings import Place
from quizapp.services.versions import Row, Version, get_content_ids, get_version

LONGEST_ELAPSED = dt.timedelta(hours=1)


class NotNow(Exception):
    """The question does not take this answer now; `place` says where to look instead."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


class NotCurrent(NotNow):
    """The question waited on the screen until its day or its key had changed; a fresh one must be shown first."""


class TimeIsUp(NotNow):
    """The sitting is closed: its deadline has passed or it was handed in."""


class OutOfTurn(NotNow):
    """This part of the question is not asked now: an earlier one is still open, or this one is fixed."""


@dataclass(frozen=True)
class Answered:
    """Where the stored answer is to be seen. `repeated` says that it had been given before and nothing was changed."""

    place: Place
    part: str
    repeated: bool = False


@dataclass(frozen=True)
class HandedBack:
    """What was sent is neither right nor wrong: nothing was stored, and the form comes back with a sentence."""

    place: Place
    problem: NotGradable


@dataclass(frozen=True)
class Submission:
    """What a form sent."""

    part: str
    fields: itemtypes.Submitted
    confidence: Confidence | None = None
    elapsed_ms: int | None = None


def answer(
    session: Session, actor: Actor, presentation_id: int, submission: Submission, now: dt.datetime
) -> Answered | HandedBack:
    """Grade one part of a question against the version that was shown, store it, and show the next question.

    A second click, a resent form or another tab gets the stored answer. Raises LookupError for a question that is not
    this learner’s, NotCurrent, OutOfTurn, or TimeIsUp.
    """

    def deed() -> Answered | HandedBack:
        with writing(session, Lock(learner=actor.id)):
            shown = _load(session, actor, presentation_id, submission.part)
            place = Place(shown.sitting_id, shown.position)
            if shown.response_id is not None:
                return Answered(place, submission.part, repeated=True)
            mode = modes.MODES[shown.mode]
            over = shown.deadline is not None and now >= shown.deadline
            if shown.closed_at is not None or over or mode.free_order:
                raise TimeIsUp(place)
            version = get_version(session, shown.version_id)
            part = _part_in_turn(session, presentation_id, version, submission.part, place)
            today = study_day(now, actor.zone)
            # A case that was begun is finished as it was shown: its first answers stand and cannot be asked again.
            if shown.replaced or (asking.has_waited(shown, actor, now) and part.id == version.parts[0].id):
                raise NotCurrent(place)
            verbs = itemtypes.get(part.type)
            layout = itemtypes.part_layout(version.body["type"], shown.layout, part)
            parsed = verbs.parse(part.content, layout, submission.fields)
            if isinstance(parsed, NotGradable):
                return HandedBack(place, parsed)
            confidence = submission.confidence if mode.asks_confidence else None
            to_count = folding.record(
                session,
                folding.Record(
                    learner_id=actor.id,
                    presentation_id=presentation_id,
                    version=version,
                    part=part,
                    objective_id=objective_id(session, part, version, shown.objective_id),
                    mode=mode,
                    variant=itemtypes.variant(version.body["type"], shown.layout),
                    answer=parsed,
                    grade=verbs.grade(part.content, parsed),
                    confidence=confidence,
                    elapsed_ms=_plausible(submission.elapsed_ms, shown.at, now),
                    study_day=today,
                    at=now,
                ),
            )
            if part.id == version.parts[-1].id:
                _go_on(session, actor, shown, now)
            counting.count(session, to_count)
            return Answered(place, part.id)

    return retrying(deed)


def _go_on(session: Session, actor: Actor, shown: Row, now: dt.datetime) -> None:
    """Present the next question of the plan that is still published, or close the sitting.

    A plan that follows the answers is first given its next question, chosen after the one just stored.
    """
    plan = shown.plan
    if "at_most" in plan:
        following = placing.choose_next(session, actor, plan["items"], shown.seed)
        if following is not None:
            plan = plan | {"items": [*plan["items"], following], "reasons": [*plan["reasons"], placing.REASON]}
            session.execute(sa.update(table(Sitting)).where(Sitting.id == shown.sitting_id).values(plan=plan))
    items: Sequence[int] = plan["items"]
    for position in range(shown.position + 1, len(items)):
        version_id = run(session, _PUBLISHED, {"content": items[position]}).scalar()
        if version_id is not None:
            # What is pinned is asked as it is pinned, unless it was withdrawn altogether.
            version = get_version(session, plan["versions"][position] if "versions" in plan else version_id)
            why = plan["reasons"][position]
            met = asking.variants_met(session, actor, version)
            row = asking.presentation_row(actor, shown.sitting_id, position, version, shown.seed, why, now, met)
            run(session, _PRESENT, row)
            return
    if shown.mode != modes.LESSON.name:
        run(session, _CLOSE, {"sitting": shown.sitting_id, "now": now})
        crediting.note_closed(session, shown.sitting_id, shown.participation_id, shown.purpose, now)


def _load(session: Session, actor: Actor, presentation_id: int, part: str) -> Row:
    shown = run(session, _SHOWN, {"presentation": presentation_id, "learner": actor.id, "part": part}).one_or_none()
    if shown is None:
        raise LookupError(presentation_id)
    return shown


def _part_in_turn(
    session: Session, presentation_id: int, version: Version, part_id: str, place: Place
) -> itemtypes.Part:
    """The part with this id, if it is the first that has no answer yet. Raises LookupError or OutOfTurn."""
    ids = [part.id for part in version.parts]
    if part_id not in ids:
        raise LookupError(part_id)
    if len(ids) > 1:
        answered = set(session.scalars(sa.select(Response.part).where(Response.presentation_id == presentation_id)))
        if any(earlier not in answered for earlier in ids[: ids.index(part_id)]):
            raise OutOfTurn(place)
    return version.parts[ids.index(part_id)]


def objective_id(session: Session, part: itemtypes.Part, version: Version, of_item: int | None) -> int:
    """The objective a part gives evidence about. `of_item`: the item’s own, where it is known already."""
    if of_item is not None and part.objective == version.body["objective"]:
        return of_item
    return get_content_ids(session, "objective", [part.objective])[part.objective]


def _plausible(elapsed_ms: int | None, shown_at: dt.datetime, now: dt.datetime) -> int | None:
    """The browser’s measurement, or None where it cannot be true."""
    if elapsed_ms is None or elapsed_ms < 0:
        return None
    since_shown = now - shown_at + dt.timedelta(seconds=5)
    return elapsed_ms if dt.timedelta(milliseconds=elapsed_ms) <= min(LONGEST_ELAPSED, since_shown) else None


_current = aliased(ContentVersion)
_SHOWN = (
    sa.select(
        Presentation.sitting_id,
        Presentation.position,
        Presentation.version_id,
        Presentation.layout,
        Presentation.study_day,
        Presentation.replaced,
        Presentation.at,
        ContentVersion.line,
        Sitting.mode,
        Sitting.plan,
        Sitting.seed,
        Sitting.closed_at,
        Sitting.deadline,
        Sitting.participation_id,
        Sitting.purpose,
        Item.objective_id,
        _current.line.label("published_line"),
        Response.id.label("response_id"),
    )
    .join(Sitting, Sitting.id == Presentation.sitting_id)
    .join(ContentVersion, ContentVersion.id == Presentation.version_id)
    .outerjoin(Item, Item.content_id == Presentation.content_id)
    .outerjoin(Published, Published.content_id == Presentation.content_id)
    .outerjoin(_current, _current.id == Published.version_id)
    .outerjoin(
        Response,
        sa.and_(Response.presentation_id == Presentation.id, Response.part == sa.bindparam("part")),
    )
    .where(Presentation.id == sa.bindparam("presentation"), Presentation.learner_id == sa.bindparam("learner"))
)
_PUBLISHED = sa.select(Published.version_id).where(Published.content_id == sa.bindparam("content"))
_PRESENT = sa.insert(table(Presentation))
_CLOSE = (
    sa.update(table(Sitting))
    .where(Sitting.id == sa.bindparam("sitting"))
    .values(closed_at=sa.bindparam("now"), released_at=sa.bindparam("now"))
)
