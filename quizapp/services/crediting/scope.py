"""Who runs an activity: its coordinators, and administrators. What others run does not exist for them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import Choices
from quizapp.db.models import Activity, ActivityCoordinator, ActivityVersion, User, UserRole
from quizapp.db.session import run
from quizapp.services.accounts import Actor


@dataclass(frozen=True)
class Run:
    """An activity that somebody runs. `version_id`, `edition`, `kind`, `title`: of its newest edition."""

    id: int
    slug: str
    version_id: int
    edition: int
    kind: str
    title: str


def get_run(session: Session, actor: Actor, activity_id: int) -> Run:
    """A published activity that this person runs. Raises LookupError for any other."""
    row = run(session, _RUN, {"activity": activity_id, "actor": actor.id}).first()
    if row is None or (row.mine is None and "administrator" not in actor.roles):
        raise LookupError(activity_id)
    return Run(row.id, row.slug, row.version_id, row.edition, row.kind, row.title)


def lock_run(session: Session, actor: Actor, activity_id: int) -> Run:
    """The same inside a deed: others who would change the activity wait; who enrols or claims only points at it and
    does not. Raises LookupError."""
    entry = sa.select(Activity.id).where(Activity.id == activity_id)
    session.execute(entry.with_for_update(key_share=True))
    return get_run(session, actor, activity_id)


def find_coordinator(session: Session, email: str) -> Actor | None:
    """The person in whose name a command runs: a coordinator or administrator who may sign in, or None."""
    rows = session.execute(
        sa.select(User.id, User.email, User.name, UserRole.name.label("role"))
        .join(UserRole, UserRole.user_id == User.id)
        .where(User.email == email.strip().lower(), User.active)
    ).all()
    roles = frozenset(row.role for row in rows)
    if not roles & {"coordinator", "administrator"}:
        return None
    return Actor(rows[0].id, rows[0].email, rows[0].name, roles, Choices(), None)


def find_activity(session: Session, slug: str) -> int | None:
    """The id of the activity with this name in addresses, or None."""
    found: int | None = session.scalar(sa.select(Activity.id).where(Activity.slug == slug))
    return found


_RUN = (
    sa.select(
        Activity.id,
        Activity.slug,
        ActivityVersion.id.label("version_id"),
        ActivityVersion.edition,
        ActivityVersion.kind,
        ActivityVersion.title,
        ActivityCoordinator.user_id.label("mine"),
    )
    .join(ActivityVersion, ActivityVersion.activity_id == Activity.id)
    .outerjoin(
        ActivityCoordinator,
        sa.and_(ActivityCoordinator.activity_id == Activity.id, ActivityCoordinator.user_id == sa.bindparam("actor")),
    )
    .where(Activity.id == sa.bindparam("activity"))
    .order_by(ActivityVersion.edition.desc())
    .limit(1)
)
