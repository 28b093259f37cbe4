"""An approved draft becomes what readers get; or what they get is withdrawn, or an older version comes back.

How a version is brought to readers stands in `releasing`; here is what has to be so before.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import ContentVersion, Draft, Publication, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.services.accounts import Actor
from quizapp.services.authoring import judging
from quizapp.services.authoring.drafting import Opened, StaleDraft, open_draft
from quizapp.services.authoring.judging import Judgement
from quizapp.services.authoring.releasing import (
    AS_PROPOSED,
    PUBLISH,
    RETIRE,
    REVERT,
    Choice,
    Live,
    Release,
    bring,
    hold,
)
from quizapp.services.authoring.reviewing import Refused

Json = dict[str, Any]


def examine(session: Session, opened: Opened, now: dt.datetime) -> Judgement:
    """What stands in the way of publishing this draft. Reads only."""
    return judging.judge(session, opened.kind, opened.body, home=opened.bank.slug, today=now.date())


def publish(
    session: Session,
    actor: Actor,
    content_id: int,
    choice: Choice = AS_PROPOSED,
    *,
    based_on_revision: int,
    now: dt.datetime,
) -> Live:
    """Publish an approved draft. Raises LookupError, StaleDraft, Refused, NotReady, Outdated."""
    opened = open_draft(session, actor, content_id, right="write")
    if opened.is_draft and opened.state != "approved":
        raise Refused("This draft has not been approved yet.")
    return bring(
        session, Release(actor, opened, opened.body, choice, PUBLISH, now), based_on_revision=based_on_revision
    )


def retire(
    session: Session,
    actor: Actor,
    content_id: int,
    choice: Choice = AS_PROPOSED,
    *,
    based_on_revision: int,
    now: dt.datetime,
) -> Live:
    """Withdraw what is published: nobody is asked it any more, answers and their reasons stay readable.

    Raises LookupError, StaleDraft, Refused; NotReady where something published needs it.
    """
    opened = open_draft(session, actor, content_id, right="write")
    if not opened.is_published:
        raise Refused("This is not published.")
    if opened.is_draft:
        raise Refused("There is a draft. Publish or discard it first.")
    return bring(session, Release(actor, opened, opened.body, choice, RETIRE, now), based_on_revision=based_on_revision)


def revert(
    session: Session,
    actor: Actor,
    content_id: int,
    number: int,
    choice: Choice = AS_PROPOSED,
    *,
    based_on_revision: int,
    now: dt.datetime,
) -> Live:
    """Publish an older version again, as a new one. It was published once, so it needs no second approval.

    Raises LookupError, StaleDraft, Refused; NotReady where it would not pass today.
    """
    opened = open_draft(session, actor, content_id, right="write")
    if opened.is_draft:
        raise Refused("There is a draft. Publish or discard it first.")
    body = session.scalar(
        sa.select(ContentVersion.body).where(
            ContentVersion.content_id == content_id,
            ContentVersion.number == number,
            ContentVersion.id.in_(sa.select(Publication.new_version_id)),
        )
    )
    if body is None:
        raise LookupError(number)
    choice = replace(choice, note=choice.note or f"Back to version {number}")
    return bring(session, Release(actor, opened, body, choice, REVERT, now), based_on_revision=based_on_revision)


def begin_from(session: Session, actor: Actor, content_id: int, *, based_on_revision: int, now: dt.datetime) -> None:
    """Let a draft stand on the newest version, whose changes its author has seen. Raises LookupError, StaleDraft."""

    def deed() -> None:
        with writing(session, Lock(content=content_id)):
            opened = open_draft(session, actor, content_id, right="write")
            if based_on_revision != opened.revision:
                raise StaleDraft(opened.body, opened.by, opened.at, opened.revision)
            held = hold(session, opened)
            if opened.is_draft and held is not None and held.current_id != opened.based_on_id:
                rebased = sa.update(table(Draft)).where(Draft.content_id == content_id)
                session.execute(rebased.values(based_on_id=held.current_id, state="draft"))

    retrying(deed)
