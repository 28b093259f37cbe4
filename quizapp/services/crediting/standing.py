"""Where a learner stands in an activity, and what comes next. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import claims
from quizapp.core.credit.claims import Terms
from quizapp.db.models import Engagement, Participation
from quizapp.services.accounts import Actor
from quizapp.services.crediting import (
    attempts,
    claiming,
    delayed,
    enrolling,
    issuing,
    testing,
    verifying,
)
from quizapp.services.crediting.activities import Edition
from quizapp.services.crediting.attempts import BEFORE
from quizapp.services.crediting.claiming import Taken
from quizapp.services.crediting.engaging import LESSON
from quizapp.services.crediting.verifying import Held


class Next(StrEnum):
    """The one thing that comes next."""

    NOTHING = "nothing"
    ENROL = "enrol"
    BEFORE = "before"
    LESSON = "lesson"
    TEST = "test"
    GO_ON = "go on"
    """A test that runs."""
    EVALUATE = "evaluate"
    CLAIM = "claim"
    PARTICIPATION = "participation"
    """A certificate without credit."""
    MAKE = "make"
    """A claim was granted whose certificate is not made yet."""
    CERTIFICATE = "certificate"


@dataclass(frozen=True)
class Standing:
    """`why`: what keeps the next step from being taken, or from ever being taken, "" where nothing does. `before`:
    whether questions can still be answered before the lesson. `running`: the sitting to go on with. `terms`: of each
    system of credit; `claimable`: those in which this learner can claim; `further`: whether one is left after a
    claim in another, and can be claimed now."""

    edition: Edition
    participation_id: int | None
    next: Next
    why: str = ""
    taken: Taken | None = None
    before: bool = False
    read: bool = False
    running: int | None = None
    running_before: bool = False
    """Whether what runs is what is asked before the lesson."""
    terms: Mapping[str, Terms] = field(default_factory=dict)
    claimable: tuple[str, ...] = ()
    further: bool = False
    later: str | None = None
    """What can be answered now to show what is still known, `sitting.purpose`."""
    certificates: tuple[Held, ...] = ()

    @property
    def enrolled(self) -> bool:
        return self.participation_id is not None

    @property
    def passed(self) -> bool:
        return self.taken is not None and self.taken.passed_at is not None

    @property
    def evaluated(self) -> bool:
        return self.taken is not None and self.taken.core.evaluated

    @property
    def claimed(self) -> bool:
        return self.taken is not None and bool(self.taken.claims)


def find_taken(session: Session, actor: Actor, activity_id: int) -> Taken | None:
    """The learner’s participation in an activity."""
    found = claiming.list_taken(session, Participation.learner_id == actor.id, Participation.activity_id == activity_id)
    return found[0] if found else None


def get_standing(session: Session, actor: Actor, edition: Edition, now: dt.datetime) -> Standing:
    """Where the learner stands in the activity of this edition: the one of the enrolment for who is enrolled."""
    taken = find_taken(session, actor, edition.activity_id)
    if taken is None:
        closed = enrolling.why_closed(edition, now) or ""
        return Standing(edition, None, Next.NOTHING if closed else Next.ENROL, closed)
    designated = claiming.terms_of(session, taken.version_id)
    # Dates and the rules of the test are those of the edition, whichever credit is asked for.
    terms = next(iter(designated.values()), None) or claiming.untested_terms(session, taken.version_id)
    places = set(session.scalars(sa.select(Engagement.place).where(Engagement.participation_id == taken.id)))
    sat_before = attempts.list_sat(session, [taken.id], BEFORE)
    running = [one for one in (*sat_before, *taken.sat) if one.attempt.closed is None]
    claimable = tuple(slug for slug, one in designated.items() if _may_claim(one, taken, slug))
    standing = Standing(
        edition,
        taken.id,
        Next.NOTHING,
        taken=taken,
        before=not sat_before and not taken.sat and testing.may_begin_before(session, actor, edition),
        read=edition.lesson is None or LESSON in places,
        running=running[0].sitting_id if running and now < edition.expires else None,
        running_before=bool(running) and running[0].purpose == BEFORE,
        terms=designated,
        claimable=claimable,
        further=bool(taken.claims and claimable) and now <= claims.claimable_until(terms, taken.core),
        certificates=verifying.list_held(session, taken.id),
        later=delayed.find_open(session, actor, taken, edition, now),
    )
    step, why = _next(standing, terms, designated, taken, now)
    return replace(standing, next=step, why=why)


def _may_claim(terms: Terms, taken: Taken, system: str) -> bool:
    core = taken.core
    own = core.in_control and not terms.in_control_may_claim
    return core.profession in terms.professions and not own and system not in taken.claims


def _next(
    standing: Standing, terms: Terms, designated: Mapping[str, Terms], taken: Taken, now: dt.datetime
) -> tuple[Next, str]:
    if taken.claims or standing.certificates:
        owed = set(taken.claims).difference(one.system for one in standing.certificates)
        return (Next.MAKE if owed else Next.CERTIFICATE), ""
    through = taken.passed_at is not None or claims.passed(terms, taken.core)
    used = not through and len([one for one in taken.sat if one.attempt.closed]) >= terms.attempts
    if through or used:
        until = claims.claimable_until(terms, taken.core)
        if now > until:
            return (
                Next.NOTHING,
                "The time for claiming is over. The coordinator can reopen it if you took part in time.",
            )
        if not taken.core.evaluated:
            return Next.EVALUATE, claims.no_attempt_left(terms.attempts) if used else ""
        if through and issuing.may_claim_credit(designated, taken):
            return Next.CLAIM, ""
        return Next.PARTICIPATION, ""
    if standing.running is not None:
        return Next.GO_ON, ""
    refused = claims.refuse_attempt(terms, taken.core, now)
    if now > terms.expires:
        return Next.NOTHING, "This activity has expired. Nobody can take part after that, and it cannot be reopened."
    if standing.before and not standing.read:
        return Next.BEFORE, ""
    if not standing.read:
        return Next.LESSON, ""
    return Next.TEST, " ".join(refused.reasons) if refused else ""


def steps(standing: Standing) -> tuple[tuple[str, bool], ...]:
    """The way through the activity: name of each step, and whether it is done."""
    edition = standing.edition
    with_credit = standing.claimed or not standing.enrolled or bool(standing.claimable)
    way = [("Enrol", standing.enrolled)]
    if edition.lesson is not None:
        way.append(("Lesson", standing.read and standing.enrolled))
    way.append(("Test" if edition.lesson is not None else "Questions", standing.passed))
    way.append(("Evaluation", standing.evaluated))
    if with_credit:
        way.append(("Claim", standing.claimed))
    way.append(("Certificate", bool(standing.certificates)))
    return tuple(way)
