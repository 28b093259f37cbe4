"""What cannot be reported or printed is refused where it is typed."""

from __future__ import annotations

import pytest

from quizapp.core.credit.identifiers import (
    problem_of_birthday,
    problem_of_licence,
    problem_of_name,
    problem_of_npi,
    problems_of,
)

NAMES = [
    "Anna Müller-Lüdenscheidt",
    "Αθηνά Παπαδοπούλου",
    "Дмитрий Сергеевич",
    "ليلى حسن",
    "דוד לוי",
    "अनिता शर्मा",
    "王小明",
    "佐藤 美咲",
    "김민준",
    "O’Connor, Jr.",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_every_script_are_names(name: str) -> None:
    assert problem_of_name(name) is None


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Write the name"),
        ("   ", "Write the name"),
        ("A\nB", "invisible sign"),
        ("A\tB", "invisible sign"),
        ("Anna\u202etrebla", "invisible sign"),
        ("Anna\u2066x", "invisible sign"),
        ("A\u2028B", "invisible sign"),
        ("\ue000nna", "no font"),
        ("1234", "at least one letter"),
        ("x" * 121, "120 letters"),
    ],
)
def test_what_would_print_otherwise_than_it_reads_is_no_name(name: str, sentence: str) -> None:
    assert sentence in (problem_of_name(name) or "")


def test_an_npi_checks_itself() -> None:
    assert problem_of_npi("1234567893") is None  # the example of the standard
    for digit in "012456789":
        assert "slip" in (problem_of_npi(f"123456789{digit}") or "")
    assert "slip" in (problem_of_npi("1234567839") or ""), "two digits in each other’s place"
    for text in ("", "123456789", "12345678933", "3234567893", "12345A7893", "١234567893"):
        assert "ten digits" in (problem_of_npi(text) or "")


def test_a_licence_says_which_state_gave_it() -> None:
    assert problem_of_licence("G-12345", "CA") is None
    for state in ("", "XX", "ca", "California"):
        assert "state" in (problem_of_licence("G12345", state) or "")
    assert "number" in (problem_of_licence(" ", "CA") or "")
    assert "at most 30" in (problem_of_licence("=1+1", "CA") or "")


@pytest.mark.parametrize(("month", "day"), [(2, 29), (12, 31), (4, 30)])
def test_a_birthday_is_a_day_of_some_year(month: int, day: int) -> None:
    assert problem_of_birthday(month, day) is None


@pytest.mark.parametrize(
    ("month", "day", "sentence"), [(2, 30, "February"), (4, 31, "April"), (13, 1, "month"), (1, 0, "day 0")]
)
def test_30_february_is_no_birthday(month: int, day: int, sentence: str) -> None:
    assert sentence in (problem_of_birthday(month, day) or "")


KNOWN = {"given_name": "Ana", "family_name": "Bo", "birth_month": "2", "birth_day": "29"}


def test_one_identifier_is_enough_and_none_is_not() -> None:
    assert problems_of({"npi": "1234567893", **KNOWN}, "Ana Bo") == {}
    assert problems_of({"licence": "123", "licence_state": "NY", **KNOWN}, "Ana Bo") == {}
    assert problems_of({"board_id": "77", **KNOWN}, "Ana Bo") == {}
    ((field, sentence),) = problems_of(KNOWN, "Ana Bo").items()
    assert field == "npi"
    assert "without it nothing can be reported" in sentence
    assert len(problems_of({"npi": "1", "licence": "2", "birth_month": "x"}, "")) == 5


def test_a_name_is_told_in_its_parts_and_who_has_one_name_has_a_family_name_only() -> None:
    told = {"npi": "1234567893", **KNOWN}
    for part in ("given_name", "family_name"):
        assert problems_of({**told, part: " "}, "Ana Bo") == {
            part: "Give your given name and your family name as your board or licensing body has them."
        }
    assert problems_of({**told, "given_name": "", "family_name": "Sukarno"}, "Sukarno") == {}
    assert "invisible sign" in problems_of({**told, "given_name": "A\u200fna"}, "Ana Bo")["given_name"]
