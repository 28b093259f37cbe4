"""What import-linter cannot see: it knows packages only, and a question type is a folder without `__init__.py`."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from quizapp.itemtypes import names, type_folder
from quizapp.paths import package


def _imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # `from quizapp.itemtypes import cloze` names a folder too.
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("name", names())
def test_a_question_type_is_pure_and_imports_no_other_type(name: str) -> None:
    allowed = (*sys.stdlib_module_names, "pydantic", "quizapp.core", "quizapp.itemtypes")
    others = set(names()) - {name}
    for file in (type_folder / name).glob("*.py"):
        # Only how a type is written may know forms; who marks an answer never loads them.
        assert file.name == "forms.py" or not any("itemtypes.editing" in imported for imported in _imported(file))
    for imported in set().union(*map(_imported, (type_folder / name).glob("*.py"))):
        assert any(f"{imported}.".startswith(f"{one}.") for one in allowed), imported
        assert not any(f"{imported}.".startswith(f"quizapp.itemtypes.{other}.") for other in others), imported


def test_every_other_folder_is_a_package_so_that_its_imports_are_checked() -> None:
    folders = {file.parent for file in package.rglob("*.py") if "_bundled" not in file.parts}
    assert {folder for folder in folders if not (folder / "__init__.py").exists()} == {
        type_folder / name for name in names()
    }


LOADED = """
import importlib, pkgutil, sys
import sqlalchemy as sa
from sqlalchemy.sql import visitors
import quizapp
from quizapp.app import create_app
import quizapp.cli.cme, quizapp.cli.working
create_app({"SECRET_KEY": "tests-only-9mGvW2xQ7LrT4bZc8HkYp3NsDf6JaUe1", "DATA": sys.argv[1]})
print(*{name.partition(".")[0] for name in sys.modules})
for found in pkgutil.walk_packages(quizapp.__path__, "quizapp."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
for name, module in sorted(sys.modules.items()):
    for value in vars(module).values() if name.startswith("quizapp.") else ():
        for part in visitors.iterate(value) if isinstance(value, sa.ClauseElement) else ():
            if isinstance(part, (sa.Subquery, sa.CTE)) and part.name != "one" and "_columns" not in vars(part):
                print(name, part.name)
"""
"""First the packages that a start loads; then, once everything is imported, the subqueries of modules whose columns
nobody has named. From “one” nothing is read."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    command = [sys.executable, "-c", LOADED, str(tmp_path_factory.mktemp("data"))]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


def test_a_start_loads_nothing_that_signs_certificates_or_computes_at_night(loaded: list[str]) -> None:
    """Every command, every worker and the background work would wait for it."""
    assert not {"pyhanko", "pyhanko_certvalidator", "aiohttp", "numpy"} & set(loaded[0].split())


def test_the_columns_of_a_subquery_are_named_before_there_are_threads(loaded: list[str]) -> None:
    """Two threads that name them first and at once get two sets of them, and the statement cannot be compiled."""
    assert loaded[1:] == []
