"""A small bank, and its drafts brought to their publication by the services, for tests of what comes of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Content, ContentVersion, Publication, Published, table
from quizapp.db.session import writing
from quizapp.formats import tree
from quizapp.services.accounts import Actor
from quizapp.services.authoring import drafting, publishing, reviewing
from quizapp.services.authoring.releasing import Choice, Live
from quizapp.services.content import loading
from tests.integration.authors import NOW, content_id, new_member

GOOD = Path(__file__).parents[1] / "data" / "content" / "good"
LATER = NOW + dt.timedelta(hours=1)
SOUND = {"references": ["haddjeri-1995"], "review_by": "2027-11-01"}
"""What the linter wants of a published question."""


def load_good(session: Session) -> None:
    load(session, tree.gather(GOOD / "lessons", GOOD / "question_banks")[0])


def load(session: Session, files: dict[str, bytes]) -> loading.LoadReport:
    return loading.load(session, tree.parse(files), NOW)


def member(session: Session, role: str, name: str = "") -> Actor:
    return new_member(session, role, "brakes", name)


def item(session: Session, slug: str = "brakes-1") -> int:
    return content_id(session, "item", slug)


def change(session: Session, actor: Actor, entry: int, now: dt.datetime = NOW, **fields: object) -> int:
    """Save a draft with these fields changed; gives its revision."""
    opened = drafting.open_draft(session, actor, entry)
    body = opened.body | SOUND | fields if opened.kind == "item" else opened.body | fields
    return drafting.save_draft(session, actor, entry, body, based_on_revision=opened.revision, now=now).revision


def supersede(session: Session, kind: str, slug: str, **fields: object) -> int:
    """Publish another version of an entry with these fields changed, straight in the tables and nothing rendered anew:
    for tests that load all the content, which takes seconds to load again. Gives its id."""
    rows = table(ContentVersion)
    old = session.execute(
        sa.select(rows)
        .join(Published, Published.version_id == rows.c.id)
        .join(Content, Content.id == Published.content_id)
        .where(Content.kind == kind, Content.slug == slug)
    ).one()
    values = old._asdict() | {"number": old.number + 1, "body": old.body | fields, "sha256": "0" * 64}
    del values["id"]
    with writing(session):
        new: int = session.execute(sa.insert(rows).values(**values).returning(rows.c.id)).scalar_one()
        own = Published.content_id == old.content_id
        session.execute(sa.update(table(Published)).where(own).values(version_id=new))
        session.add(Publication(content_id=old.content_id, old_version_id=old.id, new_version_id=new, at=NOW))
    return new


def approve(session: Session, author: Actor, reviewer: Actor, entry: int, reason: str = "") -> int:
    """Bring a draft to its approval; gives its revision."""
    revision = drafting.open_draft(session, author, entry).revision
    reviewing.ask(session, author, entry, based_on_revision=revision, now=NOW)
    reviewing.approve(session, reviewer, entry, reason, based_on_revision=revision, now=NOW)
    return revision


def release(
    session: Session, author: Actor, reviewer: Actor, entry: int, now: dt.datetime = LATER, **choice: Any
) -> Live:
    revision = approve(session, author, reviewer, entry)
    return publishing.publish(session, author, entry, Choice(**choice), based_on_revision=revision, now=now)


def swapped(session: Session, entry: int, key: str = "b") -> list[Any]:
    """The options of brakes-1 with another key."""
    body = session.execute(
        sa.select(ContentVersion.body)
        .join(Published, Published.version_id == ContentVersion.id)
        .where(Published.content_id == entry)
    ).scalar_one()
    return [option | {"key": option["id"] == key} for option in body["options"]]
