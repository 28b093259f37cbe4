"""Whole content folders: a good one, and one for every way in which a file can be broken."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from quizapp import paths
from quizapp.formats import crosscheck, documents, entries, tree
from quizapp.formats.native import Fact, ItemHead

DATA = Path(__file__).parents[2] / "data" / "content"
TODAY = dt.date(2026, 11, 23)
BROKEN = sorted(folder.name for folder in (DATA / "broken").iterdir())
ITEMS = "question_banks/brakes/items.yaml"
FACTS = "lessons/evidence/facts.yaml"


def files_of(folder: Path) -> dict[str, bytes]:
    return tree.gather(folder / "lessons", folder / "question_banks")[0]


def sentences(files: dict[str, bytes], today: dt.date = TODAY) -> list[str]:
    problems = crosscheck.check(tree.parse(files), today)
    return [f"{problem} (warning)" if problem.warning else str(problem) for problem in problems]


@pytest.fixture
def good() -> dict[str, bytes]:
    return files_of(DATA / "good")


def test_a_good_folder_has_no_problem_and_is_canonical(good: dict[str, bytes]) -> None:
    assert sentences(good) == []
    assert {path: tree.formatted(path, good[path])[0] for path in good if not path.endswith(".svg")} == {
        path: data.decode() for path, data in good.items() if not path.endswith(".svg")
    }


@pytest.mark.parametrize("case", BROKEN)
def test_every_fault_becomes_a_sentence_with_its_place(case: str, good: dict[str, bytes]) -> None:
    folder = DATA / "broken" / case
    files = good | {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.suffix != ".txt"
        and path.is_file()
    }  # fmt: skip
    if (folder / "removed.txt").exists():
        del files[(folder / "removed.txt").read_text().strip()]

    expected = (folder / "expected.txt").read_text(encoding="utf-8").splitlines()

    assert expected, "a broken case says what must be found"
    assert sentences(files) == expected


def test_evidence_may_stand_in_a_folder_of_its_topic(good: dict[str, bytes]) -> None:
    good["lessons/evidence/brakes/facts.yaml"] = good.pop(FACTS)
    good["lessons/evidence/brakes/deeper/facts.yaml"] = b"id: X1\n"

    assert sentences(good) == [
        "lessons/evidence/brakes/deeper/facts.yaml:1: unknown-file: "
        "This file has no place here; see docs/formats.md for the files of a content folder."
    ]


def test_a_file_over_a_megabyte_is_refused_unread(good: dict[str, bytes]) -> None:
    good[ITEMS] += b"x" * documents.MAX_BYTES

    assert sentences(good) == [
        f"{ITEMS}:1: too-large: The file has {len(good[ITEMS]):,} bytes; at most 1,000,000 are read."
    ]


def test_no_more_than_a_readers_limit_is_read_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "lessons" / "evidence").mkdir(parents=True)
    (tmp_path / "question_banks").mkdir()
    with (tmp_path / "lessons" / "evidence" / "facts.yaml").open("wb") as huge:
        huge.truncate(50_000_000)

    assert len(files_of(tmp_path)["lessons/evidence/facts.yaml"]) == documents.MAX_BYTES + 1


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("id: secret\n")
    (tmp_path / "lessons").mkdir()
    bank = tmp_path / "question_banks" / "brakes"
    bank.mkdir(parents=True)
    (bank / "items.yaml").symlink_to(tmp_path / "secret.yaml")

    found = tree.read(tmp_path / "lessons", tmp_path / "question_banks")

    assert [str(problem) for problem in found.problems] == [
        "question_banks/brakes/items.yaml:1: link: Symbolic links are refused; put the file itself here."
    ]
    assert not found.entries


def test_a_fault_in_one_entry_hides_no_fault_in_another(good: dict[str, bytes]) -> None:
    good[ITEMS] = good[ITEMS].replace(b"bloom: apply", b"bloom: aply").replace(b"pool: secure", b"pool: secret")

    assert [line.split(": ")[0] for line in sentences(good)] == [f"{ITEMS}:6", f"{ITEMS}:32"]


def test_a_link_to_an_entry_that_could_not_be_read_is_not_reported_as_well(good: dict[str, bytes]) -> None:
    good[FACTS] = good[FACTS].replace(b"certainty: High", b"certainty: Certain", 1)

    assert [line.split(": ")[1] for line in sentences(good)] == ["unknown-value"]


def test_carriage_returns_are_read_but_are_not_canonical(good: dict[str, bytes]) -> None:
    windows = good | {ITEMS: good[ITEMS].replace(b"\n", b"\r\n")}

    assert sentences(windows) == []
    assert tree.formatted(ITEMS, windows[ITEMS])[0] == good[ITEMS].decode()


def test_a_review_that_is_overdue_is_a_warning(good: dict[str, bytes]) -> None:
    lines = sentences(good, dt.date(2027, 11, 2))

    assert f"{FACTS}:6: review-due: The review of “N10” was due on 2027-11-01. (warning)" in lines
    assert all(line.endswith("(warning)") for line in lines)


def test_a_practice_question_on_weak_evidence_is_a_warning_that_says_why(good: dict[str, bytes]) -> None:
    good[ITEMS] = good[ITEMS].replace(b"facts: [N10]", b"facts: [N10, N20]")

    assert sentences(good) == [f"{ITEMS}:8: evidence: “brakes-1” is not for credit: N20 is Disputed. (warning)"]


def test_what_was_not_read_and_what_names_no_fact_is_not_for_credit(good: dict[str, bytes]) -> None:
    entries = tree.parse(good).entries
    item, fact = entries["item", "brakes-1"].fields, entries["fact", "N10"].fields
    assert isinstance(item, ItemHead)
    assert isinstance(fact, Fact)

    unread = fact.model_copy(update={"verified": "no"})

    assert crosscheck.why_not_for_credit(item, {"N10": fact}) == []
    assert crosscheck.why_not_for_credit(item, {"N10": unread}) == ["the source of N10 was not read"]
    assert crosscheck.why_not_for_credit(item.model_copy(update={"facts": []}), {}) == ["it names no facts"]


def test_a_cycle_of_three_is_named_once(good: dict[str, bytes]) -> None:
    path = "lessons/evidence/objectives.yaml"
    good[path] = good[path].replace(b"weight: 6\nfacts: [N10, N11]", b"needs: [LN4]\nweight: 6\nfacts: [N10, N11]")
    good[path] += b"---\nid: LN4\ntopic: nassa\nstatement: a\nbloom: apply\nneeds: [LN3]\nweight: 1\n"

    cycles = [line for line in sentences(good) if ": cycle:" in line]

    assert [line.rpartition(": ")[2] for line in cycles] == ["LN2 → LN4 → LN3 → LN2."]


def test_formatting_gives_missing_ids_that_were_never_used(good: dict[str, bytes]) -> None:
    text = (
        good[ITEMS]
        .decode()
        .replace("- id: c\n  text: A transporter", "- text: A transporter")
        .replace("- id: b\n", "- id: d\n", 1)
    )

    formatted, problems = tree.formatted(ITEMS, text.encode())

    assert problems == []
    assert formatted is not None
    assert "- id: e\n  text: A transporter" in formatted
    assert tree.formatted(ITEMS, formatted.encode())[0] == formatted


def test_what_cannot_be_read_is_not_formatted(good: dict[str, bytes]) -> None:
    text, problems = tree.formatted(ITEMS, good[ITEMS].replace(b"state:", b"sate:"))

    assert text is None
    assert [problem.rule for problem in problems] == ["unknown-key", "unknown-key"]


def test_the_nearest_key_in_a_part_of_a_case_is_one_of_its_own_type() -> None:
    parts = [{"type": kind, "why": "The brake is gone.", "tex": "x"} for kind in ("true_false", "key_feature")]

    _, found = entries.judge("item", {"type": "case", "parts": parts})

    told = {one.path: one.message for one in found if one.rule == "unknown-key"}
    assert told["parts", 0, "why"] == "There is no key “why” here (nearest: why_true)."
    assert not any(f"“{name}” here (nearest: {name})" in text for text in told.values() for name in ("why", "tex"))


def test_the_shipped_content_has_no_fault_and_is_canonical() -> None:
    files, problems = tree.gather(paths.lessons(), paths.question_banks())
    problems += crosscheck.check(tree.parse(files), TODAY)

    assert [str(problem) for problem in problems if not problem.warning] == []
    assert [
        path for path, data in files.items()
        if not path.endswith(".svg") and (tree.formatted(path, data)[0] or "").encode() != data
    ] == []  # fmt: skip


def test_a_published_question_shows_no_figure_of_a_draft(good: dict[str, bytes]) -> None:
    places = DATA / "broken" / "place_outside_figure" / "question_banks" / "brakes" / "places.yaml"
    item = places.read_text(encoding="utf-8").partition("---")[0].replace("[200, 20", "[150, 20")
    item = item.replace("  narrow: [20, 20, 60, 80]\n", "")
    files = good | {"question_banks/brakes/places.yaml": item.encode()}
    assert sentences(files) == []
    lesson = "lessons/brakes/lesson.md"
    told = sentences(files | {lesson: good[lesson].replace(b"state: published", b"state: draft")})
    assert [sentence for sentence in told if "draft-figure" in sentence] == [
        "question_banks/brakes/places.yaml:11: draft-figure: The figure “brake” is that of a draft; "
        "a published question shows a published figure."
    ]
