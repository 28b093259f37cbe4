"""The block of the next quarter: begun once, with other questions, the days of its quarter and disclosures to come."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.preferences import Unfit
from quizapp.db.extension import db
from quizapp.db.models import Activity, AuditEvent
from quizapp.services.crediting import designating, drafting, in_control, quarters, samples
from quizapp.services.crediting.stock import get_stock
from tests.integration.credited import coordinator
from tests.integration.learners import MONDAY

pytestmark = pytest.mark.usefixtures("content")


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


def block_of(session: Session) -> int:
    return session.scalars(sa.select(Activity.id).where(Activity.slug == "depression-that-does-not-yield")).one()


def test_the_next_quarter_begins_where_the_last_one_ends(session: Session) -> None:
    actor = coordinator(session)
    samples.load(session, actor, MONDAY)
    last = drafting.get_drafted(session, actor, block_of(session)).draft
    begun = quarters.begin_next(session, actor, block_of(session), MONDAY)
    assert (begun.quarter, begun.is_new) == ("2027-Q2", True)
    held = drafting.get_drafted(session, actor, begun.id)
    assert held.slug == "depression-that-does-not-yield-2027-q2"
    draft = held.draft
    assert (draft.released, draft.expires) == (dt.date(2027, 4, 1), dt.date(2027, 6, 30))
    assert (last.expires, last.claim_until) == (dt.date(2027, 3, 31), dt.date(2027, 4, 30))
    assert draft.claim_until == dt.date(2027, 7, 30)
    stock = get_stock(session)
    aims = [Counter(stock.questions[slug].objective for slug in one.questions) for one in (last, draft)]
    assert aims[0] == aims[1]
    assert len(set(draft.questions) & set(last.questions)) == begun.again < len(draft.questions)
    assert draft.validity_reviewed_on is None
    same = {"title", "systems", "practice_gap", "method", "provider", "objectives"}
    assert not same & set(draft.changed_from(last))
    (person,) = in_control.list_people(session, [begun.id])
    assert person.disclosed_at is None
    _, made = designating.get_assembled(session, actor, begun.id, MONDAY)
    sentences = " ".join(one.sentence for one in made.problems)
    assert "disclosed" in sentences
    assert "validity" in sentences
    assert session.scalars(sa.select(AuditEvent.deed).order_by(AuditEvent.number.desc())).first() == (
        "begin next quarter"
    )


def test_a_block_that_expires_before_its_quarter_ends_is_followed_by_the_next_quarter(session: Session) -> None:
    actor = coordinator(session)
    samples.load(session, actor, MONDAY)
    held = drafting.get_drafted(session, actor, block_of(session))
    early = replace(held.draft, expires=dt.date(2027, 2, 20), claim_until=dt.date(2027, 3, 20))
    drafting.save(session, actor, held.id, early, based_on=held.revision, now=MONDAY)
    assert quarters.name_next(early) == "2027-Q2"
    following = drafting.get_drafted(session, actor, quarters.begin_next(session, actor, held.id, MONDAY).id).draft
    assert (following.quarter, following.released) == ("2027-Q2", dt.date(2027, 4, 1))
    assert following.expires == dt.date(2027, 6, 30)


def test_begun_twice_it_is_one_and_the_one_after_it_follows(app: Flask, session: Session) -> None:
    actor = coordinator(session)
    samples.load(session, actor, MONDAY)
    block = block_of(session)
    session.rollback()

    def begin(_: int) -> quarters.Begun:
        with app.app_context():
            return quarters.begin_next(db.session(), actor, block, MONDAY)

    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(begin, range(8)))
    assert len({one.id for one in begun}) == 1
    assert sum(one.is_new for one in begun) == 1
    after = quarters.begin_next(session, actor, begun[0].id, MONDAY)
    assert after.quarter == "2027-Q3"
    assert drafting.get_drafted(session, actor, after.id).slug == "depression-that-does-not-yield-2027-q3"


def test_only_a_block_of_ones_own_is_followed(session: Session) -> None:
    actor = coordinator(session)
    samples.load(session, actor, MONDAY)
    with pytest.raises(LookupError):
        quarters.begin_next(session, coordinator(session), block_of(session), MONDAY)
    lesson = session.scalars(sa.select(Activity.id).where(Activity.slug == "how-nassas-act")).one()
    with pytest.raises(Unfit):
        quarters.begin_next(session, actor, lesson, MONDAY)
