"""Makes the environment in which the program and its tests run. Standard library only.

The two commands of the README start with whatever ``python3`` the machine has, before anything is installed. They
call `run_in_environment`, which makes ``.venv`` in the checkout from the hash-locked files in ``requirements/`` and
then becomes that environment's Python. When nothing has changed since the last start this costs a few milliseconds.

Nothing here may import another module of the program or a package from outside the standard library. The module must
also compile on Pythons too old to run the program (3.6 and up), so that they get a sentence and not a syntax error.
"""

import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

OLDEST_PYTHON = (3, 11)
ROOT = pathlib.Path(__file__).resolve().parent.parent
LINES_SHOWN_OF_A_FAILURE = 12


class CannotPrepare(Exception):
    """The environment cannot be made on this machine as it is. The message says why and what to do."""


def run_in_environment(group: str, arguments: "Sequence[str]", root: pathlib.Path = ROOT) -> None:
    """Become the Python of the environment for ``group`` ("run" or "dev") with ``arguments``; see `prepare`.

    Returns only when this process already is that Python. Exits with status 1 and a sentence on standard error when the
    environment cannot be made.
    """
    try:
        python = prepare(group, root)
    except CannotPrepare as reason:
        sys.exit(f"quizapp: {reason}")
    _keep_bytecode(root)
    if pathlib.Path(sys.prefix) == root / ".venv":
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(str(python), [str(python), *arguments])  # noqa: S606  no shell is wanted


def _keep_bytecode(root: pathlib.Path) -> None:
    """Let every process from here on keep what it compiles; in the environment, if it must not lie beside the source.

    Containers often set PYTHONDONTWRITEBYTECODE. Each process of the program then compiled all that it imports, which
    is two thirds of its start, and the tests start hundreds.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(root / ".venv" / "bytecode"))


def prepare(group: str, root: pathlib.Path = ROOT) -> pathlib.Path:
    """Return the path of the Python of an environment that holds what ``requirements/{group}.txt`` lists.

    "dev" holds everything that "run" does and serves both, and an environment that was "dev" stays "dev": the two
    commands never take turns undoing each other's work. Raises `CannotPrepare`.
    """
    if sys.version_info[:2] < OLDEST_PYTHON:
        raise CannotPrepare(
            "Python {}.{} or newer is needed, and this is Python {}. Start the same command with a newer one, "
            "for example python3.12.".format(*OLDEST_PYTHON, platform.python_version())
        )
    environment = root / ".venv"
    try:
        if not _is_ready(group, root):
            # Two commands may start at the same moment: the second waits here, and then finds the work done.
            with _only_one(root):
                if not _is_ready(group, root):
                    _make(group, root)
    except OSError as error:
        raise CannotPrepare(_sentence_for(error, environment)) from error
    return environment / "bin" / "python"


def _is_ready(group: str, root: pathlib.Path) -> bool:
    stamp = _read(root / ".venv" / "stamp")
    return (
        (stamp == _stamp("dev", root) or stamp == _stamp(group, root))
        # False too when the Python it was made from has been removed: the link then leads nowhere.
        and os.access(str(root / ".venv" / "bin" / "python"), os.X_OK)
    )


def _stamp(group: str, root: pathlib.Path) -> str:
    """What an environment depends on, as text: its group, the lock, this module, the Python, the checkout's place."""
    digest = hashlib.sha256()
    for part in (f"requirements/{group}.txt", "quizapp/bootstrap.py"):
        digest.update((root / part).read_bytes())
    python = "{} {}.{} {}".format(platform.python_implementation(), *sys.version_info[:2], sysconfig.get_platform())
    return "\n".join([group, digest.hexdigest(), python, str(root), ""])


def _read(file: pathlib.Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


@contextmanager
def _only_one(root: pathlib.Path) -> "Iterator[None]":
    try:
        import fcntl
    except ImportError:
        raise CannotPrepare("This runs on Linux and macOS. On Windows, use the Windows Subsystem for Linux.") from None
    # Not inside .venv: that folder may be deleted and made again while others wait.
    with (root / ".venv.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(group: str, root: pathlib.Path) -> None:
    environment = root / ".venv"
    print(f"Preparing the environment in {environment} (only when something has changed) …", file=sys.stderr)
    stamp = environment / "stamp"
    before = _read(stamp).splitlines()
    if before and before[0] == "dev":
        group = "dev"
    # Read before the work: a lock that changes meanwhile must not count as installed.
    stamp_when_done = _stamp(group, root)
    if before:
        # From here on the folder is unfinished; a start after a kill must not take it for whole.
        stamp.unlink()
    if before[2:] != stamp_when_done.splitlines()[2:] or not (environment / "bin" / "python").exists():
        venv.EnvBuilder(clear=True, symlinks=True).create(str(environment))
    _install(root / "requirements" / f"{group}.txt", environment, root)
    _make_importable(environment, root)
    stamp.write_text(stamp_when_done, encoding="utf-8")


def _install(lock: pathlib.Path, environment: pathlib.Path, root: pathlib.Path) -> None:
    """Install exactly what ``lock`` lists: with a uv found on the machine, else with a pinned uv, else with pip."""
    sync = ["pip", "sync", "--quiet", "--require-hashes", str(lock)]
    into = dict(os.environ, VIRTUAL_ENV=str(environment), UV_PYTHON_DOWNLOADS="never")
    found = shutil.which("uv")
    if found and _run([found, *sync], into).returncode == 0:
        return
    tools = environment / "bootstrap"
    _make_tools(tools)
    pip = [str(tools / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    install = ["install", "--quiet", "--no-deps", "--require-hashes", "--requirement"]
    if _run([*pip, *install, str(root / "requirements" / "uv.txt")]).returncode == 0:
        synced = _run([str(tools / "bin" / "uv"), *sync], dict(_settings_of_pip(pip), **into))
        if synced.returncode == 0:
            return
    done = _run([*pip, "--python", str(environment / "bin" / "python"), *install, str(lock)])
    if done.returncode != 0:
        raise CannotPrepare(_sentence_for_tool(done.stderr, environment))


def _run(command: "list[str]", environ: "dict[str, str] | None" = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def _make_tools(tools: pathlib.Path) -> None:
    try:
        import ensurepip  # noqa: F401  Debian leaves it out of its python3 package
    except ImportError:
        raise CannotPrepare(
            "This python3 cannot make environments, because its venv module is incomplete. On Debian or Ubuntu install "
            "the rest with `apt-get install -y python3-venv`, then start the same command again."
        ) from None
    try:
        venv.EnvBuilder(clear=True, symlinks=True, with_pip=True).create(str(tools))
    except subprocess.CalledProcessError as error:
        raise CannotPrepare(_sentence_for_tool((error.output or b"").decode(errors="replace"), tools)) from error


def _settings_of_pip(pip: "list[str]") -> "dict[str, str]":
    """Where pip has been told to look, in uv's words: a hospital's mirror is often known to pip alone."""
    found = {}
    for line in _run([*pip, "config", "list"]).stdout.splitlines():
        key, _, value = line.partition("=")
        found[key.rpartition(".")[2].replace("_", "-")] = value.strip("'\"").replace("\\n", " ").split()
    settings = {}
    if found.get("index-url"):
        settings["UV_DEFAULT_INDEX"] = found["index-url"][0]
    if found.get("extra-index-url"):
        settings["UV_INDEX"] = " ".join(found["extra-index-url"])
        # pip looks for a version in every place it knows; the hashes make that safe here.
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if found.get("find-links"):
        settings["UV_FIND_LINKS"] = ",".join(found["find-links"])
    if found.get("cert"):
        settings["SSL_CERT_FILE"] = found["cert"][0]
    return settings


def _make_importable(environment: pathlib.Path, root: pathlib.Path) -> None:
    """Let the environment import the checkout from any folder, and give it the ``quizapp`` command.

    Two small files do what an editable install would, without a build tool in the running environment.
    """
    (packages,) = (environment / "lib").glob("python*/site-packages")
    (packages / "quizapp.pth").write_text(f"{root}\n", encoding="utf-8")
    command = environment / "bin" / "quizapp"
    command.write_text(
        f"#!{environment}/bin/python\nimport sys\n\nfrom quizapp.cli import main\n\nsys.exit(main())\n",
        encoding="utf-8",
    )
    command.chmod(0o755)


def _sentence_for(error: OSError, environment: pathlib.Path) -> str:
    if isinstance(error, PermissionError) or "Read-only" in str(error):
        return (
            f"Nothing may be written to {environment}, so the environment cannot be made there. Copy the checkout to a "
            f"folder that you may write to, and start the same command there."
        )
    if "No space left" in str(error):
        return _sentence_for_tool(str(error), environment)
    return f"The environment cannot be made in {environment}: {error}."


def _sentence_for_tool(output: str, environment: pathlib.Path) -> str:
    if "No space left" in output:
        cause = f"The disk that holds {environment} is full. Make room (about 1 GB), then start the same command again."
    elif "DO NOT MATCH" in output:
        cause = f"A downloaded package is not the one that was locked, so it was not installed into {environment}."
    else:
        cause = (
            f"The packages for {environment} could not be fetched. Check the network, or tell pip the address of your "
            f"mirror with PIP_INDEX_URL or in its configuration; then start the same command again."
        )
    said = [line for line in output.strip().splitlines() if not line.startswith("WARNING:")]
    return "\n".join([cause, "The installer said:", *(f"    {line}" for line in said[-LINES_SHOWN_OF_A_FAILURE:])])
