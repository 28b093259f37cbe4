"""Where reporting of an activity stands: what is ready, what is kept back and why, which files there are. Reads."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.claims import State
from quizapp.core.credit.reporting import REPORTABLE, refusals
from quizapp.db.models import Claim, ReportBatch, ReportRow, User
from quizapp.services.accounts import Actor
from quizapp.services.crediting import completions, providers, reporting, scope
from quizapp.services.crediting.reporting import ACCEPTED, REJECTED, WAITING
from quizapp.services.crediting.scope import Run
from quizapp.services.crediting.vault import Vault


@dataclass(frozen=True)
class Kept:
    """A claim that is kept back, and why; or one that came back with an error (`error`)."""

    claim_id: int
    participation_id: int
    name: str
    reasons: tuple[str, ...]
    error: str = ""


@dataclass(frozen=True)
class Batch:
    """A file that was made. `sent_at`: None until somebody says that it was sent."""

    id: int
    at: dt.datetime
    by: str
    sent_at: dt.datetime | None
    rows: int
    waiting: int
    accepted: int
    rejected: int


@dataclass(frozen=True)
class Overview:
    """Where reporting of an activity stands. `reports`: whether any of its credit is reported at all; `ready`: claims
    that the next file would hold."""

    run: Run
    reports: bool
    ready: int
    kept: tuple[Kept, ...]
    rejected: tuple[Kept, ...]
    batches: tuple[Batch, ...]


def get_overview(session: Session, actor: Actor, activity_id: int, vault: Vault, now: dt.datetime) -> Overview:
    """What can be reported, what is kept back and why, and the files so far. Raises LookupError."""
    run = scope.get_run(session, actor, activity_id)
    today = completions.teller_of(session, activity_id).today(now)
    found = completions.list_completions(session, activity_id, vault)
    judged = [(one, refusals(one.row, today)) for one in found if one.row.state in REPORTABLE and not one.in_a_file]
    errors = _errors(session, [one.row.claim_id for one in found if one.row.state is State.REJECTED])
    return Overview(
        run=run,
        reports=completions.are_reported(session, activity_id),
        ready=sum(not reasons for _, reasons in judged),
        kept=tuple(
            Kept(one.row.claim_id, one.participation_id, one.row.name, reasons) for one, reasons in judged if reasons
        ),
        rejected=tuple(
            Kept(
                one.row.claim_id,
                one.participation_id,
                one.row.name,
                refusals(replace(one.row, state=State.CORRECTED), today),
                errors.get(one.row.claim_id, ""),
            )
            for one in found
            if one.row.state is State.REJECTED
        ),
        batches=_batches(session, ReportRow.batch_id.in_(reporting.of_activity(activity_id))),
    )


@dataclass(frozen=True)
class Page:
    """A file, the activity it is about, and those of its rows that came back with an error. `systems`: of the credit in
    it, slug, unit, and whether there is a shape in which it is to be sent."""

    run: Run
    batch: Batch
    errors: tuple[Kept, ...]
    systems: tuple[tuple[str, str, bool], ...]


def get_report(session: Session, actor: Actor, batch_id: int) -> Page:
    """One file. Raises LookupError."""
    activity_id, _ = reporting.get_batch(session, actor, batch_id)
    (batch,) = _batches(session, ReportRow.batch_id == batch_id)
    rows = session.execute(
        completions.NAMED.join(ReportRow, ReportRow.claim_id == Claim.id)
        .add_columns(ReportRow.error)
        .where(ReportRow.batch_id == batch_id, ReportRow.outcome == REJECTED)
        .order_by(Claim.id)
    )
    errors = tuple(Kept(row.id, row.participation_id, row.name or "", (), row.error) for row in rows)
    told = set(
        session.scalars(
            sa.select(Claim.system)
            .join(ReportRow, ReportRow.claim_id == Claim.id)
            .where(ReportRow.batch_id == batch_id)
            .distinct()
        )
    )
    systems = tuple(
        (held.slug, held.text.unit, bool(held.text.report_shape))
        for held in providers.list_systems(session)
        if held.slug in told
    )
    return Page(scope.get_run(session, actor, activity_id), batch, errors, systems)


def activity_of_claim(session: Session, actor: Actor, claim_id: int) -> int:
    """The activity of a claim. Raises LookupError where the actor does not run it."""
    activity_id = session.scalar(sa.select(Claim.activity_id).where(Claim.id == claim_id))
    if activity_id is None:
        raise LookupError(claim_id)
    return scope.get_run(session, actor, activity_id).id


def _errors(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Claim → the error that it came back with last."""
    rows = session.execute(
        sa.select(ReportRow.claim_id, ReportRow.error)
        .where(ReportRow.claim_id.in_(ids), ReportRow.outcome == REJECTED)
        .order_by(ReportRow.batch_id)
    )
    return {row.claim_id: row.error for row in rows}


def _batches(session: Session, where: sa.ColumnElement[bool]) -> tuple[Batch, ...]:
    rows = session.execute(
        sa.select(
            ReportBatch.id, ReportBatch.at, ReportBatch.sent_at, User.name, User.email, ReportRow.outcome,
            sa.func.count().label("n"),
        )
        .join(ReportRow, ReportRow.batch_id == ReportBatch.id)
        .outerjoin(User, User.id == ReportBatch.by_id)
        .where(where)
        .group_by(ReportBatch.id, ReportBatch.at, ReportBatch.sent_at, User.name, User.email, ReportRow.outcome)
        .order_by(ReportBatch.id.desc())
    ).all()  # fmt: skip
    counts = Counter({(row.id, row.outcome): row.n for row in rows})
    return tuple(
        Batch(
            row.id,
            row.at,
            row.name or row.email or "",
            row.sent_at,
            sum(counts[row.id, outcome] for outcome in (WAITING, ACCEPTED, REJECTED)),
            counts[row.id, WAITING],
            counts[row.id, ACCEPTED],
            counts[row.id, REJECTED],
        )
        for row in {row.id: row for row in rows}.values()
    )
