"""What participants said of an activity, without names, and how long they were busy. Reads only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import evaluation, timing
from quizapp.core.credit.evaluation import Asked
from quizapp.core.credit.timing import Spread
from quizapp.db.models import ActivityVersion, Engagement, Evaluation, Participation
from quizapp.services.accounts import Actor
from quizapp.services.crediting import scope
from quizapp.services.crediting.scope import Run

BIAS, BIAS_WHERE, FOUND = "bias", "bias_where", "yes"
SHOWN_TEXTS = 200
"""Texts that one page shows of a question, the newest."""


@dataclass(frozen=True)
class Said:
    """What was answered to one question. `chosen`: words of an option → how many; `texts`: newest first, at most
    SHOWN_TEXTS of `n`."""

    asked: Asked
    n: int
    chosen: tuple[tuple[str, int], ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """Evaluations of an activity. `n` of `passed` who could; `flagged`: how many found commercial bias, `flags`: what
    they wrote, "" where nothing; `times`: busy minutes of those who passed."""

    run: Run
    n: int
    passed: int
    flagged: int
    flags: tuple[str, ...]
    said: tuple[Said, ...]
    times: Spread


def get_summary(session: Session, actor: Actor, activity_id: int) -> Summary:
    """What was said, commercial bias first. The number of statements does not grow with participants or editions.

    Raises LookupError.
    """
    run = scope.get_run(session, actor, activity_id)
    bodies = session.execute(
        sa.select(ActivityVersion.id, ActivityVersion.body)
        .where(ActivityVersion.activity_id == activity_id)
        .order_by(ActivityVersion.edition)
    ).all()
    answers = list(
        session.scalars(
            sa.select(Evaluation.answers)
            .join(Participation, Participation.id == Evaluation.participation_id)
            .where(Participation.activity_id == activity_id)
            .order_by(Evaluation.at.desc(), Evaluation.participation_id.desc())
        )
    )
    form = _form(row.body for row in bodies)
    flags = tuple(one.get(BIAS_WHERE, "") for one in answers if one.get(BIAS) == FOUND)
    minutes = _minutes(session, activity_id)
    return Summary(
        run=run,
        n=len(answers),
        passed=len(minutes),
        flagged=len(flags),
        flags=flags,
        said=tuple(_said(asked, answers) for asked in form if asked.id != BIAS_WHERE),
        times=timing.spread(minutes, int(bodies[-1].body.get("front", {}).get("minutes", 0))),
    )


def _form(bodies: Iterable[Mapping[str, object]]) -> tuple[Asked, ...]:
    """The questions of all editions; of one that was asked in several, its newest wording with every option."""
    found: dict[str, Asked] = {}
    options: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for body in bodies:
        for asked in evaluation.read_form(body):
            found[asked.id] = asked
            options[asked.id].update(asked.options)
    return tuple(
        Asked(one.id, one.label, one.kind, tuple(options[one.id].items()), one.required) for one in found.values()
    )


def _said(asked: Asked, answers: Iterable[Mapping[str, str]]) -> Said:
    given = [text for one in answers if (text := one.get(asked.id, ""))]
    if asked.kind == "choice":
        counts = Counter(given)
        return Said(asked, len(given), tuple((words, counts[value]) for value, words in asked.options), ())
    return Said(asked, len(given), (), tuple(given[:SHOWN_TEXTS]))


def _minutes(session: Session, activity_id: int) -> list[float]:
    """Busy minutes of each who passed."""
    rows = session.execute(
        sa.select(Participation.id, sa.func.coalesce(sa.func.sum(Engagement.seconds), 0).label("seconds"))
        .outerjoin(Engagement, Engagement.participation_id == Participation.id)
        .where(Participation.activity_id == activity_id, Participation.passed_at.is_not(None))
        .group_by(Participation.id)
    )
    return [int(row.seconds) / 60 for row in rows]
