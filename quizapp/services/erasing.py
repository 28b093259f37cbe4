"""Erasing a person: the account is closed, what identifies them is gone, and the log keeps its sums under a tombstone.

What is erased and what stays is listed column by column in `services.personal`. Of claimed credit the record stays for
six years (`crediting.retention`); its end is the night’s work.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import secrets
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import (
    Accommodation,
    ActivityCoordinator,
    AuditDetail,
    AuditEvent,
    BankMember,
    Certificate,
    Challenge,
    Claim,
    CohortMember,
    CohortStaff,
    Erasure,
    ExamDate,
    ExternalCredit,
    InControl,
    Invitation,
    LearnerSettings,
    LoginSession,
    Mark,
    Note,
    Outbox,
    Participation,
    Presentation,
    ProblemReport,
    Response,
    SavedAnswer,
    Sitting,
    User,
    UserRole,
    WebAuthn,
    table,
)
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import auditing
from quizapp.services.accounts import UnknownPerson
from quizapp.services.crediting import retention
from quizapp.services.crediting.retention import ERASED
from quizapp.services.crediting.vault import Locked, Vault

_log = logging.getLogger(__name__)
NOBODY = "Erased person"
"""The name of a tombstone, wherever the name of somebody who taught, wrote or took part is shown."""
SWEPT = dt.timedelta(days=2)
"""So long after an erasure it is done again at night: a page that was open then may have sent something since."""
_RESTS = dt.timedelta(hours=1)


class LastAdministrator(Exception):
    """Nobody else could run the site."""


@dataclass(frozen=True)
class Outlook:
    """What an erasure would do, in numbers. `kept_until`: None where no credit is on record."""

    answers: int
    notes: int
    external: int
    claims: int
    certificates: int
    kept_until: dt.datetime | None
    cohorts: int
    banks: int
    activities: int
    controls: int
    last_administrator: bool


def get_outlook(session: Session, user_id: int) -> Outlook:
    """What an erasure of this person would do."""
    own = sa.select(Participation.id).where(Participation.learner_id == user_id)
    counts = {
        "answers": _count(Response.learner_id == user_id),
        "notes": _count(Note.learner_id == user_id),
        "external": _count(ExternalCredit.learner_id == user_id, ExternalCredit.withdrawn_at.is_(None)),
        "claims": _count(Claim.learner_id == user_id),
        "certificates": _count(Certificate.participation_id.in_(own)),
        "cohorts": _count(CohortStaff.user_id == user_id),
        "banks": _count(BankMember.user_id == user_id),
        "activities": _count(ActivityCoordinator.user_id == user_id),
        "controls": _count(InControl.user_id == user_id),
    }
    found = session.execute(sa.select(*(count.label(name) for name, count in counts.items()))).mappings().one()
    return Outlook(
        **found,
        kept_until=retention.kept_until(session, user_id),
        last_administrator=_is_last_administrator(session, user_id),
    )


def _count(*where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(*where).scalar_subquery()


def _is_last_administrator(session: Session, user_id: int) -> bool:
    others = (
        sa.select(UserRole.user_id)
        .join(User, User.id == UserRole.user_id)
        .where(UserRole.name == "administrator", User.active)
    )
    return set(session.scalars(others)) == {user_id}


def erase(session: Session, user_id: int, *, by_id: int | None, now: dt.datetime) -> dt.datetime | None:
    """Erase a person and say until when the record of claimed credit is kept (None: there is none). `by_id`: who asked
    for it. Twice is harmless. Raises UnknownPerson, LastAdministrator."""

    def deed() -> dt.datetime | None:
        with writing(session, Lock(learner=user_id)):
            person = session.execute(sa.select(User.email, User.name).where(User.id == user_id)).one_or_none()
            if person is None:
                raise UnknownPerson(user_id)
            done = session.get(Erasure, user_id)
            if done is not None:
                return done.kept_until
            if _is_last_administrator(session, user_id):
                raise LastAdministrator
            until = retention.kept_until(session, user_id)
            _close_account(session, user_id, now)
            _erase_texts(session, user_id, now, email=person.email, name=person.name, recorded=until is not None)
            address = _digest(secrets.token_hex(16), person.email)
            row = {"user_id": user_id, "by_id": by_id, "at": now, "kept_until": until, "address": address}
            session.execute(sa.insert(table(Erasure)), row)
            auditing.record(
                session,
                actor_id=by_id,
                deed="erase person",
                subject=("person", user_id),
                details={"record kept until": until.date().isoformat() if until else "nothing is kept"},
                now=now,
            )
            return until

    return retrying(deed)


def work_due(session: Session, vault: Vault, now: dt.datetime) -> int:
    """What time asks of those who were erased: to look once more for what came in while they were, and to end the
    record of credit when its six years are over. Gives how many erasures were ended.

    One that cannot be ended, because a key was lost, is told to the log each night and keeps nothing else waiting.
    """
    swept = sa.or_(Erasure.at > now - SWEPT, Erasure.address.is_not(None))
    over = sa.or_(Erasure.kept_until.is_(None), Erasure.kept_until <= now)
    due = session.scalars(
        sa.select(Erasure.user_id)
        .where(Erasure.ended_at.is_(None), Erasure.at <= now - _RESTS, sa.or_(swept, over))
        .order_by(Erasure.user_id)
    ).all()
    session.rollback()
    ended = 0
    for user_id in due:
        try:
            ended += retrying(partial(_end, session, vault, user_id, now))
        except Locked as locked:
            session.rollback()
            _log.error("The record of credit of person %d could not be ended. %s", user_id, locked)
    return ended


def _end(session: Session, vault: Vault, user_id: int, now: dt.datetime) -> bool:
    with writing(session, Lock(learner=user_id)):
        held = session.execute(
            sa.select(Erasure.kept_until, Erasure.at, Erasure.address).where(
                Erasure.user_id == user_id, Erasure.ended_at.is_(None)
            )
        ).one_or_none()
        if held is None:
            return False
        over = held.kept_until is None or held.kept_until <= now
        session.execute(sa.update(User).where(User.id == user_id).values(name=NOBODY, active=False))
        _erase_texts(session, user_id, now, email="", name="", recorded=not over)
        if held.address:
            _sweep_mail(session, held.address, held.at)
        if over or held.at <= now - SWEPT:
            session.execute(sa.update(Erasure).where(Erasure.user_id == user_id).values(address=None))
        if not over:
            return False
        retention.end_record(session, vault, user_id)
        session.execute(sa.update(Erasure).where(Erasure.user_id == user_id).values(ended_at=now))
        if held.kept_until is not None:
            auditing.record(session, actor_id=None, deed="end record", subject=("person", user_id), details={}, now=now)
        return True


def _close_account(session: Session, user_id: int, now: dt.datetime) -> None:
    """Leave a tombstone: nobody can sign in, and nothing in the row is the person’s."""
    session.execute(
        sa.update(User)
        .where(User.id == user_id)
        .values(
            email=f"erased-{user_id}-{secrets.token_hex(8)}@erased.invalid",
            name=NOBODY,
            password=None,
            active=False,
            confirmed_at=None,
            fs_uniquifier=secrets.token_hex(16),
            fs_webauthn_user_handle=None,
            tf_primary_method=None,
            tf_totp_secret=None,
            totp_last_counter=None,
            mf_recovery_codes=None,
            update_datetime=now,
        )
    )


def _erase_texts(session: Session, user_id: int, now: dt.datetime, *, email: str, name: str, recorded: bool) -> None:
    """Everything but the account itself; twice is harmless. `email`, `name`: as they were, "" the second time."""
    for model in (LoginSession, WebAuthn, UserRole, LearnerSettings, ExamDate, BankMember, CohortStaff, Accommodation):
        session.execute(sa.delete(model).where(table(model).c.user_id == user_id))
    session.execute(sa.delete(ActivityCoordinator).where(ActivityCoordinator.user_id == user_id))
    for own in (Mark, Note):
        session.execute(sa.delete(own).where(table(own).c.learner_id == user_id))
    moment = sa.literal(now, type_=User.create_datetime.type)
    session.execute(
        sa.update(CohortMember)
        .where(CohortMember.learner_id == user_id)
        .values(lms_id=None, practice_visible=False, left_at=sa.func.coalesce(CohortMember.left_at, moment))
    )
    session.execute(
        sa.update(ProblemReport)
        .where(ProblemReport.learner_id == user_id)
        .values(text=ERASED, reply="", resolved_at=sa.func.coalesce(ProblemReport.resolved_at, moment))
    )
    session.execute(
        sa.update(Challenge)
        .where(Challenge.learner_id == user_id)
        .values(reason=ERASED, answer="", answered_at=sa.func.coalesce(Challenge.answered_at, moment))
    )
    _erase_answers(session, user_id, now)
    retention.erase_around(session, user_id, now, recorded=recorded)
    _erase_details(session, user_id, email=email, name=name)
    if email:
        _erase_mail(session, email, name)


def _erase_answers(session: Session, user_id: int, now: dt.datetime) -> None:
    """What was typed; what was chosen, marks and classes stay, so that counters and replay still agree."""
    shown = sa.select(Presentation.id).where(Presentation.learner_id == user_id)
    session.execute(sa.delete(SavedAnswer).where(SavedAnswer.presentation_id.in_(shown)))
    session.execute(
        sa.update(Sitting).where(Sitting.learner_id == user_id, Sitting.closed_at.is_(None)).values(closed_at=now)
    )
    as_text = sa.cast(Response.answer, sa.Text)
    typed = session.execute(
        sa.select(Response.id, Response.answer).where(
            Response.learner_id == user_id,
            Response.answer.is_not(None),
            sa.or_(*(as_text.contains(f'"{name}"', autoescape=True) for name in ("text", "blanks"))),
        )
    ).all()
    changes = [{"held": row.id, "erased": without_words(row.answer)} for row in typed]
    if changes:
        held = table(Response)
        change = sa.update(held).where(held.c.id == sa.bindparam("held")).values(answer=sa.bindparam("erased"))
        session.connection().execute(change, changes)


def without_words(answer: dict[str, Any]) -> dict[str, Any]:
    """A stored answer without what was typed into it."""
    words: dict[str, Any] = {}
    if "text" in answer:
        words["text"] = ERASED
    if "blanks" in answer:
        words["blanks"] = dict.fromkeys(answer["blanks"], ERASED)
    return answer | words


def _erase_details(session: Session, user_id: int, *, email: str, name: str) -> None:
    """The details of the audit that this person caused, is the subject of, or is named in. The chain holds without."""
    own = sa.select(Participation.id).where(Participation.learner_id == user_id)
    subjects = {
        "person": sa.select(sa.cast(sa.literal(user_id), sa.String)),
        "participation": sa.select(sa.cast(Participation.id, sa.String)).where(Participation.learner_id == user_id),
        "claim": sa.select(sa.cast(Claim.id, sa.String)).where(Claim.learner_id == user_id),
        "certificate": sa.select(Certificate.code).where(Certificate.participation_id.in_(own)),
    }
    about = [sa.and_(AuditEvent.subject_kind == kind, AuditEvent.subject_id.in_(ids)) for kind, ids in subjects.items()]
    # What the erasure itself tells is no detail of the person.
    theirs = sa.select(AuditEvent.number).where(
        sa.or_(AuditEvent.actor_id == user_id, *about), AuditEvent.deed.not_in(("erase person", "end record"))
    )
    session.execute(sa.delete(AuditDetail).where(AuditDetail.number.in_(theirs)))
    text = sa.cast(AuditDetail.details, sa.Text)
    # Signs beyond ASCII are escaped in stored JSON. A name of one word would meet strangers.
    words = {json.dumps(word)[1:-1] for word in (email, name if " " in name else "")} | {email}
    named = [text.contains(word, autoescape=True) for word in sorted(words) if word]
    if named:
        session.execute(sa.delete(AuditDetail).where(sa.or_(*named)))


def _digest(salt: str, email: str) -> str:
    return f"{salt}:{sha256(f'{salt}{email.strip().lower()}'.encode()).hexdigest()}"


def _sweep_mail(session: Session, address: str, since: dt.datetime) -> None:
    """Delete what was queued to the erased address by a deed that had read it before."""
    salt, _, _ = address.partition(":")
    queued = session.execute(sa.select(Outbox.id, Outbox.recipient).where(Outbox.created_at > since - _RESTS))
    late = [row.id for row in queued if _digest(salt, row.recipient) == address]
    session.execute(sa.delete(Outbox).where(Outbox.id.in_(late)))


def _erase_mail(session: Session, email: str, name: str) -> None:
    session.execute(sa.delete(Invitation).where(Invitation.email == email))
    session.execute(sa.delete(Outbox).where(Outbox.recipient == email))
    # Mail to others that has gone out: a full name is looked for, a short one would meet strangers.
    words = [email, *([name] if " " in name and len(name) > 5 else [])]
    named = [column.contains(word, autoescape=True) for word in words for column in (Outbox.subject, Outbox.body)]
    session.execute(
        sa.update(Outbox)
        .where(sa.or_(*named), Outbox.sent_at.is_not(None))
        .values(subject=ERASED, body=ERASED, html=None, last_error=None)
    )
