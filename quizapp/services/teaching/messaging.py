"""A message to a cohort: one mail to each learner, so that no address is told to another."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import Unfit
from quizapp.db.models import CohortMember, User
from quizapp.db.session import retrying, writing
from quizapp.services import auditing, outbox
from quizapp.services.accounts import Actor
from quizapp.services.outbox import Mail
from quizapp.services.teaching import cohorts

LONGEST_SUBJECT = 150
LONGEST_TEXT = 5_000


def send(session: Session, actor: Actor, cohort_id: int, *, subject: str, text: str, key: str, now: dt.datetime) -> int:
    """Queue a message for everybody in the cohort; returns to how many. `key` comes from the form: the same key again
    sends nothing. Raises Unfit, LookupError.
    """
    subject, text = " ".join(subject.split()), text.strip()
    problems = {}
    if not subject or len(subject) > LONGEST_SUBJECT:
        problems["subject"] = f"Write a subject of at most {LONGEST_SUBJECT} characters."
    if not text or len(text) > LONGEST_TEXT:
        problems["text"] = f"Write a message of at most {LONGEST_TEXT:,} characters."
    if problems:
        raise Unfit(problems)

    def deed() -> int:
        with writing(session):
            cohort = cohorts.hold(session, actor, cohort_id)
            recipients = session.scalars(
                sa.select(User.email)
                .join(CohortMember, CohortMember.learner_id == User.id)
                .where(CohortMember.cohort_id == cohort_id, CohortMember.left_at.is_(None), User.active)
                .order_by(User.id)
            ).all()
            body = f"{text}\n\n-- \n{actor.shown_name}, to everybody in “{cohort.title}”\n"
            mails = [Mail(f"message:{cohort_id}:{key[:40]}", email, subject, body) for email in recipients]
            queued = outbox.queue_all(session, mails, now)
            if queued:
                auditing.record(
                    session,
                    actor_id=actor.id,
                    deed="write to cohort",
                    subject=("cohort", cohort_id),
                    details={"subject": subject, "recipients": queued},
                    now=now,
                )
            return queued

    return retrying(deed)
