"""The `quizapp content` commands: what an editor sees, and the status a script reads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner, Result

from quizapp.cli.content import KINDS, content
from tests.integration.conftest import Run

GOOD = Path(__file__).parents[1] / "data" / "content" / "good"
ITEMS = Path("question_banks", "brakes", "items.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOOD, tmp_path / "content"))


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel("2026-11-23T09:00:00+00:00", tick=False):
        yield


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(content, [str(argument) for argument in arguments], catch_exceptions=False)


def spoil(folder: Path, old: str, new: str) -> None:
    text = (folder / ITEMS).read_text(encoding="utf-8")
    assert old in text
    (folder / ITEMS).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_check_counts_and_is_content(folder: Path) -> None:
    result = invoke("check", "--from", folder)

    assert (result.exit_code, result.output) == (0, "Entries: 15. Faults: 0. Warnings: 0.\n")


def test_check_names_file_line_and_rule_and_fails(folder: Path) -> None:
    spoil(folder, "objective: LN2", "objective: LN9")

    result = invoke("check", "--from", folder)

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "question_banks/brakes/items.yaml:4: unknown-objective: There is no objective “LN9” (nearest: LN3).",
        "Entries: 15. Faults: 1. Warnings: 0.",
    ]


def test_a_warning_fails_a_strict_check_only(folder: Path) -> None:
    spoil(folder, "facts: [N10]", "facts: [N10, N20]")

    assert invoke("check", "--from", folder).exit_code == 0
    assert invoke("check", "--from", folder, "--strict").exit_code == 1


def test_format_names_what_would_change_and_then_changes_it_once(folder: Path) -> None:
    spoil(folder, "- id: c\n", "-\n")
    spoil(folder, "bloom: apply\ndifficulty: easy\n", "difficulty: 'easy'\nbloom: apply\n")
    before = (folder / ITEMS).read_bytes()

    only_looked = invoke("format", "--from", folder, "--check")
    assert (only_looked.exit_code, (folder / ITEMS).read_bytes()) == (1, before)
    assert only_looked.output.splitlines() == [ITEMS.as_posix(), "1 of 9 files would change."]

    assert invoke("format", "--from", folder).exit_code == 0
    assert (folder / ITEMS).read_bytes() == (GOOD / ITEMS).read_bytes()
    assert invoke("format", "--from", folder, "--check").output == "0 of 9 files would change.\n"


def test_format_leaves_what_it_cannot_read(folder: Path) -> None:
    spoil(folder, "objective: LN2", "objectiv: LN2")
    before = (folder / ITEMS).read_bytes()

    result = invoke("format", "--from", folder)

    assert result.exit_code == 1
    assert "unknown-key" in result.output
    assert (folder / ITEMS).read_bytes() == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # loading itself is tested on both
def test_load_and_export_go_round(folder: Path, tmp_path: Path, run: Run) -> None:
    load = ("content", "load", "--from", str(folder))
    loaded = run(*load)
    assert (loaded.exit_code, loaded.output) == (0, "Content: 15 new, 0 changed, 0 unchanged.\n")
    assert run("content", "export", str(tmp_path / "elsewhere")).exit_code == 0
    assert (tmp_path / "elsewhere" / ITEMS).read_bytes() == (GOOD / ITEMS).read_bytes()

    spoil(folder, "objective: LN2", "objective: LN9")
    refused = run(*load)
    assert refused.exit_code == 1
    assert refused.output.splitlines() == [
        "question_banks/brakes/items.yaml:4: unknown-objective: There is no objective “LN9” (nearest: LN3).",
        "Error: 1 fault; nothing was loaded.",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_schema_for_editors(kind: str) -> None:
    schema = json.loads(invoke("schema", kind).output)

    assert schema.get("additionalProperties") is False or schema["anyOf"]


def test_lint_names_file_line_rule_and_item_and_a_reason_excuses_it(folder: Path) -> None:
    spoil(folder, "lead_in: Which receptor explains this?", "lead_in: Which receptor is not one of them?")

    result = invoke("lint", "--from", folder)
    assert result.exit_code == 1
    told = f"{ITEMS}:12: negative-lead-in: brakes-1: “not” is read over; ask for what is, or set it in **bold**."
    assert told in result.output.splitlines()
    listed = json.loads(invoke("lint", "--from", folder, "--json").output)
    wanted = {"item": "brakes-1", "line": 12, "rule": "negative-lead-in", "reason": None}
    assert any(wanted.items() <= each.items() for each in listed)

    (folder / "question_banks/brakes/more.yaml").write_text(
        (folder / ITEMS).read_text(encoding="utf-8").split("---\n")[1].replace("brakes-2", "brakes-3")
    )
    named = invoke("lint", "--from", folder, folder / "question_banks/brakes/more.yaml").output
    assert "more.yaml" in named
    assert ITEMS.as_posix() not in named
    outside = invoke("lint", "--from", folder, __file__)
    assert (outside.exit_code, "does not stand below" in outside.output) == (2, True)


def test_lint_is_content_with_reasons_in_their_canonical_place(folder: Path) -> None:
    reasons = "lint:\n  no-reference: The textbook is enough.\n"
    spoil(folder, "review_by: 2027-11-01\nstem:", f"review_by: 2027-11-01\n{reasons}stem:")
    spoil(folder, "enemies: [brakes-1]\n", f"enemies: [brakes-1]\n{reasons}  option-count: There are two brakes.\n")
    assert invoke("format", "--from", folder, "--check").exit_code == 0

    result = invoke("lint", "--from", folder)
    assert (result.exit_code, result.output) == (0, "Rules: 33. Findings: 0. Excused with a reason: 4.\n")


def test_statistics_and_review_and_signoff_work_on_a_folder(folder: Path, tmp_path: Path) -> None:
    told = invoke("statistics", "--from", folder).output.splitlines()
    assert told[0] == "brakes: 2 questions, 0 drafts, 0 signed"
    assert "  LN2               1       0       6" in told
    assert json.loads(invoke("statistics", "--from", folder, "--json").output)[0]["keys"] == {
        "A": 1,
        "B": 1,
        "C": 0,
    }

    assert "5 files written" in invoke("review", "--from", folder, tmp_path / "paper").output
    assert (tmp_path / "paper/questions-brakes.pdf").read_bytes().startswith(b"%PDF")

    sign = ("signoff", "--from", folder, "--by", "A. Reader", "--credentials", "MD")
    assert invoke(*sign, "brakes-2").output == "Signed: brakes-2.\n"
    assert "  on: 2026-11-23\n" in (folder / ITEMS).read_text(encoding="utf-8")
    assert invoke("format", "--from", folder, "--check").exit_code == 0
    assert "1 signed" in invoke("statistics", "--from", folder).output
    assert invoke(*sign, "brakes-9").output == "Error: There is no item “brakes-9”.\n"
    assert "has not come yet" in invoke(*sign, "brakes-1", "--on", "2026-11-24").output
