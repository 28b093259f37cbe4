"""The tables. History is append-only; what is derived can be rebuilt from it; published content is written once.

Nothing here decides anything. Learner tables lead their keys with the learner. There is no ON DELETE CASCADE: history
is never deleted by a side effect.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = dict[str, Any]


class UTC(sa.types.TypeDecorator[dt.datetime]):
    """A moment. Takes aware datetimes only and gives them back aware, in UTC, on every database."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a time zone: {value!r}")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this attribute from the class
        dt.datetime: UTC,
        Json: sa.JSON(none_as_null=True),
        list[str]: sa.JSON,
        list[int]: sa.JSON,
    }


def table(model: type[Base]) -> sa.Table:
    """The bare table of a model, for the statements that leave the unit of work aside."""
    return cast(sa.Table, model.__table__)


# --- people -----------------------------------------------------------------------------------------------------------


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
    first_step: Mapped[str | None] = mapped_column(sa.String(12))
    """What the learner chose on the first run: read, test or exam; None until then."""
    preferences: Mapped[Json]


class ExamDate(Base):
    """An examination a learner prepares for."""

    __tablename__ = "exam_date"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    on: Mapped[dt.date] = mapped_column("on_date")

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


# --- content ----------------------------------------------------------------------------------------------------------


class Content(Base):
    """An identity that never dies: an item, a lesson, a bank, a figure, or an entry of the evidence base."""

    __tablename__ = "content"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    """item, lesson, bank, figure, topic, objective, fact, reference or trap."""
    slug: Mapped[str] = mapped_column(sa.String(64))

    __table_args__ = (UniqueConstraint("kind", "slug"),)  # two loaders at once must not create one entry twice


class ContentVersion(Base):
    """A version, written once and never updated."""

    __tablename__ = "content_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    number: Mapped[int]
    body: Mapped[Json]
    """The entry as in its file, every field in canonical order."""
    rendered: Mapped[Json]
    """The same structure with sanitised HTML in the place of every Markdown text."""
    sha256: Mapped[str] = mapped_column(sa.String(64))
    """Of the canonical text."""
    line: Mapped[int] = mapped_column(default=1)
    """The statistics line: a major change (key, options, scoring) starts a new one."""
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("content_id", "number"),)  # two editors in two browsers would both win


class Published(Base):
    """Which version readers and learners get. Unpublishing deletes the row; the log keeps what happened."""

    __tablename__ = "published"

    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("content_version.id"))


class Publication(Base):
    """The log of publishing: append-only."""

    __tablename__ = "publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), index=True)
    old_version_id: Mapped[int | None] = mapped_column(ForeignKey("content_version.id"))
    new_version_id: Mapped[int | None] = mapped_column(ForeignKey("content_version.id"))
    key_changed: Mapped[bool] = mapped_column(default=False)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]
    note: Mapped[str] = mapped_column(sa.Text, default="")


class LoadedFrom(Base):
    """The base of the three-way comparison between a file, the database and an edit in the browser."""

    __tablename__ = "loaded_from"

    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    path: Mapped[str] = mapped_column(sa.String(500))
    file_sha256: Mapped[str] = mapped_column(sa.String(64))
    """Of this entry's canonical text in the file, not of the whole file."""
    version_id: Mapped[int] = mapped_column(ForeignKey("content_version.id"))


class Item(Base):
    """What selection must know of a published item; derived from its version at publishing."""

    __tablename__ = "item"

    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    bank: Mapped[str] = mapped_column(sa.String(64))
    type: Mapped[str] = mapped_column(sa.String(32))
    pool: Mapped[str] = mapped_column(sa.String(8))
    """practice, or secure: graded exams, credit and delayed follow-up only."""
    topic_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    objective_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    bloom: Mapped[str] = mapped_column(sa.String(12))
    difficulty: Mapped[str] = mapped_column(sa.String(8))
    seconds: Mapped[int]
    """The time a question of this type and length is expected to take."""

    __table_args__ = (Index("ix_item_objective_id_pool", "objective_id", "pool"),)


class Link(Base):
    """Which published entry rests on which: `source` cites, tests, needs or excludes `target`. Derived."""

    __tablename__ = "link"

    source_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    """fact, reference, trap, objective, topic, lesson, need, enemy, check, figure or bank."""
    target_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True, index=True)


class Media(Base):
    """Bytes by their hash: figures in all their forms, uploads."""

    __tablename__ = "media"

    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    mime: Mapped[str] = mapped_column(sa.String(64))
    bytes: Mapped[bytes] = mapped_column(sa.LargeBinary)


# --- sessions of questions (sittings) ---------------------------------------------------------------------------------


class Sitting(Base):
    """One session of questions: its plan, its mode and, for exams, its deadline."""

    __tablename__ = "sitting"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    mode: Mapped[str] = mapped_column(sa.String(12))
    title: Mapped[str] = mapped_column(sa.String(200))
    plan: Mapped[Json]
    """What was asked for, and the content ids of the chosen items in order."""
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    key: Mapped[str] = mapped_column(sa.String(64))
    """Chosen by the form that started it, so that a double click starts one."""
    started_at: Mapped[dt.datetime]
    deadline: Mapped[dt.datetime | None]
    extra_seconds: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[dt.datetime | None]
    released_at: Mapped[dt.datetime | None]
    """When its feedback may be seen; None while it is held back."""

    __table_args__ = (
        UniqueConstraint("learner_id", "key"),
        Index("ix_sitting_learner_id_started_at", "learner_id", "started_at"),
        Index(
            "ix_sitting_open_deadline",
            "deadline",
            sqlite_where=sa.text("closed_at IS NULL AND deadline IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NULL AND deadline IS NOT NULL"),
        ),
    )


class Presentation(Base):
    """A question on a learner's screen. It keeps the version that was shown and is graded against it."""

    __tablename__ = "presentation"

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"))
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("content_version.id"))
    position: Mapped[int]
    layout: Mapped[Json]
    why: Mapped[Json]
    """Why this question was chosen, as data."""
    study_day: Mapped[dt.date]
    at: Mapped[dt.datetime]
    replaced: Mapped[bool] = mapped_column(default=False)
    """A question left on a screen until its key or the day had changed was replaced by a fresh one."""

    __table_args__ = (
        Index(
            "uq_presentation_sitting_id_position",
            "sitting_id",
            "position",
            unique=True,  # two tabs that ask for the next question at once get the same one
            sqlite_where=sa.text("NOT replaced"),
            postgresql_where=sa.text("NOT replaced"),
        ),
    )


class SavedAnswer(Base):
    """What stands in the form of an exam question; changes until the exam closes."""

    __tablename__ = "saved_answer"

    presentation_id: Mapped[int] = mapped_column(ForeignKey("presentation.id"), primary_key=True)
    part: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    answer: Mapped[Json | None]
    struck: Mapped[list[str]]
    elapsed_ms: Mapped[int | None]
    at: Mapped[dt.datetime]


class Response(Base):
    """The log: one row for every graded answer, never changed. Everything the fold needs stands in it."""

    __tablename__ = "response"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    presentation_id: Mapped[int] = mapped_column(ForeignKey("presentation.id"))
    part: Mapped[str] = mapped_column(sa.String(12))
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    line: Mapped[int]
    objective_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    mode: Mapped[str] = mapped_column(sa.String(12))
    answer: Mapped[Json | None]
    """None only in a closed exam: the question was left empty."""
    earned: Mapped[int]
    possible: Mapped[int]
    classes: Mapped[list[str]]
    rating: Mapped[str] = mapped_column(sa.String(5))
    confidence: Mapped[str | None] = mapped_column(sa.String(12))
    elapsed_ms: Mapped[int | None]
    first_exposure: Mapped[bool]
    schedules: Mapped[bool]
    """Whether it moves the memory of its objective (a check inside a lesson does not)."""
    study_day: Mapped[dt.date]
    calibration_epoch: Mapped[int]
    at: Mapped[dt.datetime]

    __table_args__ = (
        UniqueConstraint("presentation_id", "part"),  # a double click, a resent form, two tabs: one answer
        Index("ix_response_learner_id_id", "learner_id", "id"),
        Index("ix_response_content_id", "content_id"),
        CheckConstraint("earned BETWEEN 0 AND possible", name="mark"),
    )


class Regrade(Base):
    """A new mark for an old answer after a key has changed; the newest counts. Append-only."""

    __tablename__ = "regrade"

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), index=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    earned: Mapped[int]
    possible: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[dt.datetime]


class MissCause(Base):
    """Why an answer went wrong, in the learner's own word."""

    __tablename__ = "miss_cause"

    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), primary_key=True)
    cause: Mapped[str] = mapped_column(sa.String(12))
    at: Mapped[dt.datetime]

    __table_args__ = (CheckConstraint("cause IN ('knowledge', 'misread', 'reasoning', 'timing')", name="known_cause"),)


class Mark(Base):
    """A question the learner wants to find again."""

    __tablename__ = "mark"

    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    at: Mapped[dt.datetime]


class Note(Base):
    """The learner's own note on a question."""

    __tablename__ = "note"

    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime]


class ProblemReport(Base):
    """A learner's report that something is wrong with a question."""

    __tablename__ = "problem_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    presentation_id: Mapped[int] = mapped_column(ForeignKey("presentation.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("content_version.id"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime]
    resolved_at: Mapped[dt.datetime | None]

    __table_args__ = (UniqueConstraint("learner_id", "presentation_id"),)  # a resent form is one report


# --- derived from the log ---------------------------------------------------------------------------------------------


class Memory(Base):
    """The memory of a learner for an objective, folded from the log."""

    __tablename__ = "memory"

    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    objective_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    stability_days: Mapped[float] = mapped_column(sa.Double)
    difficulty: Mapped[float] = mapped_column(sa.Double)
    last_day: Mapped[dt.date]
    due: Mapped[dt.date]
    new_days: Mapped[list[str]]
    """ISO days of right answers to questions that were new, latest last, at most eight."""
    algorithm: Mapped[int]

    __table_args__ = ({"sqlite_with_rowid": False},)


class Exposure(Base):
    """How often a learner has seen an item, folded from the log."""

    __tablename__ = "exposure"

    learner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    times: Mapped[int]
    last_at: Mapped[dt.datetime]
    last_right: Mapped[bool]

    __table_args__ = ({"sqlite_with_rowid": False},)


class ItemStat(Base):
    """Integer counters of first answers for one statistics line of an item; order-free, so they never drift."""

    __tablename__ = "item_stat"

    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    answer_class: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """A class of answers, or "" for the row that counts all of them."""
    answers: Mapped[int]
    earned: Mapped[int]
    possible: Mapped[int]

    __table_args__ = ({"sqlite_with_rowid": False},)
