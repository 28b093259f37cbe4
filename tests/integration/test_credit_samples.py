"""The samples that ship: whole, marked as no credit, published once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from quizapp.core.credit.front_matter import ELEMENTS
from quizapp.db.extension import db
from quizapp.db.models import ActivityVersion, Item
from quizapp.services.crediting import activities, samples
from tests.integration.credited import coordinator
from tests.integration.learners import MONDAY, Learner


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


@pytest.mark.usefixtures("content")
def test_the_samples_are_whole_say_that_they_are_no_credit_and_are_loaded_once(session: Session) -> None:
    actor = coordinator(session)
    assert samples.load(session, actor, MONDAY) == ("how-nassas-act", "depression-that-does-not-yield")
    assert samples.load(session, actor, MONDAY + dt.timedelta(days=1)) == ()
    offered = activities.list_offered(session, Learner.new(session).actor.id, MONDAY)
    assert len(offered) == 2
    assert not any(one.credit_designated for one in offered)
    editions = [activities.get_edition(session, one.version_id) for one in offered]
    for edition in editions:
        assert all(getattr(edition.front, element) for element in ELEMENTS)
        assert [one.report_format for one in edition.systems] == [""]
        assert "No credit is designated" in edition.front.designation_statement
        assert "not accredited" in edition.front.provider
        assert not any("{" in text for text in edition.front.to_json().values() if isinstance(text, str))
        assert edition.expires > MONDAY + dt.timedelta(days=30)
    block = next(one for one in editions if one.kind == "block")
    lesson = next(one for one in editions if one.kind == "lesson")
    assert (block.a_test, len(block.questions), block.quarter) == (30, 30, "2027-Q1")
    topics = {slug.rstrip("0123456789") for slug in (one.objective for one in block.questions)}
    assert topics == {"LN", "LC", "LT", "LS"}
    assert {one.objective for one in lesson.questions} == {one.slug for one in lesson.objectives}
    assert not {one.content_id for one in block.questions} & {one.content_id for one in lesson.questions}
    assert len(lesson.questions) >= lesson.a_test * lesson.attempts
    pools = session.scalars(
        sa.select(Item.pool).where(
            Item.content_id.in_([one.content_id for edition in editions for one in edition.questions])
        )
    )
    assert set(pools) == {"secure"}


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize(
    "day", [dt.date(2026, 1, 1), dt.date(2026, 11, 1), dt.date(2026, 12, 31), dt.date(2028, 2, 29)]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whatever_the_day_of_loading_is_the_samples_are_published(session: Session, day: dt.date) -> None:
    now = dt.datetime.combine(day, dt.time(23), dt.UTC)
    assert len(samples.load(session, coordinator(session), now)) == 2


def test_without_the_content_nothing_is_begun(session: Session) -> None:
    assert samples.load(session, coordinator(session), MONDAY) == ()
    assert session.scalar(sa.select(sa.func.count()).select_from(ActivityVersion)) == 0
