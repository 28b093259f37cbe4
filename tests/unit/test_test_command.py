"""`python3 -m tests` decides what may be merged, so what it counts and how it ends is tested too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from quizapp.bootstrap import ROOT
from tests.__main__ import Outcome, _counts, _read, _tell

EVERYTHING = ["lint", "types", "contracts", "unit", "integration", "browser"]


@pytest.mark.parametrize(
    ("typed", "parts", "for_pytest"),
    [
        ([], EVERYTHING, []),
        (["all"], EVERYTHING, []),
        (["browser", "unit"], ["unit", "browser"], []),
        (["unit", "-k", "memory"], ["unit"], ["-k", "memory"]),
        (["-x"], EVERYTHING, ["-x"]),
        (["bench", "--learners", "8"], ["bench"], ["--learners", "8"]),
    ],
)
def test_parts_come_first_and_the_rest_goes_to_pytest(
    typed: list[str], parts: list[str], for_pytest: list[str]
) -> None:
    assert _read(typed) == (parts, for_pytest)


@pytest.mark.parametrize("typed", [["units"], ["unit", "bench"]])
def test_a_part_that_is_none_is_refused_with_the_list_of_those_that_are(typed: list[str]) -> None:
    with pytest.raises(SystemExit, match="parts are lint, types, contracts, unit, integration, browser"):
        _read(typed)


def test_the_last_line_sums_all_counts_and_one_failure_fails_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    fine = [Outcome("lint", "ruff check", 1, 1, 0, ""), Outcome("unit", "pytest", 1, 40, 0, "")]
    assert _tell(fine, 2) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "41 passed, 0 failed"
    assert _tell([*fine, Outcome("types", "mypy", 1, 0, 1, "error: x")], 2) == 1
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "41 passed, 1 failed"
    assert "error: x" in said


def test_a_run_without_any_test_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert _tell([Outcome("unit", "pytest", 1, 0, 0, "")], 1) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed"


SILENT = {
    "skipped": "import pytest\ndef test_it(): pytest.skip('too slow')",
    "marked": "import pytest\n@pytest.mark.skip(reason='later')\ndef test_it(): pass",
    "expected": "import pytest\n@pytest.mark.xfail(reason='known')\ndef test_it(): assert False",
    "not_installed": "import pytest\npytest.importorskip('no_such_package')",
    "broken": "import no_such_package",
    "warning": "import warnings\ndef test_it(): warnings.warn('old')",
    "wrong": "def test_it(): assert False",
}


def test_what_is_skipped_expected_to_fail_or_warned_of_counts_as_failed(tmp_path: Path) -> None:
    for name, test in {**SILENT, "right": "def test_it(): pass"}.items():
        (tmp_path / f"test_{name}.py").write_text(test)
    report = tmp_path / "report.xml"
    options = [
        "-p",
        "tests.conftest",
        "-p",
        "no:playwright",
        "-p",
        "no:cacheprovider",
        "--continue-on-collection-errors",
    ]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "pyproject.toml", *options, f"--junit-xml={report}", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert _counts(report) == (1, len(SILENT))
