"""A school to measure in: some hundred questions, some hundred learners who are signed in, blocks they have begun."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from quizapp import clock, paths
from quizapp.bootstrap import ROOT
from quizapp.core.preferences import Choices
from quizapp.db.extension import db
from quizapp.db.models import LearnerSettings
from quizapp.db.session import writing
from quizapp.formats import documents
from quizapp.services import accounts, asking
from quizapp.services.accounts import Actor
from quizapp.services.composing import BlockPlan
from quizapp.web.security import hash_password
from tests.people import PASSWORD
from tests.serving import signed_in

QUESTIONS = 300
OBJECTIVES = 40
BLOCK = 20
BLOCKS_EACH = 5


@dataclass(frozen=True)
class Person:
    """A learner who is signed in, and the blocks that were begun."""

    actor: Actor
    cookie: str
    csrf_token: str
    blocks: tuple[int, ...]


def write_content(folder: Path) -> None:
    """The content of the repository, and QUESTIONS more made from its single best answers, over OBJECTIVES more."""
    shutil.copytree(paths.lessons(), folder / "lessons")
    shutil.copytree(paths.question_banks(), folder / "question_banks")
    objectives = next(folder.glob("lessons/evidence/*/objectives.yaml"))
    held = _values(objectives)
    more = [{**held[n % len(held)], "id": f"ZZ{n + 1}", "needs": []} for n in range(OBJECTIVES)]
    objectives.write_text(documents.write([*held, *more]))
    models = [
        value
        for file in sorted((folder / "question_banks").glob("*/*.yaml"))
        for value in _values(file)
        if value.get("type") == "single_best_answer" and value.get("state") == "published"
    ]
    items = []
    for number in range(QUESTIONS):
        item = {
            **models[number % len(models)],
            "id": f"bench-{number + 1:03}",
            "objective": f"ZZ{number % OBJECTIVES + 1}",
        }
        for name in ("also", "enemies", "pool"):
            item.pop(name, None)
        items.append(item)
    bank = folder / "question_banks" / "bench"
    bank.mkdir()
    head = {**_values(next(folder.glob("question_banks/*/bank.yaml")))[0], "id": "bench"}
    (bank / "bank.yaml").write_text(documents.write([head]))
    (bank / "questions.yaml").write_text(documents.write(items))


def _values(file: Path) -> list[dict[str, Any]]:
    read, problems = documents.read(file.read_text(), file.name)
    assert not problems, problems
    return [document.value for document in read]


def load_content(folder: Path, variables: dict[str, str]) -> None:
    """Make the tables and load the files with the program's own commands."""
    for command in (["db", "upgrade"], ["content", "load", "--from", str(folder)]):
        done = subprocess.run(
            [sys.executable, "-m", "quizapp.cli", *command],
            cwd=ROOT,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def people(app: Flask, number: int, blocks: int) -> list[Person]:
    """Learners who are past their first run, signed in, each with this many begun blocks of BLOCK questions."""
    now = clock.now()
    with app.app_context():
        session = db.session()
        # One hash for all: checking it costs what checking any costs, and making it is not measured.
        hashed = hash_password(PASSWORD)
        actors = []
        with writing(session):
            for _ in range(number):
                email = f"{secrets.token_hex(6)}@example.org"
                values: dict[str, object] = {"email": email, "name": "Learner", "password": hashed, "confirmed_at": now}
                person = accounts.insert_user(session, values, ["student"], now)
                choices = Choices(zone="Europe/Berlin")
                actors.append(Actor(person, email, "Learner", frozenset({"student"}), choices, "read"))
            defaults = {
                "zone": "Europe/Berlin",
                "minutes_a_day": 20,
                "rest_days": [],
                "light_days": [],
                "week_goal": 4,
                "first_step": "read",
            }
            session.execute(
                sa.insert(LearnerSettings),
                [{"user_id": actor.id, "preferences": {}, **defaults} for actor in actors],
            )
        begun = [tuple(_begin(actor) for _ in range(blocks)) for actor in actors]
    cookies = signed_in(app, *(actor.id for actor in actors))
    return [
        Person(actor, cookie.header, cookie.csrf_token, of_actor)
        for actor, cookie, of_actor in zip(actors, cookies, begun, strict=True)
    ]


def _begin(actor: Actor) -> int:
    seed = secrets.randbits(32)
    plan = BlockPlan(size=BLOCK, objectives=tuple(f"ZZ{n + 1}" for n in range(OBJECTIVES)), spend_freely=True)
    return asking.start(
        db.session(), actor, plan, key=secrets.token_hex(8), title="A block", now=clock.now(), seed=seed
    )
