"""Writing an assignment, publishing it, and changing what may still change; for those who teach the cohort."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import Unfit
from quizapp.db.models import Assignment, table
from quizapp.db.session import retrying, writing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.teaching import assembling, cohorts
from quizapp.services.teaching.assignments import DRAFT, LESSON, OPEN, RELEASED, Wanted, columns, hold
from quizapp.services.teaching.checking import check


def save_draft(
    session: Session, actor: Actor, cohort_id: int, wanted: Wanted, now: dt.datetime, assignment_id: int | None = None
) -> int:
    """Keep a draft, a new one or another state of it; returns its id. Raises Unfit, LookupError; Unfit too for one that
    is published."""
    wanted = check(session, wanted)

    def deed() -> int:
        with writing(session):
            cohorts.hold(session, actor, cohort_id)
            row = columns(wanted) | {"cohort_id": cohort_id, "state": DRAFT, "by_id": actor.id, "at": now}
            if assignment_id is None:
                return int(session.execute(sa.insert(table(Assignment)).returning(Assignment.id), row).scalar_one())
            held = hold(session, actor, assignment_id)
            if held.cohort_id != cohort_id:
                raise LookupError(assignment_id)
            if held.state != DRAFT:
                raise Unfit({"title": "This assignment is published. Its questions and its beginning stay."})
            session.execute(sa.update(Assignment).where(Assignment.id == assignment_id).values(**row))
            return assignment_id

    return retrying(deed)


def discard(session: Session, actor: Actor, assignment_id: int, now: dt.datetime) -> int:
    """Delete an assignment nobody has begun; returns its cohort. Raises Unfit once somebody has, LookupError."""

    def deed() -> int:
        with writing(session):
            held = hold(session, actor, assignment_id)
            if held.begun:
                raise Unfit({"title": "Somebody has begun it, so it stays. You can close it earlier."})
            session.execute(sa.delete(Assignment).where(Assignment.id == assignment_id))
            _record(
                session, actor, "discard assignment", held.id, {"title": held.wanted.title, "state": held.state}, now
            )
            return held.cohort_id

    return retrying(deed)


def publish(session: Session, actor: Actor, assignment_id: int, now: dt.datetime) -> None:
    """Let the cohort see it. A form that is the same for all is put together here, with the versions of this moment.

    Publishing twice changes nothing. Raises Unfit; `assembling.Unsigned` where a graded exam would rest on questions
    that nobody has signed; `assembling.Unfilled` where the pool cannot fill the blueprint; LookupError.
    """

    def deed() -> None:
        with writing(session):
            held = hold(session, actor, assignment_id)
            if held.state != DRAFT:
                return
            if held.window.closes_at() <= now:
                raise Unfit({"closes": "This window is over already. Choose a later end."})
            plan = dict(held.plan)
            if held.wanted.kind != LESSON:
                plan |= assembling.form_of(session, held.cohort_id, held.wanted.kind, plan, graded=held.wanted.graded)
            values = {"state": OPEN, "published_at": now, "plan": plan}
            session.execute(sa.update(Assignment).where(Assignment.id == assignment_id).values(**values))
            details = {"title": held.wanted.title, "kind": held.wanted.kind, "graded": held.wanted.graded}
            _record(session, actor, "publish assignment", assignment_id, details, now)

    retrying(deed)


def make_formative(session: Session, actor: Actor, assignment_id: int, now: dt.datetime) -> None:
    """Let an exam decide nothing: its questions need no sign-off then. Only while it is a draft. Raises LookupError."""

    def deed() -> None:
        with writing(session):
            held = hold(session, actor, assignment_id)
            if held.state == DRAFT and held.wanted.graded:
                session.execute(sa.update(Assignment).where(Assignment.id == assignment_id).values(graded=False))
                _record(session, actor, "make formative", assignment_id, {"title": held.wanted.title}, now)

    retrying(deed)


def adjust(session: Session, actor: Actor, assignment_id: int, wanted: Wanted, now: dt.datetime) -> None:
    """Change what may change once it is published: name, end, lateness, what is shown, the pass mark with its method.

    Everything else of `wanted` is taken from what is stored. An end may come earlier for those who have not begun; who
    has begun keeps the deadline. Once it is released only the name may change. Raises Unfit, LookupError.
    """

    def deed() -> None:
        with writing(session):
            held = hold(session, actor, assignment_id)
            merged = replace(
                held.wanted,
                title=wanted.title,
                closes=wanted.closes,
                late_days=wanted.late_days,
                late_percent=wanted.late_percent,
                show_score=wanted.show_score,
                show_objectives=wanted.show_objectives,
                show_keys=wanted.show_keys,
                cut_percent=wanted.cut_percent,
                standard=wanted.standard,
                standard_note=wanted.standard_note,
            )
            if held.state == RELEASED:
                merged = replace(held.wanted, title=wanted.title)
            fit = check(session, merged)
            values = {name: value for name, value in columns(fit).items() if name not in ("plan", "kind")}
            if held.state == OPEN and replace(held, wanted=fit).window.closes_at() > now:
                values["closed_at"] = None  # it is open again, and will be closed and analysed again
            session.execute(sa.update(Assignment).where(Assignment.id == assignment_id).values(**values))
            before, after = _audited(held.wanted), _audited(fit)
            if before != after:
                _record(session, actor, "change assignment", assignment_id, {"before": before, "after": after}, now)

    retrying(deed)


def _record(
    session: Session, actor: Actor, deed: str, assignment_id: int, details: dict[str, Any], now: dt.datetime
) -> None:
    subject = ("assignment", assignment_id)
    auditing.record(session, actor_id=actor.id, deed=deed, subject=subject, details=details, now=now)


def _audited(wanted: Wanted) -> dict[str, Any]:
    return {
        "closes": wanted.closes.isoformat() if wanted.closes else "",
        "cut_percent": wanted.cut_percent,
        "standard": wanted.standard,
        "standard_note": wanted.standard_note,
        "show": [wanted.show_score, wanted.show_objectives, wanted.show_keys],
    }
