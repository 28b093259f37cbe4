"""Continuing education: who took part, what was claimed, and what proves it. Nothing is deleted."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from quizapp.db.models.base import Base, Json


class CreditProfile(Base):
    """Who a learner is on a certificate and in a report."""

    __tablename__ = "credit_profile"

    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    recipient: Mapped[str] = mapped_column(sa.String(36), unique=True)
    """An opaque name for machines, a UUID; it stands in credentials."""
    name: Mapped[str] = mapped_column(sa.String(120))
    profession: Mapped[str] = mapped_column(sa.String(40))
    identifiers: Mapped[str | None] = mapped_column(sa.Text)
    """Encrypted; None where none were given or all were erased."""
    goals: Mapped[Json]
    """Slug of a system, or "" for all → quarters a year."""
    at: Mapped[dt.datetime]


class Consent(Base):
    """Whether a learner lets completions be reported. Append-only, the newest counts."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(16))
    given: Mapped[bool]
    wording: Mapped[str] = mapped_column(sa.Text)
    """The sentence that was agreed to."""
    at: Mapped[dt.datetime]

    __table_args__ = (CheckConstraint("purpose IN ('report')", name="known_purpose"),)


class Participation(Base):
    """A learner in an activity: one row, whatever editions follow."""

    __tablename__ = "participation"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("activity_version.id"), index=True)
    """The edition that was offered at enrolment; its terms hold to the end."""
    profession: Mapped[str] = mapped_column(sa.String(40))
    in_control: Mapped[bool]
    """Whether the learner wrote or reviewed the activity."""
    enrolled_at: Mapped[dt.datetime]
    passed_at: Mapped[dt.datetime | None]
    """When what must be assessed had been; the day on the certificate."""
    peers_awaited: Mapped[bool] = mapped_column(server_default=sa.false())
    """Whether too few others had answered to compare when it was passed."""

    __table_args__ = (
        UniqueConstraint("learner_id", "activity_id"),  # a double click enrols once
        Index("ix_participation_activity_id_id", "activity_id", "id"),
    )


class Engagement(Base):
    """How long somebody was busy in a part of an activity: the sum of heartbeats with nothing idle in between."""

    __tablename__ = "engagement"

    participation_id: Mapped[int] = mapped_column(ForeignKey("participation.id"), primary_key=True)
    place: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    seconds: Mapped[int]
    last_at: Mapped[dt.datetime]

    __table_args__ = (CheckConstraint("place IN ('lesson', 'test', 'feedback')", name="known_place"),)


class Evaluation(Base):
    """What a participant said of an activity."""

    __tablename__ = "evaluation"

    participation_id: Mapped[int] = mapped_column(ForeignKey("participation.id"), primary_key=True)
    answers: Mapped[Json]
    at: Mapped[dt.datetime]


class Attestation(Base):
    """The time that a participant says it took."""

    __tablename__ = "attestation"

    participation_id: Mapped[int] = mapped_column(ForeignKey("participation.id"), primary_key=True)
    minutes: Mapped[int]
    wording: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime]


class Reopening(Base):
    """A coordinator's new deadline for claiming. Append-only, the latest counts."""

    __tablename__ = "reopening"

    id: Mapped[int] = mapped_column(primary_key=True)
    participation_id: Mapped[int] = mapped_column(ForeignKey("participation.id"), index=True)
    until: Mapped[dt.datetime]
    reason: Mapped[str] = mapped_column(sa.Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]


class Claim(Base):
    """Credit that was granted. Its state goes by `core.credit.claims.AFTERWARDS`; each step is kept in `claim_step`."""

    __tablename__ = "claim"

    id: Mapped[int] = mapped_column(primary_key=True)
    participation_id: Mapped[int] = mapped_column(ForeignKey("participation.id"))
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    system_id: Mapped[int] = mapped_column(ForeignKey("credit_system.id"))
    system: Mapped[str] = mapped_column(sa.String(64))
    """The slug, whatever its edition."""
    quarters: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(12))
    at: Mapped[dt.datetime]

    __table_args__ = (
        UniqueConstraint("learner_id", "activity_id", "system"),  # fifty clicks at once grant one
        CheckConstraint("quarters > 0", name="some_credit"),
        Index("ix_claim_activity_id_id", "activity_id", "id"),
    )


class ClaimStep(Base):
    """A state that a claim came to, and who brought it there. Append-only."""

    __tablename__ = "claim_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(12))
    reason: Mapped[str] = mapped_column(sa.Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]


class Certificate(Base):
    """A certificate as it was issued: frozen facts, the credential, and the bytes of the file."""

    __tablename__ = "certificate"

    code: Mapped[str] = mapped_column(sa.String(14), primary_key=True)
    participation_id: Mapped[int] = mapped_column(ForeignKey("participation.id"), index=True)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claim.id"), index=True)
    """None for a certificate of participation, which carries no credit."""
    facts: Mapped[Json]
    credential: Mapped[str] = mapped_column(sa.Text)
    document: Mapped[bytes] = mapped_column(sa.LargeBinary)
    digest: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 of the file."""
    kid: Mapped[str] = mapped_column(ForeignKey("signing_key.kid"))
    issued_at: Mapped[dt.datetime]
    supersedes: Mapped[str | None] = mapped_column(ForeignKey("certificate.code"), unique=True)

    __table_args__ = (
        Index(  # whoever asks what is no longer good reads this, and no file of a certificate
            "ix_certificate_supersedes_code",
            "supersedes",
            "code",
            sqlite_where=sa.text("supersedes IS NOT NULL"),
            postgresql_where=sa.text("supersedes IS NOT NULL"),
        ),
    )


class Revocation(Base):
    """A certificate that is no longer good, and why."""

    __tablename__ = "revocation"

    code: Mapped[str] = mapped_column(ForeignKey("certificate.code"), primary_key=True)
    reason: Mapped[str] = mapped_column(sa.Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]


class ReportBatch(Base):
    """A file of completions that was made for those whom credit is reported to."""

    __tablename__ = "report_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    format: Mapped[str] = mapped_column(sa.String(16))
    document: Mapped[str] = mapped_column(sa.Text)
    """The file, encrypted: it names people."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]


class ReportRow(Base):
    """A claim in a report, and what came back about it."""

    __tablename__ = "report_row"

    batch_id: Mapped[int] = mapped_column(ForeignKey("report_batch.id"), primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id"), primary_key=True, index=True)
    outcome: Mapped[str] = mapped_column(sa.String(8))
    error: Mapped[str] = mapped_column(sa.Text)
    answered_at: Mapped[dt.datetime | None]

    __table_args__ = (CheckConstraint("outcome IN ('waiting', 'accepted', 'rejected')", name="known_outcome"),)


class ExternalCredit(Base):
    """Credit that a learner earned elsewhere and entered here, with what proves it."""

    __tablename__ = "external_credit"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    key: Mapped[str] = mapped_column(sa.String(64))
    """Chosen by its form, so that a double click enters one."""
    title: Mapped[str] = mapped_column(sa.String(200))
    provider: Mapped[str] = mapped_column(sa.String(200))
    system: Mapped[str] = mapped_column(sa.String(64))
    quarters: Mapped[int]
    on: Mapped[dt.date] = mapped_column("on_date")
    evidence: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    evidence_name: Mapped[str] = mapped_column(sa.String(200))
    evidence_type: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[dt.datetime]
    withdrawn_at: Mapped[dt.datetime | None]

    __table_args__ = (UniqueConstraint("learner_id", "key"), CheckConstraint("quarters > 0", name="some_credit"))


class Reminder(Base):
    """Something of credit that a learner was reminded of by mail, once."""

    __tablename__ = "reminder"

    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    about: Mapped[str] = mapped_column(sa.String(96), primary_key=True)
    at: Mapped[dt.datetime]
