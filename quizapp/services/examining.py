"""Sitting an exam: answers that change until it closes, a deadline that is the server’s, and the closing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp import itemtypes
from quizapp.core import modes
from quizapp.core.grading import NotGradable
from quizapp.core.preferences import DEFAULT
from quizapp.core.study_day import study_day
from quizapp.db.models import LearnerSettings, Presentation, SavedAnswer, Sitting, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.db.upserts import upserts
from quizapp.services import counting, folding
from quizapp.services.accounts import Actor
from quizapp.services.answering import HandedBack, OutOfTurn, Submission, TimeIsUp, objective_id
from quizapp.services.crediting import closing as crediting
from quizapp.services.sittings import Place
from quizapp.services.versions import Row, Version, get_version


@dataclass(frozen=True)
class Saved:
    """An answer as it stands until the exam closes; `total` counts the questions of the exam."""

    place: Place
    total: int
    at: dt.datetime


def save(
    session: Session,
    actor: Actor,
    presentation_id: int,
    submission: Submission,
    *,
    fix: bool,
    now: dt.datetime,
) -> Saved | HandedBack:
    """Keep what stands in the form of an exam question, also an empty one. `fix` ends this part of a case and opens the
    next, after which it can no longer be changed.

    A malformed answer is handed back and the one saved before stays. Raises LookupError, OutOfTurn, and TimeIsUp once
    the deadline has passed.
    """

    def deed() -> Saved | HandedBack:
        with writing(session, Lock(learner=actor.id)):
            shown = _open_question(session, actor, presentation_id, now)
            version = get_version(session, shown.version_id)
            part, following = _open_part(session, shown, version, submission.part)
            verbs = itemtypes.get(part.type)
            layout = itemtypes.part_layout(version.body["type"], shown.layout, part)
            parsed = verbs.parse(part.content, layout, submission.fields)
            answer = parsed.kept if isinstance(parsed, NotGradable) else parsed
            if isinstance(parsed, NotGradable) and answer is None and _says_something(submission):
                return HandedBack(_place(shown), parsed)
            _store(session, presentation_id, part.id, answer, submission.elapsed_ms, now)
            if fix and following is not None:
                _store(session, presentation_id, following.id, None, None, now)
            return Saved(_place(shown), len(shown.plan["items"]), now)

    return retrying(deed)


def strike(session: Session, actor: Actor, presentation_id: int, part: str, token: str, now: dt.datetime) -> Place:
    """Cross an option out, or restore it. Works in every mode until the answer is stored."""

    def deed() -> Place:
        with writing(session, Lock(learner=actor.id)):
            shown = _open_question(session, actor, presentation_id, now, exams_only=False)
            version = get_version(session, shown.version_id)
            if modes.MODES[shown.mode].free_order:
                _open_part(session, shown, version, part)
            elif part not in {p.id for p in version.parts}:
                raise LookupError(part)
            held = session.scalar(
                sa.select(SavedAnswer.struck).where(
                    SavedAnswer.presentation_id == presentation_id, SavedAnswer.part == part
                )
            )
            struck = set(held or ())
            struck ^= {token[:3]}
            row = {"presentation_id": presentation_id, "part": part, "struck": sorted(struck)[:20], "at": now}
            session.execute(_STRIKE[session.get_bind().dialect.name], row)
            return _place(shown)

    return retrying(deed)


def hand_in(session: Session, actor: Actor, sitting_id: int, now: dt.datetime) -> None:
    """Close the learner’s exam, or another session that has a deadline; handing in twice is harmless.

    Raises LookupError for somebody else’s.
    """
    owned = sa.select(Sitting.mode, Sitting.deadline).where(Sitting.id == sitting_id, Sitting.learner_id == actor.id)
    held = session.execute(owned).one_or_none()
    if held is None or not (modes.MODES[held.mode].free_order or held.deadline):
        raise LookupError(sitting_id)
    _close(session, actor.id, actor.zone, sitting_id, now)


def settle(session: Session, actor: Actor, sitting_id: int, now: dt.datetime) -> None:
    """Close the learner’s exam if its deadline has passed; whatever a learner sends then does this first."""
    expired = sa.select(Sitting.id).where(
        Sitting.id == sitting_id,
        Sitting.learner_id == actor.id,
        Sitting.closed_at.is_(None),
        Sitting.deadline <= now,
    )
    if session.scalar(expired) is not None:
        _close(session, actor.id, actor.zone, sitting_id, now)


def close_expired(session: Session, now: dt.datetime, limit: int = 100) -> int:
    """Close exams whose deadline has passed, each in its own transaction. Returns how many were closed."""
    expired = session.execute(
        sa.select(Sitting.id, Sitting.learner_id, sa.func.coalesce(LearnerSettings.zone, DEFAULT.zone).label("zone"))
        .outerjoin(LearnerSettings, LearnerSettings.user_id == Sitting.learner_id)
        .where(Sitting.closed_at.is_(None), Sitting.deadline.is_not(None), Sitting.deadline <= now)
        .order_by(Sitting.deadline)
        .limit(limit)
    ).all()
    for row in expired:
        _close(session, row.learner_id, row.zone, row.id, now)
    return len(expired)


def _close(session: Session, learner_id: int, zone: str, sitting_id: int, now: dt.datetime) -> None:
    """Grade what was saved, in the order in which it was asked, append it to the log and release the result, unless
    somebody has to look it over first.

    Closing a closed exam changes nothing. The answers carry the earlier of now and the deadline. A session that was
    graded answer by answer is closed as it stands.
    """

    def deed() -> None:
        with writing(session, Lock(learner=learner_id)):
            sitting = session.execute(
                sa.select(
                    Sitting.mode,
                    Sitting.deadline,
                    Sitting.closed_at,
                    Sitting.plan,
                    Sitting.participation_id,
                    Sitting.purpose,
                ).where(Sitting.id == sitting_id)
            ).one()
            if sitting.closed_at is not None:
                return
            mode = modes.MODES[sitting.mode]
            at = min(now, sitting.deadline) if sitting.deadline else now
            to_count: list[counting.StatRow] = []
            for shown in session.execute(_QUESTIONS, {"sitting": sitting_id}).all() if mode.free_order else ():
                to_count += _grade_saved(session, learner_id, mode, shown, at, study_day(at, zone))
            counting.count(session, to_count)
            released_at = None if mode.held and not sitting.plan.get("shown_at_once") else now
            session.execute(
                sa.update(table(Sitting)).where(Sitting.id == sitting_id).values(closed_at=now, released_at=released_at)
            )
            crediting.note_closed(session, sitting_id, sitting.participation_id, sitting.purpose, at)

    retrying(deed)


def _grade_saved(
    session: Session, learner_id: int, mode: modes.Mode, shown: Row, at: dt.datetime, day: dt.date
) -> list[counting.StatRow]:
    version = get_version(session, shown.version_id)
    saved = {
        row.part: row
        for row in session.execute(
            sa.select(SavedAnswer.part, SavedAnswer.answer, SavedAnswer.elapsed_ms).where(
                SavedAnswer.presentation_id == shown.id
            )
        )
    }
    to_count: list[counting.StatRow] = []
    for part in version.parts:
        held = saved.get(part.id)
        answer = held.answer if held else None
        to_count += folding.record(
            session,
            folding.Record(
                learner_id=learner_id,
                presentation_id=shown.id,
                version=version,
                part=part,
                objective_id=objective_id(session, part, version, None),
                mode=mode,
                variant=itemtypes.variant(version.body["type"], shown.layout),
                answer=answer,
                grade=itemtypes.get(part.type).grade(part.content, answer),
                confidence=None,
                elapsed_ms=held.elapsed_ms if held else None,
                study_day=day,
                at=at,
            ),
        )
    return to_count


def _open_question(
    session: Session, actor: Actor, presentation_id: int, now: dt.datetime, *, exams_only: bool = True
) -> Row:
    shown = session.execute(_OPEN, {"presentation": presentation_id, "learner": actor.id}).one_or_none()
    if shown is None:
        raise LookupError(presentation_id)
    expired = shown.deadline is not None and now >= shown.deadline
    if shown.closed_at is not None or expired or (exams_only and not modes.MODES[shown.mode].free_order):
        raise TimeIsUp(_place(shown))
    return shown


def _open_part(
    session: Session, shown: Row, version: Version, part_id: str
) -> tuple[itemtypes.Part, itemtypes.Part | None]:
    """The part that is asked now, and the one after it. A part is open once the one before it has been fixed."""
    ids = [part.id for part in version.parts]
    if part_id not in ids:
        raise LookupError(part_id)
    place = ids.index(part_id)
    if len(ids) > 1:
        opened = set(session.scalars(sa.select(SavedAnswer.part).where(SavedAnswer.presentation_id == shown.id))) | {
            ids[0]
        }
        if part_id not in opened or any(later in opened for later in ids[place + 1 :]):
            raise OutOfTurn(_place(shown))
    return version.parts[place], version.parts[place + 1] if place + 1 < len(ids) else None


def _place(shown: Row) -> Place:
    return Place(shown.sitting_id, shown.position)


def _says_something(submission: Submission) -> bool:
    return any(value.strip() for values in submission.fields.values() for value in values)


def _store(
    session: Session,
    presentation_id: int,
    part: str,
    answer: itemtypes.Json | None,
    elapsed_ms: int | None,
    now: dt.datetime,
) -> None:
    row = {
        "presentation_id": presentation_id,
        "part": part,
        "answer": answer,
        "struck": [],
        "elapsed_ms": elapsed_ms,
        "at": now,
    }
    session.execute(_SAVE[session.get_bind().dialect.name], row)


_KEYS = ("presentation_id", "part")
_SAVE = upserts(table(SavedAnswer), _KEYS, ("answer", "elapsed_ms", "at"))
_STRIKE = upserts(table(SavedAnswer), _KEYS, ("struck", "at"))

_OPEN = (
    sa.select(
        Presentation.id,
        Presentation.sitting_id,
        Presentation.position,
        Presentation.version_id,
        Presentation.layout,
        Sitting.mode,
        Sitting.plan,
        Sitting.deadline,
        Sitting.closed_at,
    )
    .join(Sitting, Sitting.id == Presentation.sitting_id)
    .where(Presentation.id == sa.bindparam("presentation"), Presentation.learner_id == sa.bindparam("learner"))
)
_QUESTIONS = (
    sa.select(Presentation.id, Presentation.version_id, Presentation.layout)
    .where(Presentation.sitting_id == sa.bindparam("sitting"), ~Presentation.replaced)
    .order_by(Presentation.position)
)
