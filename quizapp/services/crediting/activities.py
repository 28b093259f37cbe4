"""Activities as they were published: what one edition states and rests on, and which are offered. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.front_matter import FrontMatter, InControl, PoolQuestion
from quizapp.core.windows import wall_time
from quizapp.db.models import (
    Activity,
    ActivityVersion,
    Claim,
    CreditSystem,
    Designation,
    Participation,
    Provider,
)
from quizapp.services.versions import Row

Json = dict[str, Any]
LESSON, BLOCK = "lesson", "block"
FORMATS = {LESSON: "enduring material", BLOCK: "enduring material"}
"""What a designation statement calls the format of an activity of this kind."""
FEWEST_PEERS = 10


@dataclass(frozen=True)
class Pinned:
    """An entry of the content in the version that was designated."""

    slug: str
    content_id: int
    version_id: int


@dataclass(frozen=True)
class PinnedLesson(Pinned):
    """The lesson. `title`, `number`: of its version; `beside`: the versions of all that its page shows from elsewhere,
    figures, objectives and references; `facts`: what each fact that it cites said, as `lessons.says` tells it."""

    title: str = ""
    number: int = 0
    beside: tuple[int, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Aim:
    """An objective; the statement continues “You can …”."""

    slug: str
    content_id: int
    statement: str


@dataclass(frozen=True)
class Asked(Pinned):
    """A question of the pool: the slug of its objective, and the clinician who signed this version, or nobody."""

    objective: str = ""
    signed_by: str = ""


@dataclass(frozen=True)
class System:
    """A system of credit as an edition was designated for it. `step`, `maximum`: quarters. `designated`: whether this
    is credit that anybody recognises; statements are filled in, *stars* set italics."""

    id: int
    slug: str
    unit: str
    step: int
    professions: tuple[str, ...]
    maximum: int
    designation_statement: str
    claim_statement: str
    report_format: str
    designated: bool


@dataclass(frozen=True)
class Edition:
    """An edition of an activity. Moments are in UTC; `front` holds the days as its provider counts them in `zone`.

    `kind`: lesson or block. `lesson`: what is read, None where only questions are asked. `questions`: the pool a test
    draws `a_test` of; a block asks all of them. `quarter`: “2026-Q4” of a block. `designated_at`: when it was
    published; `withdrawn_at`: from then on nobody can enrol.
    """

    id: int
    activity_id: int
    slug: str
    number: int
    kind: str
    title: str
    provider: str
    provider_id: int
    zone: str
    released: dt.datetime
    expires: dt.datetime
    claim_until: dt.datetime
    designated_at: dt.datetime
    withdrawn_at: dt.datetime | None
    front: FrontMatter
    lesson: PinnedLesson | None
    objectives: tuple[Aim, ...]
    questions: tuple[Asked, ...]
    a_test: int
    minimum_percent: int
    attempts: int
    cool_down: dt.timedelta
    pretest: bool
    systems: tuple[System, ...]
    in_control_may_claim: bool
    credit_designated: bool
    quarter: str | None
    fewest_peers: int

    @property
    def format(self) -> str:
        return FORMATS[self.kind]

    @property
    def designated_on(self) -> dt.date:
        """The day as its provider counts days."""
        return wall_time(self.designated_at, self.zone).date()

    def is_open(self, now: dt.datetime) -> bool:
        """Whether somebody could enrol now."""
        return self.withdrawn_at is None and self.released <= now <= self.expires


def get_edition(session: Session, version_id: int) -> Edition:
    """An edition, in two statements. Raises LookupError."""
    row = session.execute(_EDITION.where(ActivityVersion.id == version_id)).one_or_none()
    if row is None:
        raise LookupError(version_id)
    designated = session.execute(_SYSTEMS.where(Designation.version_id == version_id)).all()
    return as_edition(row, row.body, [_system(one, row.body.get("systems", {}).get(one.slug)) for one in designated])


def find_newest(session: Session, slug: str) -> int | None:
    """The id of the edition of an activity that is offered, or None where none was ever published."""
    newest: int | None = session.scalar(
        sa.select(ActivityVersion.id)
        .join(Activity, Activity.id == ActivityVersion.activity_id)
        .where(Activity.slug == slug)
        .order_by(ActivityVersion.edition.desc())
        .limit(1)
    )
    return newest


def find_own(session: Session, slug: str, learner_id: int) -> int | None:
    """The id of the edition in which this learner takes part, or None for nobody enrolled."""
    own: int | None = session.scalar(
        sa.select(Participation.version_id)
        .join(Activity, Activity.id == Participation.activity_id)
        .where(Activity.slug == slug, Participation.learner_id == learner_id)
    )
    return own


def as_edition(row: Any, body: Mapping[str, Any], systems: list[System]) -> Edition:
    """Put an edition together; `row` carries the columns of `activity_version`, `activity` and the provider, or, for a
    preview, the same names without a table behind them."""
    questions = tuple(
        Asked(
            one["slug"],
            one["content_id"],
            one["version_id"],
            one.get("objective", ""),
            one.get("signed_by") or "",
        )
        for one in body.get("questions", ())
    )
    objectives = tuple(Aim(one["slug"], one["content_id"], one["statement"]) for one in body.get("objectives", ()))
    stated = {one.slug: one.statement for one in objectives}
    return Edition(
        id=row.id,
        activity_id=row.activity_id,
        slug=row.slug,
        number=row.edition,
        kind=row.kind,
        title=row.title,
        provider=row.provider,
        provider_id=row.provider_id,
        zone=row.provider_body.get("zone", "UTC"),
        released=row.released,
        expires=row.expires,
        claim_until=row.claim_until,
        designated_at=row.at,
        withdrawn_at=row.withdrawn_at,
        front=FrontMatter.from_json(
            body.get("front", {}),
            tuple(InControl.from_json(one) for one in body.get("people", ())),
            tuple(PoolQuestion(one.slug, stated.get(one.objective, ""), one.signed_by) for one in questions),
        ),
        lesson=as_lesson(body),
        objectives=objectives,
        questions=questions,
        a_test=body.get("a_test", 0),
        minimum_percent=body.get("minimum_percent", 0),
        attempts=body.get("attempts", 1),
        cool_down=dt.timedelta(minutes=body.get("cool_down_minutes", 0)),
        pretest=body.get("pretest", False),
        systems=tuple(systems),
        in_control_may_claim=body.get("in_control_may_claim", False),
        credit_designated=body.get("credit_designated", True),
        quarter=body.get("quarter"),
        fewest_peers=body.get("fewest_peers", FEWEST_PEERS),
    )


def as_lesson(body: Mapping[str, Any]) -> PinnedLesson | None:
    """The lesson that an edition names; a block has none."""
    lesson = body.get("lesson")
    return PinnedLesson(**lesson | {"beside": tuple(lesson.get("beside", ()))}) if lesson else None


def _system(row: Row, frozen: Json | None) -> System:
    """A system as it was frozen into the edition; one that was not frozen as its own edition has it."""
    stated = row.system_body | (frozen or {})
    return System(
        id=row.system_id,
        slug=row.slug,
        unit=stated["unit"],
        step=stated["step"],
        professions=tuple(stated["professions"]),
        maximum=row.maximum,
        designation_statement=stated["designation_statement"],
        claim_statement=stated["claim_statement"],
        report_format=stated["report_format"],
        designated=stated.get("designated", bool(stated["report_format"])),
    )


@dataclass(frozen=True)
class Offer:
    """A line in a learner’s list. `systems`: unit and quarters at most of each. `standing`: "" for who is not enrolled,
    else enrolled, passed or the state of the claim; `is_open`: whether anybody could enrol now."""

    slug: str
    version_id: int
    kind: str
    title: str
    provider: str
    minutes: int
    quarter: str | None
    released: dt.datetime
    expires: dt.datetime
    expires_on: dt.date | None
    claim_until: dt.datetime
    systems: tuple[tuple[str, int], ...]
    credit_designated: bool
    standing: str
    is_open: bool


def list_offered(session: Session, learner_id: int, now: dt.datetime) -> tuple[Offer, ...]:
    """What this learner can enrol in now or has enrolled in, in four statements: one’s own first, then what expires
    soonest. An edition somebody is enrolled in stands for the newer ones."""
    own = {
        row.activity_id: row
        for row in session.execute(
            sa.select(Participation.activity_id, Participation.version_id, Participation.passed_at).where(
                Participation.learner_id == learner_id
            )
        )
    }
    newest = (
        sa.select(sa.func.max(ActivityVersion.edition).label("edition"), ActivityVersion.activity_id)
        .group_by(ActivityVersion.activity_id)
        .subquery("newest")
    )
    rows = session.execute(
        _LINE.outerjoin(
            newest,
            sa.and_(newest.c.activity_id == ActivityVersion.activity_id, newest.c.edition == ActivityVersion.edition),
        ).where(
            sa.or_(
                ActivityVersion.id.in_([row.version_id for row in own.values()]),
                sa.and_(
                    newest.c.edition.is_not(None),
                    ActivityVersion.activity_id.not_in(own),
                    Activity.withdrawn_at.is_(None),
                    ActivityVersion.released <= now,
                    ActivityVersion.expires >= now,
                ),
            )
        )
    ).all()
    systems: dict[int, list[tuple[str, int]]] = {}
    for one in session.execute(_SYSTEMS.where(Designation.version_id.in_([row.id for row in rows]))):
        systems.setdefault(one.version_id, []).append((one.system_body["unit"], one.maximum))
    claims = dict(
        iter(
            session.execute(
                sa.select(Claim.activity_id, Claim.state)
                .where(Claim.learner_id == learner_id)
                .order_by(Claim.id.desc())  # of several the first that was granted stands for the activity
            )
        )
    )
    offers = [_offer(row, own.get(row.activity_id), claims, systems.get(row.id, []), now) for row in rows]
    return tuple(sorted(offers, key=lambda one: (not one.standing, one.expires, one.slug)))


def _is_open(row: Row, now: dt.datetime) -> bool:
    return bool(row.withdrawn_at is None and row.released <= now <= row.expires)


def _offer(
    row: Row, own: Row | None, claims: Mapping[int, str], systems: list[tuple[str, int]], now: dt.datetime
) -> Offer:
    standing = ""
    if own is not None:
        standing = claims.get(row.activity_id) or ("passed" if own.passed_at else "enrolled")
    return Offer(
        slug=row.slug,
        version_id=row.id,
        kind=row.kind,
        title=row.title,
        provider=row.provider_name or "",
        minutes=row.minutes or 0,
        quarter=row.quarter,
        released=row.released,
        expires=row.expires,
        expires_on=dt.date.fromisoformat(row.expires_on) if row.expires_on else None,
        claim_until=row.claim_until,
        systems=tuple(systems),
        credit_designated=row.credit_designated is not False,
        standing=standing,
        is_open=_is_open(row, now),
    )


_EDITION = (
    sa.select(
        ActivityVersion.id,
        ActivityVersion.activity_id,
        Activity.slug,
        Activity.withdrawn_at,
        ActivityVersion.edition,
        ActivityVersion.kind,
        ActivityVersion.title,
        ActivityVersion.body,
        ActivityVersion.provider_id,
        Provider.slug.label("provider"),
        Provider.body.label("provider_body"),
        ActivityVersion.released,
        ActivityVersion.expires,
        ActivityVersion.claim_until,
        ActivityVersion.at,
    )
    .join(Activity, Activity.id == ActivityVersion.activity_id)
    .join(Provider, Provider.id == ActivityVersion.provider_id)
)
_SYSTEMS = (
    sa.select(
        Designation.version_id,
        Designation.system_id,
        Designation.maximum,
        CreditSystem.slug,
        CreditSystem.body.label("system_body"),
    )
    .join(CreditSystem, CreditSystem.id == Designation.system_id)
    .order_by(CreditSystem.id)
)
_LINE = (
    sa.select(
        ActivityVersion.id,
        ActivityVersion.activity_id,
        Activity.slug,
        Activity.withdrawn_at,
        ActivityVersion.kind,
        ActivityVersion.title,
        ActivityVersion.released,
        ActivityVersion.expires,
        ActivityVersion.claim_until,
        ActivityVersion.body[("front", "provider")].as_string().label("provider_name"),
        ActivityVersion.body[("front", "minutes")].as_integer().label("minutes"),
        ActivityVersion.body[("front", "expires")].as_string().label("expires_on"),
        ActivityVersion.body["quarter"].as_string().label("quarter"),
        ActivityVersion.body["credit_designated"].as_boolean().label("credit_designated"),
    )
    .select_from(ActivityVersion)
    .join(Activity, Activity.id == ActivityVersion.activity_id)
)
