"""Who answers for activities, and which systems of credit there are: editions that are written once, the newest of a
name in force. What they say is data; an activity keeps the editions it was published with."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from importlib import resources
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from quizapp.core.credit.front_matter import LONGEST_YEARS
from quizapp.core.credit.professions import PROFESSIONS
from quizapp.core.credit.statements import faults
from quizapp.core.preferences import Unfit, zones
from quizapp.db.models import CreditSystem, Provider, User, UserRole, table
from quizapp.db.session import retrying, writing
from quizapp.formats import report_shapes
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.authoring.drafting import UNSTORABLE
from quizapp.services.versions import Row

T = TypeVar("T")
Model = type[Provider] | type[CreditSystem]

SLUG = re.compile(r"[a-z][a-z0-9-]{0,62}[a-z0-9]")
LONGEST_NAME = 120
LONGEST_TEXT = 4_000
PROVIDER_WORDS = ("provider", "joint_provider", "title")
SYSTEM_WORDS = ("provider", "joint_provider", "title", "format", "maximum", "unit")
CLAIM_WORDS = (*SYSTEM_WORDS, "claimed", "name")
"""What may stand in braces in a statement of a provider, of designation, of a claim. `claimed` and `name` are filled
in when a learner claims."""
REPORT_FORMATS = {"": "Nobody", "pars": "ACCME (PARS)"}


class StaleEdition(Exception):
    """Somebody wrote an edition meanwhile. `newest` is theirs."""

    def __init__(self, newest: Held[Any]) -> None:
        super().__init__(newest.slug)
        self.newest = newest


@dataclass(frozen=True)
class ProviderText:
    """What a provider says. Statements may be empty until an activity needs them. `zone`: by whose days its dates
    count; `longest_years`: how soon activities are reviewed; `accredited`: whether it may designate credit at all."""

    name: str = ""
    zone: str = "UTC"
    accredited: bool = False
    contact: str = ""
    accreditation_statement: str = ""
    exclusion: str = ""
    privacy: str = ""
    longest_years: int = LONGEST_YEARS
    in_control_may_claim: bool = False


@dataclass(frozen=True)
class SystemText:
    """What a system of credit says. `step`: quarters; `professions`: who may claim it; `designated`: whether this is
    credit that anybody recognises; `report_format`: how it is reported, "" for not at all; `report_shape`: the shape in
    which the file is to leave (`formats/report_shapes.py`), "" for our own."""

    unit: str = ""
    step: int = 1
    professions: tuple[str, ...] = ()
    designated: bool = True
    designation_statement: str = ""
    claim_statement: str = ""
    report_format: str = ""
    report_shape: str = ""


@dataclass(frozen=True)
class Held(Generic[T]):
    """An edition with what it says; `by`: who wrote it, None for the program."""

    id: int
    slug: str
    edition: int
    text: T
    by: str | None
    at: dt.datetime


def list_providers(session: Session) -> tuple[Held[ProviderText], ...]:
    """The edition in force of each provider."""
    return tuple(_held(row, ProviderText) for row in session.execute(_newest(Provider)))


def list_systems(session: Session) -> tuple[Held[SystemText], ...]:
    """The edition in force of each system of credit."""
    return tuple(_held(row, SystemText) for row in session.execute(_newest(CreditSystem)))


def list_provider_editions(session: Session, slug: str) -> tuple[Held[ProviderText], ...]:
    """All editions of a provider, the newest first. Raises LookupError."""
    return _editions(session, Provider, ProviderText, slug)


def list_system_editions(session: Session, slug: str) -> tuple[Held[SystemText], ...]:
    """All editions of a system, the newest first. Raises LookupError."""
    return _editions(session, CreditSystem, SystemText, slug)


def save_provider(
    session: Session, actor: Actor, slug: str, text: ProviderText, *, based_on: int, now: dt.datetime
) -> int:
    """Write the next edition, or the first (`based_on` 0); returns its number. What says the same is not written.

    Whether a provider is accredited, and what one says that is, administrators say alone: of others the first is not
    heeded, and the second refused. Raises Unfit, StaleEdition.
    """
    check_provider(slug, text)

    def settled(newest: Held[ProviderText] | None) -> ProviderText:
        if may_accredit(actor):
            return text
        if newest is not None and newest.text.accredited:
            raise Unfit({"name": "This provider is accredited, so only an administrator changes what it says."})
        return replace(text, accredited=False)

    return _save(session, actor, (Provider, ProviderText, "provider"), slug, settled, based_on, now)


def may_accredit(actor: Actor) -> bool:
    """Whether this person may say that a provider is accredited, which lets recognised credit be designated, and change
    what such a provider says."""
    return "administrator" in actor.roles


def list_who_accredit(session: Session) -> tuple[str, ...]:
    """Whom to ask for it, by name."""
    rows = session.execute(
        sa.select(User.name, User.email)
        .join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.name == "administrator", User.active)
        .order_by(User.name, User.email)
    )
    return tuple(row.name or row.email for row in rows)


def save_system(session: Session, actor: Actor, slug: str, text: SystemText, *, based_on: int, now: dt.datetime) -> int:
    """The same for a system of credit. Raises Unfit, StaleEdition."""
    check_system(slug, text)
    return _save(session, actor, (CreditSystem, SystemText, "credit system"), slug, lambda _: text, based_on, now)


def ship(session: Session, now: dt.datetime) -> int:
    """Write the editions that ship and are not there yet, inside a deed; returns how many were missing."""
    shipped = tomllib.loads(resources.files(__package__).joinpath("shipped.toml").read_text("utf-8"))
    written = 0
    rooms: tuple[tuple[Model, type[Any], dict[str, Any]], ...] = (
        (Provider, ProviderText, shipped["providers"]),
        (CreditSystem, SystemText, shipped["systems"]),
    )
    for model, kind, texts in rooms:
        held = set(session.scalars(sa.select(model.slug)))
        for slug, body in texts.items():
            if slug not in held:
                row = {"slug": slug, "edition": 1, "body": _body(_read(kind, body)), "by_id": None, "at": now}
                session.execute(sa.insert(table(model)), row)
                written += 1
    return written


def check_provider(slug: str, text: ProviderText) -> None:
    """Raises Unfit with a sentence for each field to mend."""
    problems = _unfit_slug(slug)
    if not text.name.strip() or len(text.name) > LONGEST_NAME or UNSTORABLE.search(text.name):
        problems["name"] = f"Write the name of the provider, within {LONGEST_NAME} characters."
    if text.zone not in zones():
        problems["zone"] = "We do not know this time zone. Choose one from the list."
    if not 1 <= text.longest_years <= LONGEST_YEARS:
        problems["longest_years"] = f"Activities are reviewed every 1 to {LONGEST_YEARS} years."
    for name in ("accreditation_statement", "exclusion", "privacy", "contact"):
        _judge(problems, name, getattr(text, name), PROVIDER_WORDS)
    if problems:
        raise Unfit(problems)


def check_system(slug: str, text: SystemText) -> None:
    """Raises Unfit with a sentence for each field to mend."""
    problems = _unfit_slug(slug)
    if not text.unit.strip() or len(text.unit) > LONGEST_NAME:
        problems["unit"] = f"Write what one credit is called, within {LONGEST_NAME} characters."
    else:
        _judge(problems, "unit", text.unit, ())
    if not 1 <= text.step <= 40:
        problems["step"] = "A step is from 0.25 to 10 credits."
    if not text.professions or set(text.professions) - set(PROFESSIONS):
        problems["professions"] = "Choose at least one profession that may claim it."
    if text.report_format not in REPORT_FORMATS:
        problems["report_format"] = "Choose one of the ways to report."
    elif text.report_format and not text.designated:
        problems["report_format"] = "What is no credit is reported to nobody."
    if text.report_shape:
        try:
            report_shapes.read(text.report_shape)
        except report_shapes.Unreadable as unreadable:
            problems["report_shape"] = str(unreadable)
    _judge(problems, "designation_statement", text.designation_statement, SYSTEM_WORDS)
    _judge(problems, "claim_statement", text.claim_statement, CLAIM_WORDS)
    if problems:
        raise Unfit(problems)


def _unfit_slug(slug: str) -> dict[str, str]:
    if SLUG.fullmatch(slug):
        return {}
    return {"slug": "A short name has small letters, digits and dashes, begins with a letter, and is 2 to 64 long."}


def _judge(problems: dict[str, str], name: str, text: str, words: tuple[str, ...]) -> None:
    if UNSTORABLE.search(text):
        problems[name] = "This holds a sign that cannot be kept. Please type it anew."
    elif len(text) > LONGEST_TEXT:
        problems[name] = f"Keep it within {LONGEST_TEXT} characters."
    elif found := faults(text, words):
        problems[name] = " ".join(found)


def _save(
    session: Session,
    actor: Actor,
    what: tuple[Model, type[Any], str],
    slug: str,
    settled: Callable[[Held[Any] | None], Any],
    based_on: int,
    now: dt.datetime,
) -> int:
    """`settled`: what the edition is to say, given the newest one."""
    model, kind, subject = what

    def deed() -> int:
        with writing(session):
            row = session.execute(_newest(model).where(model.slug == slug)).one_or_none()
            newest = _held(row, kind) if row is not None else None
            text = settled(newest)
            if newest is not None and newest.text == text:
                return newest.edition
            if newest is not None and newest.edition != based_on:
                raise StaleEdition(newest)
            edition = newest.edition + 1 if newest else 1
            values = {"slug": slug, "edition": edition, "body": _body(text), "by_id": actor.id, "at": now}
            session.execute(sa.insert(table(model)), values)
            details = {"edition": edition}
            if isinstance(text, ProviderText):
                details["accredited"] = text.accredited
            auditing.record(
                session, actor_id=actor.id, deed="write edition", subject=(subject, slug), details=details, now=now
            )
            return edition

    try:
        return retrying(deed)
    except IntegrityError:  # two at once on PostgreSQL: the second finds the first’s edition
        return retrying(deed)


def _newest(model: Model) -> sa.Select[*tuple[Any, ...]]:
    latest = sa.select(sa.func.max(model.id)).group_by(model.slug)
    return _all(model).where(model.id.in_(latest)).order_by(model.slug)


def _all(model: Model) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        model.id, model.slug, model.edition, model.body, model.at, User.name, User.email, model.by_id
    ).outerjoin(User, User.id == model.by_id)


def _editions(session: Session, model: Model, kind: type[T], slug: str) -> tuple[Held[T], ...]:
    rows = session.execute(_all(model).where(model.slug == slug).order_by(model.edition.desc())).all()
    if not rows:
        raise LookupError(slug)
    return tuple(_held(row, kind) for row in rows)


def _held(row: Row, kind: type[T]) -> Held[T]:
    by = None if row.by_id is None else row.name or row.email
    return Held(row.id, row.slug, row.edition, _read(kind, row.body), by, row.at)


def _read(kind: type[T], body: Mapping[str, Any]) -> T:
    held = {one.name: body[one.name] for one in fields(cast(Any, kind)) if one.name in body}
    if "professions" in held:
        held["professions"] = tuple(held["professions"])
    if "report_format" in held:
        held.setdefault("designated", bool(held["report_format"]))
    return kind(**held)


def _body(text: ProviderText | SystemText) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(text).items()}
