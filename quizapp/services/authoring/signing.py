"""A clinician's word for a question, given where it is read: it names exactly the version that stood on the page.

It is part of the entry, as in a file (`formats.signing`), and lapses when a word changes that was read. It is no
approval: that the words are sound clinically and that they make a good question are two judgements.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Draft, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.formats import signing
from quizapp.formats.native import ItemHead
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.authoring import drafting, judging
from quizapp.services.authoring.drafting import StaleDraft, open_draft
from quizapp.services.authoring.releasing import SIGN, Choice, Release, bring
from quizapp.services.authoring.reviewing import Refused

Json = dict[str, Any]

LONGEST = 120


def sign(
    session: Session,
    actor: Actor,
    content_id: int,
    *,
    by: str,
    credentials: str,
    based_on_revision: int,
    now: dt.datetime,
) -> None:
    """Sign the draft as it was read, or what is published where there is none. Signing twice is signing once.

    A draft keeps its state; a published question gets a minor version that differs in nothing else. Raises LookupError
    for whoever may not review, StaleDraft, Refused.
    """
    by, credentials = " ".join(by.split()), " ".join(credentials.split())
    if not by or not credentials or len(by) > LONGEST or len(credentials) > LONGEST:
        raise Refused(f"A sign-off needs a name and a title with field, such as “MD, psychiatrist”; at most {LONGEST}.")
    opened = open_draft(session, actor, content_id, right="review")
    if opened.kind != "item":
        raise LookupError(content_id)
    if based_on_revision != opened.revision:
        raise StaleDraft(opened.body, opened.by, opened.at, opened.revision)
    fields = judging.read("item", opened.body)[0]
    if not isinstance(fields, ItemHead):
        raise Refused("This is no whole question yet; mend what stands in the way first.")
    version = signing.version_of(fields)
    signoff = {"by": by, "credentials": credentials, "on": now.date().isoformat(), "version": version}
    if opened.body.get("signoff") == signoff:
        return
    signed = opened.body | {"signoff": signoff}
    if judging.read("item", signed)[0] is None:
        raise Refused("This name or title cannot be kept; use plain words.")
    if not opened.is_draft:
        if not opened.is_published:
            raise Refused("This is withdrawn; nobody reads it.")
        release = Release(actor, opened, signed, Choice(note=f"Signed by {by}"), SIGN, now)
        bring(session, release, based_on_revision=based_on_revision)
        return

    def deed() -> None:
        with writing(session, Lock(content=content_id)):
            again = open_draft(session, actor, content_id, right="review")
            if again.revision != opened.revision:
                raise StaleDraft(again.body, again.by, again.at, again.revision)
            session.execute(sa.update(table(Draft)).where(Draft.content_id == content_id).values(body=signed))
            drafting.bump(session, content_id)
            auditing.record(
                session,
                actor_id=actor.id,
                deed="sign",
                subject=("item", opened.slug),
                details={"by": by, "credentials": credentials, "version": version},
                now=now,
            )

    retrying(deed)


@dataclass(frozen=True)
class Signed:
    """Who has signed a question; `holds` is False once a word has changed that was read."""

    by: str
    credentials: str
    on: dt.date
    holds: bool


def find_signed(body: Json) -> Signed | None:
    """The sign-off that a question carries; None where it has none, or is not whole."""
    fields = judging.read("item", body)[0] if body.get("signoff") else None
    if not isinstance(fields, ItemHead) or fields.signoff is None:
        return None
    return Signed(fields.signoff.by, fields.signoff.credentials, fields.signoff.on, signing.holds(fields))
