"""The question on a learner’s screen.

Reads only. What is shown before an answer is stored comes from the type’s `show`, which is a whitelist.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp import itemtypes
from quizapp.core import modes
from quizapp.db.models import ContentVersion, Item, Mark, Presentation, Published, Response, SavedAnswer, Sitting
from quizapp.db.session import run
from quizapp.services import asking
from quizapp.services.accounts import Actor
from quizapp.services.content.drawing import with_drawings
from quizapp.services.sittings import USUAL_SECONDS, effective, questions_of, verdict
from quizapp.services.versions import Row, Version, get_version


@dataclass(frozen=True)
class EarlierPart:
    """A part of a case that came before the one on the screen.

    While its feedback is held back `verdict` and `take_home` are empty and `review` is None.
    """

    number: int
    type: str
    lead_in: str
    verdict: str
    take_home: str
    review: Mapping[str, Any] | None

    @property
    def review_template(self) -> str:
        return f"itemtypes/{self.type}/review.html"


@dataclass(frozen=True)
class Question:
    """A question on the screen. Texts are sanitised HTML; `face` is what the type shows, in tokens.

    `state`: "open", "answered" (all parts stored: show the feedback), "stale" (must be renewed first) or "closed".
    """

    presentation_id: int
    sitting_id: int
    position: int
    number: int
    total: int
    mode: modes.Mode
    state: str
    deadline: dt.datetime | None
    minutes_left: int | None
    topic: str
    type: str
    part: str
    part_number: int
    part_total: int
    vignette: str
    earlier: tuple[EarlierPart, ...]
    reveal: str
    stem: str
    lead_in: str
    face: Mapping[str, Any]
    struck: frozenset[str]
    marked: bool
    saved_at: dt.datetime | None
    why: Mapping[str, Any]
    shown_at: dt.datetime
    participation_id: int | None = None

    @property
    def face_template(self) -> str:
        return f"itemtypes/{self.type}/answer.html"

    @property
    def uid(self) -> str:
        return f"q{self.presentation_id}-{self.part}"


@dataclass(frozen=True)
class Entry:
    """One question in the navigator of an exam."""

    position: int
    number: int
    saved: bool
    marked: bool


def get_question(
    session: Session,
    actor: Actor,
    sitting_id: int,
    position: int,
    now: dt.datetime,
    kept: itemtypes.Json | None = None,
) -> Question:
    """The question at this place of a session, filled with the answer saved, or with `kept` for a form handed back.

    Raises LookupError for another learner’s question or one not yet asked.
    """
    shown = get_shown(session, actor, sitting_id, position)
    version = get_version(session, shown.version_id)
    mode = modes.MODES[shown.mode]
    ids = [part.id for part in version.parts]
    saved = {row.part: row for row in run(session, _SAVED, {"presentation": shown.id})}
    settled = _settled_parts(session, shown.id, ids, mode, saved)
    open_part = next((name for name in ids if name not in settled), ids[-1])
    index = ids.index(open_part)
    part = version.parts[index]
    layout = itemtypes.part_layout(version.body["type"], shown.layout, part)
    rendered = itemtypes.filled(version.rendered_parts[index], layout)
    held = saved.get(open_part)
    return Question(
        presentation_id=shown.id,
        sitting_id=sitting_id,
        position=position,
        number=position + 1,
        total=total(shown),
        mode=mode,
        state=_state(shown, actor, mode, answered=len(settled), parts=len(ids), now=now),
        deadline=shown.deadline,
        minutes_left=_minutes_left(shown, mode),
        topic=title(session, shown.topic_version_id),
        type=part.type,
        part=part.id,
        part_number=index + 1,
        part_total=len(ids),
        vignette=vignette(version),
        earlier=_earlier(session, shown, version, index, settled),
        reveal=rendered.get("reveal") or "",
        stem=stem(version, rendered),
        lead_in=rendered["lead_in"],
        face=with_drawings(
            session,
            itemtypes.get(part.type).show(
                rendered,
                layout,
                kept or (held.answer if held else None),
            ),
            f"q{shown.id}-{part.id}",
            labelled=False,
        ),
        struck=frozenset(held.struck if held else ()),
        marked=shown.marked_at is not None,
        saved_at=held.at if held and held.answer is not None else None,
        why=dict(shown.why),
        shown_at=shown.at,
        participation_id=participation_of(shown),
    )


def get_navigator(session: Session, actor: Actor, sitting_id: int) -> tuple[Entry, ...]:
    """The questions of an exam and which of them hold an answer."""
    rows = session.execute(_NAVIGATOR, {"sitting": sitting_id, "learner": actor.id})
    return tuple(Entry(row.position, row.position + 1, bool(row.saved), row.marked_at is not None) for row in rows)


def next_position(session: Session, actor: Actor, sitting_id: int) -> int | None:
    """Where to go on: the first question of an exam, the newest of another session, None for a closed one.

    Questions of a practice session come into being one after the other, so only the newest can be without an answer.
    Raises LookupError for another learner’s session.
    """
    row = session.execute(_NEXT, {"sitting": sitting_id, "learner": actor.id}).one_or_none()
    if row is None:
        raise LookupError(sitting_id)
    if row.closed_at is not None:
        return None
    return int(row.first if modes.MODES[row.mode].free_order else row.newest)


def get_shown(session: Session, actor: Actor, sitting_id: int, position: int) -> Row:
    shown = run(session, _SHOWN, {"sitting": sitting_id, "position": position, "learner": actor.id}).one_or_none()
    if shown is None:
        raise LookupError((sitting_id, position))
    return shown


def _settled_parts(
    session: Session, presentation_id: int, ids: list[str], mode: modes.Mode, saved: Mapping[str, Any]
) -> dict[str, Row | None]:
    """Parts that can no longer be answered, with the stored answer where its verdict may be seen."""
    answered: dict[str, Row | None] = {row.part: row for row in run(session, _PARTS, {"presentation": presentation_id})}
    if mode.free_order and not answered:
        opened = [i for i, name in enumerate(ids) if name in saved]
        return dict.fromkeys(ids[: max(opened, default=0)])
    return answered


def _state(shown: Row, actor: Actor, mode: modes.Mode, *, answered: int, parts: int, now: dt.datetime) -> str:
    """`answered` counts the parts that are settled; a case that was begun is never stale."""
    if answered == parts:
        return "answered"
    if shown.closed_at is not None or (shown.deadline is not None and now >= shown.deadline):
        return "closed"
    stale = not answered and not mode.free_order and asking.has_waited(shown, actor, now)
    return "stale" if stale else "open"


def _earlier(
    session: Session, shown: Row, version: Version, index: int, settled: Mapping[str, Row | None]
) -> tuple[EarlierPart, ...]:
    parts = []
    for number, part in enumerate(version.rendered_parts[:index], start=1):
        row = settled.get(part.id)
        layout = itemtypes.part_layout(version.body["type"], shown.layout, part)
        review = itemtypes.get(part.type).explain(part.content, layout, row.answer) if row is not None else None
        if review is not None:
            review = with_drawings(session, review, f"q{shown.id}-{part.id}", labelled=True)
        parts.append(
            EarlierPart(
                number=number,
                type=part.type,
                lead_in=part.content["lead_in"],
                verdict=verdict(row) if row is not None else "",
                take_home=(part.content.get("take_home") or "") if row is not None else "",
                review=review,
            )
        )
    return tuple(parts)


def vignette(version: Version) -> str:
    return str(version.rendered.get("stem", "")) if len(version.parts) > 1 else ""


def stem(version: Version, rendered: Mapping[str, Any]) -> str:
    """The stem of the part; that of a whole item is its own, that of a case stands above it as the vignette."""
    return str(rendered.get("stem") or "")


def total(shown: Row) -> int:
    return questions_of(shown.plan, int(shown.position) + 1)


def _minutes_left(shown: Row, mode: modes.Mode) -> int | None:
    """About how long the rest of a practice block takes; an exam shows its clock instead. A question of which that is
    not known yet, because the answers choose it, is taken to be as long as this one."""
    if mode.free_order or not shown.plan["items"]:
        return None
    own = float(shown.seconds or USUAL_SECONDS)
    known: list[int] = shown.plan.get("seconds", [])[shown.position + 1 :]
    unknown: int = total(shown) - shown.position - 1 - len(known)
    return max(1, round((own + sum(known) + unknown * own) / 60))


def title(session: Session, version_id: int | None) -> str:
    return str(get_version(session, version_id).body["title"]) if version_id else ""


def participation_of(shown: Row) -> int | None:
    """The participation in an activity with credit on whose time a question is answered, in a test or in the lesson."""
    participation_id: int | None = shown.participation_id or shown.plan.get("participation")
    return participation_id


_topic = aliased(Published)
_current = aliased(ContentVersion)
_SHOWN = (
    sa.select(
        Presentation.id,
        Presentation.sitting_id,
        Presentation.position,
        Presentation.version_id,
        Presentation.layout,
        Presentation.why,
        Presentation.study_day,
        Presentation.at,
        ContentVersion.line,
        _current.line.label("published_line"),
        Sitting.mode,
        Sitting.plan,
        Sitting.deadline,
        Sitting.closed_at,
        Sitting.released_at,
        Sitting.participation_id,
        Item.seconds,
        _topic.version_id.label("topic_version_id"),
        Mark.at.label("marked_at"),
    )
    .join(Sitting, Sitting.id == Presentation.sitting_id)
    .join(ContentVersion, ContentVersion.id == Presentation.version_id)
    .outerjoin(Item, Item.content_id == Presentation.content_id)
    .outerjoin(Published, Published.content_id == Presentation.content_id)
    .outerjoin(_current, _current.id == Published.version_id)
    .outerjoin(_topic, _topic.content_id == Item.topic_id)
    .outerjoin(Mark, sa.and_(Mark.content_id == Presentation.content_id, Mark.learner_id == Presentation.learner_id))
    .where(
        Presentation.sitting_id == sa.bindparam("sitting"),
        Presentation.position == sa.bindparam("position"),
        Presentation.learner_id == sa.bindparam("learner"),
        ~Presentation.replaced,
    )
)
_SAVED = sa.select(SavedAnswer.part, SavedAnswer.answer, SavedAnswer.struck, SavedAnswer.at).where(
    SavedAnswer.presentation_id == sa.bindparam("presentation")
)
_PARTS = (
    sa.select(Response.part, Response.answer, effective.c.earned, effective.c.possible)
    .join(effective, effective.c.id == Response.id)
    .where(Response.presentation_id == sa.bindparam("presentation"))
)
_NAVIGATOR = (
    sa.select(
        Presentation.position,
        sa.exists()
        .where(SavedAnswer.presentation_id == Presentation.id, SavedAnswer.answer.is_not(None))
        .label("saved"),
        Mark.at.label("marked_at"),
    )
    .outerjoin(Mark, sa.and_(Mark.content_id == Presentation.content_id, Mark.learner_id == Presentation.learner_id))
    .where(
        Presentation.sitting_id == sa.bindparam("sitting"),
        Presentation.learner_id == sa.bindparam("learner"),
        ~Presentation.replaced,
    )
    .order_by(Presentation.position)
)
_NEXT = (
    sa.select(
        Sitting.mode,
        Sitting.closed_at,
        sa.func.min(Presentation.position).label("first"),
        sa.func.max(Presentation.position).label("newest"),
    )
    .join(Presentation, Presentation.sitting_id == Sitting.id)
    .where(
        Sitting.id == sa.bindparam("sitting"),
        Sitting.learner_id == sa.bindparam("learner"),
        ~Presentation.replaced,
    )
    .group_by(Sitting.id, Sitting.mode, Sitting.closed_at)
)
