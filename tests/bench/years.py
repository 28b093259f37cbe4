"""`python3 -m tests bench --years`: a log of a million answers. Is it folded again to the same rows, in which time and
memory; what does a calibration of it cost; and how fast is what is due found among a million states?"""

from __future__ import annotations

import datetime as dt
import resource
import secrets
import statistics
import time
from collections.abc import Callable
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.db.models import Content, Memory, table
from quizapp.db.session import run, writing
from quizapp.services import accounts, calibrating, replaying
from tests import logs

LEARNERS, ANSWERS_EACH = 400, 2_500
STATES = 1_000_000
TURNS = 2_000
NOW = logs.BEGUN + dt.timedelta(days=200)


def measured(session: Session, tell: Callable[[str], object]) -> dict[str, str]:
    """What was found, in words. The database holds content and nobody."""
    told: dict[str, str] = {}
    tell("writing the log …")
    asked = logs.questions(session)
    for number, learner in enumerate(_people(session, LEARNERS)):
        logs.write(session, learner, logs.study(asked, learner, ANSWERS_EACH, seed=number))
    answers = LEARNERS * ANSWERS_EACH
    of = f"of {answers:,} answers of {LEARNERS} learners on {len(asked)} questions"
    tell("folding it …")
    told[f"rebuild {of}"] = f"{_seconds(lambda: replaying.rebuild(session, NOW)):.0f} s"
    held = _peak_mib()
    differences: list[replaying.Difference] = []
    taken = _seconds(lambda: differences.extend(replaying.replay(session)))
    told[f"replay {of}"] = f"{taken:.0f} s, {1e6 * taken / answers:.0f} µs an answer, {len(differences)} rows differ"
    told["memory of the process: before, and at most"] = f"{held:.0f} MiB, {_peak_mib():.0f} MiB"
    runs: list[calibrating.Run | None] = []
    taken = _seconds(lambda: runs.append(calibrating.calibrate(session, NOW, tell)))
    assert runs[0] is not None
    told[f"calibration of {runs[0].answers:,} first answers among them"] = (
        f"{taken:.0f} s, {runs[0].summary['questions']['2pl']} questions fitted, at most {_peak_mib():.0f} MiB"
    )
    tell("writing a million states …")
    learners = _states(session)
    told |= _due(session, learners)
    return told


def _people(session: Session, number: int) -> list[int]:
    with writing(session):
        return [
            accounts.insert_user(
                session,
                {"email": f"{secrets.token_hex(6)}@example.org", "name": "Learner", "password": "none"},
                ["student"],
                logs.BEGUN,
            )
            for _ in range(number)
        ]


def _states(session: Session) -> list[int]:
    """Fill the table of memory up to STATES rows with learners who have no log; they are due evenly over 90 days."""
    objectives = session.scalars(sa.select(Content.id).where(Content.kind == "objective").order_by(Content.id)).all()
    held = session.scalar(sa.select(sa.func.count()).select_from(Memory)) or 0
    learners = _people(session, -(-(STATES - held) // len(objectives)))
    today = NOW.date()
    with writing(session):
        for start in range(0, len(learners), 200):
            session.execute(
                sa.insert(table(Memory)),
                [
                    {
                        "learner_id": learner,
                        "objective_id": objective,
                        "stability_days": 20.0,
                        "difficulty": 5.0,
                        "last_day": today - dt.timedelta(days=10),
                        "due": today + dt.timedelta(days=(learner + place * 7) % 90 - 5),
                        "evidence": [[today.isoformat(), "good", "new", 0.2]] * 4,
                        "lapses": 0,
                        "retests": 2,
                        "algorithm": 1,
                    }
                    for learner in learners[start : start + 200]
                    for place, objective in enumerate(objectives)
                ],
            )
    return learners


def _due(session: Session, learners: list[int]) -> dict[str, str]:
    """The objectives that are due for one learner: by the key of the table, and by an index made for it."""
    memory = table(Memory)
    due = sa.select(memory.c.objective_id).where(
        memory.c.learner_id == sa.bindparam("learner"), memory.c.due <= sa.bindparam("today")
    )
    told = {}
    states = session.scalar(sa.select(sa.func.count()).select_from(Memory))
    each = session.scalar(sa.select(sa.func.count()).where(Memory.learner_id == learners[0]))

    def look(number: int) -> None:
        learner = learners[number * 7 % len(learners)]
        run(session, due, {"learner": learner, "today": NOW.date()}).all()

    def median() -> str:
        taken = sorted(_seconds(partial(look, number)) for number in range(TURNS))
        return f"{1e3 * statistics.median(taken):.3f} ms, p99 {1e3 * taken[TURNS * 99 // 100]:.3f} ms"

    told[f"due objectives of a learner with {each} among {states:,} states"] = median()
    with writing(session):
        session.execute(sa.text("CREATE INDEX due_for_a_look ON memory (learner_id, due)"))
    told["the same with an index on learner and day"] = median()
    session.rollback()
    return told


def _seconds(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
