"""What a learner adds to a question: a flag, a note, the cause of a miss, a report; and which misses were read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from quizapp.core import modes
from quizapp.db.models import Mark, MissCause, Note, Presentation, ProblemReport, Response, Sitting, table
from quizapp.db.session import Lock, retrying, writing
from quizapp.services.accounts import Actor
from quizapp.services.sittings import Place, effective, released

CAUSES = {
    "knowledge": "Did not know",
    "misread": "Misread",
    "reasoning": "Reasoning",
    "timing": "Time",
}
LONGEST_NOTE = 4_000
LONGEST_REPORT = 2_000


class Unfit(Exception):
    """What was sent cannot be kept; the sentence says why, the place which question it was about."""

    def __init__(self, place: Place, sentence: str) -> None:
        super().__init__(sentence)
        self.place = place


def set_mark(session: Session, actor: Actor, presentation_id: int, *, marked: bool, now: dt.datetime) -> Place:
    """Flag the question, or take the flag away. Raises LookupError for a question that is not this learner’s."""

    def deed() -> Place:
        with writing(session, Lock(learner=actor.id)):
            shown = _get_shown(session, actor, presentation_id)
            key = {"learner_id": actor.id, "content_id": shown.content_id}
            if marked:
                session.execute(_insert(session)(table(Mark)).on_conflict_do_nothing(), {**key, "at": now})
            else:
                session.execute(sa.delete(Mark).filter_by(**key))
            return shown.place

    return retrying(deed)


def open_misses(session: Session, actor: Actor, sitting_id: int) -> Place:
    """Note that the reasons of an exam’s misses were opened, and say where the first stands. Raises LookupError."""

    def deed() -> Place:
        with writing(session, Lock(learner=actor.id)):
            first = session.execute(_FIRST_MISS, {"sitting": sitting_id, "learner": actor.id}).first()
            if first is None:
                raise LookupError(sitting_id)
            plan = first.plan | {"opened": True}
            session.execute(sa.update(table(Sitting)).where(Sitting.id == sitting_id).values(plan=plan))
            return Place(sitting_id, first.position)

    return retrying(deed)


def keep_note(session: Session, actor: Actor, presentation_id: int, text: str, now: dt.datetime) -> Place:
    """Keep the learner’s note on a question; an empty one deletes it. Raises LookupError, Unfit."""
    text = text.strip()

    def deed() -> Place:
        with writing(session, Lock(learner=actor.id)):
            shown = _get_shown(session, actor, presentation_id)
            if len(text) > LONGEST_NOTE:
                sentence = f"A note can hold {LONGEST_NOTE:,} characters; this one has {len(text):,}. It was not saved."
                raise Unfit(shown.place, sentence)
            key = {"learner_id": actor.id, "content_id": shown.content_id}
            if not text:
                session.execute(sa.delete(Note).filter_by(**key))
                return shown.place
            insert = _insert(session)(table(Note))
            insert = insert.on_conflict_do_update(
                index_elements=["learner_id", "content_id"],
                set_={"text": insert.excluded.text, "at": insert.excluded["at"]},
            )
            session.execute(insert, {**key, "text": text, "at": now})
            return shown.place

    return retrying(deed)


def name_cause(session: Session, actor: Actor, presentation_id: int, part: str, cause: str, now: dt.datetime) -> Place:
    """Say why an answer went wrong; the last word counts. Raises LookupError where there is no such wrong answer."""

    def deed() -> Place:
        with writing(session, Lock(learner=actor.id)):
            shown = _get_shown(session, actor, presentation_id)
            if cause not in CAUSES:
                raise Unfit(shown.place, "Choose one of the four causes.")
            response_id = session.scalar(
                sa.select(Response.id)
                .join(Presentation, Presentation.id == Response.presentation_id)
                .join(Sitting, Sitting.id == Presentation.sitting_id)
                .where(
                    Response.presentation_id == presentation_id,
                    Response.part == part,
                    Response.earned < Response.possible,
                    released,  # else the reply would tell whether the answer was right
                )
            )
            if response_id is None:
                raise LookupError(presentation_id)
            insert = _insert(session)(table(MissCause))
            insert = insert.on_conflict_do_update(
                index_elements=["response_id"], set_={"cause": insert.excluded.cause, "at": insert.excluded["at"]}
            )
            session.execute(insert, {"response_id": response_id, "cause": cause, "at": now})
            return shown.place

    return retrying(deed)


def report_problem(session: Session, actor: Actor, presentation_id: int, text: str, now: dt.datetime) -> Place:
    """Send a report about a question to its authors; sending it again changes nothing. Raises LookupError, Unfit."""
    text = text.strip()

    def deed() -> Place:
        with writing(session, Lock(learner=actor.id)):
            shown = _get_shown(session, actor, presentation_id)
            if not text:
                raise Unfit(shown.place, "Say in a few words what is wrong with the question.")
            if len(text) > LONGEST_REPORT:
                sentence = f"A report can hold {LONGEST_REPORT:,} characters; this one has {len(text):,}."
                raise Unfit(shown.place, f"{sentence} Please shorten it; nothing was sent.")
            row = {
                "learner_id": actor.id,
                "presentation_id": presentation_id,
                "version_id": shown.version_id,
                "text": text,
                "at": now,
            }
            session.execute(_insert(session)(table(ProblemReport)).on_conflict_do_nothing(), row)
            return shown.place

    return retrying(deed)


@dataclass(frozen=True)
class _Shown:
    place: Place
    content_id: int
    version_id: int


def _get_shown(session: Session, actor: Actor, presentation_id: int) -> _Shown:
    row = session.execute(
        sa.select(
            Presentation.sitting_id, Presentation.position, Presentation.content_id, Presentation.version_id
        ).where(Presentation.id == presentation_id, Presentation.learner_id == actor.id)
    ).one_or_none()
    if row is None:
        raise LookupError(presentation_id)
    return _Shown(Place(row.sitting_id, row.position), row.content_id, row.version_id)


def _insert(session: Session) -> type[sqlite.Insert] | type[postgresql.Insert]:
    return sqlite.Insert if session.get_bind().dialect.name == "sqlite" else postgresql.Insert


_FIRST_MISS = (
    sa.select(Sitting.plan, Presentation.position)
    .join(Presentation, Presentation.sitting_id == Sitting.id)
    .join(Response, Response.presentation_id == Presentation.id)
    .join(effective, effective.c.id == Response.id)
    .where(
        Sitting.id == sa.bindparam("sitting"),
        Sitting.learner_id == sa.bindparam("learner"),
        Response.learner_id == sa.bindparam("learner"),  # else SQLite goes through everybody's answers
        Sitting.mode == modes.EXAM.name,
        Sitting.released_at.is_not(None),
        effective.c.earned < effective.c.possible,
    )
    .order_by(Presentation.position)
    .limit(1)
)
