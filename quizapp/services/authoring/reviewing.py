"""The way of a draft to its approval: asked for, withdrawn, sent back, approved. Each step is kept.

Who has changed a draft may not approve it. An owner whose bank has nobody else to review may, with a reason. A change
takes an approval away (`drafting.save_draft`), so what is published is what was approved.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import BankMember, Content, Decision, Draft, User, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import auditing, outbox
from quizapp.services.accounts import Actor
from quizapp.services.authoring.drafting import Opened, StaleDraft, open_draft
from quizapp.services.authoring.scope import Right

LONGEST_REASON = 2_000
ASKED, WITHDRAWN, SENT_BACK, APPROVED = "asked", "withdrawn", "sent_back", "approved"
_STEPS = {
    ASKED: ("draft", "in_review", "write"),
    WITHDRAWN: ("in_review", "draft", "write"),
    SENT_BACK: ("in_review", "draft", "review"),
    APPROVED: ("in_review", "approved", "review"),
}
"""Step → the state it is taken from, the one it leads to, the right it asks for."""


class Refused(Exception):
    """The step cannot be taken. The sentence says why; nothing was changed."""


@dataclass(frozen=True)
class Step:
    """A step that was taken. `by` is a name."""

    decision: str
    reason: str
    by: str
    at: dt.datetime


@dataclass(frozen=True)
class Approval:
    """Whether the actor may approve a draft. `alone`: only with a reason, because nobody else could; `refusal`: why
    not, "" where they may."""

    alone: bool = False
    refusal: str = ""


def ask(session: Session, actor: Actor, content_id: int, *, based_on_revision: int, now: dt.datetime) -> None:
    """Ask for a review; whoever may review is told by mail. Raises LookupError, StaleDraft, Refused."""
    _take(session, actor, content_id, ASKED, "", based_on_revision, now)


def withdraw(session: Session, actor: Actor, content_id: int, *, based_on_revision: int, now: dt.datetime) -> None:
    """Take the draft back from its reviewers. Raises LookupError, StaleDraft, Refused."""
    _take(session, actor, content_id, WITHDRAWN, "", based_on_revision, now)


def send_back(
    session: Session, actor: Actor, content_id: int, reason: str, *, based_on_revision: int, now: dt.datetime
) -> None:
    """Ask for changes; the writers are told by mail. Raises LookupError, StaleDraft, Refused."""
    if not reason.strip():
        raise Refused("Say in a few words what is to be changed.")
    _take(session, actor, content_id, SENT_BACK, reason.strip(), based_on_revision, now)


def approve(
    session: Session, actor: Actor, content_id: int, reason: str, *, based_on_revision: int, now: dt.datetime
) -> None:
    """Approve exactly what was read. Raises LookupError, StaleDraft, Refused."""
    _take(session, actor, content_id, APPROVED, reason.strip(), based_on_revision, now)


def may_approve(session: Session, actor: Actor, opened: Opened) -> Approval:
    """Whether the actor could approve this draft once it is in review."""
    if not opened.lets("review"):
        return Approval(refusal="Only an owner or a reviewer of the bank may approve.")
    if actor.id not in opened.writers:
        return Approval()
    if _others(session, opened, except_id=actor.id):
        return Approval(refusal="You have changed this draft yourself; somebody else must approve it.")
    return Approval(alone=True)


def steps_of(session: Session, content_id: int) -> tuple[Step, ...]:
    """The steps of an entry, newest first."""
    rows = session.execute(
        sa.select(Decision.decision, Decision.reason, User.name, User.email, Decision.at)
        .join(User, User.id == Decision.by_id)
        .where(Decision.content_id == content_id)
        .order_by(Decision.id.desc())
    )
    return tuple(Step(row.decision, row.reason, row.name or row.email, row.at) for row in rows)


def _take(
    session: Session,
    actor: Actor,
    content_id: int,
    decision: str,
    reason: str,
    based_on_revision: int,
    now: dt.datetime,
) -> None:
    before, after, right = _STEPS[decision]
    if len(reason) > LONGEST_REASON:
        raise Refused(f"A reason can hold {LONGEST_REASON:,} characters; this one has {len(reason):,}.")

    def deed() -> None:
        with writing(session, Lock(content=content_id)):
            opened = open_draft(session, actor, content_id, right=_RIGHT[right])
            if not opened.is_draft:
                raise Refused("There is no draft to be reviewed; it was published or discarded meanwhile.")
            if opened.state == after:
                return  # the same click twice
            if based_on_revision != opened.revision:
                raise StaleDraft(opened.body, opened.by, opened.at, opened.revision)
            if opened.state != before:
                raise Refused(_OUT_OF_TURN[decision])
            if decision == APPROVED:
                _check_approval(session, actor, opened, reason)
            session.execute(sa.update(table(Draft)).where(Draft.content_id == content_id).values(state=after))
            session.add(
                Decision(
                    content_id=content_id,
                    revision=opened.revision,
                    decision=decision,
                    reason=reason,
                    by_id=actor.id,
                    at=now,
                )
            )
            session.flush()
            _tell(session, actor, opened, decision, reason, now)
            if decision == APPROVED:
                auditing.record(
                    session,
                    actor_id=actor.id,
                    deed="approve",
                    subject=(opened.kind, opened.slug),
                    details={"revision": opened.revision, "reason": reason, "alone": actor.id in opened.writers},
                    now=now,
                )

    retrying(deed)


_RIGHT: dict[str, Right] = {"write": "write", "review": "review"}
_OUT_OF_TURN = {
    ASKED: "This draft is with its reviewers or approved already.",
    WITHDRAWN: "This draft is not in review.",
    SENT_BACK: "This draft is not in review.",
    APPROVED: "Nobody has asked for a review of this draft, or it was taken back.",
}


def _check_approval(session: Session, actor: Actor, opened: Opened, reason: str) -> None:
    approval = may_approve(session, actor, opened)
    if approval.refusal:
        raise Refused(approval.refusal)
    if approval.alone and not reason:
        raise Refused("You have written this draft yourself. Say why it needs no second pair of eyes.")


def _others(session: Session, opened: Opened, *, except_id: int) -> list[sa.Row[int, str]]:
    """Who else may review this entry: owners and reviewers of its bank who have not changed the draft."""
    query = (
        sa.select(User.id, User.email)
        .join(BankMember, BankMember.user_id == User.id)
        .where(
            BankMember.bank_id.in_(_banks(opened)),
            BankMember.role.in_(("owner", "reviewer")),
            User.active,
            User.id != except_id,
            User.id.not_in(opened.writers),
        )
        .distinct()
    )
    return list(session.execute(query.order_by(User.id)))


def _banks(opened: Opened) -> sa.Select[int]:
    """The bank of an item; for a lesson all banks of its topic."""
    home = sa.select(Content.home_id).where(Content.id == opened.content_id).scalar_subquery()
    if opened.kind == "item":
        return sa.select(Content.id).where(Content.id == home)
    return sa.select(Content.id).where(Content.kind == "bank", Content.home_id == home)


def _tell(session: Session, actor: Actor, opened: Opened, decision: str, reason: str, now: dt.datetime) -> None:
    """Mail to those who now have something to do."""
    if decision == ASKED:
        wanted = [row.email for row in _others(session, opened, except_id=actor.id)]
        subject, first = f"For review: {opened.slug}", f"{actor.shown_name} asks for a review of {opened.slug}."
    elif decision in (SENT_BACK, APPROVED):
        query = sa.select(User.email).where(User.id.in_(opened.writers), User.id != actor.id, User.active)
        wanted = list(session.scalars(query.order_by(User.id)))
        subject = f"{'Approved' if decision == APPROVED else 'Changes asked for'}: {opened.slug}"
        word = "has approved" if decision == APPROVED else "has sent back"
        first = f"{actor.shown_name} {word} {opened.slug}."
    else:
        return
    body = "\n\n".join([first, *([reason] if reason else []), "It waits for you under “Author”."])
    for email in wanted:
        event = f"review/{opened.content_id}/{opened.revision}/{decision}"
        outbox.queue(session, outbox.Mail(event, email, subject, f"{body}\n"), now)
