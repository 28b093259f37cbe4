"""What every suite shares: the clock, chance, and the rule that nothing is skipped silently."""

from __future__ import annotations

import datetime as dt
import gc
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

# A process of the run holds hundreds of thousands of objects for good and makes more with every statement. Looking
# through them as often as Python does by default was an eighth of what the integration tests cost.
gc.set_threshold(50_000, 20, 100)

PERMITTED_SKIPS: dict[str, str] = {}
"""Reason given to `pytest.skip`, exactly → why this is no gap. Any other skip or expected failure fails the test."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:  # a generator that returns the report
    report = yield
    _refuse_silence(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:  # likewise
    report = yield
    _refuse_silence(report)
    return report


def _refuse_silence(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped:
        return
    reason = getattr(report, "wasxfail", None)
    if reason is None and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
    if reason not in PERMITTED_SKIPS:
        report.outcome = "failed"
        vars(report).pop("wasxfail", None)  # reports would still call it an expected failure
        report.longrepr = f"{report.nodeid} was not run ({reason}). Nothing is skipped silently: see PERMITTED_SKIPS."


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run, the same in all its processes: for what is dear to make and made once."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def templates(shared_folder: Path) -> Path:
    """The folder of the SQLite databases that tests copy; `python3 -m tests` has one that its suites share."""
    return Path(os.environ.get("QUIZAPP_TEST_TEMPLATES") or shared_folder)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The program's clock, standing still on a Monday morning; `clock.shift(seconds)` and `clock.move_to(moment)`."""
    with time_machine.travel(dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def now(clock: time_machine.Traveller) -> dt.datetime:
    """The moment at which `clock` starts."""
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def rng() -> random.Random:
    """Chance that comes out the same each time."""
    return random.Random(20260302)
