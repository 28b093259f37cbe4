"""`python3 -m tests [PART ...] [pytest arguments]`: makes the environment, runs every check, and counts.

Parts: lint, types, contracts, unit, integration, browser; `all` (the default) is these six. `bench` prints the
benchmarks and judges nothing. What begins with a dash, and all that follows it, goes to pytest:

    python3 -m tests unit -k memory
    python3 -m tests integration browser -x

The exit code is 1 when anything failed. Only the standard library may be imported at the top: this file is first read
by the machine's own Python, before anything is installed.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from quizapp.bootstrap import ROOT, run_in_environment

TOOLS = pathlib.Path(sys.prefix, "bin")
TEMPLATES = ["templates", "quizapp/itemtypes"]
CHECKS = {
    "lint": {
        "ruff check": ["ruff", "check", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "djlint": ["djlint", *TEMPLATES, "--lint", "--quiet"],
    },
    # Its cache once kept an error about a module that had since been added.
    "types": {"mypy": ["mypy", "--no-incremental"]},
    "contracts": {"import-linter": ["lint-imports", "--no-logo"]},
}
SUITES = ("unit", "integration", "browser")
PARALLEL_SUITES = ("integration", "browser")
NOTHING_COLLECTED = 5  # pytest's exit code
COLUMNS = "{:<12} {:<14} {:>8}  {}"


class Outcome:
    """What one check or one pytest run came to: its place in the table, its counts, and what it said."""

    def __init__(self, part: str, name: str, seconds: float, passed: int, failed: int, output: str) -> None:
        self.part, self.name, self.seconds = part, name, seconds
        self.passed, self.failed, self.output = passed, failed, output

    def row(self) -> str:
        if self.part in CHECKS:
            told = "failed" if self.failed else "passed"
        else:
            told = f"{self.passed} passed, {self.failed} failed"
        return COLUMNS.format(self.part, self.name, f"{self.seconds:.1f}", told)


def main(arguments: "Sequence[str]") -> int:
    """Run the parts asked for; returns the exit code. See the module's docstring."""
    parts, for_pytest = _read(arguments)
    os.chdir(ROOT)
    if parts == ["bench"]:
        return subprocess.call([sys.executable, "-m", "tests.bench", *for_pytest])
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="quizapp-tests-") as templates:
        os.environ["QUIZAPP_TEST_TEMPLATES"] = templates
        outcomes = _run(parts, for_pytest)
    return _tell(outcomes, time.monotonic() - began)


def _run(parts: "Sequence[str]", for_pytest: "Sequence[str]") -> "list[Outcome]":
    quick = [partial(_check, part, name, command) for part in parts for name, command in CHECKS.get(part, {}).items()]
    if "unit" in parts:
        quick.append(partial(_suite, "unit", for_pytest, watched=parts == ["unit"]))
    large = [part for part in parts if part in PARALLEL_SUITES]
    # The small ones share the machine two at a time; the large suites then have it to themselves.
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = [pool.submit(run) for run in quick]
        if large and quick:
            pool.submit(_make_templates)
        outcomes = [each.result() for each in running]
    return outcomes + [_suite(part, for_pytest, watched=parts == [part]) for part in large]


def _make_templates() -> None:
    """Load the content once for all large suites, on the processor that the small ones leave free.

    Whether it worked is told by the tests that need it.
    """
    subprocess.run([sys.executable, "-m", "tests.databases"], capture_output=True, check=False)


def _read(arguments: "Sequence[str]") -> "tuple[list[str], list[str]]":
    everything = [*CHECKS, *SUITES]
    parts: list[str] = []
    rest = list(arguments)
    while rest and not rest[0].startswith("-"):
        parts.append(rest.pop(0))
    unknown = [part for part in parts if part not in (*everything, "bench", "all")]
    if unknown or ("bench" in parts and parts != ["bench"]):
        sys.exit(f"tests: parts are {', '.join(everything)}, all; or bench alone. Not: {' '.join(unknown or parts)}")
    if not parts or "all" in parts:
        return everything, rest
    return [part for part in (*everything, "bench") if part in parts], rest


def _check(part: str, name: str, command: "Sequence[str]") -> Outcome:
    began = time.monotonic()
    done = subprocess.run(
        [TOOLS / command[0], *command[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=dict(os.environ, NO_COLOR="1"),
    )
    failed = int(done.returncode != 0)
    outcome = Outcome(part, name, time.monotonic() - began, 1 - failed, failed, done.stdout)
    print(outcome.row(), flush=True)
    return outcome


def _suite(part: str, for_pytest: "Sequence[str]", watched: bool) -> Outcome:
    """Run one folder of tests. A suite that is run alone writes to the terminal as it goes (and may use a debugger)."""
    with tempfile.TemporaryDirectory(prefix="quizapp-tests-") as folder:
        report = pathlib.Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", f"tests/{part}", f"--junit-xml={report}", "--quiet"]
        # A selection of unit tests is mostly done before a second process has started.
        parallel = part in PARALLEL_SUITES or not for_pytest
        if parallel and not {"-n", "--pdb"} & set(for_pytest):
            command += ["-n", str(os.cpu_count() or 2), "--dist", "worksteal"]
        began = time.monotonic()
        done = subprocess.run(
            [*command, *for_pytest],
            stdout=None if watched else subprocess.PIPE,
            stderr=None if watched else subprocess.STDOUT,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - began
        passed, failed = _counts(report)
    if done.returncode == NOTHING_COLLECTED and for_pytest:
        failed = 0  # a selection may well lie in another suite
    elif done.returncode != 0 and not failed:
        failed = 1  # it broke outside of any test
    outcome = Outcome(part, "pytest", seconds, passed, failed, done.stdout or "")
    print(outcome.row(), flush=True)
    return outcome


def _counts(report: pathlib.Path) -> "tuple[int, int]":
    if not report.exists():
        return 0, 0
    # Written by our own pytest a moment ago, so there is nobody to distrust.
    cases = ElementTree.parse(report).getroot().iter("testcase")  # noqa: S314
    passed = failed = 0
    for case in cases:
        kinds = {child.tag for child in case}
        failed += bool(kinds & {"failure", "error"})
        passed += not kinds & {"failure", "error", "skipped"}
    return passed, failed


def _tell(outcomes: "Sequence[Outcome]", seconds: float) -> int:
    for outcome in outcomes:
        if outcome.failed and outcome.output:
            print(f"\n── {outcome.part}: {outcome.name} ──\n{outcome.output.rstrip()}")
    print("\n" + COLUMNS.format("part", "what", "seconds", "outcome"))
    for outcome in outcomes:
        print(outcome.row())
    passed, failed = (sum(getattr(outcome, which) for outcome in outcomes) for which in ("passed", "failed"))
    print(COLUMNS.format("together", "", f"{seconds:.1f}", ""))
    if not passed and not failed:
        failed = 1
        print("\nNo test was run.")
    print(f"\n{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    run_in_environment("dev", ["-m", "tests", *sys.argv[1:]])
    sys.exit(main(sys.argv[1:]))
