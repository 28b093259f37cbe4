"""Putting questions in front of a learner: a block, a question of a lesson, a fresh copy of one that has waited."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.core import modes, windows
from quizapp.core.study_day import study_day
from quizapp.core.windows import USUAL
from quizapp.db.models import (
    Exposure,
    Item,
    Presentation,
    Response,
    Sitting,
    table,
)
from quizapp.db.session import Lock, retrying, run, writing
from quizapp.services.accounts import Actor
from quizapp.services.composing import BlockPlan, NothingToAsk, choose_block
from quizapp.services.sittings import USUAL_SECONDS, Chosen, Place
from quizapp.services.teaching.accommodating import find_allowance
from quizapp.services.versions import Row, Version, get_version, get_versions, published, published_by_id

LONGEST_TITLE = 200
REDRAWS = 40
"""Of three sets of values, the fewest that a question may have, the third is missed by as many draws once in ten
million, if all are equally likely."""


def start(session: Session, actor: Actor, plan: BlockPlan, *, key: str, title: str, now: dt.datetime, seed: int) -> int:
    """Start a block that the learner put together; otherwise as `begin`."""
    return begin(session, actor, partial(choose_block, session, actor, plan, now, seed), key, title, now, seed)


def begin(
    session: Session, actor: Actor, choose: Callable[[], Chosen], key: str, title: str, now: dt.datetime, seed: int
) -> int:
    """Start a session and show its first question, or all of them for an exam. Returns the id of the sitting.

    `key` comes from the form: the same key again returns the sitting that it started. `choose` is called while the
    learner is locked, so that two clicks at once do not spend questions twice; what it raises (NothingToAsk) comes out.
    """
    # Kept apart from the keys that are made here: one that was typed must not stand in the place of a test or lesson.
    key = f"form:{key}"

    def deed() -> int:
        with writing(session, Lock(learner=actor.id)):
            if (started := _started(session, actor.id, key)) is not None:
                return started
            return open_chosen(session, actor, choose(), key=key, title=title, now=now, seed=seed)

    return retrying(deed)


def open_chosen(
    session: Session, actor: Actor, chosen: Chosen, *, key: str, title: str, now: dt.datetime, seed: int
) -> int:
    """Open a session of what was chosen and show its first question, or all of an exam. Inside a deed that holds the
    learner’s lock. The time of a person who has more of it is counted here, once, and kept.

    Raises NothingToAsk if all of it was withdrawn since it was chosen: a session that shows nothing could neither be
    gone on with nor end.
    """
    deadline, extra = _deadline(session, actor, chosen, now)
    sitting_id = _open(
        session,
        actor,
        chosen.mode,
        key=key,
        title=title,
        plan=chosen.plan() | ({} if chosen.mode.free_order else {"seconds": _seconds_of(session, chosen.items)}),
        deadline=deadline,
        extra=extra,
        belongs_to={
            "assignment_id": chosen.assignment_id,
            "participation_id": chosen.participation_id,
            "purpose": chosen.purpose,
        },
        now=now,
        seed=seed,
    )
    places = range(len(chosen.items))
    turns = [places] if chosen.mode.free_order else [range(place, place + 1) for place in places]
    if not any(present(session, actor, sitting_id, turn, now) for turn in turns):
        raise NothingToAsk("All of these questions were withdrawn meanwhile, so there is nothing left to ask here.")
    return sitting_id


def _seconds_of(session: Session, items: Sequence[int]) -> list[int]:
    """How long each question takes, by its content; kept with the plan, so that no question asks for all the others."""
    seconds = sa.select(Item.content_id, Item.seconds).where(Item.content_id.in_(items))
    found = dict(iter(session.execute(seconds)))
    return [found.get(item, USUAL_SECONDS) for item in items]


NO_TIME = dt.timedelta(0)
NOTHING: Mapping[str, Any] = MappingProxyType({"assignment_id": None})


def _deadline(
    session: Session, actor: Actor, chosen: Chosen, now: dt.datetime
) -> tuple[dt.datetime | None, dt.timedelta]:
    """When it ends for this person, None if it does not, and how much later than for others."""
    if chosen.window is None and chosen.time_allowed is None:
        return chosen.ends, NO_TIME
    allowance = find_allowance(session, actor.id)
    if chosen.window is None:
        usual = chosen.time_allowed or NO_TIME
        return now + allowance.of(usual), allowance.of(usual) - usual
    ends = windows.deadline(chosen.window, allowance, now, limit=chosen.time_allowed)
    usually = windows.deadline(chosen.window, USUAL, now, limit=chosen.time_allowed)
    return ends, max(ends - max(usually, now), NO_TIME)


@dataclass(frozen=True)
class ReadFor:
    """The activity with credit for which a lesson is read: where its questions lead back to and their time counts."""

    activity: str
    participation_id: int


def open_check(
    session: Session,
    actor: Actor,
    lesson: str,
    title: str,
    position: int,
    item: str,
    now: dt.datetime,
    *,
    within: ReadFor | None = None,
) -> Place:
    """Put a lesson’s check question, number `position` of its questions, in front of the learner.

    It is presented once a study day; a second click finds the first one’s. `within`: the activity with credit for which
    the lesson is read. Raises LookupError for an item that is not published.
    """

    def deed() -> Place:
        with writing(session, Lock(learner=actor.id)):
            version = published(session, "item", [item]).get(item)
            if version is None:
                raise LookupError(item)
            sitting_id = _lesson_sitting(session, actor, lesson, title, within, now)
            held = sa.select(Presentation.id).where(
                Presentation.sitting_id == sitting_id, Presentation.position == position, ~Presentation.replaced
            )
            if session.scalar(held) is None:
                seed, why = _check_seed(actor, lesson, now), {"reason": "lesson"}
                met = variants_met(session, actor, version)
                row = presentation_row(actor, sitting_id, position, version, seed, why, now, met)
                session.execute(sa.insert(table(Presentation)), row)
            return Place(sitting_id, position)

    return retrying(deed)


def _lesson_sitting(
    session: Session, actor: Actor, lesson: str, title: str, within: ReadFor | None, now: dt.datetime
) -> int:
    home = f"{within.activity}/{lesson}" if within else lesson
    key = f"lesson:{hashlib.sha256(home.encode()).hexdigest()[:32]}:{study_day(now, actor.zone)}"
    if (started := _started(session, actor.id, key)) is not None:
        return started
    plan: dict[str, Any] = {"items": [], "reasons": [], "lesson": lesson}
    if within:
        plan |= {"activity": within.activity, "participation": within.participation_id}
    seed = _check_seed(actor, lesson, now)
    return _open(session, actor, modes.LESSON, key=key, title=title, plan=plan, deadline=None, now=now, seed=seed)


def _check_seed(actor: Actor, lesson: str, now: dt.datetime) -> int:
    text = f"{actor.id}/{lesson}/{study_day(now, actor.zone)}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7])


def present(session: Session, actor: Actor, sitting_id: int, positions: Iterable[int], now: dt.datetime) -> int:
    """Put the questions at these places of the sitting’s plan in front of the learner; returns how many they are.
    Inside a deed.

    An item that was withdrawn since the plan was made is left out, unless the plan pins the versions.
    """
    sitting = session.execute(_SITTING, {"sitting": sitting_id}).one()
    items = sitting.plan["items"]
    if "versions" in sitting.plan:
        kept = get_versions(session, sitting.plan["versions"])
        versions: Mapping[int, Version] = {version.content_id: version for version in kept.values()}
    else:
        versions = published_by_id(session, [items[position] for position in positions])
    rows = []
    for position in positions:
        if (version := versions.get(items[position])) is not None:
            why, met = sitting.plan["reasons"][position], variants_met(session, actor, version)
            rows.append(presentation_row(actor, sitting_id, position, version, sitting.seed, why, now, met))
    if rows:
        session.execute(sa.insert(table(Presentation)), rows)
    return len(rows)


def variants_met(session: Session, actor: Actor, version: Version) -> Collection[str]:
    """What was drawn for this question when it counted as new to the learner; asks only where values are drawn."""
    if version.body["type"] not in itemtypes.drawing():
        return ()
    return run(session, _VARIANTS, {"learner": actor.id, "content": version.content_id}).scalar() or ()


def presentation_row(
    actor: Actor,
    sitting_id: int,
    position: int,
    version: Version,
    seed: int,
    why: Mapping[str, Any],
    now: dt.datetime,
    met: Collection[str] = (),
) -> dict[str, Any]:
    """A question as it will be shown: the version, and a layout that can be drawn again from the seed.

    `met`: what was drawn for it before; where values are drawn they are others, unless luck forbids it.
    """
    name, place = version.body["type"], f"{seed}/{position}/{version.id}"
    layout = itemtypes.lay_out(name, version.body, random.Random(place))
    for again in range(REDRAWS):
        if itemtypes.variant(name, layout) not in met:
            break
        layout = itemtypes.lay_out(name, version.body, random.Random(f"{place}/{again}"))
    return {
        "sitting_id": sitting_id,
        "learner_id": actor.id,
        "content_id": version.content_id,
        "version_id": version.id,
        "position": position,
        "layout": layout,
        "why": dict(why),
        "study_day": study_day(now, actor.zone),
        "at": now,
        "replaced": False,
    }


def renew(session: Session, actor: Actor, presentation_id: int, now: dt.datetime) -> Place:
    """Replace a question that waited on a screen until its day or its key had changed.

    The same item comes in its present version, or in the one that is pinned, and in a new order; a question that is
    fresh, answered or part of an exam stays. Returns where it stands. Raises LookupError for a question of somebody
    else.
    """

    def deed() -> Place:
        with writing(session, Lock(learner=actor.id)):
            row = session.execute(_RENEWABLE, {"presentation": presentation_id, "learner": actor.id}).one_or_none()
            if row is None:
                raise LookupError(presentation_id)
            # A question that was withdrawn while it waited is asked as it was shown, or the session could not go on.
            shown = get_version(session, row.version_id)
            present = {} if "versions" in row.plan else published_by_id(session, [row.content_id])
            version = present.get(row.content_id, shown)
            settled = row.replaced or row.answered or modes.MODES[row.mode].free_order or row.closed_at is not None
            place = Place(row.sitting_id, row.position)
            if settled or not (row.study_day != study_day(now, actor.zone) or version.line != shown.line):
                return place
            session.execute(
                sa.update(table(Presentation)).where(Presentation.id == presentation_id).values(replaced=True)
            )
            session.execute(
                sa.insert(table(Presentation)),
                presentation_row(
                    actor,
                    row.sitting_id,
                    row.position,
                    version,
                    row.seed + presentation_id,
                    row.why,
                    now,
                    variants_met(session, actor, version),
                ),
            )
            return place

    return retrying(deed)


def has_waited(shown: Row, actor: Actor, now: dt.datetime) -> bool:
    """Whether a question must be shown afresh: another study day has begun or, where no version of it is pinned, its
    key has changed. `shown`: with `study_day`, `line`, `published_line` and the `plan` of its sitting."""
    changed = "versions" not in shown.plan and shown.published_line not in (None, shown.line)
    return bool(shown.study_day != study_day(now, actor.zone) or changed)


def _open(
    session: Session,
    actor: Actor,
    mode: modes.Mode,
    *,
    key: str,
    title: str,
    plan: Mapping[str, Any],
    deadline: dt.datetime | None,
    extra: dt.timedelta = NO_TIME,
    belongs_to: Mapping[str, Any] = NOTHING,
    now: dt.datetime,
    seed: int,
) -> int:
    row = {
        "learner_id": actor.id,
        "mode": mode.name,
        "title": title[:LONGEST_TITLE],
        "plan": dict(plan),
        "seed": seed,
        "key": key[:64],
        "started_at": now,
        "deadline": deadline,
        "extra_seconds": int(extra.total_seconds()),
        **belongs_to,
    }
    return int(session.execute(sa.insert(table(Sitting)).returning(Sitting.id), row).scalar_one())


def _started(session: Session, learner_id: int, key: str) -> int | None:
    return session.scalar(sa.select(Sitting.id).where(Sitting.learner_id == learner_id, Sitting.key == key[:64]))


_VARIANTS = sa.select(Exposure.variants).where(
    Exposure.learner_id == sa.bindparam("learner"), Exposure.content_id == sa.bindparam("content")
)
_SITTING = sa.select(Sitting.plan, Sitting.seed).where(Sitting.id == sa.bindparam("sitting"))

_RENEWABLE = (
    sa.select(
        Presentation.sitting_id,
        Presentation.content_id,
        Presentation.version_id,
        Presentation.position,
        Presentation.why,
        Presentation.study_day,
        Presentation.replaced,
        Sitting.mode,
        Sitting.plan,
        Sitting.seed,
        Sitting.closed_at,
        sa.exists().where(Response.presentation_id == Presentation.id).label("answered"),
    )
    .join(Sitting, Sitting.id == Presentation.sitting_id)
    .where(
        Presentation.id == sa.bindparam("presentation"),
        Presentation.learner_id == sa.bindparam("learner"),
    )
)
