"""What is still known 30, 90 and 180 days after a test was passed: a few questions that the learner never met.

They are siblings of those that were asked, on the same objectives, from the secure pool. They decide nothing, carry no
credit and count no time; an invitation goes out once, and who does not come is not asked again.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core import modes
from quizapp.core.credit import drawing
from quizapp.core.credit.claims import Refusal
from quizapp.core.credit.drawing import Askable
from quizapp.core.credit.outcomes import DAYS
from quizapp.db.models import (
    Activity,
    ActivityVersion,
    Content,
    Exposure,
    Item,
    LearnerSettings,
    Link,
    Outbox,
    Participation,
    Published,
    Sitting,
    User,
)
from quizapp.db.session import Lock, retrying, writing
from quizapp.services import asking, outbox
from quizapp.services.accounts import Actor
from quizapp.services.crediting import activities, claiming
from quizapp.services.crediting.activities import Edition
from quizapp.services.crediting.claiming import Taken
from quizapp.services.crediting.testing import REASON, Begun
from quizapp.services.outbox import Mail
from quizapp.services.sittings import Chosen

CLOSES = {"after30": 60, "after90": 150, "after180": 270}
"""Purpose → days after the test on which it is too late to answer: an answer much later measures something else."""
MOST_QUESTIONS = 10
INVITED_WITHIN = dt.timedelta(days=7)
"""An invitation that could not be written in time is not written late."""
A_ROUND = 50


def due(passed_at: dt.datetime | None, now: dt.datetime) -> str | None:
    """Which of them can be answered now, by the time since the test was passed."""
    if passed_at is None:
        return None
    days = (now - passed_at) / dt.timedelta(days=1)
    return next((purpose for purpose, begins in DAYS.items() if begins <= days < CLOSES[purpose]), None)


def find_open(session: Session, actor: Actor, taken: Taken, edition: Edition, now: dt.datetime) -> str | None:
    """The one that this learner can answer now: due, not handed in, and with a question never met."""
    purpose = due(taken.passed_at, now)
    if purpose is None:
        return None
    sat = _sat(session, taken.id, purpose)
    if sat is not None:
        return purpose if sat.closed_at is None else None
    return purpose if _pool(session, actor, edition) else None


def start(session: Session, actor: Actor, participation_id: int, purpose: str, now: dt.datetime) -> Begun | Refusal:
    """Begin it, or go on. Two clicks are one sitting. Raises LookupError for somebody else’s participation or a purpose
    there is not."""
    if purpose not in DAYS:
        raise LookupError(purpose)

    def deed() -> Begun | Refusal:
        with writing(session, Lock(learner=actor.id)):
            taken = claiming.get_taken(session, participation_id)
            if taken.learner_id != actor.id:
                raise LookupError(participation_id)
            if due(taken.passed_at, now) != purpose:
                return Refusal((f"These questions are asked {DAYS[purpose]} days after the test, for some weeks.",))
            sat = _sat(session, participation_id, purpose)
            if sat is not None:
                if sat.closed_at is None:
                    return Begun(sat.id)
                return Refusal(("You have answered these questions. Thank you.",))
            return _begin(session, actor, taken, purpose, now)

    return retrying(deed)


def _begin(session: Session, actor: Actor, taken: Taken, purpose: str, now: dt.datetime) -> Begun | Refusal:
    edition = activities.get_edition(session, taken.version_id)
    pool = _pool(session, actor, edition)
    size = min(edition.a_test or len(edition.objectives), MOST_QUESTIONS)
    seed = random.Random(f"{actor.id}/{taken.id}/{purpose}").getrandbits(52)
    objectives = frozenset(one.slug for one in edition.objectives)
    drawn = drawing.draw([one for one, _ in pool.values()], objectives, size, random.Random(seed))
    if not drawn.items or taken.passed_at is None:
        return Refusal(("No question that you never met is left on these objectives, so nothing can be asked.",))
    sitting_id = asking.open_chosen(
        session,
        actor,
        Chosen(
            modes.CREDIT,
            drawn.items,
            tuple(REASON for _ in drawn.items),
            ends=taken.passed_at + dt.timedelta(days=CLOSES[purpose]),
            participation_id=taken.id,
            purpose=purpose,
            fixed={"versions": [pool[item][1] for item in drawn.items], "exhausted": False},
        ),
        key=f"credit:{taken.id}:{purpose}",
        title=edition.title,
        now=now,
        seed=seed,
    )
    return Begun(sitting_id)


def _sat(session: Session, participation_id: int, purpose: str) -> Any:
    return session.execute(
        sa.select(Sitting.id, Sitting.closed_at).where(
            Sitting.participation_id == participation_id, Sitting.purpose == purpose
        )
    ).one_or_none()


def _pool(session: Session, actor: Actor, edition: Edition) -> dict[int, tuple[Askable, int]]:
    """Published questions of the secure pool on the objectives of an edition that the learner never met: content id →
    the question and its version."""
    rows = session.execute(
        sa.select(Item.content_id, Published.version_id, Content.slug.label("objective"))
        .join(Published, Published.content_id == Item.content_id)
        .join(Content, Content.id == Item.objective_id)
        .outerjoin(Exposure, sa.and_(Exposure.content_id == Item.content_id, Exposure.learner_id == actor.id))
        .where(
            Item.pool == "secure",
            Item.objective_id.in_([one.content_id for one in edition.objectives]),
            sa.func.coalesce(Exposure.times, 0) == 0,
        )
        .order_by(Item.content_id)
    ).all()
    enemies: defaultdict[int, set[int]] = defaultdict(set)
    ids = [row.content_id for row in rows]
    pairs = sa.select(Link.source_id, Link.target_id).where(
        Link.role == "enemy", Link.source_id.in_(ids), Link.target_id.in_(ids)
    )
    for source, target in session.execute(pairs):
        enemies[source].add(target)
        enemies[target].add(source)
    return {
        row.content_id: (Askable(row.content_id, row.objective, 0, frozenset(enemies[row.content_id])), row.version_id)
        for row in rows
    }


def invite(session: Session, now: dt.datetime, site: str, *, limit: int = A_ROUND) -> int:
    """Write the invitations that are due, each once, and say how many. `site`: the public address, or ""."""
    mails: list[Mail] = []
    for purpose, days in DAYS.items():
        event = sa.literal("credit outcome ") + sa.cast(Participation.id, sa.String) + sa.literal(f" {purpose}")
        begins = now - dt.timedelta(days=days)
        rows = session.execute(
            _PASSED.where(
                Participation.passed_at <= begins,
                Participation.passed_at > begins - INVITED_WITHIN,
                ~sa.exists().where(Sitting.participation_id == Participation.id, Sitting.purpose == purpose),
                ~sa.exists().where(Outbox.event == event),
            ).limit(limit - len(mails))
        ).all()
        mails += [_mail(row, purpose, days, site) for row in rows]
    if not mails:
        session.rollback()
        return 0

    def deed() -> int:
        with writing(session):
            return outbox.queue_all(session, mails, now)

    return retrying(deed)


def _mail(row: Any, purpose: str, days: int, site: str) -> Mail:
    where = f"{site}/credit/activities/{row.slug}" if site else "the page of the activity, under “Credit”"
    lines = [
        f"{days} days ago you passed the test of “{row.title}”.",
        "",
        "A few questions that you have not met would show what stays. They decide nothing and carry no credit; you see "
        "the reasons afterwards.",
        "",
        f"Answer them: {where}",
        "",
        "You can switch mails about credit off in your settings.",
    ]
    subject = f"What stays of “{row.title}”?"
    return Mail(f"credit outcome {row.id} {purpose}", row.email, subject[:200], "\n".join(lines) + "\n")


_PASSED = (
    sa.select(Participation.id, User.email, ActivityVersion.title, Activity.slug)
    .join(User, User.id == Participation.learner_id)
    .join(ActivityVersion, ActivityVersion.id == Participation.version_id)
    .join(Activity, Activity.id == Participation.activity_id)
    .outerjoin(LearnerSettings, LearnerSettings.user_id == Participation.learner_id)
    .where(
        User.active,
        ActivityVersion.body["a_test"].as_integer() > 0,
        sa.func.coalesce(LearnerSettings.preferences["credit_reminders"].as_boolean(), sa.true()),
    )
    .order_by(Participation.id)
)
