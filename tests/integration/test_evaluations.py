"""What participants said is read without names, commercial bias first; busy time stands beside the designated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp.db.extension import db
from quizapp.db.models import ActivityCoordinator, Evaluation
from quizapp.db.session import writing
from quizapp.services.crediting import evaluations
from tests.integration.conftest import Auth
from tests.integration.credited import Designated, coordinator
from tests.integration.test_overseeing import Room
from tests.pages import Client
from tests.statements import counted


@pytest.fixture
def room(app: Flask, auth: Auth) -> Iterator[Room]:
    person = auth.sign_in("coordinator", email="coordinator@example.org")
    with app.app_context():
        session = db.session()
        made = Room(session, Designated.new(session, front={"minutes": 60}))
        with writing(session):
            session.add(ActivityCoordinator(activity_id=made.run.activity_id, user_id=person))
        yield made


def say(room: Room, participation: int, **answers: str) -> None:
    with writing(room.session):
        room.session.execute(
            sa.update(Evaluation).where(Evaluation.participation_id == participation).values(answers=answers)
        )


def test_bias_comes_first_choices_are_counted_and_texts_can_be_read(room: Room, client: Client) -> None:
    path = f"/coordinate/activities/{room.run.activity_id}/evaluations"
    assert "Nobody has evaluated the activity yet." in client.get(path).text
    for minutes in (20, 30, 40, 50, 58, 59, 61, 70, 80):
        room.took_part(minutes=minutes)
    assert "shown from 10 on" in client.get(path).text
    _, flagging = room.took_part("Somebody Named", minutes=90)
    say(room, flagging, objectives="some", change="<b>The dose</b>", bias="yes", bias_where="One drug\nis praised.")
    page = client.get(path)
    assert page.heading == "Evaluation"
    assert "1 participant of 10 found commercial bias" in page.text
    assert page.texts("h2")[0] == "Commercial bias"
    assert "One drug is praised." in page.texts(".texts li")[0]
    assert "<b>The dose</b>" in page.text, "what was typed is text"
    assert "Somebody Named" not in page.text
    assert "6 of 10 who passed were busy for less; the median is 58 minutes." in page.text
    assert "More than half needed less time than was designated." in page.text
    assert page.texts("details td") == ["0", "1", "2", "3", "2", "1", "1"]


def test_the_summary_costs_the_same_for_many_and_nothing_for_strangers(room: Room) -> None:
    room.took_part()
    with counted(room.session.get_bind().engine) as few:
        evaluations.get_summary(room.session, room.run.coordinator, room.run.activity_id)
    for _ in range(5):
        room.took_part()
    with counted(room.session.get_bind().engine) as many:
        found = evaluations.get_summary(room.session, room.run.coordinator, room.run.activity_id)
    assert (found.n, len(many)) == (6, len(few))
    with pytest.raises(LookupError):
        evaluations.get_summary(room.session, coordinator(room.session), room.run.activity_id)
