"""What a clinician gets to read: everything that decides, on paper that cannot be written on by its own texts."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from quizapp import paths
from quizapp.formats import reviewing, tree
from quizapp.formats.reviewing.printing import pdf
from quizapp.formats.reviewing.sentences import sentences

GOOD = Path(__file__).parents[2] / "data" / "content" / "good"
TODAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return reviewing.make(tree.read(GOOD / "lessons", GOOD / "question_banks"), TODAY)


def words(page: bytes) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.decode().partition("</style>")[2]).split())


def test_each_bank_and_each_lesson_has_a_sheet_in_both_forms(files: dict[str, bytes]) -> None:
    sheets = ("questions-brakes", "lesson-brakes")
    assert set(files) == {"index.html", *(f"{sheet}.{form}" for sheet in sheets for form in ("html", "pdf"))}
    assert all(files[f"{sheet}.pdf"].startswith(b"%PDF") for sheet in sheets)
    assert all(f"{sheet}.{form}" in files["index.html"].decode() for sheet in sheets for form in ("html", "pdf"))


def test_a_question_stands_there_with_key_reasons_facts_sources_and_a_place_to_sign(files: dict[str, bytes]) -> None:
    sheet = words(files["questions-brakes.html"])
    question = sheet[sheet.index("brakes-1 single best answer") : sheet.index("brakes-2 single best answer")]
    for told in (
        "In a slice of cortex, noradrenaline lowers its own release.",
        "Which receptor explains this?",
        "A An autoreceptor KEY It answers the neuron’s own transmitter.",
        "B A heteroreceptor It answers another neuron’s transmitter. Trap:",
        "C A transporter It takes transmitter up.",
        "An autoreceptor answers the neuron’s own transmitter.",
        "Fact Statement Certainty Sources N10",
        "checked 2026-11-01",
        "accept change reject",
        "Reviewer Credentials Date",
    ):
        assert told in question, told
    assert question.count("KEY") == 1


def test_the_index_names_every_question_under_its_objective(files: dict[str, bytes]) -> None:
    rows = re.findall(r"<tr>(.*?)</tr>", files["questions-brakes.html"].decode().partition('"index small"')[2], re.S)
    found = {row[: row.index("</b>")].rpartition(">")[2]: re.findall(r'href="#([^"]+)"', row) for row in rows[1:3]}
    assert found == {"LN2": ["brakes-1"], "LN3": ["brakes-2"]}


def test_sentences_keep_their_facts_and_those_without_stand_apart() -> None:
    body = "\n".join(
        [
            "## First {#first}",
            "",
            "Tomas is 42, e.g. Mr. T. He sleeps at 7.5 mg.[@N1; @N2] “Why?” he asks. It sedates![@N3]",
            "",
            "| Drug | Effect |",
            "|---|---|",
            "| One | sleep [@N4] |",
            "| Two | none |",
            "",
            "::: key",
            "One thing. And another.",
            ":::",
            "",
            "- First point of 1 November 2026. It goes on.",
            "- **Second.** It is *cited*.[@N5]",
        ]
    )
    assert [(each.kind, each.text, each.facts, each.near) for each in sentences(body)] == [
        ("text", "Tomas is 42, e.g. Mr. T. He sleeps at 7.5 mg.", ("N1", "N2"), ()),
        ("text", "“Why?” he asks.", (), ("N3",)),
        ("text", "It sedates!", ("N3",), ()),
        ("table", "One · sleep", ("N4",), ()),
        ("table", "Two · none", (), ()),
        ("key", "One thing. And another.", (), ()),
        ("text", "First point of 1 November 2026.", (), ("N5",)),
        ("text", "It goes on.", (), ("N5",)),
        ("text", "**Second.** It is *cited*.", ("N5",), ()),
    ]


def test_no_text_can_command_the_page_it_stands_on() -> None:
    hostile = '#panic("out") $x$ ] [ \\ " */ // <label> @ref #image("/etc/passwd")'
    escaped = hostile.replace("<", "&lt;")
    made = pdf(hostile, f"<p>{escaped}</p><table class='answers'><tr><td>{escaped}</td><td>{escaped}</td></tr></table>")
    assert made.startswith(b"%PDF")


def test_in_our_lessons_each_row_of_a_table_and_each_percentage_names_its_source() -> None:
    bare = {
        f"{lesson.parent.name}: {each.text}"
        for lesson in paths.lessons().glob("*/lesson.md")
        for each in sentences(lesson.read_text(encoding="utf-8").split("---\n", 2)[2])
        if not each.facts and (each.kind == "table" or "%" in each.text)
    }
    assert bare == {
        "confounders: Sertraline · 50 mg · 2 · yes · none · nausea",
        "confounders: Duloxetine · 30 mg · 9 · five days in seven · a little · still taken",
    }
