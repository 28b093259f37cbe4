"""What first answers say of all published questions of one’s banks, those that need attention first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.itemstats import verdicts
from quizapp.core.itemstats.intervals import Figure
from quizapp.core.itemstats.tallies import ALL, SUMS, TIME_BUCKETS, Tallied
from quizapp.core.itemstats.verdicts import State, Verdict
from quizapp.db.models import Content, Item, Published
from quizapp.db.session import run
from quizapp.services.accounts import Actor
from quizapp.services.analysing import counters
from quizapp.services.analysing.choices import steps
from quizapp.services.analysing.judging import judge
from quizapp.services.analysing.pairs import Pair, list_pairs
from quizapp.services.authoring.scope import Bank, banks_of
from quizapp.services.teaching import cohorts
from quizapp.services.versions import Row as Read
from quizapp.services.versions import Version, get_versions


@dataclass(frozen=True)
class Row:
    """A published question. `asked` is Markdown. The figures are those of the part that needs attention most; None
    without answers."""

    content_id: int
    slug: str
    bank: str
    type: str
    asked: str
    pool: str
    n: int
    facility: Figure | None
    discrimination: Figure | None
    seconds: float | None
    expected: int
    verdict: Verdict


@dataclass(frozen=True)
class Overview:
    """`rows` in the order asked for; `states` counts all questions of the banks chosen, whatever is shown of them;
    `pairs` of these questions that seem to give each other away."""

    banks: tuple[Bank, ...]
    rows: tuple[Row, ...]
    states: dict[State, int]
    pairs: tuple[Pair, ...]


def list_questions(session: Session, actor: Actor, *, bank: str = "", state: str = "", by: str = "") -> Overview:
    """All questions of the actor’s banks, or of one of them, in one state or in any.

    `by`: attention (also for a word that is none), facility, discrimination, answers, time or question. The number of
    statements does not depend on that of questions. Raises LookupError for a bank that is not the actor’s.
    """
    banks = banks_of(session, actor)
    chosen = [one for one in banks if bank in ("", one.slug)]
    if bank and not chosen:
        raise LookupError(bank)
    found: Sequence[Read] = run(session, _ITEMS, {"banks": [one.id for one in chosen]}).all()
    versions = get_versions(session, [row.version_id for row in found])
    items = sa.select(Content.id).where(Content.kind == "item", Content.home_id.in_([one.id for one in chosen]))
    taught = [one.id for one in cohorts.list_taught(session, actor)]
    held = _Held(
        counters.by_class(session, items, columns=SUMS),
        counters.by_class(session, items, columns=("answers", *TIME_BUCKETS), only=ALL),
        counters.by_month(session, items),
        counters.by_cohort(session, items, taught),
    )
    rows = [_row(row, versions[row.version_id], held) for row in found]
    states = {one: sum(row.verdict.state is one for row in rows) for one in State}
    shown = [row for row in rows if state in ("", row.verdict.state)]
    leaking = list_pairs(session, [one.id for one in chosen])
    return Overview(banks, tuple(sorted(shown, key=ORDERS.get(by, _by_attention))), states, leaking)


@dataclass(frozen=True)
class _Held:
    by_class: dict[counters.Place, dict[str, Tallied]]
    times: dict[counters.Place, dict[str, Tallied]]
    months: dict[counters.Place, counters.Groups]
    cohorts: dict[counters.Place, counters.Groups]


def _row(item: Read, version: Version, held: _Held) -> Row:
    judged = []
    for place, part in enumerate(version.parts):
        at = (item.id, version.line, part.id)
        by_class = held.by_class.get(at, {})
        if at in held.times:
            by_class = by_class | {ALL: replace(by_class[ALL], times=held.times[at][ALL].times)}
        judged.append(
            judge(
                part.id,
                steps(version, place),
                by_class,
                seconds=item.seconds / len(version.parts),
                months=held.months.get(at, {}),
                cohorts=held.cohorts.get(at, {}),
            )
        )
    figures = [one.figures for one in judged]
    worst = max(figures, key=lambda one: (verdicts.judge([one]).attention, one.n))
    asked = version.body.get("lead_in") or version.body.get("stem") or ""
    return Row(
        content_id=item.id,
        slug=version.slug,
        bank=item.bank,
        type=version.body["type"],
        asked=" ".join(asked.split()),
        pool=item.pool,
        n=worst.n,
        facility=worst.facility,
        discrimination=worst.discrimination,
        seconds=worst.median_ms / 1000 if worst.median_ms is not None else None,
        expected=item.seconds,
        verdict=verdicts.judge(figures),
    )


def _by_attention(row: Row) -> tuple[Any, ...]:
    gravest, number = row.verdict.attention
    return row.verdict.state is State.FEW, -gravest, -number, -row.n, row.slug


def _by_facility(row: Row) -> tuple[Any, ...]:
    return row.facility is None, row.facility.value if row.facility else 0, row.slug


def _by_discrimination(row: Row) -> tuple[Any, ...]:
    return row.discrimination is None, row.discrimination.value if row.discrimination else 0, row.slug


ORDERS: dict[str, Callable[[Row], tuple[Any, ...]]] = {
    "attention": _by_attention,
    "facility": _by_facility,
    "discrimination": _by_discrimination,
    "answers": lambda row: (-row.n, row.slug),
    "time": lambda row: (-(row.seconds or 0), row.slug),
    "question": lambda row: (row.slug,),
}

_ITEMS = (
    sa.select(Content.id, Published.version_id, Item.bank, Item.pool, Item.seconds)
    .join(Item, Item.content_id == Content.id)
    .join(Published, Published.content_id == Content.id)
    .where(Content.kind == "item", Content.home_id.in_(sa.bindparam("banks", expanding=True)))
    .order_by(Content.id)
)
