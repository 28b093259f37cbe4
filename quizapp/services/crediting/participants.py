"""Who takes part in an activity and how far each has come. Reads only; the record of one of them: records.py."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import claims
from quizapp.core.credit.claims import State, Terms
from quizapp.db.models import (
    ActivityVersion,
    Certificate,
    Claim,
    CreditProfile,
    Engagement,
    Evaluation,
    Participation,
    Revocation,
    Sitting,
    User,
)
from quizapp.db.session import run
from quizapp.services.accounts import Actor
from quizapp.services.crediting import claiming, scope
from quizapp.services.crediting.claiming import Taken
from quizapp.services.crediting.scope import Run

STANDS: Mapping[State, str] = {
    State.IN_PROGRESS: "has begun",
    State.ASSESSED: "passed",
    State.ATTESTED: "time attested",
    State.LOCKED: "no attempt left",
    State.ISSUED: "claimed",
    State.QUEUED: "in a report",
    State.ACCEPTED: "report accepted",
    State.REJECTED: "report rejected",
}
"""Where somebody stands, in a coordinator’s words, where the state has none that tell it by themselves."""
A_PAGE = 50
LONGEST_SEARCH = 100
STAGES: Mapping[str, str] = {
    "": "everybody",
    "begun": "not passed yet",
    "passed": "passed, nothing claimed",
    "claimed": "claimed",
    "rejected": "report came back with an error",
    "revoked": "revoked",
}
"""What a list of participants can be narrowed to."""


@dataclass(frozen=True)
class Counts:
    """How many have come how far; each has also done what stands before. `reading`: were busy in the lesson or beyond;
    `tested`: have handed in a test; `certificates`: that are good, with credit and without."""

    enrolled: int
    reading: int
    tested: int
    passed: int
    evaluated: int
    claimed: int
    certificates: int


def get_counts(session: Session, actor: Actor, activity_id: int) -> tuple[Run, Counts]:
    """Where everybody stands, in one statement. Raises LookupError."""
    found = scope.get_run(session, actor, activity_id)
    row = run(session, _COUNTS, {"activity": activity_id}).one()
    return found, Counts(
        row.enrolled, row.reading, row.tested, row.passed, row.evaluated, row.claimed, row.certificates
    )


@dataclass(frozen=True)
class Line:
    """A participant in the list. `state`: of the claim, or of taking part."""

    id: int
    name: str
    email: str
    profession: str
    edition: int
    enrolled_at: dt.datetime
    state: State
    engaged_seconds: int


@dataclass(frozen=True)
class List:
    """A page of participants. `after`: the last id, where more follow; else None."""

    run: Run
    rows: tuple[Line, ...]
    found: int
    after: int | None


def list_participants(
    session: Session,
    actor: Actor,
    activity_id: int,
    now: dt.datetime,
    *,
    stage: str = "",
    search: str = "",
    after: int = 0,
) -> List:
    """Participants in the order of their enrolment. `search`: a part of the name or address. The number of statements
    does not grow with that of participants. Raises LookupError."""
    found = scope.get_run(session, actor, activity_id)
    where = [Participation.activity_id == activity_id, *_narrowed(stage, search)]
    total = session.scalar(PEOPLE.with_only_columns(sa.func.count()).where(*where)) or 0
    rows = session.execute(
        PEOPLE.where(*where, Participation.id > after).order_by(Participation.id).limit(A_PAGE + 1)
    ).all()
    shown = rows[:A_PAGE]
    taken = {one.id: one for one in claiming.list_taken(session, Participation.id.in_([row.id for row in shown]))}
    terms = terms_of_editions(session, activity_id)
    lines = tuple(line_of(row, terms[row.version_id], taken[row.id], now) for row in shown)
    return List(found, lines, total, shown[-1].id if len(rows) > A_PAGE else None)


def _narrowed(stage: str, search: str) -> list[sa.ColumnElement[bool]]:
    claimed = sa.exists().where(Claim.participation_id == Participation.id)
    by_stage: Mapping[str, list[sa.ColumnElement[bool]]] = {
        "begun": [Participation.passed_at.is_(None)],
        "passed": [Participation.passed_at.is_not(None), ~claimed],
        "claimed": [claimed],
        "rejected": [claimed.where(Claim.state == State.REJECTED.value)],
        "revoked": [claimed.where(Claim.state == State.REVOKED.value)],
    }
    where = list(by_stage.get(stage, []))
    if wanted := search.strip()[:LONGEST_SEARCH]:
        named = (CreditProfile.name, User.name, User.email)
        where.append(sa.or_(*(one.icontains(wanted, autoescape=True) for one in named)))
    return where


def terms_of_editions(session: Session, activity_id: int) -> Mapping[int, Mapping[str, Terms]]:
    """Edition → terms by system; editions are few, and each costs two statements."""
    versions = session.scalars(sa.select(ActivityVersion.id).where(ActivityVersion.activity_id == activity_id)).all()
    return {one: claiming.terms_of(session, one) or {"": claiming.untested_terms(session, one)} for one in versions}


def line_of(row: Any, terms: Mapping[str, Terms], taken: Taken, now: dt.datetime) -> Line:
    """A row of PEOPLE as a line."""
    return Line(
        row.id,
        row.profile_name or row.name or "",
        row.email,
        row.profession,
        row.edition,
        row.enrolled_at,
        standing(terms, taken, now),
        taken.core.engaged_seconds,
    )


def standing(terms: Mapping[str, Terms], taken: Taken, now: dt.datetime) -> State:
    """Where somebody stands in the activity as a whole: with the first claim, or how far taking part has come."""
    if taken.claims:
        return next(iter(taken.claims.values()))
    return claims.state(next(iter(terms.values())), taken.core, now)


_mine = Participation.activity_id == sa.bindparam("activity")


def _having(*where: Any) -> Any:
    return sa.select(sa.func.count()).select_from(Participation).where(_mine, *where).scalar_subquery()


_closed = sa.exists().where(
    Sitting.participation_id == Participation.id, Sitting.purpose == "test", Sitting.closed_at.is_not(None)
)
_busy = sa.exists().where(Engagement.participation_id == Participation.id, Engagement.seconds > 0)
_sat = sa.exists().where(Sitting.participation_id == Participation.id)
_follower = sa.orm.aliased(Certificate)
_COUNTS = sa.select(
    _having().label("enrolled"),
    _having(sa.or_(_busy, _sat)).label("reading"),
    _having(_closed).label("tested"),
    _having(Participation.passed_at.is_not(None)).label("passed"),
    _having(sa.exists().where(Evaluation.participation_id == Participation.id)).label("evaluated"),
    _having(sa.exists().where(Claim.participation_id == Participation.id)).label("claimed"),
    sa.select(sa.func.count())
    .select_from(Certificate)
    .join(Participation, Participation.id == Certificate.participation_id)
    .where(
        _mine,
        ~sa.exists().where(Revocation.code == Certificate.code),
        ~sa.exists().where(_follower.supersedes == Certificate.code),
    )
    .scalar_subquery()
    .label("certificates"),
)
PEOPLE = (
    sa.select(
        Participation.id,
        Participation.activity_id,
        Participation.version_id,
        Participation.profession,
        Participation.enrolled_at,
        ActivityVersion.edition,
        CreditProfile.name.label("profile_name"),
        User.name,
        User.email,
    )
    .join(ActivityVersion, ActivityVersion.id == Participation.version_id)
    .join(User, User.id == Participation.learner_id)
    .outerjoin(CreditProfile, CreditProfile.learner_id == Participation.learner_id)
)
