"""What learners report about questions, and what came of it: still open, answered, or answered by a change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp.db.models import Content, ContentVersion, Presentation, ProblemReport, User, table
from quizapp.db.session import retrying, writing
from quizapp.formats.anatomy import plain
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.authoring.drafting import UNSTORABLE, Opened
from quizapp.services.authoring.scope import banks_of, get_entry

A_PAGE = 30
LONGEST_REPLY = 2_000
STATES = {"open": "Open", "answered": "Answered", "changed": "Changed"}


class Unfit(Exception):
    """What was sent is no reply; the sentence says why."""


@dataclass(frozen=True)
class Report:
    """A report. The learner stays unnamed: authors mend questions, they do not need to know who found the fault.

    `number` is the version that was shown. `state` is a key of STATES; `reply` and `by` belong to the answer.
    """

    id: int
    content_id: int
    slug: str
    bank: str
    lead_in: str
    number: int
    text: str
    at: dt.datetime
    state: str
    reply: str
    by: str
    resolved_at: dt.datetime | None
    publication_id: int | None


@dataclass(frozen=True)
class Page:
    """Reports, the newest first. `after` leads to the next page, "" on the last; `counts` by state."""

    reports: tuple[Report, ...]
    after: str
    counts: dict[str, int]


def list_reports(session: Session, actor: Actor, *, state: str = "open", after: str = "") -> Page:
    """The reports about questions in the banks of the actor."""
    banks = {bank.id: bank.title for bank in banks_of(session, actor)}
    if not banks:
        return Page((), "", dict.fromkeys(STATES, 0))
    mine = Content.home_id.in_(banks)
    counted = session.execute(
        sa.select(_state, sa.func.count())
        .select_from(ProblemReport)
        .join(ContentVersion, ContentVersion.id == ProblemReport.version_id)
        .join(Content, Content.id == ContentVersion.content_id)
        .where(mine)
        .group_by(_state)
    )
    counts = dict.fromkeys(STATES, 0) | dict(iter(counted))
    query = _REPORTS.where(mine, _state == (state if state in STATES else "open"))
    if after.isascii() and after.isdigit() and len(after) < 10:
        query = query.where(ProblemReport.id < int(after))
    rows = session.execute(query.order_by(ProblemReport.id.desc()).limit(A_PAGE + 1)).all()
    reports = tuple(_report(row, banks) for row in rows[:A_PAGE])
    return Page(reports, str(reports[-1].id) if len(rows) > A_PAGE else "", counts)


def open_on(session: Session, opened: Opened) -> tuple[Report, ...]:
    """The reports about one question that nobody has answered, the newest first, at most a page of them."""
    if opened.kind != "item":
        return ()
    waiting = _REPORTS.where(Content.id == opened.content_id, ProblemReport.resolved_at.is_(None))
    rows = session.execute(waiting.order_by(ProblemReport.id.desc()).limit(A_PAGE))
    return tuple(_report(row, {opened.bank.id: opened.bank.title}) for row in rows)


def answer(
    session: Session, actor: Actor, report_id: int, reply: str, now: dt.datetime, *, about: int | None = None
) -> None:
    """Answer a report in words. A later answer replaces an earlier one, the same one changes nothing.

    `about`: the entry that the report must be about. Raises LookupError, Unfit.
    """
    reply = reply.strip()
    if not reply:
        raise Unfit("Say in a few words what the learner should know.")
    if len(reply) > LONGEST_REPLY:
        raise Unfit(f"A reply can hold {LONGEST_REPLY:,} characters; this one has {len(reply):,}. Nothing was sent.")
    if UNSTORABLE.search(reply):
        raise Unfit("There is a character in the text that cannot be kept. Delete it.")

    def deed() -> None:
        with writing(session):
            row = session.execute(
                sa.select(ContentVersion.content_id, ProblemReport.reply, ProblemReport.resolved_by_id)
                .join(ProblemReport, ProblemReport.version_id == ContentVersion.id)
                .where(ProblemReport.id == report_id)
            ).one_or_none()
            if row is None or about not in (None, row.content_id):
                raise LookupError(report_id)
            entry = get_entry(session, actor, row.content_id, right="write")
            if (row.reply, row.resolved_by_id) != (reply, actor.id):
                values = {"reply": reply, "resolved_at": now, "resolved_by_id": actor.id}
                session.execute(sa.update(table(ProblemReport)).where(ProblemReport.id == report_id).values(values))
                auditing.record(
                    session,
                    actor_id=actor.id,
                    deed="answer",
                    subject=(entry.kind, entry.slug),
                    details={"report": report_id, "reply": reply},
                    now=now,
                )

    retrying(deed)


def answer_with(
    session: Session,
    content_id: int,
    report_ids: Collection[int],
    publication_id: int,
    by_id: int,
    now: dt.datetime,
) -> None:
    """Note that a change answers these reports, as far as they are open and about this question. Inside a deed."""
    if not report_ids:
        return
    versions = sa.select(ContentVersion.id).where(ContentVersion.content_id == content_id)
    answered = sa.update(table(ProblemReport)).where(
        ProblemReport.id.in_(report_ids), ProblemReport.resolved_at.is_(None), ProblemReport.version_id.in_(versions)
    )
    session.execute(answered.values(resolved_at=now, resolved_by_id=by_id, publication_id=publication_id))


def _report(row: Any, banks: dict[int, str]) -> Report:
    return Report(
        id=row.id,
        content_id=row.content_id,
        slug=row.slug,
        bank=banks[row.home_id],
        lead_in=plain(row.lead_in or ""),
        number=row.number,
        text=row.text,
        at=row.at,
        state=row.state,
        reply=row.reply,
        by=row.by,
        resolved_at=row.resolved_at,
        publication_id=row.publication_id,
    )


_ANSWERER = aliased(User)
_state = sa.case(
    (ProblemReport.resolved_at.is_(None), "open"), (ProblemReport.publication_id.is_not(None), "changed"),
    else_="answered",
)  # fmt: skip
_REPORTS = (
    sa.select(
        ProblemReport.id,
        ProblemReport.text,
        ProblemReport.at,
        ProblemReport.reply,
        ProblemReport.resolved_at,
        ProblemReport.publication_id,
        _state.label("state"),
        Content.id.label("content_id"),
        Content.slug,
        Content.home_id,
        sa.func.coalesce(ContentVersion.body["lead_in"].as_string(), ContentVersion.body["stem"].as_string()).label(
            "lead_in"
        ),
        ContentVersion.number,
        sa.func.coalesce(sa.func.nullif(_ANSWERER.name, ""), _ANSWERER.email, "").label("by"),
    )
    .join(ContentVersion, ContentVersion.id == ProblemReport.version_id)
    .join(Content, Content.id == ContentVersion.content_id)
    .outerjoin(_ANSWERER, _ANSWERER.id == ProblemReport.resolved_by_id)
)


@dataclass(frozen=True)
class Answered:
    """What came of a learner's own report. `changed`: the question is another now."""

    sitting_id: int
    position: int
    lead_in: str
    changed: bool
    reply: str
    at: dt.datetime


def answers_for(session: Session, learner_id: int, since: dt.datetime) -> tuple[Answered, ...]:
    """What came of the reports of one learner since then, the newest first."""
    rows = session.execute(
        sa.select(
            Presentation.sitting_id,
            Presentation.position,
            ProblemReport.publication_id,
            ProblemReport.reply,
            ProblemReport.resolved_at,
            ContentVersion.body["lead_in"].as_string().label("lead_in"),
        )
        .join(Presentation, Presentation.id == ProblemReport.presentation_id)
        .join(ContentVersion, ContentVersion.id == ProblemReport.version_id)
        .where(ProblemReport.learner_id == learner_id, ProblemReport.resolved_at >= since)
        .order_by(ProblemReport.resolved_at.desc())
        .limit(5)
    )
    return tuple(
        Answered(
            row.sitting_id,
            row.position,
            plain(row.lead_in or ""),
            row.publication_id is not None,
            row.reply,
            row.resolved_at,
        )
        for row in rows
    )
