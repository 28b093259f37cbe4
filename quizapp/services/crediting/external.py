"""Credit earned elsewhere: entered by the learner with what proves it, withdrawn, never deleted or changed."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.amounts import NoAmount, forms_of, read_quarters, shown
from quizapp.core.credit.identifiers import problem_of_text
from quizapp.core.preferences import Unfit, local_date
from quizapp.db.models import ExternalCredit
from quizapp.db.session import Lock, retrying, writing
from quizapp.formats import attachments
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.crediting.transcripts import units_of

LARGEST_FILE = 2_000_000
"""Bytes of one file of evidence."""
MOST_ENTRIES = 500
MOST_BYTES = 50_000_000
"""Of all evidence of one learner."""
LONGEST_TEXT = 200
LONGEST_SYSTEM = 64
EARLIEST = dt.date(1980, 1, 1)


@dataclass(frozen=True)
class Upload:
    """A file as it came: what the browser calls it, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Typed:
    """What stands in the form. `system`: a slug, or "" with the name of another system in `other`; `amount`: as it was
    typed; `on`: None where no date was read."""

    key: str
    title: str
    provider: str
    system: str
    other: str
    amount: str
    on: dt.date | None
    evidence: Upload | None


@dataclass(frozen=True)
class Entry:
    """An external credit."""

    id: int
    title: str
    provider: str
    system: str
    unit: str
    quarters: int
    on: dt.date
    evidence_name: str
    at: dt.datetime


@dataclass(frozen=True)
class Evidence:
    """A file for its owner. `kind`: its type, judged when it was entered."""

    name: str
    kind: str
    data: bytes


def enter(session: Session, actor: Actor, typed: Typed, now: dt.datetime) -> int:
    """Enter a credit and give its id; the same form sent again gives the same. Raises Unfit."""
    if not re.fullmatch(r"[\w-]{8,64}", typed.key):
        raise Unfit({"title": "This form is damaged. Please open it anew."})
    values = _checked(session, actor, typed, now)

    def deed() -> int:
        with writing(session, Lock(learner=actor.id)):
            mine = ExternalCredit.learner_id == actor.id
            known = session.scalar(sa.select(ExternalCredit.id).where(mine, ExternalCredit.key == typed.key))
            if known is not None:
                return known
            _refuse_hoard(session, actor, typed)
            entered: int = session.execute(
                sa.insert(ExternalCredit)
                .values(learner_id=actor.id, key=typed.key, at=now, **values)
                .returning(ExternalCredit.id)
            ).scalar_one()
            auditing.record(
                session,
                actor_id=actor.id,
                deed="enter external credit",
                subject=("external credit", entered),
                details={name: values[name] for name in ("title", "provider", "system", "quarters")}
                | {"on": str(values["on"]), "evidence": values["evidence_name"]},
                now=now,
            )
            return entered

    return retrying(deed)


def _refuse_hoard(session: Session, actor: Actor, typed: Typed) -> None:
    held = sa.func.coalesce(sa.func.sum(sa.func.length(ExternalCredit.evidence)), 0)
    count, size = session.execute(sa.select(sa.func.count(), held).where(ExternalCredit.learner_id == actor.id)).one()
    if count >= MOST_ENTRIES:
        raise Unfit({"title": f"There are {MOST_ENTRIES} entries already, and there is no room for more."})
    if typed.evidence and size + len(typed.evidence.data) > MOST_BYTES:
        raise Unfit({"evidence": f"Your files fill {MOST_BYTES // 1_000_000} MB together, and that is all there is."})


def _checked(session: Session, actor: Actor, typed: Typed, now: dt.datetime) -> dict[str, object]:
    problems: dict[str, str] = {}
    title, provider, other = (" ".join(text.split()) for text in (typed.title, typed.provider, typed.other))
    told = (("title", title, "Say what it was."), ("provider", provider, "Say who gave the credit."))
    for name, text, missing in told:
        if problem := missing if not text else problem_of_text(text, LONGEST_TEXT):
            problems[name] = problem
    units = units_of(session)
    system = typed.system
    if not system:
        same = {form.replace("*", "").casefold(): slug for slug, unit in units.items() for form in forms_of(unit)}
        system = same.get(other.casefold(), other)
        if problem := problem_of_text(other, LONGEST_SYSTEM) if other else "Say which credit it is.":
            problems["other"] = problem
    elif system not in units:
        problems["system"] = "Choose a system of the list, or the last line and name another."
    quarters = 0
    try:
        quarters = read_quarters(typed.amount)
    except NoAmount as none:
        problems["amount"] = str(none)
    today = local_date(now, actor.zone)
    if typed.on is None:
        problems["on"] = "Choose the day on which you completed it."
    elif typed.on > today:
        problems["on"] = "This day is still ahead. Enter the credit once you have earned it."
    elif typed.on < EARLIEST:
        problems["on"] = f"Choose a day from {EARLIEST.year} on."
    kind = None
    if typed.evidence is not None:
        kind, problem = _judged(typed.evidence)
        if problem:
            problems["evidence"] = problem
    if problems:
        raise Unfit(problems)
    held = typed.evidence if kind else None
    return {
        "title": title,
        "provider": provider,
        "system": system,
        "quarters": quarters,
        "on": typed.on,
        "evidence": held.data if held else None,
        "evidence_name": attachments.tame(held.name, kind) if held and kind else "",
        "evidence_type": kind or "",
    }


def _judged(upload: Upload) -> tuple[str | None, str]:
    """The type of a file, and why it cannot be kept ("" if it can)."""
    if not upload.data:
        return None, "This file is empty. Choose it again."
    if len(upload.data) > LARGEST_FILE:
        megabytes = f"{len(upload.data) / 1_000_000:.1f}"
        return None, f"This file has {megabytes} MB; {LARGEST_FILE // 1_000_000} MB are the most. Make it smaller."
    kind = attachments.kind_of(upload.data)
    if kind is None:
        return None, "This file is neither a PDF nor a PNG or JPEG picture, whatever its name says. Choose another."
    return kind, ""


def get_entry(session: Session, actor: Actor, external_id: int) -> Entry:
    """An entry of this person that was not withdrawn. Raises LookupError."""
    columns = (
        ExternalCredit.id,
        ExternalCredit.title,
        ExternalCredit.provider,
        ExternalCredit.system,
        ExternalCredit.quarters,
        ExternalCredit.on,
        ExternalCredit.evidence_name,
        ExternalCredit.at,
    )
    row = session.execute(sa.select(*columns).where(*_of(actor, external_id))).one_or_none()
    if row is None:
        raise LookupError(external_id)
    unit = units_of(session).get(row.system, row.system)
    return Entry(row.id, row.title, row.provider, row.system, unit, row.quarters, row.on, row.evidence_name, row.at)


def get_evidence(session: Session, actor: Actor, external_id: int) -> Evidence:
    """The file of an entry of this person that was not withdrawn. Raises LookupError."""
    columns = (ExternalCredit.evidence_name, ExternalCredit.evidence_type, ExternalCredit.evidence)
    row = session.execute(sa.select(*columns).where(*_of(actor, external_id))).one_or_none()
    if row is None or row.evidence is None:
        raise LookupError(external_id)
    return Evidence(row.evidence_name, row.evidence_type, row.evidence)


def withdraw(session: Session, actor: Actor, external_id: int, now: dt.datetime) -> str:
    """Take an entry out of the transcript and give its title; the record keeps it. Twice is harmless.

    Raises LookupError for an entry that is not this person’s.
    """

    def deed() -> str:
        with writing(session, Lock(learner=actor.id)):
            mine = (ExternalCredit.id == external_id, ExternalCredit.learner_id == actor.id)
            columns = (ExternalCredit.title, ExternalCredit.quarters, ExternalCredit.withdrawn_at)
            row = session.execute(sa.select(*columns).where(*mine)).one_or_none()
            if row is None:
                raise LookupError(external_id)
            if row.withdrawn_at is None:
                session.execute(sa.update(ExternalCredit).where(*mine).values(withdrawn_at=now))
                auditing.record(
                    session,
                    actor_id=actor.id,
                    deed="withdraw external credit",
                    subject=("external credit", external_id),
                    details={"title": row.title, "credits": shown(row.quarters)},
                    now=now,
                )
            return str(row.title)

    return retrying(deed)


def _of(actor: Actor, external_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        ExternalCredit.id == external_id,
        ExternalCredit.learner_id == actor.id,
        ExternalCredit.withdrawn_at.is_(None),
    )
