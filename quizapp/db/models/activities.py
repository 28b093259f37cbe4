"""Continuing education: who provides activities, what each says and is designated for, and who controls its content.
Nothing is deleted."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from quizapp.db.models.base import Base, Json


class Provider(Base):
    """An edition of who is accredited and answers for activities, written once; the newest of a slug is in force."""

    __tablename__ = "provider"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(64))
    edition: Mapped[int]
    body: Mapped[Json]
    """Name, contact, statements of accreditation, of exclusion and of privacy, and the provider's own rules."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("slug", "edition"),)  # two coordinators at once do not both write the next


class SigningKey(Base):
    """What signs certificates of a provider from a day to a day. The public half stays for as long as they are kept."""

    __tablename__ = "signing_key"

    kid: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    provider: Mapped[str] = mapped_column(sa.String(64), index=True)
    """The slug."""
    public: Mapped[Json]
    """Its entry in the public key set."""
    secret: Mapped[str] = mapped_column(sa.Text)
    """The private half, encrypted."""
    begins: Mapped[dt.datetime]
    ends: Mapped[dt.datetime]
    made_at: Mapped[dt.datetime]


class CreditSystem(Base):
    """An edition of a system of credit, written once: unit, step, professions, statement, report format. Data."""

    __tablename__ = "credit_system"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(64))
    edition: Mapped[int]
    body: Mapped[Json]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("slug", "edition"),)


class Activity(Base):
    """What credit can be earned with: a lesson with its test, or the questions of a quarter."""

    __tablename__ = "activity"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(64), unique=True)
    draft: Mapped[Json]
    """What stands in its form: all that the next edition would state."""
    revision: Mapped[int]
    """Raised by every change of the draft, so that a second writer is told."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """Who changed the draft last; None for the program."""
    at: Mapped[dt.datetime]
    withdrawn_at: Mapped[dt.datetime | None]
    """From then on nobody can enrol; who is enrolled goes on."""


class ActivityCoordinator(Base):
    """Who runs an activity."""

    __tablename__ = "activity_coordinator"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)


class ActivityVersion(Base):
    """An edition of an activity as it was published, written once. The newest is the one that is offered."""

    __tablename__ = "activity_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    edition: Mapped[int]
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    kind: Mapped[str] = mapped_column(sa.String(8))
    title: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[Json]
    """The front matter as it was shown, the people in control with what they disclosed, the versions of lesson and
    questions, and the rules of the test."""
    released: Mapped[dt.datetime]
    expires: Mapped[dt.datetime]
    claim_until: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]

    __table_args__ = (
        UniqueConstraint("activity_id", "edition"),
        CheckConstraint("kind IN ('lesson', 'block')", name="known_kind"),
        CheckConstraint("released < expires AND expires <= claim_until", name="dates"),
    )


class Designation(Base):
    """How much credit of one system an edition was designated for, before anybody took part."""

    __tablename__ = "designation"

    version_id: Mapped[int] = mapped_column(ForeignKey("activity_version.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("credit_system.id"), primary_key=True)
    maximum: Mapped[int]
    """In quarters of a credit."""

    __table_args__ = (CheckConstraint("maximum > 0", name="some_credit"),)


class InControl(Base):
    """Somebody who controls the content of an activity."""

    __tablename__ = "in_control"

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """None for somebody without an account here."""
    name: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str] = mapped_column(sa.String(255))
    role: Mapped[str] = mapped_column(sa.String(40))
    began: Mapped[dt.date | None]
    asked_at: Mapped[dt.datetime | None]
    token: Mapped[str | None] = mapped_column(sa.String(43), unique=True)
    """Opens this person's own form of disclosure without an account; None while nobody was asked."""
    ended_at: Mapped[dt.datetime | None]


class Disclosure(Base):
    """What a person in control disclosed, and how it was mitigated. Append-only, the newest counts."""

    __tablename__ = "disclosure"

    id: Mapped[int] = mapped_column(primary_key=True)
    in_control_id: Mapped[int] = mapped_column(ForeignKey("in_control.id"), index=True)
    relationships: Mapped[list[str]]
    """In sentences, each with its company; empty: none."""
    employed: Mapped[bool]
    """Owner or employee of an ineligible company."""
    mitigation: Mapped[str] = mapped_column(sa.Text)
    mitigated_on: Mapped[dt.date | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """None: the person, by the link of the mail."""
    at: Mapped[dt.datetime]
