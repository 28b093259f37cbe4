"""Telling of claims those whom credit is reported to: files that are made, sent and answered, row by row.

A claim that was granted waits until everything a report needs is there; what is missing is said. A file is kept sealed,
because it names people. What comes back goes to its rows: an error is corrected, and the claim waits for the next file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import claims
from quizapp.core.credit.claims import State
from quizapp.core.credit.reporting import REPORTABLE, Completion, refusals
from quizapp.db.models import Claim, ClaimStep, ReportBatch, ReportRow, table
from quizapp.db.session import retrying, writing
from quizapp.formats import pars, report_shapes
from quizapp.formats.pars import Answer, Report
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.crediting import completions, providers, scope
from quizapp.services.crediting.scope import Run
from quizapp.services.crediting.vault import Locked, Vault

WAITING, ACCEPTED, REJECTED = "waiting", "accepted", "rejected"
LEFT_OUT = "Left out before the file was sent: the permission was withdrawn, or the claim revoked or superseded."
NOTHING_READY = "There is nothing to report now. The page “Reporting” of the activity says what is kept back, and why."
LONGEST_REASON = 500


class Refused(Exception):
    """Nothing was done; the sentence says why and what to do."""


def prepare(session: Session, actor: Actor, activity_id: int, vault: Vault, now: dt.datetime) -> int:
    """Make the file of all claims that can be reported, and put them into the queue; gives the id of the file.

    Done again while that file is not sent and nothing has come to it, it is the same file. Raises Refused, LookupError.
    """

    def deed() -> int:
        with writing(session):
            run = _lock(session, actor, activity_id)
            today = completions.teller_of(session, activity_id).today(now)
            found = completions.list_completions(session, activity_id, vault)
            ready = [
                one.row
                for one in found
                if one.row.state in REPORTABLE and not one.in_a_file and not refusals(one.row, today)
            ][: pars.MOST_ROWS]
            if not ready:
                unsent = session.scalar(_UNSENT.where(ReportRow.batch_id.in_(of_activity(activity_id))))
                if unsent is None:
                    raise Refused(NOTHING_READY)
                return int(unsent)
            return _make(session, actor, run, ready, vault, now)

    return retrying(deed)


def _make(session: Session, actor: Actor, run: Run, ready: Sequence[Completion], vault: Vault, now: dt.datetime) -> int:
    teller = completions.teller_of(session, run.id)
    text = pars.write(Report(now, teller.name, completions.list_records(session, run.id), tuple(ready)))
    if faults := pars.problems(text, teller.today(now)):
        raise Refused(f"The file would not pass its own checks, so it was not made. {faults[0]}")
    batch: int = session.execute(
        sa.insert(table(ReportBatch)).returning(ReportBatch.id),
        {"format": pars.NAME, "document": vault.seal(text), "by_id": actor.id, "at": now},
    ).scalar_one()
    session.execute(
        sa.insert(table(ReportRow)),
        [{"batch_id": batch, "claim_id": one.claim_id, "outcome": WAITING, "error": ""} for one in ready],
    )
    ids = [one.claim_id for one in ready]
    _go(session, [one.claim_id for one in ready if one.state is not State.QUEUED], State.QUEUED, "", actor.id, now)
    _record(session, actor, "make a report", batch, {"activity": run.id, "claims": ids}, now)
    return batch


@dataclass(frozen=True)
class Handed:
    """A file that leaves: what its name ends with, and its bytes."""

    suffix: str
    data: bytes


def hand_out(
    session: Session, actor: Actor, batch_id: int, vault: Vault, now: dt.datetime, *, system: str = ""
) -> Handed:
    """The file as it may leave now, or as it left; that it was taken out is kept. `system`: only the rows of this
    system of credit, in the shape that its newest edition says; "" for our own. Raises LookupError, Refused."""

    def deed() -> Handed:
        with writing(session):
            activity_id, batch = get_batch(session, actor, batch_id)
            report = _opened(vault, batch.document)
            if batch.sent_at is None:
                report = _as_it_may_leave(session, activity_id, batch_id, report, vault, now)
            handed = _shaped(session, report, system) if system else Handed("json", pars.write(report).encode())
            rows = sum(not system or row.system == system for row in report.rows)
            _record(session, actor, "take out a report", batch_id, {"rows": rows, "shape of": system}, now)
            return handed

    return retrying(deed)


def _opened(vault: Vault, document: str) -> Report:
    try:
        return pars.read(vault.open(document))
    except Locked as locked:
        raise Refused(f"The file cannot be opened. {locked}") from locked


def _shaped(session: Session, report: Report, system: str) -> Handed:
    text = next((held.text for held in providers.list_systems(session) if held.slug == system), None)
    if text is None or not text.report_shape:
        raise Refused(f"The system of credit “{system}” says no shape for reports.")
    shape = report_shapes.read(text.report_shape)
    try:
        return Handed(shape.suffix, report_shapes.fill(report, shape, system))
    except report_shapes.Unfit as unfit:
        raise Refused(" ".join(["The file does not fit the shape that is asked for.", *unfit.problems])) from unfit


def _as_it_may_leave(
    session: Session, activity_id: int, batch_id: int, report: Report, vault: Vault, now: dt.datetime
) -> Report:
    """Without those who withdrew their permission since it was made, and claims that were revoked or corrected."""
    today = completions.teller_of(session, activity_id).today(now)
    found = completions.list_completions(session, activity_id, vault)
    newest = _newest(session, [row.claim_id for row in report.rows])
    still = {
        one.row.claim_id
        for one in found
        if one.row.state is State.QUEUED and newest.get(one.row.claim_id) == batch_id and not refusals(one.row, today)
    }
    rows = tuple(row for row in report.rows if row.claim_id in still)
    if not rows:
        raise Refused("Nobody in this file may be reported any more: permissions were withdrawn, or claims changed.")
    return replace(report, rows=rows)


def _newest(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """Claim → the last file it was put into. What an earlier file says of it is out of date."""
    rows = session.execute(
        sa.select(ReportRow.claim_id, sa.func.max(ReportRow.batch_id).label("batch_id"))
        .where(ReportRow.claim_id.in_(ids))
        .group_by(ReportRow.claim_id)
    )
    return {row.claim_id: row.batch_id for row in rows}


def mark_sent(session: Session, actor: Actor, batch_id: int, vault: Vault, now: dt.datetime) -> tuple[int, int]:
    """Keep that the file was sent: its claims are reported. Gives how many are, and how many rows had been left out of
    it meanwhile. A second time it changes nothing. Raises LookupError, Refused."""

    def deed() -> tuple[int, int]:
        with writing(session):
            activity_id, _ = get_batch(session, actor, batch_id)
            _lock(session, actor, activity_id)
            session.execute(sa.select(ReportBatch.id).where(ReportBatch.id == batch_id).with_for_update())
            _, batch = get_batch(session, actor, batch_id)
            report = _opened(vault, batch.document)
            if batch.sent_at is not None:
                return len(report.rows), 0
            left = _as_it_may_leave(session, activity_id, batch_id, report, vault, now)
            told = [row.claim_id for row in left.rows]
            left_out = sorted({row.claim_id for row in report.rows}.difference(told))
            sealed = batch.document if not left_out else vault.seal(pars.write(left))
            where = ReportBatch.id == batch_id
            session.execute(sa.update(table(ReportBatch)).where(where).values(sent_at=now, document=sealed))
            _answer_rows(session, batch_id, [Answer(one, accepted=False, error=LEFT_OUT) for one in left_out], now)
            _go(session, told, State.REPORTED, "", actor.id, now)
            _record(session, actor, "send a report", batch_id, {"claims": told, "left_out": left_out}, now)
            return len(told), len(left_out)

    return retrying(deed)


@dataclass(frozen=True)
class Imported:
    """What a file of answers changed, and how many of its rows said only what was known."""

    accepted: int
    rejected: int
    known: int


def take_answers(
    session: Session, actor: Actor, batch_id: int, answers: Iterable[Answer], now: dt.datetime
) -> Imported:
    """Bring what came back to its rows: all of it, or nothing. The same file again changes nothing.

    Raises Refused for a row that is not in the file, or that was answered otherwise before; LookupError.
    """
    wanted = {one.row: one for one in answers}

    def deed() -> Imported:
        with writing(session):
            activity_id, _ = get_batch(session, actor, batch_id)
            _lock(session, actor, activity_id)
            if session.scalar(sa.select(ReportBatch.sent_at).where(ReportBatch.id == batch_id)) is None:
                raise Refused("This file is not marked as sent. Say first that it was, then bring what came back.")
            rows = {
                row.claim_id: row
                for row in session.execute(_ROWS.where(ReportRow.batch_id == batch_id, ReportRow.claim_id.in_(wanted)))
            }
            fresh = [one for number, one in wanted.items() if _is_new(number, one, rows.get(number))]
            _answer_rows(session, batch_id, fresh, now)
            newest = _newest(session, [one.row for one in fresh])
            moves = {
                one.row: one for one in fresh if rows[one.row].state == State.REPORTED and newest[one.row] == batch_id
            }
            taken = sorted(number for number, one in moves.items() if one.accepted)
            _go(session, taken, State.ACCEPTED, "", actor.id, now)
            for number in sorted(set(moves) - set(taken)):
                _go(session, [number], State.REJECTED, moves[number].error, actor.id, now)
            accepted = sum(one.accepted for one in fresh)
            done = Imported(accepted, len(fresh) - accepted, len(wanted) - len(fresh))
            if fresh:
                told = {"accepted": accepted, "rejected": done.rejected, "claims": sorted(one.row for one in fresh)}
                _record(session, actor, "take answers to a report", batch_id, told, now)
            return done

    return retrying(deed)


def _is_new(number: int, answer: Answer, row: Any) -> bool:
    if row is None:
        raise Refused(f"Row {number} is not in this file. Nothing was changed; look whether it answers another one.")
    if row.outcome == WAITING:
        return True
    if (row.outcome == ACCEPTED) is not answer.accepted:
        raise Refused(f"Row {number} was {row.outcome} before, and this file says otherwise. Nothing was changed.")
    return False


def _answer_rows(session: Session, batch_id: int, fresh: Sequence[Answer], now: dt.datetime) -> None:
    rows = table(ReportRow)
    statement = (
        sa.update(rows)
        .where(rows.c.batch_id == batch_id, rows.c.claim_id == sa.bindparam("of"))
        .values(outcome=sa.bindparam("came"), error=sa.bindparam("said"), answered_at=now)
    )
    if fresh:
        session.connection().execute(
            statement,
            [{"of": one.row, "came": ACCEPTED if one.accepted else REJECTED, "said": one.error} for one in fresh],
        )


def correct(session: Session, actor: Actor, claim_id: int, reason: str, vault: Vault, now: dt.datetime) -> None:
    """Say that what was wrong with a rejected row is mended: its claim waits for the next file.

    A second time it changes nothing. Raises Refused while something a report needs is still missing; LookupError.
    """

    def deed() -> None:
        with writing(session):
            activity_id = session.scalar(sa.select(Claim.activity_id).where(Claim.id == claim_id))
            if activity_id is None:
                raise LookupError(claim_id)
            _lock(session, actor, activity_id)
            found = {one.row.claim_id: one.row for one in completions.list_completions(session, activity_id, vault)}
            row = found.get(claim_id)
            if row is None:
                raise LookupError(claim_id)
            if row.state in REPORTABLE:
                return
            if row.state is not State.REJECTED:
                raise Refused(f"This claim is {row.state}; only one that was rejected is corrected and told again.")
            if not reason.strip():
                raise Refused("Say what was mended; the record keeps it.")
            today = completions.teller_of(session, activity_id).today(now)
            if reasons := refusals(replace(row, state=State.CORRECTED), today):
                raise Refused(" ".join(["It cannot be told again yet.", *reasons]))
            _go(session, [claim_id], State.CORRECTED, reason.strip()[:LONGEST_REASON], actor.id, now)
            _record(session, actor, "correct a report", claim_id, {"claim": claim_id}, now, kind="claim")

    retrying(deed)


def _lock(session: Session, actor: Actor, activity_id: int) -> Run:
    """Keep others from reporting this activity, and from correcting or revoking a claim of it, until the deed is done:
    an amount that is corrected after it was read would be told wrong. Raises LookupError."""
    run = scope.lock_run(session, actor, activity_id)
    claimed = sa.select(Claim.id).where(Claim.activity_id == activity_id)
    session.execute(claimed.order_by(Claim.id).with_for_update())
    return run


def _go(session: Session, ids: Sequence[int], to: State, reason: str, by_id: int, now: dt.datetime) -> None:
    """Bring claims that are locked to another state, each with its step. Raises `claims.Impossible`."""
    if not ids:
        return
    for state in session.scalars(sa.select(Claim.state).where(Claim.id.in_(ids))):
        claims.advance(State(state), to)
    session.execute(sa.update(table(Claim)).where(Claim.id.in_(ids)).values(state=to.value))
    session.execute(
        sa.insert(table(ClaimStep)),
        [{"claim_id": one, "state": to.value, "reason": reason, "by_id": by_id, "at": now} for one in ids],
    )


def _record(
    session: Session,
    actor: Actor,
    deed: str,
    subject: int,
    details: dict[str, object],
    now: dt.datetime,
    kind: str = "report",
) -> None:
    auditing.record(session, actor_id=actor.id, deed=deed, subject=(kind, subject), details=details, now=now)


def get_batch(session: Session, actor: Actor, batch_id: int) -> tuple[int, Any]:
    """The activity a file is about, and what is stored of it. Raises LookupError where the actor does not run it."""
    row = session.execute(
        sa.select(ReportBatch.document, ReportBatch.sent_at, Claim.activity_id)
        .join(ReportRow, ReportRow.batch_id == ReportBatch.id)
        .join(Claim, Claim.id == ReportRow.claim_id)
        .where(ReportBatch.id == batch_id)
        .limit(1)
    ).one_or_none()
    if row is None:
        raise LookupError(batch_id)
    scope.get_run(session, actor, row.activity_id)
    return row.activity_id, row


def of_activity(activity_id: int) -> sa.Select[Any]:
    """The files about an activity."""
    return (
        sa.select(ReportRow.batch_id)
        .join(Claim, Claim.id == ReportRow.claim_id)
        .where(Claim.activity_id == activity_id)
    )


_ROWS = sa.select(ReportRow.claim_id, ReportRow.outcome, Claim.state).join(Claim, Claim.id == ReportRow.claim_id)
_UNSENT = (
    sa.select(sa.func.max(ReportBatch.id))
    .join(ReportRow, ReportRow.batch_id == ReportBatch.id)
    .where(ReportBatch.sent_at.is_(None))
)
