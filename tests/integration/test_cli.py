"""The `quizapp` command: each subcommand ends in a sentence and a status, never in a traceback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from limits.storage import MemoryStorage

from quizapp import cli
from quizapp.bootstrap import ROOT
from quizapp.web import throttle
from tests.databases import environment
from tests.integration.conftest import Run


class Ended(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", sorted(commands(cli.quizapp)), ids=" ".join)
def test_each_command_says_what_it_is_for(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli.quizapp, [*path, "--help"])
    assert result.exit_code == 0
    sentence = result.output.split("\n\n")[1].strip()
    assert sentence.endswith("."), sentence


@pytest.mark.parametrize(
    "arguments", [["nothing"], ["serve", "--prot", "1"], ["content", "load", "--from", "/absent"], ["check"]]
)
def test_a_slip_of_the_pen_is_answered_with_what_would_be_right(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli.quizapp, arguments)
    assert result.exit_code == 2
    assert "Error:" in result.output
    assert "Traceback" not in result.output


def test_upgrading_what_is_there_changes_nothing(run: Run) -> None:
    result = run("db", "upgrade")
    assert (result.exit_code, result.output.count("\n")) == (0, 1)
    assert "is at revision" in result.output


def test_an_account_is_opened_once(run: Run) -> None:
    new = ["user", "create", "teacher@example.org", "--role", "instructor", "--name", "A Teacher"]
    first = run(*new, "--password", "three sober ferrets")
    assert (first.exit_code, first.output) == (0, "teacher@example.org may sign in as instructor.\n")
    again = run(*new, "--password", "three sober ferrets")
    assert again.exit_code == 1
    assert "There is an account for teacher@example.org already." in again.output


def test_a_short_password_opens_no_account(run: Run) -> None:
    result = run("user", "create", "person@example.org", "--password", "short")
    assert (result.exit_code, "10 characters at least" in result.output) == (1, True)


def test_an_account_is_suspended_and_restored(run: Run) -> None:
    run("user", "create", "person@example.org", "--password", "three sober ferrets")
    for command, sentence in (("suspend", "may not sign in."), ("restore", "may sign in again.")):
        done = run("user", command, "Person@example.org")
        assert (done.exit_code, sentence in done.output) == (0, True)
        unknown = run("user", command, "nobody@example.org")
        assert (unknown.exit_code, "There is no account for nobody@example.org." in unknown.output) == (1, True)


@pytest.mark.usefixtures("content")
def test_a_healthy_database_is_well_and_its_log_gives_what_is_stored(run: Run) -> None:
    doctor = run("doctor")
    assert doctor.exit_code == 0
    assert "FAULT" not in doctor.output
    assert "well   replay of the log" in doctor.output
    assert run("replay").output == "Every derived row is exactly what the log gives.\n"
    assert run("doctor", "--rebuild").exit_code == 0


@pytest.mark.usefixtures("content")
@ON_SQLITE
def test_the_doctor_names_what_is_wrong_and_ends_with_status_1(run: Run, database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM content WHERE kind = 'objective'"))
    engine.dispose()
    result = run("doctor")
    assert result.exit_code == 1
    assert "FAULT  foreign keys" in result.output


def test_a_backup_restores_and_is_never_overwritten(
    run: Run, database_url: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database_url.startswith("postgresql"):
        folder = request.getfixturevalue("postgresql").programs()
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    file = str(tmp_path / "backup")
    made = run("backup", file)
    assert made.exit_code == 0, made.output
    assert file in made.output
    again = run("backup", file)
    assert again.exit_code == 1
    assert "never overwritten" in again.output
    assert run("restore", file, typed="n\n").exit_code == 1
    restored = run("restore", file, "--yes")
    assert restored.exit_code == 0, restored.output
    assert "FAULT" not in restored.output
    missing = run("restore", str(tmp_path / "absent"), "--yes")
    assert missing.exit_code == 1
    assert "There is no file" in missing.output


def test_one_round_of_work_ends_by_itself(run: Run) -> None:
    assert run("work", "--once").exit_code == 0


def test_a_public_server_is_told_each_setting_that_is_not_fit(run: Run) -> None:
    result = run("check", "--deploy")
    assert result.exit_code == 1
    for setting in ("QUIZAPP_PUBLIC_URL", "QUIZAPP_SMTP_URL"):
        assert f"- {setting}" in result.output
    assert "2 settings are not fit for the public yet." in result.output
    assert "- QUIZAPP_LOCAL is set" in run("check", "--deploy", QUIZAPP_LOCAL="1").output


def test_one_machine_with_fit_settings_is_let_through_with_advice_for_a_second(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = {"QUIZAPP_PUBLIC_URL": "https://quiz.example.org", "QUIZAPP_SMTP_URL": "smtp://mail.example.org"}
    advised = run("check", "--deploy", **fit)
    assert advised.exit_code == 0
    assert "Advice: tries at passwords" in advised.output
    monkeypatch.setattr(throttle, "storage_from_string", lambda _: MemoryStorage())
    result = run("check", "--deploy", **fit, QUIZAPP_RATE_LIMIT_STORE="redis://127.0.0.1:6379")
    assert (result.exit_code, result.output) == (0, "Nothing stands in the way of serving this to the public.\n")


@pytest.fixture
def quizapp(run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Runs the command as its console script does; a variable given as None is taken away."""

    def call(*arguments: str, **variables: str | None) -> Ended:
        for name, value in variables.items():
            monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["quizapp", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Ended(int(ended.value.code or 0), *capsys.readouterr())

    return call


@ON_SQLITE
@pytest.mark.parametrize("key", [None, "", "short", "a" * 40])
def test_nothing_starts_under_a_key_that_others_could_guess(quizapp: Callable[..., Ended], key: str | None) -> None:
    ended = quizapp("doctor", QUIZAPP_SECRET_KEY=key)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("quizapp: ")
    assert "QUIZAPP_SECRET_KEY" in ended.err


def test_a_database_that_is_not_there_is_told_in_a_sentence(
    quizapp: Callable[..., Ended], database_url: str, tmp_path: Path
) -> None:
    absent = f"sqlite:///{tmp_path / 'no folder' / 'quizapp.sqlite3'}"
    if database_url.startswith("postgresql"):
        absent = database_url.replace("/test_", "/absent_")
    account = ["user", "create", "a@example.org", "--password", "three sober ferrets"]
    for command in (["doctor"], ["replay"], ["content", "export", str(tmp_path / "out")], account):
        ended = quizapp(*command, QUIZAPP_DATABASE_URL=absent)
        assert ended.status == 2, command
        assert re.match("quizapp: (The database cannot be used|No change can be made)", ended.err), command


@ON_SQLITE
def test_the_first_upgrade_makes_the_folder_of_the_database(run: Run, tmp_path: Path) -> None:
    first = tmp_path / "no folder" / "quizapp.sqlite3"
    result = run("db", "upgrade", QUIZAPP_DATABASE_URL=f"sqlite:///{first}")
    assert result.exit_code == 0, result.output
    assert first.is_file()


@ON_SQLITE
def test_a_database_without_tables_is_told_in_a_sentence(quizapp: Callable[..., Ended], tmp_path: Path) -> None:
    empty = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    for command in (["doctor"], ["replay"], ["content", "export", str(tmp_path / "out")]):
        ended = quizapp(*command, QUIZAPP_DATABASE_URL=empty)
        assert ended.status == 2, command
        assert "quizapp db upgrade" in ended.err, command


@ON_SQLITE
def test_a_store_of_limits_that_cannot_be_used_is_told_in_a_sentence(quizapp: Callable[..., Ended]) -> None:
    ended = quizapp("doctor", QUIZAPP_RATE_LIMIT_STORE="no-such-store://127.0.0.1")
    assert ended.status == 2
    assert ended.err.startswith("quizapp: QUIZAPP_RATE_LIMIT_STORE names a store that cannot be used")


@ON_SQLITE
def test_the_console_script_is_the_command(database_url: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "quizapp.cli", "doctor"],
        cwd=ROOT,
        env=environment(database_url, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "well " in done.stdout


@ON_SQLITE
def test_the_background_work_stops_when_it_is_asked_to(database_url: str, tmp_path: Path) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "quizapp.cli", "work"],
        cwd=ROOT,
        env=environment(database_url, tmp_path) | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not catches_sigterm(worker.pid):
        assert worker.poll() is None, worker.communicate()
        time.sleep(0.05)
    worker.send_signal(signal.SIGTERM)
    said, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0, said
    assert said == ""


def catches_sigterm(process: int) -> bool:
    """Whether a process has said that it wants to end in its own way."""
    status = Path(f"/proc/{process}/status").read_text()
    (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


@ON_SQLITE
@pytest.mark.usefixtures("content")
def test_the_sample_activities_are_published_once_by_a_coordinator(run: Run) -> None:
    unknown = run("cme", "samples", "--coordinator", "nobody@example.org")
    assert unknown.exit_code == 1
    assert "nobody@example.org is no coordinator here." in unknown.output
    run("user", "create", "c@example.org", "--role", "coordinator", "--password", "a long enough password")
    first = run("cme", "samples", "--coordinator", "c@example.org")
    assert "Published: how-nassas-act." in first.output
    assert "Published: depression-that-does-not-yield." in first.output
    assert "Nothing new" in run("cme", "samples", "--coordinator", "c@example.org").output


def test_a_local_server_sets_up_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Its workers are forked; in one that is forked from a process with the typesetter’s threads no page could be set,
    and whoever enrolled in an activity would wait for ever."""
    watched = (
        "import subprocess, sys, granian\n"
        "subprocess.run = lambda *arguments, **named: subprocess.CompletedProcess(arguments, 0)\n"
        "granian.Granian = lambda *arguments, **named: type('Server', (), {'serve': lambda self: None})()\n"
        "from quizapp.cli.serving import serve\n"
        "serve(['--local', '--no-work'], standalone_mode=False)\n"
        "print([name for name in ('typst', 'quizapp.app') if name in sys.modules])\n"
    )
    url = f"sqlite:///{tmp_path / 'quizapp.sqlite3'}"
    told = subprocess.run(
        [sys.executable, "-c", watched],
        env=environment(url, tmp_path),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines()[-1] == "[]"
