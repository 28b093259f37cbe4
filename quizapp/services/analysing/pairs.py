"""Pairs of questions that give each other away, found in the log (`core.itemstats.pairs`) and kept look by look.

A look reads the first answers of LEARNERS learners at most, drawn by lot, so that it costs the same however many there
are; pairs are those within a topic, of the versions that are published. Each look is a row, also one that finds
nothing.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from quizapp.core.itemstats import pairs, tallies
from quizapp.core.itemstats.intervals import Figure
from quizapp.core.itemstats.odds import Stratum
from quizapp.core.itemstats.pairs import Leak, Met
from quizapp.db.models import Content, ContentVersion, LeakingPair, Link, PairLook, Published, Response, table
from quizapp.db.session import run, writing
from quizapp.formats.linting import gives_away
from quizapp.services.calibrating import night
from quizapp.services.versions import Row, Version, get_versions

LEARNERS = 2_000


@dataclass(frozen=True)
class Pair:
    """The question `later` is right more often if `earlier` was met before. Ids and slugs of both; `after` and
    `before`: right answers and all of those who had, and had not yet, met it; `odds` at like ability; `enemies`:
    whether they name each other already, so that no session holds both; `linted`: what the linter says of the wording
    of the published versions, "" for nothing."""

    earlier_id: int
    earlier: str
    later_id: int
    later: str
    after: Stratum
    before: Stratum
    odds: Figure
    enemies: bool
    linted: str


@dataclass(frozen=True)
class Look:
    """A look at all pairs: whose answers were read, how many pairs could be looked at. `new`: this very call has made
    it."""

    number: int
    at: dt.datetime
    learners: int
    pairs: int
    new: bool = False


def find_newest(session: Session) -> Look | None:
    """The look that counts."""
    columns = (PairLook.number, PairLook.at, PairLook.learners, PairLook.pairs)
    row = session.execute(sa.select(*columns).order_by(PairLook.number.desc()).limit(1)).one_or_none()
    return Look(*row) if row else None


def is_due(session: Session, now: dt.datetime) -> bool:
    """Whether there has been no look since the night began, and answers that none has read."""
    newest = find_newest(session)
    return (newest is None or newest.at < night(now)) and _up_to(session) > _read_up_to(session)


def look(session: Session, now: dt.datetime) -> Look | None:
    """Look at all pairs and keep those that leak. Without new answers nothing is done, and the newest look is given
    back; so it is where another worker was quicker."""
    before, up_to = find_newest(session), _up_to(session)
    if up_to <= _read_up_to(session):
        session.rollback()
        return before
    learners, looked_at, found = _read(session)
    session.rollback()
    number = before.number + 1 if before else 1
    try:
        with writing(session):
            session.execute(
                sa.insert(table(PairLook)).values(
                    number=number, at=now, up_to=up_to, learners=learners, pairs=looked_at
                )
            )
            if found:
                session.execute(sa.insert(table(LeakingPair)), [_row(number, one) for one in found])
    except IntegrityError:
        return find_newest(session)
    return Look(number, now, learners, looked_at, new=True)


def list_pairs(session: Session, banks: Iterable[int] | None = None, *, about: int | None = None) -> tuple[Pair, ...]:
    """The pairs that the newest look found, the surest first: of all banks, or only those of which both questions are
    in these; only those that the question `about` is one of. Both are published."""
    query = _FOUND
    if banks is not None:
        held = list(banks)
        query = query.where(_earlier.home_id.in_(held), _later.home_id.in_(held))
    if about is not None:
        query = query.where(sa.or_(LeakingPair.earlier_id == about, LeakingPair.later_id == about))
    rows = run(session, query).all()
    versions = get_versions(session, {name for row in rows for name in (row.earlier_version, row.later_version)})
    return tuple(_pair(row, versions) for row in rows)


def _read(session: Session) -> tuple[int, int, tuple[Leak, ...]]:
    """How many learners were read, how many pairs looked at, and which of them leak."""
    everybody = session.scalars(sa.select(Response.learner_id).distinct().order_by(Response.learner_id)).all()
    chosen = everybody if len(everybody) <= LEARNERS else random.Random(len(everybody)).sample(everybody, LEARNERS)
    lines = {row.content_id: row.line for row in run(session, _LINES)}
    by_topic: dict[int, pairs.Tally] = {}
    for learner_id in chosen:
        met: dict[int, list[Met]] = {}
        for topic, one in _met(session, learner_id, lines):
            met.setdefault(topic, []).append(one)
        for topic, own in met.items():
            by_topic.setdefault(topic, pairs.Tally()).add(own)
    return len(chosen), *pairs.leaks(by_topic.values())


def _met(session: Session, learner_id: int, lines: dict[int, int]) -> Iterator[tuple[int, Met]]:
    """The questions a learner met, in order, with their topics; of a case all parts together."""
    found: dict[int, list[Row]] = {}
    for row in run(session, _FIRST, {"learner": learner_id}):
        if lines.get(row.content_id) == row.line:
            found.setdefault(row.content_id, []).append(row)
    for content_id, rows in found.items():
        first = rows[0]
        right: bool | None = 5 * sum(row.earned for row in rows) >= 4 * sum(row.possible for row in rows)
        if tallies.SETTINGS[first.mode] == tallies.LESSON:
            right = None
        yield first.topic_id, Met(content_id, first.objective_id, right, first.ability)


def _up_to(session: Session) -> int:
    return session.scalar(sa.select(sa.func.max(Response.id))) or 0


def _read_up_to(session: Session) -> int:
    return session.scalar(sa.select(sa.func.max(PairLook.up_to))) or 0


def _row(number: int, leak: Leak) -> dict[str, object]:
    return {
        "look": number,
        "earlier_id": leak.earlier,
        "later_id": leak.later,
        "after_right": leak.after[0],
        "after_n": leak.after[1],
        "before_right": leak.before[0],
        "before_n": leak.before[1],
        "odds": leak.odds.value,
        "low": leak.odds.low,
        "high": leak.odds.high,
        "q": leak.q,
    }


def _pair(row: Row, versions: Mapping[int, Version]) -> Pair:
    return Pair(
        row.earlier_id,
        row.earlier,
        row.later_id,
        row.later,
        (row.after_right, row.after_n),
        (row.before_right, row.before_n),
        Figure(row.odds, row.low, row.high, row.after_n + row.before_n),
        bool(row.enemies),
        gives_away(versions[row.earlier_version].body, versions[row.later_version].body),
    )


_earlier, _later = aliased(Content), aliased(Content)
_earlier_published, _later_published = aliased(Published), aliased(Published)
_enemies = sa.exists().where(
    Link.role == "enemy",
    sa.or_(
        sa.and_(Link.source_id == LeakingPair.earlier_id, Link.target_id == LeakingPair.later_id),
        sa.and_(Link.source_id == LeakingPair.later_id, Link.target_id == LeakingPair.earlier_id),
    ),
)
_FOUND = (
    sa.select(
        *table(LeakingPair).c,
        _earlier.slug.label("earlier"),
        _later.slug.label("later"),
        _enemies.label("enemies"),
        _earlier_published.version_id.label("earlier_version"),
        _later_published.version_id.label("later_version"),
    )
    .join(_earlier, _earlier.id == LeakingPair.earlier_id)
    .join(_later, _later.id == LeakingPair.later_id)
    .join(_earlier_published, _earlier_published.content_id == LeakingPair.earlier_id)
    .join(_later_published, _later_published.content_id == LeakingPair.later_id)
    .where(LeakingPair.look == sa.select(sa.func.max(PairLook.number)).scalar_subquery())
    .order_by(LeakingPair.q, LeakingPair.odds.desc(), LeakingPair.earlier_id, LeakingPair.later_id)
)
_LINES = (
    sa.select(Published.content_id, ContentVersion.line)
    .join(ContentVersion, ContentVersion.id == Published.version_id)
    .join(Content, Content.id == Published.content_id)
    .where(Content.kind == "item")
)
_FIRST = (
    sa.select(
        Response.content_id,
        Response.line,
        Response.objective_id,
        Response.topic_id,
        Response.mode,
        Response.earned,
        Response.possible,
        Response.ability,
    )
    .where(Response.learner_id == sa.bindparam("learner"), Response.first_exposure)
    .order_by(Response.id)
)
