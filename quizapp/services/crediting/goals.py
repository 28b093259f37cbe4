"""The credit that a learner wants to earn in a year, of one system or of all together."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit.amounts import NoAmount, read_quarters
from quizapp.core.preferences import Unfit
from quizapp.db.models import CreditProfile
from quizapp.db.session import Lock, retrying, writing
from quizapp.services.accounts import Actor
from quizapp.services.crediting.transcripts import units_of

OVERALL = ""
"""All credit together, in the place of the slug of a system."""


def set_goals(session: Session, actor: Actor, typed: Mapping[str, str], now: dt.datetime) -> None:
    """Keep goals: slug of a system, or OVERALL → credits a year as they were typed; an empty one is no goal.

    Goals of systems that were not on the form stay. Saving the same twice changes nothing. Raises Unfit.
    """
    problems, wanted = {}, {}
    known = {OVERALL, *units_of(session)}
    for system, text in typed.items():
        if system not in known:
            problems[system] = "This system of credit is not known here."
        elif text.strip():
            try:
                wanted[system] = read_quarters(text)
            except NoAmount as none:
                problems[system] = str(none)
    if problems:
        raise Unfit(problems)

    def deed() -> None:
        with writing(session, Lock(learner=actor.id)):
            held = session.scalar(sa.select(CreditProfile.goals).where(CreditProfile.learner_id == actor.id))
            if held is None:
                # Who has only goals yet is asked for name and profession when a profile is needed.
                fresh = {"recipient": str(uuid.uuid4()), "name": "", "profession": "", "goals": wanted}
                session.execute(sa.insert(CreditProfile).values(learner_id=actor.id, at=now, **fresh))
                return
            goals = {system: goal for system, goal in held.items() if system not in typed} | wanted
            session.execute(sa.update(CreditProfile).where(CreditProfile.learner_id == actor.id).values(goals=goals))

    retrying(deed)
