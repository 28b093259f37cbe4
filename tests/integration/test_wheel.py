"""An installation without a checkout: the wheel holds the pages, the content and the migrations, and works."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from quizapp.bootstrap import ROOT
from tests.databases import environment

BUNDLED = ("templates", "lessons", "question_banks", "migrations")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("quizapp-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The wheel unpacked into a folder of its own, as an installer would do it."""
    folder = wheel.parent / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


FROM_THE_WHEEL = """
import quizapp
print(quizapp.__file__)
from click.testing import CliRunner
from quizapp.cli import quizapp as command
for arguments in ("db", "upgrade"), ("content", "load"):
    print(CliRunner().invoke(command, arguments).output, end="")
from quizapp.app import create_app
print(create_app().test_client().get("/login").status_code)
"""


def test_the_wheel_holds_the_program_and_what_it_reads(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for folder in BUNDLED:
        assert any(name.startswith(f"quizapp/_bundled/{folder}/") for name in names), folder
    assert "quizapp/itemtypes/single_best_answer/answer.html" in names
    assert "quizapp/_bundled/docs/linting.md" in names
    assert any(name.startswith("quizapp/static/css/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "quizapp/_bundled/tests"))]


def test_an_installed_wheel_makes_a_database_loads_its_content_and_answers(installed: Path, tmp_path: Path) -> None:
    variables = environment(f"sqlite:///{tmp_path / 'quizapp.sqlite3'}", tmp_path) | {"PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", FROM_THE_WHEEL], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    came_from, *said, answered = done.stdout.splitlines()
    assert came_from.startswith(str(installed))
    assert any(" new, 0 changed" in line for line in said)
    assert answered == "200"
