"""What is written for Anki reads back as it was meant, whatever stands in a field."""

from __future__ import annotations

import csv

from quizapp.formats import anki
from quizapp.formats.anki import Card


def read(text: str) -> tuple[dict[str, str], list[list[str]]]:
    """As Anki reads it: header lines “#name:value” first, then fields between tabs, quoted as in CSV."""
    lines = text.splitlines()
    header = {}
    while lines and lines[0].startswith("#"):
        name, _, value = lines.pop(0)[1:].partition(":")
        header[name] = value
    return header, list(csv.reader(lines, delimiter="\t"))


def test_a_card_reads_back_as_it_was_written() -> None:
    card = Card("quizapp-a-1", '<p>He said "5 < 6"\tand\nleft</p>', "<b>α2 &amp; β</b>", ("quizapp::nassa", "x"))
    header, rows = read(anki.write([card, Card("#b", "", "back")]))
    assert header["separator"] == "tab"
    assert header["html"] == "true"
    assert header["notetype"] == "Basic"
    columns = header["columns"].split("\t")
    assert (columns[int(header["guid column"]) - 1], columns[int(header["tags column"]) - 1]) == ("Id", "Tags")
    assert rows[0] == ["quizapp-a-1", '<p>He said "5 < 6" and left</p>', "<b>α2 &amp; β</b>", "quizapp::nassa x"]
    assert all(len(row) == len(columns) for row in rows)


def test_links_into_the_site_are_taken_out_and_others_stay() -> None:
    text = 'A<sup class="ev"><a href="/evidence/N12">N12</a></sup> <a href="/lessons/x#y">lesson</a>'
    kept = '<a class="external" href="https://example.org/a">out</a>'
    _, [row] = read(anki.write([Card("a", text, kept)]))
    assert row[1:3] == ["A lesson", kept]
