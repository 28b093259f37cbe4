"""From taking part to a certificate: where a participation stands, what may come next, and why a claim is refused.

    enrolled → in progress → assessed → evaluated → attested → issued → queued → reported → accepted

Beside this line: locked (no attempt is left), lapsed (a date has passed) and reopened by a coordinator, rejected by
whom it was reported to and corrected, superseded by a corrected certificate, revoked. Nothing is deleted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from quizapp.core.credit.amounts import CREDITS, QUARTER_MINUTES, counted, named, quarters_of, shown
from quizapp.core.credit.identifiers import problem_of_name
from quizapp.core.wording import count

SAY_WHY = "Say why; the record keeps it."
LONGEST_REOPENING = dt.timedelta(days=366)
"""A deadline further ahead is a slip of the keyboard."""


class State(StrEnum):
    """Where a participation stands. The values are stored."""

    ENROLLED = "enrolled"
    IN_PROGRESS = "in progress"
    ASSESSED = "assessed"
    EVALUATED = "evaluated"
    ATTESTED = "attested"
    LOCKED = "locked"
    LAPSED = "lapsed"
    ISSUED = "issued"
    QUEUED = "queued"
    REPORTED = "reported"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CORRECTED = "corrected"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


AFTERWARDS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.ISSUED: frozenset({State.QUEUED, State.SUPERSEDED, State.REVOKED}),
        State.QUEUED: frozenset({State.REPORTED, State.SUPERSEDED, State.REVOKED}),
        State.REPORTED: frozenset({State.ACCEPTED, State.REJECTED, State.SUPERSEDED, State.REVOKED}),
        State.ACCEPTED: frozenset({State.SUPERSEDED, State.REVOKED}),
        State.REJECTED: frozenset({State.CORRECTED, State.SUPERSEDED, State.REVOKED}),
        State.CORRECTED: frozenset({State.QUEUED, State.SUPERSEDED, State.REVOKED}),
        State.SUPERSEDED: frozenset({State.ISSUED}),
        State.REVOKED: frozenset(),
    }
)
"""State of a claim that was granted → the states it may go to. A certificate that was superseded is followed by the
corrected one, so its claim is issued again and told again."""


class Impossible(Exception):
    """A claim cannot go from the one state to the other; the sentence names both."""


def advance(state: State, to: State) -> State:
    """The state a granted claim goes to. Raises Impossible."""
    if to not in AFTERWARDS.get(state, frozenset()):
        raise Impossible(f"A claim that is {state} cannot become {to}.")
    return to


@dataclass(frozen=True)
class Terms:
    """What was designated in advance, of one edition of an activity for one system of credit. Times are moments.

    `step`, `maximum`: quarters. `minimum_percent`: of the marks, announced before. `attempts`: how often the test may
    be sat; `cool_down` between two. `objectives`: each must be sampled by a test that is passed; empty where nothing
    is tested. `in_control_may_claim`: whether authors and reviewers of the activity may claim it.
    """

    unit: str
    step: int
    maximum: int
    professions: frozenset[str]
    released: dt.datetime
    expires: dt.datetime
    claim_until: dt.datetime
    minimum_percent: int
    attempts: int
    cool_down: dt.timedelta
    objectives: frozenset[str]
    in_control_may_claim: bool = False


@dataclass(frozen=True)
class Attempt:
    """One sitting of the test. `closed`: None while it is open. `seen`: questions the learner had met before;
    `exhausted`: no unseen one was left for their objectives, and the record says so."""

    closed: dt.datetime | None
    earned: int
    possible: int
    objectives: frozenset[str]
    seen: int = 0
    exhausted: bool = False


@dataclass(frozen=True)
class Participation:
    """What a learner has done in an activity. `in_control`: an author or reviewer of it; `attested_minutes`: the time
    the learner says it took; `claim`: the state of a granted claim; `reopened_until`: a coordinator's new deadline for
    claiming, never for taking part."""

    profession: str
    engaged_seconds: int = 0
    attempts: tuple[Attempt, ...] = ()
    evaluated: bool = False
    attested_minutes: int | None = None
    claim: State | None = None
    in_control: bool = False
    reopened_until: dt.datetime | None = None


@dataclass(frozen=True)
class Refusal:
    """Why not, in sentences; at least one. `participation_only`: a certificate of participation can be offered."""

    reasons: tuple[str, ...]
    participation_only: bool = False


SECOND = Refusal(("You have claimed credit for this activity already. One claim is all it gives.",))


@dataclass(frozen=True)
class Award:
    """A claim that is granted, in quarters."""

    quarters: int


def shortfalls(terms: Terms, attempt: Attempt) -> tuple[str, ...]:
    """Why an attempt that is closed is not a pass; empty for a pass."""
    reasons = []
    if attempt.possible == 0 or attempt.earned * 100 < terms.minimum_percent * attempt.possible:
        verb = "is" if attempt.earned == 1 else "are"
        least = f"{terms.minimum_percent}\N{NO-BREAK SPACE}%"
        reasons.append(f"{attempt.earned} of {attempt.possible} marks {verb} fewer than the {least} announced.")
    if missing := len(terms.objectives - attempt.objectives):
        reasons.append(f"The test left out {missing} of {len(terms.objectives)} objectives, so it proves too little.")
    if attempt.seen and not attempt.exhausted:
        reasons.append(f"You had met {attempt.seen} of its questions before, so it proves too little.")
    return tuple(reasons)


def passed(terms: Terms, participation: Participation) -> bool:
    """Whether what must be assessed was; where nothing is tested, taking part is enough."""
    if not terms.objectives:
        return participation.engaged_seconds > 0
    return any(one.closed is not None and not shortfalls(terms, one) for one in participation.attempts)


def state(terms: Terms, participation: Participation, now: dt.datetime) -> State:
    """Where a participation stands. A date that passes changes it without anybody's doing."""
    if participation.claim is not None:
        return participation.claim
    through = passed(terms, participation)
    if now > (claimable_until(terms, participation) if through else terms.expires):
        return State.LAPSED
    if not through:
        if _attempts_used(terms, participation):
            return State.LOCKED
        begun = participation.engaged_seconds or participation.attempts
        return State.IN_PROGRESS if begun else State.ENROLLED
    if participation.attested_minutes is not None and participation.evaluated:
        return State.ATTESTED
    return State.EVALUATED if participation.evaluated else State.ASSESSED


def claimable_until(terms: Terms, participation: Participation) -> dt.datetime:
    """The last moment at which this learner may claim."""
    return max(terms.claim_until, participation.reopened_until or terms.claim_until)


def _attempts_used(terms: Terms, participation: Participation) -> bool:
    closed = sum(attempt.closed is not None for attempt in participation.attempts)
    return bool(terms.objectives) and closed >= terms.attempts


def refuse_attempt(terms: Terms, participation: Participation, now: dt.datetime) -> Refusal | None:
    """Why the test cannot be begun now, or None. Taking part ends at the expiry, whatever was reopened."""
    if now < terms.released:
        return Refusal(("This activity is not open yet.",))
    if now > terms.expires:
        return Refusal(("This activity has expired. Nobody can take part after that, and it cannot be reopened.",))
    if passed(terms, participation):
        return Refusal(("You have passed already. What remains is the evaluation and your claim.",))
    if _attempts_used(terms, participation):
        return Refusal((no_attempt_left(terms.attempts),), participation_only=True)
    ended = [attempt.closed for attempt in participation.attempts if attempt.closed is not None]
    if ended and now < max(ended) + terms.cool_down:
        left = max(ended) + terms.cool_down - now
        return Refusal((f"The next attempt opens {_in_words(left)} from now.",))
    return None


def no_attempt_left(attempts: int) -> str:
    return "The one attempt is used." if attempts == 1 else f"All {attempts} attempts are used."


def _in_words(left: dt.timedelta) -> str:
    minutes = -(-int(left.total_seconds()) // 60)
    if minutes < 120:
        return count(minutes, "minute")
    return f"{-(-minutes // 60)} hours"


def decide(terms: Terms, participation: Participation, quarters: int, now: dt.datetime) -> Award | Refusal:
    """Grant a claim of so many quarters, or say all that stands against it."""
    if participation.claim is not None:
        return SECOND
    reasons = [*_against_person(terms, participation), *_against_dates(terms, participation, now)]
    if not passed(terms, participation):
        reasons.append("The test has not been passed yet." if terms.objectives else "You have not taken part yet.")
    if not participation.evaluated:
        reasons.append("The evaluation has not been filled in yet.")
    if participation.attested_minutes is None:
        reasons.append("You have not said yet how much time it took.")
    reasons += _against_amount(terms, participation, quarters)
    if not reasons:
        return Award(quarters)
    return Refusal(tuple(reasons), participation_only=participation.profession not in terms.professions)


def _against_person(terms: Terms, participation: Participation) -> list[str]:
    reasons = []
    if participation.profession not in terms.professions:
        reasons.append(f"Your profession cannot claim {named(terms.unit)}. It can have a certificate of participation.")
    if participation.in_control and not terms.in_control_may_claim:
        reasons.append("You wrote or reviewed this activity, and its provider gives no credit for one’s own.")
    return reasons


def _against_dates(terms: Terms, participation: Participation, now: dt.datetime) -> list[str]:
    if now < terms.released:
        return ["This activity is not open yet."]
    if now > claimable_until(terms, participation):
        return ["The time for claiming is over. The coordinator can reopen it if you took part in time."]
    return []


def _against_amount(terms: Terms, participation: Participation, quarters: int) -> list[str]:
    if quarters <= 0:
        return ["Claim more than no credit at all."]
    if quarters % terms.step:
        return [f"Credit is claimed in steps of {shown(terms.step)}."]
    if quarters > terms.maximum:
        return [f"This activity was designated for at most {counted(terms.maximum, CREDITS)}."]
    minutes = participation.attested_minutes
    if minutes is not None and quarters > quarters_of(minutes):
        stand = "stands" if quarters == 4 else "stand"
        needed = quarters * QUARTER_MINUTES
        return [f"{counted(quarters, CREDITS)} {stand} for {needed} minutes; you said it took {minutes}."]
    return []


def most(terms: Terms, participation: Participation) -> int:
    """The most quarters this learner can claim: what was designated, or what the attested time carries, in steps."""
    minutes = participation.attested_minutes
    top = terms.maximum if minutes is None else min(terms.maximum, quarters_of(minutes))
    return top - top % terms.step


def refuse_reopening(
    terms: Terms, participation: Participation, *, may: bool, reason: str, until: dt.datetime, now: dt.datetime
) -> Refusal | None:
    """Why claiming cannot be reopened for a learner, or None. `may`: whether who asks is a coordinator of it."""
    reasons = []
    if not may:
        reasons.append("Only a coordinator of this activity can reopen claiming.")
    if participation.claim is not None:
        reasons.append("This claim was granted; there is nothing to reopen. A certificate is corrected or revoked.")
    elif not passed(terms, participation):
        reasons.append("The learner did not finish taking part in time, and taking part cannot be reopened.")
    if not reason.strip():
        reasons.append(SAY_WHY)
    if until <= now:
        reasons.append("The new deadline must lie ahead.")
    if until > now + LONGEST_REOPENING:
        reasons.append("The new deadline lies more than a year ahead; choose an earlier day.")
    return Refusal(tuple(reasons)) if reasons else None


def refuse_without_credit(terms: Terms, participation: Participation, now: dt.datetime) -> Refusal | None:
    """Why no certificate of participation can be had, or None. It carries no credit, so it asks for less: taking part
    in time, and the evaluation. Whether credit could be had instead is for whoever offers it to see."""
    reasons = _against_dates(terms, participation, now)
    closed = any(attempt.closed is not None for attempt in participation.attempts)
    if terms.objectives and not closed:
        reasons.append("The test has not been sat yet.")
    elif not terms.objectives and participation.engaged_seconds == 0:
        reasons.append("You have not taken part yet.")
    elif not passed(terms, participation) and not _attempts_used(terms, participation):
        reasons.append("The test has not been passed yet, and you can sit it again.")
    if not participation.evaluated:
        reasons.append("The evaluation has not been filled in yet.")
    return Refusal(tuple(reasons)) if reasons else None


def refuse_correction(
    terms: Terms, participation: Participation, quarters: int, name: str, *, may: bool, reason: str
) -> Refusal | None:
    """Why a certificate cannot be superseded by one with this amount and name, or None. More than was designated, or
    than the time that was attested carries, is not to be had by correcting either."""
    reasons = []
    if not may:
        reasons.append("Only a coordinator of this activity can correct a certificate.")
    if participation.claim is None:
        reasons.append("No credit was claimed, so there is nothing to correct.")
    elif participation.claim is State.REVOKED:
        reasons.append("This certificate was revoked, and what was revoked stays so.")
    reasons += _against_amount(terms, participation, quarters)
    if problem := problem_of_name(name):
        reasons.append(problem)
    if not reason.strip():
        reasons.append(SAY_WHY)
    return Refusal(tuple(reasons)) if reasons else None


def refuse_revocation(*, may: bool, reason: str) -> Refusal | None:
    """Why a certificate cannot be revoked, or None."""
    reasons = []
    if not may:
        reasons.append("Only a coordinator of this activity can revoke a certificate.")
    if not reason.strip():
        reasons.append(SAY_WHY)
    return Refusal(tuple(reasons)) if reasons else None
