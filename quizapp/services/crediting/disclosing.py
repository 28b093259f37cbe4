"""Which interests they disclose who control the content of an activity: everybody, all of the last 24 months, no
minimum amount, and that there are none is said too."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.front_matter import LOOK_BACK_MONTHS
from quizapp.core.preferences import Unfit
from quizapp.db.models import Activity, Disclosure, InControl, table
from quizapp.db.session import retrying, writing
from quizapp.services import outbox
from quizapp.services.accounts import Actor
from quizapp.services.crediting.drafting import OUT_OF_YEARS, UNKEPT, YEARS, unstorable
from quizapp.services.crediting.in_control import PEOPLE, Person, hold_person, person_of, record
from quizapp.services.outbox import Mail

LONGEST_TEXT = 4_000
MOST_RELATIONSHIPS = 40
LONGEST_RELATIONSHIP = 400


class StaleDisclosure(Exception):
    """Something was disclosed meanwhile. `person`: with that."""

    def __init__(self, person: Person) -> None:
        super().__init__(person.name)
        self.person = person


@dataclass(frozen=True)
class Disclosed:
    """What a form of disclosure says."""

    relationships: tuple[str, ...]
    employed: bool = False
    mitigation: str = ""
    mitigated_on: dt.date | None = None


@dataclass(frozen=True)
class Asked:
    """What somebody without an account sees behind the link of the mail."""

    person: Person
    activity: str


def find_asked(session: Session, token: str) -> Asked | None:
    """Who was asked with this link; None for a link that is dead."""
    row = session.execute(
        PEOPLE.add_columns(Activity.draft)
        .join(Activity, Activity.id == InControl.activity_id)
        .where(InControl.token == token, InControl.ended_at.is_(None))
    ).one_or_none()
    return None if row is None else Asked(person_of(row), row.draft.get("title", ""))


def ask(session: Session, actor: Actor, person_id: int, link: Callable[[str], str], now: dt.datetime) -> None:
    """Ask this person by mail to disclose; `link` makes the address of a form from its secret. Asking again within a
    day sends nothing new. Raises Unfit, LookupError."""

    def deed() -> None:
        with writing(session):
            person = hold_person(session, actor, person_id)
            if not person.email:
                raise Unfit({"email": f"There is no address for {person.name}. Enter what they told you yourself."})
            if person.asked_at is not None and now - person.asked_at < dt.timedelta(days=1):
                return
            people = table(InControl)
            token = session.scalar(sa.select(people.c.token).where(people.c.id == person_id))
            token = token or secrets.token_urlsafe(32)
            session.execute(sa.update(people).where(people.c.id == person_id).values(token=token, asked_at=now))
            title = session.scalars(sa.select(Activity.draft).where(Activity.id == person.activity_id)).one()["title"]
            event = f"disclose {person_id} {now:%Y-%m-%d}"
            outbox.queue(session, _mail(event, person, title, link(token)), now)
            record(session, actor.id, "ask for disclosure", person.activity_id, {"person": person_id}, now)

    retrying(deed)


def disclose(
    session: Session, actor: Actor, person_id: int, told: Disclosed, now: dt.datetime, *, based_on: int | None = None
) -> None:
    """A coordinator enters what a person disclosed, and how it was mitigated. `based_on`: the disclosure that was
    looked at, None for whichever stands. Raises Unfit, StaleDisclosure, LookupError."""
    told = check(told, now)

    def deed() -> None:
        with writing(session):
            person = hold_person(session, actor, person_id)
            if _is_known(person, told):
                return
            if based_on is not None and based_on != person.disclosure_id:
                raise StaleDisclosure(person)
            _store(session, person, told, actor.id, now)

    retrying(deed)


def disclose_oneself(session: Session, token: str, told: Disclosed, now: dt.datetime) -> None:
    """A person discloses by the link of the mail; mitigation is the provider’s to say, and what it said stays while
    the relationships do. Raises Unfit, LookupError for a link that is dead."""
    told = check(Disclosed(told.relationships, told.employed), now)

    def deed() -> None:
        with writing(session):
            before = _hold_asked(session, token)
            kept = told
            if before.relationships == told.relationships and before.employed == told.employed:
                kept = Disclosed(told.relationships, told.employed, before.mitigation, before.mitigated_on)
            if not _is_known(before, kept):
                _store(session, before, kept, None, now)

    retrying(deed)


def check(told: Disclosed, now: dt.datetime) -> Disclosed:
    """What was told, tidied. Raises Unfit."""
    problems = {}
    relationships = tuple(line for one in told.relationships if (line := " ".join(one.split())))
    if len(relationships) > MOST_RELATIONSHIPS or any(len(one) > LONGEST_RELATIONSHIP for one in relationships):
        problems["relationships"] = (
            f"At most {MOST_RELATIONSHIPS} relationships, each a line within {LONGEST_RELATIONSHIP} characters."
        )
    mitigation = told.mitigation.strip()
    if unstorable(relationships):
        problems["relationships"] = UNKEPT
    if unstorable(mitigation):
        problems["mitigation"] = UNKEPT
    elif len(mitigation) > LONGEST_TEXT:
        problems["mitigation"] = f"Keep it within {LONGEST_TEXT} characters."
    if told.mitigated_on is not None and told.mitigated_on > now.date() + dt.timedelta(days=1):
        problems["mitigated_on"] = "This day lies ahead. Say when it was done."
    elif told.mitigated_on is not None and told.mitigated_on.year not in YEARS:
        problems["mitigated_on"] = OUT_OF_YEARS
    if problems:
        raise Unfit(problems)
    return Disclosed(relationships, told.employed, mitigation, told.mitigated_on)


def _is_known(person: Person, told: Disclosed) -> bool:
    """Whether this is what was disclosed last."""
    last = Disclosed(person.relationships or (), person.employed, person.mitigation, person.mitigated_on)
    return person.relationships is not None and last == told


def _store(session: Session, person: Person, told: Disclosed, by_id: int | None, now: dt.datetime) -> None:
    values = {
        "in_control_id": person.id,
        "relationships": list(told.relationships),
        "employed": told.employed,
        "mitigation": told.mitigation,
        "mitigated_on": told.mitigated_on,
        "by_id": by_id,
        "at": now,
    }
    session.execute(sa.insert(table(Disclosure)), values)
    details = {"person": person.id, "relationships": len(told.relationships), "employed": told.employed}
    record(session, by_id, "disclose", person.activity_id, details, now)


def _hold_asked(session: Session, token: str) -> Person:
    """The same for who comes by the link of the mail."""
    asked = find_asked(session, token)
    if asked is not None:
        entry = sa.select(Activity.id).where(Activity.id == asked.person.activity_id)
        session.execute(entry.with_for_update(key_share=True))
        asked = find_asked(session, token)  # what was disclosed before it was this one’s turn
    if asked is None:
        raise LookupError("no such link")
    return asked.person


def _mail(event: str, person: Person, title: str, address: str) -> Mail:
    body = (
        f"Dear {person.name},\n\n"
        f"You are named as {person.role} of the activity “{title}”. Everybody who controls its content discloses all "
        f"financial relationships of the last {LOOK_BACK_MONTHS} months with companies whose primary business is "
        "producing, marketing, selling, re-selling or distributing healthcare products used by or on patients: "
        "whatever the amount, and also that there are none.\n\n"
        f"Please do so here; no account is needed:\n{address}\n\n"
        "The link is yours alone. Learners see what you disclose before they take part.\n"
    )
    subject = " ".join(f"Please disclose for “{title}”".split())
    return Mail(event, person.email, subject if len(subject) <= 255 else subject[:254] + "…", body)
