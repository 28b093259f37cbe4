"""Lists of learners in all the forms in which schools send them, and those that are none."""

from __future__ import annotations

import pytest

from quizapp.formats import rosters, spreadsheets
from quizapp.formats.rosters import Unreadable


def told(text: str | bytes) -> list[tuple[str, str, str, str]]:
    data = text if isinstance(text, bytes) else text.encode()
    return [(line.email, line.name, line.lms_id, line.problem) for line in rosters.read(data)]


MIRA = ("mira@example.org", "Mira Müller", "s1", "")


@pytest.mark.parametrize(
    "data",
    [
        "email,name,id\nmira@example.org,Mira Müller,s1\n",
        "Email;Name;Student ID\nMira@Example.org;Mira Müller;s1",
        "E-Mail\tFull name\tSIS_User_ID\r\nmira@example.org\tMira Müller\ts1\r\n",
        "\ufeffid,first name,last name,email address\ns1,Mira,Müller,mira@example.org\n",
        "sep=;\nemail;name;id\nmira@example.org;Mira Müller;s1",
        "\n\nmira@example.org,  Mira   Müller ,s1\n\n",
        'Mira Müller,"mira@example.org",s1',
        "email,name,id\nmira@example.org,Mira Müller,s1\n".encode("utf-16"),
        "email;name;id\nmira@example.org;Mira Müller;s1\n".encode("latin-1"),
        "email;name;id\nmira@example.org;Mira Mu\u0308ller;s1\n",
    ],
)
def test_a_list_is_read_however_it_was_saved(data: str | bytes) -> None:
    assert told(data) == [MIRA]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("mira at example.org,Mira,s1", "not an email address"),
        ("mira@example,Mira,s1", "not an email address"),
        ("a@b.org@c.org,Mira,s1", "not an email address"),
        (",Mira,s1", "no address"),
        ("mira@example.org,=HYPERLINK(1),s1", "begins with “=”"),
        ("mira@example.org,Mira,@SUM(1)", "begins with “@”"),
        ("mira@example.org,Mira,\tcmd", "begins with “a tab”"),
        ("=1+1@example.org,Mira,s1", "begins with “=”"),
        ("mira@example.org,Mira \u202egro.live,s1", "cannot be seen"),
        ("mira@example.org," + "M" * 121 + ",s1", "longer than 120"),
        ("mira@example.org,Mira," + "9" * 65, "longer than 64"),
        ("m" * 250 + "@example.org,Mira,s1", "not an email address"),
    ],
)
def test_each_line_that_cannot_be_used_says_why(line: str, why: str) -> None:
    (_, _, _, problem), good = told(f"email,name,id\n{line}\nmira@example.org,Mira Müller,s1\n")
    assert why in problem
    assert good == MIRA


@pytest.mark.parametrize(
    "name", ["Ng", "O’Brien-Łukasz", "Jean-Luc d'Arc", "Σωκράτης", "李小龙", "محمد", "Null", "X Æ A-12", "Mira 🌱"]
)
def test_odd_names_are_names(name: str) -> None:
    assert told(f"email,name\nmira@example.org,{name}\n") == [("mira@example.org", name, "", "")]


def test_what_our_own_export_made_harmless_is_read_back() -> None:
    sheet = spreadsheets.write([["email", "name"], ["mira@example.org", "'t Hooft"]])
    assert told(sheet) == [("mira@example.org", "'t Hooft", "", "")]


def test_lines_keep_their_numbers_over_breaks_inside_a_cell() -> None:
    lines = rosters.read(b'email,name\n"mira@example.org","Mira\nM."\nben@example.org,Ben\n')
    assert [(line.number, line.email, line.name) for line in lines] == [
        (2, "mira@example.org", "Mira M."),
        (4, "ben@example.org", "Ben"),
    ]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"email,name\n", "nobody below"),
        (b"Mira Mueller\nBen Smith\n", "no email address"),
        (b"PK\x03\x04\x00\x00mimetype", "not a text file"),
        (b"\xff\xfea", "damaged"),
        (b"email\n" + b"a@b.org\n" * 5_001, "more than 5,000"),
        (b'email,name\n"' + b"x" * 140_000 + b"\n", "cannot be read"),
    ],
)
def test_what_is_no_list_is_refused_in_words(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        rosters.read(data)


def test_five_thousand_lines_are_read() -> None:
    assert len(rosters.read(b"email\n" + b"".join(b"a%d@b.org\n" % n for n in range(5_000)))) == 5_000


@pytest.mark.parametrize(
    "cell", ["=1+1", "+49 1", "-5", "@x", "\tx", "\rx", "'=1", "'", "''", "plain", "", "a=b", " =1"]
)
def test_a_cell_that_would_run_is_made_harmless_and_comes_back(cell: str) -> None:
    made = spreadsheets.neutral(cell)
    assert not spreadsheets.runs(made)
    assert spreadsheets.plain(made) == cell
    assert spreadsheets.read(spreadsheets.write([[cell, "b"]])) == [[cell, "b"]]
