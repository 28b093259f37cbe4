"""Enrolling in an activity: with the name, the profession and, of physicians, what a report would need."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Activity, ContentVersion, InControl, Participation, User, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.crediting import activities, profiles
from quizapp.services.crediting.activities import Edition
from quizapp.services.crediting.vault import Vault


class Closed(Exception):
    """Nobody can enrol now; the sentence says why."""


def find_participation(session: Session, actor: Actor, slug: str) -> int | None:
    """The id of the learner’s participation in an activity, None for who is not enrolled."""
    activity = sa.select(Activity.id).where(Activity.slug == slug).scalar_subquery()
    return session.scalar(
        sa.select(Participation.id).where(Participation.learner_id == actor.id, Participation.activity_id == activity)
    )


def get_offered(session: Session, slug: str) -> Edition:
    """The edition that is offered. Raises LookupError where none was published."""
    version_id = activities.find_newest(session, slug)
    if version_id is None:
        raise LookupError(slug)
    return activities.get_edition(session, version_id)


def why_closed(edition: Edition, now: dt.datetime) -> str | None:
    """Why nobody can enrol now, or None."""
    if edition.withdrawn_at is not None:
        return "This activity was withdrawn, so nobody enrols in it any more."
    if now < edition.released:
        return "This activity is not open yet."
    if now > edition.expires:
        return "This activity has expired, so nobody can take part any more."
    return None


def enrol(session: Session, vault: Vault, actor: Actor, slug: str, wanted: profiles.Wanted, now: dt.datetime) -> int:
    """Take part in the edition that is offered now; returns the participation. A second click finds the first one’s.

    Raises Unfit for the profile, Closed, and LookupError where there is no such activity.
    """
    fit = profiles.check(wanted)

    def deed() -> int:
        with writing(session, Lock(learner=actor.id)):
            edition = get_offered(session, slug)
            held = find_participation(session, actor, slug)
            if held is not None:
                return held
            if (reason := why_closed(edition, now)) is not None:
                raise Closed(reason)
            told = profiles.store(session, vault, actor.id, fit, now)
            row = {
                "learner_id": actor.id,
                "activity_id": edition.activity_id,
                "version_id": edition.id,
                "profession": fit.profession,
                "in_control": is_in_control(session, actor, edition),
                "enrolled_at": now,
            }
            added = sa.insert(table(Participation)).returning(Participation.id)
            participation_id = int(session.execute(added, row).scalar_one())
            auditing.record(
                session,
                actor_id=actor.id,
                deed="enrol",
                subject=("participation", participation_id),
                details={"activity": edition.activity_id, "edition": edition.number, **told},
                now=now,
            )
            return participation_id

    return retrying(deed)


def is_in_control(session: Session, actor: Actor, edition: Edition) -> bool:
    """Whether the learner controls what is taught or asked: named among those in control, or the author of one of the
    versions that were designated."""
    email = sa.select(User.email).where(User.id == actor.id).scalar_subquery()
    named = sa.exists().where(
        InControl.activity_id == edition.activity_id,
        sa.or_(InControl.user_id == actor.id, sa.func.lower(InControl.email) == sa.func.lower(email)),
    )
    pinned = [one.version_id for one in edition.questions]
    if edition.lesson is not None:
        pinned.append(edition.lesson.version_id)
    wrote = sa.exists().where(ContentVersion.id.in_(pinned), ContentVersion.author_id == actor.id)
    return bool(session.scalar(sa.select(sa.or_(named, wrote))))
