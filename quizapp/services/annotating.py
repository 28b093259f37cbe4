"""What a learner adds to a question: a flag, a note, the cause of a miss, a report of a problem."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from quizapp.db.models import Mark, MissCause, Note, Presentation, ProblemReport, Response
from quizapp.db.session import Lock, retrying, writing
from quizapp.services.accounts import Actor

CAUSES = {
    "knowledge": "Did not know",
    "misread": "Misread",
    "reasoning": "Reasoning",
    "timing": "Time",
}
LONGEST_NOTE = 4_000
LONGEST_REPORT = 2_000


class Unfit(Exception):
    """What was sent cannot be kept; the sentence says why."""


def set_mark(session: Session, actor: Actor, presentation_id: int, *, marked: bool, now: dt.datetime) -> None:
    """Flag the question, or take the flag away. Raises LookupError for a question that is not this learner’s."""

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            shown = _shown(session, actor, presentation_id)
            key = {"learner_id": actor.id, "content_id": shown.content_id}
            if marked:
                insert = _insert(session)(Mark).on_conflict_do_nothing()
                session.execute(insert, {**key, "at": now})
            else:
                session.execute(sa.delete(Mark).filter_by(**key))

    retrying(deed)


def keep_note(session: Session, actor: Actor, presentation_id: int, text: str, now: dt.datetime) -> None:
    """Keep the learner’s note on a question; an empty one deletes it. Raises LookupError, Unfit."""
    text = text.strip()
    if len(text) > LONGEST_NOTE:
        raise Unfit(f"A note can hold {LONGEST_NOTE:,} characters; this one has {len(text):,}. Nothing was saved.")

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            shown = _shown(session, actor, presentation_id)
            key = {"learner_id": actor.id, "content_id": shown.content_id}
            if not text:
                session.execute(sa.delete(Note).filter_by(**key))
                return
            insert = _insert(session)(Note)
            insert = insert.on_conflict_do_update(
                index_elements=["learner_id", "content_id"],
                set_={"text": insert.excluded.text, "at": insert.excluded["at"]},
            )
            session.execute(insert, {**key, "text": text, "at": now})

    retrying(deed)


def name_cause(session: Session, actor: Actor, presentation_id: int, part: str, cause: str, now: dt.datetime) -> None:
    """Say why an answer went wrong; the last word counts. Raises LookupError where there is no such wrong answer."""
    if cause not in CAUSES:
        raise Unfit("Choose one of the four causes.")

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            response_id = session.scalar(
                sa.select(Response.id).where(
                    Response.learner_id == actor.id,
                    Response.presentation_id == presentation_id,
                    Response.part == part,
                    Response.earned < Response.possible,
                )
            )
            if response_id is None:
                raise LookupError(presentation_id)
            insert = _insert(session)(MissCause)
            insert = insert.on_conflict_do_update(
                index_elements=["response_id"], set_={"cause": insert.excluded.cause, "at": insert.excluded["at"]}
            )
            session.execute(insert, {"response_id": response_id, "cause": cause, "at": now})

    retrying(deed)


def report_problem(session: Session, actor: Actor, presentation_id: int, text: str, now: dt.datetime) -> None:
    """Send a report about a question to its authors; sending it again changes nothing. Raises LookupError, Unfit."""
    text = text.strip()
    if not text:
        raise Unfit("Say in a few words what is wrong with the question.")
    if len(text) > LONGEST_REPORT:
        raise Unfit(f"A report can hold {LONGEST_REPORT:,} characters; this one has {len(text):,}. Please shorten it.")

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            shown = _shown(session, actor, presentation_id)
            insert = _insert(session)(ProblemReport).on_conflict_do_nothing()
            row = {
                "learner_id": actor.id,
                "presentation_id": presentation_id,
                "version_id": shown.version_id,
                "text": text,
                "at": now,
            }
            session.execute(insert, row)

    retrying(deed)


def _shown(session: Session, actor: Actor, presentation_id: int) -> sa.Row[int, int]:
    row = session.execute(
        sa.select(Presentation.content_id, Presentation.version_id).where(
            Presentation.id == presentation_id, Presentation.learner_id == actor.id
        )
    ).one_or_none()
    if row is None:
        raise LookupError(presentation_id)
    return row


def _insert(session: Session) -> type[sqlite.Insert] | type[postgresql.Insert]:
    return {"sqlite": sqlite.Insert, "postgresql": postgresql.Insert}[session.get_bind().dialect.name]  # type: ignore[return-value]
