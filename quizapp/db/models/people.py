"""People, how they sign in, what they chose, and the mail they are sent."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from quizapp.db.models.base import Base, Json


class User(Base):
    """A person. After erasure the row stays as a tombstone so that the log keeps its sums."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(255), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    password: Mapped[str | None] = mapped_column(sa.String(255))
    active: Mapped[bool] = mapped_column(default=True)
    confirmed_at: Mapped[dt.datetime | None]
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True)
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    tf_primary_method: Mapped[str | None] = mapped_column(sa.String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(sa.String(255))
    totp_last_counter: Mapped[int | None]
    """Time step of the last code that was accepted: a code that was overlooked or overheard works only once."""
    mf_recovery_codes: Mapped[list[str] | None]
    create_datetime: Mapped[dt.datetime]
    update_datetime: Mapped[dt.datetime]


class UserRole(Base):
    """student, instructor, coordinator or administrator; everybody may learn."""

    __tablename__ = "user_role"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), primary_key=True)

    __table_args__ = (
        CheckConstraint("name IN ('student', 'instructor', 'coordinator', 'administrator')", name="known_role"),
    )


class WebAuthn(Base):
    """A passkey."""

    __tablename__ = "webauthn"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None]
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(sa.String(64))
    extensions: Mapped[str | None] = mapped_column(sa.String(255))
    name: Mapped[str] = mapped_column(sa.String(64))
    usage: Mapped[str] = mapped_column(sa.String(64))
    create_datetime: Mapped[dt.datetime]
    lastuse_datetime: Mapped[dt.datetime]


class LoginSession(Base):
    """A signed-in browser. The cookie carries `sid`; a row with `ended_at` is a dead cookie, copied or not."""

    __tablename__ = "login_session"

    sid: Mapped[str] = mapped_column(sa.String(43), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    started_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class LearnerSettings(Base):
    """What a learner chose. A missing row means the defaults of `core.preferences`."""

    __tablename__ = "learner_settings"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    zone: Mapped[str] = mapped_column(sa.String(64))
    minutes_a_day: Mapped[int]
    rest_days: Mapped[list[int]]
    """ISO weekdays, 1 = Monday."""
    light_days: Mapped[list[int]]
    """ISO weekdays with half the usual minutes."""
    week_goal: Mapped[int]
    """Study days aimed at in a week; 0: no goal."""
    calendar_token: Mapped[str | None] = mapped_column(sa.String(43), unique=True)
    """Opens the calendar feed without a sign-in; None until it is asked for, and after it was revoked."""
    first_step: Mapped[str | None] = mapped_column(sa.String(12))
    """What the learner chose on the first run: read, test or exam; None until then."""
    preferences: Mapped[Json]


class Erasure(Base):
    """A person who was erased: the account is closed, the row of the person a tombstone."""

    __tablename__ = "erasure"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)  # two clicks erase once
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """Who asked for it; None for a command."""
    at: Mapped[dt.datetime]
    kept_until: Mapped[dt.datetime | None]
    """Until then the record of claimed credit is kept; None where none was claimed."""
    ended_at: Mapped[dt.datetime | None]
    """When that record was erased too."""
    address: Mapped[str | None] = mapped_column(sa.String(97))
    """Salt and digest of the mail address, until what was queued to it meanwhile is swept; then None."""


class ExamDate(Base):
    """An examination a learner prepares for."""

    __tablename__ = "exam_date"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    on: Mapped[dt.date] = mapped_column("on_date")
    afterwards: Mapped[str | None] = mapped_column(sa.String(8))
    """What the learner chose once it was over: keep, pause or archive."""

    __table_args__ = (UniqueConstraint("user_id", "on_date", "title"),)  # a double click adds one


class Outbox(Base):
    """A message to send, written in the deed's own transaction. `event` is unique, so that it is sent once."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(sa.String(120))
    recipient: Mapped[str] = mapped_column(sa.String(255))
    subject: Mapped[str] = mapped_column(sa.String(255))
    body: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    try_after: Mapped[dt.datetime]
    """Pushed on before each attempt, so that a second worker leaves a message in flight alone."""
    last_error: Mapped[str | None] = mapped_column(sa.String(500))

    __table_args__ = (
        UniqueConstraint("event", "recipient"),  # a deed that runs twice must not send twice
        Index(
            "ix_outbox_waiting",
            "id",
            sqlite_where=sa.text("sent_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL"),
        ),
    )
