"""Who controls the content of an activity, and which interests they disclose: everybody, all of the last 24 months, no
minimum amount, and that there are none is said too."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.front_matter import LOOK_BACK_MONTHS
from quizapp.core.credit.front_matter import InControl as Stated
from quizapp.core.credit.identifiers import problem_of_name
from quizapp.core.preferences import Unfit
from quizapp.db.models import Activity, Disclosure, InControl, User, table
from quizapp.db.session import retrying, writing
from quizapp.services import auditing, outbox
from quizapp.services.accounts import Actor
from quizapp.services.crediting.drafting import OUT_OF_YEARS, UNKEPT, YEARS, get_drafted, hold, unstorable
from quizapp.services.outbox import Mail
from quizapp.services.versions import Row

ROLES = ("planner", "author", "faculty", "editor", "reviewer", "other")
LONGEST_TEXT = 4_000
MOST_RELATIONSHIPS = 40
LONGEST_RELATIONSHIP = 400


@dataclass(frozen=True)
class Person:
    """Somebody in control of content, with the newest disclosure: `relationships` None while nothing was disclosed,
    empty where there are none. `disclosure_id`: 0 while nothing was; `disclosed_by`: who entered it, None for the
    person alone."""

    id: int
    activity_id: int
    name: str
    email: str
    role: str
    began: dt.date | None
    asked_at: dt.datetime | None
    relationships: tuple[str, ...] | None
    employed: bool
    mitigation: str
    mitigated_on: dt.date | None
    disclosure_id: int
    disclosed_at: dt.datetime | None
    disclosed_by: str | None

    def stated(self) -> Stated:
        """As the front matter says it."""
        return Stated(
            self.name,
            self.role,
            self.began,
            self.relationships,
            self.mitigation,
            self.mitigated_on,
            self.employed,
        )


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


def list_people(session: Session, activity_ids: Collection[int]) -> tuple[Person, ...]:
    """Who controls the content of these activities now, in the order of being named; one statement."""
    wanted = _PEOPLE.where(InControl.activity_id.in_(activity_ids), InControl.ended_at.is_(None))
    return tuple(_person(row) for row in session.execute(wanted.order_by(InControl.id)))


def get_person(session: Session, actor: Actor, person_id: int) -> Person:
    """Somebody in control of an activity that this person runs. Raises LookupError."""
    row = session.execute(_PEOPLE.where(InControl.id == person_id, InControl.ended_at.is_(None))).one_or_none()
    if row is None:
        raise LookupError(person_id)
    get_drafted(session, actor, row.activity_id)
    return _person(row)


def find_asked(session: Session, token: str) -> Asked | None:
    """Who was asked with this link; None for a link that is dead."""
    row = session.execute(
        _PEOPLE.add_columns(Activity.draft)
        .join(Activity, Activity.id == InControl.activity_id)
        .where(InControl.token == token, InControl.ended_at.is_(None))
    ).one_or_none()
    return None if row is None else Asked(_person(row), row.draft.get("title", ""))


def name_person(
    session: Session,
    actor: Actor,
    activity_id: int,
    *,
    name: str,
    email: str,
    role: str,
    began: dt.date | None,
    now: dt.datetime,
) -> int:
    """Name somebody who controls content; the same person in the same role twice is named once. Returns the id.

    An account with this address is taken to be theirs, so that it is known who claims credit for own work. Raises
    Unfit, LookupError.
    """
    name, email, role = " ".join(name.split()), email.strip().lower(), " ".join(role.split())
    _check_person(name, email, role, began)

    def deed() -> int:
        with writing(session):
            hold(session, actor, activity_id)
            same = session.scalar(
                sa.select(InControl.id).where(
                    InControl.activity_id == activity_id,
                    InControl.name == name,
                    InControl.email == email,
                    InControl.role == role,
                    InControl.ended_at.is_(None),
                )
            )
            if same is not None:
                return int(same)
            values = {
                "activity_id": activity_id,
                "user_id": session.scalar(sa.select(User.id).where(User.email == email)) if email else None,
                "name": name,
                "email": email,
                "role": role,
                "began": began,
            }
            made = session.execute(sa.insert(table(InControl)).values(**values).returning(table(InControl).c.id))
            person_id: int = made.scalar_one()
            _audit(session, actor.id, "name in control", activity_id, {"person": person_id, "name": name}, now)
            return person_id

    return retrying(deed)


def change_person(
    session: Session, actor: Actor, person_id: int, *, role: str, began: dt.date | None, now: dt.datetime
) -> None:
    """Say anew in which role, and since when. Raises Unfit, LookupError."""
    role = " ".join(role.split())

    def deed() -> None:
        with writing(session):
            person = _hold_person(session, actor, person_id)
            _check_person(person.name, person.email, role, began)
            if (person.role, person.began) == (role, began):
                return
            people = table(InControl)
            session.execute(sa.update(people).where(people.c.id == person_id).values(role=role, began=began))
            details = {"person": person_id, "role": role, "began": began.isoformat() if began else ""}
            _audit(session, actor.id, "change in control", person.activity_id, details, now)

    retrying(deed)


def end_person(session: Session, actor: Actor, person_id: int, now: dt.datetime) -> int:
    """From now on this person controls nothing; what was published still names them. Twice is harmless.

    Returns the id of the activity. Raises LookupError.
    """

    def deed() -> int:
        with writing(session):
            person = _hold_person(session, actor, person_id, ended=True)
            people = table(InControl)
            ended = sa.update(people).where(people.c.id == person_id, people.c.ended_at.is_(None))
            ended_now: sa.CursorResult[Any] = session.connection().execute(ended.values(ended_at=now, token=None))
            if ended_now.rowcount:
                _audit(session, actor.id, "end in control", person.activity_id, {"person": person_id}, now)
            return person.activity_id

    return retrying(deed)


def ask(session: Session, actor: Actor, person_id: int, link: Callable[[str], str], now: dt.datetime) -> None:
    """Ask this person by mail to disclose; `link` makes the address of a form from its secret. Asking again within a
    day sends nothing new. Raises Unfit, LookupError."""

    def deed() -> None:
        with writing(session):
            person = _hold_person(session, actor, person_id)
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
            _audit(session, actor.id, "ask for disclosure", person.activity_id, {"person": person_id}, now)

    retrying(deed)


def disclose(
    session: Session, actor: Actor, person_id: int, told: Disclosed, now: dt.datetime, *, based_on: int | None = None
) -> None:
    """A coordinator enters what a person disclosed, and how it was mitigated. `based_on`: the disclosure that was
    looked at, None for whichever stands. Raises Unfit, StaleDisclosure, LookupError."""
    told = check(told, now)

    def deed() -> None:
        with writing(session):
            person = _hold_person(session, actor, person_id)
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
    _audit(session, by_id, "disclose", person.activity_id, details, now)


def _check_person(name: str, email: str, role: str, began: dt.date | None) -> None:
    problems = {}
    if began is not None and began.year not in YEARS:
        problems["began"] = OUT_OF_YEARS
    if problem := problem_of_name(name):
        problems["name"] = problem if name else "Write the name."
    if email and not outbox.is_address(email):
        problems["email"] = "This is not a plain address of mail."
    if not role or len(role) > 40 or unstorable(role):
        problems["role"] = "Say in which role, within 40 characters."
    if problems:
        raise Unfit(problems)


def _hold_person(session: Session, actor: Actor, person_id: int, *, ended: bool = False) -> Person:
    """Somebody in control, while all deeds of the activity wait. `ended`: also who is in control no longer. Raises
    LookupError."""
    activity_id = session.scalar(sa.select(InControl.activity_id).where(InControl.id == person_id))
    if activity_id is None:
        raise LookupError(person_id)
    hold(session, actor, activity_id)
    row = session.execute(_PEOPLE.where(InControl.id == person_id)).one()
    if row.ended_at is not None and not ended:
        raise LookupError(person_id)
    return _person(row)


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


def _audit(
    session: Session, by_id: int | None, deed: str, activity_id: int, details: dict[str, Any], now: dt.datetime
) -> None:
    subject = ("activity", activity_id)
    auditing.record(session, actor_id=by_id, deed=deed, subject=subject, details=details, now=now)


def _person(row: Row) -> Person:
    return Person(
        id=row.id,
        activity_id=row.activity_id,
        name=row.name,
        email=row.email,
        role=row.role,
        began=row.began,
        asked_at=row.asked_at,
        relationships=None if row.disclosed_at is None else tuple(row.relationships),
        employed=bool(row.employed),
        mitigation=row.mitigation or "",
        mitigated_on=row.mitigated_on,
        disclosure_id=row.disclosure_id or 0,
        disclosed_at=row.disclosed_at,
        disclosed_by=None if row.by_id is None else row.by_name or row.by_email,
    )


_by = sa.orm.aliased(User)
_newest = sa.select(sa.func.max(Disclosure.id)).where(Disclosure.in_control_id == InControl.id).correlate(InControl)
_PEOPLE = (
    sa.select(
        InControl.id,
        InControl.activity_id,
        InControl.name,
        InControl.email,
        InControl.role,
        InControl.began,
        InControl.asked_at,
        InControl.ended_at,
        Disclosure.id.label("disclosure_id"),
        Disclosure.relationships,
        Disclosure.employed,
        Disclosure.mitigation,
        Disclosure.mitigated_on,
        Disclosure.by_id,
        Disclosure.at.label("disclosed_at"),
        _by.name.label("by_name"),
        _by.email.label("by_email"),
    )
    .select_from(InControl)
    .outerjoin(Disclosure, Disclosure.id == _newest.scalar_subquery())
    .outerjoin(_by, _by.id == Disclosure.by_id)
)
