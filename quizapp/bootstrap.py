"""Makes the environment in which the program and its tests run. Standard library only.

The two commands of the README start with whatever ``python3`` the machine has, before anything is installed. They
call `run_in_environment`, which makes ``.venv`` in the checkout from the hash-locked files in ``requirements/`` and
then becomes that environment's Python. When nothing has changed since the last start this costs a few milliseconds.

Nothing here may import another module of the program or a package from outside the standard library. This module must
also still compile on Pythons too old to run the program, so that they get a sentence instead of a syntax error.
"""

import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import venv
from contextlib import contextmanager

OLDEST_PYTHON = (3, 11)
ROOT = pathlib.Path(__file__).resolve().parent.parent
LINES_OF_FAILED_TOOL_SHOWN = 12

_ENTRY_SCRIPT = """\
#!{python}
import sys
from quizapp.cli import main
sys.exit(main())
"""


class CannotPrepare(Exception):
    """The environment cannot be made on this machine as it is. The message says why and what to do."""


def run_in_environment(group, arguments):
    """Make the environment for ``group`` ("run" or "dev") and become its Python with ``arguments``; never returns.

    Exits with status 1 and a sentence on standard error when the environment cannot be made.
    """
    try:
        python = prepare(group)
    except CannotPrepare as reason:
        sys.exit("quizapp: {}".format(reason))
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(str(python), [str(python), *arguments])


def prepare(group, root=ROOT):
    """Return the path of the Python of an environment that holds what ``requirements/{group}.txt`` lists.

    The "dev" environment holds everything "run" does, so it serves both, and one that was "dev" stays "dev": the two
    commands never take turns undoing each other's work. Raises `CannotPrepare`.
    """
    if sys.version_info[:2] < OLDEST_PYTHON:
        raise CannotPrepare(
            "Python {}.{} or newer is needed, and this is Python {}. Start the same command with a newer python3.".format(
                *OLDEST_PYTHON, platform.python_version()
            )
        )
    environment = root / ".venv"
    python = environment / "bin" / "python"
    if _is_ready(group, root):
        return python
    try:
        # Two commands may start at the same moment: the second waits here, and then finds the work done.
        with _only_one(root):
            if not _is_ready(group, root):
                _make(_group_kept(group, environment), root)
    except OSError as error:
        raise CannotPrepare(_sentence_for(error, environment)) from error
    return python


def _is_ready(group, root):
    environment = root / ".venv"
    try:
        stamp = (environment / "stamp").read_text(encoding="utf-8")
    except OSError:
        return False
    wanted = [_stamp("dev", root)]
    if group == "run":
        wanted.append(_stamp("run", root))
    return stamp in wanted and os.access(str(environment / "bin" / "python"), os.X_OK)


def _stamp(group, root):
    """What an environment depends on, as text: the lock, the Python, the machine, and where the checkout stands."""
    digest = hashlib.sha256()
    for part in ("requirements/{}.txt".format(group), "quizapp/bootstrap.py"):
        digest.update((root / part).read_bytes())
    python = "{} {}.{}".format(platform.python_implementation(), *sys.version_info[:2])
    return "\n".join([group, digest.hexdigest(), python, platform.platform(), str(root), ""])


def _group_kept(group, environment):
    try:
        before = (environment / "stamp").read_text(encoding="utf-8").partition("\n")[0]
    except OSError:
        before = ""
    return "dev" if before == "dev" else group


@contextmanager
def _only_one(root):
    try:
        import fcntl
    except ImportError:
        raise CannotPrepare(
            "This runs on Linux and macOS. On Windows, use the Windows Subsystem for Linux."
        ) from None
    # Not inside .venv: that folder may be deleted and made again while others wait.
    with open(str(root / ".venv.lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(group, root):
    environment = root / ".venv"
    print("Preparing the environment in {} (only when something changed) …".format(environment), file=sys.stderr)
    stamp = environment / "stamp"
    # Read before the work: a lock that changes meanwhile must not count as installed.
    stamp_when_done = _stamp(group, root)
    kept = _same_python(stamp, stamp_when_done)
    if stamp.exists():
        # From here on the folder is unfinished; a start after a kill must not take it for whole.
        stamp.unlink()
    if not kept:
        venv.EnvBuilder(clear=True, symlinks=True).create(str(environment))
    _install(root / "requirements" / "{}.txt".format(group), environment, root)
    _make_importable(environment, root)
    stamp.write_text(stamp_when_done, encoding="utf-8")


def _same_python(stamp, stamp_when_done):
    """Whether an earlier environment can be brought up to date instead of being made anew."""
    try:
        return stamp.read_text(encoding="utf-8").splitlines()[2:] == stamp_when_done.splitlines()[2:]
    except OSError:
        return False


def _install(lock, environment, root):
    """Install exactly what ``lock`` lists: with a uv found on the machine, else with a pinned uv, else with pip."""
    sync = ["pip", "sync", "--quiet", "--require-hashes", str(lock)]
    into = dict(os.environ, VIRTUAL_ENV=str(environment), UV_PYTHON_DOWNLOADS="never")
    found = shutil.which("uv")
    if found and _succeeds([found, *sync], into):
        return
    tools = environment / "bootstrap"
    pip = [str(tools / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    pinned = str(root / "requirements" / "uv.txt")
    _make_tools(tools)
    fetched = subprocess.run(
        [*pip, "install", "--quiet", "--require-hashes", "--only-binary=:all:", "-r", pinned],
        capture_output=True,
        text=True,
    )
    if fetched.returncode == 0 and _succeeds([str(tools / "bin" / "uv"), *sync], dict(_settings_of_pip(pip), **into)):
        return
    done = subprocess.run(
        [*pip, "--python", str(environment / "bin" / "python"), "install", "--quiet"]
        + ["--no-deps", "--require-hashes", "-r", str(lock)],
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise CannotPrepare(_sentence_for_tool(done.stderr, environment))


def _make_tools(tools):
    try:
        import ensurepip  # noqa: F401  Debian leaves it out of its python3 package
    except ImportError:
        raise CannotPrepare(
            "This python3 cannot make environments: its venv module is incomplete. On Debian or Ubuntu install it with "
            "`apt-get install -y python3-venv`, then start the same command again."
        ) from None
    try:
        venv.EnvBuilder(clear=True, symlinks=True, with_pip=True).create(str(tools))
    except subprocess.CalledProcessError as error:
        output = error.output.decode(errors="replace") if error.output else str(error)
        raise CannotPrepare(_sentence_for_tool(output, tools)) from error


def _succeeds(command, environ):
    return subprocess.run(command, env=environ, capture_output=True).returncode == 0


def _settings_of_pip(pip):
    """Where pip is told to look, in uv's words: a hospital's mirror is often known to pip alone."""
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True).stdout
    found = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        found[key.rpartition(".")[2].replace("_", "-")] = value.strip("'\"").replace("\\n", " ").split()
    settings = {}
    if "index-url" in found:
        settings["UV_DEFAULT_INDEX"] = found["index-url"][0]
    if "extra-index-url" in found:
        settings["UV_INDEX"] = " ".join(found["extra-index-url"])
        # pip looks in all places for the version asked for. The hashes make that safe here.
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if "find-links" in found:
        settings["UV_FIND_LINKS"] = ",".join(found["find-links"])
    if "cert" in found:
        settings["SSL_CERT_FILE"] = found["cert"][0]
    return settings


def _make_importable(environment, root):
    """Let the environment import the checkout from any folder, and give it the ``quizapp`` command.

    Two written files do what an editable install would, without a build tool in the running environment.
    """
    (packages,) = (environment / "lib").glob("python*/site-packages")
    (packages / "quizapp.pth").write_text("{}\n".format(root), encoding="utf-8")
    script = environment / "bin" / "quizapp"
    script.write_text(_ENTRY_SCRIPT.format(python=environment / "bin" / "python"), encoding="utf-8")
    script.chmod(0o755)


def _sentence_for(error, environment):
    where = error.filename or environment
    if isinstance(error, PermissionError) or "Read-only" in str(error):
        return (
            "The environment cannot be written to {}. Copy the checkout to a folder that you may write to, "
            "and start the same command there.".format(where)
        )
    return "The environment cannot be made in {}: {}.".format(where, error.strerror or error)


def _sentence_for_tool(output, environment):
    lines = output.strip().splitlines()[-LINES_OF_FAILED_TOOL_SHOWN:]
    if "No space left" in output:
        cause = "The disk that holds {} is full. Make room (about 1 GB), then start the same command again."
    elif "hash" in output.lower() and "mismatch" in output.lower() or "DO NOT MATCH" in output:
        cause = "A downloaded package is not the one that was locked, so nothing was installed into {}."
    else:
        cause = (
            "The packages for {} could not be fetched. Check the network; behind a mirror, tell pip its address with "
            "PIP_INDEX_URL or in pip’s configuration. Then start the same command again."
        )
    return "\n".join([cause.format(environment), "The installer said:", *("    " + line for line in lines)])
