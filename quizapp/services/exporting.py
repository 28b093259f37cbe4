"""A person’s own data as one file: what is on record about them, their certificates, and the files they entered.

Of a question only what its person answered is told, and of an answer whose result is held back not even that: no key
leaves the server here before its time.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.modes import MODES
from quizapp.db.models import (
    Accommodation,
    Activity,
    ActivityVersion,
    Attestation,
    AuditDetail,
    AuditEvent,
    Certificate,
    Challenge,
    Claim,
    ClaimStep,
    Cohort,
    CohortMember,
    Consent,
    Content,
    ContentVersion,
    CreditProfile,
    Engagement,
    Evaluation,
    ExamDate,
    ExternalCredit,
    InControl,
    LearnerSettings,
    LoginSession,
    Mark,
    Memory,
    MissCause,
    Note,
    Outbox,
    Participation,
    Presentation,
    ProblemReport,
    Published,
    Response,
    Revocation,
    Sitting,
    User,
    UserRole,
    WebAuthn,
    table,
)
from quizapp.formats import attachments
from quizapp.services.crediting.vault import Locked, Vault

README = """Your data, made on {made}.

account.json       your account, settings, examinations, sign-ins, cohorts
answers.json       every answer, in the order given; where its result is still held back, only that you answered
learning.json      what the program remembers of each objective, your notes, marks and reports
credit.json        your profile for credit, permissions, activities, claims, certificates, credit from elsewhere
audit.json         what the record of deeds holds about you
certificates/      your certificates as they were issued
evidence/          the files you entered as proof

Times are in UTC. Credit is counted in quarters: 5 are 1.25 credits.
"""
_AT_A_TIME = 500


def export(session: Session, vault: Vault, user_id: int, now: dt.datetime) -> Iterator[bytes]:
    """The file in pieces, as it is made; nothing of it is held as a whole."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        stamp = now.astimezone(dt.UTC)
        archive.writestr(_entry("README.txt", stamp), README.format(made=f"{stamp:%Y-%m-%d %H:%M} UTC"))
        for name, parts in (
            ("account.json", _account(session, user_id)),
            ("learning.json", _learning(session, user_id)),
            ("credit.json", _credit(session, vault, user_id)),
            ("audit.json", _audit(session, user_id)),
        ):
            text = json.dumps(parts, indent=2, ensure_ascii=False, default=_plain)
            archive.writestr(_entry(name, stamp), text + "\n")
            yield pipe.take()
        with archive.open(_entry("answers.json", stamp), "w", force_zip64=True) as file:
            for piece in _in_pieces(_answers(session, user_id)):
                file.write(piece)
                yield pipe.take()
        for name, data in _files(session, user_id):
            archive.writestr(_entry(name, stamp), data)
            yield pipe.take()
    yield pipe.take()


class _Pipe(io.RawIOBase):
    """Where the archive is written to, and taken from in pieces."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def _entry(name: str, made: dt.datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, made.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _plain(value: Any) -> str:
    return str(value.isoformat())


def _in_pieces(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    yield b"["
    for number, row in enumerate(rows):
        between = ",\n" if number else "\n"
        yield (between + json.dumps(row, ensure_ascii=False, default=_plain)).encode()
    yield b"\n]\n"


def _rows(session: Session, statement: sa.Executable) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(statement).mappings()]


def _columns(model: Any, *without: str) -> list[sa.ColumnElement[Any]]:
    """All columns of a table but files and those named."""
    held = table(model)
    return [c for c in held.c if c.name not in without and not isinstance(c.type, sa.LargeBinary)]


def _account(session: Session, user_id: int) -> dict[str, Any]:
    person = (User.email, User.name, User.create_datetime, User.confirmed_at)
    return {
        "account": _rows(session, sa.select(*person).where(User.id == user_id)),
        "roles": _rows(session, sa.select(UserRole.name).where(UserRole.user_id == user_id)),
        "settings": _rows(
            session,
            sa.select(*_columns(LearnerSettings, "calendar_token")).where(LearnerSettings.user_id == user_id),
        ),
        "examinations": _rows(session, sa.select(ExamDate.title, ExamDate.on).where(ExamDate.user_id == user_id)),
        "sign_ins": _rows(
            session,
            sa.select(LoginSession.started_at, LoginSession.ended_at).where(LoginSession.user_id == user_id),
        ),
        "passkeys": _rows(
            session, sa.select(WebAuthn.name, WebAuthn.create_datetime).where(WebAuthn.user_id == user_id)
        ),
        "cohorts": _rows(
            session,
            sa.select(
                Cohort.title,
                CohortMember.joined_at,
                CohortMember.left_at,
                CohortMember.practice_visible,
                CohortMember.lms_id,
            )
            .join(Cohort, Cohort.id == CohortMember.cohort_id)
            .where(CohortMember.learner_id == user_id),
        ),
        "more_time": _rows(
            session, sa.select(*_columns(Accommodation, "by_id")).where(Accommodation.user_id == user_id)
        ),
        "mail": _rows(
            session,
            sa.select(Outbox.subject, Outbox.created_at, Outbox.sent_at)
            .join(User, User.email == Outbox.recipient)
            .where(User.id == user_id),
        ),
    }


_statement = ContentVersion.body["statement"].as_string().label("objective")


def _answers(session: Session, user_id: int) -> Iterator[dict[str, Any]]:
    """The log of this person, many rows at a time."""
    last = 0
    while True:
        rows = session.execute(_ANSWERS, {"learner": user_id, "after": last}).all()
        for row in rows:
            told = {"at": row.at, "session": row.title, "question": row.position + 1, "mode": row.mode}
            own = row.assignment_id is None and row.participation_id is None
            if MODES[row.mode].held and not (own and row.released_at is not None):
                yield told | {"held_back": True}
                continue
            yield told | {
                "objective": row.objective,
                "answer": row.answer,
                "marks": row.earned,
                "of": row.possible,
                "sure": row.confidence,
                "seconds": row.elapsed_ms / 1000 if row.elapsed_ms is not None else None,
                "cause_of_miss": row.cause,
            }
        if len(rows) < _AT_A_TIME:
            return
        last = rows[-1].id


_ANSWERS = (
    sa.select(
        Response.id,
        Response.at,
        Response.mode,
        Response.answer,
        Response.earned,
        Response.possible,
        Response.confidence,
        Response.elapsed_ms,
        Presentation.position,
        Sitting.title,
        Sitting.released_at,
        Sitting.assignment_id,
        Sitting.participation_id,
        MissCause.cause,
        _statement,
    )
    .join(Presentation, Presentation.id == Response.presentation_id)
    .join(Sitting, Sitting.id == Presentation.sitting_id)
    .outerjoin(MissCause, MissCause.response_id == Response.id)
    .outerjoin(Published, Published.content_id == Response.objective_id)
    .outerjoin(ContentVersion, ContentVersion.id == Published.version_id)
    .where(Response.learner_id == sa.bindparam("learner"), Response.id > sa.bindparam("after"))
    .order_by(Response.id)
    .limit(_AT_A_TIME)
)


def _learning(session: Session, user_id: int) -> dict[str, Any]:
    return {
        "objectives": _rows(
            session,
            sa.select(_statement, Memory.stability_days, Memory.difficulty, Memory.last_day, Memory.due, Memory.lapses)
            .outerjoin(Published, Published.content_id == Memory.objective_id)
            .outerjoin(ContentVersion, ContentVersion.id == Published.version_id)
            .where(Memory.learner_id == user_id),
        ),
        "notes": _rows(session, sa.select(Note.text, Note.at).where(Note.learner_id == user_id)),
        "marks": _rows(
            session,
            sa.select(Mark.at, Content.kind)
            .join(Content, Content.id == Mark.content_id)
            .where(Mark.learner_id == user_id),
        ),
        "reports": _rows(
            session,
            sa.select(ProblemReport.text, ProblemReport.at, ProblemReport.resolved_at, ProblemReport.reply).where(
                ProblemReport.learner_id == user_id
            ),
        ),
        "doubts": _rows(
            session,
            sa.select(Challenge.reason, Challenge.at, Challenge.answer, Challenge.answered_at).where(
                Challenge.learner_id == user_id
            ),
        ),
    }


def _credit(session: Session, vault: Vault, user_id: int) -> dict[str, Any]:
    own = sa.select(Participation.id).where(Participation.learner_id == user_id)
    profile = _rows(session, sa.select(*_columns(CreditProfile)).where(CreditProfile.learner_id == user_id))
    for held in profile:
        held["identifiers"] = _opened(vault, held["identifiers"])
    return {
        "profile": profile,
        "permissions": _rows(session, sa.select(*_columns(Consent)).where(Consent.learner_id == user_id)),
        "activities": _rows(
            session,
            sa.select(ActivityVersion.title, Activity.slug, *_columns(Participation, "learner_id"))
            .join(ActivityVersion, ActivityVersion.id == Participation.version_id)
            .join(Activity, Activity.id == Participation.activity_id)
            .where(Participation.learner_id == user_id),
        ),
        "time": _rows(session, sa.select(*_columns(Engagement)).where(Engagement.participation_id.in_(own))),
        "evaluations": _rows(session, sa.select(*_columns(Evaluation)).where(Evaluation.participation_id.in_(own))),
        "attestations": _rows(session, sa.select(*_columns(Attestation)).where(Attestation.participation_id.in_(own))),
        "claims": _rows(session, sa.select(*_columns(Claim)).where(Claim.learner_id == user_id)),
        "steps": _rows(
            session,
            sa.select(ClaimStep.claim_id, ClaimStep.state, ClaimStep.reason, ClaimStep.at)
            .join(Claim, Claim.id == ClaimStep.claim_id)
            .where(Claim.learner_id == user_id),
        ),
        "certificates": _rows(
            session,
            sa.select(*_columns(Certificate), Revocation.reason.label("revoked"))
            .outerjoin(Revocation, Revocation.code == Certificate.code)
            .where(Certificate.participation_id.in_(own)),
        ),
        "from_elsewhere": _rows(
            session,
            sa.select(*_columns(ExternalCredit, "learner_id", "key")).where(ExternalCredit.learner_id == user_id),
        ),
        "in_control_of": _rows(session, sa.select(*_columns(InControl, "token")).where(InControl.user_id == user_id)),
    }


def _opened(vault: Vault, sealed: str | None) -> Any:
    if sealed is None:
        return None
    try:
        return json.loads(vault.open(sealed))
    except Locked as locked:
        return str(locked)


def _audit(session: Session, user_id: int) -> dict[str, Any]:
    columns = (
        AuditEvent.number,
        AuditEvent.at,
        AuditEvent.deed,
        AuditEvent.subject_kind,
        AuditEvent.subject_id,
        AuditDetail.details.label("held"),
    )
    about = sa.and_(AuditEvent.subject_kind == "person", AuditEvent.subject_id == str(user_id))
    return {
        "deeds": _rows(
            session,
            sa.select(*columns)
            .outerjoin(AuditDetail, AuditDetail.number == AuditEvent.number)
            .where(sa.or_(AuditEvent.actor_id == user_id, about))
            .order_by(AuditEvent.number),
        )
    }


def _files(session: Session, user_id: int) -> Iterator[tuple[str, bytes]]:
    """Certificates and evidence, one at a time."""
    own = sa.select(Participation.id).where(Participation.learner_id == user_id)
    for code in session.scalars(sa.select(Certificate.code).where(Certificate.participation_id.in_(own))).all():
        document = session.scalar(sa.select(Certificate.document).where(Certificate.code == code))
        if document:
            yield f"certificates/{code}.pdf", document
    entered = sa.select(ExternalCredit.id).where(
        ExternalCredit.learner_id == user_id, ExternalCredit.evidence.is_not(None)
    )
    for number in session.scalars(entered.order_by(ExternalCredit.id)).all():
        kind, data = session.execute(
            sa.select(ExternalCredit.evidence_type, ExternalCredit.evidence).where(ExternalCredit.id == number)
        ).one()
        yield f"evidence/{number}.{attachments.ENDINGS[kind]}", data or b""
