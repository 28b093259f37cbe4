"""The entries of one’s own banks as a list: what state each is in, and what waits there. Reads only.

The number of statements does not depend on the number of entries.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp.db.models import (
    Comment,
    Content,
    ContentVersion,
    Draft,
    ProblemReport,
    Publication,
    Published,
)
from quizapp.formats.anatomy import plain
from quizapp.services.accounts import Actor
from quizapp.services.authoring.scope import RIGHTS, ROLES, Bank, Right, banks_of

A_PAGE = 50
LONGEST_TITLE = 160


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to; "" for everything. `text` is looked for in ids, stems and questions."""

    bank: str = ""
    kind: str = ""
    state: str = ""
    type: str = ""
    objective: str = ""
    pool: str = ""
    text: str = ""


@dataclass(frozen=True)
class Row:
    """An entry. `title` is plain text: what a question asks, the title of a lesson. `is_changed`: published, with a
    draft beside it. `comments` and `reports` count those that are open."""

    content_id: int
    kind: str
    slug: str
    bank: str
    title: str
    type: str
    objective: str
    pool: str
    state: str
    is_changed: bool
    comments: int
    reports: int
    at: dt.datetime
    role: str
    """That of the actor, the strongest where several banks lead to a lesson."""
    writers: tuple[int, ...]
    """Who has changed the draft."""

    def lets(self, right: Right) -> bool:
        return right in RIGHTS[self.role]


@dataclass(frozen=True)
class Listing:
    """A page of rows, the last changed first. `after` leads to the next page, "" on the last."""

    rows: tuple[Row, ...]
    after: str
    banks: tuple[Bank, ...]


def list_entries(session: Session, actor: Actor, by: Filters = Filters(), *, after: str = "") -> Listing:
    """The entries in the banks of the actor, narrowed by the filters, from the place `after` on.

    A place that does not parse is the beginning. A bank that is not the actor’s gives no rows.
    """
    banks = banks_of(session, actor)
    chosen = [bank for bank in banks if by.bank in ("", bank.slug)]
    if not chosen:
        return Listing((), "", banks)
    query = _ENTRIES.where(
        sa.or_(
            (Content.kind == "item") & Content.home_id.in_([bank.id for bank in chosen]),
            (Content.kind == "lesson") & _HOME.slug.in_({bank.topic for bank in chosen}),
        )
    )
    columns = {"kind": Content.kind, "state": _state, "type": _type, "objective": _objective, "pool": _pool}
    for name, column in columns.items():
        if wanted := getattr(by, name):
            query = query.where(column == wanted)
    if by.text:
        pattern = by.text.lower()
        query = query.where(
            sa.or_(*(sa.func.lower(column).contains(pattern, autoescape=True) for column in (Content.slug, *_texts)))
        )
    if place := _place(after):
        query = query.where(sa.or_(_at < place[0], (_at == place[0]) & (Content.id < place[1])))
    found = session.execute(query.order_by(_at.desc(), Content.id.desc()).limit(A_PAGE + 1)).all()
    page = found[:A_PAGE]
    last = f"{page[-1].at.isoformat()}~{page[-1].id}" if len(found) > A_PAGE else ""
    # An item is reached through its bank, a lesson through every bank of its topic: the one with the most rights.
    through = {}
    for bank in sorted(banks, key=lambda bank: ROLES.index(bank.role), reverse=True):
        through["item", bank.slug] = through["lesson", bank.topic] = bank
    return Listing(tuple(_row(row, through[row.kind, row.home]) for row in page), last, banks)


def _place(after: str) -> tuple[dt.datetime, int] | None:
    at, _, content_id = after.partition("~")
    try:
        place = dt.datetime.fromisoformat(at), int(content_id)
    except ValueError:
        return None
    return place if place[0].tzinfo else None


def _row(row: Any, bank: Bank) -> Row:
    title = plain(row.title or "")
    return Row(
        content_id=row.id,
        kind=row.kind,
        slug=row.slug,
        bank=bank.title,
        title=title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…",
        type=row.type or "",
        objective=row.objective or "",
        pool=row.pool or "",
        state=row.state,
        is_changed=row.is_changed,
        comments=row.comments,
        reports=row.reports,
        at=row.at,
        role=bank.role,
        writers=tuple(row.writers or ()),
    )


_HOME = aliased(Content)
_newer = aliased(ContentVersion)
_newest = (
    sa.select(_newer.id)
    .where(_newer.content_id == Content.id)
    .order_by(_newer.number.desc())
    .limit(1)
    .correlate(Content)
    .scalar_subquery()
)
_was_published = sa.exists().where(Publication.content_id == Content.id)
_at = sa.func.coalesce(Draft.at, ContentVersion.created_at, type_=Draft.at.type)
_state = sa.case(
    (Draft.content_id.is_not(None), Draft.state),
    (Published.content_id.is_not(None), "published"),
    (_was_published, "retired"),
    else_="draft",
)


def _said(*path: str | int) -> sa.ColumnElement[str]:
    """A text of the draft, else of the version that stands."""
    return sa.case(
        (Draft.content_id.is_not(None), Draft.body[path].as_string()), else_=ContentVersion.body[path].as_string()
    )


_type, _objective, _pool = _said("type"), _said("objective"), _said("pool")
_texts = (_said("lead_in"), _said("stem"), _said("title"))
# A case asks nothing itself: its vignette stands for it.
_title = sa.func.coalesce(_said("title"), _said("lead_in"), _said("stem"))
_ENTRIES = (
    sa.select(
        Content.id,
        Content.kind,
        Content.slug,
        _HOME.slug.label("home"),
        _title.label("title"),
        _type.label("type"),
        _objective.label("objective"),
        _pool.label("pool"),
        _state.label("state"),
        sa.and_(Draft.content_id.is_not(None), Published.content_id.is_not(None)).label("is_changed"),
        sa.select(sa.func.count())
        .where(Comment.content_id == Content.id, Comment.resolved_at.is_(None))
        .correlate(Content)
        .scalar_subquery()
        .label("comments"),
        sa.select(sa.func.count())
        .select_from(ProblemReport)
        .join(_newer, _newer.id == ProblemReport.version_id)
        .where(_newer.content_id == Content.id, ProblemReport.resolved_at.is_(None))
        .correlate(Content)
        .scalar_subquery()
        .label("reports"),
        _at.label("at"),
        Draft.writers,
    )
    .select_from(Content)
    .join(_HOME, _HOME.id == Content.home_id)
    .outerjoin(Draft, Draft.content_id == Content.id)
    .outerjoin(Published, Published.content_id == Content.id)
    .outerjoin(ContentVersion, ContentVersion.id == sa.func.coalesce(Published.version_id, _newest))
    .where(sa.or_(Draft.content_id.is_not(None), ContentVersion.id.is_not(None)))
)
