"""`python3 -m tests bench [--quick | --years | --cohort | --analysis]`: requests per second, waiting times and costs,
beside a bare route, as tables.

Every cell is measured several times, all routes taking turns, so that a machine that grows slower meanwhile grows
slower for all of them; the tables give medians. Ratios are taken within one turn.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from quizapp import clock
from quizapp.app import create_app
from quizapp.bootstrap import ROOT
from quizapp.cli.serving import THREADS, WORKERS
from quizapp.db.extension import db
from quizapp.services import composing
from quizapp.services.composing import BlockPlan
from tests.bench import analysis, cohorts, scheduling, world, years
from tests.bench.engine import costs
from tests.databases import SECRET_KEY, environment
from tests.people import PASSWORD
from tests.serving import Server
from tests.statements import counted

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
LOGINS_PER_SECOND = 10
ANSWERS_A_SECOND_AT_MOST = {1: 700, 8: 1_600, 32: 1_600}
ROUTES = ("bare word", "bare row", "question page", "lesson page", "answer")
OURS = ROUTES[2:]
LEARNERS = (1, 8, 32)
LESSON = "/lessons/nassa-mechanism"
SCHEDULED = 6
"""Learners whose answers tell what scheduling costs."""


@dataclass(frozen=True)
class Cell:
    """What is measured at once: one route for so many learners, with or without people signing in beside it."""

    route: str
    learners: int
    logins: bool


@dataclass
class Measured:
    """One turn of a cell. `ms`: all waiting times in order. `cpu_ms`: of all processes of the server, for one request.
    `busy`: the part of the time in which the load worked. `logins`: how long those beside waited."""

    rate: float
    ms: list[float]
    cpu_ms: float
    busy: float
    logins: list[float]

    def at(self, share: float) -> float:
        return self.ms[min(len(self.ms) - 1, int(share * len(self.ms)))]


@dataclass
class Stage:
    """Both servers, and the learners who have not been used yet."""

    program: Server
    bare: Server
    database: Path
    people: list[world.Person]
    unused: list[tuple[int, int, str, str]]
    """Begun blocks: id, size, and the cookie and token of whose they are."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m tests bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one turn of half a second: for a look, not for a record")
    parser.add_argument("--years", action="store_true", help="instead: a log of a million answers, in minutes")
    parser.add_argument("--cohort", action="store_true", help="instead: the pages of a cohort of a thousand learners")
    parser.add_argument("--analysis", action="store_true", help="instead: item analysis over a log of many answers")
    parser.add_argument("--answers", type=int, default=10_000_000, help="with --analysis: how many")
    arguments = parser.parse_args()
    quick = arguments.quick
    turns, seconds = (1, 0.6) if quick else (3, 1.2)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="quizapp-bench-") as name:
        folder = Path(name)
        database = folder / "quizapp.sqlite3"
        variables = environment(f"sqlite:///{database}", folder)
        variables |= {"QUIZAPP_TRUSTED_PROXIES": "1", "QUIZAPP_PUBLIC_URL": "http://127.0.0.1"}
        world.write_content(folder / "content")
        world.load_content(folder / "content", variables)
        # The log of what is counted in this process does not belong between the tables.
        with contextlib.redirect_stderr(io.StringIO()):
            app = create_app(
                {"SECRET_KEY": SECRET_KEY, "DATA": folder, "SQLALCHEMY_DATABASE_URI": f"sqlite:///{database}"}
            )
        if arguments.analysis:
            found = analysis.measured(app, arguments.answers, lambda said: print(said, file=sys.stderr))
            print("\n| item analysis, SQLite | |\n|---|---|")
            for what, value in found.items():
                print(f"| {what} | {value} |")
            print(f"\nLoad average {os.getloadavg()[0]:.1f}. Took {time.monotonic() - began:.0f} s.")
            return
        if arguments.cohort:
            pages = cohorts.measured(app, lambda said: print(said, file=sys.stderr))
            with app.app_context():
                db.engine.dispose()
            print(f"\n| {cohorts.LEARNERS:,} learners × {cohorts.BLOCKS * cohorts.BLOCK_SIZE} answers, SQLite ", end="")
            print("| p50 ms | p95 ms | CPU ms | the first ms | statements | bytes |\n|---|---|---|---|---|---|---|")
            for what, figures in pages.items():
                print(f"| {what} | {' | '.join(figures)} |")
            print(f"\nLoad average {os.getloadavg()[0]:.1f}. Took {time.monotonic() - began:.0f} s.")
            return
        if arguments.years:
            with app.app_context():
                found = years.measured(db.session(), lambda said: print(said, file=sys.stderr))
                db.engine.dispose()
            print("\n| a long log, on SQLite | |\n|---|---|")
            for what, value in found.items():
                print(f"| {what} | {value} |")
            print(f"\nTook {time.monotonic() - began:.0f} s.")
            return
        stage = set_stage(app, folder, database, variables, turns, seconds)
        inside = in_process(app, stage.people[0])
        with app.app_context():
            db.engine.dispose()
        try:
            starts = [cold_start(stage.program) for _ in range(1 if quick else 3)]
            stage.bare.start()
            measured = take_turns(stage, turns, seconds)
            held = memory_mib(stage.program)
        finally:
            stage.program.stop()
            stage.bare.stop()
    print(f"\n{WORKERS} workers × {THREADS} threads, SQLite, {world.QUESTIONS} questions, ", end="")
    print(f"{turns} turns of {seconds} s, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n")
    tell(measured)
    tell_ratios(measured)
    print("\n| once | |\n|---|---|")
    for what, value in inside.items():
        print(f"| {what} | {value} |")
    print(f"| ready after the start, median | {statistics.median(starts):.2f} s |")
    print(f"| memory of the server’s processes after the load | {held[0]:.0f} MiB RSS, {held[1]:.0f} MiB PSS |")
    print(f"\nTook {time.monotonic() - began:.0f} s.")


def set_stage(app: Flask, folder: Path, database: Path, variables: dict[str, str], turns: int, seconds: float) -> Stage:
    answers = 2 * turns * seconds * sum(ANSWERS_A_SECOND_AT_MOST.values())
    number = max(64, int(answers / world.BLOCK / world.BLOCKS_EACH) + 1)
    # Those who look at pages first; their one block is never answered.
    lookers = world.people(app, 32, 1)
    answerers = world.people(app, number, world.BLOCKS_EACH)
    granian = [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--port", "{port}"]
    granian += ["--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--backpressure", "256"]
    return Stage(
        Server.of_program(variables, folder / "program.log"),
        Server(
            [*granian, "tests.bench.bare:app"],
            {**variables, "BENCH_BARE_DATABASE": str(folder / "bare.sqlite3")},
            folder / "bare.log",
            "/word",
        ),
        database,
        lookers,
        # By turns, so that no learner answers on two connections at once.
        [
            (person.blocks[n], world.BLOCK, person.cookie, person.csrf_token)
            for n in range(world.BLOCKS_EACH)
            for person in answerers
        ],
    )


def cold_start(server: Server) -> float:
    server.stop()
    return server.start()


def take_turns(stage: Stage, turns: int, seconds: float) -> dict[Cell, list[Measured]]:
    cells = [Cell(route, n, logins=False) for n in LEARNERS for route in ROUTES]
    cells += [Cell(route, n, logins=True) for n in LEARNERS for route in OURS]
    measured: dict[Cell, list[Measured]] = {cell: [] for cell in cells}
    for _ in range(turns):
        for cell in cells:
            measured[cell].append(measure(stage, cell, seconds))
    return measured


def measure(stage: Stage, cell: Cell, seconds: float) -> Measured:
    server = stage.bare if cell.route.startswith("bare") else stage.program
    plan = {"port": server.port, "seconds": seconds, "database": str(stage.database), **plan_of(stage, cell, seconds)}
    beside = None
    if cell.logins:
        emails = [person.actor.email for person in stage.people]
        beside = {"port": server.port, "seconds": seconds, "per_second": LOGINS_PER_SECOND}
        beside |= {"emails": emails, "password": PASSWORD}
    before = cpu_seconds(server)
    logging_in = _started(beside) if beside else None
    got = _told(_started(plan), cell)
    cpu = cpu_seconds(server) - before
    logins = _told(logging_in, cell)["ms"] if logging_in else []
    return Measured(got["requests"] / got["seconds"], got["ms"], 1000 * cpu / got["all"], got["busy"], logins)


def plan_of(stage: Stage, cell: Cell, seconds: float) -> dict[str, Any]:
    if cell.route == "answer":
        needed = max(cell.learners, int(ANSWERS_A_SECOND_AT_MOST[cell.learners] * seconds / world.BLOCK))
        assert len(stage.unused) >= needed, "more was answered than was prepared"
        taken = [stage.unused.pop() for _ in range(needed)]
        return {"learners": [{"blocks": taken[n :: cell.learners]} for n in range(cell.learners)], "status": 303}
    path = {"bare word": "/word", "bare row": "/row", "lesson page": LESSON}.get(cell.route)
    learners = [
        {"cookie": person.cookie, "path": path or f"/session/{person.blocks[0]}/0"}
        for person in stage.people[: cell.learners]
    ]
    stores = cell.route == "bare row"
    return {"learners": learners, "status": 303 if stores else 200, "method": "POST" if stores else "GET"}


def _started(plan: dict[str, Any]) -> subprocess.Popen[str]:
    load = subprocess.Popen(
        [sys.executable, "-S", "-m", "tests.bench.load"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert load.stdin is not None
    load.stdin.write(json.dumps(plan))
    load.stdin.close()
    load.stdin = None
    return load


def _told(load: subprocess.Popen[str], cell: Cell) -> dict[str, Any]:
    out, problem = load.communicate()
    assert load.returncode == 0, f"{cell}: {problem}"
    told: dict[str, Any] = json.loads(out)
    return told


def cpu_seconds(server: Server) -> float:
    """Of all its processes, in user and kernel mode."""
    total = 0
    for process in server.processes():
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_A_SECOND


def memory_mib(server: Server) -> tuple[float, float]:
    """Resident memory of its processes: with shared pages counted in each, and divided between them."""
    resident = shared_out = 0
    for process in server.processes():
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            resident += int(rest.split()[0]) if name == "Rss" else 0
            shared_out += int(rest.split()[0]) if name == "Pss" else 0
    return resident / 1024, shared_out / 1024


def in_process(app: Flask, person: world.Person) -> dict[str, str]:
    """What is counted rather than timed, and the computations that have aims of their own."""
    told: dict[str, str] = {}
    browser = app.test_client()
    name, _, value = person.cookie.partition("=")
    browser.set_cookie(name, value, domain="localhost", secure=True)
    with app.app_context():
        engine = db.engine
    for what, path in (("question page", f"/session/{person.blocks[0]}/0"), ("lesson page", LESSON)):
        browser.get(path, base_url="https://localhost")
        with counted(engine) as statements:
            page = browser.get(path, base_url="https://localhost")
        assert page.status_code == 200, page.status
        told[f"{what}: statements, bytes"] = f"{len(statements)}, {len(page.data):,}"
    with app.app_context():
        rng = random.Random(1)
        plan = BlockPlan(size=world.BLOCK, spend_freely=True)
        choosing = [
            _seconds(lambda: composing.offer(db.session(), person.actor, plan, clock.now(), rng.getrandbits(32)))
            for _ in range(20)
        ]
    told[f"choosing {world.BLOCK} of {world.QUESTIONS} questions"] = f"{1000 * statistics.median(choosing):.1f} ms"
    answerers = [(one.actor, one.blocks) for one in world.people(app, SCHEDULED, world.BLOCKS_EACH)]
    with app.app_context():
        told |= scheduling.ratio(db.session(), answerers, clock.now())
    told |= costs()
    return told


def _seconds(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def tell(measured: dict[Cell, list[Measured]]) -> None:
    print("| route | learners | beside | requests/s | p50 ms | p95 ms | p99 ms | CPU ms/request | load busy |")
    print("|---|---|---|---|---|---|---|---|---|")
    for cell, turns in measured.items():
        figures = [statistics.median(turn.at(share) for turn in turns) for share in (0.5, 0.95, 0.99)]
        row = [cell.route, str(cell.learners), f"{LOGINS_PER_SECOND} logins/s" if cell.logins else ""]
        row.append(f"{statistics.median(turn.rate for turn in turns):,.0f}")
        row += [f"{figure:.1f}" for figure in figures]
        row.append(f"{statistics.median(turn.cpu_ms for turn in turns):.2f}")
        row.append(f"{100 * statistics.median(turn.busy for turn in turns):.0f} %")
        print(f"| {' | '.join(row)} |")
    logins = sorted(ms for turns in measured.values() for turn in turns for ms in turn.logins)
    print(f"\nA login beside: p50 {logins[len(logins) // 2]:.0f} ms, p95 {logins[len(logins) * 19 // 20]:.0f} ms.")


def tell_ratios(measured: dict[Cell, list[Measured]]) -> None:
    """Ours against the bare route of the same turn."""
    print("\n| in the same turn | " + " | ".join(f"{n} learners" for n in LEARNERS) + " |")
    print("|---|" + "---|" * len(LEARNERS))
    for ours, bare in (("answer", "bare row"), ("question page", "bare word"), ("lesson page", "bare word")):
        row = []
        for n in LEARNERS:
            pairs = zip(measured[Cell(ours, n, False)], measured[Cell(bare, n, False)], strict=True)
            row.append(f"{statistics.median(mine.rate / theirs.rate for mine, theirs in pairs):.2f}")
        print(f"| {ours} / {bare} | {' | '.join(row)} |")


if __name__ == "__main__":
    main()
