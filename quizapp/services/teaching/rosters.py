"""Inviting the people of a list to a cohort. Each gets one mail, however often the list is sent.

What happened to a line never tells whether somebody has an account: who is on a list has not agreed to that yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import Unfit
from quizapp.db.models import Cohort, CohortMember, Invitation, User, table
from quizapp.db.session import retrying, run, writing
from quizapp.db.upserts import upserts
from quizapp.formats.rosters import Line
from quizapp.services import auditing, outbox
from quizapp.services.accounts import Actor
from quizapp.services.outbox import Mail
from quizapp.services.teaching import cohorts


@dataclass(frozen=True)
class Outcome:
    """What became of a line, in words. `done`: invited now."""

    line: Line
    words: str
    done: bool = False


@dataclass(frozen=True)
class Waiting:
    """Somebody who was invited and has not joined."""

    email: str
    name: str
    at: dt.datetime


def invite(
    session: Session, actor: Actor, cohort_id: int, lines: Sequence[Line], join_url: str, now: dt.datetime
) -> tuple[Outcome, ...]:
    """Invite everybody on a list, in one deed; what each line came to, in the order of the list.

    `join_url`: where a code is typed. Raises Unfit for a cohort without a code, LookupError.
    """

    def deed() -> tuple[Outcome, ...]:
        with writing(session):
            cohort = cohorts.hold(session, actor, cohort_id)
            code = session.scalar(sa.select(Cohort.join_code).where(Cohort.id == cohort_id))
            if code is None:
                raise Unfit({"roster": "Nobody can join this cohort now. Make a code first."})
            outcomes, new = _sorted_out(session, cohort_id, lines)
            rows = [
                {
                    "cohort_id": cohort_id,
                    "email": line.email,
                    "name": line.name,
                    "lms_id": line.lms_id or None,
                    "by_id": actor.id,
                    "at": now,
                }
                for line in new
            ]
            if rows:
                run(session, _INVITE[session.get_bind().dialect.name], rows)
            mails = [
                _mail(cohort_id, cohort.title, actor.shown_name, line, cohorts.spell(code), join_url) for line in new
            ]
            outbox.queue_all(session, mails, now)
            auditing.record(
                session,
                actor_id=actor.id,
                deed="invite roster",
                subject=("cohort", cohort_id),
                details={"lines": len(lines), "invited": len(new)},
                now=now,
            )
            return outcomes

    return retrying(deed)


def _sorted_out(session: Session, cohort_id: int, lines: Sequence[Line]) -> tuple[tuple[Outcome, ...], list[Line]]:
    members = set(session.scalars(_MEMBERS, {"cohort": cohort_id}))
    invited = set(session.scalars(sa.select(Invitation.email).where(Invitation.cohort_id == cohort_id)))
    first: dict[str, int] = {}
    outcomes, new = [], []
    for line in lines:
        if line.problem:
            outcomes.append(Outcome(line, f"Left out. {line.problem}"))
        elif line.email in first:
            outcomes.append(Outcome(line, f"Left out. Line {first[line.email]} has the same address."))
        elif line.email in members:
            outcomes.append(Outcome(line, "Is in the cohort already."))
        elif line.email in invited:
            outcomes.append(Outcome(line, "Was invited before; there is no second mail."))
        else:
            outcomes.append(Outcome(line, "Invited.", done=True))
            new.append(line)
        first.setdefault(line.email, line.number)
    return tuple(outcomes), new


def _mail(cohort_id: int, title: str, teacher: str, line: Line, code: str, join_url: str) -> Mail:
    greeting = f"Dear {line.name},\n\n" if line.name else ""
    return Mail(
        event=f"invitation:{cohort_id}",
        recipient=line.email,
        subject=f"You are invited to “{title}”",
        body=(
            f"{greeting}{teacher} invites you to “{title}”.\n\n"
            f"Sign in, or open an account with this address, then go to\n\n  {join_url}\n\n"
            f"and type the code\n\n  {code}\n\n"
            "Before you join you are told who will see what. If you did not expect this mail, leave it.\n"
        ),
    )


def list_waiting(session: Session, actor: Actor, cohort_id: int) -> tuple[Waiting, ...]:
    """Who was invited and has not joined, by address. Raises LookupError."""
    cohorts.get_taught(session, actor, cohort_id)
    rows = run(session, _WAITING, {"cohort": cohort_id})
    return tuple(Waiting(row.email, row.name, row.at) for row in rows)


def withdraw(session: Session, actor: Actor, cohort_id: int, email: str) -> None:
    """Take an invitation back, so that the person may be invited anew under another name. Twice is harmless.

    The mail that was sent cannot be called back; its code still opens the cohort. Raises LookupError.
    """

    def deed() -> None:
        with writing(session):
            cohorts.hold(session, actor, cohort_id)
            own = (Invitation.cohort_id == cohort_id, Invitation.email == email)
            session.execute(sa.delete(Invitation).where(*own))

    retrying(deed)


_INVITE = upserts(table(Invitation), ("cohort_id", "email"))
_MEMBERS = (
    sa.select(User.email)
    .join(CohortMember, CohortMember.learner_id == User.id)
    .where(CohortMember.cohort_id == sa.bindparam("cohort"), CohortMember.left_at.is_(None))
)
_WAITING = (
    sa.select(Invitation.email, Invitation.name, Invitation.at)
    .where(Invitation.cohort_id == sa.bindparam("cohort"), Invitation.email.not_in(_MEMBERS))
    .order_by(Invitation.email)
)
