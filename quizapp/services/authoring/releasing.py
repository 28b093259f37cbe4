"""One version on its way to readers: judged and drawn first, then written in one transaction.

Inside it is only checked that nothing the judgement rested on has changed meanwhile. What is written, a load writes too
(`services.content.publishing`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Content, ContentVersion, Draft, KeyChange, Upload
from quizapp.db.session import Lock, lock, retrying, writing
from quizapp.formats.native import ItemHead, Named, Objective
from quizapp.formats.tree import Entry
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.authoring import drafting, judging, reporting
from quizapp.services.authoring.consequences import foresee
from quizapp.services.authoring.drafting import Opened, StaleDraft, open_draft
from quizapp.services.authoring.judging import Judgement
from quizapp.services.authoring.reviewing import LONGEST_REASON, Refused
from quizapp.services.authoring.scope import Right
from quizapp.services.content import publishing
from quizapp.services.content.editions import edition_of
from quizapp.services.content.making import fields_of, make, marking
from quizapp.services.content.publishing import Held, Key, New, Written
from quizapp.services.content.standing import drawn, get_drawings, get_tree
from quizapp.services.regrading import ACCEPT, LEAVE, REMEDIES

Json = dict[str, Any]

MINOR, MAJOR = "minor", "major"
PUBLISH, RETIRE, REVERT, SIGN = "publish", "retire", "revert", "sign"
_TRIES = 3


class NotReady(Exception):
    """Something stands in the way; `gate` says what. Nothing was changed."""

    def __init__(self, found: Judgement) -> None:
        super().__init__(f"{len(found.hindrances)} things stand in the way")
        self.gate = found


class Outdated(Exception):
    """A newer version than the one the draft began with has been published since. `theirs` is that version."""

    def __init__(self, theirs: Json, number: int) -> None:
        super().__init__(f"version {number} came in between")
        self.theirs = theirs
        self.number = number


@dataclass(frozen=True)
class Change:
    """How a question differs for its marks. `proposed` is minor or major, by whether the marking is another; "" for a
    lesson and for what was not published before. `line` is the statistics line of what is published now."""

    proposed: str
    line: int | None = None


@dataclass(frozen=True)
class Choice:
    """What the author makes of the change: `size` is minor or major, "" for what is proposed; another one needs a
    `reason`. `note` tells the others what was changed. `remedy`: what becomes of earlier answers once the key is
    another, or the question withdrawn (`regrading.REMEDIES`); anything but leave needs the reason too. `reports`: ids
    of learners' reports that this change answers."""

    size: str = ""
    reason: str = ""
    note: str = ""
    remedy: str = LEAVE
    reports: tuple[int, ...] = ()


AS_PROPOSED = Choice()


@dataclass(frozen=True)
class Live:
    """What was done. `publication_id` is None where readers notice nothing."""

    kind: str
    slug: str
    number: int
    publication_id: int | None
    is_major: bool


@dataclass(frozen=True)
class Release:
    """What is to be brought to readers, or taken from them (`deed`), by whom, on the revision that `opened` shows."""

    actor: Actor
    opened: Opened
    body: Json
    choice: Choice
    deed: str
    now: dt.datetime

    @property
    def state(self) -> str:
        return "draft" if self.deed == RETIRE else "published"

    @property
    def right(self) -> Right:
        return "review" if self.deed == SIGN else "write"


def change_of(session: Session, opened: Opened, body: Json | None = None) -> Change:
    """How this draft, or another body in its place, would change the marks of answers. Reads only."""
    if opened.kind != "item" or not opened.is_published:
        return Change("")
    held = hold(session, opened)
    if held is None:
        return Change("")
    row = session.execute(
        sa.select(ContentVersion.body, ContentVersion.line).where(ContentVersion.id == held.current_id)
    ).one()
    new = judging.read("item", body or opened.body)[0]
    old = fields_of("item", row.body)
    same = isinstance(old, ItemHead) and isinstance(new, ItemHead) and marking(old) == marking(new)
    return Change(MINOR if same else MAJOR, row.line)


def bring(session: Session, release: Release, *, based_on_revision: int) -> Live:
    """Judge, draw and write. Raises StaleDraft, Refused, NotReady, Outdated."""
    opened, choice = release.opened, release.choice
    if based_on_revision != opened.revision:
        raise StaleDraft(opened.body, opened.by, opened.at, opened.revision)
    if choice.remedy not in REMEDIES:
        raise Refused("Choose what becomes of the answers given before.")
    if choice.remedy != LEAVE and not choice.reason.strip():
        raise Refused("Say why the marks of earlier answers change.")
    if len(choice.reason) > LONGEST_REASON or len(choice.note) > LONGEST_REASON:
        raise Refused(f"A reason can hold {LONGEST_REASON:,} characters. Nothing was changed.")
    for _ in range(_TRIES):
        edition = edition_of(session)
        _check_base(session, release)
        found = judging.judge(
            session,
            opened.kind,
            release.body,
            home=opened.bank.slug,
            today=release.now.date(),
            state=release.state,
            advised=release.deed != SIGN,
        )
        if not found.is_ready:
            raise NotReady(found)
        news = _news(session, release, found)
        differs = not opened.is_published or any(_differs(session, entry) for entry in found.entries)
        if release.deed == PUBLISH and not differs:
            _check_draft(session, release)
            raise Refused("Nothing has changed since it was published.")
        done = retrying(partial(_write, session, release, news, _topics(session), edition))
        if done is not None:
            return done
    raise Refused("Others are publishing at this moment. Please try again.")


def _write(session: Session, release: Release, news: list[New], topics: dict[str, str], edition: int) -> Live | None:
    """Store what was judged; None if what it was judged by has changed."""
    actor, opened, choice, now = release.actor, release.opened, release.choice, release.now
    with writing(session):
        # In this order: a load has its turn first and then changes the rows of entries.
        publishing.take_turn(session)
        lock(session, Lock(content=opened.content_id))
        _check_draft(session, release)
        if edition_of(session) != edition:
            return None
        ids = publishing.get_ids(session)
        _identify(session, news, ids)
        held = publishing.hold(session, [ids[new.key] for new in news])
        written = publishing.publish(session, news, held, ids, by_id=actor.id, now=now)
        for new in news:
            publishing.index(session, new, topics, ids)
        session.execute(sa.delete(Draft).where(Draft.content_id == opened.content_id))
        session.execute(sa.delete(Upload).where(Upload.content_id == opened.content_id))
        _carry_on(session, news[1:], written)
        drafting.bump(session, opened.content_id)
        own = written[news[0].key]
        if own.publication_id is not None:
            _decide(session, release, own, held.get(news[0].key))
            reporting.answer_with(session, own.content_id, choice.reports, own.publication_id, actor.id, now)
        details: Json = {
            "version": own.number,
            "major": own.is_major,
            "note": choice.note,
            "reason": choice.reason,
            "remedy": choice.remedy,
        }
        session.flush()
        auditing.record(
            session, actor_id=actor.id, deed=release.deed, subject=(opened.kind, opened.slug), details=details, now=now
        )
        return Live(opened.kind, opened.slug, own.number, own.publication_id, own.is_major)


def _identify(session: Session, news: list[New], ids: dict[Key, int]) -> None:
    """Give what is new, such as a figure, its identity."""
    made = [Content(kind=new.kind, slug=new.id, revision=0) for new in news if new.key not in ids]
    session.add_all(made)
    session.flush()
    ids |= {(content.kind, content.slug): content.id for content in made}


def _decide(session: Session, release: Release, own: Written, before: Held | None) -> None:
    """Keep what becomes of the answers to the line that ends here. Raises Refused."""
    choice, is_retired = release.choice, release.deed == RETIRE
    ends = own.is_major or is_retired
    if not ends or before is None or not before.is_published:
        if choice.remedy != LEAVE:
            raise Refused("Marks change only with the key. This is a minor change; nothing was published.")
        return
    if is_retired and choice.remedy == ACCEPT:
        raise Refused("A question that is withdrawn has no further key to accept.")
    line = session.execute(sa.select(ContentVersion.line).where(ContentVersion.id == before.current_id)).scalar_one()
    if choice.remedy == LEAVE and not foresee(session, own.content_id, line).anything:
        return
    session.add(
        KeyChange(
            publication_id=own.publication_id,
            content_id=own.content_id,
            line=line,
            remedy=choice.remedy,
            reason=choice.reason.strip(),
            by_id=release.actor.id,
            at=release.now,
            settled_at=release.now if choice.remedy == LEAVE else None,
        )
    )


def find_newer(session: Session, opened: Opened) -> int | None:
    """The number of a version that was published since this draft began; None where there is none. Reads only."""
    newer = _newer(session, opened)
    return newer.number if newer is not None else None


def _check_draft(session: Session, release: Release) -> None:
    """Somebody may have published or changed the draft while it was judged. Raises StaleDraft."""
    opened = release.opened
    again = open_draft(session, release.actor, opened.content_id, right=release.right)
    if again.revision != opened.revision or again.state != opened.state:
        raise StaleDraft(again.body, again.by, again.at, again.revision)


def _check_base(session: Session, release: Release) -> None:
    if (newer := _newer(session, release.opened)) is not None:
        _check_draft(session, release)
        raise Outdated(newer.body, newer.number)


def _newer(session: Session, opened: Opened) -> Any:
    held = hold(session, opened) if opened.is_draft else None
    if held is None or held.current_id == opened.based_on_id:
        return None
    query = sa.select(ContentVersion.body, ContentVersion.number).where(ContentVersion.id == held.current_id)
    return session.execute(query).one()


def _is_major(change: Change, choice: Choice) -> bool | None:
    """Whether the change is major; None where nothing was published to differ from. Raises Refused."""
    if not change.proposed:
        return None
    size = choice.size or change.proposed
    if size not in (MINOR, MAJOR):
        raise Refused("Say whether the change is minor or major.")
    if size != change.proposed and not choice.reason.strip():
        raise Refused(f"This looks like a {change.proposed} change. Say why it is a {size} one.")
    return size == MAJOR


def _news(session: Session, release: Release, found: Judgement) -> list[New]:
    own = found.entries[0]
    is_published = release.state == "published"
    is_major = _is_major(change_of(session, release.opened, release.body), release.choice) if is_published else None
    note = release.choice.note.strip() or ("" if is_published else "Withdrawn")
    drawings = get_drawings(session, found.entries)
    return [
        New(
            kind=entry.kind,
            id=entry.id,
            fields=entry.fields,
            digest=entry.digest,
            made=make(entry.kind, entry.fields, drawn(entry, drawings).drawings),
            is_published=entry.published,
            home=_home(entry),
            note=note if entry is own else f"Changed with {own.kind} {own.id}",
            is_major=is_major if entry is own else None,
        )
        for entry in found.entries
    ]


def _differs(session: Session, entry: Entry) -> bool:
    standing = get_tree(session).entries.get((entry.kind, entry.id))
    return standing is None or standing.digest != entry.digest


def _home(entry: Entry) -> Key | None:
    if entry.kind == "item":
        return "bank", entry.group
    return ("topic", str(getattr(entry.fields, "topic", ""))) if entry.kind == "lesson" else None


def _carry_on(session: Session, others: list[New], written: dict[Key, Written]) -> None:
    """A draft of another entry that was changed along with this one stands on its new version, with the same change."""
    for new in others:
        content_id = written[new.key].content_id
        draft = session.get(Draft, content_id)
        if draft is None:
            continue
        draft.based_on_id = written[new.key].version_id
        if isinstance(new.fields, ItemHead):
            draft.body = draft.body | {"enemies": list(new.fields.enemies)}
        drafting.bump(session, content_id)


def _topics(session: Session) -> dict[str, str]:
    """The topic of each objective."""
    fields: list[Named] = [entry.fields for entry in get_tree(session).of("objective")]
    return {objective.id: objective.topic for objective in fields if isinstance(objective, Objective)}


def hold(session: Session, opened: Opened) -> Held | None:
    """What the database holds of an entry; None before its first version."""
    return publishing.hold(session, [opened.content_id]).get((opened.kind, opened.slug))
