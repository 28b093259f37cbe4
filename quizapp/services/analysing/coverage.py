"""What a bank holds beside what its blueprint wants: objectives by Bloom level and by type. Reads only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from quizapp.db.models import Content, Draft, Item, Published
from quizapp.db.session import run
from quizapp.services.accounts import Actor
from quizapp.services.authoring.scope import Bank, banks_of
from quizapp.services.versions import Row as Read
from quizapp.services.versions import Version, published

LEAST = {"practice": 4, "secure": 2}
"""Questions of each pool that every objective needs: new ones for practice on several days, and some that learners have
never met for graded exams, credit and delayed follow-up."""


@dataclass(frozen=True)
class Cell:
    """Published questions and drafts of new ones."""

    published: int = 0
    drafts: int = 0


@dataclass(frozen=True)
class Row:
    """An objective. `wanted`: questions in the blueprint; `cells` by Bloom level or type; `missing` by pool, what LEAST
    and the blueprint still ask for once the drafts are published."""

    slug: str
    statement: str
    bloom: str
    wanted: int
    practice: Cell
    secure: Cell
    cells: dict[str, Cell]
    missing: dict[str, int]

    @property
    def have(self) -> int:
        return self.practice.published + self.secure.published


@dataclass(frozen=True)
class Covered:
    """A bank with the objectives of its topic, and its sums by column."""

    bank: Bank
    rows: tuple[Row, ...]
    sums: dict[str, Cell]
    may_write: bool


@dataclass(frozen=True)
class Coverage:
    """`columns`: what the cells are counted by, only those that anything stands in, in their own order."""

    banks: tuple[Bank, ...]
    covered: tuple[Covered, ...]
    columns: tuple[str, ...]


def get_coverage(session: Session, actor: Actor, columns: tuple[str, ...], *, by: str, bank: str = "") -> Coverage:
    """The matrix of each of the actor’s banks, or of one of them, by `bloom` or `type`; `columns` gives the order.

    Raises LookupError for a bank that is not the actor’s, KeyError for another `by`.
    """
    place = {"bloom": 0, "type": 1}[by]
    banks = banks_of(session, actor)
    chosen = [one for one in banks if bank in ("", one.slug)]
    if bank and not chosen:
        raise LookupError(bank)
    ids = {"banks": [one.id for one in chosen]}
    counts: Counter[tuple[int, str, str, str, str]] = Counter()
    for state, query in (("published", _PUBLISHED), ("drafts", _DRAFTS)):
        row: Read
        for row in run(session, query, ids):
            kind = (row.bloom, row.type)[place] or ""
            counts[row.home_id, row.objective or "", row.pool or "practice", kind, state] += 1
    objectives = published(session, "objective")
    covered = tuple(_covered(one, objectives, counts) for one in chosen)
    used = {name for one in covered for name in one.sums}
    return Coverage(banks, covered, tuple(name for name in columns if name in used))


def _covered(bank: Bank, objectives: dict[str, Version], counts: Counter[tuple[int, str, str, str, str]]) -> Covered:
    held = {key[1:]: n for key, n in counts.items() if key[0] == bank.id}
    own = [one for one in objectives.values() if one.body["topic"] == bank.topic]
    rows = tuple(_row(one, held) for one in sorted(own, key=lambda one: (len(one.slug), one.slug)))
    sums = {name: _cell(held, column=name) for name in sorted({key[2] for key in held})}
    return Covered(bank, rows, sums, bank.lets("write"))


def _row(objective: Version, held: dict[tuple[str, str, str, str], int]) -> Row:
    own = {key: n for key, n in held.items() if key[0] == objective.slug}
    pools = {pool: _cell(own, pool=pool) for pool in LEAST}
    missing = {pool: max(0, LEAST[pool] - cell.published - cell.drafts) for pool, cell in pools.items()}
    wanted = int(objective.body["weight"])
    have = sum(cell.published + cell.drafts for cell in pools.values())
    missing["practice"] += max(0, wanted - have - sum(missing.values()))
    return Row(
        slug=objective.slug,
        statement=objective.rendered["statement"],
        bloom=objective.body["bloom"],
        wanted=wanted,
        practice=pools["practice"],
        secure=pools["secure"],
        cells={name: _cell(own, column=name) for name in {key[2] for key in own}},
        missing=missing,
    )


def _cell(held: dict[tuple[str, str, str, str], int], *, pool: str = "", column: str = "") -> Cell:
    def number(state: str) -> int:
        return sum(n for (_, p, c, s), n in held.items() if s == state and pool in ("", p) and column in ("", c))

    return Cell(number("published"), number("drafts"))


_objective = aliased(Content)
_BANKS = Content.home_id.in_(sa.bindparam("banks", expanding=True))
_PUBLISHED = (
    sa.select(Content.home_id, _objective.slug.label("objective"), Item.bloom, Item.type, Item.pool)
    .join(Item, Item.content_id == Content.id)
    .join(_objective, _objective.id == Item.objective_id)
    .where(Content.kind == "item", _BANKS)
)
_DRAFTS = (
    sa.select(
        Content.home_id,
        Draft.body["objective"].as_string().label("objective"),
        Draft.body["bloom"].as_string().label("bloom"),
        Draft.body["type"].as_string().label("type"),
        Draft.body["pool"].as_string().label("pool"),
    )
    .join(Draft, Draft.content_id == Content.id)
    .outerjoin(Published, Published.content_id == Content.id)
    .where(Content.kind == "item", _BANKS, Published.content_id.is_(None))
)
