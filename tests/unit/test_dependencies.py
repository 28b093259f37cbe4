"""What is declared, locked and explained is the same, and the repository speaks of no machine but the reader’s."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from importlib.metadata import packages_distributions

import pytest

from quizapp.bootstrap import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ["run", "dev", "uv"]
FAMILIES = {
    "flask": {"itsdangerous", "jinja2", "markupsafe", "werkzeug"},
    "flask-security": {"flask-login", "flask-principal", "libpass", "qrcode", "webauthn"},
    "jsonschema": {"referencing"},
    "pyhanko": {"asn1crypto", "cryptography", "pyhanko-certvalidator"},
}
NOT_IMPORTED = {"psycopg": "the database’s URL names it", "tzdata": "the standard library reads it"}
# Written so that the patterns do not match themselves.
HOSTS = re.compile(rb"(pypi|pythonhosted|npmjs|yarnpkg|crates|deb\.debian|golang)\.(org|com|io)")
FOLDERS = re.compile(rb"(?<![\w.~-])/(work|root)/")


def _name(requirement: str) -> str:
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower()  # type: ignore[index]


def _declared(*, development: bool) -> set[str]:
    lists = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
    if development:
        lists += [*PROJECT["dependency-groups"].values(), PROJECT["build-system"]["requires"]]
    return {_name(requirement) for one in lists for requirement in one}


def _locked(group: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
    return dict(
        re.findall(r"^([a-z0-9._-]+==\S+(?: ; [^\\\n]+)?) \\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n?)+)", text, re.M)
    )


def _names(locked: dict[str, str]) -> set[str]:
    return {_name(pin) for pin in locked}


def test_every_dependency_has_its_line_and_no_line_outlives_its_dependency() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([a-z0-9-]+)` \| \S", page, re.M))
    assert explained == _declared(development=True) | {"uv"}


def test_the_locks_hold_what_is_declared() -> None:
    assert _declared(development=False) <= _names(_locked("run"))
    assert _declared(development=True) <= _names(_locked("dev"))


def test_the_tests_run_on_the_versions_that_are_shipped() -> None:
    assert _locked("run").items() <= _locked("dev").items()


def test_the_program_imports_what_is_declared_and_nothing_else() -> None:
    installed_as = packages_distributions()
    imported: set[str] = set()
    for file in [*(ROOT / "quizapp").rglob("*.py"), *(ROOT / "migrations").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
    packages = {name.lower() for module in imported - {"quizapp"} for name in installed_as.get(module, [])}
    assert packages - set().union(*FAMILIES.values()) == _declared(development=False) - set(NOT_IMPORTED)


@pytest.mark.parametrize("group", LOCKS)
def test_every_locked_package_has_hashes_and_no_address(group: str) -> None:
    text = (ROOT / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
    assert len(_locked(group)) == len(re.findall(r"^[a-z]", text, re.M)) > 0
    assert "://" not in text
    assert "--index" not in text


def test_no_file_names_a_package_registry_or_somebodys_folder() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    files = [ROOT / name.decode() for name in listed.split(b"\0") if name]
    assert ROOT / "pyproject.toml" in files
    found = [
        f"{file.relative_to(ROOT)}: {match[0].decode()}"
        for file in files
        if file.is_file()
        for pattern in (HOSTS, FOLDERS)
        for match in pattern.finditer(file.read_bytes())
    ]
    assert not found, "\n".join(found)
