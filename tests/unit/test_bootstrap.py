"""The two commands of the README prepare their own environment. Nothing is downloaded here: installing is watched."""

from __future__ import annotations

import ast
import errno
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from quizapp import bootstrap
from quizapp.bootstrap import ROOT, CannotPrepare, prepare

READ_BY_ANY_PYTHON = [
    "quizapp/__init__.py",
    "quizapp/bootstrap.py",
    "wsgi.py",
    "tests/__init__.py",
    "tests/__main__.py",
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The part of a checkout that matters before anything is installed."""
    (tmp_path / "quizapp").mkdir()
    shutil.copy(ROOT / "quizapp" / "bootstrap.py", tmp_path / "quizapp")
    (tmp_path / "quizapp" / "__init__.py").touch()
    (tmp_path / "quizapp" / "cli.py").write_text("def main():\n    print('started')\n")
    (tmp_path / "requirements").mkdir()
    for group in ("run", "dev"):
        (tmp_path / "requirements" / f"{group}.txt").write_text(f"# {group}\n")
    return tmp_path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The locks that were installed, in order."""
    names: list[str] = []
    monkeypatch.setattr(bootstrap, "_install", lambda lock, environment, root: names.append(lock.stem))
    return names


def test_a_second_start_installs_nothing(checkout: Path, installed: list[str]) -> None:
    assert prepare("run", checkout) == prepare("run", checkout) == checkout / ".venv" / "bin" / "python"
    assert installed == ["run"]


def test_a_second_start_costs_next_to_nothing(checkout: Path, installed: list[str]) -> None:
    prepare("run", checkout)
    began = time.perf_counter()
    prepare("run", checkout)
    assert time.perf_counter() - began < 0.05


def test_a_changed_lock_is_installed(checkout: Path, installed: list[str]) -> None:
    prepare("run", checkout)
    (checkout / "requirements" / "run.txt").write_text("# another\n")
    prepare("run", checkout)
    assert installed == ["run", "run"]


def test_the_environment_of_the_tests_serves_the_program(checkout: Path, installed: list[str]) -> None:
    prepare("dev", checkout)
    prepare("run", checkout)
    assert installed == ["dev"]


def test_the_environment_of_the_program_does_not_serve_the_tests(checkout: Path, installed: list[str]) -> None:
    prepare("run", checkout)
    prepare("dev", checkout)
    assert installed == ["run", "dev"]


def test_the_two_commands_never_take_turns_undoing_each_other(checkout: Path, installed: list[str]) -> None:
    prepare("dev", checkout)
    (checkout / "requirements" / "dev.txt").write_text("# another\n")
    prepare("run", checkout)
    prepare("dev", checkout)
    assert installed == ["dev", "dev"]


def test_an_installation_that_was_killed_is_done_again(
    checkout: Path, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare("run", checkout)
    (checkout / "requirements" / "run.txt").write_text("# another\n")
    with monkeypatch.context() as killed:
        killed.setattr(bootstrap, "_install", _raiser(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            prepare("run", checkout)
    (checkout / "requirements" / "run.txt").write_text("# run\n")
    prepare("run", checkout)
    assert installed == ["run", "run"]


def test_an_environment_whose_python_is_gone_is_made_again(checkout: Path, installed: list[str]) -> None:
    python = prepare("run", checkout)
    python.unlink()
    python.symlink_to("/nowhere/python3")
    prepare("run", checkout)
    assert installed == ["run", "run"]
    assert python.exists()


def test_a_checkout_that_was_moved_makes_its_own_environment(checkout: Path, installed: list[str]) -> None:
    prepare("run", checkout)
    moved = checkout / "elsewhere"
    moved.mkdir()
    for name in ("quizapp", "requirements", ".venv"):
        (checkout / name).rename(moved / name)
    prepare("run", moved)
    assert installed == ["run", "run"]


def test_of_two_commands_that_start_at_once_one_installs(
    checkout: Path, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(lock: Path, environment: Path, root: Path) -> None:
        time.sleep(0.2)
        installed.append(lock.stem)

    monkeypatch.setattr(bootstrap, "_install", slowly)
    both = [threading.Thread(target=prepare, args=("run", checkout)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert installed == ["run"]


def test_the_program_can_be_imported_and_started_from_any_folder(checkout: Path, installed: list[str]) -> None:
    python = prepare("run", checkout)
    said = subprocess.run([python.with_name("quizapp")], cwd="/", env={}, capture_output=True, text=True, check=True)
    assert said.stdout == "started\n"


@pytest.mark.parametrize("forbidden", [True, False])
def test_what_python_compiles_is_kept_and_never_where_it_was_forbidden(
    checkout: Path, installed: list[str], forbidden: bool
) -> None:
    start = "from quizapp.bootstrap import *; run_in_environment('run', ['-c', 'import quizapp.cli'], Path.cwd())"
    prepare("run", checkout)
    settings = {"PYTHONDONTWRITEBYTECODE": "1"} if forbidden else {}
    subprocess.run([sys.executable, "-c", f"from pathlib import Path; {start}"], cwd=checkout, env=settings, check=True)
    kept = {file.relative_to(checkout).parts[0] for file in checkout.rglob("cli.*.pyc")}
    assert kept == ({".venv"} if forbidden else {"quizapp"})


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "Nothing may be written to"),
        (OSError(errno.EROFS, "Read-only file system"), "Nothing may be written to"),
        (OSError(errno.ENOSPC, "No space left on device"), "is full"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
    ],
)
def test_a_folder_that_cannot_be_written_gets_a_sentence(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, sentence: str
) -> None:
    monkeypatch.setattr("venv.EnvBuilder.create", _raiser(error))
    with pytest.raises(CannotPrepare, match=sentence):
        prepare("run", checkout)


def test_an_old_python_gets_a_sentence(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(CannotPrepare, match=r"Python 3\.11 or newer is needed"):
        prepare("run", checkout)


def test_a_python_without_ensurepip_gets_the_line_that_installs_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CannotPrepare, match="apt-get install -y python3-venv"):
        prepare("run", checkout)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("error: [Errno 28] No space left on device", "is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that was locked"),
        ("ERROR: Could not find a version that satisfies the requirement alembic", "PIP_INDEX_URL"),
    ],
)
def test_an_installer_that_fails_is_explained_and_quoted(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, said: str, sentence: str
) -> None:
    failed = subprocess.CompletedProcess([], 1, stdout="", stderr=said)
    monkeypatch.setattr(bootstrap, "_run", lambda *_: failed)
    monkeypatch.setattr(bootstrap, "_make_tools", lambda tools: None)
    with pytest.raises(CannotPrepare) as refused:
        prepare("run", checkout)
    assert sentence in str(refused.value)
    assert said in str(refused.value)


def test_the_mirror_that_pip_knows_is_told_to_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = (
        ":env:.cert='/etc/hospital.pem'\n"
        "global.index-url='https://mirror.hospital.test/simple'\n"
        "global.extra-index-url='file:///a/simple file:///b/simple'\n"
        "install.find_links='/wheels'\n"
    )
    monkeypatch.setattr(bootstrap, "_run", lambda *_: subprocess.CompletedProcess([], 0, stdout=listed))
    assert bootstrap._settings_of_pip(["pip"]) == {
        "UV_DEFAULT_INDEX": "https://mirror.hospital.test/simple",
        "UV_INDEX": "file:///a/simple file:///b/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels",
        "SSL_CERT_FILE": "/etc/hospital.pem",
    }


@pytest.mark.parametrize("file", READ_BY_ANY_PYTHON)
def test_what_runs_before_the_environment_exists_suits_any_python(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"), feature_version=(3, 6))
    # What follows the first two statements of wsgi.py is reached only inside the environment.
    statements = tree.body[:2] if file == "wsgi.py" else ast.walk(tree)
    imported = {node.module for node in statements if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names | {"quizapp"}


def _raiser(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail
