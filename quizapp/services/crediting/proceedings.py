"""Papers of an accreditor's folder about what came of an activity: evaluation, participation, certificates, audit.

People stand here as numbers. What is not there is said to be missing.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.amounts import shown
from quizapp.core.wording import count
from quizapp.db.models import AuditEvent, Certificate, Claim, Participation, ReportRow, Revocation
from quizapp.formats.paper import Block, Heading, Items, Paper, Para, Table
from quizapp.services import auditing
from quizapp.services.crediting import claiming, participants
from quizapp.services.crediting.attachments import missing, moment
from quizapp.services.crediting.evaluations import Summary

MAKING = "make the accreditor’s folder"
"""The deed of making it, which is left out of it: otherwise no folder would be like the one before."""


def evaluation_paper(summary: Summary, today: dt.date) -> Paper:
    """What participants said, without names, and how long they were busy."""
    times = summary.times
    blocks: list[Block] = [
        Para(f"{count(summary.n, 'evaluation')} of {count(summary.passed, 'participant')} who passed."),
        Heading("Commercial bias"),
        Para(f"{summary.flagged} of {summary.n} found commercial bias."),
    ]
    if summary.flags:
        blocks.append(Items(tuple(text or "Nothing was written." for text in summary.flags)))
    for said in summary.said:
        blocks.append(Heading(said.asked.label))
        if said.chosen:
            rows = tuple((words, str(n)) for words, n in said.chosen)
            blocks.append(Table(count(said.n, "answer"), ("Answer", "How many"), rows))
        elif said.texts:
            blocks.append(Items(said.texts))
        else:
            blocks.append(Para("Nothing was written."))
    if not summary.n:
        blocks.append(missing("evaluations: nobody has filled one in yet."))
    blocks += [
        Heading("Time"),
        Para(
            f"Designated: {count(times.designated, 'minute')}. Of {times.n} who passed, {times.below} were busy for "
            f"less; the median is {count(round(times.middle), 'minute')}."
        ),
    ]
    if times.enough:
        rows = tuple((f"{one.low}–{one.high}" if one.high else f"{one.low} and more", str(one.n)) for one in times.bins)
        blocks.append(Table("Minutes busy", ("Minutes", "Participants"), rows))
    return Paper("Evaluation", today, tuple(blocks))


def participation_rows(session: Session, activity_id: int, now: dt.datetime) -> list[list[str]]:
    """Who took part, by number and without names: one row each, for six years to come."""
    head = [
        "Participation", "Edition", "Profession", "Enrolled", "Passed", "Stands at", "Minutes busy", "Minutes attested",
        "Claims",
    ]  # fmt: skip
    rows = session.execute(
        participants.PEOPLE.where(Participation.activity_id == activity_id).order_by(Participation.id)
    ).all()
    taken = {one.id: one for one in claiming.list_taken(session, Participation.activity_id == activity_id)}
    terms = participants.terms_of_editions(session, activity_id)
    amounts: dict[int, list[str]] = {}
    for claim in session.execute(
        sa.select(Claim.participation_id, Claim.system, Claim.quarters)
        .where(Claim.activity_id == activity_id)
        .order_by(Claim.id)
    ):
        amounts.setdefault(claim.participation_id, []).append(f"{claim.system}: {shown(claim.quarters)}")
    return [
        head,
        *(
            [
                str(row.id),
                str(row.edition),
                row.profession,
                moment(row.enrolled_at),
                "" if (passed_at := taken[row.id].passed_at) is None else moment(passed_at),
                participants.standing(terms[row.version_id], taken[row.id], now).value,
                str(round(taken[row.id].core.engaged_seconds / 60)),
                str(taken[row.id].core.attested_minutes or ""),
                "; ".join(amounts.get(row.id, [])),
            ]
            for row in rows
        ),
    ]


def certificate_paper(session: Session, activity_id: int, today: dt.date) -> Paper:
    """How many certificates were issued, superseded and revoked, and what was reported."""
    rows = session.execute(_CERTIFICATES.where(Participation.activity_id == activity_id)).one()
    states: list[tuple[str, str]] = [
        (row.state, str(row.n))
        for row in session.execute(
            sa.select(Claim.state, sa.func.count().label("n"))
            .where(Claim.activity_id == activity_id)
            .group_by(Claim.state)
            .order_by(Claim.state)
        )
    ]
    reported: list[tuple[str, str]] = [
        (row.outcome, str(row.n))
        for row in session.execute(
            sa.select(ReportRow.outcome, sa.func.count().label("n"))
            .join(Claim, Claim.id == ReportRow.claim_id)
            .where(Claim.activity_id == activity_id)
            .group_by(ReportRow.outcome)
            .order_by(ReportRow.outcome)
        )
    ]
    counts = (
        ("issued", str(rows.issued)),
        ("of these with credit", str(rows.credited)),
        ("superseded by a correction", str(rows.superseded)),
        ("revoked", str(rows.revoked)),
    )
    blocks: list[Block] = [Table("Certificates", ("What", "How many"), counts)]
    blocks.append(
        Table("Claims", ("State", "How many"), tuple(states)) if states else missing("claims: none was granted yet.")
    )
    if reported:
        blocks.append(Table("Rows of reports", ("Outcome", "How many"), tuple(reported)))
    return Paper("Certificates, claims and reports", today, tuple(blocks))


def audit_rows(session: Session, activity_id: int) -> list[list[str]]:
    """Every deed about the activity, its participants, claims and certificates, with the digests that chain them; by
    numbers of people, without names."""
    participations = sa.select(sa.cast(Participation.id, sa.String)).where(Participation.activity_id == activity_id)
    claimed = sa.select(sa.cast(Claim.id, sa.String)).where(Claim.activity_id == activity_id)
    codes = (
        sa.select(Certificate.code)
        .join(Participation, Participation.id == Certificate.participation_id)
        .where(Participation.activity_id == activity_id)
    )
    event = AuditEvent
    about = sa.or_(
        sa.and_(event.subject_kind == "activity", event.subject_id == str(activity_id)),
        sa.and_(event.subject_kind == "participation", event.subject_id.in_(participations)),
        sa.and_(event.subject_kind == "claim", event.subject_id.in_(claimed)),
        sa.and_(event.subject_kind == "certificate", event.subject_id.in_(codes)),
    )
    rows = session.execute(
        sa.select(event.number, event.at, event.actor_id, event.deed, event.subject_kind, event.subject_id,
                  event.before, event.digest)
        .where(about, event.deed != MAKING)
        .order_by(event.number)
    )  # fmt: skip
    return [
        ["Number", "At", "Person", "Deed", "About", "Before", "Digest"],
        *(
            [
                str(row.number), moment(row.at), "program" if row.actor_id is None else str(row.actor_id), row.deed,
                f"{row.subject_kind} {row.subject_id}", row.before, row.digest,
            ]
            for row in rows
        ),
    ]  # fmt: skip


def audit_paper(session: Session, deeds: int, today: dt.date) -> Paper:
    """Whether the whole chain of the audit is what was written."""
    _, fault = auditing.verify(session)
    said: Block = Para("The whole chain was computed again. No event of it was altered.")
    if fault is not None:
        said = missing(f"an audit that is whole. {fault}")
    return Paper(
        "Audit",
        today,
        (
            Para(f"The table beside this page has {count(deeds, 'deed')} about this activity, with their digests."),
            said,
        ),
    )


_follower = sa.orm.aliased(Certificate)
_CERTIFICATES = (
    sa.select(
        sa.func.count(Certificate.code).label("issued"),
        sa.func.count(Certificate.claim_id).label("credited"),
        sa.func.count(_follower.code).label("superseded"),
        sa.func.count(Revocation.code).label("revoked"),
    )
    .select_from(Certificate)
    .join(Participation, Participation.id == Certificate.participation_id)
    .outerjoin(_follower, _follower.supersedes == Certificate.code)
    .outerjoin(Revocation, Revocation.code == Certificate.code)
)
