"""From the block of one quarter to that of the next: a new activity, because each quarter is claimed by itself."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.preferences import Unfit
from quizapp.db.models import Activity, ActivityCoordinator, InControl, table
from quizapp.db.session import retrying, writing
from quizapp.services import auditing
from quizapp.services.accounts import Actor
from quizapp.services.crediting.activities import BLOCK
from quizapp.services.crediting.checking import quarter_of
from quizapp.services.crediting.drafting import LONGEST_SLUG, Draft, get_drafted, hold
from quizapp.services.crediting.stock import Stock, get_stock

COPIED = ("user_id", "name", "email", "role", "began")
"""Of who controls content. What was disclosed is asked again: it is said for one activity, at one time."""


@dataclass(frozen=True)
class Begun:
    """The activity of the next quarter. `again`: questions of the last block that are asked once more, because their
    objective has no other; `is_new`: False where it had been begun before."""

    id: int
    quarter: str
    again: int
    is_new: bool


def name_next(draft: Draft) -> str | None:
    """The quarter after that of a block, “2027-Q1”; None where there is none."""
    if draft.kind != BLOCK or draft.expires is None:
        return None
    return quarter_of(_day_after_quarter(draft.expires))


def _day_after_quarter(day: dt.date) -> dt.date:
    """The first day of the quarter after that in which a day lies; a block may expire before its quarter ends."""
    month = (day.month + 2) // 3 * 3
    return dt.date(day.year + month // 12, month % 12 + 1, 1)


def begin_next(session: Session, actor: Actor, activity_id: int, now: dt.datetime) -> Begun:
    """Begin the block of the quarter after this one, run by the same people; begun twice it is one.

    Everything is taken over but what belongs to the quarter: its days follow, its questions are others on the same
    objectives as far as there are any, and who controls content discloses again. Raises LookupError for an activity
    that this person does not run, Unfit for one that is no block with an expiry.
    """
    stock = get_stock(session)

    def deed() -> Begun:
        with writing(session):
            held = hold(session, actor, activity_id)
            quarter, ended = name_next(held.draft), held.draft.expires
            if quarter is None or ended is None:
                raise Unfit({"quarter": "Only a block that has an expiry date is followed by one of the next quarter."})
            draft, again = _follow(held.draft, ended, stock, now.date())
            slug = f"{held.slug.removesuffix(_suffix(held.draft))[: LONGEST_SLUG - 8]}{_suffix(draft)}"
            there = session.scalar(sa.select(Activity.id).where(Activity.slug == slug))
            if there is not None:
                return Begun(get_drafted(session, actor, there).id, quarter, again, is_new=False)
            values = {"slug": slug, "draft": draft.to_json(), "revision": 1, "by_id": actor.id, "at": now}
            made = session.execute(sa.insert(table(Activity)).values(**values).returning(table(Activity).c.id))
            new_id: int = made.scalar_one()
            _take_over(session, activity_id, new_id)
            details = {"after": activity_id, "quarter": quarter}
            subject = ("activity", new_id)
            auditing.record(
                session, actor_id=actor.id, deed="begin next quarter", subject=subject, details=details, now=now
            )
            return Begun(new_id, quarter, again, is_new=True)

    return retrying(deed)


def _suffix(draft: Draft) -> str:
    return f"-{draft.quarter.lower()}" if draft.quarter else ""


def _follow(draft: Draft, ended: dt.date, stock: Stock, today: dt.date) -> tuple[Draft, int]:
    """The draft of the quarter after that in which this one ended, and how many questions are asked again."""
    first = _day_after_quarter(ended)
    expires = _day_after_quarter(first) - dt.timedelta(days=1)
    questions = choose_others(stock, draft.questions)
    again = len(set(questions) & set(draft.questions))
    following = replace(
        draft,
        quarter=quarter_of(expires),
        released=max(first, today),
        expires=expires,
        claim_until=expires + (draft.claim_until - ended) if draft.claim_until else None,
        questions=questions,
        board_label="",
        board_reference="",
        board_from=None,
        board_until=None,
        validity_reviewed_on=None if questions != draft.questions else draft.validity_reviewed_on,
    )
    return following, again


def choose_others(stock: Stock, before: Collection[str]) -> tuple[str, ...]:
    """As many questions on each objective as before, others where there are any, none that gives another away; with
    too few others, those of before that fit."""
    chosen: list[str] = []
    wanted = Counter(stock.questions[slug].objective for slug in before if slug in stock.questions)
    for objective, count in wanted.items():
        of_it = sorted(stock.of_objective(objective), key=lambda one: (one.slug in before, one.slug))
        taken = 0
        for question in of_it:
            if taken < count and not _gives_away(stock, question.slug, chosen):
                chosen.append(question.slug)
                taken += 1
    return tuple(chosen)


def _gives_away(stock: Stock, slug: str, chosen: Collection[str]) -> bool:
    questions: Mapping[str, frozenset[str]] = {one: stock.questions[one].enemies for one in (slug, *chosen)}
    return any(other in questions[slug] or slug in questions[other] for other in chosen)


def _take_over(session: Session, old_id: int, new_id: int) -> None:
    for user_id in session.scalars(
        sa.select(ActivityCoordinator.user_id).where(ActivityCoordinator.activity_id == old_id)
    ).all():
        session.execute(sa.insert(table(ActivityCoordinator)), {"activity_id": new_id, "user_id": user_id})
    people = table(InControl)
    rows = session.execute(
        sa.select(*(people.c[name] for name in COPIED))
        .where(people.c.activity_id == old_id, people.c.ended_at.is_(None))
        .order_by(people.c.id)
    ).all()
    for row in rows:
        session.execute(sa.insert(people), {"activity_id": new_id, **row._mapping})
